//! Values that somebody reported: read, dated, compared with the target, and not measured here.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Moment;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::belonging::judged_regions;
use crate::metrics::belonging::whole_areas;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::layer;
use crate::metrics::reach_layers::quartiles;
use crate::model::dropped::Dropped;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::model::region::Level;
use crate::model::reported::Reported;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::rising;

/// `measure.reported`: the newest value that was reported of each region and of the whole area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReportedValue {
    /// What the values are: `share` (written `91.3 %`), `metres` (`12 km`), `seconds` (`15 min`), `rate` (`2.5 per 1000`), or `amount`
    /// (a plain number).
    pub unit: FigureUnit,
    /// As the column `indicator` of the reported values calls it; left out, the id of the indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Whether the target holds in every year; the config says so of the target.
    #[serde(skip)]
    pub every_year: Option<EveryYear>,
}

/// A promise for every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EveryYear {
    /// Whether the lowest year is the worst, or the highest.
    pub lowest_is_worst: bool,
    /// Years that ended before this day are shown, and not judged.
    pub from: Option<Date>,
}

/// The values of one series by region, `None` being the whole judged area, each list with the oldest first; and what is wrong with them.
///
/// Of two values for one region and day the first stays, and the other is an issue. Values for a region that is not judged are left out, and
/// counted.
pub(crate) struct Series<'a, V> {
    pub values: BTreeMap<Option<RegionIdx>, Vec<(&'a Reported, V)>>,
    pub issues: Vec<Issue>,
    pub not_judged: usize,
    pub synthetic: bool,
    /// Rows that can not be used and say a value: each may be the newest of what it is of.
    refused: Vec<Refused<'a>>,
}

/// A row that can not be used.
struct Refused<'a> {
    file: &'a str,
    record: u64,
    /// `None` where nobody knows of which region it is.
    region: Option<Option<RegionIdx>>,
    /// `None` where nobody knows of which day it is.
    day: Option<Date>,
}

impl<'a, V> Series<'a, V> {
    /// Reads each value of the series by `parse`; what it refuses is an issue with its words.
    pub fn read(
        study: &'a Study,
        series: &str,
        parse: impl Fn(&str) -> Result<V, String>,
    ) -> Result<Series<'a, V>, MetricError> {
        let reported = study.reported.as_ref().ok_or_else(|| MetricError::Missing {
            what: "the study has no reported values".to_owned(),
            instead: "give a table: [study] reported = { path = \"….csv\" }".to_owned(),
        })?;
        let whole = whole_areas(study);
        let mut found = Series {
            values: BTreeMap::new(),
            issues: Vec::new(),
            not_judged: 0,
            synthetic: false,
            refused: left_out(study, series, &whole),
        };
        for one in reported.iter().filter(|one| one.series == series) {
            let wrong = |code, what: String| {
                let mut issue = Issue::new(Severity::Error, code, one.file.clone(), what).with_id(&one.series);
                (issue.record, issue.field) = (Some(one.record), Some("value".to_owned()));
                issue
            };
            if one.region.is_some_and(|region| !study.regions.get(region).judged) {
                found.not_judged += 1;
                continue;
            }
            let value = match parse(&one.value) {
                Ok(value) => value,
                Err(what) => {
                    found.issues.push(wrong("not-a-value", what));
                    let region = one.region.filter(|region| !whole.contains(region));
                    found.refused.push(Refused {
                        file: &one.file,
                        record: one.record,
                        region: Some(region),
                        day: Some(one.day),
                    });
                    continue;
                }
            };
            let region = one.region.filter(|region| !whole.contains(region));
            let of_region = found.values.entry(region).or_default();
            if let Some((first, _)) = of_region.iter().find(|(other, _)| other.day == one.day) {
                let what = format!(
                    "a value for this region and day ({}) stands at record {} already, which is used",
                    one.day_text, first.record
                );
                found.issues.push(wrong("reported-twice", what));
                continue;
            }
            found.synthetic |= one.synthetic;
            of_region.push((one, value));
        }
        for of_region in found.values.values_mut() {
            of_region.sort_by_key(|(one, _)| one.day);
        }
        Ok(found)
    }

    /// The newest value of a region, of those that can be used.
    pub fn newest(&self, region: Option<RegionIdx>) -> Option<&(&'a Reported, V)> {
        self.values.get(&region)?.last()
    }

    /// Why the newest value of a region may be another: a row that can not be used may be as new.
    pub fn doubt(&self, region: Option<RegionIdx>) -> Option<Text> {
        let newest = self.values.get(&region).and_then(|values| values.last()).map(|(one, _)| one.day);
        let may_be_newest = |one: &&Refused<'_>| match (one.region, one.day, newest) {
            (Some(own), ..) if own != region => false,
            // nobody knows of which region it is: one that has a value of that day has none to miss
            (None, Some(day), Some(newest)) => region.is_some() && day > newest,
            (None, Some(_), None) => false,
            (None, None, _) => true,
            (Some(_), day, newest) => day.zip(newest).is_none_or(|(day, newest)| day >= newest),
        };
        let one = self.refused.iter().find(may_be_newest)?;
        let (record, file) = (one.record, one.file);
        Some(Text::new(
            format!("record {record} of {file} may be the newest report, and can not be used"),
            format!("{file} 第 {record} 条记录可能是最新上报，但无法使用"),
        ))
    }
}

/// Rows of a series, or of nobody knows which, that were left out when they were read.
fn left_out<'a>(study: &'a Study, series: &str, whole: &[RegionIdx]) -> Vec<Refused<'a>> {
    let refused = |one: &'a Dropped| {
        let Lost::Reported { series: own, day, is_whole } = &one.what else { return None };
        if own.as_deref().is_some_and(|own| own != series) {
            return None;
        }
        let region = match one.home {
            _ if *is_whole => Some(None),
            Home::In(home) => Some(Some(home).filter(|home| !whole.contains(home))),
            Home::Elsewhere | Home::Unknown => None,
        };
        Some(Refused { file: &one.source, record: one.record?, region, day: *day })
    };
    study.dropped.iter().filter_map(refused).collect()
}

/// How a value of a unit is written.
pub fn example(unit: FigureUnit) -> &'static str {
    match unit {
        FigureUnit::Share => "91.3 %",
        FigureUnit::Metres => "12 km",
        FigureUnit::Seconds => "15 min",
        FigureUnit::Rate => "2.5 per 1000",
        FigureUnit::Amount => "40000",
    }
}

/// A value of a unit: its bare number in the unit of figures.
fn parse(text: &str, unit: FigureUnit) -> Result<f64, String> {
    let plain = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    let value = match unit {
        FigureUnit::Share => text.parse::<Share>().ok().map(|share| share.0),
        FigureUnit::Metres => text.parse::<Metres>().ok().map(|length| length.0),
        FigureUnit::Seconds => text.parse::<Seconds>().ok().map(|time| time.0),
        FigureUnit::Rate => text.split_once("per").and_then(|(supply, people)| {
            let people = plain(people).filter(|people| *people > 0.0)?;
            Some(plain(supply)? / people)
        }),
        FigureUnit::Amount => plain(text),
    };
    value.ok_or_else(|| format!("\"{text}\" is no such value; write it like {}", example(unit)))
}

/// The newest value of a year, and that of each year between that nobody reported.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Year {
    year: i16,
    value: Option<f64>,
    is_judged: bool,
}

impl ReportedValue {
    /// The figure of one region, or of the whole area: the newest value, or the worst year's where every year is judged.
    fn figure_of(&self, values: Option<&Vec<(&Reported, f64)>>) -> Figure {
        let Some(every) = self.every_year else {
            return self.figure(values.and_then(|values| values.last()).map(|(_, value)| *value));
        };
        let years = every.years(values.map_or(&[], Vec::as_slice));
        let judged = years.iter().filter(|year| year.is_judged);
        let known = judged.clone().filter_map(|year| Some((year.year, year.value?)));
        let worst = known.min_by(|a, b| if every.lowest_is_worst { a.1.total_cmp(&b.1) } else { b.1.total_cmp(&a.1) });
        let mut figure = self.figure(worst.map(|(_, value)| value));
        let missing: Vec<String> =
            judged.filter(|year| year.value.is_none()).map(|year| year.year.to_string()).collect();
        if let Some((_, value)) = worst.filter(|_| !missing.is_empty()) {
            // what nobody reported may be worse, never better
            (figure.bounds, figure.least) =
                if every.lowest_is_worst { (Some((0.0, value)), None) } else { (None, Some(value)) };
            return figure.because(Text::new(
                format!("nothing was reported of {}", missing.join(", ")),
                format!("{}年无上报数据", missing.join("、")),
            ));
        }
        figure
    }

    /// One row for each year of the whole area.
    fn rows_of_years(&self, values: Option<&Vec<(&Reported, f64)>>) -> Vec<Variant> {
        let Some(every) = self.every_year else { return Vec::new() };
        let row = |year: Year| Variant {
            code: year.year.to_string(),
            label: match (year.value, year.is_judged) {
                (None, _) => Text::new("nothing reported", "未上报"),
                (Some(_), true) => Text::new("as reported", "上报值"),
                (Some(_), false) => Text::new("before the promise", "早于承诺，不评价"),
            },
            figure: self.figure(year.value),
            others: Vec::new(),
            informative_only: !year.is_judged,
        };
        every.years(values.map_or(&[], Vec::as_slice)).into_iter().map(row).collect()
    }
}

impl EveryYear {
    /// The years from the first to the last value, which stand with the oldest first; of several values of a year the newest.
    fn years(self, values: &[(&Reported, f64)]) -> Vec<Year> {
        let newest: BTreeMap<i16, f64> = values.iter().map(|(one, value)| (one.day.year(), *value)).collect();
        let is_judged = |year: i16| self.from.is_none_or(|from| year >= from.year());
        let (Some((first, _)), Some((last, _))) = (newest.first_key_value(), newest.last_key_value()) else {
            return Vec::new();
        };
        (*first..=*last)
            .map(|year| Year { year, value: newest.get(&year).copied(), is_judged: is_judged(year) })
            .collect()
    }
}

impl ReportedValue {
    fn figure(&self, value: Option<f64>) -> Figure {
        match value {
            Some(value) => {
                Figure { unit: self.unit, value: Some(value), bounds: Some((value, value)), ..Figure::default() }
            }
            None => Figure::no_data(self.unit, "nothing was reported", "无上报数据"),
        }
    }
}

/// Who said so and when.
fn said(one: &Reported) -> (String, String) {
    let (source_en, source_zh) = match one.source.as_str() {
        "" => ("no source given".to_owned(), "未注明来源".to_owned()),
        source => (source.to_owned(), source.to_owned()),
    };
    (
        format!("{} ({}; {source_en})", one.value, one.day_text),
        format!("{}（{}；{source_zh}）", one.value, one.day_text),
    )
}

impl Metric for ReportedValue {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        let study = context.study;
        let name = self.series.as_deref().unwrap_or(context.id);
        let series = Series::read(study, name, |text| parse(text, self.unit))?;
        let whole = whole_areas(study);
        // what the newest row says is not known where that one can not be used
        let figure_of = |region: Option<RegionIdx>| {
            let figure = self.figure_of(series.values.get(&region));
            match series.doubt(region) {
                Some(doubt) => Figure { bounds: None, is_open: figure.value.is_some(), ..figure }.because(doubt),
                None => figure,
            }
        };
        let mut headline = figure_of(None);
        let reporting: Vec<RegionIdx> = series.values.keys().copied().flatten().collect();
        if headline.value.is_none() && series.doubt(None).is_none() {
            headline.reason = Some(match reporting.len() {
                0 if series.values.contains_key(&None) => Text::new(
                    format!("no value of \"{name}\" is of a year that the promise holds for"),
                    format!("指标“{name}”没有承诺期内年份的数值"),
                ),
                0 => Text::new(
                    format!("no value of \"{name}\" was reported"),
                    format!("上报数据中没有指标“{name}”的数值"),
                ),
                count => Text::new(
                    format!("{count} regions report a value, none the whole area; values of regions are not averaged"),
                    format!("有{count}个区域上报，但无全域数值；不对各区域数值取平均"),
                ),
            });
        }
        let level_of = |region: &RegionIdx| study.regions.get(*region).level;
        let mut levels = context.over.to_vec();
        if levels.is_empty() {
            levels = reporting.iter().map(level_of).collect();
        }
        let regions: Vec<RegionFigure> = match levels[..] {
            [] => Vec::new(),
            _ => judged_regions(study, &levels)
                .into_iter()
                .map(|(level, region)| {
                    let of = Some(region).filter(|region| !whole.contains(region));
                    RegionFigure { region, level, figure: figure_of(of) }
                })
                .collect(),
        };
        let history = series.values.get(&None).into_iter().flatten();
        let history = history.map(|(one, value)| Moment { day: one.day, value: *value }).collect();
        let mut notes = notes(study, &series);
        if let Some(every) = self.every_year {
            let (en, zh) = if every.lowest_is_worst { ("lowest", "最低") } else { ("highest", "最高") };
            notes.push(Text::new(
                format!(
                    "the promise holds in every year: the figure is the {en} year's, and one year that misses is a miss"
                ),
                format!("每年均须达到：数值取{zh}年份，任一年未达到即为未达标"),
            ));
        }
        Ok(Output {
            headline,
            history,
            notes,
            variants: self.rows_of_years(series.values.get(&None)),
            evidence: evidence(study, &series),
            tables: tables(context, &series, &regions, self.unit),
            regions,
            synthetic: series.synthetic,
            issues: series.issues,
            ..Output::default()
        })
    }
}

/// What a reader must know: that it was reported, by whom and when; and what was left out.
fn notes<V>(study: &Study, series: &Series<'_, V>) -> Vec<Text> {
    let mut notes = Vec::new();
    if let Some((one, _)) = series.newest(None) {
        let (en, zh) = said(one);
        notes.push(Text::new(format!("as reported, not measured: {en}"), format!("上报数据，非本程序量测：{zh}")));
    } else if !series.values.is_empty() {
        notes.push(Text::new("as reported, not measured", "上报数据，非本程序量测"));
    }
    if series.not_judged > 0 {
        let count = series.not_judged;
        notes.push(Text::new(
            format!("{count} rows are of regions that are not judged and are left out"),
            format!("{count}行属于不参与评价的区域，未计入"),
        ));
    }
    let days: Vec<_> = series
        .values
        .iter()
        .filter(|(region, _)| region.is_some_and(|region| study.regions.get(region).level <= Level::County))
        .filter_map(|(_, of_region)| Some(of_region.last()?.0))
        .collect();
    let (oldest, newest) = (days.iter().min_by_key(|one| one.day), days.iter().max_by_key(|one| one.day));
    if let (Some(oldest), Some(newest)) = (oldest, newest)
        && oldest.day != newest.day
    {
        let (from, to) = (&oldest.day_text, &newest.day_text);
        notes.push(Text::new(
            format!("the regions' newest values are of different days: {from} to {to}"),
            format!("各区域最新数值的日期不同：{from}至{to}"),
        ));
    }
    notes
}

/// The key of the whole area among codes of regions.
pub(crate) const WHOLE: &str = "whole-area";

/// One line for each value, the newest of a region first.
pub(crate) fn evidence<V>(study: &Study, series: &Series<'_, V>) -> Vec<Evidence> {
    let mut lines = Vec::new();
    for (region, values) in &series.values {
        let (code, name) = match region {
            Some(region) => {
                let region = study.regions.get(*region);
                (region.code.clone(), region.name.clone())
            }
            None => (WHOLE.to_owned(), WHOLE.to_owned()),
        };
        for (nth, (one, _)) in values.iter().rev().enumerate() {
            let (en, zh) = said(one);
            let (en_name, zh_name) = match region {
                Some(_) => (format!("{name} ({code})"), format!("{name}（{code}）")),
                None => ("the whole area".to_owned(), "全域".to_owned()),
            };
            lines.push(Evidence {
                key: if nth == 0 { code.clone() } else { format!("{code}@{}", one.day_text) },
                state: if nth == 0 { "reported" } else { "earlier" },
                about: vec![code.clone(), name.clone()],
                text: Text::new(format!("{en_name}: {en}"), format!("{zh_name}：{zh}")),
            });
        }
    }
    lines
}

/// All values as a list, and the regions by their newest one.
pub(crate) fn tables<V>(
    context: &Context<'_>,
    series: &Series<'_, V>,
    regions: &[RegionFigure],
    unit: FigureUnit,
) -> Vec<Table> {
    let study = context.study;
    let make = |suffix: &str, en: &str, zh: &str| {
        layer::blank(
            context,
            suffix,
            (en, zh),
            GeometryKind::None,
            (Text::new("as reported, not measured", "上报数据，非本程序量测"), series.synthetic),
        )
    };
    let mut list = make("reported", "reported values", "上报数值");
    list.fields = vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("date", FieldKind::Text, "Date", "日期"),
        Field::new("value", FieldKind::Text, "Value", "数值"),
        Field::new("source", FieldKind::Text, "Source", "来源"),
    ];
    for (region, values) in &series.values {
        let region = region.map(|region| study.regions.get(region));
        for (one, _) in values {
            list.rows.push(Row {
                geometry: None,
                values: vec![
                    region.map(|region| region.code.as_str()).into(),
                    region.map(|region| region.name.as_str()).into(),
                    one.day_text.as_str().into(),
                    one.value.as_str().into(),
                    Some(one.source.as_str()).filter(|source| !source.is_empty()).into(),
                ],
            });
        }
    }
    let mut map = make("regions", "by region", "分区结果");
    map.geometry = GeometryKind::MultiPolygon;
    map.fields = layer::region_fields();
    let scale = if unit == FigureUnit::Rate { 1000.0 } else { 1.0 };
    map.rows = layer::region_rows(study, regions, scale, &|_| Vec::new());
    let classes = match unit {
        FigureUnit::Share => layer::rate_classes("value", context.target_share.map(|share| share.0)),
        _ => {
            let words = match unit {
                FigureUnit::Metres => ("m", "米"),
                FigureUnit::Seconds => ("s", "秒"),
                FigureUnit::Rate => ("per 1000", "/千"),
                _ => ("", ""),
            };
            rising("value", &quartiles(layer::known_values(&map)), words, &|_, color| layer::region_fill(color))
        }
    };
    map.style = Some(layer::region_style(classes, Some("label")));
    // a map on which nobody says anything is none
    if regions.iter().all(|found| found.figure.value.is_none()) {
        map.rows.clear();
    }
    let mut tables = vec![map, list];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_in_the_unit_that_the_indicator_wants() {
        assert_eq!(parse("91.3 %", FigureUnit::Share), Ok(0.913));
        assert_eq!(parse("12 km", FigureUnit::Metres), Ok(12_000.0));
        assert_eq!(parse("15 min", FigureUnit::Seconds), Ok(900.0));
        assert_eq!(parse("2.5 per 1000", FigureUnit::Rate), Ok(0.0025));
        assert_eq!(parse("40000", FigureUnit::Amount), Ok(40_000.0));
        for (text, unit) in [
            ("0.913", FigureUnit::Share),
            ("91.3 km", FigureUnit::Share),
            ("12", FigureUnit::Metres),
            ("2 per 0", FigureUnit::Rate),
            ("40,000", FigureUnit::Amount),
            ("-1", FigureUnit::Amount),
            ("nan", FigureUnit::Amount),
        ] {
            let wrong = parse(text, unit).unwrap_err();
            assert!(wrong.contains(text) && wrong.contains("write it like"), "{wrong}");
        }
    }
}
