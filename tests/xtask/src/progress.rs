//! What the task runner says: one line for each step, and signs of life from long ones.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a long step says that it is alive, where each sign is a line that stays.
const SIGN_IN_A_LOG: Duration = Duration::from_secs(15);

/// The same on a terminal, where the sign is overwritten.
const SIGN_ON_A_TERMINAL: Duration = Duration::from_secs(1);

/// Says one line.
pub fn say(line: impl AsRef<str>) {
    // Nobody to read it is no reason to fail.
    let _ = writeln!(std::io::stderr(), "xtask: {}", line.as_ref());
}

/// The time in words: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// A step under way; it shows that it is alive until it is dropped.
pub struct Step {
    stop: Option<Sender<()>>,
    signs: Option<JoinHandle<()>>,
}

impl Step {
    /// Says what is begun.
    pub fn begin(what: impl Into<String>) -> Self {
        Self::begin_with(what, String::new)
    }

    /// The same, with more to say at each sign of life.
    pub fn begin_with(what: impl Into<String>, more: impl Fn() -> String + Send + 'static) -> Self {
        let what = what.into();
        say(&what);
        let (stop, stopped) = mpsc::channel();
        let signs = thread::spawn(move || {
            let begun = Instant::now();
            let terminal = std::io::stderr().is_terminal();
            let pause = if terminal {
                SIGN_ON_A_TERMINAL
            } else {
                SIGN_IN_A_LOG
            };
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let sign = format!("       ... {} {}", time(begun.elapsed()), more());
                let mut out = std::io::stderr();
                let _ = if terminal {
                    write!(out, "\r\x1b[2K{sign}").and_then(|()| out.flush())
                } else {
                    writeln!(out, "{sign}")
                };
            }
            if terminal && begun.elapsed() > pause {
                let _ = write!(std::io::stderr(), "\r\x1b[2K");
            }
        });
        Self {
            stop: Some(stop),
            signs: Some(signs),
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(signs) = self.signs.take() {
            let _ = signs.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(time(Duration::from_millis(420)), "0.4 s");
        assert_eq!(time(Duration::from_secs(12)), "12 s");
        assert_eq!(time(Duration::from_secs(200)), "3 min 20 s");
    }
}
