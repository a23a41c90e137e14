//! The layers of `presence`: regions with and without, those that lack something as a list; and its lines of evidence.

use geo_types::Geometry;

use crate::base::units::Text;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::RegionFigure;
use crate::metrics::layer;
use crate::metrics::presence::Answer;
use crate::metrics::presence::Standing;
use crate::metrics::presence::Unit;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
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

/// All layers, those without a row left out; `units` are the figures of its units.
pub(crate) fn tables(answer: &Answer<'_>, context: &Context<'_>, units: &[RegionFigure]) -> Vec<Table> {
    let weight = answer.params.weight.as_deref();
    let mut fields = layer::region_fields();
    fields.extend([
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(STATES),
        Field::new("facilities", FieldKind::Int, "Facilities of these kinds", "设施数"),
        Field::new("missing", FieldKind::Text, "Kinds it lacks", "缺少的类别"),
    ]);
    if let Some(weight) = weight {
        let (en, zh) = if weight == "people" { ("People", "人口") } else { (weight, weight) };
        fields.push(Field::new("weight", FieldKind::Real, en, zh));
    }
    let make = |suffix: &str, en: &str, zh: &str, geometry: GeometryKind| Table {
        fields: fields.clone(),
        ..layer::blank(context, suffix, (en, zh), geometry, (answer.caveat(), answer.synthetic))
    };
    let mut regions = make("regions", "regions with and without", "具备情况", GeometryKind::MultiPolygon);
    let mut without = make("without", "regions without", "不具备的区域", GeometryKind::None);
    for (unit, found) in answer.units.iter().zip(units) {
        let region = answer.study.regions.get(unit.region);
        let mut values = layer::region_values(answer.study, found, 1.0);
        values.extend([
            state(unit.standing()).into(),
            unit.counts.iter().sum::<u64>().into(),
            missing(answer, unit).map_or(Value::Null, Value::from),
        ]);
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
    // of those of which it is not known the verdict says so
    let symbols = [palette::VERDICT[1], palette::VERDICT[0]].map(layer::region_fill);
    let classes = STATES
        .iter()
        .zip(symbols)
        .map(|((word, en, zh), symbol)| Class::equals("state", word, Text::new(*en, *zh), symbol))
        .collect();
    regions.style = Some(layer::region_style(classes, Some("missing")));
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
