//! The door to the readers: one source streamed, record by record, into whoever collects it.

use std::collections::BTreeMap;

use geo_types::Geometry;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::source_name;
use crate::ingest::ground;
use crate::ingest::outline::geometry_name;
use crate::io::read;
use crate::io::read::DeclaredCrs;
use crate::io::read::ReadRequest;
use crate::table::Field;
use crate::table::Record;

/// Takes the records of one source in their order.
pub(crate) trait Collect {
    /// The fields as far as they are known; called before the first record, and again whenever more have turned up.
    /// # Errors
    /// [`IngestError::MissingField`] when a field that is needed is not there, or not yet.
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError>;

    /// One record, to be counted as used or as dropped. `trouble` says why a record has no geometry although its format
    /// gives it one.
    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account);
}

/// Progress is told of so many records at once.
const STEP: u64 = 4096;

/// So many records wait for a field that the records before have not shown.
const MOST_WAITING: usize = 100_000;

struct Sink<'c> {
    collector: &'c mut dyn Collect,
    account: &'c mut Account,
    source: &'c Source,
    progress: &'c dyn Progress,
    records: u64,
    /// Fields when the collector was last shown them.
    known: Option<usize>,
    /// Why the collector can not take records yet.
    missing: Option<IngestError>,
    waiting: Vec<(Record, Option<Issue>)>,
    /// More records came than may wait: the field is taken for missing, whatever turns up later.
    gave_up: bool,
    /// Whether any record had a place, or a reason why it has none.
    has_places: bool,
    /// Positions of the fields of `where`, as far as they are known, when so many fields were known.
    meant: (usize, BTreeMap<String, usize>),
}

impl Sink<'_> {
    /// Whether the config asks for this record.
    fn is_meant(&mut self, fields: &[Field], record: &Record) -> bool {
        let Some(rule) = &self.source.filter else { return true };
        let (known, positions) = &mut self.meant;
        if *known != fields.len() {
            *known = fields.len();
            let of = |name: &str| fields.iter().position(|field| field.name == name);
            *positions = rule.fields().into_iter().filter_map(|name| Some((name.to_owned(), of(name)?))).collect();
        }
        rule.fits(record, &|name| positions.get(name).copied())
    }

    fn progressed(&mut self) {
        self.records += 1;
        if self.records.is_multiple_of(STEP) {
            self.progress.advance(STEP);
        }
    }

    fn show(&mut self, fields: &[Field]) {
        self.known = Some(fields.len());
        self.missing = self.collector.open(&Columns::new(self.source, fields)).err();
        if self.missing.is_none() {
            for (record, trouble) in std::mem::take(&mut self.waiting) {
                self.collector.take(record, trouble, self.account);
            }
        }
    }
}

impl read::Sink for Sink<'_> {
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>) {
        if self.known != Some(fields.len()) && !self.gave_up {
            self.show(fields);
        }
        self.has_places |= record.geometry.is_some() || trouble.is_some();
        if !self.is_meant(fields, &record) {
            self.account.passed_over += 1;
            self.progressed();
            return;
        }
        if self.missing.is_none() {
            self.collector.take(record, trouble, self.account);
        } else if self.waiting.len() < MOST_WAITING {
            self.waiting.push((record, trouble));
        } else {
            self.gave_up = true;
        }
        self.progressed();
    }

    fn issue(&mut self, issue: Issue) {
        self.account.issues.push(issue);
    }

    fn passed_over(&mut self, records: u64) {
        self.account.passed_over += records;
    }
}

/// Streams a source into `collector`; hands back what the file says of its CRS.
///
/// # Errors
/// [`IngestError::Read`], and [`IngestError::MissingField`] when no record has a field that is needed.
pub(crate) fn read(
    source: &Source,
    collector: &mut dyn Collect,
    account: &mut Account,
    progress: &dyn Progress,
) -> Result<DeclaredCrs, IngestError> {
    let shown = source_name(source);
    let request = ReadRequest {
        path: &source.path,
        shown: &shown,
        x: source.x.as_deref(),
        y: source.y.as_deref(),
        wkt: source.wkt.as_deref(),
        encoding: source.encoding.as_deref(),
        layer: source.layer.as_deref(),
        bbox: source.bbox,
    };
    progress.stage(&shown, None);
    let mut sink = Sink {
        collector,
        account,
        source,
        progress,
        records: 0,
        known: None,
        missing: None,
        waiting: Vec::new(),
        gave_up: false,
        has_places: false,
        meant: (0, BTreeMap::new()),
    };
    let outcome = read::read(&request, &mut sink);
    progress.done();
    let info = outcome?;
    if sink.known != Some(info.fields.len()) && !sink.gave_up && (!info.fields.is_empty() || info.records > 0) {
        sink.show(&info.fields);
    }
    let has_places = sink.has_places;
    if let Some(missing) = sink.missing {
        return Err(missing);
    }
    if !has_places && info.records > 0 {
        account.no_columns = read::no_columns_of_places(&request, &info.fields);
    }
    if let (Some(said), Some(datum)) = (read::datum_in_names(&request, &info.fields), source.datum)
        && has_places
        && datum.name() != said
    {
        let what = format!(
            "the columns of the places are called as if they were in {said}, the config says datum = \"{}\"; one of the two is wrong by \
             hundreds of metres",
            datum.name()
        );
        account.issues.push(account.issue(Severity::Warning, "datum-in-name", what));
    }
    if let Some(rule) = &source.filter
        && info.records > 0
    {
        for name in rule.fields() {
            Columns::new(source, &info.fields).need(name, "where")?;
        }
    }
    if let Some(what) = ground::overruled(source, &info.crs) {
        account.issues.push(account.issue(Severity::Warning, "crs-overruled", what));
    }
    Ok(info.crs)
}

/// The point of a record, in the coordinates of its file.
///
/// # Errors
/// The reason and what is wrong.
pub(crate) fn point_of(record: &Record, trouble: Option<Issue>) -> Result<[f64; 2], (&'static str, String)> {
    let point = match (&record.geometry, trouble) {
        (None, Some(trouble)) => return Err((trouble.code, trouble.what)),
        (None, None) => return Err(("no-geometry", "the record has no place".to_owned())),
        (Some(Geometry::Point(point)), _) => *point,
        (Some(Geometry::MultiPoint(points)), _) if points.0.len() == 1 => points.0[0],
        (Some(other), _) => return Err(("bad-geometry", format!("{} where a point is wanted", geometry_name(other)))),
    };
    if point.x().is_finite() && point.y().is_finite() {
        Ok([point.x(), point.y()])
    } else {
        Err(("bad-geometry", "coordinates that are not finite numbers".to_owned()))
    }
}
