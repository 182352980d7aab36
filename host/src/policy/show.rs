//! What answers may tell of a container's environment and of its arguments, which is where secrets are. Here is all that knows
//! where the two occur.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::containers::{
    ContainerCommand, ContainerConfig, ContainerHealth, ContainerSummary, HealthTest, Healthcheck,
    ProcessList,
};

/// What answers tell of a container's environment and of its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Show {
    /// Of environment variables: `"none"`, `"names"`, or `"values"`, which health checks may print as well.
    pub env: ShowEnv,
    /// Of command lines: `"program"`, their first word, or `"all"`.
    pub args: ShowArgs,
}

/// What is told of environment variables.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ShowEnv {
    /// Nothing.
    None,
    /// Their names.
    #[default]
    Names,
    /// Names and values.
    Values,
}

/// What is told of command lines.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ShowArgs {
    /// The program: their first word.
    #[default]
    Program,
    /// All of them.
    All,
}

/// The titles of a process list's columns that hold command lines: procps's, busybox's and Podman's.
const COMMAND_COLUMNS: [&str; 4] = ["CMD", "COMMAND", "ARGS", "Command"];

impl Show {
    /// Whether everything is told.
    pub fn is_all(self) -> bool {
        self.env == ShowEnv::Values && self.args == ShowArgs::All
    }

    /// Tells everything.
    pub fn all() -> Self {
        Self {
            env: ShowEnv::Values,
            args: ShowArgs::All,
        }
    }

    /// An environment.
    pub(crate) fn env(self, env: &[(String, Option<String>)]) -> Vec<(String, Option<String>)> {
        match self.env {
            ShowEnv::None => Vec::new(),
            ShowEnv::Names => env.iter().map(|(name, _)| (name.clone(), None)).collect(),
            ShowEnv::Values => env.to_vec(),
        }
    }

    /// What a container runs.
    pub(crate) fn command(self, command: &ContainerCommand) -> ContainerCommand {
        if self.args == ShowArgs::All {
            return command.clone();
        }
        let has_entrypoint = command
            .entrypoint
            .as_ref()
            .is_some_and(|words| !words.is_empty());
        ContainerCommand {
            path: command.path.clone(),
            args: Vec::new(),
            entrypoint: command.entrypoint.as_ref().map(|words| first(words)),
            command: command.command.as_ref().map(|words| match has_entrypoint {
                true => Vec::new(),
                false => first(words),
            }),
            shell: command.shell.clone(),
        }
    }

    /// How a container was set up: instructions for images hold command lines and variables.
    pub(crate) fn config(self, config: &ContainerConfig) -> ContainerConfig {
        let mut config = config.clone();
        if !self.is_all() {
            config.on_build.clear();
        }
        config
    }

    /// A health check.
    pub(crate) fn healthcheck(self, check: Option<&Healthcheck>) -> Option<Healthcheck> {
        let mut check = check?.clone();
        if self.args != ShowArgs::All {
            check.test = match check.test {
                HealthTest::Command(words) => HealthTest::Command(first(&words)),
                HealthTest::Shell(_) => HealthTest::Shell(String::new()),
                test @ (HealthTest::Inherit | HealthTest::None) => test,
            };
        }
        Some(check)
    }

    /// What health checks found: their output can hold whatever the container knows.
    pub(crate) fn health(self, health: Option<&ContainerHealth>) -> Option<ContainerHealth> {
        let mut health = health?.clone();
        if !self.is_all() {
            for probe in &mut health.log {
                probe.output.clear();
            }
        }
        Some(health)
    }

    /// The rows of a list.
    pub(crate) fn rows(self, rows: &mut [ContainerSummary]) {
        if self.args != ShowArgs::All {
            rows.iter_mut().for_each(|row| cut(&mut row.command));
        }
    }

    /// The processes of a container. A list with unknown titles has the command line last.
    pub(crate) fn processes(self, mut list: ProcessList) -> ProcessList {
        if self.args == ShowArgs::All {
            return list;
        }
        let known = list
            .titles
            .iter()
            .position(|title| COMMAND_COLUMNS.contains(&title.as_str()));
        let column = known.unwrap_or(list.titles.len().saturating_sub(1));
        for process in &mut list.processes {
            // What stands beyond the titles is of the command line, too.
            process.truncate(list.titles.len().max(1));
            if let Some(line) = process.get_mut(column) {
                cut(line);
            }
        }
        list
    }
}

fn first(words: &[String]) -> Vec<String> {
    words.iter().take(1).cloned().collect()
}

/// Leaves the first word of a command line.
fn cut(line: &mut String) {
    let start = line.len() - line.trim_start().len();
    line.drain(..start);
    let end = line.find(char::is_whitespace).unwrap_or(line.len());
    line.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::containers::ContainerDetails;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn names_and_programs_are_told_by_default_and_no_more() {
        let show = Show::default();
        let env = [("A".to_owned(), Some("secret".to_owned()))];
        assert_eq!(show.env(&env), [("A".to_owned(), None)]);
        let command = show.command(&ContainerCommand {
            path: "sh".into(),
            args: words("-c secret"),
            entrypoint: None,
            command: Some(words("sh -c secret")),
            shell: Vec::new(),
        });
        assert!(command.args.is_empty());
        assert_eq!(command.command, Some(words("sh")));
        let row = |command: &str| ContainerSummary {
            command: command.into(),
            ..ContainerSummary::default()
        };
        let mut rows = ["sh -c 'secret'", " sh\tsecret", "sh", " ", ""].map(row);
        show.rows(&mut rows);
        let commands = rows.each_ref().map(|row| row.command.as_str());
        assert_eq!(commands, ["sh", "sh", "sh", "", ""]);
    }

    #[test]
    fn behind_an_entrypoint_the_command_is_all_arguments() {
        let command = Show::default().command(&ContainerCommand {
            path: "tini".into(),
            args: words("-- secret"),
            entrypoint: Some(words("tini --")),
            command: Some(words("secret")),
            shell: Vec::new(),
        });
        assert_eq!(command.entrypoint, Some(words("tini")));
        assert_eq!(command.command, Some(Vec::new()));
    }

    #[test]
    fn health_checks_tell_neither_what_they_run_nor_what_they_print() {
        let show = Show::default();
        let check = |test| {
            let check = Healthcheck {
                test,
                ..Healthcheck::default()
            };
            show.healthcheck(Some(&check)).unwrap().test
        };
        assert_eq!(
            check(HealthTest::Shell("secret".into())),
            HealthTest::Shell(String::new())
        );
        assert_eq!(
            check(HealthTest::Command(words("check secret"))),
            HealthTest::Command(words("check"))
        );
    }

    #[test]
    fn processes_are_told_by_their_programs() {
        let show = Show::default();
        let list = |titles: &str, process: &str| {
            show.processes(ProcessList {
                titles: words(titles),
                processes: vec![process.split('|').map(str::to_owned).collect()],
            })
            .processes[0]
                .join("|")
        };
        assert_eq!(list("PID CMD", "1|sh -c secret"), "1|sh");
        assert_eq!(list("PID COMMAND TTY", "1|sh -c secret|?"), "1|sh|?");
        assert_eq!(list("PID WHAT", "1|sh -c secret"), "1|sh");
        assert_eq!(list("PID CMD", "1|sh -c|secret"), "1|sh");
    }

    #[test]
    fn all_is_told_where_all_may_be() {
        let show = Show::all();
        assert!(show.is_all());
        let env = [("A".to_owned(), Some("value".to_owned()))];
        assert_eq!(show.env(&env), env);
        let none = Show {
            env: ShowEnv::None,
            ..Show::default()
        };
        assert!(none.env(&env).is_empty());
    }

    const MARKER: &str = "hunter2-is-the-secret";

    fn mark(value: &mut serde_json::Value, first: usize) {
        let texts = value.as_array_mut().into_iter().flatten().skip(first);
        texts.for_each(|text| *text = MARKER.into());
    }

    /// Puts the marker wherever an engine tells of variables and arguments.
    fn marked(mut answer: serde_json::Value) -> Vec<u8> {
        for (path, first) in [
            ("/Args", 0),
            ("/Config/Cmd", 1),
            ("/Config/Entrypoint", 1),
            ("/Config/Healthcheck/Test", 2),
            ("/Config/OnBuild", 0),
        ] {
            if let Some(value) = answer.pointer_mut(path) {
                mark(value, first);
            }
        }
        let env = answer.pointer_mut("/Config/Env");
        for text in env.and_then(|env| env.as_array_mut()).into_iter().flatten() {
            *text = format!("NAME={MARKER}").into();
        }
        let log = answer.pointer_mut("/State/Health/Log");
        for probe in log.and_then(|log| log.as_array_mut()).into_iter().flatten() {
            probe["Output"] = MARKER.into();
        }
        serde_json::to_vec(&answer).unwrap()
    }

    fn all_groups(details: &ContainerDetails, show: Show) -> Vec<String> {
        vec![
            format!("{:?}", details.identity()),
            format!("{:?}", details.state()),
            format!("{:?}", details.health().map(|group| show.health(group))),
            format!("{:?}", details.command().map(|group| show.command(group))),
            format!("{:?}", details.env().map(|group| show.env(group))),
            format!("{:?}", details.labels()),
            format!("{:?}", details.config().map(|group| show.config(group))),
            format!(
                "{:?}",
                details.healthcheck().map(|group| show.healthcheck(group))
            ),
            format!("{:?}", details.resources()),
            format!("{:?}", details.host_config()),
            format!("{:?}", details.security()),
            format!("{:?}", details.mounts()),
            format!("{:?}", details.networks()),
            format!("{:?}", details.ports()),
            format!("{:?}", details.sizes()),
            format!("{:?}", details.exec_ids()),
        ]
    }

    #[test]
    fn attack_118_on_the_answers_of_real_engines() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
        let mut answers = 0;
        let mut telling = std::collections::BTreeSet::new();
        for engine in std::fs::read_dir(folder).unwrap() {
            let engine = engine.unwrap().path();
            for file in std::fs::read_dir(&engine).into_iter().flatten() {
                let file = file.unwrap().path();
                let name = file.file_name().unwrap().to_string_lossy();
                if !name.starts_with("containers-inspect-") {
                    continue;
                }
                let recorded: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
                let body = recorded["body"].clone();
                let Ok(details) = ContainerDetails::new(marked(body).into()) else {
                    continue;
                };
                answers += 1;
                for group in all_groups(&details, Show::default()) {
                    assert!(!group.contains(MARKER), "{}: {group}", file.display());
                }
                let shown = all_groups(&details, Show::all());
                let telling_here = shown
                    .iter()
                    .enumerate()
                    .filter(|(_, text)| text.contains(MARKER));
                telling.extend(telling_here.map(|(group, _)| group));
            }
        }
        assert!(answers > 40, "{answers} answers");
        // The control: health, command, environment and health check hold it where all is shown.
        assert!(
            [2, 3, 4, 7].iter().all(|group| telling.contains(group)),
            "{telling:?}"
        );
    }
}
