//! The functions of the WIT that need a grant, each with the version that has it first.

use wit_parser::{Docs, Function, FunctionKind, Interface, Package, Resolve, Stability, WorldItem};

/// The interfaces in the order in which they use each other, which is the world's.
pub(crate) fn interfaces<'a>(resolve: &'a Resolve, package: &Package) -> Vec<&'a Interface> {
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

/// A function that a plugin needs a grant for.
pub(crate) struct Verb {
    pub(crate) name: String,
    pub(crate) import: (String, String),
    pub(crate) since: (u64, u64, u64),
    pub(crate) summary: String,
}

impl Verb {
    /// All of them, in the order of the interface.
    pub(crate) fn all(resolve: &Resolve, package: &Package) -> Vec<Self> {
        let interfaces = interfaces(resolve, package).into_iter();
        let functions = interfaces.flat_map(|interface| {
            let functions = interface.functions.values();
            functions.filter_map(|function| Self::of(resolve, interface, function))
        });
        functions.collect()
    }

    /// A function is a verb if it can reach the engine, or if it stands alone and gives out a handle. Setters, powers over the
    /// machine, groups of a snapshot and the run's own functions are none.
    pub(crate) fn of(
        resolve: &Resolve,
        interface: &Interface,
        function: &Function,
    ) -> Option<Self> {
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

/// What of the machine is added to a spec is a function of its own, which gives nothing back and doesn't wait.
pub(crate) fn is_power(interface: &Interface, function: &Function) -> bool {
    interface.name.as_deref() == Some("host-access")
        && function.kind == FunctionKind::Freestanding
        && function.result.is_none()
}

pub(crate) fn summary(name: &str, docs: &Docs) -> String {
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
