//! Medians, and how sure a figure made of them is.

use std::collections::BTreeMap;

use crate::peers::Name;

/// How often rounds are drawn anew for an interval.
const RESAMPLES: usize = 2000;

/// What is left out of an interval on each side: it holds 95 %.
const TAIL: f64 = 0.025;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// One value for each round, by peer; all have the same number of rounds.
pub(crate) type Rounds = BTreeMap<Name, Vec<f64>>;

/// The median of the values; not a number if there are none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2);
    let lower = values.get(values.len().saturating_sub(1) / 2);
    match (lower, upper) {
        (Some(lower), Some(upper)) => (lower + upper) / 2.0,
        _ => f64::NAN,
    }
}

/// A figure made of the peers' medians.
///
/// The interval is that of a bootstrap. What is drawn are rounds, for all peers the same: what slowed the machine in a round
/// slowed all of them, and goes out of a ratio.
pub(crate) fn estimate(rounds: &Rounds, figure: impl Fn(&dyn Fn(Name) -> f64) -> f64) -> Estimate {
    let count = rounds.values().map(Vec::len).min().unwrap_or_default();
    let of = |drawn: &[usize]| {
        figure(&|name| {
            let values = rounds.get(&name).map(Vec::as_slice).unwrap_or_default();
            let mut drawn: Vec<f64> = drawn
                .iter()
                .filter_map(|at| values.get(*at).copied())
                .collect();
            median(&mut drawn)
        })
    };
    let all: Vec<usize> = (0..count).collect();
    // Seeded, so that the same measurements give the same interval.
    let mut random = fastrand::Rng::with_seed(1);
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn: Vec<usize> = all.iter().map(|_| random.usize(0..count)).collect();
            of(&drawn)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    Estimate {
        value: of(&all),
        low: quantile(&figures, TAIL),
        high: quantile(&figures, 1.0 - TAIL),
    }
}

/// A quantile of sorted values; not a number if there are none.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a short list"
    )]
    let at = (part * last as f64).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(median: &dyn Fn(Name) -> f64) -> f64 {
        median(Name::Plugin) / median(Name::Bollard)
    }

    fn rounds(plugin: Vec<f64>, bollard: Vec<f64>) -> Rounds {
        BTreeMap::from([(Name::Plugin, plugin), (Name::Bollard, bollard)])
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&mut [7.0]), 7.0);
        assert!(median(&mut []).is_nan());
    }

    #[test]
    fn what_does_not_vary_is_certain() {
        let estimate = estimate(&rounds(vec![1.0; 9], vec![2.0; 9]), ratio);
        let half = Estimate {
            value: 0.5,
            low: 0.5,
            high: 0.5,
        };
        assert_eq!(estimate, half);
    }

    #[test]
    fn what_slows_a_round_for_all_goes_out_of_a_ratio() {
        let bollard: Vec<f64> = (0..31).map(|round| 1.0 + f64::from(round % 7)).collect();
        let plugin = bollard.iter().map(|value| value * 0.5).collect();
        let estimate = estimate(&rounds(plugin, bollard), ratio);
        assert_eq!((estimate.low, estimate.high), (0.5, 0.5));
    }

    #[test]
    fn the_interval_holds_the_truth_nearly_always() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut holds = 0;
        for _ in 0..200 {
            let mut values = |center: f64| (0..30).map(|_| center + random.f64() - 0.5).collect();
            let estimate = estimate(&rounds(values(8.0), values(10.0)), ratio);
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
            assert!(estimate.high - estimate.low < 0.2);
            holds += usize::from(estimate.low <= 0.8 && 0.8 <= estimate.high);
        }
        assert!(holds >= 180, "{holds} of 200");
    }

    #[test]
    fn no_rounds_give_no_number() {
        assert!(estimate(&Rounds::new(), ratio).high.is_nan());
    }
}
