//! Who has a bus without a change to the seat of the own region: villages to their county seat, townships with a bus to their villages.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::trim_zeros;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::Want;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::belonging::judged_regions;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::departures::Departures;
use crate::metrics::direct_layers;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::joins;
use crate::metrics::known_services::KnownServices;
use crate::metrics::known_services::stop_homes;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::engine;
use crate::metrics::reach_layers;
use crate::metrics::service_day::ServiceDay;
use crate::model::doubtful::DoubtfulLine;
use crate::model::doubtful::LoosePlace;
use crate::model::facility::Facility;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::Pattern;
use crate::model::transit::Service;
use crate::model::transit::Transit;

/// What the share is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// Demand points, e.g. villages: those with a bus to the seat.
    #[default]
    Points,
    /// Regions of `level`: those whose seat has a bus to at least one of their points.
    Regions,
}

/// `measure.direct-to-seat`: share of demand with a bus, without a change, to the seat of its own region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DirectToSeat {
    /// Kind of facility that marks the seat of a region, e.g. `county_seat`.
    pub seat: String,
    /// The level whose seat is meant: that of the region that the point lies in.
    #[serde(default = "county")]
    pub level: Level,
    /// How far the stop may be from the point; at exactly this it is within reach.
    #[serde(default = "two_km")]
    pub within: Limit,
    /// How far the stop may be from the seat, included.
    #[serde(default = "half_a_km")]
    pub seat_within: Limit,
    /// What the share is of.
    #[serde(default)]
    pub judge: Judge,
    /// Least departures a day of one line in each direction, the number itself included.
    #[serde(default = "one")]
    pub min_trips_per_day: f64,
    /// Modes that count.
    #[serde(default = "bus_and_coach")]
    pub modes: Vec<Mode>,
    /// How both distances are measured.
    #[serde(default)]
    pub by: By,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

fn two_km() -> Limit {
    Limit::Length(Metres(2000.0))
}

fn half_a_km() -> Limit {
    Limit::Length(Metres(500.0))
}

fn one() -> f64 {
    1.0
}

fn bus_and_coach() -> Vec<Mode> {
    vec![Mode::Bus, Mode::Coach]
}

/// What is known of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Direct,
    NotDirect,
    /// The seat of its region is not known, or its region.
    NoSeat,
    /// Nothing is known of the services around it, or too little.
    NoServices,
    OffStreets,
    NoPlace,
}

impl Standing {
    /// Whether it has a bus; `None` where nobody knows.
    pub fn is_direct(self) -> Option<bool> {
        match self {
            Standing::Direct => Some(true),
            Standing::NotDirect => Some(false),
            _ => None,
        }
    }
}

/// The best line of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ride {
    pub service: ServiceIdx,
    /// Departures a day of its weaker direction.
    pub trips: f64,
    /// The nearest stop of it, and the cost to get there.
    pub stop: StopIdx,
    pub cost: f64,
}

/// A region of the level.
pub(crate) struct Unit {
    pub region: RegionIdx,
    /// Whether its seat has a bus to one of its points at least; `None` where nobody knows.
    pub has: Option<bool>,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: DirectToSeat,
    pub reach: Reach<'a>,
    pub transit: &'a Transit,
    /// By point of the layer; nothing for points that are not judged.
    pub standings: Vec<Option<Standing>>,
    pub rides: Vec<Option<Ride>>,
    pub units: Vec<Unit>,
    /// Judged regions of the level without a seat.
    pub without_seat: Vec<RegionIdx>,
    pub synthetic: bool,
}

/// Stops near the seat of a region, and the services that call there.
#[derive(Default)]
struct Seat {
    stops: BTreeSet<StopIdx>,
    services: BTreeSet<ServiceIdx>,
}

impl DirectToSeat {
    fn wrong(key: &'static str, what: impl Into<String>) -> Result<(), MetricError> {
        Err(MetricError::Parameter { key, what: what.into() })
    }

    fn question(&self, limit: Limit) -> Question<'_> {
        Question {
            kind: "stop",
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: limit.into(),
            direction: Direction::ToFacility,
            nth: 1,
            whose: Whose::Any,
            whose_level: self.level,
        }
    }

    fn doubtful<'t>(&self, transit: &'t Transit) -> Vec<(&'t DoubtfulLine, BTreeSet<StopIdx>)> {
        let lines = transit.doubtful.iter().filter(|line| line.mode.is_none_or(|mode| self.modes.contains(&mode)));
        let calls = |line: &DoubtfulLine| {
            let is_own = |service: &&Service| service.feed == line.feed && Some(&service.id) == line.id.as_ref();
            let own = transit.services.iter().filter(is_own).flat_map(|service| &service.patterns);
            own.flat_map(|pattern| pattern.stops.iter().copied()).collect()
        };
        lines.map(|line| (line, calls(line))).collect()
    }

    /// Stops that a service of the modes calls at, as places, in index order.
    fn stops(&self, transit: &Transit) -> (Vec<StopIdx>, Vec<Facility>) {
        let mut called = BTreeSet::new();
        for service in transit.services.iter().filter(|service| self.modes.contains(&service.mode)) {
            called.extend(service.patterns.iter().flat_map(|pattern| pattern.stops.iter().copied()));
        }
        let place = |stop: &StopIdx| {
            let stop = transit.stop(*stop);
            Facility {
                id: stop.id.clone(),
                name: stop.name.clone(),
                kind: "stop".to_owned(),
                at: stop.at,
                home: None,
                capacity: None,
                synthetic: false,
            }
        };
        let stops: Vec<StopIdx> = called.into_iter().collect();
        let places = stops.iter().map(place).collect();
        (stops, places)
    }
}

/// Everything that a point is asked with.
struct Asking<'s> {
    params: &'s DirectToSeat,
    transit: &'s Transit,
    day: ServiceDay<'s>,
    /// Services of the modes by stop.
    callers: Vec<Vec<ServiceIdx>>,
    seats: BTreeMap<RegionIdx, Seat>,
    study: &'s Study,
    /// Lines of the modes of which calls were left out, with the stops that they are known to call at.
    doubtful: Vec<(&'s DoubtfulLine, BTreeSet<StopIdx>)>,
}

impl Asking<'_> {
    /// Whether a line that calls near a seat may call near a point too, or the other way round, for what is not known of it.
    fn may_be_direct(&self, near: &[(StopIdx, f64)], seat: &Seat, home: Option<RegionIdx>) -> bool {
        let of_home = |code: &str| {
            let regions = &self.study.regions;
            let found = Level::ALL.into_iter().rev().find_map(|level| regions.find(level, code));
            home.zip(found).is_some_and(|(home, found)| regions.ancestor(home, regions.get(found).level) == Some(found))
        };
        let is_near = |stop: &StopIdx| near.iter().any(|(other, _)| other == stop);
        self.doubtful.iter().any(|(line, calls)| {
            let sure = |is_one: &dyn Fn(&StopIdx) -> bool| calls.iter().any(is_one);
            let (here, there) = (sure(&is_near), sure(&|stop| seat.stops.contains(stop)));
            line.calls.iter().any(|call| match &call.place {
                LoosePlace::At(stops) => {
                    let seats = stops.iter().any(|stop| seat.stops.contains(stop));
                    let own = stops.iter().any(is_near);
                    let mut rest = line.calls.iter().filter(|other| *other != call);
                    let mut other = |is_one: &dyn Fn(&StopIdx) -> bool| {
                        rest.any(|other| matches!(&other.place, LoosePlace::At(stops) if stops.iter().any(is_one)))
                    };
                    match (seats, own) {
                        (true, _) => here || other(&is_near),
                        (_, true) => there,
                        _ => false,
                    }
                }
                LoosePlace::In(code) => of_home(code) && (here || there),
                // somewhere along the line
                LoosePlace::Between(..) => here || there,
            })
        })
    }

    /// The line with most departures in its weaker direction from some stops to a seat, the first of several.
    ///
    /// With it whether another line may have departures enough, of which nobody knows how often it runs.
    fn best(&self, near: &[(StopIdx, f64)], seat: &Seat) -> (Option<Ride>, bool) {
        let mut costs: BTreeMap<StopIdx, f64> = BTreeMap::new();
        let mut candidates: BTreeSet<ServiceIdx> = BTreeSet::new();
        for (stop, cost) in near {
            costs.entry(*stop).or_insert(*cost);
            candidates.extend(self.callers[stop.at()].iter().filter(|service| seat.services.contains(service)));
        }
        let (mut best, mut is_open): (Option<Ride>, bool) = (None, false);
        for candidate in candidates {
            let service = &self.transit.services[candidate.at()];
            let (mut there, mut back) = (Departures::default(), Departures::default());
            let mut at_seat: Vec<&Pattern> = Vec::new();
            let mut nearest: Option<(StopIdx, f64)> = None;
            for pattern in &service.patterns {
                let positions = |is_one: &dyn Fn(&StopIdx) -> bool| -> Vec<usize> {
                    (0..pattern.stops.len()).filter(|nth| is_one(&pattern.stops[*nth])).collect()
                };
                let here = positions(&|stop| costs.contains_key(stop));
                let seats = positions(&|stop| seat.stops.contains(stop));
                joins::between(&self.day, pattern, &here, &seats, &mut there);
                joins::between(&self.day, pattern, &seats, &here, &mut back);
                // whose own stop is that of the seat is there already
                if here.iter().any(|nth| seats.contains(nth)) {
                    at_seat.push(pattern);
                }
                for nth in here {
                    let stop = pattern.stops[nth];
                    let cost = costs[&stop];
                    if nearest.is_none_or(|(known, other)| cost < other || (cost == other && stop < known)) {
                        nearest = Some((stop, cost));
                    }
                }
            }
            let at_seat = each_way(&self.day, &at_seat);
            let wanted = self.params.min_trips_per_day;
            let trips = there.trips().min(back.trips()).max(at_seat.trips());
            is_open |= trips < wanted && (there.may_be(wanted) && back.may_be(wanted) || at_seat.may_be(wanted));
            if let Some((stop, cost)) = nearest
                && trips > 0.0
                && best.is_none_or(|best| trips > best.trips)
            {
                best = Some(Ride { service: candidate, trips, stop, cost });
            }
        }
        (best, is_open)
    }
}

/// Departures a day of the weaker direction of some patterns of a line, those of the only direction where it has one: a round, or one way.
///
/// However the line is written: one pattern that runs both ways, or two that run one way each. Directions are told by the order in which
/// patterns call at the stops of the first.
fn each_way(day: &ServiceDay<'_>, patterns: &[&Pattern]) -> Departures {
    let Some(first) = patterns.first() else { return Departures::default() };
    let place: BTreeMap<StopIdx, usize> =
        first.stops.iter().enumerate().rev().map(|(at, stop)| (day.transit.station_of(*stop), at)).collect();
    let (mut along, mut against) = (Departures::default(), Departures::default());
    for pattern in patterns {
        let places: Vec<usize> =
            pattern.stops.iter().filter_map(|stop| place.get(&day.transit.station_of(*stop)).copied()).collect();
        let rising = places.windows(2).filter(|two| two[0] < two[1]).count();
        let falling = places.windows(2).filter(|two| two[0] > two[1]).count();
        let is_against = falling > rising && !pattern.is_loop;
        let add = |sum: &mut Departures| sum.add_untimed(day.trips_per_day(pattern), pattern.more);
        if !is_against || pattern.both_ways {
            add(&mut along);
        }
        if is_against || pattern.both_ways {
            add(&mut against);
        }
    }
    match (along.is_empty(), against.is_empty()) {
        (true, _) => against,
        (_, true) => along,
        _ if against.trips() < along.trips() => against,
        _ => along,
    }
}

impl DirectToSeat {
    fn answer<'a>(
        &self,
        networks: &Networks<'a>,
        transit: &'a Transit,
        stops: &[StopIdx],
        places: &'a [Facility],
    ) -> Result<Answer<'a>, MetricError> {
        let study = networks.study;
        let reach = Reach::to(networks, &self.question(self.within), places.iter().collect())?;
        let seats: Vec<&Facility> = study.facilities.iter().filter(|facility| facility.kind == self.seat).collect();
        if seats.is_empty() {
            let kinds: BTreeSet<&str> = study.facilities.iter().map(|facility| facility.kind.as_str()).collect();
            return Err(MetricError::Missing {
                what: format!("no facility of kind \"{}\" was read", self.seat),
                instead: format!("kinds in the study: {}", kinds.into_iter().collect::<Vec<_>>().join(", ")),
            });
        }
        let mut callers: Vec<Vec<ServiceIdx>> = vec![Vec::new(); transit.stops.len()];
        for (at, service) in transit.services.iter().enumerate().filter(|(_, one)| self.modes.contains(&one.mode)) {
            let called: BTreeSet<StopIdx> =
                service.patterns.iter().flat_map(|pattern| pattern.stops.iter().copied()).collect();
            called.into_iter().for_each(|stop| callers[stop.at()].push(ServiceIdx::new(at)));
        }
        let at: Vec<Place> = places.iter().map(|place| place.at).collect();
        let mut asking = Asking {
            params: self,
            transit,
            day: ServiceDay::new(transit, transit.date),
            callers,
            seats: BTreeMap::new(),
            study,
            doubtful: self.doubtful(transit),
        };
        let question = self.question(self.seat_within);
        let to_seat = engine(networks, &question)?;
        let prepared = to_seat.prepare(&study.plane, &at);
        for seat in &seats {
            let Some(region) = seat.home.and_then(|home| study.regions.ancestor(home, self.level)) else { continue };
            let own = asking.seats.entry(region).or_default();
            for (nth, _) in prepared.row(&seat.at, Want::Within(self.seat_within.value()), &|_| true) {
                let stop = stops[nth as usize];
                own.stops.insert(stop);
                own.services.extend(asking.callers[stop.at()].iter().copied());
            }
        }
        drop(prepared);
        let is_called: Vec<bool> = asking.callers.iter().map(|callers| !callers.is_empty()).collect();
        let known = KnownServices::new(study, transit, &stop_homes(study, transit), &is_called, Level::County);
        let question = self.question(self.within);
        let from_point = engine(networks, &question)?;
        let prepared = from_point.prepare(&study.plane, &at);
        let ask = |point: &usize| -> (Standing, Option<Ride>) {
            let home = reach.layer.home[*point];
            match reach.reached(*point) {
                Reached::NoPlace => return (Standing::NoPlace, None),
                Reached::OffStreets => return (Standing::OffStreets, None),
                _ => {}
            }
            let region = home.and_then(|home| study.regions.ancestor(home, self.level));
            let Some(seat) = region.and_then(|region| asking.seats.get(&region)) else {
                return (Standing::NoSeat, None);
            };
            let near: Vec<(StopIdx, f64)> = match &reach.layer.at[*point] {
                Some(place) => prepared
                    .row(place, Want::Within(self.within.value()), &|_| true)
                    .into_iter()
                    .map(|(nth, cost)| (stops[nth as usize], cost))
                    .collect(),
                None => Vec::new(),
            };
            let (ride, is_open) = asking.best(&near, seat);
            match ride {
                Some(found) if found.trips >= asking.params.min_trips_per_day => (Standing::Direct, ride),
                _ if is_open || asking.may_be_direct(&near, seat, home) => (Standing::NoServices, ride),
                _ if known.has_data(home) => (Standing::NotDirect, ride),
                _ => (Standing::NoServices, ride),
            }
        };
        let found: Vec<(Standing, Option<Ride>)> = reach.judged.par_iter().map(ask).collect();
        let (mut standings, mut rides) = (vec![None; reach.layer.len()], vec![None; reach.layer.len()]);
        for (point, (standing, ride)) in reach.judged.iter().zip(found) {
            standings[*point] = Some(standing);
            rides[*point] = ride;
        }
        let units: Vec<Unit> = reach
            .by_region(&[self.level])
            .into_iter()
            .map(|(_, region, points)| {
                let mut has = Some(false);
                for point in &points {
                    match standings[*point].and_then(Standing::is_direct) {
                        Some(true) => {
                            has = Some(true);
                            break;
                        }
                        Some(false) => {}
                        None => has = None,
                    }
                }
                Unit { region, has: has.filter(|_| !points.is_empty()) }
            })
            .collect();
        let without_seat = units.iter().map(|unit| unit.region).filter(|region| !asking.seats.contains_key(region));
        let without_seat = without_seat.collect();
        let lines = transit.services.iter().filter(|service| self.modes.contains(&service.mode));
        let synthetic = reach.synthetic
            || seats.iter().any(|seat| seat.synthetic)
            || lines.into_iter().any(|service| service.synthetic);
        drop(prepared);
        Ok(Answer { params: self.clone(), reach, transit, standings, rides, units, without_seat, synthetic })
    }
}

impl Answer<'_> {
    fn by_standing(&self, points: &[usize]) -> [Weight; 6] {
        let mut sums = [Weight::ZERO; 6];
        for point in points {
            if let Some(standing) = self.standings[*point] {
                sums[standing as usize] += self.reach.weight(*point);
            }
        }
        sums
    }

    fn of_points(&self, points: &[usize]) -> Figure {
        let [direct, not, no_seat, no_services, off, no_place] = self.by_standing(points);
        let unknown = no_seat + no_services + off + no_place;
        let figure = Figure::share(direct.to_f64(), (direct + not).to_f64(), unknown.to_f64());
        // where only those can be known that have one, their share is no finding
        let is_blind = not == Weight::ZERO && no_services > Weight::ZERO;
        if is_blind { Figure { value: None, ..figure } } else { figure }
    }

    fn of_units<'u>(units: impl Iterator<Item = &'u Unit>) -> Figure {
        let mut counts = [0.0; 3];
        for unit in units {
            counts[match unit.has {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            }] += 1.0;
        }
        Figure::share(counts[0], counts[0] + counts[1], counts[2])
    }

    fn whole(&self, judge: Judge) -> Figure {
        match judge {
            Judge::Points => self.of_points(&self.reach.judged),
            Judge::Regions => Answer::of_units(self.units.iter()),
        }
    }

    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        let (study, homes) = (self.reach.study, self.reach.homes());
        match self.params.judge {
            Judge::Points => self
                .reach
                .by_region(over)
                .iter()
                .map(|(level, region, points)| {
                    RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| {
                        self.of_points(points)
                    })
                })
                .collect(),
            Judge::Regions => judged_regions(study, over)
                .into_iter()
                .filter(|(level, _)| *level <= self.params.level)
                .map(|(level, region)| {
                    let is_in = |unit: &&Unit| study.regions.ancestor(unit.region, level) == Some(region);
                    RegionFigure { region, level, figure: Answer::of_units(self.units.iter().filter(is_in)) }
                })
                .collect(),
        }
    }

    /// The question in words.
    fn told(&self) -> Text {
        let params = &self.params;
        let modes: Vec<&str> = params.modes.iter().map(|mode| mode.id()).collect();
        let (trips, level) = (trim_zeros(params.min_trips_per_day, 3), params.level.title());
        Text::new(
            format!(
                "a line ({}) with a stop within {} and one within {} of the {} of the own {}, at least {trips} departures a day in each direction",
                modes.join(", "),
                params.within,
                params.seat_within,
                params.seat,
                level.0
            ),
            format!(
                "有一条线路在{}内设站，并停靠所属{}的{}{}内，每日双向各不少于{trips}班",
                params.within, level.1, params.seat, params.seat_within
            ),
        )
    }

    fn notes(&self) -> Vec<Text> {
        let mut notes = vec![self.told(), self.reach.caveat()];
        notes.extend(self.transit.remarks.iter().cloned());
        if !self.without_seat.is_empty() {
            let names: Vec<&str> = self
                .without_seat
                .iter()
                .take(5)
                .map(|region| self.reach.study.regions.get(*region).name.as_str())
                .collect();
            let (count, kind) = (self.without_seat.len(), &self.params.seat);
            notes.push(Text::new(
                format!(
                    "{count} regions have no {kind} in the file, so that their points are no data: {}",
                    names.join(", ")
                ),
                format!("{count} 个区域数据中无{kind}，其需求点按无数据处理：{}", names.join("、")),
            ));
        }
        let no_services = self.by_standing(&self.reach.judged)[Standing::NoServices as usize];
        if no_services > Weight::ZERO {
            notes.push(Text::new(
                format!("nothing, or too little, is known of the services around {no_services}"),
                format!("{no_services} 周边公交服务无数据或存疑"),
            ));
        }
        notes
    }

    fn issues(&self) -> Vec<Issue> {
        let issue = |region: &RegionIdx| {
            let region = self.reach.study.regions.get(*region);
            let what =
                format!("{} has no {} in the file: who has a bus there is not known", region.name, self.params.seat);
            Issue::new(Severity::Warning, "no-seat", &self.params.seat, what).with_id(&region.code)
        };
        self.without_seat.iter().map(issue).collect()
    }

    fn variants(&self, headline: &Figure) -> Vec<Variant> {
        let row = |code: &str, en: &str, zh: &str, figure: Figure, informative_only: bool| Variant {
            code: code.to_owned(),
            label: Text::new(en, zh),
            figure,
            others: Vec::new(),
            informative_only,
        };
        let names = |judge: Judge| match judge {
            Judge::Points => ("points", "points with a bus to the seat", "有直达班车的需求点"),
            Judge::Regions => ("regions", "regions whose seat has a bus to a point", "有镇村线路的区域"),
        };
        let own = self.params.judge;
        let other = if own == Judge::Points { Judge::Regions } else { Judge::Points };
        let ((code, en, zh), (other_code, other_en, other_zh)) = (names(own), names(other));
        let limit = self.params.within.value();
        let (mut near, mut far, mut unknown) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for point in &self.reach.judged {
            let weight = self.reach.weight(*point);
            match self.reach.reached(*point) {
                Reached::At(_, cost) if is_within(cost, limit) => near += weight,
                Reached::NoPlace | Reached::OffStreets => unknown += weight,
                _ if self.standings[*point] == Some(Standing::NoServices) => unknown += weight,
                _ => far += weight,
            }
        }
        let stop = Figure::share(near.to_f64(), (near + far).to_f64(), unknown.to_f64());
        vec![
            row(code, en, zh, headline.clone(), false),
            row(other_code, other_en, other_zh, self.whole(other), true),
            row(
                "any-stop",
                "points with a stop within reach, wherever its lines lead",
                "附近有站点（不论去向）",
                stop,
                true,
            ),
        ]
    }

    fn ledger(&self) -> WeightLedger {
        if self.params.judge == Judge::Regions {
            let count =
                |has: Option<bool>| Weight::whole(self.units.iter().filter(|unit| unit.has == has).count() as u64);
            let parts =
                vec![("direct", count(Some(true))), ("not-direct", count(Some(false))), ("no-data", count(None))];
            return WeightLedger { unit: "regions".to_owned(), total: Weight::whole(self.units.len() as u64), parts };
        }
        let [direct, not, no_seat, no_services, off, no_place] = self.by_standing(&self.reach.judged);
        let parts = vec![
            ("direct", direct),
            ("not-direct", not),
            ("without-seat", no_seat),
            ("without-service-data", no_services),
        ];
        ledger(&self.reach, &self.reach.judged, parts, [Weight::ZERO, off, no_place])
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let noun = match self.params.judge {
            Judge::Regions => Noun::regions(),
            _ => Noun::of_group(&self.reach.group.name),
        };
        let more = context.missing(headline)?.more(&noun);
        Some(Text::new(format!("{} must get a bus without a change", more.en), format!("还需使 {}有直达班车", more.zh)))
    }
}

impl Metric for DirectToSeat {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let Some(transit) = &context.study.transit else {
            return Err(MetricError::Missing {
                what: "the study has no stops".to_owned(),
                instead: "give lines: [study] services = { path = \"….csv\" } or transit = { gtfs = \"….zip\" }"
                    .to_owned(),
            });
        };
        let (stops, places) = self.stops(transit);
        let networks = Networks::new(networks.study);
        let answer = self.answer(&networks, transit, &stops, &places)?;
        let mut headline = answer.whole(self.judge);
        if headline.unknown > 0.0 {
            let unknown = trim_zeros(headline.unknown, 3);
            headline = headline.because(Text::new(
                format!("of {unknown} the place, the seat or the services around are not known"),
                format!("{unknown} 的位置、驻地或周边公交服务未知"),
            ));
        }
        let regions = answer.regions(context.over);
        let mut output = Output { synthetic: answer.synthetic, ..Output::default() };
        output.notes = answer.notes();
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        reach_layers::tell_gaps(&answer.reach, context, Some(self.within.value()), &headline, &mut output);
        output.issues.extend(answer.issues());
        output.evidence = direct_layers::evidence(&answer);
        output.outcomes = direct_layers::outcomes(&answer);
        output.tables = direct_layers::tables(&answer, context, &regions);
        output.tables.iter_mut().for_each(|table| table.synthetic = answer.synthetic);
        output.variants = answer.variants(&headline);
        output.weights.push(answer.ledger());
        output.headline = headline;
        output.regions = regions;
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        if self.modes.is_empty() {
            return DirectToSeat::wrong("modes", "names no mode; write for example [\"bus\"]");
        }
        if !self.min_trips_per_day.is_finite() || self.min_trips_per_day <= 0.0 {
            let what = format!("{} is not a number of departures; write 1 or more", self.min_trips_per_day);
            return DirectToSeat::wrong("min-trips-per-day", what);
        }
        if self.by == By::Transit {
            return DirectToSeat::wrong("by", "is the way to the stop; write walk, or leave it out");
        }
        needs_speed(self.by, self.within.into(), "within")?;
        needs_speed(self.by, self.seat_within.into(), "seat-within")
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.seat]
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
