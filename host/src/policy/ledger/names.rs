//! Names of objects: whole ones carry the owner's prefix, short ones are what the plugin sees.
//!
//! A prefix is `plugin_1f3c9d2e_`: the plugin's name, which can't hold an underscore, and eight digits of the owner's random id.
//! So no prefix begins another one, whatever plugins are called.

use super::error::{LedgerError, Result};

/// The longest name of a plugin.
pub const MAX_PLUGIN: usize = 32;

/// The longest short name; with a prefix it is still shorter than a file's name may be, which a volume's name becomes.
pub const MAX_NAME: usize = 128;

/// The longest id of an engine or an object; the engine's own have up to 71 characters.
const MAX_ID: usize = 256;

/// Digits of the owner's id in its prefix.
const PREFIX_DIGITS: usize = 8;

/// The name that an object is to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// One that the host makes up.
    Any,
    /// What the plugin calls it: it gets the owner's prefix.
    Short(&'a str),
    /// This whole name, which the policy grants (`create.names`).
    Exact(&'a str),
}

pub(super) fn prefix(plugin: &str, owner: &str) -> String {
    let digits: String = owner.chars().take(PREFIX_DIGITS).collect();
    format!("{plugin}_{digits}_")
}

/// Checks the name of a plugin: `[a-z0-9-]`, up to 32.
pub(super) fn check_plugin(name: &str) -> Result<()> {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if name.is_empty() || name.len() > MAX_PLUGIN || !name.bytes().all(allowed) {
        let why = "1 to 32 characters of a-z 0-9 - are";
        return Err(LedgerError::invalid("the plugin's name", name, why));
    }
    if name.starts_with('-') {
        // Engines want a letter or a digit first, and the prefix begins with this.
        let why = "it begins with a letter or a digit";
        return Err(LedgerError::invalid("the plugin's name", name, why));
    }
    Ok(())
}

/// Checks an id that an engine gave.
pub(super) fn check_id(what: &'static str, id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|c| c.is_ascii_graphic()) {
        let why = "1 to 256 visible ASCII characters are";
        return Err(LedgerError::invalid(what, id, why));
    }
    Ok(())
}

pub(super) fn check_short(name: &str) -> Result<()> {
    let inner = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-');
    let begins_well = name
        .bytes()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    if !begins_well || name.len() > MAX_NAME || !name.bytes().all(inner) {
        let why = "1 to 128 characters of a-z A-Z 0-9 _ . - are, the first a letter or a digit";
        return Err(LedgerError::invalid("the name", name, why));
    }
    if matches!(name.len(), 12 | 64) && is_hex(name) {
        let why = "it looks like an id";
        return Err(LedgerError::invalid("the name", name, why));
    }
    Ok(())
}

/// Checks a whole name that the policy grants: it must not look like one with somebody's prefix.
pub(super) fn check_exact(name: &str) -> Result<()> {
    check_short(name)?;
    if is_prefixed(name) {
        let why = "it looks like a plugin's own";
        return Err(LedgerError::invalid("the name", name, why));
    }
    Ok(())
}

/// Whether a whole name looks like one with somebody's prefix.
pub(in crate::policy) fn is_prefixed(name: &str) -> bool {
    let mut parts = name.splitn(3, '_');
    let (plugin, digits) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let prefixed = parts.next().is_some() && digits.len() == PREFIX_DIGITS && is_hex(digits);
    prefixed && check_plugin(plugin).is_ok()
}

pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}
