//! Which records are meant: conditions on their fields, written as a planner would say them.

use crate::table::Record;
use crate::table::Value;

/// A choice of records: `amenity = clinic|doctors & access != private`, or several such lines of which one must hold.
///
/// A line is conditions joined by `&`, all of which must hold. `field = a|b` holds when the value is one of these texts, `field = *` when
/// there is one, `field != a|b` when it is none of these (a missing value is none of them), and `field != *` when there is none. Texts are
/// compared letter by letter; whole numbers by their digits; a value that is a list with semicolons, as in OpenStreetMap, is each of
/// its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    any: Vec<Vec<Condition>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    field: String,
    is: bool,
    /// Empty for `*`.
    values: Vec<String>,
}

impl Rule {
    /// A rule from its lines.
    /// # Errors
    /// What is wrong with the first line that is none, and how one is written.
    pub fn new(lines: &[impl AsRef<str>]) -> Result<Rule, String> {
        if lines.is_empty() {
            return Err("an empty list of conditions; write \"field = value\"".to_owned());
        }
        let line = |text: &str| text.split('&').map(condition).collect::<Result<Vec<Condition>, String>>();
        Ok(Rule { any: lines.iter().map(|text| line(text.as_ref())).collect::<Result<_, _>>()? })
    }

    /// The names of the fields that it asks for, each once, in their order.
    pub fn fields(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for condition in self.any.iter().flatten() {
            if !names.contains(&condition.field.as_str()) {
                names.push(&condition.field);
            }
        }
        names
    }

    /// Whether the record fits; `position` finds fields by name, and a field that it does not find has no value.
    pub fn fits(&self, record: &Record, position: &dyn Fn(&str) -> Option<usize>) -> bool {
        self.any.iter().any(|line| {
            line.iter().all(|condition| {
                let value = position(&condition.field).map_or(&Value::Null, |at| record.value(at));
                condition.meets(value) == condition.is
            })
        })
    }
}

impl Condition {
    fn meets(&self, value: &Value) -> bool {
        let Some(text) = value.as_key() else { return false };
        self.values.is_empty()
            || self.values.iter().any(|wanted| *wanted == text || text.split(';').any(|part| part.trim() == wanted))
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let wrong = || {
        format!(
            "\"{}\" is no condition; write \"field = value\", \"field = a|b\", \"field = *\" or \"field != value\"",
            text.trim()
        )
    };
    let (field, values, is) = match (text.split_once("!="), text.split_once('=')) {
        (Some((field, values)), _) => (field, values, false),
        (None, Some((field, values))) => (field, values, true),
        (None, None) => return Err(wrong()),
    };
    let (field, values) = (field.trim(), values.trim());
    let list: Vec<String> = match values {
        "*" => Vec::new(),
        _ => values.split('|').map(|value| value.trim().to_owned()).collect(),
    };
    if field.is_empty() || list.iter().any(String::is_empty) || values.contains('=') {
        return Err(wrong());
    }
    Ok(Condition { field: field.to_owned(), is, values: list })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(lines: &[&str], amenity: Value, access: Value) -> bool {
        let record = Record { number: 1, geometry: None, values: vec![amenity, access] };
        let position = |name: &str| ["amenity", "access"].iter().position(|field| *field == name);
        Rule::new(lines).unwrap().fits(&record, &position)
    }

    #[test]
    fn conditions_mean_what_they_say() {
        let text = |text: &str| Value::from(text);
        let cases: [(&[&str], Value, Value, bool); 14] = [
            (&["amenity=clinic"], text("clinic"), Value::Null, true),
            (&[" amenity = clinic | doctors "], text("doctors"), Value::Null, true),
            (&["amenity=clinic"], text("Clinic"), Value::Null, false),
            (&["amenity=clinic"], Value::Null, Value::Null, false),
            (&["amenity=*"], text("x"), Value::Null, true),
            (&["amenity=*"], Value::Null, Value::Null, false),
            (&["amenity!=*"], Value::Null, Value::Null, true),
            (&["amenity != clinic"], Value::Null, Value::Null, true),
            (&["amenity != clinic|x"], text("x"), Value::Null, false),
            (&["amenity=clinic & access!=private"], text("clinic"), text("private"), false),
            (&["amenity=clinic & access!=private"], text("clinic"), Value::Null, true),
            (&["amenity=clinic", "access=yes"], text("x"), text("yes"), true),
            (&["amenity=school"], text("kindergarten; school"), Value::Null, true),
            (&["amenity=8 & nothing!=*"], Value::Int(8), Value::Null, true),
        ];
        for (lines, amenity, access, want) in cases {
            let shown = format!("{lines:?} on {amenity:?}, {access:?}");
            assert_eq!(fits(lines, amenity, access), want, "{shown}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "amenity", "=x", "a=", "a=b|", "a=b &", "a==b"] {
            let error = Rule::new(&[text]).unwrap_err();
            assert!(error.contains("write \"field = value\""), "{text}: {error}");
        }
        assert!(Rule::new(&[] as &[&str]).is_err());
    }
}
