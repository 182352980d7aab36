//! The policy file: TOML, strict, read once and whole.

mod create;
mod error;
mod keys;
mod settings;
mod strict;
pub mod values;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

pub(super) use self::create::ValueSource;
pub use self::error::{Place, PolicyError};
pub(in crate::policy) use self::keys::{Credential, Dir, Keys, Wasi, Words};
pub use self::settings::Setting;
use super::{GrantError, Verb};

/// The most that a policy file has, in bytes: a hundred times what a long one has.
const MAX_FILE: u64 = 1 << 20;

/// Reads a file's text through one descriptor, so that what is hashed is what is used.
pub(super) fn read(path: &Path) -> Result<String, PolicyError> {
    let text = (|| {
        let mut text = String::new();
        File::open(path)?
            .take(MAX_FILE + 1)
            .read_to_string(&mut text)?;
        Ok(text)
    })();
    match text {
        Ok(text) if text.len() as u64 > MAX_FILE => Err(PolicyError::new(format!(
            "a policy has {MAX_FILE} bytes at most"
        ))),
        Ok(text) => Ok(text),
        Err(error) => Err(PolicyError::unreadable(&error)),
    }
    .map_err(|error| error.in_file(path))
}

/// What a policy is read from: a file's text, and what is set besides. Places go through all of it: those of the text come first,
/// then there is one for each setting.
pub(super) struct Texts {
    pub(super) file: String,
    pub(super) settings: Vec<Setting>,
}

impl Texts {
    /// The place of a setting.
    fn place_of(&self, setting: usize) -> usize {
        self.file.len() + 1 + setting
    }

    fn locate(&self, error: PolicyError, at: usize) -> PolicyError {
        let setting = at.checked_sub(self.place_of(0));
        match setting.and_then(|setting| self.settings.get(setting)) {
            Some(setting) => error.set_by(setting),
            None => error.at(&self.file, at),
        }
    }

    fn wrong(&self, error: &toml::de::Error) -> PolicyError {
        let message = error.message().trim_end().replace('\n', "; ");
        let told = PolicyError::new(message);
        match error.span() {
            Some(span) => self.locate(told, span.start),
            None => told,
        }
    }

    /// Reads the keys. Nothing is left out silently: an unknown key, a wrong type, an impossible value is an error.
    pub(super) fn parse(&self) -> Result<(Keys, Places<'_>), PolicyError> {
        let mut table = DeTable::parse(&self.file).map_err(|error| self.wrong(&error))?;
        for (index, setting) in self.settings.iter().enumerate() {
            setting.put(table.get_mut(), self.place_of(index))?;
        }
        if let Some(unknown) = strict::unknown(&schema(), table.get_ref()) {
            let at = unknown.at;
            return Err(self.locate(unknown_key(unknown), at));
        }
        let keys = Keys::deserialize(Deserializer::from(table.clone()));
        let keys = keys.map_err(|error| self.wrong(&error))?;
        let table = table.into_inner();
        Ok((keys, Places { texts: self, table }))
    }
}

/// Where keys and their values stand.
pub(super) struct Places<'t> {
    texts: &'t Texts,
    table: DeTable<'t>,
}

impl Places<'_> {
    /// An error at a key, or at what of its value it is about: a key or a text in it.
    pub(super) fn locate(&self, error: PolicyError, key: &str, item: Option<&str>) -> PolicyError {
        let Some(value) = self.value(key) else {
            return error;
        };
        let item = item.and_then(|item| find(value, item));
        let at = item.unwrap_or_else(|| value.span().start);
        self.texts.locate(error, at)
    }

    /// Whether a key is said.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn value(&self, key: &str) -> Option<&Spanned<DeValue<'_>>> {
        let mut parts = key.split('.');
        let mut value = self.table.get(parts.next()?)?;
        for part in parts {
            let DeValue::Table(table) = value.get_ref() else {
                return None;
            };
            value = table.get(part)?;
        }
        Some(value)
    }

    /// Reads words of `allow` or `deny`.
    pub(super) fn verbs(
        &self,
        words: &Words,
        of_word: impl Fn(&str) -> Result<Vec<Verb>, GrantError>,
    ) -> Result<Vec<Verb>, PolicyError> {
        let mut verbs = Vec::new();
        for word in words {
            let at = |error: GrantError| {
                let error = PolicyError::new(error.to_string());
                self.texts.locate(error, word.span().start)
            };
            verbs.extend(of_word(word.get_ref()).map_err(at)?);
        }
        Ok(verbs)
    }
}

/// Where a key or a text is in a value.
fn find(value: &Spanned<DeValue<'_>>, item: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::String(text) => (text == item).then(|| value.span().start),
        DeValue::Array(items) => items.iter().find_map(|value| find(value, item)),
        DeValue::Table(table) => {
            table
                .iter()
                .find_map(|(key, value)| match key.get_ref() == item {
                    true => Some(key.span().start),
                    false => find(value, item),
                })
        }
        _ => None,
    }
}

fn unknown_key(unknown: strict::Unknown) -> PolicyError {
    let hint = match unknown.nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("the keys here are {}", unknown.known.join(", ")),
    };
    PolicyError::new(format!("there is no key `{}`", unknown.path)).with_hint(Some(hint))
}

/// The JSON schema of a policy file, for editors and for documentation.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Keys)
}

#[cfg(test)]
mod tests;
