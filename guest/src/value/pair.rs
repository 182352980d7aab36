//! Environment variables and labels.

/// An environment variable of a new container: of `("NAME", "value")` or `"NAME=value"`; a bare `"NAME"` takes the
/// image's variable of that name away.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnvVar {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
}

impl EnvVar {
    /// The variable with a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
        }
    }

    /// Takes the image's variable of that name away.
    pub fn unset(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: None,
        }
    }
}

/// A label: of `("key", "value")` or `"key=value"`; a bare `"key"` has an empty value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Label {
    /// The label with a value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

macro_rules! from_pairs_and_texts {
    ($($pair:ident)*) => {$(
        impl<K: Into<String>, V: Into<String>> From<(K, V)> for $pair {
            fn from((key, value): (K, V)) -> Self {
                Self::new(key, value)
            }
        }

        impl<K: AsRef<str>, V: AsRef<str>> From<&(K, V)> for $pair {
            fn from((key, value): &(K, V)) -> Self {
                Self::new(key.as_ref(), value.as_ref())
            }
        }

        impl From<&str> for $pair {
            fn from(text: &str) -> Self {
                match text.split_once('=') {
                    Some((key, value)) => Self::new(key, value),
                    None => Self::bare(text),
                }
            }
        }

        impl From<&&str> for $pair {
            fn from(text: &&str) -> Self {
                Self::from(*text)
            }
        }

        impl From<String> for $pair {
            fn from(text: String) -> Self {
                text.as_str().into()
            }
        }

        impl From<&String> for $pair {
            fn from(text: &String) -> Self {
                text.as_str().into()
            }
        }
    )*};
}

from_pairs_and_texts!(EnvVar Label);

impl EnvVar {
    fn bare(name: &str) -> Self {
        Self::unset(name)
    }
}

impl Label {
    fn bare(key: &str) -> Self {
        Self::new(key, "")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use super::*;

    fn env<I: IntoIterator<Item: Into<EnvVar>>>(vars: I) -> Vec<EnvVar> {
        vars.into_iter().map(Into::into).collect()
    }

    fn labels<I: IntoIterator<Item: Into<Label>>>(labels: I) -> Vec<Label> {
        labels.into_iter().map(Into::into).collect()
    }

    #[test]
    fn lists_and_maps_give_the_same() {
        let expected = vec![EnvVar::new("A", "1"), EnvVar::new("B", "")];
        let strings = vec!["A=1".to_owned(), "B=".to_owned()];
        let map = BTreeMap::from([
            ("A".to_owned(), "1".to_owned()),
            ("B".to_owned(), String::new()),
        ]);
        assert_eq!(env([("A", "1"), ("B", "")]), expected);
        assert_eq!(env(&[("A", "1"), ("B", "")]), expected);
        assert_eq!(env(["A=1", "B="]), expected);
        assert_eq!(env(&["A=1", "B="]), expected);
        assert_eq!(env(&strings), expected);
        assert_eq!(env(strings), expected);
        assert_eq!(env(&map), expected);
        assert_eq!(env(map), expected);
        assert_eq!(env(HashMap::from([("A", "1")])), expected[..1]);
    }

    #[test]
    fn a_value_may_hold_an_equals_sign() {
        assert_eq!(env(["A=b=c"]), [EnvVar::new("A", "b=c")]);
    }

    #[test]
    fn a_bare_name_unsets_a_variable_and_is_an_empty_label() {
        assert_eq!(env(["A"]), [EnvVar::unset("A")]);
        assert_eq!(
            labels(["tier", "app=web"]),
            [Label::new("tier", ""), Label::new("app", "web")]
        );
    }
}
