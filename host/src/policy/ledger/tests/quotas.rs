use std::thread;

use super::*;

const GIB: u64 = 1 << 30;

fn claim(memory: u64, nano_cpus: u64, running: bool) -> Claim {
    Claim {
        memory: Some(memory),
        nano_cpus: Some(nano_cpus),
        running,
        ports: Vec::new(),
        ports_chosen: false,
    }
}

fn exceeded<T: std::fmt::Debug>(result: Result<T>) -> Exceeded {
    match result {
        Err(LedgerError::Quota(exceeded)) => exceeded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_quota_is_named_with_what_is_used_allowed_and_asked() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let running = claim(GIB, 1_000_000_000, true);
    for kind in [Kind::Container, Kind::Network, Kind::Volume] {
        ask(&run, kind, &running, &Quotas::default()).unwrap();
    }
    let none = Quotas::default();
    let (container, one) = (Kind::Container, Some(1));
    let cases = [
        (
            container,
            Quotas {
                containers: one,
                ..none
            },
            Quota::Containers,
            1,
            1,
            1,
        ),
        (
            container,
            Quotas {
                running: one,
                ..none
            },
            Quota::Running,
            1,
            1,
            1,
        ),
        (
            container,
            Quotas {
                memory_total: Some(2 * GIB - 1),
                ..none
            },
            Quota::MemoryTotal,
            GIB,
            2 * GIB - 1,
            GIB,
        ),
        (
            container,
            Quotas {
                cpus_total: Some(1_500_000_000),
                ..none
            },
            Quota::CpusTotal,
            1_000_000_000,
            1_500_000_000,
            1_000_000_000,
        ),
        (
            Kind::Network,
            Quotas {
                networks: one,
                ..none
            },
            Quota::Networks,
            1,
            1,
            1,
        ),
        (
            Kind::Volume,
            Quotas {
                volumes: one,
                ..none
            },
            Quota::Volumes,
            1,
            1,
            1,
        ),
    ];
    for (kind, quotas, quota, used, limit, asked) in cases {
        let refusal = exceeded(ask(&run, kind, &running, &quotas));
        assert_eq!(
            refusal,
            Exceeded {
                quota,
                used,
                limit,
                asked
            }
        );
    }
    let refusal = exceeded(ask(
        &run,
        container,
        &running,
        &Quotas {
            running: one,
            ..none
        },
    ));
    assert_eq!(
        refusal.to_string(),
        "limits.running is 1, 1 used, 1 more asked for"
    );
    assert_eq!(
        run.open_intents().unwrap().len(),
        3,
        "what was refused left nothing"
    );
}

#[test]
fn quotas_count_all_runs_of_a_plugin_on_an_engine_and_nobody_elses() {
    let setting = Setting::new();
    let ledger = setting.open();
    let quotas = Quotas {
        networks: Some(2),
        ..Quotas::default()
    };
    let network = |run: &LedgerRun| ask(run, Kind::Network, &Claim::default(), &quotas);
    let (one, two) = (begin(&ledger, "p"), begin(&ledger, "p"));
    let first = network(&one).unwrap();
    one.owner().record(&first.nonce, "0").unwrap();
    one.end().unwrap();
    network(&two).unwrap();
    assert_eq!(
        exceeded(network(&two)).used,
        2,
        "kept ones and intents count"
    );
    network(&begin(&ledger, "q")).unwrap();
    network(&ledger.begin_run("other-engine", "p", OnEnd::Keep).unwrap()).unwrap();
    two.owner().removed(Kind::Network, "0").unwrap();
    network(&two).unwrap();
}

#[test]
fn what_has_no_bound_fits_no_quota() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let quotas = Quotas {
        memory_total: Some(GIB),
        ..Quotas::default()
    };
    let refusal = exceeded(ask(&run, Kind::Container, &Claim::default(), &quotas));
    assert_eq!((refusal.used, refusal.asked), (0, u64::MAX));
    assert!(
        refusal
            .to_string()
            .contains("without a bound more asked for"),
        "{refusal}"
    );
    ask(&run, Kind::Container, &Claim::default(), &Quotas::default()).unwrap();
    assert_eq!(
        exceeded(ask(&run, Kind::Container, &claim(1, 0, false), &quotas)).used,
        u64::MAX
    );
    let absurd = ask(
        &run,
        Kind::Container,
        &claim(u64::MAX, 0, false),
        &Quotas::default(),
    );
    assert!(matches!(absurd, Err(LedgerError::Invalid { .. })));
}

#[test]
fn a_change_is_held_against_the_quotas_and_less_is_never_refused() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let (owner, kind) = (run.owner(), Kind::Container);
    for id in ["0", "1"] {
        let intent = ask(&run, kind, &claim(GIB, 1, id == "0"), &Quotas::default()).unwrap();
        owner.record(&intent.nonce, id).unwrap();
    }
    let quotas = Quotas {
        running: Some(1),
        memory_total: Some(3 * GIB),
        ..Quotas::default()
    };
    assert_eq!(
        exceeded(owner.set_running("1", true, &quotas)).quota,
        Quota::Running
    );
    owner.set_running("0", true, &quotas).unwrap();
    owner.set_running("0", false, &quotas).unwrap();
    owner.set_running("1", true, &quotas).unwrap();
    owner
        .update_claim(kind, "1", &claim(2 * GIB, 1, true), &quotas)
        .unwrap();
    let more = claim(2 * GIB + 1, 1, true);
    assert_eq!(
        exceeded(owner.update_claim(kind, "1", &more, &quotas)).used,
        GIB
    );
    assert_eq!(owner.claim(kind, "1").unwrap(), claim(2 * GIB, 1, true));

    let narrow = Quotas {
        running: Some(0),
        memory_total: Some(1),
        ..Quotas::default()
    };
    owner
        .update_claim(kind, "1", &claim(GIB, 1, true), &narrow)
        .unwrap();
    owner.set_running("1", false, &narrow).unwrap();
    let absurd = owner.update_claim(kind, "1", &claim(u64::MAX, 1, false), &Quotas::default());
    assert!(matches!(absurd, Err(LedgerError::Invalid { .. })));
    let gone = owner.set_running("2", true, &quotas);
    assert!(matches!(gone, Err(LedgerError::NotFound { .. })));
}

fn port(ip: &str, port: u16, proto: Proto) -> Port {
    Port {
        ip: ip.parse().unwrap(),
        port,
        proto,
    }
}

#[test]
fn a_port_stays_its_owners_while_the_container_exists() {
    let setting = Setting::new();
    let ledger = setting.open();
    let (one, two) = (begin(&ledger, "one"), begin(&ledger, "two"));
    let with = |port| Claim {
        ports: vec![port],
        ..Claim::default()
    };
    let ask = |run: &LedgerRun, port| ask(run, Kind::Container, &with(port), &Quotas::default());
    let held = port("127.0.0.1", 8080, Proto::Tcp);
    let intent = ask(&one, held).unwrap();
    for ip in ["127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"] {
        match ask(&two, port(ip, 8080, Proto::Tcp)) {
            Err(LedgerError::PortTaken { holder, .. }) => assert_eq!(holder, "one"),
            other => panic!("{ip}: {other:?}"),
        }
    }
    let error = ask(&two, held).unwrap_err().to_string();
    assert_eq!(
        error,
        "the host port 127.0.0.1:8080/tcp is taken; choose another"
    );
    ask(&two, port("127.0.0.2", 8080, Proto::Tcp)).unwrap();
    ask(&two, port("127.0.0.1", 8080, Proto::Udp)).unwrap();
    ask(&two, port("127.0.0.1", 8081, Proto::Tcp)).unwrap();
    ask(&one, held).expect("the engine decides between one's own");
    ask(
        &ledger
            .begin_run("other-engine", "two", OnEnd::Keep)
            .unwrap(),
        held,
    )
    .unwrap();
    ask(&one, port("0.0.0.0", 0, Proto::Tcp)).unwrap();
    ask(&two, port("0.0.0.0", 0, Proto::Tcp)).unwrap();

    let owner = one.owner();
    owner.record(&intent.nonce, "0").unwrap();
    owner.set_running("0", false, &Quotas::default()).unwrap();
    assert!(ask(&two, held).is_err(), "it exists");
    assert_eq!(owner.claim(Kind::Container, "0").unwrap().ports, [held]);
    owner.removed(Kind::Container, "0").unwrap();
    assert!(
        ask(&two, held).is_err(),
        "the other one of the same owner exists"
    );
}

#[test]
fn the_port_that_the_engine_chose_is_held_when_it_is_told() {
    let setting = Setting::new();
    let ledger = setting.open();
    let (one, two) = (begin(&ledger, "one"), begin(&ledger, "two"));
    make(&one, Kind::Container, "x", "0");
    make(&two, Kind::Container, "x", "1");
    let with = |ports: &[Port]| Claim {
        ports: ports.to_vec(),
        ..Claim::default()
    };
    let none = Quotas::default();
    let change = |run: &LedgerRun, id, ports: &[Port]| {
        run.owner()
            .update_claim(Kind::Container, id, &with(ports), &none)
    };
    let (chosen, other) = (
        port("::1", 49153, Proto::Udp),
        port("::1", 49154, Proto::Udp),
    );
    change(&one, "0", &[chosen, chosen]).unwrap();
    assert!(matches!(
        change(&two, "1", &[other, chosen]),
        Err(LedgerError::PortTaken { .. })
    ));
    assert_eq!(two.owner().claim(Kind::Container, "1").unwrap().ports, []);
    change(&one, "0", &[]).unwrap();
    change(&two, "1", &[other, chosen]).unwrap();
    assert_eq!(
        two.owner().claim(Kind::Container, "1").unwrap().ports,
        [chosen, other]
    );
}

#[test]
fn threads_that_race_get_no_more_than_there_is() {
    let setting = Setting::new();
    let ledger = setting.open();
    let quotas = Quotas {
        containers: Some(5),
        ..Quotas::default()
    };
    let got = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let run = begin(&ledger, "p");
                    let ask =
                        |_: &i32| ask(&run, Kind::Container, &Claim::default(), &quotas).is_ok();
                    (0..4).filter(ask).count()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum::<usize>()
    });
    assert_eq!(got, 5);
}
