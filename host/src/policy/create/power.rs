//! The powers over the machine: the functions of the interface `host-access`, each with the key of the policy that allows it.

use std::collections::BTreeSet;

use super::access::{HostAccess, Namespace};
use crate::policy::Part;

/// A power over the machine that a plugin asks for and a policy doesn't give at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotGiven {
    /// The function that the plugin imports.
    pub part: &'static Part,
    /// The key of the policy that would have to be set: `host-access.binds`.
    pub rule: &'static str,
    form: Form,
}

/// What a key is set to. What stands between `<` and `>` is the operator's to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `true`.
    Switch,
    /// A list, with an item of it.
    List(&'static str),
    /// A table, with an entry of it.
    Table(&'static str, &'static str),
}

impl NotGiven {
    /// What would have to be added to the policy: `host-access.namespaces += "pid"`.
    pub fn add(&self) -> String {
        let rule = self.rule;
        match self.form {
            Form::Switch => format!("{rule} = true"),
            Form::List(item) => format!("{rule} += {item}"),
            Form::Table(key, value) => format!("{rule}.{key} = {value}"),
        }
    }

    /// The keys with the values that give all of these, as `--set` takes them: `host-access.namespaces=["pid", "uts"]`.
    pub fn settings(missing: &[Self]) -> Vec<String> {
        let rules: BTreeSet<_> = missing.iter().map(|of| of.rule).collect();
        let setting = |rule| {
            let forms = missing.iter().filter(|of| of.rule == rule);
            let forms: Vec<_> = forms.map(|of| of.form).collect();
            format!("{rule}={}", value(&forms))
        };
        rules.into_iter().map(setting).collect()
    }
}

/// The value of a key of which these are asked for.
fn value(forms: &[Form]) -> String {
    let mut items = Vec::new();
    for form in forms {
        match form {
            Form::Switch => return "true".to_owned(),
            Form::Table(key, value) => return format!("{{ {key} = {value} }}"),
            Form::List(item) if items.contains(item) => {}
            Form::List(item) => items.push(item),
        }
    }
    format!("[{}]", items.join(", "))
}

/// A function of `host-access`, its key, and whether that is set.
struct Power {
    function: &'static str,
    rule: &'static str,
    form: Form,
    is_given: fn(&HostAccess) -> bool,
    /// Takes the key away.
    take: fn(&mut HostAccess),
}

/// Functions by key: the key, its field, what it is set to, whether it is, the functions.
macro_rules! powers {
    ($($key:literal $field:ident $form:expr, |$access:ident| $given:expr => $($function:literal)*;)*) => {
        const POWERS: &[Power] = &[$($(Power {
            function: $function,
            rule: concat!("host-access.", $key),
            form: $form,
            is_given: |$access| $given,
            take: |access| access.$field = Default::default(),
        },)*)*];
    };
}

use Form::{List, Switch, Table};

powers! {
    "privileged" privileged Switch, |of| of.privileged => "set-privileged";
    "binds" binds List(r#"{ source = "<path>", read-only = true }"#), |of| !of.binds.is_empty() => "add-bind";
    "devices" devices List(r#""<path>""#), |of| !of.devices.is_empty() => "add-device";
    "device-cgroup-rules" device_cgroup_rules List(r#""<rule>""#), |of| !of.device_cgroup_rules.is_empty() => "add-device-cgroup-rule";
    "device-requests" device_requests List(r#"{ driver = "<driver>", count = <number>, capabilities = ["<capability>"] }"#),
        |of| !of.device_requests.is_empty() => "add-device-request";
    "env" env List(r#""<variable>""#), |of| !of.env.is_empty() => "add-device-env";
    "capabilities" capabilities List(r#""<capability>""#), |of| !of.capabilities.is_empty() => "add-capability";
    "security-options" security_options List(r#""<option>""#), |of| !of.security_options.is_empty() => "add-security-option";
    "system-paths" system_paths Switch, |of| of.system_paths => "set-masked-paths" "set-readonly-paths";
    "sysctls" sysctls List(r#""<parameter>""#), |of| !of.sysctls.is_empty() => "add-sysctl";
    "namespaces" namespaces List(r#""cgroup""#), |of| of.namespaces.contains(&Namespace::Cgroup) => "set-cgroupns-host";
    "namespaces" namespaces List(r#""ipc""#), |of| of.namespaces.contains(&Namespace::Ipc) => "set-ipc-host";
    "namespaces" namespaces List(r#""network""#), |of| of.namespaces.contains(&Namespace::Network) => "set-network-host";
    "namespaces" namespaces List(r#""pid""#), |of| of.namespaces.contains(&Namespace::Pid) => "set-pid-host";
    "namespaces" namespaces List(r#""user""#), |of| of.namespaces.contains(&Namespace::User) => "set-userns-host";
    "namespaces" namespaces List(r#""uts""#), |of| of.namespaces.contains(&Namespace::Uts) => "set-uts-host";
    "runtimes" runtimes List(r#""<name>""#), |of| !of.runtimes.is_empty() => "set-runtime";
    "cgroup-parents" cgroup_parents List(r#""<group>""#), |of| !of.cgroup_parents.is_empty() => "set-cgroup-parent";
    "annotations" annotations List(r#""<name>""#), |of| !of.annotations.is_empty() => "add-annotation";
    "links" links Switch, |of| of.links => "add-link";
    "volumes-from" volumes_from Switch, |of| of.volumes_from => "add-volumes-from";
    "log-drivers" log_drivers List(r#"{ name = "<driver>", options = {} }"#), |of| !of.log_drivers.is_empty() => "set-log-driver";
    "volume-drivers" volume_drivers List(r#"{ name = "<driver>", options = {} }"#), |of| !of.volume_drivers.is_empty() =>
        "add-volume" "set-volume-driver";
    "storage-options" storage_options List(r#""<name>=<value>""#), |of| !of.storage_options.is_empty() => "add-storage-option";
    "ulimits" ulimits Table("<name>", "<number>"), |of| !of.ulimits.is_empty() => "add-ulimit";
    "scheduling" scheduling Switch, |of| of.scheduling =>
        "set-cpu-shares" "set-cpuset-cpus" "set-cpuset-mems" "set-cpu-realtime-period" "set-cpu-realtime-runtime"
        "set-blkio-weight" "add-blkio-weight-device" "add-blkio-read-bps" "add-blkio-write-bps" "add-blkio-read-iops"
        "add-blkio-write-iops" "set-update-cpu-shares" "set-update-cpuset-cpus" "set-update-cpuset-mems"
        "set-update-blkio-weight";
    "oom" oom Switch, |of| of.oom => "set-oom-kill-disable" "set-oom-score-adj";
    "endpoints" endpoints Switch, |of| of.endpoints =>
        "set-mac-address" "set-endpoint-mac-address" "set-endpoint-address" "add-endpoint-link-local-address"
        "add-endpoint-link" "add-endpoint-driver-option" "set-endpoint-gateway-priority";
}

/// The keys that are needed: those without which it isn't enough.
pub(super) fn used(
    access: &HostAccess,
    is_needed: impl Fn(&str, &HostAccess) -> bool,
) -> Vec<&'static str> {
    let mut used = Vec::new();
    for power in POWERS {
        let mut less = access.clone();
        (power.take)(&mut less);
        if less != *access && !used.contains(&power.rule) && is_needed(power.rule, &less) {
            used.push(power.rule);
        }
    }
    used
}

impl Power {
    fn of(part: &Part) -> Option<&'static Self> {
        let function = part.name().strip_prefix("host-access.")?;
        POWERS.iter().find(|power| power.function == function)
    }
}

impl Part {
    /// The key of the policy that allows a power over the machine: `host-access.binds`. None for what is none.
    pub fn key(&self) -> Option<&'static str> {
        Some(Power::of(self)?.rule)
    }
}

impl HostAccess {
    /// Whether anything is given of what a function of the interface `host-access` asks for; which items are, is decided when the
    /// spec is used.
    ///
    /// # Errors
    ///
    /// Tells what would have to be added to the policy.
    pub fn allows_any(&self, part: &'static Part) -> Result<(), NotGiven> {
        match Power::of(part) {
            Some(power) if (power.is_given)(self) => Ok(()),
            // What isn't in the table is never given.
            power => Err(NotGiven {
                part,
                rule: power.map_or("host-access", |power| power.rule),
                form: power.map_or(Form::Switch, |power| power.form),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PartKind;

    fn parts() -> impl Iterator<Item = &'static Part> {
        Part::all().filter(|part| part.kind() == PartKind::Power)
    }

    fn function(part: &'static Part) -> Option<&'static str> {
        part.name().strip_prefix("host-access.")
    }

    #[test]
    fn every_power_has_one_key_and_every_key_a_power() {
        let functions: Vec<_> = POWERS.iter().map(|power| power.function).collect();
        let once: BTreeSet<_> = functions.iter().copied().collect();
        assert_eq!(once.len(), functions.len(), "each is there once");
        let of_wit: BTreeSet<_> = parts().filter_map(function).collect();
        assert_eq!(once, of_wit);
        let rules: BTreeSet<_> = POWERS.iter().map(|power| power.rule).collect();
        // One key gives no power of its own: it says something of the paths of another.
        assert_eq!(rules.len(), keys(&HostAccess::default()) - 1);
    }

    /// How many keys there are; taken apart without a rest, so that a new one comes by here.
    fn keys(access: &HostAccess) -> usize {
        macro_rules! count {
            ($($key:ident)*) => {{
                let HostAccess { $($key: _),* } = access;
                [$(stringify!($key)),*].len()
            }};
        }
        count! {
            privileged binds binds_unverified devices device_cgroup_rules device_requests env capabilities security_options system_paths sysctls
            namespaces runtimes cgroup_parents annotations links volumes_from log_drivers volume_drivers storage_options ulimits
            scheduling oom endpoints
        }
    }

    #[test]
    fn nothing_is_given_that_is_not_set() {
        for part in parts() {
            let missing = HostAccess::default().allows_any(part).unwrap_err();
            assert_eq!(part.key(), Some(missing.rule), "{part}");
            assert!(missing.add().starts_with(missing.rule), "{part}");
            assert!(missing.rule.starts_with("host-access."), "{part}");
        }
    }

    /// What one key gives, no other does.
    #[test]
    fn each_key_gives_its_own_powers() {
        let given = |set: fn(&mut HostAccess)| -> BTreeSet<&str> {
            let mut access = HostAccess::default();
            set(&mut access);
            let given = parts().filter(|part| access.allows_any(part).is_ok());
            given.filter_map(function).collect()
        };
        let pid = given(|of| of.namespaces = [Namespace::Pid].into());
        assert_eq!(pid, ["set-pid-host"].into());
        let binds = given(|of| of.binds.push(super::super::BindAccess::default()));
        assert_eq!(binds, ["add-bind"].into());
        let paths = given(|of| of.system_paths = true);
        let both = ["set-masked-paths", "set-readonly-paths"];
        assert_eq!(paths, both.into());
        let oom = given(|of| of.oom = true);
        assert!(oom.contains("set-oom-score-adj") && oom.len() == 2);
        assert_eq!(given(|of| of.scheduling = true).len(), 15);
        assert_eq!(given(|of| of.endpoints = true).len(), 7);
    }

    #[test]
    fn what_is_no_power_is_not_given() {
        let setter = Part::of_import("containers", "[method]container-spec.set-memory");
        let all = HostAccess::default();
        assert!(all.allows_any(setter.expect("a setter")).is_err());
    }

    /// The lines that are told are keys of a policy, once what is between `<` and `>` is filled in.
    #[test]
    fn what_is_told_to_be_added_gives_the_power() {
        for part in parts() {
            let missing = HostAccess::default().allows_any(part).unwrap_err();
            let [setting] = &NotGiven::settings(&[missing])[..] else {
                panic!("one: {part}");
            };
            let examples = [
                ("<path>", "/srv"),
                ("<rule>", "c 42:* rwm"),
                ("<variable>", "NVIDIA_VISIBLE_DEVICES"),
                ("<capability>", "NET_ADMIN"),
                ("<parameter>", "net.ipv4.ip_forward"),
                ("<group>", "/batch"),
                ("<number>", "1"),
            ];
            let fill = |text: String, (blank, example): (&str, &str)| text.replace(blank, example);
            let setting = examples.into_iter().fold(setting.clone(), fill);
            let setting = setting.replace(['<', '>'], "");
            let (key, value) = setting.split_once('=').expect("a setting");
            let text = format!("version = 1\nplugin = \"p\"\n{key} = {value}");
            let policy = crate::policy::Policy::parse(&text);
            let policy = policy.unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(policy.host_access().allows_any(part), Ok(()), "{text}");
        }
    }

    #[test]
    fn several_of_one_key_are_set_together() {
        let of = |function| {
            let part = Part::of_import("host-access", function).expect("a power");
            HostAccess::default().allows_any(part).unwrap_err()
        };
        let missing = [
            "set-uts-host",
            "set-pid-host",
            "add-volume",
            "set-volume-driver",
            "add-ulimit",
        ];
        assert_eq!(
            NotGiven::settings(&missing.map(of)),
            [
                r#"host-access.namespaces=["uts", "pid"]"#,
                "host-access.ulimits={ <name> = <number> }",
                r#"host-access.volume-drivers=[{ name = "<driver>", options = {} }]"#,
            ]
        );
        assert_eq!(
            of("add-ulimit").add(),
            "host-access.ulimits.<name> = <number>"
        );
        assert_eq!(
            of("set-uts-host").add(),
            r#"host-access.namespaces += "uts""#
        );
    }
}
