use super::*;

#[test]
fn a_run_that_is_dropped_is_left_over_with_what_it_made() {
    let setting = Setting::new();
    let ledger = setting.open();
    let run = ledger.begin_run(ENGINE, "p", OnEnd::Stop).unwrap();
    let object = make(&run, Kind::Container, "x", "id");
    let intent = reserve(&run, Kind::Network, "n").unwrap();
    let (id, clone) = (run.id().clone(), run.clone());
    drop(run);
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), [], "a clone holds it");
    drop(clone);
    let dead = ledger.dead_runs(ENGINE).unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (&dead[0].id, dead[0].plugin.as_str(), dead[0].on_end),
        (&id, "p", OnEnd::Stop)
    );
    assert_eq!(
        (&dead[0].objects, &dead[0].intents),
        (&vec![object], &vec![intent])
    );
    assert!(dead[0].begun.elapsed().unwrap().as_secs() < 60);
    assert_eq!(ledger.dead_runs("other-engine").unwrap(), []);
}

#[test]
fn a_dead_run_is_taken_over_finished_and_gone() {
    let setting = Setting::new();
    let ledger = setting.open();
    let run = begin(&ledger, "p");
    make(&run, Kind::Container, "x", "id");
    let intent = reserve(&run, Kind::Network, "n").unwrap();
    let id = run.id().clone();
    assert!(ledger.take_over(&id).unwrap().is_none(), "it lives");
    drop(run);

    let taken = ledger.take_over(&id).unwrap().unwrap();
    assert_eq!((taken.id(), taken.on_end()), (&id, OnEnd::Remove));
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), []);
    assert!(
        setting.open().take_over(&id).unwrap().is_none(),
        "another has it"
    );
    assert!(matches!(taken.end(), Err(LedgerError::OpenIntents(1))));
    taken.owner().release(&intent.nonce).unwrap();
    taken.owner().removed(Kind::Container, "id").unwrap();
    taken.end().unwrap();
    taken.end().unwrap();
    assert!(matches!(
        reserve(&taken, Kind::Volume, "v"),
        Err(LedgerError::RunOver)
    ));
    drop(taken);
    assert!(ledger.take_over(&id).unwrap().is_none(), "it is over");
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), []);
}

#[test]
fn who_drops_a_taken_run_leaves_it_to_the_next() {
    let setting = Setting::new();
    let ledger = setting.open();
    let id = begin(&ledger, "p").id().clone();
    drop(ledger.take_over(&id).unwrap().unwrap());
    assert_eq!(ledger.dead_runs(ENGINE).unwrap().len(), 1);
    assert!(ledger.take_over(&id).unwrap().is_some());
}

#[test]
fn what_is_kept_stays_its_owners_after_the_run() {
    let setting = Setting::new();
    let ledger = setting.open();
    let run = ledger.begin_run(ENGINE, "p", OnEnd::Keep).unwrap();
    let object = make(
        &run,
        Kind::Volume,
        "v",
        &run.owner().full_name("v").unwrap(),
    );
    run.end().unwrap();
    let id = run.id().clone();
    drop(run);
    assert!(
        ledger.take_over(&id).unwrap().is_none(),
        "it is over, though something of it is left"
    );
    assert!(!setting.file("runs").join(id.as_str()).exists());
    let next = begin(&ledger, "p");
    assert_eq!(next.owner().rows(Kind::Volume).unwrap(), [object]);
    assert_eq!(next.objects().unwrap(), []);
}

#[test]
fn files_of_runs_that_are_over_are_removed() {
    let setting = Setting::new();
    let ledger = setting.open();
    let files = || fs::read_dir(setting.file("runs")).unwrap().count();
    let (run, dead) = (begin(&ledger, "p"), begin(&ledger, "p").id().clone());
    fs::write(setting.file("runs/00112233445566aa"), "").unwrap();
    assert_eq!(files(), 3);
    setting.open();
    assert_eq!(files(), 2, "one that was never begun is removed");
    run.end().unwrap();
    ledger.take_over(&dead).unwrap().unwrap().end().unwrap();
    assert_eq!(files(), 0);
}

#[test]
fn a_run_whose_file_is_gone_is_dead_and_can_be_taken_by_one() {
    let setting = Setting::new();
    let ledger = setting.open();
    let id = begin(&ledger, "p").id().clone();
    fs::remove_file(setting.file("runs").join(id.as_str())).unwrap();
    assert_eq!(ledger.dead_runs(ENGINE).unwrap().len(), 1);
    let taken = ledger.take_over(&id).unwrap();
    assert!(taken.is_some() && ledger.take_over(&id).unwrap().is_none());
}

#[test]
fn a_copy_has_what_was_there_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path().join("one")).unwrap();
    let run = ledger.begin_run("engine", "devenv", OnEnd::Remove).unwrap();
    let claim = Claim::default();
    let quotas = Quotas::default();
    let intent = run
        .reserve(Kind::Container, Name::Short("db"), &claim, &quotas)
        .unwrap();
    run.owner().record(&intent.nonce, "4f1c").unwrap();

    let copy = ledger.copy_into(folder.path().join("two")).unwrap();
    let owner = copy.owner("engine", "devenv").unwrap();
    assert_eq!(owner.id(), run.owner().id());
    assert!(owner.owns(Kind::Container, "4f1c").unwrap());
    owner.removed(Kind::Container, "4f1c").unwrap();
    assert!(run.owner().owns(Kind::Container, "4f1c").unwrap());
    copy.check().unwrap();
    ledger.check().unwrap();
    assert!(ledger.copy_into(folder.path().join("two")).is_err());
}
