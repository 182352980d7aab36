//! What can't be, whatever the engine: the rest is for the engine to say.

use std::net::IpAddr;

use super::body::{Empty, Healthcheck, HostPort, PortKey, RestartPolicy, Ulimit};
use super::guard::Checked;
use crate::api::Protocol;
use crate::api::containers::types as wit;

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

/// A variable as the engine takes it.
pub(super) fn variable(name: impl Into<String>, value: Option<String>) -> Checked<String> {
    let mut variable = text(name)?;
    if variable.is_empty() || variable.contains('=') {
        return Err(format!("{variable:?} is no name of a variable"));
    }
    if let Some(value) = value {
        variable.push('=');
        variable.push_str(&text(value)?);
    }
    Ok(variable)
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
    match value.parse::<IpAddr>() {
        Ok(_) => Ok(value),
        Err(_) => Err(format!("{value:?} is no IP address")),
    }
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

pub(super) fn exposed_port(port: wit::ContainerPort) -> Checked<(String, Empty)> {
    Ok((port_key(port)?, Empty {}))
}

fn port_key(port: wit::ContainerPort) -> Checked<PortKey> {
    let protocol = match port.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Udp => "udp",
        Protocol::Sctp => "sctp",
        Protocol::Other(name) => return Err(format!("{name:?} is no protocol of a port")),
    };
    match port.port {
        0 => Err("there is no port 0".to_owned()),
        port => Ok(format!("{port}/{protocol}")),
    }
}

/// A published port: its key, and where on the machine.
pub(super) fn port_binding(binding: wit::PortBinding) -> Checked<(PortKey, HostPort)> {
    let key = port_key(binding.container)?;
    let host_port = match binding.host_port {
        Some(0) => return Err("there is no port 0: leave it out for a free one".to_owned()),
        Some(port) => port.to_string(),
        None => String::new(),
    };
    let host_ip = binding.host_ip.map(address).transpose()?;
    let host_ip = host_ip.unwrap_or_default();
    Ok((key, HostPort { host_ip, host_port }))
}

/// A mount of memory: its path and its options. A size of 0 would be no limit at all.
pub(super) fn tmpfs(mount: wit::TmpfsMount) -> Checked<(String, String)> {
    let target = absolute(mount.target)?;
    let mut options = String::from("rw,nosuid,nodev,");
    options.push_str(if mount.exec { "exec" } else { "noexec" });
    match mount.size.map(number).transpose()? {
        Some(0) => return Err("a size of 0 would be no limit".to_owned()),
        Some(size) => options.push_str(&format!(",size={size}")),
        None => {}
    }
    match mount.mode {
        Some(mode) if mode & !MODE_BITS != 0 => {
            return Err(format!("{mode:#o} are no permissions"));
        }
        Some(mode) => options.push_str(&format!(",mode={mode:o}")),
        None => {}
    }
    Ok((target, options))
}

pub(super) fn ulimit(limit: wit::Ulimit) -> Checked<Ulimit> {
    let wit::Ulimit { name, soft, hard } = limit;
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

pub(super) fn restart_policy(policy: wit::RestartPolicy) -> Checked<RestartPolicy> {
    let name = match policy.condition {
        wit::RestartCondition::No => "no".to_owned(),
        wit::RestartCondition::Always => "always".to_owned(),
        wit::RestartCondition::UnlessStopped => "unless-stopped".to_owned(),
        wit::RestartCondition::OnFailure => "on-failure".to_owned(),
        wit::RestartCondition::Other(name) => word(name)?,
    };
    if policy.maximum_retries > 0 && name != "on-failure" {
        return Err(format!(
            "{name} has no number of retries, only on-failure has"
        ));
    }
    Ok(RestartPolicy {
        name,
        maximum_retry_count: policy.maximum_retries,
    })
}

pub(super) fn healthcheck(check: wit::Healthcheck) -> Checked<Healthcheck> {
    let test = match check.test {
        wit::HealthTest::Inherit => Vec::new(),
        wit::HealthTest::None => vec!["NONE".to_owned()],
        wit::HealthTest::Shell(line) => vec!["CMD-SHELL".to_owned(), text(line)?],
        wit::HealthTest::Command(command) if command.is_empty() => {
            return Err("its command is empty".to_owned());
        }
        wit::HealthTest::Command(command) => {
            let mut test = vec!["CMD".to_owned()];
            test.extend(texts(command)?);
            test
        }
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
