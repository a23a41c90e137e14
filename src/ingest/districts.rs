//! Districts: polygons that name the facility of their people.

use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::DistrictSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::ground::Ground;
use crate::ingest::zones;
use crate::ingest::zones::Request;
use crate::ingest::zones::Word;
use crate::model::district::District;
use crate::model::district::DistrictLayer;
use crate::model::dropped::Lost;

/// The districts of a source, in file order; one that names no facility is kept and listed.
/// # Errors
/// [`IngestError`] for a source that can not be read, without the field of the facility, or that lost more than it may.
pub(crate) fn read(
    source: &DistrictSource,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(DistrictLayer, Account), IngestError> {
    let request = Request {
        source: &source.source,
        records: format!("districts ({})", source.name),
        words: vec![
            Word { named: Some(&source.facility), usual: "", what: "the id of the facility" },
            Word { named: source.label.as_deref(), usual: "name", what: "the name of the district" },
        ],
        repair: source.repair,
    };
    let (found, mut account) = zones::read(&request, ground, max_loss, progress)?;
    account.lose_all(&[], Lost::District { layer: source.name.clone() });
    let mut districts = Vec::with_capacity(found.len());
    for zone in found {
        let mut words = zone.words.into_iter();
        let (facility, name) = (words.next().flatten(), words.next().flatten());
        let name = name.unwrap_or_else(|| zone.record.to_string());
        if facility.is_none() {
            let what = format!("district {name} names no facility; where its people belong is not known");
            account.warned("no-facility", zone.record, what).field = Some(source.facility.clone());
        }
        districts.push(District { record: zone.record, name, facility, plane: zone.plane, lonlat: zone.lonlat });
    }
    let synthetic = account.ledger.synthetic;
    Ok((DistrictLayer { name: source.name.clone(), districts, synthetic }, account))
}
