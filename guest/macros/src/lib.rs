//! The attribute macro of the crate `dockwit`. Not for use by itself: it is there as `dockwit::main`.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as TokenStream2};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, ItemFn, Result, ReturnType, parse_macro_input};

/// Makes an `async fn main` the run of a plugin.
///
/// It takes the engine as a [`Docker`](../dockwit/struct.Docker.html), or nothing, and returns what
/// [`Termination`](../dockwit/trait.Termination.html) allows: `()`, `dockwit::Result<()>`, an `ExitStatus`...
///
/// ```no_run
/// #[dockwit::main]
/// async fn main(docker: dockwit::Docker) -> dockwit::Result<()> {
///     println!("{}", docker.version().await?.version);
///     Ok(())
/// }
/// ```
///
/// The function stands in the `src/main.rs` of an ordinary binary crate. Built for `wasm32-wasip2`, the plugin is run by
/// `dockwit run`; started by anything else, it says that.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let arguments = TokenStream2::from(arguments);
    let function = parse_macro_input!(function as ItemFn);
    expand(&arguments, function)
        .unwrap_or_else(|error| refuse(&error))
        .into()
}

fn expand(arguments: &TokenStream2, mut function: ItemFn) -> Result<TokenStream2> {
    check(arguments, &function)?;
    let takes_docker = !function.sig.inputs.is_empty();
    let docker = takes_docker.then(|| {
        let span = function.sig.inputs.span();
        quote_spanned!(span=> ::dockwit::__private::docker())
    });
    let returns = match &function.sig.output {
        ReturnType::Default => function.sig.ident.span(),
        ReturnType::Type(_, returned) => returned.span(),
    };
    function.sig.ident = syn::Ident::new("__dockwit_main", Span::call_site());
    let report = quote_spanned!(returns=> ::dockwit::Termination::report(outcome));
    Ok(quote! {
        #function

        #[doc(hidden)]
        struct __DockwitPlugin;

        impl ::dockwit::__private::Guest for __DockwitPlugin {
            async fn run() -> ::core::result::Result<(), ()> {
                let outcome = __dockwit_main(#docker).await;
                #report.map_err(drop)
            }
        }

        ::dockwit::__private::export_command!(__DockwitPlugin);

        fn main() -> ::std::process::ExitCode {
            ::dockwit::__private::explain()
        }
    })
}

/// The error, and a `main`, so that its absence isn't a second one.
fn refuse(error: &Error) -> TokenStream2 {
    let error = error.to_compile_error();
    quote! {
        #error
        fn main() {}
    }
}

/// Says what is wrong with a function that can't be a plugin's `main`, where it is wrong.
fn check(arguments: &TokenStream2, function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "`#[dockwit::main]` takes no arguments",
        ));
    }
    if signature.ident != "main" {
        return Err(Error::new_spanned(
            &signature.ident,
            "`#[dockwit::main]` is for the function `main`",
        ));
    }
    if signature.asyncness.is_none() {
        return Err(Error::new_spanned(
            signature.fn_token,
            "a plugin's `main` is async: write `async fn main`",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new_spanned(
            &signature.generics,
            "a plugin's `main` can't be generic",
        ));
    }
    if let Some(surplus) = signature.inputs.iter().nth(1) {
        return Err(Error::new_spanned(
            surplus,
            "a plugin's `main` takes nothing but `docker: dockwit::Docker`; its arguments are in `std::env::args`",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arguments: &str, function: &str) -> String {
        let arguments = arguments.parse().expect("tokens");
        let function = syn::parse_str(function).expect("a function");
        expand(&arguments, function)
            .expect_err("it can't be a main")
            .to_string()
    }

    #[test]
    fn says_what_is_wrong() {
        for (arguments, function, expected) in [
            ("flavor = 1", "async fn main() {}", "takes no arguments"),
            ("", "fn main() {}", "write `async fn main`"),
            ("", "async fn run() {}", "for the function `main`"),
            ("", "async fn main<T>(docker: T) {}", "can't be generic"),
            (
                "",
                "async fn main(docker: Docker, n: u32) {}",
                "std::env::args",
            ),
        ] {
            let message = refusal(arguments, function);
            assert!(message.contains(expected), "{function}: {message}");
        }
    }

    #[test]
    fn hands_the_engine_to_those_who_take_it() {
        let expanded = |function: &str| {
            let function = syn::parse_str(function).expect("a function");
            expand(&TokenStream2::new(), function)
                .expect("a main")
                .to_string()
        };
        let docker = "__dockwit_main (:: dockwit :: __private :: docker ())";
        assert!(expanded("async fn main(docker: Docker) {}").contains(docker));
        assert!(expanded("async fn main() {}").contains("__dockwit_main () . await"));
    }
}
