//! The layers of `presence`: regions with and without, those that lack something as a list; and its lines of evidence.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::layer;
use crate::metrics::presence::Answer;
use crate::metrics::presence::Standing;
use crate::metrics::presence::Unit;
use crate::model::region::Level;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Symbol;
use crate::table::style::palette;

const STATES: &[(&str, &str, &str)] =
    &[("present", "has it", "具备"), ("absent", "has none, or too few", "不具备"), ("no-data", "no data", "无数据")];

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Present => STATES[0].0,
        Standing::Absent => STATES[1].0,
        Standing::Unknown => STATES[2].0,
    }
}

/// Kinds of which it has too few, or of which that is not known.
fn missing(answer: &Answer<'_>, unit: &Unit) -> Option<String> {
    let kinds = answer.params.kind.iter().zip(&unit.kinds).filter(|(_, standing)| **standing != Standing::Present);
    let kinds: Vec<&str> = kinds.map(|(kind, _)| kind).collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

/// All layers, those without a row left out.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>) -> Vec<Table> {
    let weight = answer.params.weight.as_deref();
    let mut fields = vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("city", FieldKind::Text, "City", "所属市"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
        Field::new("facilities", FieldKind::Int, "Facilities of these kinds", "设施数"),
        Field::new("missing", FieldKind::Text, "Kinds it lacks", "缺少的类别"),
    ];
    if let Some(weight) = weight {
        let (en, zh) = if weight == "people" { ("People", "人口") } else { (weight, weight) };
        fields.push(Field::new("weight", FieldKind::Real, en, zh));
    }
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| Table {
        name: format!("{}_{suffix}", context.id.replace('-', "_")),
        title: Text::new(format!("{}: {en}", context.title.en), format!("{}：{zh}", context.title.zh)),
        description: answer.caveat(),
        synthetic: answer.synthetic,
        crs: answer.study.frame,
        geometry,
        fields: fields.clone(),
        rows: Vec::new(),
        style: None,
    };
    let mut regions = make("regions", "regions with and without", "具备情况", GeometryKind::MultiPolygon);
    let mut without = make("without", "regions without", "不具备的区域", GeometryKind::None);
    let tree = &answer.study.regions;
    for unit in &answer.units {
        let region = tree.get(unit.region);
        let city = tree.ancestor(unit.region, Level::City);
        let mut values = vec![
            region.code.as_str().into(),
            region.name.as_str().into(),
            city.map(|city| tree.get(city).name.as_str()).into(),
            state(unit.standing()).into(),
            unit.counts.iter().sum::<u64>().into(),
            missing(answer, unit).map_or(Value::Null, Value::from),
        ];
        if weight.is_some() {
            values.push(unit.weight.to_f64().into());
        }
        if unit.standing() != Standing::Present {
            without.rows.push(Row { geometry: None, values: values.clone() });
        }
        if let Some(shape) = &region.shape {
            regions.rows.push(Row { geometry: Some(Geometry::MultiPolygon(shape.lonlat.clone())), values });
        }
    }
    let (outline, outline_mm) = ("#ffffff", 0.35);
    let fill = |color| Symbol::Fill { color, outline, outline_mm };
    let symbols = [fill(palette::VERDICT[1]), fill(palette::VERDICT[0]), Symbol::NoDataFill { outline, outline_mm }];
    let classes = STATES
        .iter()
        .zip(symbols)
        .map(|((word, en, zh), symbol)| Class::equals("state", word, Text::new(*en, *zh), symbol))
        .collect();
    regions.style = Some(layer::region_style(classes, "missing"));
    let mut tables = vec![regions, without];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// What became of each region of the level.
pub(crate) fn outcomes(answer: &Answer<'_>) -> Vec<Outcome> {
    let outcome = |unit: &Unit| {
        let region = answer.study.regions.get(unit.region);
        let name = Some(region.name.clone()).filter(|name| *name != region.code);
        Outcome {
            key: region.code.clone(),
            name,
            state: state(unit.standing()),
            weight: unit.weight,
            parts: Vec::new(),
            cost: None,
            region: Some(unit.region),
            class: None,
        }
    };
    answer.units.iter().map(outcome).collect()
}

/// One line for each region of the level.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let line = |unit: &Unit| {
        let region = answer.study.regions.get(unit.region);
        let counts: Vec<String> =
            answer.params.kind.iter().zip(&unit.counts).map(|(kind, count)| format!("{kind} {count}")).collect();
        let (en, zh) = match unit.standing() {
            Standing::Present => ("has what is asked for", "具备"),
            Standing::Absent => ("lacks what is asked for", "不具备"),
            Standing::Unknown => ("whether it has is not known", "是否具备未知"),
        };
        Evidence {
            key: region.code.clone(),
            state: state(unit.standing()),
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(
                format!("{} ({}): {en}; {}", region.name, region.code, counts.join(", ")),
                format!("{}（{}）：{zh}；{}", region.name, region.code, counts.join("、")),
            ),
        }
    };
    answer.units.iter().map(line).collect()
}
