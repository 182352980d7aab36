use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::*;

fn registry(name: &str) -> Registry {
    name.parse().unwrap()
}

fn read_of(
    registry: &str,
    from: CredentialSource,
    variable: Option<&str>,
    docker: Option<&Path>,
) -> Result<Credentials, String> {
    let rule = CredentialRule::new(registry.parse().unwrap(), from);
    let rules = [("team".to_owned(), rule)].into();
    let environment = |_: &str| variable.map(str::to_owned);
    Credentials::read(&rules, environment, docker).map_err(|error| error.to_string())
}

fn variable(registry: &str, value: &str) -> Result<Credentials, String> {
    read_of(
        registry,
        CredentialSource::Env("TOKEN".to_owned()),
        Some(value),
        None,
    )
}

/// Docker's configuration in a folder.
fn config(value: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), value.to_string()).unwrap();
    folder
}

fn docker(registry: &str, value: &Value) -> Result<Credentials, String> {
    let folder = config(value);
    read_of(
        registry,
        CredentialSource::DockerConfig,
        None,
        Some(folder.path()),
    )
}

/// What would be sent to a registry.
fn sent(credentials: &Credentials, registry: &str) -> Option<Value> {
    let header = credentials.get("team")?.header_for(registry)?;
    let json = BASE64_URL_SAFE.decode(header.expose()).unwrap();
    Some(serde_json::from_slice(&json).unwrap())
}

fn encoded(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

#[test]
fn a_registry_is_a_host_with_a_port_or_without() {
    for good in [
        "registry.example.com",
        "localhost:5000",
        "10.0.0.1:5000",
        "[::1]:5000",
        "docker.io",
    ] {
        assert_eq!(registry(good).as_str(), good);
    }
    assert_eq!(registry("index.docker.io").as_str(), "docker.io");
    for wrong in [
        "",
        "https://registry.example.com",
        "registry.example.com/team",
        "Registry.example.com",
        "user@registry.example.com",
        "registry.example.com:",
        "registry.example.com:0",
        "registry.example.com:70000",
        "registry..com",
        "[::1",
        "[nonsense]:5000",
        "a b",
        "é.com",
    ] {
        assert!(wrong.parse::<Registry>().is_err(), "{wrong}");
    }
}

/// `credentials.NAME.registry` is the only one that gets them.
#[test]
fn attack_088_credentials_are_sent_to_their_registry_alone() {
    let value = json!({ "username": "me", "password": "hunter2" }).to_string();
    let credentials = variable("registry.example.com", &value).unwrap();
    let expected =
        json!({ "username": "me", "password": "hunter2", "serveraddress": "registry.example.com" });
    assert_eq!(sent(&credentials, "registry.example.com"), Some(expected));
    assert!(sent(&credentials, "Registry.Example.com").is_some());
    for other in [
        "",
        "example.com",
        "registry.example.com.evil.com",
        "registry.example.com:443",
        "registry.example.com:5000",
        "https://registry.example.com",
        "registry.example.com/",
        "xregistry.example.com",
        "docker.io",
    ] {
        assert_eq!(sent(&credentials, other), None, "{other}");
    }
    assert!(credentials.get("other").is_none());
    let dockers = variable("docker.io", &value).unwrap();
    for name in ["docker.io", "index.docker.io"] {
        let server = &sent(&dockers, name).unwrap()["serveraddress"];
        assert_eq!(server, "https://index.docker.io/v1/");
    }
    assert_eq!(sent(&dockers, "registry-1.docker.io"), None);
}

#[test]
fn each_form_of_credentials_is_read() {
    let auth = encoded("me:a:b");
    for (value, expected) in [
        (
            json!({ "auth": auth }),
            json!({ "username": "me", "password": "a:b" }),
        ),
        (
            json!({ "identitytoken": "t", "email": "me@example.com" }),
            json!({ "identitytoken": "t" }),
        ),
        (
            json!({ "registrytoken": "t" }),
            json!({ "registrytoken": "t" }),
        ),
        (
            json!({ "username": "me", "password": "", "serveraddress": "https://r.example.com/v2/" }),
            json!({ "username": "me", "password": "" }),
        ),
    ] {
        let credentials = variable("r.example.com", &value.to_string()).expect("they are read");
        let mut expected = expected;
        expected["serveraddress"] = "r.example.com".into();
        assert_eq!(sent(&credentials, "r.example.com"), Some(expected));
    }
}

#[test]
fn what_is_wrong_is_told_without_the_secret() {
    for (value, words) in [
        ("", "isn't the object of JSON"),
        ("hunter2", "isn't the object of JSON"),
        ("\"hunter2\"", "isn't the object of JSON"),
        ("{\"hunter2\": 1}", "isn't the object of JSON"),
        ("{\"password\": \"hunter2\"", "isn't the object of JSON"),
        ("{\"username\": \"me\"}", "neither a name with a password"),
        (
            "{\"password\": \"hunter2\"}",
            "neither a name with a password",
        ),
        (
            "{\"identitytoken\": \"\"}",
            "neither a name with a password",
        ),
        ("{\"auth\": \"hunter2\"}", "isn't `name:password` in base64"),
        (
            "{\"identitytoken\": \"hunter2\", \"serveraddress\": \"other.com\"}",
            "is for \"other.com\", and not for r.example.com",
        ),
    ] {
        let error = variable("r.example.com", value).unwrap_err();
        assert!(error.starts_with("credentials.team: "), "{error}");
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let from = CredentialSource::Env("TOKEN".to_owned());
    let error = read_of("r.example.com", from, None, None).unwrap_err();
    assert!(error.contains("has no \"TOKEN\""), "{error}");
}

#[test]
fn a_file_is_read_once_and_up_to_a_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.json");
    let read = || {
        read_of(
            "r.example.com",
            CredentialSource::File(path.clone()),
            None,
            None,
        )
    };
    let error = read().unwrap_err();
    assert!(error.contains("registry.json can't be read"), "{error}");
    fs::write(&path, "{ \"identitytoken\": \"t\" }\n").unwrap();
    let credentials = read().unwrap();
    fs::remove_file(&path).unwrap();
    assert!(sent(&credentials, "r.example.com").is_some());
    let long = format!("{{ \"identitytoken\": \"{}\" }}", "t".repeat(2 << 20));
    fs::write(&path, long).unwrap();
    assert!(read().unwrap_err().contains("bytes at most"));
    fs::write(&path, [b'"', 0xff, b'"']).unwrap();
    assert!(read().unwrap_err().contains("UTF-8"));
}

#[test]
fn what_is_secret_is_not_printed() {
    let value = json!({ "username": "somebody", "password": "hunter2" }).to_string();
    let credentials = variable("r.example.com", &value).unwrap();
    let printed = format!("{credentials:?} {:?}", credentials.get("team"));
    assert!(
        !printed.contains("hunter2") && !printed.contains("somebody"),
        "{printed}"
    );
    assert!(printed.contains("r.example.com"), "{printed}");
    assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret");
}

#[test]
fn dockers_configuration_has_an_entry_for_exactly_the_registry() {
    let auth = encoded("me:hunter2");
    let config = json!({
        "auths": {
            "r.example.com": { "auth": auth },
            "https://schemed.example.com/v2/": { "auth": auth },
            "https://index.docker.io/v1/": { "auth": encoded("me:docker") },
            "https://index.docker.io/v1/access-token": { "auth": encoded("me:access") },
            "tokens.example.com": { "auth": encoded("00000000-0000-0000-0000-000000000000:"), "identitytoken": "t" },
            "padded.example.com": { "auth": encoded("me:hunter2\0\0") },
            "plain.example.com": { "username": "me", "password": "hunter2" },
            "path.example.com/team": { "auth": auth },
            "empty.example.com": {},
        },
        "HttpHeaders": { "User-Agent": "x" },
        "detachKeys": "ctrl-x",
    });
    let password = |name: &str| {
        let credentials = docker(name, &config)?;
        let sent = sent(&credentials, name).expect("it is their registry");
        Ok::<_, String>(sent["password"].as_str().unwrap_or_default().to_owned())
    };
    for name in [
        "r.example.com",
        "schemed.example.com",
        "padded.example.com",
        "plain.example.com",
    ] {
        assert_eq!(password(name).as_deref(), Ok("hunter2"), "{name}");
    }
    assert_eq!(password("docker.io").as_deref(), Ok("docker"));
    let tokens = docker("tokens.example.com", &config).unwrap();
    let token = sent(&tokens, "tokens.example.com").unwrap();
    assert_eq!(token["identitytoken"], "t");
    assert_eq!(token.get("password"), None);
    for none in [
        "example.com",
        "r.example.com:443",
        "path.example.com",
        "other.com",
    ] {
        let error = password(none).unwrap_err();
        assert!(
            error.contains(&format!("has no entry for {none}")),
            "{error}"
        );
    }
    let empty = password("empty.example.com").unwrap_err();
    assert!(empty.contains("neither a name with a password"), "{empty}");
}

#[test]
fn a_configuration_that_is_not_there_or_not_dockers_is_told() {
    let from = || CredentialSource::DockerConfig;
    let folder = tempfile::tempdir().unwrap();
    let error = read_of("docker.io", from(), None, None).unwrap_err();
    assert!(error.contains("no folder"), "{error}");
    let error = read_of("docker.io", from(), None, Some(folder.path())).unwrap_err();
    assert!(error.contains("config.json can't be read"), "{error}");
    fs::write(
        folder.path().join("config.json"),
        "{\"auths\": \"hunter2\"}",
    )
    .unwrap();
    let error = read_of("docker.io", from(), None, Some(folder.path())).unwrap_err();
    assert!(error.contains("isn't as Docker writes it"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn the_helper_that_is_named_has_them() {
    for config in [
        json!({ "credsStore": "no/such" }),
        json!({ "credHelpers": { "r.example.com": "no/such" }, "credsStore": "other" }),
        json!({ "credHelpers": { "https://r.example.com": "no/such" } }),
    ] {
        let error = docker("r.example.com", &config).unwrap_err();
        assert!(error.contains("no name of a credential helper"), "{error}");
    }
    let others = json!({ "credHelpers": { "other.com": "no/such" }, "auths": { "r.example.com": { "identitytoken": "t" } } });
    docker("r.example.com", &others).expect("that helper is for another");
    let gone = docker(
        "r.example.com",
        &json!({ "credsStore": "dockwit-is-not-there" }),
    );
    let error = gone.unwrap_err();
    assert!(
        error.contains("docker-credential-dockwit-is-not-there can't be started"),
        "{error}"
    );
}

/// A helper that is a script.
fn helper(script: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docker-credential-test");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    (folder, path)
}

fn helped(script: &str, time: Duration) -> Result<Auth, String> {
    let (_folder, path) = helper(script);
    helper::get_within(&path, "r.example.com", time)
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_helper_is_asked_for_the_server_and_answers() {
    let script = "read server; test \"$1\" = get || exit 1\n\
                  echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"me\\\",\\\"Secret\\\":\\\"of $server\\\"}\"";
    let auth = helped(script, LONG).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(auth.username.as_ref().map(Secret::expose), Some("me"));
    assert_eq!(
        auth.password.as_ref().map(Secret::expose),
        Some("of r.example.com")
    );
    let token = "echo '{\"Username\":\"<token>\",\"Secret\":\"t\"}'";
    let auth = helped(token, LONG).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(auth.identity_token.as_ref().map(Secret::expose), Some("t"));
    assert!(auth.username.is_none());
}

#[test]
fn a_helper_that_fails_talks_on_or_hangs_is_told() {
    for (script, words) in [
        (
            "echo credentials not found in native keychain; exit 1",
            "has no credentials for r.example.com",
        ),
        ("echo hunter2", "doesn't answer as credential helpers do"),
        ("", "doesn't answer as credential helpers do"),
        ("yes hunter2", "says more than 65536 bytes"),
    ] {
        let error = helped(script, LONG).err().expect(script);
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let begun = Instant::now();
    for script in ["sleep 60", "exec >&-; sleep 60", "sleep 60 & exit 0"] {
        let error = helped(script, Duration::from_secs(1)).err().expect(script);
        assert!(error.contains("takes longer than 1 s"), "{error}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
}
