//! `[scope]`.

use super::*;

fn label(text: &str) -> Reach {
    Reach::Label(text.parse().expect("a label"))
}

fn names<const N: usize>(names: [&str; N]) -> Reach {
    Reach::Names(names.map(str::to_owned).into())
}

#[test]
fn each_kind_has_its_reach_and_that_of_change_is_apart() {
    let reaches = [
        ("\"own\"", Reach::Own),
        ("\"all\"", Reach::All),
        ("{ label = \"monitor=yes\" }", label("monitor=yes")),
        ("{ label = \"monitor\" }", label("monitor")),
        ("{ name = [\"db\", \"web\"] }", names(["db", "web"])),
    ];
    type Kind = fn(&mut Scope) -> &mut Reach;
    let kinds: [(&str, Kind); 6] = [
        ("containers", |scope| &mut scope.containers),
        ("networks", |scope| &mut scope.networks),
        ("volumes", |scope| &mut scope.volumes),
        ("change.containers", |scope| &mut scope.change.containers),
        ("change.networks", |scope| &mut scope.change.networks),
        ("change.volumes", |scope| &mut scope.change.volumes),
    ];
    for (text, reach) in reaches {
        assert_eq!(reach.to_string(), text);
        for (key, kind) in kinds {
            let mut expected = Scope::default();
            *kind(&mut expected) = reach.clone();
            let policy = read(&format!("scope.{key} = {text}"));
            assert_eq!(*policy.scope(), expected, "{key} = {text}");
        }
    }
    assert_eq!(read("").scope().change.volumes, Reach::Own);
}

#[test]
fn what_is_wrong_has_its_place() {
    all_wrong(
        "scope",
        &[
            ("containers = \"mine\"", 14, "own"),
            ("containers = { label = \"\" }", 24, "`key=value`"),
            ("containers = { label = \"=yes\" }", 24, "`key=value`"),
            ("containers = { name = [] }", 14, "one at least"),
            ("containers = { name = [\"/web\"] }", 24, "no leading slash"),
            (
                "containers = { name = [\"web\", \"a b\"] }",
                31,
                "is no name",
            ),
            ("containers = { name = [\"\"] }", 24, "is no name"),
            (
                "containers = { names = [\"web\"] }",
                16,
                "no key `scope.containers.names`",
            ),
            ("containers = [\"own\"]", 14, ""),
            ("change = \"all\"", 10, ""),
            ("change.images = \"all\"", 8, "no key `scope.change.images`"),
        ],
    );
    let (place, _) = wrong("scope.containers = { label = \"a\", name = [\"b\"] }");
    assert!(place.is_some());
}

#[test]
fn a_label_is_matched_by_key_and_by_value_if_it_says_one() {
    let is_match = |text: &str, key, value| {
        let label: LabelMatch = text.parse().expect("a label");
        label.is_match(key, value)
    };
    assert!(is_match("a", "a", "1") && is_match("a", "a", ""));
    assert!(is_match("a=1", "a", "1") && !is_match("a=1", "a", "2"));
    assert!(is_match("a=", "a", "") && !is_match("a=", "a", "1"));
    assert!(is_match("a=b=c", "a", "b=c") && !is_match("a", "ab", "1"));
}

#[test]
fn one_reach_covers_another_where_that_is_certain() {
    for (wide, narrow) in [
        (Reach::All, Reach::Own),
        (Reach::All, label("a")),
        (Reach::Own, Reach::Own),
        (label("a"), label("a=1")),
        (names(["a", "b"]), names(["b"])),
    ] {
        assert!(wide.covers(&narrow), "{wide} {narrow}");
        assert!(wide == narrow || !narrow.covers(&wide), "{narrow} {wide}");
    }
    for (one, other) in [
        (label("a=1"), label("a=2")),
        (label("a"), names(["a"])),
        (Reach::Own, label("a")),
    ] {
        assert!(!one.covers(&other) && !other.covers(&one), "{one} {other}");
    }
}
