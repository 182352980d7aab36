//! The form of a line. The lines, their schema and its documentation are made from it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::policy::create::Facts;
use crate::policy::values::{Digest, PluginName};

/// The longest line in bytes, its end included: what a pipe takes whole.
pub const MAX_LINE: usize = 4096;

/// The version of the form.
pub(super) const VERSION: u32 = 1;

/// A line of an audit.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, title = "An audit line of dockwit")]
pub(super) struct Line<'a> {
    /// The version of this form.
    #[schemars(extend("const" = VERSION))]
    pub(super) version: u32,
    /// When it was written; for refusals, when the first of them was. In UTC, as RFC 3339 has it.
    #[schemars(extend("format" = "date-time"))]
    pub(super) time: &'a str,
    /// The line's place among those of its run. A gap is a line that could not be written.
    pub(super) sequence: u64,
    /// The run: random, 16 hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub(super) run: &'a str,
    /// What the operator calls the plugin.
    #[schemars(with = "PluginName")]
    pub(super) plugin: &'a str,
    /// The digest of the component, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Digest>")]
    pub(super) component: Option<&'a str>,
    /// The digest of the policy that is in force: of its file's text, or of what it comes to if it isn't from a file, or was narrowed
    /// to what no file says.
    #[schemars(with = "Digest")]
    pub(super) policy: &'a str,
    #[serde(flatten)]
    pub(super) event: Event<'a>,
}

/// What a line tells.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Event<'a> {
    /// The run begins.
    Begin(Begin),
    /// A write is about to be sent.
    Announced(Announced<'a>),
    /// A read, or a write that was announced, is finished.
    Call(Done<'a>),
    /// The engine has taken a call whose answer flows, or comes later.
    Opened(Done<'a>),
    /// That answer is over.
    Closed(Done<'a>),
    /// A call was refused, or equal ones in a row.
    Refused(Refused<'a>),
    /// The host has stopped a container of the plugin's, since a limit is met.
    Stopped(StoppedLine<'a>),
    /// The run is over.
    End(End<'a>),
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Begin {
    /// How many arguments the plugin is given.
    pub(super) arguments: usize,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Announced<'a> {
    /// The call's number in its run, the same in all lines about it.
    pub(super) call: u64,
    /// The verb.
    pub(super) op: &'static str,
    /// It is allowed.
    pub(super) decision: Decision,
    /// The key of the policy that allows it.
    pub(super) rule: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<&'a Object>,
    /// What the container comes to that is made, let run or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effective: Option<&'a Facts>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Done<'a> {
    /// The call's number in its run, the same in all lines about it.
    pub(super) call: u64,
    /// The verb.
    pub(super) op: &'static str,
    /// It was allowed.
    pub(super) decision: Decision,
    /// The key of the policy that allowed it, or of what ended it: a limit, or a policy that was narrowed.
    pub(super) rule: &'static str,
    /// What that limit is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
    /// What it is about, or has made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<&'a Object>,
    /// What the container comes to that was made, let run or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) effective: Option<&'a Facts>,
    /// The method of the request that did it, or else of the last one; none if nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'a str>,
    /// The template of that request's path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) route: Option<&'static str>,
    /// The status of the engine's answer to it, if one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// What came of it.
    pub(super) outcome: Outcome,
    /// The kind of error that the plugin was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'static str>,
    /// The option whose value is impossible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
    /// How long it has taken, up to this line.
    pub(super) milliseconds: f64,
    /// The bytes of the bodies that were sent to the engine.
    pub(super) sent: u64,
    /// The bytes of the bodies that came from it.
    pub(super) received: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Refused<'a> {
    /// The verb. For `limits.calls`, which counts all calls together, that of the first.
    pub(super) op: &'static str,
    /// Why.
    pub(super) decision: Decision,
    /// The key of the policy that decides, or `audit` where a write could not be announced.
    pub(super) rule: &'static str,
    /// What of the request it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
    /// What was asked for: escaped, at most 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) got: Option<&'a str>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<&'a str>,
    /// The line of the policy that would allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) add: Option<&'a str>,
    /// How many there were.
    pub(super) count: u64,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct StoppedLine<'a> {
    /// The key of the limit.
    pub(super) rule: &'static str,
    /// What that limit is set to.
    pub(super) limit: &'a str,
    /// What was stopped.
    pub(super) object: &'a Object,
    /// What came of it.
    pub(super) outcome: Outcome,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct End<'a> {
    /// How it ended.
    pub(super) ended: Ended,
    /// The exit status that the plugin has set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u8>,
    /// The key of the limit that ended it, or of what it wasn't started for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<&'static str>,
    /// What that limit is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<&'a str>,
    /// How long it has taken.
    pub(super) milliseconds: f64,
    /// How many calls were let through.
    pub(super) calls: u64,
    /// How many lines could not be written before this one.
    pub(super) lost: u64,
}

/// What was decided about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It was let through.
    Allowed,
    /// The policy doesn't allow it.
    Denied,
    /// A limit is met, or it could not be audited.
    Refused,
}

/// What came of a call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done; a stream came to its end.
    Ok,
    /// It failed.
    Failed,
    /// The plugin gave it up, or was ended.
    Cancelled,
    /// A write that nobody has waited for: it may have been done.
    Unknown,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It was not started.
    NotStarted,
    /// The plugin returned success.
    Success,
    /// The plugin returned failure.
    Failure,
    /// The plugin trapped.
    Trapped,
    /// It met a limit.
    Limit,
    /// It was asked to stop, and didn't in time.
    Stopped,
    /// It was given up by the program that ran it.
    Dropped,
}

/// An object of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Object {
    /// What it is: `container`.
    pub kind: &'static str,
    /// Its full id.
    pub id: String,
}

/// What a call's requests to the engine have come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) method: Option<String>,
    pub(crate) route: Option<&'static str>,
    pub(crate) status: Option<u16>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// The JSON schema of a line.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Line<'_>)
}
