//! Tables that somebody may deliver: which of them are there, and what an indicator still lacks.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::units::Text;
use crate::config::check;
use crate::config::file::ConfigFile;
use crate::config::file::InputFile;
use crate::config::file::NeedsFile;
use crate::config::file::Reading;
use crate::config::plan::IndicatorPlan;
use crate::config::plan::Plan;
use crate::config::plan::demand_name;
use crate::config::plan::located;
use crate::impedance::By;
use crate::io::read::is_address;
use crate::metrics::Measure;
use crate::metrics::attribute_share::column;
use crate::metrics::reported::example;
use crate::model::streets::Mode;
use crate::model::study::Study;
use crate::table::rule::Rule;

/// A table that somebody may deliver.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    pub file: InputFile,
    /// Its file is there and is read, or the study has the same under its own name.
    pub is_read: bool,
}

/// The config with the inputs whose files are there among its sources. What the study itself names stands before an input.
pub(crate) fn adopt(file: &ConfigFile, base_dir: &Path) -> (ConfigFile, Vec<Input>) {
    let mut whole = file.clone();
    let study = &mut whole.study;
    let is_there = |path: &String| is_address(Path::new(path)) || located(base_dir, path).exists();
    let mut inputs = Vec::new();
    for input in &file.input {
        let mut is_read = false;
        for one in input.facilities.iter().filter(|one| is_there(&one.path)) {
            study.facilities.0.push(one.clone());
            is_read = true;
        }
        for one in &input.demand.0 {
            let is_own = study.demand.iter().any(|own| demand_name(own) == demand_name(one));
            is_read |= is_own || is_there(&one.path);
            study.demand.0.extend(Some(one).filter(|one| !is_own && is_there(&one.path)).cloned());
        }
        for one in &input.records.0 {
            let is_own = study.records.iter().any(|own| own.name == one.name);
            is_read |= is_own || is_there(&one.path);
            study.records.0.extend(Some(one).filter(|one| !is_own && is_there(&one.path)).cloned());
        }
        // of two values for one region and day the first is used: what was delivered
        for one in input.reported.iter().filter(|one| is_there(&one.path)) {
            study.reported.0.insert(0, one.clone());
            is_read = true;
        }
        if let Some(one) = &input.streets {
            is_read |= study.streets.is_some() || is_there(&one.path);
            if study.streets.is_none() && is_there(&one.path) {
                study.streets = Some(one.clone());
            }
        }
        inputs.push(Input { file: input.clone(), is_read });
    }
    (whole, inputs)
}

/// How each file of an input is read.
pub(crate) fn readings(input: &InputFile) -> Vec<(&'static str, usize, Reading)> {
    let mut all: Vec<(&'static str, usize, Reading)> = Vec::new();
    all.extend(input.facilities.iter().enumerate().map(|(at, one)| ("facilities", at, one.reading())));
    all.extend(input.demand.iter().enumerate().map(|(at, one)| ("demand", at, one.reading())));
    all.extend(input.records.iter().enumerate().map(|(at, one)| ("records", at, one.reading())));
    all.extend(input.reported.iter().enumerate().map(|(at, one)| ("reported", at, one.reading())));
    all.extend(input.streets.iter().map(|one| ("streets", 0, one.reading())));
    all
}

/// The columns of an input that are read: to know what and where its records are, and by what the indicators ask of them. Of several names of a
/// column the first.
pub(crate) fn columns(input: &InputFile, file: &ConfigFile) -> BTreeSet<String> {
    let mut names: Vec<String> = Vec::new();
    let fields = |lines: &[String]| -> Vec<String> {
        Rule::new(lines).map(|rule| rule.fields().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    for (_, _, reading) in readings(input) {
        names.extend([reading.x, reading.y, reading.wkt].into_iter().flatten());
        names.extend(reading.filter.iter().flat_map(|lines| fields(&lines.0)));
    }
    for one in input.facilities.iter() {
        names.extend([&one.kind_field, &one.id, &one.name, &one.capacity, &one.region].into_iter().flatten().cloned());
        names.extend(one.kinds.values().flat_map(|lines| fields(&lines.0)));
    }
    for one in input.demand.iter() {
        names.extend([&one.id, &one.label, &one.people, &one.region, &one.class].into_iter().flatten().cloned());
        names.extend(one.groups.values().cloned());
    }
    for one in input.records.iter() {
        names.extend([&one.id, &one.label, &one.region].into_iter().flatten().cloned());
        for indicator in &file.indicator {
            if let Measure::AttributeShare(share) = &indicator.measure
                && share.records == one.name
            {
                names.extend(share.fields());
            }
        }
    }
    if !input.reported.is_empty() {
        names.extend(["指标", "区域代码", "日期", "数值", "来源"].map(str::to_owned));
    }
    names.iter().map(|name| name.split('|').next().unwrap_or_default().trim().to_owned()).collect()
}

impl Input {
    /// The names of its files, each once.
    fn tables(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for (_, _, reading) in readings(&self.file) {
            let name = Path::new(&reading.path).file_name().map(|name| name.to_string_lossy().into_owned());
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names.join(", ")
    }

    /// Where what is missing is to come from.
    fn told(&self) -> Text {
        let tables = self.tables();
        if self.is_read {
            let (en, zh) = ("which holds no such record", "其中没有符合条件的记录");
            return Text::new(format!("{tables}, {en}"), format!("{tables}，{zh}"));
        }
        let columns: Vec<&str> = self.file.columns.iter().map(|one| one.name.as_str()).collect();
        match columns.is_empty() {
            true => Text::new(format!("{tables}: {}", self.file.title.en), format!("{tables}：{}", self.file.title.zh)),
            false => Text::new(
                format!("table {tables} with the columns {}", columns.join(", ")),
                format!("表 {tables}，列：{}", columns.join("、")),
            ),
        }
    }

    /// For whom is to deliver it: the file, and of each column what it holds, with an example. `None` for one that is there or has no columns;
    /// of reported values each indicator says what its rows hold.
    pub fn note(&self) -> Option<Text> {
        if self.is_read || self.file.columns.is_empty() || !self.file.reported.is_empty() {
            return None;
        }
        let (tables, title, columns) = (self.tables(), &self.file.title, &self.file.columns);
        let en = columns.iter().map(|one| format!("{} ({}, e.g. {})", one.name, one.holds.en, one.example));
        let zh = columns.iter().map(|one| format!("{}（{}，如 {}）", one.name, one.holds.zh, one.example));
        let (en, zh) = (en.collect::<Vec<_>>().join("; "), zh.collect::<Vec<_>>().join("；"));
        Some(Text::new(
            format!("to be delivered: {tables}, {}: {en}", title.en),
            format!("待提供：{tables}，{}：{zh}", title.zh),
        ))
    }

    fn gives_kind(&self, kind: &str) -> bool {
        self.file.facilities.iter().any(|one| one.kind.as_deref() == Some(kind) || one.kinds.contains_key(kind))
    }

    fn gives_demand(&self, name: &str) -> bool {
        self.file.demand.iter().any(|one| demand_name(one) == name)
    }

    fn gives_records(&self, name: &str) -> bool {
        self.file.records.iter().any(|one| one.name == name)
    }
}

/// What is missing, and which input of the indicator would give it.
struct Lack<'p> {
    from: Option<&'p Input>,
    what: Text,
}

/// The inputs that an indicator names.
pub(crate) fn of<'p>(plan: &'p Plan, indicator: &IndicatorPlan) -> Vec<&'p Input> {
    let find = |id: &String| plan.inputs.iter().find(|input| input.file.id == *id);
    indicator.inputs.iter().filter_map(find).collect()
}

/// Everything that an indicator asks of the study and the study does not have: kinds, layers, columns, streets, values, levels.
pub(crate) fn missing(plan: &Plan, study: &Study, indicator: &IndicatorPlan) -> Option<Text> {
    let inputs = of(plan, indicator);
    let mut lacks: Vec<Lack<'_>> = Vec::new();
    let mut lack = |gives: &dyn Fn(&Input) -> bool, en: String, zh: String| {
        let from = inputs.iter().copied().find(|input| gives(input));
        lacks.push(Lack { from, what: Text::new(en, zh) });
    };
    let measure = &indicator.measure;
    let wants = check::wants(measure);
    let mut kinds: Vec<&str> = Vec::new();
    for (_, kind) in wants.kinds {
        if !kinds.contains(&kind) && !study.facilities.iter().any(|facility| facility.kind == kind) {
            kinds.push(kind);
        }
    }
    while let Some(first) = kinds.first().copied() {
        let from = inputs.iter().copied().find(|input| input.gives_kind(first));
        let (same, others): (Vec<&str>, Vec<&str>) =
            kinds.into_iter().partition(|kind| *kind == first || from.is_some_and(|input| input.gives_kind(kind)));
        kinds = others;
        let word = if same.len() == 1 { "kind" } else { "kinds" };
        let en: Vec<String> = same.iter().map(|kind| format!("\"{kind}\"")).collect();
        let zh: Vec<String> = same.iter().map(|kind| format!("“{kind}”")).collect();
        let gives = |input: &Input| input.gives_kind(first);
        lack(&gives, format!("facilities of {word} {}", en.join(", ")), format!("类别为{}的设施", zh.join("、")));
    }
    if let Some(weight) = wants.demand {
        let layer = match measure.metric().demand() {
            Some(name) => study.demand.iter().find(|layer| layer.name == name).ok_or(name),
            None => study.demand.first().ok_or(""),
        };
        match (layer, weight) {
            (Err(""), _) => lack(&|_| false, "a demand layer".to_owned(), "需求图层".to_owned()),
            (Err(name), _) => {
                let gives = |input: &Input| input.gives_demand(name);
                lack(&gives, format!("the demand layer \"{name}\""), format!("需求图层“{name}”"));
            }
            (Ok(layer), Some(weight))
                if weight != "count" && !layer.groups.iter().any(|group| group.name == weight) =>
            {
                let name = &layer.name;
                let gives = |input: &Input| input.gives_demand(name);
                lack(
                    &gives,
                    format!("the weight \"{weight}\" of the demand layer \"{name}\""),
                    format!("需求图层“{name}”的权重“{weight}”"),
                );
            }
            _ => {}
        }
    }
    for (name, fields) in check::record_layers(measure) {
        let gives = |input: &Input| input.gives_records(name);
        match study.records.iter().find(|layer| layer.name == name) {
            None => lack(&gives, format!("the records \"{name}\""), format!("记录“{name}”")),
            Some(layer) => {
                for field in fields.iter().filter(|field| column(layer, field).is_none()) {
                    let there = layer.fields.join(", ");
                    // the table is there: its own columns are told, not those that it should have
                    lack(
                        &|_| false,
                        format!("the column \"{field}\" of the records \"{name}\" (columns: {there})"),
                        format!("记录“{name}”的列“{field}”（现有列：{there}）"),
                    );
                }
            }
        }
    }
    let ways: BTreeSet<Mode> =
        measure.metric().by().iter().filter(|by| **by != By::Transit).filter_map(|by| by.mode()).collect();
    for mode in ways.into_iter().filter(|_| study.streets.is_empty()) {
        let (en, zh) = match mode {
            Mode::Walk => ("streets for walking", "步行道路网"),
            Mode::Bicycle => ("streets for cycling", "骑行道路网"),
            Mode::Drive => ("streets for driving", "驾车道路网"),
        };
        lack(&|input| input.file.streets.is_some(), en.to_owned(), zh.to_owned());
    }
    let rides = measure.metric().by().contains(&By::Transit) || check::asks_stops(measure);
    if rides && study.transit.is_none() {
        lack(&|_| false, "a timetable or a route table".to_owned(), "时刻表或公交线路表".to_owned());
    }
    for (_, level, _) in wants.levels {
        if !study.regions.levels().contains(&level) {
            let (en, zh) = level.title();
            lack(&|_| false, format!("regions of level {en}"), format!("{zh}级区域"));
        }
    }
    if let Some(series) = measure.series(&indicator.id)
        && !study.reported.iter().flatten().any(|one| one.series == series)
    {
        let (en, zh) = match measure {
            Measure::Milestone(step) => match step.level {
                Some(level) => {
                    let (en, zh) = level.title();
                    (
                        format!("region: the code of each {en}; value: yes or no"),
                        format!("区域代码填各{zh}代码；数值填 是 或 否"),
                    )
                }
                None => ("region: empty; value: yes or no".to_owned(), "区域代码留空；数值填 是 或 否".to_owned()),
            },
            _ => {
                let example = example(indicator.unit);
                (
                    format!("region: empty for the whole area, or a code; value: like {example}"),
                    format!("区域代码留空表示全域；数值如 {example}"),
                )
            }
        };
        lack(
            &|input| !input.file.reported.is_empty(),
            format!("reported rows with indicator = \"{series}\" ({en})"),
            format!("指标为“{series}”的上报行（{zh}）"),
        );
    }
    told(&lacks)
}

/// One sentence; what comes from the same input stands together.
fn told(lacks: &[Lack<'_>]) -> Option<Text> {
    let mut groups: Vec<(Option<&Input>, Vec<&Text>)> = Vec::new();
    for lack in lacks {
        let same = |group: &&mut (Option<&Input>, Vec<&Text>)| {
            group.0.zip(lack.from).is_some_and(|(one, other)| one.file.id == other.file.id)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.1.push(&lack.what),
            None => groups.push((lack.from, vec![&lack.what])),
        }
    }
    let told = |pick: fn(&Text) -> &str, comma: &str, brackets: [&str; 2], by: &str| {
        let one = |(from, whats): &(Option<&Input>, Vec<&Text>)| {
            let what = whats.iter().map(|text| pick(text)).collect::<Vec<_>>().join(comma);
            match from {
                Some(input) => format!("{what}{}{}{}", brackets[0], pick(&input.told()), brackets[1]),
                None => what,
            }
        };
        groups.iter().map(one).collect::<Vec<_>>().join(by)
    };
    (!groups.is_empty()).then(|| {
        Text::new(
            format!("missing: {}", told(|text| &text.en, ", ", [" (", ")"], "; ")),
            format!("缺少：{}", told(|text| &text.zh, "、", ["（", "）"], "；")),
        )
    })
}

/// What an indicator needs, as its plan has it: in words, and the ids of inputs.
pub(crate) fn needs(file: Option<&NeedsFile>, inputs: &[InputFile]) -> (Option<Text>, Vec<String>) {
    match file {
        None => (None, Vec::new()),
        Some(NeedsFile::Words(words)) => (Some(words.clone()), Vec::new()),
        Some(NeedsFile::Inputs(ids)) => {
            let titles: Vec<&Text> =
                ids.iter().filter_map(|id| Some(&inputs.iter().find(|it| it.id == *id)?.title)).collect();
            let join = |pick: fn(&Text) -> &str, by| titles.iter().map(|text| pick(text)).collect::<Vec<_>>().join(by);
            (Some(Text::new(join(|text| &text.en, ", "), join(|text| &text.zh, "、"))), ids.clone())
        }
    }
}
