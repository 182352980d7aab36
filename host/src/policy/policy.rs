//! What one plugin may do, and what of the machine it is given.

use std::path::{Path, PathBuf};

use super::file::values::{Digest, PluginName};
use super::file::{self, Keys, PolicyError};
use super::{Grants, Limits, Sandbox, Show, Verb};

/// What one plugin may do, and what of the machine it is given. It is read from a file, or made in Rust.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::{Grants, Policy, Verb};
///
/// let policy = Policy::parse(
///     r#"
///     version = 1
///     plugin  = "monitor"
///     allow   = ["containers.list", "container.logs"]
///     "#,
/// )?;
/// assert!(policy.grants().allow(Verb::ContainerLogs));
///
/// let same = Policy::new("monitor".parse()?)
///     .with_grants(Grants::of([Verb::ContainersList, Verb::ContainerLogs]));
/// assert_eq!(policy.grants(), same.grants());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    /// The digest of the text that it is from, if nothing was set since.
    text: Option<Digest>,
    plugin: PluginName,
    component: Option<Digest>,
    grants: Grants,
    directories: Vec<Directory>,
    variables: Vec<String>,
    show: Show,
    limits: Limits,
    sandbox: Sandbox,
}

/// A folder of the machine that a plugin may use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Directory {
    /// The folder on the machine.
    pub host: PathBuf,
    /// Where the plugin finds it.
    pub guest: String,
    /// Whether it may only be read.
    pub read_only: bool,
}

impl Directory {
    /// A folder that the plugin may read and write.
    pub fn new(host: impl Into<PathBuf>, guest: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            guest: guest.into(),
            read_only: false,
        }
    }

    /// The same, to be read only.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }
}

/// A verb that may not be called, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotAllowed {
    /// The verb.
    pub verb: Verb,
    /// The key of the policy that refuses it.
    pub rule: &'static str,
    /// What would have to be added to the policy.
    pub add: String,
}

impl Policy {
    /// A policy that allows nothing.
    pub fn new(plugin: PluginName) -> Self {
        Self {
            text: None,
            plugin,
            component: None,
            grants: Grants::none(),
            directories: Vec::new(),
            variables: Vec::new(),
            show: Show::default(),
            limits: Limits::default(),
            sandbox: Sandbox::default(),
        }
    }

    /// Reads a policy file, once and whole. Its paths are relative to it.
    ///
    /// # Errors
    ///
    /// Fails if it can't be read, has an unknown key, a wrong type or an impossible value; the error says where.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = file::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::from_text(&text, folder).map_err(|error| error.in_file(path))
    }

    /// Reads a policy's text. Its paths are relative to the folder that the process is in.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Self::from_text(text, Path::new(""))
    }

    fn from_text(text: &str, folder: &Path) -> Result<Self, PolicyError> {
        let Keys {
            version: _,
            plugin,
            component,
            api,
            allow,
            deny,
            missing,
            wasi: file::Wasi { dirs, env },
            show,
            limits,
            sandbox,
        } = file::parse(text)?;
        let allowed = file::verbs(text, &allow, |word| Grants::allowed_by(word, api))?;
        let denied = file::verbs(text, &deny, |word| Grants::denied_by(word, api))?;
        let directory = |file::Dir {
                             host,
                             guest,
                             read_only,
                         }| Directory {
            host: folder.join(host),
            guest,
            read_only,
        };
        Ok(Self {
            text: Some(Digest::of(text.as_bytes())),
            plugin,
            component,
            grants: Grants::of(allowed).without(denied).missing(missing),
            directories: dirs.into_iter().map(directory).collect(),
            variables: env,
            show,
            limits,
            sandbox,
        })
    }

    /// Sets the verbs that are granted.
    #[must_use]
    pub fn with_grants(self, grants: Grants) -> Self {
        Self {
            text: None,
            grants,
            ..self
        }
    }

    /// Gives a folder of the machine.
    #[must_use]
    pub fn with_directory(mut self, directory: Directory) -> Self {
        self.directories.push(directory);
        Self { text: None, ..self }
    }

    /// Sets what answers tell of environments and command lines.
    #[must_use]
    pub fn with_show(self, show: Show) -> Self {
        Self {
            text: None,
            show,
            ..self
        }
    }

    /// Sets how much of the engine a run may use.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self {
            text: None,
            limits,
            ..self
        }
    }

    /// Sets how much of the machine a run may use.
    #[must_use]
    pub fn with_sandbox(self, sandbox: Sandbox) -> Self {
        Self {
            text: None,
            sandbox,
            ..self
        }
    }

    /// The digest of the file's text; of a policy that isn't from a file, or was changed since, that of all that it comes
    /// to.
    pub fn digest(&self) -> Digest {
        self.text
            .unwrap_or_else(|| Digest::of(format!("{self:?}").as_bytes()))
    }

    /// What the plugin is called.
    pub fn plugin(&self) -> &PluginName {
        &self.plugin
    }

    /// The only component that may be run, if one is named.
    pub fn component(&self) -> Option<&Digest> {
        self.component.as_ref()
    }

    /// The verbs that are granted.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The folders that it is given.
    pub fn directories(&self) -> &[Directory] {
        &self.directories
    }

    /// The variables of the host's environment that it is given.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// What answers tell of environments and command lines.
    pub fn show(&self) -> Show {
        self.show
    }

    /// How much of the engine a run may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How much of the machine a run may use.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Whether a verb may be called.
    ///
    /// # Errors
    ///
    /// Tells what would have to be added to the policy.
    pub fn allow(&self, verb: Verb) -> Result<(), NotAllowed> {
        if !self.grants.allow(verb) {
            return Err(NotAllowed {
                verb,
                rule: "allow",
                add: verb.line_to_add(),
            });
        }
        // It gives the engine's own text, out of which nothing is taken.
        if verb == Verb::ContainerInspectJson && !self.show.is_all() {
            return Err(NotAllowed {
                verb,
                rule: "show",
                add: "show = { env = \"values\", args = \"all\" }".to_owned(),
            });
        }
        Ok(())
    }

    /// What a plugin that asks for these verbs may not call.
    pub fn missing(&self, asked: &[Verb]) -> Vec<NotAllowed> {
        let refused = |verb: &Verb| self.allow(*verb).err();
        asked.iter().filter_map(refused).collect()
    }
}

/// A policy of grants alone, for a plugin called `plugin`.
impl From<Grants> for Policy {
    fn from(grants: Grants) -> Self {
        Self::new(PluginName::near("plugin")).with_grants(grants)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Policy {
        Policy::parse(&format!("version = 1\nplugin = \"p\"\n{text}")).unwrap()
    }

    fn error(text: &str) -> String {
        let text = format!("version = 1\nplugin = \"p\"\n{text}");
        Policy::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn nothing_is_allowed_that_is_not_written() {
        let policy = read("");
        assert!(Verb::all().all(|verb| !policy.grants().allow(verb)));
        assert!(!policy.grants().starts_without());
        assert!(policy.directories().is_empty() && policy.variables().is_empty());
    }

    /// The engine's own text holds all that `show` hides elsewhere.
    #[test]
    fn attack_118_inspect_json_is_for_those_who_may_see_all() {
        let allow = "allow = [\"container.inspect-json\"]\n";
        let verb = Verb::ContainerInspectJson;
        for show in ["", "show.env = \"values\"", "show.args = \"all\""] {
            let refused = read(&format!("{allow}{show}")).allow(verb).unwrap_err();
            assert_eq!(refused.rule, "show", "{show}");
        }
        let all = read(&format!(
            "{allow}show = {{ env = \"values\", args = \"all\" }}"
        ));
        assert_eq!(all.allow(verb), Ok(()));
        assert_eq!(read("").allow(verb).unwrap_err().rule, "allow");
    }

    #[test]
    fn a_digest_is_that_of_the_text_till_something_is_set() {
        let text = "version = 1\nplugin = \"p\"\n# why";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.digest(), Digest::of(text.as_bytes()));
        let granted = |verbs: &[Verb]| {
            let policy = policy.clone();
            policy
                .with_grants(Grants::of(verbs.iter().copied()))
                .digest()
        };
        assert_ne!(granted(&[]), policy.digest());
        assert_ne!(granted(&[]), granted(&[Verb::SystemPing]));
        assert_eq!(granted(&[Verb::SystemPing]), granted(&[Verb::SystemPing]));
    }

    #[test]
    fn deny_beats_allow() {
        let policy = read(
            "api = \"0.1.0\"\nallow = [\"container.*\", \"containers.list\"]\ndeny = [\"container.kill\", \"containers.*\"]",
        );
        assert!(policy.grants().allow(Verb::ContainerStart));
        assert!(!policy.grants().allow(Verb::ContainerKill));
        assert!(!policy.grants().allow(Verb::ContainersList));
    }

    #[test]
    fn a_misspelt_verb_is_told_with_its_place() {
        assert_eq!(
            error("allow = [\n  \"containers.list\",\n  \"container.lgos\"]"),
            "the policy:5:3: there is no verb `container.lgos`; did you mean `container.logs`?"
        );
        assert!(error("allow = [\"container.*\"]").contains("version of the interface"));
        assert!(error("deny = [\"container.*\"]").contains("version of the interface"));
        assert!(error("api = \"1\"\nallow = [\"container.*\"]").contains("`1` is no version"));
    }

    #[test]
    fn a_version_that_is_none_is_an_error_without_patterns_too() {
        assert!(error("api = \"one\"").starts_with("the policy:3:7: `one` is no version"));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.toml");
        let text = "version = 1\nplugin = \"p\"\n[wasi]\ndirs = [{ host = \"data\", guest = \"/data\", read-only = true }, { host = \"/srv\", guest = \"/srv\" }]\nenv = [\"LANG\"]";
        std::fs::write(&path, text).unwrap();
        let policy = Policy::read(&path).unwrap();
        let data = Directory::new(folder.path().join("data"), "/data").read_only();
        assert_eq!(policy.directories(), [data, Directory::new("/srv", "/srv")]);
        assert_eq!(policy.variables(), ["LANG"]);

        std::fs::write(&path, "version = 1\n\nplug = 1").unwrap();
        let error = Policy::read(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}:3:1: there is no key `plug`", path.display())
        );
        assert_eq!(error.hint(), Some("did you mean `plugin`?"));
    }
}
