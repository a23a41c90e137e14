//! Streets, joined to a network.

use geo_types::Geometry;
use geo_types::LineString;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::StreetSource;
use crate::impedance::geodesic::geodesic_m;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::Homes;
use crate::ingest::outline::geometry_name;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;
use crate::table::Record;

#[derive(Default)]
struct Collector {
    synthetic: Option<usize>,
    is_synthetic: bool,
    /// Record numbers and parts.
    lines: Vec<(u64, Vec<LineString<f64>>)>,
}

impl Collect for Collector {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        self.is_synthetic |= account.synthetic(&record, self.synthetic);
        let number = record.number;
        let parts = match (record.geometry.take(), trouble) {
            (Some(Geometry::LineString(line)), _) => vec![line],
            (Some(Geometry::Line(line)), _) => vec![LineString(vec![line.start, line.end])],
            (Some(Geometry::MultiLineString(lines)), _) => lines.0,
            (Some(other), _) => {
                let what = format!("{} where a line is wanted", geometry_name(&other));
                account.dropped("bad-geometry", number, what);
                return;
            }
            (None, Some(trouble)) => {
                account.dropped(trouble.code, number, trouble.what);
                return;
            }
            (None, None) => {
                account.dropped("no-geometry", number, "the record has no line");
                return;
            }
        };
        account.used();
        self.lines.push((number, parts));
    }
}

/// The network of a source.
pub(crate) fn read(
    source: &StreetSource,
    ground: &Ground,
    homes: &Homes<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(StreetNetwork, Account), IngestError> {
    let mut account = Account::new(&source.source, "streets");
    let mut collector = Collector::default();
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let mut lines: Vec<Vec<Place>> = Vec::new();
    if account.ledger.used > 0 {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let starts = collector.lines.iter().filter_map(|(_, parts)| parts.first()?.0.first());
        degrees.doubt(&starts.map(|at| [at.x, at.y]).collect::<Vec<_>>(), ground.extent.as_ref())?;
        for (record, parts) in collector.lines {
            let made: Option<Vec<Vec<Place>>> = parts
                .iter()
                .map(|part| {
                    let raws: Vec<[f64; 2]> = part.0.iter().map(|at| [at.x, at.y]).collect();
                    ground.places(&degrees.points(&raws)).into_iter().collect()
                })
                .collect();
            match made {
                Some(made) => lines.extend(made),
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", record, what);
                }
            }
        }
    }
    account.close(max_loss)?;
    let mut network = StreetNetwork::new(&lines, geodesic_m);
    network.max_snap_m = source.max_snap.0;
    network.min_component_m = source.min_component.0;
    network.synthetic = account.ledger.synthetic || collector.is_synthetic;
    account.issues.push(account.issue(Severity::Note, "street-network", summary(&network)));
    let beyond = beyond(&network, homes);
    if !beyond.is_empty() {
        let what = format!(
            "the streets end inside {} (their outlines reach beyond all streets): what is reached near there may be understated",
            beyond.join(", ")
        );
        account.issues.push(account.issue(Severity::Warning, "streets-end", what));
    }
    Ok((network, account))
}

/// What became of the lines, in one sentence.
fn summary(network: &StreetNetwork) -> String {
    let total: f64 = network.components().iter().map(|one| one.length_m).sum();
    let islands: Vec<f64> =
        network.components().iter().map(|one| one.length_m).filter(|m| *m < network.min_component_m).collect();
    format!(
        "{} junctions, {} stretches, {:.1} km; {} parts that hang together, of which {} with {:.1} km are shorter than min-component = \
         {} and not used",
        network.junctions(),
        network.edges().len(),
        total / 1000.0,
        network.components().len(),
        islands.len(),
        islands.iter().sum::<f64>() / 1000.0,
        crate::base::units::Metres(network.min_component_m)
    )
}

/// Codes of judged regions whose outlines reach beyond the rectangle around all streets by more than a place may be off them.
fn beyond(network: &StreetNetwork, homes: &Homes<'_>) -> Vec<String> {
    let Some([west, south, east, north]) = network.extent() else { return Vec::new() };
    let off = network.max_snap_m;
    homes
        .judged_outlines()
        .filter(|(_, shape)| {
            shape
                .plane
                .iter()
                .flat_map(|part| part.exterior().coords())
                .any(|at| at.x < west - off || at.x > east + off || at.y < south - off || at.y > north + off)
        })
        .map(|(region, _)| region.code.clone())
        .collect()
}
