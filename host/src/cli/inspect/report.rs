//! What is known of a plugin, in plain words.

use std::collections::BTreeSet;

use super::{Inspected, words};
use crate::cli::text;
use crate::policy::create::{HostAccess, NotGiven};
use crate::policy::{Part, Verb};
use crate::runtime::{Import, Imports, RunExport};

/// The whole report.
pub(super) fn render(inspected: &Inspected<'_>) -> String {
    let imports = &inspected.imports;
    let mut report = Report::default();
    report.line(&format!(
        "{}: {}, {}",
        inspected.file,
        text::bytes(inspected.size),
        built_for(imports)
    ));
    report.line(&inspected.digest.to_string());
    report.section("It asks for", verbs(imports));
    report.section("It sets", parts(imports.setters()));
    report.section("It reaches the machine", powers(imports));
    report.section("It reads", parts(imports.groups()));
    report.section("It can't", deeds_left_out(imports));
    report.section("Of WASI it links", wasi(imports));
    report.section("This dockwit doesn't run it", obstacles(imports));
    if imports.run_export() == RunExport::V03 && obstacles(imports).is_empty() {
        report.section("To run it", vec![command(inspected)]);
    }
    report.text
}

#[derive(Default)]
struct Report {
    text: String,
}

impl Report {
    fn line(&mut self, line: &str) {
        self.text.push_str(&text::escape(line));
        self.text.push('\n');
    }

    /// A title and its lines; nothing, if there are none.
    fn section(&mut self, title: &str, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        self.text.push('\n');
        self.line(title);
        for line in lines {
            self.line(&format!("  {line}"));
        }
    }
}

fn built_for(imports: &Imports) -> String {
    match imports.interface() {
        Some(version) => format!("built for dockwit:engine {version}"),
        None => "which imports nothing of dockwit:engine".to_owned(),
    }
}

fn verbs(imports: &Imports) -> Vec<String> {
    if imports.verbs().is_empty() {
        return vec!["nothing: it never calls an engine".to_owned()];
    }
    text::columns(
        imports
            .verbs()
            .iter()
            .map(|verb| (verb.name(), verb.summary())),
    )
    .collect()
}

fn parts(parts: &[&'static Part]) -> Vec<String> {
    text::columns(parts.iter().map(|part| (part.name(), part.summary()))).collect()
}

/// What of the machine it can ask for, and the keys of a policy that give it.
fn powers(imports: &Imports) -> Vec<String> {
    let told = imports.powers().iter().map(|part| {
        let key = part.key().unwrap_or_default();
        (part.name(), format!("{} ({key})", part.summary()))
    });
    let told: Vec<_> = told.collect();
    text::columns(told.iter().map(|(name, words)| (*name, words.as_str()))).collect()
}

fn deeds_left_out(imports: &Imports) -> Vec<String> {
    let deeds: BTreeSet<_> = imports
        .verbs()
        .iter()
        .map(|verb| words::deed(*verb))
        .collect();
    let mut left_out = Vec::new();
    for deed in Verb::all().map(words::deed) {
        if !deeds.contains(deed) && !left_out.contains(&deed) {
            left_out.push(deed);
        }
    }
    let mut lines: Vec<_> = left_out.into_iter().map(str::to_owned).collect();
    lines.extend(secrets_left_out(imports));
    lines.extend(words::machine_left_out(imports.powers()));
    lines
}

/// A plugin that inspects containers needn't be one that reads their environment.
fn secrets_left_out(imports: &Imports) -> Option<String> {
    let inspects = imports.verbs().contains(&Verb::ContainerInspect);
    let reads = imports
        .groups()
        .iter()
        .any(|group| group.name() == "container-details.env")
        || imports.verbs().contains(&Verb::ContainerInspectJson);
    (inspects && !reads).then(|| "read the environment of containers".to_owned())
}

fn wasi(imports: &Imports) -> Vec<String> {
    let uses: BTreeSet<_> = imports
        .wasi()
        .iter()
        .filter_map(|import| words::of_wasi(&import.interface))
        .collect();
    if uses.is_empty() {
        return Vec::new();
    }
    let uses: Vec<_> = uses.into_iter().collect();
    vec![
        format!(
            "{}; most plugins do, for their language's library",
            uses.join(", ")
        ),
        "files are there only as --dir gives them, variables as --env does, a network never"
            .to_owned(),
    ]
}

/// How many names are listed one by one.
const MAX_NAMED: usize = 20;

fn obstacles(imports: &Imports) -> Vec<String> {
    let mut lines = Vec::new();
    match imports.run_export() {
        RunExport::V03 => {}
        RunExport::OnlyV02 => lines.push(
            "it has a plain `fn main()`, which can't wait for an engine: make it `#[dockwit::main] async fn main(docker: Docker)`"
                .to_owned(),
        ),
        RunExport::None => lines.push(
            "it has nothing to run: it doesn't export wasi:cli/run@0.3, which `#[dockwit::main]` makes".to_owned(),
        ),
    }
    lines.extend(named(
        "it was built for a newer one and calls",
        imports.unknown(),
    ));
    lines.extend(named(
        "it imports what no plugin gets:",
        imports.refused_wasi(),
    ));
    lines
}

fn named(reason: &str, imports: &[Import]) -> Vec<String> {
    let lines = imports
        .iter()
        .take(MAX_NAMED)
        .map(|import| format!("{reason} {import}"));
    let more = imports.len().saturating_sub(MAX_NAMED);
    lines
        .chain((more > 0).then(|| format!("and {more} more")))
        .collect()
}

fn command(inspected: &Inspected<'_>) -> String {
    let names: Vec<_> = inspected
        .imports
        .verbs()
        .iter()
        .map(|verb| verb.name())
        .collect();
    let allow = if names.is_empty() {
        String::new()
    } else {
        format!(" --allow {}", names.join(","))
    };
    let powers = inspected.imports.powers().iter();
    let missing = powers.filter_map(|part| HostAccess::default().allows_any(part).err());
    let mut settings = NotGiven::settings(&missing.collect::<Vec<_>>());
    // Of no image, no container can be made.
    if names.contains(&Verb::ContainersCreate.name()) {
        settings.insert(0, "create.images=any".to_owned());
    }
    let settings: String = settings
        .iter()
        .map(|setting| format!(" --set {}", text::quoted(setting)))
        .collect();
    format!(
        "dockwit run {}{allow}{settings}",
        text::quoted(inspected.file)
    )
}
