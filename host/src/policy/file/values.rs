//! What values of a policy are made of: sizes, rates, times, names.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that can't be.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ValueError(String);

pub(in crate::policy) fn wrong<T>(message: impl Into<String>) -> Result<T, ValueError> {
    Err(ValueError(message.into()))
}

/// Makes a type, which is parsed and displayed, one that is written as text in a policy.
macro_rules! written {
    ($type:ty, $pattern:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::policy::file::values::parsed(from)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

pub(in crate::policy) use written;

/// Parses a text. It is done where the text is read, so that an error has its place.
pub(in crate::policy) fn parsed<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: FromStr<Err: fmt::Display>,
    D: Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    from.deserialize_str(Text(PhantomData))
}

/// What a plugin is called, by its operator: it owns what it makes under this name. Lowercase letters, digits and `-`, at
/// most 32, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(String);

written!(PluginName, "^[a-z][a-z0-9-]{0,31}$");

impl PluginName {
    /// The longest name.
    const MAX: usize = 32;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that is nearest to a text, such as the name of the plugin's file.
    pub fn near(text: &str) -> Self {
        let mut name: String = text
            .to_ascii_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .skip_while(|c| !c.is_ascii_lowercase())
            .take(Self::MAX)
            .collect();
        name.truncate(name.trim_end_matches('-').len());
        if name.is_empty() {
            name.push_str("plugin");
        }
        Self(name)
    }
}

impl FromStr for PluginName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && text.len() <= Self::MAX && text.chars().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            wrong(
                "a plugin's name is of lowercase letters, digits and `-`, at most 32, a letter first",
            )
        }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A version of the interface: `0.1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceVersion(pub u32, pub u32, pub u32);

written!(InterfaceVersion, "^[0-9]+\\.[0-9]+\\.[0-9]+$");

impl FromStr for InterfaceVersion {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let numbers: Result<Vec<_>, _> = text.split('.').map(str::parse).collect();
        match numbers.as_deref() {
            Ok([major, minor, patch]) => Ok(Self(*major, *minor, *patch)),
            _ => wrong(format!(
                "`{text}` is no version of the interface; a version looks like 0.1.0"
            )),
        }
    }
}

impl fmt::Display for InterfaceVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The digest of a file: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 32]);

written!(Digest, "^sha256:[0-9a-f]{64}$");

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest as _, Sha256};
        Self(Sha256::digest(bytes).into())
    }
}

impl FromStr for Digest {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let digits = text.strip_prefix("sha256:").unwrap_or_default().as_bytes();
        let mut digest = [0; 32];
        if digits.len() != 2 * digest.len() {
            return wrong("a digest is `sha256:` and 64 hexadecimal digits");
        }
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok();
            let Some(value) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) else {
                return wrong("a digest is `sha256:` and 64 hexadecimal digits");
            };
            *byte = value;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A number of bytes: `512MiB`, `2GiB`, `64KiB`, `100MB`; a bare number, and `B`, are bytes. Docker's `512m` means MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"512MiB\", or a number of bytes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size(bytes))
            }

            fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
                self.visit_str(&bytes.to_string())
            }
        }

        from.deserialize_any(Text)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "integer"],
            "pattern": "^[0-9]+ ?(B|[kKmMgGtT]|[KMGT]iB|[kKMGT]B)?$",
            "minimum": 0,
        })
    }
}

const UNITS: [(&[&str], u64); 9] = [
    (&["", "b"], 1),
    (&["kb"], 1_000),
    (&["mb"], 1_000_000),
    (&["gb"], 1_000_000_000),
    (&["tb"], 1_000_000_000_000),
    (&["k", "kib"], 1 << 10),
    (&["m", "mib"], 1 << 20),
    (&["g", "gib"], 1 << 30),
    (&["t", "tib"], 1 << 40),
];

impl Size {
    /// The same as a length in memory.
    pub fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = unit.trim().to_ascii_lowercase();
        let factor = UNITS
            .iter()
            .find(|(names, _)| names.contains(&unit.as_str()));
        let bytes = number
            .parse::<u64>()
            .ok()
            .zip(factor)
            .and_then(|(number, (_, factor))| number.checked_mul(*factor));
        match bytes {
            Some(bytes) => Ok(Self(bytes)),
            None => wrong(format!(
                "`{text}` is no size; one looks like 512MiB or 2GiB"
            )),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
        let whole = |factor: u64| self.0 > 0 && self.0.is_multiple_of(factor);
        match units.into_iter().find(|(_, factor)| whole(*factor)) {
            Some((unit, factor)) => write!(f, "{}{unit}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

/// A number of processors: `0.5`, `2`. It is held in billionths, as engines count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpus(pub u64);

/// What engines count processors in.
const BILLION: u64 = 1_000_000_000;

impl Cpus {
    /// More than any machine has.
    const MAX: f64 = 1_000_000.0;

    /// So many, in billionths.
    fn of(number: f64) -> Result<Self, ValueError> {
        let billionths = (number * BILLION as f64).round();
        // What isn't a number is in no range.
        if (0.0..=Self::MAX).contains(&number) && billionths >= 1.0 {
            Ok(Self(billionths as u64))
        } else {
            wrong(format!(
                "`{number}` is no number of processors; one looks like 0.5 or 2"
            ))
        }
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0 as f64 / BILLION as f64)
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.is_multiple_of(BILLION) {
            true => to.serialize_u64(self.0 / BILLION),
            false => to.serialize_f64(self.0 as f64 / BILLION as f64),
        }
    }
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Cpus;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of processors such as 0.5 or 2")
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Cpus, E> {
                Cpus::of(number).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Cpus, E> {
                self.visit_f64(number as f64)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Cpus, E> {
                self.visit_f64(number as f64)
            }
        }

        from.deserialize_any(Number)
    }
}

impl JsonSchema for Cpus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cpus".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": Self::MAX })
    }
}

/// How often something may be: `20/s`, `600/m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how much time.
    pub per: Duration,
}

written!(Rate, "^[1-9][0-9]*/(s|m|h)$");

impl FromStr for Rate {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (count, unit) = text.split_once('/').unwrap_or_default();
        let per = match unit {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        match (count.parse(), per) {
            (Ok(count), Some(seconds)) if count > 0 => Ok(Self {
                count,
                per: Duration::from_secs(seconds),
            }),
            _ => wrong(format!("`{text}` is no rate; one looks like 20/s or 600/m")),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

/// A length of time: `20m`, `90s`, `1h 30m`, `500ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

written!(Time, "^[0-9].*$");

impl FromStr for Time {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let time = text.parse::<SignedDuration>().ok();
        match time.and_then(|time| Duration::try_from(time).ok()) {
            Some(time) if !time.is_zero() => Ok(Self(time)),
            _ => wrong(format!(
                "`{text}` is no length of time; one looks like 20m, 90s or 500ms"
            )),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(time) => write!(f, "{time:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same<T: FromStr + fmt::Display>(text: &str) -> String {
        text.parse::<T>()
            .unwrap_or_else(|_| panic!("{text}"))
            .to_string()
    }

    #[test]
    fn a_value_is_written_as_it_is_read() {
        for text in ["512MiB", "1GiB", "3KiB", "1B", "0B"] {
            assert_eq!(same::<Size>(text), text);
        }
        for text in ["20/s", "600/m", "1/h"] {
            assert_eq!(same::<Rate>(text), text);
        }
        for text in ["20m", "1m 30s", "500ms", "24h"] {
            assert_eq!(same::<Time>(text), text);
        }
        let digest = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(same::<Digest>(&digest), digest);
    }

    #[test]
    fn sizes_are_dockers_and_everybody_elses() {
        for (text, bytes) in [
            ("128m", 128 << 20),
            ("2g", 2 << 30),
            ("64k", 64 << 10),
            ("1MB", 1_000_000),
            ("7", 7),
            ("1 GiB", 1 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for wrong in [
            "",
            "MiB",
            "-1",
            "1.5GiB",
            "1XiB",
            "99999999999999999999",
            "99999999TiB",
        ] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn processors_are_counted_in_billionths() {
        let cpus = |number: f64| Cpus::of(number).map(|cpus| cpus.0).ok();
        assert_eq!(cpus(0.5), Some(500_000_000));
        assert_eq!(cpus(0.1), Some(100_000_000));
        assert_eq!(cpus(16.0), Some(16_000_000_000));
        for wrong in [0.0, -1.0, 1e-12, 1e9, f64::NAN, f64::INFINITY] {
            assert_eq!(cpus(wrong), None, "{wrong}");
        }
        assert_eq!(Cpus(1_500_000_000).to_string(), "1.5");
        assert_eq!(Cpus(2_000_000_000).to_string(), "2");
    }

    #[test]
    fn impossible_rates_times_and_digests_are_refused() {
        for wrong in ["", "20", "0/s", "-1/s", "20/d", "/s", "99999999999/s"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        for wrong in ["", "0s", "-1s", "ten", "5"] {
            assert!(wrong.parse::<Time>().is_err(), "{wrong}");
        }
        for wrong in [
            "",
            "sha256:",
            "sha256:zz",
            &"ab".repeat(32),
            &format!("sha256:{}é", "a".repeat(62)),
        ] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_plugins_name_is_plain() {
        for good in ["a", "monitor", "ci-build-2", &"x".repeat(32)] {
            assert!(good.parse::<PluginName>().is_ok(), "{good}");
        }
        for wrong in [
            "",
            "Monitor",
            "-a",
            "2a",
            "a_b",
            "a.b",
            "é",
            &"x".repeat(33),
        ] {
            assert!(wrong.parse::<PluginName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_files_name_gives_a_plugins_name() {
        for (text, name) in [
            ("container_logs", "container-logs"),
            ("My.Plugin", "my-plugin"),
            ("123", "plugin"),
            ("--x--", "x"),
            ("", "plugin"),
            (&"é".repeat(40), "plugin"),
        ] {
            let near = PluginName::near(text);
            assert_eq!(near.as_str(), name, "{text}");
            assert!(near.as_str().parse::<PluginName>().is_ok());
        }
    }
}
