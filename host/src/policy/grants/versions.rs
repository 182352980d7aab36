//! Patterns under two versions of the interface. The newer one is the WIT with functions added, and its table of verbs is made by
//! what makes the host's own.

#[expect(
    dead_code,
    reason = "of what makes the table, the verbs alone are looked at"
)]
#[path = "../../../build/verbs.rs"]
mod built;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wit_parser::Resolve;

use super::*;

/// The version that the WIT has now, and two that come later.
const NOW: &str = "0.1.0";
const LATER: [&str; 2] = ["0.1.1", "0.2.0"];

/// The version that has an interface which is new as a whole.
const FRESH: &str = LATER[0];

impl Versioned for &built::Verb {
    fn name(&self) -> &str {
        &self.name
    }

    fn since(&self) -> InterfaceVersion {
        let (major, minor, patch) = self.since;
        let number = |number: u64| u32::try_from(number).expect("a small number");
        InterfaceVersion(number(major), number(minor), number(patch))
    }
}

/// A function that a later version has.
#[derive(Clone, Debug)]
struct Added {
    /// Which of the interfaces and resources has it.
    place: usize,
    name: String,
    version: &'static str,
}

fn added() -> impl Strategy<Value = Vec<Added>> {
    let one = (any::<prop::sample::Index>(), "[a-z]{3,8}", 0..LATER.len());
    let one = one.prop_map(|(place, name, version)| Added {
        place: place.index(1 << 16),
        name: format!("later-{name}"),
        version: LATER[version],
    });
    prop::collection::vec(one, 1..12)
}

/// The files of the WIT as it is.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
    let entries = fs::read_dir(folder).expect("the WIT");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name");
            let text = fs::read_to_string(&path).expect("a text");
            (name.to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    files
}

/// Whether functions can stand behind a line.
fn opens(line: &str) -> bool {
    let line = line.trim_start();
    (line.starts_with("interface ") || line.starts_with("resource ")) && line.ends_with('{')
}

/// The interface of a version: the WIT as it is, with what was added up to then, and an interface that is new as a whole.
fn interface(version: &str, added: &[Added]) -> Vec<built::Verb> {
    let there = |added: &&Added| of(added.version) <= of(version);
    let added: Vec<_> = added.iter().filter(there).collect();
    let mut files = files();
    let places: usize = files
        .iter()
        .map(|(_, text)| text.lines().filter(|line| opens(line)).count())
        .sum();
    assert!(places > 10, "the walk sees them");
    let mut place = 0;
    for (_, text) in &mut files {
        let mut out = String::new();
        for line in text.lines() {
            let line = line.replace(&format!("@{NOW};"), &format!("@{version};"));
            out += &format!("{line}\n");
            if opens(&line) {
                let here = added.iter().filter(|added| added.place % places == place);
                // Of one name, the first version has it.
                let mut first = BTreeMap::new();
                for Added { name, version, .. } in here {
                    let since = first.entry(name).or_insert(version);
                    *since = version.min(since);
                }
                for (name, version) in first {
                    out += &function(name, version);
                }
                place += 1;
            }
        }
        *text = out;
    }
    if of(version) > of(NOW) {
        let fresh = format!(
            "package dockwit:engine@{version};\n@since(version = {FRESH})\ninterface fresh {{\n{}}}\n",
            function("begin", FRESH)
        );
        files.push(("fresh.wit".to_owned(), fresh));
        let world = files.iter_mut().find(|(name, _)| name == "world.wit");
        let world = &mut world.expect("the world").1;
        let import = format!("world plugin {{\n@since(version = {FRESH})\nimport fresh;\n");
        *world = world.replacen("world plugin {\n", &import, 1);
    }
    table(&files)
}

fn function(name: &str, version: &str) -> String {
    format!("/// Does it.\n@since(version = {version})\n{name}: async func();\n")
}

fn table(files: &[(String, String)]) -> Vec<built::Verb> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("it is written");
    }
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder.path()).expect("the WIT parses");
    built::Verb::all(&resolve, &resolve.packages[package])
}

fn of(version: &str) -> InterfaceVersion {
    version.parse().expect("a version")
}

/// All patterns that fit something.
fn patterns(verbs: &[built::Verb]) -> BTreeSet<String> {
    let groups = verbs.iter().filter_map(|verb| verb.name.split_once('.'));
    groups.map(|(group, _)| format!("{group}.*")).collect()
}

/// What a pattern grants that was written for a version, and what it would grant in a later one.
fn granted(verbs: &[built::Verb], word: &str, api: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = |verbs: Vec<&built::Verb>| verbs.into_iter().map(|of| of.name.clone()).collect();
    match Fitting::of(verbs.iter(), word, Some(of(api))) {
        Ok(fitting) => (names(fitting.granted), names(fitting.newer)),
        Err(GrantError::NothingFits { .. }) => Default::default(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn the_interface_as_it_is_has_the_hosts_own_verbs() {
    let verbs = interface(NOW, &[]);
    let names: Vec<_> = verbs.iter().map(|verb| verb.name.as_str()).collect();
    let own: Vec<_> = Verb::all().map(Verb::name).collect();
    assert_eq!(names, own);
    let since: Vec<_> = verbs.iter().map(|verb| (&verb).since()).collect();
    assert_eq!(since, Verb::all().map(Verb::since).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The keys `api` and `allow` grant what the interface had at that version, whatever the host has.
    #[test]
    fn attack_144_a_newer_host_grants_no_more(added in added()) {
        let newest = LATER[LATER.len() - 1];
        let newer = interface(newest, &added);
        for api in [NOW, LATER[0], newest] {
            let older = interface(api, &added);
            for word in patterns(&newer) {
                let (then, _) = granted(&older, &word, api);
                let (now, left_out) = granted(&newer, &word, api);
                prop_assert_eq!(&now, &then, "{} of {}", &word, api);
                // What is left out is what the word would grant if it were written for the newer one.
                let (all, none) = granted(&newer, &word, newest);
                prop_assert_eq!(none, BTreeSet::new());
                if !now.is_empty() {
                    prop_assert_eq!(&left_out, &all.difference(&now).cloned().collect());
                }
            }
        }
        // Something was added, which the newest version grants: else nothing was tried.
        let all = |api| {
            let each = patterns(&newer);
            each.iter().map(|word| granted(&newer, word, api).0.len()).sum::<usize>()
        };
        prop_assert!(all(NOW) < all(newest));
    }
}
