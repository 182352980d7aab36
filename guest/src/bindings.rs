//! What is generated from the WIT. Nothing here is public as it stands: the modules that own a domain re-export its types.

/// The engine: everything a plugin may import from dockwit.
pub(crate) mod engine {
    wit_bindgen::generate!({
        path: "wit",
        world: "plugin",
        generate_all,
        additional_derives: [Clone, PartialEq],
        additional_derives_ignore: ["created-container"],
        with: {
            "dockwit:engine/types@0.1.0/error": crate::error::Error,
            "dockwit:engine/types@0.1.0/timestamp": crate::timestamp::Timestamp,
        },
        additional_type_attributes: {
            "dockwit:engine/types@0.1.0/error-kind": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/types@0.1.0/protocol": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/container-status": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/health-status": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/restart-condition": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/mount-kind": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/change-kind": [#[derive(Eq)] #[non_exhaustive]],
            "dockwit:engine/containers@0.1.0/container-filter": [#[derive(Eq)] #[non_exhaustive]],
        },
    });

    pub(crate) use self::dockwit::engine::{
        containers, host_access, networks, run, system, types, volumes,
    };
}

/// The part of WASI 0.3 that a plugin may use beside the engine: `std` has no waiting of its own that lets others go on.
pub(crate) mod wasi {
    wit_bindgen::generate!({
        inline: r"
            package dockwit:guest@0.1.0;

            world waiting {
                import wasi:clocks/monotonic-clock@0.3.0;
                import wasi:cli/stdin@0.3.0;
            }

            package wasi:clocks@0.3.0 {
                interface monotonic-clock {
                    type mark = u64;
                    now: func() -> mark;
                    wait-until: async func(when: mark);
                }
            }

            package wasi:cli@0.3.0 {
                interface types {
                    enum error-code { io, illegal-byte-sequence, pipe }
                }
                interface stdin {
                    use types.{error-code};
                    read-via-stream: func() -> tuple<stream<u8>, future<result<_, error-code>>>;
                }
            }
        ",
        path: [],
        world: "waiting",
        generate_all,
        type_section_suffix: "waiting",
    });

    pub(crate) use self::wasi::{
        cli::{stdin, types::ErrorCode},
        clocks::monotonic_clock,
    };
}
