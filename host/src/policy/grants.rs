//! The verbs that a run is granted.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::values::InterfaceVersion;
use super::{INTERFACE_VERSION, Verb};

/// The verbs that a run is granted. None, unless said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    pub(super) verbs: BTreeSet<Verb>,
    missing: Missing,
}

/// What becomes of a plugin that asks for more than it is granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// It isn't started.
    #[default]
    Refuse,
    /// It is started, and what isn't granted answers `denied`.
    Deny,
}

/// A word that grants nothing, since it isn't understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrantError {
    /// There is no such verb; the nearest one is told.
    #[error("there is no verb `{name}`; did you mean `{nearest}`?")]
    Unknown {
        /// What was given.
        name: String,
        /// The verb that is most like it.
        nearest: &'static str,
    },
    /// A pattern stands for the functions of one version, so it needs to know which.
    #[error(
        "the pattern `{0}` needs the version of the interface that it was written for, such as 0.1.0, so that a newer host doesn't grant more"
    )]
    PatternWithoutVersion(String),
    /// A pattern that no function fits.
    #[error("no function of version {version} fits the pattern `{pattern}`")]
    NothingFits {
        /// What was given.
        pattern: String,
        /// The version that it was held against.
        version: String,
    },
    /// A pattern that was written for a version which this host doesn't know: what it stands for would change with the host.
    #[error(
        "the pattern `{pattern}` is written for version {version} of the interface, and this dockwit has {INTERFACE_VERSION}; name \
         a version that it has"
    )]
    NotYet {
        /// What was given.
        pattern: String,
        /// The version that it is written for.
        version: String,
    },
    /// What should be a version is none.
    #[error("`{0}` is no version of the interface; a version looks like 0.1.0")]
    Version(String),
}

impl Grants {
    /// Nothing at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// These verbs.
    pub fn of(verbs: impl IntoIterator<Item = Verb>) -> Self {
        Self {
            verbs: verbs.into_iter().collect(),
            missing: Missing::Refuse,
        }
    }

    /// Reads words such as `containers.list` and, with the version of the interface that they were written for,
    /// patterns such as `container.*`: those stand for what that version had.
    ///
    /// # Examples
    ///
    /// ```
    /// use dockwit_host::policy::{Grants, Verb};
    ///
    /// let grants = Grants::parse(["containers.list", "container.*"], Some("0.1.0"))?;
    /// assert!(grants.allow(Verb::ContainerLogs));
    /// assert!(!grants.allow(Verb::ContainersCreate));
    /// # Ok::<(), dockwit_host::policy::GrantError>(())
    /// ```
    pub fn parse<'a>(
        words: impl IntoIterator<Item = &'a str>,
        api: Option<&str>,
    ) -> Result<Self, GrantError> {
        let version = |api: &str| api.parse().map_err(|_| GrantError::Version(api.to_owned()));
        let api = api.map(version).transpose()?;
        let mut verbs = BTreeSet::new();
        for word in words {
            verbs.extend(Self::allowed_by(word, api)?);
        }
        Ok(Self::of(verbs))
    }

    /// The verbs that a word of `allow` stands for: a pattern grants nothing that came after its version.
    pub(super) fn allowed_by(
        word: &str,
        api: Option<InterfaceVersion>,
    ) -> Result<Vec<Verb>, GrantError> {
        if !word.ends_with('*') {
            return Ok(vec![exact(word)?]);
        }
        let known = INTERFACE_VERSION.parse::<InterfaceVersion>().ok();
        match api.filter(|api| Some(*api) > known) {
            Some(api) => Err(GrantError::NotYet {
                pattern: word.to_owned(),
                version: api.to_string(),
            }),
            None => Ok(Fitting::of(Verb::all(), word, api)?.granted),
        }
    }

    /// The verbs that a word of `allow` would stand for in a newer version than it was written for.
    pub(super) fn left_out_by(
        word: &str,
        api: Option<InterfaceVersion>,
    ) -> Result<Vec<Verb>, GrantError> {
        match word.ends_with('*') {
            true => Ok(Fitting::of(Verb::all(), word, api)?.newer),
            false => Ok(Vec::new()),
        }
    }

    /// The verbs that a word of `deny` stands for: a pattern denies also what came after its version.
    pub(super) fn denied_by(
        word: &str,
        api: Option<InterfaceVersion>,
    ) -> Result<Vec<Verb>, GrantError> {
        match word.ends_with('*') {
            true => matching(Verb::all(), word, api),
            false => Ok(vec![exact(word)?]),
        }
    }

    /// The verb of a name.
    pub(super) fn verb(name: &str) -> Result<Verb, GrantError> {
        exact(name)
    }

    /// Takes these verbs away.
    #[must_use]
    pub(super) fn without(mut self, denied: impl IntoIterator<Item = Verb>) -> Self {
        for verb in denied {
            self.verbs.remove(&verb);
        }
        self
    }

    /// What becomes of a plugin that asks for more.
    #[must_use]
    pub fn missing(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// Whether a plugin that asks for more is started all the same.
    pub fn starts_without(&self) -> bool {
        self.missing == Missing::Deny
    }

    /// Whether a verb is granted.
    pub fn allow(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }

    /// The verbs that are granted.
    pub fn verbs(&self) -> impl Iterator<Item = Verb> {
        self.verbs.iter().copied()
    }
}

fn exact(word: &str) -> Result<Verb, GrantError> {
    word.parse().map_err(|_| GrantError::Unknown {
        name: word.to_owned(),
        nearest: nearest(word),
    })
}

/// A verb as patterns see it.
trait Versioned {
    /// Its name.
    fn name(&self) -> &str;

    /// The version of the interface that has it first.
    fn since(&self) -> InterfaceVersion;
}

impl Versioned for Verb {
    fn name(&self) -> &str {
        Self::name(*self)
    }

    fn since(&self) -> InterfaceVersion {
        Self::since(*self)
    }
}

/// What of an interface fits a pattern.
struct Fitting<V> {
    /// What the version had that the pattern was written for.
    granted: Vec<V>,
    /// What came later.
    newer: Vec<V>,
}

impl<V: Versioned> Fitting<V> {
    fn of(
        verbs: impl Iterator<Item = V>,
        word: &str,
        api: Option<InterfaceVersion>,
    ) -> Result<Self, GrantError> {
        let matching = matching(verbs, word, api)?;
        let (granted, newer): (Vec<_>, Vec<_>) = matching
            .into_iter()
            .partition(|verb| api.is_some_and(|api| verb.since() <= api));
        match granted.is_empty() {
            true => Err(nothing_fits(word, api)),
            false => Ok(Self { granted, newer }),
        }
    }
}

fn nothing_fits(word: &str, api: Option<InterfaceVersion>) -> GrantError {
    GrantError::NothingFits {
        pattern: word.to_owned(),
        version: api.map(|api| api.to_string()).unwrap_or_default(),
    }
}

/// What of an interface fits a pattern, of whatever version.
fn matching<V: Versioned>(
    verbs: impl Iterator<Item = V>,
    word: &str,
    api: Option<InterfaceVersion>,
) -> Result<Vec<V>, GrantError> {
    if api.is_none() {
        return Err(GrantError::PatternWithoutVersion(word.to_owned()));
    }
    let prefix = word.strip_suffix('*').unwrap_or(word);
    let verbs: Vec<_> = verbs
        .filter(|verb| prefix.ends_with('.') && verb.name().starts_with(prefix))
        .collect();
    match verbs.is_empty() {
        true => Err(nothing_fits(word, api)),
        false => Ok(verbs),
    }
}

fn nearest(word: &str) -> &'static str {
    Verb::all()
        .map(Verb::name)
        .max_by(|a, b| strsim::jaro_winkler(a, word).total_cmp(&strsim::jaro_winkler(b, word)))
        .unwrap_or_default()
}

#[cfg(test)]
mod versions;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_granted_that_is_not_named() {
        let grants = Grants::parse(["containers.list"], None).unwrap();
        assert_eq!(grants.verbs().collect::<Vec<_>>(), [Verb::ContainersList]);
        assert!(Verb::all().all(|verb| !Grants::none().allow(verb)));
    }

    #[test]
    fn a_pattern_needs_its_version() {
        assert_eq!(
            Grants::parse(["container.*"], None),
            Err(GrantError::PatternWithoutVersion("container.*".into()))
        );
        let grants = Grants::parse(["container.*"], Some("0.1.0")).unwrap();
        assert!(
            grants
                .verbs()
                .all(|verb| verb.name().starts_with("container."))
        );
        assert!(grants.allow(Verb::ContainerStart));
    }

    #[test]
    fn a_pattern_grants_nothing_that_came_after_its_version() {
        assert!(matches!(
            Grants::parse(["container.*"], Some("0.0.9")),
            Err(GrantError::NothingFits { .. })
        ));
    }

    /// With `api` a newer host would grant what this one doesn't know.
    #[test]
    fn attack_144_a_pattern_is_for_no_version_that_is_not_known_yet() {
        let known: InterfaceVersion = INTERFACE_VERSION.parse().unwrap();
        let next = InterfaceVersion(known.0, known.1, known.2 + 1).to_string();
        let refused = Grants::parse(["container.*"], Some(&next));
        assert!(matches!(refused, Err(GrantError::NotYet { .. })));
        Grants::parse(["container.start"], Some(&next)).unwrap();
    }

    #[test]
    fn only_a_whole_interface_or_resource_is_a_pattern() {
        for word in ["*", "cont*", "container.st*", "container.*x"] {
            assert!(Grants::parse([word], Some("0.1.0")).is_err(), "{word}");
        }
    }

    #[test]
    fn a_denied_pattern_covers_what_came_after_its_version() {
        let old = Some("0.0.9".parse().unwrap());
        assert!(Grants::allowed_by("container.*", old).is_err());
        let denied = Grants::denied_by("container.*", old).unwrap();
        assert!(denied.contains(&Verb::ContainerLogs));
        assert!(Grants::denied_by("container.*", None).is_err());
    }

    #[test]
    fn a_misspelt_verb_is_answered_with_the_nearest() {
        let error = Grants::parse(["container.lgos"], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no verb `container.lgos`; did you mean `container.logs`?"
        );
    }
}
