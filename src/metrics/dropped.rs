//! What records that were left out may do to a figure: the one place where they open its bounds.
//!
//! A metric measures what was read. Here every figure that it hands back is widened by what was not: people of a dropped row may be on either
//! side of a share, a dropped clinic may be near anybody, and what lay in a dropped region may have counted. `rests` says of each metric what
//! can move it, and which way; see decision 12.

use std::collections::BTreeMap;

use crate::base::idx::RegionIdx;
use crate::base::noun::plural_of_group;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Measure;
use crate::metrics::Output;
use crate::metrics::accessibility::Supply;
use crate::metrics::direct_to_seat;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::living_circle;
use crate::metrics::overlay_share::Of;
use crate::metrics::overlay_share::Statistic;
use crate::metrics::reach::Reach;
use crate::metrics::reach::demand_layer;
use crate::metrics::reach::weight_group;
use crate::metrics::served_share::Rule;
use crate::metrics::stop_coverage;
use crate::model::demand::DemandLayer;
use crate::model::dropped::Dropped;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::model::region::Level;
use crate::model::study::Study;

/// Which way one more of something can move a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pull {
    Up,
    Down,
    Either,
}

/// What a figure is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Makeup {
    /// A share of the people of a demand layer, each on one side.
    People,
    /// A share of regions of a level.
    Regions(Level),
    /// A supply over people.
    Ratio,
    /// A number of facilities, one each.
    Count,
    /// Anything else: nobody says how much one more record moves it.
    Other,
}

/// How people of a layer bear on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rivalry {
    /// Not at all.
    None,
    /// One more takes a place from one other at most.
    OneForOne,
    /// One more may move the outcome of any number of others.
    Any,
}

/// What can move the figures of a metric.
struct Rests<'m> {
    makeup: Makeup,
    /// The demand layer and the weight, as the config names them.
    demand: Option<(Option<&'m str>, Option<&'m str>)>,
    rivalry: Rivalry,
    /// How often each of them counts in the whole of a figure.
    times: f64,
    /// Kinds of facilities, and what one more of them does.
    kinds: Vec<(&'m str, Pull)>,
    /// Facilities count for the region that they are in, and for no other.
    is_local: bool,
    /// Which regions are neighbours.
    by_borders: bool,
    /// The districts that it uses, by name or the only ones.
    districts: Option<Option<&'m str>>,
}

impl<'m> Rests<'m> {
    fn new(makeup: Makeup, measure: &'m Measure, pull: Pull) -> Rests<'m> {
        let kinds = measure.metric().kinds().into_iter().map(|kind| (kind, pull)).collect();
        Rests {
            makeup,
            demand: None,
            rivalry: Rivalry::None,
            times: 1.0,
            kinds,
            is_local: false,
            by_borders: false,
            districts: None,
        }
    }

    fn on(self, demand: &'m Option<String>, weight: &'m Option<String>) -> Rests<'m> {
        Rests { demand: Some((demand.as_deref(), weight.as_deref())), ..self }
    }
}

/// What can move the figures of a measure; `None` where no record that is dropped as a whole can.
fn rests(measure: &Measure) -> Option<Rests<'_>> {
    let new = |makeup, pull| Rests::new(makeup, measure, pull);
    Some(match measure {
        Measure::NeighbourReach(_) | Measure::HubReach(_) => {
            Rests { by_borders: true, ..new(Makeup::Other, Pull::Either) }
        }
        Measure::Nearest(it) => new(Makeup::Other, Pull::Down).on(&it.demand, &it.weight),
        Measure::CoveredShare(it) => new(Makeup::People, Pull::Up).on(&it.demand, &it.weight),
        Measure::StopCoverage(it) => {
            let makeup = match (it.judge, it.level) {
                (stop_coverage::Judge::Regions, Some(level)) => Makeup::Regions(level),
                _ => Makeup::People,
            };
            let rests = new(makeup, Pull::Up);
            if it.asks_demand() { rests.on(&it.demand, &it.weight) } else { rests }
        }
        Measure::ReachableWithin(it) => new(Makeup::People, Pull::Up).on(&it.demand, &it.weight),
        Measure::ServedShare(it) => {
            let rivalry = if it.rule == Rule::InOrder { Rivalry::Any } else { Rivalry::OneForOne };
            let pull = if it.rule == Rule::InOrder { Pull::Either } else { Pull::Up };
            Rests { rivalry, ..new(Makeup::People, pull).on(&it.demand, &it.weight) }
        }
        Measure::Accessibility(it) => {
            let makeup = if it.has_level() { Makeup::People } else { Makeup::Other };
            Rests { rivalry: Rivalry::Any, ..new(makeup, Pull::Either).on(&it.demand, &it.weight) }
        }
        Measure::ExpectedLoad(it) => {
            Rests { rivalry: Rivalry::Any, ..new(Makeup::People, Pull::Either).on(&it.demand, &it.weight) }
        }
        Measure::Equity(it) => new(Makeup::Other, Pull::Either).on(&it.demand, &it.weight),
        Measure::SupplyRatio(it) => Rests { is_local: true, ..new(Makeup::Ratio, Pull::Up).on(&it.demand, &it.weight) },
        Measure::Presence(it) => {
            let makeup = if it.weight.is_some() { Makeup::Other } else { Makeup::Regions(it.level) };
            let rests = Rests { is_local: true, ..new(makeup, Pull::Up) };
            if it.weight.is_some() { rests.on(&it.demand, &it.weight) } else { rests }
        }
        Measure::FacilityCount(it) => {
            let makeup = if it.supply == Supply::Count { Makeup::Count } else { Makeup::Other };
            Rests { is_local: true, ..new(makeup, Pull::Up) }
        }
        Measure::Districts(it) => Rests {
            districts: Some(it.districts.as_deref()),
            ..new(Makeup::People, Pull::Either).on(&it.demand, &it.weight)
        },
        Measure::Referral(it) => new(Makeup::People, Pull::Either).on(&it.demand, &it.weight),
        Measure::LivingCircle(it) => {
            let makeup = match (it.figure, it.level) {
                (living_circle::Statistic::Regions, Some(level)) => Makeup::Regions(level),
                _ => Makeup::People,
            };
            let times = if it.figure == living_circle::Statistic::Mean { it.kinds.len() as f64 } else { 1.0 };
            Rests { times, ..new(makeup, Pull::Up).on(&it.demand, &it.weight) }
        }
        Measure::OverlayShare(it) => {
            let pull = if it.of == Of::Facilities { Pull::Either } else { Pull::Up };
            match (it.of, it.figure) {
                (Of::Demand, Statistic::Share) => new(Makeup::People, pull).on(&it.demand, &it.weight),
                (Of::Demand, Statistic::Amount) => new(Makeup::Other, pull).on(&it.demand, &it.weight),
                _ => new(Makeup::Other, pull),
            }
        }
        Measure::AttributeShare(_) => new(Makeup::Other, Pull::Either),
        Measure::DirectToSeat(it) => {
            let makeup = match it.judge {
                direct_to_seat::Judge::Regions => Makeup::Regions(it.level),
                direct_to_seat::Judge::Points => Makeup::People,
            };
            new(makeup, Pull::Either).on(&it.demand, &it.weight)
        }
        // of reported values the newest counts, and what was left out is looked at where they are read
        Measure::Reported(_) | Measure::Milestone(_) | Measure::Unmeasured(_) => return None,
    })
}

/// Widens the figures of an output by the records of the study that were left out, and accounts for the weight that they are known to have had.
pub fn open(study: &Study, measure: &Measure, output: &mut Output) {
    let Some(rests) = rests(measure) else { return };
    let Some(losses) = Losses::new(study, rests, output.gain) else { return };
    let whole = losses.opening(None);
    whole.widen(&mut output.headline, losses.rests.makeup);
    for variant in &mut output.variants {
        whole.widen(&mut variant.figure, losses.rests.makeup);
        variant.others.iter_mut().for_each(|(_, figure)| whole.widen(figure, losses.rests.makeup));
    }
    // the class of what was left out is not looked at: it may be of any
    output.classes.iter_mut().for_each(|class| whole.widen(&mut class.figure, losses.rests.makeup));
    for region in &mut output.regions {
        losses.opening(Some(region.region)).widen(&mut region.figure, losses.rests.makeup);
    }
    losses.account(output);
}

/// The most that one more facility can take in of some points of a reach, wherever it stands; `None` where nobody knows how far one comes.
///
/// A circle around it lies in four cells of a grid whose cells are as wide as the circle: the heaviest four there are.
pub(crate) fn gain(reach: &Reach<'_>, limit: Limit, points: impl Iterator<Item = usize>) -> Option<f64> {
    let far_m = match reach.unit {
        CostUnit::Metres => limit.value(),
        CostUnit::Seconds => limit.value() * reach.ground()?.top_speed.0 / 3.6,
    };
    let cell = 2.0 * far_m * reach.study.plane.scale_max.max(1.0) * 1.001;
    if !cell.is_finite() || cell <= 0.0 {
        return None;
    }
    let mut cells: BTreeMap<[i64; 2], Weight> = BTreeMap::new();
    for at in points {
        // `as` keeps within the range; a point without a place may be near it as well, and is unknown already
        let Some(place) = reach.layer.at[at] else { continue };
        let [x, y] = place.xy.array().map(|along| (along / cell).floor() as i64);
        *cells.entry([x, y]).or_insert(Weight::ZERO) += reach.weight(at);
    }
    let sum = |x: i64, y: i64| -> Weight {
        let four = [[x, y], [x + 1, y], [x, y + 1], [x + 1, y + 1]];
        four.iter().filter_map(|at| cells.get(at).copied()).sum()
    };
    let near = cells.keys().flat_map(|[x, y]| [[*x, *y], [x - 1, *y], [*x, y - 1], [x - 1, y - 1]]);
    Some(near.map(|[x, y]| sum(x, y)).max().unwrap_or(Weight::ZERO).to_f64())
}

/// What was left out that can move the figures of one measure.
struct Losses<'s, 'm> {
    study: &'s Study,
    rests: Rests<'m>,
    /// The name of the demand layer, and of the weight; empty where no demand is asked for.
    layer: String,
    group: String,
    /// What one more facility can add at most.
    gain: Option<f64>,
    /// All but demand.
    dropped: Vec<&'s Dropped>,
    demand: Vec<DemandLoss<'s>>,
    /// Whether a region was left out that would be judged.
    has_lost_region: bool,
    /// Weight of points that lie outside all regions: some of it may be in a region that was left out.
    outside: f64,
    /// Points without a place, by what is known of their region, with their weight.
    unplaced: Vec<(Option<RegionIdx>, f64)>,
}

/// Demand that was left out of one home.
struct DemandLoss<'s> {
    home: Home,
    /// Of all of them together; `None` where it is not known.
    weight: Option<f64>,
    first: &'s Dropped,
    count: u64,
}

impl<'s, 'm> Losses<'s, 'm> {
    /// `None` where nothing was left out that matters.
    fn new(study: &'s Study, rests: Rests<'m>, gain: Option<f64>) -> Option<Losses<'s, 'm>> {
        let layer: Option<&DemandLayer> = rests.demand.and_then(|(name, _)| demand_layer(study, name).ok());
        let weight = rests.demand.and_then(|(_, weight)| weight_group(layer?, weight).ok());
        let (mut outside, mut unplaced) = (0.0, BTreeMap::new());
        if let (Some(layer), Some(group)) = (layer, weight) {
            let has_outlines = study.regions.iter().any(|(_, region)| region.shape.is_some());
            for (at, weight) in group.weights.iter().enumerate().filter(|(_, weight)| **weight > Weight::ZERO) {
                match (layer.home[at], layer.at[at]) {
                    (None, Some(_)) if has_outlines => outside += weight.to_f64(),
                    (home, None) => *unplaced.entry(home).or_insert(0.0) += weight.to_f64(),
                    _ => {}
                }
            }
        }
        let layer_name = layer.map(|layer| layer.name.as_str());
        let matters = |one: &&Dropped| match &one.what {
            Lost::Spread { layer } => Some(layer.as_str()) == layer_name,
            Lost::Facility { kinds } => {
                let is_asked = |kind: &String| rests.kinds.iter().any(|(asked, _)| asked == kind);
                !rests.kinds.is_empty() && (kinds.is_empty() || kinds.iter().any(is_asked))
            }
            Lost::Region { is_judged, .. } => *is_judged || rests.by_borders,
            Lost::Hazard => !rests.kinds.is_empty(),
            Lost::Demand { .. } | Lost::Reported { .. } => false,
            Lost::District { layer } => rests.districts.is_some_and(|name| name.is_none_or(|name| name == layer)),
        };
        let dropped: Vec<&Dropped> = study.dropped.iter().filter(matters).collect();
        let group = weight.map(|group| group.name.clone()).unwrap_or_default();
        let mut demand: BTreeMap<(Home, bool), DemandLoss<'s>> = BTreeMap::new();
        for one in &study.dropped {
            let Lost::Demand { layer, weights } = &one.what else { continue };
            let weight = weights.get(&group).map(|weight| weight.to_f64());
            if Some(layer.as_str()) != layer_name || weight == Some(0.0) {
                continue;
            }
            let none = DemandLoss { home: one.home, weight: weight.map(|_| 0.0), first: one, count: 0 };
            let loss = demand.entry((one.home, weight.is_some())).or_insert(none);
            loss.count += one.count;
            loss.weight = loss.weight.zip(weight).map(|(sum, weight)| sum + weight);
        }
        let is_nothing = dropped.is_empty() && demand.is_empty() && unplaced.is_empty();
        (!is_nothing).then_some(Losses {
            study,
            has_lost_region: dropped.iter().any(|one| one.is_judged_region()),
            demand: demand.into_values().collect(),
            unplaced: unplaced.into_iter().collect(),
            gain,
            layer: layer_name.unwrap_or_default().to_owned(),
            rests,
            group,
            dropped,
            outside,
        })
    }

    /// Whether something with a home may be in a region; of the whole area, in a judged one.
    fn may_be_in(&self, home: Home, region: Option<RegionIdx>) -> bool {
        let tree = &self.study.regions;
        match (home, region) {
            (Home::Unknown, _) => true,
            (Home::Elsewhere, _) => false,
            (Home::In(home), None) => tree.get(home).judged,
            (Home::In(home), Some(region)) => {
                let level = |one: RegionIdx| tree.get(one).level;
                home == region
                    || tree.ancestor(home, level(region)) == Some(region)
                    || tree.ancestor(region, level(home)) == Some(home)
            }
        }
    }

    /// What the figure of a region, or of the whole area, does not know.
    fn opening(&self, region: Option<RegionIdx>) -> Opening<'s> {
        let mut opening = Opening { group: self.group.clone(), times: self.rests.times, ..Opening::default() };
        for one in &self.dropped {
            match &one.what {
                Lost::Demand { .. } | Lost::Reported { .. } => {}
                Lost::Spread { .. } => opening.open(Pull::Either, Cause::Spread, one),
                Lost::Facility { kinds } => self.open_facility(one, kinds, region, &mut opening),
                Lost::Region { level, .. } => self.open_region(one, *level, region, &mut opening),
                Lost::Hazard => {
                    for (_, pull) in &self.rests.kinds {
                        let pull = match pull {
                            Pull::Up => Pull::Down,
                            Pull::Down => Pull::Up,
                            Pull::Either => Pull::Either,
                        };
                        opening.open(pull, Cause::Hazard, one);
                    }
                }
                Lost::District { .. } => opening.open(Pull::Either, Cause::District, one),
            }
        }
        self.demand.iter().for_each(|loss| self.open_demand(loss, region, &mut opening));
        self.open_unplaced(region, &mut opening);
        opening
    }

    fn open_demand(&self, loss: &DemandLoss<'s>, region: Option<RegionIdx>, opening: &mut Opening<'s>) {
        let may_be = self.may_be_in(loss.home, region) || (loss.home == Home::Elsewhere && self.has_lost_region);
        let rivalry = self.rests.rivalry;
        let bears_on_others = rivalry != Rivalry::None;
        if !may_be && !bears_on_others {
            return;
        }
        let cause = if loss.weight.is_none() { Cause::Heavy } else { Cause::Weighed };
        opening.because(cause, loss.first, loss.count, loss.weight.unwrap_or(0.0));
        let is_counted = matches!(self.rests.makeup, Makeup::Regions(_));
        match loss.weight {
            Some(weight) if may_be && !is_counted => opening.more += weight,
            _ if may_be => opening.pull(Pull::Either),
            _ => {}
        }
        match (loss.weight, rivalry) {
            (_, Rivalry::None) => {}
            (Some(weight), Rivalry::OneForOne) => opening.down += weight,
            (None, _) => opening.pull(Pull::Down),
            (_, Rivalry::Any) if self.rests.makeup == Makeup::Other => opening.pull(Pull::Either),
            (_, Rivalry::Any) => opening.pull(Pull::Down),
        }
    }

    fn open_facility(&self, one: &'s Dropped, kinds: &[String], region: Option<RegionIdx>, opening: &mut Opening<'s>) {
        let may_be = self.may_be_in(one.home, region) || (one.home == Home::Elsewhere && self.has_lost_region);
        if self.rests.is_local && !may_be {
            return;
        }
        if matches!(self.rests.makeup, Makeup::Count | Makeup::Regions(_)) && self.rests.is_local {
            // one more of them, or one more region that has one
            opening.up += one.count as f64;
            opening.because(Cause::Facility, one, one.count, 0.0);
            return;
        }
        for (kind, pull) in &self.rests.kinds {
            if !(kinds.is_empty() || kinds.iter().any(|own| own == kind)) {
                continue;
            }
            match self.gain {
                Some(gain) => {
                    opening.up += gain * one.count as f64;
                    opening.because(Cause::Facility, one, one.count, 0.0);
                }
                None => opening.open(*pull, Cause::Facility, one),
            }
        }
    }

    fn open_region(&self, one: &'s Dropped, level: Level, region: Option<RegionIdx>, opening: &mut Opening<'s>) {
        let own_level = |region: RegionIdx| self.study.regions.get(region).level;
        if self.rests.by_borders {
            // any region may have been its neighbour
            opening.open(Pull::Either, Cause::Border, one);
            return;
        }
        // regions of its own level, or below, are others
        if region.is_some_and(|region| own_level(region) >= level) {
            return;
        }
        match (self.rests.makeup, self.rests.demand) {
            (Makeup::Regions(asked), _) if asked == level => {
                opening.more += one.count as f64;
                opening.because(Cause::Region, one, one.count, 0.0);
            }
            // regions that are larger than it keep their outlines
            (Makeup::Regions(asked), _) if asked < level && self.outside <= 0.0 => {}
            (Makeup::Regions(asked), _) if asked > level => {}
            (Makeup::People | Makeup::Other, Some(_)) if !self.rests.is_local => {
                // it is one and the same weight, whichever of the regions it is in
                if self.outside > 0.0 && !opening.causes.iter().any(|(cause, ..)| *cause == Cause::Region) {
                    opening.more += self.outside;
                    opening.because(Cause::Region, one, one.count, 0.0);
                }
            }
            (Makeup::Count, _) => opening.open(Pull::Up, Cause::Region, one),
            _ => opening.open(Pull::Either, Cause::Region, one),
        }
    }

    /// Points whose place is not known are unknown in the figure of the whole; in regions, and among rivals, they are so here.
    fn open_unplaced(&self, region: Option<RegionIdx>, opening: &mut Opening<'s>) {
        let tree = &self.study.regions;
        let counted = matches!(self.rests.makeup, Makeup::Regions(_)) && self.rests.demand.is_some();
        for (home, weight) in &self.unplaced {
            match self.rests.rivalry {
                Rivalry::None => {}
                Rivalry::OneForOne => opening.down += weight,
                Rivalry::Any => opening.crowd(Pull::Down),
            }
            if self.rests.rivalry == Rivalry::Any && self.rests.makeup == Makeup::Other {
                opening.crowd(Pull::Either);
            }
            let may_be = self.may_be_in(home.map_or(Home::Unknown, Home::In), region);
            // a region weighs as much as its people
            let is_weight_of_regions = self.rests.is_local && self.rests.makeup == Makeup::Other && region.is_some();
            if may_be && (counted || is_weight_of_regions) {
                opening.crowd(Pull::Either);
                continue;
            }
            // of one that is known to be in it, its own figure knows already
            let is_known = |region: RegionIdx| {
                home.is_some_and(|home| home == region || tree.ancestor(home, tree.get(region).level) == Some(region))
            };
            let is_asked = matches!(self.rests.makeup, Makeup::People | Makeup::Other) && !self.rests.is_local;
            if is_asked && region.is_some_and(|region| may_be && !is_known(region)) {
                opening.unplaced += weight;
            }
        }
    }

    /// Known weights that were left out, by reason, in the account of the weight.
    fn account(&self, output: &mut Output) {
        let Some(ledger) = output.weights.iter_mut().find(|ledger| ledger.unit == self.group) else { return };
        for one in &self.study.dropped {
            let Lost::Demand { weights, layer } = &one.what else { continue };
            if *layer != self.layer {
                continue;
            }
            let Some(weight) = weights.get(&self.group).filter(|weight| **weight > Weight::ZERO) else { continue };
            if !self.may_be_in(one.home, None) {
                continue;
            }
            ledger.total += *weight;
            match ledger.parts.iter_mut().find(|(reason, _)| *reason == one.reason) {
                Some((_, part)) => *part += *weight,
                None => ledger.parts.push((one.reason, *weight)),
            }
        }
    }
}

/// Why a figure is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A demand record with a weight that is not known.
    Heavy,
    /// A demand record with a weight that is known.
    Weighed,
    Spread,
    Facility,
    Region,
    Border,
    Hazard,
    District,
}

/// What one figure does not know.
#[derive(Default)]
struct Opening<'s> {
    group: String,
    times: f64,
    /// More of the whole, on either side.
    more: f64,
    /// The same of points whose region is not known.
    unplaced: f64,
    /// More of the part at most, and less of it, of the same whole.
    up: f64,
    down: f64,
    raises: bool,
    lowers: bool,
    /// Some points without a place bear on the others.
    is_crowded: bool,
    /// Why, with the first record, the number of records and their weight.
    causes: Vec<(Cause, &'s Dropped, u64, f64)>,
}

impl<'s> Opening<'s> {
    fn because(&mut self, cause: Cause, first: &'s Dropped, count: u64, weight: f64) {
        match self.causes.iter_mut().find(|(own, ..)| *own == cause) {
            // one record may open a figure in two ways
            Some((_, known, ..)) if std::ptr::eq(*known, first) => {}
            Some((_, _, all, sum)) => (*all, *sum) = (*all + count, *sum + weight),
            None => self.causes.push((cause, first, count, weight)),
        }
    }

    fn open(&mut self, pull: Pull, cause: Cause, one: &'s Dropped) {
        self.pull(pull);
        self.because(cause, one, one.count, 0.0);
    }

    fn pull(&mut self, pull: Pull) {
        self.raises |= pull != Pull::Down;
        self.lowers |= pull != Pull::Up;
    }

    fn crowd(&mut self, pull: Pull) {
        self.pull(pull);
        self.is_crowded = true;
    }

    fn is_nothing(&self) -> bool {
        self.more + self.unplaced + self.up + self.down <= 0.0 && !self.raises && !self.lowers
    }

    /// Widens the bounds of a figure; its value stays that of what is known.
    fn widen(&self, figure: &mut Figure, makeup: Makeup) {
        if self.is_nothing() {
            return;
        }
        let total = figure.whole.unwrap_or(0.0) + figure.unknown;
        let more = (self.more + self.unplaced) * self.times;
        // what is not applicable for want of a whole may have one
        figure.not_applicable &= more <= 0.0 && !(self.raises && self.lowers);
        figure.reason = Some(match figure.reason.take() {
            Some(own) if !own.en.is_empty() => joined(&own, &self.told()),
            _ => self.told(),
        });
        let is_share = figure.unit == FigureUnit::Share;
        let is_counted = match makeup {
            Makeup::People | Makeup::Regions(_) => is_share && total > 0.0,
            Makeup::Ratio => total > 0.0,
            Makeup::Count | Makeup::Other => false,
        };
        let Some(value) = figure.value else {
            if is_counted {
                figure.unknown += more;
            }
            return;
        };
        let (mut low, mut high) = match (figure.bounds, figure.least) {
            (Some((low, high)), _) => (low, Some(high)),
            (None, Some(least)) => (least, None),
            (None, None) if figure.is_certain() => (value, Some(value)),
            // it has no bounds already
            (None, None) => return,
        };
        let (mut raises, mut lowers) = (self.raises, self.lowers);
        if is_counted {
            let all = total + more;
            match makeup {
                Makeup::Ratio => low *= total / all,
                _ => {
                    low = (low * total - self.down) / all;
                    high = high.map(|high| (high * total + more + self.up) / all);
                }
            }
            figure.unknown += more;
        } else if makeup == Makeup::Count {
            high = high.map(|high| high + self.up);
            raises |= more > 0.0;
        } else {
            (raises, lowers) = (raises || more + self.up > 0.0, lowers || more + self.down > 0.0);
        }
        if raises {
            high = is_share.then_some(1.0);
        }
        if lowers {
            low = 0.0;
        }
        if is_share {
            (low, high) = (low.clamp(0.0, 1.0), high.map(|high| high.clamp(0.0, 1.0)));
        }
        (figure.bounds, figure.least, figure.is_open) = match high {
            Some(high) => (Some((low, high)), None, false),
            None if low > 0.0 => (None, Some(low), false),
            None => (None, None, true),
        };
    }

    fn told(&self) -> Text {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for (cause, first, count, weight) in &self.causes {
            let which = first.told();
            let (which_en, which_zh) = match count.saturating_sub(first.count) {
                0 => (which.en, which.zh),
                more => (format!("{} and {more} more", which.en), format!("{}等共 {count} 条", which.zh)),
            };
            let weight = thousands(*weight);
            let who = plural_of_group(&self.group);
            let (one_en, one_zh) = match cause {
                Cause::Heavy => (
                    format!("of what was left out the weight is not known: {which_en}"),
                    format!("被剔除记录的权重未知：{which_zh}"),
                ),
                Cause::Weighed => (
                    format!("{weight} ({}) were left out: {which_en}", who.0),
                    format!("有 {weight}（{}）被剔除：{which_zh}", who.1),
                ),
                Cause::Spread => (
                    format!("where people live is known in part only: {which_en} was left out"),
                    format!("人口分布数据不全：{which_zh}被剔除"),
                ),
                Cause::Facility => (
                    format!("a facility that was left out may count: {which_en}"),
                    format!("被剔除的设施可能计入：{which_zh}"),
                ),
                Cause::Region => (
                    format!("a region was left out, and what lies outside all others may be in it: {which_en}"),
                    format!("有区域被剔除，位于其他区域之外者可能属于该区域：{which_zh}"),
                ),
                Cause::Border => (
                    format!("a region was left out that may be a neighbour: {which_en}"),
                    format!("被剔除的区域可能是毗邻区域：{which_zh}"),
                ),
                Cause::Hazard => (
                    format!("a hazard area was left out that may take facilities out: {which_en}"),
                    format!("被剔除的灾害区可能使设施不计入：{which_zh}"),
                ),
                Cause::District => {
                    (format!("a district was left out: {which_en}"), format!("有学区（服务区）被剔除：{which_zh}"))
                }
            };
            en.push(one_en);
            zh.push(one_zh);
        }
        if self.unplaced > 0.0 {
            let unplaced = thousands(self.unplaced);
            en.push(format!("of {unplaced} ({}) the place is not known: they may be in it", self.group));
            zh.push(format!("有 {unplaced}（{}）位置未知，可能位于该区域", self.group));
        } else if self.is_crowded || self.down > 0.0 && self.causes.is_empty() {
            en.push("points whose place is not known may compete with others or lie in any region".to_owned());
            zh.push("部分需求点位置未知，可能与其他点竞争或位于任一区域".to_owned());
        }
        Text::new(en.join("; "), zh.join("；"))
    }
}

fn joined(first: &Text, second: &Text) -> Text {
    Text::new(format!("{}; {}", first.en, second.en), format!("{}；{}", first.zh, second.zh))
}
