//! Administrative boundaries: relations with boundary=administrative, assembled.

use geo_types::Geometry;

use crate::base::issue::Severity;
use crate::io::osm::Out;
use crate::io::osm::called;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Tags;
use crate::io::osm::number;
use crate::io::osm::rings;
use crate::io::osm::rings::Assembled;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Tags that become fields as they are.
const TAGS: [&str; 10] = [
    "name",
    "name:zh",
    "name:en",
    "official_name",
    "ref",
    "ISO3166-1",
    "ISO3166-2",
    "wikidata",
    "start_date",
    "border_type",
];

/// Relations of type `boundary` or `multipolygon` with `boundary=administrative`, in the order of the file. A boundary that the extract
/// cuts is no record; one that does not close is a record without an outline.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    let mut fields =
        vec![("osm_id", FieldKind::Int), ("admin_level", FieldKind::Text), ("population", FieldKind::Real)];
    fields.extend(TAGS.map(|key| (key, FieldKind::Text)));
    out.open(&fields);
    let mut extract = Extract::new(out.request);
    let relations = extract.relations(is_boundary)?;
    let ways = extract.ways(relations.iter().flat_map(|relation| relation.ids(Kind::Way)))?;
    let coordinates = extract.coordinates(ways.iter().flat_map(|way| way.nodes.iter().copied()))?;
    for relation in &relations {
        let tags = &relation.tags;
        let id = Kind::Relation.id(relation.id);
        let geometry = match rings::area(relation, &ways, &coordinates) {
            Assembled::Area(area) => Ok(Geometry::MultiPolygon(area)),
            Assembled::Broken(what) => Err(("broken-ring", what)),
            Assembled::Cut { missing, ways } => {
                let what = format!(
                    "{} of admin_level {} reaches beyond the extract ({missing} of its {ways} border ways are not in the file) and is left out",
                    called(tags, &id),
                    tags.get("admin_level").unwrap_or("?"),
                );
                out.issue(Severity::Warning, "outside-extract", &id, what);
                continue;
            }
        };
        let mut values = vec![Value::Int(relation.id), tag(tags, "admin_level"), number(tags, "population")];
        values.extend(TAGS.map(|key| tag(tags, key)));
        out.record(geometry, &id, values);
    }
    Ok(())
}

fn is_boundary(tags: &Tags) -> bool {
    tags.get("boundary") == Some("administrative") && matches!(tags.get("type"), Some("boundary" | "multipolygon"))
}
