//! Arcs as straight lines (ISO/IEC 13249-3, SQL/MM: CIRCULARSTRING).

use geo_types::Coord;

/// Angle of the centre between two corners of an arc, at most: GDAL's default (`OGR_ARC_STEPSIZE`). The middle of a side then lies
/// 0.06 % of the radius inside the arc, and a full circle loses 0.08 % of its area.
const STEP_DEGREES: f64 = 4.0;

/// The corners of a string of arcs: each goes from one position through the next to the one after. Full circles come back to where they
/// started, with the second position opposite. The same whichever way an arc runs, so that neighbours keep one border.
/// # Errors
/// Where the number of positions is even, or one.
pub(super) fn straightened(positions: &[Coord<f64>]) -> Result<Vec<Coord<f64>>, String> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    if positions.len() < 3 || positions.len().is_multiple_of(2) {
        return Err(format!("a CIRCULARSTRING has {} positions; arcs want three, five, seven …", positions.len()));
    }
    let mut corners = vec![positions[0]];
    for three in positions.windows(3).step_by(2) {
        arc(three[0], three[1], three[2], &mut corners);
    }
    Ok(corners)
}

/// Adds an arc without its start.
fn arc(from: Coord<f64>, through: Coord<f64>, to: Coord<f64>, corners: &mut Vec<Coord<f64>>) {
    let is_turned = from.x.total_cmp(&to.x).then(from.y.total_cmp(&to.y)).is_gt();
    if is_turned {
        let mut between = between(to, through, from);
        between.reverse();
        corners.extend(between);
    } else {
        corners.extend(between(from, through, to));
    }
    corners.push(to);
}

/// The corners between the ends of an arc.
fn between(from: Coord<f64>, through: Coord<f64>, to: Coord<f64>) -> Vec<Coord<f64>> {
    let (a, b) = (through - from, to - from);
    let is_circle = from == to;
    let (centre, sweep) = if is_circle {
        (a / 2.0, std::f64::consts::TAU)
    } else {
        let cross = a.x * b.y - a.y * b.x;
        let (aa, bb) = (a.x * a.x + a.y * a.y, b.x * b.x + b.y * b.y);
        // the three on one line, as exactly as numbers of their size can tell
        if !cross.is_finite() || cross.abs() <= 1e-12 * (aa * bb).sqrt() {
            return vec![through];
        }
        let centre = Coord { x: (b.y * aa - a.y * bb) / (2.0 * cross), y: (a.x * bb - b.x * aa) / (2.0 * cross) };
        let angle = |at: Coord<f64>| (at.y - centre.y).atan2(at.x - centre.x);
        let start = angle(Coord { x: 0.0, y: 0.0 });
        let sweep = (angle(b) - start).rem_euclid(std::f64::consts::TAU);
        // a left turn at the middle runs counter-clockwise
        (centre, if cross > 0.0 { sweep } else { sweep - std::f64::consts::TAU })
    };
    if is_circle && a.x == 0.0 && a.y == 0.0 {
        return vec![through];
    }
    let radius = centre.x.hypot(centre.y);
    let start = (-centre.y).atan2(-centre.x);
    let steps = (sweep.abs().to_degrees() / STEP_DEGREES - 1e-9).ceil().clamp(2.0, 360.0) as u32;
    (1..steps)
        .map(|step| {
            let angle = start + sweep * f64::from(step) / f64::from(steps);
            Coord { x: from.x + centre.x + radius * angle.cos(), y: from.y + centre.y + radius * angle.sin() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area;
    use geo_types::LineString;
    use geo_types::Polygon;

    fn at(x: f64, y: f64) -> Coord<f64> {
        Coord { x, y }
    }

    #[test]
    fn arcs_keep_to_their_circle() {
        // half a circle around (5, 5) with radius 2, left and right, and a full one
        for (arc, steps) in [
            ([at(7.0, 5.0), at(5.0, 7.0), at(3.0, 5.0)], 45),
            ([at(7.0, 5.0), at(5.0, 3.0), at(3.0, 5.0)], 45),
            ([at(7.0, 5.0), at(3.0, 5.0), at(7.0, 5.0)], 90),
        ] {
            let corners = straightened(&arc).unwrap();
            assert_eq!(corners.len(), steps + 1);
            assert!((corners[0], corners[steps]) == (arc[0], arc[2]));
            for corner in &corners {
                assert!(((corner.x - 5.0).hypot(corner.y - 5.0) - 2.0).abs() < 1e-12, "{corner:?}");
            }
            let upper = corners.iter().any(|corner| corner.y > 6.9);
            assert_eq!(upper, arc[1].y >= 5.0);
            let mut turned = arc;
            turned.reverse();
            let mut back = straightened(&turned).unwrap();
            back.reverse();
            if steps == 45 {
                assert!(back == corners, "the same both ways");
            }
        }
        let circle = straightened(&[at(7.0, 5.0), at(3.0, 5.0), at(7.0, 5.0)]).unwrap();
        // a polygon of 90 sides in a circle: 90/2 r² sin 4°
        let want = 45.0 * 4.0 * 4f64.to_radians().sin();
        assert!((Polygon::new(LineString(circle), Vec::new()).unsigned_area() - want).abs() < 1e-9);
    }

    #[test]
    fn what_is_no_arc_is_a_line_or_wrong() {
        let line = [at(0.0, 0.0), at(1.0, 1.0), at(2.0, 2.0)];
        assert_eq!(straightened(&line).unwrap(), line);
        assert!(straightened(&line[..2]).is_err());
        assert_eq!(straightened(&[]).unwrap(), []);
        let point = [at(1.0, 1.0); 3];
        assert_eq!(straightened(&point).unwrap(), point);
    }
}
