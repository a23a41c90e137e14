//! Records with all their fields; their place, where they have one, is a point, lines or an area.

use geo::InteriorPoint;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::RecordSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::Homes;
use crate::ingest::homes::Located;
use crate::ingest::regions::sound_area;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::records::Entry;
use crate::model::records::Form;
use crate::model::records::RecordLayer;
use crate::table::Record;

/// A place in the coordinates of its file.
enum Raw {
    Point([f64; 2]),
    Lines(MultiLineString<f64>),
    Area(MultiPolygon<f64>),
}

struct Draft {
    record: u64,
    id: String,
    name: String,
    region: Option<String>,
    raw: Option<Raw>,
    values: Vec<Option<String>>,
}

struct Collector<'s> {
    source: &'s RecordSource,
    fields: Vec<String>,
    id: Option<usize>,
    name: Option<usize>,
    region: Option<usize>,
    synthetic: Option<usize>,
    drafts: Vec<Draft>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.fields = columns.names();
        self.id = columns.given(&self.source.id, "the id")?;
        self.name = match &self.source.label {
            Some(field) => Some(columns.need(field, "the name")?),
            None => columns.find("name"),
        };
        self.region = columns.given(&self.source.region, "the code of the region")?;
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let number = record.number;
        let id = self.id.and_then(|at| key(&record, at)).unwrap_or_else(|| number.to_string());
        let raw = match record.geometry.take().map(|geometry| raw(geometry, self.source.repair)) {
            Some(Ok((raw, remarks))) => {
                for (code, what) in remarks {
                    account.warned(code, number, what).id = Some(id.clone());
                }
                Some(raw)
            }
            // what it says counts all the same
            Some(Err((code, what))) => {
                account.warned(code, number, format!("{what}; the record has no place")).id = Some(id.clone());
                None
            }
            None => {
                if let Some(trouble) = trouble {
                    let what = format!("{}; the record has no place", trouble.what);
                    account.warned(trouble.code, number, what).id = Some(id.clone());
                }
                None
            }
        };
        account.used();
        let text = |at: usize| {
            let value = record.value(at);
            Some(value.to_string().trim().to_owned()).filter(|text| !text.is_empty())
        };
        self.drafts.push(Draft {
            record: number,
            name: self.name.and_then(|at| name(&record, at)).unwrap_or_else(|| id.clone()),
            id,
            region: self.region.and_then(|at| key(&record, at)),
            raw,
            values: (0..self.fields.len()).map(text).collect(),
        });
    }
}

type Remarks = Vec<(&'static str, String)>;

fn raw(geometry: Geometry<f64>, repair: bool) -> Result<(Raw, Remarks), (&'static str, String)> {
    let is_finite = |at: &Coord<f64>| at.x.is_finite() && at.y.is_finite();
    let not_finite = || ("bad-geometry", "coordinates that are not finite numbers".to_owned());
    let lines = |lines: MultiLineString<f64>| {
        if lines.0.iter().any(|line| line.0.len() < 2) || !lines.0.iter().flat_map(|line| &line.0).all(is_finite) {
            return Err(("bad-geometry", "a line of less than two places, or of none that are numbers".to_owned()));
        }
        Ok((Raw::Lines(lines), Vec::new()))
    };
    match geometry {
        Geometry::Point(point) if is_finite(&point.0) => Ok((Raw::Point([point.x(), point.y()]), Vec::new())),
        Geometry::Point(_) => Err(not_finite()),
        Geometry::MultiPoint(points) if points.0.len() == 1 && is_finite(&points.0[0].0) => {
            Ok((Raw::Point([points.0[0].x(), points.0[0].y()]), Vec::new()))
        }
        Geometry::LineString(line) => lines(MultiLineString(vec![line])),
        Geometry::MultiLineString(several) => lines(several),
        other => sound_area(other, repair).map(|sound| (Raw::Area(sound.area), sound.remarks)),
    }
}

/// The records of a source, in file order, each with all its fields.
/// # Errors
/// [`IngestError`] for a source that can not be read, or without a field that is named.
pub(crate) fn read(
    source: &RecordSource,
    ground: &Ground,
    homes: &Homes<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(RecordLayer, Account), IngestError> {
    let mut account = Account::new(&source.source, format!("records ({})", source.name));
    let mut collector = Collector {
        source,
        fields: Vec::new(),
        id: None,
        name: None,
        region: None,
        synthetic: None,
        drafts: Vec::new(),
    };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let drafts = collector.drafts;
    let mut layer = RecordLayer { name: source.name.clone(), fields: collector.fields, ..RecordLayer::default() };
    let first: Vec<[f64; 2]> = drafts.iter().filter_map(|draft| corner(draft.raw.as_ref()?)).collect();
    // a table without any place has no coordinates to be understood
    let degrees = match first.is_empty() {
        true => None,
        false => {
            let degrees = ToDegrees::new(&source.source, &carried)?;
            degrees.doubt(&first, ground.extent.as_ref())?;
            Some(degrees)
        }
    };
    let forms: Vec<Option<Form>> = drafts
        .iter()
        .map(|draft| {
            let form = form(draft.raw.as_ref()?, degrees.as_ref()?, ground);
            if form.is_none() {
                let what = "a place outside the area of its coordinates; the record has no place";
                account.warned("outside-crs-area", draft.record, what).id = Some(draft.id.clone());
            }
            form
        })
        .collect();
    let located: Vec<Located<'_>> = drafts
        .iter()
        .zip(&forms)
        .map(|(draft, form)| {
            let at = match form {
                Some(Form::Point(place)) => Some(*place),
                Some(Form::Area { lonlat, .. }) => inner(lonlat, ground),
                Some(Form::Lines { .. }) | None => None,
            };
            Located { number: draft.record, id: &draft.id, code: draft.region.as_deref(), at }
        })
        .collect();
    let found = homes.find(&located, &mut account);
    layer.records = drafts
        .into_iter()
        .zip(forms)
        .zip(found)
        .map(|((draft, form), home)| {
            let Draft { record, id, name, values, .. } = draft;
            Entry { record, id, name, home, form, values }
        })
        .collect();
    account.close(max_loss)?;
    layer.synthetic = account.ledger.synthetic;
    Ok((layer, account))
}

/// A place inside an area.
fn inner(lonlat: &MultiPolygon<f64>, ground: &Ground) -> Option<Place> {
    let at = lonlat.interior_point()?;
    ground.places(&[Some(LonLat { lon: at.x(), lat: at.y() })]).first().copied().flatten()
}

fn corner(raw: &Raw) -> Option<[f64; 2]> {
    let at = match raw {
        Raw::Point(at) => return Some(*at),
        Raw::Lines(lines) => lines.0.first()?.0.first()?,
        Raw::Area(area) => area.0.first()?.exterior().0.first()?,
    };
    Some([at.x, at.y])
}

/// In degrees and in the plane; `None` where the plane, or the file's own CRS, has no such place.
fn form(raw: &Raw, degrees: &ToDegrees, ground: &Ground) -> Option<Form> {
    match raw {
        Raw::Point(at) => ground.places_of(degrees, &[*at]).pop().flatten().map(Form::Point),
        Raw::Area(area) => {
            let lonlat = degrees.area(area)?;
            Some(Form::Area { plane: ground.area(degrees, area)?, lonlat })
        }
        Raw::Lines(lines) => {
            let (mut plane, mut lonlat) = (Vec::new(), Vec::new());
            for line in lines {
                plane.push(ground.line(degrees, line)?);
                let raws: Vec<[f64; 2]> = line.0.iter().map(|at| [at.x, at.y]).collect();
                let found: Option<Vec<LonLat>> = degrees.points(&raws).into_iter().collect();
                lonlat.push(found?.into_iter().map(LonLat::coord).collect());
            }
            Some(Form::Lines { plane: MultiLineString(plane), lonlat: MultiLineString(lonlat) })
        }
    }
}
