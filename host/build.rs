//! Writes the tables of verbs and of what else a plugin can import from the WIT, so that no function can be missing in them.

#[path = "build/verbs.rs"]
mod verbs;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use wit_parser::{Function, FunctionKind, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeId};

use verbs::{Verb, interfaces, is_power, summary};

fn main() {
    println!("cargo::rerun-if-changed=wit");
    println!("cargo::rerun-if-changed=build");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit").expect("the WIT parses");
    let package = &resolve.packages[package];
    let verbs = Verb::all(&resolve, package);
    let mut parts = Vec::new();
    for interface in interfaces(&resolve, package) {
        let functions = interface.functions.values();
        let others = functions.filter(|of| Verb::of(&resolve, interface, of).is_none());
        parts.extend(others.map(|of| Part::of(&resolve, interface, of)));
        parts.extend(Part::resources(&resolve, interface));
    }
    let version = package
        .name
        .version
        .as_ref()
        .expect("the package has a version");
    println!("cargo::rustc-env=DOCKWIT_INTERFACE_VERSION={version}");
    write("verbs.rs", &render_verbs(&verbs));
    write("parts.rs", &render_parts(&parts));
}

fn write(file: &str, text: &str) {
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join(file), text).expect("the table is written");
}

/// What a plugin can import and is no verb.
struct Part {
    name: String,
    import: (String, String),
    kind: &'static str,
    summary: String,
}

impl Part {
    fn of(resolve: &Resolve, interface: &Interface, function: &Function) -> Self {
        let interface_name = interface.name.as_deref().expect("a named interface");
        let owner = match function.kind.resource() {
            Some(resource) => resolve.types[resource]
                .name
                .as_deref()
                .expect("a named resource"),
            None => interface_name,
        };
        let name = format!("{owner}.{}", function.item_name());
        Self {
            import: (interface_name.to_owned(), function.name.clone()),
            kind: kind(resolve, interface, function),
            summary: summary(&name, &function.docs),
            name,
        }
    }

    fn resources(resolve: &Resolve, interface: &Interface) -> Vec<Self> {
        let interface_name = interface.name.as_deref().expect("a named interface");
        let resources = interface
            .types
            .iter()
            .filter_map(|(name, id)| Some((name, resource(resolve, *id)?)));
        resources
            .map(|(name, resource)| Self {
                name: name.clone(),
                import: (interface_name.to_owned(), name.clone()),
                kind: "Plain",
                summary: summary(name, &resource.docs),
            })
            .collect()
    }
}

/// What can be made by a plugin is a spec, and what it takes are its options; what the engine alone gives and nobody waits
/// for is a snapshot, and what it tells are its groups.
fn kind(resolve: &Resolve, interface: &Interface, function: &Function) -> &'static str {
    if is_power(interface, function) {
        return "Power";
    }
    let FunctionKind::Method(resource) = function.kind else {
        return "Plain";
    };
    let of_resource = |other: &&Function| other.kind.resource() == Some(resource);
    let mut others = interface.functions.values().filter(of_resource);
    let gives_result = function
        .result
        .is_some_and(|result| is_result(resolve, result));
    if interface
        .functions
        .values()
        .any(|f| f.kind == FunctionKind::Constructor(resource))
    {
        if function.result.is_none() {
            "Setter"
        } else {
            "Plain"
        }
    } else if gives_result && !others.any(|other| other.kind.is_async()) {
        "Group"
    } else {
        "Plain"
    }
}

fn is_result(resolve: &Resolve, of: Type) -> bool {
    matches!(of, Type::Id(id) if matches!(resolve.types[id].kind, TypeDefKind::Result(_)))
}

/// The resource behind a type, also if it is another interface's.
fn resource(resolve: &Resolve, id: TypeId) -> Option<&TypeDef> {
    let definition = &resolve.types[id];
    match definition.kind {
        TypeDefKind::Resource => Some(definition),
        TypeDefKind::Type(Type::Id(original)) => resource(resolve, original),
        _ => None,
    }
}

fn render_verbs(verbs: &[Verb]) -> String {
    let mut out = String::from(
        "/// A function of the interface that needs a grant.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n\
         #[non_exhaustive]\npub enum Verb {\n",
    );
    for verb in verbs {
        writeln!(
            out,
            "    /// `{}`: {}.\n    {},",
            verb.name,
            verb.summary,
            camel(&verb.name)
        )
        .unwrap();
    }
    out.push_str("}\n\nconst TABLE: &[Entry] = &[\n");
    for verb in verbs {
        writeln!(
            out,
            "    Entry {{ verb: Verb::{}, name: {:?}, interface: {:?}, function: {:?}, since: InterfaceVersion{:?}, summary: {:?} }},",
            camel(&verb.name),
            verb.name,
            verb.import.0,
            verb.import.1,
            verb.since,
            verb.summary,
        )
        .unwrap();
    }
    out.push_str("];\n");
    out
}

fn render_parts(parts: &[Part]) -> String {
    let mut out = String::from("static PARTS: &[Part] = &[\n");
    for part in parts {
        writeln!(
            out,
            "    Part {{ name: {:?}, interface: {:?}, function: {:?}, kind: PartKind::{}, summary: {:?} }},",
            part.name, part.import.0, part.import.1, part.kind, part.summary,
        )
        .unwrap();
    }
    out.push_str("];\n");
    out
}

fn camel(name: &str) -> String {
    name.split(['.', '-'])
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}
