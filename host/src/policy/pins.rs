//! Images of a policy's text that are named by a tag, and the same text with them named by their content.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::create::ImageRule;
use super::{PolicyError, file};

/// A policy's text, in which images of `create.images` may be named by tags. Such a text is no policy yet.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::Pins;
///
/// let text = "create.images = [\"postgres:16\"] # the database";
/// let pins = Pins::parse(text)?;
/// assert_eq!(pins.unpinned().collect::<Vec<_>>(), ["postgres:16"]);
/// let pinned = pins.with(|image| format!("{image}@sha256:cc.."));
/// assert_eq!(pinned, "create.images = [\"postgres:16@sha256:cc..\"] # the database");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pins {
    text: String,
    unpinned: Vec<(Range<usize>, String)>,
}

impl Pins {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// Fails if it can't be read or is no TOML. Whether it is a policy otherwise isn't looked at.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = file::read(path)?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads a policy's text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let table = DeTable::parse(text).map_err(|error| {
            let told = PolicyError::new(error.message().trim_end().replace('\n', "; "));
            match error.span() {
                Some(span) => told.at(text, span.start),
                None => told,
            }
        })?;
        Ok(Self {
            unpinned: images(table.get_ref()),
            text: text.to_owned(),
        })
    }

    /// The images that are named by a tag, in the order of the text.
    pub fn unpinned(&self) -> impl Iterator<Item = &str> {
        self.unpinned.iter().map(|(_, image)| image.as_str())
    }

    /// The text with other names for them. Everything else stays as it is.
    pub fn with(&self, name: impl Fn(&str) -> String) -> String {
        let mut text = self.text.clone();
        for (span, image) in self.unpinned.iter().rev() {
            text.replace_range(span.clone(), &super::quoted(&name(image)));
        }
        text
    }
}

/// The images that aren't named by their content, with where they stand.
fn images(table: &DeTable<'_>) -> Vec<(Range<usize>, String)> {
    let create = table.get("create").map(Spanned::get_ref);
    let Some(DeValue::Table(create)) = create else {
        return Vec::new();
    };
    let Some(DeValue::Array(items)) = create.get("images").map(Spanned::get_ref) else {
        return Vec::new();
    };
    let unpinned = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(image) if image.parse::<ImageRule>().is_err() => {
            Some((item.span(), image.to_string()))
        }
        _ => None,
    };
    items.iter().filter_map(unpinned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

    fn pinned(text: &str) -> String {
        let pins = Pins::parse(text).unwrap();
        pins.with(|image| format!("{image}@{DIGEST}"))
    }

    #[test]
    fn what_is_named_by_a_tag_is_replaced_and_nothing_else() {
        let text = format!(
            "# a policy\n[create]\nimages = [ \"postgres:16\",   # the database\n  'redis:7',\n  \"{DIGEST}\", \"x@{DIGEST}\",\n  \"\"\"nginx\"\"\", \"é:1\" ]\nmemory='1GiB'\n"
        );
        let expected = format!(
            "# a policy\n[create]\nimages = [ \"postgres:16@{DIGEST}\",   # the database\n  \"redis:7@{DIGEST}\",\n  \"{DIGEST}\", \"x@{DIGEST}\",\n  \"nginx@{DIGEST}\", \"é:1@{DIGEST}\" ]\nmemory='1GiB'\n"
        );
        assert_eq!(pinned(&text), expected);
        assert_eq!(pinned(&expected), expected, "twice is once");
    }

    #[test]
    fn where_there_is_nothing_to_pin_the_text_stays() {
        for text in [
            "",
            "create.images = \"any\"",
            "create = 1",
            "[create]\nmemory = 1",
            "images = [\"a\"]",
            "create.images = [1]",
        ] {
            assert_eq!(pinned(text), text);
            assert_eq!(Pins::parse(text).unwrap().unpinned().count(), 0);
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        let error = Pins::parse("a = 1\ncreate = [").unwrap_err();
        assert_eq!(error.place().unwrap().line, 2);
    }
}
