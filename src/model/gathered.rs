//! The people of each region put together at one place, to see what aggregation hides.

use std::collections::BTreeMap;

use crate::base::idx::RegionIdx;
use crate::base::units::Weight;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::lattice::Lattice;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::region::Level;
use crate::model::region::RegionTree;

/// A layer in which the points of each region of a level are one, at their mean place weighted by a group.
///
/// Mean in the study plane; where the group weighs nothing, of the places alone. The sums of all groups are kept; `count` is the number of
/// points. Points without a place stay together as a second record of their region, without a place; points that are in no region of the
/// level stay as they are. Order: regions by index, then the rest in their order. `None` without such a group.
pub fn gathered(
    layer: &DemandLayer,
    group: &str,
    level: Level,
    tree: &RegionTree,
    lattice: Option<&Lattice>,
) -> Option<DemandLayer> {
    let weights = &layer.group(group)?.weights;
    let mut members: BTreeMap<(RegionIdx, bool), Vec<usize>> = BTreeMap::new();
    let mut rest: Vec<usize> = Vec::new();
    for at in 0..layer.len() {
        match layer.home[at].and_then(|home| tree.ancestor(home, level)) {
            Some(region) => members.entry((region, layer.at[at].is_none())).or_default().push(at),
            None => rest.push(at),
        }
    }
    let mut put = DemandLayer {
        name: layer.name.clone(),
        groups: layer
            .groups
            .iter()
            .map(|group| WeightGroup { name: group.name.clone(), weights: Vec::new() })
            .collect(),
        synthetic: layer.synthetic,
        ..DemandLayer::default()
    };
    let mut add = |id: String, name: String, home: Option<RegionIdx>, at: Option<Place>, points: &[usize]| {
        put.ids.push(id);
        put.names.push(name);
        put.home.push(home);
        put.at.push(at);
        for (sums, group) in put.groups.iter_mut().zip(&layer.groups) {
            sums.weights.push(points.iter().map(|at| group.weights[*at]).sum());
        }
    };
    for ((region, _), points) in members {
        let (code, name) = (&tree.get(region).code, &tree.get(region).name);
        add(code.clone(), name.clone(), Some(region), middle(layer, weights, &points, lattice), &points);
    }
    for at in rest {
        add(layer.id(at).into_owned(), layer.point_name(at).into_owned(), layer.home[at], layer.at[at], &[at]);
    }
    Some(put)
}

/// The mean place of points; `None` without places.
fn middle(layer: &DemandLayer, weights: &[Weight], points: &[usize], lattice: Option<&Lattice>) -> Option<Place> {
    let places: Vec<(Place, f64)> =
        points.iter().filter_map(|at| Some((layer.at[*at]?, weights[*at].to_f64()))).collect();
    let (first, _) = *places.first()?;
    let all: f64 = places.iter().map(|(_, weight)| weight).sum();
    let share = |weight: f64| if all > 0.0 { weight / all } else { 1.0 / places.len() as f64 };
    // seen from the first, so that a single place stays where it is to the last bit
    let mean = |pick: fn(&Place) -> f64| {
        pick(&first) + places.iter().map(|(at, weight)| share(*weight) * (pick(at) - pick(&first))).sum::<f64>()
    };
    let xy = PlaneXy { x: mean(|at| at.xy.x), y: mean(|at| at.xy.y) };
    Some(match lattice {
        Some(lattice) if places.len() > 1 => lattice.place(xy),
        _ => Place { lonlat: LonLat { lon: mean(|at| at.lonlat.lon), lat: mean(|at| at.lonlat.lat) }, xy },
    })
}
