//! What verbs and interfaces of WASI mean to a person.

use crate::policy::Verb;

/// What one does with a verb; several verbs may be one deed. Whoever adds a verb to the interface is made to name its deed.
pub(super) fn deed(verb: Verb) -> &'static str {
    match verb {
        Verb::SystemPing | Verb::SystemVersion | Verb::SystemInfo => "ask about the engine",
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
