//! `dockwit policy pin`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::api::{Client, ErrorKind};
use crate::cli::failure::{FAILED, Failure};
use crate::cli::{engine, run, text};
use crate::policy::create::pinned;
use crate::policy::{Pins, PolicyReader};

/// A tag can come to mean another image, so that a policy names images by their content. This looks up what the tags in
/// create.images mean on the engine now, and writes that into the file; comments and form stay as they are.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Options {
    /// The policy, in TOML; its images may be named by tags
    policy: PathBuf,

    /// Tell what would be written, and write nothing
    #[arg(long)]
    check: bool,

    /// The engine: unix:///path or tcp://host:port [default: $DOCKER_HOST, or the socket /var/run/docker.sock]
    #[arg(long, value_name = "URL")]
    engine: Option<String>,
}

const AFTER_HELP: &str = "\
Examples:
  docker pull postgres:16 && dockwit policy pin devenv.toml
  dockwit policy pin devenv.toml --check

Exit status:
  0  every image is named by its content, now or before
  1  one isn't: with --check, or since the engine doesn't have it; or the policy is wrong otherwise";

pub(super) fn pin(options: &Options) -> Result<ExitCode, Failure> {
    let path = &options.policy;
    let pins = Pins::read(path).map_err(|error| run::policy::refused(&error, FAILED))?;
    if pins.unpinned().next().is_none() {
        text::print("every image is named by its content\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let client = engine::client(options.engine.as_deref());
    let client = client.map_err(|failure| failure.status(FAILED))?;
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let tokio = tokio.map_err(|error| Failure::of(FAILED, &error))?;
    let names = tokio.block_on(look_up(&client, &pins))?;
    let named = |image: &str| {
        names
            .get(image)
            .cloned()
            .unwrap_or_else(|| image.to_owned())
    };
    let whole = pins.with(named);
    let reader: PolicyReader<'_> = run::policy::reader(&[]).without_values();
    let policy = reader.parse_for(&whole, path);
    policy.map_err(|error| run::policy::refused(&error, FAILED))?;
    if !options.check {
        replace(path, &whole).map_err(|error| {
            let message = format!("{} can't be written: {error}", path.display());
            Failure::new(FAILED, message)
        })?;
    }
    text::print(&tell(&pins, &names))?;
    Ok(match options.check {
        true => ExitCode::from(FAILED),
        false => ExitCode::SUCCESS,
    })
}

/// What each of the names means on the engine now.
async fn look_up(client: &Client, pins: &Pins) -> Result<BTreeMap<String, String>, Failure> {
    let mut names = BTreeMap::new();
    for image in pins.unpinned() {
        let found = client.images().inspect(image).await;
        let found = found.map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                let message = format!("the engine has no image {image}");
                Failure::new(FAILED, message).hint(format!("get it by `docker pull {image}`"))
            }
            _ => Failure::of(FAILED, &error),
        })?;
        names.insert(image.to_owned(), pinned(image, &found));
    }
    Ok(names)
}

fn tell(pins: &Pins, names: &BTreeMap<String, String>) -> String {
    let line = |image: &str| {
        let name = names.get(image).map_or("", String::as_str);
        format!("{} -> {}\n", text::escape(image), text::escape(name))
    };
    pins.unpinned().map(line).collect()
}

/// Writes a file over: whole, or not at all.
fn replace(path: &Path, whole: &str) -> io::Result<()> {
    // Behind a link, it is the file that changes.
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(whole.as_bytes())?;
    file.as_file()
        .set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
