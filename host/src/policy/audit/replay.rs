//! What another policy would have decided of the calls that an audit tells of.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use super::line::VERSION;
use crate::policy::{Decision, Policy, Verb, With};

/// Decides the calls of an audit by another policy.
///
/// Of a verb that is exact. Of what a call asked for, the audit tells no more than what it was refused for; of what is in scope, and of
/// how much there was at a time, nothing.
///
/// # Examples
///
/// ```
/// use dockwit_host::policy::Policy;
/// use dockwit_host::policy::audit::Replay;
///
/// let policy = Policy::parse("version = 1\nplugin = \"p\"\nallow = [\"container.logs\"]")?;
/// let mut replay = Replay::new(&policy);
/// replay.line(r#"{"version":1,"run":"0","plugin":"p","event":"call","call":1,"op":"container.kill"}"#)?;
/// let replayed = replay.finish();
/// assert_eq!(replayed.denied_now[0].op, "container.kill");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Replay<'a> {
    policy: &'a Policy,
    seen: HashSet<(String, u64)>,
    denied_now: BTreeMap<(String, String), u64>,
    allowed_now: BTreeMap<(String, String), u64>,
    replayed: Replayed,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Replayed {
    /// How many calls are decided as they were.
    pub alike: u64,
    /// Calls that were allowed and would be denied, each with the line that would allow it.
    pub denied_now: Vec<Differing>,
    /// Calls that were denied and would be allowed, each with the key that denied it.
    pub allowed_now: Vec<Differing>,
    /// How many containers were made: whether they are within the bounds isn't told.
    pub creates: u64,
    /// How many refusals can't be decided from what is told of them.
    pub untold: u64,
    /// How many lines are about other plugins.
    pub others: u64,
}

/// Calls of one kind that would be decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Differing {
    /// The verb.
    pub op: String,
    /// The line that would allow it, or the key that denied it.
    pub why: String,
    /// How many there were.
    pub count: u64,
}

/// Why a line can't be replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It is no line of an audit.
    #[error("it is no line of an audit: {0}")]
    NoLine(#[from] serde_json::Error),
    /// A newer dockwit wrote it.
    #[error("it is of version {0}, and this dockwit reads version {VERSION}")]
    Version(u32),
}

/// What of a line counts.
#[derive(Deserialize)]
struct Told {
    version: u32,
    run: String,
    plugin: String,
    event: String,
    call: Option<u64>,
    op: Option<String>,
    decision: Option<String>,
    rule: Option<String>,
    field: Option<String>,
    got: Option<String>,
    count: Option<u64>,
}

impl<'a> Replay<'a> {
    /// Begins with no call.
    pub fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            seen: HashSet::new(),
            denied_now: BTreeMap::new(),
            allowed_now: BTreeMap::new(),
            replayed: Replayed::default(),
        }
    }

    /// Takes a line of an audit.
    ///
    /// # Errors
    ///
    /// Fails if it is none.
    pub fn line(&mut self, line: &str) -> Result<(), ReplayError> {
        let told: Told = serde_json::from_str(line)?;
        if told.version != VERSION {
            return Err(ReplayError::Version(told.version));
        }
        if told.plugin != self.policy.plugin().as_str() {
            self.replayed.others += 1;
            return Ok(());
        }
        match told.event.as_str() {
            "announced" | "opened" | "call" => self.let_through(&told),
            "refused" => self.refused(&told),
            _ => {}
        }
        Ok(())
    }

    /// What came of it.
    pub fn finish(self) -> Replayed {
        let differing = |calls: BTreeMap<(String, String), u64>| {
            let differing = |((op, why), count)| Differing { op, why, count };
            calls.into_iter().map(differing).collect()
        };
        Replayed {
            denied_now: differing(self.denied_now),
            allowed_now: differing(self.allowed_now),
            ..self.replayed
        }
    }

    /// A call is told of once or twice, and counts once.
    fn let_through(&mut self, told: &Told) {
        if let Some(call) = told.call
            && self.seen.insert((told.run.clone(), call))
        {
            self.allowed(told.op.as_deref().unwrap_or_default());
        }
    }

    fn allowed(&mut self, op: &str) {
        let Ok(verb) = op.parse::<Verb>() else {
            self.replayed.untold += 1;
            return;
        };
        match self.policy.allow(verb) {
            Ok(()) => {
                self.replayed.creates += u64::from(verb == Verb::ContainersCreate);
                self.replayed.alike += 1;
            }
            Err(refused) => {
                let line = refused.add.unwrap_or_default();
                add(&mut self.denied_now, op, &line, 1);
            }
        }
    }

    fn refused(&mut self, told: &Told) {
        let count = told.count.unwrap_or(1);
        let op = told.op.as_deref().unwrap_or_default();
        let rule = told.rule.as_deref().unwrap_or_default();
        let decision = match (op.parse::<Verb>(), told.decision.as_deref()) {
            (Ok(verb), Some("denied")) => self.decide(verb, rule, told),
            _ => None,
        };
        match decision {
            None => self.replayed.untold += count,
            Some(true) => add(&mut self.allowed_now, op, rule, count),
            Some(false) => self.replayed.alike += count,
        }
    }

    /// Whether what was denied would be allowed, as far as that is told.
    fn decide(&self, verb: Verb, rule: &str, told: &Told) -> Option<bool> {
        if self.policy.allow(verb).is_err() {
            return Some(false);
        }
        if rule == "allow" || rule == "show" {
            return Some(true);
        }
        let (Verb::ContainersCreate, Some(field), Some(got)) = (verb, &told.field, &told.got)
        else {
            return None;
        };
        let with = With::of_refusal(field, got)?;
        match self.policy.decide(verb, Some(&with)) {
            Decision::Allowed => Some(true),
            Decision::Denied { .. } => Some(false),
            Decision::Invalid { .. } => None,
        }
    }
}

impl Replayed {
    /// Whether any call would be decided otherwise.
    pub fn differs(&self) -> bool {
        !self.denied_now.is_empty() || !self.allowed_now.is_empty()
    }
}

fn add(calls: &mut BTreeMap<(String, String), u64>, op: &str, why: &str, count: u64) {
    *calls.entry((op.to_owned(), why.to_owned())).or_default() += count;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(keys: &str) -> Policy {
        Policy::parse(&format!("version = 1\nplugin = \"p\"\n{keys}")).unwrap()
    }

    fn line(rest: &str) -> String {
        format!("{{\"version\":1,\"run\":\"0\",\"plugin\":\"p\",{rest}}}")
    }

    fn replayed(policy: &Policy, lines: &[String]) -> Replayed {
        let mut replay = Replay::new(policy);
        for line in lines {
            replay.line(line).unwrap();
        }
        replay.finish()
    }

    fn told(differing: &[Differing]) -> Vec<(&str, &str, u64)> {
        differing
            .iter()
            .map(|of| (of.op.as_str(), of.why.as_str(), of.count))
            .collect()
    }

    #[test]
    fn verbs_are_decided_exactly_and_each_call_once() {
        let policy = policy("allow = [\"container.logs\", \"container.start\"]");
        let replayed = replayed(
            &policy,
            &[
                line("\"event\":\"begin\",\"arguments\":0"),
                line("\"event\":\"announced\",\"call\":1,\"op\":\"container.start\""),
                line("\"event\":\"call\",\"call\":1,\"op\":\"container.start\""),
                line("\"event\":\"announced\",\"call\":2,\"op\":\"container.kill\""),
                line("\"event\":\"call\",\"call\":2,\"op\":\"container.kill\""),
                line("\"event\":\"opened\",\"call\":3,\"op\":\"container.logs\""),
                line("\"event\":\"closed\",\"call\":3,\"op\":\"container.logs\""),
                line(
                    "\"event\":\"refused\",\"op\":\"container.logs\",\"decision\":\"denied\",\"rule\":\"allow\",\"count\":4",
                ),
                line(
                    "\"event\":\"refused\",\"op\":\"container.pause\",\"decision\":\"denied\",\"rule\":\"allow\",\"count\":1",
                ),
                line("\"event\":\"end\""),
            ],
        );
        assert_eq!(
            told(&replayed.denied_now),
            [("container.kill", "allow += \"container.kill\"", 1)]
        );
        assert_eq!(
            told(&replayed.allowed_now),
            [("container.logs", "allow", 4)]
        );
        assert_eq!((replayed.alike, replayed.untold), (3, 0));
        assert!(replayed.differs());
    }

    #[test]
    fn what_was_asked_for_is_decided_as_far_as_it_is_told() {
        let policy = policy(
            "allow = [\"containers.create\"]\ncreate.images = \"any\"\ncreate.memory = \"1GiB\"",
        );
        let refused = |rule: &str, field: &str, got: &str| {
            line(&format!(
                "\"event\":\"refused\",\"op\":\"containers.create\",\"decision\":\"denied\",\"rule\":\"{rule}\",\"field\":\"{field}\",\"got\":\"{got}\",\"count\":1"
            ))
        };
        let replayed = replayed(
            &policy,
            &[
                line(
                    "\"event\":\"call\",\"call\":1,\"op\":\"containers.create\",\"effective\":{\"image\":\"sha256:cc\",\"mounts\":[]}",
                ),
                refused("create.images", "image", "alpine"),
                refused("create.memory", "memory", "1073741824"),
                refused("create.memory", "memory", "2147483648"),
                refused("create.persist", "restart-policy", "always"),
                refused("create.labels", "label", "a.b"),
                refused("scope.change", "volume", "data"),
                line(
                    "\"event\":\"refused\",\"op\":\"containers.create\",\"decision\":\"refused\",\"rule\":\"limits.containers\",\"count\":2",
                ),
            ],
        );
        assert_eq!(
            told(&replayed.allowed_now),
            [
                ("containers.create", "create.images", 1),
                ("containers.create", "create.memory", 1)
            ]
        );
        assert_eq!(replayed.creates, 1);
        assert_eq!((replayed.alike, replayed.untold), (4, 3));
    }

    #[test]
    fn other_plugins_newer_verbs_and_broken_lines() {
        let policy = policy("");
        let mut replay = Replay::new(&policy);
        let other = line("\"event\":\"call\",\"call\":1,\"op\":\"container.kill\"");
        replay.line(&other.replace("\"p\"", "\"q\"")).unwrap();
        replay
            .line(&line("\"event\":\"call\",\"call\":1,\"op\":\"swarm.join\""))
            .unwrap();
        assert!(replay.line("{\"version\":1").is_err());
        assert!(replay.line("").is_err());
        let newer = other.replace("\"version\":1", "\"version\":2");
        let error = replay.line(&newer).unwrap_err().to_string();
        assert!(error.contains("version 2"), "{error}");
        let replayed = replay.finish();
        assert_eq!((replayed.others, replayed.untold), (1, 1));
        assert!(!replayed.differs());
    }
}
