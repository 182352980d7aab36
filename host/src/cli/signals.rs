//! Ctrl-C, SIGTERM and SIGHUP.

use std::io;

use tokio::signal::unix::{self, SignalKind};

/// The signals that ask the command to end, from now on.
pub(super) struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
}

impl Signals {
    /// Takes over the signals: before this they end the process.
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// The signals by which the command is told to look at its files again, from now on: before this they end the process.
pub(super) struct Hangups(unix::Signal);

impl Hangups {
    /// Takes them over.
    pub(super) fn take() -> io::Result<Self> {
        unix::signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        self.0.recv().await;
    }
}

impl Signal {
    /// What a shell makes of a process that the signal ended.
    pub(super) fn status(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}
