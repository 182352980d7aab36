//! What the options of the command are made of.

use std::path::PathBuf;
use std::time::Duration;

use crate::policy::{Directory, ShowArgs, ShowEnv};

/// `--dir HOST::GUEST[:ro]`.
pub(super) fn directory(text: &str) -> Result<Directory, String> {
    let Some((host, guest)) = text.split_once("::") else {
        return Err("write HOST::GUEST, such as ./data::/data or ./data::/data:ro".to_owned());
    };
    let (guest, read_only) = match guest.strip_suffix(":ro") {
        Some(guest) => (guest, true),
        None => (guest, false),
    };
    if host.is_empty() || guest.is_empty() {
        return Err("both the machine's folder and the plugin's name for it are needed".to_owned());
    }
    let directory = Directory::new(PathBuf::from(host), guest);
    Ok(if read_only {
        directory.read_only()
    } else {
        directory
    })
}

/// A variable for the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
}

/// `--env NAME=VALUE`, or `--env NAME` for one of this process's own variables.
pub(super) fn variable(text: &str) -> Result<Variable, String> {
    variable_from(text, |name| std::env::var(name))
}

fn variable_from(
    text: &str,
    look_up: impl FnOnce(&str) -> Result<String, std::env::VarError>,
) -> Result<Variable, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    if name.is_empty() || text.contains('\0') {
        return Err("no variable has such a name".to_owned());
    }
    let value = match value {
        Some(value) => value,
        None => look_up(name).map_err(|error| match error {
            std::env::VarError::NotPresent => {
                format!("{name} isn't set here; write {name}=VALUE to give it a value")
            }
            std::env::VarError::NotUnicode(_) => format!("the value of {name} isn't UTF-8"),
        })?,
    };
    Ok(Variable {
        name: name.to_owned(),
        value,
    })
}

/// One half of `--show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Env(ShowEnv),
    Args(ShowArgs),
}

/// `--show env=values`, `--show args=all`.
pub(super) fn show(text: &str) -> Result<Shown, String> {
    Ok(match text {
        "env=none" => Shown::Env(ShowEnv::None),
        "env=names" => Shown::Env(ShowEnv::Names),
        "env=values" => Shown::Env(ShowEnv::Values),
        "args=program" => Shown::Args(ShowArgs::Program),
        "args=all" => Shown::Args(ShowArgs::All),
        _ => {
            return Err(
                "write env=none, env=names, env=values, args=program or args=all".to_owned(),
            );
        }
    })
}

/// The longest grace period: what waits longer needs no end.
const MAX_GRACE: Duration = Duration::from_secs(24 * 3600);

/// A length of time, such as `10s`, `500ms` or `2m`; a bare number is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text)
            .map_err(|_| "write a time such as 10s, 500ms or 2m".to_owned())?,
    };
    if duration > MAX_GRACE {
        return Err("a day is the most".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use std::env::VarError;

    use super::*;

    #[test]
    fn a_folder_is_named_on_both_sides() {
        assert_eq!(directory("./a::/b").unwrap(), Directory::new("./a", "/b"));
        assert_eq!(
            directory("/a:b::/c:ro").unwrap(),
            Directory::new("/a:b", "/c").read_only()
        );
        for wrong in ["", "/a", "/a:/b", "::/b", "/a::", "/a:::ro"] {
            assert!(directory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_is_given_or_passed_through() {
        let unset = |_: &str| Err(VarError::NotPresent);
        let set = |name: &str| Ok(format!("value of {name}"));
        let variable = |name: &str, value: &str| Variable {
            name: name.into(),
            value: value.into(),
        };
        assert_eq!(variable_from("A=b=c", unset), Ok(variable("A", "b=c")));
        assert_eq!(variable_from("A=", unset), Ok(variable("A", "")));
        assert_eq!(variable_from("A", set), Ok(variable("A", "value of A")));
        assert_eq!(
            variable_from("A", unset),
            Err("A isn't set here; write A=VALUE to give it a value".to_owned())
        );
        assert!(variable_from("=b", unset).is_err());
        assert!(variable_from("A\0=b", unset).is_err());
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        for wrong in ["", "ten", "-1s", "2 days", "99999999999999999999"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
