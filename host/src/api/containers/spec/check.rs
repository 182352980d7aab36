//! What can't be, whatever the engine: the rest is for the engine to say.

use std::net::IpAddr;

use super::guard::Checked;
use super::options::{Empty, HostPort, Mount, Tmpfs, Variable};
use crate::api::Protocol;
use crate::api::containers::types::{
    BindMount, ContainerPort, DeviceMapping, DeviceRequest, Driver, Endpoint, HealthTest,
    Healthcheck, Link, NetworkMode, PortBinding, RestartCondition, RestartPolicy, ThrottleDevice,
    TmpfsMount, Ulimit, VolumeMount, WeightDevice,
};

/// The shortest time that the engine accepts in a health check, in nanoseconds.
const MIN_HEALTH_TIME: u64 = 1_000_000;

/// The bits of a file's permissions.
const MODE_BITS: u32 = 0o7777;

/// A text without NUL, which neither the kernel nor the engine's files can hold.
pub(super) fn text(value: impl Into<String>) -> Checked<String> {
    let value = value.into();
    match value.contains('\0') {
        true => Err("it contains a NUL".to_owned()),
        false => Ok(value),
    }
}

/// A text without line breaks.
pub(super) fn line(value: impl Into<String>) -> Checked<String> {
    let value = text(value)?;
    match value.contains(['\n', '\r']) {
        true => Err("it contains a line break".to_owned()),
        false => Ok(value),
    }
}

/// A line that isn't empty.
pub(super) fn word(value: impl Into<String>) -> Checked<String> {
    let value = line(value)?;
    match value.is_empty() {
        true => Err("it is empty".to_owned()),
        false => Ok(value),
    }
}

pub(super) fn texts(values: Vec<String>) -> Checked<Vec<String>> {
    values.into_iter().map(text).collect()
}

pub(super) fn absolute(value: impl Into<String>) -> Checked<String> {
    let value = text(value)?;
    match value.starts_with('/') {
        true => Ok(value),
        false => Err(format!("{value:?} is no absolute path")),
    }
}

/// A number that the engine holds with a sign.
pub(super) fn number(value: u64) -> Checked<u64> {
    match i64::try_from(value) {
        Ok(_) => Ok(value),
        Err(_) => Err(format!("{value} is more than {}", i64::MAX)),
    }
}

/// A key with a value, the key a line that isn't empty.
pub(super) fn pair(key: impl Into<String>, value: impl Into<String>) -> Checked<(String, String)> {
    Ok((word(key)?, text(value)?))
}

/// An environment variable.
pub(super) fn variable(name: impl Into<String>, value: Option<String>) -> Checked<Variable> {
    let name = text(name)?;
    if name.is_empty() || name.contains('=') {
        return Err(format!("{name:?} is no name of a variable"));
    }
    let value = value.map(text).transpose()?;
    Ok(Variable { name, value })
}

/// An entrypoint; an empty list would keep the image's command, so the engine's sign for none at
/// all stands for it.
pub(super) fn entrypoint(entrypoint: Vec<String>) -> Checked<Vec<String>> {
    match entrypoint.is_empty() {
        true => Ok(vec![String::new()]),
        false => texts(entrypoint),
    }
}

pub(super) fn volume(path: impl Into<String>) -> Checked<(String, Empty)> {
    Ok((absolute(path)?, Empty {}))
}

/// A signal by number or name: whether there is one of that name, the engine knows.
pub(crate) fn signal(value: impl Into<String>) -> Checked<String> {
    let value = value.into();
    let possible = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'-';
    match !value.is_empty() && value.bytes().all(possible) {
        true => Ok(value),
        false => Err(format!(
            "{value:?} is neither a signal's name nor its number"
        )),
    }
}

pub(super) fn address(value: impl Into<String>) -> Checked<String> {
    let value = value.into();
    ip_address(&value).map(|_| value)
}

pub(super) fn ip_address(value: &str) -> Checked<IpAddr> {
    let address = value.parse();
    address.map_err(|_| format!("{value:?} is no IP address"))
}

/// Six bytes in hexadecimal, between colons or hyphens.
pub(super) fn mac_address(value: impl Into<String>) -> Checked<String> {
    let value = value.into();
    let octet = |part: &str| part.len() == 2 && part.bytes().all(|d| d.is_ascii_hexdigit());
    let whole =
        |separator: char| value.split(separator).count() == 6 && value.split(separator).all(octet);
    match whole(':') || whole('-') {
        true => Ok(value),
        false => Err(format!("{value:?} is no MAC address")),
    }
}

/// A line for /etc/hosts.
pub(super) fn extra_host(name: impl Into<String>, at: impl Into<String>) -> Checked<String> {
    let name = word(name)?;
    if name.contains(|c: char| c == ':' || c.is_whitespace()) {
        return Err(format!("{name:?} is no host's name"));
    }
    let at = at.into();
    let at = if at == "host-gateway" {
        at
    } else {
        address(at)?
    };
    Ok(format!("{name}:{at}"))
}

pub(super) fn exposed_port(port: ContainerPort) -> Checked<(ContainerPort, Empty)> {
    Ok((container_port(port)?, Empty {}))
}

fn container_port(port: ContainerPort) -> Checked<ContainerPort> {
    match port {
        ContainerPort { port: 0, .. } => Err("there is no port 0".to_owned()),
        ContainerPort {
            protocol: Protocol::Other(name),
            ..
        } => Err(format!("{name:?} is no protocol of a port")),
        port => Ok(port),
    }
}

/// A published port, and where on the machine.
pub(super) fn port_binding(binding: PortBinding) -> Checked<(ContainerPort, HostPort)> {
    let container = container_port(binding.container)?;
    if binding.host_port == Some(0) {
        return Err("there is no port 0: leave it out for a free one".to_owned());
    }
    let ip = match binding.host_ip {
        Some(ip) => Some(ip_address(&ip)?),
        None => None,
    };
    let port = binding.host_port;
    Ok((container, HostPort { ip, port }))
}

/// A mount of memory: its path and its options. A size of 0 would be no limit at all.
pub(super) fn tmpfs(mount: TmpfsMount) -> Checked<(String, Tmpfs)> {
    let target = absolute(mount.target)?;
    let size = mount.size.map(number).transpose()?;
    if size == Some(0) {
        return Err("a size of 0 would be no limit".to_owned());
    }
    if let Some(mode) = mount.mode
        && mode & !MODE_BITS != 0
    {
        return Err(format!("{mode:#o} are no permissions"));
    }
    let TmpfsMount { mode, exec, .. } = mount;
    Ok((target, Tmpfs { size, mode, exec }))
}

pub(super) fn bind(bind: BindMount) -> Checked<Mount> {
    Ok(Mount::Bind(BindMount {
        source: absolute(bind.source)?,
        target: absolute(bind.target)?,
        ..bind
    }))
}

pub(super) fn volume_mount(mount: VolumeMount) -> Checked<Mount> {
    word(mount.volume.as_str())?;
    mounted(mount)
}

pub(super) fn new_volume(mount: VolumeMount) -> Checked<Mount> {
    match mount.volume.is_empty() {
        true => mounted(mount),
        false => Err(format!("{:?} is there already", mount.volume)),
    }
}

fn mounted(mount: VolumeMount) -> Checked<Mount> {
    Ok(Mount::Volume(VolumeMount {
        target: absolute(mount.target)?,
        subpath: mount.subpath.map(subpath).transpose()?,
        labels: pairs(mount.labels)?,
        driver: mount.driver.map(driver).transpose()?,
        ..mount
    }))
}

/// A path within a volume: one that leads out of it is refused by the engine as well.
fn subpath(path: String) -> Checked<String> {
    let path = text(path)?;
    let leaves = path.starts_with('/') || path.split('/').any(|part| part == "..");
    match path.is_empty() || leaves {
        true => Err(format!("{path:?} is no path within a volume")),
        false => Ok(path),
    }
}

pub(super) fn driver(driver: Driver) -> Checked<Driver> {
    Ok(Driver {
        name: word(driver.name)?,
        options: pairs(driver.options)?,
    })
}

fn pairs(pairs: Vec<(String, String)>) -> Checked<Vec<(String, String)>> {
    let checked = |(key, value)| pair(key, value);
    pairs.into_iter().map(checked).collect()
}

pub(super) fn device(device: DeviceMapping) -> Checked<DeviceMapping> {
    let permissions = device.permissions;
    if permissions.is_empty() || !permissions.chars().all(|c| "rwm".contains(c)) {
        return Err(format!("{permissions:?} are not letters of \"rwm\""));
    }
    Ok(DeviceMapping {
        host: absolute(device.host)?,
        container: absolute(device.container)?,
        permissions,
    })
}

pub(super) fn device_request(request: DeviceRequest) -> Checked<DeviceRequest> {
    if request.count < -1 {
        return Err(format!("{} is no number of devices", request.count));
    }
    if request.count != 0 && !request.ids.is_empty() {
        return Err("it has both a number of devices and their ids".to_owned());
    }
    let capabilities = request.capabilities.into_iter().map(texts);
    Ok(DeviceRequest {
        driver: line(request.driver)?,
        count: request.count,
        ids: texts(request.ids)?,
        capabilities: capabilities.collect::<Checked<_>>()?,
        options: pairs(request.options)?,
    })
}

pub(super) fn weight(device: WeightDevice) -> Checked<WeightDevice> {
    let path = absolute(device.path)?;
    Ok(WeightDevice { path, ..device })
}

pub(super) fn throttle(device: ThrottleDevice) -> Checked<ThrottleDevice> {
    let path = absolute(device.path)?;
    let rate = number(device.rate)?;
    Ok(ThrottleDevice { path, rate })
}

pub(super) fn link(link: Link) -> Checked<Link> {
    let alias = word(link.alias)?;
    match alias.contains(':') {
        true => Err(format!("{alias:?} is no name for a container")),
        false => Ok(Link { alias, ..link }),
    }
}

/// A network by what the engine can't take for one of its own words.
pub(super) fn network_mode(mode: NetworkMode) -> Checked<NetworkMode> {
    match mode {
        NetworkMode::Network(name) => Ok(NetworkMode::Network(network(name)?)),
        mode => Ok(mode),
    }
}

fn network(name: impl Into<String>) -> Checked<String> {
    let name = word(name)?;
    let is_mode = [
        "default",
        "bridge",
        "none",
        "host",
        "private",
        "slirp4netns",
        "pasta",
        "nat",
    ]
    .contains(&name.as_str());
    match is_mode || name.contains(':') {
        true => Err(format!("{name:?} is no network's id or name")),
        false => Ok(name),
    }
}

pub(super) fn endpoint(name: impl Into<String>, of: Endpoint) -> Checked<(String, Endpoint)> {
    let endpoint = Endpoint {
        aliases: of.aliases.into_iter().map(word).collect::<Checked<_>>()?,
        mac_address: of.mac_address.map(mac_address).transpose()?,
        links: of.links.into_iter().map(link).collect::<Checked<_>>()?,
        driver_options: pairs(of.driver_options)?,
        ..of
    };
    Ok((network(name)?, endpoint))
}

pub(super) fn ulimit(limit: Ulimit) -> Checked<Ulimit> {
    let Ulimit { name, soft, hard } = limit;
    let name = word(name)?;
    // -1 is without a limit, and so more than all others.
    let height = |value: i64| u64::try_from(value).unwrap_or(u64::MAX);
    if soft < -1 || hard < -1 {
        return Err("a limit is -1 or more".to_owned());
    }
    if height(soft) > height(hard) {
        return Err(format!(
            "the soft limit {soft} is above the hard limit {hard}"
        ));
    }
    Ok(Ulimit { name, soft, hard })
}

pub(super) fn restart_policy(policy: RestartPolicy) -> Checked<RestartPolicy> {
    let condition = match policy.condition {
        RestartCondition::Other(name) => RestartCondition::Other(word(name)?),
        condition => condition,
    };
    if policy.maximum_retries > 0 && condition.as_str() != "on-failure" {
        return Err(format!(
            "{} has no number of retries, only on-failure has",
            condition.as_str()
        ));
    }
    Ok(RestartPolicy {
        condition,
        ..policy
    })
}

pub(super) fn healthcheck(check: Healthcheck) -> Checked<Healthcheck> {
    let test = match check.test {
        HealthTest::Shell(line) => HealthTest::Shell(text(line)?),
        HealthTest::Command(command) if command.is_empty() => {
            return Err("its command is empty".to_owned());
        }
        HealthTest::Command(command) => HealthTest::Command(texts(command)?),
        test => test,
    };
    Ok(Healthcheck {
        test,
        interval: health_time("interval", check.interval)?,
        timeout: health_time("timeout", check.timeout)?,
        start_period: health_time("start-period", check.start_period)?,
        start_interval: health_time("start-interval", check.start_interval)?,
        retries: check.retries,
    })
}

fn health_time(name: &str, time: Option<u64>) -> Checked<Option<u64>> {
    match time {
        Some(time) if time < MIN_HEALTH_TIME => Err(format!("its {name} is below 1 ms")),
        Some(time) => Ok(Some(number(time)?)),
        None => Ok(None),
    }
}
