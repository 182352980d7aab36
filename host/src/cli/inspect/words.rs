//! What verbs and interfaces of WASI mean to a person.

use crate::policy::{Part, Verb};

/// What one does with a verb; several verbs may be one deed. Whoever adds a verb to the interface is made to name its deed.
pub(super) fn deed(verb: Verb) -> &'static str {
    match verb {
        Verb::SystemPing | Verb::SystemVersion | Verb::SystemInfo => "ask about the engine",
        Verb::VolumesGet => "look volumes up",
        Verb::NetworksGet => "look networks up",
        Verb::ContainersList => "list containers",
        Verb::ContainersGet | Verb::ContainersOpen => "look containers up",
        Verb::ContainersCreate => "make containers",
        Verb::ContainerInspect | Verb::ContainerInspectJson | Verb::ContainerPort => {
            "read how containers are set up"
        }
        Verb::ContainerLogs => "read logs",
        Verb::ContainerTop | Verb::ContainerStats | Verb::ContainerStatsStream => {
            "watch processes and what they use"
        }
        Verb::ContainerChanges => "see changed files",
        Verb::ContainerWait => "wait for containers to end",
        Verb::ContainerStart | Verb::ContainerRestart | Verb::ContainerUnpause => {
            "start or resume containers"
        }
        Verb::ContainerStop | Verb::ContainerKill | Verb::ContainerPause => {
            "stop, kill or pause containers"
        }
        Verb::ContainerRename | Verb::ContainerUpdate | Verb::ContainerResize => {
            "change containers"
        }
        Verb::ContainerRemove => "remove containers",
    }
}

/// What a plugin can't reach of the machine: all of it, or what its powers leave out. None where they leave out nothing.
pub(super) fn machine_left_out(powers: &[&Part]) -> Option<String> {
    let has = |keys: &[&str]| {
        let mut has = powers.iter().filter_map(|part| part.key());
        has.any(|key| keys.contains(&key))
    };
    if has(&["host-access.privileged"]) {
        return None;
    }
    if powers.is_empty() {
        let all = "reach the machine: no privileged containers, none of its folders, devices or namespaces";
        return Some(all.to_owned());
    }
    let kinds: [(&str, &[&str]); 3] = [
        ("none of its folders", &["host-access.binds"]),
        ("none of its devices", &DEVICES),
        ("none of its namespaces", &["host-access.namespaces"]),
    ];
    let left_out = kinds.into_iter().filter(|(_, keys)| !has(keys));
    let left_out = left_out.map(|(words, _)| words);
    let left_out: Vec<_> = ["no privileged containers"]
        .into_iter()
        .chain(left_out)
        .collect();
    Some(format!(
        "reach more of the machine: {}",
        left_out.join(", ")
    ))
}

/// The keys that give devices.
const DEVICES: [&str; 4] = [
    "host-access.devices",
    "host-access.device-cgroup-rules",
    "host-access.device-requests",
    "host-access.env",
];

/// What a function of WASI is there for. None for what only holds others together.
pub(super) fn of_wasi(interface: &str) -> Option<&'static str> {
    let path = interface.split('@').next().unwrap_or_default();
    match path {
        "wasi:cli/environment" => Some("arguments and variables"),
        "wasi:cli/exit" => Some("an exit status"),
        "wasi:cli/stdin" => Some("standard input"),
        _ if path.starts_with("wasi:cli/") => Some("standard output"),
        _ if path.starts_with("wasi:clocks/") => Some("clocks"),
        _ if path.starts_with("wasi:filesystem/") => Some("files"),
        _ if path.starts_with("wasi:random/") => Some("random numbers"),
        _ if path.starts_with("wasi:sockets/") => Some("a network"),
        _ => None,
    }
}
