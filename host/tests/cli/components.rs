//! Components in the text format.

/// One that exports `wasi:cli/run@0.3.0`. Its imports come first, then core functions and memory that stand beside `run`,
/// then what `run` does, which leaves 0 for success or 1 for failure.
pub(crate) fn runs(imports: &str, core_imports: &str, arguments: &str, body: &str) -> String {
    format!(
        r#"(component
          {imports}
          (core module $m
            {core_imports}
            (func $run (export "run") (result i32) {body}))
          (core instance $i (instantiate $m {arguments}))
          (func $run async (result (result)) (canon lift (core func $i "run")))
          (instance $run (export "run" (func $run)))
          (export "wasi:cli/run@0.3.0" (instance $run)))"#
    )
}

/// One that imports nothing.
pub(crate) fn does(body: &str) -> String {
    runs("", "", "", body)
}

/// One that sets its exit status to 7.
pub(crate) fn sets_its_status() -> String {
    runs(
        r#"
        (import "dockwit:engine/run@0.1.0" (instance $of-run
          (export "set-exit-status" (func (param "status" u8)))))
        (core func $set (canon lower (func $of-run "set-exit-status")))"#,
        r#"(import "host" "set" (func $set (param i32)))"#,
        r#"(with "host" (instance (export "set" (func $set))))"#,
        "(call $set (i32.const 7)) (i32.const 0)",
    )
}

/// One that asks for two verbs, with the types that they have, and doesn't call them.
pub(crate) fn pauses() -> String {
    runs(
        r#"
        (import "dockwit:engine/types@0.1.0" (instance $types
          (type $kind (variant (case "denied") (case "not-found") (case "conflict") (case "invalid")
            (case "unauthorized") (case "quota") (case "timeout") (case "cancelled")
            (case "unsupported") (case "unavailable") (case "engine") (case "protocol")
            (case "other" string)))
          (export "error-kind" (type $kind-named (eq $kind)))
          (type $error (record (field "kind" $kind-named) (field "op" string)
            (field "message" string) (field "details" (list (tuple string string)))))
          (export "error" (type (eq $error)))))
        (alias export $types "error" (type $error))
        (import "dockwit:engine/containers@0.1.0" (instance
          (alias outer 1 $error (type $outer))
          (export "error" (type $error (eq $outer)))
          (export "container" (type $container (sub resource)))
          (export "[method]container.pause"
            (func async (param "self" (borrow $container)) (result (result (error $error)))))
          (export "[method]container.unpause"
            (func async (param "self" (borrow $container)) (result (result (error $error)))))))"#,
        "",
        "",
        "(i32.const 0)",
    )
}

/// One that asks for four verbs; its types are those of the interface only as far as the command looks at them.
pub(crate) const DRIVES: &str = r#"(component
  (import "dockwit:engine/system@0.1.0" (instance (export "ping" (func async))))
  (import "dockwit:engine/containers@0.1.0" (instance
    (export "container" (type $container (sub resource)))
    (export "container-spec" (type $spec (sub resource)))
    (export "container-details" (type $details (sub resource)))
    (export "[method]container-spec.set-memory"
      (func (param "self" (borrow $spec)) (param "bytes" u64)))
    (export "[method]container-details.state" (func (param "self" (borrow $details))))
    (export "[method]container.logs" (func async (param "self" (borrow $container))))
    (export "[method]container.inspect" (func async (param "self" (borrow $container))))
    (export "list" (func async))))
  (import "wasi:filesystem/types@0.2.6" (instance (export "filesystem-error-code" (func))))
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $run async (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.3.0" (instance $run)))"#;

/// One that asks for two powers over the machine, with the types that they have, and doesn't use them.
pub(crate) fn reaches() -> String {
    runs(
        r#"
        (import "dockwit:engine/containers@0.1.0" (instance $containers
          (export "container-spec" (type (sub resource)))))
        (alias export $containers "container-spec" (type $spec))
        (import "dockwit:engine/host-access@0.1.0" (instance
          (alias outer 1 $spec (type $outer))
          (export "container-spec" (type $spec (eq $outer)))
          (export "set-privileged" (func (param "spec" (borrow $spec))))
          (export "set-pid-host" (func (param "spec" (borrow $spec))))))"#,
        "",
        "",
        "(i32.const 0)",
    )
}

/// A plain `fn main()`.
pub(crate) const PLAIN_MAIN: &str = r#"(component
  (core module $m (func (export "run") (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.6" (instance $run)))"#;
