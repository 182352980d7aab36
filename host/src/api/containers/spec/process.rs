//! What runs in a new container, and how.

use super::setters::setters;
use super::{ContainerSpec, check};
use crate::api::containers::types::{Driver, Healthcheck};

setters! { ContainerSpec:
    /// The name. None is set: the engine makes one up.
    set set_name(name: impl Into<String>) = check::word(name) => name, "set-name";
    /// The platform, if the image has several: `linux/arm64/v8`.
    set set_platform(platform: impl Into<String>) = check::word(platform) => platform, "set-platform";
    /// What is run, in place of the image's command.
    set set_command(command: Vec<String>) = check::texts(command) => options.command, "set-command";
    /// What the command is handed to, in place of the image's entrypoint; the image's command is
    /// dropped with it. Empty: no entrypoint.
    set set_entrypoint(entrypoint: Vec<String>) = check::entrypoint(entrypoint) => options.entrypoint, "set-entrypoint";
    /// An environment variable. Without a value, the image's variable of that name is taken away.
    add add_env(name: impl Into<String>, value: Option<String>) = check::variable(name, value) => options.env, "add-env";
    /// A label.
    insert add_label(key: impl Into<String>, value: impl Into<String>) = check::pair(key, value) => options.labels, "add-label";
    /// The host name; by default the first 12 digits of the id.
    set set_hostname(hostname: impl Into<String>) = check::line(hostname) => options.hostname, "set-hostname";
    /// The domain name.
    set set_domainname(domainname: impl Into<String>) = check::line(domainname) => options.domainname, "set-domainname";
    /// The user, and the group: `name`, `uid`, `uid:gid`.
    set set_user(user: impl Into<String>) = check::line(user) => options.user, "set-user";
    /// A further group of the first process, a name or a number.
    add add_group(group: impl Into<String>) = check::word(group) => options.host.groups, "add-group";
    /// The folder that it starts in; absolute.
    set set_working_dir(path: impl Into<String>) = check::absolute(path) => options.working_dir, "set-working-dir";
    /// Whether it has a terminal. Its logs are then one stream.
    set set_tty(tty: bool) = Ok(tty) => options.tty, "set-tty";
    /// Whether its standard input stays open.
    set set_open_stdin(open: bool) = Ok(open) => options.open_stdin, "set-open-stdin";
    /// Whether standard input closes when the first client leaves.
    set set_stdin_once(once: bool) = Ok(once) => options.stdin_once, "set-stdin-once";
    /// The size of its terminal at start, in characters.
    set set_console_size(height: u32, width: u32) = Ok([height, width]) => options.host.console_size, "set-console-size";
    /// The signal that `stop` sends: `SIGINT`, `2`.
    set set_stop_signal(signal: impl Into<String>) = check::signal(signal) => options.stop_signal, "set-stop-signal";
    /// The seconds that it has to stop before it is killed.
    set set_stop_timeout(seconds: u32) = Ok(seconds) => options.stop_timeout, "set-stop-timeout";
    /// The health check.
    set set_healthcheck(healthcheck: Healthcheck) = check::healthcheck(healthcheck) => options.healthcheck, "set-healthcheck";
    /// The shell of health checks that are a line.
    set set_shell(shell: Vec<String>) = check::texts(shell) => options.shell, "set-shell";
    /// An instruction for images that are built on an image of this container.
    add add_on_build(instruction: impl Into<String>) = check::text(instruction) => options.on_build, "add-on-build";
    /// Whether a small init is its first process and reaps the others.
    set set_init(init: bool) = Ok(init) => options.host.init, "set-init";
    /// Whether it is removed, with its anonymous volumes, when it ends. Not with a restart policy.
    set set_auto_remove(auto_remove: bool) = Ok(auto_remove) => options.host.auto_remove, "set-auto-remove";
    /// Where its output goes.
    set set_log(log: Driver) = check::driver(log) => options.host.log, "set-log-driver";
}

impl ContainerSpec {
    /// Which of its streams a client is attached to at start.
    pub fn set_attach(&mut self, stdin: bool, stdout: bool, stderr: bool) -> &mut Self {
        let Self { guard, options, .. } = self;
        guard.set("set-attach", Ok(stdin), &mut options.attach_stdin);
        guard.set("set-attach", Ok(stdout), &mut options.attach_stdout);
        guard.set("set-attach", Ok(stderr), &mut options.attach_stderr);
        self
    }
}
