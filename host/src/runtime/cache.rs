//! Compiled code that is kept between runs.
//!
//! Compiled code is machine code: whoever can write it into the cache runs as the user. So each entry is authenticated with a
//! key that is kept elsewhere, and what can't be verified is compiled anew, as if it weren't there. Nothing here fails for
//! want of a cache.

#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The most that is kept, in bytes: hundreds of small plugins, or a dozen that bring an interpreter.
const MAX_TOTAL: u64 = 1 << 30;

/// The most that one entry may have, in bytes; a larger file is none of ours.
const MAX_ENTRY: u64 = MAX_TOTAL / 2;

/// How long a file that is being written may lie beside its place before it is taken for left over.
const MAX_UNFINISHED: Duration = Duration::from_secs(3600);

const UNFINISHED: &str = ".new-";

/// A block of SHA-256, which is what HMAC makes of any key.
const KEY_SIZE: usize = 64;
const MAC_SIZE: usize = 32;

type Key = [u8; KEY_SIZE];

/// A folder of compiled code, and the key by which its own entries are known.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    key_file: PathBuf,
    max_total: u64,
}

impl Cache {
    /// Takes a folder and the file of its key; both are made at the first use, for the user alone. The key must not lie in
    /// the folder, nor in any that a plugin can write to.
    pub fn open(folder: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            key_file: key_file.into(),
            max_total: MAX_TOTAL,
        }
    }

    /// Gives a component's compiled code, from the folder if it is there and authentic.
    ///
    /// # Errors
    ///
    /// Fails only if the component can't be compiled.
    pub fn component(&self, engine: &Engine, component: &[u8]) -> wasmtime::Result<Component> {
        self.component_by(engine, component, |engine, bytes| {
            Component::new(engine, bytes)
        })
    }

    /// As [`component`](Self::component), with a way of one's own to compile it if it isn't there, such as
    /// [`Compiler::component`](super::compile::Compiler::component).
    ///
    /// # Errors
    ///
    /// Fails only if that fails.
    pub fn component_by(
        &self,
        engine: &Engine,
        component: &[u8],
        compile: impl FnOnce(&Engine, &[u8]) -> wasmtime::Result<Component>,
    ) -> wasmtime::Result<Component> {
        let key = match key(&self.key_file) {
            Ok(key) => key,
            Err(error) => {
                tracing::debug!(%error, file = %self.key_file.display(), "no key, so no cache");
                return compile(engine, component);
            }
        };
        let entry = Entry::of(&self.folder, &key, engine, component);
        match entry.load(engine) {
            Ok(component) => return Ok(component),
            Err(error) => tracing::debug!(%error, entry = entry.name, "compiling"),
        }
        let compiled = compile(engine, component)?;
        if let Err(error) = self.keep(&entry, &compiled) {
            tracing::debug!(%error, folder = %self.folder.display(), "compiled code isn't kept");
        }
        Ok(compiled)
    }

    fn keep(&self, entry: &Entry<'_>, compiled: &Component) -> wasmtime::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        entry.write(&compiled.serialize()?)?;
        Ok(remove_oldest(&self.folder, self.max_total)?)
    }
}

/// One component's place in the folder: the code's authenticator and the code.
struct Entry<'a> {
    folder: &'a Path,
    key: &'a Key,
    name: String,
}

/// Why an entry isn't used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("there is no entry that can be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("the entry is too big")]
    TooBig,
    #[error("the entry isn't authentic")]
    Foreign,
    #[error("the entry doesn't fit this host: {0}")]
    Unfit(wasmtime::Error),
}

impl<'a> Entry<'a> {
    /// The name stands for all that the code depends on: the component, how the engine compiles, and this host.
    fn of(folder: &'a Path, key: &'a Key, engine: &Engine, component: &[u8]) -> Self {
        let mut hasher = HashBySha(Sha256::new());
        hasher.0.update(Sha256::digest(component));
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.0.update(env!("CARGO_PKG_VERSION"));
        Self {
            folder,
            key,
            name: hex(&hasher.0.finalize()),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn load(&self, engine: &Engine) -> Result<Component, Unusable> {
        let mut file = File::open(self.path())?;
        let size = file.metadata()?.len();
        if size > MAX_ENTRY {
            return Err(Unusable::TooBig);
        }
        let mut authenticator = [0; MAC_SIZE];
        file.read_exact(&mut authenticator)?;
        let mut code = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        Read::by_ref(&mut file)
            .take(MAX_ENTRY)
            .read_to_end(&mut code)?;
        self.authenticate(&code)
            .verify_slice(&authenticator)
            .map_err(|_| Unusable::Foreign)?;
        // Those that were used last are kept longest.
        let _ = file.set_modified(SystemTime::now());
        // SAFETY: the bytes are what `Component::serialize` gave to a dockwit of this user. Nobody else has the key under which
        // they were just verified, and they lie in this process's memory, where nobody can change them any more.
        #[expect(
            unsafe_code,
            reason = "deserializing trusts its bytes: these were authenticated"
        )]
        unsafe { Component::deserialize(engine, &code) }.map_err(Unusable::Unfit)
    }

    /// Writes beside the place and renames: a reader sees the whole or nothing, and of several writers one wins.
    fn write(&self, code: &[u8]) -> io::Result<()> {
        let mut file = unfinished(self.folder)?;
        file.write_all(&self.authenticate(code).finalize().into_bytes())?;
        file.write_all(code)?;
        file.persist(self.path())?;
        Ok(())
    }

    /// The name is part of it, so that no entry can stand in another's place.
    fn authenticate(&self, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(self.key.into());
        mac.update(self.name.as_bytes());
        mac.update(code);
        mac
    }
}

struct HashBySha(Sha256);

impl Hasher for HashBySha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        // Asked for by the trait only; the digest is what counts.
        0
    }
}

/// Reads the key, or makes one if there is none that only the user can read.
fn key(path: &Path) -> io::Result<Key> {
    match read_key(path) {
        Ok(Some(key)) => return Ok(key),
        Ok(None) => {
            tracing::debug!(file = %path.display(), "the key is none, or open to others: making another")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let mut key = [0; KEY_SIZE];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let mut file = unfinished(folder)?;
    file.write_all(&key)?;
    file.persist(path)?;
    // Of several processes that make one at once, the last one's holds for all.
    read_key(path)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn read_key(path: &Path) -> io::Result<Option<Key>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(KEY_SIZE + 1);
    file.take(KEY_SIZE as u64 + 1).read_to_end(&mut bytes)?;
    let closed = metadata.is_file() && metadata.permissions().mode() & 0o077 == 0;
    Ok(Key::try_from(bytes).ok().filter(|_| closed))
}

fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
}

/// Removes those that were used longest ago until the rest fits, and what was never finished.
fn remove_oldest(folder: &Path, max_total: u64) -> io::Result<()> {
    let mut entries = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        // Another process may have removed it since.
        let Ok(metadata) = file.metadata() else {
            continue;
        };
        let used = metadata.modified()?;
        if !file.file_name().to_string_lossy().starts_with(UNFINISHED) {
            entries.push((used, metadata.len(), file.path()));
        } else if used.elapsed().is_ok_and(|age| age > MAX_UNFINISHED) {
            remove(&file.path())?;
        }
    }
    entries.sort();
    let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in entries {
        if total <= max_total {
            break;
        }
        remove(&path)?;
        total -= size;
    }
    Ok(())
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
