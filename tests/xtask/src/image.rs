//! The image of the tests, made from Debian's static busybox.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use bytes::Bytes;
use tar::{Builder, EntryType, Header};

use crate::cache::Cache;
use crate::debian::Debian;
use crate::http::Engine;
use crate::process;
use crate::progress::say;

/// The name and tag of the image that the tests use.
pub const TEST_IMAGE: &str = "dockwit-test/busybox:1";

/// What is pulled where no image can be made.
const PULLED: &str = "busybox:latest";

/// The layer's accounts: root, and one without powers.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n";
const GROUP: &str = "root:x:0:\nnobody:x:65534:\n";

/// Makes the image's single layer, once.
pub fn layer(debian: &Debian, cache: &Cache) -> Result<PathBuf> {
    let folder = cache.folder("image", |folder| {
        let busybox = debian.package("busybox-static")?.join("bin/busybox");
        let applets = process::read(Command::new(&busybox).arg("--list"))?;
        write_layer(
            File::create(folder.join("layer.tar"))?,
            File::open(&busybox)?,
            &applets,
        )
    })?;
    Ok(folder.join("layer.tar"))
}

/// Makes sure that somebody's engine has an image of that name: the one it has, else one that is made
/// here, else `busybox`, pulled.
pub fn provide(engine: &Engine, cache: &Cache, name: &str) -> Result<Provided> {
    if engine.has_image(name)? {
        return Ok(Provided::default());
    }
    let made = Debian::of_this_machine(cache).and_then(|debian| layer(&debian, cache));
    let mut added = vec![name.to_owned()];
    match made {
        Ok(layer) => import(engine, &layer, name)?,
        Err(error) => {
            say(format!(
                "no image can be made here ({error:#}): pulling {PULLED}"
            ));
            if !engine.has_image(PULLED)? {
                engine.post("/images/create?fromImage=busybox&tag=latest", Bytes::new())?;
                added.push(PULLED.to_owned());
            }
            tag(engine, PULLED, name)?;
        }
    }
    Ok(Provided {
        added: added
            .into_iter()
            .map(|name| (engine.clone(), name))
            .collect(),
    })
}

/// The images that [`provide`] added to an engine, removed from it when this is dropped.
#[derive(Debug, Default)]
#[must_use = "the image is removed when this is dropped"]
pub struct Provided {
    added: Vec<(Engine, String)>,
}

impl Drop for Provided {
    fn drop(&mut self) {
        for (engine, name) in &self.added {
            if let Err(error) = engine.delete(&format!("/images/{name}")) {
                say(format!("cannot remove the image {name} again: {error:#}"));
            }
        }
    }
}

/// Imports a layer as an image with the usual command and search path.
pub fn import(engine: &Engine, layer: &Path, name: &str) -> Result<()> {
    let (repository, tag) = split(name);
    let body = Bytes::from(fs::read(layer)?);
    let changes = "changes=CMD%20%5B%22sh%22%5D&changes=ENV%20PATH%3D%2Fbin";
    let path = format!("/images/create?fromSrc=-&repo={repository}&tag={tag}&{changes}");
    engine
        .post(&path, body)
        .with_context(|| format!("cannot import the image {name}"))?;
    if !engine.has_image(name)? {
        // Podman 4 disregards the tag.
        let latest = format!("{repository}:latest");
        self::tag(engine, &latest, name)?;
        engine.delete(&format!("/images/{latest}"))?;
    }
    Ok(())
}

fn tag(engine: &Engine, image: &str, name: &str) -> Result<()> {
    let (repository, tag) = split(name);
    let path = format!("/images/{image}/tag?repo={repository}&tag={tag}");
    engine.post(&path, Bytes::new())?;
    Ok(())
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or((name, "latest"))
}

fn write_layer(layer: File, busybox: impl Read, applets: &str) -> Result<()> {
    let mut tar = Builder::new(layer);
    for (folder, mode) in [
        ("bin", 0o755),
        ("etc", 0o755),
        ("root", 0o700),
        ("tmp", 0o1777),
    ] {
        let mut header = header(EntryType::Directory, mode, 0);
        tar.append_data(&mut header, folder, std::io::empty())?;
    }
    let mut program = Vec::new();
    let mut busybox = busybox;
    busybox.read_to_end(&mut program)?;
    append_file(&mut tar, "bin/busybox", 0o755, &program)?;
    append_file(&mut tar, "etc/passwd", 0o644, PASSWD.as_bytes())?;
    append_file(&mut tar, "etc/group", 0o644, GROUP.as_bytes())?;
    for applet in applets.lines().filter(|applet| *applet != "busybox") {
        let mut header = header(EntryType::Symlink, 0o777, 0);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox")?;
    }
    tar.finish()?;
    Ok(())
}

fn append_file(tar: &mut Builder<File>, path: &str, mode: u32, data: &[u8]) -> Result<()> {
    let mut header = header(EntryType::Regular, mode, u64::try_from(data.len())?);
    Ok(tar.append_data(&mut header, path, data)?)
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_has_the_program_and_a_link_for_each_applet() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write_layer(
            file.reopen().unwrap(),
            &b"program"[..],
            "busybox\nsh\ntrue\n",
        )
        .unwrap();
        let mut archive = tar::Archive::new(file.reopen().unwrap());
        let paths: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        let expected = [
            "bin",
            "etc",
            "root",
            "tmp",
            "bin/busybox",
            "etc/passwd",
            "etc/group",
            "bin/sh",
            "bin/true",
        ];
        assert_eq!(paths, expected);
    }
}
