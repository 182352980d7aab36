//! Plugins: the compiler for wasm32-wasip2, and what is built with it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::cache::{Cache, remove_folder};
use crate::debian::Debian;
use crate::process::{self, is_installed};
use crate::progress::Step;
use crate::workspace::Workspace;

/// The target of plugins.
pub const TARGET: &str = "wasm32-wasip2";

/// Long enough to download the target's library; where nothing can be downloaded it may hang.
const RUSTUP_LIMIT: Duration = Duration::from_secs(40);

/// For how long a failed download isn't tried again.
const RUSTUP_RETRY: Duration = Duration::from_secs(24 * 3600);

/// The packages of the suite that carries the target ready-made.
const SUITE: (&str, [&str; 3]) = ("sid", ["base-files", "rustc", "libstd-rust-dev-wasm32"]);

/// A compiler for the target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Compiler {
    /// The ordinary one: its toolchain has the target.
    Ordinary,
    /// Debian's, in the folder of which `bin/rustc` runs it.
    Debian(PathBuf),
}

impl Compiler {
    /// Makes sure of one: what is installed, else what rustup can install, else Debian's.
    pub fn find(cache: &Cache) -> Result<Self> {
        let sysroot = sysroot()?;
        if has_target(&sysroot) || (add_with_rustup(cache)? && has_target(&sysroot)) {
            return Ok(Self::Ordinary);
        }
        let made =
            Debian::of_this_machine(cache).and_then(|debian| debian_toolchain(&debian, &sysroot));
        made.map(Self::Debian).with_context(|| {
            format!(
                "the Rust target {TARGET} is missing: install it with `rustup target add {TARGET}`"
            )
        })
    }

    /// The variables that make cargo use it.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        match self {
            Self::Ordinary => Vec::new(),
            Self::Debian(folder) => {
                vec![
                    ("RUSTC", folder.join("bin/rustc")),
                    ("RUSTDOC", folder.join("bin/rustdoc")),
                ]
            }
        }
    }

    /// Tells one compiler from another.
    fn identity(&self) -> Result<String> {
        let rustc = match self {
            Self::Ordinary => "rustc".into(),
            Self::Debian(folder) => folder.join("bin/rustc"),
        };
        let version = process::read(Command::new(&rustc).arg("-vV"))?;
        Ok(format!("{}\n{version}", rustc.display()))
    }
}

/// Compiles the plugins of these packages and returns the folder of the `*.wasm` files.
pub fn build(
    workspace: &Workspace,
    compiler: &Compiler,
    packages: &[&str],
    profile: &str,
) -> Result<PathBuf> {
    workspace.require(packages)?;
    let folder = workspace.target().join("guest");
    forget_other_compilers(&folder, &compiler.identity()?)?;
    let mut command = workspace.cargo();
    command
        .args([
            "build",
            "--bins",
            "--examples",
            "--target",
            TARGET,
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(&folder)
        .envs(compiler.variables());
    for package in packages {
        command.args(["--package", package]);
    }
    process::run_well(&mut command).context("cannot build the plugins")?;
    Ok(folder.join(TARGET).join(profile))
}

/// What one compiler has built isn't mixed with what another builds.
fn forget_other_compilers(folder: &Path, identity: &str) -> Result<()> {
    let stamp = folder.join("compiler");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == identity) {
        return Ok(());
    }
    remove_folder(folder)?;
    fs::create_dir_all(folder)?;
    Ok(fs::write(stamp, identity)?)
}

fn sysroot() -> Result<PathBuf> {
    let text = process::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    Ok(PathBuf::from(text.trim()))
}

fn has_target(sysroot: &Path) -> bool {
    sysroot
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib")
        .is_dir()
}

/// Tries to install the target, unless that failed a short while ago.
fn add_with_rustup(cache: &Cache) -> Result<bool> {
    let failed = cache.path("rustup-failed");
    let tried = fs::metadata(&failed).and_then(|file| file.modified()).ok();
    let recent = |time| {
        SystemTime::now()
            .duration_since(time)
            .is_ok_and(|age| age < RUSTUP_RETRY)
    };
    if tried.is_some_and(recent) || !is_installed("rustup") {
        return Ok(false);
    }
    let _step = Step::begin(format!(
        "installing the Rust target: rustup target add {TARGET}"
    ));
    let log = fs::File::create(&failed)?;
    let mut command = Command::new("rustup");
    command.args(["target", "add", TARGET]);
    let status = process::run_logged(&mut command, &log, RUSTUP_LIMIT)?;
    let added = status.is_some_and(|status| status.success());
    if added {
        fs::remove_file(failed)?;
    }
    Ok(added)
}

/// Debian's compiler and library, with the linkers of the machine's own toolchain.
fn debian_toolchain(debian: &Debian, sysroot: &Path) -> Result<PathBuf> {
    let arch = Arch::of_this_machine()?;
    let suite = debian.suite(SUITE.0, &SUITE.1, |_| Ok(()))?;
    let linkers = sysroot.join("lib/rustlib").join(arch.rust).join("bin");
    if !linkers.join("wasm-component-ld").is_file() {
        bail!(
            "{} has no wasm-component-ld: use a toolchain of rustup",
            linkers.display()
        );
    }
    // A link, for rust-lld finds its library relative to itself. Another toolchain may have come
    // into use since it was made.
    let link = suite.join("usr/lib/rustlib").join(arch.rust).join("bin");
    if fs::read_link(&link).ok().as_ref() != Some(&linkers) {
        let _ = fs::remove_file(&link);
        symlink(&linkers, &link)?;
    }
    let folder = suite.join("toolchain");
    fs::create_dir_all(folder.join("bin"))?;
    for program in ["rustc", "rustdoc"] {
        write_wrapper(&folder.join("bin").join(program), &suite, &arch, program)?;
    }
    Ok(folder)
}

/// The suite's C library is newer than the machine's, so its programs are run by its own loader.
fn write_wrapper(path: &Path, suite: &Path, arch: &Arch, program: &str) -> Result<()> {
    let suite = suite.display();
    let text = format!(
        "#!/bin/sh\nexec '{suite}/{}' --library-path '{suite}/usr/lib/{}:{suite}/usr/lib' \
         '{suite}/usr/bin/{program}' \"$@\"\n",
        arch.loader, arch.debian
    );
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text)?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o755),
    )?)
}

/// What this machine's architecture is called.
#[derive(Debug)]
pub struct Arch {
    /// Rust's target.
    pub rust: &'static str,
    /// The folder of Debian's libraries.
    pub debian: &'static str,
    /// The dynamic loader.
    pub loader: &'static str,
}

impl Arch {
    /// The names for the architecture that the task runner was built for.
    pub fn of_this_machine() -> Result<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Ok(Self {
                rust: "x86_64-unknown-linux-gnu",
                debian: "x86_64-linux-gnu",
                loader: "lib64/ld-linux-x86-64.so.2",
            }),
            "aarch64" => Ok(Self {
                rust: "aarch64-unknown-linux-gnu",
                debian: "aarch64-linux-gnu",
                loader: "lib/ld-linux-aarch64.so.1",
            }),
            other => bail!("Debian's compiler is not set up on {other}"),
        }
    }
}
