use super::*;

const DIGEST: &str = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

fn policy(keys: &str, cases: &str) -> Policy {
    let text = format!(
        "version = 1\nplugin = \"devenv\"\nallow = [\"containers.create\", \"container.start\"]\n[create]\nimages = [\"postgres:16@{DIGEST}\"]\n{keys}\n{cases}"
    );
    Policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What becomes of a create that asks for this.
fn decided(keys: &str, with: &str) -> Decision {
    let case =
        format!("[[test]]\ncall = \"containers.create\"\nwith = {with}\nexpect = \"allowed\"");
    let policy = policy(keys, &case);
    let [case] = policy.cases() else {
        panic!("one case")
    };
    policy.decide(case.verb(), case.with())
}

fn rule(decision: &Decision) -> &str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::Denied { rule, .. } => rule,
        Decision::Invalid { field, .. } => field,
    }
}

fn wrong(case: &str) -> String {
    let text = format!("version = 1\nplugin = \"p\"\n[[test]]\n{case}");
    Policy::parse(&text).expect_err(case).to_string()
}

#[test]
fn an_image_that_is_not_listed_is_denied_and_one_that_is_may_be_named_by_its_tag() {
    let denied = decided("", "{ image = \"alpine\" }");
    assert_eq!(rule(&denied), "create.images");
    for image in [
        "postgres:16".to_owned(),
        DIGEST.to_owned(),
        format!("postgres@{DIGEST}"),
    ] {
        let decision = decided("", &format!("{{ image = \"{image}\" }}"));
        assert_eq!(decision, Decision::Allowed, "{image}");
    }
    assert_eq!(
        rule(&decided("", "{ image = \"postgres:17\" }")),
        "create.images"
    );
}

#[test]
fn options_are_decided_as_they_are_for_a_plugin() {
    for (with, keys, expected) in [
        ("{}", "", "allowed"),
        ("{ memory = \"1GiB\" }", "", "create.memory"),
        ("{ memory = \"1GiB\" }", "memory = \"1GiB\"", "allowed"),
        ("{ cpus = 1.5 }", "", "create.cpus"),
        ("{ nano-cpus = 500000000 }", "", "allowed"),
        ("{ pids-limit = -1 }", "", "create.pids"),
        ("{ shm-size = \"1GiB\" }", "", "create.shm"),
        ("{ label = { \"app.x\" = \"1\" } }", "", "create.labels"),
        (
            "{ label = { \"app.x\" = \"1\" } }",
            "labels = [\"app.*\"]",
            "allowed",
        ),
        ("{ restart-policy = \"always\" }", "", "create.persist"),
        ("{ restart-policy = \"no\" }", "", "allowed"),
        ("{ port = [\"127.0.0.1:8080:80\"] }", "", "create.ports"),
        (
            "{ port = [\"8080:80\", \"81/udp\"] }",
            "egress = true\nports = { ip = \"127.0.0.1\", range = \"8080-8090\" }",
            "allowed",
        ),
        ("{ network-mode = \"none\" }", "", "allowed"),
        ("{ network-mode = \"host\" }", "", "host-access.namespaces"),
        ("{ network-mode = \"other\" }", "", "scope.change"),
        ("{ user = \"root\" }", "non-root = true", "create.non-root"),
        ("{ user = \"1000\" }", "non-root = true", "allowed"),
        (
            "{ command = [\"sh\"] }",
            "command = \"image\"",
            "create.command",
        ),
        ("{ healthcheck = \"true\" }", "", "create.healthcheck"),
        ("{ stop-timeout = 3600 }", "", "create.stop-timeout"),
        ("{ dns = [\"1.1.1.1\"] }", "", "create.dns"),
        (
            "{ extra-host = { a = \"1.1.1.1\" } }",
            "",
            "create.extra-hosts",
        ),
        ("{ privileged = true }", "", "host-access.privileged"),
        ("{ bind = [\"/srv:/srv:ro\"] }", "", "host-access.binds"),
        ("{ device = [\"/dev/kvm\"] }", "", "host-access.devices"),
        (
            "{ capability = [\"SYS_ADMIN\"] }",
            "",
            "host-access.capabilities",
        ),
        ("{ pid-mode = \"host\" }", "", "host-access.namespaces"),
        ("{ name = \"web\", volume = [\"/data\"] }", "", "allowed"),
        (
            "{ env = { NVIDIA_VISIBLE_DEVICES = \"all\" } }",
            "",
            "host-access.env",
        ),
        ("{ memory = 0 }", "", "create.memory"),
        ("{ working-dir = \"here\" }", "", "set-working-dir"),
    ] {
        let decision = decided(keys, with);
        assert_eq!(rule(&decision), expected, "{with} {keys}: {decision:?}");
    }
}

#[test]
fn a_network_that_may_be_changed_can_be_named() {
    let text = format!(
        "version = 1\nplugin = \"p\"\nallow = [\"containers.create\"]\ncreate.images = [\"{DIGEST}\"]\nscope.change.networks = {{ name = [\"front\"] }}\n[[test]]\ncall = \"containers.create\"\nwith = {{ network-mode = \"front\" }}\nexpect = \"allowed\""
    );
    let policy = Policy::parse(&text).unwrap();
    let case = &policy.cases()[0];
    let decision = policy.decide(case.verb(), case.with());
    assert!(case.is_met_by(&decision), "{decision:?}");
}

#[test]
fn a_case_is_met_by_what_it_expects_and_by_its_rule() {
    let cases = "[[test]]\ncall = \"container.start\"\nexpect = \"allowed\"\n\
         [[test]]\ncall = \"container.kill\"\nexpect = \"denied\"\nrule = \"allow\"\n\
         [[test]]\ncall = \"containers.create\"\nwith = { image = \"alpine\" }\nexpect = \"denied\"\nrule = \"create.memory\"\n\
         [[test]]\ncall = \"containers.create\"\nexpect = \"denied\"";
    let policy = policy("", cases);
    let met: Vec<_> = policy
        .cases()
        .iter()
        .map(|case| case.is_met_by(&policy.decide(case.verb(), case.with())))
        .collect();
    assert_eq!(met, [true, true, false, false]);
    assert_eq!(
        policy.cases()[2].to_string(),
        "containers.create with { image = \"alpine\" }"
    );
    assert_eq!(policy.cases()[2].rule(), Some("create.memory"));
}

#[test]
fn what_no_case_can_be_is_told_with_the_nearest() {
    for (case, words) in [
        (
            "call = \"container.strt\"\nexpect = \"denied\"",
            "did you mean `container.start`",
        ),
        (
            "call = \"container.start\"\nexpect = \"maybe\"",
            "unknown variant `maybe`",
        ),
        (
            "call = \"container.start\"\nwith = { image = \"a\" }\nexpect = \"denied\"",
            "`with` is for containers.create",
        ),
        (
            "call = \"container.start\"\nexpect = \"allowed\"\nrule = \"allow\"",
            "denied by no rule",
        ),
        (
            "call = \"containers.create\"\nwith = { memry = 1 }\nexpect = \"denied\"",
            "there is no key `test.with.memry`",
        ),
        (
            "call = \"containers.create\"\nwith = { port = [\"x\"] }\nexpect = \"denied\"",
            "`x` is no port",
        ),
        ("call = \"container.start\"", "expect"),
    ] {
        let told = wrong(case);
        assert!(told.contains(words), "{case}: {told}");
    }
    let text = "version = 1\nplugin = \"p\"\n[[test]]\ncall = \"containers.create\"\nwith = { memry = 1 }\nexpect = \"denied\"";
    let error = Policy::parse(text).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `test.with.memory`?"));
}

#[test]
fn ports_and_mounts_are_written_as_they_are_read() {
    for (text, written) in [
        ("port = [\"80\"]", "{ port = [\"80/tcp\"] }"),
        ("port = [\"8080:80/udp\"]", "{ port = [\"8080:80/udp\"] }"),
        (
            "port = [\"127.0.0.1::80\"]",
            "{ port = [\"127.0.0.1::80/tcp\"] }",
        ),
        ("port = [\"[::1]:1:80\"]", "{ port = [\"[::1]:1:80/tcp\"] }"),
        ("bind = [\"/a:/b:ro\"]", "{ bind = [\"/a:/b:ro\"] }"),
    ] {
        let with: With = toml::from_str(text).unwrap();
        assert_eq!(with.to_string(), written);
        let again: With = toml::from_str(&format!("with = {with}"))
            .map(|table: std::collections::BTreeMap<String, With>| table["with"].clone())
            .unwrap();
        assert_eq!(again.to_string(), written);
    }
}
