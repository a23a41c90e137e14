//! The scorecard on a terminal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Lang;
use crate::base::units::amount;
use crate::base::units::counted;
use crate::base::units::thousands;
use crate::base::words;
use crate::cli::text;
use crate::indicators::ranking::Ranked;
use crate::indicators::ranking::shown_level;
use crate::indicators::scorecard::FigureRow;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::split;
use crate::indicators::target::Origin;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Status;
use crate::indicators::verdict::Verdict;
use crate::io::read::shown;

const COLUMNS: usize = 100;

struct Page {
    text: String,
    lang: Lang,
    color: bool,
}

/// The scorecard of a run: a line an indicator with what it rests on, then the ledger, then what was written.
pub fn render(card: &Scorecard, issues: &[Issue], written: &[PathBuf], lang: Lang, color: bool) -> String {
    let mut page = Page { text: String::new(), lang, color };
    page.line(card.title.in_lang(lang));
    page.scenario(card);
    if card.synthetic {
        page.wrapped(
            "Part of the input is synthetic: indicators marked * say nothing of the real world.",
            "部分输入为合成数据：标 * 的指标不反映现实。",
            "",
        );
    }
    page.line("");
    let titles: Vec<String> = card
        .indicators
        .iter()
        .map(|row| format!("{}{}", row.title.in_lang(lang), if row.synthetic { " *" } else { "" }))
        .collect();
    let widest = titles.iter().map(|title| text::width(title)).max().unwrap_or(0).min(58);
    let mut item = None;
    for (row, title) in card.indicators.iter().zip(&titles) {
        if row.item != item {
            item = row.item;
            page.item(item);
        }
        page.indicator(row, title, widest);
    }
    page.split(card);
    page.totals(card);
    page.ranking(card);
    page.ledger(card, issues);
    if !written.is_empty() {
        page.line(page.say("written", "已写出"));
        for path in written {
            page.line(&format!("  {}", shown(path)));
        }
    }
    page.text
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

    fn wrapped(&mut self, en: &str, zh: &str, indent: &str) {
        let text = match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        };
        self.text.push_str(&text::wrap(text, COLUMNS, indent));
    }

    fn paint(&self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Met => "34",
            Verdict::Missed => "31",
            Verdict::NoData => "33",
            Verdict::NotApplicable | Verdict::NoTarget => "2",
        };
        if self.color { format!("\x1b[1;{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// What is otherwise than in the study.
    fn scenario(&mut self, card: &Scorecard) {
        let Some(scenario) = &card.scenario else { return };
        let title = format!("{} {}", self.say("scenario", "情景"), scenario.patch);
        self.line(&title);
        for line in scenario.told() {
            self.wrapped(&format!("Δ {}", line.en), &format!("Δ {}", line.zh), "  ");
        }
    }

    /// Where the change of each figure comes from.
    fn split(&mut self, card: &Scorecard) {
        let Some(scenario) = card.scenario.as_ref().filter(|scenario| !scenario.split.is_empty()) else { return };
        let lang = self.lang;
        self.line(self.say(
            "where the change comes from (Shapley; in brackets the least and the most over all orders)",
            "变化来源分解（Shapley值；括号内为各次序的最小与最大值）",
        ));
        let shown = |text: &str| split::in_lang(text, lang);
        for row in &scenario.split {
            let title = format!("  {}: {}", row.title.in_lang(lang), shown(&row.text));
            self.line(&title);
            for part in &row.parts {
                let (least, most) = (shown(&part.range_text.0), shown(&part.range_text.1));
                let range = if least == most { String::new() } else { format!("  ({least} … {most})") };
                let name = part.group.title();
                let line = format!(
                    "    {}  {}{range}",
                    text::pad(name.in_lang(lang), 12),
                    text::pad_left(&shown(&part.text), 16)
                );
                self.line(&line);
            }
            if let Some(reason) = &row.reason {
                self.wrapped(&reason.en, &reason.zh, "    ");
            }
        }
        self.line("");
    }

    fn indicator(&mut self, row: &Row, title: &str, widest: usize) {
        let value = or_dash(row.figure.in_lang(self.lang));
        let target = row.target.as_ref().map_or(String::new(), |target| {
            format!("{} {}", target.in_lang(self.lang), target.day().in_lang(self.lang)).trim_end().to_owned()
        });
        let verdict = self.paint(row.verdict, row.verdict.title().in_lang(self.lang));
        let firmness = match row.firmness {
            Firmness::Robust if row.status == Status::Close => self.say(", close, robust", "，接近，稳健"),
            Firmness::Robust => self.say(", robust", "，稳健"),
            Firmness::Fragile => self.say(", FRAGILE", "，脆弱"),
            Firmness::Untested if row.status == Status::Close => self.say(", close", "，接近"),
            Firmness::Untested => "",
        };
        let range = row.figure.uncertainty.filter(|(low, high)| low < high).map_or(String::new(), |(low, high)| {
            let told = |value| row.figure.told(value).in_lang(self.lang).to_owned();
            format!(" ({} – {})", told(low), told(high))
        });
        self.line(&format!(
            "{}  {}  {}  {verdict}{firmness}{range}",
            text::pad(title, widest),
            text::pad_left(value, 9),
            text::pad(&target, 20),
        ));
        let of = row.figure.share_of(row.is_count());
        if let Some((part, whole, unknown)) = of {
            let (mut en, mut zh) = (format!("{part} of {whole}"), format!("{whole} 中的 {part}"));
            if unknown != "0" {
                en.push_str(&format!("; {unknown} more without data"));
                zh.push_str(&format!("；另有 {unknown} 无数据"));
            }
            self.wrapped(&en, &zh, "    ");
        }
        if let Some(reason) = &row.reason {
            self.wrapped(&reason.en, &reason.zh, "    ");
        }
        if let Some(origin) = row.target.as_ref().and_then(|target| target.origin) {
            let title = origin.title();
            self.wrapped(&format!("target: {}", title.en), &format!("目标性质：{}", title.zh), "    ");
        }
        for norm in &row.norms {
            self.wrapped(&format!("§ {}", norm.says.en), &format!("§ {}", norm.says.zh), "    ");
        }
        if let Some(gap) = &row.closing_the_gap {
            self.wrapped(&format!("→ {}", gap.en), &format!("→ {}", gap.zh), "    ");
        }
        if let Some(pace) = &row.pace {
            self.wrapped(&format!("→ {}", pace.says.en), &format!("→ {}", pace.says.zh), "    ");
        }
        self.matrix(row);
        for note in &row.notes {
            self.wrapped(&format!("· {}", note.en), &format!("· {}", note.zh), "    ");
        }
        self.classes(row);
        self.worst(row);
        self.line("");
    }

    /// The definition matrix: one line a definition, the headline's own first.
    fn matrix(&mut self, row: &Row) {
        if row.variants.len() < 2 {
            return;
        }
        let with_scopes = row.variants.iter().any(|variant| !variant.others.is_empty());
        let by_year = row.target.as_ref().is_some_and(|target| target.every_year);
        let first = if by_year { self.say("year", "年份") } else { self.say("definition", "口径") };
        let mut header = vec![first, "", self.say("value", "数值")];
        if by_year {
            header.push(self.say("verdict", "结论"));
        }
        if with_scopes {
            header.extend([
                self.say("within province", "省内"),
                self.say("across", "省际"),
                self.say("all", "全部"),
                self.say("still needed", "尚缺"),
                self.say("verdict", "结论"),
            ]);
        }
        let counts = |figure: &FigureRow| {
            figure.share_of(true).map_or("–".to_owned(), |(part, whole, unknown)| match unknown.as_str() {
                "0" => format!("{part}/{whole}"),
                _ => format!("{part}/{whole} +{unknown}?"),
            })
        };
        let rows = row.variants.iter().map(|variant| {
            let value = or_dash(variant.figure.in_lang(self.lang));
            let mut cells = vec![variant.code.clone(), variant.label.in_lang(self.lang).to_owned(), value.to_owned()];
            if by_year {
                cells.push(if variant.informative_only {
                    String::new()
                } else {
                    variant.verdict.title().in_lang(self.lang).to_owned()
                });
            }
            if with_scopes {
                let mut scopes: Vec<String> = variant.others.iter().map(|(_, figure)| counts(figure)).collect();
                scopes.resize(3, "–".to_owned());
                cells.extend(scopes);
                cells.push(variant.needed.map_or(String::new(), thousands));
                cells.push(match variant.informative_only {
                    true => self.say("a bound only", "仅供参考").to_owned(),
                    false => variant.verdict.title().in_lang(self.lang).to_owned(),
                });
            }
            cells
        });
        let table = text::table(&header, rows.collect());
        for line in table.lines() {
            self.line(&format!("    {line}"));
        }
        if row.variants.iter().any(|variant| variant.others.iter().any(|(_, figure)| figure.unknown > 0.0)) {
            self.wrapped("+n? are pairs without data", "+n? 为无数据的县对", "    ");
        }
    }

    /// One line for the classes of demand points, each with what it rests on.
    fn classes(&mut self, row: &Row) {
        if row.classes.is_empty() {
            return;
        }
        let told = row.classes.iter().map(|one| {
            let class = one.class.as_deref().unwrap_or(self.say("class not known", "类别未知"));
            let value = or_dash(one.figure.in_lang(self.lang));
            let whole = amount(one.figure.whole.unwrap_or(0.0), row.is_count());
            let points = thousands(one.points as f64);
            match self.lang {
                Lang::En => format!("{class} {value} ({whole} in {})", counted(one.points as usize, "point", "points")),
                Lang::Zh => format!("{class} {value}（{points}个点，{whole}）"),
            }
        });
        let told: Vec<String> = told.collect();
        let text = format!("{}: {}", self.say("by class", "分类"), told.join(self.say(", ", "、")));
        self.text.push_str(&text::wrap(&text, COLUMNS, "    "));
    }

    /// How the regions of the smallest judged level fared, and the five that fared worst.
    fn worst(&mut self, row: &Row) {
        let Some(level) = row.regions.iter().map(|region| region.level).max() else { return };
        let mut mine: Vec<_> = row.regions.iter().filter(|region| region.level == level).collect();
        let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
        for region in &mine {
            *counts.entry(region.verdict).or_default() += 1;
        }
        let (en, zh) = level.title();
        let listed: Vec<String> =
            counts.iter().map(|(verdict, count)| format!("{} {count}", verdict.title().in_lang(self.lang))).collect();
        let by = format!("{}: {}", self.say(&format!("by {en}"), zh), listed.join(", "));
        mine.retain(|region| region.verdict == Verdict::Missed);
        let at_least = row.target.as_ref().is_none_or(|target| target.at_least);
        mine.sort_by(|x, y| {
            let (x, y) = (x.figure.value.unwrap_or(0.0), y.figure.value.unwrap_or(0.0));
            if at_least { x.total_cmp(&y) } else { y.total_cmp(&x) }
        });
        let worst: Vec<String> =
            mine.iter().take(5).map(|region| format!("{} {}", region.name, region.figure.in_lang(self.lang))).collect();
        let text = if worst.is_empty() {
            by
        } else {
            format!("{by}; {}: {}", self.say("lowest", "最差"), worst.join(self.say(", ", "、")))
        };
        self.text.push_str(&text::wrap(&text, COLUMNS, "    "));
    }

    /// The line above the indicators of an item of the plan.
    fn item(&mut self, item: Option<u32>) {
        let line = match (item, self.lang) {
            (Some(number), Lang::En) => format!("-- item {number} of the plan"),
            (Some(number), Lang::Zh) => format!("-- 文件第 {number} 项"),
            (None, Lang::En) => "-- no item of the plan".to_owned(),
            (None, Lang::Zh) => "-- 非文件条目".to_owned(),
        };
        self.line(&line);
    }

    /// How many rows have each status: all of them, and by whose target it is where the config says so.
    fn totals(&mut self, card: &Scorecard) {
        let count = |rows: &[&Row]| {
            let listed = Status::ALL.into_iter().filter_map(|status| {
                let count = rows.iter().filter(|row| row.status == status).count();
                (count > 0).then(|| format!("{} {count}", status.title().in_lang(self.lang)))
            });
            listed.collect::<Vec<_>>().join(", ")
        };
        let all: Vec<&Row> = card.indicators.iter().collect();
        let mut lines = vec![format!("{}: {}", self.say("verdicts", "结论"), count(&all))];
        for origin in Origin::ALL {
            let origin_of = |row: &&Row| row.target.as_ref().and_then(|target| target.origin) == Some(origin);
            let rows: Vec<&Row> = card.indicators.iter().filter(origin_of).collect();
            if !rows.is_empty() {
                lines.push(format!("  {}: {}", origin.title().in_lang(self.lang), count(&rows)));
            }
        }
        for line in lines {
            self.line(&line);
        }
    }

    /// The regions of the smallest level that keep most promises, and those that keep fewest.
    fn ranking(&mut self, card: &Scorecard) {
        const SHOWN: usize = 3;
        let Some(level) = shown_level(&card.ranking) else { return };
        let of_level: Vec<&Ranked> =
            card.ranking.iter().filter(|one| one.level == level && one.places.is_some()).collect();
        if of_level.len() <= 2 * SHOWN {
            return;
        }
        let told = |one: &&Ranked| {
            let (best, worst) = one.places.unwrap_or_default();
            let place = if best == worst { best.to_string() } else { format!("{best}–{worst}") };
            let perhaps = if one.no_data > 0 { format!(" +{}?", one.no_data) } else { String::new() };
            format!("{} {}/{}{perhaps} (#{place})", one.name, one.met, one.targets)
        };
        let join = |ones: &[&Ranked]| ones.iter().map(told).collect::<Vec<_>>().join(self.say(", ", "、"));
        let (first, last) = (join(&of_level[..SHOWN]), join(&of_level[of_level.len() - SHOWN..]));
        let (en, zh) = level.title();
        self.wrapped(
            &format!("ranking by {en} (targets met): {first} … {last}; all in the layer \"ranking\""),
            &format!("{zh}排名（达标数）：{first} …… {last}；全部见图层 ranking"),
            "",
        );
    }

    /// The ledger in three lines: how much was read and used, why the rest was not, and what is doubtful; before it what is wrong with the
    /// plane and what must be known of the timetables.
    fn ledger(&mut self, card: &Scorecard, issues: &[Issue]) {
        if let Some(doubt) = &card.plane.doubt {
            self.wrapped(&format!("WARNING: {}", doubt.en), &format!("警告：{}", doubt.zh), "");
        }
        for warning in &card.warnings {
            self.wrapped(&format!("WARNING: {}", warning.en), &format!("警告：{}", warning.zh), "");
        }
        let sum =
            |pick: fn(&crate::indicators::scorecard::SourceRow) -> u64| card.sources.iter().map(pick).sum::<u64>();
        let (read, used) = (sum(|source| source.read), sum(|source| source.used));
        let count = |count: u64| thousands(count as f64);
        let dropped = count(read - used);
        let (read, used) = (count(read), count(used));
        let synthetic = card.sources.iter().filter(|source| source.synthetic).count();
        self.wrapped(
            &format!(
                "ledger: {read} records read from {} ({synthetic} of them synthetic) = {used} used + {dropped} dropped",
                counted(card.sources.len(), "source", "sources")
            ),
            &format!(
                "数据台账：{} 个数据源（其中合成 {synthetic} 个）读入 {read} 条 = 采用 {used} 条 + 剔除 {dropped} 条",
                card.sources.len()
            ),
            "",
        );
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for (reason, count) in card.sources.iter().flat_map(|source| &source.dropped) {
            *reasons.entry(reason).or_default() += count;
        }
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(reason, dropped)| format!("{} {}", words::issue(reason).in_lang(self.lang), count(*dropped)))
            .collect();
        let reasons = if reasons.is_empty() { "–".to_owned() } else { reasons.join(", ") };
        self.wrapped(&format!("dropped: {reasons}"), &format!("剔除原因：{reasons}"), "");
        let count = |severity| issues.iter().filter(|issue: &&Issue| issue.severity == severity).count();
        let [errors, warnings, notes] = [Severity::Error, Severity::Warning, Severity::Note].map(count);
        let told = [
            counted(errors, "error", "errors"),
            counted(warnings, "warning", "warnings"),
            counted(notes, "note", "notes"),
        ]
        .join(", ");
        let [errors, warnings, notes] = [errors, warnings, notes].map(|count| thousands(count as f64));
        let scale = format!("{} ({:.4} – {:.4})", card.plane.name, card.plane.scale_min, card.plane.scale_max);
        self.wrapped(
            &format!("issues: {told} (layer \"issues\"); plane and its scale: {scale}"),
            &format!(
                "问题：错误 {errors}、警告 {warnings}、提示 {notes}（见图层 issues）；量测平面及长度变形：{scale}"
            ),
            "",
        );
    }
}

/// A text, or a dash where there is none.
fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}
