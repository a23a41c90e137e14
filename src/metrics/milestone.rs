//! Steps that are taken or not: reported as done, of the whole area or region by region.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::belonging::judged_regions;
use crate::metrics::belonging::whole_areas;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::reported::Series;
use crate::metrics::reported::evidence;
use crate::metrics::reported::tables;
use crate::model::region::Level;
use crate::model::reported::Reported;
use crate::model::study::Study;

/// `measure.milestone`: the share of what was to be done that is reported as done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Milestone {
    /// The regions that are to do it, by their level; left out, it is done once for the whole area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Codes of those that are to do it; left out, all judged regions of the level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// As the column `indicator` of the reported values calls it; left out, the id of the indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
}

/// Whether a report says that it is done.
fn done(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "yes" | "done" | "true" | "1" | "是" | "已完成" | "完成" => Ok(true),
        "no" | "not done" | "under way" | "false" | "0" | "否" | "未完成" | "进行中" => Ok(false),
        _ => Err(format!("\"{text}\" is neither done nor not done; write yes or no (是, 否)")),
    }
}

/// A report of a region that has nothing to do, or of the whole area where regions are asked.
fn not_asked(one: &Reported, level: Level) -> Issue {
    let what = format!(
        "counts for nothing: the step is asked of {level} regions that are to take it; report each by its code"
    );
    let mut issue = Issue::new(Severity::Warning, "not-asked", one.file.clone(), what).with_id(&one.series);
    (issue.record, issue.field) = (Some(one.record), Some("region".to_owned()));
    issue
}

impl Milestone {
    /// Those that are to do it, by code.
    fn asked(&self, study: &Study, level: Level) -> Result<Vec<RegionIdx>, MetricError> {
        let all = judged_regions(study, &[level]).into_iter().map(|(_, region)| region);
        if self.regions.is_empty() {
            return Ok(all.collect());
        }
        let wanted: BTreeSet<&str> = self.regions.iter().map(String::as_str).collect();
        let found: Vec<RegionIdx> = all.filter(|it| wanted.contains(study.regions.get(*it).code.as_str())).collect();
        let known: BTreeSet<&str> = found.iter().map(|it| study.regions.get(*it).code.as_str()).collect();
        match wanted.difference(&known).next() {
            Some(code) => Err(MetricError::Missing {
                what: format!("no judged region of level {level} has the code \"{code}\""),
                instead: "look at the codes in the file of regions".to_owned(),
            }),
            None => Ok(found),
        }
    }
}

impl Metric for Milestone {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        let study = context.study;
        let name = self.series.as_deref().unwrap_or(context.id);
        let series = Series::read(study, name, done)?;
        let mut idle = Vec::new();
        let share = |regions: &[Option<RegionIdx>]| {
            let state = |region: &Option<RegionIdx>| {
                series.newest(*region).filter(|_| series.doubt(*region).is_none()).map(|(_, done)| *done)
            };
            let states: Vec<Option<bool>> = regions.iter().map(state).collect();
            let count = |state| states.iter().filter(|it| **it == state).count() as f64;
            let (done, not, unknown) = (count(Some(true)), count(Some(false)), count(None));
            let figure = Figure::share(done, done + not, unknown);
            if unknown == 0.0 {
                return figure;
            }
            if let Some(doubt) = regions.iter().find_map(|region| series.doubt(*region)) {
                return figure.because(doubt);
            }
            figure.because(match regions.len() {
                1 => Text::new("nothing was reported", "无上报数据"),
                all => Text::new(
                    format!("of {unknown} of {all} nothing was reported"),
                    format!("{all}个中有{unknown}个无上报数据"),
                ),
            })
        };
        let (headline, regions) = match self.level {
            None => (share(&[None]), Vec::new()),
            Some(level) => {
                let asked = self.asked(study, level)?;
                let whole = whole_areas(study);
                // what is said of a region that is the whole area is said of that
                let of = |region: &RegionIdx| Some(*region).filter(|region| !whole.contains(region));
                let all: Vec<Option<RegionIdx>> = asked.iter().map(of).collect();
                for (_, of_region) in series.values.iter().filter(|(region, _)| !all.contains(region)) {
                    idle.extend(of_region.iter().map(|(one, _)| not_asked(one, level)));
                }
                let within = |above: RegionIdx, at: Level| -> Vec<Option<RegionIdx>> {
                    let inside = asked.iter().filter(|it| study.regions.ancestor(**it, at) == Some(above));
                    inside.map(of).collect()
                };
                let mut levels = if context.over.is_empty() { vec![level] } else { context.over.to_vec() };
                levels.retain(|at| *at <= level);
                let regions = if levels.is_empty() { Vec::new() } else { judged_regions(study, &levels) };
                let regions = regions.into_iter().map(|(at, region)| RegionFigure {
                    region,
                    level: at,
                    figure: share(&within(region, at)),
                });
                // a region that is not asked has nothing to do
                (share(&all), regions.collect())
            }
        };
        let mut notes = Vec::new();
        if !series.values.is_empty() {
            notes.push(Text::new("as reported, not measured", "上报数据，非本程序量测"));
        }
        if series.not_judged > 0 {
            notes.push(Text::new(
                format!("{} rows are of regions that are not judged and are left out", series.not_judged),
                format!("{}行属于不参与评价的区域，未计入", series.not_judged),
            ));
        }
        Ok(Output {
            headline,
            notes,
            evidence: evidence(study, &series),
            tables: tables(context, &series, &regions, FigureUnit::Share),
            regions,
            synthetic: series.synthetic,
            issues: series.issues.into_iter().chain(idle).collect(),
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        match self.level {
            None if !self.regions.is_empty() => Err(MetricError::Parameter {
                key: "regions",
                what: "regions are named without their level; add level = \"county\" or another".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::done;

    #[test]
    fn done_is_said_in_two_languages_and_anything_else_is_refused() {
        for text in ["yes", "Done", " 是 ", "已完成"] {
            assert_eq!(done(text), Ok(true), "{text}");
        }
        for text in ["no", "under way", "否", "进行中"] {
            assert_eq!(done(text), Ok(false), "{text}");
        }
        assert!(done("maybe").unwrap_err().contains("maybe"));
    }
}
