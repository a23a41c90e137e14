//! Shapefiles: shapes, the attributes beside them, and what the `.prj` says of their CRS.
//!
//! Read here and not by a crate: the one there is reads records by the index without a look at it, and ends at the first that is damaged.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::io::dbf;
use crate::io::dbf::Dbf;
use crate::io::encoding;
use crate::io::parts;
use crate::io::parts::Found;
use crate::io::parts::Made;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::ring_roles::Against;
use crate::io::shp_shape;
use crate::io::shx;
use crate::io::shx::HEADER;
use crate::io::shx::Order;
use crate::io::shx::RECORD_HEADER;
use crate::table::Record;

/// Reads a shapefile to its end, in the order of its index (`.shx`), which is the order of the attributes. Z and M are left out.
///
/// Without a sound index the shapes are taken in the order of the file, with an issue, if it is certain that it is that of the attributes. A
/// missing `.dbf` is an issue, and the records then have no fields. Rows that are marked as deleted are left out with their
/// shapes, with an issue each. Rings are put together by what encloses what, whatever their order and sense; rings that run the wrong way
/// round are an issue. A shape that is damaged is a record without a geometry.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] for a file that is no shapefile, breaks off, has fewer attributes than shapes, or where it is
/// not certain which attributes are whose.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
    let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
    let file = File::open(request.path).map_err(not_open)?;
    let length = file.metadata().map_err(not_open)?.len();
    let mut shp = BufReader::with_capacity(1 << 16, file);
    let mut head = [0u8; HEADER as usize];
    if shp.read_exact(&mut head).is_err() || head[..4] != 9994i32.to_be_bytes() {
        return Err(content("is no shapefile: it does not start like one".to_owned()));
    }
    let said = i64::from(i32::from_be_bytes([head[24], head[25], head[26], head[27]])) * 2;
    let is_cut = said > length as i64 || said < HEADER as i64;
    let breaks_off = || content(format!("the .shp breaks off: its header says {said} bytes, and {length} are there"));
    if is_cut && dbf::path_beside(request.path, "shx").is_none() {
        return Err(breaks_off());
    }
    let mut table = match dbf::path_beside(request.path, "dbf") {
        Some(path) => Some(Dbf::open(request, &path, sink)?),
        None => {
            let what =
                "there is no .dbf beside it: the shapes have no attributes; put all files of the shapefile together";
            sink.issue(Issue::new(Severity::Warning, "no-attributes", request.shown, what));
            None
        }
    };
    let fields = table.as_ref().map(|table| table.fields.clone()).unwrap_or_default();
    let rows = table.as_ref().map(|table| table.rows);
    let order = shx::order(request.path, &mut shp, [length, said as u64], rows);
    // what the index finds is there, whatever the header says
    if is_cut && order.as_ref().map_or(true, |order| !order.is_by_index) {
        return Err(breaks_off());
    }
    let Order { records: places, told, .. } = order.map_err(content)?;
    for told in told {
        sink.issue(Issue::new(told.severity, told.code, request.shown, told.what));
    }
    let mut records = 0;
    let mut bytes = Vec::new();
    let mut at = None;
    for place in places {
        records += 1;
        let mut record = Record { number: records, ..Record::default() };
        if let Some(table) = &mut table {
            let row = table
                .next(request)?
                .ok_or_else(|| content(format!("the .dbf has {} rows, and the .shp has more shapes", table.rows)))?;
            for (code, at, what) in row.troubles {
                let issue = Issue::new(Severity::Warning, code, request.shown, what).at_record(records);
                sink.issue(issue.in_field(fields[at].name.clone()));
            }
            if row.is_deleted {
                let what = "the row is marked as deleted, and left out";
                sink.issue(Issue::new(Severity::Note, "deleted-row", request.shown, what).at_record(records));
                continue;
            }
            record.values = row.values;
        }
        let issue = |severity, code, what: String| Issue::new(severity, code, request.shown, what).at_record(records);
        let found = match place {
            None => Ok(Found::default()),
            Some((start, size)) => {
                go_to(&mut shp, &mut at, start - RECORD_HEADER).map_err(not_open)?;
                let mut head = [0u8; RECORD_HEADER as usize];
                shp.read_exact(&mut head).map_err(not_open)?;
                // what the record says of its own length counts, as in GDAL: some indexes count otherwise
                let own = u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]])) * 2;
                let size = if own >= 4 && start + own <= length { own } else { size };
                bytes.resize(size as usize, 0);
                shp.read_exact(&mut bytes).map_err(not_open)?;
                at = Some(start + size);
                shp_shape::shape(&bytes).and_then(|shape| {
                    if let Some((severity, what)) = sense(shape.against) {
                        sink.issue(issue(severity, "ring-sense", what));
                    }
                    shape.raw.map_or_else(|| Ok(Found::default()), |raw| parts::found(raw, Made::default()))
                })
            }
        };
        let trouble = match found {
            Ok(Found { geometry: None, .. }) => {
                Some(issue(Severity::Error, "no-geometry", "has no geometry".to_owned()))
            }
            Ok(Found { geometry, told }) => {
                record.geometry = geometry;
                told.into_iter().for_each(|told| sink.issue(told.issue(request.shown, records, None)));
                None
            }
            Err(what) => Some(issue(Severity::Error, "bad-geometry", what)),
        };
        sink.record(&fields, record, trouble);
    }
    if let Some(table) = &table
        && table.rows > records
    {
        let what = format!("the .dbf has {} rows, the .shp {records} shapes; the rows beyond are left out", table.rows);
        sink.issue(Issue::new(Severity::Warning, "more-attributes", request.shown, what));
    }
    let crs = match dbf::beside(request.path, "prj").map(|text| String::from_utf8_lossy(&text).trim().to_owned()) {
        Some(text) if !text.is_empty() => DeclaredCrs::Carried(text.trim_start_matches('\u{feff}').to_owned()),
        _ => DeclaredCrs::Unknown,
    };
    Ok(LayerInfo {
        driver: "Shapefile",
        layer: None,
        fields,
        records,
        crs,
        encoding: table.map_or("UTF-8", |table| encoding::title(table.encoding)),
    })
}

/// Goes to a place of the file; `at` is where it stands, `None` where that is not known.
fn go_to(shp: &mut BufReader<File>, at: &mut Option<u64>, place: u64) -> io::Result<()> {
    match at {
        Some(at) => shp.seek_relative(place as i64 - *at as i64),
        None => shp.seek(SeekFrom::Start(place)).map(drop),
    }
}

/// What to tell of rings that run otherwise than their roles want.
fn sense(Against { turned, alike }: Against) -> Option<(Severity, String)> {
    const LAW: &str = "what lies within a ring is taken as its hole, whichever way it runs";
    match (alike, turned) {
        (0, 0) => None,
        (0, _) => Some((
            Severity::Note,
            format!(
                "{turned} ring(s) run the wrong way round (in a shapefile shells run clockwise, holes counter-clockwise); {LAW}"
            ),
        )),
        _ => Some((Severity::Warning, format!("{alike} ring(s) run the same way as the ring around them; {LAW}"))),
    }
}
