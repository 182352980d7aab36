//! What a container does, and other kinds that the engine names: to and from its words.

use std::fmt;

use super::{
    ChangeKind, ContainerStatus, HealthStatus, LogChunk, MountKind, OutputStream, RestartCondition,
    RestartPolicy,
};

/// Gives an open enumeration the engine's own words, both ways.
macro_rules! words {
    ($kind:ident { $($word:literal => $case:ident,)* }) => {
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$case => $word,)*
                    Self::Other(word) => word,
                })
            }
        }

        impl From<&str> for $kind {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$case,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

words!(ContainerStatus {
    "created" => Created,
    "running" => Running,
    "paused" => Paused,
    "restarting" => Restarting,
    "removing" => Removing,
    "exited" => Exited,
    "dead" => Dead,
});

words!(HealthStatus {
    "none" => None,
    "starting" => Starting,
    "healthy" => Healthy,
    "unhealthy" => Unhealthy,
});

words!(RestartCondition {
    "no" => No,
    "always" => Always,
    "unless-stopped" => UnlessStopped,
    "on-failure" => OnFailure,
});

words!(MountKind {
    "bind" => Bind,
    "volume" => Volume,
    "tmpfs" => Tmpfs,
    "image" => Image,
    "cluster" => Cluster,
    "npipe" => Npipe,
});

words!(ChangeKind {
    "modified" => Modified,
    "added" => Added,
    "deleted" => Deleted,
});

impl RestartPolicy {
    /// It is never started again. The default.
    #[must_use]
    pub const fn no() -> Self {
        Self {
            condition: RestartCondition::No,
            maximum_retries: 0,
        }
    }

    /// It is started again always, also when the engine itself starts.
    #[must_use]
    pub const fn always() -> Self {
        Self {
            condition: RestartCondition::Always,
            maximum_retries: 0,
        }
    }

    /// It is started again always, unless it was stopped by hand.
    #[must_use]
    pub const fn unless_stopped() -> Self {
        Self {
            condition: RestartCondition::UnlessStopped,
            maximum_retries: 0,
        }
    }

    /// It is started again if its exit status wasn't 0: at most so many times, with 0 without end.
    #[must_use]
    pub const fn on_failure(maximum_retries: u32) -> Self {
        Self {
            condition: RestartCondition::OnFailure,
            maximum_retries,
        }
    }
}

impl From<RestartCondition> for RestartPolicy {
    fn from(condition: RestartCondition) -> Self {
        Self {
            condition,
            maximum_retries: 0,
        }
    }
}

impl LogChunk {
    /// Its bytes as text; what isn't UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.data)
    }

    /// Whether it was written to standard error.
    #[must_use]
    pub const fn is_stderr(&self) -> bool {
        matches!(self.stream, OutputStream::Stderr)
    }
}

impl fmt::Display for LogChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_both_ways() {
        for word in ["created", "running", "exited", "stopping"] {
            assert_eq!(ContainerStatus::from(word).to_string(), word);
        }
        assert_eq!(ContainerStatus::from("running"), ContainerStatus::Running);
        assert_eq!(
            ContainerStatus::from("stopping"),
            ContainerStatus::Other("stopping".into())
        );
    }
}
