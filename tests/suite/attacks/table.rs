//! All ways around the model that are known, and what stands against each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// How a row is stopped.
enum Stop {
    /// Nothing in the interface can say it, or the host says it itself.
    Impossible,
    /// It is refused unless the policy names that very item.
    Key(&'static str),
    /// It is cut out of the answer.
    Hidden,
    /// It meets a limit.
    Limit(&'static str),
    /// The functions that it needs come later.
    Waits(&'static str),
}

use Stop::{Hidden, Impossible, Key, Limit, Waits};

const ROWS: &[(u16, &str, Stop)] = &[
    (1, "privileged", Key("host-access.privileged")),
    (
        2,
        "a path of the machine as a bind",
        Key("host-access.binds"),
    ),
    (3, "the same in another field", Key("host-access.binds")),
    (
        4,
        "a volume that is a bind",
        Key("host-access.volume-drivers"),
    ),
    (
        5,
        "the same within a container's request",
        Key("host-access.volume-drivers"),
    ),
    (
        6,
        "a volume that is the machine's disk",
        Key("host-access.volume-drivers"),
    ),
    (
        7,
        "the mounts of another container",
        Key("host-access.volumes-from"),
    ),
    (8, "a volume driver", Key("host-access.volume-drivers")),
    (
        9,
        "mounts that spread, paths that are made",
        Key("host-access.binds"),
    ),
    (10, "a device", Key("host-access.devices")),
    (
        11,
        "devices of a driver",
        Key("host-access.device-requests"),
    ),
    (
        12,
        "rules for devices",
        Key("host-access.device-cgroup-rules"),
    ),
    (13, "capabilities", Key("host-access.capabilities")),
    (14, "no seccomp", Key("host-access.security-options")),
    (15, "no AppArmor", Key("host-access.security-options")),
    (16, "no SELinux", Key("host-access.security-options")),
    (
        17,
        "privileges by set-user-id",
        Key("create.privilege-escalation"),
    ),
    (18, "paths that are hidden", Key("host-access.system-paths")),
    (
        19,
        "options that came later",
        Key("host-access.security-options"),
    ),
    (
        20,
        "processes of the machine or of others",
        Key("host-access.namespaces"),
    ),
    (
        21,
        "memory of the machine or of others",
        Key("host-access.namespaces"),
    ),
    (22, "the machine's name", Key("host-access.namespaces")),
    (23, "the machine's users", Key("host-access.namespaces")),
    (
        24,
        "the machine's control groups",
        Key("host-access.namespaces"),
    ),
    (25, "the machine's network", Key("host-access.namespaces")),
    (
        26,
        "the network of another container",
        Key("scope.change.containers"),
    ),
    (
        27,
        "another control group",
        Key("host-access.cgroup-parents"),
    ),
    (28, "kernel parameters", Key("create.sysctls")),
    (29, "another runtime", Key("host-access.runtimes")),
    (30, "notes for the runtime", Key("host-access.annotations")),
    (31, "root, and groups", Key("create.non-root")),
    (32, "the machine is killed first", Key("host-access.oom")),
    (
        33,
        "limits on processes, scheduling",
        Key("host-access.ulimits"),
    ),
    (34, "no limit at all", Key("create.memory")),
    (35, "memory that is mounted", Key("create.memory")),
    (36, "links", Key("host-access.links")),
    (37, "names of hosts", Key("create.extra-hosts")),
    (38, "name servers", Key("create.dns")),
    (39, "log drivers", Key("host-access.log-drivers")),
    (40, "no log", Key("host-access.log-drivers")),
    (41, "no disk quota", Key("host-access.storage-options")),
    (42, "ports of the machine", Key("create.ports")),
    (43, "a restart policy", Key("create.persist")),
    (44, "a health check as code", Key("create.healthcheck")),
    (45, "anonymous volumes", Impossible),
    (46, "volumes that are made in passing", Impossible),
    (47, "others' volumes by name", Impossible),
    (
        48,
        "a preloaded library beside GPU hooks",
        Key("host-access.env"),
    ),
    (
        49,
        "another command in a listed image",
        Key("create.command"),
    ),
    (50, "an image by a tag", Key("create.images")),
    (51, "images as mounts", Impossible),
    (52, "fixed addresses", Key("host-access.endpoints")),
    (
        53,
        "others' networks, others' names",
        Key("scope.change.networks"),
    ),
    (54, "a host configuration at start", Impossible),
    (55, "a change above the ceilings", Key("create.memory")),
    (56, "a privileged exec", Waits("exec")),
    (57, "an exec as root", Waits("exec")),
    (58, "another's exec", Waits("exec")),
    (59, "standard input by attach", Waits("attach")),
    (60, "files into a container", Waits("files")),
    (61, "files out of a container", Waits("files")),
    (62, "others' logs", Key("scope.containers")),
    (63, "arguments for ps", Impossible),
    (64, "others' details", Key("scope.containers")),
    (65, "others' changes and use", Key("scope.containers")),
    (66, "a commit of another's", Waits("images")),
    (67, "a name that is an id", Key("create.names")),
    (68, "references that are ambiguous", Impossible),
    (69, "a name that is bound again", Impossible),
    (70, "labels of the host's", Impossible),
    (71, "labels of an image", Impossible),
    (72, "prune", Impossible),
    (73, "others are stopped", Key("scope.change.containers")),
    (74, "checkpoints", Impossible),
    (75, "connections that are held", Limit("limits.streams")),
    (76, "a build on the machine's network", Waits("builds")),
    (77, "a build from a URL", Waits("builds")),
    (78, "a build from any image", Waits("builds")),
    (79, "a build without ceilings", Waits("builds")),
    (80, "two Dockerfiles", Waits("builds")),
    (81, "another frontend", Waits("builds")),
    (82, "a shared build cache", Waits("builds")),
    (83, "secrets of a build", Waits("builds")),
    (84, "a tunnel to BuildKit", Waits("builds")),
    (85, "another's tag", Waits("images")),
    (86, "tags by a load", Waits("images")),
    (87, "an import from a URL", Waits("images")),
    (88, "credentials to another registry", Waits("images")),
    (89, "a push of another's image", Waits("images")),
    (90, "the daemon asks any registry", Waits("images")),
    (91, "a search at any host", Waits("images")),
    (92, "a login anywhere", Waits("images")),
    (93, "another's layers", Waits("images")),
    (94, "another's image is removed", Waits("images")),
    (95, "drivers of networks", Waits("networks")),
    (
        96,
        "subnets of the machine's surroundings",
        Waits("networks"),
    ),
    (97, "connect to others' networks", Waits("networks")),
    (98, "another's volume by its name", Waits("volumes")),
    (99, "a network that reaches all", Key("create.egress")),
    (100, "plugins of the engine", Waits("engine plugins")),
    (101, "services", Waits("swarm")),
    (102, "a swarm", Waits("swarm")),
    (103, "nodes", Waits("swarm")),
    (104, "configs", Waits("swarm")),
    (105, "others' events", Waits("events")),
    (106, "all that the engine knows of itself", Impossible),
    (107, "the daemon's profiles", Impossible),
    (108, "keys that are matched loosely", Impossible),
    (109, "a body beside a query", Impossible),
    (110, "kinds of content", Impossible),
    (111, "paths", Impossible),
    (112, "what came later, odd characters", Impossible),
    (113, "a write that nobody waits for", Impossible),
    (114, "egress by another network", Key("create.egress")),
    (115, "references of a pull", Waits("images")),
    (116, "what a wider policy made", Key("create")),
    (117, "a spec that is changed in flight", Impossible),
    (118, "the engine's own text", Hidden),
    (
        119,
        "a secret that a container tells",
        Key("create.env.NAME.reachable"),
    ),
    (120, "programs by their names", Waits("exec")),
    (121, "labels as orders", Key("create.labels")),
    (122, "what else a Dockerfile fetches", Waits("builds")),
    (123, "a frontend by other ways", Waits("builds")),
    (124, "exporters", Waits("builds")),
    (125, "a folder with the host's own files", Key("wasi.dirs")),
    (
        126,
        "a bind that a link leads elsewhere, or with more in it",
        Key("host-access.binds"),
    ),
    (127, "links in what is unpacked", Waits("files")),
    (128, "an image that is there already", Waits("images")),
    (129, "layers without possession", Waits("images")),
    (130, "a tag that moves", Key("create.images")),
    (131, "devices by the environment", Key("host-access.env")),
    (132, "a name that is root", Key("create.non-root")),
    (
        133,
        "a health check each millisecond",
        Key("create.healthcheck"),
    ),
    (134, "what survives its end", Key("create.stop-timeout")),
    (135, "what the host holds", Limit("sandbox.host-memory")),
    (
        136,
        "limits that the engine drops",
        Key("accept-unenforced"),
    ),
    (137, "disks that fill", Limit("limits.disk")),
    (
        138,
        "the machine by one's own network",
        Key("create.egress"),
    ),
    (139, "services beyond the ledger", Waits("swarm")),
    (140, "prefixes that collide", Impossible),
    (141, "others in the engine's messages", Hidden),
    (142, "existence by time", Impossible),
    (143, "the audit is flooded or forged", Limit("audit")),
    (144, "a newer host, a wider scope", Key("api, scope.change")),
    (145, "another plugin's ports", Key("create.ports")),
];

/// The tests of each row, by their names in the sources: `attack_138_...`, `attack_109_and_111_...`, `attack_020_to_025_...`.
fn tests() -> BTreeMap<u16, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut tests = BTreeMap::<u16, BTreeSet<String>>::new();
    for folder in ["host/src", "host/tests", "tests/suite", "guest/src"] {
        read(&root.join(folder), &mut |line| {
            let name = line
                .trim_start()
                .strip_prefix("async ")
                .unwrap_or(line.trim_start());
            let Some(name) = name.strip_prefix("fn attack_") else {
                return;
            };
            let name = name.split('(').next().unwrap_or_default();
            for row in rows_of(name) {
                tests.entry(row).or_default().insert(name.to_owned());
            }
        });
    }
    tests
}

fn read(path: &Path, line: &mut impl FnMut(&str)) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a folder");
        entries.for_each(|entry| read(&entry.expect("an entry").path(), line));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = std::fs::read_to_string(path).expect("a text");
        text.lines().for_each(line);
    }
}

fn rows_of(name: &str) -> Vec<u16> {
    let mut rows = Vec::new();
    let mut to = false;
    for word in name.split('_') {
        match (word, word.parse::<u16>()) {
            (_, Ok(row)) if word.len() == 3 => {
                let first = rows
                    .last()
                    .map_or(row, |last: &u16| if to { last + 1 } else { row });
                rows.extend(first..=row);
                to = false;
            }
            ("and", _) => {}
            ("to", _) => to = true,
            _ => break,
        }
    }
    rows
}

/// Prints the table, and fails where a row has neither a test nor a domain that it waits for.
#[test]
fn each_row_has_a_test_or_waits_for_its_domain() {
    let tests = tests();
    let mut text = String::from("attacks: row, what is tried, how it is stopped, by which tests\n");
    let mut without = Vec::new();
    for (row, tried, stop) in ROWS {
        let names = tests.get(row).cloned().unwrap_or_default();
        let stopped = match stop {
            Impossible => "it can't be said".to_owned(),
            Key(key) => format!("refused by {key}"),
            Hidden => "cut out of the answer".to_owned(),
            Limit(key) => format!("bounded by {key}"),
            Waits(domain) => format!("waits for {domain}"),
        };
        if names.is_empty() && !matches!(stop, Waits(_)) {
            without.push(*row);
        }
        let names: Vec<_> = names.into_iter().collect();
        text += &format!("{row:03}  {tried}  |  {stopped}  |  {}\n", names.join(", "));
    }
    assert_eq!(ROWS.len(), 145);
    assert!(ROWS.iter().zip(1..).all(|((row, ..), at)| *row == at));
    assert_eq!(without, Vec::<u16>::new(), "rows without a test");
    // Not captured: who runs the suite is to see it.
    let written = std::io::stdout().write_all(text.as_bytes());
    written.expect("somebody reads on");
}

#[test]
fn rows_are_read_from_names() {
    assert_eq!(rows_of("138_containers_do_not"), [138]);
    assert_eq!(rows_of("014_015_016_and_019_profiles"), [14, 15, 16, 19]);
    assert_eq!(rows_of("020_to_025_namespaces"), [20, 21, 22, 23, 24, 25]);
}
