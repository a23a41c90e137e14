//! How two runs differ, as layers of regions: differences with their sign, zero in the middle.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use geo::BoundingRect;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use geo_types::Rect;

use crate::app::compare::Comparison;
use crate::app::compare::IndicatorChange;
use crate::app::compare::Moved;
use crate::app::compare::RegionChange;
use crate::base::issue::Issue;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::base::units::thousands;
use crate::indicators::scorecard::Scorecard;
use crate::io::atomic::WriteError;
use crate::io::gpkg;
use crate::io::qgis_contents::Contents;
use crate::io::qgis_project::ProjectCrs;
use crate::io::read;
use crate::io::read::DeclaredCrs;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::driver;
use crate::io::reproject::Crs;
use crate::io::reproject::CrsError;
use crate::io::reproject::Reprojector;
use crate::metrics::figure::FigureUnit;
use crate::metrics::layer::VERDICTS;
use crate::model::region::Level;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::OutputCrs;
use crate::table::Record;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::signed;

/// Why a comparison can not be written as layers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayersError {
    /// No run says what its regions look like.
    #[error(
        "no outlines of regions: neither {} is there; give one with --regions FILE.gpkg, the GeoPackage of a run of the same study",
        tried.join(" nor ")
    )]
    NoOutlines { tried: Vec<String> },
    /// The outlines can not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No region with an outline has a figure in both runs.
    #[error("nothing to draw: no indicator has figures of regions with an outline in both runs")]
    Nothing,
    /// A file that holds one layer is asked to hold several.
    #[error("\"{path}\" holds one layer; write a .gpkg, or choose one with --indicator: {ids}")]
    OneLayer { path: String, ids: String },
    /// The runs do not both have the indicator.
    #[error("no indicator \"{id}\" in both runs; there are: {ids}")]
    NoSuchIndicator { id: String, ids: String },
    /// Layers can not be written so.
    #[error("\"{path}\" is no format that a layer can be written in; write for example change.gpkg or change.geojson")]
    NoWriter { path: String },
    /// The plane of the runs is not known.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The file can not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The outlines of the regions of a run, from its GeoPackage.
#[derive(Debug, Clone)]
pub struct Outlines {
    /// By level, as the layer writes it, and code; degrees.
    shapes: BTreeMap<(String, String), MultiPolygon<f64>>,
    frame: OutputCrs,
}

impl Outlines {
    /// The layer `outlines` of a GeoPackage that a run has written.
    /// # Errors
    /// [`LayersError::Read`].
    pub fn read(path: &Path) -> Result<Outlines, LayersError> {
        struct Shapes(BTreeMap<(String, String), MultiPolygon<f64>>);
        impl read::Sink for Shapes {
            fn record(&mut self, fields: &[Field], record: Record, _: Option<Issue>) {
                let text = |name: &str| {
                    let at = fields.iter().position(|field| field.name == name)?;
                    record.value(at).as_key()
                };
                let shape = match &record.geometry {
                    Some(Geometry::MultiPolygon(shape)) => shape.clone(),
                    Some(Geometry::Polygon(shape)) => MultiPolygon(vec![shape.clone()]),
                    _ => return,
                };
                if let (Some(level), Some(code)) = (text("level"), text("code")) {
                    self.0.insert((level, code), shape);
                }
            }

            fn issue(&mut self, _: Issue) {}
        }
        let shown = path.display().to_string();
        let mut sink = Shapes(BTreeMap::new());
        let request = ReadRequest { layer: Some("outlines"), ..ReadRequest::new(path, &shown) };
        let info = read::read(&request, &mut sink)?;
        let frame = match &info.crs {
            DeclaredCrs::Carried(text) | DeclaredCrs::ByFormat(text) if text.contains("4490") => OutputCrs::Cgcs2000,
            _ => OutputCrs::Wgs84,
        };
        Ok(Outlines { shapes: sink.0, frame })
    }

    /// Those of a file, or else of the GeoPackage that stands beside one of the scorecards, the later first.
    /// # Errors
    /// [`LayersError::NoOutlines`] when there is none, [`LayersError::Read`].
    pub fn beside(given: Option<&Path>, before: &Path, after: &Path) -> Result<Outlines, LayersError> {
        if let Some(path) = given {
            return Outlines::read(path);
        }
        let beside = [after.with_extension("gpkg"), before.with_extension("gpkg")];
        match beside.iter().find(|path| path.exists()) {
            Some(path) => Outlines::read(path),
            None => {
                Err(LayersError::NoOutlines { tried: beside.iter().map(|path| path.display().to_string()).collect() })
            }
        }
    }

    fn of(&self, level: Level, code: &str) -> Option<&MultiPolygon<f64>> {
        self.shapes.get(&(level.title().0.to_owned(), code.to_owned()))
    }
}

/// What is to be written, and where.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A GeoPackage with a layer an indicator and a project beside it, or a file of one layer.
    pub path: &'a Path,
    /// Only this indicator.
    pub indicator: Option<&'a str>,
    pub lang: Lang,
}

/// Writes the differences of regions; hands back the files that were written.
/// # Errors
/// [`LayersError`].
pub fn write(
    comparison: &Comparison,
    after: &Scorecard,
    outlines: &Outlines,
    request: &Request<'_>,
) -> Result<Vec<PathBuf>, LayersError> {
    let (path, shown) = (request.path, request.path.display().to_string());
    let ids = |changes: &[&IndicatorChange]| changes.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    let all: Vec<&IndicatorChange> = comparison.indicators.iter().collect();
    if let Some(id) = request.indicator.filter(|id| all.iter().all(|one| one.id != *id)) {
        return Err(LayersError::NoSuchIndicator { id: id.to_owned(), ids: ids(&all) });
    }
    let is_meant = |one: &&&IndicatorChange| request.indicator.is_none_or(|id| one.id == id);
    let drawn: Vec<(&IndicatorChange, Table)> = all
        .iter()
        .filter(is_meant)
        .flat_map(|change| tables(change, after, outlines).into_iter().map(|table| (*change, table)))
        .collect();
    if drawn.is_empty() {
        return Err(LayersError::Nothing);
    }
    let Some(writer) = driver(path).and_then(|driver| driver.write) else {
        if path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("gpkg")) {
            return Err(LayersError::NoWriter { path: shown });
        }
        return package(comparison, after, drawn, outlines, request);
    };
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gpkg")) {
        return package(comparison, after, drawn, outlines, request);
    }
    match &drawn[..] {
        [(_, table)] => writer(path, table)?,
        // of one indicator and level, drawn by figures and by people: the same rows
        [(change, table), (same, people)] if change.id == same.id && people.rows == table.rows => writer(path, table)?,
        several => {
            let changes: Vec<&IndicatorChange> = several.iter().map(|(change, _)| *change).collect();
            return Err(LayersError::OneLayer { path: shown, ids: ids(&changes) });
        }
    }
    Ok(vec![path.to_owned()])
}

fn package(
    comparison: &Comparison,
    after: &Scorecard,
    drawn: Vec<(&IndicatorChange, Table)>,
    outlines: &Outlines,
    request: &Request<'_>,
) -> Result<Vec<PathBuf>, LayersError> {
    let mut tables: Vec<Table> = drawn.into_iter().map(|(_, table)| table).collect();
    // a map that opens shows one layer
    for table in tables.iter_mut().skip(1) {
        if let Some(style) = &mut table.style {
            style.visible = false;
        }
    }
    let (before, now) = (&comparison.before, &comparison.after);
    // the title of a scenario has that of its study in it
    let title = match now.en.starts_with(&before.en) {
        true => Text::new(format!("Change: {}", now.en), format!("变化：{}", now.zh)),
        false => Text::new(format!("Change: {} → {}", before.en, now.en), format!("变化：{} → {}", before.zh, now.zh)),
    };
    let note = Text::new(
        format!("{}. After minus before, region by region.", after.generator),
        format!("{}；后次减前次，逐区域。", after.generator),
    );
    let project = project(after, &tables, outlines.frame)?;
    let package = gpkg::Package {
        title: &title,
        summary: &note,
        note: &note,
        tables: &tables,
        project: project.as_ref(),
        provenance_json: &serde_json::json!({ "generator": after.generator, "inputs": after.provenance }).to_string(),
        langs: &[request.lang],
        contents: &Contents::default(),
    };
    let beside = gpkg::write_with_project(request.path, &package)?;
    Ok(std::iter::once(request.path.to_owned()).chain(beside).collect())
}

/// The plane in which the runs measured, over what is drawn.
fn project(after: &Scorecard, tables: &[Table], frame: OutputCrs) -> Result<Option<ProjectCrs>, LayersError> {
    let degrees = Crs::new(&format!("EPSG:{}", frame.epsg()))?;
    let plane = Crs::new(&format!("EPSG:{}", after.plane.epsg.unwrap_or(frame.epsg())))?;
    let way = Reprojector::new(&degrees, &plane)?;
    let shapes = tables.iter().flat_map(|table| &table.rows).filter_map(|row| row.geometry.as_ref()?.bounding_rect());
    let corners = shapes.flat_map(|it| {
        let (min, max) = (it.min(), it.max());
        [[min.x, min.y], [min.x, max.y], [max.x, min.y], [max.x, max.y]]
    });
    let extent = corners.filter_map(|corner| way.point(corner)).fold(None, |so_far: Option<[f64; 4]>, [x, y]| {
        let [west, south, east, north] = so_far.unwrap_or([x, y, x, y]);
        Some([west.min(x), south.min(y), east.max(x), north.max(y)])
    });
    Ok(extent.map(|[west, south, east, north]| ProjectCrs {
        epsg: plane.epsg(),
        name: plane.name().to_owned(),
        wkt1: plane.wkt1().to_owned(),
        extent: Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }),
    }))
}

/// What a difference is multiplied by for people, and its unit in English and Chinese.
fn scale(unit: FigureUnit) -> (f64, &'static str, &'static str) {
    match unit {
        FigureUnit::Share => (100.0, "points", "个百分点"),
        FigureUnit::Metres => (1.0, "m", "米"),
        FigureUnit::Seconds => (1.0 / 60.0, "min", "分钟"),
        FigureUnit::Rate => (1000.0, "per 1000", "每千人"),
        FigureUnit::Amount => (1.0, "", ""),
    }
}

/// A difference of floating-point figures that are the same is none.
fn difference(one: &RegionChange, factor: f64) -> f64 {
    let raw = one.difference * factor;
    if raw.abs() < 1e-9 { 0.0 } else { (raw * 1e6).round() / 1e6 }
}

/// One layer a level with outlines; a region without a figure in one of the runs has no difference.
fn tables(change: &IndicatorChange, after: &Scorecard, outlines: &Outlines) -> Vec<Table> {
    let mut levels: Vec<Level> = change.regions.iter().map(|one| one.level).collect();
    levels.sort_unstable();
    levels.dedup();
    let both = |level: Level| {
        let figures = of_level(change, level, after, outlines);
        let people = people(change, &figures);
        std::iter::once(figures).chain(people)
    };
    levels.into_iter().flat_map(both).filter(|table| !table.rows.is_empty()).collect()
}

/// The same layer drawn by who gained less who lost; none where nobody did.
fn people(change: &IndicatorChange, figures: &Table) -> Option<Table> {
    let net = figures.field(NET)?;
    let numbers = figures.rows.iter().filter_map(|row| row.values[net].as_f64());
    let most = numbers.fold(0.0, |most: f64, it| most.max(it.abs()));
    let unit = change.people.first().map_or("people", |one| one.unit.as_str());
    let fill = |color| Symbol::Fill { color, outline: "#4d4d4d", outline_mm: 0.15 };
    let mut classes = signed(NET, most, true, (unit, if unit == "people" { "人" } else { unit }), &fill);
    classes.push(Class::otherwise(
        Text::new("not compared", "未比较"),
        Symbol::NoDataFill { outline: "#4d4d4d", outline_mm: 0.15 },
    ));
    (most > 0.0).then(|| Table {
        name: figures.name.replacen("change_", "moved_", 1),
        title: Text::new(
            format!("{}: who gained less who lost", change.title.en),
            format!("{}：新增减失去人口", change.title.zh),
        ),
        style: figures.style.clone().map(|style| Style { classes, visible: false, ..style }),
        ..figures.clone()
    })
}

fn of_level(change: &IndicatorChange, level: Level, after: &Scorecard, outlines: &Outlines) -> Table {
    let (factor, unit_en, unit_zh) = scale(change.unit);
    let moved: BTreeMap<&str, &Moved> = change
        .moved
        .iter()
        .filter_map(|one| Some((one.region.as_ref().filter(|(of, _)| *of == level)?.1.as_str(), one)))
        .collect();
    let people = |code: &str, of: fn(&Moved) -> f64| -> Value { moved.get(code).map(|one| of(one)).into() };
    let told = |code: &str| {
        let one = moved.get(code).filter(|one| one.gained > 0.0 || one.lost > 0.0)?;
        Some(format!("+{} −{}", thousands(one.gained), thousands(one.lost)))
    };
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for one in change.regions.iter().filter(|one| one.level == level) {
        let Some(shape) = outlines.of(level, &one.code) else { continue };
        let code = one.code.as_str();
        let values = vec![
            code.into(),
            one.name.as_str().into(),
            difference(one, factor).into(),
            one.text.0.as_str().into(),
            one.text.1.as_str().into(),
            one.verdict.0.word().into(),
            one.verdict.1.word().into(),
            (one.verdict.0 != one.verdict.1).into(),
            one.uncertain.into(),
            people(code, |one| one.gained),
            people(code, |one| one.lost),
            people(code, |one| one.nearer),
            people(code, |one| one.farther),
            people(code, |one| one.gained - one.lost),
            told(code).into(),
        ];
        rows.insert(code, Row { geometry: Some(Geometry::MultiPolygon(shape.clone())), values });
    }
    for one in change.regions_apart.iter().filter(|one| one.level == level) {
        let Some(shape) = outlines.of(level, &one.code) else { continue };
        let mut values = vec![Value::Null; FIELDS];
        values[0] = one.code.as_str().into();
        values[1] = one.name.as_str().into();
        values[3] = one.before.as_deref().filter(|text| !text.is_empty()).into();
        values[4] = one.after.as_deref().filter(|text| !text.is_empty()).into();
        if let Some((before, after)) = one.verdict {
            values[5] = before.word().into();
            values[6] = after.word().into();
            values[7] = (before != after).into();
        }
        rows.insert(&one.code, Row { geometry: Some(Geometry::MultiPolygon(shape.clone())), values });
    }
    let rows: Vec<Row> = rows.into_values().collect();
    let most = rows.iter().filter_map(|row| row.values[2].as_f64()).fold(0.0, |most: f64, it| most.max(it.abs()));
    let fill = |color| Symbol::Fill { color, outline: "#4d4d4d", outline_mm: 0.15 };
    let mut classes = signed("difference", most, change.larger_is_better, (unit_en, unit_zh), &fill);
    classes.push(Class::otherwise(
        Text::new("not compared", "未比较"),
        Symbol::NoDataFill { outline: "#4d4d4d", outline_mm: 0.15 },
    ));
    let (en, zh) = level.title();
    let titled = |unit: &str, text: &str| if unit.is_empty() { text.to_owned() } else { format!("{text}, {unit}") };
    Table {
        name: format!("change_{}_{}", change.id.replace('-', "_"), level),
        title: Text::new(format!("{}: change by {en}", change.title.en), format!("{}：按{zh}变化", change.title.zh)),
        description: Text::new(
            "After minus before. Who gained or lost counts points that both runs know; people as the later run weighs them.",
            "后次减前次。得失仅计两次运行均已知的需求点，人口按后次。",
        ),
        synthetic: after.indicators.iter().any(|row| row.id == change.id && row.synthetic),
        crs: outlines.frame,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            Field::new("code", FieldKind::Text, "Code", "代码"),
            Field::new("name", FieldKind::Text, "Region", "区域"),
            Field::new(
                "difference",
                FieldKind::Real,
                &titled(unit_en, "After minus before"),
                &titled(unit_zh, "后次减前次"),
            ),
            Field::new("before", FieldKind::Text, "Before", "前次"),
            Field::new("after", FieldKind::Text, "After", "后次"),
            Field::new("verdict_before", FieldKind::Text, "Verdict before", "前次结论").with_choices(&VERDICTS),
            Field::new("verdict_after", FieldKind::Text, "Verdict after", "后次结论").with_choices(&VERDICTS),
            Field::new("turned", FieldKind::Bool, "Verdict differs", "结论变化"),
            Field::new("uncertain", FieldKind::Bool, "A part has no data", "部分无数据"),
            Field::new("gained", FieldKind::Real, "Within reach after only", "新增可达人口"),
            Field::new("lost", FieldKind::Real, "Within reach before only", "失去可达人口"),
            Field::new("nearer", FieldKind::Real, "With a shorter way", "路程缩短人口"),
            Field::new("farther", FieldKind::Real, "With a longer way", "路程增加人口"),
            Field::new(NET, FieldKind::Real, "Gained less lost", "得失相抵"),
            Field::new("moved", FieldKind::Text, "Gained and lost", "得失人口"),
        ],
        rows,
        style: Some(Style {
            classes,
            label: Some(Label {
                field: "name".into(),
                second_line: Some("moved".into()),
                size_pt: 7.0,
                bold: false,
                below_scale: Some(1_500_000),
            }),
            opacity: 1.0,
            visible: true,
            group: Group::Results,
        }),
    }
}

/// Number of fields of a layer.
const FIELDS: usize = 15;
/// The field of who gained less who lost.
const NET: &str = "net";
