//! The transport against an engine that follows a script.

mod calls;
mod failures;
mod streams;
mod versions;
