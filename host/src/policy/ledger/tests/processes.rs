//! Several processes on one ledger. Each test is its own child program: started again with [`ROLE`] set, it does what that says.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// What a child is to do, where: `role folder`.
const ROLE: &str = "DOCKWIT_TEST_LEDGER_CHILD";

/// What a child says begins with this; the rest is the test harness's.
const SAID: &str = "child: ";

/// How long a child waits for its end before it takes the parent for gone.
const MAX_LIFE: Duration = Duration::from_secs(60);

/// How often processes are killed at a random moment, in how many rounds.
const KILLS: usize = 60;
const AT_ONCE: usize = 3;

const QUOTAS: Quotas = Quotas {
    containers: Some(12),
    running: Some(8),
    memory_total: Some(1 << 30),
    cpus_total: None,
    networks: Some(6),
    volumes: None,
};

/// The role and the folder, in a child.
fn role() -> Option<(String, PathBuf)> {
    let role = env::var(ROLE).ok()?;
    let (role, folder) = role.split_once(' ')?;
    Some((role.to_owned(), folder.into()))
}

fn say(what: impl std::fmt::Display) {
    println!("\n{SAID}{what}");
}

/// Another process of a test, killed when it is dropped.
struct Other {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Other {
    /// Starts this program again, for the one test.
    fn start(test: &str, role: &str, folder: &std::path::Path) -> Self {
        let (_, module) = module_path!().split_once("::").unwrap();
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "--test-threads=1",
                &format!("{module}::{test}"),
            ])
            .env(ROLE, format!("{role} {}", folder.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(|line| line.ok())
            .filter_map(|line| line.strip_prefix(SAID).map(str::to_owned));
        Self {
            child,
            lines: Box::new(lines),
        }
    }

    fn hear(&mut self) -> String {
        self.lines.next().expect("the child says something")
    }

    /// Lets it go on, which it does when its standard input ends.
    fn go(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for its end, and gives what it said.
    fn end(mut self) -> Vec<String> {
        self.go();
        let said = self.lines.by_ref().collect();
        assert!(self.child.wait().unwrap().success());
        said
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the parent's word, or its end.
fn await_go() {
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_killed_process_leaves_its_run_to_one_other() {
    let test = "a_killed_process_leaves_its_run_to_one_other";
    if let Some((_, folder)) = role() {
        let run = begin(&Ledger::open(folder).unwrap(), "p");
        reserve(&run, Kind::Container, "x").unwrap();
        say(run.id());
        return await_go();
    }
    let setting = Setting::new();
    let ledger = setting.open();
    let mut other = Other::start(test, "begin", &setting.path());
    let id: RunId = other.hear().parse().unwrap();
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), []);
    assert!(ledger.take_over(&id).unwrap().is_none(), "it lives");
    other.kill();
    let dead = ledger.dead_runs(ENGINE).unwrap();
    assert_eq!((&dead[0].id, dead[0].intents.len()), (&id, 1));
    assert!(ledger.take_over(&id).unwrap().is_some());
}

/// `create.ports` and `host-access.binds` of processes that run side by side.
#[test]
fn attack_126_and_145_what_another_process_has_of_the_machine_is_its() {
    let test = "attack_126_and_145_what_another_process_has_of_the_machine_is_its";
    let ports = |first| {
        let ip = "127.0.0.1".parse().unwrap();
        PortSpan {
            ip,
            first,
            last: first + 10,
        }
    };
    let bind = |path: &str, writable| GivenPath {
        by: GivenBy::Bind,
        path: path.into(),
        writable,
    };
    let given = |ports: PortSpan, path: GivenPath| Given {
        here: true,
        ports: vec![ports],
        paths: vec![path],
    };
    let begin = |ledger: &Ledger, plugin: &str, given: &Given| {
        let id = RunId::random().unwrap();
        ledger.begin_run_with(ENGINE, plugin, OnEnd::Remove, id, given)
    };
    if let Some((_, folder)) = role() {
        let ledger = Ledger::open(folder).unwrap();
        let _run = begin(&ledger, "one", &given(ports(8000), bind("/srv", true))).unwrap();
        say("begun");
        return await_go();
    }
    let setting = Setting::new();
    let ledger = setting.open();
    let mut other = Other::start(test, "begin", &setting.path());
    assert_eq!(other.hear(), "begun");
    let refused = [
        given(ports(8010), bind("/data", true)),
        given(ports(9000), bind("/srv/data", false)),
    ];
    for given in &refused {
        let error = begin(&ledger, "two", given).unwrap_err();
        assert!(matches!(error, LedgerError::Overlap(_)), "{error}");
    }
    begin(&ledger, "two", &given(ports(9000), bind("/data", false))).unwrap();
    other.kill();
    for given in &refused {
        begin(&ledger, "two", given).unwrap();
    }
}

#[test]
fn of_processes_that_race_for_the_last_place_one_gets_it() {
    let test = "of_processes_that_race_for_the_last_place_one_gets_it";
    let plugins = || (0..20).map(|number| format!("p{number}"));
    let quotas = Quotas {
        containers: Some(2),
        ..Quotas::default()
    };
    let ask = |run: &LedgerRun| run.reserve(Kind::Container, Name::Any, &Claim::default(), &quotas);
    if let Some((_, folder)) = role() {
        let ledger = Ledger::open(folder).unwrap();
        say("ready");
        await_go();
        for plugin in plugins() {
            let run = begin(&ledger, &plugin);
            match ask(&run) {
                Ok(_) => say(plugin),
                Err(LedgerError::Quota(exceeded)) => assert_eq!(exceeded.used, 2),
                Err(error) => panic!("{error}"),
            }
        }
        return;
    }
    let setting = Setting::new();
    let ledger = setting.open();
    for plugin in plugins() {
        ask(&begin(&ledger, &plugin)).unwrap();
    }
    let said = together(test, &setting, 3);
    assert!(said.values().all(|times| *times == 1), "{said:?}");
    assert!(
        plugins().all(|plugin| said.contains_key(&plugin)),
        "{said:?}"
    );
}

#[test]
fn of_processes_that_finish_dead_runs_each_run_meets_one() {
    let test = "of_processes_that_finish_dead_runs_each_run_meets_one";
    if let Some((_, folder)) = role() {
        let ledger = Ledger::open(folder).unwrap();
        say("ready");
        await_go();
        // What is taken is ended at once, so that the others meet it in every state.
        for dead in ledger.dead_runs(ENGINE).unwrap() {
            if let Some(run) = ledger.take_over(&dead.id).unwrap() {
                run.end().unwrap();
                say(run.id());
            }
        }
        return;
    }
    let setting = Setting::new();
    let ledger = setting.open();
    let ids: Vec<_> = (0..30)
        .map(|_| begin(&ledger, "p").id().to_string())
        .collect();
    let said = together(test, &setting, 3);
    assert!(said.values().all(|times| *times == 1), "{said:?}");
    assert!(ids.iter().all(|id| said.contains_key(id)), "{said:?}");
    assert_eq!(ledger.dead_runs(ENGINE).unwrap(), []);
}

/// Lets several children go at once, and counts what they say.
fn together(test: &str, setting: &Setting, number: usize) -> BTreeMap<String, usize> {
    let mut others: Vec<_> = (0..number)
        .map(|_| Other::start(test, "race", &setting.path()))
        .collect();
    for other in &mut others {
        assert_eq!(other.hear(), "ready");
    }
    others.iter_mut().for_each(Other::go);
    let mut said = BTreeMap::new();
    for what in others.into_iter().flat_map(Other::end) {
        *said.entry(what).or_default() += 1;
    }
    said
}

/// Stands for an engine: a folder with a file for each object, named by its nonce.
struct Engine(PathBuf);

impl Engine {
    fn make(&self, intent: &Intent) -> String {
        let id = format!("id-{}", intent.nonce);
        fs::write(self.0.join(intent.nonce.as_str()), "").unwrap();
        id
    }

    fn remove(&self, object: &Object) {
        fs::remove_file(self.0.join(object.nonce.as_str())).unwrap();
    }

    fn has(&self, nonce: &Nonce) -> bool {
        self.0.join(nonce.as_str()).exists()
    }

    fn nonces(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).unwrap();
        files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// Makes and removes objects, as fast as it can, until it is killed.
fn work(folder: &std::path::Path) {
    let engine = Engine(folder.join("engine"));
    let ledger = Ledger::open(folder.join("state/ledger")).unwrap();
    let begun = Instant::now();
    while begun.elapsed() < MAX_LIFE {
        let run = begin(&ledger, "p");
        for kind in [Kind::Container, Kind::Network, Kind::Container] {
            let claim = Claim {
                memory: Some(64 << 20),
                running: true,
                ..Claim::default()
            };
            match run.reserve(kind, Name::Any, &claim, &QUOTAS) {
                Ok(intent) => {
                    let id = engine.make(&intent);
                    run.owner().record(&intent.nonce, &id).unwrap();
                }
                Err(LedgerError::Quota(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        for object in run.objects().unwrap() {
            engine.remove(&object);
            assert!(run.owner().removed(object.kind, &object.id).unwrap());
        }
        run.end().unwrap();
    }
}

/// What was found after kills.
#[derive(Debug, Default)]
struct LeftOver {
    runs: usize,
    intents_made: usize,
    intents_not_made: usize,
    objects: usize,
    objects_gone: usize,
}

#[test]
fn whatever_is_killed_each_object_is_accounted_for() {
    let test = "whatever_is_killed_each_object_is_accounted_for";
    if let Some((_, folder)) = role() {
        return work(&folder);
    }
    let setting = Setting::new();
    let engine = Engine(setting.folder.path().join("engine"));
    fs::create_dir(&engine.0).unwrap();
    let mut found = LeftOver::default();
    for round in 0..KILLS / AT_ONCE {
        let mut others: Vec<_> = (0..AT_ONCE)
            .map(|_| Other::start(test, "work", setting.folder.path()))
            .collect();
        for other in &mut others {
            std::thread::sleep(random_moment());
            other.kill();
        }
        let ledger = setting.open();
        ledger.check().unwrap();
        check_quotas(&ledger);
        // Sometimes the next ones work beside what is left over.
        if round % 2 == 1 {
            finish_left_over(&ledger, &engine, &mut found);
            assert_eq!(engine.nonces(), [] as [&str; 0]);
        }
    }
    println!("{KILLS} kills: {found:?}");
    assert!(
        found.runs > 0 && found.intents_not_made + found.intents_made > 0,
        "{found:?}"
    );
    let owner = setting.open().owner(ENGINE, "p").unwrap();
    for kind in [Kind::Container, Kind::Network] {
        assert_eq!(owner.rows(kind).unwrap(), []);
    }
}

/// A moment in the life of a child, which needs some milliseconds to begin.
fn random_moment() -> Duration {
    let number = u64::from_str_radix(&super::super::types::random_hex::<2>().unwrap(), 16).unwrap();
    Duration::from_micros(5_000 + number % 50_000)
}

/// All that there is, intents included, is within the quotas.
fn check_quotas(ledger: &Ledger) {
    let dead = ledger.dead_runs(ENGINE).unwrap();
    let kinds = dead.iter().flat_map(|run| {
        let intents = run.intents.iter().map(|intent| intent.kind);
        run.objects.iter().map(|object| object.kind).chain(intents)
    });
    let (containers, networks): (Vec<_>, Vec<_>) = kinds.partition(|kind| *kind == Kind::Container);
    assert!(containers.len() <= 8, "limits.running: {containers:?}");
    assert!(networks.len() <= 6, "limits.networks: {networks:?}");
}

/// Does what any start of dockwit does. Everything on the engine is a row's or an intent's.
fn finish_left_over(ledger: &Ledger, engine: &Engine, found: &mut LeftOver) {
    let mut known = Vec::new();
    for dead in ledger.dead_runs(ENGINE).unwrap() {
        let run = ledger.take_over(&dead.id).unwrap().unwrap();
        found.runs += 1;
        for intent in run.open_intents().unwrap() {
            let nonce = &intent.nonce;
            known.push(nonce.to_string());
            if !engine.has(nonce) {
                found.intents_not_made += 1;
                assert!(run.owner().release(nonce).unwrap());
                continue;
            }
            found.intents_made += 1;
            let Intent { kind, nonce, name } = &intent;
            let (id, owner) = (format!("id-{nonce}"), run.owner().id());
            run.owner()
                .adopt(&Found {
                    kind: *kind,
                    id: &id,
                    name,
                    owner,
                    nonce,
                })
                .unwrap();
        }
        for object in run.objects().unwrap() {
            known.push(object.nonce.to_string());
            match engine.has(&object.nonce) {
                true => found.objects += 1,
                false => found.objects_gone += 1,
            }
            let _ = fs::remove_file(engine.0.join(object.nonce.as_str()));
            assert!(run.owner().removed(object.kind, &object.id).unwrap());
        }
        run.end().unwrap();
    }
    let strangers = engine.nonces();
    assert!(
        strangers.is_empty(),
        "not accounted for: {strangers:?}, known: {known:?}"
    );
}
