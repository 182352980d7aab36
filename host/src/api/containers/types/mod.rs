//! The values that go into the functions on containers and come out of them.

mod common;
mod details;
mod host;
mod list;
mod options;
mod output;
mod stats;

pub use self::common::*;
pub use self::details::*;
pub use self::host::*;
pub use self::list::*;
pub use self::options::*;
pub use self::output::*;
pub use self::stats::*;
