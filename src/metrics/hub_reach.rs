//! Whether a bus leads from each hub, a station or a sight, to every neighbouring region near it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Metres;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::adjacency;
use crate::metrics::adjacency::Rule;
use crate::metrics::adjacency::Unit;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::judged_regions;
use crate::metrics::connection::Network;
use crate::metrics::covered_share::county;
use crate::metrics::departures::Departures;
use crate::metrics::doubts::Doubts;
use crate::metrics::figure::Figure;
use crate::metrics::hub_layers;
use crate::metrics::joins;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::service_day::ServiceDay;
use crate::model::facility::Facility;
use crate::model::locate::RegionLocator;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Mode;
use crate::model::transit::Service;

/// What the headline is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// Pairs of a hub and a neighbouring region.
    #[default]
    Pairs,
    /// Hubs: those joined to every neighbouring region near them.
    Hubs,
}

/// `measure.hub-reach`: share of pairs of a hub and a neighbouring region near it that one bus line joins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HubReach {
    /// Kind of facility that is a hub, or a list of kinds: `["rail_station", "sight_5a"]`.
    pub kind: Kinds,
    /// Farthest that a neighbouring region may lie from the hub, included.
    #[serde(default = "thirty_km")]
    pub within: Metres,
    /// Farthest that a stop may be from the hub that it serves, included.
    #[serde(default = "half_a_km")]
    pub stop_within: Metres,
    /// What the headline is a share of.
    #[serde(default)]
    pub judge: Judge,
    /// Level of the regions.
    #[serde(default = "county")]
    pub level: Level,
    /// Pairs of the headline: the region in the hub's own province, in another, or in any.
    #[serde(default)]
    pub scope: Scope,
    /// Least departures a day in each direction, the number itself included.
    #[serde(default = "one")]
    pub min_trips_per_day: f64,
    /// Modes that count as bus.
    #[serde(default = "bus")]
    pub modes: Vec<Mode>,
    /// Least shared border of neighbours; must exceed four times the tolerance.
    #[serde(default = "half_a_km")]
    pub min_border: Metres,
    /// How far apart two outlines of one border may run.
    #[serde(default = "fifty_m")]
    pub tolerance: Metres,
}

fn thirty_km() -> Metres {
    Metres(30_000.0)
}

fn half_a_km() -> Metres {
    Metres(500.0)
}

fn fifty_m() -> Metres {
    Metres(50.0)
}

fn one() -> f64 {
    1.0
}

fn bus() -> Vec<Mode> {
    vec![Mode::Bus]
}

/// What is known of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Joined,
    NotJoined,
    /// Nothing is known of services in the hub's region or in the other, or a line may join them of which too little is known.
    NoData,
}

/// A hub and a neighbouring region near it.
pub(crate) struct Pair {
    /// Position among the hubs.
    pub hub: usize,
    /// Position among the units.
    pub unit: usize,
    /// From the hub to the nearest point of the region.
    pub metres: f64,
    pub standing: Standing,
    /// The line with most departures in its weaker direction, and their number.
    pub line: Option<(ServiceIdx, f64)>,
    /// Of a pair without data: the lines that may join it, and what is not known of them; empty where nothing is known of services.
    pub doubts: Vec<Text>,
    pub is_across: bool,
}

/// A hub that is judged.
pub(crate) struct Hub<'a> {
    pub facility: &'a Facility,
    /// Position of its own region among the units.
    pub unit: usize,
    /// Whether any stop that a line of the modes calls at is near enough.
    pub has_stop: bool,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: HubReach,
    pub study: &'a Study,
    pub units: Vec<Unit>,
    pub hubs: Vec<Hub<'a>>,
    /// By hub, then unit.
    pub pairs: Vec<Pair>,
    services: &'a [Service],
    /// Hubs in no region of the level.
    pub outside: Vec<&'a Facility>,
    pub synthetic: bool,
}

impl HubReach {
    fn wrong(key: &'static str, what: impl Into<String>) -> Result<(), MetricError> {
        Err(MetricError::Parameter { key, what: what.into() })
    }

    fn answer<'a>(&self, study: &'a Study) -> Result<Answer<'a>, MetricError> {
        let facilities = self.kind.facilities(study)?;
        let Some(transit) = &study.transit else {
            return Err(MetricError::Missing {
                what: "the study has no services".to_owned(),
                instead: "give a route table under study.services or a timetable under study.transit".to_owned(),
            });
        };
        let units = adjacency::units(study, self.level, false);
        if units.is_empty() {
            return Err(MetricError::Missing {
                what: format!("no region of level {} has an outline", self.level),
                instead: "give a polygon layer of that level under study.regions".to_owned(),
            });
        }
        let rule = Rule {
            min_border_m: self.min_border.0,
            tolerance_m: self.tolerance.0,
            point_contact: false,
            exclude_water: true,
        };
        let adjacency = adjacency::adjacency(study, &units, rule);
        let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); units.len()];
        for pair in adjacency.neighbours() {
            neighbours[pair.a].push(pair.b);
            neighbours[pair.b].push(pair.a);
        }
        neighbours.iter_mut().for_each(|own| own.sort_unstable());
        let network = Network::new(study, transit, &units, self.tolerance.0);
        let beside: BTreeSet<(usize, usize)> = adjacency.neighbours().map(|pair| (pair.a, pair.b)).collect();
        let doubts = Doubts::new(&network, &beside, &self.modes);
        let day = ServiceDay::new(transit, transit.date);
        // a unit is one region here
        let locator =
            RegionLocator::of_regions(units.iter().flat_map(|unit| &unit.members).map(|at| study.regions.get(*at)));
        let (mut hubs, mut outside) = (Vec::new(), Vec::new());
        let unit_of = |facility: &Facility| {
            let by_home = facility.home.and_then(|home| study.regions.ancestor(home, self.level));
            let by_home = by_home.and_then(|region| units.iter().position(|unit| unit.members.contains(&region)));
            by_home.or_else(|| locator.locate(facility.at.xy.array()).map(|unit| unit as usize))
        };
        for facility in facilities {
            match unit_of(facility) {
                Some(unit) if units[unit].judged => hubs.push(Hub { facility, unit, has_stop: false }),
                Some(_) => {}
                None => outside.push(facility),
            }
        }
        let mut synthetic = hubs.iter().any(|hub| hub.facility.synthetic);
        let mut pairs = Vec::new();
        for (at, hub) in hubs.iter_mut().enumerate() {
            let xy = hub.facility.at.xy;
            // straight lines in the study plane
            let is_near: Vec<bool> =
                transit.stops.iter().map(|stop| is_within(stop.at.xy.distance_m(xy), self.stop_within.0)).collect();
            let near_units: Vec<(usize, f64)> = neighbours[hub.unit]
                .iter()
                .filter_map(|unit| {
                    let nth = *unit as u32;
                    let metres = match locator.holds(nth, xy.array()) {
                        true => 0.0,
                        false => locator.distance_to_border(xy.array(), nth)?,
                    };
                    is_within(metres, self.within.0).then_some((*unit, metres))
                })
                .collect();
            let joined = self.joined(&network, &day, &is_near, &near_units);
            hub.has_stop = joined.has_stop;
            for (unit, metres) in near_units {
                let line = joined.lines.get(&unit).copied();
                let is_joined = line.is_some_and(|(_, trips)| trips >= self.min_trips_per_day);
                let mut may: Vec<Text> = Vec::new();
                if !is_joined {
                    may.extend(joined.maybe.get(&unit).map(|service| {
                        let name = &transit.services[service.at()].name;
                        Text::new(format!("{name}: departures a day are not known"), format!("{name}：每日班次不详"))
                    }));
                    may.extend(doubts.from_place(&|stop| is_near[stop.at()], hub.unit, unit));
                }
                let has_data = network.has_data(hub.unit, &day) && network.has_data(unit, &day);
                let standing = match is_joined {
                    true => Standing::Joined,
                    false if may.is_empty() && has_data => Standing::NotJoined,
                    false => Standing::NoData,
                };
                synthetic |= line.is_some_and(|(service, _)| transit.services[service.at()].synthetic);
                let is_across = units[hub.unit].province != units[unit].province;
                pairs.push(Pair { hub: at, unit, metres, standing, line, doubts: may, is_across });
            }
        }
        synthetic |= transit.services.iter().any(|service| service.synthetic && self.modes.contains(&service.mode));
        Ok(Answer { params: self.clone(), study, units, hubs, pairs, services: &transit.services, outside, synthetic })
    }

    /// For each of some units the line with most departures in its weaker direction, the first of several.
    fn joined(
        &self,
        network: &Network<'_>,
        day: &ServiceDay<'_>,
        is_near: &[bool],
        near_units: &[(usize, f64)],
    ) -> Joined {
        let mut joined = Joined::default();
        for (at, service) in day.transit.services.iter().enumerate() {
            let calls_near = |stop: &StopIdx| is_near[stop.at()];
            let is_one = self.modes.contains(&service.mode);
            if !is_one || !service.patterns.iter().flat_map(|pattern| &pattern.stops).any(calls_near) {
                continue;
            }
            joined.has_stop = true;
            for (unit, _) in near_units {
                let (mut there, mut back) = (Departures::default(), Departures::default());
                for pattern in &service.patterns {
                    let at_hub: Vec<usize> =
                        (0..pattern.stops.len()).filter(|nth| is_near[pattern.stops[*nth].at()]).collect();
                    let is_inside = |nth: &usize| network.places()[pattern.stops[*nth].at()].unit == Some(*unit);
                    let inside: Vec<usize> = (0..pattern.stops.len()).filter(is_inside).collect();
                    joins::between(day, pattern, &at_hub, &inside, &mut there);
                    joins::between(day, pattern, &inside, &at_hub, &mut back);
                }
                let trips = there.trips().min(back.trips());
                if there.may_be(self.min_trips_per_day) && back.may_be(self.min_trips_per_day) {
                    joined.maybe.entry(*unit).or_insert(ServiceIdx::new(at));
                }
                if trips > 0.0 && joined.lines.get(unit).is_none_or(|(_, known)| trips > *known) {
                    joined.lines.insert(*unit, (ServiceIdx::new(at), trips));
                }
            }
        }
        joined
    }
}

#[derive(Default)]
struct Joined {
    has_stop: bool,
    lines: BTreeMap<usize, (ServiceIdx, f64)>,
    /// By unit the first line that may have departures enough.
    maybe: BTreeMap<usize, ServiceIdx>,
}

impl Answer<'_> {
    pub(crate) fn line_name(&self, service: ServiceIdx) -> &str {
        &self.services[service.at()].name
    }

    pub(crate) fn is_in(&self, scope: Scope, pair: &Pair) -> bool {
        match scope {
            Scope::WithinProvince => !pair.is_across,
            Scope::AcrossProvinces => pair.is_across,
            Scope::All => true,
        }
    }

    /// Pairs of a scope of some hubs: joined, not joined, no data.
    fn pairs_of(&self, scope: Scope, is_one: &dyn Fn(usize) -> bool) -> [u64; 3] {
        let mut counts = [0; 3];
        for pair in self.pairs.iter().filter(|pair| self.is_in(scope, pair) && is_one(pair.hub)) {
            counts[pair.standing as usize] += 1;
        }
        counts
    }

    /// Hubs with a pair of a scope: joined to all, not to all, nobody knows.
    fn hubs_of(&self, scope: Scope, is_one: &dyn Fn(usize) -> bool) -> [u64; 3] {
        let mut counts = [0; 3];
        for hub in (0..self.hubs.len()).filter(|hub| is_one(*hub)) {
            let own = self.pairs_of(scope, &|other| other == hub);
            match own {
                [0, 0, 0] => {}
                [_, 0, 0] => counts[0] += 1,
                [_, 0, _] => counts[2] += 1,
                _ => counts[1] += 1,
            }
        }
        counts
    }

    fn figure(&self, judge: Judge, scope: Scope, is_one: &dyn Fn(usize) -> bool) -> Figure {
        let [joined, not_joined, no_data] = match judge {
            Judge::Pairs => self.pairs_of(scope, is_one),
            Judge::Hubs => self.hubs_of(scope, is_one),
        }
        .map(|count| count as f64);
        Figure::share(joined, joined + not_joined, no_data)
    }

    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        judged_regions(self.study, over)
            .into_iter()
            .filter(|(level, _)| *level <= self.params.level)
            .map(|(level, region)| {
                let is_one = |hub: usize| {
                    let own = self.units[self.hubs[hub].unit].members.first();
                    own.is_some_and(|own| *own == region || self.study.regions.ancestor(*own, level) == Some(region))
                };
                RegionFigure { region, level, figure: self.figure(self.params.judge, self.params.scope, &is_one) }
            })
            .collect()
    }

    fn variants(&self) -> Vec<Variant> {
        let scopes = [
            (Scope::WithinProvince, "within-province", "within the province", "省内"),
            (Scope::AcrossProvinces, "across-provinces", "across provinces", "跨省"),
            (Scope::All, "all", "all", "全部"),
        ];
        let mut rows = Vec::new();
        for (judge, word_en, word_zh) in [(Judge::Pairs, "pairs", "枢纽—毗邻区域对"), (Judge::Hubs, "hubs", "枢纽")]
        {
            for (scope, code, en, zh) in scopes {
                let is_own = (judge, scope) == (self.params.judge, self.params.scope);
                rows.push(Variant {
                    code: format!("{word_en}-{code}"),
                    label: Text::new(format!("{word_en}, {en}"), format!("{word_zh}（{zh}）")),
                    figure: self.figure(judge, scope, &|_| true),
                    others: Vec::new(),
                    informative_only: !is_own,
                });
            }
        }
        rows.sort_by_key(|row| row.informative_only);
        rows
    }

    pub(crate) fn caveat(&self) -> Text {
        let params = &self.params;
        let modes: Vec<&str> = params.modes.iter().map(|mode| mode.id()).collect();
        let (kinds, trips) = (params.kind.told(), trim_zeros(params.min_trips_per_day, 3));
        Text::new(
            format!(
                "hubs: {kinds}; a pair is a hub and a region beside its own at most {} away; it is joined by one line ({}) with a stop at most {} \
                 from the hub and one in the region, at least {trips} departures a day in each direction; straight lines",
                params.within,
                modes.join(", "),
                params.stop_within
            ),
            format!(
                "枢纽：{kinds}；枢纽与其毗邻且相距不超过{}的区域为一对；一条线路在枢纽{}内设站并停靠该区域，且每日双向各不少于{trips}班，即为通达（直线距离）",
                params.within, params.stop_within
            ),
        )
    }

    fn notes(&self) -> Vec<Text> {
        let mut notes = vec![self.caveat()];
        let (all, paired) = (self.hubs.len(), {
            let mut hubs: Vec<usize> = self.pairs.iter().map(|pair| pair.hub).collect();
            hubs.dedup();
            hubs.len()
        });
        let without = self.hubs.iter().filter(|hub| !hub.has_stop).count();
        notes.push(Text::new(
            format!("{paired} of {all} hubs have a neighbouring region near enough; {without} have no stop near them"),
            format!("{all} 个枢纽中 {paired} 个附近有毗邻区域；{without} 个附近无站点"),
        ));
        notes.extend(self.study.transit.iter().flat_map(|transit| transit.remarks.iter().cloned()));
        if !self.outside.is_empty() {
            let names: Vec<&str> = self.outside.iter().take(5).map(|hub| hub.name.as_str()).collect();
            let (count, named) = (self.outside.len(), names.join(", "));
            notes.push(Text::new(
                format!("{count} hubs lie in no region and are not judged: {named}"),
                format!("{count} 个枢纽不在任何区域内，不参与评价：{named}"),
            ));
        }
        notes
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let noun = match self.params.judge {
            Judge::Pairs => Noun::new("pair", "pairs", "对"),
            Judge::Hubs => Noun::new("hub", "hubs", "个枢纽"),
        };
        let more = context.missing(headline)?.more(&noun);
        Some(Text::new(format!("{} must be joined", more.en), format!("还需通达 {}", more.zh)))
    }

    fn ledger(&self) -> WeightLedger {
        let all = |_: usize| true;
        let (unit, counts) = match self.params.judge {
            Judge::Pairs => ("pairs", self.pairs_of(self.params.scope, &all)),
            Judge::Hubs => ("hubs", self.hubs_of(self.params.scope, &all)),
        };
        let [joined, not_joined, no_data] = counts.map(Weight::whole);
        WeightLedger {
            unit: unit.to_owned(),
            total: joined + not_joined + no_data,
            parts: vec![("joined", joined), ("not-joined", not_joined), ("no-data", no_data)],
        }
    }
}

impl Metric for HubReach {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let answer = self.answer(context.study)?;
        let mut headline = answer.figure(self.judge, self.scope, &|_| true);
        if headline.unknown > 0.0 {
            let count = headline.unknown;
            headline = headline.because(Text::new(
                format!("too little is known of the services of {count} pairs or hubs"),
                format!("{count} 对（个）所涉公交服务无数据或存疑"),
            ));
        }
        let regions = answer.regions(context.over);
        Ok(Output {
            variants: answer.variants(),
            notes: answer.notes(),
            closing_the_gap: answer.closing_the_gap(context, &headline),
            evidence: hub_layers::evidence(&answer),
            tables: hub_layers::tables(&answer, context, &regions),
            weights: vec![answer.ledger()],
            synthetic: answer.synthetic,
            headline,
            regions,
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        self.kind.check()?;
        if self.min_border.0 <= 4.0 * self.tolerance.0 {
            let what = format!("{} must exceed four times the tolerance ({})", self.min_border, self.tolerance);
            return HubReach::wrong("min-border", what);
        }
        if self.modes.is_empty() {
            return HubReach::wrong("modes", "names no mode; write for example [\"bus\"]");
        }
        if !self.min_trips_per_day.is_finite() || self.min_trips_per_day <= 0.0 {
            let what = format!("{} is not a number of departures; write 1 or more", self.min_trips_per_day);
            return HubReach::wrong("min-trips-per-day", what);
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        self.kind.iter().collect()
    }
}
