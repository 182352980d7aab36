//! JSON objects.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Json, More, Odd, Strict, from_text};

/// A type that engines write as an object.
pub(in crate::api) trait Record: Default {
    /// Takes a field's value, or skips it.
    fn field<S: Source>(&mut self, key: &str, value: S) -> Result<(), S::Error>;

    /// What is done when all fields are there.
    fn complete(&mut self) {}
}

/// A field's value, to be read once.
pub(in crate::api) trait Source: Sized {
    type Error;

    /// Reads it.
    fn get<T: Json>(self) -> Result<T, Self::Error>;

    /// Reads it to where it belongs.
    fn put<T: Json>(self, into: &mut T) -> Result<(), Self::Error> {
        *into = self.get()?;
        Ok(())
    }

    /// Keeps it as it is; `null` says nothing, and isn't kept.
    fn keep(self, key: &str, more: &mut More) -> Result<(), Self::Error>;

    /// Leaves it.
    fn skip(self) -> Result<(), Self::Error>;
}

impl<T: Record> Json for T {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let mut record = Self::default();
        record.strict_into(json)?;
        Ok(record)
    }

    fn strict_into<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        json.deserialize_option(RecordVisitor(self))
    }

    fn tolerant(text: &str, path: &str, odd: &mut Odd) -> Option<Self> {
        let Ok(fields) = serde_json::from_str::<Fields<'_>>(text) else {
            odd.found(path, text, Self::OPTIONAL);
            return None;
        };
        let mut record = Self::default();
        for (key, value) in fields.0 {
            let path = match path.is_empty() {
                true => key.clone().into_owned(),
                false => format!("{path}.{key}"),
            };
            let value = Raw {
                text: value.get(),
                path: &path,
                odd,
            };
            let Ok(()) = record.field(&key, value);
        }
        record.complete();
        Some(record)
    }
}

struct RecordVisitor<'a, T>(&'a mut T);

impl<'de, T: Record> Visitor<'de> for RecordVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(KeySeed)? {
            self.0.field(&key, Next(&mut map, PhantomData))?;
        }
        self.0.complete();
        Ok(())
    }
}

/// The value that comes next in the strict pass.
struct Next<'a, 'de, A>(&'a mut A, PhantomData<&'de ()>);

impl<'de, A: MapAccess<'de>> Source for Next<'_, 'de, A> {
    type Error = A::Error;

    fn get<T: Json>(self) -> Result<T, A::Error> {
        self.0.next_value().map(|Strict(value)| value)
    }

    fn keep(self, key: &str, more: &mut More) -> Result<(), A::Error> {
        let value: &'de RawValue = self.0.next_value()?;
        keep(key, value.get(), more);
        Ok(())
    }

    fn skip(self) -> Result<(), A::Error> {
        self.0.next_value::<IgnoredAny>().map(|_| ())
    }
}

fn keep(key: &str, text: &str, more: &mut More) {
    if text != "null" {
        more.push((key.to_owned(), text.to_owned()));
    }
}

/// A value that was cut out, in the tolerant pass.
pub(super) struct Raw<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a str,
    pub(super) odd: &'a mut Odd,
}

impl Source for Raw<'_> {
    type Error = Infallible;

    fn get<T: Json>(self) -> Result<T, Infallible> {
        let value = match from_text(self.text) {
            Ok(value) => value,
            Err(_) => T::tolerant(self.text, self.path, self.odd).unwrap_or_default(),
        };
        Ok(value)
    }

    fn keep(self, key: &str, more: &mut More) -> Result<(), Infallible> {
        keep(key, self.text, more);
        Ok(())
    }

    fn skip(self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// An object's fields, uncopied and unread.
pub(super) struct Fields<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(32);
                while let Some(key) = map.next_key_seed(KeySeed)? {
                    fields.push((key, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        json.deserialize_map(FieldsVisitor)
    }
}

/// A key, borrowed unless there are escapes in it.
pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
