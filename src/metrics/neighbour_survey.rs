//! The pairs of one study with every definition's answer to each: connected, not connected, no data.

use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::clock::ServiceDate;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::same::is_at_least;
use crate::base::same::is_within;
use crate::base::units::Text;
use crate::impedance::index::PointIndex;
use crate::metrics::MetricError;
use crate::metrics::adjacency;
use crate::metrics::adjacency::Adjacency;
use crate::metrics::adjacency::Pair;
use crate::metrics::adjacency::Standing;
use crate::metrics::adjacency::Unit;
use crate::metrics::connection::Calls;
use crate::metrics::connection::Change;
use crate::metrics::connection::NearBorder;
use crate::metrics::connection::Nearness;
use crate::metrics::connection::Network;
use crate::metrics::connection::Walk;
use crate::metrics::departures::Needs;
use crate::metrics::doubts::Doubts;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::joins;
use crate::metrics::joins::Ends;
use crate::metrics::joins::Join;
use crate::metrics::joins::Joins;
use crate::metrics::journeys::Changing;
use crate::metrics::journeys::Journeys;
use crate::metrics::journeys::Timetable;
use crate::metrics::neighbour_reach::AmongEnds;
use crate::metrics::neighbour_reach::Definition;
use crate::metrics::neighbour_reach::NeighbourReach;
use crate::metrics::neighbour_reach::Rate;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::neighbour_reach::UnitMerge;
use crate::metrics::service_day::ServiceDay;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::More;

/// What is known of one pair under one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Connected,
    NotConnected,
    /// One of the two regions has no service data at all, or a line may join them of which too little is known.
    NoData,
}

/// One study seen with one set of parameters.
pub struct Survey<'a> {
    pub study: &'a Study,
    pub params: &'a NeighbourReach,
    pub units: Vec<Unit>,
    pub adjacency: Adjacency,
    /// `None` without a route table or timetable.
    pub network: Option<Network<'a>>,
    /// The study's day first, then those of `on`; none without services.
    pub days: Vec<DayView<'a>>,
    /// Stops that `border-walk` lets count in a unit that they do not lie in.
    nearness: Nearness,
    pairs: BTreeSet<(usize, usize)>,
    doubts: OnceCell<Doubts>,
    paths: OnceCell<BTreeMap<usize, BTreeSet<ServiceIdx>>>,
}

/// What joins the units on one day.
pub struct DayView<'a> {
    pub day: ServiceDay<'a>,
    /// Direct services of the wanted modes, stops as located.
    pub direct: Joins,
    any_mode: OnceCell<Joins>,
    calls: OnceCell<Calls>,
    timetable: OnceCell<Timetable<'a>>,
    /// Journeys with changes, stops as located, of pairs that were asked for.
    journeys: RefCell<BTreeMap<(usize, usize), JourneyPair>>,
}

/// Journeys with changes between the units of a pair.
#[derive(Debug, Clone, Default)]
pub struct JourneyPair {
    pub there: Journeys,
    pub back: Journeys,
}

/// Whether departures are as wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// The data does not tell.
    Unknown,
}

/// All modes that a service may have.
pub const ALL_MODES: [Mode; 9] = [
    Mode::Bus,
    Mode::Coach,
    Mode::Metro,
    Mode::Rail,
    Mode::Tram,
    Mode::Ferry,
    Mode::Cable,
    Mode::OnDemand,
    Mode::SchoolBus,
];

impl<'a> Survey<'a> {
    /// Units, neighbours and services of a study.
    /// # Errors
    /// [`MetricError::Missing`] when no region of the level has an outline, or when the study has neither services nor a
    /// ledger of declared pairs.
    pub fn new(study: &'a Study, params: &'a NeighbourReach) -> Result<Survey<'a>, MetricError> {
        let units = adjacency::units(study, params.level, params.unit_merge == UnitMerge::CityProper);
        if units.is_empty() {
            return Err(MetricError::Missing {
                what: format!("no region of level {} has an outline", params.level),
                instead: "give a polygon layer of that level under study.regions".to_owned(),
            });
        }
        let is_one = |prefix: &str| {
            let codes = units.iter().flat_map(|unit| {
                let members = unit.members.iter().map(|member| study.regions.get(*member).code.as_str());
                members.chain([unit.code.as_str()])
            });
            codes.into_iter().any(|code| code.starts_with(prefix))
        };
        if let Some(other) = params.among.iter().find(|prefix| !is_one(prefix)) {
            return Err(MetricError::Missing {
                what: format!("among: no region of level {} has a code that begins with \"{other}\"", params.level),
                instead: "write the codes of the regions as study.regions has them".to_owned(),
            });
        }
        if study.transit.is_none() && study.declared.is_none() {
            return Err(MetricError::Missing {
                what: "the study has no services".to_owned(),
                instead: "give a route table under study.services or a ledger under study.declared-pairs".to_owned(),
            });
        }
        let adjacency = adjacency::adjacency(study, &units, params.rule());
        let pairs: BTreeSet<(usize, usize)> = adjacency.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        let network = study.transit.as_ref().map(|transit| Network::new(study, transit, &units, params.tolerance.0));
        let nearness = network.as_ref().map(|network| network.nearness(params.border_walk.0, None)).unwrap_or_default();
        let mut survey = Survey {
            study,
            params,
            units,
            adjacency,
            network,
            days: Vec::new(),
            nearness,
            pairs,
            doubts: OnceCell::new(),
            paths: OnceCell::new(),
        };
        survey.days = survey.look_at_days()?;
        Ok(survey)
    }

    fn look_at_days(&self) -> Result<Vec<DayView<'a>>, MetricError> {
        let (Some(transit), Some(network)) = (&self.study.transit, &self.network) else { return Ok(Vec::new()) };
        if transit.date.is_none() && !self.params.on.is_empty() {
            return Err(MetricError::Missing {
                what: "\"on\" names days, but the study has no timetable".to_owned(),
                instead: "give one under study.transit, or leave \"on\" out: a route table is the same every day"
                    .to_owned(),
            });
        }
        let further = self.params.on.iter().copied().map(Some).filter(|date| *date != transit.date);
        let mut dates: Vec<Option<ServiceDate>> = Vec::new();
        for date in std::iter::once(transit.date).chain(further) {
            if !dates.contains(&date) {
                dates.push(date);
            }
        }
        let view = |date| {
            let day = ServiceDay::new(transit, date);
            let ends = Ends { near_border: NearBorder::AsLocated, walk_s: &|_, _| Some(0), nearness: &self.nearness };
            let direct = joins::joins(network, &day, &self.params.modes, ends, &self.pairs);
            DayView {
                day,
                direct,
                any_mode: OnceCell::new(),
                calls: OnceCell::new(),
                timetable: OnceCell::new(),
                journeys: RefCell::default(),
            }
        };
        Ok(dates.into_iter().map(view).collect())
    }

    /// The definition of the headline: with changes it goes by timetable where there is one.
    pub fn definition(&self) -> Definition {
        match self.params.effective_definition() {
            Definition::Transfer if self.params.definition == Definition::Direct && self.has_timed() => {
                Definition::Journey
            }
            definition => definition,
        }
    }

    /// Whether single vehicles of any service of the wanted modes are known by their times.
    pub fn has_timed(&self) -> bool {
        let Some(transit) = &self.study.transit else { return false };
        let mut services = transit.services.iter().filter(|service| self.params.modes.contains(&service.mode));
        services.any(|service| self.days.iter().any(|view| view.day.is_timed(service)))
    }

    /// Whether a pair counts in `scope`; at least one of its regions must be judged. Regions whose province is not known are
    /// taken as of one province.
    pub fn in_scope(&self, pair: &Pair, scope: Scope) -> bool {
        let (a, b) = (&self.units[pair.a], &self.units[pair.b]);
        let within = a.province == b.province;
        let is_meant = match self.params.among_ends {
            AmongEnds::Either => self.is_among(pair.a) || self.is_among(pair.b),
            AmongEnds::Both => self.is_among(pair.a) && self.is_among(pair.b),
        };
        match scope {
            Scope::WithinProvince => is_meant && within && (a.judged || b.judged),
            Scope::AcrossProvinces => is_meant && !within && (a.judged || b.judged),
            Scope::All => self.in_scope(pair, Scope::WithinProvince) || self.in_scope(pair, Scope::AcrossProvinces),
        }
    }

    /// Whether a unit is among the regions that are named; all are where none is.
    fn is_among(&self, unit: usize) -> bool {
        let among = &self.params.among;
        let is_named = |code: &str| among.iter().any(|prefix| code.starts_with(prefix.as_str()));
        let unit = &self.units[unit];
        among.is_empty()
            || is_named(&unit.code)
            || unit.members.iter().any(|member| is_named(&self.study.regions.get(*member).code))
    }

    /// Direct services of a pair whose departures in both directions are as wanted.
    pub fn good_joins<'j>(&self, joins: &'j Joins, pair: &Pair, needs: &Needs) -> Vec<&'j Join> {
        let all = joins.get(&(pair.a, pair.b)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|join| join.lacks(needs).is_empty()).collect()
    }

    /// Each neighbour pair's answer under a definition, in the order of [`Adjacency::neighbours`].
    /// # Errors
    /// The reason, for readers, why the definition can not be assessed with this study.
    pub fn answers(&self, definition: Definition, near_border: NearBorder) -> Result<Vec<Answer>, Text> {
        let pairs: Vec<&Pair> = self.adjacency.neighbours().collect();
        self.answers_for(&pairs, definition, near_border)
    }

    /// The same for any pairs: connected when it is on every day, not connected when it is not on one.
    /// # Errors
    /// As [`Survey::answers`].
    pub fn answers_for(
        &self,
        pairs: &[&Pair],
        definition: Definition,
        near_border: NearBorder,
    ) -> Result<Vec<Answer>, Text> {
        if definition == Definition::Declared {
            return self.declared_answers(pairs);
        }
        let mut answers = self.answers_on(0, pairs, definition, near_border)?;
        for day in 1..self.days.len() {
            for (answer, other) in answers.iter_mut().zip(self.answers_on(day, pairs, definition, near_border)?) {
                *answer = match (*answer, other) {
                    (Answer::NotConnected, _) | (_, Answer::NotConnected) => Answer::NotConnected,
                    (Answer::Connected, Answer::Connected) => Answer::Connected,
                    _ => Answer::NoData,
                };
            }
        }
        Ok(answers)
    }

    /// The answers of one day, by its position among the days.
    /// # Errors
    /// As [`Survey::answers`].
    pub fn answers_on(
        &self,
        day: usize,
        pairs: &[&Pair],
        definition: Definition,
        near_border: NearBorder,
    ) -> Result<Vec<Answer>, Text> {
        if definition == Definition::Declared {
            return self.declared_answers(pairs);
        }
        let Some((network, view)) = self.network.as_ref().zip(self.days.get(day)) else {
            return Err(Text::new("no route table was given", "未提供线路表"));
        };
        let params = self.params;
        let needs = params.needs();
        let fits = |joins: &Joins, needs: &Needs| -> Vec<Fit> {
            pairs.iter().map(|pair| fit(joins.get(&(pair.a, pair.b)).map(Vec::as_slice), needs)).collect()
        };
        let joined = |ends: Ends<'_>| joins::joins(network, &view.day, &params.modes, ends, &self.pairs);
        let anywhere = |_: StopIdx, _: usize| Some(0);
        let at_stops = Ends { near_border, walk_s: &anywhere, nearness: &self.nearness };
        let direct = || match near_border {
            NearBorder::AsLocated => fits(&view.direct, &needs),
            _ => fits(&joined(at_stops), &needs),
        };
        let found: Vec<Fit> = match definition {
            Definition::Geometry => pairs.iter().map(|pair| is_fit(self.passing_through(pair).is_some())).collect(),
            Definition::Direct | Definition::Declared => direct(),
            Definition::Deep => {
                let places = network.places();
                let deep = |stop: StopIdx, _| is_at_least(places[stop.at()].depth_m, params.deep_inside.0).then_some(0);
                let joins = joined(Ends { near_border, walk_s: &deep, nearness: &Nearness::new() });
                fits(&joins, &Needs { trips: params.deep_trips_per_day, ..needs })
            }
            Definition::Centre => {
                let near = self.stops_near_centres(network)?;
                let walk = |stop: StopIdx, unit| near.get(&(stop, unit)).copied();
                let ends = Ends { near_border, walk_s: &walk, nearness: &Nearness::new() };
                let direct = fits(&joined(ends), &needs);
                match params.transfers {
                    0 => direct,
                    changes => {
                        let journeys = self.search(network, view, pairs, &direct, ends, changes);
                        or_journeys(pairs, direct, &journeys, &needs)
                    }
                }
            }
            Definition::Transfer => self.or_walks(network, view, pairs, direct(), &[]),
            Definition::Journey => {
                if !self.has_timed() {
                    return Err(Text::new("no timetable was given", "未提供时刻表"));
                }
                let direct = direct();
                let with_changes = match near_border {
                    NearBorder::AsLocated => {
                        self.look_for_journeys(network, view, pairs, &direct, at_stops);
                        or_journeys(pairs, direct, &view.journeys.borrow(), &needs)
                    }
                    _ => {
                        let journeys = self.search(network, view, pairs, &direct, at_stops, self.changes());
                        or_journeys(pairs, direct, &journeys, &needs)
                    }
                };
                let timed: Vec<bool> =
                    view.day.transit.services.iter().map(|service| view.day.is_timed(service)).collect();
                // where all is timed there is nothing left for the rule without times
                if view
                    .day
                    .transit
                    .services
                    .iter()
                    .zip(&timed)
                    .all(|(one, timed)| *timed || !params.modes.contains(&one.mode))
                {
                    with_changes
                } else {
                    self.or_walks(network, view, pairs, with_changes, &timed)
                }
            }
        };
        let is_known = |pair: &Pair| {
            let has_data = network.has_data(pair.a, &view.day) && network.has_data(pair.b, &view.day);
            has_data && self.doubts(pair).is_empty()
        };
        Ok(pairs
            .iter()
            .zip(found)
            .map(|(pair, fit)| match fit {
                Fit::Yes => Answer::Connected,
                Fit::No if is_known(pair) => Answer::NotConnected,
                Fit::No | Fit::Unknown => Answer::NoData,
            })
            .collect())
    }

    /// Why a line of which too little is known may join a pair; empty where none may.
    pub fn doubts(&self, pair: &Pair) -> Vec<Text> {
        let Some(network) = &self.network else { return Vec::new() };
        let doubts = self.doubts.get_or_init(|| Doubts::new(network, &self.pairs, &self.params.modes));
        doubts.between(pair.a, pair.b)
    }

    /// Changes of definition [`Definition::Journey`].
    pub fn changes(&self) -> u8 {
        self.params.transfers.max(1)
    }

    /// Pairs that two lines and a walk join where they do not fit already; between two timed lines the timetable tells.
    fn or_walks(
        &self,
        network: &Network<'_>,
        view: &DayView<'_>,
        pairs: &[&Pair],
        fits: Vec<Fit>,
        timed: &[bool],
    ) -> Vec<Fit> {
        let services = &view.day.transit.services;
        let is_open = services.iter().flat_map(|service| &service.patterns).any(|pattern| pattern.more != More::No);
        let possible = is_open.then(|| network.calls(&view.day, true));
        let or_walk = |(pair, fit): (&&Pair, Fit)| match &possible {
            _ if fit == Fit::Yes || self.walk_between(network, view, pair, timed).is_some() => Fit::Yes,
            Some(calls) if self.walk_with(network, calls, pair, timed).is_some() => Fit::Unknown,
            _ => fit,
        };
        pairs.iter().zip(fits).map(or_walk).collect()
    }

    /// Searches journeys between the pairs that do not fit and were not searched yet, stops as located.
    fn look_for_journeys(
        &self,
        network: &Network<'_>,
        view: &DayView<'a>,
        pairs: &[&Pair],
        fits: &[Fit],
        ends: Ends<'_>,
    ) {
        let known: BTreeSet<(usize, usize)> = view.journeys.borrow().keys().copied().collect();
        let (open, fits): (Vec<&Pair>, Vec<Fit>) = pairs
            .iter()
            .zip(fits)
            .filter(|(pair, _)| !known.contains(&(pair.a, pair.b)))
            .map(|(p, f)| (*p, *f))
            .unzip();
        let found = self.search(network, view, &open, &fits, ends, self.changes());
        view.journeys.borrow_mut().extend(found);
    }

    /// The journeys with changes between the pairs that do not fit.
    fn search(
        &self,
        network: &Network<'_>,
        view: &DayView<'a>,
        pairs: &[&Pair],
        fits: &[Fit],
        ends: Ends<'_>,
        changes: u8,
    ) -> BTreeMap<(usize, usize), JourneyPair> {
        let open: Vec<(usize, usize)> =
            pairs.iter().zip(fits).filter(|(_, fit)| **fit != Fit::Yes).map(|(pair, _)| (pair.a, pair.b)).collect();
        let mut found: BTreeMap<(usize, usize), JourneyPair> = BTreeMap::new();
        if open.is_empty() {
            return found;
        }
        let changing = Changing {
            walk_m: self.params.transfer_walk.0,
            walk_speed: self.params.walk_speed,
            max_wait: self.params.max_wait,
        };
        let timetable = view.timetable.get_or_init(|| Timetable::new(&view.day, &self.params.modes, changing));
        // by unit: stops inside, and those near it only
        type Stops = BTreeMap<StopIdx, u32>;
        let mut inside: Vec<Stops> = vec![Stops::new(); self.units.len()];
        let mut near: Vec<Stops> = vec![Stops::new(); self.units.len()];
        for stop in (0..network.places().len()).map(StopIdx::new) {
            for (unit, spot) in ends.of(network, stop) {
                let held = if spot.inside { &mut inside[unit] } else { &mut near[unit] };
                held.insert(stop, spot.walk_s);
            }
        }
        let mut origins_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (a, b) in &open {
            origins_of.entry(*b).or_default().push(*a);
            origins_of.entry(*a).or_default().push(*b);
        }
        for (to, origins) in origins_of {
            let both: Stops = inside[to].iter().chain(&near[to]).map(|(stop, walk)| (*stop, *walk)).collect();
            let mut to_both = timetable.towards(&both, changes);
            let mut to_inside = None;
            for from in origins {
                let mut journeys = to_both.from(&inside[from]);
                if !near[from].is_empty() {
                    let to_inside = to_inside.get_or_insert_with(|| timetable.towards(&inside[to], changes));
                    journeys = journeys.or(to_inside.from(&near[from]));
                }
                let pair = found.entry((from.min(to), from.max(to))).or_default();
                if from < to {
                    pair.there = journeys;
                } else {
                    pair.back = journeys;
                }
            }
        }
        found
    }

    /// The journeys with changes that were found for a pair on a day.
    pub fn journeys(&self, day: usize, pair: &Pair) -> Option<JourneyPair> {
        self.days.get(day)?.journeys.borrow().get(&(pair.a, pair.b)).cloned()
    }

    /// Direct services of any mode on a day, stops as located.
    pub fn any_mode(&self, day: usize) -> Option<&Joins> {
        let (network, view) = self.network.as_ref().zip(self.days.get(day))?;
        let ends = Ends { near_border: NearBorder::AsLocated, walk_s: &|_, _| Some(0), nearness: &self.nearness };
        Some(view.any_mode.get_or_init(|| joins::joins(network, &view.day, &ALL_MODES, ends, &self.pairs)))
    }

    /// Direct services of the wanted modes between some pairs on a day, with stops so far outside of the units.
    pub fn nearly(&self, day: usize, pairs: &BTreeSet<(usize, usize)>, reach_m: f64) -> Joins {
        let Some((network, view)) = self.network.as_ref().zip(self.days.get(day)) else { return Joins::new() };
        let units: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let nearness = network.nearness(reach_m, Some(&units));
        let ends = Ends { near_border: NearBorder::AsLocated, walk_s: &|_, _| Some(0), nearness: &nearness };
        joins::joins(network, &view.day, &self.params.modes, ends, pairs)
    }

    /// The first service of the wanted modes whose path runs through both units of a pair.
    pub fn passing_through(&self, pair: &Pair) -> Option<ServiceIdx> {
        let network = self.network.as_ref()?;
        let paths = self.paths.get_or_init(|| {
            let paths = network.paths(&self.params.modes);
            paths.into_iter().map(|(unit, services)| (unit, services.into_iter().collect())).collect()
        });
        paths.get(&pair.a)?.intersection(paths.get(&pair.b)?).next().copied()
    }

    /// The walk across the border that joins two lines on a day, when there is one within `transfer-walk` (included).
    pub fn walk(&self, day: usize, pair: &Pair) -> Option<Walk> {
        let (network, view) = self.network.as_ref().zip(self.days.get(day))?;
        self.walk_between(network, view, pair, &[])
    }

    fn walk_between(&self, network: &Network<'_>, view: &DayView<'_>, pair: &Pair, timed: &[bool]) -> Option<Walk> {
        let calls = view.calls.get_or_init(|| network.calls(&view.day, false));
        self.walk_with(network, calls, pair, timed)
    }

    fn walk_with(&self, network: &Network<'_>, calls: &Calls, pair: &Pair, timed: &[bool]) -> Option<Walk> {
        // both directions of each line: twice the trips of one
        let change = Change { calls, calls_per_day: 2.0 * self.params.min_trips_per_day, timed };
        network
            .shortest_walk(pair.a, pair.b, &self.params.modes, Some(&change))
            .filter(|walk| is_within(walk.metres, self.params.transfer_walk.0))
    }

    /// Stops within `centre-within` of a centre of the unit that they stand in, with the seconds to walk there.
    fn stops_near_centres(&self, network: &Network<'_>) -> Result<BTreeMap<(StopIdx, usize), u32>, Text> {
        let kind = self.params.centre_kind.as_deref().ok_or_else(|| {
            Text::new("no kind of facility marks the centres (centre-kind)", "未指定中心设施类型（centre-kind）")
        })?;
        let unit_of: BTreeMap<_, usize> = self
            .units
            .iter()
            .enumerate()
            .flat_map(|(at, unit)| unit.members.iter().map(move |member| (*member, at)))
            .collect();
        let mut centres: BTreeMap<usize, Vec<[f64; 2]>> = BTreeMap::new();
        for facility in self.study.facilities.iter().filter(|facility| facility.kind == kind) {
            let unit = facility
                .home
                .and_then(|home| self.study.regions.ancestor(home, self.params.level))
                .and_then(|region| unit_of.get(&region));
            if let Some(unit) = unit {
                centres.entry(*unit).or_default().push(facility.at.xy.array());
            }
        }
        if centres.is_empty() {
            return Err(Text::new(
                format!("no facility of kind \"{kind}\" lies in a region of this level"),
                format!("没有位于该级区域内的“{kind}”设施"),
            ));
        }
        let indices: BTreeMap<usize, PointIndex> =
            centres.iter().map(|(unit, points)| (*unit, PointIndex::new(points))).collect();
        let mut near = BTreeMap::new();
        for (at, place) in network.places().iter().enumerate() {
            let Some(unit) = place.unit else { continue };
            let stop = StopIdx::new(at);
            let xy = network.stop(stop).at.xy.array();
            let hit = indices.get(&unit).and_then(|index| index.nearest_where(xy, &mut |_| true));
            if let Some((_, metres)) = hit.filter(|(_, metres)| is_within(*metres, self.params.centre_within.0)) {
                let seconds = if metres > 0.0 { self.params.walk_speed.seconds(metres).ceil() } else { 0.0 };
                near.insert((stop, unit), seconds as u32);
            }
        }
        Ok(near)
    }

    /// Unit pairs of the bureau's ledger that are open and run often enough; codes that no unit has are left out here
    /// and listed in the report.
    pub fn declared_pairs(&self) -> Option<BTreeSet<(usize, usize)>> {
        let declared = self.study.declared.as_ref()?;
        let find = |code: &str| self.unit_with_code(code);
        Some(
            declared
                .iter()
                .filter(|line| line.closed.as_deref().is_none_or(|closed| closed.trim().is_empty()))
                .filter(|line| line.trips_per_day.is_none_or(|trips| trips >= self.params.min_trips_per_day))
                .filter_map(|line| Some((find(&line.code_a)?, find(&line.code_b)?)))
                .filter(|(a, b)| a != b)
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect(),
        )
    }

    /// The unit that a region code belongs to.
    pub fn unit_with_code(&self, code: &str) -> Option<usize> {
        self.units.iter().position(|unit| {
            unit.code == code || unit.members.iter().any(|member| self.study.regions.get(*member).code == code)
        })
    }

    fn declared_answers(&self, pairs: &[&Pair]) -> Result<Vec<Answer>, Text> {
        let declared = self
            .declared_pairs()
            .ok_or_else(|| Text::new("no ledger of declared pairs was given", "未提供主管部门通达台账"))?;
        Ok(pairs
            .iter()
            .map(|pair| match declared.contains(&(pair.a, pair.b)) {
                true => Answer::Connected,
                false => Answer::NotConnected,
            })
            .collect())
    }

    /// The rate over the pairs in `scope`, by the convention `rate`.
    pub fn rate(&self, pairs: &[&Pair], answers: &[Answer], scope: Scope, rate: Rate) -> Figure {
        match rate {
            Rate::Pairs => tally(
                pairs.iter().zip(answers).filter(|(pair, _)| self.in_scope(pair, scope)).map(|(_, answer)| *answer),
            ),
            Rate::Regions => {
                let mut by_unit: BTreeMap<usize, Vec<Answer>> = BTreeMap::new();
                for (pair, answer) in pairs.iter().zip(answers).filter(|(pair, _)| self.in_scope(pair, scope)) {
                    for unit in [pair.a, pair.b] {
                        if self.units[unit].judged && self.is_among(unit) {
                            by_unit.entry(unit).or_default().push(*answer);
                        }
                    }
                }
                tally(by_unit.values().map(|answers| {
                    if answers.contains(&Answer::NotConnected) {
                        Answer::NotConnected
                    } else if answers.contains(&Answer::NoData) {
                        Answer::NoData
                    } else {
                        Answer::Connected
                    }
                }))
            }
        }
    }

    /// Pairs that touch within the tolerance, neighbours or not, for the point-contact row of the matrix; planners'
    /// overrides stand.
    pub fn touching(&self) -> Vec<&Pair> {
        let touches = |pair: &&Pair| match pair.standing {
            Standing::Neighbours | Standing::Added(_) => true,
            Standing::Removed(_) | Standing::WaterOnly => false,
            Standing::ShortContact => pair.within_m > 0.0,
        };
        self.adjacency.pairs.iter().filter(touches).collect()
    }
}

fn is_fit(yes: bool) -> Fit {
    if yes { Fit::Yes } else { Fit::No }
}

/// Whether one of some services has departures as wanted in both directions; unknown where one might have.
fn fit(joins: Option<&[Join]>, needs: &Needs) -> Fit {
    let mut fit = Fit::No;
    for join in joins.unwrap_or_default() {
        let lacks = join.lacks(needs);
        if lacks.is_empty() {
            return Fit::Yes;
        }
        if lacks.iter().all(|(_, lack)| lack.is_unknown()) {
            fit = Fit::Unknown;
        }
    }
    fit
}

fn or_journeys(
    pairs: &[&Pair],
    fits: Vec<Fit>,
    journeys: &BTreeMap<(usize, usize), JourneyPair>,
    needs: &Needs,
) -> Vec<Fit> {
    let lead = |pair: &Pair| {
        journeys.get(&(pair.a, pair.b)).is_some_and(|journeys| {
            [&journeys.there, &journeys.back].iter().all(|way| way.departures().lacks(needs).is_empty())
        })
    };
    pairs.iter().zip(fits).map(|(pair, fit)| if fit != Fit::Yes && lead(pair) { Fit::Yes } else { fit }).collect()
}

/// Connected over connected and not connected, those without data apart.
pub fn tally(answers: impl Iterator<Item = Answer>) -> Figure {
    let (mut connected, mut not, mut unknown) = (0u32, 0u32, 0u32);
    for answer in answers {
        match answer {
            Answer::Connected => connected += 1,
            Answer::NotConnected => not += 1,
            Answer::NoData => unknown += 1,
        }
    }
    let figure = Figure::share(f64::from(connected), f64::from(connected + not), f64::from(unknown));
    debug_assert_eq!(figure.unit, FigureUnit::Share);
    figure
}
