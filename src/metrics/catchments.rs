//! Catchments as layers: the area within each band of cost, each facility's own area and streets.
//!
//! Areas are drawn over a grid: a cell is within when its middle is; by transit also when a stop or a facility in it is. People are never counted by an area; they have costs of their own.

use std::collections::BTreeMap;
use std::ops::Range;

use contour::ContourBuilder;
use geo::BoundingRect;
use geo::Contains;
use geo::algorithm::Area;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::By;
use crate::impedance::Prepared;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::Snap;
use crate::impedance::stretches::Stretch;
use crate::metrics::Context;
use crate::metrics::MetricError;
use crate::metrics::catchments_by_transit;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::is_looked_for;
use crate::model::lattice::Lattice;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::study::Study;
use crate::model::surface::Cells;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::excluding;
use crate::table::style::including;
use crate::table::style::palette;

/// Cells that are laid out where no side is given: the finest of [`SIDES`] that makes no more.
const CELLS: f64 = 1e6;
/// Cells that are laid out at most.
const MOST_CELLS: f64 = 25e6;
/// Bands that can be told apart by colour.
const MOST_BANDS: usize = palette::BANDS.len() - 2;
const SIDES: [f64; 10] = [25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0];
/// Walking speed by which seconds become a part of a cell where an area ends, metres a second: 5 km/h.
const WALK: f64 = 5.0 / 3.6;

/// `catchments = { … }`: layers of the areas within reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Catchments {
    /// Distances or times, each included; left out: `within`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Limit>,
    /// How far from its street an area reaches, included; of no use where there are no streets.
    #[serde(default = "hundred_metres")]
    pub trim: Metres,
    /// Side of the cells; left out: 25 m, or as much larger as it takes for a million cells to hold all regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<Metres>,
    /// Whether every facility has its own areas too, as if it were the only one: they overlap.
    #[serde(default)]
    pub each: bool,
}

fn hundred_metres() -> Metres {
    Metres(100.0)
}

impl Catchments {
    /// The bands, rising, each once.
    fn bands(&self, within: Option<Limit>) -> Vec<Limit> {
        let mut bands = if self.bands.is_empty() { within.into_iter().collect() } else { self.bands.clone() };
        bands.sort_by(|a, b| a.value().total_cmp(&b.value()));
        bands.dedup();
        bands
    }

    /// What is wrong with the parameters: bands in the unit of the indicator's own cost, from one to seven.
    /// # Errors
    /// [`MetricError::Parameter`].
    pub fn check(&self, unit: CostUnit, within: Option<Limit>, is_nearest_of_all: bool) -> Result<(), MetricError> {
        let wrong = |what: String| Err(MetricError::Parameter { key: "catchments", what });
        if !is_nearest_of_all {
            return wrong(
                "areas are those of the nearest facility of all; leave out whose, nth and at-least-facilities, or catchments".to_owned(),
            );
        }
        let bands = self.bands(within);
        if bands.is_empty() || bands.len() > MOST_BANDS {
            return wrong(format!(
                "{} bands; write from 1 to {}, e.g. bands = [\"5 min\", \"10 min\"]",
                bands.len(),
                MOST_BANDS
            ));
        }
        if let Some(other) = bands.iter().find(|band| CostUnit::from(**band) != unit || band.value() <= 0.0) {
            let instead = match unit {
                CostUnit::Metres => "lengths, e.g. \"500 m\"",
                CostUnit::Seconds => "times, e.g. \"15 min\"",
            };
            return wrong(format!("band \"{other}\" does not fit; write {instead}"));
        }
        if self.trim.0 <= 0.0 || self.cell.is_some_and(|cell| cell.0 <= 0.0) {
            return wrong("trim and cell must be more than 0 m".to_owned());
        }
        Ok(())
    }

    /// Whether ways as long as every band are looked for at all.
    /// # Errors
    /// [`MetricError::Parameter`] for a band by transit that is longer than the longest time of the study.
    pub(crate) fn are_looked_for(&self, study: &Study, by: By) -> Result<(), MetricError> {
        self.bands.iter().try_for_each(|band| is_looked_for(study, by, *band, "catchments"))
    }

    /// The layers: areas by band, by facility, and streets by facility and band; those without a row left out.
    /// # Errors
    /// [`MetricError::Missing`] without any outline, [`MetricError::Parameter`] for too many cells.
    pub fn tables(
        &self,
        reach: &Reach<'_>,
        networks: &Networks<'_>,
        context: &Context<'_>,
        within: Option<Limit>,
    ) -> Result<Vec<Table>, MetricError> {
        let Some(lattice) = &reach.study.lattice else {
            return Err(MetricError::Missing {
                what: "catchments are drawn over the outlines of regions, and none has one".to_owned(),
                instead: "give study.regions with outlines, or leave catchments out".to_owned(),
            });
        };
        let bands = self.bands(within);
        let grid = self.grid(lattice)?;
        let limits: Vec<f64> = bands.iter().map(|band| band.value()).collect();
        let (id, title) = (context.id, context.title);
        let mut layers = Layers {
            reach,
            id,
            title,
            lattice,
            is_water: grid.under(reach.study.water.as_deref().unwrap_or(&[])),
            grid: &grid,
            bands: &bands,
            trim: self.trim,
            of: None,
        };
        let places: Vec<Place> = reach.facilities.iter().map(|facility| facility.at).collect();
        let mut tables = if reach.by == By::Transit {
            let engine = networks.by_transit(reach.direction)?;
            layers.of = Some(catchments_by_transit::of(engine.network));
            let (cells, each) = catchments_by_transit::measure(&layers, &engine, &places, self.each);
            vec![layers.areas(&cells), layers.each(each), layers.by_facility(&cells)]
        } else {
            let Some(engine) = reach.by.engine(reach.unit, reach.direction, reach.study) else {
                return Ok(Vec::new());
            };
            let prepared = engine.prepare(&reach.study.plane, &places);
            let cells = layers.measure(prepared.as_ref());
            let each = if self.each { layers.alone(prepared.as_ref()) } else { Vec::new() };
            let streets = layers.streets(&prepared.stretches(&limits), &limits);
            vec![layers.areas(&cells), layers.each(each), layers.by_facility(&cells), streets]
        };
        tables.retain(|table| !table.rows.is_empty());
        Ok(tables)
    }

    fn grid(&self, lattice: &Lattice) -> Result<Grid, MetricError> {
        let [west, south, east, north] = lattice.extent();
        let count = |side: f64| ((east - west) / side).ceil() * ((north - south) / side).ceil();
        let side = match self.cell {
            Some(Metres(side)) if count(side) > MOST_CELLS => {
                let what = format!(
                    "cells of {} are {:.0} million over all regions; write a larger cell, or leave it out",
                    Metres(side),
                    count(side) / 1e6
                );
                return Err(MetricError::Parameter { key: "catchments.cell", what });
            }
            Some(Metres(side)) => side,
            None => SIDES.into_iter().find(|side| count(*side) <= CELLS).unwrap_or(100_000.0),
        };
        // a rim of a cell, where nothing is within
        let columns = ((east - west) / side).ceil() as usize + 2;
        let rows = ((north - south) / side).ceil() as usize + 2;
        Ok(Grid { low: PlaneXy { x: west - side, y: south - side }, side, columns, rows })
    }
}

/// Squares of the plane in rows from the south, the outermost all empty.
pub(super) struct Grid {
    low: PlaneXy,
    pub(super) side: f64,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// Nearest facility of the middle of a cell, and its cost.
pub(super) type Cell = Option<(u32, f64)>;

impl Grid {
    fn middle(&self, column: usize, row: usize) -> PlaneXy {
        let at = |low: f64, count: usize| low + (count as f64 + 0.5) * self.side;
        PlaneXy { x: at(self.low.x, column), y: at(self.low.y, row) }
    }

    /// The cell that a point lies in; `None` on the rim and beyond it.
    pub(super) fn cell_of(&self, at: PlaneXy) -> Option<usize> {
        let [column, row] = [(at.x - self.low.x) / self.side, (at.y - self.low.y) / self.side].map(f64::floor);
        let is_within = |at: f64, count: usize| at >= 1.0 && at < (count - 1) as f64;
        (is_within(column, self.columns) && is_within(row, self.rows))
            .then_some(row as usize * self.columns + column as usize)
    }

    /// Columns and rows of the cells whose middles are within a distance of a point along both axes, the rim left out.
    pub(super) fn around(&self, at: PlaneXy, metres: f64) -> [Range<usize>; 2] {
        let range = |at: f64, low: f64, count: usize| {
            let cell = |at: f64| (at - low) / self.side - 0.5;
            let last = (count - 1) as f64;
            let (from, to) =
                (cell(at - metres).ceil().clamp(1.0, last), (cell(at + metres).floor() + 1.0).clamp(1.0, last));
            from as usize..to as usize
        };
        [range(at.x, self.low.x, self.columns), range(at.y, self.low.y, self.rows)]
    }

    /// From corners counted in cells, with the first cell of a part of the grid, to square metres and degrees.
    fn placed(
        &self,
        lattice: &Lattice,
        area: MultiPolygon<f64>,
        column: usize,
        row: usize,
    ) -> (f64, MultiPolygon<f64>) {
        let square_km = area.unsigned_area() * self.side * self.side / 1e6;
        let corner = |at: &Coord<f64>| {
            let (x, y) = (at.x + column as f64, at.y + row as f64);
            let xy = PlaneXy { x: self.low.x + x * self.side, y: self.low.y + y * self.side };
            lattice.place(xy).lonlat.coord()
        };
        // the inside on the left, as GeoJSON wants it
        let ring = |ring: &LineString<f64>| LineString(ring.0.iter().rev().map(corner).collect());
        let polygon = |polygon: &Polygon<f64>| {
            Polygon::new(ring(polygon.exterior()), polygon.interiors().iter().map(ring).collect())
        };
        (square_km, MultiPolygon(area.0.iter().map(polygon).collect()))
    }

    /// Whether the middle of each cell lies in one of the areas.
    fn under(&self, areas: &[MultiPolygon<f64>]) -> Vec<bool> {
        let cells = Cells { low: self.low, side_m: self.side, columns: self.columns, rows: self.rows };
        let mut is_under = vec![false; cells.count()];
        cells.within(areas, &mut |cell| is_under[cell as usize] = true);
        is_under
    }
}

/// The area where `levels` (columns, then rows) are not negative, in columns and rows; the crossing between two middles is where the level
/// would be 0. Middles that touch at a corner only are apart.
fn area(columns: usize, rows: usize, levels: &[f64]) -> MultiPolygon<f64> {
    // can not fail: as many levels as cells
    let Ok(lines) = ContourBuilder::new(columns, rows, true).lines(levels, &[0.0]) else {
        return MultiPolygon(Vec::new());
    };
    let rings = lines.into_iter().flat_map(|line| line.into_inner().0.0).map(|ring| straightened(ring.0));
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for ring in rings.filter(|ring| ring.0.len() > 3) {
        let polygon = Polygon::new(ring, Vec::new());
        // rings turn with the inside on their right
        if polygon.signed_area() < 0.0 { shells.push(polygon) } else { holes.push(polygon) }
    }
    let boxes: Vec<_> = shells.iter().map(|shell| shell.bounding_rect()).collect();
    let sizes: Vec<f64> = shells.iter().map(|shell| shell.unsigned_area()).collect();
    for hole in holes {
        let Some(corner) = hole.exterior().0.first().copied() else { continue };
        let around = (0..shells.len())
            .filter(|at| boxes[*at].is_some_and(|rect| rect.contains(&corner)) && sizes[*at] > hole.unsigned_area())
            .filter(|at| Polygon::new(shells[*at].exterior().clone(), Vec::new()).contains(&corner))
            .min_by(|a, b| sizes[*a].total_cmp(&sizes[*b]));
        if let Some(at) = around {
            shells[at].interiors_push(hole.exterior().clone());
        }
    }
    MultiPolygon(shells)
}

/// A closed ring without corners that are twice there, or on the line between their neighbours.
fn straightened(mut ring: Vec<Coord<f64>>) -> LineString<f64> {
    ring.dedup();
    if ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let count = ring.len();
    let is_corner = |at: usize| {
        let (a, b, c) = (ring[(at + count - 1) % count], ring[at], ring[(at + 1) % count]);
        (b.x - a.x) * (c.y - b.y) != (b.y - a.y) * (c.x - b.x)
    };
    let mut corners: Vec<Coord<f64>> = (0..count).filter(|at| is_corner(*at)).map(|at| ring[at]).collect();
    corners.extend(corners.first().copied());
    LineString(corners)
}

/// What the layers of one indicator are made of.
pub(super) struct Layers<'l> {
    pub(super) reach: &'l Reach<'l>,
    id: &'l str,
    title: &'l Text,
    lattice: &'l Lattice,
    pub(super) grid: &'l Grid,
    /// Whether the middle of each cell lies in water.
    is_water: Vec<bool>,
    pub(super) bands: &'l [Limit],
    pub(super) trim: Metres,
    /// What titles and descriptions say beside what they say of all areas.
    of: Option<[Text; 2]>,
}

/// Places with where they meet the streets.
pub(super) type Met = Vec<(Place, Option<Snap>)>;

impl Layers<'_> {
    /// The place of the middle of a cell; `None` in water and on the rim, where nothing is ever within.
    pub(super) fn middle(&self, at: usize) -> Option<Place> {
        let (column, row) = (at % self.grid.columns, at / self.grid.columns);
        let is_rim = row == 0 || column == 0 || row + 1 == self.grid.rows || column + 1 == self.grid.columns;
        (!is_rim && !self.is_water[at]).then(|| self.lattice.place(self.grid.middle(column, row)))
    }

    /// Every cell, row by row: what is nearest to its middle, however far.
    pub(super) fn measure(&self, prepared: &dyn Prepared) -> Vec<Cell> {
        let cell = |at: usize| prepared.nearest_beside(&self.middle(at)?, self.trim.0);
        (0..self.grid.columns * self.grid.rows).into_par_iter().map(cell).collect()
    }

    /// The middles that can be measured from, each with its cell.
    pub(super) fn middles(&self, prepared: &dyn Prepared) -> (Vec<u32>, Met) {
        (0..self.grid.columns * self.grid.rows)
            .into_par_iter()
            .filter_map(|at| {
                let place = self.middle(at)?;
                let snap = prepared.snapped(&place).ok()?;
                snap.is_none_or(|snap| is_within(snap.off_m, self.trim.0)).then_some((at as u32, (place, snap)))
            })
            .unzip()
    }

    /// The judged points that can be measured from, with their weights.
    pub(super) fn judged(&self) -> (Met, Vec<Weight>) {
        let reach = self.reach;
        reach
            .judged
            .iter()
            .filter(|at| !reach.off_streets.contains_key(at) && !reach.closed.contains(at))
            .filter_map(|at| Some(((reach.layer.at[*at]?, reach.snaps.get(at).copied()), reach.weight(*at))))
            .unzip()
    }

    /// The widest band.
    pub(super) fn limit(&self) -> f64 {
        self.bands.last().map_or(0.0, |band| band.value())
    }

    fn table(&self, suffix: &str, en: &str, zh: &str, about: Text) -> Table {
        let title = self.title;
        let caveat = self.reach.caveat();
        let mut title = Text::new(format!("{}: {en}", title.en), format!("{}：{zh}", title.zh));
        let mut description = Text::new(format!("{}; {}", about.en, caveat.en), format!("{}；{}", about.zh, caveat.zh));
        if let Some([short, long]) = &self.of {
            title = Text::new(format!("{}, {}", title.en, short.en), format!("{}，{}", title.zh, short.zh));
            description =
                Text::new(format!("{}; {}", description.en, long.en), format!("{}；{}", description.zh, long.zh));
        }
        Table {
            name: format!("{}_{suffix}", self.id.replace('-', "_")),
            title,
            description,
            synthetic: self.reach.synthetic,
            crs: self.reach.study.frame,
            geometry: GeometryKind::MultiPolygon,
            fields: Vec::new(),
            rows: Vec::new(),
            style: None,
        }
    }

    fn about(&self) -> Text {
        let (side, trim) = (Metres(self.grid.side), self.trim);
        let streets = self.reach.study.streets.iter().any(|network| Some(network.mode) == self.reach.by.mode());
        Text::new(
            format!(
                "drawn over cells of {side}, each by its middle, within the rectangle of all regions{}; to look at, not to count people by",
                if streets { format!(", up to {trim} from the streets") } else { String::new() }
            ),
            format!(
                "按边长 {side} 的网格（以格心判定）在全部区域的外接矩形内绘制{}；仅供查看，不用于统计人口",
                if streets { format!("，距道路不超过 {trim}") } else { String::new() }
            ),
        )
    }

    /// Weight of the judged points within a limit; of one facility's, if one is given.
    fn weight(&self, limit: f64, of: Option<u32>) -> Weight {
        let is_in = |at: &&usize| match self.reach.reached(**at) {
            Reached::At(facility, cost) => is_within(cost, limit) && of.is_none_or(|of| of == facility),
            _ => false,
        };
        self.reach.judged.iter().filter(is_in).map(|at| self.reach.weight(*at)).sum()
    }

    /// The layer of the areas of every facility as if it were the only one.
    fn each(&self, rows: Vec<Row>) -> Table {
        let about = self.about();
        let about = Text::new(
            format!("each facility as if it were the only one: areas overlap; {}", about.en),
            format!("各设施单独计算，范围相互重叠；{}", about.zh),
        );
        let mut table = self.table("each_catchment", "area within reach of each facility", "各设施可达范围", about);
        table.fields = vec![
            Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("limit", FieldKind::Real, "Limit, m or s", "限值（米或秒）"),
            Field::new("band", FieldKind::Text, "Band", "圈层"),
            Field::new("area_km2", FieldKind::Real, "Area, km²", "面积（平方千米）"),
            Field::new("weight", FieldKind::Real, "Demand within (by its own cost)", "范围内需求（按实际成本）"),
        ];
        table.rows = rows;
        let fill = |color| Symbol::Fill { color, outline: "#404040", outline_mm: 0.2 };
        table.style = Some(Style {
            classes: self.classes(fill),
            label: None,
            opacity: 0.5,
            visible: false,
            group: Group::Results,
        });
        table
    }

    /// The areas of every facility as if it were the only one, the widest band first.
    fn alone(&self, prepared: &dyn Prepared) -> Vec<Row> {
        let (grid, reach) = (self.grid, self.reach);
        let limit = self.limit();
        let (cells, middles) = self.middles(prepared);
        let (judged, weights) = self.judged();
        // a way is never shorter than the straight line, which the plane stretches
        let metres = match reach.unit {
            CostUnit::Metres => limit,
            CostUnit::Seconds => reach.ground().map_or(f64::INFINITY, |ground| limit * ground.top_speed.0 / 3.6),
        } * reach.study.plane.scale_max.max(1.0)
            + 2.0 * grid.side;
        let rows: Vec<Vec<Row>> = (0..reach.facilities.len() as u32)
            .into_par_iter()
            .map(|facility| {
                let [columns, rows] = grid.around(reach.facilities[facility as usize].at.xy, metres);
                let asked: Vec<u32> = rows
                    .flat_map(|row| {
                        let start = row * grid.columns;
                        let [from, until] = [columns.start, columns.end]
                            .map(|column| cells.partition_point(|cell| (*cell as usize) < start + column));
                        from as u32..until as u32
                    })
                    .collect();
                let places: Met = asked.iter().map(|at| middles[*at as usize]).collect();
                // a cell beyond the limit still tells where between the two middles it is passed
                let costs = prepared.costs_of(facility, limit + self.cell_cost(), &places);
                let own = prepared.costs_of(facility, limit, &judged);
                let costs = asked.iter().zip(costs).filter_map(|(at, cost)| Some((cells[*at as usize], cost?)));
                self.of_one(facility, &costs.collect::<Vec<_>>(), own.iter().copied().zip(weights.iter().copied()))
            })
            .collect();
        rows.into_iter().flatten().collect()
    }

    /// The areas of one facility by the costs of cells, the widest band first; with the costs and weights of the judged points.
    pub(super) fn of_one(
        &self,
        facility: u32,
        costs: &[(u32, f64)],
        judged: impl Iterator<Item = (Option<f64>, Weight)>,
    ) -> Vec<Row> {
        let (it, grid) = (self.reach.facilities[facility as usize], self.grid);
        let at = |cell: u32| (cell as usize % grid.columns, cell as usize / grid.columns);
        let judged: Vec<(f64, Weight)> = judged.filter_map(|(cost, weight)| Some((cost?, weight))).collect();
        let Some((first, _)) = costs.first() else { return Vec::new() };
        let start = at(*first);
        let [west, south, east, north] =
            costs.iter().fold([start.0, start.1, start.0, start.1], |[west, south, east, north], (cell, _)| {
                let (column, row) = at(*cell);
                [west.min(column), south.min(row), east.max(column), north.max(row)]
            });
        // a rim of its own, where nothing is within
        let (west, south) = (west - 1, south - 1);
        let (wide, high) = (east + 2 - west, north + 2 - south);
        let mut cells: Vec<Option<f64>> = vec![None; wide * high];
        for (cell, cost) in costs {
            let (column, row) = at(*cell);
            let known = &mut cells[(row - south) * wide + column - west];
            *known = Some(known.map_or(*cost, |known| known.min(*cost)));
        }
        let band = |band: &Limit| -> Option<Row> {
            let levels: Vec<f64> = cells.iter().map(|cost| self.level(*cost, band.value())).collect();
            let (square_km, shape) = grid.placed(self.lattice, area(wide, high, &levels), west, south);
            let within = judged.iter().filter(|(cost, _)| is_within(*cost, band.value()));
            (!shape.0.is_empty()).then(|| Row {
                geometry: Some(Geometry::MultiPolygon(shape)),
                values: vec![
                    it.id.as_str().into(),
                    it.name.as_str().into(),
                    band.value().into(),
                    band.to_string().into(),
                    square_km.into(),
                    within.map(|(_, weight)| *weight).sum::<Weight>().to_f64().into(),
                ],
            })
        };
        self.bands.iter().rev().filter_map(band).collect()
    }

    /// Cost of crossing a cell on foot.
    fn cell_cost(&self) -> f64 {
        match self.reach.unit {
            CostUnit::Metres => self.grid.side,
            CostUnit::Seconds => self.grid.side / WALK,
        }
    }

    /// How far a cell is within a limit, in cells, from -1 to 1.
    fn level(&self, cost: Option<f64>, limit: f64) -> f64 {
        // times by timetable leap: where between two middles can not be told
        if self.reach.by == By::Transit {
            return if cost.is_some_and(|cost| is_within(cost, limit)) { 1.0 } else { -1.0 };
        }
        let level = cost.map_or(-1.0, |cost| ((limit - cost) / self.cell_cost()).clamp(-1.0, 1.0));
        // a ring never passes through a middle, where it would meet itself
        if level < 0.0 { level.min(-0.02) } else { level.max(0.02) }
    }

    fn color(&self, band: usize) -> &'static str {
        match self.bands.len() {
            1 => palette::BANDS[3],
            // the palest would not be seen as a line
            count => palette::BANDS[2 + band * (palette::BANDS.len() - 3) / (count - 1)],
        }
    }

    fn classes(&self, symbol: impl Fn(&'static str) -> Symbol) -> Vec<Class> {
        let class = |at: usize| {
            let from = at.checked_sub(1).and_then(|below| excluding(self.bands[below].value()));
            let label = format!("≤ {}", self.bands[at]);
            let to = including(self.bands[at].value());
            Class::range("limit", from, to, Text::new(label.clone(), label), symbol(self.color(at)))
        };
        (0..self.bands.len()).map(class).collect()
    }

    /// One area a band, the widest first, so that nearer ones are drawn over it.
    fn areas(&self, cells: &[Cell]) -> Table {
        let mut table = self.table("catchments", "area within reach", "可达范围", self.about());
        table.fields = vec![
            Field::new("limit", FieldKind::Real, "Limit, m or s", "限值（米或秒）"),
            Field::new("band", FieldKind::Text, "Band", "圈层"),
            Field::new("area_km2", FieldKind::Real, "Area, km²", "面积（平方千米）"),
            Field::new("weight", FieldKind::Real, "Demand within (by its own cost)", "范围内需求（按实际成本）"),
        ];
        for band in self.bands.iter().rev() {
            let levels: Vec<f64> =
                cells.iter().map(|cell| self.level(cell.map(|(_, cost)| cost), band.value())).collect();
            let (square_km, shape) =
                self.grid.placed(self.lattice, area(self.grid.columns, self.grid.rows, &levels), 0, 0);
            if shape.0.is_empty() {
                continue;
            }
            table.rows.push(Row {
                geometry: Some(Geometry::MultiPolygon(shape)),
                values: vec![
                    band.value().into(),
                    band.to_string().into(),
                    square_km.into(),
                    self.weight(band.value(), None).to_f64().into(),
                ],
            });
        }
        let fill = |color| Symbol::Fill { color, outline: "#7f7f7f", outline_mm: 0.1 };
        table.style = Some(Style {
            classes: self.classes(fill),
            label: None,
            opacity: 0.65,
            visible: false,
            group: Group::Results,
        });
        table
    }

    /// One area a facility: where it is the nearest, within the widest band.
    fn by_facility(&self, cells: &[Cell]) -> Table {
        let mut table = self.table("nearest_areas", "area of each facility", "各设施服务分区", self.about());
        table.fields = vec![
            Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("area_km2", FieldKind::Real, "Area, km²", "面积（平方千米）"),
            Field::new("weight", FieldKind::Real, "Demand within (by its own cost)", "范围内需求（按实际成本）"),
        ];
        let limit = self.limit();
        // columns and rows from and to, of the cells of each facility
        let mut boxes: BTreeMap<u32, [usize; 4]> = BTreeMap::new();
        for (at, cell) in cells.iter().enumerate() {
            let Some((facility, _)) = cell.filter(|(_, cost)| is_within(*cost, limit)) else { continue };
            let (column, row) = (at % self.grid.columns, at / self.grid.columns);
            let around = boxes.entry(facility).or_insert([column, row, column, row]);
            *around = [around[0].min(column), around[1].min(row), around[2].max(column), around[3].max(row)];
        }
        let (grid, lattice) = (self.grid, self.lattice);
        let shapes: Vec<(u32, (f64, MultiPolygon<f64>))> = boxes
            .into_par_iter()
            .map(|(facility, [west, south, east, north])| {
                let (west, south) = (west - 1, south - 1);
                let (columns, rows) = (east + 2 - west, north + 2 - south);
                let level = |at: usize| {
                    let cell = cells[(south + at / columns) * grid.columns + west + at % columns];
                    if cell.is_some_and(|(nearest, cost)| nearest == facility && is_within(cost, limit)) {
                        1.0
                    } else {
                        -1.0
                    }
                };
                let levels: Vec<f64> = (0..columns * rows).map(level).collect();
                (facility, grid.placed(lattice, area(columns, rows, &levels), west, south))
            })
            .collect();
        for (facility, (square_km, shape)) in shapes {
            let it = self.reach.facilities[facility as usize];
            table.rows.push(Row {
                geometry: Some(Geometry::MultiPolygon(shape)),
                values: vec![
                    it.id.as_str().into(),
                    it.name.as_str().into(),
                    square_km.into(),
                    self.weight(limit, Some(facility)).to_f64().into(),
                ],
            });
        }
        let fill = |color| Symbol::Fill { color, outline: "#404040", outline_mm: 0.3 };
        let (some, none) = (Text::new("with demand", "有需求"), Text::new("without demand", "无需求"));
        table.style = Some(Style {
            classes: vec![
                Class::range("weight", excluding(0.0), None, some, fill("#c7dcef")),
                Class::range("weight", None, including(0.0), none, fill("#f0f0f0")),
            ],
            label: Some(Label {
                field: "name".into(),
                second_line: None,
                size_pt: 7.0,
                bold: false,
                below_scale: Some(100_000),
            }),
            opacity: 1.0,
            visible: false,
            group: Group::Results,
        });
        table
    }

    /// Streets by their nearest facility and band; exact.
    fn streets(&self, stretches: &[Stretch], limits: &[f64]) -> Table {
        let about = Text::new(
            "streets split where the nearest facility or the band changes; the way to the street is not counted",
            "道路在最近设施或圈层变化处断开；不含至道路的步行段",
        );
        let mut table = self.table("streets", "streets by nearest facility", "道路所属设施与圈层", about);
        table.geometry = GeometryKind::MultiLineString;
        table.fields = vec![
            Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
            Field::new("name", FieldKind::Text, "Name", "名称"),
            Field::new("limit", FieldKind::Real, "Limit, m or s", "限值（米或秒）"),
            Field::new("band", FieldKind::Text, "Band", "圈层"),
            Field::new("length_m", FieldKind::Real, "Length, m", "长度（米）"),
        ];
        let Some(network) = self.reach.study.streets.iter().find(|one| Some(one.mode) == self.reach.by.mode()) else {
            return table;
        };
        // length in metres and lines, by facility and band
        type Drawn = (f64, Vec<LineString<f64>>);
        let mut lines: BTreeMap<(u32, usize), Drawn> = BTreeMap::new();
        for stretch in stretches {
            let middle = (stretch.costs[0] + stretch.costs[1]) / 2.0;
            let band = limits.partition_point(|limit| *limit < middle);
            let places = network.between(stretch.edge, stretch.from_m, stretch.to_m);
            let (length_m, drawn) = lines.entry((stretch.destination, band)).or_default();
            *length_m += stretch.to_m - stretch.from_m;
            // a piece shorter than a tenth of a millimetre is no line
            let mut corners: Vec<Coord<f64>> = places.iter().map(|place| place.lonlat.coord()).collect();
            corners.dedup_by(|b, a| (a.x - b.x).abs() < 1e-9 && (a.y - b.y).abs() < 1e-9);
            if corners.len() > 1 {
                drawn.push(LineString(corners));
            }
        }
        for ((facility, band), (length_m, drawn)) in lines.into_iter().filter(|(_, (_, drawn))| !drawn.is_empty()) {
            let (it, Some(band)) = (self.reach.facilities[facility as usize], self.bands.get(band)) else { continue };
            table.rows.push(Row {
                geometry: Some(Geometry::MultiLineString(MultiLineString(drawn))),
                values: vec![
                    it.id.as_str().into(),
                    it.name.as_str().into(),
                    Value::Real(band.value()),
                    band.to_string().into(),
                    length_m.into(),
                ],
            });
        }
        let line = |color| Symbol::Line { color, width_mm: 0.5, dash: None, casing: false, trim_percent: 0 };
        table.style = Some(Style {
            classes: self.classes(line),
            label: None,
            opacity: 1.0,
            visible: false,
            group: Group::Evidence,
        });
        table
    }
}
