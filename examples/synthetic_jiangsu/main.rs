//! Makes the synthetic part of the Jiangsu demo: bus lines, people, clinics, schools, shelters and reports that do not exist,
//! around boundaries and township seats that do.
//!
//! There is no open data set of these services. What is written here carries "synthetic" in the file name and in a
//! column of every row; the timetable says so in its agency and its feed_info. The same seed writes the same bytes
//! on every machine; `tests/formats/geodata.rs` compares them with the committed files.
//!
//! ```text
//! cargo run --example synthetic_jiangsu                # rewrites geodata/jiangsu/synthetic/ and the derived seats
//! cargo run --example synthetic_jiangsu -- OTHER_DIR   # writes the same files below OTHER_DIR
//! ```

mod buses;
mod centres;
mod land;
mod ledger;
mod random;
mod reported;
mod services;
mod timetable;

use std::error::Error;
use std::path::Path;
use std::path::PathBuf;

/// The one number to change for another made-up Jiangsu (the day of the plan that the demo judges).
pub const SEED: u64 = 20_241_205;

#[allow(dead_code, reason = "tests/formats/geodata.rs takes this file as a module and calls `generate`")]
fn main() -> Result<(), Box<dyn Error>> {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/jiangsu");
    let target = std::env::args_os().nth(1).map_or_else(|| real.clone(), PathBuf::from);
    for (name, bytes) in generate(&real)? {
        let path = target.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, &bytes)?;
        println!("{} ({} bytes)", path.display(), bytes.len());
    }
    Ok(())
}

/// A path below `geodata/jiangsu` and the bytes that belong there.
pub type File = (String, Vec<u8>);

/// All files, made from the real files in `real`.
pub fn generate(real: &Path) -> Result<Vec<File>, Box<dyn Error>> {
    let land = land::Land::read(real)?;
    let centres = centres::centres(&land)?;
    let network = buses::network(&land, &centres)?;
    let mut files = vec![("county_seats_derived.csv".to_owned(), bytes(&seats(&land))?)];
    let mut synthetic = vec![
        ("bus_routes_synthetic.csv", network.table()),
        ("declared_pairs_synthetic.csv", ledger::ledger(&land, &network)?),
    ];
    synthetic.extend(services::services(&land, &centres));
    synthetic.push(("reported_synthetic.csv", reported::reported(&land)));
    for (name, sheet) in &synthetic {
        files.push((format!("synthetic/{name}"), bytes(sheet)?));
    }
    files.push(("synthetic/buses_synthetic_gtfs.zip".to_owned(), timetable::feed(&network)?));
    Ok(files)
}

fn seats(land: &land::Land) -> services::Sheet {
    let rows = land.counties.iter().zip(&land.seats).map(|(county, seat)| {
        vec![
            county.code.clone(),
            county.name.clone(),
            seat.name.clone(),
            seat.at.x.to_string(),
            seat.at.y.to_string(),
            seat.code.clone(),
            seat.rule.to_owned(),
        ]
    });
    (vec!["code", "name", "seat_name", "lon", "lat", "seat_code", "rule"], rows.collect())
}

/// UTF-8 without a byte-order mark, lines end in LF.
fn bytes((header, rows): &services::Sheet) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}
