use proptest::prelude::*;

use super::*;

#[test]
fn a_whole_name_has_the_prefix_and_a_short_one_not() {
    let setting = Setting::new();
    let owner = setting.open().owner(ENGINE, "devenv").unwrap();
    let full = owner.full_name("db").unwrap();
    assert_eq!(full, format!("devenv_{}_db", &owner.id()[..8]));
    assert_eq!(owner.short_name(&full), Some("db"));
    assert_eq!(owner.short_name("db"), None);
    assert_eq!(owner.id().len(), 16);
}

#[test]
fn an_identity_is_made_once_for_each_engine_and_plugin() {
    let setting = Setting::new();
    let ledger = setting.open();
    let id = |engine, plugin| ledger.owner(engine, plugin).unwrap().id().to_owned();
    let ids = [id("one", "a"), id("one", "b"), id("two", "a")];
    assert_eq!(ids, [id("one", "a"), id("one", "b"), id("two", "a")]);
    assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    assert_eq!(setting.open().owner("one", "a").unwrap().id(), ids[0]);
    assert_ne!(
        Setting::new().open().owner("one", "a").unwrap().id(),
        ids[0]
    );
}

#[test]
fn plugins_have_names_that_engines_take() {
    let setting = Setting::new();
    let ledger = setting.open();
    for name in ["a", "a-b", "0", "x".repeat(32).as_str()] {
        assert!(ledger.owner(ENGINE, name).is_ok(), "{name}");
    }
    for name in [
        "",
        "-a",
        "A",
        "a_b",
        "a.b",
        "a/b",
        "ä",
        "x".repeat(33).as_str(),
    ] {
        let error = ledger.owner(ENGINE, name).unwrap_err();
        assert!(
            matches!(error, LedgerError::Invalid { .. }),
            "{name}: {error}"
        );
        assert!(
            ledger.begin_run(ENGINE, name, OnEnd::Keep).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_looks_like_an_id_or_isnt_taken_by_engines_is_no_name() {
    let setting = Setting::new();
    let owner = setting.open().owner(ENGINE, "p").unwrap();
    let long = "x".repeat(MAX_NAME + 1);
    let id = "0123456789abcdef".repeat(4);
    for name in [
        "",
        "_x",
        "/x",
        "a b",
        "ä",
        "a\0",
        "0123456789ab",
        &long,
        &id,
    ] {
        let error = owner.full_name(name).unwrap_err();
        assert!(
            matches!(error, LedgerError::Invalid { .. }),
            "{name}: {error}"
        );
    }
    for name in ["db", "0123456789a", "0123456789aB", "a_b-c.d", &long[1..]] {
        assert!(owner.full_name(name).is_ok(), "{name}");
    }
}

#[test]
fn an_exact_name_cannot_stand_in_anybodys_prefix() {
    let setting = Setting::new();
    let ledger = setting.open();
    let (run, other) = (begin(&ledger, "a"), ledger.owner(ENGINE, "b").unwrap());
    let exact = |name: &str| {
        run.reserve(
            Kind::Volume,
            Name::Exact(name),
            &Claim::default(),
            &Quotas::default(),
        )
        .map(|intent| intent.name)
    };
    assert_eq!(exact("shared_data_x").unwrap(), "shared_data_x");
    let own = run.owner().full_name("db").unwrap();
    assert_eq!(exact(&own).unwrap(), own);
    for name in [
        &other.full_name("db").unwrap(),
        "who_01234567_db",
        "abcdefabcdef",
    ] {
        assert!(
            matches!(exact(name), Err(LedgerError::Invalid { .. })),
            "{name}"
        );
    }
}

#[test]
fn a_name_that_nobody_chose_is_an_own_one() {
    let setting = Setting::new();
    let run = begin(&setting.open(), "a");
    let any = || {
        run.reserve(
            Kind::Network,
            Name::Any,
            &Claim::default(),
            &Quotas::default(),
        )
        .unwrap()
        .name
    };
    let (one, two) = (any(), any());
    assert_ne!(one, two);
    assert!(
        run.owner()
            .short_name(&one)
            .unwrap()
            .starts_with("network-")
    );
}

proptest! {
    /// Whatever plugins are called, and whatever they call their things, no two whole names are the same.
    #[test]
    fn whole_names_tell_owners_apart(
        one in ("[a-z0-9][a-z0-9-]{0,31}", "[0-9a-f]{16}", "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,40}"),
        two in ("[a-z0-9][a-z0-9-]{0,31}", "[0-9a-f]{16}", "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,40}"),
    ) {
        let prefixes = [&one, &two].map(|(plugin, id, _)| super::super::names::prefix(plugin, id));
        prop_assume!(prefixes[0] != prefixes[1]);
        prop_assert!(!prefixes[0].starts_with(&prefixes[1]) && !prefixes[1].starts_with(&prefixes[0]));
        // The nearest that a name can come: one plugin's short name ends in the other's whole name.
        let nearest = format!("{}{}{}", prefixes[0], prefixes[1], two.2);
        prop_assert!(!nearest.starts_with(&prefixes[1]));
    }
}
