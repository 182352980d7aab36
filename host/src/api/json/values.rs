//! Texts, numbers, lists and maps, in the forms that engines give them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::value::RawValue;

use super::record::{Fields, KeySeed};
use super::{Json, Odd, Strict};
use crate::api::Timestamp;

macro_rules! scalars {
    ($($scalar:ty),*) => {
        $(impl Json for $scalar {
            fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
                Option::deserialize(json).map(Option::unwrap_or_default)
            }
        })*
    };
}

scalars!(bool, u8, u16, u32, u64, i64);

impl<T: Json> Json for Option<T> {
    const OPTIONAL: bool = true;

    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let value = Option::<Strict<T>>::deserialize(json)?;
        Ok(value.map(|Strict(value)| value))
    }
}

impl<T: Json> Json for Vec<T> {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        // Most have one, and none is a little larger than what it would have room for else.
        json.deserialize_option(ListVisitor::with_room(1))
    }

    fn tolerant(text: &str, path: &str, odd: &mut Odd) -> Option<Self> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) else {
            odd.found(path, text, Self::OPTIONAL);
            return None;
        };
        let items = items.into_iter().enumerate();
        let read =
            |(at, item): (usize, &RawValue)| T::tolerant(item.get(), &format!("{path}.{at}"), odd);
        Some(items.filter_map(read).collect())
    }
}

/// Reads a list, with room for some as soon as there is one.
pub(super) struct ListVisitor<T> {
    room: usize,
    item: PhantomData<T>,
}

impl<T> ListVisitor<T> {
    pub(super) fn with_room(room: usize) -> Self {
        let item = PhantomData;
        Self { room, item }
    }
}

impl<'de, T: Json> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<Vec<T>, D::Error> {
        json.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while seq.next_element_seed(Push(&mut list, self.room))?.is_some() {}
        Ok(list)
    }
}

/// Reads an item to its place in the list: the larger ones are rows, and there are many.
struct Push<'a, T>(&'a mut Vec<T>, usize);

impl<'de, T: Json> DeserializeSeed<'de> for Push<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        let Self(list, room) = self;
        if list.is_empty() {
            list.reserve_exact(room);
        }
        list.push_mut(T::default()).strict_into(json)
    }
}

/// What a key of a map can be.
pub(in crate::api) trait Key: Sized {
    /// Reads a key; none if it can't be one.
    fn of(text: &str) -> Option<Self>;
}

impl Key for String {
    fn of(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// A map, in the engine's order.
pub(in crate::api) struct Map<K, V>(pub(in crate::api) Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Key, V: Json> Json for Map<K, V> {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_option(MapVisitor(PhantomData))
    }

    fn tolerant(text: &str, path: &str, odd: &mut Odd) -> Option<Self> {
        let Ok(Fields(fields)) = serde_json::from_str(text) else {
            odd.found(path, text, Self::OPTIONAL);
            return None;
        };
        let mut map = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let path = format!("{path}.{name}");
            match K::of(&name) {
                Some(key) => map.extend(V::tolerant(value.get(), &path, odd).map(|v| (key, v))),
                None => odd.found(&path, value.get(), Self::OPTIONAL),
            }
        }
        Some(Self(map))
    }
}

struct MapVisitor<K, V>(PhantomData<(K, V)>);

/// Entries of a map that are larger come alone, mostly, and smaller ones, such as labels, in numbers.
const LARGE: usize = 64;

impl<'de, K: Key, V: Json> Visitor<'de> for MapVisitor<K, V> {
    type Value = Map<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Map::default())
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Map::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key_seed(KeySeed)? {
            let key = K::of(&name).ok_or_else(|| A::Error::custom("an odd key"))?;
            let Strict(value) = map.next_value()?;
            if entries.is_empty() {
                entries.reserve_exact(if size_of::<(K, V)>() > LARGE { 1 } else { 8 });
            }
            entries.push((key, value));
        }
        Ok(Map(entries))
    }
}

/// A value that may be absent, and fails if it is there and odd.
pub(in crate::api) struct Nullable<T>(pub(in crate::api) Option<T>);

impl<T> Default for Nullable<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Json> Json for Nullable<T> {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Option::strict(json).map(Self)
    }

    fn tolerant(text: &str, path: &str, odd: &mut Odd) -> Option<Self> {
        T::tolerant(text, path, odd).map(|value| Self(Some(value)))
    }
}

/// A value of the engine's that is a text of a certain kind.
pub(in crate::api) trait Text: Default {
    /// Whether one that can't be read is as good as none.
    const OPTIONAL: bool = false;

    /// Reads it; none if it can't be one.
    fn of(text: &str) -> Option<Self>;
}

/// Makes a [`Text`] what engines write. (Not for all at once: a text is no object.)
macro_rules! texts {
    ($($text:ty),* $(,)?) => {
        $(impl $crate::api::json::Json for $text {
            const OPTIONAL: bool = <Self as $crate::api::json::Text>::OPTIONAL;

            fn strict<'de, D: ::serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
                // Any, so that what it is, is looked at once: most of an answer are texts.
                json.deserialize_any($crate::api::json::TextVisitor::default())
            }
        })*
    };
}

pub(in crate::api) use texts;

/// Reads a [`Text`].
pub(in crate::api) struct TextVisitor<T>(PhantomData<T>);

impl<T> Default for TextVisitor<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T: Text> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::of(text).ok_or_else(|| E::custom("an odd text"))
    }
}

impl Text for String {
    fn of(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

/// A text that is none if it is empty.
#[derive(Default)]
pub(in crate::api) struct Blank(pub(in crate::api) Option<String>);

impl Text for Blank {
    const OPTIONAL: bool = true;

    fn of(text: &str) -> Option<Self> {
        Some(Self((!text.is_empty()).then(|| text.to_owned())))
    }
}

/// A moment in RFC 3339; none where the engine writes that of year 1, or nothing.
#[derive(Default)]
pub(in crate::api) struct Moment(pub(in crate::api) Option<Timestamp>);

impl Text for Moment {
    const OPTIONAL: bool = true;

    fn of(text: &str) -> Option<Self> {
        match text.is_empty() || text.starts_with("0001-") {
            true => Some(Self(None)),
            false => Timestamp::parse(text).map(|moment| Self(Some(moment))),
        }
    }
}

texts!(String, Blank, Moment);

/// A moment in seconds, or in RFC 3339.
#[derive(Default)]
pub(in crate::api) struct Created(pub(in crate::api) Timestamp);

impl Json for Created {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct CreatedVisitor;

        impl Visitor<'_> for CreatedVisitor {
            type Value = Created;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a moment")
            }

            fn visit_unit<E>(self) -> Result<Created, E> {
                Ok(Created::default())
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<Created, E> {
                let nanoseconds = 0;
                Ok(Created(Timestamp {
                    seconds,
                    nanoseconds,
                }))
            }

            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Created, E> {
                self.visit_i64(i64::try_from(seconds).map_err(E::custom)?)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Created, E> {
                let moment = Moment::of(text).ok_or_else(|| E::custom("an odd moment"))?;
                Ok(Created(moment.0.unwrap_or_default()))
            }
        }

        json.deserialize_any(CreatedVisitor)
    }
}

/// Texts, of which a single one may stand for itself; none where engines write `null` or nothing.
#[derive(Default)]
pub(in crate::api) struct OneOrMore(pub(in crate::api) Option<Vec<String>>);

impl Json for OneOrMore {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct OneOrMoreVisitor;

        impl<'de> Visitor<'de> for OneOrMoreVisitor {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_unit<E>(self) -> Result<OneOrMore, E> {
                Ok(OneOrMore(None))
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
                let texts = match text.is_empty() {
                    true => None,
                    false => Some(vec![text.to_owned()]),
                };
                Ok(OneOrMore(texts))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OneOrMore, A::Error> {
                let texts: Vec<String> = ListVisitor::with_room(1).visit_seq(seq)?;
                Ok(OneOrMore((!texts.is_empty()).then_some(texts)))
            }
        }

        json.deserialize_any(OneOrMoreVisitor)
    }
}

/// A value as JSON.
#[derive(Default)]
pub(in crate::api) struct RawText(pub(in crate::api) String);

impl Json for RawText {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(json).map(|raw| Self(raw.get().to_owned()))
    }
}

/// A value that says nothing.
#[derive(Default)]
pub(in crate::api) struct Skipped;

impl Json for Skipped {
    fn strict<'de, D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(json).map(|_| Self)
    }
}
