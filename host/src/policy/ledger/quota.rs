//! Quotas and ports: what an owner has, held against what it asks for.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rusqlite::{Row, Transaction, params};

use super::error::{Exceeded, LedgerError, Quota, Result};
use super::types::{Claim, Kind, Port, Proto, Quotas};

/// The most memory or CPUs that one container can claim, so that sums of thousands can't overflow: 1 PiB, a million CPUs.
const MAX_AMOUNT: u64 = 1 << 50;

/// What counts against quotas, of one object or of all that an owner has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    containers: u64,
    running: u64,
    memory: u64,
    nano_cpus: u64,
    networks: u64,
    volumes: u64,
}

/// Whose usage is meant.
#[derive(Clone, Copy)]
pub(super) struct Holder {
    pub(super) engine: i64,
    pub(super) owner: i64,
}

impl Usage {
    /// What one object takes.
    pub(super) fn of(kind: Kind, claim: &Claim) -> Self {
        let none = Self::default();
        match kind {
            Kind::Container => Self {
                containers: 1,
                running: claim.running.into(),
                memory: claim.memory.unwrap_or(u64::MAX),
                nano_cpus: claim.nano_cpus.unwrap_or(u64::MAX),
                ..none
            },
            Kind::Network => Self {
                networks: 1,
                ..none
            },
            Kind::Volume => Self { volumes: 1, ..none },
        }
    }

    /// What all objects and intents of an owner take, but for one of them.
    pub(super) fn of_owner(tx: &Transaction<'_>, owner: i64, but: Option<i64>) -> Result<Self> {
        const SUMS: &str = "SELECT \
             count(*) FILTER (WHERE kind = 'container'), \
             count(*) FILTER (WHERE kind = 'container' AND running), \
             coalesce(sum(memory), 0), count(*) FILTER (WHERE kind = 'container' AND memory IS NULL), \
             coalesce(sum(nano_cpus), 0), count(*) FILTER (WHERE kind = 'container' AND nano_cpus IS NULL), \
             count(*) FILTER (WHERE kind = 'network'), count(*) FILTER (WHERE kind = 'volume') \
             FROM objects WHERE owner = ?1 AND key IS NOT ?2";
        let read = |row: &Row<'_>| {
            let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            // Behind each sum stands how many have no bound.
            let sum = |column: usize| match number(column + 1)? {
                0 => number(column),
                _ => Ok(u64::MAX),
            };
            Ok(Self {
                containers: number(0)?,
                running: number(1)?,
                memory: sum(2)?,
                nano_cpus: sum(4)?,
                networks: number(6)?,
                volumes: number(7)?,
            })
        };
        Ok(tx
            .prepare_cached(SUMS)?
            .query_row(params![owner, but], read)?)
    }
}

/// Refuses what would exceed a quota. What takes no more than `before` is never refused: a policy that was narrowed must not
/// keep anybody from taking less.
pub(super) fn check(quotas: &Quotas, used: &Usage, before: &Usage, asked: &Usage) -> Result<()> {
    let counts = [
        (
            Quota::Containers,
            quotas.containers,
            used.containers,
            before.containers,
            asked.containers,
        ),
        (
            Quota::Running,
            quotas.running,
            used.running,
            before.running,
            asked.running,
        ),
        (
            Quota::MemoryTotal,
            quotas.memory_total,
            used.memory,
            before.memory,
            asked.memory,
        ),
        (
            Quota::CpusTotal,
            quotas.cpus_total,
            used.nano_cpus,
            before.nano_cpus,
            asked.nano_cpus,
        ),
        (
            Quota::Networks,
            quotas.networks,
            used.networks,
            before.networks,
            asked.networks,
        ),
        (
            Quota::Volumes,
            quotas.volumes,
            used.volumes,
            before.volumes,
            asked.volumes,
        ),
    ];
    for (quota, limit, used, before, asked) in counts {
        let Some(limit) = limit else { continue };
        let fits = used.checked_add(asked).is_some_and(|sum| sum <= limit);
        if asked > before && !fits {
            return Err(Exceeded {
                quota,
                used,
                limit,
                asked,
            }
            .into());
        }
    }
    Ok(())
}

/// Refuses amounts that no machine has.
pub(super) fn check_claim(claim: &Claim) -> Result<()> {
    for (what, amount) in [("the memory", claim.memory), ("the CPUs", claim.nano_cpus)] {
        if let Some(amount) = amount.filter(|amount| *amount > MAX_AMOUNT) {
            return Err(LedgerError::invalid(
                what,
                &amount.to_string(),
                "no machine has as much",
            ));
        }
    }
    Ok(())
}

/// Refuses ports that another owner on this engine has. One owner's containers may share a port: the engine lets one of them
/// use it at a time; unless they were chosen since nobody had them.
pub(super) fn check_ports(
    tx: &Transaction<'_>,
    holder: Holder,
    ports: &[Port],
    chosen: bool,
) -> Result<()> {
    const OTHERS: &str = "SELECT ip, plugin FROM ports \
         JOIN objects ON objects.key = ports.object JOIN owners ON owners.key = objects.owner \
         WHERE ports.engine = ?1 AND port = ?2 AND proto = ?3 AND (owners.key <> ?4 OR ?5)";
    let mut statement = tx.prepare_cached(OTHERS)?;
    for port in ports {
        let Port {
            port: number,
            proto,
            ..
        } = *port;
        let mut rows = statement.query(params![
            holder.engine,
            number,
            proto.as_str(),
            holder.owner,
            chosen
        ])?;
        while let Some(row) = rows.next()? {
            let ip = parse_ip(&row.get::<_, String>(0)?)?;
            if (Port { ip, ..*port }).overlaps(port) {
                return Err(LedgerError::PortTaken {
                    port: *port,
                    holder: row.get(1)?,
                });
            }
        }
    }
    Ok(())
}

/// Gives an object these ports and no others.
pub(super) fn set_ports(
    tx: &Transaction<'_>,
    engine: i64,
    object: i64,
    ports: &[Port],
) -> Result<()> {
    tx.prepare_cached("DELETE FROM ports WHERE object = ?1")?
        .execute([object])?;
    let mut insert =
        tx.prepare_cached("INSERT OR IGNORE INTO ports VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for port in ports.iter().filter(|port| port.port != 0) {
        let ip = port.ip.to_canonical().to_string();
        insert.execute(params![object, engine, port.port, port.proto.as_str(), ip])?;
    }
    Ok(())
}

/// An object's ports, in order.
pub(super) fn ports(tx: &Transaction<'_>, object: i64) -> Result<Vec<Port>> {
    const PORTS: &str =
        "SELECT ip, port, proto FROM ports WHERE object = ?1 ORDER BY port, proto, ip";
    let mut statement = tx.prepare_cached(PORTS)?;
    let mut rows = statement.query([object])?;
    let mut ports = Vec::new();
    while let Some(row) = rows.next()? {
        ports.push(Port {
            ip: parse_ip(&row.get::<_, String>(0)?)?,
            port: row.get(1)?,
            proto: Proto::parse(&row.get::<_, String>(2)?)?,
        });
    }
    Ok(ports)
}

/// The numbers of all ports that somebody has on an engine.
pub(super) fn ports_of_engine(tx: &Transaction<'_>, engine: i64) -> Result<BTreeSet<u16>> {
    let mut statement = tx.prepare_cached("SELECT DISTINCT port FROM ports WHERE engine = ?1")?;
    let ports = statement.query_map([engine], |row| row.get(0))?;
    Ok(ports.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn parse_ip(text: &str) -> Result<IpAddr> {
    text.parse()
        .map_err(|_| LedgerError::invalid("the address", text, "it is none"))
}
