//! Text for a terminal.

use std::fmt::Write;
use std::io;

use super::failure::{FAILED, Failure};

/// The most of one text that is shown, in characters: some screens full.
const MAX_SHOWN: usize = 4_000;

/// Writes to standard output. A reader that has gone has read enough.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match io::Write::write_all(&mut io::stdout().lock(), text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::of(FAILED, &error)),
        _ => Ok(()),
    }
}

/// Makes text harmless that a plugin's binary, an engine or a file has a say in: what would move the cursor, forge a line or
/// turn the direction of writing is shown as an escape.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (index, character) in text.chars().enumerate() {
        if index == MAX_SHOWN {
            escaped.push('…');
            break;
        }
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if character.is_control() || is_invisible(character) => {
                // Writing to a string doesn't fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./+@%:,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Lines of two columns, the second one aligned.
pub(super) fn columns<'a>(
    rows: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = String> {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows
        .iter()
        .map(|(first, _)| first.chars().count())
        .max()
        .unwrap_or_default();
    rows.into_iter()
        .map(move |(first, second)| format!("{first:width$}  {second}"))
}

/// A number of bytes for a person.
pub(super) fn bytes(count: usize) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "one digit after the point is shown"
    )]
    let mut value = count as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1024.0
        && let Some(larger) = units.next()
    {
        value /= 1024.0;
        unit = Some(larger);
    }
    format!("{value:.1} {}", unit.unwrap_or(&"KiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_shown_and_not_obeyed() {
        assert_eq!(escape("plain, é, 漢"), "plain, é, 漢");
        assert_eq!(
            escape("\u{1b}[31m\u{7f}\u{9b}"),
            "\\u{1b}[31m\\u{7f}\\u{9b}"
        );
        assert_eq!(escape("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
        assert_eq!(
            escape(&"x".repeat(MAX_SHOWN + 1)).chars().count(),
            MAX_SHOWN + 1
        );
    }

    #[test]
    fn sizes_are_for_a_person() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(135_168), "132.0 KiB");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
        assert_eq!(bytes(5000 << 30), "5000.0 GiB");
    }

    #[test]
    fn columns_are_aligned() {
        let lines: Vec<_> = columns([("a", "x"), ("long", "y")]).collect();
        assert_eq!(lines, ["a     x", "long  y"]);
    }
}
