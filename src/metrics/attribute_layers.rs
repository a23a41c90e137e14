//! The layers of `attribute-share`: records as points, areas or rows, regions; its lines of evidence, and what became of each record.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::RegionFigure;
use crate::metrics::attribute_share::Answer;
use crate::metrics::attribute_share::Row as Asked;
use crate::metrics::attribute_share::Standing;
use crate::metrics::layer;
use crate::metrics::reach_layers::MOST_CELLS;
use crate::model::records::Form;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;

const STATES: &[(&str, &str, &str)] = &[("yes", "yes", "是"), ("no", "no", "否"), ("no-data", "no data", "无数据")];

fn word(row: &Asked<'_>) -> &'static str {
    let nth = match (row.standing, row.whole) {
        (Standing::Unknown, _) | (_, None) => 2,
        (standing, Some(_)) => standing as usize,
    };
    STATES[nth].0
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, regions: &[RegionFigure]) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| {
        layer::blank(context, suffix, (en, zh), geometry, (answer.caveat(), answer.layer.synthetic))
    };
    let target = context.target_share.map(|target| target.0);
    let mut tables = vec![
        region_table(answer, regions, target, make("regions", "by region", "分区结果", GeometryKind::MultiPolygon)),
        record_table(answer, make("areas", "records as areas", "面状记录", GeometryKind::MultiPolygon)),
        record_table(answer, make("points", "records as points", "点状记录", GeometryKind::Point)),
        record_table(answer, make("lines", "records as lines", "线状记录", GeometryKind::MultiLineString)),
        record_table(answer, make("rows", "records without a place", "无位置记录", GeometryKind::None)),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn region_table(answer: &Answer<'_>, regions: &[RegionFigure], target: Option<f64>, mut table: Table) -> Table {
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("part", FieldKind::Real, "Yes, or done", "是（完成）"),
        Field::new("known", FieldKind::Real, "With data", "有数据总量"),
        Field::new("unknown", FieldKind::Real, "Without data", "无数据量"),
    ]);
    table.rows = layer::region_rows(answer.study, regions, 1.0, &layer::shares);
    table.style = Some(layer::region_style(layer::rate_classes("value", target), Some("label")));
    table
}

/// The records whose place is of the kind of the table, with the values that the question rests on.
fn record_table(answer: &Answer<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("record", FieldKind::Text, "Record", "记录"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
        Field::new("part", FieldKind::Real, "Counts, or done", "计入（完成）"),
        Field::new("whole", FieldKind::Real, "Weight, or needed", "权重（需求）"),
    ];
    for at in &answer.asked {
        let name = &answer.layer.fields[*at];
        table.fields.push(Field::new(&format!("value_{name}"), FieldKind::Text, name, name));
    }
    for row in &answer.rows {
        let geometry = match (&row.entry.form, table.geometry) {
            (Some(Form::Point(place)), GeometryKind::Point) => Some(Geometry::Point(place.lonlat.point())),
            (Some(Form::Area { lonlat, .. }), GeometryKind::MultiPolygon) => {
                Some(Geometry::MultiPolygon(lonlat.clone()))
            }
            (Some(Form::Lines { lonlat, .. }), GeometryKind::MultiLineString) => {
                Some(Geometry::MultiLineString(lonlat.clone()))
            }
            (None, GeometryKind::None) => None,
            _ => continue,
        };
        let mut values: Vec<Value> = vec![
            row.entry.id.as_str().into(),
            row.entry.name.as_str().into(),
            row.entry.home.map(|home| answer.study.regions.get(home).name.as_str()).into(),
            word(row).into(),
            Some(row.part.to_f64()).filter(|_| word(row) != STATES[2].0).into(),
            row.whole.map(Weight::to_f64).into(),
        ];
        values.extend(answer.asked.iter().map(|at| Value::from(row.entry.values[*at].as_deref())));
        table.rows.push(Row { geometry, values });
    }
    let (outline, outline_mm) = ("#4d4d4d", 0.2);
    let colors = [palette::VERDICT[1], palette::VERDICT[0]];
    let symbols = match table.geometry {
        GeometryKind::None => return table,
        GeometryKind::MultiPolygon => {
            let fill = |color| Symbol::Fill { color, outline, outline_mm };
            [fill(colors[0]), fill(colors[1]), Symbol::NoDataFill { outline, outline_mm }]
        }
        GeometryKind::MultiLineString => {
            let line = |color| Symbol::Line { color, width_mm: 0.6, dash: None, casing: true, trim_percent: 0 };
            [line(colors[0]), line(colors[1]), line(palette::PAIRS[2])]
        }
        _ => {
            let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 2.0, outline };
            [marker(Shape::Circle, colors[0]), marker(Shape::Diamond, colors[1]), marker(Shape::XMark, "#000000")]
        }
    };
    let [yes, no, unknown] = symbols;
    table.style = Some(Style {
        classes: vec![
            Class::equals("state", "yes", Text::new(STATES[0].1, STATES[0].2), yes),
            Class::equals("state", "no", Text::new(STATES[1].1, STATES[1].2), no).above(2),
            Class::otherwise(Text::new("no data", "无数据"), unknown).above(1),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

/// One line for each record that does not count, or of which nobody knows, with what it says.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let line = |row: &Asked<'_>| {
        let entry = row.entry;
        let said: Vec<String> = answer
            .asked
            .iter()
            .map(|at| {
                let value = entry.values[*at].as_deref().unwrap_or("?");
                format!("{} = {value}", answer.layer.fields[*at])
            })
            .collect();
        let (state, said) = (word(row), said.join(", "));
        let (word_en, word_zh) =
            STATES.iter().find(|(word, ..)| *word == state).map_or(("", ""), |(_, en, zh)| (en, zh));
        let mut about = vec![entry.id.clone(), entry.name.clone()];
        about.extend(entry.home.map(|home| answer.study.regions.get(home).code.clone()));
        let amount = row.whole.map_or("?".to_owned(), |whole| trim_zeros(whole.to_f64(), 3));
        Evidence {
            key: entry.id.clone(),
            state,
            about,
            text: Text::new(
                format!("{} ({}), weight {amount}: {word_en}; {said}", entry.name, entry.id),
                format!("{}（{}），权重{amount}：{word_zh}；{said}", entry.name, entry.id),
            ),
        }
    };
    answer.rows.iter().filter(|row| word(row) != STATES[0].0).map(line).collect()
}

/// What became of each record; of very many, nothing.
pub(crate) fn outcomes(answer: &Answer<'_>) -> Vec<Outcome> {
    if answer.rows.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |row: &Asked<'_>| Outcome {
        key: row.entry.id.clone(),
        name: Some(row.entry.name.clone()).filter(|name| *name != row.entry.id),
        state: word(row),
        weight: row.whole.unwrap_or(Weight::ZERO),
        parts: Vec::new(),
        cost: None,
        region: row.entry.home,
        class: None,
    };
    answer.rows.iter().map(outcome).collect()
}
