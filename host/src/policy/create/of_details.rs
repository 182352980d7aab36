//! The shape of a container that exists, out of what the engine tells of it.

use std::collections::BTreeMap;

use super::access::Namespace;
use super::around::Engine;
use super::limits;
use super::shape::{
    Bind, Devices, Files, Health, Image, Mode, Network, Port, Security, Shape, Whose, capability,
    gives_devices, no_new_privileges,
};
use crate::api;
use crate::api::containers::{
    BindPropagation, ContainerDetails, ContainerHostConfig, ContainerPort, ContainerResources,
    ContainerSecurity, DeviceMapping, DeviceRequest, Driver, HealthTest, MountKind,
    NetworkEndpoint, VolumeMount,
};
use crate::api::images::ImageDetails;

/// What an engine hides at least, unless it was told otherwise.
const MASKED: [&str; 3] = ["/proc/kcore", "/proc/keys", "/sys/firmware"];

/// What an engine makes read-only at least, unless it was told otherwise.
const READONLY: [&str; 2] = ["/proc/sys", "/proc/sysrq-trigger"];

/// The log driver of Podman that answers to Docker's name.
const JSON_FILE: &str = "json-file";

/// The shape of a container that exists. Without its image, what runs in it counts as its own.
///
/// Fails with `Protocol` if the engine's answer can't be read.
pub(super) fn of_details(
    details: &ContainerDetails,
    image: Option<&ImageDetails>,
    engine: &Engine,
) -> api::Result<Shape> {
    let identity = details.identity()?;
    let config = details.config()?;
    let host = details.host_config()?;
    Ok(Shape {
        image: Image {
            id: full_id(&identity.image_id),
            reference: identity.image.clone(),
            digests: image
                .map(|image| image.repo_digests.clone())
                .unwrap_or_default(),
        },
        own_command: own_command(details, image)?,
        user: config.user.clone(),
        groups: host.groups.clone(),
        labels: labels(details, image)?,
        device_env: device_env(details)?,
        health: health(details, image, engine)?,
        stop_timeout: config.stop_timeout.unwrap_or(10),
        read_only: host.read_only,
        restart: host.restart_policy.clone(),
        log: Some(Driver {
            name: host.log_driver.clone(),
            options: host.log_options.clone(),
        }),
        limits: limits::told(details.resources()?, &details.security()?.ipc_mode),
        security: security(details.security()?, details.resources()?, host, engine),
        devices: devices(details.security()?),
        runtime: Some(host.runtime.clone()).filter(|name| !name.is_empty()),
        files: files(details, engine)?,
        network: network(details)?,
    })
}

/// Podman leaves the algorithm out.
fn full_id(id: &str) -> String {
    match id.contains(':') {
        true => id.to_owned(),
        false => format!("sha256:{id}"),
    }
}

fn own_command(
    details: &ContainerDetails,
    image: Option<&ImageDetails>,
) -> api::Result<Option<&'static str>> {
    let command = details.command()?;
    let differs = |own: Option<&Vec<String>>, of_image: Option<&Option<Vec<String>>>| match of_image
    {
        Some(of_image) => own != of_image.as_ref(),
        None => true,
    };
    let of_image = image.map(|image| &image.config);
    let entrypoint = of_image.map(|config| &config.entrypoint);
    let own = match () {
        () if differs(command.entrypoint.as_ref(), entrypoint) => Some("entrypoint"),
        () if differs(
            command.command.as_ref(),
            of_image.map(|config| &config.command),
        ) =>
        {
            Some("command")
        }
        () => None,
    };
    Ok(own)
}

fn labels(
    details: &ContainerDetails,
    image: Option<&ImageDetails>,
) -> api::Result<Vec<(String, String)>> {
    Ok(own_labels(details.labels()?, image))
}

/// Of labels those that say something, and are neither the host's nor the image's.
pub(super) fn own_labels(
    labels: &[(String, String)],
    image: Option<&ImageDetails>,
) -> Vec<(String, String)> {
    let of_image =
        |label: &(String, String)| image.is_some_and(|image| image.config.labels.contains(label));
    let own = labels.iter().filter(|label| {
        let (key, value) = label;
        !value.is_empty() && !key.starts_with(super::RESERVED_LABELS) && !of_image(label)
    });
    own.cloned().collect()
}

fn device_env(details: &ContainerDetails) -> api::Result<Vec<String>> {
    let gives = details.env()?.iter().filter(|(name, value)| {
        gives_devices(name) && !["", "void"].contains(&value.as_deref().unwrap_or_default())
    });
    Ok(gives.map(|(name, _)| name.clone()).collect())
}

fn health(
    details: &ContainerDetails,
    image: Option<&ImageDetails>,
    engine: &Engine,
) -> api::Result<Option<Health>> {
    let Some(check) = details.healthcheck()? else {
        return Ok(None);
    };
    if matches!(check.test, HealthTest::None | HealthTest::Inherit) {
        return Ok(None);
    }
    let of_image = image.and_then(|image| image.config.healthcheck.as_ref());
    // Podman doesn't tell what an image says, so that it can't be compared.
    let unknown = engine.podman && of_image.is_none();
    let shell = &details.command()?.shell;
    let own_shell = image.is_none_or(|image| *shell != image.config.shell) && !unknown;
    Ok(Some(Health {
        own: !unknown && (own_shell || of_image.map(|of| &of.test) != Some(&check.test)),
        interval: check.interval,
        timeout: check.timeout,
        start_interval: check.start_interval,
    }))
}

fn security(
    security: &ContainerSecurity,
    resources: &ContainerResources,
    host: &ContainerHostConfig,
    engine: &Engine,
) -> Security {
    let settled: Vec<_> = security
        .security_options
        .iter()
        .filter_map(|option| no_new_privileges(option))
        .collect();
    let options = security.security_options.iter();
    // The engine adds this itself to what sees the machine's processes or memory.
    let open = |mode: &String| mode == "host";
    let opened = security.privileged || open(&security.pid_mode) || open(&security.ipc_mode);
    // Podman says of what has all powers what it sees of the machine.
    let bare = engine.podman && security.privileged;
    let implied = |option: &str| match option {
        "label=disable" => opened,
        "unmask=all" => bare,
        _ => false,
    };
    let others = options.filter(|option| no_new_privileges(option).is_none() && !implied(option));
    let modes = [
        (Namespace::Ipc, &security.ipc_mode),
        (Namespace::Pid, &security.pid_mode),
        (Namespace::Uts, &security.uts_mode),
        (Namespace::User, &security.userns_mode),
        (Namespace::Cgroup, &security.cgroupns_mode),
    ];
    let namespaces = modes.into_iter();
    let has = |paths: &[String], least: &[&str]| {
        least.iter().all(|path| paths.iter().any(|its| its == path))
    };
    // Podman doesn't tell them; there a security option says that they are others.
    let own_paths = engine.podman
        || (has(&security.masked_paths, &MASKED) && has(&security.readonly_paths, &READONLY));
    Security {
        privileged: security.privileged,
        no_new_privileges: !settled.is_empty() && settled.iter().all(|on| *on),
        options: others.cloned().collect(),
        cap_add: security
            .cap_add
            .iter()
            .map(|name| capability(name))
            .collect(),
        cap_drop: security
            .cap_drop
            .iter()
            .map(|name| capability(name))
            .collect(),
        cap_default: engine.capabilities.clone(),
        own_paths: own_paths || security.privileged,
        namespaces: namespaces
            .filter_map(|(of, mode)| Some((of, whose(mode)?)))
            .collect(),
        cgroup_parent: Some(resources.cgroup_parent.clone()).filter(|parent| !parent.is_empty()),
        sysctls: host.sysctls.clone(),
        annotations: Vec::new(),
        storage_options: host.storage_options.clone(),
    }
}

/// Whose a namespace is, by the engine's words; none if it is the container's own.
fn whose(mode: &str) -> Option<Whose> {
    match mode.split_once(':') {
        Some(("container", id)) => Some(Whose::Container(id.to_owned())),
        None if ["", "private", "shareable", "none"].contains(&mode) => None,
        // What isn't known may be anything.
        _ => Some(Whose::Host),
    }
}

fn devices(security: &ContainerSecurity) -> Devices {
    let mapping = |(host, container, permissions): &(String, String, String)| DeviceMapping {
        host: host.clone(),
        container: container.clone(),
        permissions: permissions.clone(),
    };
    Devices {
        mappings: security.devices.iter().map(mapping).collect(),
        rules: security.device_cgroup_rules.clone(),
        requests: security
            .device_requests
            .iter()
            .map(|text| request(text))
            .collect(),
    }
}

/// A device request as the engine tells it. What can't be read asks for everything.
fn request(text: &str) -> DeviceRequest {
    #[derive(serde::Deserialize, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Request {
        driver: String,
        count: i64,
        #[serde(rename = "DeviceIDs")]
        ids: Option<Vec<String>>,
        capabilities: Option<Vec<Vec<String>>>,
        options: Option<BTreeMap<String, String>>,
    }
    let all = || Request {
        count: -1,
        ..Request::default()
    };
    let request: Request = serde_json::from_str(text).unwrap_or_else(|_| all());
    DeviceRequest {
        driver: request.driver,
        count: request.count,
        ids: request.ids.unwrap_or_default(),
        capabilities: request.capabilities.unwrap_or_default(),
        options: request.options.unwrap_or_default().into_iter().collect(),
    }
}

fn files(details: &ContainerDetails, engine: &Engine) -> api::Result<Files> {
    let host = details.host_config()?;
    // Podman 4 makes these itself where nothing else can be written to; they count as its memory.
    let own = |path: &str, options: &str| {
        let kept = ["/run", "/tmp", "/var/tmp"].contains(&path);
        engine.podman && host.read_only && kept && size(options).is_none()
    };
    let mut files = Files {
        tmpfs: host
            .tmpfs
            .iter()
            .filter(|(path, options)| !own(path, options))
            .map(|(path, options)| (path.clone(), size(options)))
            .collect(),
        ..Files::default()
    };
    for from in &host.volumes_from {
        let id = from.split(':').next().unwrap_or_default();
        files.volumes_from.push(id.to_owned());
    }
    for mount in details.mounts()? {
        match &mount.kind {
            MountKind::Bind => files.binds.push(Bind {
                source: mount.source.clone(),
                target: mount.destination.clone(),
                read_only: !mount.writable,
                // Engines don't tell it.
                writable_below: false,
                propagation: propagation(&mount.propagation),
            }),
            MountKind::Volume => files.volumes.push(VolumeMount {
                volume: mount.name.clone().unwrap_or_default(),
                target: mount.destination.clone(),
                read_only: !mount.writable,
                driver: mount
                    .driver
                    .clone()
                    .filter(|name| name != "local")
                    .map(|name| Driver {
                        name,
                        options: Vec::new(),
                    }),
                ..VolumeMount::default()
            }),
            MountKind::Tmpfs => {
                let known = files
                    .tmpfs
                    .iter()
                    .any(|(path, _)| *path == mount.destination);
                if !known {
                    files.tmpfs.push((mount.destination.clone(), None));
                }
            }
            _ => files.other.push(mount.destination.clone()),
        }
    }
    Ok(files)
}

/// How mounts spread, by the engine's word. What isn't known may be anything.
pub(super) fn propagation(word: &str) -> BindPropagation {
    match word {
        "" | "rprivate" => BindPropagation::Rprivate,
        "private" => BindPropagation::Private,
        "slave" => BindPropagation::Slave,
        "rslave" => BindPropagation::Rslave,
        "shared" => BindPropagation::Shared,
        _ => BindPropagation::Rshared,
    }
}

/// The size in the options of a mount of memory.
fn size(options: &str) -> Option<u64> {
    let mut options = options.split(',');
    let size = options.find_map(|option| option.strip_prefix("size="))?;
    let (digits, factor) = match size.char_indices().find(|(_, c)| !c.is_ascii_digit()) {
        None => (size, 1),
        Some((at, unit)) => (
            size.split_at(at).0,
            match unit.to_ascii_lowercase() {
                'k' => 1 << 10,
                'm' => 1 << 20,
                'g' => 1 << 30,
                _ => return None,
            },
        ),
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn network(details: &ContainerDetails) -> api::Result<Network> {
    let host = details.host_config()?;
    let endpoints = details.networks()?;
    let mode = match host.network_mode.split_once(':') {
        Some(("container", id)) => Mode::Container(id.to_owned()),
        None if host.network_mode == "host" => Mode::Host,
        None if host.network_mode == "none" || details.config()?.network_disabled => Mode::None,
        _ => Mode::Networks(match endpoints.is_empty() {
            true => vec![host.network_mode.clone()],
            false => endpoints.iter().map(name_of).collect(),
        }),
    };
    let mut ports = Vec::new();
    for published in &host.port_bindings {
        ports.extend(published.bindings.iter().map(|at| Port {
            container: published.container.clone(),
            ip: at.host_ip.parse().ok(),
            port: at.host_port,
        }));
    }
    if host.publish_all_ports {
        ports.push(Port {
            container: ContainerPort::default(),
            ip: None,
            port: None,
        });
    }
    Ok(Network {
        mode,
        ports,
        extra_hosts: host.extra_hosts.clone(),
        dns: host.dns.clone(),
        dns_options: host.dns_options.clone(),
        dns_search: host.dns_search.clone(),
        links: host.links.clone(),
        endpoint_links: Vec::new(),
        fixed: Vec::new(),
    })
}

/// Podman before 5 gives a network's name for its id, and some engines none before the start.
fn name_of(endpoint: &NetworkEndpoint) -> String {
    match endpoint.network_id.is_empty() {
        true => endpoint.network.clone(),
        false => endpoint.network_id.clone(),
    }
}

/// Whether a log driver is Docker's bounded one, as far as the engine tells.
pub(super) fn is_bounded(log: &Driver, bounded: &Driver, engine: &Engine) -> bool {
    let told = log.name == JSON_FILE && engine.podman && log.options.is_empty();
    let mut options = log.options.clone();
    let mut expected = bounded.options.clone();
    options.sort();
    expected.sort();
    told || (log.name == bounded.name && options == expected)
}
