//! One file of a feed: its header, and its rows checked value by value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashSet;

use crate::base::clock;
use crate::base::clock::ServiceDate;
use crate::io::gtfs::notice::Notice;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::rows::Lines;
use crate::io::gtfs::rows::Rows;
use crate::io::gtfs::rows::Shape;
use crate::io::gtfs::rows::text;
use crate::io::gtfs::rows::trimmed;
use crate::io::gtfs::schema;
use crate::io::gtfs::schema::Column;
use crate::io::gtfs::schema::Kind;
use crate::io::gtfs::schema::Need;
use crate::io::gtfs::schema::Spec;
use crate::io::gtfs::value;

/// What became of the rows of a file: read = used + dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCount {
    pub file: &'static str,
    /// What its rows are.
    pub records: &'static str,
    pub bytes: u64,
    pub read: u64,
    /// Rows left out, by the name of the rule.
    pub dropped: BTreeMap<&'static str, u64>,
    pub(super) lines: Lines,
}

impl TableCount {
    /// Rows that are not left out.
    pub fn used(&self) -> u64 {
        self.read - self.dropped.values().sum::<u64>()
    }
}

/// A row that is sound as far as itself goes.
pub(super) struct Row<'r, 't> {
    rows: &'r Rows<'t>,
    head: &'r Head,
}

impl<'t> Row<'_, 't> {
    /// Number of the row, from 1.
    pub(super) fn number(&self) -> u64 {
        self.rows.number()
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, column: &'static str) -> bool {
        self.head.position(column).is_some()
    }

    /// A value; empty where there is none, or no such column.
    pub(super) fn text(&self, column: &'static str) -> Cow<'t, str> {
        match self.head.position(column) {
            Some(at) => self.rows.field(at),
            None => Cow::Borrowed(""),
        }
    }

    /// A value that may be missing.
    pub(super) fn some(&self, column: &'static str) -> Option<String> {
        Some(self.text(column).into_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn time(&self, column: &'static str) -> Option<u32> {
        value::time(&self.text(column))
    }

    pub(super) fn date(&self, column: &'static str) -> Option<ServiceDate> {
        value::date(&self.text(column))
    }

    pub(super) fn whole(&self, column: &'static str) -> Option<u32> {
        value::whole(&self.text(column))
    }

    pub(super) fn number_in(&self, column: &'static str) -> Option<f64> {
        value::number(&self.text(column))
    }

    /// A number that is not below 0; a value that is wrong is none.
    pub(super) fn length(&self, column: &'static str) -> Option<f64> {
        self.number_in(column).filter(|length| *length >= 0.0)
    }

    /// A value of a closed list; 0 where there is none.
    pub(super) fn choice(&self, column: &'static str, most: u32) -> u8 {
        self.whole(column).filter(|value| *value <= most).map_or(0, |value| value as u8)
    }
}

/// Which column stands where.
struct Head {
    /// Position in the file of each column that GTFS has.
    positions: Vec<(&'static Column, Option<usize>)>,
    width: usize,
    /// Why no row can be used.
    fault: Option<Rule>,
}

impl Head {
    fn position(&self, name: &str) -> Option<usize> {
        self.positions.iter().find(|(column, _)| column.name == name).and_then(|(_, at)| *at)
    }
}

/// Takes the rows of a file.
pub(super) trait Take {
    /// Columns whose positions [`fast`](Take::fast) wants to know.
    fn wanted(&self) -> &[&'static str] {
        &[]
    }

    /// Tries to take a row whose values have not been looked at; `false` leaves it to [`take`](Take::take).
    fn fast(&mut self, _rows: &Rows<'_>, _positions: &[Option<usize>]) -> bool {
        false
    }

    /// Takes a sound row; hands back the rule for which it leaves it out, of which it has told itself.
    fn take(&mut self, row: &Row<'_, '_>, notices: &mut Notices) -> Option<Rule>;
}

impl<F: FnMut(&Row<'_, '_>, &mut Notices) -> Option<Rule>> Take for F {
    fn take(&mut self, row: &Row<'_, '_>, notices: &mut Notices) -> Option<Rule> {
        self(row, notices)
    }
}

/// What became of a file, and what its column `key` holds in rows that were left out, with the rule.
pub(super) struct Outcome {
    pub count: TableCount,
    pub left_out: Vec<(String, Rule)>,
}

/// Files whose rows are compared letter by letter with those before; of others the rows with the same key are.
const COMPARED: [&str; 4] =
    [schema::FREQUENCIES.file, schema::TRANSFERS.file, schema::TRANSLATIONS.file, schema::FEED_INFO.file];

/// What stands between fields where it is no comma, and what it is called.
const SEPARATORS: [(char, &str); 5] = [
    (';', "a semicolon"),
    ('\t', "a tab"),
    ('|', "a vertical bar"),
    ('，', "a full-width comma (，)"),
    ('；', "a full-width semicolon (；)"),
];

/// Reads a file.
pub(super) fn read(
    spec: &'static Spec,
    key: &'static str,
    bytes: Vec<u8>,
    notices: &mut Notices,
    taker: &mut dyn Take,
) -> Outcome {
    let mut count = TableCount {
        file: spec.file,
        records: spec.records,
        bytes: bytes.len() as u64,
        read: 0,
        dropped: BTreeMap::new(),
        lines: Lines::default(),
    };
    let (text, misread) = text(bytes);
    if let Some(misread) = misread {
        notices.add(Rule::NoEncoding, spec.file, |mut notice| {
            notice.line = Some(misread.line);
            notice.what = misread.what.to_owned();
            notice
        });
    }
    let mut rows = Rows::new(&text);
    let Some(head) = head(spec, &mut rows, notices) else {
        notices.add(Rule::EmptyFile, spec.file, |notice| notice);
        return Outcome { count, left_out: Vec::new() };
    };
    let wanted: Vec<Option<usize>> = taker.wanted().iter().map(|name| head.position(name)).collect();
    let mut left_out = Vec::new();
    let mut before: HashSet<&str> = HashSet::new();
    let is_compared = COMPARED.contains(&spec.file);
    while let Some(shape) = rows.advance() {
        if shape == Shape::Empty {
            let line = rows.line;
            notices.add(Rule::EmptyRow, spec.file, |mut notice| {
                notice.line = Some(line);
                notice
            });
            continue;
        }
        count.read += 1;
        count.lines.note(rows.number(), rows.line);
        if let Some(rule) = head.fault {
            *count.dropped.entry(rule.name()).or_default() += 1;
            notices.row_left_out(rule);
            continue;
        }
        let is_sound = shape == Shape::Sound && rows.len() == head.width;
        if is_sound && taker.fast(&rows, &wanted) {
            continue;
        }
        let row = Row { rows: &rows, head: &head };
        let reason = if is_compared && before.contains(rows.whole()) {
            notices.left_out(Rule::RepeatedRow, spec.file, |notice| notice.at_row(row.number()));
            Some(Rule::RepeatedRow)
        } else {
            unsound(spec, shape, &row, notices).or_else(|| taker.take(&row, notices))
        };
        if let Some(rule) = reason {
            *count.dropped.entry(rule.name()).or_default() += 1;
            left_out.extend(row.some(key).map(|id| (id, rule)));
        } else if is_compared {
            before.insert(rows.whole());
        }
    }
    if count.read == 0 {
        notices.add(Rule::EmptyFile, spec.file, |notice| notice);
    }
    Outcome { count, left_out }
}

/// The header; `None` for a file without one.
fn head(spec: &'static Spec, rows: &mut Rows<'_>, notices: &mut Notices) -> Option<Head> {
    let file = spec.file;
    loop {
        match rows.advance()? {
            Shape::Empty => continue,
            Shape::Sound => break,
            // quotes between other separators are no wrong quotes
            Shape::Broken(_) if separator(spec, rows.whole()).is_some() => break,
            Shape::Broken(what) => {
                notices.add(Rule::CsvParsingFailed, file, |mut notice| {
                    (notice.line, notice.what) = (Some(rows.line), format!("the header can not be read: {what}"));
                    notice.left_out = true;
                    notice
                });
                let positions = spec.columns.iter().map(|column| (column, None)).collect();
                return Some(Head { positions, width: 0, fault: Some(Rule::CsvParsingFailed) });
            }
        }
    }
    if let Some((mark, name)) = separator(spec, rows.whole()) {
        notices.add(Rule::WrongSeparator, file, |notice| {
            let mut notice = notice.at("", &mark.to_string());
            (notice.line, notice.field, notice.left_out) = (Some(rows.line), None, true);
            notice.what =
                format!("the separator is {name}, GTFS wants commas: save the table with commas between the fields");
            notice
        });
        let positions = spec.columns.iter().map(|column| (column, None)).collect();
        return Some(Head { positions, width: 0, fault: Some(Rule::WrongSeparator) });
    }
    let names: Vec<String> = (0..rows.len()).map(|at| rows.field(at).into_owned()).collect();
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let position = |column: &Column| {
        let exact = names.iter().position(|name| name == column.name);
        exact.or_else(|| plain.iter().position(|name| name == column.name))
    };
    for (at, name) in names.iter().enumerate() {
        if rows.raw(at).len() != name.len() {
            notices.add(Rule::LeadingOrTrailingWhitespaces, file, |notice| {
                let mut notice = notice.at(name, &rows.raw(at));
                (notice.line, notice.what) = (Some(rows.line), "blanks around the name of the column".to_owned());
                notice
            });
        }
        if name.is_empty() {
            notices.add(Rule::EmptyColumnName, file, |mut notice| {
                (notice.line, notice.what) = (Some(rows.line), format!("column {} has no name", at + 1));
                notice
            });
        } else if names[..at].contains(name) {
            notices.add(Rule::DuplicatedColumn, file, |notice| {
                let mut notice = notice.at(name, name);
                notice.what = "two columns of one name; the first counts".to_owned();
                notice
            });
        } else if !spec.columns.iter().any(|column| column.name == name) {
            match spec.columns.iter().find(|column| position(column) == Some(at)) {
                Some(column) => notices.add(Rule::WrongColumnName, file, |notice| {
                    let mut notice = notice.at(name, name);
                    (notice.line, notice.what) =
                        (Some(rows.line), format!("{name} is read as {}; write it so", column.name));
                    notice
                }),
                None => notices.add(Rule::UnknownColumn, file, |notice| notice.at(name, name)),
            }
        }
    }
    let positions: Vec<(&'static Column, Option<usize>)> =
        spec.columns.iter().map(|column| (column, position(column))).collect();
    for (column, at) in &positions {
        if at.is_none() && matches!(column.need, Need::Essential | Need::Required) {
            notices.add(Rule::MissingRequiredColumn, file, |notice| {
                let mut notice = notice.at(column.name, "");
                notice.value = None;
                notice.left_out = column.need == Need::Essential;
                notice.what = format!("there is no column {}", column.name);
                notice
            });
        }
    }
    let missing = positions.iter().any(|(column, at)| column.need == Need::Essential && at.is_none());
    Some(Head { positions, width: names.len(), fault: missing.then_some(Rule::MissingRequiredColumn) })
}

/// The name of a column without capitals, and with underscores for blanks and hyphens.
fn plain(name: &str) -> String {
    name.to_lowercase().replace([' ', '-', '\u{a0}'], "_")
}

/// What stands between the columns of a header in place of commas, and what it is called; `None` for a header that commas make more of.
fn separator(spec: &Spec, header: &str) -> Option<(char, &'static str)> {
    let known = |mark: char| {
        let names = header.split(mark).map(|name| plain(trimmed(trimmed(name).trim_matches('"'))));
        names.filter(|name| spec.columns.iter().any(|column| column.name == name)).count()
    };
    let by_comma = known(',');
    SEPARATORS.into_iter().find(|(mark, _)| known(*mark) > by_comma.max(1))
}

/// Tells everything that is wrong with the values of a row; the first rule for which it can not be used.
fn unsound(spec: &Spec, shape: Shape, row: &Row<'_, '_>, notices: &mut Notices) -> Option<Rule> {
    let (file, number) = (spec.file, row.number());
    if let Shape::Broken(what) = shape {
        notices.left_out(Rule::CsvParsingFailed, file, |notice| {
            let mut notice = notice.at_row(number);
            notice.what = what.to_owned();
            notice
        });
        return Some(Rule::CsvParsingFailed);
    }
    let (fields, width) = (row.rows.len(), row.head.width);
    if fields > width && (width..fields).any(|at| !row.rows.field(at).is_empty()) {
        notices.left_out(Rule::InvalidRowLength, file, |notice| {
            let mut notice = notice.at_row(number);
            notice.what = format!(
                "{fields} fields; the header has {width}: a value that holds a comma stands in quotes, and a decimal is written with a point"
            );
            notice
        });
        return Some(Rule::InvalidRowLength);
    }
    if fields != width {
        notices.add(Rule::InvalidRowLength, file, |notice| {
            let mut notice = notice.at_row(number);
            let rest = if fields < width {
                "those left off at its end are empty"
            } else {
                "the empty ones at its end count for nothing"
            };
            notice.what = format!("{fields} fields; the header has {width}: {rest}");
            notice
        });
    }
    let mut reason = None;
    for (column, at) in &row.head.positions {
        let Some(at) = *at else { continue };
        let raw = row.rows.raw(at);
        let value = trimmed(&raw);
        let is_needed = matches!(column.need, Need::Essential | Need::Sound);
        if value.len() != raw.len() {
            notices.add(Rule::LeadingOrTrailingWhitespaces, file, |notice| notice.at_row(number).at(column.name, &raw));
        }
        if value.contains('\n') || value.contains('\r') {
            notices.add(Rule::NewLineInValue, file, |notice| notice.at_row(number).at(column.name, value));
        }
        let wrong = match value.is_empty() {
            true if matches!(column.need, Need::Essential | Need::Required) => {
                Some((Rule::MissingRequiredField, format!("{} is empty", column.name)))
            }
            true => None,
            false => misfit(column.kind, value),
        };
        let Some((rule, what)) = wrong else { continue };
        let leaves_out = is_needed && reason.is_none();
        let tell = |notice: Notice| {
            let mut notice = notice.at_row(number).at(column.name, value);
            notice.value = notice.value.filter(|value| !value.is_empty());
            notice.what = what;
            notice
        };
        if leaves_out {
            notices.left_out(rule, file, tell);
            reason = Some(rule);
        } else {
            notices.add(rule, file, tell);
        }
    }
    reason
}

/// What is wrong with a value, and what to write instead.
fn misfit(kind: Kind, text: &str) -> Option<(Rule, String)> {
    let out_of = |limits: &str| Some((Rule::NumberOutOfRange, format!("{text} is outside {limits}")));
    let no_number = || {
        let point = text.replacen(',', ".", 1);
        let instead = value::number(&point).map(|_| format!("; write {point}")).unwrap_or_default();
        Some((Rule::InvalidFloat, format!("\"{text}\" is not a number{instead}")))
    };
    let whole = |least: u32, most: Option<u32>| match (value::whole(text), value::number(text)) {
        (Some(number), _) if number < least => out_of("1 and more"),
        (Some(number), _) if most.is_some_and(|most| number > most) => {
            let most = most.unwrap_or_default();
            Some((Rule::UnexpectedEnumValue, format!("{text} stands for nothing; write 0 to {most}")))
        }
        (Some(_), _) => None,
        (None, Some(number)) if number < 0.0 && number.fract() == 0.0 => out_of("0 and more"),
        _ => Some((Rule::InvalidInteger, format!("\"{text}\" is not a whole number"))),
    };
    let degrees = |most: f64| match value::number(text) {
        None => no_number(),
        Some(number) if number.abs() > most => out_of(&format!("-{most} to {most}")),
        Some(_) => None,
    };
    match kind {
        Kind::Text => None,
        Kind::Url => {
            (!value::is_url(text)).then(|| (Rule::InvalidUrl, format!("\"{text}\" is no address; write https://…")))
        }
        Kind::Color => (!value::is_colour(text))
            .then(|| (Rule::InvalidColor, format!("\"{text}\" is no colour; write six digits such as 00AA7F"))),
        Kind::Time => value::time(text).is_none().then(|| {
            let instead = value::meant_time(text).map(|time| format!(", here {time}")).unwrap_or_default();
            (Rule::InvalidTime, format!("\"{text}\" is not a time; write HH:MM:SS{instead}; hours may exceed 23"))
        }),
        Kind::Date => value::date(text).is_none().then(|| {
            let instead = value::meant_date(text).map(|date| format!(", here {date}")).unwrap_or_default();
            (Rule::InvalidDate, format!("\"{text}\" is not a date; write YYYYMMDD{instead}"))
        }),
        Kind::Whole => whole(0, None),
        Kind::Positive => whole(1, None),
        Kind::Choice(most) => whole(0, Some(most)),
        Kind::Length => match value::number(text) {
            None => no_number(),
            Some(number) if number < 0.0 => out_of("0 and more"),
            Some(_) => None,
        },
        Kind::Latitude => degrees(90.0),
        Kind::Longitude => degrees(180.0),
        Kind::Zone => (!clock::is_zone(text))
            .then(|| (Rule::InvalidTimezone, format!("\"{text}\" is no time zone; write for example Asia/Shanghai"))),
        Kind::Language => (!value::is_language(text))
            .then(|| (Rule::InvalidLanguageCode, format!("\"{text}\" is no language code; write for example zh"))),
    }
}
