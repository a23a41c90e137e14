//! Tables of statistics: rows of totals, which are no people of their own, and codes of regions as tables and spreadsheets write them.

use std::collections::BTreeSet;

use crate::base::units::Weight;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::homes::Homes;
use crate::model::gb2260;
use crate::model::region::Level;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// The reason of a row that is a total of others.
pub(crate) const TOTAL_ROW: &str = "total-row";

/// Texts of a row of totals, in lower case and without blanks.
const TOTALS: [&str; 38] = [
    "合计",
    "总计",
    "小计",
    "共计",
    "总和",
    "汇总",
    "累计",
    "总数",
    "总人口",
    "全国",
    "全省",
    "全市",
    "全县",
    "全区",
    "全州",
    "全盟",
    "全旗",
    "全镇",
    "全乡",
    "全街道",
    "全市合计",
    "全省合计",
    "全县合计",
    "全区合计",
    "全市总计",
    "全省总计",
    "全县总计",
    "全国总计",
    "total",
    "totals",
    "grandtotal",
    "subtotal",
    "sum",
    "alltotal",
    "overall",
    "totale",
    "summe",
    "insgesamt",
];

/// Whether a text says that its row is a total; the text as it stands.
fn total_word(text: &str) -> Option<String> {
    // names of places are longer as a rule
    if text.len() > 64 {
        return None;
    }
    let plain: String = half_width(text)
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ':' | '-' | '_' | '*' | '.' | '(' | ')' | '#'))
        .collect();
    let is_total = TOTALS.contains(&plain.as_str())
        || (plain.chars().count() <= 12
            && (plain.ends_with("合计") || plain.ends_with("总计") || plain.ends_with("小计")));
    is_total.then(|| text.trim().to_owned())
}

/// Whether a text says that its row is a total.
pub(crate) fn is_total(text: &str) -> bool {
    total_word(text).is_some()
}

/// The first text of a record that says that it is a total.
pub(crate) fn says_total(record: &Record) -> Option<String> {
    record.values.iter().find_map(|value| match value {
        Value::Text(text) => total_word(text),
        _ => None,
    })
}

/// What rows of a table are, by columns.
pub(crate) struct Rows<'r> {
    pub numbers: &'r [u64],
    /// Codes of their regions as they are written.
    pub written: &'r [Option<String>],
    /// The same as they are understood.
    pub codes: &'r [Option<String>],
    /// Whether their place is known.
    pub placed: &'r [bool],
    /// The text that says that they are totals.
    pub words: &'r [Option<String>],
    /// By group.
    pub weights: Vec<&'r [Weight]>,
    /// Whether a field of the region's code is named.
    pub has_codes: bool,
}

/// A row that is a total of others, by its position, and what to say of it.
pub(crate) struct TotalRow {
    pub at: usize,
    pub what: String,
}

/// The rows that are totals of others.
///
/// A row that has no place and no region of its own, and says so, is one. So is one whose code no region has, or which has none, when each of its
/// numbers is the sum of all other rows; and one whose code is that of the region above others, when its numbers are their sum. Sums are compared to
/// the millionth, above others to half a percent, for tables round.
/// # Errors
/// [`IngestError::Implausible`] for a row of a region above others whose numbers are not their sum: its people would count twice.
pub(crate) fn totals(rows: &Rows<'_>, homes: &Homes<'_>, account: &Account) -> Result<Vec<TotalRow>, IngestError> {
    let count = rows.numbers.len();
    let known: Vec<bool> =
        rows.codes.iter().map(|code| code.as_ref().is_some_and(|code| homes.by_code(code).is_some())).collect();
    let mut totals: Vec<TotalRow> = Vec::new();
    let mut is_total = vec![false; count];
    for at in 0..count {
        if let Some(word) = &rows.words[at]
            && !known[at]
            && !rows.placed[at]
        {
            is_total[at] = true;
            totals.push(TotalRow { at, what: format!("says \"{word}\"") });
        }
    }
    let below = match rows.has_codes {
        true => Below::new(rows, &is_total),
        false => Below::default(),
    };
    for (at, own) in &below.above {
        let leaves = below.leaves(own);
        let (code, first) = (written(rows, *at), leaves.first().copied().unwrap_or(*at));
        let sums = rows.sums(leaves.iter().copied());
        if !(0..sums.len()).all(|group| is_near(rows.weights[group][*at], sums[group])) {
            let what = format!(
                "holds a total of \"{code}\" (record {}: {}) and one of \"{}\" within it (record {}), whose people would count twice; those within \
                 come to {}, so that it is no mere sum; write where = \"…\" so that records of one level are left",
                rows.numbers[*at],
                listed(&rows.of(*at)),
                written(rows, first),
                rows.numbers[first],
                listed(&sums)
            );
            return Err(IngestError::Implausible { path: account.ledger.source.clone(), what });
        }
        is_total[*at] = true;
        totals.push(TotalRow { at: *at, what: format!("\"{code}\" is above \"{}\" and others", written(rows, first)) });
    }
    // a number that is the sum of all others, in a row of no region
    let mut left = rows.sums((0..count).filter(|at| !is_total[*at]));
    if rows.has_codes && is_total.iter().filter(|is| !**is).count() > 2 {
        let is_sum = |at: &usize| {
            let fits = |group: usize| rows.weights[group][*at].micros() * 2 == left[group].micros();
            !is_total[*at]
                && !known[*at]
                && !rows.placed[*at]
                && (0..left.len()).all(fits)
                && left.iter().any(|sum| *sum > Weight::ZERO)
        };
        if let Some(at) = (0..count).find(is_sum) {
            is_total[at] = true;
            totals.push(TotalRow { at, what: "has no region of the study".to_owned() });
            left = rows.sums((0..count).filter(|at| !is_total[*at]));
        }
    }
    // the check of each: the sum of all rows that are left, of those above it since the total before, or of those within it
    totals.sort_by_key(|total| total.at);
    let mut before = 0;
    for total in &mut totals {
        let own = rows.of(total.at);
        let within = below.above.iter().find(|(at, _)| *at == total.at).map(|(_, own)| below.leaves(own));
        let ways = [
            (left.clone(), "the other records"),
            (rows.sums(before..total.at), "the records above it"),
            (rows.sums(within.into_iter().flatten()), "the records within it"),
        ];
        before = total.at + 1;
        let found = ways.iter().find(|(sums, _)| own.iter().zip(sums).all(|(own, sum)| is_near(*own, *sum)));
        let check = match found {
            Some((sums, which)) => {
                let but = if *sums == own { "" } else { ", but for less than half a percent," };
                format!("its numbers are{but} the sum of {which}")
            }
            None => {
                format!("but the other records come to {}, not {}: rows may be missing", listed(&left), listed(&own))
            }
        };
        total.what = format!("is a total of others and left out: it {}; {check}", total.what);
    }
    Ok(totals)
}

impl Rows<'_> {
    /// The numbers of a row, by group.
    fn of(&self, at: usize) -> Vec<Weight> {
        self.weights.iter().map(|weights| weights[at]).collect()
    }

    /// The sums of some rows, by group.
    fn sums(&self, of: impl Iterator<Item = usize> + Clone) -> Vec<Weight> {
        self.weights.iter().map(|weights| of.clone().map(|at| weights[at]).sum()).collect()
    }
}

fn listed(weights: &[Weight]) -> String {
    weights.iter().map(Weight::to_string).collect::<Vec<_>>().join(", ")
}

fn written(rows: &Rows<'_>, at: usize) -> String {
    rows.written[at].clone().unwrap_or_default()
}

/// Which rows are above others by their codes.
#[derive(Default)]
struct Below {
    /// Rows with others below, and their significant digits.
    above: Vec<(usize, String)>,
    /// Rows with none below, by their digits.
    leaves: Vec<(String, usize)>,
}

impl Below {
    fn new(rows: &Rows<'_>, is_total: &[bool]) -> Below {
        let digits = |at: usize| significant(&plain(rows.written[at].as_deref()?)?);
        let mut sorted: Vec<(String, usize)> =
            (0..is_total.len()).filter(|at| !is_total[*at]).filter_map(|at| Some((digits(at)?, at))).collect();
        sorted.sort();
        let (mut above, mut leaves) = (Vec::new(), Vec::new());
        for (own, at) in &sorted {
            let next = sorted.get(sorted.partition_point(|(other, _)| other <= own));
            match next.is_some_and(|(next, _)| next.starts_with(own.as_str())) {
                true => above.push((*at, own.clone())),
                false => leaves.push((own.clone(), *at)),
            }
        }
        Below { above, leaves }
    }

    /// The rows within another, of those with none below.
    fn leaves(&self, own: &str) -> Vec<usize> {
        let from = self.leaves.partition_point(|(digits, _)| digits.as_str() < own);
        self.leaves[from..].iter().take_while(|(digits, _)| digits.starts_with(own)).map(|(_, at)| *at).collect()
    }
}

/// Whether a total is the sum of its parts, within half a percent for the sake of rounding.
fn is_near(total: Weight, sum: Weight) -> bool {
    let (total, sum) = (total.to_f64(), sum.to_f64());
    (total - sum).abs() <= 0.005 * total.abs().max(sum.abs())
}

/// The digits of a code of GB/T 2260, or of the statistical codes built on it, without the zeros behind; `None` for other codes.
fn significant(code: &str) -> Option<String> {
    if !matches!(code.len(), 6 | 9 | 12) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if !gb2260::has_form(&format!("{}0000", &code[..2]), Level::Province) {
        return None;
    }
    let mut own = code;
    for digits in [9, 6] {
        if own.len() > digits && own[digits..].bytes().all(|byte| byte == b'0') {
            own = &own[..digits];
        }
    }
    while own.len() <= 6 && own.len() > 2 && own.ends_with("00") {
        own = &own[..own.len() - 2];
    }
    Some(own.to_owned())
}

/// How a code had to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// As spreadsheets spoil it: `320102.0`, `320,102`, `3.20102E+05`, `'320102`.
    Spoiled,
    /// Zeros in front are missing, or too many.
    ZerosInFront,
    /// Zeros behind are missing, or too many.
    ZerosBehind,
    /// It is a place within the region.
    Within,
}

impl How {
    /// In words.
    pub(crate) fn told(self) -> &'static str {
        match self {
            How::Spoiled => "as a spreadsheet writes it",
            How::ZerosInFront => "but for zeros in front",
            How::ZerosBehind => "but for zeros behind",
            How::Within => "the region that it lies in by its first digits",
        }
    }
}

/// Other codes that a code may stand for, the likeliest first. `widths`: digits that codes of regions have.
pub(crate) fn readings(code: &str, widths: &BTreeSet<usize>) -> Vec<(String, How)> {
    let mut found: Vec<(String, How)> = Vec::new();
    let plain = plain(code);
    if let Some(plain) = plain.as_ref().filter(|plain| *plain != code) {
        found.push((plain.clone(), How::Spoiled));
    }
    let digits = plain.unwrap_or_else(|| code.to_owned());
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return found;
    }
    for width in widths.iter().filter(|width| **width > digits.len() && **width <= 12) {
        found.push((format!("{digits:0>width$}"), How::ZerosInFront));
    }
    let bare = digits.trim_start_matches('0');
    if bare.len() < digits.len() && !bare.is_empty() {
        found.push((bare.to_owned(), How::ZerosInFront));
    }
    if matches!(digits.len(), 2 | 4 | 6 | 9) {
        for width in [6, 9, 12].into_iter().filter(|width| *width > digits.len()) {
            found.push((format!("{digits:0<width$}"), How::ZerosBehind));
        }
    }
    for width in [9, 6].into_iter().filter(|width| *width < digits.len() && matches!(digits.len(), 9 | 12)) {
        let is_zero = digits[width..].bytes().all(|byte| byte == b'0');
        found.push((digits[..width].to_owned(), if is_zero { How::ZerosBehind } else { How::Within }));
    }
    // a county of a study of cities
    if matches!(digits.len(), 6 | 9 | 12) && !digits[4..6].eq("00") {
        found.extend(gb2260::above(&digits, Level::City).map(|city| (city, How::Within)));
    }
    found
}

/// A code without what spreadsheets put around it; `None` where it can not be told, as of `3.2E+11`, which has lost its last digits.
fn plain(code: &str) -> Option<String> {
    let code = half_width(code);
    let text = code
        .trim()
        .trim_start_matches('=')
        .trim_matches(['\'', '"', '’', '‘', '`', '\u{feff}', '\u{200b}', '\u{a0}'])
        .trim();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let upper = text.to_uppercase();
    if let Some((mantissa, exponent)) = upper.split_once('E')
        && let Ok(exponent) = exponent.trim_start_matches('+').parse::<usize>()
    {
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        // every digit of the number must be there
        let is_whole = is_digits(&digits) && whole.len() == 1 && exponent <= 17 && fraction.len() >= exponent;
        let (own, rest) = digits.split_at((exponent + 1).min(digits.len()));
        return (is_whole && rest.bytes().all(|byte| byte == b'0')).then(|| own.to_owned());
    }
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if is_digits(whole) && zeros.bytes().all(|byte| byte == b'0') => whole,
        _ => text,
    };
    let groups: Vec<&str> = whole.split([',', ' ', '\u{a0}', '\u{202f}']).collect();
    let is_grouped = groups.len() > 1
        && groups.iter().all(|group| is_digits(group))
        && groups[0].len() <= 3
        && groups[1..].iter().all(|group| group.len() == 3);
    // blanks between digits are nothing
    let joined: String = groups.concat();
    let is_spaced = groups.len() > 1 && is_digits(&joined) && !whole.contains(',');
    Some(if is_grouped || is_spaced { joined } else { whole.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_told_by_their_words() {
        for text in
            ["合计", "合 计", "总　计", "小计：", "全市", "Total", "GRAND TOTAL", "Sub-total", "南京市合计", "sum"]
        {
            assert!(total_word(text).is_some(), "{text}");
        }
        for text in ["全州县", "玄武区", "Total Wine", "Summer Hill", "总镇", "合川区", "", "计划"] {
            assert!(total_word(text).is_none(), "{text}");
        }
    }

    #[test]
    fn spoiled_codes_are_read_when_no_digit_is_lost() {
        for (code, want) in [
            ("320102.0", Some("320102")),
            ("3.20102E+05", Some("320102")),
            ("3.201020E5", Some("320102")),
            ("320,102", Some("320102")),
            ("320 102", Some("320102")),
            ("'320102", Some("320102")),
            ("=\"320102\"", Some("320102")),
            ("３２０１０２", Some("320102")),
            ("3.20102001001E+11", Some("320102001001")),
            ("3.20102E+11", None),
            ("3.2E+05", None),
        ] {
            assert_eq!(plain(code).as_deref(), want, "{code}");
        }
        let widths = BTreeSet::from([5, 6]);
        let has = |code: &str, want: &str, how: How| readings(code, &widths).contains(&(want.to_owned(), how));
        assert!(has("1001", "01001", How::ZerosInFront) && has("0320102", "320102", How::ZerosInFront));
        assert!(has("320102000000", "320102", How::ZerosBehind) && has("320102001001", "320102", How::Within));
        assert!(has("320102", "320102000000", How::ZerosBehind) && has("320102", "320100", How::Within));
    }

    #[test]
    fn codes_within_each_other_are_known_by_their_digits() {
        for (code, want) in [
            ("320102000000", Some("320102")),
            ("320100", Some("3201")),
            ("320000", Some("32")),
            ("320102001", Some("320102001")),
            ("320102001001", Some("320102001001")),
            ("560001", None),
            ("12", None),
        ] {
            assert_eq!(significant(code).as_deref(), want, "{code}");
        }
    }
}
