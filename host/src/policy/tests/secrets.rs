//! Variables that the host adds.

use super::*;

const SECRET: &str = "env.PW = { from = { env = \"DB_PW\" } }";

fn reader() -> PolicyReader<'static> {
    PolicyReader::new().environment(|name| (name == "DB_PW").then(|| "hunter2".to_owned()))
}

fn said(text: &str) -> Result<Policy, PolicyError> {
    reader().parse(&format!("{LEAST}{text}"))
}

#[test]
fn a_value_is_from_the_environment_that_the_reader_is_given() {
    let policy = said(&format!("[create]\n{SECRET}")).unwrap();
    let variable = &policy.create().env["PW"];
    assert_eq!(
        (variable.value.as_str(), variable.reachable),
        ("hunter2", false)
    );
    assert!(!format!("{policy:?}").contains("hunter2"));

    let text = format!("{LEAST}[create]\nenv.OTHER = {{ from = {{ env = \"UNSET\" }} }}");
    let error = reader().parse(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy:4:5: the value of OTHER is not there: the host's environment has no \"UNSET\", or it isn't UTF-8"
    );
    let policy = PolicyReader::new().without_values().parse(&text).unwrap();
    assert_eq!(policy.create().env["OTHER"].value, "");
}

#[test]
fn a_value_is_from_a_file_beside_the_policy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    let text = format!("{LEAST}create.env.PW = {{ from = {{ file = \"pw\" }} }}");
    std::fs::write(&path, text).unwrap();
    let value = |contents: &[u8]| {
        std::fs::write(folder.path().join("pw"), contents).unwrap();
        let policy = Policy::read(&path).map_err(|error| error.to_string())?;
        Ok::<_, String>(policy.create().env["PW"].value.clone())
    };
    for (contents, expected) in [
        ("hunter2", "hunter2"),
        ("hunter2\n", "hunter2"),
        ("hunter2\r\n", "hunter2"),
        ("\na\n\n", "\na\n"),
        ("", ""),
    ] {
        assert_eq!(value(contents.as_bytes()).unwrap(), expected);
    }
    for (contents, words) in [
        (vec![0xff], "UTF-8"),
        (vec![b'a'; 200_000], "bytes at most"),
        (b"a\0b".to_vec(), "zero byte"),
    ] {
        let error = value(&contents).unwrap_err();
        assert!(
            error.contains("p.toml:3:") && error.contains(words),
            "{error}"
        );
    }
    std::fs::remove_file(folder.path().join("pw")).unwrap();
    let error = Policy::read(&path).unwrap_err();
    assert!(error.to_string().contains("can't be read from"), "{error}");
}

/// Each way by which a container tells what it knows needs the word of the operator.
#[test]
fn attack_119_a_variable_of_the_hosts_is_secret_or_said_to_be_reachable() {
    let creates = "allow = [\"containers.create\"]";
    for (keys, way) in [
        ("allow = [\"container.logs\"]\n[create]", "container.logs"),
        (
            "allow = [\"container.inspect-json\"]\n[create]",
            "container.inspect-json",
        ),
        (
            "allow = [\"container.inspect\"]\nshow.env = \"values\"\n[create]",
            "container.inspect with show.env",
        ),
        (
            "allow = [\"container.top\"]\nshow.args = \"all\"\n[create]",
            "container.top with show.args",
        ),
        (&format!("{creates}\n[create]"), "create.command = \"any\""),
        (
            &format!("{creates}\n[create]\ncommand = \"image\""),
            "variables of its own",
        ),
        (
            &format!("{creates}\n[create]\nhealthcheck = \"any\""),
            "create.healthcheck = \"any\"",
        ),
        (
            &format!("{creates}\nhost-access.binds = [{{ source = \"/srv\" }}]\n[create]"),
            "host-access.binds",
        ),
    ] {
        let error = said(&format!("{keys}\n{SECRET}")).expect_err(way);
        let message = error.to_string();
        assert!(message.contains(way), "{way}: {message}");
        let line = LEAST.lines().count() + keys.lines().count() + 1;
        let place = error.place().map(|place| (place.line, place.column));
        assert_eq!(place, Some((line, 5)), "{message}");
        let reachable = SECRET.replace("} }", "}, reachable = true }");
        said(&format!("{keys}\n{reachable}")).expect("it is said");
    }
    said(&format!(
        "allow = [\"containers.list\", \"container.inspect\", \"container.top\"]\n[create]\n{SECRET}"
    ))
    .expect("nothing tells it");
}

#[test]
fn attack_119_the_plugin_is_not_given_where_a_value_is_from() {
    let text = format!("wasi.env = [\"LANG\", \"DB_PW\"]\n[create]\n{SECRET}");
    let error = said(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy:3:21: DB_PW is where create.env.PW has its value from"
    );
}

#[test]
fn attack_119_no_folder_that_is_given_holds_the_file_of_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.toml");
    std::fs::create_dir(folder.path().join("secrets")).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("secrets/pw"), "hunter2").unwrap();
    std::os::unix::fs::symlink("secrets", folder.path().join("link")).unwrap();
    let said = |given: &str, file: &str| {
        let text = format!("{LEAST}{given}\ncreate.env.PW.from = {{ file = \"{file}\" }}");
        std::fs::write(&path, text).unwrap();
        Policy::read(&path).map_err(|error| error.to_string())
    };
    let dir = |host: &str| format!("wasi.dirs = [{{ host = \"{host}\", guest = \"/a\" }}]");
    for (host, file) in [
        (".", "secrets/pw"),
        ("secrets", "secrets/pw"),
        ("link", "secrets/pw"),
        ("secrets", "link/pw"),
        ("data/../secrets", "secrets/pw"),
    ] {
        let error = said(&dir(host), file).expect_err(host);
        assert!(error.contains("p.toml:3:23: "), "{error}");
    }
    said(&dir("data"), "secrets/pw").expect("it is elsewhere");
    let real = folder.path().canonicalize().unwrap();
    let bind = format!(
        "host-access.binds = [{{ source = \"{}\" }}]",
        real.display()
    );
    let error = said(&bind, "secrets/pw").expect_err("it holds the file");
    assert!(
        error.contains("holds the file that create.env.PW"),
        "{error}"
    );
}

#[test]
fn a_variable_has_a_name_that_can_be_set_and_gives_no_devices() {
    for (name, words) in [
        ("\"\"", "no name of a variable"),
        ("\"A=B\"", "no name of a variable"),
        ("\"A B\"", "no name of a variable"),
        ("\"A*\"", "no name of a variable"),
        ("NVIDIA_VISIBLE_DEVICES", "host-access.env"),
    ] {
        let text = format!("[create]\nenv.{name} = {{ from = {{ env = \"DB_PW\" }} }}");
        let error = said(&text).expect_err(name).to_string();
        assert!(error.starts_with("the policy:4:5: "), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_policy_that_is_made_in_rust_can_be_asked_too() {
    let mut create = super::super::create::CreateBounds::default();
    create.env = said(&format!("[create]\n{SECRET}"))
        .unwrap()
        .create()
        .env
        .clone();
    let policy = Policy::new("p".parse().unwrap())
        .with_grants(Grants::of([Verb::ContainerLogs]))
        .with_create(create);
    let found = policy.contradictions();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].key, found[0].item.as_deref()),
        ("create.env", Some("PW"))
    );
}
