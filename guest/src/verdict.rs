//! Whether the values given to a spec can be used.

use crate::error::{Error, ErrorKind, Result};
use crate::value::Unusable;

/// The first value that can't be used, if there was one, and the setter that it was meant for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict(Option<(&'static str, Unusable)>);

impl Verdict {
    /// Takes note of what became of a value, and gives it on.
    pub(crate) fn note<T>(&mut self, field: &'static str, value: Result<T, Unusable>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(unusable) => {
                self.0.get_or_insert((field, unusable));
                None
            }
        }
    }

    /// Fails as the host does for a value that it finds impossible: with `invalid`, and the setter's name.
    pub(crate) fn check(&self, op: &str) -> Result<()> {
        let Some((field, Unusable { got, reason })) = &self.0 else {
            return Ok(());
        };
        let message = format!("{field}: {got:?} {reason}");
        Err(Error::new(ErrorKind::Invalid, op, message)
            .with("field", field)
            .with("got", got))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Size;

    #[test]
    fn the_first_unusable_value_counts() {
        let mut verdict = Verdict::default();
        assert_eq!(
            verdict.note("set-memory", Size::from("1k").unsigned()),
            Some(1024)
        );
        verdict
            .check("containers.create")
            .expect("all is well so far");
        assert_eq!(
            verdict.note("set-memory", Size::from("12q").unsigned()),
            None
        );
        assert_eq!(
            verdict.note("set-shm-size", Size::from(-1).unsigned()),
            None
        );
        let error = verdict
            .check("containers.create")
            .expect_err("12q is no size");
        assert!(error.is_invalid());
        assert_eq!(error.op(), "containers.create");
        assert_eq!(error.field(), Some("set-memory"));
        assert_eq!(error.got(), Some("12q"));
    }
}
