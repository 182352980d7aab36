//! Quotas and ports, against what a simple model of them says.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;

/// What a plugin may do with what it has.
#[derive(Clone, Debug)]
enum Step {
    Ask(usize, Kind, Claim),
    Release(usize),
    Record(usize),
    Remove(usize),
    Change(usize, Claim),
    Run(usize, bool),
}

fn amount() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![9 => (0..5u64).prop_map(Some), 1 => Just(None)]
}

fn claims() -> impl Strategy<Value = Claim> {
    let ports = prop::collection::vec((0..3u8, 1..4u16), 0..2);
    (amount(), amount(), any::<bool>(), ports).prop_map(|(memory, nano_cpus, running, ports)| {
        let ports = ports.into_iter().map(|(ip, port)| {
            let ip = if ip == 0 {
                IpAddr::from([0; 4])
            } else {
                IpAddr::from([127, 0, 0, ip])
            };
            Port {
                ip,
                port,
                proto: Proto::Tcp,
            }
        });
        Claim {
            memory,
            nano_cpus,
            running,
            ports: ports.collect(),
            ports_chosen: false,
        }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop::sample::select(vec![
        Kind::Container,
        Kind::Container,
        Kind::Network,
        Kind::Volume,
    ]);
    let one = 0..64usize;
    let step = prop_oneof![
        4 => (0..3usize, kind, claims()).prop_map(|(run, kind, claim)| Step::Ask(run, kind, claim)),
        1 => one.clone().prop_map(Step::Release),
        4 => one.clone().prop_map(Step::Record),
        1 => one.clone().prop_map(Step::Remove),
        2 => (one.clone(), claims()).prop_map(|(at, claim)| Step::Change(at, claim)),
        2 => (one, any::<bool>()).prop_map(|(at, running)| Step::Run(at, running)),
    ];
    prop::collection::vec(step, 1..25)
}

fn limits() -> impl Strategy<Value = Quotas> {
    let limit = || prop::option::of(0..8u64);
    (limit(), limit(), limit(), limit(), limit(), limit()).prop_map(
        |(containers, running, memory_total, cpus_total, networks, volumes)| Quotas {
            containers,
            running,
            memory_total,
            cpus_total,
            networks,
            volumes,
        },
    )
}

/// One object or intent as the test believes it to be.
#[derive(Clone, Debug)]
struct Believed {
    plugin: usize,
    run: usize,
    intent: Intent,
    id: Option<String>,
    claim: Claim,
}

/// Whether all that one plugin has is within the quotas, and no port is two plugins'.
fn within(all: &[Believed], plugin: usize, quotas: &Quotas) -> bool {
    let own = || all.iter().filter(|one| one.plugin == plugin);
    let containers = || own().filter(|one| one.intent.kind == Kind::Container);
    let count = |kind| own().filter(|one| one.intent.kind == kind).count() as u64;
    let sum = |amount: fn(&Claim) -> Option<u64>| {
        containers()
            .map(|one| amount(&one.claim))
            .sum::<Option<u64>>()
            .unwrap_or(u64::MAX)
    };
    let fits = |limit: Option<u64>, used: u64| limit.is_none_or(|limit| used <= limit);
    let ports = containers().flat_map(|one| &one.claim.ports).all(|port| {
        let others = all.iter().filter(|one| one.plugin != plugin);
        others
            .flat_map(|one| &one.claim.ports)
            .all(|other| !other.overlaps(port))
    });
    ports
        && fits(quotas.containers, count(Kind::Container))
        && fits(
            quotas.running,
            containers().filter(|one| one.claim.running).count() as u64,
        )
        && fits(quotas.memory_total, sum(|claim| claim.memory))
        && fits(quotas.cpus_total, sum(|claim| claim.nano_cpus))
        && fits(quotas.networks, count(Kind::Network))
        && fits(quotas.volumes, count(Kind::Volume))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked for, in whatever order: what fits is given, what doesn't is refused, and the ledger has what was given.
    #[test]
    fn nothing_exceeds_its_quota_and_nothing_that_fits_is_refused(
        quotas in limits(),
        steps in steps(),
    ) {
        let setting = Setting::new();
        let ledger = setting.open();
        // Two runs of one plugin, and one of another.
        let runs = ["p", "p", "q"].map(|plugin| begin(&ledger, plugin));
        let mut all: Vec<Believed> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            take_step(&runs, &mut all, &quotas, number, step);
            for plugin in 0..2 {
                prop_assert!(within(&all, plugin, &quotas), "{all:?}");
            }
        }
        compare(&runs, &all);
    }
}

fn take_step(
    runs: &[LedgerRun; 3],
    all: &mut Vec<Believed>,
    quotas: &Quotas,
    number: usize,
    step: Step,
) {
    let mut next = all.clone();
    let at = |at: usize| (!all.is_empty()).then(|| at % all.len());
    match step {
        Step::Ask(run, kind, mut claim) => {
            let plugin = run / 2;
            if kind != Kind::Container {
                claim = Claim::default();
            }
            let result = ask(&runs[run], kind, &claim, quotas);
            let intent = Intent {
                kind,
                nonce: "0".repeat(32).parse().unwrap(),
                name: String::new(),
            };
            let intent = result.as_ref().ok().cloned().unwrap_or(intent);
            next.push(Believed {
                plugin,
                run,
                intent,
                id: None,
                claim,
            });
            assert_eq!(
                result.is_ok(),
                within(&next, plugin, quotas),
                "{result:?} {next:?}"
            );
            if result.is_ok() {
                *all = next;
            }
        }
        Step::Release(one) | Step::Record(one) | Step::Remove(one) => {
            let Some(one) = at(one) else { return };
            settle(runs, all, number, one, matches!(step, Step::Record(_)));
        }
        Step::Change(one, claim) => change(runs, all, quotas, at(one), |_| claim),
        Step::Run(one, running) => change(runs, all, quotas, at(one), |claim| Claim {
            running,
            ..claim
        }),
    }
}

/// An open intent is recorded or released, an object is removed.
fn settle(runs: &[LedgerRun; 3], all: &mut Vec<Believed>, number: usize, at: usize, record: bool) {
    let Believed {
        run, intent, id, ..
    } = all[at].clone();
    let owner = runs[run].owner();
    match id {
        None if record => {
            let id = if intent.kind == Kind::Volume {
                intent.name
            } else {
                format!("id{number}")
            };
            owner.record(&intent.nonce, &id).unwrap();
            all[at].id = Some(id);
        }
        None => {
            assert!(owner.release(&intent.nonce).unwrap());
            all.remove(at);
        }
        Some(id) => {
            assert!(owner.removed(intent.kind, &id).unwrap());
            all.remove(at);
        }
    }
}

fn change(
    runs: &[LedgerRun; 3],
    all: &mut Vec<Believed>,
    quotas: &Quotas,
    at: Option<usize>,
    change: impl FnOnce(Claim) -> Claim,
) {
    let Some(at) = at else { return };
    let Believed {
        plugin,
        run,
        intent,
        id: Some(id),
        claim,
    } = all[at].clone()
    else {
        return;
    };
    if intent.kind != Kind::Container {
        return;
    }
    let mut next = all.clone();
    next[at].claim = change(claim);
    let result = runs[run]
        .owner()
        .update_claim(intent.kind, &id, &next[at].claim, quotas);
    assert_eq!(
        result.is_ok(),
        within(&next, plugin, quotas),
        "{result:?} {next:?}"
    );
    if result.is_ok() {
        *all = next;
    }
}

/// The ledger has exactly what was believed.
fn compare(runs: &[LedgerRun; 3], all: &[Believed]) {
    for (number, run) in runs.iter().enumerate() {
        let own = || all.iter().filter(|one| one.run == number);
        let open: Vec<_> = own()
            .filter(|one| one.id.is_none())
            .map(|one| &one.intent)
            .collect();
        assert_eq!(run.open_intents().unwrap().iter().collect::<Vec<_>>(), open);
        let objects = run.objects().unwrap();
        assert_eq!(objects.len(), own().count() - open.len());
        for Believed {
            intent, id, claim, ..
        } in own()
        {
            let Some(id) = id else { continue };
            assert!(
                objects
                    .iter()
                    .any(|object| &object.id == id && object.nonce == intent.nonce)
            );
            let mut claim = claim.clone();
            claim.ports.sort_by_key(|port| (port.port, port.ip));
            assert_eq!(run.owner().claim(intent.kind, id).unwrap(), claim);
        }
    }
}
