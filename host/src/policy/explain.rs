//! A policy with all that holds: each key with its value, whether it is said or not, and with what it does. Made from the one list
//! of keys and its schema.

use serde_json::Value;
use toml::Table;
use toml::de::{DeTable, DeValue};

use super::file::{Keys, Places, PolicyError, schema};
use super::{Policy, Verb};

/// A policy with all that holds.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::PolicyReader;
///
/// let text = "version = 1\nplugin = \"monitor\"\n[create]\nmemory = \"1GiB\"";
/// let explained = PolicyReader::new().explain_text(text)?;
/// let create = explained.tables.iter().find(|table| table.name == "create").unwrap();
/// let memory = create.keys.iter().find(|key| key.name == "memory").unwrap();
/// assert_eq!((memory.value.as_deref(), memory.said), (Some("\"1GiB\""), true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explained {
    /// What it comes to.
    pub policy: Policy,
    /// Its tables, as in a file: the keys that are in no table first.
    pub tables: Vec<ExplainedTable>,
    /// The same as a policy in which everything is said, patterns included: `allow` has the verbs that are granted.
    pub effective: Value,
}

/// A table of a policy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedTable {
    /// Its name: `create`, `scope.change`. Empty for the keys that are in none.
    pub name: String,
    /// What it is about.
    pub what: String,
    /// Its keys.
    pub keys: Vec<ExplainedKey>,
}

/// A key of a policy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExplainedKey {
    /// Its name within the table.
    pub name: String,
    /// Its value, in TOML. None for what has none unless it is said.
    pub value: Option<String>,
    /// Whether the policy says it; else this is the default.
    pub said: bool,
    /// What it does.
    pub what: String,
}

impl Explained {
    pub(super) fn of(
        policy: Policy,
        keys: &Keys,
        places: &Places<'_>,
    ) -> Result<Self, PolicyError> {
        let wrong = |error: &dyn std::fmt::Display| PolicyError::new(error.to_string());
        let text = toml::to_string(keys).map_err(|error| wrong(&error))?;
        let order = DeTable::parse(&text).map_err(|error| wrong(&error))?;
        let values = text.parse::<Table>().map_err(|error| wrong(&error))?;
        let schema = schema();
        let mut walk = Walk {
            root: schema.as_value(),
            places,
            tables: Vec::new(),
        };
        walk.table("", walk.root, walk.root, order.get_ref(), &values);
        let tables = walk.tables;
        let mut effective = serde_json::to_value(keys).map_err(|error| wrong(&error))?;
        let verbs: Vec<_> = policy.grants().verbs().map(Verb::name).collect();
        effective["allow"] = verbs.into();
        effective["deny"] = Value::Array(Vec::new());
        Ok(Self {
            policy,
            tables,
            effective,
        })
    }
}

struct Walk<'a> {
    root: &'a Value,
    places: &'a Places<'a>,
    tables: Vec<ExplainedTable>,
}

impl<'a> Walk<'a> {
    /// Takes a table in: its keys in the order in which they are listed, then the tables in it.
    fn table(
        &mut self,
        name: &str,
        said: &'a Value,
        schema: &'a Value,
        order: &DeTable<'_>,
        values: &Table,
    ) {
        let mut keys = Vec::new();
        let mut inner = Vec::new();
        for key in in_order(order) {
            let member = &schema["properties"][key];
            let form = self.form(member);
            let (Some(value), Some(place)) = (values.get(key), order.get(key)) else {
                continue;
            };
            match (form.get("properties"), value, place.get_ref()) {
                (Some(_), toml::Value::Table(values), DeValue::Table(order)) => {
                    inner.push((key, member, form, order, values));
                }
                _ => keys.push(self.key(name, key, Some(value), member)),
            }
        }
        let known = schema["properties"].as_object().into_iter().flatten();
        let unsaid = known.filter(|(key, _)| !values.contains_key(key.as_str()));
        keys.extend(unsaid.map(|(key, member)| self.key(name, key, None, member)));
        self.tables.push(ExplainedTable {
            name: name.to_owned(),
            what: description(said),
            keys,
        });
        for (key, member, form, order, values) in inner {
            self.table(&join(name, key), member, form, order, values);
        }
    }

    fn key(
        &self,
        table: &str,
        name: &str,
        value: Option<&toml::Value>,
        schema: &Value,
    ) -> ExplainedKey {
        ExplainedKey {
            name: name.to_owned(),
            value: value.map(toml::Value::to_string),
            said: self.places.has(&join(table, name)),
            what: description(schema),
        }
    }

    /// Follows references.
    fn form(&self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let form = reference.and_then(|at| self.root.pointer(at.trim_start_matches('#')));
        form.unwrap_or(schema)
    }
}

/// The keys of a table as they were written down.
fn in_order<'t>(table: &'t DeTable<'_>) -> Vec<&'t str> {
    let mut keys: Vec<_> = table.keys().collect();
    keys.sort_by_key(|key| key.span().start);
    keys.into_iter().map(|key| key.get_ref().as_ref()).collect()
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str);
    text.unwrap_or_default().replace('\n', " ")
}

fn join(table: &str, key: &str) -> String {
    match table {
        "" => key.to_owned(),
        _ => format!("{table}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyReader;

    const LEAST: &str = "version = 1\nplugin = \"p\"\n";

    fn explained(text: &str) -> Explained {
        let text = format!("{LEAST}{text}");
        PolicyReader::new().explain_text(&text).unwrap()
    }

    fn key<'a>(explained: &'a Explained, table: &str, name: &str) -> &'a ExplainedKey {
        let table = explained.tables.iter().find(|of| of.name == table).unwrap();
        table.keys.iter().find(|key| key.name == name).unwrap()
    }

    /// Every key of the schema that has a fixed name, by its path.
    fn paths(root: &Value, schema: &Value, path: &str, found: &mut Vec<String>) {
        for (key, member) in schema["properties"].as_object().into_iter().flatten() {
            let path = join(path, key);
            let at = member.get("$ref").and_then(Value::as_str);
            let form = at.and_then(|at| root.pointer(at.trim_start_matches('#')));
            match form.filter(|form| form.get("properties").is_some()) {
                Some(form) => paths(root, form, &path, found),
                None => found.push(path),
            }
        }
    }

    #[test]
    fn every_key_that_there_is_is_explained() {
        let explained = explained("");
        let mut told: Vec<_> = explained
            .tables
            .iter()
            .flat_map(|table| table.keys.iter().map(|key| join(&table.name, &key.name)))
            .collect();
        let schema = schema();
        let mut known = Vec::new();
        paths(schema.as_value(), schema.as_value(), "", &mut known);
        told.sort();
        known.sort();
        assert!(told.len() > 80, "{told:?}");
        assert_eq!(told, known);
        let keys = explained.tables.iter().flat_map(|table| &table.keys);
        assert!(keys.clone().all(|key| !key.what.is_empty()));
        let said: Vec<_> = keys.filter(|key| key.said).map(|key| &key.name).collect();
        assert_eq!(said, ["version", "plugin"]);
    }

    #[test]
    fn what_is_said_and_what_holds_by_default_are_told_apart() {
        let explained = explained(
            "[create]\nmemory = \"1GiB\"\nports = { ip = \"127.0.0.1\", range = \"80\" }\negress = true\n[scope]\ncontainers = { label = \"a=b\" }",
        );
        let told = |table: &str, name: &str| {
            let key = key(&explained, table, name);
            (key.value.clone().unwrap_or_default(), key.said)
        };
        assert_eq!(told("create", "memory"), ("\"1GiB\"".to_owned(), true));
        assert_eq!(told("create", "pids"), ("256".to_owned(), false));
        assert!(told("create", "ports").0.contains("range = \"80-80\""));
        assert_eq!(
            told("scope", "containers"),
            ("{ label = \"a=b\" }".to_owned(), true)
        );
        assert_eq!(
            told("scope.change", "containers"),
            ("\"own\"".to_owned(), false)
        );
        let runtime = key(&explained, "create", "runtime");
        assert_eq!((&runtime.value, runtime.said), (&None, false));
    }

    #[test]
    fn the_tables_come_as_they_are_listed() {
        let explained = explained("");
        let names: Vec<_> = explained.tables.iter().map(|table| &table.name).collect();
        assert_eq!(names[..4], ["", "scope", "scope.change", "create"]);
    }

    #[test]
    fn the_effective_policy_is_a_policy_that_says_the_same() {
        let explained = explained(
            "api = \"0.1.0\"\nallow = [\"container.*\"]\ndeny = [\"container.kill\"]\n[create]\nimages = \"any\"\ncpus = 0.5\n[limits]\ntime = \"20m\"",
        );
        let text = toml::to_string(&explained.effective).unwrap();
        let same = Policy::parse(&text).unwrap();
        let policy = &explained.policy;
        assert_eq!(same.grants(), policy.grants());
        assert!(!same.grants().allow(Verb::ContainerKill));
        assert_eq!(same.create(), policy.create());
        assert_eq!(same.limits(), policy.limits());
        assert_eq!(same.scope(), policy.scope());
    }
}
