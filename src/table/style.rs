//! How a table is to be drawn, without knowing by whom: classes, symbols, labels. Colours are `#rrggbb`, sizes in mm.

use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::table::Row;
use crate::table::Table;

/// The drawing of one layer: the first class whose filter holds draws the feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    pub classes: Vec<Class>,
    pub label: Option<Label>,
    /// 0 to 1.
    pub opacity: f64,
    /// Whether the layer is shown when the project opens.
    pub visible: bool,
    /// Which group of the project's layer tree it belongs to.
    pub group: Group,
}

/// The groups of a project, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What an indicator found: the verdict layers.
    Results,
    /// What the verdict rests on: points, lines, stops.
    Evidence,
    /// What was read and could not be used, or only with doubt.
    Issues,
    /// Outlines for orientation.
    Context,
}

/// One class of a legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    pub filter: Filter,
    pub label: Text,
    pub symbol: Symbol,
    /// Features of a class with a larger number lie above those of a smaller one: what is missing above what is there.
    pub rank: u8,
}

/// Which features a class takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// A number field within the bounds; nulls never match.
    Range {
        field: String,
        /// `None` is open.
        from: Option<Bound>,
        to: Option<Bound>,
    },
    /// A text field that has this very value.
    Equals { field: String, value: String },
    /// A text field that has one of these values.
    OneOf { field: String, values: Vec<String> },
    /// All of these hold.
    All(Vec<Filter>),
    /// What no other class took. At most one, the last.
    Otherwise,
}

/// One end of a range, and whether the end itself belongs to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub value: f64,
    pub included: bool,
}

/// How one class is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Symbol {
    Fill {
        color: &'static str,
        outline: &'static str,
        outline_mm: f64,
    },
    /// Grey with diagonal hatching: the one way in which "no data" is drawn.
    NoDataFill {
        outline: &'static str,
        outline_mm: f64,
    },
    /// White with wide hatching the other way: a value whose verdict hangs on what is not known.
    UndecidedFill {
        outline: &'static str,
        outline_mm: f64,
    },
    /// No fill, an outline only.
    Outline {
        color: &'static str,
        width_mm: f64,
    },
    Line {
        color: &'static str,
        width_mm: f64,
        /// Lengths of dashes and gaps in mm, e.g. `2.2;1.2`.
        dash: Option<&'static str>,
        /// A white casing under the line, so that it can be told from any fill.
        casing: bool,
        /// Share of the line left away at each end, in per cent.
        trim_percent: u8,
    },
    Marker {
        shape: Shape,
        color: &'static str,
        size_mm: f64,
        outline: &'static str,
    },
}

/// The shape of a point symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Cross,
    Diamond,
    Star,
    /// An x, for what can not be reached.
    XMark,
}

/// A label: the texts of one or two fields, one below the other; a null second field is left away.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub field: String,
    pub second_line: Option<String>,
    pub size_pt: f64,
    pub bold: bool,
    /// Shown only at scales larger than 1:this.
    pub below_scale: Option<u32>,
}

impl Class {
    /// A class of a text value.
    pub fn equals(field: &str, value: &str, label: Text, symbol: Symbol) -> Class {
        Class::of(Filter::equals(field, value), label, symbol)
    }

    /// A class of a number range.
    pub fn range(field: &str, from: Option<Bound>, to: Option<Bound>, label: Text, symbol: Symbol) -> Class {
        Class::of(Filter::Range { field: field.to_owned(), from, to }, label, symbol)
    }

    /// The class of what is left.
    pub fn otherwise(label: Text, symbol: Symbol) -> Class {
        Class::of(Filter::Otherwise, label, symbol)
    }

    /// A class of whatever a filter takes.
    pub fn of(filter: Filter, label: Text, symbol: Symbol) -> Class {
        Class { filter, label, symbol, rank: 0 }
    }

    /// The same class, drawn above those of a smaller rank.
    pub fn above(mut self, rank: u8) -> Class {
        self.rank = rank;
        self
    }

    /// The same class of those features only that `also` takes too.
    pub fn when(mut self, also: Filter) -> Class {
        self.filter = Filter::All(vec![also, self.filter]);
        self
    }
}

impl Filter {
    /// A text field that has a value.
    pub fn equals(field: &str, value: &str) -> Filter {
        Filter::Equals { field: field.to_owned(), value: value.to_owned() }
    }

    /// The fields that it asks for, one by one.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Filter::Range { field, .. } | Filter::Equals { field, .. } | Filter::OneOf { field, .. } => {
                vec![field.as_str()]
            }
            Filter::All(filters) => filters.iter().flat_map(Filter::fields).collect(),
            Filter::Otherwise => Vec::new(),
        }
    }

    /// Whether it takes a row.
    pub fn takes(&self, table: &Table, row: &Row) -> bool {
        let value = |field: &str| table.field(field).and_then(|at| row.values.get(at));
        let key = |field: &str| value(field).and_then(|value| value.as_key());
        match self {
            Filter::Equals { field, value } => key(field).as_ref() == Some(value),
            Filter::OneOf { field, values } => key(field).is_some_and(|key| values.contains(&key)),
            Filter::Range { field, from, to } => {
                value(field).and_then(|value| value.as_f64()).is_some_and(|number| is_within(number, *from, *to))
            }
            Filter::All(filters) => filters.iter().all(|filter| filter.takes(table, row)),
            Filter::Otherwise => true,
        }
    }
}

fn is_within(number: f64, from: Option<Bound>, to: Option<Bound>) -> bool {
    let above = from.is_none_or(|bound| number > bound.value || bound.included && number == bound.value);
    above && to.is_none_or(|bound| number < bound.value || bound.included && number == bound.value)
}

/// The class that draws a row, by its position: the first that takes it; `None` where none does, and the row is not drawn.
pub fn class_of(table: &Table, classes: &[Class], row: &Row) -> Option<usize> {
    classes.iter().position(|class| class.filter.takes(table, row))
}

/// Number of rows that each class draws, as legends say it.
pub fn counts(table: &Table, classes: &[Class]) -> Vec<u64> {
    let mut counts = vec![0; classes.len()];
    for row in &table.rows {
        if let Some(at) = class_of(table, classes, row) {
            counts[at] += 1;
        }
    }
    counts
}

/// Classes of a number field that is never negative: below the first of `bounds` (rising), from each to below the next, and from the last on; a
/// class holds its lower bound. `unit` is what stands behind the numbers; `symbol` draws the nth class with a colour from little to much.
pub fn rising(
    field: &str,
    bounds: &[f64],
    unit: (&str, &str),
    symbol: &dyn Fn(usize, &'static str) -> Symbol,
) -> Vec<Class> {
    let colors = palette::RISING;
    (0..=bounds.len())
        .map(|at| {
            let (least, below) = (at.checked_sub(1).map_or(0.0, |before| bounds[before]), bounds.get(at).copied());
            let name = rising_name(bounds, at);
            let label = Text::new(format!("{name} {}", unit.0), format!("{name} {}", unit.1));
            let color = colors[at * (colors.len() - 1) / bounds.len().max(1)];
            Class::range(field, including(least), below.and_then(excluding), label, symbol(at, color))
        })
        .collect()
}

/// What the nth of the classes that `bounds` make is called: `< 1`, `4 – < 12`, `≥ 72`.
pub fn rising_name(bounds: &[f64], nth: usize) -> String {
    let shown = |bound: f64| trim_zeros(bound, 6);
    match (nth.checked_sub(1).and_then(|before| bounds.get(before)), bounds.get(nth)) {
        (None, Some(below)) => format!("< {}", shown(*below)),
        (Some(least), Some(below)) => format!("{} – < {}", shown(*least), shown(*below)),
        (Some(least), None) => format!("≥ {}", shown(*least)),
        (None, None) => "≥ 0".to_owned(),
    }
}

/// Classes of a signed number: three on either side of zero, of the same widths, and zero by itself. `most` is the largest number without its
/// sign; the inner limits are about a quarter and a half of it, to one digit. Colours are those of [`palette::SIGNED`], from the loss to
/// the gain; of a field in which more is worse they are turned round. `unit` is what stands behind the numbers.
pub fn signed(
    field: &str,
    most: f64,
    more_is_better: bool,
    unit: (&str, &str),
    symbol: &dyn Fn(&'static str) -> Symbol,
) -> Vec<Class> {
    let mut colors = palette::SIGNED;
    if !more_is_better {
        colors.reverse();
    }
    let none = Class::range(field, including(0.0), including(0.0), Text::new("no change", "无变化"), symbol(colors[3]));
    if !(most > 0.0 && most.is_finite()) {
        return vec![none];
    }
    let inner = one_digit(most / 4.0);
    let outer = one_digit(most / 2.0).max(2.0 * inner);
    let told = |bound: f64| trim_zeros(bound, 6);
    let (near, far) = (told(inner), told(outer));
    let class = |from: Option<Bound>, to: Option<Bound>, name: String, color: &'static str| {
        let (en, zh) = match () {
            () if color == palette::SIGNED[0] => (" (worse)", "（变差）"),
            () if color == palette::SIGNED[6] => (" (better)", "（变好）"),
            () => ("", ""),
        };
        let label = Text::new(format!("{name} {}{en}", unit.0), format!("{name} {}{zh}", unit.1));
        Class::range(field, from, to, label, symbol(color))
    };
    vec![
        class(None, including(-outer), format!("≤ −{far}"), colors[0]),
        class(excluding(-outer), including(-inner), format!("> −{far} – −{near}"), colors[1]),
        class(excluding(-inner), excluding(0.0), format!("> −{near} – < 0"), colors[2]),
        none,
        class(excluding(0.0), excluding(inner), format!("> 0 – < +{near}"), colors[4]),
        class(including(inner), excluding(outer), format!("+{near} – < +{far}"), colors[5]),
        class(including(outer), None, format!("≥ +{far}"), colors[6]),
    ]
}

/// A number rounded down to one digit that counts: 0.037 becomes 0.03.
fn one_digit(value: f64) -> f64 {
    let power = value.log10().floor() as i32;
    // by division where it is small, so that 0.3 is 0.3
    match power < 0 {
        true => (value * 10f64.powi(-power) + 1e-9).floor() / 10f64.powi(-power),
        false => (value / 10f64.powi(power) + 1e-9).floor() * 10f64.powi(power),
    }
}

/// A bound that belongs to the range.
pub fn including(value: f64) -> Option<Bound> {
    Some(Bound { value, included: true })
}

/// A bound that does not belong to the range.
pub fn excluding(value: f64) -> Option<Bound> {
    Some(Bound { value, included: false })
}

/// Colours of the field, tested for colour-blind readers (CIEDE2000 of the closest pair at least 9.8 under
/// simulated protanopia, deuteranopia and tritanopia after Machado 2009; the pair against hatching apart).
pub mod palette {
    /// Below and above a target, the target between the third and the fourth.
    pub const DIVERGING_AT_TARGET: [&str; 5] = ["#b93d02", "#fd8d3c", "#fdd0a2", "#9ecae1", "#2171b5"];
    /// From loss to gain, no change in the middle: the seven classes of PuOr of ColorBrewer (Brewer 2013), safe for colour-blind readers.
    pub const SIGNED: [&str; 7] = ["#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"];
    /// Values that meet a target, from the best on: Blues of ColorBrewer (Brewer 2013), turned round.
    pub const MET: [&str; 5] = ["#08519c", "#3182bd", "#6baed6", "#9ecae1", "#c6dbef"];
    /// Values that miss a target, to the worst: Oranges of ColorBrewer (Brewer 2013).
    pub const MISSED: [&str; 5] = ["#fdd0a2", "#fdae6b", "#fd8d3c", "#d94801", "#8c2d04"];
    /// Missed, met.
    pub const VERDICT: [&str; 2] = ["#fdae61", "#2c7bb6"];
    /// From little to much.
    pub const SEQUENTIAL: [&str; 5] = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"];
    /// From near to far.
    pub const DISTANCE: [&str; 4] = ["#ffffb2", "#fecc5c", "#fd8d3c", "#bd0026"];
    /// Bands of a catchment, from near to far: YlOrRd of ColorBrewer (Brewer 2013), nine classes.
    pub const BANDS: [&str; 9] =
        ["#ffffcc", "#ffeda0", "#fed976", "#feb24c", "#fd8d3c", "#fc4e2a", "#e31a1c", "#bd0026", "#800026"];
    /// From little to much in many classes: YlGnBu of ColorBrewer (Brewer 2013), nine classes.
    pub const RISING: [&str; 9] =
        ["#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"];
    /// Pairs: not connected, connected, no data. What is there is pale, what is missing stands out.
    pub const PAIRS: [&str; 3] = ["#c51b7d", "#bdbdbd", "#525252"];
}

#[cfg(test)]
mod tests {
    use crate::base::frame::OutputCrs;
    use crate::table::Field;
    use crate::table::FieldKind;
    use crate::table::GeometryKind;
    use crate::table::Value;

    use super::*;

    fn table(rows: Vec<Row>) -> Table {
        Table {
            name: "t".to_owned(),
            title: Text::default(),
            description: Text::default(),
            synthetic: false,
            crs: OutputCrs::Wgs84,
            geometry: GeometryKind::None,
            fields: vec![Field::new("share", FieldKind::Real, "", ""), Field::new("verdict", FieldKind::Text, "", "")],
            rows,
            style: None,
        }
    }

    #[test]
    fn a_row_is_drawn_by_the_first_class_that_takes_it_ends_as_stated() {
        let symbol = Symbol::Outline { color: "#000000", width_mm: 1.0 };
        let classes = [
            Class::range("share", None, excluding(0.9), Text::new("below", ""), symbol.clone()),
            Class::range("share", including(0.9), None, Text::new("at least", ""), symbol.clone()),
            Class::otherwise(Text::new("no data", ""), symbol),
        ];
        let row = |value: Value| Row { geometry: None, values: vec![value, Value::Null] };
        let rows = [Value::Real(0.899_999), Value::Real(0.9), Value::Null, Value::Real(1.0)].map(row);
        let table = table(rows.to_vec());
        let found: Vec<_> = table.rows.iter().map(|row| class_of(&table, &classes, row)).collect();
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(1)]);
        assert_eq!(counts(&table, &classes), [1, 2, 1]);
    }

    #[test]
    fn a_class_under_a_condition_takes_only_rows_that_meet_it() {
        let symbol = Symbol::Outline { color: "#000000", width_mm: 1.0 };
        let judged = || Filter::OneOf { field: "verdict".into(), values: vec!["met".into(), "missed".into()] };
        let classes = [Class::range("share", None, None, Text::new("any", ""), symbol).when(judged())];
        assert_eq!(classes[0].filter.fields(), ["verdict", "share"]);
        for (share, verdict, want) in [
            (Value::Real(0.4), Value::from("missed"), Some(0)),
            (Value::Real(0.4), Value::from("no-data"), None),
            (Value::Real(0.4), Value::Null, None),
            (Value::Null, Value::from("met"), None),
        ] {
            let row = Row { geometry: None, values: vec![share, verdict] };
            assert_eq!(class_of(&table(Vec::new()), &classes, &row), want, "{row:?}");
        }
    }
}
