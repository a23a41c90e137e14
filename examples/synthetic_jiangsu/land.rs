//! What is real: the counties, who borders whom, the townships and their located seats.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use geo::Coord;
use geo::InteriorPoint;
use geo::LineString;
use geo::MultiPolygon;
use geo::Polygon;

use super::random::Random;

/// Two counties are taken as neighbours here from this much shared border on, in metres.
const MIN_BORDER_M: f64 = 500.0;

/// A county-level unit of the WGS 84 boundary file.
pub struct County {
    pub code: String,
    pub name: String,
    pub shape: MultiPolygon<f64>,
    low: Coord<f64>,
    high: Coord<f64>,
}

/// A township of the official list, with its place where GeoNames has one.
pub struct Township {
    pub code: String,
    pub name: String,
    pub villages: u64,
    pub population: u64,
    pub at: Option<Coord<f64>>,
}

/// A named settlement of GeoNames.
struct Settlement {
    id: String,
    name: String,
    population: u64,
    at: Coord<f64>,
}

/// The place that stands for a county as a whole, and the rule that chose it.
pub struct Seat {
    pub code: String,
    pub name: String,
    pub rule: &'static str,
    pub at: Coord<f64>,
}

/// A piece of border that two counties have in common.
pub type Edge = (Coord<f64>, Coord<f64>);

/// Everything read, counties in the order of their codes.
pub struct Land {
    pub counties: Vec<County>,
    pub townships: Vec<Vec<Township>>,
    pub seats: Vec<Seat>,
    /// Neighbouring counties (lower index first) and the edges they share.
    pub borders: BTreeMap<(usize, usize), Vec<Edge>>,
}

impl Land {
    pub fn read(folder: &Path) -> Result<Land, Box<dyn Error>> {
        let counties = read_counties(&folder.join("counties_wgs84.geojson"))?;
        let by_code: HashMap<String, usize> = counties.iter().enumerate().map(|(i, c)| (c.code.clone(), i)).collect();
        let townships = read_townships(folder, &by_code)?;
        let settlements = read_settlements(&folder.join("settlements.csv"), &by_code)?;
        let seats = counties
            .iter()
            .enumerate()
            .map(|(i, county)| seat(county, &townships[i], &settlements[i]))
            .collect::<Result<_, _>>()?;
        let borders = borders(&counties);
        Ok(Land { counties, townships, seats, borders })
    }

    pub fn find(&self, code: &str) -> Result<usize, Box<dyn Error>> {
        self.counties
            .binary_search_by(|county| county.code.as_str().cmp(code))
            .map_err(|_| format!("no county {code} in the boundary file").into())
    }

    pub fn in_jiangsu(&self, county: usize) -> bool {
        self.counties[county].code.starts_with("32")
    }

    /// The shared edge that makes the way from seat to seat shortest, as its middle and its direction.
    pub fn gate(&self, a: usize, b: usize) -> Result<Edge, Box<dyn Error>> {
        let (from, to) = (self.seats[a].at, self.seats[b].at);
        let detour = |edge: &Edge| {
            let middle = middle(*edge);
            metres(from, middle) + metres(middle, to)
        };
        self.borders
            .get(&(a.min(b), a.max(b)))
            .and_then(|edges| edges.iter().min_by(|x, y| detour(x).total_cmp(&detour(y))))
            .copied()
            .ok_or_else(|| format!("{} and {} share no border", self.counties[a].code, self.counties[b].code).into())
    }
}

impl County {
    fn new(code: String, name: String, shape: MultiPolygon<f64>) -> County {
        let all = || shape.0.iter().flat_map(|polygon| polygon.exterior().coords());
        let fold = |pick: fn(f64, f64) -> f64, start: f64| Coord {
            x: all().map(|c| c.x).fold(start, pick),
            y: all().map(|c| c.y).fold(start, pick),
        };
        let (low, high) = (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY));
        County { code, name, shape, low, high }
    }

    fn rings(&self) -> impl Iterator<Item = &LineString<f64>> {
        self.shape.0.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
    }

    /// Even-odd rule over all rings; the boundary files have no overlapping parts.
    pub fn contains(&self, at: Coord<f64>) -> bool {
        if at.x < self.low.x || at.x > self.high.x || at.y < self.low.y || at.y > self.high.y {
            return false;
        }
        let mut inside = false;
        for line in self.rings().flat_map(LineString::lines) {
            let (a, b) = (line.start, line.end);
            if (a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x {
                inside = !inside;
            }
        }
        inside
    }

    /// Metres from the point to the county's border, from inside or outside.
    pub fn border_m(&self, at: Coord<f64>) -> f64 {
        let scale = scale(at.y);
        let flat = |c: Coord<f64>| ((c.x - at.x) * scale.x, (c.y - at.y) * scale.y);
        let mut least = f64::INFINITY;
        for line in self.rings().flat_map(LineString::lines) {
            let ((ax, ay), (bx, by)) = (flat(line.start), flat(line.end));
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx * dx + dy * dy;
            let t = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            let (x, y) = (ax + t * dx, ay + t * dy);
            least = least.min(x * x + y * y);
        }
        least.sqrt()
    }

    /// A point of the county at most `reach_m` from `centre` and at least `margin_m` from the border. Where the
    /// county is too narrow the reach and the margin shrink; the last resort is the centre itself.
    pub fn place_near(&self, centre: Coord<f64>, reach_m: f64, margin_m: f64, random: &mut Random) -> Coord<f64> {
        let (mut reach, mut margin) = (reach_m, margin_m);
        for _ in 0..12 {
            for _ in 0..8 {
                let (x, y) = loop {
                    let (x, y) = (random.between(-1.0, 1.0), random.between(-1.0, 1.0));
                    if x * x + y * y <= 1.0 {
                        break (x, y);
                    }
                };
                let at = shift(centre, x * reach, y * reach);
                if self.contains(at) && self.border_m(at) >= margin {
                    return at;
                }
            }
            (reach, margin) = (reach * 0.7, margin * 0.5);
        }
        round(centre)
    }

    /// A point anywhere in the county, at least `margin_m` from its border (less where the county is narrow).
    pub fn place(&self, margin_m: f64, random: &mut Random) -> Coord<f64> {
        let mut margin = margin_m;
        loop {
            for _ in 0..40 {
                let at = round(Coord {
                    x: random.between(self.low.x, self.high.x),
                    y: random.between(self.low.y, self.high.y),
                });
                if self.contains(at) && self.border_m(at) >= margin {
                    return at;
                }
            }
            margin *= 0.7;
        }
    }
}

/// Metres per degree of longitude (x) and latitude (y) at a latitude, on WGS 84 (the usual cosine series). The cosine
/// is a polynomial of our own, because the system's may differ in the last digit from machine to machine.
fn scale(latitude: f64) -> Coord<f64> {
    let cosine = |degrees: f64| {
        let x = degrees.to_radians();
        let q = x * x;
        let mut term = 1.0;
        let mut sum = 1.0;
        for k in 1..16 {
            term *= -q / f64::from((2 * k - 1) * (2 * k));
            sum += term;
        }
        sum
    };
    Coord {
        x: 111_412.84 * cosine(latitude) - 93.5 * cosine(3.0 * latitude) + 0.118 * cosine(5.0 * latitude),
        y: 111_132.954 - 559.822 * cosine(2.0 * latitude) + 1.175 * cosine(4.0 * latitude),
    }
}

/// Metres between two points, flat at their mean latitude: good to a few metres over the length of a bus line.
pub fn metres(a: Coord<f64>, b: Coord<f64>) -> f64 {
    let scale = scale((a.y + b.y) / 2.0);
    let (x, y) = ((b.x - a.x) * scale.x, (b.y - a.y) * scale.y);
    (x * x + y * y).sqrt()
}

/// The point so many metres east and north.
pub fn shift(at: Coord<f64>, east_m: f64, north_m: f64) -> Coord<f64> {
    let scale = scale(at.y);
    round(Coord { x: at.x + east_m / scale.x, y: at.y + north_m / scale.y })
}

/// The two points at `half_m` to either side of the middle of an edge, square to it.
pub fn either_side(edge: Edge, half_m: f64) -> (Coord<f64>, Coord<f64>) {
    let scale = scale(edge.0.y);
    let (x, y) = ((edge.1.x - edge.0.x) * scale.x, (edge.1.y - edge.0.y) * scale.y);
    let length = (x * x + y * y).sqrt();
    let (east, north) = (-y / length * half_m, x / length * half_m);
    (shift(middle(edge), east, north), shift(middle(edge), -east, -north))
}

pub fn middle(edge: Edge) -> Coord<f64> {
    Coord { x: (edge.0.x + edge.1.x) / 2.0, y: (edge.0.y + edge.1.y) / 2.0 }
}

/// Six decimals (0.1 m), as the files say it, so that what is checked here is what is written.
pub fn round(at: Coord<f64>) -> Coord<f64> {
    let six = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Coord { x: six(at.x), y: six(at.y) }
}

/// Neighbours by edges that two counties have vertex for vertex in common.
fn borders(counties: &[County]) -> BTreeMap<(usize, usize), Vec<Edge>> {
    let key = |c: Coord<f64>| ((c.x * 1e6).round() as i64, (c.y * 1e6).round() as i64);
    let mut first: HashMap<[(i64, i64); 2], usize> = HashMap::new();
    let mut shared: BTreeMap<(usize, usize), Vec<Edge>> = BTreeMap::new();
    for (index, county) in counties.iter().enumerate() {
        for line in county.rings().flat_map(LineString::lines) {
            let (a, b) = (key(line.start), key(line.end));
            if a == b {
                continue;
            }
            let other = *first.entry([a.min(b), a.max(b)]).or_insert(index);
            if other != index {
                shared.entry((other, index)).or_default().push((line.start, line.end));
            }
        }
    }
    shared.retain(|_, edges| edges.iter().map(|edge| metres(edge.0, edge.1)).sum::<f64>() >= MIN_BORDER_M);
    shared
}

/// The place that stands for a county: see `geodata/SOURCES.md`, `county_seats_derived.csv`, for the rule in words.
fn seat(county: &County, townships: &[Township], settlements: &[Settlement]) -> Result<Seat, Box<dyn Error>> {
    let middle = round(county.shape.interior_point().ok_or("a county without an inside")?.0);
    let township = |township: &Township, at: Coord<f64>, rule| Seat {
        code: township.code.clone(),
        name: township.name.clone(),
        rule,
        at,
    };
    let settlement = |settlement: &Settlement, rule| Seat {
        code: format!("geonames:{}", settlement.id),
        name: settlement.name.clone(),
        rule,
        at: settlement.at,
    };
    let located = || townships.iter().filter_map(|t| t.at.map(|at| (t, at))).filter(|(_, at)| county.contains(*at));
    let named = || settlements.iter().filter(|s| county.contains(s.at));
    // ties go to the lower code: `min_by_key` keeps the first
    let town = located().filter(|(t, _)| t.population > 0).min_by_key(|(t, _)| Reverse(t.population));
    let settled = named().filter(|s| s.population > 0).min_by_key(|s| Reverse(s.population));
    let found = if let Some((t, at)) = town {
        township(t, at, "township-most-people")
    } else if let Some(s) = settled {
        settlement(s, "settlement-most-people")
    } else if let Some((t, at)) = located().next() {
        township(t, at, "township-first-code")
    } else if let Some(s) = named().min_by(|a, b| metres(a.at, middle).total_cmp(&metres(b.at, middle))) {
        settlement(s, "settlement-most-central")
    } else {
        Seat { code: String::new(), name: String::new(), rule: "inner-point", at: middle }
    };
    Ok(found)
}

fn read_counties(path: &Path) -> Result<Vec<County>, Box<dyn Error>> {
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let features = document["features"].as_array().ok_or("no features in the boundary file")?;
    let mut counties = Vec::with_capacity(features.len());
    for feature in features {
        let text =
            |field: &str| feature["properties"][field].as_str().map(str::to_owned).ok_or("a county without a name");
        let geometry = &feature["geometry"];
        let parts = match geometry["type"].as_str() {
            Some("Polygon") => vec![polygon(&geometry["coordinates"])?],
            Some("MultiPolygon") => {
                let parts = geometry["coordinates"].as_array().ok_or("a county without coordinates")?;
                parts.iter().map(polygon).collect::<Result<_, _>>()?
            }
            other => return Err(format!("a county of geometry type {other:?}").into()),
        };
        counties.push(County::new(text("adcode")?, text("name")?, MultiPolygon(parts)));
    }
    counties.sort_by(|a, b| a.code.cmp(&b.code));
    Ok(counties)
}

fn polygon(rings: &serde_json::Value) -> Result<Polygon<f64>, Box<dyn Error>> {
    let ring = |ring: &serde_json::Value| -> Result<LineString<f64>, Box<dyn Error>> {
        let positions = ring.as_array().ok_or("a ring without positions")?;
        positions
            .iter()
            .map(|position| {
                let number = |i: usize| position[i].as_f64().ok_or("a position without numbers");
                Ok(Coord { x: number(0)?, y: number(1)? })
            })
            .collect()
    };
    let mut rings = rings.as_array().ok_or("a polygon without rings")?.iter().map(ring);
    let outer = rings.next().ok_or("a polygon without an outer ring")??;
    Ok(Polygon::new(outer, rings.collect::<Result<_, _>>()?))
}

fn read_townships(folder: &Path, by_code: &HashMap<String, usize>) -> Result<Vec<Vec<Township>>, Box<dyn Error>> {
    let mut places: HashMap<String, (Coord<f64>, u64)> = HashMap::new();
    for row in rows(&folder.join("township_seats.csv"))? {
        let at = Coord { x: row["lon"].parse()?, y: row["lat"].parse()? };
        places.insert(row["code"].clone(), (at, row["geonames_population"].parse()?));
    }
    let mut townships: Vec<Vec<Township>> = by_code.iter().map(|_| Vec::new()).collect();
    for row in rows(&folder.join("townships_list.csv"))? {
        let place = places.get(&row["code"]);
        let county = *by_code.get(&row["county_adcode"]).ok_or("a township of no county")?;
        townships[county].push(Township {
            code: row["code"].clone(),
            name: row["name"].clone(),
            villages: row["villages"].parse()?,
            population: place.map_or(0, |place| place.1),
            at: place.map(|place| place.0),
        });
    }
    for of_county in &mut townships {
        of_county.sort_by(|a, b| a.code.cmp(&b.code));
    }
    Ok(townships)
}

fn read_settlements(path: &Path, by_code: &HashMap<String, usize>) -> Result<Vec<Vec<Settlement>>, Box<dyn Error>> {
    let mut settlements: Vec<Vec<Settlement>> = by_code.iter().map(|_| Vec::new()).collect();
    for row in rows(path)? {
        let Some(county) = by_code.get(&row["adcode"]) else { continue };
        settlements[*county].push(Settlement {
            id: row["geonameid"].clone(),
            name: row["name"].clone(),
            population: row["population"].parse()?,
            at: Coord { x: row["lon"].parse()?, y: row["lat"].parse()? },
        });
    }
    Ok(settlements)
}

fn rows(path: &Path) -> Result<Vec<HashMap<String, String>>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    Ok(reader.deserialize().collect::<Result<_, _>>()?)
}
