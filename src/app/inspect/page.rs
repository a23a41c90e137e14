//! An inspection as a page for the terminal.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use crate::app::inspect::CrsFinding;
use crate::app::inspect::FieldFinding;
use crate::app::inspect::Inspection;
use crate::app::inspect::Kind;
use crate::app::inspect::SaidBy;
use crate::app::inspect::against::Against;
use crate::app::inspect::against::Conclusion;
use crate::app::inspect::against::Hypothesis;
use crate::app::inspect::against::Supposed;
use crate::app::inspect::against::Undecided;
use crate::app::inspect::sides::Sides;
use crate::app::inspect::wide::TOLD;
use crate::base::units::Lang;
use crate::base::units::fixed;
use crate::base::units::readable;
use crate::base::units::thousands;
use crate::io::datum::Datum;
use crate::io::numbers::Form;

/// Issues of one kind that a page shows; all of them are in the JSON.
const ISSUES: usize = 5;
/// Columns before the text of an entry.
const MARGIN: usize = 12;

/// One language of what is said.
#[derive(Clone, Copy)]
struct Say(Lang);

impl Say {
    fn say(self, en: &str, zh: &str) -> String {
        match self.0 {
            Lang::En => en.to_owned(),
            Lang::Zh => zh.to_owned(),
        }
    }
}

/// An inspection as text, ending with a line feed.
pub fn render(inspection: &Inspection, lang: Lang) -> String {
    let say = Say(lang);
    let mut page = Page { lines: Vec::new() };
    let records = say.say("records", "条记录");
    let layer = match &inspection.layer {
        Some(layer) => format!("{}{layer}", say.say(", layer ", "，图层 ")),
        None => String::new(),
    };
    page.lines.push(format!(
        "{}{layer}  {}, {}, {}, {} {records}",
        inspection.path,
        inspection.driver,
        size(inspection.bytes),
        inspection.encoding,
        inspection.records,
    ));
    crs(&inspection.crs, say, &mut page);
    let mut kinds: Vec<String> =
        inspection.geometry.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    if inspection.geometry.without > 0 {
        kinds.push(format!("{} {}", inspection.geometry.without, say.say("without geometry", "无几何")));
    }
    if inspection.geometry.vertices > 0 {
        kinds.push(format!("{} {}", inspection.geometry.vertices, say.say("vertices", "个顶点")));
    }
    if let Some(left_out) = inspection.geometry.left_out {
        kinds.push(format!("{left_out} {}", say.say("left out", "不读取")));
    }
    page.entry(&say.say("geometry", "几何"), &kinds.join(", "));
    page.entry(&say.say("fields", "字段"), &inspection.fields.len().to_string());
    let width = inspection.fields.iter().map(|field| field.name.width()).max().unwrap_or(0).min(30);
    for field in &inspection.fields {
        page.lines.push(format!("    {}  {}", padded(&field.name, width), of_field(field, say)));
    }
    if let Some(code) = &inspection.code_field {
        page.entry(&say.say("code", "代码"), code);
    }
    if let Some(name) = &inspection.name_field {
        page.entry(&say.say("name", "名称"), name);
    }
    let counts: Vec<String> =
        inspection.problems.counts.iter().map(|(code, count)| format!("{count} {code}")).collect();
    let none = say.say("none found", "未发现");
    page.entry(&say.say("problems", "问题"), if counts.is_empty() { &none } else { "" });
    let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
    for issue in &inspection.problems.first {
        let count = shown.entry(issue.code).or_default();
        *count += 1;
        if *count <= ISSUES {
            page.lines.push(format!("    {issue}"));
        }
    }
    if !counts.is_empty() {
        page.lines.push(format!("    {}: {}", say.say("in all", "合计"), counts.join(", ")));
    }
    if let Some(sides) = &inspection.sides {
        of_sides(sides, say, &mut page);
    }
    if let Some(against) = &inspection.against {
        of_comparison(against, say, &mut page);
    }
    page.lines.join("\n") + "\n"
}

/// Overlaps and gaps that a page tells of each kind; all of them are in the JSON, up to ten.
const PLACES: usize = 5;

fn of_sides(sides: &Sides, say: Say, page: &mut Page) {
    let of = |count: u64, m2: f64, none: String, one: &str, some: (&str, &str)| match count {
        0 => none,
        1 => format!("1 {}, {}", say.say(one, some.1), ground(m2)),
        _ => format!("{} {}, {}", thousands(count as f64), say.say(some.0, some.1), ground(m2)),
    };
    let overlaps =
        of(sides.overlaps, sides.overlaps_m2, say.say("no overlaps", "无重叠"), "overlap", ("overlaps", "处重叠"));
    let gaps = of(sides.gaps, sides.gaps_m2, say.say("no gaps", "无空隙"), "gap", ("gaps", "处空隙"));
    let text = format!("{overlaps}; {gaps}");
    page.entry(&say.say("areas", "面"), &format!("{text} ({})", sides.plane));
    if sides.scale_error_percent > TOLD * 100.0 {
        let percent = fixed(sides.scale_error_percent, 2);
        let text = match sides.is_on_ellipsoid {
            false => say.say(
                &format!("warning: in this plane lengths are off by up to {percent} %"),
                &format!("警告：该投影面内的长度误差最大为 {percent} %"),
            ),
            true => say.say(
                &format!(
                    "warning: no plane fits areas so far apart; in this one lengths are off by up to {percent} %, and lengths and areas are \
                     told as on the ellipsoid"
                ),
                &format!("警告：范围过大，没有合适的投影；该投影面内的长度误差最大为 {percent} %，长度和面积按椭球面给出"),
            ),
        };
        page.entry("", &text);
    }
    let parts = [
        of(sides.slivers, sides.slivers_m2, String::new(), "sliver among them", ("slivers among them", "处为狭长图斑")),
        match sides.unmatched_borders {
            0 => String::new(),
            count => {
                let pairs = match count {
                    1 => say.say("pair of borders nearly meets", "对边界未重合"),
                    _ => say.say("pairs of borders nearly meet", "对边界未重合"),
                };
                format!("{count} {pairs}, {} km", fixed(sides.unmatched_m / 1000.0, 1))
            }
        },
        of(sides.exclaves, sides.exclaves_m2, String::new(), "exclave", ("exclaves", "处飞地")),
        of(
            sides.islands,
            sides.islands_m2,
            String::new(),
            "part touches no other area",
            ("parts touch no other area", "处孤立部分"),
        ),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() {
        page.entry("", &parts.join("; "));
    }
    let lists = [(say.say("overlap", "重叠"), &sides.largest_overlaps), (say.say("gap", "空隙"), &sides.largest_gaps)];
    for (name, places) in lists {
        for place in places.iter().take(PLACES) {
            page.lines.push(format!(
                "    {name} {}: {}, {} {}, {:.5}° {:.5}°",
                place.areas.join(" – "),
                ground(place.area_m2),
                say.say("mean width", "平均宽"),
                wide(place.width_m),
                place.at[0],
                place.at[1],
            ));
        }
    }
}

/// An area for people.
fn ground(m2: f64) -> String {
    if m2 < 1e5 { format!("{} m²", fixed(m2, 0)) } else { format!("{} km²", fixed(m2 / 1e6, 1)) }
}

/// A width for people.
fn wide(metres: f64) -> String {
    format!("{} m", fixed(metres, if metres < 10.0 { 2 } else { 0 }))
}

struct Page {
    lines: Vec<String>,
}

impl Page {
    fn entry(&mut self, name: &str, text: &str) {
        self.lines.push(format!("  {}{text}", padded(name, MARGIN)).trim_end().to_owned());
    }
}

/// Filled up with spaces to a width on the terminal, where Chinese characters take two columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

fn crs(finding: &CrsFinding, say: Say, page: &mut Page) {
    let by = match finding.said_by {
        SaidBy::Option => say.say("as asked for", "按指定"),
        SaidBy::File => say.say("named by the file", "文件自述"),
        SaidBy::Format => say.say("fixed by the format, the file does not say", "格式规定，文件未写明"),
        SaidBy::Nobody => say.say("not said", "未写明"),
    };
    // a definition of some lines is known by its name
    let said = finding.said.as_ref().map(|said| match said.find('[') {
        Some(at) if said.len() > 40 => match finding.epsg {
            Some(code) => format!("EPSG:{code}, {} {}[…]", say.say("written as", "写作"), &said[..at]),
            None => format!("{}[…]", &said[..at]),
        },
        _ => said.clone(),
    });
    let mut text = match (&said, &finding.name) {
        (Some(said), Some(name)) if said != name => format!("{name} ({said}), {by}"),
        (Some(said), _) => format!("{said}, {by}"),
        _ => by,
    };
    if let Some(datum) = finding.datum {
        text.push_str(&format!(", {} {}", say.say("datum", "基准"), datum_name(datum)));
    }
    page.entry(&say.say("CRS", "坐标系"), &text);
    if let Some(form) = finding.looks_like {
        // what numbers look like says nothing against a CRS that is known and that they fit
        let is_known = finding.name.is_some() && finding.doubt.is_none() && finding.said_by != SaidBy::Nobody;
        let is_named = finding.said_by == SaidBy::File && finding.name.is_none();
        let mut text = match form {
            Form::Zone { .. } | Form::PrefixedZone { .. } | Form::Other if is_known => {
                say.say("fit the CRS", "与坐标系相符")
            }
            Form::Zone { .. } if is_named => say.say("metres of some plane", "某平面坐标，米"),
            form => of_form(form, say),
        };
        if finding.looks_like_percent < 100.0 {
            text.push_str(&format!(" ({} %)", finding.looks_like_percent));
        }
        if !finding.candidates.is_empty() {
            let codes: Vec<String> = finding.candidates.iter().map(|code| format!("EPSG:{code}")).collect();
            text.push_str(&format!("; {} {}", say.say("may be", "可能是"), codes.join(", ")));
        }
        page.entry(&say.say("numbers", "数值"), &text);
    }
    if let Some(doubt) = &finding.doubt {
        page.entry(&say.say("doubt", "存疑"), doubt);
    }
    if let Some([west, south, east, north]) = finding.extent {
        let numbers = |values: [f64; 2]| match finding.looks_like {
            Some(Form::Degrees | Form::DegreesInChina | Form::DegreesNorthFirst) => {
                format!("{:.5} … {:.5}", values[0], values[1])
            }
            _ if values.iter().any(|value| value.abs() >= 1e18) => {
                format!("{} … {}", readable(values[0]), readable(values[1]))
            }
            _ => format!("{:.1} … {:.1}", values[0], values[1]),
        };
        let text = format!("x {}, y {}", numbers([west, east]), numbers([south, north]));
        page.entry(&say.say("extent", "范围"), &text);
        if let Some([west, south, east, north]) = finding.degrees
            && finding.extent != finding.degrees
            && !matches!(finding.looks_like, Some(Form::Degrees | Form::DegreesInChina))
        {
            page.entry("", &format!("{west:.4}° … {east:.4}° E, {south:.4}° … {north:.4}° N"));
        }
    }
}

fn of_form(form: Form, say: Say) -> String {
    let order = |north_first| {
        if north_first {
            say.say(", northing first: exchange x and y", "，北坐标在前：请交换 x 与 y")
        } else {
            String::new()
        }
    };
    match form {
        Form::DegreesInChina => say.say("degrees in China, longitude first", "中国境内经纬度，经度在前"),
        Form::Degrees => say.say("degrees, longitude first", "经纬度，经度在前"),
        Form::DegreesNorthFirst => {
            say.say("degrees, latitude first: exchange x and y", "经纬度，纬度在前：请交换 x 与 y")
        }
        Form::PrefixedZone { zone, width_degrees, north_first } => {
            let en = format!("metres of the {width_degrees}-degree Gauss–Krüger zone {zone}, number in front");
            let zh = format!("高斯-克吕格 {width_degrees} 度带第 {zone} 带（带号前缀），米");
            say.say(&en, &zh) + &order(north_first)
        }
        Form::Zone { north_first } => {
            say.say("metres of a Gauss–Krüger or UTM zone without number", "高斯-克吕格或 UTM 带（无带号），米")
                + &order(north_first)
        }
        Form::WebMercator => say.say("metres of Web Mercator: not to be measured in", "Web 墨卡托，米：不可用于量测"),
        Form::Other => say.say("neither degrees nor a usual zone", "既非经纬度，也非常见分带"),
    }
}

fn kind_name(kind: Kind, say: Say) -> String {
    match kind {
        Kind::Empty => say.say("empty", "空"),
        Kind::YesNo => say.say("yes or no", "是否"),
        Kind::WholeNumber => say.say("whole number", "整数"),
        Kind::Number => say.say("number", "数值"),
        Kind::Code => say.say("code", "代码"),
        Kind::Text => say.say("text", "文本"),
    }
}

fn of_field(field: &FieldFinding, say: Say) -> String {
    let mut kind = kind_name(field.kind, say);
    if let Some(declared) = field.declared.filter(|declared| *declared != field.kind) {
        kind = format!("{kind} ({} {})", say.say("declared", "声明为"), kind_name(declared, say));
    }
    let more = if field.distinct_at_least { "≥ " } else { "" };
    let mut text = format!("{kind}, {more}{} {}", field.distinct, say.say("different", "个不同值"));
    if field.nulls > 0 {
        text.push_str(&format!(", {} {}", field.nulls, say.say("empty", "个空值")));
    }
    if let Some([least, most]) = field.range {
        text.push_str(&format!(", {} … {}", readable(least), readable(most)));
    } else if !field.samples.is_empty() {
        let rest = if field.distinct > field.samples.len() as u64 { ", …" } else { "" };
        text.push_str(&format!(": {}{rest}", field.samples.join(", ")));
    }
    text
}

fn datum_name(datum: Datum) -> &'static str {
    match datum {
        Datum::Wgs84 => "WGS 84",
        Datum::Cgcs2000 => "CGCS2000",
        Datum::Gcj02 => "GCJ-02",
        Datum::Bd09 => "BD-09",
    }
}

fn metres(value: f64) -> String {
    format!("{} m", fixed(value, if value.abs() < 9.95 { 1 } else { 0 }))
}

/// `508 m off as it stands (465 m east, 205 m south)`.
fn offset(against: &Against, say: Say) -> Option<String> {
    let shift = against.shift()?;
    let east = if shift.east_m >= 0.0 { say.say("east", "向东") } else { say.say("west", "向西") };
    let north = if shift.north_m >= 0.0 { say.say("north", "向北") } else { say.say("south", "向南") };
    let (x, y) = (metres(shift.east_m.abs()), metres(shift.north_m.abs()));
    let length = metres(shift.east_m.hypot(shift.north_m));
    let en = format!("{length} off as it stands ({x} {east}, {y} {north})");
    let zh = format!("现状偏移 {length}（{east} {x}，{north} {y}）");
    Some(say.say(&en, &zh))
}

fn of_comparison(against: &Against, say: Say, page: &mut Page) {
    page.entry(&say.say("against", "对照"), &against.reference);
    let offset = offset(against, say).map(|text| text + &say.say(", ", "，")).unwrap_or_default();
    let after = |believed: Option<&Hypothesis>| {
        believed
            .and_then(|hypothesis| hypothesis.median_m)
            .map(|after| {
                let after = metres(after);
                say.say(&format!("{after} after correction; "), &format!("改正后 {after}；"))
            })
            .unwrap_or_default()
    };
    let text = match &against.conclusion {
        Conclusion::FitsAsItStands => {
            say.say("fits as it stands: no sign of another datum", "现状相符：无其他基准的迹象")
        }
        Conclusion::LooksLike { datum } => {
            let (name, key, after) = (datum_name(*datum), datum.name(), after(against.believed()));
            say.say(
                &format!("looks like {name}: {offset}{after}declare datum = \"{key}\""),
                &format!("疑为 {name}：{offset}{after}请写 datum = \"{key}\""),
            )
        }
        Conclusion::ReferenceLooksLike { datum } => {
            let (name, key) = (datum_name(*datum), datum.name());
            say.say(
                &format!("{offset}but it is the reference that looks like {name}: declare datum = \"{key}\" there"),
                &format!("{offset}但疑为对照文件是 {name}：请在该文件处写 datum = \"{key}\""),
            )
        }
        Conclusion::IsIn { crs, datum } => {
            let shifted = matches!(datum, Datum::Gcj02 | Datum::Bd09);
            let key = if shifted { format!(", datum = \"{}\"", datum.name()) } else { String::new() };
            say.say(
                &format!("fits in {crs}: declare crs = \"{crs}\"{key}"),
                &format!("与 {crs} 相符：请写 crs = \"{crs}\"{key}"),
            )
        }
        Conclusion::Undecided { why } => {
            let why = match why {
                Undecided::NoCrs => {
                    say.say("no CRS to start from; give one with --crs", "无坐标系可依；请用 --crs 给出")
                }
                Undecided::TooFewNear => {
                    say.say("too little of it lies within 3 km of anything there", "距对照文件 3 km 以内的内容太少")
                }
                Undecided::NotClear => {
                    say.say("no datum fits clearly better than the others", "没有哪个基准明显更相符")
                }
                Undecided::PointsInAreas => say.say(
                    "points in areas show no shift unless they carry the areas' codes; compare with points or lines",
                    "面内的点若不带面的代码则看不出偏移；请与点或线对照",
                ),
            };
            say.say(&format!("undecided: {why}"), &format!("无法判断：{why}"))
        }
    };
    page.lines.push(format!("    {text}"));
    for hypothesis in against.hypotheses.iter().filter(|_| against.compared > 0) {
        let figure = match (hypothesis.median_m, hypothesis.ninetieth_m, hypothesis.in_own_area) {
            (Some(median), Some(ninetieth), _) => say.say(
                &format!("middle distance {}, nine of ten within {}", metres(median), metres(ninetieth)),
                &format!("距离中位数 {}，九成在 {} 以内", metres(median), metres(ninetieth)),
            ),
            (.., Some(hits)) => say.say(
                &format!("{hits} of {} points in the area they name", against.compared),
                &format!("{} 个点中 {hits} 个落在所标代码的面内", against.compared),
            ),
            _ => continue,
        };
        let supposed = match hypothesis.supposed {
            _ if hypothesis.as_declared => say.say("as it stands", "现状"),
            Supposed::File(datum) => format!("{} ({})", datum_name(datum), hypothesis.crs),
            Supposed::Reference(datum) => {
                say.say(&format!("reference in {}", datum_name(datum)), &format!("对照文件为 {}", datum_name(datum)))
            }
        };
        page.lines.push(format!("    {}  {figure}", padded(&supposed, 24)));
    }
    let shift = |name: String, shift: &crate::app::inspect::against::Shift| {
        let (east, north, from) = (shift.east_m, shift.north_m, shift.from);
        format!("    {name}: {east:+.1} m E, {north:+.1} m N ({from})")
    };
    page.lines.extend(
        against.same_codes.iter().map(|found| shift(say.say("areas of the same code lie", "同代码面的偏移"), found)),
    );
    page.lines.extend(against.slid.iter().map(|found| shift(say.say("borders lie", "边界的偏移"), found)));
}
