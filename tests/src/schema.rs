//! Holds JSON against a schema, as far as schemas that are made from Rust types go; what isn't known of one is a failure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Keys of a schema that demand nothing.
const TELLING: [&str; 8] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "format",
    "unevaluatedProperties",
    "additionalProperties",
    "minimum",
];

/// A schema.
pub struct Schema {
    root: Value,
}

impl Schema {
    /// A schema by its JSON.
    pub fn new(root: Value) -> Self {
        Self { root }
    }

    /// Holds a value against it: the reason why it doesn't fit, if it doesn't.
    ///
    /// # Errors
    ///
    /// Fails if the value doesn't fit, or if the schema asks for what isn't known here.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        self.fit(&self.root, value).map(drop)
    }

    /// The names of an object's fields that a schema knows.
    fn fit<'a>(&'a self, schema: &'a Value, value: &Value) -> Result<BTreeSet<&'a str>, String> {
        let Value::Object(keys) = schema else {
            return (schema == &Value::Bool(true))
                .then(BTreeSet::new)
                .ok_or_else(|| format!("{value} can't be"));
        };
        let mut known = BTreeSet::new();
        for (key, wanted) in keys {
            known.extend(self.demand(key, wanted, value)?);
        }
        let closed = ["unevaluatedProperties", "additionalProperties"];
        let is_closed = |key: &&str| keys.get(*key) == Some(&Value::Bool(false));
        if closed.iter().any(is_closed) {
            let fields = value.as_object().into_iter().flat_map(Map::keys);
            let mut unknown = fields.filter(|field| !known.contains(field.as_str()));
            if let Some(unknown) = unknown.next() {
                return Err(format!("there is no field {unknown}"));
            }
        }
        Ok(known)
    }

    fn demand<'a>(
        &'a self,
        key: &str,
        wanted: &'a Value,
        value: &Value,
    ) -> Result<BTreeSet<&'a str>, String> {
        let holds = match key {
            "$ref" => return self.fit(self.referred(wanted)?, value),
            "oneOf" | "anyOf" => return self.one_of(wanted, value),
            "properties" => return self.properties(wanted, value),
            "items" => {
                let items = value.as_array().into_iter().flatten();
                items
                    .map(|item| self.fit(wanted, item))
                    .collect::<Result<Vec<_>, _>>()?;
                true
            }
            "const" => value == wanted,
            "enum" => wanted
                .as_array()
                .is_some_and(|values| values.contains(value)),
            "type" => is_of(wanted, value),
            "maximum" => value.as_f64() <= wanted.as_f64(),
            "pattern" => matches(wanted.as_str().unwrap_or_default(), value)?,
            "required" => {
                let mut fields = wanted.as_array().into_iter().flatten();
                fields.all(|field| field.as_str().is_some_and(|f| value.get(f).is_some()))
            }
            _ if TELLING.contains(&key) => true,
            _ => return Err(format!("the schema asks for {key}, which isn't known here")),
        };
        if holds {
            Ok(BTreeSet::new())
        } else {
            Err(format!("{value} isn't {key} {wanted}"))
        }
    }

    fn referred(&self, place: &Value) -> Result<&Value, String> {
        let place = place.as_str().unwrap_or_default();
        let pointer = place.strip_prefix('#');
        pointer
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| format!("there is no {place}"))
    }

    fn one_of<'a>(
        &'a self,
        schemas: &'a Value,
        value: &Value,
    ) -> Result<BTreeSet<&'a str>, String> {
        let schemas = schemas.as_array().into_iter().flatten();
        let (fits, fails): (Vec<_>, Vec<_>) = schemas
            .map(|schema| self.fit(schema, value))
            .partition(Result::is_ok);
        match fits.len() {
            1 => fits
                .into_iter()
                .next()
                .unwrap_or_else(|| Ok(BTreeSet::new())),
            0 => Err(format!("none fits: {fails:?}")),
            _ => Err(format!("several fit {value}")),
        }
    }

    fn properties<'a>(
        &'a self,
        properties: &'a Value,
        value: &Value,
    ) -> Result<BTreeSet<&'a str>, String> {
        let mut known = BTreeSet::new();
        for (name, schema) in properties.as_object().into_iter().flatten() {
            known.insert(name.as_str());
            if let Some(value) = value.get(name) {
                self.fit(schema, value)
                    .map_err(|why| format!("{name}: {why}"))?;
            }
        }
        Ok(known)
    }
}

fn is_of(types: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("null") => value.is_null(),
        _ => false,
    };
    match types {
        Value::Array(types) => types.iter().any(is),
        name => is(name),
    }
}

/// The patterns that are known: a prefix, characters of which each is one of a class, and how many.
fn matches(pattern: &str, value: &Value) -> Result<bool, String> {
    let text = value.as_str().unwrap_or_default();
    let hexadecimal = |text: &str, digits| {
        text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    match pattern {
        "^[0-9a-f]{16}$" => Ok(hexadecimal(text, 16)),
        "^sha256:[0-9a-f]{64}$" => Ok(text
            .strip_prefix("sha256:")
            .is_some_and(|digits| hexadecimal(digits, 64))),
        "^[a-z][a-z0-9-]{0,31}$" => Ok(text.len() <= 32
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))),
        _ => Err(format!("the pattern {pattern} isn't known here")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_does_not_fit_is_told() {
        let schema = Schema::new(json!({
            "type": "object",
            "properties": { "a": { "type": "integer", "maximum": 255 } },
            "required": ["a"],
            "unevaluatedProperties": false,
            "oneOf": [{ "$ref": "#/$defs/b" }, { "properties": { "event": { "const": "c" } }, "required": ["event"] }],
            "$defs": { "b": { "properties": { "event": { "const": "b" }, "d": { "enum": ["e"] } }, "required": ["event"] } },
        }));
        for good in [
            json!({ "a": 1, "event": "b", "d": "e" }),
            json!({ "a": 1, "event": "c" }),
        ] {
            assert_eq!(schema.check(&good), Ok(()));
        }
        for bad in [
            json!(1),
            json!({ "event": "b" }),
            json!({ "a": "1", "event": "b" }),
            json!({ "a": 256, "event": "b" }),
            json!({ "a": 1, "event": "d" }),
            json!({ "a": 1, "event": "b", "d": "f" }),
            json!({ "a": 1, "event": "c", "d": "e" }),
            json!({ "a": 1, "event": "c", "x": null }),
        ] {
            assert!(schema.check(&bad).is_err(), "{bad}");
        }
        let list = Schema::new(json!({
            "type": ["array", "null"],
            "items": { "properties": { "a": { "type": "boolean" } }, "additionalProperties": false },
        }));
        for good in [json!([]), json!([{ "a": true }]), json!(null)] {
            assert_eq!(list.check(&good), Ok(()));
        }
        for bad in [json!({}), json!([{ "a": 1 }]), json!([{ "b": true }])] {
            assert!(list.check(&bad).is_err(), "{bad}");
        }
        assert!(
            Schema::new(json!({ "unheard": 1 }))
                .check(&json!(1))
                .is_err()
        );
    }
}
