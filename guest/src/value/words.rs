//! Command lines.

use super::Unusable;

/// A program with its arguments: a list of words, or one text that is taken apart as a shell would, quotes and comments
/// included, but with nothing expanded. A quote that isn't closed is reported by the call that would use it.
///
/// ```
/// use dockwit::Words;
///
/// assert_eq!(Words::from("sh -c 'echo hi'"), Words::from(["sh", "-c", "echo hi"]));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Words(Result<Vec<String>, Unusable>);

impl Words {
    pub(crate) fn list(self) -> Result<Vec<String>, Unusable> {
        self.0
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self(shlex::split(text).ok_or_else(|| Unusable::new(text, "has a quote that isn't closed")))
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Words {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Words {
    fn from(words: [S; N]) -> Self {
        words.into_iter().collect()
    }
}

impl<S: Into<String>> From<Vec<S>> for Words {
    fn from(words: Vec<S>) -> Self {
        words.into_iter().collect()
    }
}

impl<S: AsRef<str>> From<&[S]> for Words {
    fn from(words: &[S]) -> Self {
        words.iter().map(S::as_ref).collect()
    }
}

impl<S: AsRef<str>> From<&Vec<S>> for Words {
    fn from(words: &Vec<S>) -> Self {
        words.as_slice().into()
    }
}

impl<S: Into<String>> FromIterator<S> for Words {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        Self(Ok(words.into_iter().map(Into::into).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: impl Into<Words>) -> Option<Vec<String>> {
        words.into().list().ok()
    }

    #[test]
    fn a_text_is_taken_apart_as_a_shell_would() {
        for (text, expected) in [
            ("", &[][..]),
            ("top", &["top"]),
            ("  sleep   5 ", &["sleep", "5"]),
            (r#"sh -c "echo $HOME""#, &["sh", "-c", "echo $HOME"]),
            ("a 'b c' d\\ e", &["a", "b c", "d e"]),
            (r#"x '' "y\"z""#, &["x", "", "y\"z"]),
        ] {
            let expected = expected.iter().map(ToString::to_string).collect();
            assert_eq!(words(text), Some(expected), "{text}");
        }
        assert_eq!(words("echo 'oh"), None);
    }

    #[test]
    fn lists_stay_as_they_are() {
        let expected = Some(vec!["sh".to_owned(), "a b".to_owned()]);
        assert_eq!(words(["sh", "a b"]), expected);
        assert_eq!(words(vec!["sh".to_owned(), "a b".to_owned()]), expected);
        assert_eq!(words(&["sh", "a b"][..]), expected);
        let vector = vec!["sh", "a b"];
        assert_eq!(words(&vector), expected);
        assert_eq!(
            words(["sh", "a b"].into_iter().collect::<Words>()),
            expected
        );
    }
}
