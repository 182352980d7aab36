//! Reading what engines write.
//!
//! A value is read in one strict pass, straight into its type: that is what happens nearly
//! always. `null` is the default of everything. If something has an unexpected type, the value
//! is read a second time, field by field, and what can't be read is set aside as it is.

mod record;
mod snapshot;
mod values;
mod weight;

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::{Error, Result};

pub(super) use self::record::{Record, Source};
pub(super) use self::snapshot::{Group, Snapshot, text};
use self::values::ListVisitor;
pub(super) use self::values::{
    Blank, Created, Key, Map, Moment, Nullable, OneOrMore, RawText, Skipped, Text, TextVisitor,
    texts,
};
use self::weight::weigh_within;
pub(super) use self::weight::{weigh, weigh_list};

/// Names, and values as JSON: what an answer holds beyond a type.
pub(super) type More = Vec<(String, String)>;

/// A type that engines write.
pub(super) trait Json: Default {
    /// Whether one that can't be read is as good as none.
    const OPTIONAL: bool = false;

    /// Reads it if it is as it should be.
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error>;

    /// As [`strict`](Self::strict), to where it belongs, which holds the default.
    fn strict_into<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        *self = Self::strict(json)?;
        Ok(())
    }

    /// Reads as much of it as can be read, and sets the rest aside; none if that is all.
    fn tolerant(text: &str, path: &str, odd: &mut Odd) -> Option<Self> {
        match from_text(text) {
            Ok(value) => Some(value),
            Err(_) => {
                odd.found(path, text, Self::OPTIONAL);
                None
            }
        }
    }
}

/// What was set aside.
#[derive(Default)]
pub(super) struct Odd {
    found: More,
    /// The first that can't be done without.
    needed: Option<String>,
}

impl Odd {
    fn found(&mut self, path: &str, text: &str, optional: bool) {
        if !optional {
            self.needed.get_or_insert_with(|| path.to_owned());
        }
        self.found.push((path.to_owned(), text.to_owned()));
    }

    /// Fails if something was set aside that isn't optional.
    fn check(self) -> Result<()> {
        match self.needed {
            None => Ok(()),
            Some(path) => Err(Error::protocol(format!(
                "{path} of the engine's answer is odd"
            ))),
        }
    }
}

/// A [`Json`] as serde has it.
struct Strict<T>(T);

impl<'de, T: Json> Deserialize<'de> for Strict<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        T::strict(json).map(Self)
    }
}

fn from_text<T: Json>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).map(|Strict(value)| value)
}

/// What is one of many, and keeps what its type has no place for.
pub(super) trait Row: Record {
    /// Where that is kept.
    fn more(&mut self) -> &mut More;
}

/// Reads a list. No row is lost: of one that can't be read, all is in its `more`.
///
/// Fails with `Protocol` if something in there is nested too deep.
pub(super) fn rows<T: Row>(bytes: &[u8]) -> Result<Vec<T>> {
    let text = lossy(bytes);
    let mut rows: Vec<T> = match strict_rows(&text) {
        Ok(rows) => rows,
        Err(_) => {
            let rows: Option<Vec<&RawValue>> = serde_json::from_str(&text).map_err(unreadable)?;
            let rows = rows.unwrap_or_default().into_iter();
            rows.map(|row| tolerant_row(row.get())).collect()
        }
    };
    for (_, kept) in rows.iter_mut().flat_map(Row::more) {
        // In a list, and in a row of it.
        weigh_within(kept.as_bytes(), 2)?;
    }
    Ok(rows)
}

fn strict_rows<T: Row>(text: &str) -> serde_json::Result<Vec<T>> {
    /// Few rows are shorter, in bytes. Room that isn't needed is never touched.
    const ROW: usize = 640;
    let mut json = serde_json::Deserializer::from_str(text);
    let rows = json.deserialize_option(ListVisitor::with_room(text.len() / ROW + 1))?;
    json.end()?;
    Ok(rows)
}

/// Reads a single value of those that keep what their type has no place for.
pub(super) fn row<T: Row>(bytes: &[u8]) -> Result<T> {
    let text = lossy(bytes);
    match from_text(&text) {
        Ok(row) => Ok(row),
        Err(_) => {
            let row: &RawValue = serde_json::from_str(&text).map_err(unreadable)?;
            match row.get().starts_with('{') {
                true => Ok(tolerant_row(row.get())),
                false => Err(Error::protocol("the engine's answer is no JSON object")),
            }
        }
    }
}

fn tolerant_row<T: Row>(text: &str) -> T {
    if let Ok(row) = from_text(text) {
        return row;
    }
    let mut odd = Odd::default();
    let mut row = T::tolerant(text, "", &mut odd).unwrap_or_default();
    row.more().append(&mut odd.found);
    row
}

/// Reads a value that is small and has no odd forms.
pub(super) fn value<T: Json>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map(|Strict(value)| value)
        .map_err(unreadable)
}

/// Checked in one go, which is faster than string by string. What is no text in it is replaced.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn unreadable(error: serde_json::Error) -> Error {
    Error::protocol(format!("the engine's answer can't be read: {error}"))
}
