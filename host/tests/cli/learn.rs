//! `dockwit run --learn`, as far as it needs no engine.

use super::Setting;
use super::components::does;

fn nothing() -> Setting {
    Setting::new(&does("(i32.const 0)"))
}

#[test]
fn what_is_there_is_not_written_over_unless_it_is_to_be() {
    let setting = nothing();
    let said = setting.run(&["--learn", "out.toml"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert_eq!(
        said.stderr,
        "dockwit: wrote what the plugin used to out.toml\n"
    );
    let learnt = std::fs::read_to_string(setting.path("out.toml")).unwrap();
    assert!(learnt.contains("plugin = \"plugin\""), "{learnt}");
    std::fs::write(setting.path("out.toml"), "mine").unwrap();
    let said = setting.run(&["--learn", "out.toml"]);
    assert_eq!(said.status, Some(125));
    assert!(
        said.stderr
            .starts_with("error: out.toml is there already\nhint: "),
        "{}",
        said.stderr
    );
    let kept = std::fs::read_to_string(setting.path("out.toml")).unwrap();
    assert_eq!(kept, "mine");
    let said = setting.run(&["--learn", "out.toml", "--force"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    let over = std::fs::read_to_string(setting.path("out.toml")).unwrap();
    assert_eq!(over, learnt);
    let said = setting.say(&["policy", "explain", "out.toml"]);
    assert_eq!(said.status, Some(0), "{}", said.stderr);
}

#[test]
fn folders_and_variables_that_were_given_are_in_what_is_learnt() {
    let setting = nothing();
    std::fs::create_dir(setting.path("given")).unwrap();
    let options = [
        "--learn",
        "out.toml",
        "--dir",
        "given::/data:ro",
        "--env",
        "A=b",
        "--set",
        "limits.time=20m",
    ];
    assert_eq!(setting.run(&options).status, Some(0));
    let learnt = std::fs::read_to_string(setting.path("out.toml")).unwrap();
    let here = setting.path("given").canonicalize().unwrap();
    for words in [
        "\"A\"",
        "time = \"20m\"",
        "guest = \"/data\"",
        "read-only = true",
        here.to_str().unwrap(),
    ] {
        assert!(learnt.contains(words), "{words}: {learnt}");
    }
    assert!(!learnt.contains("\"b\""), "no value is written: {learnt}");
}

#[test]
fn it_goes_with_no_other_policy_and_never_with_the_machine() {
    let setting = nothing();
    for other in [["--policy", "p.toml"], ["--allow", "system.ping"]] {
        let said = setting.run(&[&["--learn", "out.toml"], &other[..]].concat());
        assert_eq!(said.status, Some(125));
        assert!(
            said.stderr.contains("cannot be used with"),
            "{}",
            said.stderr
        );
    }
    let said = setting.run(&[
        "--learn",
        "out.toml",
        "--set",
        "host-access.privileged=true",
    ]);
    assert_eq!(said.status, Some(125));
    assert!(said.stderr.contains("isn't learnt"), "{}", said.stderr);
    assert!(!setting.path("out.toml").exists());
}
