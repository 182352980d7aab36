//! What comes from a container.

use bytes::Bytes;

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerExit {
    /// The exit status. -1 where the engine has none to give.
    pub status_code: i64,
    /// What went wrong with the wait itself.
    pub error: Option<String>,
}

/// Which of a container's streams something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The terminal, which has but one stream.
    Console,
}

/// A piece of output: a line, several that came together, or a part of one. Any bytes, not only UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it came from.
    pub stream: OutputStream,
    /// The bytes, at most 64 KiB.
    pub data: Bytes,
}

/// The processes in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessList {
    /// The columns' titles: `PID`, `USER`, `COMMAND`.
    pub titles: Vec<String>,
    /// The processes, a text for each column.
    pub processes: Vec<Vec<String>>,
}

/// What happened to a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was changed.
    #[default]
    Modified,
    /// It was added.
    Added,
    /// It was deleted.
    Deleted,
    /// Another, by the engine's number.
    Other(String),
}

/// A path that differs from the container's image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesystemChange {
    /// The path, absolute.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
}
