//! The engine's messages name other people's objects: ids and names that aren't the plugin's own are cut out of what it is told.

use super::Keeper;
use crate::policy::Reach;
use crate::policy::ledger::Kind;

/// What stands in the place of what was cut.
const CUT: &str = "…";

/// The shortest beginning of an id that engines tell.
const SHORT_ID: usize = 12;

/// What stands before a quoted name or id.
const BEFORE: [&str; 7] = [
    "container ",
    "name ",
    "name:",
    "id:",
    "endpoint ",
    "network ",
    "volume ",
];

impl Keeper {
    /// A message of the engine's as the plugin is to see it.
    pub(crate) fn cut(&self, message: &str) -> String {
        if self.policy().scope().containers == Reach::All {
            return message.to_owned();
        }
        let quoted = cut_names(
            message,
            |name| self.is_own_name(name),
            |name| self.shown_name(name),
        );
        cut_ids(&quoted, |id| self.is_own_id(id))
    }

    fn is_own_name(&self, name: &str) -> bool {
        let owner = self.owner();
        owner.is_some_and(|owner| owner.short_name(name).is_some()) || self.is_own_id(name)
    }

    fn is_own_id(&self, id: &str) -> bool {
        let Some(owner) = self.owner() else {
            return false;
        };
        [Kind::Container, Kind::Network]
            .into_iter()
            .any(|kind| matches!(owner.find(kind, id), Ok(Some(_))))
    }
}

/// Cuts quoted names that aren't one's own; of those that are, the short one is told.
fn cut_names<'a>(
    message: &'a str,
    own: impl Fn(&str) -> bool,
    short: impl Fn(&'a str) -> &'a str,
) -> String {
    let mut told = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('"') {
        told.push_str(before);
        told.push('"');
        let Some((text, after)) = after.split_once('"') else {
            rest = after;
            break;
        };
        let name = text.strip_prefix('/').unwrap_or(text);
        let is_name = text.starts_with('/') && !name.contains('/');
        match is_name || BEFORE.iter().any(|word| before.ends_with(word)) {
            true if own(name) => told.push_str(short(name)),
            true => told.push_str(CUT),
            false => told.push_str(text),
        }
        told.push('"');
        rest = after;
    }
    told.push_str(rest);
    told
}

/// Cuts what looks like an id and isn't one's own.
fn cut_ids(message: &str, own: impl Fn(&str) -> bool) -> String {
    let mut told = String::with_capacity(message.len());
    let mut word = String::new();
    let end = |word: &mut String, told: &mut String| {
        let digits = word.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        match digits && word.len() >= SHORT_ID && !own(word) {
            true => told.push_str(CUT),
            false => told.push_str(word),
        }
        word.clear();
    };
    for c in message.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
        } else {
            end(&mut word, &mut told);
            told.push(c);
        }
    }
    end(&mut word, &mut told);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "aaaaaaaaaaaa";

    fn cut(message: &str) -> String {
        let own = |name: &str| name.starts_with("p_1f3c9d2e_") || name == OWN;
        let short = |name: &'static str| name.strip_prefix("p_1f3c9d2e_").unwrap_or(name);
        let message: &'static str = String::leak(message.to_owned());
        cut_ids(&cut_names(message, own, short), |id| id == OWN)
    }

    #[test]
    fn attack_141_ids_and_names_of_others_are_cut_out_of_messages() {
        let id = "055afd39".repeat(8);
        let taken = format!(
            "Conflict. The container name \"/victim\" is already in use by container \"{id}\". You have to remove it."
        );
        let told = cut(&taken);
        assert!(
            !told.contains("victim") && !told.contains("055afd39"),
            "{told}"
        );
        assert!(told.starts_with("Conflict. The container name \"…\" is already in use"));
        let active = "network db has active endpoints (name:\"victim\" id:\"055afd39055a\")";
        let told = cut(active);
        assert!(
            !told.contains("victim") && !told.contains("055afd39"),
            "{told}"
        );
    }

    #[test]
    fn what_is_ones_own_is_told_by_its_short_name() {
        let told = cut("The container name \"/p_1f3c9d2e_db\" is in use by aaaaaaaaaaaa");
        assert_eq!(told, "The container name \"db\" is in use by aaaaaaaaaaaa");
    }

    #[test]
    fn other_words_stay() {
        for message in [
            "exec: \"nosuch\": executable file not found in $PATH",
            "invalid port \"70000\"",
            "an odd \" quote",
            "open /etc/x: no such file",
        ] {
            assert_eq!(cut(message), message);
        }
    }
}
