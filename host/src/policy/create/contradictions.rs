//! What a policy can't say, whatever the engine.

use std::net::IpAddr;

use super::access::HostAccess;
use super::bounds::{CreateBounds, ENGINE_CAPABILITIES, NameRule, SAFE_SYSCTLS};
use super::shape::{clean, gives_devices};
use crate::policy::binds::below_a_bind;
use crate::policy::ledger;

/// Something of a policy that can't hold, and why: an error when it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The key: `create.ports`.
    pub key: &'static str,
    /// What of the key's value it is about, if not all of it.
    pub item: Option<String>,
    /// Why it can't hold.
    pub why: String,
}

/// Those that were found.
#[derive(Default)]
struct Found(Vec<Contradiction>);

impl Found {
    fn key(&mut self, key: &'static str, why: impl Into<String>) {
        self.0.push(Contradiction {
            key,
            item: None,
            why: why.into(),
        });
    }

    fn item(&mut self, key: &'static str, item: &str, why: impl Into<String>) {
        self.0.push(Contradiction {
            key,
            item: Some(item.to_owned()),
            why: why.into(),
        });
    }

    /// Each of these must be as they are said to be.
    fn each<'a>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = &'a String>,
        good: impl Fn(&str) -> bool,
        what: &str,
    ) {
        for item in items {
            if !good(item) {
                self.item(key, item, format!("{item:?} is {what}"));
            }
        }
    }
}

impl CreateBounds {
    /// What can't hold, whatever the engine.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Found::default();
        self.numbers(&mut found);
        self.network(&mut found);
        self.powers(&mut found);
        self.variables(&mut found);
        self.words(&mut found);
        found.0
    }

    /// Engines take 0 for no limit, and count in numbers with a sign.
    fn numbers(&self, found: &mut Found) {
        for (key, value) in [
            ("create.memory", self.memory),
            ("create.cpus", self.cpus),
            ("create.pids", self.pids),
            ("create.nofile", self.nofile),
            ("create.shm", self.shm),
        ] {
            if value == 0 && key != "create.nofile" {
                found.key(key, "0 is no limit at all");
            } else if i64::try_from(value).is_err() {
                found.key(key, "it is more than an engine can count");
            }
        }
    }

    fn network(&self, found: &mut Found) {
        if let Some(ports) = &self.ports {
            if !self.egress {
                let why = "a port is published by the network that egress gives; set egress = true";
                found.key("create.ports", why);
            }
            if ports.range.is_empty() || ports.range.contains(&0) {
                found.key("create.ports", "the range has no port, or port 0");
            }
        }
        let is_line = |line: &str| {
            let parts = line.split_once(':');
            parts.is_some_and(|(name, address)| !name.is_empty() && !address.is_empty())
        };
        found.each(
            "create.extra-hosts",
            &self.extra_hosts,
            is_line,
            "no line for /etc/hosts; one is written as `name:address`",
        );
        let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
        found.each("create.dns", &self.dns, is_address, "no address");
        found.each("create.dns-options", &self.dns_options, is_text, EMPTY);
        found.each("create.dns-search", &self.dns_search, is_text, EMPTY);
    }

    fn powers(&self, found: &mut Found) {
        found.each(
            "create.capabilities",
            &self.capabilities,
            |name| ENGINE_CAPABILITIES.contains(&name),
            "none of the default; host-access.capabilities gives it",
        );
        found.each(
            "create.sysctls",
            &self.sysctls,
            |name| SAFE_SYSCTLS.contains(&name),
            "none of the safe ones; host-access.sysctls gives it",
        );
        found.each("create.runtime", &self.runtime, is_text, EMPTY);
    }

    fn variables(&self, found: &mut Found) {
        for (name, variable) in &self.env {
            if !is_variable(name) {
                let why = format!("{name:?} is no name of a variable");
                found.item("create.env", name, why);
            } else if gives_devices(name) {
                let why = format!("{name} gives devices; the plugin sets it by host-access.env");
                found.item("create.env", name, why);
            } else if variable.value.contains('\0') {
                let why = format!("the value of {name} has a zero byte in it");
                found.item("create.env", name, why);
            }
        }
    }

    fn words(&self, found: &mut Found) {
        for rule in &self.labels {
            if rule.as_ref().starts_with(super::RESERVED_LABELS) {
                let why = format!("{rule} names the host's own");
                found.item("create.labels", rule.as_ref(), why);
            }
        }
        for rule in &self.names {
            if let Some(why) = impossible(rule) {
                let why = format!("`{rule}` {why}");
                found.item("create.names", rule.as_ref(), why);
            }
        }
    }
}

/// Why no container has a name of this rule.
fn impossible(rule: &NameRule) -> Option<&'static str> {
    let text: &str = rule.as_ref();
    let (stem, exact) = match text.strip_suffix('*') {
        Some(stem) => (stem, false),
        None => (text, true),
    };
    let inner = |c: u8| c.is_ascii_alphanumeric() || b"_.-".contains(&c);
    let begins = stem.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !stem.bytes().all(inner) || !(begins || stem.is_empty() && !exact) {
        return Some("is no name of a container; one has letters, digits, `_`, `.` and `-`");
    }
    if ledger::is_prefixed(stem) {
        return Some("looks like a plugin's own names");
    }
    let digits = stem.bytes().all(|c| c.is_ascii_hexdigit());
    (exact && stem.len() >= 12 && digits).then_some("could be an id")
}

const EMPTY: &str = "empty, or has a zero byte in it";

fn is_text(text: &str) -> bool {
    !text.is_empty() && !text.contains('\0')
}

/// Whether a variable can have this name on each engine.
fn is_variable(name: &str) -> bool {
    let odd = |c: char| c == '=' || c == '\0' || c.is_whitespace();
    !name.is_empty() && !name.contains(odd) && !name.ends_with('*')
}

/// Whether a path is absolute, and written in the one way that can be compared.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && clean(path) == path && !path.contains('\0')
}

const NO_PATH: &str = "no whole path; one begins with `/` and has no `.`, `..` or `//` in it";

impl HostAccess {
    /// What can't be, whatever the engine.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Found::default();
        self.files(&mut found);
        self.devices(&mut found);
        self.powers(&mut found);
        self.drivers(&mut found);
        found.0
    }

    fn files(&self, found: &mut Found) {
        let sources = self.binds.iter().map(|bind| &bind.source);
        found.each("host-access.binds", sources, is_path, NO_PATH);
        for bind in &self.binds {
            if let Some(above) = self.written_above(bind) {
                let why = format!("{}: {}", bind.source, below_a_bind(above));
                found.item("host-access.binds", &bind.source, why);
            }
        }
        let paths = self.devices.iter().map(|device| &device.path);
        found.each("host-access.devices", paths, is_path, NO_PATH);
    }

    fn devices(&self, found: &mut Found) {
        let key = "host-access.devices";
        for device in &self.devices {
            if !is_permissions(&device.permissions) {
                let why = format!(
                    "{:?} are no permissions; they are letters of `rwm`",
                    device.permissions
                );
                found.item(key, &device.permissions, why);
            }
        }
        found.each(
            "host-access.device-cgroup-rules",
            &self.device_cgroup_rules,
            is_device_rule,
            "no rule for devices; one looks like `c 42:* rwm`",
        );
        for request in &self.device_requests {
            if request.count < -1 {
                let why = "a count is -1 for all, or how many";
                found.item("host-access.device-requests", &request.driver, why);
            }
        }
        found.each(
            "host-access.env",
            &self.env,
            is_variable,
            "no name of a variable",
        );
    }

    fn powers(&self, found: &mut Found) {
        let is_capability = |name: &str| {
            let inner = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
            !name.is_empty() && name.bytes().all(inner)
        };
        found.each(
            "host-access.capabilities",
            &self.capabilities,
            is_capability,
            "no capability; one looks like NET_ADMIN",
        );
        found.each(
            "host-access.sysctls",
            &self.sysctls,
            |name| name.contains('.') && !name.contains(['=', '\0']),
            "no kernel parameter; one looks like net.ipv4.ip_forward",
        );
        for (name, value) in &self.ulimits {
            let own = match name.as_str() {
                "nofile" => Some("create.nofile bounds it"),
                "nproc" => Some("create.pids bounds it"),
                "" => Some("it has no name"),
                _ if *value < -1 => Some("a limit is -1 for none, or a number"),
                _ => None,
            };
            if let Some(why) = own {
                found.item("host-access.ulimits", name, format!("{name:?}: {why}"));
            }
        }
        for (key, items) in [
            ("host-access.security-options", &self.security_options),
            ("host-access.runtimes", &self.runtimes),
            ("host-access.cgroup-parents", &self.cgroup_parents),
            ("host-access.annotations", &self.annotations),
        ] {
            found.each(key, items, is_text, EMPTY);
        }
    }

    fn drivers(&self, found: &mut Found) {
        for (key, drivers) in [
            ("host-access.log-drivers", &self.log_drivers),
            ("host-access.volume-drivers", &self.volume_drivers),
        ] {
            let names = drivers.iter().map(|driver| &driver.name);
            found.each(key, names, is_text, EMPTY);
        }
        found.each(
            "host-access.storage-options",
            &self.storage_options,
            |option| {
                option
                    .split_once('=')
                    .is_some_and(|(name, _)| is_text(name))
            },
            "no option; one is written as `name=value`",
        );
    }
}

fn is_permissions(text: &str) -> bool {
    let once = |c: char| "rwm".contains(c) && text.matches(c).count() == 1;
    !text.is_empty() && text.chars().all(once)
}

/// `c 42:* rwm`.
fn is_device_rule(rule: &str) -> bool {
    let number =
        |text: &str| text == "*" || (!text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()));
    let parts: Vec<_> = rule.split(' ').collect();
    let [kind, numbers, permissions] = parts[..] else {
        return false;
    };
    let numbers = numbers.split_once(':');
    matches!(kind, "a" | "b" | "c")
        && numbers.is_some_and(|(major, minor)| number(major) && number(minor))
        && is_permissions(permissions)
}
