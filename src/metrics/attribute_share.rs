//! Share of records of which a field says yes: villages with gas, estates that are renewed, land that is supplied.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::four_digits;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::attribute_layers;
use crate::metrics::attribute_rule::Conditions;
use crate::metrics::attribute_rule::Said;
use crate::metrics::attribute_rule::number;
use crate::metrics::belonging::Whereabouts;
use crate::metrics::belonging::judged_regions;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::homes::Homes;
use crate::metrics::overlay_share::record_layer;
use crate::model::records::Entry;
use crate::model::records::Form;
use crate::model::records::RecordLayer;
use crate::model::region::Level;
use crate::model::study::Study;

/// `measure.attribute-share`: share of records of which a field says yes, or of what is needed by what is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AttributeShare {
    /// A layer of `study.records`.
    pub records: String,
    /// Which records are asked: conditions joined by `&`, e.g. `needs = yes & built_year <= 2000`; left out, all. A field may have several
    /// names, of which the first that the records have is read: `建成年份|built_year <= 2000`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// When a record counts: conditions joined by `&`, e.g. `gas = yes|是`, `union_id = *`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yes: Option<String>,
    /// Field of a number that a record weighs, e.g. `ha` or `population`; left out, each is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Field of the number that is done, over `needed`, instead of `yes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    /// Field of the number that is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<String>,
    /// Values that mean that nothing is known, e.g. `["未知", "-"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_data: Vec<String>,
}

/// What is known of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Yes,
    No,
    Unknown,
}

/// A judged record that is asked.
pub(crate) struct Row<'a> {
    pub entry: &'a Entry,
    pub standing: Standing,
    /// What it weighs, or what is needed; `None` where that is not known.
    pub whole: Option<Weight>,
    /// What of that counts; more than the whole where more is done than needed.
    pub part: Weight,
}

/// Sums over records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    part: Weight,
    /// What of the part is no more than needed.
    capped: Weight,
    known: Weight,
    unknown: Weight,
    records: u64,
    /// Records of unknown weight that do not count, or may not; and that count, or may.
    light_no: u64,
    light_yes: u64,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: AttributeShare,
    pub study: &'a Study,
    pub layer: &'a RecordLayer,
    pub rows: Vec<Row<'a>>,
    /// Fields that the question rests on.
    pub asked: Vec<usize>,
    passed_over: u64,
    outside: u64,
    context: u64,
    issues: Vec<Issue>,
}

impl AttributeShare {
    /// The fields that it reads, as the config names them, each once.
    pub fn fields(&self) -> Vec<String> {
        let conditions = [&self.of, &self.yes].into_iter().flatten().filter_map(|text| Conditions::new(text).ok());
        let asked = conditions.flat_map(|one| one.fields().into_iter().map(str::to_owned).collect::<Vec<String>>());
        let mut names: Vec<String> = Vec::new();
        for name in asked.chain([&self.weight, &self.done, &self.needed].into_iter().flatten().cloned()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn wrong(key: &'static str, what: impl Into<String>) -> MetricError {
        MetricError::Parameter { key, what: what.into() }
    }

    fn conditions(key: &'static str, text: Option<&str>) -> Result<Option<Conditions>, MetricError> {
        text.map(|text| Conditions::new(text).map_err(|what| AttributeShare::wrong(key, what))).transpose()
    }

    fn answer<'a>(&self, study: &'a Study) -> Result<Answer<'a>, MetricError> {
        let layer = record_layer(study, &self.records)?;
        let of = AttributeShare::conditions("of", self.of.as_deref())?;
        let yes = AttributeShare::conditions("yes", self.yes.as_deref())?;
        let mut asked: Vec<usize> = Vec::new();
        for name in &self.fields() {
            let at = column(layer, name).ok_or_else(|| MetricError::Missing {
                what: format!("records \"{}\" have no field \"{name}\"", self.records),
                instead: format!("fields: {}", layer.fields.join(", ")),
            })?;
            if !asked.contains(&at) {
                asked.push(at);
            }
        }
        let mut answer = Answer {
            params: self.clone(),
            study,
            layer,
            rows: Vec::new(),
            asked,
            passed_over: 0,
            outside: 0,
            context: 0,
            issues: Vec::new(),
        };
        for entry in &layer.records {
            // lines may run through several regions: without a code theirs is not known
            let has_place = matches!(entry.form, Some(Form::Point(_) | Form::Area { .. }));
            match Whereabouts::of(study, entry.home, has_place) {
                Whereabouts::Judged(_) | Whereabouts::Unknown => {}
                Whereabouts::Context(_) => {
                    answer.context += 1;
                    continue;
                }
                Whereabouts::Outside => {
                    answer.outside += 1;
                    continue;
                }
            }
            let is_asked = self.ask(of.as_ref(), layer, entry, &mut answer.issues);
            if is_asked == Some(false) {
                answer.passed_over += 1;
                continue;
            }
            let row = self.row(yes.as_ref(), layer, entry, is_asked.is_some(), &mut answer.issues);
            answer.rows.push(row);
        }
        Ok(answer)
    }

    fn value<'e>(&self, layer: &RecordLayer, entry: &'e Entry, name: &str) -> Option<&'e str> {
        let text = entry.values.get(column(layer, name)?)?.as_deref()?;
        (!self.no_data.iter().any(|word| word == text)).then_some(text)
    }

    /// What a record says to conditions; all say yes to none.
    fn ask(
        &self,
        conditions: Option<&Conditions>,
        layer: &RecordLayer,
        entry: &Entry,
        issues: &mut Vec<Issue>,
    ) -> Option<bool> {
        let Some(conditions) = conditions else { return Some(true) };
        match conditions.ask(&|name| self.value(layer, entry, name)) {
            Said::Yes => Some(true),
            Said::No => Some(false),
            Said::Missing => None,
            Said::Strange => {
                let what = format!(
                    "{}: a value of {} can not be compared; it is taken as unknown",
                    entry.name,
                    conditions.fields().join(", ")
                );
                issues.push(self.issue("bad-number", entry, what));
                None
            }
        }
    }

    fn issue(&self, code: &'static str, entry: &Entry, what: String) -> Issue {
        Issue::new(Severity::Warning, code, &self.records, what).with_id(&entry.id)
    }

    /// A number of 0 or more of a record.
    fn amount(&self, name: &str, layer: &RecordLayer, entry: &Entry, issues: &mut Vec<Issue>) -> Option<Weight> {
        let text = self.value(layer, entry, name)?;
        let found = number(text).and_then(Weight::from_f64);
        if found.is_none() {
            let what =
                format!("{}: \"{text}\" of {name} is not a number of 0 or more; it is taken as unknown", entry.name);
            issues.push(self.issue("bad-number", entry, what));
        }
        found
    }

    fn row<'a>(
        &self,
        yes: Option<&Conditions>,
        layer: &RecordLayer,
        entry: &'a Entry,
        is_certain: bool,
        issues: &mut Vec<Issue>,
    ) -> Row<'a> {
        if let (Some(done), Some(needed)) = (&self.done, &self.needed) {
            let whole = self.amount(needed, layer, entry, issues);
            let part = self.amount(done, layer, entry, issues);
            let standing = match (part.filter(|_| is_certain), whole) {
                (Some(part), Some(whole)) if part >= whole => Standing::Yes,
                (Some(_), Some(_)) => Standing::No,
                _ => Standing::Unknown,
            };
            let part = if standing == Standing::Unknown { Weight::ZERO } else { part.unwrap_or(Weight::ZERO) };
            return Row { entry, standing, whole, part };
        }
        let standing = match self.ask(yes, layer, entry, issues) {
            Some(true) if is_certain => Standing::Yes,
            Some(false) if is_certain => Standing::No,
            _ => Standing::Unknown,
        };
        let whole = match &self.weight {
            Some(field) => self.amount(field, layer, entry, issues),
            None => Some(Weight::ONE),
        };
        let part = if standing == Standing::Yes { whole.unwrap_or(Weight::ZERO) } else { Weight::ZERO };
        Row { entry, standing, whole, part }
    }
}

/// The position of a field, or of the first of several names that the records have: `建成年份|built_year`.
pub(crate) fn column(layer: &RecordLayer, names: &str) -> Option<usize> {
    names.split('|').find_map(|name| layer.field(name.trim()))
}

impl Sums {
    /// A record that may be among them, and may not.
    fn add_doubtful(&mut self, row: &Row<'_>) {
        match row.whole {
            Some(whole) => self.unknown += whole,
            None => (self.light_no, self.light_yes) = (self.light_no + 1, self.light_yes + 1),
        }
    }
}

impl Answer<'_> {
    fn is_ratio(&self) -> bool {
        self.params.done.is_some()
    }

    fn sums<'r>(rows: impl Iterator<Item = &'r Row<'r>>) -> Sums {
        let mut sums = Sums::default();
        for row in rows {
            sums.records += 1;
            let Some(whole) = row.whole else {
                sums.light_no += u64::from(row.standing != Standing::Yes);
                sums.light_yes += u64::from(row.standing != Standing::No);
                continue;
            };
            match row.standing {
                Standing::Unknown => sums.unknown += whole,
                Standing::Yes | Standing::No => {
                    sums.part += row.part;
                    sums.capped += row.part.min(whole);
                    sums.known += whole;
                }
            }
        }
        sums
    }

    fn figure(&self, sums: &Sums) -> Figure {
        let figure = Figure::share(sums.part.to_f64(), sums.known.to_f64(), sums.unknown.to_f64());
        if sums.light_no + sums.light_yes == 0 {
            return figure;
        }
        // a record that weighs nobody knows how much can pull the share all the way
        let bounds = figure.bounds.unwrap_or((0.0, 1.0));
        let bounds = match self.is_ratio() {
            true => None,
            false => {
                Some((if sums.light_no > 0 { 0.0 } else { bounds.0 }, if sums.light_yes > 0 { 1.0 } else { bounds.1 }))
            }
        };
        Figure { bounds, is_open: bounds.is_none(), not_applicable: false, ..figure }
    }

    fn regions(&self, over: &[Level]) -> Vec<RegionFigure> {
        let tree = &self.study.regions;
        let homes = Homes::new(self.study, self.rows.iter().map(|row| row.entry.home));
        judged_regions(self.study, over)
            .into_iter()
            .map(|(level, region)| {
                let is_in =
                    |row: &&Row<'_>| row.entry.home.is_some_and(|home| tree.ancestor(home, level) == Some(region));
                // of which no region, or only one above, is known
                let may_be_in = |row: &&Row<'_>| {
                    let Some(home) = row.entry.home else { return true };
                    home != region && tree.ancestor(region, tree.get(home).level) == Some(home)
                };
                let mut sums = Answer::sums(self.rows.iter().filter(is_in));
                if sums.records > 0 {
                    self.rows.iter().filter(may_be_in).for_each(|row| sums.add_doubtful(row));
                }
                let figure = match sums.records {
                    0 => homes.of_nothing(region, FigureUnit::Share),
                    records => Figure { points: Some(records), ..self.figure(&sums) },
                };
                RegionFigure { region, level, figure }
            })
            .collect()
    }

    /// The question in words.
    pub(crate) fn caveat(&self) -> Text {
        let params = &self.params;
        let of_en = params.of.as_ref().map_or(String::new(), |of| format!(" with {of}"));
        let of_zh = params.of.as_ref().map_or(String::new(), |of| format!("中符合“{of}”者"));
        let name = &params.records;
        if let (Some(done), Some(needed)) = (&params.done, &params.needed) {
            return Text::new(
                format!("{done} over {needed} of the records \"{name}\"{of_en}"),
                format!("“{name}”{of_zh}的 {done} 与 {needed} 之比"),
            );
        }
        let yes = params.yes.as_deref().unwrap_or_default();
        let (by_en, by_zh) = match &params.weight {
            Some(field) => (format!(", weighed by {field}"), format!("（按 {field} 加权）")),
            None => Default::default(),
        };
        Text::new(
            format!("records \"{name}\"{of_en} of which holds: {yes}{by_en}"),
            format!("“{name}”{of_zh}满足“{yes}”的比例{by_zh}"),
        )
    }

    fn notes(&self, sums: &Sums) -> Vec<Text> {
        let mut notes = vec![self.caveat()];
        let all = self.layer.records.len();
        let (asked, passed) = (self.rows.len(), self.passed_over);
        notes.push(Text::new(
            format!("{asked} of {all} records are asked; {passed} do not meet the condition of those that are"),
            format!("{all} 条记录中 {asked} 条参与评价；{passed} 条不符合筛选条件"),
        ));
        let count = |standing| self.rows.iter().filter(|row| row.standing == standing).count();
        let unknown = count(Standing::Unknown);
        if unknown > 0 {
            notes.push(Text::new(
                format!("of {unknown} records a value is missing: they are no data, neither yes nor no"),
                format!("{unknown} 条记录缺值，按无数据处理，不计为“否”"),
            ));
        }
        let light = self.rows.iter().filter(|row| row.whole.is_none()).count();
        if light > 0 {
            let field = self.params.needed.as_ref().or(self.params.weight.as_ref()).map_or("", String::as_str);
            notes.push(Text::new(
                format!(
                    "of {light} records {field} is not known: they are not in the share, and the bounds allow for them"
                ),
                format!("{light} 条记录的 {field} 未知，未计入，已反映在上下限中"),
            ));
        }
        if self.is_ratio() && sums.part > sums.capped {
            let more = four_digits((sums.part - sums.capped).to_f64());
            notes.push(Text::new(
                format!("more is done than needed in some records, by {more} together, and makes up for others"),
                format!("部分记录完成量超过需求量，合计超出 {more}，已与其他记录相抵"),
            ));
        }
        if self.outside > 0 {
            let outside = self.outside;
            notes.push(Text::new(
                format!("{outside} records lie outside all regions and are not judged"),
                format!("{outside} 条记录位于所有区域之外，不参与评价"),
            ));
        }
        if self.context > 0 {
            let context = self.context;
            notes.push(Text::new(
                format!("{context} records lie in regions that are not judged"),
                format!("{context} 条记录位于不参与评价的区域"),
            ));
        }
        notes
    }

    fn reason(&self, sums: &Sums) -> Option<Text> {
        (sums.unknown > Weight::ZERO || sums.light_no + sums.light_yes > 0).then(|| {
            let count = self.rows.iter().filter(|row| row.standing == Standing::Unknown || row.whole.is_none()).count();
            Text::new(
                format!("of {count} of {} records a value is missing", self.rows.len()),
                format!("{} 条记录中 {count} 条缺值", self.rows.len()),
            )
        })
    }

    fn variants(&self, headline: &Figure, sums: &Sums) -> Vec<Variant> {
        let row = |code: &str, label: Text, figure: Figure, informative_only: bool| Variant {
            code: code.to_owned(),
            label,
            figure,
            others: Vec::new(),
            informative_only,
        };
        let (own, other) = match (self.is_ratio(), &self.params.weight) {
            (true, _) => {
                let capped = Figure::share(sums.capped.to_f64(), sums.known.to_f64(), sums.unknown.to_f64());
                let label = Text::new("no record makes up for another", "超额部分不抵扣");
                (Text::new("done over needed", "完成与需求之比"), row("capped", label, capped, true))
            }
            (false, Some(field)) => {
                let plain = self.rows.iter().fold([0.0; 3], |mut counts, row| {
                    counts[row.standing as usize] += 1.0;
                    counts
                });
                let figure = Figure::share(plain[0], plain[0] + plain[1], plain[2]);
                let label = Text::new("each record counts 1", "按记录数");
                let own = Text::new(format!("weighed by {field}"), format!("按{field}加权"));
                (own, row("count", label, figure, true))
            }
            (false, None) => return Vec::new(),
        };
        vec![row("own", own, headline.clone(), false), other]
    }

    fn ledger(&self, sums: &Sums) -> WeightLedger {
        let unit = self.params.needed.as_ref().or(self.params.weight.as_ref()).map_or("records", String::as_str);
        let names = if self.is_ratio() { ["done", "not-done"] } else { ["yes", "no"] };
        WeightLedger {
            unit: unit.to_owned(),
            total: sums.known + sums.unknown,
            parts: vec![(names[0], sums.capped), (names[1], sums.known - sums.capped), ("no-data", sums.unknown)],
        }
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let missing = context.missing(headline)?;
        Some(match self.params.needed.as_ref().or(self.params.weight.as_ref()) {
            Some(field) => {
                let amount = missing.shown_in_four_digits();
                Text::new(format!("{amount} more of {field} are wanted"), format!("还需 {amount} （{field}）"))
            }
            None => {
                let more = missing.more(&Noun::new("record", "records", "条记录"));
                Text::new(format!("{} {} wanted", more.en, missing.are()), format!("还需 {}", more.zh))
            }
        })
    }
}

impl Metric for AttributeShare {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.check()?;
        let mut answer = self.answer(context.study)?;
        let issues = std::mem::take(&mut answer.issues);
        let sums = Answer::sums(answer.rows.iter());
        let mut headline = answer.figure(&sums);
        if let Some(reason) = answer.reason(&sums) {
            headline = headline.because(reason);
        }
        let regions = answer.regions(context.over);
        Ok(Output {
            variants: answer.variants(&headline, &sums),
            notes: answer.notes(&sums),
            closing_the_gap: answer.closing_the_gap(context, &headline),
            evidence: attribute_layers::evidence(&answer),
            outcomes: attribute_layers::outcomes(&answer),
            tables: attribute_layers::tables(&answer, context, &regions),
            weights: vec![answer.ledger(&sums)],
            synthetic: answer.layer.synthetic,
            issues,
            headline,
            regions,
            ..Output::default()
        })
    }

    fn check(&self) -> Result<(), MetricError> {
        AttributeShare::conditions("of", self.of.as_deref())?;
        AttributeShare::conditions("yes", self.yes.as_deref())?;
        match (&self.yes, &self.done, &self.needed) {
            (Some(_), None, None) => Ok(()),
            (None, Some(_), Some(_)) if self.weight.is_none() => Ok(()),
            (None, Some(_), Some(_)) => {
                Err(AttributeShare::wrong("weight", "goes with yes only; needed is the weight of done"))
            }
            _ => Err(AttributeShare::wrong(
                "yes",
                "write yes = \"field = value\", or done and needed, each a field of numbers",
            )),
        }
    }
}
