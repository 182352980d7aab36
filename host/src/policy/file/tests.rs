use super::*;

const LEAST: &str = "version = 1\nplugin = \"monitor\"\n";

fn parse(text: &str) -> Result<(), PolicyError> {
    let texts = Texts {
        file: text.to_owned(),
        settings: Vec::new(),
    };
    texts.parse().map(drop)
}

fn wrong(text: &str) -> (Option<(usize, usize)>, String, Option<String>) {
    let error = parse(text).expect_err(text);
    let place = error.place().map(|place| (place.line, place.column));
    (place, error.to_string(), error.hint().map(str::to_owned))
}

#[test]
fn the_least_policy_has_a_version_and_a_name() {
    parse(LEAST).unwrap();
    let (_, message, _) = wrong("version = 1\n");
    assert!(message.contains("plugin"), "{message}");
    let (_, message, _) = wrong("plugin = \"a\"\n");
    assert!(message.contains("version"), "{message}");
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_nearest() {
    let (place, message, hint) = wrong(&format!("{LEAST}alow = []\n"));
    assert_eq!(place, Some((3, 1)));
    assert_eq!(message, "the policy:3:1: there is no key `alow`");
    assert_eq!(hint.as_deref(), Some("did you mean `allow`?"));
}

#[test]
fn an_unknown_key_is_found_in_tables_and_in_lists_of_them() {
    let (place, message, hint) = wrong(&format!("{LEAST}[wasi]\nenvs = []\n"));
    assert_eq!(place, Some((4, 1)));
    assert!(
        message.ends_with("there is no key `wasi.envs`"),
        "{message}"
    );
    assert_eq!(hint.as_deref(), Some("did you mean `wasi.env`?"));

    let dirs = "wasi.dirs = [{ host = \".\", guest = \"/a\", readonly = true }]";
    let (place, message, hint) = wrong(&format!("{LEAST}{dirs}\n"));
    assert_eq!(place, Some((3, 42)));
    assert!(message.ends_with("`wasi.dirs.readonly`"), "{message}");
    assert_eq!(hint.as_deref(), Some("did you mean `wasi.dirs.read-only`?"));
}

#[test]
fn a_key_like_no_other_is_answered_with_all_that_there_are() {
    let (_, _, hint) = wrong(&format!("{LEAST}[wasi]\nzzz = 1\n"));
    assert_eq!(hint.as_deref(), Some("the keys here are dirs, env"));
}

#[test]
fn wrong_types_and_impossible_values_are_told_with_their_place() {
    for (text, at) in [
        ("allow = \"containers.list\"\n", (3, 9)),
        ("allow = [1]\n", (3, 10)),
        ("missing = \"ignore\"\n", (3, 11)),
        ("component = \"sha256:1\"\n", (3, 13)),
        ("[wasi]\ndirs = [{ host = 1, guest = \"/\" }]\n", (4, 18)),
        ("wasi = 3\n", (3, 8)),
    ] {
        let (place, message, _) = wrong(&format!("{LEAST}{text}"));
        assert_eq!(place, Some(at), "{text}: {message}");
    }
    let (place, message, _) = wrong("version = 2\nplugin = \"a\"\n");
    assert_eq!(place, Some((1, 11)));
    assert!(message.contains("version 1"), "{message}");
    let (place, _, _) = wrong("version = 1\nplugin = \"A\"\n");
    assert_eq!(place, Some((2, 10)));
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    let (place, _, _) = wrong("version = 1\nplugin = \n");
    assert_eq!(place.map(|place| place.0), Some(2));
    let (place, message, _) = wrong(&format!("{LEAST}plugin = \"b\"\n"));
    assert_eq!(place, Some((3, 1)), "{message}");
}

#[test]
fn a_file_too_big_or_not_there_is_told_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    let error = read(&path).unwrap_err();
    assert_eq!(error.file(), Some(path.as_path()));
    std::fs::write(&path, " ".repeat(usize::try_from(MAX_FILE).unwrap() + 1)).unwrap();
    assert!(read(&path).unwrap_err().to_string().ends_with("at most"));
}

/// Every key is explained: the schema is the documentation.
#[test]
fn every_key_is_documented() {
    let schema = schema();
    let mut undocumented = Vec::new();
    let tables = schema.get("$defs").and_then(|defs| defs.as_object());
    for (name, table) in tables
        .into_iter()
        .flatten()
        .chain([(&"policy".to_owned(), schema.as_value())])
    {
        let members = table
            .get("properties")
            .and_then(|members| members.as_object());
        for (key, member) in members.into_iter().flatten() {
            if member.get("description").is_none() {
                undocumented.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(undocumented.is_empty(), "{undocumented:?}");
}
