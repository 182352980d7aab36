//! What of the machine runs are given, side by side.

use super::*;

fn span(ip: &str, first: u16, last: u16) -> PortSpan {
    let ip = ip.parse().unwrap();
    PortSpan { ip, first, last }
}

fn ports(ip: &str, first: u16, last: u16) -> Given {
    Given {
        here: true,
        ports: vec![span(ip, first, last)],
        ..Given::default()
    }
}

fn path(by: GivenBy, path: &str, writable: bool) -> Given {
    let path = path.into();
    Given {
        here: true,
        paths: vec![GivenPath { by, path, writable }],
        ..Given::default()
    }
}

fn bind(source: &str, writable: bool) -> Given {
    path(GivenBy::Bind, source, writable)
}

fn folder(host: &str) -> Given {
    path(GivenBy::Folder, host, true)
}

fn elsewhere(given: Given) -> Given {
    Given {
        here: false,
        ..given
    }
}

fn begin_on(ledger: &Ledger, engine: &str, plugin: &str, given: &Given) -> Result<LedgerRun> {
    let id = RunId::random().unwrap();
    ledger.begin_run_with(engine, plugin, OnEnd::Keep, id, given)
}

fn begin_with(ledger: &Ledger, plugin: &str, given: &Given) -> Result<LedgerRun> {
    begin_on(ledger, ENGINE, plugin, given)
}

/// Why the second of two can't be had beside the first, on these engines.
fn beside(one: (&str, &Given), two: (&str, &Given)) -> Option<Overlap> {
    let setting = Setting::new();
    let ledger = setting.open();
    let _first = begin_on(&ledger, one.0, "one", one.1).unwrap();
    match begin_on(&ledger, two.0, "two", two.1) {
        Ok(_) => None,
        Err(LedgerError::Overlap(overlap)) => Some(overlap),
        Err(error) => panic!("{error}"),
    }
}

/// `create.ports` gives ranges of which no two overlap.
#[test]
fn attack_145_no_two_plugins_have_the_same_ports() {
    let taken = ports("127.0.0.1", 8000, 8010);
    for (asked, overlaps) in [
        (ports("127.0.0.1", 8010, 8020), true),
        (ports("127.0.0.1", 7000, 8000), true),
        (ports("127.0.0.1", 8005, 8005), true),
        (ports("127.0.0.1", 1, 65535), true),
        (ports("0.0.0.0", 8005, 8005), true),
        (ports("::", 8005, 8005), true),
        (ports("::ffff:127.0.0.1", 8005, 8005), true),
        (ports("127.0.0.1", 8011, 8020), false),
        (ports("127.0.0.1", 7000, 7999), false),
        (ports("127.0.0.2", 8000, 8010), false),
        (ports("::1", 8000, 8010), false),
    ] {
        for (one, two) in [(&taken, &asked), (&asked, &taken)] {
            let found = beside((ENGINE, one), (ENGINE, two));
            assert_eq!(found.is_some(), overlaps, "{one:?} {two:?}");
        }
    }
    let found = beside((ENGINE, &taken), (ENGINE, &ports("0.0.0.0", 8001, 8001)));
    let text = found.unwrap().to_string();
    assert!(
        text.starts_with(
            "create.ports has 0.0.0.0 8001-8001, and the plugin one has 127.0.0.1 8000-8010; "
        ),
        "{text}"
    );
}

#[test]
fn attack_145_ports_are_the_machines_whatever_engine_publishes_them() {
    let given = ports("127.0.0.1", 8000, 8010);
    let far = elsewhere(given.clone());
    for (one, two, overlaps) in [
        ((ENGINE, &given), ("other", &given), true),
        ((ENGINE, &far), (ENGINE, &given), true),
        ((ENGINE, &far), (ENGINE, &far), true),
        ((ENGINE, &far), ("other", &given), false),
        ((ENGINE, &far), ("other", &far), false),
    ] {
        assert_eq!(beside(one, two).is_some(), overlaps, "{one:?} {two:?}");
    }
}

#[test]
fn runs_of_one_plugin_share_its_ports() {
    let setting = Setting::new();
    let ledger = setting.open();
    let given = ports("127.0.0.1", 8000, 8010);
    let _one = begin_with(&ledger, "p", &given).unwrap();
    begin_with(&ledger, "p", &given).unwrap();
}

/// `host-access.binds` gives no path below one that anybody writes to.
#[test]
fn attack_126_no_bind_lies_below_what_another_writes_to() {
    let read = bind("/srv/data/inner", false);
    for (above, overlaps) in [
        (bind("/srv/data", true), true),
        (bind("/srv", true), true),
        (bind("/", true), true),
        (folder("/srv/data"), true),
        (bind("/srv/data", false), false),
        (bind("/srv/data/inner", true), false),
        (bind("/srv/data/inner/more", true), false),
        (bind("/srv/dat", true), false),
        (folder("/srv/other"), false),
    ] {
        for (one, two) in [(&read, &above), (&above, &read)] {
            let found = beside((ENGINE, one), (ENGINE, two));
            assert_eq!(found.is_some(), overlaps, "{one:?} {two:?}");
        }
    }
    let found = beside((ENGINE, &folder("/srv")), (ENGINE, &read));
    let text = found.unwrap().to_string();
    assert!(
        text.starts_with(
            "host-access.binds of the plugin two has /srv/data/inner, which lies below /srv, to which wasi.dirs of the plugin \
             one lets write"
        ),
        "{text}"
    );
}

#[test]
fn attack_126_a_plugins_own_other_run_counts_too() {
    let setting = Setting::new();
    let ledger = setting.open();
    let _one = begin_with(&ledger, "p", &bind("/srv", true)).unwrap();
    let refused = begin_with(&ledger, "p", &bind("/srv/data", false));
    assert!(matches!(refused, Err(LedgerError::Overlap(_))));
}

#[test]
fn paths_of_other_machines_are_others() {
    let (above, below) = (bind("/srv", true), bind("/srv/data", false));
    let (far_above, far_below) = (elsewhere(above.clone()), elsewhere(below.clone()));
    for (one, two, overlaps) in [
        ((ENGINE, &above), ("other", &below), true),
        ((ENGINE, &far_above), (ENGINE, &far_below), true),
        ((ENGINE, &far_above), ("other", &far_below), false),
        ((ENGINE, &far_above), ("other", &below), false),
        // The plugin's own folder is here, wherever its engine is.
        (
            (ENGINE, &elsewhere(folder("/srv"))),
            ("other", &below),
            true,
        ),
        ((ENGINE, &folder("/srv")), ("other", &far_below), false),
    ] {
        assert_eq!(beside(one, two).is_some(), overlaps, "{one:?} {two:?}");
    }
}

/// `create.ports` stay a plugin's as long as one of its runs lives, or has left something.
#[test]
fn attack_145_ports_are_kept_while_the_run_lives_or_has_left_something() {
    let setting = Setting::new();
    let ledger = setting.open();
    let given = ports("127.0.0.1", 8000, 8010);
    let other = || begin_with(&ledger, "other", &given);
    let run = begin_with(&ledger, "p", &given).unwrap();
    make(&run, Kind::Container, "c", "id");
    assert!(other().is_err(), "it lives");
    let owner = run.owner().clone();
    run.end().unwrap();
    drop(run);
    assert!(other().is_err(), "its container is there");
    owner.removed(Kind::Container, "id").unwrap();
    let other_run = other().unwrap();
    assert!(begin_with(&ledger, "p", &given).is_err());
    // As if its process had been killed, before it made anything.
    drop(other_run);
    begin_with(&ledger, "p", &given).unwrap();
}

#[test]
fn attack_145_a_killed_run_that_may_have_made_something_counts() {
    let setting = Setting::new();
    let ledger = setting.open();
    let given = ports("127.0.0.1", 8000, 8010);
    let run = begin_with(&ledger, "p", &given).unwrap();
    reserve(&run, Kind::Container, "c").unwrap();
    drop(run);
    assert!(begin_with(&ledger, "other", &given).is_err());
}

#[test]
fn what_is_refused_leaves_nothing() {
    let setting = Setting::new();
    let ledger = setting.open();
    let given = ports("127.0.0.1", 8000, 8010);
    let run = begin_with(&ledger, "p", &given).unwrap();
    begin_with(&ledger, "other", &given).unwrap_err();
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), []);
    ledger.check_given(ENGINE, "other", &given).unwrap_err();
    ledger
        .check_given("elsewhere", "other", &given)
        .unwrap_err();
    ledger.check_given(ENGINE, "p", &given).unwrap();
    drop(run);
    ledger.check_given(ENGINE, "other", &given).unwrap();
}

/// A ledger as the first version had it, with a run in it.
fn of_the_first_version(setting: &Setting) -> (RunId, i64) {
    let ledger = setting.open();
    let run = begin(&ledger, "p");
    make(&run, Kind::Container, "c", "id");
    let id = run.id().clone();
    drop((run, ledger));
    let old = rusqlite::Connection::open(setting.file("ledger.db")).unwrap();
    old.execute_batch("DROP TABLE given_ports; DROP TABLE given_paths; PRAGMA user_version = 1;")
        .unwrap();
    let counter = old
        .query_row("SELECT counter FROM ledger", [], |row| row.get(0))
        .unwrap();
    (id, counter)
}

#[test]
fn a_ledger_of_an_older_version_is_made_one_of_this() {
    let setting = Setting::new();
    let (id, counter) = of_the_first_version(&setting);
    let ledger = setting.open();
    ledger.check().unwrap();
    let dead = ledger.dead_runs(ENGINE).unwrap();
    assert_eq!((&dead[0].id, dead[0].objects.len()), (&id, 1));
    let given = ports("127.0.0.1", 8000, 8010);
    let _run = begin_with(&ledger, "p", &given).unwrap();
    begin_with(&setting.open(), "other", &given).unwrap_err();
    drop(ledger);
    let read = rusqlite::Connection::open(setting.file("ledger.db")).unwrap();
    let now: i64 = read
        .query_row("SELECT counter FROM ledger", [], |row| row.get(0))
        .unwrap();
    assert!(now > counter, "it counts as a write");
}

/// What can't be written to isn't changed, and can be read all the same.
#[test]
fn a_stale_ledger_of_an_older_version_stays_as_it_is_until_it_is_accepted() {
    let setting = Setting::new();
    let (id, counter) = of_the_first_version(&setting);
    let text = fs::read_to_string(setting.file("counter")).unwrap();
    let written = |value: i64| format!("{value:020}");
    let ahead = text.replace(&written(counter), &written(counter + 5));
    assert_ne!(text, ahead);
    fs::write(setting.file("counter"), ahead).unwrap();
    let ledger = setting.open();
    assert!(matches!(ledger.check(), Err(LedgerError::Stale { .. })));
    assert_eq!(ledger.dead_runs(ENGINE).unwrap()[0].id, id);
    drop(ledger);
    assert_eq!(Ledger::accept(setting.path()).unwrap(), Accepted::AsItIs);
    begin_with(&setting.open(), "p", &ports("::1", 1, 2)).unwrap();
}
