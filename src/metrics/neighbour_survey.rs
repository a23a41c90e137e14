//! The pairs of one study with every definition's answer to each: connected, not connected, no data.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::impedance::index::PointIndex;
use crate::metrics::MetricError;
use crate::metrics::adjacency;
use crate::metrics::adjacency::Adjacency;
use crate::metrics::adjacency::Pair;
use crate::metrics::adjacency::Standing;
use crate::metrics::adjacency::Unit;
use crate::metrics::connection::Join;
use crate::metrics::connection::NearBorder;
use crate::metrics::connection::Network;
use crate::metrics::connection::Walk;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::neighbour_reach::Definition;
use crate::metrics::neighbour_reach::NeighbourReach;
use crate::metrics::neighbour_reach::Rate;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::neighbour_reach::UnitMerge;
use crate::model::study::Study;
use crate::model::transit::Mode;

/// What is known of one pair under one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Connected,
    NotConnected,
    /// One of the two regions has no service data at all.
    NoData,
}

/// Joins by unit pair.
pub type Joins = BTreeMap<(usize, usize), Vec<Join>>;

/// One study seen with one set of parameters.
pub struct Survey<'a> {
    pub study: &'a Study,
    pub params: &'a NeighbourReach,
    pub units: Vec<Unit>,
    pub adjacency: Adjacency,
    /// `None` without a route table.
    pub network: Option<Network<'a>>,
    /// Direct services of the wanted modes, stops as located.
    pub direct: Joins,
    /// Direct services of any mode, stops as located.
    pub any_mode: Joins,
    paths: OnceCell<BTreeMap<usize, BTreeSet<ServiceIdx>>>,
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
        if study.transit.is_none() && study.declared.is_none() {
            return Err(MetricError::Missing {
                what: "the study has no services".to_owned(),
                instead: "give a route table under study.services or a ledger under study.declared-pairs".to_owned(),
            });
        }
        let adjacency = adjacency::adjacency(study, &units, params.rule());
        let network = study.transit.as_ref().map(|transit| Network::new(study, transit, &units, params.tolerance.0));
        let joins = |modes: &[Mode]| {
            network.as_ref().map(|n| n.joins(modes, NearBorder::AsLocated, &|_, _| true)).unwrap_or_default()
        };
        let (direct, any_mode) = (joins(&params.modes), joins(&ALL_MODES));
        Ok(Survey { study, params, units, adjacency, network, direct, any_mode, paths: OnceCell::new() })
    }

    /// Whether a pair counts in `scope`; at least one of its regions must be judged. Regions whose province is not known are
    /// taken as of one province.
    pub fn in_scope(&self, pair: &Pair, scope: Scope) -> bool {
        let (a, b) = (&self.units[pair.a], &self.units[pair.b]);
        let within = a.province == b.province;
        match scope {
            Scope::WithinProvince => within && (a.judged || b.judged),
            Scope::AcrossProvinces => !within && (a.judged || b.judged),
            Scope::All => self.in_scope(pair, Scope::WithinProvince) || self.in_scope(pair, Scope::AcrossProvinces),
        }
    }

    /// Direct services of a pair that run often enough in both directions.
    pub fn good_joins<'j>(&self, joins: &'j Joins, pair: &Pair, trips_per_day: f64) -> Vec<&'j Join> {
        let all = joins.get(&(pair.a, pair.b)).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|join| join.there >= trips_per_day && join.back >= trips_per_day).collect()
    }

    /// Each neighbour pair's answer under a definition, in the order of [`Adjacency::neighbours`].
    /// # Errors
    /// The reason, for readers, why the definition can not be assessed with this study.
    pub fn answers(&self, definition: Definition, near_border: NearBorder) -> Result<Vec<Answer>, Text> {
        let pairs: Vec<&Pair> = self.adjacency.neighbours().collect();
        self.answers_for(&pairs, definition, near_border)
    }

    /// The same for any pairs.
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
        let Some(network) = &self.network else {
            return Err(Text::new("no route table was given", "未提供线路表"));
        };
        let params = self.params;
        let trips = params.min_trips_per_day;
        let connected: Vec<bool> = match definition {
            Definition::Geometry => pairs.iter().map(|pair| self.passing_through(pair).is_some()).collect(),
            Definition::Direct if near_border == NearBorder::AsLocated => {
                pairs.iter().map(|pair| !self.good_joins(&self.direct, pair, trips).is_empty()).collect()
            }
            Definition::Direct => {
                let joins = network.joins(&params.modes, near_border, &|_, _| true);
                pairs.iter().map(|pair| !self.good_joins(&joins, pair, trips).is_empty()).collect()
            }
            Definition::Deep => {
                let places = network.places();
                let joins = network
                    .joins(&params.modes, near_border, &|stop, _| places[stop.at()].depth_m >= params.deep_inside.0);
                let trips = params.deep_trips_per_day;
                pairs.iter().map(|pair| !self.good_joins(&joins, pair, trips).is_empty()).collect()
            }
            Definition::Centre => {
                let near_centre = self.stops_near_centres(network)?;
                let joins =
                    network.joins(&params.modes, near_border, &|stop, unit| near_centre.contains(&(stop, unit)));
                pairs.iter().map(|pair| !self.good_joins(&joins, pair, trips).is_empty()).collect()
            }
            Definition::Transfer => pairs
                .iter()
                .map(|pair| !self.good_joins(&self.direct, pair, trips).is_empty() || self.walk(pair).is_some())
                .collect(),
            Definition::Declared => return self.declared_answers(pairs),
        };
        Ok(pairs
            .iter()
            .zip(connected)
            .map(|(pair, connected)| match connected {
                true => Answer::Connected,
                false if network.has_data(pair.a) && network.has_data(pair.b) => Answer::NotConnected,
                false => Answer::NoData,
            })
            .collect())
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

    /// The walk across the border that joins two lines, when there is one within `transfer-walk` (included).
    pub fn walk(&self, pair: &Pair) -> Option<Walk> {
        // both directions of each line: twice the trips of one
        let calls = 2.0 * self.params.min_trips_per_day;
        self.network
            .as_ref()?
            .shortest_walk(pair.a, pair.b, &self.params.modes, Some(calls))
            .filter(|walk| walk.metres <= self.params.transfer_walk.0)
    }

    /// Stops within `centre-within` of a centre of the unit that they stand in.
    fn stops_near_centres(&self, network: &Network<'_>) -> Result<BTreeSet<(StopIdx, usize)>, Text> {
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
        let mut near = BTreeSet::new();
        for (at, place) in network.places().iter().enumerate() {
            let Some(unit) = place.unit else { continue };
            let stop = StopIdx::new(at);
            let xy = network.stop(stop).at.xy.array();
            let hit = indices.get(&unit).and_then(|index| index.nearest_where(xy, &mut |_| true));
            if hit.is_some_and(|(_, metres)| metres <= self.params.centre_within.0) {
                near.insert((stop, unit));
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
                        if self.units[unit].judged {
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
