//! A private engine leaves nothing behind, however its task runner ends; and the demo leaves an engine as it was.
//!
//! These start engines: they need root and the packages of docker-28, and fail without.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use xtask::cgroup;
use xtask::http::Engine;
use xtask::image::TEST_IMAGE;

/// How long the kernel may take to bury what was killed.
const BURIAL: Duration = Duration::from_secs(20);

#[test]
fn after_a_kill_nothing_lives_and_the_next_start_removes_the_rest() {
    let temporary = tempfile::Builder::new()
        .prefix("xt")
        .tempdir_in("/tmp")
        .unwrap();
    let interfaces = interfaces();

    let mut first = Started::in_folder(temporary.path());
    first.run_a_container();
    let traces = first.traces();
    assert!(
        !traces.processes().is_empty(),
        "the engine's processes are seen while it lives"
    );
    assert!(
        !traces.members().is_empty(),
        "the container's processes are seen while it lives"
    );

    first.end(Signal::KILL);
    traces.wait_until_dead();
    assert_eq!(interfaces, self::interfaces());
    assert!(first.folder.exists(), "nobody has removed the folder yet");

    let mut second = Started::in_folder(temporary.path());
    assert!(
        !first.folder.exists(),
        "a start removes the folders of the dead"
    );
    assert_eq!(cgroup::folders(&traces.cgroup), Vec::<PathBuf>::new());
    assert_eq!(second.end(Signal::INT), Some(130));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn after_an_interruption_everything_is_gone() {
    for signal in [Signal::INT, Signal::TERM] {
        let temporary = tempfile::Builder::new()
            .prefix("xt")
            .tempdir_in("/tmp")
            .unwrap();
        let mut started = Started::in_folder(temporary.path());
        started.run_a_container();
        let traces = started.traces();
        assert_eq!(started.end(signal), Some(130));
        traces.wait_until_dead();
        assert!(!started.folder.exists());
        assert_eq!(cgroup::folders(&traces.cgroup), Vec::<PathBuf>::new());
        assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    }
}

#[test]
fn the_demo_leaves_an_engine_as_it_was() {
    let temporary = tempfile::Builder::new()
        .prefix("xt")
        .tempdir_in("/tmp")
        .unwrap();
    let mut started = Started::in_folder(temporary.path());
    started.run_a_container();
    let before = started.objects();
    assert_eq!(before["/containers/json?all=1"].len(), 1);

    let demo = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("demo")
        .env("DOCKER_HOST", started.engine.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&demo.stdout);
    let errors = String::from_utf8_lossy(&demo.stderr);
    assert!(demo.status.success(), "{said}\n{errors}");
    for line in [
        "stdout    ready",
        "stderr    done",
        "ended     with exit status 7",
        "removed   it is gone",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}: {said}");
    }
    assert!(errors.contains("add --allow container.logs"), "{errors}");

    assert_eq!(started.objects(), before);
    assert_eq!(started.end(Signal::INT), Some(130));
}

/// `xtask engine docker-28`, up and answering.
struct Started {
    child: Child,
    engine: Engine,
    folder: PathBuf,
}

impl Started {
    fn in_folder(temporary: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["engine", "docker-28"])
            .env("TMPDIR", temporary)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("export DOCKER_HOST=")
            .expect("the line to be pasted");
        let socket = PathBuf::from(url.strip_prefix("unix://").unwrap());
        let folder = socket.parent().unwrap().to_owned();
        Self {
            child,
            engine: Engine::new(url).unwrap(),
            folder,
        }
    }

    fn run_a_container(&self) {
        let spec = json!({
            "Image": TEST_IMAGE,
            "Cmd": ["sleep", "1000"],
            "ExposedPorts": {"80/tcp": {}},
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}},
        });
        self.engine
            .post_json("/containers/create?name=sleeper", &spec)
            .unwrap();
        self.engine
            .post("/containers/sleeper/start", Default::default())
            .unwrap();
    }

    /// What it holds, by the paths of its lists.
    fn objects(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let lists = [
            "/containers/json?all=1",
            "/images/json?all=1",
            "/networks",
            "/volumes",
        ];
        let ids = |path| {
            let list = self.engine.get(path).unwrap();
            let rows = list.as_array().or_else(|| list["Volumes"].as_array());
            let ids = rows.into_iter().flatten().map(|row| {
                let id = row["Id"].as_str().or_else(|| row["Name"].as_str());
                format!("{} {}", id.unwrap(), row["RepoTags"])
            });
            ids.collect()
        };
        lists.map(|path| (path, ids(path))).into()
    }

    /// Everything by which what belongs to this engine can be recognized after its end.
    fn traces(&self) -> Traces {
        let init = fs::read_to_string(self.folder.join("init.pid")).unwrap();
        let namespaces = Path::new("/proc").join(init.trim()).join("ns");
        let namespace = |kind| fs::read_link(namespaces.join(kind)).unwrap();
        Traces {
            namespaces: ["mnt", "net", "pid"].map(namespace),
            cgroup: self
                .folder
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned(),
            folder: self.folder.to_str().unwrap().to_owned(),
        }
    }

    /// Sends a signal to the task runner, and nobody else, and returns its exit code.
    fn end(&mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // A failed assertion must not leave an engine running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Traces {
    namespaces: [PathBuf; 3],
    cgroup: String,
    folder: String,
}

impl Traces {
    /// The processes in one of the engine's namespaces.
    fn processes(&self) -> Vec<PathBuf> {
        let is_ours = |process: &PathBuf| {
            ["mnt", "net", "pid"].iter().any(|kind| {
                let namespace = fs::read_link(process.join("ns").join(kind));
                namespace.is_ok_and(|namespace| self.namespaces.contains(&namespace))
            })
        };
        entries("/proc").into_iter().filter(is_ours).collect()
    }

    /// The processes in one of its containers' control groups, which have namespaces of their own.
    fn members(&self) -> Vec<String> {
        let groups = cgroup::folders(&self.cgroup)
            .into_iter()
            .flat_map(|group| entries(&group));
        let members = groups.map(|group| fs::read_to_string(group.join("cgroup.procs")));
        members
            .flatten()
            .filter(|members| !members.is_empty())
            .collect()
    }

    /// The machine's mounts that have to do with the engine, its namespaces included.
    fn mounts(&self) -> Vec<String> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let ours = mounts.lines().filter(|line| {
            let mut marks = self
                .namespaces
                .iter()
                .map(|namespace| namespace.to_string_lossy());
            line.contains(&self.folder) || marks.any(|mark| line.contains(&*mark))
        });
        ours.map(str::to_owned).collect()
    }

    fn wait_until_dead(&self) {
        let end = Instant::now() + BURIAL;
        loop {
            let left = (self.processes(), self.members(), self.mounts());
            if left.0.is_empty() && left.1.is_empty() && left.2.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "still there: {left:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The machine's own network interfaces.
fn interfaces() -> BTreeSet<PathBuf> {
    entries("/sys/class/net").into_iter().collect()
}

fn entries(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}
