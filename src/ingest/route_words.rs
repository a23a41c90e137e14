//! Words and numbers of route tables as people write them: directions, departures a day, times, minutes.

use crate::base::clock::ServiceTime;
use crate::table::half_width;

/// How a row group of a line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Back over the same stops with as many departures.
    Both,
    Single,
    /// Round and round.
    Loop,
}

/// Words that mean a way; letters in lower case, digits and signs of ASCII.
const WAYS: [(Way, &[&str]); 3] = [
    (
        Way::Both,
        &[
            "",
            "both",
            "both ways",
            "both directions",
            "two-way",
            "two way",
            "twoway",
            "bidirectional",
            "there and back",
            "round trip",
            "round-trip",
            "roundtrip",
            "return",
            "双向",
            "双程",
            "双边",
            "往返",
            "来回",
            "往复",
            "对开",
            "上下行",
            "上行下行",
            "上行/下行",
            "上行、下行",
            "上行,下行",
            "去回程",
            "往返双向",
            "双向往返",
        ],
    ),
    (
        Way::Single,
        &[
            "one-way",
            "one way",
            "oneway",
            "single",
            "out",
            "back",
            "outbound",
            "inbound",
            "outward",
            "there",
            "up",
            "down",
            "forward",
            "forwards",
            "backward",
            "backwards",
            "reverse",
            "northbound",
            "southbound",
            "eastbound",
            "westbound",
            "0",
            "1",
            "2",
            "单向",
            "单程",
            "单边",
            "上行",
            "下行",
            "上",
            "下",
            "去程",
            "回程",
            "返程",
            "往程",
            "去",
            "回",
            "往",
            "返",
            "正向",
            "反向",
            "逆向",
            "东行",
            "西行",
            "南行",
            "北行",
            "进城",
            "出城",
        ],
    ),
    (
        Way::Loop,
        &[
            "loop",
            "circular",
            "circle",
            "ring",
            "clockwise",
            "counterclockwise",
            "counter-clockwise",
            "anticlockwise",
            "anti-clockwise",
            "环线",
            "环行",
            "环形",
            "环路",
            "环状",
            "环行线",
            "环形线",
            "循环",
            "循环线",
            "单向环线",
            "单向环行",
            "单环",
            "内环",
            "外环",
            "内圈",
            "外圈",
            "顺时针",
            "逆时针",
            "顺时针环线",
            "逆时针环线",
            "顺时针环行",
            "逆时针环行",
        ],
    ),
];

/// What a message offers instead of a word that is not known.
pub(crate) const WAY_CHOICES: &str =
    "write both (双向, 往返), one-way (单向, 上行, 下行, 去程, 回程) or loop (环线, 顺时针, 逆时针)";

/// What a word of the direction column means; `None` for one that is not known.
pub(crate) fn way(text: &str) -> Option<Way> {
    let word = half_width(text).trim().to_lowercase();
    let find = |word: &str| WAYS.iter().find(|(_, words)| words.contains(&word)).map(|(way, _)| *way);
    let short = word.trim_end_matches("方向").trim_end_matches("运行").trim_end_matches("行驶");
    find(&word).or_else(|| find(short.trim()).filter(|_| !short.is_empty()))
}

/// A number as it is written in a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Count {
    /// Nothing, or a dash.
    Missing,
    /// `is_plain` where it is nothing but the number.
    Is { number: f64, is_plain: bool },
    /// From, to.
    Range(f64, f64),
    /// At least so many.
    AtLeast(f64),
    /// The line does not run.
    Suspended,
    /// No number that can be read.
    Words(String),
}

/// What stands around a number of departures and changes nothing; the longest first.
const AROUND_TRIPS: [&str; 38] = [
    "trips per day",
    "trips a day",
    "departures a day",
    "departures",
    "per day",
    "班次/日",
    "班次每日",
    "trips",
    "a day",
    "daily",
    "about",
    "approx.",
    "approx",
    "/day",
    "每日",
    "每天",
    "一天",
    "一日",
    "日均",
    "平均",
    "日发",
    "全天",
    "大约",
    "左右",
    "班次",
    "趟次",
    "车次",
    "/日",
    "/天",
    "ca.",
    "约",
    "近",
    "共",
    "日",
    "天",
    "班",
    "趟",
    "次",
];

/// What stands around a number of minutes.
const AROUND_MINUTES: [&str; 16] = [
    "minutes", "minute", "mins", "min.", "min", "about", "每隔", "间隔", "大约", "左右", "分钟", "每", "隔", "约",
    "分", "'",
];

const SUSPENDED: [&str; 13] = [
    "停运",
    "暂停",
    "停开",
    "停驶",
    "已停运",
    "暂停运营",
    "停运中",
    "取消",
    "撤销",
    "suspended",
    "closed",
    "not running",
    "cancelled",
];

const AT_LEAST: [&str; 10] = ["不少于", "不低于", "至少", "at least", "以上", "及以上", ">=", "≥", "+", "多"];

const MISSING: [&str; 9] = ["", "-", "--", "—", "——", "/", "\\", "n/a", "na"];

/// Departures a day.
pub(crate) fn trips(text: &str) -> Count {
    read(text, &AROUND_TRIPS)
}

/// Minutes between departures; hours are read too.
pub(crate) fn minutes(text: &str) -> Count {
    let word = plain(text);
    for hours in ["小时", "个小时", "hours", "hour", "h"] {
        if let Some(front) = word.strip_suffix(hours) {
            return match read(front, &AROUND_MINUTES) {
                Count::Is { number, .. } => Count::Is { number: number * 60.0, is_plain: false },
                Count::Range(low, high) => Count::Range(low * 60.0, high * 60.0),
                other => other,
            };
        }
    }
    read(text, &AROUND_MINUTES)
}

fn plain(text: &str) -> String {
    half_width(text).trim().to_lowercase()
}

fn read(text: &str, around: &[&str]) -> Count {
    let word = plain(text);
    if MISSING.contains(&word.as_str()) {
        return Count::Missing;
    }
    let is = |number: f64, is_plain| Count::Is { number, is_plain };
    if let Some(number) = number_of(&word) {
        return is(number, true);
    }
    if SUSPENDED.contains(&word.as_str()) {
        return Count::Suspended;
    }
    let (mut rest, mut is_least) = (word.clone(), false);
    for sign in AT_LEAST {
        if rest.contains(sign) {
            is_least = true;
            rest = rest.replacen(sign, "", 1);
        }
    }
    for words in around {
        rest = rest.replace(words, " ");
    }
    let rest = rest.trim().trim_matches(|c| matches!(c, '(' | ')' | '/' | ',' | '。')).trim();
    if let Some(number) = number_of(rest) {
        return if is_least { Count::AtLeast(number) } else { is(number, false) };
    }
    for dash in ["-", "~", "～", "—", "–", "−", "至", "到", "to"] {
        if let Some((low, high)) = rest.split_once(dash)
            && let (Some(low), Some(high)) = (number_of(low.trim()), number_of(high.trim()))
            && low <= high
            && !is_least
        {
            return Count::Range(low, high);
        }
    }
    Count::Words(text.trim().to_owned())
}

/// A number of 0 or more, in digits or in Chinese up to 99.
fn number_of(text: &str) -> Option<f64> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return text.parse::<f64>().ok().filter(|number| number.is_finite());
    }
    let digit = |c: char| "零一二三四五六七八九".chars().position(|d| d == c).or((c == '两').then_some(2));
    let chars: Vec<char> = text.chars().collect();
    let value = match chars[..] {
        ['十'] => 10,
        ['十', ones] => 10 + digit(ones)?,
        [tens, '十'] => 10 * digit(tens)?,
        [tens, '十', ones] => 10 * digit(tens)? + digit(ones)?,
        [ones] => digit(ones)?,
        _ => return None,
    };
    Some(value as f64)
}

/// A time of day: `6:30`, `06：30`, `6点30分`, `6时`, `0630`, `6:30开`; the second value of a span such as `6:30-18:00` is left to the
/// caller, who asks for one time.
pub(crate) fn time(text: &str) -> Option<ServiceTime> {
    let word = plain(text);
    let mut rest = word.clone();
    for words in ["次日", "首班", "末班", "发车", "始发", "早", "晚", "约", "开", "整"] {
        rest = rest.replace(words, "");
    }
    let next_day = if word.contains("次日") { 24 * 3600 } else { 0 };
    let rest = rest
        .replace(['点', '时'], ":")
        .replace('半', "30")
        .replace(['分', '.'], if word.contains('分') { "" } else { ":" });
    let rest = rest.trim();
    let rest = rest.strip_suffix(':').map_or_else(|| rest.to_owned(), |hours| format!("{hours}:00"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let rest = match rest.len() {
        3 | 4 if digits(&rest) => format!("{}:{}", &rest[..rest.len() - 2], &rest[rest.len() - 2..]),
        _ => rest,
    };
    rest.parse::<ServiceTime>().ok().map(|time| ServiceTime(time.0 + next_day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_as_people_write_them() {
        for (text, want) in [
            ("", Some(Way::Both)),
            ("双向", Some(Way::Both)),
            ("往返", Some(Way::Both)),
            ("来回", Some(Way::Both)),
            ("上下行", Some(Way::Both)),
            ("上行／下行", Some(Way::Both)),
            ("Both", Some(Way::Both)),
            ("Two-Way", Some(Way::Both)),
            ("上行", Some(Way::Single)),
            ("下行方向", Some(Way::Single)),
            ("单向", Some(Way::Single)),
            ("去程", Some(Way::Single)),
            ("回程", Some(Way::Single)),
            ("１", Some(Way::Single)),
            ("0", Some(Way::Single)),
            ("outbound", Some(Way::Single)),
            ("环线", Some(Way::Loop)),
            ("环行", Some(Way::Loop)),
            ("顺时针", Some(Way::Loop)),
            ("loop", Some(Way::Loop)),
            ("方向", None),
            ("南京→镇江", None),
            ("不详", None),
        ] {
            assert_eq!(way(text), want, "{text}");
        }
    }

    #[test]
    fn departures_as_people_write_them() {
        let is = |number, is_plain| Count::Is { number, is_plain };
        let words = |text: &str| Count::Words(text.to_owned());
        for (text, want) in [
            ("12", is(12.0, true)),
            ("１２", is(12.0, true)),
            ("2.5", is(2.5, true)),
            ("0", is(0.0, true)),
            ("12班/日", is(12.0, false)),
            ("12班", is(12.0, false)),
            ("12趟", is(12.0, false)),
            ("每日12班", is(12.0, false)),
            ("约12", is(12.0, false)),
            ("约１２班次", is(12.0, false)),
            ("12 trips a day", is(12.0, false)),
            ("十二班", is(12.0, false)),
            ("两班", is(2.0, false)),
            ("8-10", Count::Range(8.0, 10.0)),
            ("8～10班", Count::Range(8.0, 10.0)),
            ("8至10", Count::Range(8.0, 10.0)),
            ("不少于8班", Count::AtLeast(8.0)),
            ("8班以上", Count::AtLeast(8.0)),
            ("停运", Count::Suspended),
            ("", Count::Missing),
            (" — ", Count::Missing),
            ("不定", words("不定")),
            ("-3", words("-3")),
            ("10-8", words("10-8")),
            ("每周3班", words("每周3班")),
            ("往返24班", words("往返24班")),
            ("nan", words("nan")),
        ] {
            assert_eq!(trips(text), want, "{text}");
        }
        for (text, want) in [
            ("10分钟", is(10.0, false)),
            ("15-20分", Count::Range(15.0, 20.0)),
            ("每隔30分钟", is(30.0, false)),
            ("1小时", is(60.0, false)),
            ("60", is(60.0, true)),
            ("不定", words("不定")),
        ] {
            assert_eq!(minutes(text), want, "{text}");
        }
    }

    #[test]
    fn times_as_people_write_them() {
        for (text, want) in [
            ("6:30", Some("06:30")),
            ("06：30", Some("06:30")),
            ("6点30分", Some("06:30")),
            ("6时", Some("06:00")),
            ("6点半", Some("06:30")),
            ("0630", Some("06:30")),
            ("6.30", Some("06:30")),
            ("次日0:15", Some("24:15")),
            ("25:99", None),
            ("不定", None),
        ] {
            assert_eq!(time(text).map(|time| time.to_string()).as_deref(), want, "{text}");
        }
    }
}
