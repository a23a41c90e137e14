//! A made-up network of bus, coach and metro lines between the real seats, with the flaws a real one has.

use std::collections::BTreeSet;
use std::error::Error;

use geo::Coord;

use super::SEED;
use super::centres::Centre;
use super::land::Land;
use super::land::either_side;
use super::land::metres;
use super::land::middle;
use super::land::shift;
use super::random::Random;

/// Counties without a single record in any synthetic file: for them there is no data, which is not the same as no bus.
pub const WITHOUT_DATA: &[&str] = &["320311", "320321", "320703"];

/// What is special about the line between two neighbouring counties. Pairs not listed have an ordinary bus line.
#[derive(Clone, Copy, PartialEq)]
pub enum Case {
    Ordinary,
    /// No line at all.
    NoLine,
    /// Buses from the first county to the second only.
    OneWay,
    /// One trip a day each way.
    OneTrip,
    /// Coaches only.
    CoachOnly,
    /// A metro line only.
    MetroOnly,
    /// Two lines that end so many metres apart, each on its own side of the border.
    Gap(f64),
    /// The only stop in the second county lies so many metres behind the border.
    Shallow(f64),
}

/// Pairs inside Jiangsu whose line is not ordinary.
pub const SPECIAL: &[(&str, &str, Case)] = &[
    ("320211", "320282", Case::NoLine),
    ("320282", "320506", Case::NoLine),
    ("320581", "320614", Case::NoLine),
    ("320813", "321324", Case::NoLine),
    ("320282", "320481", Case::OneWay),
    ("320722", "321322", Case::OneWay),
    ("320830", "320831", Case::OneWay),
    ("321084", "321281", Case::OneWay),
    ("320118", "320481", Case::OneTrip),
    ("320724", "320826", Case::OneTrip),
    ("320921", "320922", Case::OneTrip),
    ("321181", "321182", Case::OneTrip),
    ("320281", "321282", Case::CoachOnly),
    ("320411", "321283", Case::CoachOnly),
    ("320582", "320682", Case::CoachOnly),
    ("320585", "320614", Case::CoachOnly),
    ("320506", "320583", Case::MetroOnly),
    ("320206", "320412", Case::Gap(300.0)),
    ("320413", "321183", Case::Gap(450.0)),
    ("320685", "321204", Case::Gap(480.0)),
    ("320902", "320925", Case::Gap(350.0)),
    ("321204", "321281", Case::Gap(400.0)),
    ("320381", "320722", Case::Gap(560.0)),
    ("320205", "320581", Case::Shallow(30.0)),
    ("320312", "320382", Case::Shallow(30.0)),
    ("320803", "320923", Case::Shallow(30.0)),
    ("321012", "321202", Case::Shallow(30.0)),
    ("320115", "320117", Case::Shallow(75.0)),
    ("320402", "320412", Case::Shallow(75.0)),
    ("320682", "320685", Case::Shallow(75.0)),
];

/// Lines across the province's border: this many, the first three of them special.
const CROSS_PROVINCE: usize = 20;

/// Lines on which one stop has a wrong digit in its longitude, two degrees too far east, and so lies in no county.
const MISTYPED: &[(&str, &str)] =
    &[("320614", "320681"), ("320623", "320685"), ("320723", "320921"), ("320904", "320981"), ("320922", "320924")];

/// Further lines beside an ordinary one: they must not change any verdict.
const BESIDE: &[(&str, &str, &str)] = &[
    ("320102", "320104", "metro"),
    ("320105", "320106", "metro"),
    ("320505", "320508", "metro"),
    ("320302", "320312", "coach"),
    ("320803", "320812", "coach"),
    ("321012", "321084", "coach"),
];

/// Stops keep this far from any border where no case says otherwise, in metres.
const CLEAR_M: f64 = 200.0;

/// Stops keep this far from counties without data, so that they have none under coarser boundaries either.
const CLEAR_OF_GAPS_M: f64 = 1_500.0;

#[derive(Clone)]
pub struct Stop {
    pub id: String,
    pub name: String,
    pub at: Coord<f64>,
}

/// One direction of a line, or both.
pub struct Pattern {
    pub route: String,
    pub name: String,
    pub mode: &'static str,
    pub direction: &'static str,
    pub stops: Vec<Stop>,
    pub trips: u64,
    pub first_minute: u64,
    pub last_minute: u64,
}

/// A pair that a line joins directly, for the bureau's ledger.
pub struct Joined {
    pub a: usize,
    pub b: usize,
    pub line: String,
    pub trips: u64,
}

/// The lines and the pairs that they join by bus in both directions.
pub struct Network {
    patterns: Vec<Pattern>,
    pub joined: Vec<Joined>,
}

pub fn network(land: &Land, centres: &[Vec<Centre>]) -> Result<Network, Box<dyn Error>> {
    let mut network = Network { patterns: Vec::new(), joined: Vec::new() };
    let without = WITHOUT_DATA.iter().map(|code| land.find(code)).collect::<Result<BTreeSet<_>, _>>()?;
    let painter = Painter { land, without: &without };
    for (a, b, _) in SPECIAL {
        land.gate(land.find(a)?, land.find(b)?)?;
    }
    let mut number = 0;
    for &(a, b) in land.borders.keys() {
        if !land.in_jiangsu(a) || !land.in_jiangsu(b) || without.contains(&a) || without.contains(&b) {
            continue;
        }
        let codes = (land.counties[a].code.as_str(), land.counties[b].code.as_str());
        let case = SPECIAL.iter().find(|(x, y, _)| (*x, *y) == codes).map_or(Case::Ordinary, |special| special.2);
        number += 1;
        painter.between_counties(&mut network, a, b, case, &format!("X{number:03}"), MISTYPED.contains(&codes))?;
    }
    painter.across_the_province(&mut network)?;
    for (number, (a, b, mode)) in BESIDE.iter().enumerate() {
        let (a, b) = (land.find(a)?, land.find(b)?);
        let route = format!("{}{:03}", if *mode == "metro" { "M" } else { "C" }, number + 1);
        let mut random = Random::stream(SEED, &route);
        let stops = painter.way(a, b, &route, &mut random)?;
        network.there_and_back(&route, painter.title(a, b, mode), mode, stops, &mut random);
    }
    painter.through_three(&mut network, ["320623", "320612", "320613"])?;
    for (county, of_county) in centres.iter().enumerate() {
        painter.inside(&mut network, county, of_county);
    }
    Ok(network)
}

struct Painter<'a> {
    land: &'a Land,
    without: &'a BTreeSet<usize>,
}

impl Painter<'_> {
    fn between_counties(
        &self,
        network: &mut Network,
        a: usize,
        b: usize,
        case: Case,
        route: &str,
        mistyped: bool,
    ) -> Result<(), Box<dyn Error>> {
        let mut random = Random::stream(SEED, route);
        if case == Case::NoLine {
            return Ok(());
        }
        if let Case::Gap(gap_m) = case {
            return self.two_ends(network, a, b, gap_m, route, &mut random);
        }
        let mut stops = self.way(a, b, route, &mut random)?;
        if mistyped && stops.len() > 2 {
            let wrong = &mut stops[1];
            wrong.at.x = super::land::round(Coord { x: wrong.at.x + 2.0, y: wrong.at.y }).x;
        }
        if let Case::Shallow(depth_m) = case {
            stops.retain(|stop| self.land.counties[a].contains(stop.at));
            stops.push(Stop {
                id: format!("{route}-B"),
                name: format!("{}界内站", self.land.counties[b].name),
                at: self.behind_the_border(a, b, depth_m)?,
            });
        }
        let mode = match case {
            Case::CoachOnly => "coach",
            Case::MetroOnly => "metro",
            _ => "bus",
        };
        let name = self.title(a, b, mode);
        match case {
            Case::OneWay => network.run(route, name, mode, "out", stops, random.whole(4, 10), &mut random),
            Case::OneTrip => {
                let back = reversed(&stops);
                network.run(route, name.clone(), mode, "out", stops, 1, &mut random);
                network.run(route, name, mode, "back", back, 1, &mut random);
            }
            _ => {
                let trips = network.there_and_back(route, name, mode, stops, &mut random);
                if mode == "bus" {
                    network.joined.push(Joined { a, b, line: route.to_owned(), trips });
                }
            }
        }
        if case == Case::OneTrip {
            network.joined.push(Joined { a, b, line: route.to_owned(), trips: 1 });
        }
        Ok(())
    }

    /// One line ends before the border, another begins behind it: a walk, not a ride.
    fn two_ends(
        &self,
        network: &mut Network,
        a: usize,
        b: usize,
        gap_m: f64,
        route: &str,
        random: &mut Random,
    ) -> Result<(), Box<dyn Error>> {
        let (end_a, end_b) = self.facing(a, b, gap_m / 2.0)?;
        for (suffix, county, end) in [("A", a, end_a), ("B", b, end_b)] {
            let route = format!("{route}{suffix}");
            let mut stops: Vec<Stop> = self.way(a, b, &route, random)?;
            stops.retain(|stop| self.land.counties[county].contains(stop.at));
            if county == b {
                stops.reverse();
            }
            let name = &self.land.counties[county].name;
            stops.push(Stop { id: format!("{route}-E"), name: format!("{name}界内终点站"), at: end });
            network.there_and_back(&route, format!("{name}至界内终点 公交（合成）"), "bus", stops, random);
        }
        Ok(())
    }

    /// A point of each county, opposite one another and each so far from the border between them.
    fn facing(&self, a: usize, b: usize, half_m: f64) -> Result<(Coord<f64>, Coord<f64>), Box<dyn Error>> {
        let (from, to) = (self.land.seats[a].at, self.land.seats[b].at);
        let mut edges = self.land.borders.get(&(a.min(b), a.max(b))).cloned().unwrap_or_default();
        let detour = |edge: &super::land::Edge| metres(from, middle(*edge)) + metres(middle(*edge), to);
        edges.sort_by(|x, y| detour(x).total_cmp(&detour(y)));
        let (county_a, county_b) = (&self.land.counties[a], &self.land.counties[b]);
        // the ends are this far from the border at least, so that they are not ambiguous besides
        let clear = half_m.min(120.0) * 0.95;
        for edge in edges {
            let (left, right) = either_side(edge, half_m);
            for (in_a, in_b) in [(left, right), (right, left)] {
                let held = county_a.contains(in_a) && county_b.contains(in_b);
                let clear_of_border = county_a.border_m(in_a) >= clear && county_b.border_m(in_b) >= clear;
                if held && clear_of_border && !self.near_a_gap(in_a) && !self.near_a_gap(in_b) {
                    return Ok((in_a, in_b));
                }
            }
        }
        Err(format!("no room for two ends between {} and {}", county_a.code, county_b.code).into())
    }

    fn behind_the_border(&self, a: usize, b: usize, depth_m: f64) -> Result<Coord<f64>, Box<dyn Error>> {
        self.facing(a, b, depth_m).map(|ends| ends.1)
    }

    /// Stops from the seat of `a` over the border to the seat of `b`, every 3 to 6 km, all of them in `a` or `b`: a
    /// line that crosses a third county does not stop there.
    fn way(&self, a: usize, b: usize, route: &str, random: &mut Random) -> Result<Vec<Stop>, Box<dyn Error>> {
        let gate = middle(self.land.gate(a, b)?);
        let mut stops = vec![self.seat_stop(a)];
        self.along(a, self.land.seats[a].at, gate, route, &mut stops, random);
        self.along(b, gate, self.land.seats[b].at, route, &mut stops, random);
        stops.push(self.seat_stop(b));
        Ok(stops)
    }

    fn along(
        &self,
        county: usize,
        from: Coord<f64>,
        to: Coord<f64>,
        route: &str,
        stops: &mut Vec<Stop>,
        random: &mut Random,
    ) {
        let length = metres(from, to);
        let mut done = random.between(2_000.0, 4_000.0);
        while done < length - 1_000.0 {
            let t = done / length;
            let at = super::land::round(Coord { x: from.x + t * (to.x - from.x), y: from.y + t * (to.y - from.y) });
            // a stop is never exactly on the straight line
            let at = shift(at, random.between(-150.0, 150.0), random.between(-150.0, 150.0));
            done += random.between(3_000.0, 6_000.0);
            let shape = &self.land.counties[county];
            if shape.contains(at) && shape.border_m(at) >= CLEAR_M && !self.near_a_gap(at) {
                let id = format!("{route}-{:02}", stops.len());
                stops.push(Stop { name: format!("{}{id}站", shape.name), id, at });
            }
        }
    }

    fn near_a_gap(&self, at: Coord<f64>) -> bool {
        self.without.iter().any(|county| {
            let shape = &self.land.counties[*county];
            shape.contains(at) || shape.border_m(at) < CLEAR_OF_GAPS_M
        })
    }

    fn seat_stop(&self, county: usize) -> Stop {
        let county_name = &self.land.counties[county].name;
        let code = &self.land.counties[county].code;
        Stop { id: format!("S{code}"), name: format!("{county_name}客运站"), at: self.land.seats[county].at }
    }

    fn title(&self, a: usize, b: usize, mode: &str) -> String {
        let mode = match mode {
            "coach" => "客运班线",
            "metro" => "轨道交通",
            _ => "公交",
        };
        format!("{}—{} {mode}（合成）", self.land.counties[a].name, self.land.counties[b].name)
    }

    fn across_the_province(&self, network: &mut Network) -> Result<(), Box<dyn Error>> {
        let mut pairs: Vec<(usize, usize)> = self
            .land
            .borders
            .keys()
            .map(|&(a, b)| if self.land.in_jiangsu(a) { (a, b) } else { (b, a) })
            .filter(|&(a, b)| self.land.in_jiangsu(a) && !self.land.in_jiangsu(b) && !self.without.contains(&a))
            .collect();
        pairs.sort_unstable();
        Random::stream(SEED, "across the province").shuffle(&mut pairs);
        pairs.truncate(CROSS_PROVINCE);
        for (number, (a, b)) in pairs.into_iter().enumerate() {
            let case = match number {
                0 => Case::OneWay,
                1 => Case::CoachOnly,
                2 => Case::OneTrip,
                _ => Case::Ordinary,
            };
            self.between_counties(network, a, b, case, &format!("P{:03}", number + 1), false)?;
        }
        Ok(())
    }

    /// One line that stops in three counties on its way.
    fn through_three(&self, network: &mut Network, codes: [&str; 3]) -> Result<(), Box<dyn Error>> {
        let [a, b, c] = [self.land.find(codes[0])?, self.land.find(codes[1])?, self.land.find(codes[2])?];
        let mut random = Random::stream(SEED, "through three");
        let mut stops = self.way(a, b, "L001A", &mut random)?;
        stops.extend(self.way(b, c, "L001B", &mut random)?.into_iter().skip(1));
        network.there_and_back("L001", self.title(a, c, "bus"), "bus", stops, &mut random);
        Ok(())
    }

    /// Town lines from the county's seat to three to six of its townships.
    fn inside(&self, network: &mut Network, county: usize, centres: &[Centre]) {
        let mut random = Random::stream(SEED, &format!("town lines {}", self.land.counties[county].code));
        let seat = &self.land.seats[county];
        let mut towns: Vec<&Centre> = centres
            .iter()
            .filter(|town| town.code != seat.code && metres(town.at, seat.at) > 500.0)
            .filter(|town| self.land.counties[county].border_m(town.at) >= CLEAR_M && !self.near_a_gap(town.at))
            .collect();
        random.shuffle(&mut towns);
        towns.truncate(random.whole(3, 6) as usize);
        for (number, town) in towns.into_iter().enumerate() {
            let route = format!("T{}-{}", self.land.counties[county].code, number + 1);
            let mut stops = vec![self.seat_stop(county)];
            self.along(county, seat.at, town.at, &route, &mut stops, &mut random);
            stops.push(Stop { id: format!("S{}", town.code), name: format!("{}站", town.name), at: town.at });
            let name = format!("{}—{} 镇村公交（合成）", self.land.counties[county].name, town.name);
            let trips = random.whole(3, 16);
            network.run(&route, name, "bus", "both", stops, trips, &mut random);
        }
    }
}

fn reversed(stops: &[Stop]) -> Vec<Stop> {
    stops.iter().rev().cloned().collect()
}

impl Network {
    /// Two patterns with the same stops, or one that says `both`; returns the trips a day of the weaker direction.
    fn there_and_back(
        &mut self,
        route: &str,
        name: String,
        mode: &'static str,
        stops: Vec<Stop>,
        random: &mut Random,
    ) -> u64 {
        let (low, high) = if mode == "metro" { (120, 200) } else { (2, 24) };
        let out = random.whole(low, high);
        if random.chance(0.2) {
            self.run(route, name, mode, "both", stops, out, random);
            return out;
        }
        let back = if random.chance(0.3) { (out - 1).max(2) } else { out };
        let way_back = reversed(&stops);
        self.run(route, name.clone(), mode, "out", stops, out, random);
        self.run(route, name, mode, "back", way_back, back, random);
        out.min(back)
    }

    #[expect(clippy::too_many_arguments, reason = "one argument a column")]
    fn run(
        &mut self,
        route: &str,
        name: String,
        mode: &'static str,
        direction: &'static str,
        stops: Vec<Stop>,
        trips: u64,
        random: &mut Random,
    ) {
        let first_minute = 5 * random.whole(66, 84);
        let last_minute = if trips == 1 { first_minute } else { 5 * random.whole(204, 252) };
        let route = route.to_owned();
        self.patterns.push(Pattern { route, name, mode, direction, stops, trips, first_minute, last_minute });
    }

    /// All directions of all lines, in the order of the route table.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The route table, one row a stop.
    pub fn table(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let header = vec![
            "route",
            "route_name",
            "mode",
            "direction",
            "sequence",
            "stop",
            "stop_name",
            "lon",
            "lat",
            "trips_per_day",
            "first",
            "last",
            "headway_min",
            "synthetic",
        ];
        let clock = |minute: u64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let mut rows = Vec::new();
        for pattern in &self.patterns {
            let headway = match pattern.trips {
                0 | 1 => String::new(),
                trips => {
                    let span = pattern.last_minute - pattern.first_minute;
                    ((span + (trips - 1) / 2) / (trips - 1)).max(1).to_string()
                }
            };
            for (position, stop) in pattern.stops.iter().enumerate() {
                rows.push(vec![
                    pattern.route.clone(),
                    pattern.name.clone(),
                    pattern.mode.to_owned(),
                    pattern.direction.to_owned(),
                    (position + 1).to_string(),
                    stop.id.clone(),
                    stop.name.clone(),
                    stop.at.x.to_string(),
                    stop.at.y.to_string(),
                    pattern.trips.to_string(),
                    clock(pattern.first_minute),
                    clock(pattern.last_minute),
                    headway.clone(),
                    "true".to_owned(),
                ]);
            }
        }
        (header, rows)
    }
}
