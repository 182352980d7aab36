//! Why something is not allowed, and what would allow it.

use std::fmt;

/// The longest that a denial tells of a value, in bytes.
pub const MAX_GOT: usize = 256;

/// A value that the policy doesn't allow.
///
/// Its text is for a person: `image "alpine" is not in create.images ["sha256:cc.."]; add:
/// create.images += "alpine@sha256:ee.."`. It never holds the value of an environment variable, or an
/// argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The key of the policy that decides: `create.images`.
    pub rule: &'static str,
    /// What of the request it is about: `image`, `memory`.
    pub field: &'static str,
    /// What was asked for; escaped, at most [`MAX_GOT`] bytes.
    pub got: String,
    /// What the policy allows.
    pub limit: String,
    /// The line that would allow it. None where nothing would.
    pub add: Option<String>,
    relation: Relation,
}

/// How a value stands to what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    NotIn,
    Above,
    Below,
    Not,
    Never,
}

impl Denial {
    /// A value that isn't in a list of the policy.
    pub fn not_in<T: AsRef<str>>(
        rule: &'static str,
        field: &'static str,
        got: &str,
        allowed: impl IntoIterator<Item = T>,
    ) -> Self {
        let mut denial = Self::new(rule, field, got, Relation::NotIn);
        denial.limit = list(allowed);
        denial.add_item(got);
        denial
    }

    /// A value above a bound, which `key` would allow as `rule = needed`.
    pub fn above(
        rule: &'static str,
        field: &'static str,
        got: impl fmt::Display,
        limit: impl fmt::Display,
        needed: Option<String>,
    ) -> Self {
        let mut denial = Self::new(rule, field, &got.to_string(), Relation::Above);
        denial.limit = limit.to_string();
        denial.add = needed.map(|value| format!("{rule} = {value}"));
        denial
    }

    /// A value below what it must be at least.
    pub fn below(
        rule: &'static str,
        field: &'static str,
        got: impl fmt::Display,
        limit: impl fmt::Display,
    ) -> Self {
        let mut denial = Self::new(rule, field, &got.to_string(), Relation::Below);
        denial.limit = limit.to_string();
        denial
    }

    /// A value that a switch of the policy rules out, which would have to be `needed`.
    pub fn switch(
        rule: &'static str,
        field: &'static str,
        got: impl fmt::Display,
        now: &str,
        needed: &str,
    ) -> Self {
        let mut denial = Self::new(rule, field, &got.to_string(), Relation::Not);
        denial.limit = now.to_owned();
        denial.add = Some(format!("{rule} = {needed}"));
        denial
    }

    /// A value that nothing allows, and why.
    pub fn never(rule: &'static str, field: &'static str, got: &str, why: &str) -> Self {
        let mut denial = Self::new(rule, field, got, Relation::Never);
        denial.limit = why.to_owned();
        denial
    }

    /// The same with another line to add, or none.
    #[must_use]
    pub fn adding(self, add: Option<String>) -> Self {
        Self { add, ..self }
    }

    /// With what was called before it: `denied: containers.create: ...`.
    pub fn of_call<'a>(&'a self, op: &'a str) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| write!(f, "denied: {op}: {self}"))
    }

    /// Its text without the line to add.
    pub fn reason(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| self.tell(f))
    }

    fn new(rule: &'static str, field: &'static str, got: &str, relation: Relation) -> Self {
        Self {
            rule,
            field,
            got: escaped(got),
            limit: String::new(),
            add: None,
            relation,
        }
    }

    fn add_item(&mut self, item: &str) {
        let whole = item.len() <= MAX_GOT;
        self.add = whole.then(|| format!("{} += {}", self.rule, quoted(item)));
    }
}

impl Denial {
    fn tell(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            field,
            got,
            limit,
            ..
        } = self;
        match self.relation {
            Relation::NotIn => write!(f, "{field} \"{got}\" is not in {rule} {limit}"),
            Relation::Above => write!(f, "{field} \"{got}\" is above {rule}, {limit}"),
            Relation::Below => write!(f, "{field} \"{got}\" is below {limit} ({rule})"),
            Relation::Not => write!(f, "{field} \"{got}\" is not allowed by {rule} = {limit}"),
            Relation::Never => write!(f, "{field} \"{got}\" is never allowed: {limit} ({rule})"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell(f)?;
        match &self.add {
            Some(add) => write!(f, "; add: {add}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Denial {}

/// A text without control characters, and not longer than [`MAX_GOT`].
pub(super) fn escaped(text: &str) -> String {
    const CUT: &str = "..";
    let mut escaped = String::new();
    for c in text.chars() {
        let c: String = c.escape_debug().collect();
        if escaped.len() + c.len() > MAX_GOT - CUT.len() {
            escaped.push_str(CUT);
            break;
        }
        escaped.push_str(&c);
    }
    escaped
}

/// A text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| quoted(item.as_ref()))
        .collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_says_what_to_add() {
        let denial = Denial::not_in("create.images", "image", "alpine", ["sha256:cc"]);
        assert_eq!(
            denial.of_call("containers.create").to_string(),
            r#"denied: containers.create: image "alpine" is not in create.images ["sha256:cc"]; add: create.images += "alpine""#
        );
        let denial = Denial::above("create.pids", "pids", 300, 256, Some("300".to_owned()));
        assert_eq!(
            denial.to_string(),
            r#"pids "300" is above create.pids, 256; add: create.pids = 300"#
        );
    }

    #[test]
    fn attack_143_what_was_asked_for_is_escaped_and_bounded() {
        let nasty = format!("\u{1b}[31m\r\nforged: line\"{}", "x".repeat(1 << 20));
        let denial = Denial::not_in("create.names", "name", &nasty, ["a"]);
        assert!(denial.got.len() <= MAX_GOT);
        assert!(!denial.to_string().contains(['\u{1b}', '\r', '\n']));
        assert_eq!(denial.add, None);
        let short = Denial::not_in("create.names", "name", "a\n\"b", ["a"]);
        assert_eq!(short.add.as_deref(), Some(r#"create.names += "a\n\"b""#));
    }
}
