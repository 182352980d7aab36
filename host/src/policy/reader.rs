//! How a policy is read: once, whole, or not at all.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::create::Contradiction;
use super::credentials::{self, CredentialRule};
use super::file::values::Digest;
use super::file::{self, Keys, Places, PolicyError, Setting, Texts, ValueSource};
use super::secrets::GivenAway;
use super::{Case, Directory, Explained, Grants, Policy};

/// The most that the value of a variable has, in bytes: what a program can be given.
const MAX_VALUE: u64 = 128 << 10;

/// Where variables are looked up.
type LookUp<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// Reads policies.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::PolicyReader;
///
/// let policy = PolicyReader::new()
///     .set("limits.containers=4".parse()?)
///     .environment(|name| (name == "DB_PW").then(|| "secret".to_owned()))
///     .parse(
///         r#"
///         version = 1
///         plugin  = "devenv"
///         [create]
///         env.PASSWORD = { from = { env = "DB_PW" }, reachable = true }
///         "#,
///     )?;
/// assert_eq!(policy.create().env["PASSWORD"].value, "secret");
/// assert_eq!(policy.limits().containers, 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PolicyReader<'a> {
    settings: Vec<Setting>,
    look_up: LookUp<'a>,
    values: bool,
}

impl Default for PolicyReader<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> PolicyReader<'a> {
    /// Reads the file as it is.
    pub fn new() -> Self {
        Self {
            settings: Vec::new(),
            look_up: Box::new(|_| None),
            values: true,
        }
    }

    /// Sets a key, whatever the file has for it.
    #[must_use]
    pub fn set(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// Sets where the variables are looked up whose values the host adds to containers, such as `|name|
    /// std::env::var(name).ok()`; by default there is none.
    #[must_use]
    pub fn environment(self, look_up: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self {
            look_up: Box::new(look_up),
            ..self
        }
    }

    /// Leaves the values of variables that the host adds empty, so that a policy can be looked at where they are not. No run
    /// should be given it.
    #[must_use]
    pub fn without_values(self) -> Self {
        Self {
            values: false,
            ..self
        }
    }

    /// Reads a policy file. Its paths are relative to it.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn read(self, path: &Path) -> Result<Policy, PolicyError> {
        let text = file::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        self.policy(text, folder)
            .map_err(|error| error.in_file(path))
    }

    /// Reads a policy file, and tells all that holds under it.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn explain(mut self, path: &Path) -> Result<Explained, PolicyError> {
        let texts = self.texts(file::read(path)?);
        let folder = path.parent().unwrap_or(Path::new(""));
        self.explained(&texts, folder)
            .map_err(|error| error.in_file(path))
    }

    /// Reads a policy's text, and tells all that holds under it.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn explain_text(mut self, text: &str) -> Result<Explained, PolicyError> {
        let texts = self.texts(text.to_owned());
        self.explained(&texts, Path::new(""))
    }

    /// Reads a policy's text. Its paths are relative to the folder that the process is in.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn parse(self, text: &str) -> Result<Policy, PolicyError> {
        self.policy(text.to_owned(), Path::new(""))
    }

    /// Reads the text of a policy file as if it stood there.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn parse_for(self, text: &str, path: &Path) -> Result<Policy, PolicyError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.policy(text.to_owned(), folder)
            .map_err(|error| error.in_file(path))
    }

    fn policy(mut self, file: String, folder: &Path) -> Result<Policy, PolicyError> {
        let texts = self.texts(file);
        let (keys, places) = texts.parse()?;
        self.held(keys, &places, &texts, folder)
    }

    fn texts(&mut self, file: String) -> Texts {
        Texts {
            file,
            settings: std::mem::take(&mut self.settings),
        }
    }

    fn explained(&self, texts: &Texts, folder: &Path) -> Result<Explained, PolicyError> {
        let (keys, places) = texts.parse()?;
        let policy = self.held(keys.clone(), &places, texts, folder)?;
        Explained::of(policy, &keys, &places)
    }

    /// The policy, if nothing in it contradicts the rest.
    fn held(
        &self,
        keys: Keys,
        places: &Places<'_>,
        texts: &Texts,
        folder: &Path,
    ) -> Result<Policy, PolicyError> {
        hold(given_away(&keys, folder), places)?;
        let policy = self.taken(keys, places, folder)?;
        hold(policy.contradictions(), places)?;
        Ok(Policy {
            text: Some(texts.digest()),
            ..policy
        })
    }

    /// What the keys come to.
    fn taken(&self, keys: Keys, places: &Places<'_>, folder: &Path) -> Result<Policy, PolicyError> {
        let Keys {
            version: _,
            plugin,
            component,
            api,
            allow,
            deny,
            missing,
            detail,
            scope,
            create,
            host_access,
            accept_unenforced,
            wasi: file::Wasi { dirs, env },
            credentials,
            show,
            limits,
            sandbox,
            test,
        } = keys;
        if let Some(why) = test.iter().find_map(Case::wrong) {
            return Err(places.locate(PolicyError::new(why), "test", None));
        }
        let allowed = places.verbs(&allow, |word| Grants::allowed_by(word, api))?;
        let denied = places.verbs(&deny, |word| Grants::denied_by(word, api))?;
        let newer = places.verbs(&allow, |word| Grants::left_out_by(word, api))?;
        let grants = Grants::of(allowed).without(denied.iter().copied());
        let left_out = newer
            .into_iter()
            .filter(|verb| !grants.allow(*verb) && !denied.contains(verb));
        let create = create.bounds(|name, from| {
            let value = self.value(from, folder);
            value.map_err(|why| {
                let error = PolicyError::new(format!("the value of {name} {why}"));
                places.locate(error, "create.env", Some(name))
            })
        })?;
        let credentials = named(credentials, places, folder)?;
        let directory = |file::Dir {
                             host,
                             guest,
                             read_only,
                         }| Directory {
            host: folder.join(host),
            guest,
            read_only,
        };
        Ok(Policy {
            text: None,
            plugin,
            component,
            left_out: left_out.collect(),
            grants: grants.missing(missing),
            detail,
            scope,
            create,
            host_access,
            accept_unenforced,
            directories: dirs.into_iter().map(directory).collect(),
            variables: env,
            credentials,
            show,
            limits,
            sandbox,
            cases: test,
        })
    }

    /// The value of a variable that the host adds, or why there is none.
    fn value(&self, from: ValueSource, folder: &Path) -> Result<String, String> {
        if !self.values {
            return Ok(String::new());
        }
        match from {
            ValueSource::Env(name) => {
                let value = (self.look_up)(&name);
                value.ok_or_else(|| {
                    let name = super::quoted(&name);
                    format!("is not there: the host's environment has no {name}, or it isn't UTF-8")
                })
            }
            ValueSource::File(path) => {
                let path = folder.join(path);
                let value = contents(&path);
                value.map_err(|error| format!("can't be read from {}: {error}", path.display()))
            }
        }
    }
}

/// What the host alone is to have, values that it adds to containers and credentials, and that the plugin or its containers would have from the machine as well.
fn given_away(keys: &Keys, folder: &Path) -> Vec<Contradiction> {
    let own = keys.wasi.dirs.iter().map(|dir| {
        let written = dir.host.display().to_string();
        ("wasi.dirs", written, folder.join(&dir.host))
    });
    let bound = keys.host_access.binds.iter().map(|bind| {
        let source = bind.source.clone();
        ("host-access.binds", source.clone(), source.into())
    });
    let given = GivenAway {
        variables: &keys.wasi.env,
        folders: own.chain(bound).collect(),
    };
    let values = keys.create.sources();
    let values = values.map(|(name, from)| (format!("create.env.{name}"), from.clone()));
    let credentials = keys.credentials.iter().filter_map(|(name, credential)| {
        let from = credential.from.value_source()?;
        Some((format!("credentials.{name}"), from))
    });
    let secret = values.chain(credentials);
    secret
        .flat_map(|(of, from)| given.with(&of, &from, folder))
        .collect()
}

/// The rules of credentials, by their names.
fn named(
    credentials: BTreeMap<String, file::Credential>,
    places: &Places<'_>,
    folder: &Path,
) -> Result<BTreeMap<String, CredentialRule>, PolicyError> {
    let rule = |(name, of): (String, file::Credential)| {
        if !credentials::is_name(&name) {
            let why = format!(
                "{name:?} is no name for credentials; one is of lowercase letters, digits and `-`, at most {}",
                credentials::MAX_NAME
            );
            return Err(places.locate(PolicyError::new(why), "credentials", Some(&name)));
        }
        let from = of.from.source(folder);
        Ok((name, CredentialRule::new(of.registry, from)))
    };
    credentials.into_iter().map(rule).collect()
}

/// A file's text through one descriptor, without a newline at its end.
fn contents(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(MAX_VALUE + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_VALUE {
        let message = format!("a value has {MAX_VALUE} bytes at most");
        return Err(io::Error::other(message));
    }
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Fails with the first of these, if there is one.
fn hold(found: Vec<Contradiction>, places: &Places<'_>) -> Result<(), PolicyError> {
    let Some(Contradiction { key, item, why }) = found.into_iter().next() else {
        return Ok(());
    };
    Err(match places.has(key) {
        true => places.locate(PolicyError::new(why), key, item.as_deref()),
        false => PolicyError::new(format!("{key}: {why}")),
    })
}

impl Texts {
    /// The digest of all that was read. What is set besides makes another policy of a file.
    fn digest(&self) -> Digest {
        match self.settings.is_empty() {
            true => Digest::of(self.file.as_bytes()),
            false => Digest::of(format!("{}\n{:?}", self.file, self.settings).as_bytes()),
        }
    }
}
