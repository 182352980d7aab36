//! Loads, verifies and runs plugins: WebAssembly components that drive an engine through `dockwit:engine`.
//!
//! A [`Runtime`] is made once, loads [`Plugin`]s, and each run of one is an object that is begun and finished:
//! [`Plugin::begin`], [`Run::finish`].

mod audit;
#[cfg(feature = "cli")]
pub mod cache;
pub mod compile;
mod epochs;
mod guarded;
mod imports;
mod output;
mod plugin;
mod policy;
mod run;
mod sandbox;
mod setup;
mod state;
mod stdio;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine};

pub use guarded::Guarded;
pub use imports::{Import, ImportError, Imports, MAX_COMPONENT, RunExport};
pub use plugin::{LoadError, Plugin};
pub use policy::{NarrowError, PolicyHandle};
pub use run::{End, Outcome, Rest, Run};
pub use setup::{BeginError, RunSetup};
pub use stdio::Stdio;

use epochs::Ticker;
use state::State;

/// What all plugins of a program share: the compiler and the functions that plugins can import.
///
/// # Examples
///
/// ```no_run
/// use dockwit_host::api::Client;
/// use dockwit_host::policy::Policy;
/// use dockwit_host::policy::ledger::Ledger;
/// use dockwit_host::runtime::{RunSetup, Runtime};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let runtime = Runtime::new()?;
/// let plugin = runtime.load(&std::fs::read("plugin.wasm")?)?;
///
/// let engine = Client::at("unix:///var/run/docker.sock")?;
/// let setup = RunSetup::new(engine)
///     .policy(Policy::read("plugin.toml".as_ref())?)
///     .ledger(Ledger::open("/var/lib/agent/ledger")?)
///     .args(["plugin", "--all"]);
/// let outcome = plugin.begin(setup).await?.finish().await;
/// assert!(outcome.success());
/// # Ok(())
/// # }
/// ```
pub struct Runtime {
    engine: Engine,
    linker: Linker<State>,
    _ticker: Ticker,
}

impl Runtime {
    /// Sets up the compiler and the functions.
    ///
    /// # Errors
    ///
    /// Fails where Wasmtime has no compiler for the machine.
    pub fn new() -> wasmtime::Result<Self> {
        let engine = engine()?;
        let linker = state::linker(&engine)?;
        let ticker = Ticker::start(engine.weak());
        Ok(Self {
            engine,
            linker,
            _ticker: ticker,
        })
    }

    /// The compiler, for those who keep compiled code.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Reads what a component asks for, and compiles it in this process, however long that takes. [`compile`] has a bound.
    ///
    /// # Errors
    ///
    /// Fails if it is no component, asks for functions that this host doesn't have, or has nothing to run.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, LoadError> {
        self.load_with(component, |engine, bytes| Component::new(engine, bytes))
    }

    /// As [`load`](Self::load), with a way of one's own to get the compiled code, such as from a cache. It is called only when
    /// the component's imports are in order.
    ///
    /// # Errors
    ///
    /// As `load`, and if that way fails.
    pub fn load_with(
        &self,
        component: &[u8],
        compile: impl FnOnce(&Engine, &[u8]) -> wasmtime::Result<Component>,
    ) -> Result<Plugin, LoadError> {
        let imports = Imports::read(component)?;
        plugin::check(&imports)?;
        let compiled = compile(&self.engine, component).map_err(LoadError::of_compiler)?;
        Plugin::new(&self.linker, &compiled, imports, component)
    }
}

/// The compiler.
fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    // Lets an endless loop of a plugin be ended, and others go on beside it.
    config.epoch_interruption(true);
    Engine::new(&config)
}
