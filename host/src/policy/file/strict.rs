//! Finds keys that a policy doesn't have, and the nearest that it has.

use schemars::Schema;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key that there isn't.
pub(super) struct Unknown {
    /// Where it stands in the text.
    pub(super) at: usize,
    /// Its path: `limits.call`.
    pub(super) path: String,
    /// The path of the nearest key, and all keys that could stand there.
    pub(super) nearest: Option<String>,
    pub(super) known: Vec<String>,
}

/// The first key of a table that the schema doesn't have.
pub(super) fn unknown(schema: &Schema, table: &DeTable<'_>) -> Option<Unknown> {
    let root = schema.as_value();
    Walk { root }.table(root, table, "")
}

struct Walk<'a> {
    root: &'a Value,
}

impl<'a> Walk<'a> {
    fn table(&self, schema: &'a Value, table: &DeTable<'_>, path: &str) -> Option<Unknown> {
        let forms = self.forms(schema);
        // What is no table by the schema is a wrong type, which the reading tells.
        if forms
            .iter()
            .all(|form| properties(form).is_none() && rest(form).is_none())
        {
            return None;
        }
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries.into_iter().find_map(|(key, value)| {
            let path = join(path, key.get_ref());
            match forms.iter().find_map(|form| member(form, key.get_ref())) {
                Some(schema) => self.value(schema, value, &path),
                None => Some(unknown_key(&forms, key.span().start, path)),
            }
        })
    }

    fn value(
        &self,
        schema: &'a Value,
        value: &Spanned<DeValue<'_>>,
        path: &str,
    ) -> Option<Unknown> {
        match value.get_ref() {
            DeValue::Table(table) => self.table(schema, table, path),
            DeValue::Array(items) => {
                let of_items = self
                    .forms(schema)
                    .into_iter()
                    .find_map(|form| form.get("items"))?;
                items
                    .iter()
                    .find_map(|item| self.value(of_items, item, path))
            }
            _ => None,
        }
    }

    /// The alternatives that a schema leaves, with references followed.
    fn forms(&self, schema: &'a Value) -> Vec<&'a Value> {
        let referenced = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.root.pointer(reference.trim_start_matches('#')));
        let alternatives = ["anyOf", "oneOf", "allOf"]
            .into_iter()
            .filter_map(|key| schema.get(key)?.as_array())
            .flatten();
        let mut forms = vec![schema];
        for form in referenced.into_iter().chain(alternatives) {
            forms.extend(self.forms(form));
        }
        forms
    }
}

fn properties(form: &Value) -> Option<&Map<String, Value>> {
    form.get("properties")?.as_object()
}

/// The schema of members with names of the operator's own.
fn rest(form: &Value) -> Option<&Value> {
    form.get("additionalProperties")
        .filter(|rest| rest.is_object())
}

fn member<'a>(form: &'a Value, key: &str) -> Option<&'a Value> {
    properties(form)
        .and_then(|known| known.get(key))
        .or_else(|| rest(form))
}

fn unknown_key(forms: &[&Value], at: usize, path: String) -> Unknown {
    let known: Vec<_> = forms
        .iter()
        .filter_map(|form| properties(form))
        .flat_map(|known| known.keys().cloned())
        .collect();
    let (parent, key) = path.rsplit_once('.').unwrap_or(("", &path));
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(name, key), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        // Below that, the two have hardly a letter in common.
        .filter(|(likeness, _)| *likeness > 0.6)
        .map(|(_, name)| join(parent, name));
    Unknown {
        at,
        nearest,
        known,
        path,
    }
}

fn join(parent: &str, key: &str) -> String {
    match parent {
        "" => key.to_owned(),
        _ => format!("{parent}.{key}"),
    }
}
