//! The lines that one mode goes along: streets, outlines of areas and lines over them, cut where they are closed.

use std::collections::BTreeMap;

use geo::BoundingRect;
use geo::Contains;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Point;

use crate::base::issue::Severity;
use crate::base::units::KmPerHour;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::impedance::geodesic::geodesic_m;
use crate::ingest::account::Account;
use crate::ingest::speeds::ferry_speed;
use crate::ingest::streets::Street;
use crate::ingest::ways::Use;
use crate::model::areas;
use crate::model::areas::Area;
use crate::model::areas::Crossed;
use crate::model::areas::OutlineOnly;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::streets::Kind;
use crate::model::streets::Line;
use crate::model::streets::Mode;
use crate::model::streets::Way;

/// The lines of one mode with those over areas, cut where they enter and leave what is closed. Ferries whose duration is not believed are
/// `doubted`, by record.
pub(super) fn lines(
    streets: &[(Street, Vec<Vec<Place>>)],
    mode: usize,
    closures: &[MultiPolygon<f64>],
    barriers: &[LonLat],
    doubted: &mut BTreeMap<u64, String>,
) -> (Vec<Line>, Crossed) {
    let (mut lines, mut floors, mut squares) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (street, parts)) in (0u32..).zip(streets) {
        let Some(Use { mut way, duration_s }) = street.uses[mode] else { continue };
        if let Some(duration_s) = duration_s {
            let ends =
                |part: &Vec<Place>| part.windows(2).map(|ends| geodesic_m(ends[0].lonlat, ends[1].lonlat)).sum::<f64>();
            let length_m = parts.iter().map(ends).sum::<f64>();
            match ferry_speed(length_m, duration_s) {
                Some(speed) => way.speed = way.speed.map(|known| if known.0 > 0.0 { speed } else { known }),
                None => {
                    let what = format!(
                        "a ferry of {} in {} is not believed; its duration is taken for empty",
                        Metres(length_m.round()),
                        Seconds(duration_s)
                    );
                    doubted.insert(street.number, what);
                }
            }
        }
        if street.is_closed {
            way.speed = [KmPerHour(0.0); 2];
        }
        let floor = (!way.is_through).then(|| street.floor.clone());
        if street.rings.is_empty() {
            for part in parts {
                lines.push(Line { corners: part.clone(), way, id });
                floors.push(floor.clone());
            }
            continue;
        }
        let speed = KmPerHour(way.speed[0].0.max(way.speed[1].0));
        let kind = if way.kind == Kind::Street { Kind::Outline } else { way.kind };
        let mut rings = parts.iter();
        for count in &street.rings {
            let rings = rings.by_ref().take(*count).cloned().collect();
            squares.push(Area { rings, way: Way { speed: [speed; 2], kind, ..way }, id, floor: floor.clone() });
        }
    }
    let crossed = areas::cross(&mut lines, &floors, squares, barriers);
    if closures.is_empty() {
        return (lines, crossed);
    }
    let mut cut = Vec::with_capacity(lines.len());
    for Line { corners, way, id } in lines {
        let closed = Way { speed: [KmPerHour(0.0); 2], ..way };
        let way = |is_closed| if is_closed { closed } else { way };
        cut.extend(pieces(&corners, closures).into_iter().map(|(corners, is)| Line { corners, way: way(is), id }));
    }
    (cut, crossed)
}

/// Tells of areas that are not crossed.
pub(super) fn outlines_only(
    crossed: &Crossed,
    mode: Mode,
    streets: &[(Street, Vec<Vec<Place>>)],
    account: &mut Account,
) {
    let many = format!(
        "have more than {} corners, or more than {} at which one comes in or goes round",
        areas::MOST_CORNERS,
        areas::MOST_NODES
    );
    for (why, severity, what) in [
        (OutlineOnly::CrossesItself, Severity::Warning, "have outlines that cross themselves"),
        (OutlineOnly::ManyCorners, Severity::Note, many.as_str()),
    ] {
        let found: Vec<u32> = crossed.outline_only.iter().filter(|(_, is)| *is == why).map(|(id, _)| *id).collect();
        let Some(first) = found.first() else { continue };
        let first = &streets[*first as usize].0;
        let called = first.id.clone().unwrap_or_else(|| format!("record {}", first.number));
        let what = format!(
            "{}: {} areas {what}; they are walked along their outlines, not over; the first is {called}",
            mode.id(),
            found.len()
        );
        account.issues.push(account.issue(severity, "area-outline-only", what));
    }
}

/// A line in pieces that lie within the closures, borders included, or outside.
fn pieces(line: &[Place], closures: &[MultiPolygon<f64>]) -> Vec<(Vec<Place>, bool)> {
    let mut pieces: Vec<(Vec<Place>, bool)> = Vec::new();
    for ends in line.windows(2) {
        let [a, b] = [ends[0], ends[1]];
        let mut cuts = vec![0.0, 1.0];
        for area in closures {
            let Some(around) = area.bounding_rect() else { continue };
            let (low, high) = (around.min(), around.max());
            if a.xy.x.max(b.xy.x) < low.x
                || a.xy.x.min(b.xy.x) > high.x
                || a.xy.y.max(b.xy.y) < low.y
                || a.xy.y.min(b.xy.y) > high.y
            {
                continue;
            }
            let rings = area.0.iter().flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
            cuts.extend(rings.flat_map(LineString::lines).filter_map(|side| crossing(&a, &b, &side)));
        }
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        for span in cuts.windows(2) {
            let middle = a.towards(&b, (span[0] + span[1]) / 2.0).xy;
            let is_closed = closures.iter().any(|area| area.contains(&Point::new(middle.x, middle.y)));
            let point = |share: f64| match share {
                0.0 => a,
                1.0 => b,
                _ => a.towards(&b, share),
            };
            match pieces.last_mut() {
                Some((corners, closed)) if *closed == is_closed => corners.push(point(span[1])),
                _ => pieces.push((vec![point(span[0]), point(span[1])], is_closed)),
            }
        }
    }
    pieces
}

/// How far along from a to b a side of an area is crossed, from 0 to 1.
fn crossing(a: &Place, b: &Place, side: &geo_types::Line<f64>) -> Option<f64> {
    let (dx, dy) = (b.xy.x - a.xy.x, b.xy.y - a.xy.y);
    let (sx, sy) = (side.end.x - side.start.x, side.end.y - side.start.y);
    let cross = dx * sy - dy * sx;
    if cross == 0.0 {
        return None;
    }
    let (px, py) = (side.start.x - a.xy.x, side.start.y - a.xy.y);
    let (share, along) = ((px * sy - py * sx) / cross, (px * dy - py * dx) / cross);
    ((0.0..=1.0).contains(&share) && (0.0..=1.0).contains(&along)).then_some(share)
}
