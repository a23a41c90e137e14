//! The page of a report, section by section, in one language after the other.

use std::collections::BTreeMap;

use pulldown_cmark::Options;
use pulldown_cmark::Parser;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::base::units::thousands;
use crate::base::words;
use crate::indicators::ranking::Ranked;
use crate::indicators::ranking::shown_level;
use crate::indicators::scorecard::FigureRow;
use crate::indicators::scorecard::RegionRow;
use crate::indicators::scorecard::Row;
use crate::indicators::split;
use crate::indicators::target::Origin;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Status;
use crate::indicators::verdict::Verdict;
use crate::io::html::Report;
use crate::io::html::chart;
use crate::io::html::map::Atlas;
use crate::io::html::map::Map;
use crate::io::xml::escape;
use crate::model::region::Level;
use crate::table::Table;

/// Regions that are named as the worst served.
const WORST: usize = 10;
/// Lines of evidence that are shown; all are in the layers and in the scorecard.
const LINES: usize = 12;

/// The whole document.
pub(super) fn page(report: &Report<'_>) -> String {
    let atlas = report.tables.iter().find(|table| table.name == "outlines").and_then(Atlas::new);
    let first = report.langs.first().copied().unwrap_or(Lang::En);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{}\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        code(first),
        escape(&report.card.generator),
        escape(report.card.title.in_lang(first)),
        include_str!("report.css")
    );
    if report.langs.len() > 1 {
        for lang in report.langs {
            let checked = if *lang == first { " checked" } else { "" };
            out.push_str(&format!(
                "<input class=\"choice\" type=\"radio\" name=\"lang\" id=\"choose-{}\"{checked}>\n",
                code(*lang)
            ));
        }
        out.push_str("<nav class=\"langs\" aria-label=\"语言 Language\">");
        for lang in report.langs {
            let name = if *lang == Lang::Zh { "中文" } else { "English" };
            out.push_str(&format!("<label for=\"choose-{}\">{name}</label>", code(*lang)));
        }
        out.push_str("</nav>\n");
    }
    if let Some(atlas) = &atlas {
        out.push_str(&atlas.shared());
    }
    for lang in report.langs {
        let page = Page { report, atlas: atlas.as_ref(), lang: *lang };
        out.push_str(&page.body());
    }
    out.push_str("</body>\n</html>\n");
    out
}

fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

/// A sign beside the word, so that colour is never alone.
fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "✓",
        Verdict::Missed => "✗",
        Verdict::NoData => "?",
        Verdict::NotApplicable => "–",
        Verdict::NoTarget => "○",
    }
}

struct Page<'a> {
    report: &'a Report<'a>,
    atlas: Option<&'a Atlas>,
    lang: Lang,
}

impl Page<'_> {
    fn say<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn told(&self, text: &Text) -> String {
        escape(text.in_lang(self.lang))
    }

    fn chip(&self, row: &Row) -> String {
        let verdict = row.verdict;
        let close = match row.status {
            Status::Close => format!(" <b class=\"close\">{}</b>", self.say("close", "接近")),
            _ => String::new(),
        };
        let firm = match row.firmness {
            Firmness::Robust => format!(" <span class=\"soft\">{}</span>", self.say("robust", "稳健")),
            Firmness::Fragile => format!(" <b class=\"fragile\">{}</b>", self.say("fragile", "脆弱")),
            Firmness::Untested => String::new(),
        };
        format!(
            "<span class=\"chip {}\">{} {}</span>{close}{firm}",
            verdict.word(),
            sign(verdict),
            self.told(&verdict.title())
        )
    }

    fn body(&self) -> String {
        let mut out = format!("<main lang=\"{}\">\n", code(self.lang));
        out.push_str(&self.head());
        out.push_str(&self.scorecard());
        out.push_str(&self.ranking());
        for row in self.report.card.indicators.iter().filter(|row| has_section(row)) {
            out.push_str(&self.indicator(row));
        }
        out.push_str(&self.ledger());
        out.push_str(&self.methods());
        out.push_str(&self.provenance());
        out.push_str("</main>\n");
        out
    }

    fn id(&self, row: &Row) -> String {
        format!("{}-{}", code(self.lang), row.id)
    }

    fn head(&self) -> String {
        let card = self.report.card;
        let mut out = format!("<h1>{}</h1>\n", self.told(&card.title));
        let lead = match self.lang {
            Lang::En => format!("{} questions, each measured, judged and traced to its data.", card.indicators.len()),
            Lang::Zh => format!("共 {} 项指标，逐项测算、评判，并可追溯至数据。", card.indicators.len()),
        };
        out.push_str(&format!("<p class=\"lead\">{lead}</p>\n"));
        if card.synthetic {
            out.push_str(&format!(
                "<p class=\"warn\"><b>{}</b> {}</p>\n",
                self.say("Part of the data is made up.", "部分数据为合成数据。"),
                self.say("Indicators marked * say nothing of the real world.", "标 * 的指标不反映现实。")
            ));
        }
        out.push_str(&self.scenario());
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for row in &card.indicators {
            *counts.entry(row.status).or_default() += 1;
        }
        out.push_str("<div class=\"bar\" aria-hidden=\"true\">");
        for (status, count) in &counts {
            out.push_str(&format!("<span class=\"b-{}\" style=\"flex:{count}\">{count}</span>", status.word()));
        }
        out.push_str("</div>\n<ul class=\"keys\">");
        for (status, count) in &counts {
            out.push_str(&format!(
                "<li><i class=\"b-{}\"></i>{} {count}</li>",
                status.word(),
                self.told(&status.title())
            ));
        }
        out.push_str("</ul>\n");
        out.push_str(&self.origins());
        out
    }

    /// The statuses by whose targets they are, so that another's norm is not taken for a promise of the plan; empty where no target says whose it is.
    fn origins(&self) -> String {
        let origin_of = |row: &Row| row.target.as_ref().and_then(|target| target.origin);
        let rows = &self.report.card.indicators;
        if rows.iter().all(|row| origin_of(row).is_none()) {
            return String::new();
        }
        let statuses: Vec<Status> =
            Status::ALL.into_iter().filter(|status| rows.iter().any(|row| row.status == *status)).collect();
        let mut out = format!("<table class=\"origins\"><thead><tr><th>{}</th>", self.say("Whose target", "目标性质"));
        for status in &statuses {
            out.push_str(&format!("<th class=\"v\">{}</th>", self.told(&status.title())));
        }
        out.push_str(&format!("<th class=\"v\">{}</th></tr></thead><tbody>\n", self.say("All", "合计")));
        let with_target = Origin::ALL.into_iter().map(Some).chain([None]);
        for origin in with_target {
            let mine: Vec<&Row> = rows.iter().filter(|row| origin_of(row) == origin).collect();
            if mine.is_empty() {
                continue;
            }
            let title = match origin {
                Some(origin) => self.told(&origin.title()),
                None => self.say("no target, or not said whose", "未设目标或未注明").to_owned(),
            };
            out.push_str(&format!("<tr><td>{title}</td>"));
            for status in &statuses {
                let count = mine.iter().filter(|row| row.status == *status).count();
                let shown = if count == 0 { "–".to_owned() } else { count.to_string() };
                out.push_str(&format!("<td class=\"v\">{shown}</td>"));
            }
            out.push_str(&format!("<td class=\"v\">{}</td></tr>\n", mine.len()));
        }
        out.push_str("</tbody></table>\n");
        out
    }

    /// What is otherwise than in the study, and where the change of each figure comes from.
    fn scenario(&self) -> String {
        let Some(scenario) = &self.report.card.scenario else { return String::new() };
        let mut out = format!(
            "<section class=\"scenario\"><h2>{}: {}</h2>\n<ul>",
            self.say("Scenario", "情景"),
            self.told(&scenario.title)
        );
        for line in scenario.told() {
            out.push_str(&format!("<li>{}</li>", self.told(&line)));
        }
        out.push_str("</ul>\n");
        if !scenario.split.is_empty() {
            out.push_str(&format!(
                "<table><caption>{}</caption><thead><tr><th>{}</th><th>{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th></tr></thead><tbody>\n",
                self.say("Where the change comes from (Shapley)", "变化来源分解（Shapley值）"),
                self.say("Indicator", "指标"),
                self.say("Changes", "变更"),
                self.say("Change", "变化"),
                self.say("Over all orders", "各次序范围"),
            ));
        }
        for row in &scenario.split {
            let shown = |text: &str| escape(&split::in_lang(text, self.lang));
            let line = |name: String, group: String, change: &str, range: String| {
                format!(
                    "<tr><td>{name}</td><td>{group}</td><td class=\"v\">{}</td><td class=\"v\">{range}</td></tr>\n",
                    shown(change)
                )
            };
            let all = match &row.reason {
                Some(reason) => self.told(reason),
                None => self.say("all", "合计").to_owned(),
            };
            out.push_str(&line(self.told(&row.title), all, &row.text, String::new()));
            for part in &row.parts {
                let (least, most) = &part.range_text;
                let range = if least == most { String::new() } else { format!("{} … {}", shown(least), shown(most)) };
                out.push_str(&line(String::new(), self.told(&part.group.title()), &part.text, range));
            }
        }
        if !scenario.split.is_empty() {
            out.push_str("</tbody></table>\n");
        }
        out.push_str("</section>\n");
        out
    }

    fn mark(&self, row: &Row) -> &'static str {
        if row.synthetic { " *" } else { "" }
    }

    fn scorecard(&self) -> String {
        let mut out = format!(
            "<h2>{}</h2>\n<table class=\"card\"><thead><tr><th>{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"w\">{}</th></tr></thead><tbody>\n",
            self.say("Scorecard", "指标评分表"),
            self.say("Indicator", "指标"),
            self.say("Value", "数值"),
            self.say("Target", "目标"),
            self.say("Verdict", "结论")
        );
        let mut item = None;
        for row in &self.report.card.indicators {
            if row.item != item {
                item = row.item;
                let title = match (item, self.lang) {
                    (Some(number), Lang::En) => format!("Item {number} of the plan"),
                    (Some(number), Lang::Zh) => format!("文件第 {number} 项"),
                    (None, Lang::En) => "No item of the plan".to_owned(),
                    (None, Lang::Zh) => "非文件条目".to_owned(),
                };
                out.push_str(&format!("<tr class=\"item\"><th colspan=\"4\" scope=\"rowgroup\">{title}</th></tr>\n"));
            }
            let target = row.target.as_ref().map_or("–".to_owned(), |target| {
                let unbroken = |text: &str| format!("<span class=\"nb\">{}</span>", escape(text));
                let day = target.day();
                let day = day.in_lang(self.lang);
                let between = if self.lang == Lang::En { " " } else { "<wbr/>" };
                match day {
                    "" => unbroken(target.in_lang(self.lang)),
                    day => format!("{}{between}{}", unbroken(target.in_lang(self.lang)), unbroken(day)),
                }
            });
            let whose = row.target.as_ref().and_then(|target| target.origin).filter(|origin| !origin.is_plan());
            let whose = whose.map_or(String::new(), |origin| {
                format!("<br><span class=\"soft small\">{}</span>", self.told(&origin.title()))
            });
            let name = format!("{}{}", self.told(&row.title), self.mark(row));
            let name = match has_section(row) {
                true => format!("<a href=\"#{}\">{name}</a>", escape(&self.id(row))),
                false => format!("<span id=\"{}\">{name}</span>", escape(&self.id(row))),
            };
            let more = if has_section(row) { String::new() } else { self.all_of(row) };
            out.push_str(&format!(
                "<tr{}><td>{name}</td><td class=\"v\">{}</td><td class=\"v\">{}{whose}</td><td class=\"w\">{}</td></tr>\n{more}",
                if more.is_empty() { "" } else { " class=\"lead-in\"" },
                self.shown(&row.figure),
                target,
                self.chip(row)
            ));
        }
        out.push_str("</tbody></table>\n");
        out
    }

    /// All that is known of an indicator without a section, as a row below its line.
    fn all_of(&self, row: &Row) -> String {
        let mut said: Vec<String> = row.reason.iter().map(|reason| self.told(reason)).collect();
        said.extend(Some(escape(&row.cites)).filter(|cites| !cites.is_empty()));
        said.extend(row.norms.iter().map(|norm| self.told(&norm.says)));
        said.extend(row.notes.iter().map(|note| self.told(note)));
        format!("<tr class=\"more\"><td colspan=\"4\">{}</td></tr>\n", said.join("<br>"))
    }

    /// The regions of the smallest ranked level by targets met, with the map; empty where fewer than two have a place.
    fn ranking(&self) -> String {
        let ranking = &self.report.card.ranking;
        let Some(level) = shown_level(ranking) else { return String::new() };
        let mine: Vec<&Ranked> = ranking.iter().filter(|one| one.level == level && one.places.is_some()).collect();
        if mine.len() < 2 {
            return String::new();
        }
        let name = self.say(level.title().0, level.title().1);
        let synthetic = mine.iter().any(|one| one.synthetic);
        let mut out = format!(
            "<section class=\"indicator\">\n<h2>{}{}</h2>\n<p>{}</p>\n",
            match self.lang {
                Lang::En => format!("Ranking by {name}"),
                Lang::Zh => format!("{name}排名"),
            },
            if synthetic { " *" } else { "" },
            self.say(
                "By the share of targets met, the plan's own where the study says whose they are; each counts the same. Missing data makes a range of places, never a lower place.",
                "按达标目标所占比例排列（注明目标性质时仅计文件自身目标），各目标权重相同；缺失数据形成名次区间，不降低名次。"
            )
        );
        let layers: Vec<&Table> = self.report.tables.iter().filter(|table| table.name == "ranking").collect();
        let title = self.say("Regions by targets met", "各区域达标情况");
        if let Some(map) = self.atlas.and_then(|atlas| atlas.map(&layers, title, self.lang)) {
            out.push_str(&self.drawn(&map, synthetic));
        }
        out.push_str(&format!(
            "<table><thead><tr><th>{name}</th><th>{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th></tr></thead><tbody>\n",
            self.say("Code", "代码"),
            self.say("Place", "名次"),
            self.say("Met", "达标"),
            self.say("Missed", "未达标"),
            self.say("Of these close", "其中接近"),
            self.say("No data", "无数据")
        ));
        let row = |one: &Ranked| {
            let (best, worst) = one.places.unwrap_or_default();
            let place = if best == worst { best.to_string() } else { format!("{best} – {worst}") };
            format!(
                "<tr><td>{}</td><td class=\"mono\">{}</td><td class=\"v\">{place}</td><td class=\"v\">{}</td><td class=\"v\">{}</td><td class=\"v\">{}</td><td class=\"v\">{}</td></tr>\n",
                escape(&one.name),
                escape(&one.code),
                one.met,
                one.missed,
                one.close,
                one.no_data
            )
        };
        let cut = if mine.len() > 2 * WORST { WORST } else { mine.len() };
        for one in &mine[..cut] {
            out.push_str(&row(one));
        }
        if cut < mine.len() {
            let between = mine.len() - 2 * WORST;
            let told = match self.lang {
                Lang::En => format!("{between} more in between, in the layer \"ranking\" and in the workbook"),
                Lang::Zh => format!("其间 {between} 个见图层 ranking 与工作簿"),
            };
            out.push_str(&format!("<tr><td colspan=\"7\" class=\"soft\">{told}</td></tr>\n"));
            for one in &mine[mine.len() - WORST..] {
                out.push_str(&row(one));
            }
        }
        out.push_str("</tbody></table>\n</section>\n");
        out
    }

    fn indicator(&self, row: &Row) -> String {
        let title = format!("{}{}", row.title.in_lang(self.lang), self.mark(row));
        let mut out =
            format!("<section class=\"indicator\" id=\"{}\">\n<h2>{}</h2>\n", escape(&self.id(row)), escape(&title));
        if !row.cites.is_empty() {
            out.push_str(&format!(
                "<p class=\"soft\">{}: {}</p>\n",
                self.say("Source of the target", "目标出处"),
                escape(&row.cites)
            ));
        }
        for norm in &row.norms {
            out.push_str(&format!("<p class=\"soft\">{}</p>\n", self.told(&norm.says)));
        }
        out.push_str(&self.figure(row));
        if let Some(reason) = &row.reason {
            out.push_str(&format!("<p>{}</p>\n", self.told(reason)));
        }
        if let Some(gap) = &row.closing_the_gap {
            out.push_str(&format!(
                "<p class=\"gap\"><b>{}</b> {}</p>\n",
                self.say("What would close the gap:", "达标所需："),
                self.told(gap)
            ));
        }
        if let Some(pace) = &row.pace {
            out.push_str(&format!("<p>{} {}</p>\n", self.say("Pace:", "进度："), self.told(&pace.says)));
        }
        out.push_str(&self.map(row));
        out.push_str(&self.matrix(row));
        out.push_str(&self.classes(row));
        out.push_str(&self.regions(row));
        out.push_str(&self.lorenz(row));
        out.push_str(&self.weights(row));
        out.push_str(&self.evidence(row));
        if !row.notes.is_empty() {
            out.push_str("<ul class=\"notes\">");
            for note in &row.notes {
                out.push_str(&format!("<li>{}</li>", self.told(note)));
            }
            out.push_str("</ul>\n");
        }
        out.push_str("</section>\n");
        out
    }

    fn figure(&self, row: &Row) -> String {
        let target = row.target.as_ref().map_or(String::new(), |target| {
            let assumed = if target.by_is_assumed { self.say(" (assumed)", "（假设）") } else { "" };
            let by = target.by.as_ref().map_or(String::new(), |by| match self.lang {
                Lang::En => format!(" by {by}{assumed}"),
                Lang::Zh => format!("，期限 {by}{assumed}"),
            });
            let whose = target.origin.map_or(String::new(), |origin| format!(" – {}", self.told(&origin.title())));
            format!(
                "<span>{} {}{}{whose}</span>",
                self.say("target", "目标"),
                escape(target.in_lang(self.lang)),
                escape(&by)
            )
        });
        let mut out = format!(
            "<div class=\"figure\"><b class=\"{}\">{}</b>{target}<span>{}</span></div>\n",
            row.verdict.word(),
            self.shown(&row.figure),
            self.chip(row)
        );
        if let Some((part, whole, more)) = row.figure.share_of(row.is_count()) {
            let of = match self.lang {
                Lang::En => format!("{part} of {whole}"),
                Lang::Zh => format!("{whole} 中的 {part}"),
            };
            let unknown = match (row.figure.unknown > 0.0, self.lang) {
                (false, _) => String::new(),
                (true, Lang::En) => format!("; {more} more without data"),
                (true, Lang::Zh) => format!("；另有 {more} 无数据"),
            };
            out.push_str(&format!("<p class=\"soft\">{of}{unknown}</p>\n"));
        }
        if let Some((low, high)) = row.figure.uncertainty.filter(|(low, high)| low < high) {
            out.push_str(&format!(
                "<p class=\"soft\">{} {} – {}</p>\n",
                self.say("under the declared uncertainties", "在所声明的不确定性范围内："),
                self.told(&row.figure.told(low)),
                self.told(&row.figure.told(high))
            ));
        }
        out
    }

    fn layers<'t>(&'t self, row: &Row) -> Vec<&'t Table> {
        row.layers.iter().filter_map(|name| self.report.tables.iter().find(|table| table.name == *name)).collect()
    }

    fn map(&self, row: &Row) -> String {
        let layers = self.layers(row);
        let title = format!("{}: {}", self.say("Map", "地图"), row.title.in_lang(self.lang));
        let Some(map) = self.atlas.and_then(|atlas| atlas.map(&layers, &title, self.lang)) else {
            return String::new();
        };
        self.drawn(&map, row.synthetic)
    }

    /// A map with what must stand below it.
    fn drawn(&self, map: &Map, synthetic: bool) -> String {
        let made_up = if synthetic { self.say("Made-up data. ", "合成数据。") } else { "" };
        let approval = match self.report.approval {
            Some(number) => format!("{}{}", self.say("Map approval number ", "审图号："), escape(number)),
            None => self.say(
                "Boundaries as read, not official; without a map approval number (审图号) not for publication in China.",
                "边界依所读数据绘制，非官方边界；无审图号，不得公开出版。",
            ).to_owned(),
        };
        format!(
            "<figure>{}<figcaption>{made_up}{}{approval}</figcaption>{}</figure>\n",
            map.svg,
            self.told(self.report.credit),
            map.legend
        )
    }

    fn matrix(&self, row: &Row) -> String {
        if row.variants.len() < 2 {
            return String::new();
        }
        let scopes: Vec<&Text> = row
            .variants
            .iter()
            .find(|one| !one.others.is_empty())
            .map_or(Vec::new(), |one| one.others.iter().map(|(label, _)| label).collect());
        let (heading, definition) = match row.target.as_ref().is_some_and(|target| target.every_year) {
            true => (self.say("Year by year", "逐年结果"), self.say("Year", "年份")),
            false => (
                self.say("The same question under other definitions", "不同口径下的结果"),
                self.say("Definition", "口径"),
            ),
        };
        let mut out = format!(
            "<h3>{heading}</h3>\n<table><thead><tr><th>{definition}</th><th class=\"v\">{}</th>",
            self.say("Value", "数值")
        );
        for scope in &scopes {
            out.push_str(&format!("<th class=\"v\">{}</th>", self.told(scope)));
        }
        out.push_str(&format!("<th class=\"w\">{}</th></tr></thead><tbody>\n", self.say("Verdict", "结论")));
        for variant in &row.variants {
            let verdict = if variant.informative_only {
                format!("<span class=\"soft\">{}</span>", self.say("a bound only", "仅供参考"))
            } else {
                format!(
                    "<span class=\"{}\">{} {}</span>",
                    variant.verdict.word(),
                    sign(variant.verdict),
                    self.told(&variant.verdict.title())
                )
            };
            out.push_str(&format!(
                "<tr><td>{} <span class=\"soft mono\">{}</span></td><td class=\"v\">{}</td>",
                self.told(&variant.label),
                escape(&variant.code),
                self.shown(&variant.figure)
            ));
            for at in 0..scopes.len() {
                let cell = variant.others.get(at).map_or("–".to_owned(), |(_, figure)| self.shown(figure));
                out.push_str(&format!("<td class=\"v\">{cell}</td>"));
            }
            out.push_str(&format!("<td class=\"w\">{verdict}</td></tr>\n"));
        }
        out.push_str("</tbody></table>\n");
        out
    }

    /// The figure of each class of demand points, with what it rests on.
    fn classes(&self, row: &Row) -> String {
        if row.classes.is_empty() {
            return String::new();
        }
        let mut out = format!(
            "<h3>{}</h3>\n<table><thead><tr><th>{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th></tr></thead><tbody>\n",
            self.say("By class", "分类结果"),
            self.say("Class", "类别"),
            self.say("Value", "数值"),
            self.say("Rests on", "依据总量"),
            self.say("Points", "点数")
        );
        for one in &row.classes {
            let name = one.class.as_deref().unwrap_or(self.say("no class given", "未注明类别"));
            let whole = one.figure.whole.map_or("–".to_owned(), thousands);
            out.push_str(&format!(
                "<tr><td>{}</td><td class=\"v\">{}</td><td class=\"v\">{whole}</td><td class=\"v\">{}</td></tr>\n",
                escape(name),
                self.shown(&one.figure),
                one.points
            ));
        }
        out.push_str("</tbody></table>\n");
        out
    }

    /// How the regions of each level fared; of the smallest, how their figures are spread and which fared worst.
    fn regions(&self, row: &Row) -> String {
        let mut by_level: BTreeMap<Level, Vec<&RegionRow>> = BTreeMap::new();
        for region in &row.regions {
            by_level.entry(region.level).or_default().push(region);
        }
        let Some((level, smallest)) = by_level.last_key_value() else { return String::new() };
        if smallest.len() < 2 {
            return String::new();
        }
        let mut out = String::new();
        let name = |level: Level| self.say(level.title().0, level.title().1);
        out.push_str(&format!("<h3>{}</h3>\n", self.say("By region", "分区结果")));
        for (level, regions) in &by_level {
            let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
            for region in regions {
                *counts.entry(region.verdict).or_default() += 1;
            }
            let listed: Vec<String> =
                counts.iter().map(|(verdict, count)| format!("{} {count}", self.told(&verdict.title()))).collect();
            out.push_str(&format!(
                "<p>{} ({}): {}</p>\n",
                name(*level),
                regions.len(),
                listed.join(self.say(", ", "，"))
            ));
        }
        let values: Vec<f64> = smallest.iter().filter_map(|region| region.figure.value).collect();
        let title = format!("{} – {}", row.title.in_lang(self.lang), name(*level));
        if let Some(chart) = chart::histogram(&values, row, &title, self.lang) {
            let how = match self.lang {
                Lang::En => format!("Number of regions ({}) by value.", name(*level)),
                Lang::Zh => format!("各{}按数值分布（个数）。", name(*level)),
            };
            out.push_str(&format!("<figure>{chart}<figcaption>{how}</figcaption></figure>\n"));
        }
        out.push_str(&self.worst(row, smallest));
        out
    }

    fn worst(&self, row: &Row, regions: &[&RegionRow]) -> String {
        let mut known: Vec<(&RegionRow, f64)> = regions
            .iter()
            .filter(|region| region.verdict == Verdict::Missed)
            .filter_map(|region| Some((*region, region.figure.value?)))
            .collect();
        if known.is_empty() {
            return String::new();
        }
        known.sort_by(|a, b| {
            let order = if row.target.as_ref().is_none_or(|target| target.at_least) {
                a.1.total_cmp(&b.1)
            } else {
                b.1.total_cmp(&a.1)
            };
            order.then_with(|| a.0.code.cmp(&b.0.code))
        });
        let has_left = known.iter().any(|(region, _)| region.figure.part.is_some());
        let mut out = format!(
            "<table><thead><tr><th>{}</th><th>{}</th><th class=\"v\">{}</th>",
            match self.lang {
                Lang::En => format!("Worst served, {} of {}", known.len().min(WORST), known.len()),
                Lang::Zh => format!("最差区域（{} 个中的 {} 个）", known.len(), known.len().min(WORST)),
            },
            self.say("Code", "代码"),
            self.say("Value", "数值")
        );
        if has_left {
            out.push_str(&format!(
                "<th class=\"v\">{}</th><th class=\"v\">{}</th>",
                self.say("Not reached", "未达"),
                self.say("Of", "总数")
            ));
        }
        out.push_str("</tr></thead><tbody>\n");
        for (region, _) in known.iter().take(WORST) {
            out.push_str(&format!(
                "<tr><td>{}{}</td><td class=\"mono\">{}</td><td class=\"v\">{}</td>",
                escape(&region.name),
                if region.small { self.say(" (rests on few)", "（样本过少）") } else { "" },
                escape(&region.code),
                self.shown(&region.figure)
            ));
            if has_left {
                let (left, whole) = row.left_of(&region.figure);
                out.push_str(&format!("<td class=\"v\">{left}</td><td class=\"v\">{whole}</td>"));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table>\n");
        out
    }

    fn lorenz(&self, row: &Row) -> String {
        let layers = self.layers(row);
        let Some(table) = layers.iter().find(|table| table.name.ends_with("_lorenz")) else { return String::new() };
        let Some(chart) = chart::lorenz(table, table.title.in_lang(self.lang), self.lang) else { return String::new() };
        format!("<h3>{}</h3>\n<figure>{chart}</figure>\n", self.say("Lorenz curve", "洛伦兹曲线"))
    }

    fn weights(&self, row: &Row) -> String {
        let mut out = String::new();
        for ledger in &row.weights {
            let (parts, total) = ledger.shown(row.is_count());
            let parts: Vec<String> = parts
                .iter()
                .map(|(name, part)| format!("{} {}", self.told(&words::outcome(name)), escape(part)))
                .collect();
            out.push_str(&format!(
                "<p class=\"soft\">{}: {} {} = {}</p>
",
                self.say("Account", "台账"),
                escape(&total),
                self.told(&words::weighed(&ledger.unit)),
                parts.join(" + ")
            ));
        }
        out
    }

    /// A figure as the scorecard writes it; a dash where there is none.
    fn shown(&self, figure: &FigureRow) -> String {
        let text = figure.in_lang(self.lang);
        if text.is_empty() { "–".to_owned() } else { escape(text) }
    }

    fn evidence(&self, row: &Row) -> String {
        if row.evidence.is_empty() {
            return String::new();
        }
        let mut out = format!(
            "<details><summary>{} ({})</summary>\n<ul class=\"notes\">",
            self.say("Evidence", "依据"),
            row.evidence.len()
        );
        for line in row.evidence.iter().take(LINES) {
            out.push_str(&format!("<li>{}</li>", self.told(&line.text)));
        }
        if row.evidence.len() > LINES {
            let rest = row.evidence.len() - LINES;
            out.push_str(&match self.lang {
                Lang::En => format!("<li>and {rest} more, in the layers and the scorecard in JSON</li>"),
                Lang::Zh => format!("<li>其余 {rest} 条见图层与 JSON 评分表</li>"),
            });
        }
        out.push_str("</ul></details>\n");
        out
    }

    fn ledger(&self) -> String {
        let card = self.report.card;
        let mut out = format!(
            "<h2>{}</h2>\n<p>{}</p>\n<table><thead><tr><th>{}</th><th>{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th><th class=\"v\">{}</th></tr></thead><tbody>\n",
            self.say("Data and warnings", "数据与警告"),
            self.say(
                "Every record read is used or left out for a stated reason: read = used + left out.",
                "所读每条记录均已使用或注明原因而未用：读入 = 使用 + 未用。"
            ),
            self.say("Source", "数据源"),
            self.say("Records", "记录"),
            self.say("Read", "读入"),
            self.say("Used", "使用"),
            self.say("Left out", "未用")
        );
        for source in &card.sources {
            let dropped: u64 = source.dropped.values().sum();
            let why: Vec<String> = source
                .dropped
                .iter()
                .map(|(reason, count)| format!("{} {count}", words::issue(reason).in_lang(self.lang)))
                .collect();
            let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
            let made_up = if source.synthetic { self.say(" (made up)", "（合成）") } else { "" };
            out.push_str(&format!(
                "<tr><td>{}{made_up}</td><td>{}</td><td class=\"v\">{}</td><td class=\"v\">{}</td><td class=\"v\">{dropped}{}</td></tr>\n",
                escape(&source.source),
                escape(&source.records),
                source.read,
                source.used,
                escape(&why)
            ));
        }
        out.push_str("</tbody></table>\n");
        if !card.issues.is_empty() {
            let listed: Vec<String> =
                card.issues.iter().map(|(code, count)| format!("{} {count}", self.told(&words::issue(code)))).collect();
            out.push_str(&format!(
                "<p>{}: {}.</p>\n",
                self.say(
                    "Warnings and errors, listed one by one in the layer \"issues\"",
                    "警告与错误（逐条见图层“issues”）"
                ),
                listed.join(self.say(", ", "，"))
            ));
        }
        out.push_str(&format!(
            "<p>{} {} ({:.4} – {:.4}).</p>\n",
            self.say("Lengths and areas are measured in the plane", "长度与面积量测平面："),
            escape(&card.plane.name),
            card.plane.scale_min,
            card.plane.scale_max
        ));
        for doubt in card.plane.doubt.iter().chain(&card.warnings) {
            out.push_str(&format!("<p><strong>{}</strong></p>\n", escape(self.say(&doubt.en, &doubt.zh))));
        }
        out
    }

    fn methods(&self) -> String {
        let mut out = format!("<h2>{}</h2>\n<div class=\"methods\">\n", self.say("Methods", "方法"));
        if self.lang == Lang::Zh {
            out.push_str("<p class=\"soft\">方法页为英文，列出公式、单位、边界规则与文献。</p>\n");
        }
        for (id, title, markdown) in self.report.methods {
            let mut html = String::new();
            pulldown_cmark::html::push_html(&mut html, Parser::new_ext(markdown, Options::ENABLE_TABLES));
            out.push_str(&format!(
                "<details><summary>{} <span class=\"soft mono\">{}</span></summary>\n<div lang=\"en\">{html}</div></details>\n",
                self.told(title),
                escape(id)
            ));
        }
        out.push_str("</div>\n");
        out
    }

    fn provenance(&self) -> String {
        let card = self.report.card;
        let mut out = format!(
            "<h2>{}</h2>\n<p>{}: {}</p>\n<table><thead><tr><th>{}</th><th class=\"v\">{}</th><th>SHA-256</th></tr></thead><tbody>\n",
            self.say("Provenance", "溯源"),
            self.say("Made by", "生成程序"),
            escape(&card.generator),
            self.say("Input", "输入"),
            self.say("Bytes", "字节"),
        );
        for input in &card.provenance {
            out.push_str(&format!(
                "<tr><td>{}</td><td class=\"v\">{}</td><td class=\"mono hash\">{}</td></tr>\n",
                escape(&input.path),
                input.bytes,
                escape(&input.sha256)
            ));
        }
        out.push_str("</tbody></table>\n");
        out
    }
}

/// Whether there is more to say of an indicator than its line in the scorecard.
fn has_section(row: &Row) -> bool {
    let has_regions = row.regions.iter().any(|region| region.figure.value.is_some());
    row.figure.value.is_some() || has_regions || !row.evidence.is_empty() || row.variants.len() > 1
}
