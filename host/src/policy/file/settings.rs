//! Keys that are set besides the file, one by one: `create.images=any`.

use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

use super::PolicyError;
use super::values::{ValueError, wrong};

/// How many parts a key has at most. No key of a policy has as many.
const MAX_DEPTH: usize = 8;

/// A key of the policy and its value: `create.images=any`, `create.ports={ip="127.0.0.1",range="8000-8010"}`. The value is as in
/// the file, or, where that isn't TOML, a bare text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    path: Vec<String>,
    value: String,
}

impl Setting {
    /// The key, with dots: `create.images`.
    pub fn key(&self) -> String {
        self.path.join(".")
    }

    /// Puts the value in its place, whatever stands there. What is set has the place `at`.
    pub(super) fn put<'t>(&'t self, table: &mut DeTable<'t>, at: usize) -> Result<(), PolicyError> {
        let value = self.parse(at)?;
        let Some((key, parents)) = self.path.split_last() else {
            return Ok(());
        };
        let spanned = |key: &'t str| Spanned::new(at..at, DeString::from(key));
        let mut table = table;
        for parent in parents {
            let empty = || Spanned::new(at..at, DeValue::Table(DeTable::new()));
            let entry = table.entry(spanned(parent)).or_insert_with(empty);
            if !matches!(entry.get_ref(), DeValue::Table(_)) {
                *entry = empty();
            }
            let DeValue::Table(inner) = entry.get_mut() else {
                return Ok(());
            };
            table = inner;
        }
        table.remove(key.as_str());
        table.insert(spanned(key), value);
        Ok(())
    }

    fn parse(&self, at: usize) -> Result<Spanned<DeValue<'_>>, PolicyError> {
        match DeValue::parse(&self.value) {
            Ok(value) => Ok(placed(value, at)),
            // What begins so was meant to be TOML.
            Err(error) if self.value.starts_with(['{', '[', '"', '\'']) => {
                Err(PolicyError::new(error.message().trim_end().replace('\n', "; ")).set_by(self))
            }
            Err(_) => Ok(Spanned::new(
                at..at,
                DeValue::String(self.value.as_str().into()),
            )),
        }
    }
}

impl FromStr for Setting {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let Some((key, value)) = text.split_once('=') else {
            return wrong("write KEY=VALUE, such as create.images=any or limits.time=20m");
        };
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let path = key.trim().split('.');
        let mut parts = path.clone();
        let possible = parts.all(|part| !part.is_empty() && part.chars().all(good));
        if !possible || path.clone().count() > MAX_DEPTH {
            return wrong(format!(
                "`{key}` is no key; one looks like create.images or limits.time"
            ));
        }
        Ok(Self {
            path: path.map(str::to_owned).collect(),
            value: value.trim().to_owned(),
        })
    }
}

/// The same value, all of it in this place.
fn placed(value: Spanned<DeValue<'_>>, at: usize) -> Spanned<DeValue<'_>> {
    let value = match value.into_inner() {
        DeValue::Array(items) => {
            let items: DeArray<'_> = items.into_iter().map(|item| placed(item, at)).collect();
            DeValue::Array(items)
        }
        DeValue::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| {
                let key = Spanned::new(at..at, key.into_inner());
                (key, placed(value, at))
            });
            DeValue::Table(entries.collect())
        }
        value => value,
    };
    Spanned::new(at..at, value)
}
