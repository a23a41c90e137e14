//! The layers of `overlay-share`: areas and points inside and outside, regions; its lines of evidence, and what became of each point.

use geo::MapCoords;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::RegionFigure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::layer;
use crate::metrics::overlay_share::Answer;
use crate::metrics::overlay_share::Of;
use crate::metrics::overlay_share::Piece;
use crate::metrics::overlay_share::Point;
use crate::metrics::overlay_share::Sums;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::metrics::reach_layers::figure_label;
use crate::metrics::reach_layers::quartiles;
use crate::model::place::PlaneXy;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;
use crate::table::style::rising;

const STATES: &[(&str, &str, &str)] = &[
    ("inside", "inside", "范围内"),
    ("outside", "outside", "范围外"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("no-place", "place not known", "位置未知"),
];

fn state(sums: &Sums) -> &'static str {
    let nth = match () {
        () if sums.inside > Weight::ZERO => 0,
        () if sums.no_services > Weight::ZERO => 2,
        () if sums.no_place > Weight::ZERO => 3,
        () => 1,
    };
    STATES[nth].0
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| {
        layer::blank(context, suffix, (en, zh), geometry, (answer.caveat(), answer.synthetic))
    };
    let target = context.target_share.map(|target| target.0);
    let by_region = make("regions", "by region", "分区结果", GeometryKind::MultiPolygon);
    let mut tables = vec![
        region_table(answer, regions, target, by_region),
        area_table(answer, make("areas", "inside and outside", "范围内外", GeometryKind::MultiPolygon)),
        point_table(answer, make("points", "points inside and outside", "范围内外各点", GeometryKind::Point)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn region_table(answer: &Answer<'_>, regions: &[RegionFigure], target: Option<f64>, mut table: Table) -> Table {
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("inside", FieldKind::Real, "Inside", "范围内"),
        Field::new("known", FieldKind::Real, "With data", "有数据总量"),
        Field::new("unknown", FieldKind::Real, "Without data", "无数据量"),
    ]);
    table.rows = layer::region_rows(answer.study, regions, 1.0, &layer::shares);
    let classes = if answer.params.unit() == FigureUnit::Share {
        layer::rate_classes("value", target)
    } else {
        let unit = if answer.params.of == Of::Area { "km²" } else { "" };
        rising("value", &quartiles(layer::known_values(&table)), (unit, unit), &|_, color| layer::region_fill(color))
    };
    table.style = Some(layer::region_style(classes, Some("label")));
    table
}

/// What of each region lies inside, and what does not; nothing without degrees of the plane.
fn area_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
        Field::new("area_m2", FieldKind::Real, "Area, m²", "面积（平方米）"),
    ];
    let Some(lattice) = &answer.study.lattice else { return table };
    let degrees = |area: &MultiPolygon<f64>| {
        area.map_coords(|at| lattice.place(PlaneXy { x: at.x, y: at.y }).lonlat.coord() as Coord<f64>)
    };
    for piece in answer.pieces.iter().filter(|piece| piece.point.is_none()) {
        let Some(region) = piece.home.map(|home| answer.study.regions.get(home)) else { continue };
        let rest = piece.sums.outside + piece.sums.no_services;
        let state = if piece.sums.no_services > Weight::ZERO { STATES[2].0 } else { STATES[1].0 };
        for (area, word, weight) in [(&piece.parts[0], STATES[0].0, piece.sums.inside), (&piece.parts[1], state, rest)]
        {
            if weight > Weight::ZERO {
                table.rows.push(Row {
                    geometry: Some(Geometry::MultiPolygon(degrees(area))),
                    values: vec![
                        region.code.as_str().into(),
                        region.name.as_str().into(),
                        word.into(),
                        weight.to_f64().into(),
                    ],
                });
            }
        }
    }
    let fill = |color| Symbol::Fill { color, outline: "#ffffff", outline_mm: 0.1 };
    let outline = "#ffffff";
    table.style = Some(Style {
        classes: vec![
            Class::equals("state", "inside", Text::new("inside", "范围内"), fill(palette::VERDICT[1])),
            Class::equals("state", "outside", Text::new("outside", "范围外"), fill(palette::VERDICT[0])),
            Class::otherwise(Text::new("no data", "无数据"), Symbol::NoDataFill { outline, outline_mm: 0.1 }),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// Id and name of a point.
fn named(answer: &Answer<'_>, point: Point<'_>) -> (String, String) {
    match (point, answer.layer) {
        (Point::Facility(facility), _) => (facility.id.clone(), facility.name.clone()),
        (Point::Demand(at), Some(layer)) => (layer.id(at).into_owned(), layer.point_name(at).into_owned()),
        (Point::Demand(_), None) => Default::default(),
    }
}

fn weight(piece: &Piece<'_>) -> Weight {
    let sums = &piece.sums;
    sums.inside + sums.outside + sums.no_services + sums.no_place
}

fn point_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
    ];
    let mut drawn: Vec<&Piece<'_>> = answer.pieces.iter().filter(|piece| piece.point.is_some()).collect();
    if answer.layer.is_some_and(|layer| layer.is_grid()) && drawn.len() > MOST_CELLS {
        let all = drawn.len();
        drawn.sort_by_cached_key(|piece| std::cmp::Reverse(weight(piece)));
        drawn.truncate(MOST_CELLS);
        table.description.en += &format!("; of {all} cells {MOST_CELLS} are drawn, those with most weight");
        table.description.zh += &format!("；共 {all} 个单元，仅绘制权重最大的 {MOST_CELLS} 个");
    }
    for piece in drawn {
        let Some(point) = piece.point else { continue };
        let place = match (point, answer.layer) {
            (Point::Facility(facility), _) => Some(facility.at),
            (Point::Demand(at), Some(layer)) => layer.at[at],
            (Point::Demand(_), None) => None,
        };
        let Some(place) = place else { continue };
        let (id, name) = named(answer, point);
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                id.into(),
                name.into(),
                piece.home.map(|home| answer.study.regions.get(home).name.as_str()).into(),
                weight(piece).to_f64().into(),
                state(&piece.sums).into(),
            ],
        });
    }
    let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 1.8, outline: "#4d4d4d" };
    table.style = Some(Style {
        classes: vec![
            Class::equals("state", "inside", Text::new("inside", "范围内"), marker(Shape::Circle, palette::VERDICT[1])),
            Class::equals(
                "state",
                "outside",
                Text::new("outside", "范围外"),
                marker(Shape::Diamond, palette::VERDICT[0]),
            )
            .above(2),
            Class::otherwise(Text::new("no data", "无数据"), marker(Shape::XMark, "#000000")).above(1),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// One line for each region of the smallest level, and for each point with a name of its own.
pub(crate) fn evidence(answer: &Answer<'_>, regions: &[RegionFigure]) -> Vec<Evidence> {
    let smallest = regions.iter().map(|found| found.level).max();
    let (what, around) = (answer.what(), answer.around());
    let mut lines: Vec<Evidence> = Vec::new();
    for found in regions.iter().filter(|found| Some(found.level) == smallest) {
        let region = answer.study.regions.get(found.region);
        let label = figure_label(&found.figure);
        let shown = label.as_deref().unwrap_or("–");
        let state = if label.is_some() { "measured" } else { "no-data" };
        lines.push(Evidence {
            key: region.code.clone(),
            state,
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(
                format!("{} ({}): {} {}: {shown}", region.name, region.code, what.0, around.0),
                format!("{}（{}）：{}的{}：{shown}", region.name, region.code, around.1, what.1),
            ),
        });
    }
    if answer.layer.is_some_and(|layer| layer.is_grid()) || answer.pieces.len() > MOST_CELLS {
        return lines;
    }
    for piece in &answer.pieces {
        let Some(point) = piece.point else { continue };
        let (id, name) = named(answer, point);
        let state = state(&piece.sums);
        let (word_en, word_zh) =
            STATES.iter().find(|(word, ..)| *word == state).map_or(("", ""), |(_, en, zh)| (en, zh));
        let amount = thousands(weight(piece).to_f64());
        let mut about = vec![id.clone(), name.clone()];
        about.extend(piece.home.map(|home| answer.study.regions.get(home).code.clone()));
        lines.push(Evidence {
            key: id.clone(),
            state,
            about,
            text: Text::new(
                format!("{name} ({id}), {amount}: {word_en}"),
                format!("{name}（{id}），{amount}：{word_zh}"),
            ),
        });
    }
    lines
}

/// What became of each point; of cells, and of very many, nothing.
pub(crate) fn outcomes(answer: &Answer<'_>) -> Vec<Outcome> {
    if answer.layer.is_some_and(|layer| layer.is_grid()) || answer.pieces.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |piece: &Piece<'_>| {
        let (key, name) = named(answer, piece.point?);
        let name = Some(name).filter(|name| *name != key);
        let class = match piece.point? {
            Point::Demand(at) => answer.layer.and_then(|layer| layer.class(at)),
            _ => None,
        };
        let (region, class) = (piece.home, class.map(str::to_owned));
        let (state, parts) = (state(&piece.sums), Vec::new());
        Some(Outcome { key, name, state, weight: weight(piece), parts, cost: None, region, class })
    };
    answer.pieces.iter().filter_map(outcome).collect()
}
