//! Where the made-up people live and the town lines end: real township seats, and, where too few are located, listed
//! townships at made-up places.

use std::error::Error;

use geo::Coord;

use super::SEED;
use super::buses::WITHOUT_DATA;
use super::land::Land;
use super::land::metres;
use super::random::Random;

/// A county of which fewer townships are located gets made-up places for others of its list, up to this many.
const AT_LEAST: usize = 6;

/// A township with a place to build around.
pub struct Centre {
    pub code: String,
    pub name: String,
    pub villages: u64,
    pub at: Coord<f64>,
}

/// The centres of each county of Jiangsu that has data, and of the located townships around Jiangsu; index = county.
pub fn centres(land: &Land) -> Result<Vec<Vec<Centre>>, Box<dyn Error>> {
    let mut all = Vec::with_capacity(land.counties.len());
    for (index, county) in land.counties.iter().enumerate() {
        let mut centres: Vec<Centre> = Vec::new();
        if !land.in_jiangsu(index) || WITHOUT_DATA.contains(&county.code.as_str()) {
            all.push(centres);
            continue;
        }
        let townships = &land.townships[index];
        let centre = |i: usize, at| Centre {
            code: townships[i].code.clone(),
            name: townships[i].name.clone(),
            villages: townships[i].villages.max(1),
            at,
        };
        let located = (0..townships.len()).filter_map(|i| townships[i].at.map(|at| centre(i, at)));
        centres.extend(located.filter(|found| county.contains(found.at)));
        let mut random = Random::stream(SEED, &format!("centres {}", county.code));
        for i in (0..townships.len()).filter(|i| townships[*i].at.is_none()) {
            if centres.len() >= AT_LEAST {
                break;
            }
            // the first made-up centre of a county without any located township lies at its seat
            let at = if centres.is_empty() {
                land.seats[index].at
            } else {
                let mut best = (f64::NEG_INFINITY, land.seats[index].at);
                for _ in 0..12 {
                    let at = county.place(1_000.0, &mut random);
                    let apart = centres.iter().map(|c| metres(c.at, at)).fold(f64::INFINITY, f64::min);
                    if apart > best.0 {
                        best = (apart, at);
                    }
                }
                best.1
            };
            centres.push(centre(i, at));
        }
        if centres.is_empty() {
            return Err(format!("county {} has no township in the list", county.code).into());
        }
        all.push(centres);
    }
    Ok(all)
}
