//! What may be told of a container that is made, started or changed.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::Candidate;
use super::shape::Mode;
use crate::policy::denial::escaped;

/// How many of a kind are told, at most.
const MAX_ITEMS: usize = 16;

/// How much all of it takes as JSON, at most: half of what a line of an audit may have.
const MAX_BYTES: usize = 2048;

/// What may be told of a container: never a variable's value, an argument or a label. Texts are escaped and cut; what there is no
/// room for is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct Facts {
    /// The id of its image.
    pub image: String,
    /// Its memory in bytes; none without a limit.
    pub memory: Option<u64>,
    /// Its processors in billionths; none without a limit.
    pub nano_cpus: Option<u64>,
    /// How many processes it may have; none without a limit.
    pub pids: Option<u64>,
    /// The networks that it is on, by id, or `none`, `host`, `container:` and an id. One that is still to be made goes by its name.
    pub networks: Vec<String>,
    /// What is mounted in it.
    pub mounts: Vec<MountFact>,
    /// The ports of the machine that it is published at: `127.0.0.1:20000/tcp`.
    pub ports: Vec<String>,
    /// The keys of `[host-access]` that it needs: `host-access.binds`.
    pub powers: Vec<&'static str>,
    /// How many networks, mounts, ports and powers there was no room for.
    pub further: usize,
}

/// Something that is mounted in a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct MountFact {
    /// What it is: `bind`, `volume`, `tmpfs`, `container` for all that another one has, or `other`.
    pub kind: &'static str,
    /// The path on the machine, the volume's name, or the other container's id; empty of what has none.
    pub source: String,
    /// Where it is in the container; empty where that is as in the other one.
    pub target: String,
    /// Whether it can't be written to.
    pub read_only: bool,
}

impl Candidate<'_> {
    /// What may be told of it.
    pub fn facts(&self) -> Facts {
        let claims = self.claims();
        let finite = |limit: u64| (limit != u64::MAX).then_some(limit);
        let ports = claims.ports.iter().map(|at| {
            let at = format!("{}:{}/{}", at.ip, at.port, at.protocol.as_str());
            escaped(&at)
        });
        let mut facts = Facts {
            image: escaped(self.image_id()),
            memory: finite(claims.memory),
            nano_cpus: finite(claims.nano_cpus),
            pids: finite(claims.pids),
            ..Facts::default()
        };
        facts.further = put(&mut facts.powers, self.powers().into_iter())
            + put(&mut facts.networks, self.networks())
            + put(&mut facts.ports, ports)
            + put(&mut facts.mounts, self.mounts());
        facts.fit();
        facts
    }

    fn networks(&self) -> impl Iterator<Item = String> {
        let names = match &self.shape.network.mode {
            Mode::Networks(names) => names.clone(),
            mode => vec![mode.to_string()],
        };
        names.into_iter().map(|name| {
            escaped(match self.around.find_network(&name) {
                Some(network) if network.id.is_empty() => &network.name,
                Some(network) => &network.id,
                None => &name,
            })
        })
    }

    fn mounts(&self) -> impl Iterator<Item = MountFact> {
        let fact = |kind, source: &str, target: &str, read_only| MountFact {
            kind,
            source: escaped(source),
            target: escaped(target),
            read_only,
        };
        let files = &self.shape.files;
        let binds = files
            .binds
            .iter()
            .map(move |of| fact("bind", &of.source, &of.target, of.is_read_only()));
        let others = files.volumes_from.iter();
        let others = others.map(move |id| fact("container", id, "", false));
        let volumes = files.volumes.iter();
        let volumes = volumes.map(move |of| fact("volume", &of.volume, &of.target, of.read_only));
        let tmpfs = files.tmpfs.iter();
        let tmpfs = tmpfs.map(move |(path, _)| fact("tmpfs", "", path, false));
        let rest = files.other.iter();
        let rest = rest.map(move |path| fact("other", "", path, false));
        binds.chain(others).chain(volumes).chain(tmpfs).chain(rest)
    }
}

/// A line for a person: `image="sha256:cc.." memory="536870912" network="none"`.
impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = |value: Option<u64>| value.map_or("none".to_owned(), |value| value.to_string());
        write!(
            f,
            "image=\"{}\" memory=\"{}\" nano-cpus=\"{}\" pids=\"{}\"",
            self.image,
            limit(self.memory),
            limit(self.nano_cpus),
            limit(self.pids)
        )?;
        for network in &self.networks {
            write!(f, " network=\"{network}\"")?;
        }
        for port in &self.ports {
            write!(f, " port=\"{port}\"")?;
        }
        for mount in &self.mounts {
            write!(f, " mount=\"{mount}\"")?;
        }
        for power in &self.powers {
            write!(f, " power=\"{power}\"")?;
        }
        match self.further {
            0 => Ok(()),
            further => write!(f, " further=\"{further}\""),
        }
    }
}

/// `bind /srv/data on /data, read-only`.
impl fmt::Display for MountFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        if !self.source.is_empty() {
            write!(f, " {}", self.source)?;
        }
        if !self.target.is_empty() {
            write!(f, " on {}", self.target)?;
        }
        match self.read_only {
            true => f.write_str(", read-only"),
            false => Ok(()),
        }
    }
}

/// Puts in what there is room for, and gives how many there isn't.
fn put<T>(list: &mut Vec<T>, mut items: impl Iterator<Item = T>) -> usize {
    list.extend(items.by_ref().take(MAX_ITEMS));
    items.count()
}

impl Facts {
    /// Leaves out what there is no room for: powers last.
    fn fit(&mut self) {
        while self.size() > MAX_BYTES {
            let left_out = self.mounts.pop().is_some()
                || self.ports.pop().is_some()
                || self.networks.pop().is_some()
                || self.powers.pop().is_some();
            if !left_out {
                return;
            }
            self.further += 1;
        }
    }

    fn size(&self) -> usize {
        serde_json::to_string(self).map_or(usize::MAX, |text| text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `host-access.binds` grants as many as one likes.
    #[test]
    fn attack_143_facts_are_bounded_however_much_there_is() {
        let nasty = format!("/\u{1b}[2J\n\"\\{}", "\u{fe}\\".repeat(400));
        let mount = |_| MountFact {
            kind: "bind",
            source: escaped(&nasty),
            target: escaped(&nasty),
            read_only: false,
        };
        let port = |port| format!("127.0.0.1:{port}/tcp");
        let mut facts = Facts {
            image: "sha256:".to_owned() + &"a".repeat(64),
            powers: vec!["host-access.binds"],
            ..Facts::default()
        };
        facts.further = put(&mut facts.mounts, (0..10_000).map(mount))
            + put(&mut facts.ports, (0..10_000).map(port));
        facts.fit();
        let text = serde_json::to_string(&facts).unwrap();
        assert!(text.len() <= MAX_BYTES, "{}", text.len());
        assert!(!text.contains(char::is_control));
        let told = facts.mounts.len() + facts.ports.len();
        assert_eq!(told + facts.further, 20_000);
        assert_eq!(facts.powers, ["host-access.binds"]);
    }
}
