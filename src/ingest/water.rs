//! Areas without a name: water, closures.

use geo_types::MultiPolygon;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::WaterSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::regions::no_outline;
use crate::ingest::regions::sound_area;
use crate::table::Record;

struct Collector {
    repair: bool,
    synthetic: Option<usize>,
    areas: Vec<(u64, MultiPolygon<f64>)>,
}

impl Collect for Collector {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
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
        match sound_area(geometry, self.repair) {
            Ok(sound) => {
                for (code, what) in sound.remarks {
                    account.warned(code, number, what);
                }
                account.used();
                self.areas.push((number, sound.area));
            }
            Err((reason, what)) => {
                account.dropped(reason, number, what);
            }
        }
    }
}

/// The areas of a source, in the plane, in file order; `records` is what the ledger calls them.
pub(crate) fn read(
    source: &WaterSource,
    records: &str,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<MultiPolygon<f64>>, Account), IngestError> {
    let mut account = Account::new(&source.source, records);
    let mut collector = Collector { repair: source.repair, synthetic: None, areas: Vec::new() };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let mut areas = Vec::new();
    if account.ledger.used > 0 {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let corners: Vec<[f64; 2]> = collector
            .areas
            .iter()
            .filter_map(|(_, area)| area.0.first()?.exterior().0.first())
            .map(|at| [at.x, at.y])
            .collect();
        degrees.doubt(&corners, ground.extent.as_ref())?;
        for (record, area) in collector.areas {
            match degrees.area(&area).and_then(|area| ground.area(&area)) {
                Some(area) => areas.push(area),
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", record, what);
                }
            }
        }
    }
    account.close(max_loss)?;
    Ok((areas, account))
}
