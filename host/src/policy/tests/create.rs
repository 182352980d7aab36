//! `[create]`.

use super::super::create::*;
use super::*;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn texts<const N: usize>(of: [&str; N]) -> std::collections::BTreeSet<String> {
    of.map(str::to_owned).into()
}

type Key = (&'static str, fn(&mut CreateBounds));

const KEYS: [Key; 33] = [
    ("images = \"any\"", |b| b.images = ImageBound::Any),
    ("images = []", |_| {}),
    (
        "images = [\"postgres:16@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]",
        |b| {
            let rule = format!("postgres:16@{DIGEST}").parse();
            b.images = ImageBound::Listed(vec![rule.expect("an image")]);
        },
    ),
    ("memory = \"1GiB\"", |b| b.memory = 1 << 30),
    ("memory = 6291456", |b| b.memory = 6 << 20),
    ("cpus = 0.5", |b| b.cpus = 500_000_000),
    ("cpus = 2", |b| b.cpus = 2_000_000_000),
    ("pids = 10", |b| b.pids = 10),
    ("nofile = 100", |b| b.nofile = 100),
    ("shm = \"1MiB\"", |b| b.shm = 1 << 20),
    (
        "ports = { ip = \"127.0.0.1\", range = \"20000-20100\" }\negress = true",
        |b| {
            let ip = "127.0.0.1".parse().expect("an address");
            let range = 20_000..=20_100;
            b.ports = Some(PortBound { ip, range });
            b.egress = true;
        },
    ),
    (
        "ports = { ip = \"::1\", range = \"80\" }\negress = true",
        |b| {
            let ip = "::1".parse().expect("an address");
            let range = 80..=80;
            b.ports = Some(PortBound { ip, range });
            b.egress = true;
        },
    ),
    ("egress = true", |b| b.egress = true),
    ("env = {}", |_| {}),
    ("names = [\"db\", \"web-*\"]", |b| {
        b.names = ["db", "web-*"].map(NameRule::new).into();
    }),
    ("names = [\"*\"]", |b| b.names = vec![NameRule::new("*")]),
    ("labels = [\"app.*\", \"tier\"]", |b| {
        b.labels = ["app.*", "tier"].map(LabelRule::new).into();
    }),
    ("privilege-escalation = true", |b| {
        b.privilege_escalation = true;
    }),
    ("capabilities = [\"CAP_CHOWN\", \"net_raw\"]", |b| {
        b.capabilities = texts(["CHOWN", "NET_RAW"]);
    }),
    ("runtime = \"runsc\"", |b| {
        b.runtime = Some("runsc".to_owned())
    }),
    ("log = \"bounded\"", |_| {}),
    ("log = \"engine\"", |b| b.log = LogBound::Engine),
    ("persist = true", |b| b.persist = true),
    ("healthcheck = \"none\"", |b| {
        b.healthcheck = HealthBound::None;
    }),
    ("healthcheck = \"any\"", |b| {
        b.healthcheck = HealthBound::Any
    }),
    ("command = \"image\"", |b| b.command = CommandBound::Image),
    ("non-root = true", |b| b.non_root = true),
    ("read-only = true", |b| b.read_only = true),
    ("stop-timeout = 0", |b| b.stop_timeout = 0),
    ("extra-hosts = [\"db:192.0.2.1\"]", |b| {
        b.extra_hosts = texts(["db:192.0.2.1"]);
    }),
    ("dns = [\"192.0.2.1\", \"2001:db8::1\"]", |b| {
        b.dns = texts(["192.0.2.1", "2001:db8::1"]);
    }),
    (
        "dns-options = [\"ndots:1\"]\ndns-search = [\"example.com\"]",
        |b| {
            b.dns_options = texts(["ndots:1"]);
            b.dns_search = texts(["example.com"]);
        },
    ),
    ("sysctls = [\"net.ipv4.tcp_syncookies\"]", |b| {
        b.sysctls = texts(["net.ipv4.tcp_syncookies"]);
    }),
];

#[test]
fn each_key_reaches_the_bounds() {
    for (text, change) in KEYS {
        let mut expected = CreateBounds::default();
        change(&mut expected);
        assert_eq!(
            *read(&format!("[create]\n{text}")).create(),
            expected,
            "{text}"
        );
    }
    assert_eq!(*read("").create(), CreateBounds::default());
    assert_eq!(
        missed("create", &KEYS.map(|(text, _)| text)),
        ["dns-search"]
    );
}

#[test]
fn what_is_wrong_has_its_place() {
    all_wrong(
        "create",
        &[
            ("images = \"all\"", 10, "\"any\" or a list"),
            (
                "images = [\"alpine\"]",
                11,
                "can come to mean another image",
            ),
            ("memory = \"lots\"", 10, "is no size"),
            ("memory = -1", 10, "is no size"),
            ("memory = \"0\"", 10, "0 is no limit"),
            (
                "memory = \"16000000TiB\"",
                10,
                "more than an engine can count",
            ),
            ("cpus = 0", 8, "no number of processors"),
            ("cpus = -1.5", 8, "no number of processors"),
            ("cpus = nan", 8, "no number of processors"),
            ("cpus = inf", 8, "no number of processors"),
            ("cpus = \"1\"", 8, "a number of processors such as 0.5"),
            ("pids = 0", 8, "0 is no limit"),
            ("pids = -1", 8, ""),
            ("nofile = -1", 10, ""),
            ("shm = \"0\"", 7, "0 is no limit"),
            ("ports = 80", 9, ""),
            (
                "ports = { ip = \"127.0.0.1\", range = \"1-2\" }",
                9,
                "egress",
            ),
            ("ports = { ip = \"localhost\", range = \"1-2\" }", 16, ""),
            ("ports = { ip = \"::1\", range = \"2-1\" }", 31, "no range"),
            ("ports = { ip = \"::1\", range = \"0-1\" }", 31, "no range"),
            (
                "ports = { ip = \"::1\", range = \"1-65536\" }",
                31,
                "no range",
            ),
            ("ports = { range = \"1-2\" }", 9, "ip"),
            ("egress = 1", 10, ""),
            ("env.A = \"secret\"", 9, ""),
            ("env.A = { from = \"A\" }", 18, ""),
            ("env.A = { from = { pipe = \"a\" } }", 20, "env.A.from.pipe"),
            ("names = [\"a/b\"]", 10, "is no name of a container"),
            ("names = [\"-a\"]", 10, "is no name of a container"),
            ("names = [\"a*b\"]", 10, "may only be its end"),
            ("names = [\"\"]", 10, "is no container's name"),
            (
                "names = [\"ok\", \"devenv_1f3c9d2e_db\"]",
                16,
                "a plugin's own",
            ),
            ("names = [\"devenv_1f3c9d2e_*\"]", 10, "a plugin's own"),
            ("names = [\"055afd39f1e2\"]", 10, "could be an id"),
            ("labels = [\"app\", \"dockwit.x\"]", 18, "the host's own"),
            ("labels = [\"a*b*\"]", 11, "may only be its end"),
            ("privilege-escalation = \"no\"", 24, ""),
            (
                "capabilities = [\"CHOWN\", \"SYS_ADMIN\"]",
                26,
                "host-access.capabilities",
            ),
            ("runtime = \"\"", 11, "empty"),
            ("log = \"none\"", 7, "bounded"),
            ("persist = 1", 11, ""),
            ("healthcheck = \"off\"", 15, "image"),
            ("command = \"none\"", 11, "image"),
            ("non-root = 1", 12, ""),
            ("read-only = 1", 13, ""),
            ("stop-timeout = \"10s\"", 16, ""),
            ("extra-hosts = [\"db\"]", 16, "name:address"),
            ("dns = [\"192.0.2.1\", \"dns.example\"]", 21, "no address"),
            ("dns-options = [\"\"]", 16, "empty"),
            ("dns-search = [\"\"]", 15, "empty"),
            (
                "sysctls = [\"kernel.core_pattern\"]",
                12,
                "host-access.sysctls",
            ),
            (
                "own-images = true",
                1,
                "there is no key `create.own-images`",
            ),
        ],
    );
}
