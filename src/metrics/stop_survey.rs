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
use crate::metrics::known_services::KnownServices;
use crate::metrics::known_services::stop_homes;
use crate::metrics::reach::Reach;
use crate::metrics::stop_departures::Count;
use crate::metrics::stop_departures::Departures;
use crate::metrics::stop_departures::Tally;
use crate::model::facility::Facility;
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
    /// Where anything is known of services of the modes, on any day.
    known: KnownServices<'a>,
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
        let homes = stop_homes(study, transit);
        let known = KnownServices::new(study, transit, &homes, &departures.is_called, data_level);
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
        Ok(StopSurvey { study, transit, departures, places, stop_of, known })
    }

    /// Departures of a place.
    pub fn tally(&self, place: u32) -> Tally {
        self.departures.tallies[self.stop_of[place as usize].at()]
    }

    /// Positions of the places with at least so many departures that are counted.
    pub fn with_at_least(&self, least: Weight) -> Vec<u32> {
        (0u32..).take(self.places.len()).filter(|place| self.tally(*place).counted() >= least).collect()
    }

    /// As [`KnownServices::has_data`].
    pub fn has_data(&self, home: Option<RegionIdx>) -> bool {
        self.known.has_data(home)
    }

    /// As [`KnownServices::lacks_data`].
    pub fn lacks_data(&self, region: RegionIdx) -> bool {
        self.known.lacks_data(region)
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
