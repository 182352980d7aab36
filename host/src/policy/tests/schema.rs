//! The schema: it says what the reader does.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value};

use super::*;

/// Follows references.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let target = root.pointer(reference.trim_start_matches('#'));
            resolved(root, target.expect("it is there"))
        }
        None => schema,
    }
}

/// The keys of a table.
pub(super) fn properties(root: &Value, table: &str) -> Vec<String> {
    let table = table.split('.').fold(root, |schema, key| {
        resolved(root, &schema["properties"][key])
    });
    let keys = table["properties"].as_object().expect("a table");
    keys.keys().cloned().collect()
}

/// Whether a value is as a schema says. Of what a schema can say this is what ours do, without the patterns of texts.
fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let schema = resolved(root, schema);
    let count = |key: &str| {
        let forms = schema[key].as_array().expect("forms").iter();
        forms.filter(|form| valid(root, form, value)).count()
    };
    let one = |(key, said): (&String, &Value)| match key.as_str() {
        "oneOf" => count("oneOf") == 1,
        "anyOf" => count("anyOf") > 0,
        "const" => value == said,
        "enum" => said.as_array().expect("values").contains(value),
        "type" => is_of_type(value, said),
        "minimum" => value
            .as_f64()
            .is_none_or(|number| number >= said.as_f64().expect("a number")),
        "exclusiveMinimum" => value
            .as_f64()
            .is_none_or(|number| number > said.as_f64().expect("a number")),
        "maximum" => value
            .as_f64()
            .is_none_or(|number| number <= said.as_f64().expect("a number")),
        "items" => {
            let items = value.as_array().into_iter().flatten();
            items.into_iter().all(|item| valid(root, said, item))
        }
        "required" => value.as_object().is_none_or(|table| {
            let mut keys = said.as_array().expect("keys").iter();
            keys.all(|key| table.contains_key(key.as_str().expect("a key")))
        }),
        "properties" | "additionalProperties" => value
            .as_object()
            .is_none_or(|table| members(root, schema, table)),
        "$schema" | "$defs" | "title" | "description" | "default" | "format" | "pattern"
        | "uniqueItems" => true,
        other => panic!("{other} is not looked at"),
    };
    schema.as_object().is_none_or(|said| said.iter().all(one))
}

fn is_of_type(value: &Value, said: &Value) -> bool {
    let is = |name: &Value| match name.as_str().expect("a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    match said {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}

fn members(root: &Value, schema: &Value, table: &Map<String, Value>) -> bool {
    table.iter().all(|(key, value)| {
        let known = schema["properties"].get(key);
        match known.or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(allowed)) => *allowed,
            Some(schema) => valid(root, schema, value),
            None => true,
        }
    })
}

fn is_valid(text: &str) -> bool {
    let value: Value = toml::from_str(text).expect(text);
    let schema = schema();
    valid(schema.as_value(), schema.as_value(), &value)
}

const MONITOR: &str = r#"
version   = 1
plugin    = "monitor"
component = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
allow     = ["system.ping", "system.version", "containers.list", "containers.get", "container.inspect", "container.stats"]
[scope]
containers = { label = "monitor=yes" }
[show]
env  = "names"
args = "program"
[limits]
calls   = "20/s"
streams = 8
[sandbox]
memory  = "32MiB"
"#;

const AUTOHEAL: &str = r#"
version = 1
plugin  = "autoheal"
allow   = ["containers.list", "containers.get", "container.inspect", "container.restart"]
[scope]
containers = "all"
[scope.change]
containers = { label = "autoheal=true" }
"#;

const DEVENV: &str = r#"
version = 1
plugin  = "devenv"
api     = "0.1.0"
allow   = ["containers.*", "container.*"]
deny    = ["container.update"]
accept-unenforced = ["network-isolation"]
[create]
images  = ["postgres:16@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
memory  = "512MiB"
cpus    = 1
pids    = 256
ports   = { ip = "127.0.0.1", range = "20000-20100" }
egress  = true
env.POSTGRES_PASSWORD = { from = { env = "DEV_DB_PW" }, reachable = true }
[limits]
containers   = 4
memory-total = "2GiB"
volumes      = 4
on-end       = "stop"
"#;

const MACHINE: &str = r#"
version = 1
plugin  = "machine"
[scope]
volumes = { name = ["data"] }
[credentials.team]
registry = "registry.example.com"
from     = { file = "/run/secrets/registry.json" }
[credentials.other]
registry = "docker.io"
from     = { docker-config = true }
[host-access]
binds   = [{ source = "/srv/data", read-only = true }]
devices = ["/dev/dri/renderD128", { path = "/dev/fuse", permissions = "rw" }]
privileged = false
"#;

#[test]
fn files_that_are_right_are_right_by_the_schema() {
    for text in [MONITOR, AUTOHEAL, DEVENV, MACHINE] {
        let reader = PolicyReader::new().environment(|_| Some("value".to_owned()));
        reader.parse(text).expect(text);
        assert!(is_valid(text), "{text}");
    }
}

#[test]
fn files_that_are_wrong_are_wrong_by_the_schema() {
    for wrong in [
        "own = true",
        "scope.containers = \"mine\"",
        "scope.containers = { names = [\"a\"] }",
        "scope.containers = { label = \"a\", name = [\"b\"] }",
        "create.images = \"all\"",
        "create.images = [1]",
        "create.memory = -1",
        "create.cpus = 0",
        "create.ports = { ip = \"::1\" }",
        "create.env.A = { from = { pipe = \"a\" } }",
        "create.env.A = { value = \"a\" }",
        "create.log = \"none\"",
        "host-access.binds = [\"/srv\"]",
        "host-access.devices = [{ permissions = \"r\" }]",
        "host-access.namespaces = [\"mount\"]",
        "accept-unenforced = [\"memory\"]",
        "limits.on-end = \"delete\"",
        "limits.containers = -1",
        "credentials.a = { registry = \"a.com\" }",
        "credentials.a = { registry = \"a.com\", from = { docker-config = false } }",
        "credentials.a = { registry = \"a.com\", from = { pipe = \"a\" } }",
    ] {
        let text = format!("{LEAST}{wrong}");
        assert!(!is_valid(&text), "{wrong}");
        Policy::parse(&text).expect_err(wrong);
    }
}

#[test]
fn defaults_are_those_of_the_reader() {
    let schema = schema();
    let defaults = &schema.as_value()["properties"];
    let default = |table: &str| defaults[table]["default"].clone();
    let text = |table: &str| {
        let value = serde_json::json!({ "version": 1, "plugin": "p", table: default(table) });
        toml::to_string(&value).expect("TOML")
    };
    let empty = read("");
    for table in [
        "scope",
        "create",
        "host-access",
        "limits",
        "sandbox",
        "show",
    ] {
        let policy = Policy::parse(&text(table)).expect(table);
        assert_eq!(policy.scope(), empty.scope());
        assert_eq!(policy.create(), empty.create());
        assert_eq!(policy.host_access(), empty.host_access());
        assert_eq!(policy.limits(), empty.limits());
        assert_eq!(policy.sandbox(), empty.sandbox());
    }
    assert_eq!(default("create")["memory"], "512MiB");
    assert_eq!(default("create")["cpus"], 1);
    assert_eq!(default("limits")["on-end"], "remove");
}

/// The keys that refusals name, as they stand in the sources of what decides.
fn rules(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                rules(&path, found);
            }
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let in_quotes = text.split('"').skip(1);
        let is_key = |text: &&str| {
            let table = text.split_once('.').map(|(table, _)| table);
            let inner = |c: char| c.is_ascii_lowercase() || c == '-' || c == '.';
            table.is_some_and(|table| ["create", "host-access", "scope", "limits"].contains(&table))
                && text.chars().all(inner)
                && !text.ends_with('.')
        };
        found.extend(in_quotes.filter(is_key).map(str::to_owned));
    }
}

#[test]
fn a_refusal_names_no_key_that_there_is_not() {
    let mut found = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rules(&sources.join("policy/create"), &mut found);
    rules(&sources.join("bindings"), &mut found);
    assert!(found.len() > 50, "{found:?}");
    let schema = schema();
    for rule in found {
        let (table, key) = rule.rsplit_once('.').expect("a key in a table");
        let known = properties(schema.as_value(), table);
        assert!(known.iter().any(|of| of == key), "{rule}");
    }
}
