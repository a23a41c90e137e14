//! Stops as places to be reached: what leaves them, which region they are in, and where nothing is known of any.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::clock::ServiceDate;
use crate::base::idx::RegionIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::Impedance;
use crate::impedance::Want;
use crate::metrics::MetricError;
use crate::metrics::reach::Reach;
use crate::metrics::stop_departures::Count;
use crate::metrics::stop_departures::Departures;
use crate::metrics::stop_departures::Tally;
use crate::model::facility::Facility;
use crate::model::locate::RegionLocator;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Transit;

/// The stops of a study with what leaves them.
pub(crate) struct StopSurvey<'a> {
    pub study: &'a Study,
    pub transit: &'a Transit,
    pub departures: Departures,
    /// Stops that a vehicle leaves, in index order: as places, and which stops they are. Their capacity is the number of departures.
    pub places: Vec<Facility>,
    pub stop_of: Vec<StopIdx>,
    /// The level whose regions have data or have none.
    data_level: Level,
    /// Regions of every level with a stop that is called at; `None` where no region has an outline and no stop can be placed.
    called: Option<BTreeSet<RegionIdx>>,
}

/// The most that can be boarded within a limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Best {
    /// Place with the most departures that are counted, the nearest of several, and what it costs to get there.
    pub place: Option<(u32, f64)>,
    pub counted: Weight,
    /// The most of any stop under what is not known or only spread; see [`Tally`].
    pub sure: Weight,
    pub possible: Weight,
    pub most: Weight,
}

impl Best {
    /// Takes a stop into account; stops come nearest first.
    pub fn or(&mut self, tally: Tally, place: u32, cost: f64) {
        if self.place.is_none() || tally.counted() > self.counted {
            (self.place, self.counted) = (Some((place, cost)), tally.counted());
        }
        self.sure = self.sure.max(tally.sure);
        self.possible = self.possible.max(tally.possible());
        self.most = self.most.max(tally.most());
    }

    /// Takes what another point can board into account.
    pub fn or_best(&mut self, other: &Best) {
        if other.place.is_some() && (self.place.is_none() || other.counted > self.counted) {
            (self.place, self.counted) = (other.place, other.counted);
        }
        self.sure = self.sure.max(other.sure);
        self.possible = self.possible.max(other.possible);
        self.most = self.most.max(other.most);
    }
}

impl<'a> StopSurvey<'a> {
    /// Counts the departures of every stop, and places it in its region.
    /// # Errors
    /// [`MetricError::Missing`] when the study has neither a route table nor a timetable.
    pub fn new(study: &'a Study, count: Count<'_>, data_level: Level) -> Result<StopSurvey<'a>, MetricError> {
        let Some(transit) = &study.transit else {
            return Err(MetricError::Missing {
                what: "the study has no stops".to_owned(),
                instead: "give lines: [study] services = { path = \"….csv\" } or transit = { gtfs = \"….zip\" }"
                    .to_owned(),
            });
        };
        let departures = Departures::new(transit, count);
        let homes = homes(study, transit);
        let has_outlines = study.regions.iter().any(|(_, region)| region.shape.is_some());
        let called = has_outlines.then(|| {
            let mut called = BTreeSet::new();
            for (home, _) in homes.iter().zip(&departures.is_called).filter(|(_, is_called)| **is_called) {
                let mut here = *home;
                while let Some(region) = here {
                    called.insert(region);
                    here = study.regions.get(region).parent;
                }
            }
            called
        });
        let stop_of: Vec<StopIdx> =
            (0..transit.stops.len()).filter(|at| departures.is_left[*at]).map(StopIdx::new).collect();
        let place = |stop: &StopIdx| Facility {
            id: transit.stop(*stop).id.clone(),
            name: transit.stop(*stop).name.clone(),
            kind: "stop".to_owned(),
            at: transit.stop(*stop).at,
            home: homes[stop.at()],
            capacity: Some(departures.tallies[stop.at()].counted().to_f64()),
            synthetic: false,
        };
        let places = stop_of.iter().map(place).collect();
        Ok(StopSurvey { study, transit, departures, places, stop_of, data_level, called })
    }

    /// Departures of a place.
    pub fn tally(&self, place: u32) -> Tally {
        self.departures.tallies[self.stop_of[place as usize].at()]
    }

    /// Positions of the places with at least so many departures that are counted.
    pub fn with_at_least(&self, least: Weight) -> Vec<u32> {
        (0u32..).take(self.places.len()).filter(|place| self.tally(*place).counted() >= least).collect()
    }

    /// Whether anything is known of the services around someone whose smallest region is `home`: a stop is called at in the region of the
    /// data level that holds it, or the data claims to be complete there. Where regions have no outlines, all is one region.
    pub fn has_data(&self, home: Option<RegionIdx>) -> bool {
        let any = || self.departures.is_called.contains(&true);
        let (Some(called), Some(home)) = (&self.called, home) else { return any() };
        let unit = self.study.regions.ancestor(home, self.data_level).unwrap_or(home);
        let is_complete = |region: RegionIdx| self.transit.is_complete_for(&self.study.regions.get(region).code);
        called.contains(&unit) || is_complete(unit) || is_complete(home)
    }

    /// Regions of the data level within a region, or the one that holds it, of which nothing is known.
    pub fn lacks_data(&self, region: RegionIdx) -> bool {
        if self.study.regions.get(region).level >= self.data_level {
            return !self.has_data(Some(region));
        }
        let level = self.study.regions.get(region).level;
        let mut parts = self.study.regions.at_level(self.data_level);
        parts.retain(|part| self.study.regions.ancestor(*part, level) == Some(region));
        match parts.is_empty() {
            true => !self.has_data(Some(region)),
            false => parts.into_iter().any(|part| !self.has_data(Some(part))),
        }
    }

    /// The best stop within a limit of every judged point, by position in the layer; the same for any number of threads.
    pub fn best(&self, reach: &Reach<'_>, engine: &dyn Impedance, limit: f64) -> Vec<Best> {
        let at: Vec<Place> = self.places.iter().map(|place| place.at).collect();
        let prepared = engine.prepare(&self.study.plane, &at);
        let of_point = |point: &usize| {
            let mut best = Best::default();
            if let Some(origin) = &reach.layer.at[*point] {
                for (place, cost) in prepared.row(origin, Want::Within(limit), &|_| true) {
                    best.or(self.tally(place), place, cost);
                }
            }
            best
        };
        let found: Vec<Best> = reach.judged.par_iter().map(of_point).collect();
        let mut best = vec![Best::default(); reach.layer.len()];
        reach.judged.iter().zip(found).for_each(|(point, found)| best[*point] = found);
        best
    }

    /// Whether any service with departures is made up.
    pub fn is_synthetic(&self) -> bool {
        let (timed, numbered) = (&self.departures.timed_services, &self.departures.numbered_services);
        timed.iter().chain(numbered).any(|service| self.transit.services[service.at()].synthetic)
    }

    /// What the departures rest on: timetables on a day, numbers of a route table, assumed numbers.
    pub fn sources(&self) -> Text {
        let (timed, numbered) = (&self.departures.timed_services, &self.departures.numbered_services);
        let assumed = numbered.iter().filter(|service| self.transit.assumed.contains(service)).count();
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        if !timed.is_empty() {
            let day = self.transit.date.map(|ServiceDate(day)| format!(" on {day}")).unwrap_or_default();
            let day_zh = self.transit.date.map(|ServiceDate(day)| format!("（{day}）")).unwrap_or_default();
            en.push(format!("{} lines by timetable{day}{}", timed.len(), self.feeds(timed)));
            zh.push(format!("{}条线路按时刻表{day_zh}计", timed.len()));
        }
        let known = numbered.len() - assumed;
        if known > 0 {
            en.push(format!("{known} by the number of departures that a route table gives{}", self.feeds(numbered)));
            zh.push(format!("{known}条按线路表所列班次计"));
        }
        if assumed > 0 {
            en.push(format!("{assumed} by a number that is ASSUMED, because the source gives none"));
            zh.push(format!("{assumed}条因数据未列班次而按假定班次计"));
        }
        if en.is_empty() {
            return Text::new("no line of these modes departs", "所选方式没有任何班次");
        }
        Text::new(format!("departures: {}", en.join("; ")), format!("班次来源：{}", zh.join("；")))
    }

    /// Names of the feeds of some services, in the order of the feeds.
    fn feeds(&self, services: &[ServiceIdx]) -> String {
        let feeds: BTreeSet<usize> =
            services.iter().map(|service| self.transit.services[service.at()].feed.at()).collect();
        let names: Vec<&str> =
            feeds.into_iter().filter_map(|feed| Some(self.transit.feeds.get(feed)?.name.as_str())).collect();
        if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
    }
}

/// The smallest region of each stop: the one that its file declares, or else the one that contains it; on a border, the lower index.
fn homes(study: &Study, transit: &Transit) -> Vec<Option<RegionIdx>> {
    let by_code = |code: &str| Level::ALL.into_iter().rev().find_map(|level| study.regions.find(level, code));
    let mut homes: Vec<Option<RegionIdx>> =
        transit.stops.iter().map(|stop| stop.declared_region.as_deref().and_then(by_code)).collect();
    for level in Level::ALL.into_iter().rev() {
        let mut regions = study.regions.at_level(level);
        regions.retain(|region| study.regions.get(*region).shape.is_some());
        let open: Vec<usize> = (0..homes.len()).filter(|at| homes[*at].is_none()).collect();
        if regions.is_empty() || open.is_empty() {
            continue;
        }
        let outlines = regions.iter().filter_map(|region| study.regions.get(*region).shape.as_ref());
        let locator = RegionLocator::new(outlines.map(|shape| &shape.plane));
        let points: Vec<[f64; 2]> = open.iter().map(|at| transit.stops[*at].at.xy.array()).collect();
        for (at, found) in open.into_iter().zip(locator.locate_all(&points)) {
            homes[at] = found.map(|nth| regions[nth as usize]);
        }
    }
    homes
}
