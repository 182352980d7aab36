//! The plugin `console`, which does what a test tells it, line by line: so that a test can script several that meet on one
//! engine.

use dockwit_host::policy::{Grants, Missing, Verb};

use crate::engine::Engine;
use crate::plugin::{Live, Ran, Test};

/// A run of the plugin `console`.
pub struct Console {
    live: Live,
}

/// What a plugin needs to make containers of the suite's image.
pub const MAKES: &str = "create.images = \"any\"\n";

impl Console {
    /// Begins one that is called as no other plugin, with these keys besides [`MAKES`].
    pub async fn of_its_own(keys: &str) -> Self {
        Self::begin(Self::test(keys)).await
    }

    /// Begins one that is called as no other plugin, with these keys alone.
    pub async fn only(keys: &str) -> Self {
        let keys = format!("{}\n{keys}", Engine::under_test().accepted());
        Self::begin(Self::test("").only(&keys)).await
    }

    /// Sets up one that is called as no other plugin.
    pub fn test(keys: &str) -> Test {
        // What takes more than a grant is denied when it is called.
        let all = Grants::of(Verb::all()).missing(Missing::Deny);
        let test = Test::new("console", "console").grants(all);
        let accepted = Engine::under_test().accepted();
        test.only(&format!("{MAKES}{accepted}\n{keys}"))
    }

    /// Begins it.
    ///
    /// # Panics
    ///
    /// Panics if it isn't started.
    pub async fn begin(test: Test) -> Self {
        let mut live = test.begin().await;
        live.expect("ready").await;
        Self { live }
    }

    /// Has it do something, and gives its answer.
    pub async fn ask(&mut self, line: &str) -> String {
        self.live.give(format!("{line}\n").as_bytes()).await;
        self.live.line().await
    }

    /// Has it do something that must succeed, and gives its answer.
    ///
    /// # Panics
    ///
    /// Panics if it fails.
    #[track_caller]
    pub fn done<'a>(&'a mut self, line: &'a str) -> impl Future<Output = String> + use<'a> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.ask(line).await;
            let done = KINDS.iter().all(|kind| !answer.starts_with(kind));
            assert!(done, "{line}: {answer}, at {caller}");
            answer
        }
    }

    /// Has it do something that must be refused: the answer must begin so, `denied create.images`.
    ///
    /// # Panics
    ///
    /// Panics if it isn't.
    #[track_caller]
    pub fn refused<'a>(
        &'a mut self,
        line: &'a str,
        how: &'a str,
    ) -> impl Future<Output = String> + use<'a> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.ask(line).await;
            assert!(answer.starts_with(how), "{line}: {answer}, at {caller}");
            answer
        }
    }

    /// Has it change a container, where the engine can do that; says so if it can't.
    ///
    /// # Panics
    ///
    /// Panics if it isn't changed, or where it can't be, not refused.
    pub async fn updated(&mut self, line: &str) -> bool {
        let can = Engine::under_test().updates();
        match can {
            true => self.done(line).await,
            false => self.refused(line, "not found").await,
        };
        can
    }

    /// The run.
    pub fn live(&mut self) -> &mut Live {
        &mut self.live
    }

    /// Lets go of the run in the middle, as if its process had been killed.
    pub fn kill(self) {
        self.live.kill();
    }

    /// Ends it, and does to what it made what its policy says.
    pub async fn finish(self) -> Ran {
        self.live.finish().await
    }

    /// Ends it, which must succeed and leave nothing over.
    pub async fn end(self) -> Ran {
        let ran = self.finish().await;
        ran.succeeded();
        assert!(ran.outcome().left.is_empty(), "{:?}", ran.outcome().left);
        ran
    }
}

/// What an answer begins with that tells of a failure.
const KINDS: [&str; 14] = [
    "plugin ",
    "denied ",
    "not found ",
    "conflict ",
    "invalid ",
    "unauthorized ",
    "quota ",
    "timeout ",
    "cancelled ",
    "unsupported ",
    "unavailable ",
    "engine ",
    "protocol ",
    "ledger ",
];
