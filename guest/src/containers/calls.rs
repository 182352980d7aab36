//! Calls on a container that have options.

use std::time::Duration;

use super::{Container, ContainerDetails};
use crate::bindings::engine::containers as wit;
use crate::call::{Call, awaits};
use crate::error::Result;

/// An inspect to be awaited: [`Container::inspect`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Inspect {
    call: Call<(Container, bool), Result<ContainerDetails>>,
}

impl Inspect {
    pub(super) fn new(container: &Container) -> Self {
        Self {
            call: Call::new((container.clone(), false)),
        }
    }

    /// Measure sizes on disk as well, which takes the engine a while.
    pub const fn size(mut self, size: bool) -> Self {
        self.call.options.1 = size;
        self
    }
}

awaits!(Inspect => Result<ContainerDetails>, |(container, size)| async move {
    container.handle().inspect(size).await.map(ContainerDetails)
});

/// An inspect in the engine's own words, to be awaited: [`Container::inspect_json`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct InspectJson {
    call: Call<(Container, bool), Result<String>>,
}

impl InspectJson {
    pub(super) fn new(container: &Container) -> Self {
        Self {
            call: Call::new((container.clone(), false)),
        }
    }

    /// Measure sizes on disk as well, which takes the engine a while.
    pub const fn size(mut self, size: bool) -> Self {
        self.call.options.1 = size;
        self
    }
}

awaits!(InspectJson => Result<String>, |(container, size)| async move {
    container.handle().inspect_json(size).await
});

/// A start to be awaited: [`Container::start`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Start {
    call: Call<(Container, wit::StartOptions), Result<()>>,
}

impl Start {
    pub(super) fn new(container: &Container) -> Self {
        let options = wit::StartOptions { detach_keys: None };
        Self {
            call: Call::new((container.clone(), options)),
        }
    }

    /// The keys by which a client attached later leaves it, such as `ctrl-p,ctrl-q`; otherwise the engine's default.
    pub fn detach_keys(mut self, keys: impl Into<String>) -> Self {
        self.call.options.1.detach_keys = Some(keys.into());
        self
    }
}

awaits!(Start => Result<()>, |(container, options)| async move {
    container.handle().start(options).await
});

/// A stop to be awaited: [`Container::stop`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Stop {
    call: Call<(Container, wit::StopOptions), Result<()>>,
}

/// A restart to be awaited: [`Container::restart`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Restart {
    call: Call<(Container, wit::StopOptions), Result<()>>,
}

macro_rules! stops {
    ($($builder:ident)*) => {$(
        impl $builder {
            pub(super) fn new(container: &Container) -> Self {
                let options = wit::StopOptions { signal: None, timeout: None };
                Self { call: Call::new((container.clone(), options)) }
            }

            /// The signal that asks it to stop, otherwise the container's own. Fails with `unsupported` before API 1.42.
            pub fn signal(mut self, signal: impl Into<String>) -> Self {
                self.call.options.1.signal = Some(signal.into());
                self
            }

            /// How long it has before it is killed, in whole seconds, rounded up; otherwise the container's own stop
            /// timeout, or 10 s.
            pub fn timeout(mut self, timeout: Duration) -> Self {
                let seconds = whole_seconds(timeout);
                self.call.options.1.timeout = Some(i32::try_from(seconds).unwrap_or(i32::MAX));
                self
            }

            /// Never kill it, however long it takes.
            pub const fn without_timeout(mut self) -> Self {
                self.call.options.1.timeout = Some(-1);
                self
            }
        }
    )*};
}

stops!(Stop Restart);

awaits!(Stop => Result<()>, |(container, options)| async move {
    container.handle().stop(options).await
});

awaits!(Restart => Result<()>, |(container, options)| async move {
    container.handle().restart(options).await
});

/// Seconds, rounded up: a shorter time than was asked for would be a surprise, and 0 means at once.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// A signal to be sent: [`Container::kill`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Kill {
    call: Call<(Container, Option<String>), Result<()>>,
}

impl Kill {
    pub(super) fn new(container: &Container) -> Self {
        Self {
            call: Call::new((container.clone(), None)),
        }
    }

    /// The signal, by name with or without `SIG`, or by number; otherwise SIGKILL.
    pub fn signal(mut self, signal: impl Into<String>) -> Self {
        self.call.options.1 = Some(signal.into());
        self
    }
}

awaits!(Kill => Result<()>, |(container, signal)| async move {
    container.handle().kill(signal).await
});

/// A removal to be awaited: [`Container::remove`].
#[derive(Debug)]
#[must_use = "nothing is sent before it is awaited"]
pub struct Remove {
    call: Call<(Container, wit::RemoveOptions), Result<()>>,
}

impl Remove {
    pub(super) fn new(container: &Container) -> Self {
        let options = wit::RemoveOptions {
            force: false,
            volumes: false,
        };
        Self {
            call: Call::new((container.clone(), options)),
        }
    }

    /// Kill it first if it runs.
    pub const fn force(mut self, force: bool) -> Self {
        self.call.options.1.force = force;
        self
    }

    /// Remove its anonymous volumes as well.
    pub const fn volumes(mut self, volumes: bool) -> Self {
        self.call.options.1.volumes = volumes;
        self
    }
}

awaits!(Remove => Result<()>, |(container, options)| async move {
    container.handle().remove(options).await
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!(whole_seconds(Duration::ZERO), 0);
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(3)), 3);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
