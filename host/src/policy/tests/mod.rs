//! Policies as they are read: each key, where what is wrong is said to be, and what can't be said together.

mod access;
mod create;
mod credentials;
mod limits;
mod schema;
mod scope;
mod secrets;
mod settings;

use super::*;

const LEAST: &str = "version = 1\nplugin = \"p\"\n";

fn read(text: &str) -> Policy {
    let text = format!("{LEAST}{text}");
    Policy::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Where the error is, counted from the first line after the least that a policy has, and what it says.
fn wrong(text: &str) -> (Option<(usize, usize)>, String) {
    let text = format!("{LEAST}{text}");
    let error = Policy::parse(&text).expect_err(&text);
    let lines = LEAST.lines().count();
    let place = error.place();
    let place = place.map(|place| (place.line - lines, place.column));
    (place, error.to_string())
}

/// Each of these keys of a table is wrong, at this column of the line after the table's, and it is said with these words.
fn all_wrong(table: &str, keys: &[(&str, usize, &str)]) {
    for (key, column, words) in keys {
        let (place, message) = wrong(&format!("[{table}]\n{key}"));
        assert_eq!(place, Some((2, *column)), "{key}: {message}");
        assert!(message.contains(words), "{key}: {message}");
    }
}

/// The keys of a table that none of these texts has.
fn missed(table: &str, texts: &[&str]) -> Vec<String> {
    let schema = schema();
    let keys = schema::properties(schema.as_value(), table);
    let has = |key: &String| texts.iter().any(|text| text.starts_with(key.as_str()));
    keys.into_iter().filter(|key| !has(key)).collect()
}
