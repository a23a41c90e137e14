//! Two runs side by side on a terminal.

use std::path::PathBuf;

use crate::app::compare::Comparison;
use crate::app::compare::IndicatorChange;
use crate::app::compare::Moved;
use crate::app::compare::RegionApart;
use crate::app::compare::VerdictChange;
use crate::base::units::Lang;
use crate::base::units::counted;
use crate::base::units::four_digits;
use crate::base::units::signed as signed_number;
use crate::base::units::thousands;
use crate::base::words;
use crate::cli::text;
use crate::indicators::verdict::Verdict;
use crate::io::read::shown;
use crate::metrics::figure::FigureUnit;

/// Evidence lines shown for one indicator.
const SHOWN: usize = 40;
/// Regions shown for each level of one indicator.
const REGIONS: usize = 10;

const COLUMNS: usize = 100;

struct Page {
    text: String,
    lang: Lang,
}

/// The comparison, indicator by indicator: figures, who gained and who lost, regions by loss; evidence that differs is listed.
pub fn render(comparison: &Comparison, written: &[PathBuf], lang: Lang) -> String {
    let mut page = Page { text: String::new(), lang };
    page.line(&format!("A: {}", comparison.before.in_lang(lang)));
    page.line(&format!("B: {}", comparison.after.in_lang(lang)));
    page.line("");
    page.verdicts(comparison);
    for change in &comparison.indicators {
        page.indicator(change);
    }
    for (ids, title) in [
        (&comparison.only_before, page.say("only in A", "仅 A 有")),
        (&comparison.only_after, page.say("only in B", "仅 B 有")),
    ] {
        if !ids.is_empty() {
            page.line(&format!("{title}: {}", ids.join(", ")));
        }
    }
    if !written.is_empty() {
        page.line(page.say("written", "已写出"));
        for path in written {
            page.line(&format!("  {}", shown(path)));
        }
    }
    page.text
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

/// An outcome in words; a dash where a run does not have it.
fn outcome_told(code: &Option<String>, lang: Lang) -> String {
    code.as_deref().map_or("–".to_owned(), |code| words::outcome(code).in_lang(lang).to_owned())
}

/// A difference with its sign, in the unit of its figures; of shares, in points.
fn signed(difference: f64, unit: FigureUnit, lang: Lang) -> String {
    let (number, name) = match (unit, lang) {
        (FigureUnit::Share, Lang::En) => (difference * 100.0, " points"),
        (FigureUnit::Share, Lang::Zh) => (difference * 100.0, " 个百分点"),
        (FigureUnit::Metres, _) => return format!("{} m", signed_number(difference, 0)),
        (FigureUnit::Seconds, _) => (difference / 60.0, " min"),
        (FigureUnit::Rate, _) => {
            let size = four_digits(difference.abs() * 1000.0);
            let sign = match difference {
                _ if size == "0" => "",
                less if less < 0.0 => "-",
                _ => "+",
            };
            return format!("{sign}{size} per 1000");
        }
        (FigureUnit::Amount, _) => (difference, ""),
    };
    format!("{}{name}", signed_number(number, 1))
}

impl Page {
    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn table(&mut self, header: &[&str], rows: Vec<Vec<String>>) {
        for line in text::table(header, rows).lines() {
            self.line(&format!("    {line}"));
        }
    }

    fn verdict(&self, verdict: Verdict) -> String {
        verdict.title().in_lang(self.lang).to_owned()
    }

    fn verdicts(&mut self, comparison: &Comparison) {
        let (whole, regions): (Vec<&VerdictChange>, Vec<&VerdictChange>) =
            comparison.verdicts.iter().partition(|one| one.region.is_none());
        let (count, all) = (whole.len(), comparison.indicators.len());
        let en = format!("verdicts that differ: {count} of {all}");
        let zh = format!("结论变化：{all} 项中 {count} 项");
        self.line(self.say(&en, &zh).to_owned().as_str());
        for one in whole {
            let (before, after) = (self.verdict(one.verdict.0), self.verdict(one.verdict.1));
            let line = format!("  {}: {before} → {after}", one.title.in_lang(self.lang));
            self.line(&line);
        }
        let count = regions.len();
        if count > 0 {
            let (en, zh) = (format!("of regions: {count}"), format!("区域结论变化：{count} 个"));
            self.line(self.say(&en, &zh).to_owned().as_str());
            let row = |one: &&VerdictChange| {
                let (level, code, name) = one.region.clone()?;
                let (before, after) = (self.verdict(one.verdict.0), self.verdict(one.verdict.1));
                Some(vec![
                    one.id.clone(),
                    self.say(level.title().0, level.title().1).to_owned(),
                    code,
                    name,
                    format!("{before} → {after}"),
                    format!("{} → {}", or_dash(&one.figure.0), or_dash(&one.figure.1)),
                ])
            };
            let rows = regions.iter().take(SHOWN).filter_map(row).collect();
            let header = [
                self.say("indicator", "指标"),
                self.say("level", "层级"),
                self.say("code", "代码"),
                self.say("region", "区域"),
                self.say("verdict", "结论"),
                self.say("figure", "数值"),
            ];
            self.table(&header, rows);
            if count > SHOWN {
                self.line(&format!("    … +{}", count - SHOWN));
            }
        }
        self.line("");
    }

    /// Who gained and who lost by region, most of them first, and by class.
    fn moved(&mut self, change: &IndicatorChange) {
        let is_some = |one: &&Moved| one.gained + one.lost + one.nearer + one.farther > 0.0;
        let mut moved: Vec<&Moved> = change.moved.iter().filter(is_some).collect();
        moved.sort_by(|x, y| {
            let level = |one: &Moved| one.region.as_ref().map(|(level, _)| *level);
            let all = |one: &Moved| one.gained + one.lost;
            level(y).cmp(&level(x)).then(all(y).total_cmp(&all(x)))
        });
        for of_level in moved.chunk_by(|x, y| x.region.as_ref().map(|it| it.0) == y.region.as_ref().map(|it| it.0)) {
            let (en, zh) = of_level[0].region.as_ref().map_or(("class", "类别"), |(level, _)| level.title());
            let (en, zh) = (format!("  who gained and lost, by {en}"), format!("  得失人口，按{zh}"));
            self.line(self.say(&en, &zh).to_owned().as_str());
            let row = |one: &&Moved| {
                let (code, unnamed) = (one.region.as_ref().map(|(_, code)| code.clone()), one.name.is_empty());
                let name = if unnamed { self.say("class not known", "类别未知") } else { &one.name };
                let mut cells = vec![code.unwrap_or_default(), name.to_owned()];
                cells.extend([one.gained, one.lost, one.nearer, one.farther, one.all].map(thousands));
                cells
            };
            let rows = of_level.iter().take(2 * REGIONS).map(row).collect();
            let header = [
                "",
                "",
                self.say("gained", "新增可达"),
                self.say("lost", "失去可达"),
                self.say("nearer", "路程缩短"),
                self.say("farther", "路程增加"),
                self.say("of", "总计"),
            ];
            self.table(&header, rows);
            if of_level.len() > 2 * REGIONS {
                self.line(&format!("    … +{}", of_level.len() - 2 * REGIONS));
            }
        }
    }

    fn indicator(&mut self, change: &IndicatorChange) {
        let (before, after) = &change.figure;
        let difference =
            change.difference.map_or(String::new(), |it| format!("  {}", signed(it, change.unit, self.lang)));
        self.line(change.title.in_lang(self.lang));
        self.line(&format!(
            "  A {} [{}]  B {} [{}]{difference}",
            or_dash(before),
            self.verdict(change.verdict.0),
            or_dash(after),
            self.verdict(change.verdict.1),
        ));
        if change.uncertain && change.difference.is_some() {
            let en = "of what is known: a part has no data in A or in B, and the change may be that part's";
            let zh = "仅就已知部分而言：A 或 B 有部分无数据，变化可能源于该部分";
            let line = text::wrap(self.say(en, zh), COLUMNS, "  ");
            self.text.push_str(&line);
        }
        if let Some(apart) = &change.apart {
            self.text.push_str(&text::wrap(apart.in_lang(self.lang), COLUMNS, "  "));
        }
        if let Some(pace) = &change.pace {
            self.text.push_str(&text::wrap(&format!("→ {}", pace.says.in_lang(self.lang)), COLUMNS, "  "));
        }
        self.people(change);
        self.moved(change);
        self.regions(change);
        self.evidence(change);
    }

    fn people(&mut self, change: &IndicatorChange) {
        let lang = self.lang;
        let outcome = |state: &Option<String>| outcome_told(state, lang);
        let (same, changed): (Vec<_>, Vec<_>) = change.people.iter().partition(|one| one.before == one.after);
        if let Some(first) = change.people.first() {
            let unchanged: f64 = same.iter().map(|one| one.weight.1).sum();
            let (unit, unchanged) = (words::weighed(&first.unit), thousands(unchanged));
            let unit = unit.in_lang(self.lang);
            let title = match self.lang {
                Lang::En => format!("  who changes, by {unit} ({unchanged} do not):"),
                Lang::Zh => format!("  变化人群（按 {unit} 计；{unchanged} 无变化）："),
            };
            self.line(&title);
        }
        let rows = changed.iter().map(|one| {
            let most: Vec<String> =
                one.most.iter().map(|(name, weight)| format!("{name} ({})", thousands(*weight))).collect();
            let (was, is) = (thousands(one.weight.0), thousands(one.weight.1));
            vec![
                format!("{} → {}", outcome(&one.before), outcome(&one.after)),
                if was == is { is } else { format!("{was} → {is}") },
                one.points.to_string(),
                most.join(", "),
            ]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if !rows.is_empty() {
            let header = [
                self.say("outcome", "结果"),
                self.say("weight", "权重"),
                self.say("points", "点数"),
                self.say("most of them in", "主要位于"),
            ];
            self.table(&header, rows);
        }
        if let Some(ways) = &change.ways {
            let (nearer, same, farther) = (thousands(ways.nearer), thousands(ways.same), thousands(ways.farther));
            let en = format!("  way to the facility: nearer for {nearer}, the same for {same}, farther for {farther}");
            let zh = format!("  到设施的路程：缩短 {nearer}，不变 {same}，增加 {farther}");
            let line = self.say(&en, &zh).to_owned();
            self.line(&line);
        }
    }

    /// The regions of each level that differ, the greatest loss first; those without a figure in one run apart.
    fn regions(&mut self, change: &IndicatorChange) {
        for of_level in change.regions.chunk_by(|x, y| x.level == y.level) {
            let (en, zh) = of_level[0].level.title();
            let differ: Vec<_> =
                of_level.iter().filter(|one| one.difference != 0.0 || one.verdict.0 != one.verdict.1).collect();
            let (count, all) = (differ.len(), of_level.len());
            let title = match self.lang {
                Lang::En => format!("  by {en}: {count} of {all} differ, the greatest loss first"),
                Lang::Zh => format!("  按{zh}：{all} 个中 {count} 个有变化（损失最大者在前）"),
            };
            self.line(&title);
            let row = |one: &&crate::app::compare::RegionChange| {
                let verdict = match one.verdict {
                    (before, after) if before == after => String::new(),
                    (before, after) => format!("{} → {}", self.verdict(before), self.verdict(after)),
                };
                let doubt = if one.uncertain { self.say("part without data", "部分无数据") } else { "" };
                vec![
                    one.code.clone(),
                    one.name.clone(),
                    or_dash(&one.text.0).to_owned(),
                    or_dash(&one.text.1).to_owned(),
                    signed(one.difference, change.unit, self.lang),
                    verdict,
                    doubt.to_owned(),
                ]
            };
            let mut rows: Vec<Vec<String>> = differ.iter().map(row).collect();
            let hidden = rows.len().saturating_sub(2 * REGIONS);
            if hidden > 0 {
                // the greatest losses and the greatest gains
                rows.drain(REGIONS..REGIONS + hidden);
            }
            if !rows.is_empty() {
                let header = [
                    self.say("code", "代码"),
                    self.say("region", "区域"),
                    "A",
                    "B",
                    self.say("change", "变化"),
                    "",
                    "",
                ];
                self.table(&header, rows);
            }
            if hidden > 0 {
                let (en, zh) = (
                    format!("    {hidden} between the losses and the gains are not shown"),
                    format!("    中间 {hidden} 个未列出"),
                );
                let line = self.say(&en, &zh).to_owned();
                self.line(&line);
            }
        }
        // a region of which both runs say the same is no news: it is counted
        let (news, silent): (Vec<_>, Vec<_>) = change.regions_apart.iter().partition(|one| one.is_news());
        if !news.is_empty() {
            let text = |text: &Option<String>| text.as_deref().map_or("–", or_dash).to_owned();
            let name = |one: &&RegionApart| {
                let (was, is, why) = (text(&one.before), text(&one.after), one.why.in_lang(self.lang));
                match self.lang {
                    Lang::En => format!("{} ({}): {was} | {is}, {why}", one.name, one.code),
                    Lang::Zh => format!("{}（{}）：{was} | {is}，{why}", one.name, one.code),
                }
            };
            let mut names: Vec<String> = news.iter().take(SHOWN).map(name).collect();
            names.extend((news.len() > SHOWN).then(|| format!("… +{}", news.len() - SHOWN)));
            let count = news.len();
            let (en, zh) = (
                format!("not compared, without a figure in A or in B ({count}): {}", names.join("; ")),
                format!("未比较，A 或 B 无数值（{count}）：{}", names.join("；")),
            );
            let line = text::wrap(self.say(&en, &zh), COLUMNS, "  ");
            self.text.push_str(&line);
        }
        if !silent.is_empty() {
            let count = silent.len();
            let (en, zh) = (
                format!("without a figure in both: {}", counted(count, "region", "regions")),
                format!("两次均无数值的区域：{count} 个"),
            );
            let line = text::wrap(self.say(&en, &zh), COLUMNS, "  ");
            self.text.push_str(&line);
        }
    }

    fn evidence(&mut self, change: &IndicatorChange) {
        if change.evidence.is_empty() {
            return;
        }
        let title = format!("  {} ({}):", self.say("what differs", "差异"), change.evidence.len());
        self.line(&title);
        let rows = change.evidence.iter().take(SHOWN).map(|evidence| {
            let state = |state: &Option<String>| outcome_told(state, self.lang);
            vec![
                format!("    {}", evidence.key),
                state(&evidence.before),
                state(&evidence.after),
                evidence.text.in_lang(self.lang).to_owned(),
            ]
        });
        let header = [self.say("    key", "    键"), "A", "B", ""];
        let table = text::table(&header, rows.collect());
        self.text.push_str(&table);
        if change.evidence.len() > SHOWN {
            self.line(&format!("    … +{}", change.evidence.len() - SHOWN));
        }
    }
}
