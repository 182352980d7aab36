//! Why a policy can't be taken.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Setting;

/// Why a policy can't be taken: what is wrong, where it stands, and what it could have been.
#[derive(Debug)]
pub struct PolicyError {
    file: Option<PathBuf>,
    set_by: Option<String>,
    place: Option<Place>,
    message: String,
    hint: Option<String>,
}

/// A place in a text, counted from 1; columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    fn of(text: &str, offset: usize) -> Self {
        let mut before = offset.min(text.len());
        while !text.is_char_boundary(before) {
            before -= 1;
        }
        let before = &text[..before];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            file: None,
            set_by: None,
            place: None,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn at(self, text: &str, offset: usize) -> Self {
        Self {
            place: Some(Place::of(text, offset)),
            ..self
        }
    }

    /// Not by the file, but by what was set besides.
    pub(super) fn set_by(self, setting: &Setting) -> Self {
        Self {
            set_by: Some(setting.key()),
            ..self
        }
    }

    pub(crate) fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn in_file(self, file: &Path) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..self
        }
    }

    pub(super) fn unreadable(error: &io::Error) -> Self {
        Self::new(format!("it can't be read: {error}"))
    }

    /// The file that it was read from, if it was.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The key that was set besides the file, if that is what is wrong.
    pub fn setting(&self) -> Option<&str> {
        self.set_by.as_deref()
    }

    /// Where it stands.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// What could have been meant, or what to do.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// `monitor.toml:12:1: there is no key `scop``, `the setting scop: there is no key `scop``, without the hint.
impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.set_by, &self.file) {
            (Some(key), _) => write!(f, "the setting {key}")?,
            (None, Some(file)) => write!(f, "{}", file.display())?,
            (None, None) => f.write_str("the policy")?,
        }
        if let Some(Place { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters() {
        let text = "a\né = 1\n";
        let place = |offset| {
            let Place { line, column } = Place::of(text, offset);
            (line, column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(2), (2, 1));
        assert_eq!(place(3), (2, 1), "in the middle of a character");
        assert_eq!(place(4), (2, 2));
        assert_eq!(place(999), (3, 1));
    }
}
