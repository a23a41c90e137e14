//! Where the records of a shapefile lie: by its index (`.shx`), or in the order of the file where there is none (ESRI Shapefile Technical
//! Description, 1998).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;

use crate::base::issue::Severity;
use crate::io::dbf;
use crate::io::parts::Told;

/// Bytes of the header of a `.shp` and of a `.shx`.
pub(super) const HEADER: u64 = 100;

/// Bytes before each record of a `.shp`.
pub(super) const RECORD_HEADER: u64 = 8;

/// The records of a shapefile, the nth of which belongs to the nth row of the `.dbf`.
pub(super) struct Order {
    /// Place and length of what a record holds, its header not counted; `None` for one that the index marks as gone.
    pub records: Vec<Option<(u64, u64)>>,
    /// What to tell of the index.
    pub told: Vec<Told>,
    pub is_by_index: bool,
}

/// The records of the `.shp` at `path`, which has `length` bytes, of which records take those up to `end` by its header; `rows` are those of
/// the `.dbf`, where there is one.
///
/// The index says which record is which: records may stand in another order, and ones that were replaced may still be there. Without a
/// sound index the records are taken in the order of the file, or by the numbers that they bear, if there are as many of them as rows.
/// # Errors
/// Why it is not certain which attributes are whose, or that the file breaks off.
pub(super) fn order(
    path: &Path,
    shp: &mut (impl Read + Seek),
    [length, end]: [u64; 2],
    rows: Option<u64>,
) -> Result<Order, String> {
    let end = end.min(length);
    let index = match dbf::path_beside(path, "shx") {
        None => Err(None),
        Some(path) => match fs::read(path) {
            Ok(bytes) => indexed(&bytes, length).map_err(Some),
            Err(error) => Err(Some(format!("it can not be read: {error}"))),
        },
    };
    let fits = |count: usize| rows.is_none_or(|rows| rows == count as u64);
    let fault = match index {
        Ok(records) if fits(records.len()) => return Ok(Order { records, told: Vec::new(), is_by_index: true }),
        Ok(records) => {
            let walked = walked(shp, end)?;
            let rows = rows.unwrap_or_default();
            let (listed, there) = (records.len(), walked.len());
            if !fits(there) && (listed as u64) < rows {
                // rows beyond the index are told by whoever reads them
                return Ok(Order { records, told: Vec::new(), is_by_index: true });
            }
            if !fits(there) {
                return Err(format!(
                    "the .dbf has {rows} rows, the index (.shx) lists {listed} shapes, and the .shp has more shapes than rows ({there}): it \
                     is not certain which attributes are whose; write the shapefile anew from its source"
                ));
            }
            format!("the index (.shx) lists {listed} shapes, the .dbf has {rows} rows and the .shp as many shapes")
        }
        Err(Some(what)) => format!("the index (.shx) is damaged: {what}"),
        Err(None) => {
            let walked = walked(shp, end)?;
            return in_file_order(walked, rows, "there is no index (.shx)".to_owned(), Severity::Note);
        }
    };
    in_file_order(walked(shp, end)?, rows, fault, Severity::Warning)
}

/// A record as it was met.
struct Walked {
    number: u32,
    at: u64,
    length: u64,
}

/// Records one after the other, without the index.
fn in_file_order(walked: Vec<Walked>, rows: Option<u64>, fault: String, severity: Severity) -> Result<Order, String> {
    let count = walked.len() as u64;
    let place = |record: &Walked| Some((record.at, record.length));
    // a shapefile without attributes is only shapes: any order will do
    let Some(rows) = rows else {
        let records = walked.iter().map(place).collect();
        let told = if severity == Severity::Note {
            Vec::new()
        } else {
            vec![Told { severity, code: "no-index", what: fault }]
        };
        return Ok(Order { records, told, is_by_index: false });
    };
    let numbers: BTreeSet<u32> = walked.iter().map(|record| record.number).collect();
    let is_in_order = walked.iter().enumerate().all(|(nth, record)| u64::from(record.number) == nth as u64 + 1);
    let are_numbers = numbers.len() as u64 == count
        && numbers.first().is_none_or(|first| *first > 0)
        && numbers.last().is_none_or(|last| u64::from(*last) <= rows);
    if count > rows {
        return Err(format!(
            "the .dbf has {rows} rows, and the .shp has more shapes ({count}); {fault}, so that it is not certain which attributes are \
             whose; put the .shx of the shapefile beside it"
        ));
    }
    let (records, how) = if is_in_order || (!are_numbers && count == rows) {
        (walked.iter().map(place).collect(), "the shapes are taken in the order of the file")
    } else if are_numbers {
        let mut records = vec![None; numbers.last().map_or(0, |last| *last as usize)];
        for record in &walked {
            records[record.number as usize - 1] = place(record);
        }
        (records, "the shapes do not stand in the order of their numbers, and are taken by these")
    } else {
        return Err(format!(
            "the .dbf has {rows} rows, and the .shp {count} shapes; {fault}, so that it is not certain which attributes are whose; put the \
             .shx of the shapefile beside it"
        ));
    };
    let severity = if is_in_order { severity } else { Severity::Warning };
    let what = format!("{fault}; {how}");
    Ok(Order { records, told: vec![Told { severity, code: "no-index", what }], is_by_index: false })
}

/// The records that an index lists.
fn indexed(bytes: &[u8], length: u64) -> Result<Vec<Option<(u64, u64)>>, String> {
    let whole = |at: usize| {
        bytes.get(at..at + 4).and_then(|four| four.first_chunk::<4>()).map(|four| i32::from_be_bytes(*four))
    };
    if whole(0) != Some(9994) || (bytes.len() as u64) < HEADER {
        return Err("it does not start like one".to_owned());
    }
    let entries = bytes.get(HEADER as usize..).unwrap_or_default();
    let said = whole(24).map_or(0, |words| i64::from(words) * 2);
    if entries.len() % 8 != 0 || said != bytes.len() as i64 {
        return Err(format!("its header says {said} bytes, and {} are there", bytes.len()));
    }
    let mut seen = BTreeSet::new();
    let mut records = Vec::with_capacity(entries.len() / 8);
    for (nth, entry) in entries.chunks_exact(8).enumerate() {
        let number =
            |at: usize| entry[at..at + 4].first_chunk::<4>().map_or(0, |four| u64::from(u32::from_be_bytes(*four))) * 2;
        let (at, size) = (number(0), number(4));
        if at == 0 {
            records.push(None);
            continue;
        }
        if at < HEADER || at + RECORD_HEADER + size > length {
            return Err(format!(
                "shape {} is said to lie at byte {at}, {size} bytes long, and the .shp has {length}",
                nth + 1
            ));
        }
        if !seen.insert(at) {
            return Err(format!("two shapes are said to lie at byte {at}"));
        }
        records.push(Some((at + RECORD_HEADER, size)));
    }
    Ok(records)
}

/// The records as they stand in the file.
fn walked(shp: &mut (impl Read + Seek), length: u64) -> Result<Vec<Walked>, String> {
    let failed = |error: io::Error| format!("the .shp can not be read: {error}");
    let mut records: Vec<Walked> = Vec::new();
    let mut at = HEADER;
    shp.seek(SeekFrom::Start(at)).map_err(failed)?;
    while at + RECORD_HEADER <= length {
        let mut head = [0u8; RECORD_HEADER as usize];
        shp.read_exact(&mut head).map_err(failed)?;
        let [a, b, c, d, e, f, g, h] = head;
        let (number, size) = (u32::from_be_bytes([a, b, c, d]), u64::from(u32::from_be_bytes([e, f, g, h])) * 2);
        let start = at + RECORD_HEADER;
        if size < 4 || start + size > length {
            let nth = records.len() + 1;
            return Err(format!(
                "the .shp is damaged at shape {nth}: it is said to take {size} bytes, and {} are there",
                length - start
            ));
        }
        records.push(Walked { number, at: start, length: size });
        shp.seek(SeekFrom::Current(size as i64)).map_err(failed)?;
        at = start + size;
    }
    Ok(records)
}
