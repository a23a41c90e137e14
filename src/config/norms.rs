//! Norms of a config: where they are read from, and whether an indicator that cites one measures by its number.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use toml::Value;

use crate::base::units::Text;
use crate::config::error;
use crate::config::error::ConfigError;
use crate::config::error::Finding;
use crate::config::error::suggestion;
use crate::config::file::ConfigFile;
use crate::config::file::IndicatorFile;
use crate::config::file::QuantitySchema;
use crate::config::file::QuantityText;
use crate::config::spans::Spans;
use crate::config::spans::Step;
use crate::config::spans::way;
use crate::indicators::norm::Known;
use crate::indicators::norm::Norm;
use crate::indicators::target::Quantity;
use crate::metrics::Measure;
use crate::metrics::figure::FigureUnit;

/// `[[norm]]`: a number that a document asks for, with its clause. Indicators cite it with `norm = "id"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NormFile {
    /// What indicators call it.
    pub id: String,
    /// What it asks for.
    pub title: Text,
    /// The number with its unit: `500 m`, `15 min`, `15 %`, `2.5 per 1000`, or `2 units` for a bare number. Left out where it is for you to find;
    /// such a norm can not be cited yet.
    #[schemars(with = "Option<QuantitySchema>")]
    pub value: Option<QuantityText>,
    /// Document and number.
    pub cites: Option<String>,
    /// The clause.
    pub clause: Option<String>,
    /// Where the number is from: `seen`, `memory` or `own-default`; left out, `memory`.
    #[serde(default)]
    pub known: Known,
    /// Write true when you have held the number against the document; until then every scorecard says that it is to be checked.
    #[serde(default)]
    pub checked: bool,
    /// What a reader must know beside it.
    pub note: Option<Text>,
}

/// A file of norms.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NormsFile {
    #[serde(default)]
    norm: Vec<NormFile>,
}

impl From<&NormFile> for Norm {
    fn from(file: &NormFile) -> Norm {
        Norm {
            id: file.id.clone(),
            title: file.title.clone(),
            value: file.value.map(|value| value.0),
            document: file.cites.clone().unwrap_or_default(),
            clause: file.clause.clone().unwrap_or_default(),
            known: file.known,
            checked: file.checked,
            note: file.note.clone(),
        }
    }
}

/// Every norm that a config can cite, by id. A norm of the config itself stands before one of a file with the same id.
#[derive(Debug, Default)]
pub(crate) struct Norms {
    by_id: BTreeMap<String, Norm>,
    pub findings: Vec<Finding>,
}

impl Norms {
    /// # Errors
    /// [`ConfigError::Read`] and [`ConfigError::Invalid`] of a file of norms.
    pub fn read(file: &ConfigFile, spans: &Spans<'_>, base_dir: &Path) -> Result<Norms, ConfigError> {
        let mut norms = Norms::default();
        for (at, path) in file.norms.iter().enumerate() {
            let text = std::fs::read_to_string(base_dir.join(path))
                .map_err(|source| ConfigError::Read { path: path.clone(), source })?;
            for norm in parse(&text, path)? {
                let twice = norms.by_id.insert(norm.id.clone(), Norm::from(&norm));
                if twice.is_some() {
                    let what = format!("norm \"{}\" stands twice", norm.id);
                    let help = "give each norm its own id, in all files together";
                    norms.find(spans.value(&way!["norms", at]), what, "the second time", help);
                }
            }
        }
        let mut own = BTreeMap::new();
        for (at, norm) in file.norm.iter().enumerate() {
            if own.insert(norm.id.as_str(), at).is_some() {
                let what = format!("norm \"{}\" stands twice", norm.id);
                norms.find(spans.value(&way!["norm", at, "id"]), what, "the second one", "give each norm its own id");
            }
            norms.by_id.insert(norm.id.clone(), Norm::from(norm));
        }
        for (at, indicator) in file.indicator.iter().enumerate() {
            norms.judge(indicator, at, spans);
        }
        Ok(norms)
    }

    fn find(&mut self, span: Option<std::ops::Range<usize>>, what: String, label: &str, help: impl Into<String>) {
        self.findings.push(Finding { what, label: label.to_owned(), help: Some(help.into()), span });
    }

    /// The norms of an indicator, in the order of the config.
    pub fn of(&self, indicator: &IndicatorFile) -> Vec<Norm> {
        indicator.norm.iter().filter_map(|id| self.by_id.get(id)).cloned().collect()
    }

    /// Whether an indicator measures by the number of each norm that it cites.
    fn judge(&mut self, indicator: &IndicatorFile, at: usize, spans: &Spans<'_>) {
        let here = spans.value(&way!["indicator", at, "norm"]);
        for id in indicator.norm.iter() {
            let Some(norm) = self.by_id.get(id) else {
                let known: Vec<&str> = self.by_id.keys().map(String::as_str).collect();
                let help = suggestion(id, "norms of this config", &known);
                self.find(here.clone(), format!("there is no norm \"{id}\""), "no such norm", help);
                continue;
            };
            let Some(value) = norm.value else {
                let what = format!("norm \"{id}\" has no number yet");
                let help = "write its value, with document and clause, where the norm stands, or leave norm out";
                self.find(here.clone(), what, "nothing to measure by", help);
                continue;
            };
            let numbers = numbers(indicator, at);
            let of_unit: Vec<&(Vec<Step>, Quantity)> =
                numbers.iter().filter(|(_, number)| number.unit() == value.unit()).collect();
            if of_unit.iter().any(|(_, number)| is_same(*number, value)) {
                continue;
            }
            match of_unit.first() {
                Some((way, number)) => self.find(
                    spans.value(way),
                    format!("this is {}, and norm \"{id}\" says {}", shown(*number), shown(value)),
                    "another number than the norm's",
                    format!("write {}, or do not cite the norm for another number", shown(value)),
                ),
                None => self.find(
                    here.clone(),
                    format!("norm \"{id}\" says {}, and nothing here is measured by it", shown(value)),
                    "cited for what?",
                    "cite it where within, limit, at-least, per-person or the target is its number",
                ),
            }
        }
    }
}

/// The norms of a file.
///
/// # Errors
/// [`ConfigError::Invalid`] with the place of what can not be meant.
pub fn parse(text: &str, name: &str) -> Result<Vec<NormFile>, ConfigError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match toml::from_str::<NormsFile>(text) {
        Ok(file) => Ok(file.norm),
        Err(error) => {
            let finding = error::from_serde(error.message(), error.span());
            Err(error::invalid(name, &Arc::from(text), vec![finding]))
        }
    }
}

/// Equal but for the last bits of a conversion of units.
fn is_same(one: Quantity, other: Quantity) -> bool {
    (one.value() - other.value()).abs() <= 1e-9 * one.value().abs().max(other.value().abs())
}

/// A quantity as a config would write it.
fn shown(quantity: Quantity) -> String {
    match quantity {
        Quantity::Amount(number) => crate::base::units::trim_zeros(number, 6),
        other => format!("\"{other}\""),
    }
}

/// The numbers that an indicator measures and judges by, with the way to each.
fn numbers(indicator: &IndicatorFile, at: usize) -> Vec<(Vec<Step>, Quantity)> {
    let mut found = Vec::new();
    let way: Vec<Step> = way!["indicator", at, "measure", indicator.measure.info().id].into();
    let per = match &indicator.measure {
        Measure::Accessibility(access) if access.unit() == FigureUnit::Share && access.method.competes() => {
            Some(access.per.unwrap_or(1000.0))
        }
        _ => None,
    };
    // the parameters as the config has them; a limit that is left out is a default, and no one's number to cite
    if let Ok(Value::Table(measure)) = Value::try_from(&indicator.measure) {
        for (key, value) in measure.values().filter_map(Value::as_table).flatten() {
            collect(key, value, per, &vec_with(&way, key), &mut found);
        }
    }
    if let Some(target) = &indicator.target {
        for (key, bound) in [("at-least", &target.at_least), ("at-most", &target.at_most)] {
            let bound = bound.as_ref();
            found.extend(bound.map(|bound| (way!["indicator", at, "target", key].into(), bound.quantity)));
        }
    }
    found
}

fn vec_with(way: &[Step], key: &str) -> Vec<Step> {
    let mut way = way.to_vec();
    way.push(key.into());
    way
}

fn collect(key: &str, value: &Value, per: Option<f64>, way: &[Step], found: &mut Vec<(Vec<Step>, Quantity)>) {
    let number = value.as_float().or(value.as_integer().map(|number| number as f64));
    match (key, value, number) {
        ("within" | "limit" | "walk" | "radius" | "stop-within" | "seat-within", Value::String(text), _) => {
            found.extend(text.parse().ok().map(|quantity| (way.to_vec(), quantity)));
        }
        ("at-least", _, Some(number)) => {
            found.push((way.to_vec(), per.map_or(Quantity::Amount(number), |per| Quantity::Rate(number / per))));
        }
        ("per-person", _, Some(number)) => found.push((way.to_vec(), Quantity::Amount(number))),
        ("per-person", Value::Table(kinds), _) => {
            for (kind, value) in kinds {
                let number = value.as_float().or(value.as_integer().map(|number| number as f64));
                found.extend(number.map(|number| (vec_with(way, kind), Quantity::Amount(number))));
            }
        }
        // the links of a chain, the kinds of a living circle
        ("chain" | "kinds", Value::Array(several), _) => {
            for (nth, one) in several.iter().enumerate() {
                for (key, value) in one.as_table().into_iter().flatten() {
                    let mut way = way.to_vec();
                    way.push(nth.into());
                    collect(key, value, per, &vec_with(&way, key), found);
                }
            }
        }
        ("inside", Value::Table(inside), _) => {
            for (key, value) in inside {
                collect(key, value, per, &vec_with(way, key), found);
            }
        }
        _ => {}
    }
}
