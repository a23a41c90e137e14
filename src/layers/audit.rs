//! What is to be mended in a drawing of areas, as layers.

use geo::MapCoords;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;

use crate::base::frame::OutputCrs;
use crate::base::units::Text;
use crate::metrics::boundary_audit::Apart;
use crate::metrics::boundary_audit::Audit;
use crate::metrics::boundary_audit::SLIVER_LENGTHS;
use crate::metrics::boundary_audit::SLIVER_WIDTH_M;
use crate::metrics::boundary_audit::UNMATCHED_LENGTH_M;
use crate::metrics::boundary_audit::UNMATCHED_M;
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

/// An area by its code and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaName {
    pub code: String,
    /// The code where there is no name.
    pub name: String,
}

/// Where the audited areas come from.
pub struct Origin<'o> {
    /// The areas, in the order of the audit.
    pub areas: &'o [AreaName],
    /// From the plane of the audit to degrees.
    pub degrees: &'o dyn Fn(Coord<f64>) -> Coord<f64>,
    pub crs: OutputCrs,
    /// The file, for descriptions.
    pub source: &'o str,
    pub synthetic: bool,
}

/// What a layer is called and says.
struct Heading {
    name: &'static str,
    title: (&'static str, &'static str),
    about: (String, String),
}

/// All six layers, empty ones too, in the order in which a map is drawn: lines first.
pub fn tables(audit: &Audit, origin: &Origin<'_>) -> Vec<Table> {
    let plural = |areas: &[usize]| {
        let list = |pick: fn(&AreaName) -> &str| {
            areas.iter().filter_map(|at| origin.areas.get(*at)).map(pick).collect::<Vec<_>>().join("; ")
        };
        (list(|area| &area.code), list(|area| &area.name))
    };
    let polygons = |shape: &MultiPolygon<f64>| Geometry::MultiPolygon(shape.map_coords(origin.degrees));
    let row = |geometry: Geometry<f64>, areas: &[usize], area_m2: f64, rest: Vec<Value>| {
        let (codes, names) = plural(areas);
        let mut values = vec![Value::Text(codes), Value::Text(names), rounded(area_m2, 10.0)];
        values.extend(rest);
        Row { geometry: Some(geometry), values }
    };
    let apart = |found: &[Apart], beside: bool| {
        found
            .iter()
            .map(|one| {
                let rest =
                    if beside { vec![Value::Text(plural(&one.beside).0)] } else { vec![Value::Bool(one.is_whole)] };
                row(polygons(&MultiPolygon(vec![one.shape.clone()])), &[one.area], one.area_m2, rest)
            })
            .collect::<Vec<Row>>()
    };
    let width = || Field::new("width_m", FieldKind::Real, "Mean width, m", "平均宽（米）");
    let fill = |color| Symbol::Fill { color, outline: color, outline_mm: 0.6 };
    vec![
        layer(
            origin,
            Heading {
                name: "unmatched_borders",
                title: ("Borders that nearly meet", "未重合的边界"),
                about: (
                    format!(
                        "Borders of two areas that run within {UNMATCHED_M} m of each other for {UNMATCHED_LENGTH_M} m or more and are not one; \
                         the strip between them is open. The area is length times mean distance."
                    ),
                    format!("两个面的边界相距 {UNMATCHED_M} 米以内、长 {UNMATCHED_LENGTH_M} 米以上而未重合，其间的狭条未封闭；面积为长度乘平均距离。"),
                ),
            },
            GeometryKind::MultiLineString,
            vec![Field::new("length_m", FieldKind::Real, "Length, m", "长度（米）"), width()],
            audit
                .unmatched
                .iter()
                .map(|one| {
                    let lines = Geometry::MultiLineString(one.lines.map_coords(origin.degrees));
                    let rest = vec![rounded(one.length_m, 10.0), rounded(one.width_m, 100.0)];
                    row(lines, &[one.pair.0, one.pair.1], one.area_m2, rest)
                })
                .collect(),
            Symbol::Line { color: "#bd0026", width_mm: 0.8, dash: None, casing: true, trim_percent: 0 },
        ),
        layer(
            origin,
            Heading {
                name: "slivers",
                title: ("Slivers", "狭长图斑"),
                about: (
                    format!(
                        "Pieces of overlaps and gaps narrower than {SLIVER_WIDTH_M} m in the mean and at least {SLIVER_LENGTHS} times as long; they \
                         are among the overlaps and gaps too."
                    ),
                    format!("平均宽不足 {SLIVER_WIDTH_M} 米且长度不小于宽度 {SLIVER_LENGTHS} 倍的重叠或空隙；同时列入重叠、空隙图层。"),
                ),
            },
            GeometryKind::MultiPolygon,
            vec![
                width(),
                Field::new("kind", FieldKind::Text, "Kind", "类型")
                    .with_choices(&[("overlap", "overlap", "重叠"), ("gap", "gap", "空隙")]),
            ],
            audit
                .slivers
                .iter()
                .map(|one| {
                    let kind = if one.is_overlap { "overlap" } else { "gap" };
                    let rest = vec![rounded(one.width_m, 100.0), kind.into()];
                    row(polygons(&MultiPolygon(vec![one.shape.clone()])), &one.areas, one.area_m2, rest)
                })
                .collect(),
            fill("#c51b7d"),
        ),
        layer(
            origin,
            Heading {
                name: "overlaps",
                title: ("Overlaps", "重叠"),
                about: (
                    "Ground that two areas both cover, a row a pair; narrower than a centimetre in the mean is rounding.".to_owned(),
                    "两个面共同覆盖之处，每对一行；平均宽不足一厘米视为舍入误差。".to_owned(),
                ),
            },
            GeometryKind::MultiPolygon,
            vec![width()],
            audit
                .topology
                .overlaps
                .iter()
                .map(|one| {
                    let rest = vec![rounded(one.width_m, 100.0)];
                    row(polygons(&one.shape), &[one.pair.0, one.pair.1], one.area_m2, rest)
                })
                .collect(),
            fill("#b93d02"),
        ),
        layer(
            origin,
            Heading {
                name: "gaps",
                title: ("Gaps", "空隙"),
                about: (
                    "Ground that areas enclose and none covers; it may be meant, e.g. a lake.".to_owned(),
                    "被各面围住而无面覆盖之处；也可能是有意为之，如湖面。".to_owned(),
                ),
            },
            GeometryKind::MultiPolygon,
            vec![width()],
            audit
                .topology
                .gaps
                .iter()
                .map(|one| {
                    let rest = vec![rounded(one.width_m, 100.0)];
                    row(polygons(&MultiPolygon(vec![one.shape.clone()])), &one.beside, one.area_m2, rest)
                })
                .collect(),
            fill("#2c7fb8"),
        ),
        layer(
            origin,
            Heading {
                name: "exclaves",
                title: ("Exclaves", "飞地"),
                about: (
                    "Parts of an area, but its largest, that touch another area.".to_owned(),
                    "面的组成部分（最大者除外），且与其他面相接。".to_owned(),
                ),
            },
            GeometryKind::MultiPolygon,
            vec![Field::new("beside", FieldKind::Text, "Areas beside", "相接的面")],
            apart(&audit.exclaves, true),
            fill("#fdae61"),
        ),
        layer(
            origin,
            Heading {
                name: "islands",
                title: ("Islands", "孤立部分"),
                about: (
                    "Parts of areas that touch no other area within 5 cm.".to_owned(),
                    "与其他面均不相接（5 厘米以内）的组成部分。".to_owned(),
                ),
            },
            GeometryKind::MultiPolygon,
            vec![Field::new("whole", FieldKind::Bool, "The whole area is apart", "整个面均不相接")],
            apart(&audit.islands, false),
            fill("#a1dab4"),
        ),
    ]
}

fn layer(
    origin: &Origin<'_>,
    heading: Heading,
    geometry: GeometryKind,
    further: Vec<Field>,
    rows: Vec<Row>,
    symbol: Symbol,
) -> Table {
    let mut fields = vec![
        Field::new("codes", FieldKind::Text, "Codes", "代码"),
        Field::new("names", FieldKind::Text, "Names", "名称"),
        Field::new("area_m2", FieldKind::Real, "Area, m²", "面积（平方米）"),
    ];
    fields.extend(further);
    let (en, zh) = heading.title;
    Table {
        name: heading.name.to_owned(),
        title: Text::new(en, zh),
        description: Text::new(
            format!("{} Source: {}.", heading.about.0, origin.source),
            format!("{}来源：{}。", heading.about.1, origin.source),
        ),
        synthetic: origin.synthetic,
        crs: origin.crs,
        geometry,
        fields,
        rows,
        style: Some(Style {
            classes: vec![Class::otherwise(Text::new(en, zh), symbol)],
            label: Some(Label {
                field: "names".into(),
                second_line: None,
                size_pt: 7.0,
                bold: false,
                below_scale: Some(200_000),
            }),
            opacity: 0.8,
            visible: true,
            group: Group::Issues,
        }),
    }
}

/// `value` in steps of one part in `parts`: finer than any input, and short in files.
fn rounded(value: f64, parts: f64) -> Value {
    Value::from((value * parts).round() / parts)
}
