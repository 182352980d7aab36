//! What has to be reached.

use crate::measure::Measured;
use crate::peers::Name;
use crate::rows::Row;
use crate::statistics::{Estimate, estimate};

/// Up to what part above the floor a peer is as good as at it. Who is so near leaves nothing to be won or lost.
const AT_THE_FLOOR: f64 = 1.03;

/// A call's latency, by Bollard's.
const LATENCY: f64 = 1.05;

/// A list's, by Bollard's.
const LIST: f64 = 1.0;

/// What a plugin's call may take beyond the api layer's, in seconds.
const OWN_COST: f64 = 8e-6;

/// A log's time above the floor, by Bollard's above it.
const ABOVE_THE_FLOOR: f64 = 0.5;

/// `dockwit run`, by `docker ps`.
const RUN: f64 = 0.8;

/// A figure, and what it may be at most.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// What the figure is.
    pub(crate) figure: Figure,
    pub(crate) estimate: Estimate,
    /// None: it is reported, and no bar applies.
    pub(crate) limit: Option<f64>,
}

/// What a bar is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// The plugin's time by Bollard's.
    ByBollard,
    /// The plugin's time less the api layer's, in seconds for each call.
    OwnCost,
    /// The plugin's time above the floor by Bollard's above it.
    AboveTheFloor,
    /// `dockwit run` by `docker ps`.
    ByDocker,
}

impl Bar {
    /// Whether it is met, by the interval's upper end; none where no bar applies.
    pub(crate) fn met(&self) -> Option<bool> {
        self.limit.map(|limit| self.estimate.high <= limit)
    }
}

/// The figures of a row, with their bars.
pub(crate) fn of(measured: &Measured) -> Vec<Bar> {
    let bar = |figure: Figure, limit: Option<f64>| Bar {
        figure,
        estimate: estimate(&measured.rounds, |median| figure.of(measured.row, median)),
        limit: limit.filter(|_| figure == Figure::OwnCost || !at_the_floor(measured)),
    };
    match measured.row {
        Row::Ping | Row::Inspect => vec![
            bar(Figure::ByBollard, Some(LATENCY)),
            bar(Figure::OwnCost, Some(OWN_COST)),
        ],
        Row::List => vec![bar(Figure::ByBollard, Some(LIST))],
        Row::Logs => vec![
            bar(Figure::ByBollard, None),
            bar(Figure::AboveTheFloor, Some(ABOVE_THE_FLOOR)),
        ],
        // Under a policy a write looks at the image before, and at what came of it after, and the ledger is on disk in between: what that
        // takes is shown.
        Row::Create | Row::Start => {
            vec![bar(Figure::ByBollard, None), bar(Figure::OwnCost, None)]
        }
        Row::Run => vec![bar(Figure::ByDocker, Some(RUN))],
    }
}

/// Whether Bollard itself is as good as at the floor.
fn at_the_floor(measured: &Measured) -> bool {
    let over = estimate(&measured.rounds, |median| {
        median(Name::Bollard) / median(Name::Floor)
    });
    over.value <= AT_THE_FLOOR
}

impl Figure {
    fn of(self, row: Row, median: &dyn Fn(Name) -> f64) -> f64 {
        let plugin = median(Name::Plugin);
        match self {
            Self::ByBollard => plugin / median(Name::Bollard),
            Self::OwnCost => (plugin - median(Name::Api)) / row.calls(),
            Self::AboveTheFloor => {
                let floor = median(Name::Floor);
                (plugin - floor) / (median(Name::Bollard) - floor)
            }
            Self::ByDocker => median(Name::Run) / median(Name::Ps),
        }
    }
}

/// How many bars are missed.
pub(crate) fn missed(measured: &[Measured]) -> usize {
    let bars = measured.iter().flat_map(of);
    bars.filter(|bar| bar.met() == Some(false)).count()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A row whose peers always took the same.
    pub(crate) fn measured(row: Row, values: &[(Name, f64)]) -> Measured {
        let rounds = values.iter().map(|(name, value)| (*name, vec![*value; 9]));
        Measured {
            row,
            rounds: rounds.collect(),
            first: BTreeMap::new(),
            memory: BTreeMap::new(),
        }
    }

    fn met(row: Row, values: &[(Name, f64)]) -> Vec<Option<bool>> {
        of(&measured(row, values)).iter().map(Bar::met).collect()
    }

    const FLOOR: (Name, f64) = (Name::Floor, 1.0);
    const BOLLARD: (Name, f64) = (Name::Bollard, 2.0);

    #[test]
    fn a_call_has_a_latency_and_an_own_cost() {
        let at = |plugin, api| {
            let row = [FLOOR, (Name::Api, api), (Name::Plugin, plugin), BOLLARD];
            met(Row::Ping, &row)
        };
        assert_eq!(at(2.0, 2.0 - 7e-6), [Some(true), Some(true)]);
        assert_eq!(at(2.2, 2.0), [Some(false), Some(false)]);
    }

    #[test]
    fn a_peer_at_the_floor_sets_no_bar() {
        let row = [FLOOR, (Name::Plugin, 2.0), (Name::Bollard, 1.02)];
        assert_eq!(met(Row::List, &row), [None]);
        assert_eq!(met(Row::Logs, &row), [None, None]);
    }

    #[test]
    fn writes_are_shown_without_a_bar() {
        let row = [FLOOR, (Name::Api, 1.0), (Name::Plugin, 3.0), BOLLARD];
        let bars = of(&measured(Row::Create, &row));
        let values: Vec<_> = bars.iter().map(|bar| bar.estimate.value).collect();
        assert_eq!(values, [1.5, 1.0]);
        assert_eq!(met(Row::Create, &row), [None, None]);
    }

    #[test]
    fn logs_count_above_the_floor() {
        let at = |plugin| met(Row::Logs, &[FLOOR, (Name::Plugin, plugin), BOLLARD]);
        assert_eq!(at(1.4), [None, Some(true)]);
        assert_eq!(at(1.6), [None, Some(false)]);
    }

    #[test]
    fn a_run_is_held_against_the_docker_command() {
        let at = |run| met(Row::Run, &[(Name::Run, run), (Name::Ps, 1.0)]);
        assert_eq!((at(0.7), at(0.9)), (vec![Some(true)], vec![Some(false)]));
    }

    #[test]
    fn what_is_missed_is_counted() {
        let slow = measured(Row::List, &[FLOOR, (Name::Plugin, 3.0), BOLLARD]);
        let fast = measured(Row::List, &[FLOOR, (Name::Plugin, 1.0), BOLLARD]);
        assert_eq!(missed(&[slow, fast]), 1);
    }
}
