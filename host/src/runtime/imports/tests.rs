use super::*;

/// Imports of a plugin that lists containers, makes one with a limit on memory, and reads its state.
const PLUGIN: &str = r#"(component
  (import "dockwit:engine/types@0.1.0" (instance
    (type $kind (variant (case "denied")))
    (export "error-kind" (type (eq $kind)))))
  (import "dockwit:engine/run@0.1.0" (instance
    (export "granted" (func (param "verb" string) (result bool)))))
  (import "dockwit:engine/containers@0.1.0" (instance
    (export "container-spec" (type $spec (sub resource)))
    (export "container-details" (type $details (sub resource)))
    (export "[constructor]container-spec" (func (param "image" string) (result (own $spec))))
    (export "[method]container-spec.set-memory" (func (param "self" (borrow $spec)) (param "bytes" u64)))
    (export "[method]container-details.state" (func (param "self" (borrow $details))))
    (export "list" (func async))
    (export "create" (func async (param "spec" (borrow $spec))))))
  (import "dockwit:engine/system@0.1.0" (instance (export "ping" (func async))))
  (import "wasi:io/error@0.2.6" (instance (export "error" (type (sub resource)))))
  (import "wasi:cli/stdin@0.3.0" (instance (export "read-via-stream" (func))))
  (import "wasi:random/random@0.2.6" (instance (export "get-random-u64" (func (result u64)))))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $run (canon lift (core func $i "f")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $run))
  (export "wasi:cli/run@0.2.6" (instance $run)))"#;

fn read(text: &str) -> Imports {
    Imports::read(&wat::parse_str(text).unwrap()).unwrap()
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

#[test]
fn what_a_plugin_calls_is_told_in_the_order_of_the_interface() {
    let imports = read(PLUGIN);
    assert_eq!(
        imports.verbs(),
        [
            Verb::SystemPing,
            Verb::ContainersList,
            Verb::ContainersCreate
        ]
    );
    assert_eq!(strings(imports.setters()), ["container-spec.set-memory"]);
    assert_eq!(strings(imports.groups()), ["container-details.state"]);
    assert_eq!(imports.interface(), Some("0.1.0"));
    assert_eq!(imports.run_export(), RunExport::V03);
}

#[test]
fn what_is_only_there_to_hold_things_together_is_not_counted() {
    let imports = read(PLUGIN);
    assert_eq!(strings(imports.unknown()), [""; 0]);
    assert_eq!(strings(imports.refused_wasi()), [""; 0]);
    assert_eq!(
        strings(imports.wasi()),
        [
            "wasi:cli/stdin@0.3.0 `read-via-stream`",
            "wasi:random/random@0.2.6 `get-random-u64`"
        ]
    );
}

#[test]
fn what_a_newer_host_has_is_named_with_its_version() {
    let imports = read(
        r#"(component
          (import "dockwit:engine/containers@0.1.3" (instance
            (export "list" (func async))
            (export "list-all" (func async))))
          (import "dockwit:engine/images@0.1.3" (instance
            (export "image" (type (sub resource)))
            (type $number u32)
            (export "a-shape" (type (eq $number))))))"#,
    );
    assert_eq!(imports.verbs(), [Verb::ContainersList]);
    assert_eq!(imports.interface(), Some("0.1.3"));
    assert_eq!(
        strings(imports.unknown()),
        [
            "dockwit:engine/containers@0.1.3 `list-all`",
            "dockwit:engine/images@0.1.3 `image`"
        ]
    );
}

#[test]
fn another_generation_of_the_interface_is_unknown_as_a_whole() {
    let imports = read(
        r#"(component
          (import "dockwit:engine/containers@0.2.0" (instance (export "list" (func async))))
          (import "dockwit:engine/system" (instance (export "ping" (func async)))))"#,
    );
    assert_eq!(imports.verbs(), []);
    assert_eq!(
        strings(imports.unknown()),
        [
            "dockwit:engine/containers@0.2.0 `list`",
            "dockwit:engine/system `ping`"
        ]
    );
}

#[test]
fn what_no_plugin_gets_is_named() {
    let imports = read(
        r#"(component
          (import "wasi:sockets/types@0.3.0" (instance (export "listen" (func))))
          (import "wasi:cli/environment@0.3.0" (instance (export "get-arguments" (func))))
          (import "wasi:clocks/monotonic-clock@0.3.0" (instance (export "now" (func))))
          (import "wasi:http/outgoing-handler@0.2.6" (instance (export "handle" (func))))
          (import "acme:tools/sharp" (instance (export "cut" (func))))
          (import "alone" (func))
          (type $number u32)
          (import "shape" (type (eq $number))))"#,
    );
    assert_eq!(
        strings(imports.wasi()),
        ["wasi:clocks/monotonic-clock@0.3.0 `now`"]
    );
    assert_eq!(
        strings(imports.refused_wasi()),
        [
            "wasi:sockets/types@0.3.0 `listen`",
            "wasi:cli/environment@0.3.0 `get-arguments`",
            "wasi:http/outgoing-handler@0.2.6 `handle`",
            "acme:tools/sharp `cut`",
            "alone"
        ]
    );
}

#[test]
fn a_plain_main_is_told_from_a_library() {
    let run = |version: &str| {
        read(&format!(
            r#"(component
              (core module $m (func (export "f")))
              (core instance $i (instantiate $m))
              (func $run (canon lift (core func $i "f")))
              (instance $run (export "run" (func $run)))
              (export "wasi:cli/run@{version}" (instance $run)))"#
        ))
        .run_export()
    };
    assert_eq!(run("0.3.1"), RunExport::V03);
    assert_eq!(run("0.2.3"), RunExport::OnlyV02);
    assert_eq!(run("0.4.0"), RunExport::None);
    assert_eq!(read("(component)").run_export(), RunExport::None);
}

#[test]
fn what_is_no_component_is_refused_in_plain_words() {
    let error = |bytes: &[u8]| Imports::read(bytes).unwrap_err().to_string();
    assert_eq!(
        error(&wat::parse_str("(module)").unwrap()),
        "this is a core module, not a component: build it for the target wasm32-wasip2"
    );
    assert!(error(b"").starts_with("this is no WebAssembly component"));
    assert!(error(b"#!/bin/sh\n").starts_with("this is no WebAssembly component"));
    assert!(error(b"\0asm\x0d\0\x01\0\xff").starts_with("the component is damaged"));
    assert!(error(&vec![0; MAX_COMPONENT + 1]).contains("is the most"));
}

#[test]
fn a_component_that_imports_without_end_is_refused() {
    let functions: String = (0..MAX_ITEMS + 1)
        .map(|i| format!(r#"(export "f{i}" (func))"#))
        .collect();
    let text = format!(r#"(component (import "a:b/c" (instance {functions})))"#);
    let error = Imports::read(&wat::parse_str(text).unwrap()).unwrap_err();
    assert!(matches!(error, ImportError::TooMany), "{error}");

    let instances: String = (0..MAX_IMPORTS + 1)
        .map(|i| format!(r#"(import "a:b/c{i}" (instance))"#))
        .collect();
    let error = Imports::read(&wat::parse_str(format!("(component {instances})")).unwrap());
    assert!(error.is_err());
}

#[test]
fn damaged_bytes_never_panic() {
    let sound = wat::parse_str(PLUGIN).unwrap();
    for length in 0..sound.len() {
        drop(Imports::read(&sound[..length]));
    }
    for at in 0..sound.len() {
        for change in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            let mut damaged = sound.clone();
            damaged[at] ^= change;
            drop(Imports::read(&damaged));
        }
    }
}
