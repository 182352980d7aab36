//! Debian packages in a folder, without installing anything: any suite, with all that it depends on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::cache::Cache;
use crate::process::{self, is_installed};
use crate::progress::{Step, say};

/// The variable that names a mirror of the Debian archive where apt knows none.
pub const MIRROR_VARIABLE: &str = "DOCKWIT_DEBIAN_MIRROR";

/// Package lists older than this may name packages that a mirror no longer has.
const LISTS_STAY_GOOD: Duration = Duration::from_secs(7 * 24 * 3600);

/// A way to the Debian archive.
#[derive(Clone, Debug)]
pub struct Debian {
    cache: Cache,
}

impl Debian {
    /// Makes sure that this machine can download Debian packages, or says what it lacks.
    pub fn of_this_machine(cache: &Cache) -> Result<Self> {
        for (command, package) in [("apt-get", "apt"), ("dpkg", "dpkg"), ("perl", "perl")] {
            if !is_installed(command) {
                bail!("{command} is missing: install the package {package}");
            }
        }
        Ok(Self {
            cache: cache.clone(),
        })
    }

    /// The folder with these packages of a suite and all that they depend on; unpacked if it isn't
    /// there yet. `finish` completes it before it is taken into use.
    pub fn suite(
        &self,
        suite: &str,
        packages: &[&str],
        finish: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let name = format!("{suite}+{}", packages.join("+"));
        self.cache.folder(&name, |folder| {
            if !rustix::process::geteuid().is_root() {
                bail!("Debian suites are unpacked by root only: run this as root");
            }
            let script = self.package("mmdebstrap")?.join("usr/bin/mmdebstrap");
            let mirror = mirror()?;
            let shown = packages
                .iter()
                .take(3)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            let _step = Step::begin(format!("unpacking {shown}... of Debian {suite}"));
            let mut command = Command::new("perl");
            command
                .arg(script)
                .args([
                    "--quiet",
                    "--mode=root",
                    "--variant=extract",
                    "--format=directory",
                ])
                .arg(format!("--include={}", packages.join(",")))
                .arg("--aptopt=APT::Install-Recommends \"false\"")
                // The suite's newest state isn't needed; one that the mirror has is.
                .arg("--aptopt=Acquire::Check-Valid-Until \"false\"")
                .arg(suite)
                .arg(folder)
                .arg(mirror)
                .env_remove("LD_LIBRARY_PATH");
            process::run_well(&mut command)
                .with_context(|| format!("cannot unpack Debian {suite} from the apt mirror"))?;
            finish(folder)
        })
    }

    /// The folder of one package of the machine's own suite, unpacked and not installed.
    pub fn package(&self, package: &str) -> Result<PathBuf> {
        self.cache.folder(&format!("package+{package}"), |folder| {
            update_old_lists()?;
            let _step = Step::begin(format!("downloading the Debian package {package}"));
            let download = folder.join("download");
            fs::create_dir(&download)?;
            let mut command = Command::new("apt-get");
            command
                .args(["--quiet=2", "download", package])
                .current_dir(&download);
            process::capture(&mut command)?
                .status
                .success()
                .then_some(())
                .with_context(|| format!("apt-get cannot download {package}"))?;
            for file in fs::read_dir(&download)? {
                process::run_well(Command::new("dpkg").arg("-x").arg(file?.path()).arg(folder))?;
            }
            Ok(fs::remove_dir_all(download)?)
        })
    }
}

/// The mirror of the Debian archive that the machine's own apt uses.
fn mirror() -> Result<String> {
    if let Some(mirror) = std::env::var(MIRROR_VARIABLE)
        .ok()
        .filter(|m| !m.is_empty())
    {
        return Ok(mirror);
    }
    update_old_lists()?;
    let found = package_lists()?
        .into_iter()
        .find(PackageList::is_debian_archive);
    found.map(|list| list.uri).with_context(|| {
        format!("apt has no source for Debian's main archive: set {MIRROR_VARIABLE} to a mirror")
    })
}

/// A package list as apt describes it.
#[derive(Debug, Eq, PartialEq)]
struct PackageList {
    uri: String,
    origin: String,
    label: String,
    component: String,
    file: PathBuf,
}

impl PackageList {
    /// Tells the archive from its updates, its security fixes and other people's repositories.
    fn is_debian_archive(&self) -> bool {
        self.origin == "Debian" && self.label == "Debian" && self.component == "main"
    }

    /// The file has the date of the mirror's; its folder that of the last update.
    fn is_fresh(&self) -> bool {
        let updated = self
            .file
            .parent()
            .and_then(|folder| folder.metadata().ok()?.modified().ok());
        let age = updated.and_then(|time| SystemTime::now().duration_since(time).ok());
        self.file.exists() && age.is_some_and(|age| age < LISTS_STAY_GOOD)
    }
}

fn package_lists() -> Result<Vec<PackageList>> {
    let format = "$(REPO_URI)\t$(ORIGIN)\t$(LABEL)\t$(COMPONENT)\t$(FILENAME)";
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", format, "Created-By: Packages"]);
    Ok(read_package_lists(&process::read(&mut command)?))
}

fn read_package_lists(text: &str) -> Vec<PackageList> {
    let read = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        Some(PackageList {
            uri: fields.next()?.trim_end_matches('/').to_owned(),
            origin: fields.next()?,
            label: fields.next()?,
            component: fields.next()?,
            file: fields.next()?.into(),
        })
    };
    text.lines().filter_map(read).collect()
}

/// Updates apt's lists where they are missing or old.
fn update_old_lists() -> Result<()> {
    if package_lists()?.iter().any(PackageList::is_fresh) {
        return Ok(());
    }
    let _step = Step::begin("updating apt's package lists");
    let output = process::capture(Command::new("apt-get").args(["--quiet=2", "update"]))?;
    if !output.status.success() {
        // One source of several may have failed; whether the needed one is there is seen later.
        let said = String::from_utf8_lossy(&output.stderr);
        say(format!(
            "`apt-get update` failed: {}",
            said.lines().next().unwrap_or_default()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: &str = "\
https://example.org/tools/\tTools\tTools\tmain\t/var/lib/apt/lists/a
http://mirror.example/debian-security/\tDebian\tDebian-Security\tmain\t/var/lib/apt/lists/b
http://mirror.example/debian/\tDebian\tDebian\tcontrib\t/var/lib/apt/lists/c
mirror+file:/etc/apt/mirrors/debian.list/\tDebian\tDebian\tmain\t/no/such/list
";

    #[test]
    fn the_archive_is_told_from_other_sources() {
        let found = read_package_lists(LISTS)
            .into_iter()
            .find(PackageList::is_debian_archive);
        assert_eq!(
            found.unwrap().uri,
            "mirror+file:/etc/apt/mirrors/debian.list"
        );
    }

    #[test]
    fn a_list_that_is_not_there_is_not_fresh() {
        assert!(!read_package_lists(LISTS).iter().any(PackageList::is_fresh));
    }

    #[test]
    fn no_lists_are_no_error() {
        assert_eq!(read_package_lists(""), []);
    }
}
