//! Areas without words: water, closures.

use geo_types::MultiPolygon;

use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::WaterSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::ground::Ground;
use crate::ingest::zones;
use crate::ingest::zones::Request;

/// The areas of a source, in the plane, in file order; `records` is what the ledger calls them.
/// # Errors
/// As [`zones::read`].
pub(crate) fn read(
    source: &WaterSource,
    records: &str,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<MultiPolygon<f64>>, Account), IngestError> {
    let request =
        Request { source: &source.source, records: records.to_owned(), words: Vec::new(), repair: source.repair };
    let (zones, account) = zones::read(&request, ground, max_loss, progress)?;
    Ok((zones.into_iter().map(|zone| zone.plane).collect(), account))
}
