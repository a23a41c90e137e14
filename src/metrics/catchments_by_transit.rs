//! Areas by transit: islands around stops.
//!
//! A cell is asked at its middle as a demand point would be. An island may be smaller than a cell and hold no middle; so a cell in which a stop or
//! a facility is within is within too, and no island is lost.

use rayon::prelude::*;

use crate::base::units::Text;
use crate::impedance::Prepared;
use crate::impedance::by_stops::ByStops;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::segments::Snap;
use crate::impedance::transit::TransitNetwork;
use crate::metrics::catchments::Cell;
use crate::metrics::catchments::Layers;
use crate::metrics::catchments::Met;
use crate::model::place::Place;
use crate::table::Row;

/// Facilities whose times at the stops are kept at once.
const TOGETHER: usize = 256;

/// What titles, and what descriptions say; that data is made up is said of every layer.
pub(super) fn of(network: &TransitNetwork<'_>) -> [Text; 2] {
    [
        network.told_shortly(),
        Text::new(
            "a cell is also within where a stop or a facility in it is; it rests on the services that are known: where none are known people only walk, whether there is a bus or not",
            "网格内的站点或设施可达时该网格亦视为可达；仅依据已知线路：无已知线路之处按步行计，不论实际有无公交",
        ),
    ]
}

/// The nearest facility of every cell as far as it matters; and the areas of each facility alone, when they are asked for.
pub(super) fn measure(
    layers: &Layers<'_>,
    engine: &ByTransit<'_>,
    facilities: &[Place],
    with_each: bool,
) -> (Vec<Cell>, Vec<Row>) {
    let mut cells: Vec<Cell> = vec![None; layers.grid.columns * layers.grid.rows];
    let mut rows = Vec::new();
    let stops = engine.network.places();
    for (nth, some) in facilities.chunks(TOGETHER).enumerate() {
        let first = (nth * TOGETHER) as u32;
        let by_stops = engine.by_stops(some, layers.limit());
        let mut nearer = |at: usize, found: Cell| {
            let cost = |cell: Cell| cell.map_or(f64::INFINITY, |(_, cost)| cost);
            if cost(found) < cost(cells[at]) {
                cells[at] = found.map(|(facility, cost)| (first + facility, cost));
            }
        };
        for (at, cell) in layers.measure(&by_stops).into_iter().enumerate() {
            nearer(at, cell);
        }
        let (within, anchors) = anchors(layers, &by_stops, stops.iter().chain(some));
        let found: Vec<Cell> =
            anchors.par_iter().map(|(place, _)| by_stops.nearest_beside(place, layers.trim.0)).collect();
        for (at, cell) in within.into_iter().zip(found) {
            nearer(at as usize, cell);
        }
        if with_each {
            rows.append(&mut each(layers, &by_stops, first, (&stops, some)));
        }
    }
    (cells, rows)
}

/// The cells of places, and the places; those left out that lie in no cell, in a cell over water or off the streets.
fn anchors<'p>(
    layers: &Layers<'_>,
    prepared: &dyn Prepared,
    places: impl Iterator<Item = &'p Place>,
) -> (Vec<u32>, Met) {
    places
        .filter_map(|place| {
            let at = layers.grid.cell_of(place.xy)?;
            layers.middle(at)?;
            let snap = prepared.snapped(place).ok()?;
            snap.is_none_or(|snap| snap.off_m <= layers.trim.0).then_some((at as u32, (*place, snap)))
        })
        .unzip()
}

/// The areas of each facility, one facility after another: only its own costs are kept.
fn each(
    layers: &Layers<'_>,
    by_stops: &ByStops<'_>,
    first: u32,
    (stops, facilities): (&[Place], &[Place]),
) -> Vec<Row> {
    let (mut cells, mut asked): (Vec<u32>, Vec<(Place, Option<Snap>)>) = layers.middles(by_stops);
    let middles = cells.len();
    let (mut within, mut anchors) = anchors(layers, by_stops, stops.iter().chain(facilities));
    cells.append(&mut within);
    asked.append(&mut anchors);
    let (judged, weights) = layers.judged();
    let (walks, judged_walks) = (by_stops.walks(&asked), by_stops.walks(&judged));
    let everyone: Vec<u32> = (0..judged.len() as u32).collect();
    let limit = layers.limit();
    let mut rows = Vec::new();
    for (facility, at) in (0u32..).zip(facilities) {
        let near = near(layers, by_stops, facility, at, stops);
        let own: Vec<u32> = (0..cells.len() as u32)
            .filter(|one| *one as usize >= middles || near[cells[*one as usize] as usize])
            .collect();
        let costs = by_stops.costs_along(facility, layers.limit(), (&asked, &walks), &own);
        let of_judged = by_stops.costs_along(facility, limit, (&judged, &judged_walks), &everyone);
        let costs = own.iter().zip(costs).filter_map(|(one, cost)| Some((cells[*one as usize], cost?)));
        let costs: Vec<(u32, f64)> = costs.collect();
        rows.append(&mut layers.of_one(first + facility, &costs, of_judged.into_iter().zip(weights.iter().copied())));
    }
    rows
}

/// Whether each cell is near enough to the facility, or to a stop from which it is reached, to be within.
fn near(layers: &Layers<'_>, by_stops: &ByStops<'_>, facility: u32, at: &Place, stops: &[Place]) -> Vec<bool> {
    let grid = layers.grid;
    let mut is_near = vec![false; grid.columns * grid.rows];
    let mut mark = |at: &Place, seconds: f64| {
        let metres = by_stops.walked_m(seconds) * layers.reach.study.plane.scale_max.max(1.0) * 1.001 + grid.side;
        let [columns, rows] = grid.around(at.xy, metres);
        for row in rows {
            is_near[row * grid.columns + columns.start..row * grid.columns + columns.end].fill(true);
        }
    };
    let limit = layers.limit();
    mark(at, limit);
    for (stop, seconds) in by_stops.stops_of(facility, limit) {
        mark(&stops[stop as usize], by_stops.max_walk_s().min(limit - f64::from(seconds)));
    }
    is_near
}
