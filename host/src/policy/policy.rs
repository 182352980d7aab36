//! What one plugin may do, and what of the machine it is given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::create::{CreateBounds, HostAccess, Unenforced};
use super::credentials::CredentialRule;
use super::file::PolicyError;
use super::file::values::{Digest, PluginName};
use super::{Case, Detail, Grants, Limits, PolicyReader, Reach, Sandbox, Scope, Show, Verb};

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
    pub(super) text: Option<Digest>,
    pub(super) plugin: PluginName,
    pub(super) component: Option<Digest>,
    pub(super) grants: Grants,
    /// What patterns of `allow` would grant, were they written for a newer version of the interface.
    pub(super) left_out: BTreeSet<Verb>,
    pub(super) detail: Detail,
    pub(super) scope: Scope,
    pub(super) create: CreateBounds,
    pub(super) host_access: HostAccess,
    pub(super) accept_unenforced: BTreeSet<Unenforced>,
    pub(super) directories: Vec<Directory>,
    pub(super) variables: Vec<String>,
    pub(super) credentials: BTreeMap<String, CredentialRule>,
    pub(super) show: Show,
    pub(super) limits: Limits,
    pub(super) sandbox: Sandbox,
    pub(super) cases: Vec<Case>,
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
    /// What would have to be added to the policy. None where nothing would help.
    pub add: Option<String>,
}

impl NotAllowed {
    /// A verb that a rule refuses, and nothing to add.
    pub fn new(verb: Verb, rule: &'static str) -> Self {
        Self {
            verb,
            rule,
            add: None,
        }
    }

    /// The same, with what would have to be added.
    #[must_use]
    pub fn adding(self, add: impl Into<String>) -> Self {
        Self {
            add: Some(add.into()),
            ..self
        }
    }
}

impl Policy {
    /// A policy that allows nothing.
    pub fn new(plugin: PluginName) -> Self {
        Self {
            text: None,
            plugin,
            component: None,
            grants: Grants::none(),
            left_out: BTreeSet::new(),
            detail: Detail::default(),
            scope: Scope::default(),
            create: CreateBounds::default(),
            host_access: HostAccess::default(),
            accept_unenforced: BTreeSet::new(),
            directories: Vec::new(),
            variables: Vec::new(),
            credentials: BTreeMap::new(),
            show: Show::default(),
            limits: Limits::default(),
            sandbox: Sandbox::default(),
            cases: Vec::new(),
        }
    }

    /// Reads a policy file, once and whole. Its paths are relative to it. [`PolicyReader`] does the same with keys set besides, and
    /// with an environment to look variables up in.
    ///
    /// # Errors
    ///
    /// Fails if it can't be read, has an unknown key, a wrong type or an impossible value, or contradicts itself; the error says
    /// where.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        PolicyReader::new().read(path)
    }

    /// Reads a policy's text. Its paths are relative to the folder that the process is in.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        PolicyReader::new().parse(text)
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

    /// Sets how much the plugin is told of a refusal.
    #[must_use]
    pub fn with_detail(self, detail: Detail) -> Self {
        Self {
            text: None,
            detail,
            ..self
        }
    }

    /// Sets what the plugin may see, and what of that it may change.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self {
            text: None,
            scope,
            ..self
        }
    }

    /// Sets what containers may be.
    #[must_use]
    pub fn with_create(self, create: CreateBounds) -> Self {
        Self {
            text: None,
            create,
            ..self
        }
    }

    /// Sets what containers may have of the machine.
    #[must_use]
    pub fn with_host_access(self, host_access: HostAccess) -> Self {
        Self {
            text: None,
            host_access,
            ..self
        }
    }

    /// Sets what the engine may fail to hold containers to.
    #[must_use]
    pub fn with_accept_unenforced(self, accepted: BTreeSet<Unenforced>) -> Self {
        Self {
            text: None,
            accept_unenforced: accepted,
            ..self
        }
    }

    /// Gives a folder of the machine.
    #[must_use]
    pub fn with_directory(mut self, directory: Directory) -> Self {
        self.directories.push(directory);
        Self { text: None, ..self }
    }

    /// Gives a variable of the host's environment.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>) -> Self {
        self.variables.push(name.into());
        Self { text: None, ..self }
    }

    /// Names credentials for a registry.
    #[must_use]
    pub fn with_credentials(mut self, name: impl Into<String>, rule: CredentialRule) -> Self {
        self.credentials.insert(name.into(), rule);
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

    /// The verbs that its patterns don't grant, since they came after the version of the interface that it is written for.
    pub fn left_out(&self) -> impl Iterator<Item = Verb> {
        self.left_out.iter().copied()
    }

    /// How much the plugin is told of a refusal.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// What the plugin may see, and what of that it may change.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What containers may be that it makes, starts or changes.
    pub fn create(&self) -> &CreateBounds {
        &self.create
    }

    /// What containers may have of the machine.
    pub fn host_access(&self) -> &HostAccess {
        &self.host_access
    }

    /// What the engine may fail to hold containers to.
    pub fn accept_unenforced(&self) -> &BTreeSet<Unenforced> {
        &self.accept_unenforced
    }

    /// The folders that it is given.
    pub fn directories(&self) -> &[Directory] {
        &self.directories
    }

    /// The variables of the host's environment that it is given.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The credentials for registries that it names.
    pub fn credentials(&self) -> &BTreeMap<String, CredentialRule> {
        &self.credentials
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

    /// The cases that it is tested by.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Whether a verb may be called.
    ///
    /// # Errors
    ///
    /// Tells what would have to be added to the policy.
    pub fn allow(&self, verb: Verb) -> Result<(), NotAllowed> {
        if !self.grants.allow(verb) {
            return Err(NotAllowed::new(verb, "allow").adding(verb.line_to_add()));
        }
        // It gives the engine's own text, out of which nothing is taken.
        if verb == Verb::ContainerInspectJson && !self.show.is_all() {
            let add = "show = { env = \"values\", args = \"all\" }";
            return Err(NotAllowed::new(verb, "show").adding(add));
        }
        Ok(())
    }

    /// Whether a plugin under it can make or change containers of its own.
    pub fn makes(&self) -> bool {
        let verbs = [Verb::ContainersCreate, Verb::ContainerUpdate];
        verbs.into_iter().any(|verb| self.allow(verb).is_ok())
    }

    /// Whether a run under it is to be known to others: it needs a ledger, or has folders to write to, below which no other's
    /// containers may have paths.
    pub fn wants_ledger(&self) -> bool {
        self.needs_ledger() || self.directories.iter().any(|folder| !folder.read_only)
    }

    /// Whether it speaks of what is the plugin's own, so that a run under it needs a ledger.
    pub fn needs_ledger(&self) -> bool {
        let scope = self.scope();
        let mut granted = Verb::all().filter(|verb| self.allow(*verb).is_ok());
        granted.any(|verb| {
            let seen = match verb.interface() {
                "containers" => &scope.containers,
                "networks" => &scope.networks,
                "volumes" => &scope.volumes,
                _ => return false,
            };
            verb == Verb::ContainersCreate
                || *seen == Reach::Own
                || (verb.is_write() && scope.change.containers == Reach::Own)
        })
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
