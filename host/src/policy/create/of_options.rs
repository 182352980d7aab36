//! The shape of a request. Both structs are taken apart without `..`: an option that comes later
//! doesn't compile until it is decided here what it means.

use std::collections::BTreeMap;

use super::access::Namespace;
use super::around::Engine;
use super::limits;
use super::shape::{
    Bind, Devices, Files, Health, Image, Mode, Network, Port, START_INTERVAL, Security, Shape,
    Whose, capability, gives_devices, no_new_privileges,
};
use crate::api::ContainerId;
use crate::api::containers::{
    BindRecursion, CgroupnsMode, ContainerPort, Endpoint, HealthTest, Healthcheck, HostOptions,
    HostPort, IpcMode, Mount, NetworkMode, Options, PidMode,
};
use crate::api::images::ImageDetails;

/// The shape of a request that is completed. `reference` is the image as it was asked for.
pub(super) fn of_options(
    options: &Options,
    image: &ImageDetails,
    reference: &str,
    engine: &Engine,
) -> Shape {
    let Options {
        image: _,
        command,
        entrypoint,
        env,
        // What was asked for of labels is checked before the host's own are added.
        labels: _,
        hostname: _,
        domainname: _,
        user,
        working_dir: _,
        tty: _,
        open_stdin: _,
        stdin_once: _,
        attach_stdin: _,
        attach_stdout: _,
        attach_stderr: _,
        stop_signal: _,
        stop_timeout,
        healthcheck,
        shell,
        on_build: _,
        // Replaced by named ones when it was completed.
        volumes: _,
        exposed_ports: _,
        network_disabled,
        mac_address,
        host,
        endpoints,
    } = options;
    let own = |own: Option<&Vec<String>>, of_image: Option<&Vec<String>>| {
        own.is_some_and(|own| Some(own) != of_image)
    };
    let own_command = match () {
        () if own(entrypoint.as_ref(), image.config.entrypoint.as_ref()) => Some("entrypoint"),
        () if own(command.as_ref(), image.config.command.as_ref()) => Some("command"),
        () => None,
    };
    let own_shell = shell
        .as_ref()
        .is_some_and(|shell| *shell != image.config.shell);
    let device_env = env.iter().filter(|variable| {
        let value = variable.value.as_deref().unwrap_or_default();
        gives_devices(&variable.name) && !["", "void"].contains(&value)
    });
    let mut shape = of_host(host, engine);
    shape.image = Image {
        id: image.id.to_string(),
        reference: reference.to_owned(),
        digests: image.repo_digests.clone(),
    };
    shape.own_command = own_command;
    shape.device_env = device_env.map(|variable| variable.name.clone()).collect();
    shape.user = user.clone().unwrap_or_else(|| image.config.user.clone());
    shape.health = health(
        healthcheck.as_ref(),
        image.config.healthcheck.as_ref(),
        own_shell,
        engine,
    );
    shape.stop_timeout = match stop_timeout {
        Some(seconds) => i64::from(*seconds),
        None => image.config.stop_timeout.unwrap_or(10),
    };
    if *network_disabled == Some(true) {
        shape.network.mode = Mode::None;
    }
    let fixed = endpoints.values().flat_map(fixed);
    shape.network.fixed.extend(fixed);
    let links = endpoints.values().flat_map(|endpoint| &endpoint.links);
    shape.network.endpoint_links = links.map(|link| link.container.to_string()).collect();
    shape.network.fixed.extend(mac_address.clone());
    shape
}

/// What of an endpoint isn't a name on a network.
fn fixed(endpoint: &Endpoint) -> Vec<String> {
    let Endpoint {
        aliases: _,
        addresses,
        link_local,
        mac_address,
        links,
        driver_options,
        gateway_priority,
    } = endpoint;
    let mut fixed: Vec<String> = addresses
        .iter()
        .chain(link_local)
        .map(ToString::to_string)
        .collect();
    fixed.extend(mac_address.clone());
    fixed.extend(links.iter().map(|link| format!("link {}", link.alias)));
    fixed.extend(
        driver_options
            .iter()
            .map(|(key, value)| format!("{key}={value}")),
    );
    if *gateway_priority != 0 {
        fixed.push(format!("priority {gateway_priority}"));
    }
    fixed
}

/// What is run as a health check: what was asked for, completed by the image's own.
fn health(
    asked: Option<&Healthcheck>,
    of_image: Option<&Healthcheck>,
    shell: bool,
    engine: &Engine,
) -> Option<Health> {
    // Before, engines have none, whatever the image says.
    let starts = engine.api >= START_INTERVAL;
    let inherits = Healthcheck::default();
    let asked = asked.unwrap_or(&inherits);
    let (test, own) = match (&asked.test, of_image) {
        (HealthTest::Inherit, of_image) => (of_image.map(|check| &check.test), shell),
        (test, of_image) => (
            Some(test),
            shell || of_image.map(|check| &check.test) != Some(test),
        ),
    };
    match test {
        None | Some(HealthTest::None | HealthTest::Inherit) if !shell => None,
        _ => Some(Health {
            own,
            interval: asked.interval.or(of_image.and_then(|check| check.interval)),
            timeout: asked.timeout.or(of_image.and_then(|check| check.timeout)),
            start_interval: asked.start_interval.or(of_image
                .and_then(|check| check.start_interval)
                .filter(|_| starts)),
        }),
    }
}

fn of_host(host: &HostOptions, engine: &Engine) -> Shape {
    let HostOptions {
        tmpfs,
        mounts,
        volume_driver,
        volumes_from,
        read_only,
        storage_options,
        port_bindings,
        // Replaced by bindings when it was completed.
        publish_all_ports: _,
        network_mode,
        dns,
        dns_options,
        dns_search,
        extra_hosts,
        links,
        groups,
        console_size: _,
        memory: _,
        memory_reservation: _,
        memory_swap: _,
        memory_swappiness: _,
        shm_size: _,
        nano_cpus: _,
        cpu_shares: _,
        cpu_period: _,
        cpu_quota: _,
        cpu_realtime_period: _,
        cpu_realtime_runtime: _,
        cpuset_cpus: _,
        cpuset_mems: _,
        pids_limit: _,
        blkio_weight: _,
        blkio_weight_devices: _,
        blkio_read_bps: _,
        blkio_write_bps: _,
        blkio_read_iops: _,
        blkio_write_iops: _,
        ulimits: _,
        oom_kill_disable: _,
        oom_score_adj: _,
        init: _,
        ipc_mode,
        pid_mode,
        uts_mode,
        userns_mode,
        cgroupns_mode,
        cgroup_parent,
        privileged,
        cap_add,
        cap_drop,
        security_options,
        masked_paths,
        readonly_paths,
        devices,
        device_cgroup_rules,
        device_requests,
        sysctls,
        runtime,
        annotations,
        log,
        restart_policy,
        // A container that is gone does no harm; the ledger looks.
        auto_remove: _,
    } = host;
    let whose = |container: &ContainerId| Whose::Container(container.to_string());
    let namespaces = [
        (
            Namespace::Ipc,
            match ipc_mode {
                Some(IpcMode::Host) => Some(Whose::Host),
                Some(IpcMode::Container(id)) => Some(whose(id)),
                None | Some(IpcMode::None | IpcMode::Private | IpcMode::Shareable) => None,
            },
        ),
        (
            Namespace::Pid,
            match pid_mode {
                Some(PidMode::Host) => Some(Whose::Host),
                Some(PidMode::Container(id)) => Some(whose(id)),
                None => None,
            },
        ),
        (Namespace::Uts, uts_mode.map(|_| Whose::Host)),
        (Namespace::User, userns_mode.map(|_| Whose::Host)),
        (
            Namespace::Cgroup,
            match cgroupns_mode {
                Some(CgroupnsMode::Host) => Some(Whose::Host),
                None | Some(CgroupnsMode::Private) => None,
            },
        ),
    ];
    let namespaces = namespaces.into_iter();
    let settled = security_options
        .iter()
        .filter_map(|option| no_new_privileges(option));
    let settled: Vec<bool> = settled.collect();
    let others = security_options
        .iter()
        .filter(|option| no_new_privileges(option).is_none());
    Shape {
        groups: groups.clone(),
        read_only: *read_only == Some(true),
        restart: restart_policy.clone().unwrap_or_default(),
        log: log.clone(),
        limits: limits::asked(host),
        security: Security {
            privileged: *privileged == Some(true),
            // The engine takes the last, if there are several.
            no_new_privileges: !settled.is_empty() && settled.iter().all(|on| *on),
            options: others.cloned().collect(),
            cap_add: cap_add.iter().map(|name| capability(name)).collect(),
            cap_drop: cap_drop.iter().map(|name| capability(name)).collect(),
            cap_default: engine.capabilities.clone(),
            own_paths: masked_paths.is_none() && readonly_paths.is_none(),
            namespaces: namespaces
                .filter_map(|(of, whose)| Some((of, whose?)))
                .collect(),
            cgroup_parent: cgroup_parent.clone(),
            sysctls: owned(sysctls),
            annotations: annotations.keys().cloned().collect(),
            storage_options: owned(storage_options),
        },
        devices: Devices {
            mappings: devices.clone(),
            rules: device_cgroup_rules.clone(),
            requests: device_requests.clone(),
        },
        runtime: runtime.clone(),
        files: Files {
            volume_driver: volume_driver.clone(),
            volumes_from: volumes_from
                .iter()
                .map(|from| from.container.to_string())
                .collect(),
            tmpfs: tmpfs
                .iter()
                .map(|(path, of)| (path.clone(), of.size))
                .collect(),
            ..files(mounts)
        },
        network: Network {
            mode: match network_mode {
                // Completed, it is one of the others; the engine's default network is nobody's own.
                None | Some(NetworkMode::Default) => Mode::Networks(vec!["default".to_owned()]),
                Some(NetworkMode::None) => Mode::None,
                Some(NetworkMode::Host) => Mode::Host,
                Some(NetworkMode::Container(id)) => Mode::Container(id.to_string()),
                Some(NetworkMode::Network(network)) => Mode::Networks(vec![network.clone()]),
            },
            ports: ports(host, port_bindings),
            extra_hosts: extra_hosts.clone(),
            dns: dns.clone(),
            dns_options: dns_options.clone(),
            dns_search: dns_search.clone(),
            links: links
                .iter()
                .map(|link| link.container.to_string())
                .collect(),
            endpoint_links: Vec::new(),
            fixed: Vec::new(),
        },
        ..Shape::default()
    }
}

fn owned(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn ports(host: &HostOptions, bindings: &BTreeMap<ContainerPort, Vec<HostPort>>) -> Vec<Port> {
    let mut ports: Vec<Port> = Vec::new();
    for (container, at) in bindings {
        ports.extend(at.iter().map(|at| Port {
            container: container.clone(),
            ip: at.ip,
            port: at.port,
        }));
    }
    if host.publish_all_ports == Some(true) {
        // Not completed: it stands for ports that nobody chose.
        ports.push(Port {
            container: ContainerPort::default(),
            ip: None,
            port: None,
        });
    }
    ports
}

fn files(mounts: &[Mount]) -> Files {
    let mut files = Files::default();
    for mount in mounts {
        match mount {
            Mount::Bind(bind) => files.binds.push(Bind {
                source: bind.source.clone(),
                target: bind.target.clone(),
                read_only: bind.read_only,
                writable_below: bind.recursion == BindRecursion::Writable,
                propagation: bind.propagation,
            }),
            Mount::Volume(volume) => files.volumes.push(volume.clone()),
        }
    }
    files
}
