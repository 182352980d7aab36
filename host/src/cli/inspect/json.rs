//! What is known of a plugin, for programs. The keys stay as they are; new ones may be added.

use serde::Serialize;

use super::Inspected;
use crate::runtime::{Import, RunExport};

#[derive(Serialize)]
struct Report<'a> {
    component: String,
    size: usize,
    interface: Option<&'a str>,
    verbs: Vec<&'static str>,
    setters: Vec<&'static str>,
    host_access: Vec<&'static str>,
    groups: Vec<&'static str>,
    unknown: Vec<Function<'a>>,
    wasi: Vec<Function<'a>>,
    refused: Vec<Function<'a>>,
    run: Option<&'static str>,
}

#[derive(Serialize)]
struct Function<'a> {
    interface: &'a str,
    function: Option<&'a str>,
}

/// One object, on one line.
pub(super) fn render(inspected: &Inspected<'_>) -> serde_json::Result<String> {
    let imports = &inspected.imports;
    let report = Report {
        component: inspected.digest.to_string(),
        size: inspected.size,
        interface: imports.interface(),
        verbs: imports.verbs().iter().map(|verb| verb.name()).collect(),
        setters: imports.setters().iter().map(|part| part.name()).collect(),
        host_access: imports.powers().iter().map(|part| part.name()).collect(),
        groups: imports.groups().iter().map(|part| part.name()).collect(),
        unknown: functions(imports.unknown()),
        wasi: functions(imports.wasi()),
        refused: functions(imports.refused_wasi()),
        run: match imports.run_export() {
            RunExport::V03 => Some("0.3"),
            RunExport::OnlyV02 => Some("0.2"),
            RunExport::None => None,
        },
    };
    Ok(serde_json::to_string(&report)? + "\n")
}

fn functions(imports: &[Import]) -> Vec<Function<'_>> {
    imports.iter().map(Function::of).collect()
}

impl<'a> Function<'a> {
    fn of(import: &'a Import) -> Self {
        Self {
            interface: &import.interface,
            function: import.function.as_deref(),
        }
    }
}
