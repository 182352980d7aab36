//! What reaches the machine: privileges, namespaces, devices, runtimes.

use super::{Checked, Rules, listed, switched};
use crate::api::containers::{DeviceMapping, DeviceRequest};
use crate::policy::Denial;
use crate::policy::create::access::{DeviceRequestAccess, HostAccess, Namespace};
use crate::policy::create::shape::{Security, Shape, Whose};
use crate::policy::create::{ENGINE_CAPABILITIES, SAFE_SYSCTLS};

pub(super) fn check(shape: &Shape, rules: &Rules<'_>) -> Checked {
    let access = rules.access;
    let security = &shape.security;
    let privileged = security.privileged.then_some("true");
    switched(
        "host-access.privileged",
        "privileged",
        privileged,
        access.privileged,
    )?;
    if !security.no_new_privileges && !rules.bounds.privilege_escalation {
        let rule = "create.privilege-escalation";
        return Err(Denial::switch(
            rule,
            "no-new-privileges",
            "false",
            "false",
            "true",
        ));
    }
    capabilities(security, rules)?;
    for option in &security.options {
        listed(
            "host-access.security-options",
            "security-option",
            option,
            &access.security_options,
        )?;
    }
    let paths = (!security.own_paths).then_some("its own");
    switched(
        "host-access.system-paths",
        "masked-paths",
        paths,
        access.system_paths,
    )?;
    for (namespace, whose) in &security.namespaces {
        // All powers over the machine have these in them, and some engines then set them.
        if !(security.privileged && *namespace == Namespace::Cgroup) {
            shared(*namespace, whose, rules)?;
        }
    }
    if let Some(parent) = &security.cgroup_parent {
        listed(
            "host-access.cgroup-parents",
            "cgroup-parent",
            parent,
            &access.cgroup_parents,
        )?;
    }
    for (name, _) in &security.sysctls {
        let safe = SAFE_SYSCTLS.contains(&name.as_str()) && !access.sysctls.contains(name);
        match safe {
            true => listed("create.sysctls", "sysctl", name, &rules.bounds.sysctls)?,
            false => listed("host-access.sysctls", "sysctl", name, &access.sysctls)?,
        }
    }
    for name in &security.annotations {
        listed(
            "host-access.annotations",
            "annotation",
            name,
            &access.annotations,
        )?;
    }
    for (name, value) in &security.storage_options {
        let option = format!("{name}={value}");
        listed(
            "host-access.storage-options",
            "storage-option",
            &option,
            &access.storage_options,
        )?;
    }
    devices(shape, access)?;
    runtime(shape.runtime.as_deref(), rules)
}

/// Whatever was added and taken away, what is left must be allowed.
fn capabilities(security: &Security, rules: &Rules<'_>) -> Checked {
    if security.privileged {
        return Ok(());
    }
    for name in security.capabilities() {
        let access = &rules.access.capabilities;
        if !rules.bounds.capabilities.contains(name) && !access.contains(name) {
            let given = security.cap_default.iter().any(|of| of == name);
            let default = given && ENGINE_CAPABILITIES.contains(&name);
            return Err(match default {
                true => Denial::not_in(
                    "create.capabilities",
                    "capability",
                    name,
                    &rules.bounds.capabilities,
                ),
                false => Denial::not_in("host-access.capabilities", "capability", name, access),
            });
        }
    }
    Ok(())
}

/// Whether a namespace may be the machine's, or a container's.
pub(super) fn shared(namespace: Namespace, whose: &Whose, rules: &Rules<'_>) -> Checked {
    match whose {
        Whose::Host => {
            let allowed = &rules.access.namespaces;
            match allowed.contains(&namespace) {
                true => Ok(()),
                false => Err(Denial::not_in(
                    "host-access.namespaces",
                    "namespace",
                    namespace.as_str(),
                    allowed,
                )),
            }
        }
        Whose::Container(id) => joined(namespace, id, rules),
    }
}

/// Whether a container's namespace may be had: it must be in scope, and not be the machine's in turn.
fn joined(namespace: Namespace, id: &str, rules: &Rules<'_>) -> Checked {
    let unknown = || Denial::never("scope.change", "container", id, "it is not in scope");
    let container = rules.around.find_container(id).ok_or_else(unknown)?;
    let unread = || Denial::never("scope.change", "container", id, "it can't be read");
    let security = container.security().map_err(|_| unread())?;
    let mode = match namespace {
        Namespace::Ipc => &security.ipc_mode,
        Namespace::Pid => &security.pid_mode,
        Namespace::Uts => &security.uts_mode,
        Namespace::User => &security.userns_mode,
        Namespace::Cgroup => &security.cgroupns_mode,
        Namespace::Network => &container.host_config().map_err(|_| unread())?.network_mode,
    };
    match mode.split_once(':') {
        Some(("container", _)) => {
            let why = "its namespace is another container's";
            Err(Denial::never("scope.change", "container", id, why))
        }
        _ if mode == "host" => shared(namespace, &Whose::Host, rules),
        _ => Ok(()),
    }
}

fn devices(shape: &Shape, access: &HostAccess) -> Checked {
    for device in &shape.devices.mappings {
        if !access
            .devices
            .iter()
            .any(|of| allows(&of.path, &of.permissions, device))
        {
            let paths = access.devices.iter().map(|of| &of.path);
            return Err(Denial::not_in(
                "host-access.devices",
                "device",
                &device.host,
                paths,
            ));
        }
    }
    for rule in &shape.devices.rules {
        let allowed = &access.device_cgroup_rules;
        listed(
            "host-access.device-cgroup-rules",
            "device-cgroup-rule",
            rule,
            allowed,
        )?;
    }
    for request in &shape.devices.requests {
        if !access.device_requests.iter().any(|of| of.allows(request)) {
            let drivers = access.device_requests.iter().map(|of| &of.driver);
            let rule = "host-access.device-requests";
            let denial = Denial::not_in(rule, "device-request", &request.driver, drivers);
            return Err(denial.adding(Some(request_line(rule, request))));
        }
    }
    Ok(())
}

fn allows(path: &str, permissions: &str, device: &DeviceMapping) -> bool {
    path == device.host && device.permissions.chars().all(|c| permissions.contains(c))
}

impl DeviceRequestAccess {
    /// Whether a request is allowed by this. Options for the driver are never.
    fn allows(&self, request: &DeviceRequest) -> bool {
        let all = self.count == -1;
        let counted = match request.count {
            -1 => all,
            count => all || count <= self.count,
        };
        let mut capabilities = request.capabilities.iter().flatten();
        self.driver == request.driver
            && counted
            && request.ids.iter().all(|id| all || self.ids.contains(id))
            && capabilities.all(|capability| self.capabilities.contains(capability))
            && request.options.is_empty()
    }
}

fn request_line(rule: &str, request: &DeviceRequest) -> String {
    let capabilities = request.capabilities.iter().flatten().map(String::as_str);
    format!(
        "{rule} += {{ driver = {}, count = {}, ids = {}, capabilities = {} }}",
        crate::policy::quoted(&request.driver),
        request.count,
        super::toml_list(request.ids.iter().map(String::as_str)),
        super::toml_list(capabilities),
    )
}

fn runtime(runtime: Option<&str>, rules: &Rules<'_>) -> Checked {
    let engine = &rules.around.engine;
    let allowed = match (runtime, rules.bounds.runtime.as_deref()) {
        (None, None) => true,
        (Some(name), None) => engine.is_default_runtime(name),
        (name, bound) => name == bound,
    };
    match allowed {
        true => Ok(()),
        false => {
            let name = runtime.unwrap_or("the engine's");
            listed(
                "host-access.runtimes",
                "runtime",
                name,
                &rules.access.runtimes,
            )
        }
    }
}
