//! Writes the tables of verbs and of what else a plugin can import from the WIT, so that no function can be missing in them.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use wit_parser::{
    Docs, Function, FunctionKind, Interface, Package, Resolve, Stability, Type, TypeDef,
    TypeDefKind, TypeId, WorldItem,
};

fn main() {
    println!("cargo::rerun-if-changed=wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir("wit").expect("the WIT parses");
    let package = &resolve.packages[package];
    let mut verbs = Vec::new();
    let mut parts = Vec::new();
    for interface in interfaces(&resolve, package) {
        for function in interface.functions.values() {
            match Verb::of(&resolve, interface, function) {
                Some(verb) => verbs.push(verb),
                None => parts.push(Part::of(&resolve, interface, function)),
            }
        }
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

/// The interfaces in the order in which they use each other, which is the world's.
fn interfaces<'a>(resolve: &'a Resolve, package: &Package) -> Vec<&'a Interface> {
    let world = package
        .worlds
        .get("plugin")
        .expect("the package has the world `plugin`");
    let imports = resolve.worlds[*world].imports.values();
    let interfaces: Vec<_> = imports
        .filter_map(|import| match import {
            WorldItem::Interface { id, .. } => Some(&resolve.interfaces[*id]),
            _ => None,
        })
        .collect();
    assert_eq!(
        interfaces.len(),
        package.interfaces.len(),
        "each interface is in the world"
    );
    interfaces
}

fn write(file: &str, text: &str) {
    let folder = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&folder).join(file), text).expect("the table is written");
}

struct Verb {
    name: String,
    import: (String, String),
    since: (u64, u64, u64),
    summary: String,
}

impl Verb {
    /// A function is a verb if it can reach the engine, or if it stands alone and gives out a handle. Setters, powers over the
    /// machine, groups of a snapshot and the run's own functions are none.
    fn of(resolve: &Resolve, interface: &Interface, function: &Function) -> Option<Self> {
        let interface_name = interface.name.as_deref().expect("a named interface");
        let (name, is_verb) = match function.kind {
            FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => (
                format!("{interface_name}.{}", function.name),
                interface_name != "run" && !is_power(interface, function),
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
        is_verb.then(|| Self {
            import: (interface_name.to_owned(), function.name.clone()),
            since: (since.major, since.minor, since.patch),
            summary: summary(&name, &function.docs),
            name,
        })
    }
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

/// What of the machine is added to a spec is a function of its own, which gives nothing back and doesn't wait.
fn is_power(interface: &Interface, function: &Function) -> bool {
    interface.name.as_deref() == Some("host-access")
        && function.kind == FunctionKind::Freestanding
        && function.result.is_none()
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

fn summary(name: &str, docs: &Docs) -> String {
    let docs = docs.contents.as_deref();
    first_sentence(docs.unwrap_or_else(|| panic!("{name} has no documentation")))
}

/// The first sentence without its end: what comes before a colon that names the endpoint.
fn first_sentence(docs: &str) -> String {
    let line = docs.lines().next().unwrap_or_default();
    let end = line.find(". ").unwrap_or(line.len());
    let sentence = &line[..end];
    let sentence = sentence.split(": `").next().unwrap_or(sentence);
    sentence.trim_end_matches('.').to_owned()
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
