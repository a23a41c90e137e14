//! What a timetable means: one table of small feeds whose times follow from the reference of GTFS, seen from both ends of the way.

use tongda::base::clock::ServiceTime;
use tongda::base::progress::Silent;
use tongda::base::units::Limit;
use tongda::base::units::Metres;
use tongda::config;
use tongda::impedance::Direction;
use tongda::impedance::Impedance;
use tongda::impedance::Prepared;
use tongda::impedance::Want;
use tongda::impedance::by_transit::ByTransit;
use tongda::impedance::geodesic::geodesic_m;
use tongda::impedance::journeys::Leg;
use tongda::impedance::transit::TransitNetwork;
use tongda::impedance::walks::Walker;
use tongda::ingest;
use tongda::model::place::LonLat;
use tongda::model::place::Place;
use tongda::model::streets::Hindrances;
use tongda::model::streets::Line;
use tongda::model::streets::Mode;
use tongda::model::streets::StreetNetwork;
use tongda::model::streets::Way;
use tongda::model::study::Study;
use tongda::model::travel::Clock;
use tongda::model::travel::Travel;

use crate::support::feed::FeedText;

/// A feed in short: routes are named by their trips' first letter, services run every day unless they are told.
#[derive(Clone, Default)]
struct Feed {
    /// `trip service block: stop time, stop time, …`; the route is the trip's first letter. `-` is no block.
    trips: &'static str,
    transfers: &'static str,
    frequencies: &'static str,
    /// `service date type` rows of calendar_dates.txt.
    exceptions: &'static str,
}

const TRANSFERS: &str =
    "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_route_id,to_route_id,from_trip_id,to_trip_id\n";

/// A, B and D lie 10 km apart in a row; b is 150 m from B, c 350 m; P and Q are platforms of station S, 30 m apart, and F one far away.
const STOPS: &str = "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n\
    A,A,32.5,118.8,0,\nB,B,32.5,118.9,0,\nb,b,32.5,118.9016,0,\nc,c,32.5,118.90373,0,\nD,D,32.5,119.0,0,\n\
    P,P,32.49,118.9,0,S\nQ,Q,32.49027,118.9,0,S\nF,F,32.49,118.95,0,S\nS,S,32.49,118.9,1,\n";

impl Feed {
    fn text(&self) -> FeedText {
        let (mut trips, mut calls, mut routes) =
            ("route_id,service_id,trip_id,block_id\n".to_owned(), String::new(), Vec::new());
        calls += "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n";
        // something runs on every day
        let all = self.trips.lines().chain(["z all -: F 05:00, Q 05:30"]);
        for line in all.map(str::trim).filter(|line| !line.is_empty()) {
            let (head, stops) = line.split_once(": ").unwrap();
            let [trip, service, block] = head.split(' ').collect::<Vec<_>>()[..] else { panic!("{head}") };
            let block = if block == "-" { "" } else { block };
            let route = &trip[..1];
            if !routes.contains(&route) {
                routes.push(route);
            }
            trips += &format!("{route},{service},{trip},{block}\n");
            for (nth, call) in stops.split(", ").enumerate() {
                let (stop, times) = call.split_once(' ').unwrap();
                let (arrives, leaves) = times.split_once('/').unwrap_or((times, times));
                calls += &format!("{trip},{arrives}:00,{leaves}:00,{stop},{nth}\n");
            }
        }
        let routes: String = routes.iter().map(|route| format!("{route},X,{route},,3\n")).collect();
        let calendar = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
                        all,1,1,1,1,1,1,1,20260302,20260331\nmonday,1,0,0,0,0,0,0,20260302,20260331\n\
                        tuesday,0,1,0,0,0,0,0,20260302,20260331\nwednesday,0,0,1,0,0,0,0,20260302,20260331\n";
        let mut feed = FeedText::default_only_readme()
            .file(
                "agency.txt",
                "agency_id,agency_name,agency_url,agency_timezone\nX,X,https://example.org,Asia/Shanghai\n",
            )
            .file("stops.txt", STOPS)
            .file("calendar.txt", calendar)
            .file("routes.txt", format!("route_id,agency_id,route_short_name,route_long_name,route_type\n{routes}"))
            .file("trips.txt", trips)
            .file("stop_times.txt", calls);
        let rows = |text: &str| -> String {
            text.lines().map(|line| format!("{}\n", line.trim())).filter(|line| line != "\n").collect()
        };
        if !self.transfers.is_empty() {
            feed = feed.file("transfers.txt", format!("{TRANSFERS}{}", rows(self.transfers)));
        }
        if !self.frequencies.is_empty() {
            let head = "trip_id,start_time,end_time,headway_secs,exact_times\n";
            feed = feed.file("frequencies.txt", format!("{head}{}", rows(self.frequencies)));
        }
        if !self.exceptions.is_empty() {
            let head = "service_id,date,exception_type\n";
            feed = feed.file("calendar_dates.txt", format!("{head}{}", rows(self.exceptions)));
        }
        feed
    }

    /// A study of it on Wednesday 2026-03-04.
    fn study(&self) -> Study {
        let folder = tempfile::tempdir().unwrap();
        self.text().write(&folder.path().join("feed"));
        let square = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"320101","name":"x"},
            "geometry":{"type":"Polygon","coordinates":[[[118.0,32.0],[119.5,32.0],[119.5,33.0],[118.0,33.0],[118.0,32.0]]]}}]}"#;
        std::fs::write(folder.path().join("square.geojson"), square).unwrap();
        let text = "title = \"x\"\n[study]\nregions = { path = \"square.geojson\", level = \"county\" }\n\
                    transit = { gtfs = \"feed/\", date = 2026-03-04 }\n";
        let plan = config::parse(text, "study.toml", folder.path()).unwrap();
        let study = ingest::study(&plan.study, &Silent).unwrap();
        assert!(study.ledgers.iter().all(|ledger| ledger.balances()), "{:?}", study.ledgers);
        study
    }
}

struct Case {
    what: &'static str,
    feed: Feed,
    /// Leaving, and stops from and to.
    from: &'static str,
    way: (&'static str, &'static str),
    /// Minutes; `None` is not within 100, in which one does not walk from B to D.
    minutes: Option<u32>,
    /// Rides and stays of the way.
    parts: (usize, usize),
}

fn travel(from: &str) -> Travel {
    Travel {
        from: from.parse::<ServiceTime>().unwrap(),
        minutes: 1,
        longest_s: 100 * 60,
        max_walk: Limit::Length(Metres(400.0)),
        walk_detour: 1.0,
        ..Travel::default()
    }
}

const NONE: (usize, usize) = (0, 0);

/// Trip a from A at 08:10 is at B at 08:20; b leaves B then, and again an hour later, for D in 10 minutes.
const MET: &str = "a all -: A 08:10, B 08:20\nb1 all -: B 08:20, D 08:30\nb2 all -: B 09:20, D 09:30\n";
/// The same as one vehicle K.
const BLOCK: &str = "a all K: A 08:10, B 08:20\nb1 all K: B 08:20, D 08:30\nb2 all -: B 09:20, D 09:30\n";

fn cases() -> Vec<Case> {
    let case = |what, feed, from, way, minutes, parts| Case { what, feed, from, way, minutes, parts };
    let trips = |trips| Feed { trips, ..Feed::default() };
    let with = |trips, transfers| Feed { trips, transfers, ..Feed::default() };
    let to_d = |what, feed, minutes, parts| case(what, feed, "08:00", ("A", "D"), minutes, parts);
    vec![
        // calls at any hour of later days. GTFS reference, stop_times.txt: "for times occurring after midnight … a value greater than 24:00:00";
        // Esri/public-transit-tools#147, BlinkTagInc/node-gtfs#189
        case("left yesterday", trips("a tuesday -: A 23:00, B 32:10, D 32:30"), "08:00", ("B", "D"), Some(30), (1, 0)),
        case(
            "left two days ago",
            trips("a monday -: A 09:45, B 56:10, D 56:30"),
            "08:00",
            ("B", "D"),
            Some(30),
            (1, 0),
        ),
        case(
            "left 15 days ago",
            Feed {
                trips: "a monday -: A 09:45, B 368:10, D 368:30",
                exceptions: "monday,20260217,1\n",
                ..Feed::default()
            },
            "08:00",
            ("B", "D"),
            Some(30),
            (1, 0),
        ),
        case(
            "two days ago nothing left",
            trips("a tuesday -: A 09:45, B 56:10, D 56:30"),
            "08:00",
            ("B", "D"),
            None,
            NONE,
        ),
        case(
            "a headway of two days ago: 00:00 + 55 h, half of 20 min",
            Feed {
                trips: "f monday -: A 00:00, B 55:00, D 55:30",
                frequencies: "f,00:00:00,02:00:00,1200,0",
                ..Feed::default()
            },
            "08:01",
            ("B", "D"),
            Some(10 + 30),
            (1, 0),
        ),
        // transfers. GTFS reference, transfers.txt, transfer_type
        to_d("without a rule a change takes its minute", trips(MET), Some(90), (2, 0)),
        to_d("type 1: the vehicle waits", with(MET, "B,B,1,,,,,"), Some(30), (2, 0)),
        to_d("type 1 with a time that says nothing", with(MET, "B,B,1,600,,,,"), Some(30), (2, 0)),
        to_d("type 2", with(MET, "B,B,2,0,,,,"), Some(30), (2, 0)),
        to_d("type 2: an hour is enough for an hour", with(MET, "B,B,2,3600,,,,"), Some(90), (2, 0)),
        to_d("type 3", with(MET, "B,B,3,,,,,"), None, NONE),
        // "a transfer … of two trips goes before …" (specificity of transfers); opentripplanner/OpenTripPlanner#7073, aubryio/minotor#36
        to_d("type 1 of these trips", with(MET, "B,B,1,,,,a,b1"), Some(30), (2, 0)),
        to_d("type 1 of other trips", with(MET, "B,B,1,,,,a,b2"), Some(90), (2, 0)),
        to_d("type 1 of these routes", with(MET, "B,B,1,,a,b,,"), Some(30), (2, 0)),
        to_d("type 1 from this route", with(MET, "B,B,1,,a,,,"), Some(30), (2, 0)),
        to_d("type 1 from the other route", with(MET, "B,B,1,,b,,,"), Some(90), (2, 0)),
        to_d("type 3 of all, 1 of these trips", with(MET, "B,B,3,,,,,\nB,B,1,,,,a,b1"), Some(30), (2, 0)),
        to_d("type 1 of all, 3 of these trips", with(MET, "B,B,1,,,,,\nB,B,3,,,,a,b1"), Some(90), (2, 0)),
        to_d("a trip and a route go before one trip", with(MET, "B,B,3,,,,a,\nB,B,1,,,b,a,"), Some(30), (2, 0)),
        to_d("one trip goes before two routes", with(MET, "B,B,1,,a,b,,\nB,B,3,,,,,b1"), Some(90), (2, 0)),
        to_d("two routes go before one", with(MET, "B,B,3,,a,,,\nB,B,1,,a,b,,"), Some(30), (2, 0)),
        to_d("both trips forbidden", with(MET, "B,B,3,,,,a,b1\nB,B,3,,,,a,b2"), None, NONE),
        to_d(
            "type 0 of these trips where all are forbidden: the usual change",
            with(MET, "B,B,3,,,,,\nB,B,0,,,,a,b2"),
            Some(90),
            (2, 0),
        ),
        case(
            "a rule says nothing of who walks to the stop",
            with(MET, "B,B,3,,,,a,b1"),
            "08:20",
            ("B", "D"),
            Some(10),
            (1, 0),
        ),
        // a sooner arrival that may not change is not in the way of a later one that may
        to_d(
            "the later one may",
            with("a all -: A 08:10, B 08:20\nc all -: A 08:12, B 08:22\nb1 all -: B 08:30, D 08:40", "B,B,3,,a,b,,"),
            Some(40),
            (2, 0),
        ),
        // one vehicle. GTFS reference, trips.txt, block_id; planarnetwork/gb-transit#161, google/transit#569
        to_d("a block goes on the second it arrives", trips(BLOCK), Some(30), (2, 1)),
        to_d(
            "another stop of the terminal, 150 m away",
            trips("a all K: A 08:10, B 08:20\nb all K: b 08:20, D 08:30"),
            Some(30),
            (2, 1),
        ),
        to_d(
            "another stop 350 m away: no stay, and no time to walk",
            trips("a all K: A 08:10, B 08:20\nb all K: c 08:20, D 08:30"),
            None,
            NONE,
        ),
        to_d(
            "platforms of one station",
            trips("a all K: A 08:10, P 08:20\nb all K: F 08:20, D 08:30"),
            Some(30),
            (2, 1),
        ),
        to_d("29 min of layover", trips("a all K: A 08:10, B 08:20\nb all K: B 08:49, D 08:59"), Some(59), (2, 1)),
        to_d(
            "31 min of layover are a change, which is as fast",
            trips("a all K: A 08:10, B 08:20\nb all K: B 08:51, D 09:01"),
            Some(61),
            (2, 0),
        ),
        to_d("other days", trips("a wednesday K: A 08:10, B 08:20\nb monday K: B 08:20, D 08:30"), None, NONE),
        to_d(
            "services that share the day",
            trips("a wednesday K: A 08:10, B 08:20\nb all K: B 08:20, D 08:30"),
            Some(30),
            (2, 1),
        ),
        to_d("trips of another vehicle", trips("a all K: A 08:10, B 08:20\nb all L: B 08:20, D 08:30"), None, NONE),
        to_d(
            "a trip between",
            trips("a all K: A 08:10, B 08:20\nc all K: B 08:20, P 08:25\nb all K: P 08:25, D 08:30"),
            Some(30),
            (3, 2),
        ),
        to_d(
            "the vehicle is elsewhere meanwhile",
            trips("a all K: A 08:10, B 08:20\nc all K: P 08:20, Q 08:20\nb all K: B 08:20, D 08:30"),
            None,
            NONE,
        ),
        case(
            "over midnight: both of yesterday",
            trips("a tuesday K: A 23:50, B 24:10\nb tuesday K: B 24:10, D 24:30"),
            "00:00",
            ("B", "D"),
            Some(30),
            (1, 0),
        ),
        case(
            "over midnight: of yesterday and today",
            trips("a tuesday K: A 23:50, P 24:05, B 24:10\nb wednesday K: B 00:10, D 00:30"),
            "00:00",
            ("P", "D"),
            Some(30),
            (2, 1),
        ),
        to_d("type 5 in a block: all get off", with(BLOCK, ",,5,,,,a,b1"), Some(90), (2, 0)),
        to_d("type 4 without a block", with(MET, ",,4,,,,a,b1"), Some(30), (2, 1)),
        to_d("type 4 with stops", with(MET, "B,B,4,,,,a,b1"), Some(30), (2, 1)),
        to_d("type 4 of other trips", with(MET, ",,4,,,,b2,a"), Some(90), (2, 0)),
        case(
            "type 4, the second trip on the next day",
            with("a tuesday -: A 23:50, P 24:05, B 24:10\nb wednesday -: B 00:10, D 00:30", ",,4,,,,a,b"),
            "00:00",
            ("P", "D"),
            Some(30),
            (2, 1),
        ),
        // a vehicle parts into two, and only one of them goes to D
        to_d(
            "type 4, one to two",
            with(
                "a all -: A 08:10, B 08:20\nb all -: B 08:20, P 08:30\nc all -: B 08:20, D 08:35",
                ",,4,,,,a,b\n,,4,,,,a,c",
            ),
            Some(35),
            (2, 1),
        ),
        // the first vehicle at A goes on nowhere, the one behind it does
        to_d(
            "only the second vehicle goes on",
            trips("a1 all -: A 08:10, B 08:19\na2 all K: A 08:15, B 08:20\nb all K: B 08:20, D 08:30")
                .without_changes(),
            Some(30),
            (2, 1),
        ),
        // stations. opentripplanner/OpenTripPlanner#884, conveyal/r5#330
        to_d(
            "platforms 30 m apart: 22 s and a minute",
            trips("a all -: A 08:10, P 08:20\nb all -: Q 08:22, D 08:30"),
            Some(30),
            (2, 0),
        ),
        to_d(
            "4.7 km are no walk within a station",
            trips("a all -: A 08:10, P 08:20\nb all -: F 09:30, D 09:40"),
            None,
            NONE,
        ),
        // headways. GTFS reference, frequencies.txt: end_time, "the time at which service changes to a different headway (or ceases)"
        case(
            "the last departure is before the end",
            Feed { trips: "f all -: A 00:00, D 00:20", frequencies: "f,08:00:00,08:59:00,3600,0", ..Feed::default() },
            "08:40",
            ("A", "D"),
            None,
            NONE,
        ),
        case(
            "and never at it",
            Feed { trips: "f all -: A 00:00, D 00:20", frequencies: "f,08:00:00,09:00:00,3600,0", ..Feed::default() },
            "08:40",
            ("A", "D"),
            None,
            NONE,
        ),
        case(
            "a second more, and there is one at 09:00",
            Feed { trips: "f all -: A 00:00, D 00:20", frequencies: "f,08:00:00,09:00:01,3600,0", ..Feed::default() },
            "08:40",
            ("A", "D"),
            Some(40),
            (1, 0),
        ),
        case(
            "the next row goes on: half of 20 min, not past 08:40, then 09:00",
            Feed {
                trips: "f all -: A 00:00, D 00:20",
                frequencies: "f,08:00:00,09:00:00,1200,0\nf,09:00:00,10:00:00,600,0",
                ..Feed::default()
            },
            "08:41",
            ("A", "D"),
            Some(19 + 20),
            (1, 0),
        ),
        case(
            "exact times",
            Feed { trips: "f all -: A 00:00, D 00:20", frequencies: "f,08:00:00,09:00:00,1200,1", ..Feed::default() },
            "08:21",
            ("A", "D"),
            Some(19 + 20),
            (1, 0),
        ),
        case(
            "trips at exact headways in a block: 08:20 goes on",
            Feed {
                trips: "f all K: A 00:00, B 00:10\nb all K: B 08:30, D 08:40",
                frequencies: "f,08:00:00,09:00:00,1200,1",
                ..Feed::default()
            },
            "08:01",
            ("A", "D"),
            Some(39),
            (2, 1),
        ),
        case(
            "and in a rule for trips",
            Feed {
                trips: "f all -: A 00:00, B 00:10\nb all -: B 08:30, D 08:40",
                frequencies: "f,08:00:00,09:00:00,1200,1",
                transfers: "B,B,1,,,,f,b",
                ..Feed::default()
            },
            "08:01",
            ("A", "D"),
            Some(39),
            (2, 0),
        ),
        case(
            "exact times end before the end",
            Feed { trips: "f all -: A 00:00, D 00:20", frequencies: "f,08:00:00,09:00:00,1200,1", ..Feed::default() },
            "08:41",
            ("A", "D"),
            None,
            NONE,
        ),
    ]
}

impl Feed {
    /// Nobody changes, so that only a stay leads on.
    fn without_changes(self) -> Feed {
        Feed { transfers: "B,B,3,,,,,\n", ..self }
    }
}

fn place(study: &Study, id: &str) -> Place {
    study.transit.as_ref().unwrap().stops.iter().find(|stop| stop.id == id).unwrap().at
}

#[test]
fn times_are_those_of_the_reference_of_gtfs() {
    let mut wrong = Vec::new();
    for case in cases() {
        let study = case.feed.study();
        let (transit, travel) = (study.transit.as_ref().unwrap(), travel(case.from));
        let walker = |travel: &Travel| Walker::Straight {
            plane: &study.plane,
            speed: travel.walk_speed,
            detour: travel.walk_detour,
        };
        let network = TransitNetwork::new(transit, &travel, walker(&travel));
        let (from, to) = (place(&study, case.way.0), place(&study, case.way.1));
        let ends = network.ends(&[to]);
        let found = network.times(&from, &ends).at(0, 0);
        if found != case.minutes.map(|minutes| 60 * minutes) {
            wrong.push(format!("{}: {found:?} s, not {:?} min", case.what, case.minutes));
            continue;
        }
        let Some(seconds) = found else { continue };
        let journey = network.journey(&from, &ends, 0, 0).unwrap();
        let count = |is_it: fn(&Leg) -> bool| journey.legs.iter().filter(|leg| is_it(leg)).count();
        let parts = (count(|leg| matches!(leg, Leg::Ride { .. })), count(|leg| matches!(leg, Leg::Stay { .. })));
        if parts != case.parts {
            wrong.push(format!("{}: {parts:?} rides and stays, not {:?}: {journey:?}", case.what, case.parts));
        }
        // from the other end: who is there by then need not leave sooner, and is told the same way
        let minute = seconds.div_ceil(60);
        let by = Travel { clock: Clock::ArriveBy, from: ServiceTime(travel.from.0 + 60 * minute), ..travel.clone() };
        let back = TransitNetwork::new(transit, &by, walker(&by));
        let start = back.ends(&[from]);
        let there = back.times(&to, &start).at(0, 0);
        if there.is_none_or(|there| there > 60 * minute) {
            wrong.push(format!("{}: {there:?} s by arrival, {seconds} s by departure", case.what));
        } else {
            let journey = back.journey(&to, &start, 0, 0).unwrap();
            let takes = (journey.arrives - journey.leaves) as u32;
            let stays = journey.legs.iter().filter(|leg| matches!(leg, Leg::Stay { .. })).count();
            if Some(takes) != there || stays != case.parts.1 {
                wrong.push(format!("{}: by arrival {there:?} s, {stays} stays: {journey:?}", case.what));
            }
        }
        // and as areas see it, from the stops
        for direction in [Direction::ToFacility, Direction::FromFacility] {
            for network in [&network, &back] {
                let engine = ByTransit { network, direction };
                let row = |point: &Place, facility: Place| {
                    let searched = engine.prepare(&study.plane, &[facility]).row(point, Want::Nearest, &|_| true);
                    let seen = engine.by_stops(&[facility], f64::from(travel.longest_s));
                    (searched, seen.row(point, Want::Nearest, &|_| true))
                };
                let (searched, seen) = match direction {
                    Direction::ToFacility => row(&from, to),
                    Direction::FromFacility => row(&to, from),
                };
                if searched != seen {
                    wrong.push(format!(
                        "{}, {direction:?}: {searched:?} by a search, {seen:?} from the stops",
                        case.what
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Streets at A, at D and at P, none at Q; and one round about from P to B.
fn streets(study: &Study, ids: &[&str]) -> StreetNetwork {
    let stub = |id: &str| {
        let at = place(study, id);
        let east = |metres: f64| {
            let mut corner = at;
            corner.lonlat = LonLat { lon: at.lonlat.lon + metres / 93_900.0, ..at.lonlat };
            corner.xy.x += metres;
            corner
        };
        vec![east(-2000.0), east(0.0), east(2000.0)]
    };
    let lines: Vec<Line> = (0u32..)
        .zip(ids)
        .map(|(number, id)| Line { corners: stub(id), way: Way::both(Travel::default().walk_speed), id: number })
        .collect();
    let mut network = StreetNetwork::new(
        Mode::Walk,
        Travel::default().walk_speed,
        &lines,
        &Hindrances::default(),
        |a: LonLat, b: LonLat| geodesic_m(a, b),
    );
    network.max_snap_m = 10.0;
    network
}

#[test]
fn within_a_station_one_changes_though_no_street_is_near() {
    let trips = "a all -: A 08:10, P 08:20\nb all -: Q 08:22, D 08:30\nc all -: Q 09:22, D 09:30";
    let apart = "a all -: A 08:10, B 08:20\nb all -: b 08:25, D 08:30";
    // (what, trips, transfers, streets at, minutes)
    type Row<'r> = (&'r str, &'static str, &'static str, &'r [&'r str], Option<u32>);
    let cases: [Row<'_>; 8] = [
        ("no street at either platform", trips, "", &["A", "D"], Some(30)),
        ("a street at one of them", trips, "", &["A", "D", "P"], Some(30)),
        ("a time of the feed goes before it", trips, "P,Q,2,180,,,,", &["A", "D"], Some(90)),
        ("forbidden", trips, "P,Q,3,,,,,", &["A", "D"], None),
        ("no station, no street, no word of the feed", apart, "", &["A", "D"], None),
        ("type 0: 150 m × 1.3 and a minute", apart, "B,b,0,,,,,", &["A", "D"], Some(30)),
        ("type 1: the vehicle waits", apart, "B,b,1,,,,,", &["A", "D"], Some(30)),
        (
            "type 0 over 350 m × 1.3 is beyond the longest walk of 400 m",
            "a all -: A 08:10, B 08:20\nb all -: c 09:25, D 09:30",
            "B,c,0,,,,,",
            &["A", "D"],
            None,
        ),
    ];
    for (what, trips, transfers, at, minutes) in cases {
        let study = Feed { trips, transfers, ..Feed::default() }.study();
        let (transit, streets) = (study.transit.as_ref().unwrap(), streets(&study, at));
        let travel = Travel { walk_detour: 1.3, ..travel("08:00") };
        let network = TransitNetwork::new(transit, &travel, Walker::Streets(&streets));
        let (from, to) = (place(&study, "A"), place(&study, "D"));
        let found = network.times(&from, &network.ends(&[to])).at(0, 0);
        assert_eq!(found, minutes.map(|minutes| 60 * minutes), "{what}");
    }
}

fn issue<'s>(study: &'s Study, code: &str) -> Option<&'s str> {
    study.issues.iter().find(|issue| issue.code == code).map(|issue| issue.what.as_str())
}

#[test]
fn departures_that_stand_twice_are_told_on_the_first_screen() {
    // seanrees/gtfs-upcoming#7, LBNL-UCB-STI/beam#3460, public-transport/transitous#2316
    let twice = "a1 all -: A 08:00, B 09:00\na2 all -: A 08:05, B 09:05\nb1 all -: B 08:00, A 09:00\n";
    let told = |feed: Feed| {
        let study = feed.study();
        let text = study.transit.as_ref().unwrap().warnings.first().map(|text| text.en.clone());
        assert_eq!(issue(&study, "trips-twice").map(str::to_owned), text);
        text
    };
    assert_eq!(told(Feed { trips: twice, ..Feed::default() }), None);
    let copies = "a1 all -: A 08:00, B 09:00\na2 all -: A 08:05, B 09:05\nb1 all -: B 08:00, A 09:00\n\
                  a3 wednesday -: A 08:00, B 09:00\na4 wednesday -: A 08:05, B 09:05\n";
    let text = told(Feed { trips: copies, ..Feed::default() }).unwrap();
    assert!(text.starts_with("2 of 6 departures on 2026-03-04 stand twice"), "{text}");
    assert!(text.ends_with("without the copies: line a 4 → 2"), "{text}");
    // on another day than the study's nothing stands twice
    let other = "a1 all -: A 08:00, B 09:00\na3 monday -: A 08:00, B 09:00\n";
    assert_eq!(told(Feed { trips: other, ..Feed::default() }), None);
    // headways: 6 departures, twice
    let rows = "f1,08:00:00,09:00:00,600,0\nf2,08:00:00,09:00:00,600,0";
    let headways = Feed {
        trips: "f1 all -: A 00:00, B 00:20\nf2 wednesday -: A 00:00, B 00:20",
        frequencies: rows,
        ..Feed::default()
    };
    assert!(told(headways).unwrap().ends_with("line f 12 → 6"));
}

#[test]
fn a_window_that_the_feed_does_not_serve_is_told_with_the_hours_that_it_does() {
    let trips = "a all -: A 09:00, B 09:20\nb all -: B 17:30, A 18:10\n";
    let study = Feed { trips, ..Feed::default() }.study();
    // (from, minutes, clock, told)
    let cases = [
        ("03:00", 60, Clock::DepartAt, true),
        ("04:00", 60, Clock::DepartAt, true),
        ("04:00", 61, Clock::DepartAt, false),
        // between two departures: nobody waits for 2 hours and more; for less it is the way of a timetable
        ("12:00", 60, Clock::DepartAt, true),
        ("15:00", 60, Clock::DepartAt, false),
        ("17:31", 60, Clock::DepartAt, true),
        ("22:00", 60, Clock::DepartAt, true),
        ("03:00", 60, Clock::ArriveBy, true),
        ("05:00", 60, Clock::ArriveBy, false),
    ];
    for (from, minutes, clock, is_told) in cases {
        let travel = Travel { minutes, clock, longest_s: 7200, ..travel(from) };
        let walker = Walker::Straight { plane: &study.plane, speed: travel.walk_speed, detour: 1.0 };
        let network = TransitNetwork::new(study.transit.as_ref().unwrap(), &travel, walker);
        let text = network.unserved();
        assert_eq!(text.is_some(), is_told, "{from} {minutes} {clock:?}: {text:?}");
        assert!(text.is_none_or(|text| text.en.contains("first departure of that day is at 05:00, the last at 17:30")));
    }
}

#[test]
fn rules_for_trips_of_which_no_vehicle_is_known_are_told_by_name() {
    let feed = Feed {
        trips: "f all -: A 00:00, B 00:20\nb all -: B 08:30, D 08:40",
        frequencies: "f,08:00:00,09:00:00,600,0",
        transfers: "B,B,1,,,,f,b\nB,B,2,120,,,,\n",
        ..Feed::default()
    };
    let study = feed.study();
    let told = issue(&study, "transfer-not-used").unwrap();
    assert!(told.starts_with("1 rows are about trips at headways") && told.ends_with(": f"), "{told}");
    let ledger = study.ledgers.iter().find(|ledger| ledger.source.ends_with("transfers.txt")).unwrap();
    assert_eq!((ledger.read, ledger.used), (2, 1));
}
