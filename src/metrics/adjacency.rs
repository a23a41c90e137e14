//! Which regions are neighbours: a rule on shared borders, with the pairs that hang on the choice of its numbers.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::Area;
use geo::BooleanOps;
use geo::Euclidean;
use geo::Length;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::same::is_at_least;
use crate::base::units::Metres;
use crate::metrics::borders::Borders;
use crate::model::region::Level;
use crate::model::region::Region;
use crate::model::study::Study;

/// Parts of a region smaller than this are slivers and make no neighbours, m².
const SLIVER_M2: f64 = 10_000.0;

/// One or several regions that count as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Code of the region; for merged districts the code of their city.
    pub code: String,
    pub name: String,
    /// In index order; the first one stands for the unit where one region must.
    pub members: Vec<RegionIdx>,
    pub province: Option<RegionIdx>,
    pub judged: bool,
}

/// When two units are neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Least shared border, metres, included.
    pub min_border_m: f64,
    /// How far apart two outlines of one border may run, metres.
    pub tolerance_m: f64,
    /// Any contact within the tolerance makes neighbours, a point too.
    pub point_contact: bool,
    /// A pair with less than `min_border_m` of border on land is not one of neighbours.
    pub exclude_water: bool,
}

/// Why a pair is or is not one of neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// By the rule.
    Neighbours,
    /// A planner added the pair, for a reason.
    Added(String),
    /// A planner removed the pair, for a reason.
    Removed(String),
    /// They touch, but share less border than the rule wants.
    ShortContact,
    /// Too little of the shared border is on land.
    WaterOnly,
}

impl Standing {
    /// Whether the pair is one of neighbours.
    pub fn counts(&self) -> bool {
        matches!(self, Standing::Neighbours | Standing::Added(_))
    }
}

/// Two units that touch or that a planner named; `a < b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub a: usize,
    pub b: usize,
    /// Shared border, metres: the length within the tolerance less what its pieces measure beyond their ends.
    pub shared_m: f64,
    /// Length of border within the tolerance, mean of both sides, metres.
    pub within_m: f64,
    /// Shared border on land, metres; `None` without a water layer.
    pub land_m: Option<f64>,
    pub standing: Standing,
    /// Which changes of the rule's numbers would change the answer, e.g. `min-border × 2`; empty for firm pairs.
    pub sensitive: Vec<&'static str>,
    /// The pair touches only through parts that are not the largest of their region.
    pub via_exclave: bool,
}

/// All touching or named pairs, by unit indices.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Adjacency {
    pub pairs: Vec<Pair>,
    pub issues: Vec<Issue>,
}

impl Adjacency {
    /// The pairs that count, in order.
    pub fn neighbours(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().filter(|pair| pair.standing.counts())
    }
}

/// The units of a level: each region with a shape for itself, or the districts of each city as one.
///
/// Order: by the first member's index. Regions without a shape are left out.
pub fn units(study: &Study, level: Level, merge_districts: bool) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut city_proper: BTreeMap<RegionIdx, usize> = BTreeMap::new();
    for (idx, region) in study.regions.iter().filter(|(_, r)| r.level == level && r.shape.is_some()) {
        let city = study.regions.ancestor(idx, Level::City).filter(|_| merge_districts && region.district);
        if let Some(city) = city {
            if let Some(&at) = city_proper.get(&city) {
                let unit: &mut Unit = &mut units[at];
                unit.members.push(idx);
                unit.judged |= region.judged;
                continue;
            }
            city_proper.insert(city, units.len());
        }
        let named: &Region = city.map_or(region, |city| study.regions.get(city));
        units.push(Unit {
            code: named.code.clone(),
            name: named.name.clone(),
            members: vec![idx],
            province: study.regions.ancestor(idx, Level::Province),
            judged: region.judged,
        });
    }
    units
}

/// Contacts of units, by unit pair: `(shared, within)` in metres, summed over members.
type Contacts = BTreeMap<(usize, usize), (f64, f64)>;

fn contacts(borders: &Borders, unit_of: &[usize], tolerance_m: f64) -> Contacts {
    let mut found = Contacts::new();
    for contact in borders.contacts(Metres(tolerance_m)) {
        let (a, b) = (unit_of[contact.a as usize], unit_of[contact.b as usize]);
        if a != b {
            let sum = found.entry((a.min(b), a.max(b))).or_default();
            sum.0 += contact.shared_m;
            sum.1 += contact.within_m;
        }
    }
    found
}

/// The adjacency of `units` under `rule`, with the planner's overrides of the study.
///
/// Lengths are measured in the study plane. Each pair is tried again with half and double the border and half and double the
/// tolerance; a pair whose answer changes is marked. Overrides name units by code; one that names an unknown code or
/// changes nothing is listed.
pub fn adjacency(study: &Study, units: &[Unit], rule: Rule) -> Adjacency {
    let (shapes, mains, unit_of) = outlines(study, units);
    let distortion = study.plane.distortion.clone();
    let borders = Borders::new(&shapes).on_ground(distortion);
    let now = contacts(&borders, &unit_of, rule.tolerance_m);
    let tight = contacts(&borders, &unit_of, rule.tolerance_m / 2.0);
    let loose = contacts(&borders, &unit_of, rule.tolerance_m * 2.0);
    let main_only = contacts(&Borders::new(&mains), &unit_of, rule.tolerance_m);
    let answer = |found: &Contacts, key: &(usize, usize), min_border_m: f64| {
        found.get(key).is_some_and(|(shared, _)| rule.point_contact || is_at_least(*shared, min_border_m))
    };

    let keys: BTreeSet<(usize, usize)> = now.keys().chain(loose.keys()).copied().collect();
    let mut result = Adjacency::default();
    for key in keys {
        let base = answer(&now, &key, rule.min_border_m);
        let trials = [
            ("min-border ÷ 2", answer(&now, &key, rule.min_border_m / 2.0)),
            ("min-border × 2", answer(&now, &key, rule.min_border_m * 2.0)),
            ("tolerance ÷ 2", answer(&tight, &key, rule.min_border_m)),
            ("tolerance × 2", answer(&loose, &key, rule.min_border_m)),
        ];
        let sensitive: Vec<&'static str> =
            trials.iter().filter(|(_, trial)| *trial != base).map(|(name, _)| *name).collect();
        let Some(&(shared_m, within_m)) = now.get(&key) else {
            if !sensitive.is_empty() {
                result.pairs.push(Pair {
                    a: key.0,
                    b: key.1,
                    shared_m: 0.0,
                    within_m: 0.0,
                    land_m: None,
                    standing: Standing::ShortContact,
                    sensitive,
                    via_exclave: false,
                });
            }
            continue;
        };
        let land_m = study.water.as_ref().map(|water| {
            (within_m * land_share(&borders, &members_of(&unit_of, key), water, rule.tolerance_m)
                - (within_m - shared_m))
                .max(0.0)
        });
        let water_only = rule.exclude_water && base && land_m.is_some_and(|land| !is_at_least(land, rule.min_border_m));
        result.pairs.push(Pair {
            a: key.0,
            b: key.1,
            shared_m,
            within_m,
            land_m,
            standing: match (base, water_only) {
                (true, false) => Standing::Neighbours,
                (true, true) => Standing::WaterOnly,
                (false, _) => Standing::ShortContact,
            },
            sensitive,
            via_exclave: !main_only.contains_key(&key),
        });
    }
    apply_overrides(study, units, &mut result);
    result
}

/// Outlines without slivers, the largest part of each, and the unit of each.
fn outlines(study: &Study, units: &[Unit]) -> (Vec<MultiPolygon<f64>>, Vec<MultiPolygon<f64>>, Vec<usize>) {
    let (mut shapes, mut mains, mut unit_of) = (Vec::new(), Vec::new(), Vec::new());
    for (at, unit) in units.iter().enumerate() {
        for member in &unit.members {
            let Some(shape) = &study.regions.get(*member).shape else { continue };
            let mut parts: Vec<_> = shape.plane.0.iter().map(|polygon| (polygon.unsigned_area(), polygon)).collect();
            parts.sort_by(|x, y| y.0.total_cmp(&x.0));
            let kept = parts.iter().enumerate().filter(|(i, (area, _))| *i == 0 || *area >= SLIVER_M2);
            shapes.push(MultiPolygon(kept.map(|(_, (_, polygon))| (*polygon).clone()).collect()));
            mains.push(MultiPolygon(parts.iter().take(1).map(|(_, polygon)| (*polygon).clone()).collect()));
            unit_of.push(at);
        }
    }
    (shapes, mains, unit_of)
}

/// The border that each of some pairs of units has in common, within the tolerance, as the outline of its first unit runs; in the plane.
pub fn common_borders(
    study: &Study,
    units: &[Unit],
    pairs: &[(usize, usize)],
    tolerance: Metres,
) -> Vec<MultiLineString<f64>> {
    let (shapes, _, unit_of) = outlines(study, units);
    let borders = Borders::new(&shapes);
    let common = |key: &(usize, usize)| {
        let (of_a, of_b) = members_of(&unit_of, *key);
        let sides = of_a.iter().flat_map(|x| of_b.iter().map(move |y| (*x, *y)));
        MultiLineString(sides.flat_map(|(x, y)| borders.contact_line(x, y, tolerance).0).collect())
    };
    pairs.iter().map(common).collect()
}

/// Positions of the outlines of two units.
fn members_of(unit_of: &[usize], key: (usize, usize)) -> (Vec<u32>, Vec<u32>) {
    let of = |unit: usize| (0u32..).zip(unit_of).filter(|(_, own)| **own == unit).map(|(at, _)| at).collect();
    (of(key.0), of(key.1))
}

/// Share of the common border of two units that lies outside water.
fn land_share(
    borders: &Borders,
    (of_a, of_b): &(Vec<u32>, Vec<u32>),
    water: &[MultiPolygon<f64>],
    tolerance_m: f64,
) -> f64 {
    let (mut all, mut dry) = (0.0, 0.0);
    for x in of_a {
        for y in of_b {
            let line = borders.contact_line(*x, *y, Metres(tolerance_m));
            all += Euclidean.length(&line);
            let mut rest = line;
            for lake in water {
                rest = lake.clip(&rest, true);
            }
            dry += Euclidean.length(&rest);
        }
    }
    if all > 0.0 { dry / all } else { 1.0 }
}

fn apply_overrides(study: &Study, units: &[Unit], adjacency: &mut Adjacency) {
    let find = |code: &str| {
        units.iter().position(|unit| {
            unit.code == code || unit.members.iter().any(|member| study.regions.get(*member).code == code)
        })
    };
    for over in &study.overrides {
        let pair_name = format!("{} – {}", over.code_a, over.code_b);
        let (Some(a), Some(b)) = (find(&over.code_a), find(&over.code_b)) else {
            adjacency.issues.push(
                Issue::new(
                    Severity::Warning,
                    "override-unknown-code",
                    "pair overrides",
                    "names a code that no region of this level has; the line has no effect",
                )
                .with_id(pair_name),
            );
            continue;
        };
        if a == b {
            continue;
        }
        let key = (a.min(b), a.max(b));
        let at = adjacency.pairs.iter().position(|pair| (pair.a, pair.b) == key);
        if at.map(|at| adjacency.pairs[at].standing.counts()).unwrap_or(false) == over.neighbours {
            adjacency.issues.push(
                Issue::new(
                    Severity::Note,
                    "override-without-effect",
                    "pair overrides",
                    "says what the geometry says; the line has no effect",
                )
                .with_id(pair_name),
            );
            continue;
        }
        let standing =
            if over.neighbours { Standing::Added(over.reason.clone()) } else { Standing::Removed(over.reason.clone()) };
        match at {
            Some(at) => adjacency.pairs[at].standing = standing,
            None => adjacency.pairs.push(Pair {
                a: key.0,
                b: key.1,
                shared_m: 0.0,
                within_m: 0.0,
                land_m: None,
                standing,
                sensitive: Vec::new(),
                via_exclave: false,
            }),
        }
    }
    adjacency.pairs.sort_by_key(|pair| (pair.a, pair.b));
}
