//! The policy file: TOML, strict, read once and whole.

mod error;
mod keys;
mod strict;
pub mod values;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

pub use self::error::{Place, PolicyError};
pub(super) use self::keys::{Dir, Keys, Wasi, Words};
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

/// Reads the keys. Nothing is left out silently: an unknown key, a wrong type, an impossible value is an error.
pub(super) fn parse(text: &str) -> Result<Keys, PolicyError> {
    let wrong = |error: toml::de::Error| {
        let message = error.message().trim_end().replace('\n', "; ");
        let told = PolicyError::new(message);
        match error.span() {
            Some(span) => told.at(text, span.start),
            None => told,
        }
    };
    let table = DeTable::parse(text).map_err(wrong)?;
    if let Some(unknown) = strict::unknown(&schema(), table.get_ref()) {
        return Err(unknown_key(unknown, text));
    }
    Keys::deserialize(Deserializer::from(table)).map_err(wrong)
}

/// Reads words of `allow` or `deny`.
pub(super) fn verbs(
    text: &str,
    words: &Words,
    of_word: impl Fn(&str) -> Result<Vec<Verb>, GrantError>,
) -> Result<Vec<Verb>, PolicyError> {
    let mut verbs = Vec::new();
    for word in words {
        let of_word = of_word(word.get_ref());
        let at =
            |error: GrantError| PolicyError::new(error.to_string()).at(text, word.span().start);
        verbs.extend(of_word.map_err(at)?);
    }
    Ok(verbs)
}

fn unknown_key(unknown: strict::Unknown, text: &str) -> PolicyError {
    let hint = match unknown.nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("the keys here are {}", unknown.known.join(", ")),
    };
    PolicyError::new(format!("there is no key `{}`", unknown.path))
        .with_hint(Some(hint))
        .at(text, unknown.at)
}

/// The JSON schema of a policy file, for editors and for documentation.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Keys)
}

#[cfg(test)]
mod tests;
