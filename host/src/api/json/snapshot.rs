//! Large answers that are read group by group.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;

use super::record::{Fields, Raw};
use super::{Odd, Record, unreadable};
use crate::api::error::{Error, Result};

/// An engine's answer as it came, and where its fields are.
#[derive(Debug)]
pub(in crate::api) struct Snapshot {
    text: String,
    fields: OnceLock<Result<Vec<Field>>>,
}

/// A group of an answer, read when it is asked for first. Boxed, as most never are, and an answer is handed from hand to hand.
pub(in crate::api) type Group<T> = OnceLock<Box<Result<T>>>;

#[derive(Debug)]
struct Field {
    key: Range<usize>,
    value: Range<usize>,
}

impl Snapshot {
    /// Takes an answer. Fails with `Protocol` if it isn't UTF-8.
    pub(in crate::api) fn new(bytes: Bytes) -> Result<Self> {
        Ok(Self {
            text: text(bytes)?,
            fields: OnceLock::new(),
        })
    }

    /// The engine's text.
    pub(in crate::api) fn text(&self) -> &str {
        &self.text
    }

    /// Reads a group of which `needed` can't be absent, once.
    ///
    /// Fails with `Protocol` if that is absent, or if something is odd that isn't optional.
    pub(in crate::api) fn read<'a, G: Record, T>(
        &self,
        group: &'a Group<T>,
        needed: &[&str],
        of: fn(G) -> T,
    ) -> Result<&'a T> {
        let group = group.get_or_init(|| Box::new(self.group(needed).map(of)));
        group.as_ref().as_ref().map_err(Error::clone)
    }

    fn group<T: Record>(&self, needed: &[&str]) -> Result<T> {
        let fields = self.fields.get_or_init(|| fields(&self.text));
        let fields = fields.as_ref().map_err(Error::clone)?;
        let fields = fields.iter().filter_map(|field| {
            let key = self.text.get(field.key.clone())?;
            Some((key, self.text.get(field.value.clone())?))
        });
        let mut missing = needed.to_vec();
        let mut group = T::default();
        let mut odd = Odd::default();
        for (path, text) in fields {
            if text != "null" {
                missing.retain(|key| *key != path);
            }
            let odd = &mut odd;
            let Ok(()) = group.field(path, Raw { text, path, odd });
        }
        group.complete();
        match missing.first() {
            Some(key) => Err(Error::protocol(format!("the engine's answer has no {key}"))),
            None => odd.check().map(|()| group),
        }
    }
}

/// An answer as text. Fails with `Protocol` if it isn't UTF-8.
pub(in crate::api) fn text(bytes: Bytes) -> Result<String> {
    String::from_utf8(Vec::from(bytes))
        .map_err(|_| Error::protocol("the engine's answer is not UTF-8"))
}

fn fields(text: &str) -> Result<Vec<Field>> {
    let Fields(fields) = serde_json::from_str(text).map_err(unreadable)?;
    let place = |part: &str| {
        let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        Some(start..start + part.len())
    };
    let fields = fields.iter().filter_map(|(key, value)| {
        // A key with escapes is none that a group knows.
        let Cow::Borrowed(key) = key else { return None };
        Some(Field {
            key: place(key)?,
            value: place(value.get())?,
        })
    });
    Ok(fields.collect())
}
