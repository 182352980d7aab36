//! `dockwit run --learn`: a run inside a wide policy, and the least one that would have allowed it.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Options;
use super::policy::{reader, refused};
use crate::cli::failure::{Failure, NOT_STARTED};
use crate::cli::wasm_file;
use crate::policy::create::HostAccess;
use crate::policy::values::PluginName;
use crate::policy::{Learner, Policy, Verb};
use crate::runtime::Imports;

/// What a run that is learnt from may do besides what the plugin asks for: anything with containers of its own, and nothing of the
/// machine's.
const CEILING: &str = r#"
[create]
images       = "any"
memory       = "64TiB"
cpus         = 100000
pids         = 4000000
nofile       = 1048576
shm          = "64TiB"
labels       = ["*"]
persist      = true
healthcheck  = "any"
stop-timeout = 86400
[limits]
containers   = 10000
running      = 10000
memory-total = "1000000TiB"
cpus-total   = 1000000
networks     = 100
volumes      = 10000
"#;

/// Networks that reach further, and ports of this machine alone: unless a setting says that there shall be none.
const NETWORK: &str = r#"
egress = true
ports  = { ip = "127.0.0.1", range = "1024-65535" }
"#;

/// A run that is learnt from.
pub(super) struct Learning {
    out: PathBuf,
    over: bool,
    imports: Imports,
    ceiling: Policy,
    learner: Learner,
}

impl Learning {
    /// What `--learn` asks for. The file must not be there yet, unless that is to be.
    pub(super) fn of(options: &Options, out: &Path) -> Result<Self, Failure> {
        if out.exists() && !options.force {
            let message = format!("{} is there already", out.display());
            return Err(Failure::new(NOT_STARTED, message)
                .hint("name another file, or add --force to write over it"));
        }
        let component = wasm_file::read(&options.plugin, NOT_STARTED)?;
        let imports = wasm_file::imports(&component, NOT_STARTED)?;
        let ceiling = ceiling(options, imports.verbs())?;
        Ok(Self {
            out: out.to_owned(),
            over: options.force,
            imports,
            ceiling,
            learner: Learner::new(),
        })
    }

    /// The policy that the run is inside.
    pub(super) fn ceiling(&self) -> Policy {
        self.ceiling.clone()
    }

    pub(super) fn learner(&self) -> Learner {
        self.learner.clone()
    }

    /// Writes the policy that was learnt. Gives what is to be said of it.
    pub(super) fn write(&self, options: &Options) -> Result<String, Failure> {
        let variables = options.variables.iter();
        let ceiling = variables.fold(self.ceiling(), |policy, variable| {
            policy.with_variable(&variable.name)
        });
        let imports = &self.imports;
        let text = self
            .learner
            .policy(&ceiling, imports.verbs(), imports.powers());
        let text = text.map_err(|error| Failure::of(NOT_STARTED, &error))?;
        let out = self.out.display();
        put(&self.out, &text, self.over).map_err(|error| {
            Failure::new(NOT_STARTED, format!("{out} can't be written: {error}"))
        })?;
        Ok(format!("wrote what the plugin used to {out}"))
    }
}

fn put(path: &Path, text: &str, over: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match over {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    options.write(true).open(path)?.write_all(text.as_bytes())
}

fn ceiling(options: &Options, asked: &[Verb]) -> Result<Policy, Failure> {
    let name = options.plugin.file_stem().unwrap_or_default();
    let name = PluginName::near(&name.to_string_lossy());
    let verbs: Vec<_> = asked.iter().map(|verb| format!("\"{verb}\"")).collect();
    let network = match options
        .settings
        .iter()
        .any(|of| of.key() == "create.egress")
    {
        true => "",
        false => NETWORK,
    };
    let ceiling = CEILING.replacen("[create]", &format!("[create]{network}"), 1);
    let text = format!(
        "version = 1\nplugin = \"{name}\"\nmissing = \"deny\"\nallow = [{}]\n{ceiling}",
        verbs.join(", ")
    );
    let policy = reader(&options.settings).parse(&text);
    let policy = policy.map_err(|error| refused(&error, NOT_STARTED))?;
    if *policy.host_access() != HostAccess::default() {
        let message = "what a plugin has of the machine isn't learnt";
        return Err(Failure::new(NOT_STARTED, message)
            .hint("leave host-access out, and write its keys by hand"));
    }
    let policy = match options.show.is_empty() {
        true => policy,
        false => policy.with_show(options.show()),
    };
    Ok(options
        .directories
        .iter()
        .cloned()
        .fold(policy, Policy::with_directory))
}
