//! Docker's own configuration: what `docker login` has put there.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::{Auth, Registry, Secret, contents, helper, normal};

/// The name of the file in the folder.
const FILE: &str = "config.json";

/// As written by Docker, and by people who leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What of the file concerns credentials.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

/// An entry of `auths`. It is empty where a helper keeps the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    username: Secret,
    password: Secret,
    auth: Secret,
    identitytoken: Secret,
    registrytoken: Secret,
}

/// Credentials for exactly this registry, from the file or from the helper that it names.
pub(super) fn read(folder: Option<&Path>, registry: &Registry) -> Result<Auth, String> {
    let Some(folder) = folder else {
        return Err("there is no folder in which Docker's configuration could be".to_owned());
    };
    let path = folder.join(FILE);
    let shown = path.display();
    let text = contents(&path).map_err(|why| format!("{shown} {why}"))?;
    let config: Config = serde_json::from_str(text.expose()).map_err(|error| {
        // Of what is wrong, only the place is told.
        let (line, column) = (error.line(), error.column());
        format!("{shown} isn't as Docker writes it (line {line}, column {column})")
    })?;
    match config.helper(registry) {
        Some(helper) => helper::get(helper, registry.server()),
        None => config.entry(registry, &path),
    }
}

impl Config {
    /// The helper that has a registry's credentials, if one has.
    fn helper(&self, registry: &Registry) -> Option<&str> {
        let own = self
            .cred_helpers
            .iter()
            .find(|(server, _)| is_server(server, registry));
        let name = own.map_or(&self.creds_store, |(_, name)| name);
        Some(name.as_str()).filter(|name| !name.is_empty())
    }

    fn entry(mut self, registry: &Registry, path: &Path) -> Result<Auth, String> {
        // Docker's own name goes first.
        let exact = Some(registry.server()).filter(|server| self.auths.contains_key(*server));
        let key = exact.map(str::to_owned).or_else(|| {
            let mut servers = self.auths.keys();
            servers.find(|server| is_server(server, registry)).cloned()
        });
        let entry = key.and_then(|key| self.auths.remove(&key));
        match entry {
            Some(entry) => entry.auth(),
            None => Err(format!(
                "{} has no entry for {registry}; log in by `docker login {registry}`",
                path.display()
            )),
        }
    }
}

impl Entry {
    fn auth(self) -> Result<Auth, String> {
        let some = |secret: Secret| Some(secret).filter(Secret::is_some);
        let of_auth = match self.auth.is_some() {
            true => name_and_password(&self.auth)?,
            false => None,
        };
        let (username, password) = match of_auth {
            Some((name, password)) => (some(name), some(password)),
            None => (some(self.username), some(self.password)),
        };
        Ok(Auth {
            username,
            password,
            identity_token: some(self.identitytoken),
            registry_token: some(self.registrytoken),
            server: None,
        })
    }
}

/// What `auth` holds: `name:password` in base64. Nothing if it is empty.
pub(super) fn name_and_password(auth: &Secret) -> Result<Option<(Secret, Secret)>, String> {
    if !auth.is_some() {
        return Ok(None);
    }
    let unread = || "has an `auth` that isn't `name:password` in base64".to_owned();
    let bytes = BASE64.decode(auth.expose()).map_err(|_| unread())?;
    let text = String::from_utf8(bytes).map_err(|_| unread())?;
    let text = Secret::new(text);
    let (name, password) = text.expose().split_once(':').ok_or_else(unread)?;
    let password = password.trim_matches('\0');
    Ok(Some((Secret::new(name), Secret::new(password))))
}

/// Whether a server, as Docker's configuration names it, is this registry: with a scheme or without, at its root or at one of the
/// API's versions.
pub(super) fn is_server(server: &str, registry: &Registry) -> bool {
    let rest = server
        .strip_prefix("https://")
        .or_else(|| server.strip_prefix("http://"))
        .unwrap_or(server);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_root = matches!(path.trim_end_matches('/'), "" | "v1" | "v2");
    is_root && normal(host) == registry.as_str()
}
