//! The scorecard as an Excel workbook: what people go on working with. One sheet for all indicators, one for each indicator and level, then
//! definitions, evidence, accounts, issues and inputs; a click leads from a verdict to its rows and back.

use std::collections::BTreeMap;
use std::path::Path;

use rust_xlsxwriter::Color;
use rust_xlsxwriter::DocProperties;
use rust_xlsxwriter::ExcelDateTime;
use rust_xlsxwriter::Format;
use rust_xlsxwriter::FormatAlign;
use rust_xlsxwriter::Url;
use rust_xlsxwriter::Workbook;
use rust_xlsxwriter::Worksheet;
use rust_xlsxwriter::XlsxError;
use unicode_width::UnicodeWidthStr;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::base::words;
use crate::indicators::scorecard::FigureRow;
use crate::indicators::scorecard::RegionRow;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Verdict;
use crate::io::atomic;
use crate::io::atomic::WriteError;
use crate::metrics::figure::FigureUnit;
use crate::model::region::Level;
use crate::table::Table;
use crate::table::Value;

/// What a workbook holds.
pub struct Book<'a> {
    pub card: &'a Scorecard,
    /// The layer of issues, where there are any.
    pub issues: Option<&'a Table>,
    /// One language, or both side by side.
    pub langs: &'a [Lang],
}

/// Rows that a sheet holds below its three first lines.
const MOST_ROWS: usize = 1_048_000;
/// Characters that a cell holds.
const MOST_CHARACTERS: usize = 32_767;
/// Characters of the name of a sheet.
const MOST_OF_NAME: usize = 31;
/// Line of the column names, counted from 0: above it stand the title and the way back.
const HEAD: u32 = 2;

/// Writes the workbook. The same scorecard gives the same bytes.
///
/// A figure stands in two columns: as the scorecard writes it, cut so that it never contradicts its verdict, and as the unrounded number.
/// # Errors
/// [`WriteError`] of the file or its folder, or with what the format can not hold.
pub fn write(path: &Path, book: &Book<'_>) -> Result<(), WriteError> {
    let bytes =
        bytes(book).map_err(|error| WriteError::Table { table: "workbook".to_owned(), what: error.to_string() })?;
    atomic::write_bytes(path, &bytes)
}

/// What a cell holds.
enum Cell {
    Empty,
    Text(String),
    Number(f64, Option<FigureUnit>),
    Verdict(Verdict),
    /// Text, and the sheet that a click leads to.
    Link(String, String),
}

/// One sheet before it is written.
struct Sheet {
    name: String,
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

struct Writer<'a> {
    book: &'a Book<'a>,
    names: Vec<String>,
}

fn bytes(book: &Book<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut writer = Writer { book, names: Vec::new() };
    let sheets = writer.sheets();
    let mut out = Workbook::new();
    // a fixed day, so that the same scorecard gives the same bytes
    let day = ExcelDateTime::from_ymd(2026, 1, 1)?;
    out.set_properties(&DocProperties::new().set_title(writer.say(&book.card.title)).set_creation_datetime(&day));
    let first = sheets.first().map(|sheet| sheet.name.clone()).unwrap_or_default();
    for (at, sheet) in sheets.iter().enumerate() {
        writer.put(out.add_worksheet(), sheet, (at > 0).then_some(first.as_str()))?;
    }
    out.save_to_buffer()
}

impl Writer<'_> {
    fn say(&self, text: &Text) -> String {
        match self.book.langs {
            [one] => text.in_lang(*one).to_owned(),
            _ if text.zh == text.en => text.zh.clone(),
            _ => format!("{} {}", text.zh, text.en),
        }
    }

    fn word(&self, en: &str, zh: &str) -> String {
        self.say(&Text::new(en, zh))
    }

    /// A name that Excel takes and no other sheet has: without `[]:*?/\`, at most 31 characters.
    fn name(&mut self, wanted: &str) -> String {
        let plain: String = wanted.chars().map(|c| if "[]:*?/\\'".contains(c) { ' ' } else { c }).collect();
        let mut name: String = plain.trim().chars().take(MOST_OF_NAME).collect();
        let mut again = 2;
        while self.names.iter().any(|taken| taken.eq_ignore_ascii_case(&name)) {
            let end = format!(" {again}");
            name = plain.trim().chars().take(MOST_OF_NAME - end.len()).collect::<String>() + &end;
            again += 1;
        }
        self.names.push(name.clone());
        name
    }

    fn sheets(&mut self) -> Vec<Sheet> {
        let card = self.book.card;
        let main = self.name(&self.word("Scorecard", "评分表"));
        let mut own = Vec::new();
        let mut links = Vec::new();
        for (at, row) in card.indicators.iter().enumerate() {
            let mut by_level: BTreeMap<Level, Vec<&RegionRow>> = BTreeMap::new();
            for region in &row.regions {
                by_level.entry(region.level).or_default().push(region);
            }
            let mut first = None;
            // the smallest level last in the report, first here: it is what one works with
            for (level, regions) in by_level.into_iter().rev() {
                let sheet = self.regions(at, row, level, &regions);
                first.get_or_insert_with(|| sheet.name.clone());
                own.push(sheet);
            }
            links.push(first);
        }
        let mut sheets = vec![self.scorecard(main, &links), self.ranking()];
        sheets.extend(own);
        sheets.extend([self.definitions(), self.evidence(), self.sources(), self.weights()]);
        sheets.extend(self.issues());
        sheets.extend(self.scenario());
        sheets.push(self.inputs());
        sheets.retain(|sheet| !sheet.rows.is_empty());
        sheets
    }

    fn figure(&self, figure: &FigureRow) -> [Cell; 5] {
        [
            text(&self.say(&Text::new(figure.in_lang(Lang::En), figure.in_lang(Lang::Zh)))),
            number(figure.value, Some(figure.unit)),
            number(figure.part, None),
            number(figure.whole, None),
            number(Some(figure.unknown).filter(|unknown| *unknown > 0.0), None),
        ]
    }

    fn figure_columns(&self) -> [String; 5] {
        [
            self.word("Value", "数值"),
            self.word("Value, unrounded", "数值（未取整）"),
            self.word("Part", "分子"),
            self.word("Whole", "分母"),
            self.word("Without data", "无数据量"),
        ]
    }

    fn indicator(&self, row: &Row) -> String {
        format!("{}{}", self.say(&row.title), if row.synthetic { " *" } else { "" })
    }

    fn scorecard(&self, name: String, links: &[Option<String>]) -> Sheet {
        let card = self.book.card;
        let mut columns = vec![
            self.word("Indicator", "指标"),
            self.word("Verdict", "结论"),
            self.word("Firmness", "稳健性"),
            self.word("Status", "状态"),
            self.word("Target", "目标"),
            self.word("By", "期限"),
            self.word("Whose target", "目标性质"),
            self.word("Item of the plan", "文件条目"),
        ];
        columns.extend(self.figure_columns());
        columns.extend([
            self.word("What would close the gap", "达标所需"),
            self.word("Pace", "进度"),
            self.word("Reason", "说明"),
            self.word("Source of the target", "目标出处"),
            self.word("Norms", "规范依据"),
        ]);
        let rows = card.indicators.iter().zip(links).map(|(row, link)| {
            let title = self.indicator(row);
            let firmness = match row.firmness {
                Firmness::Robust => self.word("robust", "稳健"),
                Firmness::Fragile => self.word("fragile", "脆弱"),
                Firmness::Untested => String::new(),
            };
            let target = row.target.as_ref();
            let mut cells = vec![
                link.as_ref().map_or_else(|| text(&title), |sheet| Cell::Link(title.clone(), sheet.clone())),
                Cell::Verdict(row.verdict),
                text(&firmness),
                text(&self.say(&row.status.title())),
                text(&target.map_or(String::new(), |target| {
                    self.say(&Text::new(target.in_lang(Lang::En), target.in_lang(Lang::Zh)))
                })),
                text(&target.map_or(String::new(), |target| match (&target.by, target.by_is_assumed) {
                    (Some(by), true) => format!("{by} {}", self.word("(assumed)", "（假设）")),
                    (by, _) => by.clone().unwrap_or_default(),
                })),
                text(
                    &target.and_then(|target| target.origin).map_or(String::new(), |origin| self.say(&origin.title())),
                ),
                number(row.item.map(f64::from), None),
            ];
            cells.extend(self.figure(&row.figure));
            let told = |one: &Option<Text>| text(&one.as_ref().map(|one| self.say(one)).unwrap_or_default());
            let norms: Vec<String> = row.norms.iter().map(|norm| self.say(&norm.says)).collect();
            let norms = text(&norms.join("; "));
            let pace = row.pace.as_ref().map(|pace| pace.says.clone());
            cells.extend([told(&row.closing_the_gap), told(&pace), told(&row.reason), text(&row.cites), norms]);
            cells
        });
        let mut title = self.say(&card.title);
        if card.synthetic {
            let note = self.word("* rests on made-up data", "标 * 者基于合成数据");
            title = format!("{title}（{note}）");
        }
        Sheet { name, title, columns, rows: rows.collect() }
    }

    fn regions(&mut self, at: usize, row: &Row, level: Level, regions: &[&RegionRow]) -> Sheet {
        let (en, zh) = level.title();
        // the first words of the title, so that the level is always in the name
        let level_name = match self.book.langs {
            [Lang::En] => en,
            _ => zh,
        };
        let title = match self.book.langs {
            [Lang::En] => &row.title.en,
            _ => &row.title.zh,
        };
        let room = MOST_OF_NAME.saturating_sub(level_name.chars().count() + at.to_string().len() + 3);
        let short: String = title.chars().take(room).collect();
        let name = self.name(&format!("{} {} {level_name}", at + 1, short.trim()));
        let mut columns = vec![self.word("Code", "代码"), self.word("Region", "区域"), self.word("Verdict", "结论")];
        columns.extend(self.figure_columns());
        columns.extend([self.word("At least", "下限"), self.word("At most", "上限"), self.word("Status", "状态")]);
        let rows = regions.iter().map(|region| {
            let mut cells = vec![text(&region.code), text(&region.name), Cell::Verdict(region.verdict)];
            cells.extend(self.figure(&region.figure));
            let unit = Some(region.figure.unit);
            cells.extend([
                number(region.figure.bounds.map(|bounds| bounds.0), unit),
                number(region.figure.bounds.map(|bounds| bounds.1), unit),
                text(&self.say(&region.status.title())),
            ]);
            cells
        });
        Sheet {
            name, title: format!("{} · {}", self.indicator(row), self.word(en, zh)), columns, rows: rows.collect()
        }
    }

    fn ranking(&mut self) -> Sheet {
        let title = self.word("Ranking", "排名");
        let columns = vec![
            self.word("Level", "层级"),
            self.word("Code", "代码"),
            self.word("Region", "区域"),
            self.word("Best place", "可能的最好名次"),
            self.word("Worst place", "可能的最差名次"),
            self.word("Targets", "适用目标数"),
            self.word("Met", "达标"),
            self.word("Missed", "未达标"),
            self.word("Missed, but close", "其中接近达标"),
            self.word("No data", "无数据"),
            self.word("Not applicable", "不适用"),
        ];
        let rows = self.book.card.ranking.iter().map(|one| {
            let (en, zh) = one.level.title();
            let count = |count: u64| number(Some(count as f64), None);
            let mut cells = vec![text(&self.word(en, zh)), text(&one.code), text(&one.name)];
            cells.extend(
                [one.places.map(|places| places.0), one.places.map(|places| places.1)]
                    .map(|place| place.map_or(Cell::Empty, count)),
            );
            let counts = [one.targets, one.met, one.missed, one.close, one.no_data, one.not_applicable];
            cells.extend(counts.map(count));
            cells
        });
        let rows = rows.collect();
        Sheet { name: self.name(&title), title, columns, rows }
    }

    fn definitions(&mut self) -> Sheet {
        let title = self.word("Definitions", "口径");
        let mut columns =
            vec![self.word("Indicator", "指标"), self.word("Code", "代码"), self.word("Definition", "口径")];
        columns.push(self.word("Verdict", "结论"));
        columns.extend(self.figure_columns());
        let rows = self.book.card.indicators.iter().filter(|row| row.variants.len() > 1).flat_map(|row| {
            row.variants.iter().map(|variant| {
                let mut cells = vec![text(&self.indicator(row)), text(&variant.code), text(&self.say(&variant.label))];
                let verdict = if variant.informative_only { Cell::Empty } else { Cell::Verdict(variant.verdict) };
                cells.push(verdict);
                cells.extend(self.figure(&variant.figure));
                cells
            })
        });
        let rows = rows.collect();
        Sheet { name: self.name(&title), title, columns, rows }
    }

    fn evidence(&mut self) -> Sheet {
        let title = self.word("Evidence", "依据");
        let columns = vec![
            self.word("Indicator", "指标"),
            self.word("About", "对象"),
            self.word("State", "状态"),
            self.word("Evidence", "依据"),
        ];
        let all: usize = self.book.card.indicators.iter().map(|row| row.evidence.len()).sum();
        let mut rows: Vec<Vec<Cell>> = self
            .book
            .card
            .indicators
            .iter()
            .flat_map(|row| row.evidence.iter().map(move |line| (row, line)))
            .take(MOST_ROWS - 1)
            .map(|(row, line)| {
                vec![text(&self.indicator(row)), text(&line.key), text(&line.state), text(&self.say(&line.text))]
            })
            .collect();
        if all > rows.len() {
            let rest = all - rows.len();
            rows.push(vec![text(&self.word(
                &format!("{rest} more lines are in the scorecard in JSON"),
                &format!("其余 {rest} 条见 JSON 评分表"),
            ))]);
        }
        Sheet { name: self.name(&title), title, columns, rows }
    }

    fn sources(&mut self) -> Sheet {
        let title = self.word("Records", "数据台账");
        let columns = vec![
            self.word("Source", "数据源"),
            self.word("Records", "记录"),
            self.word("Read", "读入"),
            self.word("Used", "使用"),
            self.word("Left out", "未用"),
            self.word("Why", "原因"),
            self.word("Made up", "合成"),
        ];
        let rows = self.book.card.sources.iter().map(|source| {
            let why: Vec<String> = source
                .dropped
                .iter()
                .map(|(reason, count)| format!("{} {count}", self.say(&words::issue(reason))))
                .collect();
            vec![
                text(&source.source),
                text(&source.records),
                number(Some(source.read as f64), None),
                number(Some(source.used as f64), None),
                number(Some(source.dropped.values().sum::<u64>() as f64), None),
                text(&why.join(", ")),
                text(&if source.synthetic { self.word("yes", "是") } else { String::new() }),
            ]
        });
        let rows = rows.collect();
        Sheet { name: self.name(&title), title, columns, rows }
    }

    fn weights(&mut self) -> Sheet {
        let title = self.word("People", "人口台账");
        let columns = vec![
            self.word("Indicator", "指标"),
            self.word("Weighed", "加权对象"),
            self.word("Outcome", "结果"),
            self.word("Amount", "数量"),
        ];
        let mut rows = Vec::new();
        for row in &self.book.card.indicators {
            for ledger in &row.weights {
                let parts = ledger.parts.iter().map(|(part, amount)| (self.say(&words::outcome(part)), amount));
                for (part, amount) in parts.chain([(self.word("all", "合计"), &ledger.total)]) {
                    let amount = amount.parse().map_or_else(|_| text(amount), |amount: f64| number(Some(amount), None));
                    rows.push(vec![
                        text(&self.indicator(row)),
                        text(&self.say(&words::weighed(&ledger.unit))),
                        text(&part),
                        amount,
                    ]);
                }
            }
        }
        Sheet { name: self.name(&title), title, columns, rows }
    }

    fn issues(&mut self) -> Option<Sheet> {
        let table = self.book.issues?;
        let title = self.say(&table.title);
        let columns = table.fields.iter().map(|field| self.say(&field.title)).collect();
        let cell = |value: &Value| match value {
            Value::Null => Cell::Empty,
            Value::Int(_) | Value::Real(_) => number(value.as_f64(), None),
            other => text(&other.to_string()),
        };
        let rows = table.rows.iter().take(MOST_ROWS).map(|row| row.values.iter().map(cell).collect()).collect();
        Some(Sheet { name: self.name(&title), title, columns, rows })
    }

    /// What a scenario changes, and how the change of each figure is split; none without a scenario.
    fn scenario(&mut self) -> Option<Sheet> {
        let scenario = self.book.card.scenario.as_ref()?;
        let columns = vec![
            self.word("Changes", "变更"),
            self.word("Indicator", "指标"),
            self.word("What", "内容"),
            self.word("Change", "变化"),
            self.word("Least over all orders", "各次序最小值"),
            self.word("Most over all orders", "各次序最大值"),
        ];
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for change in &scenario.changes {
            let effect = if change.has_effect { String::new() } else { self.word("without effect", "无影响") };
            let what = text(&self.say(&change.text));
            rows.push(vec![text(&self.say(&change.group.title())), Cell::Empty, what, text(&effect)]);
        }
        for row in &scenario.split {
            let title = text(&self.say(&row.title));
            rows.push(vec![text(&self.word("all", "合计")), title, Cell::Empty, text(&row.text)]);
            for part in &row.parts {
                let (least, most) = (text(&part.range_text.0), text(&part.range_text.1));
                let group = text(&self.say(&part.group.title()));
                rows.push(vec![group, text(&self.say(&row.title)), Cell::Empty, text(&part.text), least, most]);
            }
        }
        let title = format!("{}: {}", self.word("Scenario", "情景"), self.say(&scenario.title));
        let name = self.word("Scenario", "情景");
        Some(Sheet { name: self.name(&name), title, columns, rows })
    }

    fn inputs(&mut self) -> Sheet {
        let title = self.word("Inputs", "输入");
        let columns = vec![self.word("Input", "输入"), self.word("Bytes", "字节"), "SHA-256".to_owned()];
        let rows = self.book.card.provenance.iter();
        let rows = rows
            .map(|input| vec![text(&input.path), number(Some(input.bytes as f64), None), text(&input.sha256)])
            .collect();
        Sheet { name: self.name(&title), title: format!("{title} · {}", self.book.card.generator), columns, rows }
    }

    fn put(&self, out: &mut Worksheet, sheet: &Sheet, back: Option<&str>) -> Result<(), XlsxError> {
        out.set_name(&sheet.name)?;
        let bold = Format::new().set_bold().set_font_size(13);
        out.write_string_with_format(0, 0, &sheet.title, &bold)?;
        if let Some(back) = back {
            let shown = self.word("← scorecard", "← 评分表");
            out.write_url(1, 0, Url::new(format!("internal:'{back}'!A1")).set_text(shown))?;
        }
        let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
        let head = head.set_background_color(Color::RGB(0xE7_EC_F2));
        let mut widths: Vec<usize> = sheet.columns.iter().map(|name| (name.width() / 2 + 4).max(9)).collect();
        for (column, name) in sheet.columns.iter().enumerate() {
            out.write_string_with_format(HEAD, column as u16, name, &head)?;
        }
        for (at, cells) in sheet.rows.iter().enumerate() {
            let line = HEAD + 1 + at as u32;
            for (column, cell) in cells.iter().enumerate() {
                let width = self.cell(out, line, column as u16, cell)?;
                widths[column] = widths[column].max(width + 2);
            }
        }
        for (column, width) in widths.iter().enumerate() {
            out.set_column_width(column as u16, (*width).min(60) as f64)?;
        }
        // the names of columns stay in sight, and with them what a line is about
        out.set_freeze_panes(HEAD + 1, 1)?;
        if let Some(last) = sheet.columns.len().checked_sub(1) {
            out.autofilter(HEAD, 0, HEAD + sheet.rows.len() as u32, last as u16)?;
        }
        out.set_landscape();
        out.set_print_fit_to_pages(1, 0);
        out.set_repeat_rows(HEAD, HEAD)?;
        Ok(())
    }

    /// Writes a cell; how wide it is shown.
    fn cell(&self, out: &mut Worksheet, line: u32, column: u16, cell: &Cell) -> Result<usize, XlsxError> {
        match cell {
            Cell::Empty => Ok(0),
            Cell::Text(text) => {
                out.write_string(line, column, text)?;
                Ok(text.width())
            }
            Cell::Number(value, unit) => {
                let format = match unit {
                    Some(FigureUnit::Share) => "0.000000%",
                    Some(FigureUnit::Metres | FigureUnit::Seconds) => "#,##0.0",
                    Some(FigureUnit::Rate) => "0.00000000",
                    Some(FigureUnit::Amount) => "#,##0.000",
                    None if value.fract() == 0.0 => "#,##0",
                    None => "#,##0.######",
                };
                out.write_number_with_format(line, column, *value, &Format::new().set_num_format(format))?;
                Ok(13)
            }
            Cell::Verdict(verdict) => {
                let shown = self.say(&verdict.title());
                let (ink, paper) = match verdict {
                    Verdict::Met => (0x1B_4F_7A, 0xDC_EA_F6),
                    Verdict::Missed => (0x8A_3B_00, 0xFE_E8_D2),
                    Verdict::NoData => (0x4B_55_63, 0xEC_EC_EC),
                    Verdict::NotApplicable | Verdict::NoTarget => (0x4B_55_63, 0xFF_FF_FF),
                };
                let format = Format::new().set_font_color(Color::RGB(ink)).set_background_color(Color::RGB(paper));
                out.write_string_with_format(line, column, &shown, &format)?;
                Ok(shown.width())
            }
            Cell::Link(shown, sheet) => {
                out.write_url(line, column, Url::new(format!("internal:'{sheet}'!A1")).set_text(shown))?;
                Ok(shown.width())
            }
        }
    }
}

/// A text, empty where there is none; what a cell can not hold is cut, with a mark.
fn text(text: &str) -> Cell {
    if text.is_empty() {
        return Cell::Empty;
    }
    if text.chars().count() <= MOST_CHARACTERS {
        return Cell::Text(text.to_owned());
    }
    Cell::Text(text.chars().take(MOST_CHARACTERS - 1).chain(['…']).collect())
}

fn number(value: Option<f64>, unit: Option<FigureUnit>) -> Cell {
    value.filter(|value| value.is_finite()).map_or(Cell::Empty, |value| Cell::Number(value, unit))
}
