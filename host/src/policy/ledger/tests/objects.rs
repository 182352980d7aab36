use super::*;

#[test]
fn an_object_is_owned_from_its_record_to_its_removal() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let owner = run.owner();
    for kind in [Kind::Container, Kind::Network, Kind::Volume] {
        let intent = reserve(&run, kind, "x").unwrap();
        let id = if kind == Kind::Volume {
            intent.name.clone()
        } else {
            format!("{kind}-id")
        };
        assert!(!owner.owns(kind, &id).unwrap(), "an intent is no object");
        assert_eq!(run.open_intents().unwrap(), std::slice::from_ref(&intent));
        let object = owner.record(&intent.nonce, &id).unwrap();
        assert!(owner.owns(kind, &id).unwrap());
        let run_id = run.id().clone();
        let Intent { nonce, name, .. } = intent;
        assert_eq!(
            object,
            Object {
                kind,
                id: id.clone(),
                name,
                nonce,
                run: run_id
            }
        );
        assert_eq!(owner.rows(kind).unwrap(), [object]);
        assert!(owner.removed(kind, &id).unwrap());
        assert!(!owner.removed(kind, &id).unwrap());
        assert!(!owner.owns(kind, &id).unwrap());
    }
    assert!(run.open_intents().unwrap().is_empty() && run.objects().unwrap().is_empty());
}

#[test]
fn nobody_sees_or_touches_what_anothers_is() {
    let setting = Setting::new();
    let ledger = setting.open();
    let (one, two) = (begin(&ledger, "one"), begin(&ledger, "two"));
    let elsewhere = ledger
        .begin_run("other-engine", "one", OnEnd::Keep)
        .unwrap();
    let object = make(&one, Kind::Container, "x", "0123");
    let open = reserve(&one, Kind::Container, "y").unwrap();
    for other in [two.owner(), elsewhere.owner()] {
        for reference in ["0123", "01", "x", &object.name] {
            assert_eq!(other.find(Kind::Container, reference).unwrap(), None);
        }
        assert!(!other.owns(Kind::Container, "0123").unwrap());
        assert!(!other.removed(Kind::Container, "0123").unwrap());
        assert!(!other.release(&open.nonce).unwrap());
        assert!(matches!(
            other.record(&open.nonce, "45"),
            Err(LedgerError::NotOpen(_))
        ));
        let running = other.set_running("0123", true, &Quotas::default());
        assert!(matches!(running, Err(LedgerError::NotFound { .. })));
        let renamed = other.rename(Kind::Container, "0123", Name::Short("z"));
        assert!(matches!(renamed, Err(LedgerError::NotFound { .. })));
    }
    assert!(!one.owner().owns(Kind::Network, "0123").unwrap());
    assert!(one.owner().owns(Kind::Container, "0123").unwrap());
}

#[test]
fn a_reference_is_a_full_id_then_a_name_then_the_beginning_of_an_id() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    make(&run, Kind::Container, "first", "abc1");
    make(&run, Kind::Container, "second", "abc2");
    make(&run, Kind::Container, "abc1", "ffff");
    let third = make(&run, Kind::Container, "fff", "dddd");
    let found = |reference: &str| {
        run.owner()
            .find(Kind::Container, reference)
            .unwrap()
            .map(|object| object.id)
    };
    assert_eq!(
        found("abc1").as_deref(),
        Some("abc1"),
        "the id goes before the name"
    );
    assert_eq!(
        found("fff").as_deref(),
        Some("dddd"),
        "the name goes before the beginning"
    );
    assert_eq!(found("ff").as_deref(), Some("ffff"));
    assert_eq!(found("/second").as_deref(), Some("abc2"));
    assert_eq!(found(&third.name).as_deref(), Some("dddd"));
    for nothing in [
        "",
        "/",
        "abc3",
        "%",
        "_",
        "ABC1",
        "\u{10ffff}",
        "abc1x",
        "p_",
    ] {
        assert_eq!(found(nothing), None, "{nothing:?}");
    }
    let error = run.owner().find(Kind::Container, "abc").unwrap_err();
    assert_eq!(
        error.to_string(),
        "several containers begin with `abc`; give more of the id"
    );
}

#[test]
fn a_volumes_name_is_its_id_and_cant_be_shortened() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let intent = reserve(&run, Kind::Volume, "data").unwrap();
    let other = run.owner().record(&intent.nonce, "other");
    assert!(matches!(
        other,
        Err(LedgerError::NotIntended { what: "name", .. })
    ));
    run.owner().record(&intent.nonce, &intent.name).unwrap();
    let found = |reference: &str| run.owner().find(Kind::Volume, reference).unwrap().is_some();
    assert!(found("data") && found(&intent.name));
    assert!(!found("dat") && !found(&intent.name[..intent.name.len() - 1]));
    assert!(
        run.owner()
            .rename(Kind::Volume, &intent.name, Name::Short("x"))
            .is_err()
    );
}

#[test]
fn an_intent_is_settled_once() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let (owner, intent) = (run.owner(), reserve(&run, Kind::Container, "x").unwrap());
    owner.record(&intent.nonce, "id").unwrap();
    assert_eq!(owner.record(&intent.nonce, "id").unwrap().id, "id");
    assert!(matches!(
        owner.record(&intent.nonce, "other"),
        Err(LedgerError::NotOpen(_))
    ));
    assert!(!owner.release(&intent.nonce).unwrap());

    let second = reserve(&run, Kind::Container, "y").unwrap();
    let taken = owner.record(&second.nonce, "id");
    assert!(matches!(taken, Err(LedgerError::IdTaken { .. })));
    for id in ["", "a b", "a\n", &"x".repeat(257)] {
        assert!(matches!(
            owner.record(&second.nonce, id),
            Err(LedgerError::Invalid { .. })
        ));
    }
    assert!(owner.release(&second.nonce).unwrap());
    assert!(!owner.release(&second.nonce).unwrap());
    assert!(matches!(
        owner.record(&second.nonce, "new"),
        Err(LedgerError::NotOpen(_))
    ));
}

#[test]
fn only_what_was_intended_is_adopted() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let (owner, intent) = (run.owner(), reserve(&run, Kind::Container, "x").unwrap());
    let Intent { kind, nonce, name } = &intent;
    let found = Found {
        kind: *kind,
        id: "id",
        name,
        owner: owner.id(),
        nonce,
    };
    let never: Nonce = "0".repeat(32).parse().unwrap();
    let not_open = owner.adopt(&Found {
        nonce: &never,
        ..found
    });
    assert!(matches!(not_open, Err(LedgerError::NotOpen(_))));
    for (wrong, what) in [
        (
            Found {
                kind: Kind::Network,
                ..found
            },
            "kind",
        ),
        (
            Found {
                name: "other",
                ..found
            },
            "name",
        ),
        (
            Found {
                owner: "other",
                ..found
            },
            "owner",
        ),
    ] {
        match owner.adopt(&wrong) {
            Err(LedgerError::NotIntended { what: named, .. }) => assert_eq!(named, what),
            other => panic!("{what}: {other:?}"),
        }
    }
    assert_eq!(owner.adopt(&found).unwrap().id, "id");
    let copy = owner.adopt(&Found {
        id: "copy",
        ..found
    });
    assert!(
        matches!(copy, Err(LedgerError::NotOpen(_))),
        "a nonce is good for one object"
    );
}

#[test]
fn a_name_is_one_objects_of_its_kind() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let intent = reserve(&run, Kind::Network, "x").unwrap();
    let second = reserve(&run, Kind::Network, "x");
    assert!(matches!(
        second,
        Err(LedgerError::NameTaken {
            kind: Kind::Network,
            ..
        })
    ));
    make(&run, Kind::Container, "x", "id");
    run.owner().release(&intent.nonce).unwrap();
    make(&run, Kind::Network, "x", "id");
}

#[test]
fn a_renamed_object_is_found_by_its_new_name() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "p");
    let (owner, kind) = (run.owner(), Kind::Container);
    make(&run, kind, "old", "0");
    make(&run, kind, "taken", "1");
    let taken = owner.rename(kind, "0", Name::Short("taken"));
    assert!(matches!(taken, Err(LedgerError::NameTaken { .. })));
    let name = owner.rename(kind, "0", Name::Short("new")).unwrap();
    assert_eq!(owner.short_name(&name), Some("new"));
    assert_eq!(owner.rename(kind, "0", Name::Short("new")).unwrap(), name);
    assert_eq!(owner.find(kind, "new").unwrap().unwrap().id, "0");
    assert_eq!(owner.find(kind, "old").unwrap(), None);
}
