//! What two policies both allow: what is left of a run's policy when it is narrowed while the run goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use super::create::{
    BindAccess, DeviceAccess, DeviceRequestAccess, DriverAccess, HostVariable, ImageBound,
    ImageRule, LabelRule, NameRule, PortBound,
};
use super::file::values::Rate;
use super::{Detail, Policy, Reach};

/// What became of a run's policy when a newer one was held against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Narrowed {
    /// The keys that are narrower from the next call on.
    pub keys: Vec<&'static str>,
    /// The keys of which more, or something else, is said than the run has: that waits for the next run.
    pub waiting: Vec<&'static str>,
}

impl Narrowed {
    fn tell(&mut self, key: &'static str, is_narrower: bool, waits: bool) {
        if is_narrower {
            self.keys.push(key);
        }
        if waits {
            self.waiting.push(key);
        }
    }
}

/// `narrower from now on: allow, create.memory; waits for the next run: limits.time`.
impl fmt::Display for Narrowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.keys[..] {
            [] => f.write_str("nothing is narrower")?,
            keys => write!(f, "narrower from now on: {}", keys.join(", "))?,
        }
        match &self.waiting[..] {
            [] => Ok(()),
            keys => write!(f, "; waits for the next run: {}", keys.join(", ")),
        }
    }
}

impl Policy {
    /// What this policy and a newer one both allow. What only the newer one allows isn't in it, nor is what a run is set up with: the
    /// component, `wasi`, `credentials`, `sandbox`, `limits.on-end`.
    #[must_use]
    pub fn narrowed_by(&self, newer: &Self) -> (Self, Narrowed) {
        let mut told = Narrowed::default();
        let mut both = meet(self, newer, &mut told);
        both.text = match (&told.keys[..], &told.waiting[..]) {
            (_, []) => Some(newer.digest()),
            ([], _) => self.text,
            _ => None,
        };
        told.tell("component", false, self.component != newer.component);
        let wasi = (&self.directories, &self.variables);
        told.tell(
            "wasi",
            false,
            wasi != (&newer.directories, &newer.variables),
        );
        let credentials = self.credentials != newer.credentials;
        told.tell("credentials", false, credentials);
        told.tell("sandbox", false, self.sandbox != newer.sandbox);
        let on_end = self.limits.on_end != newer.limits.on_end;
        told.tell("limits.on-end", false, on_end);
        (both, told)
    }
}

/// The keys that can be narrowed: where they are, and what is left when two policies say something of them.
macro_rules! keys {
    ($($key:literal $($field:ident).+ => $meet:expr;)*) => {
        /// The keys that can be narrowed.
        #[cfg(test)]
        const KEYS: &[&str] = &[$($key),*];

        fn meet(now: &Policy, newer: &Policy, told: &mut Narrowed) -> Policy {
            let mut both = now.clone();
            $({
                let (its, newers) = (&now.$($field).+, &newer.$($field).+);
                let left = ($meet)(its, newers);
                told.tell($key, left != *its, left != *newers);
                both.$($field).+ = left;
            })*
            both
        }
    };
}

keys! {
    "allow" grants.verbs => common;
    "detail" detail => detail;
    "scope.containers" scope.containers => Reach::meet;
    "scope.networks" scope.networks => Reach::meet;
    "scope.volumes" scope.volumes => Reach::meet;
    "scope.change.containers" scope.change.containers => Reach::meet;
    "scope.change.networks" scope.change.networks => Reach::meet;
    "scope.change.volumes" scope.change.volumes => Reach::meet;
    "create.images" create.images => images;
    "create.memory" create.memory => least;
    "create.cpus" create.cpus => least;
    "create.pids" create.pids => least;
    "create.nofile" create.nofile => least;
    "create.shm" create.shm => least;
    "create.ports" create.ports => |its: &Option<_>, newers: &Option<_>| ports(its.as_ref()?, newers.as_ref()?);
    "create.egress" create.egress => and;
    "create.env" create.env => variables;
    "create.names" create.names => |its, newers| patterns(its, newers, NameRule::new);
    "create.labels" create.labels => |its, newers| patterns(its, newers, LabelRule::new);
    "create.privilege-escalation" create.privilege_escalation => and;
    "create.capabilities" create.capabilities => common;
    // It is what the host sets, and not what a plugin may ask for: what was said last, if anything was.
    "create.runtime" create.runtime => |its: &Option<String>, newers: &Option<String>| newers.clone().or(its.clone());
    "create.log" create.log => least;
    "create.persist" create.persist => and;
    "create.healthcheck" create.healthcheck => least;
    "create.command" create.command => least;
    "create.non-root" create.non_root => or;
    "create.read-only" create.read_only => or;
    "create.stop-timeout" create.stop_timeout => least;
    "create.extra-hosts" create.extra_hosts => common;
    "create.dns" create.dns => common;
    "create.dns-options" create.dns_options => common;
    "create.dns-search" create.dns_search => common;
    "create.sysctls" create.sysctls => common;
    "host-access.privileged" host_access.privileged => and;
    "host-access.binds" host_access.binds => |its, newers| pairs(its, newers, bind);
    "host-access.binds-unverified" host_access.binds_unverified => and;
    "host-access.devices" host_access.devices => |its, newers| pairs(its, newers, device);
    "host-access.device-cgroup-rules" host_access.device_cgroup_rules => common;
    "host-access.device-requests" host_access.device_requests => |its, newers| pairs(its, newers, device_request);
    "host-access.env" host_access.env => common;
    "host-access.capabilities" host_access.capabilities => common;
    "host-access.security-options" host_access.security_options => common;
    "host-access.system-paths" host_access.system_paths => and;
    "host-access.sysctls" host_access.sysctls => common;
    "host-access.namespaces" host_access.namespaces => common;
    "host-access.runtimes" host_access.runtimes => common;
    "host-access.cgroup-parents" host_access.cgroup_parents => common;
    "host-access.annotations" host_access.annotations => common;
    "host-access.links" host_access.links => and;
    "host-access.volumes-from" host_access.volumes_from => and;
    "host-access.log-drivers" host_access.log_drivers => |its, newers| pairs(its, newers, driver);
    "host-access.volume-drivers" host_access.volume_drivers => |its, newers| pairs(its, newers, driver);
    "host-access.storage-options" host_access.storage_options => common;
    "host-access.ulimits" host_access.ulimits => ulimits;
    "host-access.scheduling" host_access.scheduling => and;
    "host-access.oom" host_access.oom => and;
    "host-access.endpoints" host_access.endpoints => and;
    "accept-unenforced" accept_unenforced => common;
    "show.env" show.env => least;
    "show.args" show.args => least;
    "limits.calls" limits.calls => rate;
    "limits.in-flight" limits.in_flight => least;
    "limits.streams" limits.streams => least;
    "limits.stream-bytes" limits.stream_bytes => least;
    "limits.bytes" limits.bytes => least;
    "limits.time" limits.time => least;
    "limits.containers" limits.containers => least;
    "limits.running" limits.running => least;
    "limits.memory-total" limits.memory_total => least;
    "limits.cpus-total" limits.cpus_total => least;
    "limits.networks" limits.networks => least;
    "limits.volumes" limits.volumes => least;
    "limits.disk" limits.disk => least;
    "limits.container-time" limits.container_time => least;
}

fn and(its: &bool, newers: &bool) -> bool {
    *its && *newers
}

fn or(its: &bool, newers: &bool) -> bool {
    *its || *newers
}

fn least<T: Ord + Clone>(its: &T, newers: &T) -> T {
    its.min(newers).clone()
}

fn common<T: Ord + Clone>(its: &BTreeSet<T>, newers: &BTreeSet<T>) -> BTreeSet<T> {
    its.intersection(newers).cloned().collect()
}

fn detail(its: &Detail, newers: &Detail) -> Detail {
    match its {
        Detail::Full => *newers,
        Detail::Minimal => Detail::Minimal,
    }
}

/// The slower one.
fn rate(its: &Rate, newers: &Rate) -> Rate {
    let weighed = |rate: &Rate, by: &Rate| u128::from(rate.count) * by.per.as_nanos();
    match weighed(newers, its) < weighed(its, newers) {
        true => *newers,
        false => *its,
    }
}

fn images(its: &ImageBound, newers: &ImageBound) -> ImageBound {
    match (its, newers) {
        (ImageBound::Any, other) | (other, ImageBound::Any) => other.clone(),
        (ImageBound::Listed(its), ImageBound::Listed(newers)) => {
            let is_newers = |of: &&ImageRule| newers.iter().any(|n| n.digest() == of.digest());
            ImageBound::Listed(its.iter().filter(is_newers).cloned().collect())
        }
    }
}

fn ports(its: &PortBound, newers: &PortBound) -> Option<PortBound> {
    let first = *its.range.start().max(newers.range.start());
    let last = *its.range.end().min(newers.range.end());
    let ip = address(its.ip, newers.ip)?;
    let range = first..=last;
    (!range.is_empty()).then_some(PortBound { ip, range })
}

/// All addresses have each of their kind in them.
fn address(its: IpAddr, newers: IpAddr) -> Option<IpAddr> {
    let holds = |all: IpAddr, one: IpAddr| {
        all == one || (all.is_unspecified() && all.is_ipv4() == one.is_ipv4())
    };
    match (holds(its, newers), holds(newers, its)) {
        (true, _) => Some(newers),
        (_, true) => Some(its),
        _ => None,
    }
}

/// What the host adds is as it was when the run began, or no more.
fn variables(
    its: &BTreeMap<String, HostVariable>,
    newers: &BTreeMap<String, HostVariable>,
) -> BTreeMap<String, HostVariable> {
    let kept = its.iter().filter(|(name, _)| newers.contains_key(*name));
    kept.map(|(name, variable)| (name.clone(), variable.clone()))
        .collect()
}

/// Rules that are texts, or with `*` at their ends all that begin so.
fn patterns<T: AsRef<str> + PartialEq>(its: &[T], newers: &[T], rule: fn(String) -> T) -> Vec<T> {
    pairs(its, newers, |its: &T, newers: &T| {
        Some(rule(narrower(its.as_ref(), newers.as_ref())?.to_owned()))
    })
}

/// Of two such rules the one that the other one covers.
fn narrower<'a>(its: &'a str, newers: &'a str) -> Option<&'a str> {
    let covers = |wide: &str, narrow: &str| match wide.strip_suffix('*') {
        Some(prefix) => narrow.trim_end_matches('*').starts_with(prefix),
        None => wide == narrow,
    };
    match (covers(its, newers), covers(newers, its)) {
        (true, _) => Some(newers),
        (_, true) => Some(its),
        _ => None,
    }
}

/// Of lists of which any entry may allow something: what an entry of each allows.
fn pairs<T: PartialEq>(its: &[T], newers: &[T], meet: impl Fn(&T, &T) -> Option<T>) -> Vec<T> {
    let mut left = Vec::new();
    for one in its {
        for other in newers {
            left.extend(meet(one, other).filter(|both| !left.contains(both)));
        }
    }
    left
}

fn bind(its: &BindAccess, newers: &BindAccess) -> Option<BindAccess> {
    (its.source == newers.source).then(|| BindAccess {
        source: its.source.clone(),
        read_only: its.read_only || newers.read_only,
        propagation: match its.propagation == newers.propagation {
            true => its.propagation,
            false => Default::default(),
        },
    })
}

fn device(its: &DeviceAccess, newers: &DeviceAccess) -> Option<DeviceAccess> {
    let mut permissions = its.permissions.clone();
    permissions.retain(|letter| newers.permissions.contains(letter));
    (its.path == newers.path && !permissions.is_empty()).then(|| DeviceAccess {
        path: its.path.clone(),
        permissions,
    })
}

fn device_request(
    its: &DeviceRequestAccess,
    newers: &DeviceRequestAccess,
) -> Option<DeviceRequestAccess> {
    const ALL: i64 = -1;
    let (count, ids) = match (its.count, newers.count) {
        (ALL, count) => (count, newers.ids.clone()),
        (count, ALL) => (count, its.ids.clone()),
        (one, other) => (one.min(other), common(&its.ids, &newers.ids)),
    };
    (its.driver == newers.driver).then(|| DeviceRequestAccess {
        driver: its.driver.clone(),
        count,
        ids,
        capabilities: common(&its.capabilities, &newers.capabilities),
    })
}

fn driver(its: &DriverAccess, newers: &DriverAccess) -> Option<DriverAccess> {
    let mut options = its.options.clone();
    options.retain(|key, value| newers.options.get(key) == Some(value));
    (its.name == newers.name).then(|| DriverAccess {
        name: its.name.clone(),
        options,
    })
}

/// Below 0 is no limit.
fn ulimits(its: &BTreeMap<String, i64>, newers: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let height = |limit: &i64| u64::try_from(*limit).unwrap_or(u64::MAX);
    let left = its.iter().filter_map(|(name, limit)| {
        let other = newers.get(name)?;
        let lower = *std::cmp::min_by_key(limit, other, |limit| height(limit));
        Some((name.clone(), lower))
    });
    left.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Verb, schema, values::Digest};

    fn read(keys: &str) -> Policy {
        Policy::parse(&format!("version = 1\nplugin = \"p\"\n{keys}")).expect(keys)
    }

    fn narrowed(now: &str, newer: &str) -> (Policy, Narrowed) {
        read(now).narrowed_by(&read(newer))
    }

    #[test]
    fn every_key_is_narrowed_or_said_to_wait() {
        let schema = schema();
        let mut keys = Vec::new();
        leaves(schema.as_value(), schema.as_value(), "", &mut keys);
        let waiting = [
            "component",
            "wasi.",
            "credentials",
            "sandbox.",
            "limits.on-end",
        ];
        // What is told of the file itself, or is in `allow`.
        let none = ["version", "plugin", "api", "deny", "missing", "test"];
        keys.retain(|key| !waiting.iter().any(|of| key.starts_with(of)));
        keys.retain(|key| !none.contains(&key.as_str()));
        keys.sort();
        let mut known = KEYS.to_vec();
        known.sort_unstable();
        assert_eq!(keys, known);
    }

    /// The keys that have no keys in them.
    fn leaves(
        root: &serde_json::Value,
        schema: &serde_json::Value,
        path: &str,
        keys: &mut Vec<String>,
    ) {
        let reference = schema["$ref"].as_str();
        let schema = match reference.and_then(|of| root.pointer(of.trim_start_matches('#'))) {
            Some(schema) => schema,
            None => schema,
        };
        let is_table = schema["additionalProperties"] == false;
        match schema["properties"].as_object().filter(|_| is_table) {
            Some(properties) => properties.iter().for_each(|(key, schema)| {
                let path = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                leaves(root, schema, &path, keys);
            }),
            None => keys.push(path.to_owned()),
        }
    }

    #[test]
    fn what_is_narrower_holds_and_what_is_wider_waits() {
        let (both, told) = narrowed(
            "allow = [\"containers.list\", \"container.logs\"]\nlimits.streams = 4\nscope.containers = \"all\"",
            "allow = [\"containers.list\", \"container.kill\"]\nlimits.streams = 9",
        );
        assert!(both.grants().allow(Verb::ContainersList));
        assert!(!both.grants().allow(Verb::ContainerLogs), "taken away");
        assert!(!both.grants().allow(Verb::ContainerKill), "it waits");
        assert_eq!(both.limits().streams, 4);
        assert_eq!(both.scope().containers, Reach::Own);
        assert_eq!(
            told.to_string(),
            "narrower from now on: allow, scope.containers; waits for the next run: allow, limits.streams"
        );
    }

    #[test]
    fn what_a_run_is_set_up_with_waits() {
        let (_, told) = narrowed(
            "",
            "sandbox.memory = \"1MiB\"\nlimits.on-end = \"stop\"\nwasi.env = [\"A\"]",
        );
        assert_eq!(
            told.to_string(),
            "nothing is narrower; waits for the next run: wasi, sandbox, limits.on-end"
        );
    }

    #[test]
    fn the_digest_is_that_of_what_is_in_force() {
        let text = |keys: &str| format!("version = 1\nplugin = \"p\"\n{keys}");
        let digest = |keys: &str| Digest::of(text(keys).as_bytes());
        let (wide, narrow) = ("limits.streams = 9", "limits.streams = 4");
        assert_eq!(narrowed(wide, narrow).0.digest(), digest(narrow));
        assert_eq!(narrowed(narrow, wide).0.digest(), digest(narrow));
        let other = "limits.streams = 4\nlimits.in-flight = 1000";
        let (both, _) = narrowed(wide, other);
        assert!(![digest(wide), digest(other)].contains(&both.digest()));
    }

    /// Of each kind of value: what is left, whichever of the two is the newer.
    #[test]
    fn what_is_left_is_what_both_allow() {
        let digest = |c: char| format!("sha256:{}", c.to_string().repeat(64));
        let listed = |of: &[char]| {
            let images: Vec<_> = of.iter().map(|c| digest(*c)).collect();
            format!("create.images = {images:?}")
        };
        for (one, other, left) in [
            (listed(&['a', 'b']), listed(&['b', 'c']), listed(&['b'])),
            (
                "create.images = \"any\"".to_owned(),
                listed(&['c']),
                listed(&['c']),
            ),
        ] {
            assert_eq!(narrowed(&one, &other).0.create(), read(&left).create());
            assert_eq!(narrowed(&other, &one).0.create(), read(&left).create());
        }
        for (one, other, left) in [
            (
                "create.labels = [\"app.*\", \"x\"]",
                "create.labels = [\"app.web.*\", \"app\", \"x\"]",
                "create.labels = [\"app.web.*\", \"x\"]",
            ),
            (
                "create.egress = true\ncreate.ports = { ip = \"0.0.0.0\", range = \"10-20\" }",
                "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"15-30\" }",
                "create.egress = true\ncreate.ports = { ip = \"127.0.0.1\", range = \"15-20\" }",
            ),
            (
                "host-access.binds = [{ source = \"/a\" }, { source = \"/b\" }]",
                "host-access.binds = [{ source = \"/b\", read-only = true }]",
                "host-access.binds = [{ source = \"/b\", read-only = true }]",
            ),
            (
                "host-access.devices = [{ path = \"/dev/a\", permissions = \"rw\" }]",
                "host-access.devices = [{ path = \"/dev/a\", permissions = \"wm\" }, \"/dev/b\"]",
                "host-access.devices = [{ path = \"/dev/a\", permissions = \"w\" }]",
            ),
            (
                "host-access.device-requests = [{ driver = \"n\", count = -1, capabilities = [\"gpu\", \"x\"] }]",
                "host-access.device-requests = [{ driver = \"n\", count = 2, capabilities = [\"gpu\"] }]",
                "host-access.device-requests = [{ driver = \"n\", count = 2, capabilities = [\"gpu\"] }]",
            ),
            (
                "host-access.log-drivers = [{ name = \"l\", options = { a = \"1\", b = \"2\" } }]",
                "host-access.log-drivers = [{ name = \"l\", options = { a = \"1\", b = \"3\" } }]",
                "host-access.log-drivers = [{ name = \"l\", options = { a = \"1\" } }]",
            ),
            (
                "host-access.ulimits = { core = -1, memlock = 5 }",
                "host-access.ulimits = { core = 7 }",
                "host-access.ulimits = { core = 7 }",
            ),
            (
                "limits.calls = \"100/s\"",
                "limits.calls = \"50/m\"",
                "limits.calls = \"50/m\"",
            ),
            (
                "create.runtime = \"runsc\"",
                "",
                "create.runtime = \"runsc\"",
            ),
        ] {
            let left = read(left);
            for both in [narrowed(one, other).0, narrowed(other, one).0] {
                assert_eq!(both.create(), left.create(), "{one} {other}");
                assert_eq!(both.host_access(), left.host_access(), "{one} {other}");
                assert_eq!(both.limits(), left.limits(), "{one} {other}");
            }
        }
    }

    #[test]
    fn two_scopes_are_what_both_reach() {
        let label = |key: &str| (key.to_owned(), "1".to_owned());
        let meet = |one: &str, other: &str| {
            let both = narrowed(
                &format!("scope.containers = {one}"),
                &format!("scope.containers = {other}"),
            );
            both.0.scope().containers.clone()
        };
        let both = meet("{ label = \"a\" }", "{ label = \"b\" }");
        assert!(both.has("x", &[label("a"), label("b")]));
        assert!(!both.has("x", &[label("a")]) && !both.has("x", &[label("b")]));
        let both = meet("{ name = [\"x\", \"y\"] }", "{ name = [\"y\", \"z\"] }");
        assert!(both.has("y", &[]) && !both.has("x", &[]) && !both.has("z", &[]));
        let both = meet("\"own\"", "{ label = \"a\" }");
        assert!(both.is_of_own() && !both.has("x", &[label("a")]));
        let again = both.meet(&Reach::Own);
        assert_eq!(again, both, "it is narrow already");
        assert_eq!(meet("\"all\"", "\"own\""), Reach::Own);
    }
}
