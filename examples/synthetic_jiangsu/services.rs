//! Made-up people, clinics, schools and shelters around the centres.

use geo::Coord;

use super::SEED;
use super::centres::Centre;
use super::land::County;
use super::land::Land;
use super::random::Random;

/// A header and its rows.
pub type Sheet = (Vec<&'static str>, Vec<Vec<String>>);

/// People of the whole province, a round number near the real one.
const PEOPLE: f64 = 85_000_000.0;

/// Square metres a person, by class of shelter, after GB 51143 (see `geodata/SOURCES.md`).
const SHELTERS: &[(&str, f64, (u64, u64))] = &[
    ("emergency", 0.5, (600, 3_000)),
    ("short_term", 2.0, (2_000, 9_000)),
    ("medium_term", 3.0, (10_000, 30_000)),
    ("long_term", 4.5, (50_000, 90_000)),
];

/// Where a group of people lives.
struct Home {
    township: String,
    county: usize,
    at: Coord<f64>,
    /// Of the township's inner part, where schools and clinics are.
    core: bool,
    weight: f64,
}

/// The four files: residents, clinics, schools, shelters.
pub fn services(land: &Land, centres: &[Vec<Centre>]) -> [(&'static str, Sheet); 4] {
    let homes = homes(land, centres);
    [
        ("residents_synthetic.csv", residents(land, &homes)),
        ("clinics_synthetic.csv", clinics(land, centres, &homes)),
        ("schools_synthetic.csv", schools(land, centres, &homes)),
        ("shelters_synthetic.csv", shelters(land, centres, &homes)),
    ]
}

/// Sub-districts (街道, codes ending below 100) are towns, the others country.
fn is_urban(code: &str) -> bool {
    code.as_bytes().get(6) == Some(&b'0')
}

fn homes(land: &Land, centres: &[Vec<Centre>]) -> Vec<Home> {
    let mut homes = Vec::new();
    for (county, of_county) in centres.iter().enumerate() {
        let shape = &land.counties[county];
        let villages: u64 = land.townships[county].iter().map(|township| township.villages.max(1)).sum();
        let on_centres: u64 = of_county.iter().map(|centre| centre.villages).sum();
        for centre in of_county {
            let mut random = Random::stream(SEED, &format!("residents {}", centre.code));
            let groups = random.whole(5, 15);
            let reach = if is_urban(&centre.code) { 3_500.0 } else { 7_000.0 };
            let mut own: Vec<Home> = Vec::new();
            for group in 0..groups {
                let core = group * 5 < groups * 2;
                let at = shape.place_near(centre.at, if core { 1_200.0 } else { reach }, 60.0, &mut random);
                let weight = if core { random.between(3.0, 7.0) } else { random.between(0.5, 2.0) };
                own.push(Home { township: centre.code.clone(), county, at, core, weight });
            }
            let total: f64 = own.iter().map(|home| home.weight).sum();
            // townships that are not located lend their people to those that are: the county's total stays
            let people = centre.villages as f64 / on_centres as f64 * villages as f64;
            own.iter_mut().for_each(|home| home.weight *= people / total);
            homes.extend(own);
        }
    }
    homes
}

fn residents(land: &Land, homes: &[Home]) -> Sheet {
    let total: f64 = homes.iter().map(|home| home.weight).sum();
    let mut random = Random::stream(SEED, "ages");
    let (mut so_far, mut given) = (0.0, 0.0);
    let mut rows = Vec::with_capacity(homes.len());
    for (number, home) in homes.iter().enumerate() {
        // rounding the running sum, not each share, so that the total comes out exactly
        so_far += home.weight;
        let upto = if number + 1 == homes.len() { PEOPLE } else { (so_far / total * PEOPLE).round() };
        let people = upto - given;
        given = upto;
        let children = (people * random.between(0.08, 0.115)).round();
        let elderly = (people * random.between(0.18, 0.27)).round();
        let mut row = vec![format!("R{:05}", number + 1), home.township.clone()];
        row.extend(place(&land.counties[home.county], home.at));
        row.extend([people.to_string(), children.to_string(), elderly.to_string(), "true".to_owned()]);
        rows.push(row);
    }
    let header =
        vec!["id", "township", "county_adcode", "lon", "lat", "people", "children_6_15", "elderly_60", "synthetic"];
    (header, rows)
}

fn clinics(land: &Land, centres: &[Vec<Centre>], homes: &[Home]) -> Sheet {
    let mut rows = Vec::new();
    let mut add = |county: &County, at: Coord<f64>, name: String, doctors: u64| {
        let mut row = vec![format!("CL{:05}", rows.len() + 1), name, "clinic".to_owned()];
        row.extend(place(county, at));
        row.extend([doctors.to_string(), "true".to_owned()]);
        rows.push(row);
    };
    for (index, county) in land.counties.iter().enumerate() {
        let mut random = Random::stream(SEED, &format!("clinics {}", county.code));
        let luck = random.between(0.75, 1.0);
        for centre in &centres[index] {
            if random.chance(0.94 * luck) {
                let at = county.place_near(centre.at, 800.0, 30.0, &mut random);
                add(county, at, format!("{}卫生院（合成）", centre.name), random.whole(40, 180));
            }
        }
        for home in homes.iter().filter(|home| home.county == index && !home.core) {
            if random.chance(0.30 * luck) {
                let at = county.place_near(home.at, 1_500.0, 30.0, &mut random);
                add(county, at, format!("{}{}号卫生室（合成）", county.name, home.township), random.whole(4, 16));
            }
        }
        // beyond the province, so that border townships are not judged as if the world ended there
        for township in land.townships[index].iter().filter(|_| !land.in_jiangsu(index)) {
            if let Some(at) = township.at.filter(|at| county.contains(*at)) {
                let at = county.place_near(at, 800.0, 30.0, &mut random);
                add(county, at, format!("{}卫生院（合成）", township.name), random.whole(40, 180));
            }
        }
    }
    (vec!["id", "name", "kind", "county_adcode", "lon", "lat", "doctors", "synthetic"], rows)
}

fn schools(land: &Land, centres: &[Vec<Centre>], homes: &[Home]) -> Sheet {
    let mut rows = Vec::new();
    let mut add = |county: &County, at: Coord<f64>, town: &str, kind: &str, seats: u64| {
        let title = if kind == "primary_school" { "小学" } else { "初中" };
        let number = rows.len() + 1;
        let mut row = vec![format!("SC{number:05}"), format!("{town}第{number}{title}（合成）"), kind.to_owned()];
        row.extend(place(county, at));
        row.extend([seats.to_string(), "true".to_owned()]);
        rows.push(row);
    };
    for (index, county) in land.counties.iter().enumerate() {
        let mut random = Random::stream(SEED, &format!("schools {}", county.code));
        let luck = random.between(0.8, 1.0);
        for centre in &centres[index] {
            let own = || homes.iter().filter(|home| home.county == index && home.township == centre.code);
            for home in own() {
                if random.chance(if home.core { 0.45 } else { 0.35 } * luck) {
                    let at = county.place_near(home.at, 700.0, 30.0, &mut random);
                    add(county, at, &centre.name, "primary_school", 45 * random.whole(24, 72));
                }
                if random.chance(if home.core { 0.25 } else { 0.08 } * luck) {
                    let at = county.place_near(home.at, 900.0, 30.0, &mut random);
                    add(county, at, &centre.name, "junior_school", 50 * random.whole(24, 80));
                }
            }
        }
    }
    (vec!["id", "name", "kind", "county_adcode", "lon", "lat", "seats", "synthetic"], rows)
}

fn shelters(land: &Land, centres: &[Vec<Centre>], homes: &[Home]) -> Sheet {
    let mut rows = Vec::new();
    let mut add = |county: &County, at: Coord<f64>, town: &str, class: usize, random: &mut Random| {
        let (level, a_person, (low, high)) = SHELTERS[class];
        let area = 100 * random.whole(low / 100, high / 100);
        let capacity = (area as f64 / a_person).floor();
        let number = rows.len() + 1;
        let mut row = vec![format!("SH{number:05}"), format!("{town}{number}号避难场所（合成）"), "shelter".to_owned()];
        row.extend([level.to_owned()]);
        row.extend(place(county, at));
        row.extend([area.to_string(), capacity.to_string(), "true".to_owned()]);
        rows.push(row);
    };
    for (index, county) in land.counties.iter().enumerate() {
        if centres[index].is_empty() {
            continue;
        }
        let mut random = Random::stream(SEED, &format!("shelters {}", county.code));
        let luck = random.between(0.7, 1.0);
        let at = county.place_near(land.seats[index].at, 2_000.0, 60.0, &mut random);
        add(county, at, &county.name, 3, &mut random);
        for centre in &centres[index] {
            if random.chance(0.85 * luck) {
                let at = county.place_near(centre.at, 900.0, 30.0, &mut random);
                let class = if random.chance(0.25) { 2 } else { 1 };
                add(county, at, &centre.name, class, &mut random);
            }
            for home in homes.iter().filter(|home| home.county == index && home.township == centre.code) {
                if random.chance(if home.core { 0.65 } else { 0.2 } * luck) {
                    let at = county.place_near(home.at, 500.0, 30.0, &mut random);
                    add(county, at, &centre.name, 0, &mut random);
                }
            }
        }
    }
    (vec!["id", "name", "kind", "level", "county_adcode", "lon", "lat", "area_m2", "capacity", "synthetic"], rows)
}

fn place(county: &County, at: Coord<f64>) -> [String; 3] {
    [county.code.clone(), at.x.to_string(), at.y.to_string()]
}
