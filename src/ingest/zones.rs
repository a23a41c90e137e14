//! Areas, with words of their own where they are asked for: hazards, districts; water and closures have none.

use geo_types::MultiPolygon;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::regions::no_outline;
use crate::ingest::regions::sound_area;
use crate::table::Record;

/// A field that the areas have: its name in the config, or else the usual one where there is such a field.
pub(crate) struct Word<'s> {
    pub named: Option<&'s str>,
    pub usual: &'s str,
    /// What it is, in a message.
    pub what: &'static str,
}

/// One area with its words, in the order in which they were asked for.
pub(crate) struct Zone {
    pub record: u64,
    pub words: Vec<Option<String>>,
    /// Metres of the study plane.
    pub plane: MultiPolygon<f64>,
    pub lonlat: MultiPolygon<f64>,
}

/// What is read, and how.
pub(crate) struct Request<'s> {
    pub source: &'s Source,
    /// What the ledger calls the records.
    pub records: String,
    pub words: Vec<Word<'s>>,
    /// Whether an outline that crosses itself is mended.
    pub repair: bool,
}

struct Collector<'s> {
    request: &'s Request<'s>,
    words: Vec<Option<usize>>,
    synthetic: Option<usize>,
    areas: Vec<(u64, Vec<Option<String>>, MultiPolygon<f64>)>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let find = |word: &Word<'_>| match word.named {
            Some(field) => columns.need(field, word.what).map(Some),
            None => Ok(columns.find(word.usual)),
        };
        self.words = self.request.words.iter().map(find).collect::<Result<_, IngestError>>()?;
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let number = record.number;
        let Some(geometry) = record.geometry.take() else {
            let (reason, what) = no_outline(trouble);
            account.dropped(reason, number, what);
            return;
        };
        match sound_area(geometry, self.request.repair) {
            Ok(sound) => {
                for (code, what) in sound.remarks {
                    account.warned(code, number, what);
                }
                account.used();
                let words = self.words.iter().map(|at| at.and_then(|at| key(&record, at))).collect();
                self.areas.push((number, words, sound.area));
            }
            Err((reason, what)) => {
                account.dropped(reason, number, what);
            }
        }
    }
}

/// The areas of a source, in file order.
/// # Errors
/// [`IngestError`] for a source that can not be read, or that lost more than it may.
pub(crate) fn read(
    request: &Request<'_>,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<Zone>, Account), IngestError> {
    let mut account = Account::new(request.source, request.records.clone());
    let mut collector = Collector { request, words: Vec::new(), synthetic: None, areas: Vec::new() };
    let carried = door::read(request.source, &mut collector, &mut account, progress)?;
    let mut zones = Vec::new();
    if account.ledger.used > 0 {
        let degrees = ToDegrees::new(request.source, &carried)?;
        let corners: Vec<[f64; 2]> = collector
            .areas
            .iter()
            .filter_map(|(_, _, area)| area.0.first()?.exterior().0.first())
            .map(|at| [at.x, at.y])
            .collect();
        degrees.doubt(&corners, ground.extent.as_ref())?;
        for (record, words, area) in collector.areas {
            match degrees.area(&area).and_then(|lonlat| Some((ground.area(&degrees, &area)?, lonlat))) {
                Some((plane, lonlat)) => zones.push(Zone { record, words, plane, lonlat }),
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", record, what);
                }
            }
        }
    }
    account.close(max_loss)?;
    Ok((zones, account))
}
