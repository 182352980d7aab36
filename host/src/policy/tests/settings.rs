//! Keys that are set besides the file.

use proptest::prelude::*;

use super::super::create::{ImageBound, PortBound};
use super::*;

fn set(file: &str, settings: &[&str]) -> Result<Policy, PolicyError> {
    let settings = settings.iter().map(|text| text.parse().expect(text));
    let reader = settings.fold(PolicyReader::new(), PolicyReader::set);
    reader.parse(&format!("{LEAST}{file}"))
}

#[test]
fn a_setting_is_a_key_with_a_value_as_in_the_file_or_a_bare_text() {
    let policy = set(
        "",
        &[
            "create.images=any",
            "create.memory = 1GiB",
            "create.cpus=0.5",
            "create.egress=true",
            "create.ports={ip=\"127.0.0.1\",range=\"8000-8010\"}",
            "scope.change.containers={label=\"a=b\"}",
            "limits.on-end=stop",
            "allow=[\"containers.list\"]",
        ],
    )
    .unwrap();
    let create = policy.create();
    assert_eq!(create.images, ImageBound::Any);
    assert_eq!((create.memory, create.cpus), (1 << 30, 500_000_000));
    let ports = PortBound {
        ip: "127.0.0.1".parse().unwrap(),
        range: 8000..=8010,
    };
    assert_eq!(create.ports, Some(ports));
    assert_eq!(
        policy.scope().change.containers,
        Reach::Label("a=b".parse().unwrap())
    );
    assert!(policy.grants().allow(Verb::ContainersList));
}

#[test]
fn a_setting_takes_the_place_of_what_the_file_has_and_the_last_counts() {
    let file = "[limits]\ncontainers = 1\nrunning = 1\n[scope]\ncontainers = \"all\"";
    let limits = |settings: &[&str]| set(file, settings).unwrap().limits().clone();
    let one = limits(&["limits.containers=2"]);
    assert_eq!((one.containers, one.running), (2, 1));
    let last = limits(&["limits.containers=2", "limits.containers=3"]);
    assert_eq!(last.containers, 3);
    let whole = limits(&["limits={containers=5}"]);
    assert_eq!(
        (whole.containers, whole.running),
        (5, Limits::default().running)
    );
    let policy = set(file, &["scope.containers.label=a"]).unwrap();
    assert_eq!(
        policy.scope().containers,
        Reach::Label("a".parse().unwrap())
    );
    assert_eq!(policy.scope().networks, Reach::Own);
}

#[test]
fn what_is_wrong_is_told_by_its_key() {
    for (file, setting, words) in [
        ("", "create.imags=any", "there is no key `create.imags`"),
        ("", "create.images=all", "\"any\" or a list of images"),
        (
            "",
            "create.images=[\"any\"]",
            "can come to mean another image",
        ),
        (
            "",
            "create={imags=\"any\"}",
            "there is no key `create.imags`",
        ),
        ("", "create.ports={ip=\"::1\",range=\"1-2\"}", "egress"),
        ("", "create.ports={ip=\"::1\"", ""),
        ("", "create.egress=yes", "invalid type"),
        ("", "create=any", "invalid type"),
        (
            "",
            "allow=[\"container.lgos\"]",
            "did you mean `container.logs`",
        ),
        (
            "[host-access]\nbinds = []",
            "host-access.binds=[{source=\"srv\"}]",
            "no whole path",
        ),
    ] {
        let error = set(file, &[setting]).expect_err(setting);
        let key = setting.split('=').next().unwrap();
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("the setting {key}: ")),
            "{message}"
        );
        assert!(message.contains(words), "{message}");
        assert_eq!((error.setting(), error.place()), (Some(key), None));
    }
    let error = set("", &["create.imags=any"]).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `create.images`?"));
}

#[test]
fn what_is_wrong_in_the_file_keeps_its_place() {
    let error = set("alow = []", &["create.images=any"]).unwrap_err();
    assert_eq!(error.to_string(), "the policy:3:1: there is no key `alow`");
}

#[test]
fn what_is_no_setting_is_told() {
    for text in [
        "",
        "create.images",
        "=any",
        "a..b=1",
        ".a=1",
        "a b=1",
        "a\nb=1",
        "[a]=1",
        "a.a.a.a.a.a.a.a.a=1",
    ] {
        assert!(text.parse::<Setting>().is_err(), "{text}");
    }
}

/// A value is one value: it can't bring a key of its own.
#[test]
fn a_setting_sets_one_key() {
    for setting in [
        "limits.containers=1\nallow = [\"containers.list\"]",
        "limits.containers=1 # \n[create]",
    ] {
        let error = set("", &[setting]).expect_err(setting);
        assert_eq!(error.setting(), Some("limits.containers"));
    }
}

#[test]
fn a_policy_with_settings_is_another_one() {
    let digest = |settings: &[&str]| set("", settings).unwrap().digest();
    assert_eq!(digest(&[]), values::Digest::of(LEAST.as_bytes()));
    assert_ne!(digest(&[]), digest(&["limits.containers=1"]));
    assert_ne!(
        digest(&["limits.containers=2"]),
        digest(&["limits.containers=1"])
    );
}

proptest! {
    #[test]
    fn whatever_is_set_is_taken_or_refused(
        key in prop::sample::select(vec!["allow", "create", "create.env.A", "scope.volumes", "limits.time"]),
        value in prop::collection::vec(
            prop_oneof![any::<char>(), prop::sample::select(vec!['{', '}', '[', ']', '"', '\'', '=', ',', '.', '1', '#', '\n'])],
            0..24,
        ),
    ) {
        let value: String = value.into_iter().collect();
        let setting = format!("{key}={value}").parse::<Setting>().unwrap();
        if let Ok(policy) = PolicyReader::new().set(setting).parse(LEAST) {
            prop_assert_eq!(policy.plugin().as_str(), "p");
        }
    }
}
