//! Where one grant of a policy takes what others hold.

use std::path::{Path, PathBuf};

use super::folders::changed_by_others;
use crate::policy::create::{CommandBound, HostAccess, ImageBound, Namespace};
use crate::policy::{Directory, Policy, Reach, Verb};
use crate::transport::{Address, DEFAULT_SOCKET};

/// What each of these comes to, whatever else the policy says.
const ROOT: &str = "this is root on the machine";

/// Where engines listen, besides where this one does.
const SOCKETS: [&str; 4] = [
    DEFAULT_SOCKET,
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
];

/// Folders of the machine's own: who can write there, or above, makes it do anything.
const SYSTEM: [&str; 17] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/run",
    "/var/spool/cron",
];

/// How the names of disks, and of memory, begin.
const RAW_DEVICES: [&str; 10] = [
    "/dev/dm-",
    "/dev/kmem",
    "/dev/loop",
    "/dev/mapper/",
    "/dev/mem",
    "/dev/mmcblk",
    "/dev/nvme",
    "/dev/sd",
    "/dev/vd",
    "/dev/xvd",
];

/// Capabilities that give the machine away.
const POWERS: [&str; 6] = [
    "ALL",
    "DAC_READ_SEARCH",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_RAWIO",
];

/// The warnings.
pub(super) fn of(policy: &Policy, engine: &Address) -> Vec<String> {
    let mut found = Found {
        lines: Vec::new(),
        sockets: sockets(engine),
        here: matches!(engine, Address::Unix(_)),
    };
    found.machine(policy.host_access());
    found.network(policy);
    for Directory {
        host, read_only, ..
    } in policy.directories()
    {
        found.folder("wasi.dirs", host, *read_only);
    }
    found.create(policy);
    found.totals(policy);
    found.scope(policy);
    found.lines
}

fn sockets(engine: &Address) -> Vec<PathBuf> {
    let mut sockets: Vec<_> = SOCKETS.map(PathBuf::from).into();
    if let Address::Unix(path) = engine {
        sockets.push(path.clone());
    }
    let real: Vec<_> = sockets
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    sockets.extend(real);
    sockets
}

struct Found {
    lines: Vec<String>,
    sockets: Vec<PathBuf>,
    /// Whether the engine is on this machine.
    here: bool,
}

impl Found {
    fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn machine(&mut self, access: &HostAccess) {
        if access.privileged {
            self.add(format!(
                "host-access.privileged: {ROOT}, and nothing of [create] holds it"
            ));
        }
        for bind in &access.binds {
            self.folder("host-access.binds", Path::new(&bind.source), bind.read_only);
            self.changed_by_others(Path::new(&bind.source));
        }
        self.unverified(access);
        for device in &access.devices {
            let raw = RAW_DEVICES.iter().any(|name| device.path.starts_with(name));
            if raw && device.permissions.contains('w') {
                self.add(format!("host-access.devices: {}: {ROOT}", device.path));
            }
        }
        for rule in &access.device_cgroup_rules {
            if rule.starts_with("a ") || rule.starts_with("b *") {
                self.add(format!(
                    "host-access.device-cgroup-rules: \"{rule}\" has the machine's disks: {ROOT}"
                ));
            }
        }
        self.powers(access);
        for driver in &access.volume_drivers {
            // The engine's own driver mounts what it is told to: this is a bind by another name.
            if let Some(device) = driver.options.get("device") {
                self.folder("host-access.volume-drivers", Path::new(device), false);
            }
        }
    }

    fn powers(&mut self, access: &HostAccess) {
        let pid = access.namespaces.contains(&Namespace::Pid);
        for name in &access.capabilities {
            if POWERS.contains(&name.as_str()) || (name == "SYS_PTRACE" && pid) {
                self.add(format!("host-access.capabilities: {name}: {ROOT}"));
            }
        }
    }

    fn folder(&mut self, key: &str, path: &Path, read_only: bool) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let within = |inner: &Path| inner.starts_with(path) || inner.starts_with(&real);
        let shown = path.display();
        let socket = self.sockets.iter().find(|socket| within(socket));
        // Through a preopened folder no socket is reached; a container connects, read-only or not.
        if let Some(socket) = socket.filter(|_| key != "wasi.dirs") {
            let line = format!(
                "{key}: {shown} has the engine's socket {} in it: {ROOT}, read-only or not",
                socket.display()
            );
            self.add(line);
            return;
        }
        let system = |folder: &&str| within(Path::new(folder)) || real.starts_with(folder);
        if !read_only && SYSTEM.iter().any(system) {
            self.add(format!("{key}: {shown} can be written to: {ROOT}"));
        }
    }

    /// A path that others can make another of.
    fn changed_by_others(&mut self, path: &Path) {
        let others = changed_by_others(path).filter(|_| self.here);
        if let Some((part, how)) = others {
            self.add(format!(
                "host-access.binds: {}: {} {how}, so that others can lead it elsewhere",
                path.display(),
                part.display()
            ));
        }
    }

    fn unverified(&mut self, access: &HostAccess) {
        if !access.binds_unverified {
            return;
        }
        let line = match self.here {
            true => "the engine is on this machine, where each path is looked at: it is of no use",
            false if access.binds.is_empty() => "there are no binds",
            false => {
                "the engine is on another machine: nobody looks what these paths are there, and a link in one leads it anywhere"
            }
        };
        self.add(format!("host-access.binds-unverified: {line}"));
    }

    fn network(&mut self, policy: &Policy) {
        let spaces = &policy.host_access().namespaces;
        if spaces.contains(&Namespace::Network) && !policy.create().egress {
            self.add(
                "host-access.namespaces: with the machine's network, create.egress = false bounds nothing",
            );
        }
    }

    fn create(&mut self, policy: &Policy) {
        let bounds = policy.create();
        let creates = policy.grants().allow(Verb::ContainersCreate);
        match &bounds.images {
            ImageBound::Listed(rules) if rules.is_empty() && creates => self.add(
                "containers.create is granted, and create.images has no image: each create is refused",
            ),
            ImageBound::Any if bounds.command == CommandBound::Image => self.add(
                "create.images = \"any\": an image brings its own command, so create.command = \"image\" bounds nothing",
            ),
            _ => {}
        }
    }

    fn totals(&mut self, policy: &Policy) {
        let (bounds, limits) = (policy.create(), policy.limits());
        if bounds.memory > limits.memory_total.0 {
            self.add(format!(
                "create.memory is more than limits.memory-total = {}: a container that asks for no less is refused",
                limits.memory_total
            ));
        }
        if bounds.cpus > limits.cpus_total.0 {
            self.add(format!(
                "create.cpus is more than limits.cpus-total = {}: a container that asks for no less is refused",
                limits.cpus_total
            ));
        }
        if limits.running > limits.containers {
            self.add(format!(
                "limits.running is more than limits.containers = {}, which is met first",
                limits.containers
            ));
        }
    }

    fn scope(&mut self, policy: &Policy) {
        let (seen, change) = (policy.scope(), &policy.scope().change);
        self.reach("containers", &seen.containers, &change.containers);
        self.reach("networks", &seen.networks, &change.networks);
        self.reach("volumes", &seen.volumes, &change.volumes);
    }

    fn reach(&mut self, kind: &str, seen: &Reach, change: &Reach) {
        // What a plugin made may have the label or the name by which it sees.
        if *change != Reach::Own && !seen.covers(change) {
            self.add(format!(
                "scope.change.{kind} = {change} may reach more than scope.{kind} = {seen}: what isn't seen can't be changed"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(text: &str) -> Vec<String> {
        let text = format!("version = 1\nplugin = \"p\"\n{text}");
        of(&Policy::parse(&text).unwrap(), &Address::default())
    }

    fn root(text: &str) {
        let found = warnings(text);
        assert!(
            found.iter().any(|line| line.contains(ROOT)),
            "{text}: {found:?}"
        );
    }

    fn silent(text: &str) {
        assert_eq!(warnings(text), Vec::<String>::new(), "{text}");
    }

    #[test]
    fn attack_126_what_is_root_is_told() {
        for path in ["/", "/var", "/run", "/var/run/docker.sock", "/run/podman"] {
            root(&format!(
                "host-access.binds = [{{ source = \"{path}\", read-only = true }}]"
            ));
        }
        for path in ["/etc", "/etc/cron.d", "/usr/bin", "/var/lib"] {
            root(&format!("host-access.binds = [{{ source = \"{path}\" }}]"));
            root(&format!(
                "wasi.dirs = [{{ host = \"{path}\", guest = \"/a\" }}]"
            ));
        }
        root("host-access.privileged = true");
        root("host-access.devices = [\"/dev/sda\"]");
        root("host-access.device-cgroup-rules = [\"b *:* rwm\"]");
        root("host-access.capabilities = [\"CAP_SYS_ADMIN\"]");
        root("[host-access]\ncapabilities = [\"SYS_PTRACE\"]\nnamespaces = [\"pid\"]");
        root(
            "host-access.volume-drivers = [{ name = \"local\", options = { type = \"none\", o = \"bind\", device = \"/\" } }]",
        );
    }

    /// A path is as good as those who can change it.
    #[test]
    fn attack_126_a_path_that_others_can_change_is_told() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().canonicalize().unwrap();
        fs::create_dir_all(top.join("open/data")).unwrap();
        let told = |mode| {
            fs::set_permissions(top.join("open"), Permissions::from_mode(mode)).unwrap();
            let source = top.join("open/data");
            warnings(&format!(
                "host-access.binds = [{{ source = {source:?}, read-only = true }}]"
            ))
        };
        assert_eq!(told(0o755), Vec::<String>::new());
        let found = told(0o777);
        assert!(
            found[0].contains("open can be written to by all"),
            "{found:?}"
        );
    }

    #[test]
    fn what_nobody_looks_at_is_told() {
        let text = "version = 1\nplugin = \"p\"\n[host-access]\nbinds-unverified = true\n\
                    binds = [{ source = \"/srv/data\", read-only = true }]";
        let policy = Policy::parse(text).unwrap();
        let remote = "tcp://10.0.0.5:2375".parse().unwrap();
        for (engine, words) in [
            (Address::default(), "it is of no use"),
            (remote, "nobody looks what these paths are there"),
        ] {
            let found = of(&policy, &engine);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(words), "{found:?}");
        }
    }

    #[test]
    fn what_is_not_root_is_not_told() {
        silent("host-access.binds = [{ source = \"/srv/data\" }]");
        silent("host-access.binds = [{ source = \"/etc/ssl\", read-only = true }]");
        silent("wasi.dirs = [{ host = \"/run\", guest = \"/a\", read-only = true }]");
        silent("host-access.devices = [\"/dev/dri/renderD128\"]");
        silent("host-access.devices = [{ path = \"/dev/sda\", permissions = \"r\" }]");
        silent("host-access.capabilities = [\"NET_ADMIN\", \"SYS_PTRACE\"]");
        silent("");
    }

    #[test]
    fn a_link_to_the_socket_is_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, folder.path().join("link")).unwrap();
        std::fs::write(real.join("engine.sock"), "").unwrap();
        let engine = Address::Unix(real.join("engine.sock"));
        let text = format!(
            "version = 1\nplugin = \"p\"\nhost-access.binds = [{{ source = \"{}\" }}]",
            folder.path().join("link").display()
        );
        let found = of(&Policy::parse(&text).unwrap(), &engine);
        assert!(
            found[0].contains("engine.sock in it: this is root"),
            "{found:?}"
        );
    }

    #[test]
    fn what_bounds_nothing_is_told() {
        for (text, words) in [
            (
                "host-access.namespaces = [\"network\"]",
                "create.egress = false bounds nothing",
            ),
            (
                "create = { images = \"any\", command = \"image\" }",
                "create.command = \"image\" bounds nothing",
            ),
            ("allow = [\"containers.create\"]", "each create is refused"),
            ("create.memory = \"16GiB\"", "limits.memory-total = 8GiB"),
            ("create.cpus = 17", "limits.cpus-total = 16"),
            ("limits.containers = 1", "limits.containers = 1"),
        ] {
            let found = warnings(text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(words), "{found:?}");
        }
    }

    #[test]
    fn who_may_change_more_than_is_seen_is_told() {
        for (seen, change) in [
            ("\"own\"", "\"all\""),
            ("{ label = \"a=1\" }", "{ label = \"a\" }"),
            ("{ name = [\"a\"] }", "{ name = [\"a\", \"b\"] }"),
        ] {
            let found = warnings(&format!(
                "scope.volumes = {seen}\nscope.change.volumes = {change}"
            ));
            assert_eq!(
                found,
                [format!(
                    "scope.change.volumes = {change} may reach more than scope.volumes = {seen}: what isn't seen can't be changed"
                )]
            );
            silent(&format!(
                "scope.volumes = {change}\nscope.change.volumes = {seen}"
            ));
        }
        silent("scope.containers = { label = \"a\" }");
        silent("scope.containers = \"all\"\nscope.change.containers = { label = \"a\" }");
    }
}
