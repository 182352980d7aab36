//! The interface's own order: every item is documented and says since when it is there.

use std::path::Path;

use dockwit_host::policy::Part;
use wit_parser::{Docs, PackageId, Resolve, Stability, TypeDefKind};

fn parse() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_dir(folder).expect("the WIT parses");
    (resolve, package)
}

struct Faults(Vec<String>);

impl Faults {
    fn docs(&mut self, name: &str, docs: &Docs) {
        if docs
            .contents
            .as_deref()
            .is_none_or(|text| text.trim().is_empty())
        {
            self.0.push(format!("{name} has no documentation"));
        }
    }

    fn item(&mut self, name: &str, docs: &Docs, stability: &Stability) {
        self.docs(name, docs);
        if !matches!(stability, Stability::Stable { .. }) {
            self.0.push(format!("{name} has no @since"));
        }
    }
}

#[test]
fn every_item_is_documented_and_says_since_when() {
    let (resolve, package) = parse();
    let mut faults = Faults(Vec::new());
    faults.docs("the package", &resolve.packages[package].docs);
    for id in resolve.packages[package].worlds.values() {
        let world = &resolve.worlds[*id];
        faults.item(&world.name, &world.docs, &world.stability);
    }
    let mut items = 0;
    for (interface_name, id) in &resolve.packages[package].interfaces {
        let interface = &resolve.interfaces[*id];
        faults.item(interface_name, &interface.docs, &interface.stability);
        for (name, function) in &interface.functions {
            faults.item(
                &format!("{interface_name}.{name}"),
                &function.docs,
                &function.stability,
            );
            items += 1;
        }
        for (name, id) in &interface.types {
            let kind = &resolve.types[*id];
            if matches!(kind.kind, TypeDefKind::Type(wit_parser::Type::Id(used)) if resolve.types[used].owner != kind.owner)
            {
                continue; // Used from another interface, where it is looked at.
            }
            let name = format!("{interface_name}.{name}");
            faults.item(&name, &kind.docs, &kind.stability);
            items += 1;
            for (part, docs) in parts(&kind.kind) {
                faults.docs(&format!("{name}.{part}"), docs);
            }
        }
    }
    assert!(items > 150, "the walk sees the interface: {items} items");
    assert!(faults.0.is_empty(), "{}", faults.0.join("\n"));
}

fn parts(kind: &TypeDefKind) -> Vec<(&str, &Docs)> {
    match kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| (field.name.as_str(), &field.docs))
            .collect(),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .map(|case| (case.name.as_str(), &case.docs))
            .collect(),
        TypeDefKind::Enum(choices) => choices
            .cases
            .iter()
            .map(|case| (case.name.as_str(), &case.docs))
            .collect(),
        TypeDefKind::Flags(flags) => flags
            .flags
            .iter()
            .map(|flag| (flag.name.as_str(), &flag.docs))
            .collect(),
        _ => Vec::new(),
    }
}

/// Who reads the interface is told what a policy has to say.
#[test]
fn every_power_over_the_machine_names_its_key() {
    let (resolve, package) = parse();
    let host_access = resolve.packages[package].interfaces["host-access"];
    let functions = &resolve.interfaces[host_access].functions;
    for (name, function) in functions {
        let part = Part::of_import("host-access", name).expect("a part");
        let key = part.key().expect("a key");
        let docs = function.docs.contents.as_deref().unwrap_or_default();
        let named = docs.ends_with(&format!("Policy: `{key}`."));
        assert!(named, "{name} is allowed by {key}: {docs}");
    }
    assert!(functions.len() > 40, "there are powers");
}

#[test]
fn interfaces_stand_in_one_order() {
    const ORDER: &[&str] = &[
        "types",
        "run",
        "system",
        "volumes",
        "networks",
        "containers",
        "host-access",
    ];
    let (resolve, package) = parse();
    for (name, id) in &resolve.packages[package].interfaces {
        let own = ORDER.iter().position(|known| known == name);
        let own = own.unwrap_or_else(|| panic!("{name} has no place in the order"));
        for kind in resolve.interfaces[*id].types.values() {
            let TypeDefKind::Type(wit_parser::Type::Id(used)) = resolve.types[*kind].kind else {
                continue;
            };
            let wit_parser::TypeOwner::Interface(from) = resolve.types[used].owner else {
                continue;
            };
            let from = resolve.interfaces[from].name.as_deref().expect("a name");
            let from = ORDER
                .iter()
                .position(|known| *known == from)
                .expect("a place");
            assert!(from <= own, "{name} uses what comes after it");
        }
    }
}
