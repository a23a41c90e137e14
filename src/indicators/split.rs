//! What a scenario changes, and how much of the change of a figure comes from which group of changes.
//!
//! The groups are switched one at a time, in every order, and each gets the mean of what it changes: the Shapley value (Shapley 1953, "A
//! value for n-person games", Contributions to the Theory of Games II). It is the only split that adds up to the whole change, gives nothing
//! to a group that changes nothing, treats groups alike that do the same, and is additive.

use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::metrics::figure::FigureUnit;

/// Changes of a scenario that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Opened, closed, with another capacity, or taken by a hazard.
    Facilities,
    /// Lines and streets.
    Network,
    /// Who needs to be reached.
    People,
    /// Parameters of indicators.
    Definition,
}

impl Group {
    /// In the order in which they are told.
    pub const ALL: [Group; 4] = [Group::Facilities, Group::Network, Group::People, Group::Definition];

    /// As outputs write it.
    pub fn word(self) -> &'static str {
        match self {
            Group::Facilities => "facilities",
            Group::Network => "network",
            Group::People => "people",
            Group::Definition => "definition",
        }
    }

    /// As people call it.
    pub fn title(self) -> Text {
        let zh = match self {
            Group::Facilities => "设施",
            Group::Network => "路网与线路",
            Group::People => "人口",
            Group::Definition => "口径",
        };
        Text::new(self.word(), zh)
    }
}

/// One thing that a scenario changes, told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub group: Group,
    pub text: Text,
    /// Whether anything is otherwise by it; a shelter that was closed before closes without effect.
    pub has_effect: bool,
}

/// How the change of an indicator's figure is split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitRow {
    /// The indicator's id.
    pub id: String,
    pub title: Text,
    pub unit: FigureUnit,
    pub before: Option<f64>,
    pub after: Option<f64>,
    /// After minus before, as it is printed.
    pub text: String,
    /// One a group; empty where the figure can not be split.
    pub parts: Vec<Part>,
    /// Why it can not.
    pub reason: Option<Text>,
}

/// What one group changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub group: Group,
    /// The mean over all orders, in the figure's unit.
    pub value: f64,
    /// The least and the most over all orders.
    pub least: f64,
    pub most: f64,
    /// The mean as it is printed: the parts add up to the printed whole, digit by digit.
    pub text: String,
    /// Of the least and the most.
    pub range_text: (String, String),
}

/// What each player brings: the mean over all orders, and the least and the most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brought {
    pub mean: f64,
    pub least: f64,
    pub most: f64,
}

/// The Shapley value of a game: `worth[s]` is what the players of the bits of `s` are worth together; 2^n numbers for n players.
///
/// The means add up to `worth[all] − worth[none]`, as far as floating-point sums do. Without a player, or with a list of another length, there
/// is none. The cost is n·2^n.
pub fn shapley(worth: &[f64]) -> Vec<Brought> {
    let players = worth.len().checked_ilog2().unwrap_or(0) as usize;
    if worth.len() != 1 << players || players > 20 {
        return Vec::new();
    }
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    let all = factorial(players);
    let player = |nth: usize| {
        let without = (0..worth.len()).filter(|set| set & (1 << nth) == 0);
        let mut brought = Brought { mean: 0.0, least: f64::INFINITY, most: f64::NEG_INFINITY };
        for set in without {
            let (before, change) = (set.count_ones() as usize, worth[set | (1 << nth)] - worth[set]);
            // the orders in which just these come before the player
            brought.mean += factorial(before) * factorial(players - before - 1) * change;
            brought.least = brought.least.min(change);
            brought.most = brought.most.max(change);
        }
        brought.mean /= all;
        brought
    };
    (0..players).map(player).collect()
}

/// Rounds parts to whole numbers that add up to the rounded whole: the largest remainders are rounded up, ties by position.
fn rounded(parts: &[f64], whole: f64) -> Vec<i64> {
    let mut units: Vec<i64> = parts.iter().map(|part| part.floor() as i64).collect();
    let missing = whole.round() as i64 - units.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: usize| parts[at] - parts[at].floor();
    order.sort_by(|x, y| rest(*y).total_cmp(&rest(*x)).then(x.cmp(y)));
    for at in order.into_iter().take(usize::try_from(missing).unwrap_or(0)) {
        units[at] += 1;
    }
    units
}

/// The smallest step of a printed difference, as a part of the figure's unit, with its decimals and what stands behind the number.
fn step(unit: FigureUnit) -> (f64, usize, &'static str) {
    match unit {
        FigureUnit::Share => (0.0001, 2, " points"),
        FigureUnit::Metres => (0.1, 1, " m"),
        FigureUnit::Seconds => (0.6, 2, " min"),
        FigureUnit::Rate => (0.000_001, 3, " per 1000"),
        FigureUnit::Amount => (0.01, 2, ""),
    }
}

fn printed(steps: i64, unit: FigureUnit) -> String {
    let (_, decimals, name) = step(unit);
    let number = steps as f64 / 10f64.powi(decimals as i32);
    if steps == 0 { format!("0{name}") } else { format!("{number:+.decimals$}{name}") }
}

/// A printed difference in a language.
pub fn in_lang(text: &str, lang: Lang) -> String {
    match lang {
        Lang::En => text.to_owned(),
        Lang::Zh => {
            text.replace(" points", "个百分点").replace(" min", "分钟").replace(" m", "米").replace(" per 1000", "‰")
        }
    }
}

impl SplitRow {
    /// Of what an indicator measures with the changes of the bits of each position: 2^n figures for n groups; `None` for no figure.
    pub fn new(id: &str, title: &Text, unit: FigureUnit, groups: &[Group], figures: &[Option<f64>]) -> SplitRow {
        let ends = figures.first().zip(figures.last()).filter(|_| figures.len() == 1 << groups.len());
        let (before, after) = ends.map_or((None, None), |(first, last)| (*first, *last));
        let mut row = SplitRow {
            id: id.to_owned(),
            title: title.clone(),
            unit,
            before,
            after,
            text: String::new(),
            parts: Vec::new(),
            reason: None,
        };
        let steps = |value: f64| value / step(unit).0;
        let whole = before.zip(after).map(|(before, after)| steps(after - before));
        row.text = whole.map(|whole| printed(whole.round() as i64, unit)).unwrap_or_default();
        let known: Option<Vec<f64>> = figures.iter().copied().collect();
        let (Some(worth), Some(whole)) = (known, whole) else {
            row.reason = Some(Text::new(
                "without some of the changes there is no figure, so the change can not be split",
                "部分变更组合下无数值，无法分解",
            ));
            return row;
        };
        let brought = shapley(&worth);
        let means: Vec<f64> = brought.iter().map(|one| steps(one.mean)).collect();
        let part = |((group, one), steps_of): ((&Group, &Brought), i64)| Part {
            group: *group,
            value: one.mean,
            least: one.least,
            most: one.most,
            text: printed(steps_of, unit),
            range_text: (printed(steps(one.least).round() as i64, unit), printed(steps(one.most).round() as i64, unit)),
        };
        row.parts = groups.iter().zip(&brought).zip(rounded(&means, whole)).map(part).collect();
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of a small generator (Knuth's MMIX), so that a failure can be repeated from its seed.
    fn numbers(seed: u64, count: usize) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..count).map(|_| next()).collect()
    }

    fn means(worth: &[f64]) -> Vec<f64> {
        shapley(worth).iter().map(|one| one.mean).collect()
    }

    fn near(x: f64, y: f64) -> bool {
        (x - y).abs() < 1e-12
    }

    #[test]
    fn two_groups_share_what_they_bring_together_by_hand() {
        // facilities alone take 6 points, people alone bring 1, both together take 9 (worth 0, -6, +1, -9):
        // facilities: first -6, second -9 - 1 = -10, mean -8; people: first +1, second -9 + 6 = -3, mean -1
        let found = shapley(&[0.0, -6.0, 1.0, -9.0]);
        assert_eq!(found[0], Brought { mean: -8.0, least: -10.0, most: -6.0 });
        assert_eq!(found[1], Brought { mean: -1.0, least: -3.0, most: 1.0 });
    }

    #[test]
    fn the_glove_game_is_that_of_the_textbook() {
        // one left glove, two right ones; a pair is worth 1: 2/3 for the left, 1/6 for each right (Shapley and Shubik 1969)
        let pair = |set: usize| f64::from(u8::from(set & 1 != 0 && set & 6 != 0));
        let found = means(&(0..8).map(pair).collect::<Vec<_>>());
        assert!(near(found[0], 2.0 / 3.0) && near(found[1], 1.0 / 6.0) && near(found[2], 1.0 / 6.0), "{found:?}");
    }

    #[test]
    fn the_axioms_hold_for_random_games() {
        for seed in 1..200u64 {
            let players = 1 + (seed % 4) as usize;
            let (mut worth, other) = (numbers(seed, 1 << players), numbers(seed + 1000, 1 << players));
            // efficiency
            let sum: f64 = means(&worth).iter().sum();
            assert!(near(sum, worth[worth.len() - 1] - worth[0]), "seed {seed}");
            // additivity
            let both: Vec<f64> = worth.iter().zip(&other).map(|(x, y)| x + y).collect();
            for ((x, y), both) in means(&worth).iter().zip(means(&other)).zip(means(&both)) {
                assert!(near(x + y, both), "seed {seed}");
            }
            // dummy: the first player changes nothing
            for set in (0..worth.len()).filter(|set| set & 1 == 1) {
                worth[set] = worth[set & !1];
            }
            assert_eq!(shapley(&worth)[0], Brought { mean: 0.0, least: 0.0, most: 0.0 }, "seed {seed}");
            // symmetry: worth by number of players only
            let of_size: Vec<f64> = (0..worth.len()).map(|set| other[set.count_ones() as usize]).collect();
            let found = means(&of_size);
            assert!(found.iter().all(|one| near(*one, found[0])), "seed {seed}");
        }
    }

    #[test]
    fn it_is_the_mean_over_all_orders() {
        // brute force over the 24 orders of four players
        let worth = numbers(7, 16);
        let (mut sums, mut count) = ([0.0; 4], 0.0);
        for code in 0..256usize {
            let order = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6];
            if order.iter().fold(0, |set, at| set | 1 << at) != 15 {
                continue;
            }
            count += 1.0;
            order.iter().fold(0usize, |set, at| {
                sums[*at] += worth[set | 1 << at] - worth[set];
                set | 1 << at
            });
        }
        assert_eq!(count, 24.0);
        for (sum, found) in sums.iter().zip(means(&worth)) {
            assert!(near(sum / count, found));
        }
    }

    #[test]
    fn printed_parts_add_up_to_the_printed_whole() {
        let digits = |text: &str| text.trim_end_matches(" points").parse::<f64>().map(|it| (it * 100.0).round() as i64);
        for seed in 1..300u64 {
            let players = 1 + (seed % 4) as usize;
            let figures: Vec<Option<f64>> = numbers(seed, 1 << players).into_iter().map(Some).collect();
            let row = SplitRow::new("i", &Text::default(), FigureUnit::Share, &Group::ALL[..players], &figures);
            let sum: i64 = row.parts.iter().map(|part| digits(&part.text).unwrap()).sum();
            assert_eq!(sum, digits(&row.text).unwrap(), "seed {seed}: {row:?}");
            assert!(row.parts.iter().all(|part| part.least <= part.value && part.value <= part.most), "seed {seed}");
        }
    }

    #[test]
    fn a_figure_that_is_missing_in_between_is_not_split() {
        let groups = [Group::Facilities, Group::People];
        let figures = [Some(0.5), None, Some(0.6), Some(0.7)];
        let row = SplitRow::new("i", &Text::default(), FigureUnit::Share, &groups, &figures);
        assert!(row.parts.is_empty() && row.reason.is_some());
        assert_eq!(row.text, "+20.00 points");
        let none = SplitRow::new("i", &Text::default(), FigureUnit::Share, &[], &[Some(0.5)]);
        assert_eq!((none.text.as_str(), none.parts.len()), ("0 points", 0));
    }
}
