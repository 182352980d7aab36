use std::os::unix::fs::{FileExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::time::Instant;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A counter's line, of a ledger that isn't there.
fn line(value: u64) -> String {
    super::super::counter::Counter {
        ledger: "0123456789abcdef".to_owned(),
        value,
    }
    .line()
}

/// A ledger with one object at the time of the copy `old`, and two now; all closed.
fn with_an_old_copy() -> Setting {
    let setting = Setting::new();
    for (name, id) in [("x", "0"), ("y", "1")] {
        let run = begin(&setting.open(), "p");
        make(&run, Kind::Container, name, id);
        run.end().unwrap();
        drop(run);
        if id == "0" {
            setting.copy_database("old");
        }
    }
    setting
}

fn staleness(ledger: &Ledger) -> Staleness {
    match ledger.check() {
        Err(LedgerError::Stale { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_user_can_use_any_of_it() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    make(&run, Kind::Container, "x", "0");
    for folder in [
        setting.folder.path().join("state"),
        setting.path(),
        setting.file("runs"),
    ] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    let mut files: Vec<_> = [setting.path(), setting.file("runs")]
        .into_iter()
        .flat_map(|folder| {
            fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path())
        })
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert_eq!(files.len(), 7, "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[test]
fn what_others_can_use_is_refused_until_it_is_closed() {
    let setting = Setting::new();
    drop(setting.open());
    let cases = [("", 0o755, 0o700), ("runs", 0o710, 0o700)];
    let files = ["ledger.db", "counter", "gate", "use"].map(|name| (name, 0o604, 0o600));
    for (name, open, closed) in cases.into_iter().chain(files) {
        let path = setting.file(name);
        set_mode(&path, open);
        let error = setting.refused();
        assert!(
            matches!(error, LedgerError::Exposed { .. }),
            "{name}: {error}"
        );
        assert!(Ledger::accept(setting.path()).is_err(), "{name}");
        set_mode(&path, closed);
        setting.open();
    }
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let setting = Setting::new();
    drop(setting.open());
    // Only root can give something away; who isn't root finds root's.
    let path = match chown(setting.path(), Some(12345), None) {
        Ok(()) => setting.path(),
        Err(_) => PathBuf::from("/"),
    };
    let error = Ledger::open(path).unwrap_err().to_string();
    assert!(error.contains("belongs to another user"), "{error}");
}

#[test]
fn a_link_in_a_files_place_is_refused() {
    let setting = Setting::new();
    drop(setting.open());
    for name in ["ledger.db", "counter", "gate", "use"] {
        let (path, moved) = (setting.file(name), setting.folder.path().join("moved"));
        fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        assert!(
            matches!(setting.refused(), LedgerError::Foreign { .. }),
            "{name}"
        );
        fs::rename(&moved, &path).unwrap();
        setting.open();
    }
}

#[test]
fn an_older_copy_can_be_read_and_not_written_until_it_is_accepted() {
    let setting = with_an_old_copy();
    setting.put_back("old");
    let ledger = setting.open();
    assert!(matches!(staleness(&ledger), Staleness::RolledBack { ledger: l, counter: c } if l < c));
    let owner = ledger.owner(ENGINE, "p").unwrap();
    assert!(owner.owns(Kind::Container, "0").unwrap());
    assert!(!owner.owns(Kind::Container, "1").unwrap());
    let refused = [
        ledger.begin_run(ENGINE, "p", OnEnd::Keep).map(drop),
        ledger.owner(ENGINE, "new").map(drop),
        owner.removed(Kind::Container, "0").map(drop),
        ledger.take_over(&"0".repeat(16).parse().unwrap()).map(drop),
    ];
    for error in refused.map(Result::unwrap_err) {
        assert!(matches!(error, LedgerError::Stale { .. }), "{error}");
    }
    assert!(matches!(
        Ledger::accept(setting.path()),
        Err(LedgerError::InUse(_))
    ));
    drop((ledger, owner));

    assert_eq!(Ledger::accept(setting.path()).unwrap(), Accepted::AsItIs);
    assert_eq!(Ledger::accept(setting.path()).unwrap(), Accepted::Sound);
    let run = begin(&setting.open(), "p");
    assert_eq!(run.owner().rows(Kind::Container).unwrap().len(), 1);
    make(&run, Kind::Container, "y", "2");
    drop(run);

    // The former newest one is an older copy now, and so is the same again.
    setting.copy_database("newest");
    setting.put_back("old");
    assert!(matches!(
        staleness(&setting.open()),
        Staleness::RolledBack { .. }
    ));
    setting.put_back("newest");
    setting.open().check().unwrap();
}

#[test]
fn a_counter_that_stayed_behind_locks_nobody_out() {
    let setting = Setting::new();
    drop(begin(&setting.open(), "p"));
    let behind = fs::read(setting.file("counter")).unwrap();
    drop(begin(&setting.open(), "p"));
    // As if the process had been killed between the commit and the counter, and in the middle of the counter.
    fs::write(setting.file("counter"), &behind).unwrap();
    fs::write(setting.file("counter.new"), "0").unwrap();
    let ledger = setting.open();
    ledger.check().unwrap();
    begin(&ledger, "p");
    assert_ne!(fs::read(setting.file("counter")).unwrap(), behind);
    ledger.check().unwrap();
}

#[test]
fn a_counter_that_is_gone_or_not_ones_own_makes_stale() {
    for (counter, expected) in [
        (None, Staleness::CounterMissing),
        (Some("".to_owned()), Staleness::CounterUnreadable),
        (
            Some(line(99).replace('\n', "")),
            Staleness::CounterUnreadable,
        ),
        (
            Some(line(99).replacen("99", "98", 1)),
            Staleness::CounterUnreadable,
        ),
        (
            Some(line(99).replacen("0123", "012", 1)),
            Staleness::CounterUnreadable,
        ),
        (Some("x\n".repeat(200)), Staleness::CounterUnreadable),
        (Some(line(0)), Staleness::OtherLedger),
    ] {
        let setting = Setting::new();
        drop(begin(&setting.open(), "p"));
        match &counter {
            None => fs::remove_file(setting.file("counter")).unwrap(),
            Some(text) => fs::write(setting.file("counter"), text).unwrap(),
        }
        assert_eq!(staleness(&setting.open()), expected, "{counter:?}");
        assert_eq!(Ledger::accept(setting.path()).unwrap(), Accepted::AsItIs);
        begin(&setting.open(), "p");
    }
}

#[test]
fn a_file_that_is_replaced_while_it_is_used_is_noticed() {
    let setting = with_an_old_copy();
    let run = begin(&setting.open(), "p");
    setting.put_back("old");
    let error = reserve(&run, Kind::Volume, "v").unwrap_err();
    assert!(
        matches!(
            error,
            LedgerError::Stale {
                why: Staleness::Replaced,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_damaged_file_is_refused_and_set_aside_when_accepted() {
    let sound = with_an_old_copy();
    let bytes = fs::read(sound.file("ledger.db")).unwrap();
    let mut damaged = vec![Vec::new(), b"no database".to_vec(), vec![0x5a; bytes.len()]];
    damaged.push(bytes[..bytes.len() / 2].to_vec());
    for page in 1..bytes.len() / 4096 {
        let mut bytes = bytes.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
        damaged.push(bytes);
    }
    for (case, bytes) in damaged.iter().enumerate() {
        let setting = with_an_old_copy();
        fs::write(setting.file("ledger.db"), bytes).unwrap();
        let error = setting.refused();
        assert!(
            matches!(error, LedgerError::Corrupt { .. }),
            "{case}: {error}"
        );
        let Accepted::Anew { kept } = Ledger::accept(setting.path()).unwrap() else {
            panic!("{case}: it isn't begun anew");
        };
        assert_eq!(&fs::read(kept).unwrap(), bytes);
        let run = begin(&setting.open(), "p");
        assert_eq!(run.owner().rows(Kind::Container).unwrap(), []);
    }
}

#[test]
fn damage_that_was_seen_once_is_not_forgotten() {
    let setting = with_an_old_copy();
    let ledger = setting.open();
    // What writes has read all of the file at the opening; what reads finds the damage.
    let file = fs::OpenOptions::new()
        .write(true)
        .open(setting.file("ledger.db"))
        .unwrap();
    let size = usize::try_from(file.metadata().unwrap().len()).unwrap();
    file.write_all_at(&vec![0xa5; size - 8192], 8192).unwrap();
    let read = ledger.dead_runs(ENGINE).unwrap_err();
    assert!(matches!(read, LedgerError::Corrupt { .. }), "{read}");
    let write = ledger.begin_run(ENGINE, "p", OnEnd::Keep).unwrap_err();
    assert_eq!(write.to_string(), read.to_string());
    assert_eq!(ledger.check().unwrap_err().to_string(), read.to_string());
}

#[test]
fn a_ledger_that_others_hold_too_long_is_busy_and_can_be_read() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let gate = fs::File::open(setting.file("gate")).unwrap();
    gate.lock().unwrap();
    let begun = Instant::now();
    assert!(matches!(
        reserve(&run, Kind::Volume, "v"),
        Err(LedgerError::Busy)
    ));
    assert!(
        (5..15).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(run.owner().find(Kind::Volume, "v").unwrap(), None);
    gate.unlock().unwrap();
    reserve(&run, Kind::Volume, "v").unwrap();
}

#[test]
fn a_ledger_that_was_removed_is_not_silently_begun_anew() {
    let setting = with_an_old_copy();
    fs::remove_file(setting.file("ledger.db")).unwrap();
    let error = setting.refused().to_string();
    assert!(
        error.contains("it is gone, though its counter says"),
        "{error}"
    );
    assert!(matches!(
        Ledger::accept(setting.path()),
        Ok(Accepted::Anew { .. })
    ));
    begin(&setting.open(), "p");
}

#[test]
fn a_first_opening_that_was_killed_is_done_again() {
    for (name, text) in [
        ("counter", line(0).as_str()),
        ("ledger.db", ""),
        ("counter.new", ""),
    ] {
        let setting = Setting::new();
        fs::create_dir_all(setting.path()).unwrap();
        set_mode(&setting.path(), 0o700);
        fs::write(setting.file(name), text).unwrap();
        set_mode(&setting.file(name), 0o600);
        begin(&setting.open(), "p");
        setting.open().check().unwrap();
    }
}

#[test]
fn a_newer_version_is_refused_before_and_during_use() {
    let setting = Setting::new();
    let ledger = setting.open();
    let newer = rusqlite::Connection::open(setting.file("ledger.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for error in [
        setting.refused(),
        ledger.check().unwrap_err(),
        ledger.begin_run(ENGINE, "p", OnEnd::Keep).unwrap_err(),
    ] {
        assert!(
            matches!(
                error,
                LedgerError::Newer {
                    found: 99,
                    known: 2,
                    ..
                }
            ),
            "{error}"
        );
    }
    drop(ledger);
    assert!(matches!(
        Ledger::accept(setting.path()),
        Err(LedgerError::Newer { .. })
    ));
}

#[test]
fn another_programs_database_is_left_alone() {
    let setting = Setting::new();
    drop(setting.open());
    for file in setting
        .database_files()
        .into_iter()
        .chain(["counter".to_owned()])
    {
        fs::remove_file(setting.file(&file)).unwrap();
    }
    let other = rusqlite::Connection::open(setting.file("ledger.db")).unwrap();
    other
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 99")
        .unwrap();
    drop(other);
    set_mode(&setting.file("ledger.db"), 0o600);
    let error = setting.refused();
    assert!(
        error.to_string().contains("it is some other database"),
        "{error}"
    );
}
