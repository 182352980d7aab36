//! What is measured: a row of the report each.

use clap::ValueEnum;

use crate::peers::Name;

/// What a peer is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Row {
    /// Ask whether the engine is there
    Ping,
    /// Look a running container up, and read identity, state, configuration and labels
    Inspect,
    /// List 100 containers, and read each
    List,
    /// Read 300,000 lines of a log
    Logs,
    /// Create a container and remove it
    Create,
    /// Start a container and stop it
    Start,
    /// The wall time of a whole command that lists 100 containers
    Run,
}

/// How often a row is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// How often each peer has its turn.
    pub(crate) rounds: usize,
    /// How often it does the same in a turn.
    pub(crate) turn: usize,
}

impl Size {
    /// How often a peer does the same in its turn. A process is long enough to be measured by itself.
    pub(crate) fn of(self, peer: Name) -> usize {
        match peer {
            Name::Docker | Name::Run | Name::Ps => 1,
            Name::Floor | Name::Api | Name::Plugin | Name::Audited | Name::Bollard => self.turn,
        }
    }
}

impl Row {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Ping,
        Self::Inspect,
        Self::List,
        Self::Logs,
        Self::Create,
        Self::Start,
        Self::Run,
    ];

    /// What a peer is told.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Inspect => "inspect",
            Self::List => "list",
            Self::Logs => "logs",
            Self::Create => "create",
            Self::Start => "start",
            Self::Run => "run",
        }
    }

    /// What a reader is told.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Inspect => "inspect",
            Self::List => "list 100 containers",
            Self::Logs => "300,000 log lines",
            Self::Create => "create and remove",
            Self::Start => "start and stop",
            Self::Run => "whole command, list",
        }
    }

    /// Who does it.
    pub(crate) fn peers(self) -> &'static [Name] {
        match self {
            // The docker command has none.
            Self::Ping => &[
                Name::Floor,
                Name::Api,
                Name::Plugin,
                Name::Audited,
                Name::Bollard,
            ],
            Self::Run => &[Name::Run, Name::Ps],
            _ => &[
                Name::Floor,
                Name::Api,
                Name::Plugin,
                Name::Audited,
                Name::Bollard,
                Name::Docker,
            ],
        }
    }

    /// How many functions a plugin calls that the api layer has, too.
    pub(crate) fn calls(self) -> f64 {
        match self {
            Self::Ping | Self::List | Self::Logs | Self::Run => 1.0,
            // The inspection, and a group of it each.
            Self::Inspect => 5.0,
            Self::Create | Self::Start => 2.0,
        }
    }

    /// How often: so that the whole takes less than eight minutes, and the rows where a hundredth counts have the most rounds.
    pub(crate) fn size(self, quick: bool) -> Size {
        let (rounds, turn) = match self {
            Self::Ping => (200, 40),
            Self::Inspect => (300, 30),
            Self::List => (400, 12),
            Self::Logs => (11, 1),
            Self::Create => (30, 1),
            Self::Start => (12, 1),
            Self::Run => (50, 1),
        };
        match quick {
            true => Size {
                rounds: 3,
                turn: turn.min(4),
            },
            false => Size { rounds, turn },
        }
    }
}
