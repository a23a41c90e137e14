//! Stops and services, as a route table or a timetable knows them.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::clock::ServiceDate;
use crate::base::clock::ServiceTime;
use crate::base::idx::CalendarIdx;
use crate::base::idx::FeedIdx;
use crate::base::idx::ServiceIdx;
use crate::base::idx::ShapeIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::model::course::Course;
use crate::model::course::Shape;
use crate::model::doubtful::DoubtfulLine;
use crate::model::doubtful::StopDoubt;
use crate::model::place::Place;
use crate::model::travel::Travel;

/// What runs on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// City, rural, town–village and neighbour bus, and coach lines run as buses (班线公交化).
    Bus,
    /// Ordinary coach (班车).
    Coach,
    Metro,
    Rail,
    /// Trams and light rail in the street.
    Tram,
    Ferry,
    /// Cable cars, gondolas and funiculars.
    Cable,
    OnDemand,
    SchoolBus,
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        Ok(match text.trim().to_lowercase().as_str() {
            "bus" | "公交" | "城市公交" | "城乡公交" | "镇村公交" | "毗邻公交" | "班线公交化" => {
                Mode::Bus
            }
            "coach" | "班车" | "班线" | "长途客运" => Mode::Coach,
            "metro" | "subway" | "地铁" | "轨道交通" => Mode::Metro,
            "rail" | "铁路" | "城际" | "市域铁路" => Mode::Rail,
            "tram" | "light-rail" | "有轨电车" => Mode::Tram,
            "ferry" | "轮渡" => Mode::Ferry,
            "cable" | "缆车" | "索道" => Mode::Cable,
            "on-demand" | "定制公交" | "需求响应" => Mode::OnDemand,
            "school-bus" | "校车" => Mode::SchoolBus,
            _ => {
                return Err(format!(
                    "unknown mode \"{text}\"; write bus, coach, metro, rail, tram, ferry, cable, on-demand or school-bus"
                ));
            }
        })
    }
}

impl Mode {
    /// What everybody may board by a timetable: school buses are for pupils, and what runs on demand has no timetable.
    pub const FOR_ALL: [Mode; 7] =
        [Mode::Bus, Mode::Coach, Mode::Metro, Mode::Rail, Mode::Tram, Mode::Ferry, Mode::Cable];

    /// As a config writes it.
    pub fn id(self) -> &'static str {
        match self {
            Mode::Bus => "bus",
            Mode::Coach => "coach",
            Mode::Metro => "metro",
            Mode::Rail => "rail",
            Mode::Tram => "tram",
            Mode::Ferry => "ferry",
            Mode::Cable => "cable",
            Mode::OnDemand => "on-demand",
            Mode::SchoolBus => "school-bus",
        }
    }
}

/// A place where a service can be boarded and left.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// From the file; stops with one id are one stop.
    pub id: String,
    pub name: String,
    pub at: Place,
    /// The region code that the file itself gives; it wins over geometry near a border.
    pub declared_region: Option<String>,
    /// The station that it is a platform of.
    pub station: Option<StopIdx>,
    /// What is doubtful about its place; `None` for nothing.
    pub doubt: Option<StopDoubt>,
}

impl Stop {
    /// A stop that belongs to no station, in no declared region.
    pub fn new(id: impl Into<String>, name: impl Into<String>, at: Place) -> Stop {
        Stop { id: id.into(), name: name.into(), at, declared_region: None, station: None, doubt: None }
    }
}

/// One line that passengers know by one name, with all its directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    pub id: String,
    pub name: String,
    pub mode: Mode,
    pub patterns: Vec<Pattern>,
    /// What it was read from.
    pub feed: FeedIdx,
    pub synthetic: bool,
}

/// One direction of a service: stops in the order in which they are called at.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    pub direction: String,
    pub stops: Vec<StopIdx>,
    /// Departures a day that are known: on an ordinary day, or, of a timetable, on the study's day.
    pub trips_per_day: f64,
    /// How many there may be beyond those.
    pub more: More,
    /// The same stops are called at in the reverse order with as many trips.
    pub both_ways: bool,
    /// The last stop is the first, and vehicles go round and round: one can ride on past it.
    pub is_loop: bool,
    pub first: Option<ServiceTime>,
    pub last: Option<ServiceTime>,
    pub headway_min: Option<f64>,
    /// Runs of single vehicles, by departure from the first stop and then by id; none where only numbers are known. Of a pattern that runs
    /// both ways they are those in the order of the stops.
    pub trips: Vec<Trip>,
    /// Runs at a headway, by first departure.
    pub frequencies: Vec<Frequency>,
    /// Where it runs between its stops; `None` where that is not known.
    pub course: Option<Course>,
}

/// Departures a day that there may be beyond those that are known.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum More {
    /// The number is known.
    #[default]
    No,
    /// Up to so many in all: the file gives a range.
    UpTo(f64),
    /// Nobody knows how many.
    Unknown,
}

impl More {
    /// Whether there may be `wanted` a day where `known` are known.
    pub fn allows(self, known: f64, wanted: f64) -> bool {
        match self {
            More::No => known >= wanted,
            More::UpTo(most) => most.max(known) >= wanted,
            More::Unknown => true,
        }
    }
}

/// A call at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Call {
    pub arrives: ServiceTime,
    /// Never before it arrives.
    pub leaves: ServiceTime,
    /// Whether passengers can get on, and off.
    pub boards: bool,
    pub alights: bool,
}

impl Call {
    /// A call at which passengers get on and off.
    pub fn new(arrives: u32, leaves: u32) -> Call {
        Call { arrives: ServiceTime(arrives), leaves: ServiceTime(leaves), boards: true, alights: true }
    }
}

/// One vehicle's run over a pattern, on the days of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    pub id: String,
    pub calendar: CalendarIdx,
    /// One call a stop of the pattern; times never fall along them.
    pub calls: Vec<Call>,
}

/// Where a trip stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TripAt {
    pub service: ServiceIdx,
    /// Position among the patterns of the service.
    pub pattern: u32,
    /// Position among the trips of the pattern.
    pub trip: u32,
}

/// What a feed says of staying in a vehicle from the last stop of one trip to the first of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InSeat {
    pub from: TripAt,
    pub to: TripAt,
    /// One may stay; else everyone has to get off, whatever [`Transit::blocks`] say.
    pub is_allowed: bool,
}

/// Vehicles at a headway: they are known to come so often, not when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frequency {
    /// `None` is every day.
    pub calendar: Option<CalendarIdx>,
    /// Departures from the first stop lie from here …
    pub first: ServiceTime,
    /// … to here, included.
    pub last: ServiceTime,
    pub headway_s: u32,
    /// One call a stop of the pattern, counted from the departure at the first stop, which is 0.
    pub calls: Vec<Call>,
}

/// The days on which trips run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// As the feed calls it.
    pub id: String,
    pub feed: FeedIdx,
    /// Rising, each once.
    pub dates: Vec<ServiceDate>,
}

impl Calendar {
    /// Whether it runs on a day.
    pub fn runs_on(&self, date: ServiceDate) -> bool {
        self.dates.binary_search(&date).is_ok()
    }
}

/// A route table or a timetable that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feed {
    /// As the config names it.
    pub name: String,
    /// Time zone of its times, e.g. `Asia/Shanghai`; `None` for a table that has none.
    pub zone: Option<String>,
}

/// What a feed says of changing from one stop to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    pub from: StopIdx,
    pub to: StopIdx,
    /// Least seconds that it takes; 0 where the vehicle waits (a timed transfer); `None` leaves it to the walk, which is straight where the
    /// streets have none.
    pub least_s: Option<u32>,
    /// Nobody can change here.
    pub is_forbidden: bool,
}

/// Whose changes a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of everyone.
    All,
    Service(ServiceIdx),
    Trip(TripAt),
}

/// A rule for changes between certain services or trips only; it goes before one for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NarrowTransfer {
    pub transfer: Transfer,
    /// What one gets off.
    pub from: Whose,
    /// What one gets on.
    pub to: Whose,
}

impl NarrowTransfer {
    /// How exactly it speaks, after the reference of GTFS: two trips go before a trip and a route, those before one trip, two routes, one
    /// route, and none.
    pub fn rank(&self) -> u8 {
        match (self.from, self.to) {
            (Whose::Trip(_), Whose::Trip(_)) => 5,
            (Whose::Trip(_), Whose::Service(_)) | (Whose::Service(_), Whose::Trip(_)) => 4,
            (Whose::Trip(_), Whose::All) | (Whose::All, Whose::Trip(_)) => 3,
            (Whose::Service(_), Whose::Service(_)) => 2,
            (Whose::Service(_), Whose::All) | (Whose::All, Whose::Service(_)) => 1,
            (Whose::All, Whose::All) => 0,
        }
    }
}

/// All stops and services of a study.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transit {
    pub stops: Vec<Stop>,
    pub services: Vec<Service>,
    /// Regions (by code prefix) for which the file claims to hold every service: where there is none, there is none.
    /// For all others, no service means no data. An empty prefix claims all.
    pub complete_for: Vec<String>,
    pub feeds: Vec<Feed>,
    pub calendars: Vec<Calendar>,
    pub transfers: Vec<Transfer>,
    /// Rules for changes between certain services or trips.
    pub narrow_transfers: Vec<NarrowTransfer>,
    /// The trips of each vehicle that runs several, whatever day they run on.
    pub blocks: Vec<Vec<TripAt>>,
    pub in_seat: Vec<InSeat>,
    /// What [`Pattern::course`] is on; each once.
    pub shapes: Vec<Shape>,
    /// Services whose trips a day no file gives: the config assumes them. Rising.
    pub assumed: Vec<ServiceIdx>,
    /// Lines of which calls were left out, with what is known of them.
    pub doubtful: Vec<DoubtfulLine>,
    /// How the files were read where they leave room: for whoever reads a figure that rests on them.
    pub remarks: Vec<Text>,
    /// What whoever reads any figure that rests on the timetables must know first.
    pub warnings: Vec<Text>,
    /// What a scenario adds: it says nothing of what else runs where it stops.
    pub supposed: Vec<FeedIdx>,
    /// Services that a scenario withdraws: that they ran tells that services are known where they stopped.
    pub withdrawn: Vec<Service>,
    /// The study's day, of which [`Pattern::trips_per_day`] is told; `None` where there is no timetable.
    pub date: Option<ServiceDate>,
    /// How people travel with it.
    pub travel: Travel,
}

impl Transit {
    /// Whether the data claims to be complete for the region with `code`.
    pub fn is_complete_for(&self, code: &str) -> bool {
        self.complete_for.iter().any(|prefix| code.starts_with(prefix.as_str()))
    }

    /// Whether a service is only supposed: a scenario adds it.
    pub fn is_supposed(&self, service: &Service) -> bool {
        self.supposed.contains(&service.feed)
    }

    /// The services by which is known where services are known: what the data says, whatever a scenario changes.
    pub fn witnesses(&self) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(|service| !self.is_supposed(service)).chain(&self.withdrawn)
    }

    /// Takes out the services with an id, and hands back the name of the first; their stops stay. `None` where there is none.
    pub fn withdraw(&mut self, id: &str) -> Option<String> {
        let name = self.services.iter().find(|service| service.id == id)?.name.clone();
        let assumed = std::mem::take(&mut self.assumed);
        let mut rest = Vec::with_capacity(self.services.len());
        let mut stands: Vec<Option<ServiceIdx>> = Vec::with_capacity(self.services.len());
        for (at, service) in std::mem::take(&mut self.services).into_iter().enumerate() {
            if service.id == id {
                self.withdrawn.push(service);
                stands.push(None);
                continue;
            }
            stands.push(Some(ServiceIdx::new(rest.len())));
            if assumed.binary_search(&ServiceIdx::new(at)).is_ok() {
                self.assumed.push(ServiceIdx::new(rest.len()));
            }
            rest.push(service);
        }
        self.services = rest;
        self.renumber(&|service| stands.get(service.at()).copied().flatten());
        self.doubtful.retain(|line| line.id.as_deref() != Some(id));
        Some(name)
    }

    /// Moves what names services and trips to where the services are now; what names one that is gone goes with it.
    fn renumber(&mut self, stands: &dyn Fn(ServiceIdx) -> Option<ServiceIdx>) {
        let trip = |one: TripAt| Some(TripAt { service: stands(one.service)?, ..one });
        let whose = |one: Whose| {
            Some(match one {
                Whose::All => Whose::All,
                Whose::Service(service) => Whose::Service(stands(service)?),
                Whose::Trip(at) => Whose::Trip(trip(at)?),
            })
        };
        for block in &mut self.blocks {
            *block = block.iter().filter_map(|one| trip(*one)).collect();
        }
        self.blocks.retain(|block| block.len() > 1);
        let in_seat = self.in_seat.iter();
        self.in_seat =
            in_seat.filter_map(|one| Some(InSeat { from: trip(one.from)?, to: trip(one.to)?, ..*one })).collect();
        let narrow = self.narrow_transfers.iter();
        self.narrow_transfers = narrow
            .filter_map(|one| Some(NarrowTransfer { from: whose(one.from)?, to: whose(one.to)?, ..*one }))
            .collect();
    }

    /// Adds the stops and services of another, behind those that are there; ids are left as they are. The day is that of the one that
    /// has one.
    pub fn append(&mut self, mut other: Transit) {
        let (stops, feeds, calendars) = (self.stops.len(), self.feeds.len(), self.calendars.len());
        let services = self.services.len();
        other.renumber(&|service| Some(ServiceIdx::new(services + service.at())));
        self.blocks.append(&mut other.blocks);
        self.in_seat.append(&mut other.in_seat);
        self.assumed.extend(other.assumed.into_iter().map(|one| ServiceIdx::new(services + one.at())));
        let stop = |idx: StopIdx| StopIdx::new(stops + idx.at());
        let shapes = self.shapes.len();
        let feed = |idx: FeedIdx| FeedIdx::new(feeds + idx.at());
        let calendar = |idx: CalendarIdx| CalendarIdx::new(calendars + idx.at());
        self.stops.extend(other.stops.into_iter().map(|one| Stop { station: one.station.map(stop), ..one }));
        self.feeds.extend(other.feeds);
        self.supposed.extend(other.supposed.into_iter().map(feed));
        self.doubtful.extend(other.doubtful.into_iter().map(|line| line.moved(&feed, &stop)));
        self.remarks.extend(other.remarks);
        self.warnings.extend(other.warnings);
        self.shapes.extend(other.shapes);
        self.calendars.extend(other.calendars.into_iter().map(|one| Calendar { feed: feed(one.feed), ..one }));
        let moved = |one: Transfer| Transfer { from: stop(one.from), to: stop(one.to), ..one };
        self.transfers.extend(other.transfers.into_iter().map(moved));
        let narrow = other.narrow_transfers.into_iter();
        self.narrow_transfers.extend(narrow.map(|one| NarrowTransfer { transfer: moved(one.transfer), ..one }));
        for mut service in other.services {
            service.feed = feed(service.feed);
            for pattern in &mut service.patterns {
                pattern.stops.iter_mut().for_each(|idx| *idx = stop(*idx));
                pattern.trips.iter_mut().for_each(|trip| trip.calendar = calendar(trip.calendar));
                if let Some(course) = &mut pattern.course {
                    course.shape = ShapeIdx::new(shapes + course.shape.at());
                }
                for frequency in &mut pattern.frequencies {
                    frequency.calendar = frequency.calendar.map(calendar);
                }
            }
            self.services.push(service);
        }
        for prefix in other.complete_for {
            if !self.complete_for.contains(&prefix) {
                self.complete_for.push(prefix);
            }
        }
        self.date = self.date.or(other.date);
    }

    /// The station that a stop is a platform of, else the stop itself.
    pub fn station_of(&self, idx: StopIdx) -> StopIdx {
        self.stops[idx.at()].station.unwrap_or(idx)
    }

    /// The stop at an index.
    pub fn stop(&self, idx: StopIdx) -> &Stop {
        &self.stops[idx.at()]
    }
}
