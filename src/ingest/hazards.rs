//! Hazard areas: what lies in them does not count, for any indicator.

use std::collections::BTreeSet;

use geo_types::MultiPolygon;

use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::HazardSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::ground::Ground;
use crate::ingest::zones;
use crate::ingest::zones::Request;
use crate::ingest::zones::Word;
use crate::model::dropped::Lost;
use crate::model::facility::Excluded;
use crate::model::facility::ExcludedBy;
use crate::model::facility::Facility;
use crate::model::hazard::HazardZone;
use crate::model::locate::RegionLocator;

/// The areas of a source, in file order.
/// # Errors
/// [`IngestError`] for a source that can not be read, or that lost more than it may.
pub(crate) fn read(
    source: &HazardSource,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<HazardZone>, Account), IngestError> {
    let request = Request {
        source: &source.source,
        records: format!("hazard areas ({})", source.name),
        words: vec![Word { named: source.label.as_deref(), usual: "name", what: "the name of the area" }],
        repair: source.repair,
    };
    let (found, mut account) = zones::read(&request, ground, max_loss, progress)?;
    account.lose_all(&[], Lost::Hazard);
    let zones = found
        .into_iter()
        .map(|mut zone| HazardZone {
            hazard: source.name.clone(),
            name: zone.words.pop().flatten().unwrap_or_else(|| zone.record.to_string()),
            closes_streets: source.closes_streets,
            takes_facilities: source.takes_facilities,
            plane: zone.plane,
            lonlat: zone.lonlat,
            synthetic: account.ledger.synthetic,
        })
        .collect();
    Ok((zones, account))
}

/// All hazard areas of a study, ready to be asked what lies in them.
pub(crate) struct Hazards<'z> {
    /// Those that take facilities.
    zones: Vec<&'z HazardZone>,
    locator: RegionLocator,
}

impl<'z> Hazards<'z> {
    pub(crate) fn new(zones: &'z [HazardZone]) -> Hazards<'z> {
        let zones: Vec<&HazardZone> = zones.iter().filter(|zone| zone.takes_facilities).collect();
        let locator = RegionLocator::new(zones.iter().map(|zone| &zone.plane));
        Hazards { zones, locator }
    }

    /// Takes out the facilities that lie in an area, its border included, with the first area that holds each. `records` are the numbers of
    /// their records; a record that is several facilities is counted once.
    pub(crate) fn exclude(
        &self,
        facilities: Vec<Facility>,
        records: &[u64],
        account: &mut Account,
    ) -> (Vec<Facility>, Vec<Excluded>) {
        let (mut rest, mut excluded) = (Vec::with_capacity(facilities.len()), Vec::new());
        let mut counted = BTreeSet::new();
        for (facility, record) in facilities.into_iter().zip(records) {
            let Some(zone) = self.zone(&facility) else {
                rest.push(facility);
                continue;
            };
            if counted.insert(*record) {
                let at = facility.at.lonlat;
                let what = format!(
                    "{} at {:.6} {:.6} lies in the hazard area \"{}\" ({}) and counts for no indicator",
                    facility.name, at.lon, at.lat, zone.name, zone.hazard
                );
                let issue = account.taken_back("in-hazard", *record, what);
                issue.id = Some(facility.id.clone());
                // nothing is wrong with the record: it is left out because the study asks for it
                issue.severity = Severity::Note;
            }
            let by = ExcludedBy::Hazard { hazard: zone.hazard.clone(), zone: zone.name.clone() };
            excluded.push(Excluded { facility, by });
        }
        (rest, excluded)
    }

    /// The first area that holds a facility, its border included.
    pub(crate) fn zone(&self, facility: &Facility) -> Option<&'z HazardZone> {
        self.locator.locate(facility.at.xy.array()).map(|at| self.zones[at as usize])
    }
}

/// The areas in which streets and cells are closed.
pub(crate) fn closures(zones: &[HazardZone]) -> Vec<MultiPolygon<f64>> {
    zones.iter().filter(|zone| zone.closes_streets).map(|zone| zone.plane.clone()).collect()
}
