//! The report, in Markdown.

use std::fmt::Write;

use crate::bars::{self, Bar, Figure};
use crate::measure::Measured;
use crate::peers::Name;
use crate::statistics::{Estimate, median};

/// The peers that have a column.
const COLUMNS: [Name; 6] = [
    Name::Floor,
    Name::Api,
    Name::Plugin,
    Name::Audited,
    Name::Bollard,
    Name::Docker,
];

/// The report of all that was measured.
pub(crate) fn markdown(measured: &[Measured]) -> String {
    let mut text = String::from("\n| median |");
    for name in COLUMNS {
        let _ = write!(text, " {} |", name.title());
    }
    text.push_str(" plugin / Bollard | bar | met |\n|---|");
    text.push_str(&"---:|".repeat(COLUMNS.len() + 2));
    text.push_str("---|\n");
    let mut further = String::new();
    for row in measured {
        let (ratios, others): (Vec<Bar>, Vec<Bar>) = bars::of(row)
            .into_iter()
            .partition(|bar| bar.figure == Figure::ByBollard);
        for bar in &ratios {
            let _ = writeln!(text, "{}", line(row, bar));
        }
        for bar in &others {
            let _ = writeln!(further, "{}", other(row, bar));
        }
        further.push_str(&facts(row));
    }
    text.push_str("\n| figure | value | bar | met |\n|---|---:|---:|---|\n");
    text + &further + NOTES
}

const NOTES: &str = "
Medians of rounds in which all peers took turns; in brackets the 95 % interval (bootstrap of the rounds). A bar is met if the
interval's upper end is; none applies where Bollard is within 3 % of the floor. The floor reads raw bytes over a kept connection
and decodes nothing. Bollard opens a connection for each call, and decodes all of an inspection; plugin and api layer read four
groups of it, which makes it five calls. A plugin reads a log line by line, the others piece by piece. The docker command is a
process for each.
All on one processor, the engine as well: to wake another one takes longer than what is measured.
";

fn line(row: &Measured, bar: &Bar) -> String {
    let mut text = format!("| {} |", row.row.title());
    for name in COLUMNS {
        let _ = write!(text, " {} |", of(row, name).map_or_else(String::new, time));
    }
    let ratio = interval(&bar.estimate, |value| format!("{value:.3}"));
    text + &format!(
        " {ratio} | {} |",
        verdict(bar, |limit| format!("≤ {limit}"))
    )
}

fn other(row: &Measured, bar: &Bar) -> String {
    let title = row.row.title();
    let (figure, is_ratio) = match bar.figure {
        Figure::ByBollard => (format!("{title}: plugin / Bollard"), true),
        Figure::OwnCost => (format!("{title}: a call, plugin less api layer"), false),
        Figure::AboveTheFloor => (format!("{title}: above the floor, plugin / Bollard"), true),
        Figure::ByDocker => (format!("{title}: dockwit run / docker ps"), true),
    };
    let write = |value: f64| match is_ratio {
        true => format!("{value:.3}"),
        false => time(value),
    };
    let value = interval(&bar.estimate, write);
    let limit = |limit: f64| match is_ratio {
        true => format!("≤ {limit}"),
        false => format!("≤ {}", time(limit)),
    };
    format!("| {figure} | {value} | {} |", verdict(bar, limit))
}

/// What has no bar: the time and the memory of commands.
fn facts(row: &Measured) -> String {
    let mut text = String::new();
    for name in [Name::Run, Name::Ps] {
        let Some(value) = of(row, name) else { continue };
        let first = row.first.get(&name).copied().map_or_else(String::new, time);
        let memory = row
            .memory
            .get(&name)
            .copied()
            .map_or_else(String::new, size);
        let (title, value) = (name.title(), time(value));
        let _ = writeln!(
            text,
            "| {title}: time (the very first) | {value} ({first}) | | |"
        );
        let _ = writeln!(text, "| {title}: most memory | {memory} | | |");
    }
    text
}

/// The median of a peer's rounds.
fn of(row: &Measured, name: Name) -> Option<f64> {
    row.rounds
        .get(&name)
        .map(|rounds| median(&mut rounds.clone()))
}

fn interval(estimate: &Estimate, write: impl Fn(f64) -> String) -> String {
    let Estimate { value, low, high } = *estimate;
    format!("{} [{}, {}]", write(value), write(low), write(high))
}

fn verdict(bar: &Bar, write: impl Fn(f64) -> String) -> String {
    let limit = bar.limit.map_or_else(|| "none".to_owned(), write);
    let met = match bar.met() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    };
    format!("{limit} | {met}")
}

fn time(seconds: f64) -> String {
    match seconds.abs() {
        size if size >= 1.0 => format!("{seconds:.2} s"),
        size if size >= 1e-3 => format!("{:.2} ms", seconds * 1e3),
        _ => format!("{:.1} µs", seconds * 1e6),
    }
}

fn size(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::tests::measured;
    use crate::rows::Row;

    #[test]
    fn a_row_has_all_columns() {
        let values = [
            (Name::Floor, 100e-6),
            (Name::Api, 120e-6),
            (Name::Plugin, 150e-6),
            (Name::Audited, 160e-6),
            (Name::Bollard, 200e-6),
        ];
        let text = markdown(&[measured(Row::Ping, &values)]);
        let expected = "| ping | 100.0 µs | 120.0 µs | 150.0 µs | 160.0 µs | 200.0 µs |  | 0.750 [0.750, 0.750] | ≤ 1.05 | yes |";
        assert!(text.contains(expected), "{text}");
        let own = "| ping: a call, plugin less api layer | 30.0 µs [30.0 µs, 30.0 µs] | ≤ 8.0 µs | **no** |";
        assert!(text.contains(own), "{text}");
    }

    #[test]
    fn commands_have_time_and_memory() {
        let mut row = measured(Row::Run, &[(Name::Run, 0.02), (Name::Ps, 0.04)]);
        row.first.insert(Name::Run, 1.5);
        row.memory.insert(Name::Run, 24.0 * 1024.0 * 1024.0);
        let text = markdown(&[row]);
        for part in [
            "0.500 [0.500, 0.500] | ≤ 0.8 | yes",
            "20.00 ms (1.50 s)",
            "24.0 MiB",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
