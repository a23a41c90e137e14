//! Buildings: their centroid, footprint and floor area, a stand-in for people where no count of them is at hand.

use geo::Centroid;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::io::osm::Out;
use crate::io::osm::block::Block;
use crate::io::osm::extract::Extract;
use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::extract::Way;
use crate::io::osm::number;
use crate::io::osm::places::beyond;
use crate::io::osm::places::line;
use crate::io::osm::rings;
use crate::io::osm::rings::Assembled;
use crate::io::osm::tag;
use crate::io::read::ReadError;
use crate::table::FieldKind;
use crate::table::Value;

/// Closed ways and multipolygons with a `building` tag that is not `no`: ways first, each in the order of the file.
///
/// `area_m2` is the footprint on the WGS 84 ellipsoid; `floor_area_m2` is that times `building:levels`, one where they are not given.
pub(super) fn read(out: &mut Out<'_>) -> Result<(), ReadError> {
    out.open(&[
        ("osm_id", FieldKind::Text),
        ("building", FieldKind::Text),
        ("levels", FieldKind::Real),
        ("area_m2", FieldKind::Real),
        ("floor_area_m2", FieldKind::Real),
        ("name", FieldKind::Text),
        ("amenity", FieldKind::Text),
    ]);
    let mut extract = Extract::new(out.request);
    let (mut ways, mut relations) = (Vec::new(), Vec::new());
    let wanted = Kinds { nodes: false, ..Kinds::ALL };
    extract.scan(wanted, find, |found: (Vec<Way>, Vec<Relation>)| {
        ways.extend(found.0);
        relations.extend(found.1);
    })?;
    let members = extract.ways(relations.iter().flat_map(|relation| relation.ids(Kind::Way)))?;
    let nodes = ways.iter().chain(members.iter()).flat_map(|way| way.nodes.iter().copied());
    let coordinates = extract.coordinates(nodes)?;
    for way in &ways {
        let area = match line(way, &coordinates) {
            Err(missing) => {
                beyond(out, Kind::Way, way.id, &way.tags, missing, way.nodes.len());
                continue;
            }
            Ok(line) if line.is_closed() && line.0.len() >= 4 => Ok(MultiPolygon(vec![Polygon::new(line, Vec::new())])),
            Ok(_) => Err(("bad-geometry", "the outline of the building is not closed".to_owned())),
        };
        put(out, &Kind::Way.id(way.id), &way.tags, area);
    }
    for relation in &relations {
        let area = match rings::area(relation, &members, &coordinates) {
            Assembled::Area(area) => Ok(area),
            Assembled::Broken(what) => Err(("broken-ring", what)),
            Assembled::Cut { missing, ways } => {
                beyond(out, Kind::Relation, relation.id, &relation.tags, missing, ways);
                continue;
            }
        };
        put(out, &Kind::Relation.id(relation.id), &relation.tags, area);
    }
    Ok(())
}

fn find(block: &Block<'_>) -> (Vec<Way>, Vec<Relation>) {
    let is_building = |key: &[u8], value: &[u8]| key == b"building" && value != b"no";
    let is_area = |tags: &Tags| {
        tags.get("type") == Some("multipolygon") && tags.get("building").is_some_and(|value| value != "no")
    };
    (block.ways(&|_, tags| tags.any(&is_building)), block.relations(&is_area))
}

fn put(out: &mut Out<'_>, id: &str, tags: &Tags, area: Result<MultiPolygon<f64>, (&'static str, String)>) {
    let size = area.as_ref().ok().map(area_m2);
    let levels = tags.get("building:levels").and_then(|text| text.trim().parse::<f64>().ok()).filter(|it| *it > 0.0);
    let values = vec![
        Value::from(id),
        tag(tags, "building"),
        number(tags, "building:levels"),
        Value::from(size),
        Value::from(size.map(|size| size * levels.unwrap_or(1.0))),
        tag(tags, "name"),
        tag(tags, "amenity"),
    ];
    let at = area.and_then(|area| area.centroid().ok_or_else(|| ("no-geometry", "an area of nothing".to_owned())));
    out.record(at.map(Geometry::Point), id, values);
}

/// Area on the WGS 84 ellipsoid of something as small as a building, m²: plane degrees, stretched by the radii of curvature at the
/// middle of the first shell. Within 10⁻⁵ of the geodesic area below a kilometre.
fn area_m2(area: &MultiPolygon<f64>) -> f64 {
    const A: f64 = 6_378_137.0;
    const E2: f64 = 0.006_694_379_990_141_316;
    let Some(first) = area.0.first().and_then(|part| part.exterior().0.first()) else { return 0.0 };
    // differences to one corner: the product of whole degrees would cost six digits
    let ring = |ring: &LineString<f64>| {
        let doubled: f64 = ring
            .lines()
            .map(|edge| {
                (edge.start.x - first.x) * (edge.end.y - first.y) - (edge.end.x - first.x) * (edge.start.y - first.y)
            })
            .sum();
        (doubled / 2.0).abs()
    };
    let square_degrees: f64 =
        area.iter().map(|part| ring(part.exterior()) - part.interiors().iter().map(ring).sum::<f64>()).sum();
    let latitude = area.centroid().map_or(first.y, |at| at.y()).to_radians();
    let flat = 1.0 - E2 * latitude.sin().powi(2);
    let (meridian, normal) = (A * (1.0 - E2) / flat.powf(1.5), A / flat.sqrt());
    square_degrees.max(0.0) * 1f64.to_radians().powi(2) * meridian * normal * latitude.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_of_a_house_is_that_on_the_ellipsoid() {
        // pyproj 3.7.2, Geod(ellps="WGS84").polygon_area_perimeter of these corners: 843.3286 m²
        let corners = [(9.5200, 47.1400), (9.5204, 47.1400), (9.5204, 47.14025), (9.5200, 47.14025), (9.5200, 47.1400)];
        let house = MultiPolygon(vec![Polygon::new(corners.to_vec().into(), Vec::new())]);
        assert!((area_m2(&house) / 843.328_558_5 - 1.0).abs() < 1e-5, "{}", area_m2(&house));
    }
}
