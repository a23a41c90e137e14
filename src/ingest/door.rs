//! The door to the readers: one source streamed, record by record, into whoever collects it.

use geo_types::Geometry;

use crate::base::progress::Progress;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::source_name;
use crate::ingest::outline::geometry_name;
use crate::io;
use crate::io::Header;
use crate::io::ReadOptions;
use crate::io::reproject::Crs;
use crate::table::Record;

/// Takes the records of one source in their order.
pub(crate) trait Collect {
    /// The fields are known; called once, before any record.
    /// # Errors
    /// [`IngestError::MissingField`] ends the reading.
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError>;

    /// One record; it is counted as used or as dropped.
    fn take(&mut self, record: Record, account: &mut Account);
}

/// What a file says of itself.
pub(crate) struct Carried {
    pub crs: Option<Crs>,
}

struct Sink<'c> {
    collector: &'c mut dyn Collect,
    account: &'c mut Account,
    source: &'c Source,
    crs: Option<Crs>,
    failure: Option<IngestError>,
}

impl io::Sink for Sink<'_> {
    fn begin(&mut self, header: &Header) -> bool {
        self.crs = header.crs.clone();
        self.failure = self.collector.open(&Columns::new(self.source, &header.fields)).err();
        self.failure.is_none()
    }

    fn record(&mut self, record: Record) -> bool {
        self.collector.take(record, self.account);
        true
    }

    fn issue(&mut self, issue: crate::base::issue::Issue) {
        self.account.issues.push(issue);
    }
}

/// Streams a source into `collector`.
pub(crate) fn read(
    source: &Source,
    collector: &mut dyn Collect,
    account: &mut Account,
    progress: &dyn Progress,
) -> Result<Carried, IngestError> {
    progress.stage(&source_name(source), None);
    let options = ReadOptions {
        layer: source.layer.clone(),
        x: source.x.clone(),
        y: source.y.clone(),
        wkt: source.wkt.clone(),
        encoding: source.encoding.clone(),
    };
    let mut sink = Sink { collector, account, source, crs: None, failure: None };
    let outcome = io::read(&source.path, &options, &mut sink);
    let Sink { crs, failure, .. } = sink;
    progress.done();
    if let Some(failure) = failure {
        return Err(failure);
    }
    outcome?;
    Ok(Carried { crs })
}

/// The point of a record, in the coordinates of its file.
///
/// # Errors
/// The reason and what is wrong.
pub(crate) fn point_of(record: &Record) -> Result<[f64; 2], (&'static str, String)> {
    let point = match &record.geometry {
        None => return Err(("no-geometry", "the record has no place".to_owned())),
        Some(Geometry::Point(point)) => *point,
        Some(Geometry::MultiPoint(points)) if points.0.len() == 1 => points.0[0],
        Some(other) => return Err(("bad-geometry", format!("{} where a point is wanted", geometry_name(other)))),
    };
    if point.x().is_finite() && point.y().is_finite() {
        Ok([point.x(), point.y()])
    } else {
        Err(("bad-geometry", "coordinates that are not finite numbers".to_owned()))
    }
}
