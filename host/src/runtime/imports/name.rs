//! The name under which a component imports an interface.

use super::Import;

/// `dockwit:engine/containers@0.1.0` in its parts. Whatever has another shape is a package without an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImportName<'a> {
    whole: &'a str,
    /// `dockwit:engine`.
    pub(super) package: &'a str,
    /// `containers`.
    pub(super) interface: &'a str,
    /// `0.1.0`.
    pub(super) version: Option<&'a str>,
}

impl<'a> ImportName<'a> {
    pub(super) fn parse(whole: &'a str) -> Self {
        let (path, version) = match whole.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (whole, None),
        };
        let (package, interface) = path.split_once('/').unwrap_or((path, ""));
        Self {
            whole,
            package,
            interface,
            version,
        }
    }

    /// One function of the interface.
    pub(super) fn import(&self, function: &str) -> Import {
        Import {
            interface: self.whole.to_owned(),
            function: Some(function.to_owned()),
        }
    }

    /// What all compatible versions have in common: `0.1` of `0.1.3`, `2` of `2.1.0`, the whole of `0.0.1`, which is compatible
    /// with nothing else, as are `1.0.0-rc.1` and the like. Empty without a version.
    pub(super) fn track(&self) -> &'a str {
        track(self.version.unwrap_or_default())
    }

    /// Whether a host of that version has what this version had.
    pub(super) fn is_compatible_with(&self, host: &str) -> bool {
        self.track() == track(host)
    }

    /// Whether its version comes after another.
    pub(super) fn is_newer_than(&self, other: Option<&str>) -> bool {
        numbers(self.version) > numbers(other)
    }
}

fn track(version: &str) -> &str {
    let mut dots = version.match_indices('.').map(|(at, _)| at);
    match (dots.next(), dots.next()) {
        _ if version.contains('-') => version,
        (_, Some(second)) if version.starts_with("0.") && !version.starts_with("0.0.") => {
            &version[..second]
        }
        (Some(first), Some(_)) if !version.starts_with("0.") => &version[..first],
        _ => version,
    }
}

fn numbers(version: Option<&str>) -> Option<Vec<u64>> {
    version?
        .split(['.', '-', '+'])
        .map(|number| number.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_three_parts() {
        let name = ImportName::parse("dockwit:engine/containers@0.1.3");
        assert_eq!(
            (name.package, name.interface, name.version),
            ("dockwit:engine", "containers", Some("0.1.3"))
        );
        for odd in ["", "@", "/", "a", "a@", "a/", "url=<https://x>", "é/é@é"] {
            let _ = ImportName::parse(odd).track();
        }
    }

    #[test]
    fn versions_are_compatible_as_semver_says() {
        for (version, host, compatible) in [
            ("0.1.0", "0.1.0", true),
            ("0.1.3", "0.1.0", true),
            ("0.2.0", "0.1.0", false),
            ("1.0.0", "0.1.0", false),
            ("1.2.0", "1.0.0", true),
            ("0.0.1", "0.0.2", false),
            ("0.1.0-rc.1", "0.1.0", false),
        ] {
            let name = format!("dockwit:engine/run@{version}");
            assert_eq!(
                ImportName::parse(&name).is_compatible_with(host),
                compatible,
                "{version}"
            );
        }
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let name = ImportName::parse("dockwit:engine/run@0.10.0");
        assert!(name.is_newer_than(Some("0.9.0")));
        assert!(name.is_newer_than(None));
        assert!(!name.is_newer_than(Some("0.10.0")));
    }
}
