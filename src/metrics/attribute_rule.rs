//! Conditions on the fields of records that know when they do not know: a missing value makes them unknown, not false.

use crate::table::Value;

/// Conditions joined by `&`: `gas = yes|是`, `status != planned`, `built_year <= 2000`, `union_id = *`.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    all: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    field: String,
    is: Comparison,
}

#[derive(Debug, Clone, PartialEq)]
enum Comparison {
    /// One of these texts, or none of them.
    Among(Vec<String>, bool),
    /// There is a value, or there is none.
    Given(bool),
    /// Against a number, or a date as `2000-12-31`.
    Against(Order, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    AtMost,
    AtLeast,
    Below,
    Above,
}

/// What a record says to conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Yes,
    No,
    /// A value is missing.
    Missing,
    /// A value is no number or date, where one is compared.
    Strange,
}

const OPERATORS: [&str; 6] = ["!=", "<=", ">=", "=", "<", ">"];

impl Conditions {
    /// # Errors
    /// What is wrong with the first condition that is none, and how one is written.
    pub fn new(text: &str) -> Result<Conditions, String> {
        text.split('&').map(condition).collect::<Result<_, _>>().map(|all| Conditions { all })
    }

    /// The names of the fields that it asks for, each once, in their order.
    pub fn fields(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for condition in &self.all {
            if !names.contains(&condition.field.as_str()) {
                names.push(&condition.field);
            }
        }
        names
    }

    /// What a record says; `value` gives its values by field. One condition that fails is a no, whatever is missing of the others.
    pub fn ask<'v>(&self, value: &dyn Fn(&str) -> Option<&'v str>) -> Said {
        let mut said = Said::Yes;
        for condition in &self.all {
            match condition.is.meets(value(&condition.field)) {
                Said::Yes => {}
                Said::No => return Said::No,
                other => said = other,
            }
        }
        said
    }
}

impl Comparison {
    fn meets(&self, value: Option<&str>) -> Said {
        let said = |is: bool| if is { Said::Yes } else { Said::No };
        let text = match (self, value) {
            (Comparison::Given(wanted), _) => return said(value.is_some() == *wanted),
            (_, None) => return Said::Missing,
            (_, Some(text)) => text,
        };
        match self {
            Comparison::Given(_) => Said::Missing,
            Comparison::Among(wanted, is) => {
                let is_one = |one: &String| one == text || text.split(';').any(|part| part.trim() == one);
                said(wanted.iter().any(is_one) == *is)
            }
            Comparison::Against(order, bound) => {
                let found = match (number(text), number(bound)) {
                    (Some(value), Some(bound)) => value.total_cmp(&bound),
                    _ if is_date(text) && is_date(bound) => text.cmp(bound),
                    _ => return Said::Strange,
                };
                said(match order {
                    Order::AtMost => found.is_le(),
                    Order::AtLeast => found.is_ge(),
                    Order::Below => found.is_lt(),
                    Order::Above => found.is_gt(),
                })
            }
        }
    }
}

/// A finite number.
pub(crate) fn number(text: &str) -> Option<f64> {
    // no -0, which would be below 0
    Value::from(text).as_f64().map(|number| number + 0.0)
}

/// Year, month and day, with zeros before: such texts have the order of their days.
fn is_date(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

fn condition(text: &str) -> Result<Condition, String> {
    let wrong = || {
        format!(
            "\"{}\" is no condition; write \"field = value\", \"field = a|b\", \"field = *\", \"field != value\" or \"field <= 2000\"",
            text.trim()
        )
    };
    let found = OPERATORS.iter().filter_map(|sign| Some((text.find(sign)?, *sign)));
    // the first sign, and of those at one place the longest
    let (at, sign) = found.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len()))).ok_or_else(wrong)?;
    let (field, value) = (text[..at].trim(), text[at + sign.len()..].trim());
    if field.is_empty() || value.is_empty() || value.contains(['=', '<', '>']) {
        return Err(wrong());
    }
    let against = |order: Order| {
        if number(value).is_none() && !is_date(value) {
            return Err(format!("\"{value}\" is no number and no date such as 2000-12-31, to be compared with"));
        }
        Ok(Comparison::Against(order, value.to_owned()))
    };
    let is = match sign {
        "<=" => against(Order::AtMost)?,
        ">=" => against(Order::AtLeast)?,
        "<" => against(Order::Below)?,
        ">" => against(Order::Above)?,
        _ if value == "*" => Comparison::Given(sign == "="),
        _ => {
            let list: Vec<String> = value.split('|').map(|one| one.trim().to_owned()).collect();
            if list.iter().any(String::is_empty) {
                return Err(wrong());
            }
            Comparison::Among(list, sign == "=")
        }
    };
    Ok(Condition { field: field.to_owned(), is })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, gas: Option<&str>, year: Option<&str>) -> Said {
        let value = |name: &str| if name == "gas" { gas } else { year };
        Conditions::new(text).unwrap().ask(&value)
    }

    #[test]
    fn conditions_mean_what_they_say_and_a_missing_value_is_no_no() {
        use Said::*;
        for (text, gas, year, want) in [
            ("gas = yes|是", Some("是"), None, Yes),
            ("gas = yes", Some("no"), None, No),
            ("gas = yes", Some("Yes"), None, No),
            ("gas = yes", None, None, Missing),
            ("gas != no", None, None, Missing),
            ("gas != no", Some("yes"), None, Yes),
            ("gas = *", None, None, No),
            ("gas = *", Some("x"), None, Yes),
            ("gas != *", None, None, Yes),
            ("gas = b", Some("a; b"), None, Yes),
            ("year <= 2000", None, Some("2000"), Yes),
            ("year < 2000", None, Some("2000"), No),
            ("year>=2000", None, Some("２０００"), Yes),
            ("year > -0.5", None, Some("0"), Yes),
            ("year <= 2000", None, Some("about 1990"), Strange),
            ("year <= 2000-12-31", None, Some("2000-12-31"), Yes),
            ("year <= 2000-12-31", None, Some("2001-01-01"), No),
            ("year <= 2000-12-31", None, Some("2001"), Strange),
            ("gas = yes & year <= 2000", Some("no"), None, No),
            ("gas = yes & year <= 2000", Some("yes"), None, Missing),
            ("gas = yes & year <= 2000", Some("yes"), Some("1999.5"), Yes),
        ] {
            assert_eq!(said(text, gas, year), want, "{text} on {gas:?}, {year:?}");
        }
        assert_eq!(Conditions::new("a = 1 & b > 2 & a != 3").unwrap().fields(), ["a", "b"]);
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "gas", "= yes", "gas =", "gas = a|", "gas = yes &", "gas == yes", "year <= old", "a <= b <= c"]
        {
            let error = Conditions::new(text).unwrap_err();
            assert!(error.contains("write \"field") || error.contains("no number"), "{text}: {error}");
        }
    }
}
