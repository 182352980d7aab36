//! Writes the table of verbs from the WIT, so that no function can be missing in it.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use wit_parser::{Function, FunctionKind, Interface, Resolve, Stability};

fn main() {
    println!("cargo::rerun-if-changed=wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit").expect("the WIT parses");
    let mut verbs = Vec::new();
    for id in resolve.packages[package].interfaces.values() {
        let interface = &resolve.interfaces[*id];
        for function in interface.functions.values() {
            verbs.extend(Verb::of(&resolve, interface, function));
        }
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("verbs.rs");
    fs::write(out, render(&verbs)).expect("the table is written");
}

struct Verb {
    name: String,
    import: (String, String),
    since: String,
    summary: String,
}

impl Verb {
    /// A function is a verb if it can reach the engine, or if it stands alone and gives out a handle. Setters, groups of a
    /// snapshot and the run's own functions are none.
    fn of(resolve: &Resolve, interface: &Interface, function: &Function) -> Option<Self> {
        let interface_name = interface.name.as_deref().expect("a named interface");
        let (name, is_verb) = match function.kind {
            FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => (
                format!("{interface_name}.{}", function.name),
                interface_name != "run",
            ),
            FunctionKind::AsyncMethod(resource) | FunctionKind::AsyncStatic(resource) => {
                let resource = resolve.types[resource]
                    .name
                    .as_deref()
                    .expect("a named resource");
                (format!("{resource}.{}", function.item_name()), true)
            }
            FunctionKind::Method(_) | FunctionKind::Static(_) | FunctionKind::Constructor(_) => {
                return None;
            }
        };
        let Stability::Stable { since, .. } = &function.stability else {
            panic!("{name} has no @since");
        };
        let docs = function
            .docs
            .contents
            .as_deref()
            .unwrap_or_else(|| panic!("{name} has no documentation"));
        is_verb.then(|| Self {
            name,
            import: (interface_name.to_owned(), function.name.clone()),
            since: since.to_string(),
            summary: first_sentence(docs),
        })
    }
}

/// The first sentence without its end: what comes before a colon that names the endpoint.
fn first_sentence(docs: &str) -> String {
    let line = docs.lines().next().unwrap_or_default();
    let end = line.find(". ").unwrap_or(line.len());
    let sentence = &line[..end];
    let sentence = sentence.split(": `").next().unwrap_or(sentence);
    sentence.trim_end_matches('.').to_owned()
}

fn render(verbs: &[Verb]) -> String {
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
            "    Entry {{ verb: Verb::{}, name: {:?}, interface: {:?}, function: {:?}, since: {:?}, summary: {:?} }},",
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

fn camel(name: &str) -> String {
    name.split(['.', '-'])
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}
