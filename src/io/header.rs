//! Where the header of a sheet stands: below titles and units, in one line or several, above a line of units; and which rows are notes.
//!
//! Tables of statistics have a title and a unit above the header, groups of columns over two or three lines, and notes below the last record.
//! Nothing of it is a record, and nothing of it is left out without being told.

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::table::Value;
use crate::table::half_width;

/// Rows that are looked at before the header is settled.
pub(super) const LOOK: usize = 30;
/// Lines that a header has at most.
const MOST_LINES: usize = 4;
/// Characters that a name of a column has at most, where titles stand above it.
const LONGEST_NAME: usize = 80;

/// The cells of a row that hold something: column from 0, and value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// From 1, as programs show it.
    pub number: u64,
    pub cells: Vec<(usize, Value)>,
}

impl Row {
    fn at(&self, column: usize) -> Option<&Value> {
        self.cells.iter().find(|(at, _)| *at == column).map(|(_, value)| value)
    }

    fn texts(&self) -> impl Iterator<Item = String> {
        self.cells.iter().map(|(_, value)| value.to_string().trim().to_owned())
    }

    /// Its texts for a message.
    fn shown(&self) -> String {
        let texts: Vec<String> = self.texts().take(6).map(|text| text.chars().take(40).collect()).collect();
        format!("\"{}\"", texts.join(" | "))
    }
}

/// Cells that were merged into one, which has the value of the first: rows from 1 and columns from 0, the last ones included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merged {
    pub rows: (u64, u64),
    pub columns: (usize, usize),
}

impl Merged {
    pub(super) fn holds(&self, row: u64, column: usize) -> bool {
        (self.rows.0..=self.rows.1).contains(&row) && (self.columns.0..=self.columns.1).contains(&column)
    }
}

/// The header of a sheet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    /// Columns with their names, in order.
    pub names: Vec<(usize, String)>,
    /// Row of its first line.
    pub row: u64,
    /// Which of the rows that were looked at is the first below it.
    pub body: usize,
    /// What was left out: rows, and why.
    pub told: Vec<String>,
    /// Says in what the numbers are counted, where that is not the one.
    pub unit: Option<String>,
    /// Cells that most rows have.
    pub usual: usize,
}

impl Header {
    /// The same with what was left out above it alone.
    pub(super) fn above(mut self) -> Header {
        self.told.truncate(1);
        self
    }

    /// What is to be told of it.
    pub(super) fn issues(&self, shown: &str) -> Vec<Issue> {
        let skipped = self.told.iter().map(|what| Issue::new(Severity::Note, "skipped-rows", shown, what.clone()));
        let unit = self.unit.iter().map(|unit| {
            let what = format!(
                "a row that is no record says {unit}: the numbers are read as they stand in the cells, in that unit; write them in ones"
            );
            Issue::new(Severity::Warning, "unit-row", shown, what)
        });
        skipped.chain(unit).collect()
    }
}

/// The header among the first rows of a sheet; `None` for no rows.
///
/// A row of one cell above rows of several is a title, as is one that says a unit, a date or the number of a table; below them the header must
/// look like one, with texts and years alone. Where it does not, the first row is the header. Lines of a header that stand over each other, or are
/// merged, become one name: `人口 男`.
pub(super) fn find(rows: &[Row], merged: &[Merged]) -> Option<Header> {
    rows.first()?;
    let usual = usual_width(rows);
    let first = rows.iter().position(|row| !is_title(row, usual)).filter(|at| *at == 0 || is_header(&rows[*at]));
    // texts alone below do not show that a header stands above them
    let has_numbers = |at: &usize| {
        let cells = rows[at + 1..].iter().flat_map(|row| &row.cells);
        cells.into_iter().any(|(_, value)| !matches!(value, Value::Text(_)) || value.as_f64().is_some())
    };
    let first = first.filter(|at| *at == 0 || has_numbers(at)).unwrap_or(0);
    let last = last_line(rows, first, merged);
    let mut told = Vec::new();
    let mut unit = None;
    let mut tell = |rows: &[Row], why: &str| {
        let numbers = match rows {
            [] => return,
            [one] => format!("row {} {why}", one.number),
            [first, .., last] => format!("rows {} to {} {why}", first.number, last.number),
        };
        let texts: Vec<String> = rows.iter().take(3).map(Row::shown).collect();
        told.push(format!("{numbers}: left out ({})", texts.join(", ")));
        if unit.is_none() {
            unit = rows.iter().flat_map(Row::texts).find(|text| is_large_unit(text)).map(|text| format!("\"{text}\""));
        }
    };
    let stand = if first == 1 { "stands" } else { "stand" };
    tell(&rows[..first], &format!("{stand} above the header in row {}", rows[first].number));
    let mut body = last + 1;
    while let Some(row) = rows.get(body).filter(|row| body <= last + 2 && (is_units(row) || is_numbering(row))) {
        tell(
            std::slice::from_ref(row),
            if is_units(row) { "holds the units of the columns" } else { "numbers the columns" },
        );
        body += 1;
    }
    let names = names(&rows[first..=last], merged);
    Some(Header { names, row: rows[first].number, body, told, unit, usual })
}

/// The number of cells that most rows have; the larger one of two that are as frequent. Titles and notes of one cell do not count, unless they are
/// more than three quarters of the rows.
fn usual_width(rows: &[Row]) -> usize {
    let mut counts: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    let single = rows.iter().filter(|row| row.cells.len() <= 1).count();
    let is_single = single * 4 > rows.len() * 3;
    for row in rows.iter().filter(|row| is_single || row.cells.len() > 1) {
        *counts.entry(row.cells.len()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width)
}

fn is_title(row: &Row, usual: usize) -> bool {
    const WORDS: [&str; 22] = [
        "表",
        "附表",
        "续表",
        "单位",
        "计量单位",
        "填报",
        "制表",
        "编制",
        "日期",
        "截至",
        "统计",
        "时间",
        "年份",
        "数据来源",
        "资料来源",
        "注",
        "table",
        "unit",
        "source",
        "date",
        "note",
        "as of",
    ];
    let says = |text: &str| {
        let text = half_width(text).trim_start_matches(['(', '[', ' ']).to_lowercase();
        let has_word = WORDS.iter().any(|word| {
            text.strip_prefix(word).is_some_and(|rest| {
                rest.starts_with([':', ' ', '.'])
                    || rest.starts_with(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c))
            })
        });
        let year: String = text.chars().take(5).collect();
        has_word
            || (year.ends_with('年') && year.chars().take(4).all(|c| c.is_ascii_digit()) && year.chars().count() == 5)
    };
    match row.cells.len() {
        0 => true,
        1 => usual > 1,
        width => width * 2 <= usual && row.texts().any(|text| says(&text)),
    }
}

/// Whether a row below titles can be a header: texts, or years beside texts.
fn is_header(row: &Row) -> bool {
    let mut texts = 0;
    for (_, value) in &row.cells {
        let text = value.to_string();
        match value.as_f64() {
            Some(year) if year.fract() == 0.0 && (1900.0..2100.0).contains(&year) => {}
            Some(_) => return false,
            None if text.chars().count() > LONGEST_NAME || !matches!(value, Value::Text(_)) => return false,
            None => texts += 1,
        }
    }
    texts > 0
}

/// The last line of a header that begins with a row.
fn last_line(rows: &[Row], first: usize, merged: &[Merged]) -> usize {
    let most = (first + MOST_LINES - 1).min(rows.len().saturating_sub(2));
    let mut last = first;
    while last < most {
        let (row, next) = (&rows[last], &rows[last + 1]);
        let goes_on = |one: &Merged| {
            let starts = one.rows.0 >= rows[first].number && one.rows.0 <= row.number;
            // a cell over several rows, or one over several columns with texts below
            let is_high = one.rows.1 >= next.number;
            let is_wide = one.columns.1 > one.columns.0
                && (one.columns.0..=one.columns.1).filter(|column| next.at(*column).is_some()).count() > 1;
            let has_name = row.at(one.columns.0).is_some() || one.rows.0 < row.number;
            starts && has_name && (is_high || (is_wide && one.rows.1 == row.number))
        };
        let by_merging = merged.iter().any(goes_on);
        // without merged cells: the line below names every column that this one leaves open
        let open: Vec<usize> = match (row.cells.first(), row.cells.iter().chain(&next.cells).map(|(at, _)| *at).max()) {
            (Some((from, _)), Some(to)) => (*from..=to).filter(|column| row.at(*column).is_none()).collect(),
            _ => Vec::new(),
        };
        let by_gaps = last == first
            && !open.is_empty()
            && open.iter().all(|column| next.at(*column).is_some())
            && next.cells.len() < row.cells.len() + open.len()
            && rows.get(last + 2).is_some_and(|row| !is_header(row));
        if !(is_header(next) && (by_merging || by_gaps)) {
            break;
        }
        last += 1;
    }
    last
}

/// Names of columns out of the lines of a header.
fn names(lines: &[Row], merged: &[Merged]) -> Vec<(usize, String)> {
    let mut columns: Vec<usize> = lines.iter().flat_map(|line| line.cells.iter().map(|(at, _)| *at)).collect();
    columns.sort_unstable();
    columns.dedup();
    let name = |column: usize| {
        let mut parts: Vec<String> = Vec::new();
        for (nth, line) in lines.iter().enumerate() {
            let over = merged.iter().find(|one| one.holds(line.number, column)).map(|one| (one.rows.0, one.columns.0));
            let own = line.at(column).or_else(|| {
                let (row, from) = over?;
                lines.iter().find(|line| line.number == row)?.at(from)
            });
            let is_last = nth + 1 == lines.len();
            let below = lines.get(nth + 1).is_some_and(|next| next.at(column).is_some());
            // a name stands over the columns to the right as long as the line below names them
            let left = || line.cells.iter().rev().find(|(at, _)| *at < column).map(|(_, value)| value);
            let value = own.or_else(|| left().filter(|_| !is_last && below && over.is_none()));
            if let Some(value) = value {
                let text: String = value.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
                if !text.is_empty() && parts.last() != Some(&text) {
                    parts.push(text);
                }
            }
        }
        parts.join(" ")
    };
    // one line is taken as it stands
    if let [line] = lines {
        let name = |value: &Value| value.to_string().trim().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        return line.cells.iter().map(|(at, value)| (*at, name(value))).collect();
    }
    columns.into_iter().map(|column| (column, name(column))).filter(|(_, name)| !name.is_empty()).collect()
}

/// A row of units below the header: `(人)`, `万人`, `km²`.
fn is_units(row: &Row) -> bool {
    const UNITS: [&str; 34] = [
        "人",
        "万人",
        "千人",
        "个",
        "户",
        "万户",
        "所",
        "家",
        "张",
        "座",
        "处",
        "元",
        "万元",
        "亿元",
        "亩",
        "公顷",
        "平方公里",
        "平方千米",
        "平方米",
        "公里",
        "千米",
        "米",
        "%",
        "‰",
        "km",
        "km2",
        "km²",
        "m",
        "m2",
        "m²",
        "ha",
        "persons",
        "people",
        "人/平方公里",
    ];
    let is_unit = |text: &str| {
        let text = half_width(text);
        let inner = text.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']).trim();
        let has_brackets = inner.len() < text.trim().len() && inner.parse::<f64>().is_err();
        has_brackets || UNITS.contains(&inner) || matches!(inner, "-" | "—" | "/")
    };
    let has_unit = row.texts().any(|text| !matches!(text.as_str(), "-" | "—" | "/"));
    !row.cells.is_empty() && has_unit && row.texts().all(|text| is_unit(&text))
}

/// A row that numbers the columns, as tables of statistics have it: `甲 乙 1 2`, `(1) (2) (3)`.
fn is_numbering(row: &Row) -> bool {
    let mut has_mark = false;
    let mut last = 0.0;
    for text in row.texts() {
        let plain = half_width(&text);
        let inner = plain.trim_start_matches(['(', '-']).trim_end_matches([')', '-']);
        if matches!(text.as_str(), "甲" | "乙" | "丙" | "丁") {
            has_mark = true;
            continue;
        }
        match inner.parse::<f64>() {
            Ok(number) if number == last + 1.0 => last = number,
            _ => return false,
        }
        has_mark |= inner.len() < plain.len();
    }
    has_mark && row.cells.len() > 1
}

/// Whether a text says that numbers are counted in thousands or more.
fn is_large_unit(text: &str) -> bool {
    let text = half_width(text).to_lowercase();
    let says_unit = ["单位", "unit", "("].iter().any(|word| text.contains(word)) || text.chars().count() <= 4;
    says_unit
        && ["万", "亿", "千人", "千户", "百万", "thousand", "million", "'000"].iter().any(|word| text.contains(word))
}

/// Whether a row is a note and no record: one cell that says so, or words of who made the table. `usual`: cells that most rows have.
pub(super) fn is_note(row: &Row, usual: usize) -> bool {
    const NOTES: [&str; 16] = [
        "注",
        "备注",
        "附注",
        "说明",
        "数据来源",
        "资料来源",
        "来源",
        "制表人",
        "审核人",
        "填表人",
        "填报人",
        "填报单位",
        "制表单位",
        "note",
        "notes",
        "source",
    ];
    let says = |text: &str| {
        let text = half_width(text).to_lowercase();
        let starts = |word: &&str| {
            let rest = text.strip_prefix(*word).map(str::trim_start);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '.', '、', '1', '2', '(']))
        };
        text.starts_with(['*', '※']) && text.chars().count() > 1 || NOTES.iter().any(starts)
    };
    match row.cells.len() {
        0 => false,
        1 => usual > 1 && row.texts().all(|text| says(&text)),
        width => width < usual && row.texts().all(|text| says(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(lines: &[&[&str]]) -> Vec<Row> {
        let cell = |(at, text): (usize, &&str)| match text.parse::<i64>() {
            _ if text.is_empty() => None,
            Ok(number) => Some((at, Value::Int(number))),
            Err(_) => Some((at, Value::from(*text))),
        };
        let row = |(nth, line): (usize, &&[&str])| Row {
            number: nth as u64 + 1,
            cells: line.iter().enumerate().filter_map(cell).collect(),
        };
        lines.iter().enumerate().map(row).collect()
    }

    #[test]
    fn headers_are_found_where_bureaus_put_them() {
        // lines, merged cells, row of the header, names, first row of the body
        type Case<'c> = (&'c [&'c [&'c str]], &'c [Merged], u64, &'c [&'c str], usize);
        let wide = Merged { rows: (1, 1), columns: (1, 2) };
        let high = Merged { rows: (1, 2), columns: (0, 0) };
        let cases: &[Case<'_>] = &[
            (&[&["code", "people"], &["1", "2"]], &[], 1, &["code", "people"], 1),
            (
                &[&["表1 人口"], &["单位：人"], &["代码", "人口"], &["1", "2"], &["3", "4"]],
                &[],
                3,
                &["代码", "人口"],
                3,
            ),
            (
                &[&["2023年", "", "", "单位：万人"], &["代码", "a", "b", "c"], &["1", "2", "3", "4"]],
                &[],
                2,
                &["代码", "a", "b", "c"],
                2,
            ),
            (
                &[&["地区", "人口", ""], &["", "男", "女"], &["x", "1", "2"]],
                &[wide, high],
                1,
                &["地区", "人口 男", "人口 女"],
                2,
            ),
            (&[&["地区", "人口", ""], &["", "男", "女"], &["x", "1", "2"]], &[], 1, &["地区", "人口 男", "人口 女"], 2),
            (&[&["代码", "人口"], &["甲", "1"], &["320102", "5"]], &[], 1, &["代码", "人口"], 2),
            (&[&["代码", "人口"], &["", "(人)"], &["320102", "5"]], &[], 1, &["代码", "人口"], 2),
            // one name over rows of two numbers is no title: what follows is no header
            (&[&["id"], &["1", "2"], &["3", "4"]], &[], 1, &["id"], 1),
            (
                &[
                    &["附表"],
                    &["", "单位：人"],
                    &["序号", "人口", ""],
                    &["", "男", "女"],
                    &["1", "5", "6"],
                    &["注：a"],
                    &["来源：b"],
                ],
                &[Merged { rows: (3, 4), columns: (0, 0) }, Merged { rows: (3, 3), columns: (1, 2) }],
                3,
                &["序号", "人口 男", "人口 女"],
                4,
            ),
            (&[&["地区", "2020", "2021"], &["x", "1", "2"]], &[], 1, &["地区", "2020", "2021"], 1),
            // a table of texts alone has a header of one line
            (&[&["a", "b"], &["c", "d"], &["e", "f"]], &[], 1, &["a", "b"], 1),
        ];
        for (lines, merged, row, want, body) in cases {
            let found = find(&rows(lines), merged).unwrap();
            let names: Vec<&str> = found.names.iter().map(|(_, name)| name.as_str()).collect();
            assert_eq!((found.row, &names[..], found.body), (*row, *want, *body), "{lines:?}");
        }
    }

    #[test]
    fn notes_are_no_records() {
        for (line, want) in [
            (&["注：本表为常住人口"] as &[&str], true),
            (&["数据来源: 统计局"], true),
            (&["* provisional"], true),
            (&["注溪乡"], false),
            (&["注：a", "1", "2"], false),
        ] {
            assert_eq!(is_note(&rows(&[line])[0], 3), want, "{line:?}");
        }
    }
}
