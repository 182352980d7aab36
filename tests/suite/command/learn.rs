//! `dockwit run --learn`: a run under the policy that was learnt succeeds, and does no more.

use std::path::Path;

use dockwit_host::policy::create::{CommandBound, HealthBound, ImageBound};
use dockwit_host::policy::{Policy, PolicyReader, Verb};
use dockwit_tests::engine::{Engine, Names};
use dockwit_tests::plugin::file;
use dockwit_tests::process::{Command, Output};

/// A run of the plugin `console` that does what the script says.
async fn run(names: &Names, ledger: &Path, options: &[&str], script: &str) -> Output {
    let plugin = file("console");
    let args = ["run".as_ref(), plugin.as_os_str()].into_iter();
    // Each test has its own, since all run the plugin by one name.
    let args = args.chain(["--ledger".as_ref(), ledger.as_os_str()]);
    let args = args.chain(options.iter().map(AsRef::as_ref));
    let command = Command::new(args)
        .env("IMAGE", Engine::under_test().image())
        .env("PREFIX", names.prefix());
    command.start().finish_with(script.as_bytes()).await
}

async fn learn(names: &Names, out: &Path, options: &[&str], script: &str) -> Output {
    let ledger = out.with_extension("ledger");
    let out = out.to_str().expect("UTF-8");
    let all = [
        "--learn",
        out,
        "--show",
        "env=values,args=all",
        "--env",
        "IMAGE",
        "--env",
        "PREFIX",
    ];
    run(names, &ledger, &[&all[..], options].concat(), script).await
}

fn read(path: &Path) -> (Policy, String) {
    let text = std::fs::read_to_string(path).expect("it was written");
    let reader = PolicyReader::new().environment(|_| None);
    let policy = reader.parse(&text);
    (
        policy.unwrap_or_else(|error| panic!("{error}\n{text}")),
        text,
    )
}

/// The kinds of what it answered, line by line: ids differ from run to run.
fn kinds(output: &Output) -> Vec<String> {
    let kind = |line: &str| match line.len() == 64 {
        true => "id".to_owned(),
        false => line.to_owned(),
    };
    output.stdout.lines().map(kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_the_learnt_policy_succeeds_and_more_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("learnt.toml");
    let names = Names::new("learnt");
    let script = "create web memory=32m pids=50 label=app.x:1 port=80:24680 restart=always\nstart web\n\
         create job sh=true network=none volume=/data\nstart job\nwait job\nremove-all job\nstop web\nremove web\n";
    let learnt = learn(&names, &out, &[], script).await;
    learnt.ended_with(0).says("wrote what the plugin used to");
    let expected = ["ready", "id", "ok", "id", "ok", "0", "ok", "ok", "ok"];
    assert_eq!(kinds(&learnt), expected);

    let (policy, text) = read(&out);
    let used = [
        Verb::ContainersCreate,
        Verb::ContainerStart,
        Verb::ContainerWait,
        Verb::ContainerStop,
        Verb::ContainerRemove,
    ];
    let granted: Vec<_> = policy.grants().verbs().collect();
    assert_eq!(granted.len(), used.len(), "{text}");
    assert!(used.iter().all(|verb| granted.contains(verb)), "{text}");
    let create = policy.create();
    let ImageBound::Listed(images) = &create.images else {
        panic!("images by their content: {text}")
    };
    assert_eq!(images.len(), 1, "{text}");
    // The limits that nobody asked for are those of a policy that says nothing of them.
    assert_eq!(create.memory, 512 << 20, "{text}");
    assert_eq!(create.pids, 256, "{text}");
    let ports = create.ports.as_ref().expect("a port was published");
    assert_eq!(ports.range, 24680..=24680);
    assert!(create.egress && create.persist, "{text}");
    assert_eq!(create.command, CommandBound::Any);
    assert_eq!(create.healthcheck, HealthBound::None);
    let limits = policy.limits();
    assert_eq!(
        (limits.containers, limits.volumes, limits.networks),
        (2, 1, 1)
    );

    let policy = out.to_str().expect("UTF-8");
    let again = run(
        &names,
        &out.with_extension("ledger"),
        &["--policy", policy],
        script,
    )
    .await;
    assert_eq!(kinds(again.ended_with(0)), expected);
    let more = "create big memory=513m network=none\ncreate other label=app.y:1 network=none\n\
         create far port=80:24681\nlist\n";
    let refused = run(
        &names,
        &out.with_extension("ledger"),
        &["--policy", policy],
        more,
    )
    .await;
    let lines: Vec<_> = refused.ended_with(0).stdout.lines().collect();
    for (line, how) in lines[1..].iter().zip([
        "denied create.memory",
        "denied create.labels",
        "denied create.ports",
        "denied allow",
    ]) {
        assert!(line.starts_with(how), "{how}: {line}");
    }
}

/// Where all containers ask for their limits, those are what is learnt.
#[tokio::test(flavor = "multi_thread")]
async fn limits_that_are_asked_for_are_learnt() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("learnt.toml");
    let names = Names::new("limits");
    let script = "create one memory=24m cpus=0.5 pids=20 shm=1m nofile=100 network=none user=1000\nstart one\n\
         update one memory=48m\nremove one\n";
    let learnt = learn(&names, &out, &[], script).await;
    assert_eq!(kinds(learnt.ended_with(0)).len(), 5, "{}", learnt.stdout);
    let (policy, text) = read(&out);
    let create = policy.create();
    // Also where an engine can't do it: the policy has to allow it, so that the engine is asked.
    assert_eq!(create.memory, 48 << 20, "{text}");
    assert_eq!((create.cpus, create.pids), (500_000_000, 20), "{text}");
    assert_eq!((create.shm, create.nofile), (1 << 20, 100), "{text}");
    assert!(create.non_root && !create.persist && !create.read_only);
    assert_eq!(policy.limits().networks, 0);
    let policy = out.to_str().expect("UTF-8");
    let again = run(
        &names,
        &out.with_extension("ledger"),
        &["--policy", policy],
        script,
    )
    .await;
    assert_eq!(kinds(again.ended_with(0)), kinds(&learnt));
}
