//! `[credentials.NAME]`.

use super::super::credentials::{CredentialRule, CredentialSource};
use super::*;

fn team(text: &str) -> CredentialRule {
    read(text).credentials()["team"].clone()
}

#[test]
fn each_source_of_credentials_reaches_the_policy() {
    for (from, source) in [
        (
            "{ file = \"secrets/registry.json\" }",
            CredentialSource::File("secrets/registry.json".into()),
        ),
        (
            "{ env = \"TOKEN\" }",
            CredentialSource::Env("TOKEN".to_owned()),
        ),
        ("{ docker-config = true }", CredentialSource::DockerConfig),
    ] {
        let text =
            format!("[credentials.team]\nregistry = \"registry.example.com\"\nfrom = {from}");
        let registry = "registry.example.com".parse().unwrap();
        assert_eq!(team(&text), CredentialRule::new(registry, source), "{from}");
    }
    assert!(read("").credentials().is_empty());
}

#[test]
fn what_is_wrong_with_credentials_is_told_with_its_place() {
    const FROM: &str = "from = { env = \"TOKEN\" }";
    for (text, place, words) in [
        (
            format!("[credentials.team]\nregistry = \"https://r.example.com\"\n{FROM}"),
            (2, 12),
            "is no registry",
        ),
        (
            format!("[credentials.team]\nregistry = \"r.example.com\"\nform = 1\n{FROM}"),
            (3, 1),
            "there is no key `credentials.team.form`",
        ),
        (
            "[credentials.team]\nregistry = \"r.example.com\"\nfrom = { docker-config = false }".to_owned(),
            (3, 8),
            "it is true, or not said at all",
        ),
        (
            "[credentials.team]\nregistry = \"r.example.com\"\nfrom = { pipe = \"x\" }".to_owned(),
            (3, 10),
            "there is no key `credentials.team.from.pipe`",
        ),
        (
            "[credentials.team]\nregistry = \"r.example.com\"\nfrom = { env = \"A\", file = \"b\" }".to_owned(),
            (3, 8),
            "",
        ),
        (
            "[credentials.team]\nregistry = \"r.example.com\"".to_owned(),
            (1, 1),
            "missing field `from`",
        ),
        (
            format!("[credentials.Team]\nregistry = \"r.example.com\"\n{FROM}"),
            (1, 14),
            "is no name for credentials",
        ),
    ] {
        let (at, message) = wrong(&text);
        assert!(message.contains(words), "{text}: {message}");
        assert_eq!(at, Some(place), "{text}: {message}");
    }
}

/// `wasi.env` gives no variable that credentials are from.
#[test]
fn attack_088_the_plugin_is_not_given_where_credentials_are_from() {
    let text = "wasi.env = [\"LANG\", \"TOKEN\"]\n[credentials.team]\nregistry = \"r.example.com\"\nfrom = { env = \"TOKEN\" }";
    let (place, message) = wrong(text);
    assert_eq!(place, Some((1, 21)), "{message}");
    assert!(
        message.ends_with("TOKEN is where credentials.team has its value from"),
        "{message}"
    );
}

/// Neither `wasi.dirs` nor `host-access.binds` gives a folder that holds them.
#[test]
fn attack_088_no_folder_that_is_given_holds_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let path = top.join("p.toml");
    std::fs::create_dir_all(top.join("secrets/inner")).unwrap();
    std::fs::create_dir(top.join("data")).unwrap();
    let said = |given: &str| {
        let text = format!(
            "{LEAST}{given}\n[credentials.team]\nregistry = \"r.example.com\"\nfrom = {{ file = \"secrets/r.json\" }}"
        );
        std::fs::write(&path, text).unwrap();
        Policy::read(&path).map_err(|error| error.to_string())
    };
    for host in [".", "secrets"] {
        let dirs =
            format!("wasi.dirs = [{{ host = \"{host}\", guest = \"/a\", read-only = true }}]");
        let error = said(&dirs).expect_err(host);
        assert!(error.contains("p.toml:3:23: "), "{error}");
        assert!(
            error.contains("holds the file that credentials.team"),
            "{error}"
        );
        let source = top.join(host);
        let source = source.canonicalize().unwrap();
        let binds = format!("host-access.binds = [{{ source = {source:?}, read-only = true }}]");
        said(&binds).expect_err(host);
    }
    said("wasi.dirs = [{ host = \"data\", guest = \"/a\" }]").expect("they are elsewhere");
}
