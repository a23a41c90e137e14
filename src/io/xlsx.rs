//! Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods): the sheet that holds rows; its header may stand below titles and over several lines.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::path::Path;

use calamine::CellErrorType;
use calamine::Data;
use calamine::DataRef;
use calamine::ExcelDateTime;
use calamine::Ods;
use calamine::Reader;
use calamine::SheetType;
use calamine::SheetVisible;
use calamine::Xls;
use calamine::Xlsb;
use calamine::Xlsx;
use calamine::XlsxError;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::io::header;
use crate::io::header::Header;
use crate::io::header::Merged;
use crate::io::header::Row;
use crate::io::parts::Told;
use crate::io::place;
use crate::io::read::DeclaredCrs;
use crate::io::read::LayerInfo;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::read::Sink;
use crate::io::read::chosen;
use crate::io::xlsx_out::FIELDS_SHEET;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Record;
use crate::table::Value;

/// Bytes that a workbook may unpack to.
const MOST_BYTES: u64 = 2 << 30;
/// Bytes of a sheet that is mended in memory.
const MOST_MENDED: u64 = 512 << 20;
/// Columns that are read.
const MOST_COLUMNS: usize = 4096;

/// Names the sheets that hold something, in the order of the workbook; all of them where none does.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Content`] for a file that is no workbook.
pub(super) fn layers(request: &ReadRequest<'_>) -> Result<Vec<String>, ReadError> {
    let mut book = Book::open(request, request.path)?;
    let sheets = book.sheets(request)?;
    let full: Vec<String> = sheets.iter().filter(|sheet| sheet.is_full).map(|sheet| sheet.name.clone()).collect();
    Ok(if full.is_empty() { sheets.into_iter().map(|sheet| sheet.name).collect() } else { full })
}

/// Reads a sheet to its end; of .xlsx and .xlsb row by row, the texts that its cells share being held in memory.
///
/// Without a wish it is the only sheet that is shown and holds something. The header is found as [`header::find`] says, and what stands above it,
/// rows of notes and of units are no records; each is told with its row. Cells have the values that were last computed, a formula without one is null
/// with an issue; a merged cell of .xlsx or .xls has its value in every row that it covers. Dates are texts as ISO 8601 writes them, errors such
/// as `#N/A` are null with an issue. A row without any value is no record. A column without a name is left out, with an issue.
/// # Errors
/// [`ReadError::Open`], [`ReadError::Layer`], [`ReadError::Header`] for a header that names a column twice or lacks one that was
/// asked for, [`ReadError::Content`] for a file that is no workbook, is damaged, or would unpack to more than 2 GiB.
pub(super) fn read(request: &ReadRequest<'_>, sink: &mut dyn Sink) -> Result<LayerInfo, ReadError> {
    let mut book = Book::open(request, request.path)?;
    let sheets = book.sheets(request)?;
    let name = which(request, &sheets)?;
    tell_others(request, &sheets, &name, sink);
    let merged = book.merged(&name);
    let driver = book.title();
    let mut table = Sheet::new(request, sink, merged);
    book.rows(request, &name, &mut table)?;
    table.finish()?;
    let Sheet { table, records, .. } = table;
    let table = table.ok_or_else(|| {
        let what = format!("the sheet \"{name}\" is empty; its first line must name the columns");
        ReadError::Header { shown: request.shown.to_owned(), what }
    })?;
    Ok(LayerInfo {
        driver,
        layer: Some(name),
        fields: table.fields,
        records,
        crs: DeclaredCrs::Unknown,
        encoding: "UTF-8",
    })
}

/// A sheet of a workbook.
struct SheetInfo {
    name: String,
    is_shown: bool,
    is_full: bool,
}

/// The sheet that is meant.
fn which(request: &ReadRequest<'_>, sheets: &[SheetInfo]) -> Result<String, ReadError> {
    // one that is asked for by name may be any; without a wish only those with rows come into question
    let asked: Vec<&SheetInfo> = match request.layer {
        Some(_) => sheets.iter().collect(),
        None if sheets.iter().any(|sheet| sheet.is_full) => sheets.iter().filter(|sheet| sheet.is_full).collect(),
        None => sheets.iter().collect(),
    };
    let mut names: Vec<String> = asked.iter().map(|sheet| sheet.name.clone()).collect();
    // what this program writes has a second sheet, which nobody means
    let is_likely = |at: &usize| asked[*at].is_shown && asked[*at].is_full && names[*at] != FIELDS_SHEET;
    let likely: Vec<usize> = (0..names.len()).filter(is_likely).collect();
    let at = chosen(request, &names, &likely)?;
    Ok(names.swap_remove(at))
}

/// Says which other sheets there are: those that are empty, with the first that is not, and the hidden ones that nobody asked for.
fn tell_others(request: &ReadRequest<'_>, sheets: &[SheetInfo], name: &str, sink: &mut dyn Sink) {
    let mut tell = |code, names: Vec<&str>, one: &str, several: &str| {
        if !names.is_empty() {
            let what = format!("{}: {}", if names.len() == 1 { one } else { several }, names.join(", "));
            sink.issue(Issue::new(Severity::Note, code, request.shown, what));
        }
    };
    let is_first = sheets.iter().find(|sheet| sheet.is_full).is_some_and(|sheet| sheet.name == name);
    if is_first {
        let empty = sheets.iter().filter(|sheet| !sheet.is_full).map(|sheet| sheet.name.as_str());
        tell("empty-sheet", empty.collect(), "a sheet is empty", "sheets are empty");
    }
    if request.layer.is_none() {
        let hidden = sheets.iter().filter(|sheet| sheet.is_full && !sheet.is_shown && sheet.name != name);
        let hidden = hidden.map(|sheet| sheet.name.as_str()).collect();
        tell("hidden-sheet", hidden, "a hidden sheet is not read", "hidden sheets are not read");
    }
}

/// The rows of a sheet as they come.
struct Sheet<'r, 's> {
    request: &'r ReadRequest<'r>,
    sink: &'s mut dyn Sink,
    /// By their first rows.
    merged: Vec<Merged>,
    /// Values of merged cells that reach further down, by their place in `merged`.
    open: Vec<(usize, Value)>,
    /// Merged cells of amounts that were given to several rows: the first, and how many.
    spread: (Option<String>, u64),
    held: Vec<(Row, Troubles)>,
    table: Option<Table>,
    usual: usize,
    records: u64,
    /// Columns without a name that hold something.
    nameless: std::collections::BTreeSet<usize>,
    /// The last row that was taken.
    last: u64,
}

/// Column, and what is wrong with its cell.
type Troubles = Vec<(usize, String)>;

impl<'r, 's> Sheet<'r, 's> {
    fn new(request: &'r ReadRequest<'r>, sink: &'s mut dyn Sink, mut merged: Vec<Merged>) -> Sheet<'r, 's> {
        merged.sort_by_key(|one| (one.rows, one.columns));
        Sheet {
            request,
            sink,
            merged,
            open: Vec::new(),
            spread: (None, 0),
            held: Vec::new(),
            table: None,
            usual: 0,
            records: 0,
            nameless: std::collections::BTreeSet::new(),
            last: 0,
        }
    }

    fn take(&mut self, row: Row, troubles: Troubles) -> Result<(), ReadError> {
        self.last = row.number;
        if row.cells.is_empty() && troubles.is_empty() {
            return Ok(());
        }
        if self.table.is_some() {
            return self.body(row, troubles);
        }
        self.held.push((row, troubles));
        if self.held.len() >= header::LOOK { self.settle() } else { Ok(()) }
    }

    /// Settles the header, and hands over the rows that waited for it.
    fn settle(&mut self) -> Result<(), ReadError> {
        let held = std::mem::take(&mut self.held);
        let rows: Vec<Row> = held.iter().map(|(row, _)| row.clone()).collect();
        let Some(found) = header::find(&rows, &self.merged) else { return Ok(()) };
        for issue in found.issues(self.request.shown) {
            self.sink.issue(issue);
        }
        self.usual = found.usual;
        let body = found.body;
        self.table = Some(Table::named(self.request, found)?);
        for (row, troubles) in held.into_iter().skip(body) {
            self.body(row, troubles)?;
        }
        Ok(())
    }

    fn body(&mut self, mut row: Row, troubles: Troubles) -> Result<(), ReadError> {
        let Some(table) = &self.table else { return Ok(()) };
        if troubles.is_empty() && header::is_note(&row, self.usual) {
            let texts: Vec<String> = row.cells.iter().map(|(_, value)| value.to_string()).collect();
            let text: String = texts.join(" | ").chars().take(80).collect();
            let what = format!("row {} is a note and no record: \"{text}\"", row.number);
            self.sink.issue(Issue::new(Severity::Note, "skipped-rows", self.request.shown, what));
            return Ok(());
        }
        if row.cells.len() > 1 && table.is_header(&row) {
            let what = format!("row {} repeats the header and is no record", row.number);
            self.sink.issue(Issue::new(Severity::Note, "skipped-rows", self.request.shown, what));
            return Ok(());
        }
        fill(&mut row, &self.merged, &mut self.open, &mut self.spread);
        self.records += 1;
        table.record(self.request, self.records, &row, &troubles, &mut self.nameless, self.sink);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        if self.table.is_none() {
            self.settle()?;
        }
        if !self.nameless.is_empty() {
            let columns: Vec<String> = self.nameless.iter().take(10).map(|at| letters(*at)).collect();
            let count = self.nameless.len();
            let what = format!(
                "{count} column(s) have no name in the header and are left out, with what stands in them: {}",
                columns.join(", ")
            );
            self.sink.issue(Issue::new(Severity::Warning, "no-column-name", self.request.shown, what));
        }
        if let (Some(first), count) = &self.spread {
            let what = format!(
                "{count} merged cell(s) hold a number that each of their rows is given ({first}); where it is the amount of all of them together, \
                 write it in one row"
            );
            self.sink.issue(Issue::new(Severity::Warning, "merged-cells", self.request.shown, what));
        }
        if let Some(table) = &self.table {
            table.places.tell(self.request, self.sink);
        }
        Ok(())
    }
}

/// Gives the value of each merged cell to the columns and rows that it covers.
fn fill(row: &mut Row, merged: &[Merged], open: &mut Vec<(usize, Value)>, spread: &mut (Option<String>, u64)) {
    open.retain(|(at, _)| merged[*at].rows.1 >= row.number);
    // those that begin in rows that nobody looked at, as in the header, are gone
    let from = merged.partition_point(|one| one.rows.0 < row.number);
    for (at, one) in merged.iter().enumerate().skip(from).take_while(|(_, one)| one.rows.0 == row.number) {
        let value = row.cells.iter().find(|(column, _)| *column == one.columns.0).map(|(_, value)| value.clone());
        let Some(value) = value else { continue };
        let is_amount = matches!(value, Value::Int(_) | Value::Real(_));
        if is_amount {
            let cells =
                format!("{}{}:{}{} is {value}", letters(one.columns.0), one.rows.0, letters(one.columns.1), one.rows.1);
            spread.0.get_or_insert(cells);
            spread.1 += 1;
        }
        open.push((at, value));
    }
    for (at, value) in open.iter() {
        let one = &merged[*at];
        for column in one.columns.0..=one.columns.1.min(MOST_COLUMNS) {
            if !row.cells.iter().any(|(own, _)| *own == column) {
                row.cells.push((column, value.clone()));
            }
        }
    }
    row.cells.sort_by_key(|(column, _)| *column);
}

/// What a program calls a column: `A`, `AB`.
fn letters(mut column: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'A' + (column % 26) as u8));
        match column / 26 {
            0 => return text,
            more => column = more - 1,
        }
    }
}

/// What the header says.
struct Table {
    fields: Vec<Field>,
    names: Vec<String>,
    /// Position of the field in each column of the sheet.
    columns: Vec<Option<usize>>,
    places: place::PlaceColumns,
}

impl Table {
    fn named(request: &ReadRequest<'_>, header: Header) -> Result<Table, ReadError> {
        let refuse = |what: String| ReadError::Header { shown: request.shown.to_owned(), what };
        let mut names: Vec<String> = Vec::new();
        let mut columns = Vec::new();
        for (column, name) in header.names {
            if name.is_empty() {
                continue;
            }
            if names.contains(&name) {
                return Err(refuse(format!("the header in row {} names column \"{name}\" twice", header.row)));
            }
            columns.resize(column + 1, None);
            columns[column] = Some(names.len());
            names.push(name);
        }
        let places = place::columns(request, &names).map_err(refuse)?;
        let field = |name: &String| Field {
            name: name.clone(),
            title: Text::default(),
            kind: FieldKind::Text,
            choices: Vec::new(),
        };
        Ok(Table { fields: names.iter().map(field).collect(), names, columns, places })
    }

    fn is_header(&self, row: &Row) -> bool {
        row.cells.len() == self.names.len()
            && row.cells.iter().all(|(column, value)| {
                let name = self.columns.get(*column).copied().flatten().map(|at| self.names[at].as_str());
                name == Some(value.to_string().trim())
            })
    }

    fn record(
        &self,
        request: &ReadRequest<'_>,
        number: u64,
        row: &Row,
        troubles: &Troubles,
        nameless: &mut std::collections::BTreeSet<usize>,
        sink: &mut dyn Sink,
    ) {
        let mut record = Record { number, geometry: None, values: vec![Value::Null; self.names.len()] };
        let field = |column: usize| self.columns.get(column).copied().flatten();
        for (column, value) in &row.cells {
            match field(*column) {
                Some(at) => record.values[at] = value.clone(),
                None => drop(nameless.insert(*column)),
            }
        }
        for (column, what) in troubles {
            let Some(at) = field(*column) else { continue };
            let what = format!("row {}: {what}", row.number);
            let issue = Issue::new(Severity::Warning, "bad-value", request.shown, what).at_record(number);
            sink.issue(issue.in_field(self.names[at].clone()));
        }
        let trouble = match place::geometry(&self.places, &record) {
            Ok(found) => {
                record.geometry = found.geometry;
                for told in found.told {
                    let told = Told { what: format!("row {}: {}", row.number, told.what), ..told };
                    sink.issue(told.issue(request.shown, number, None));
                }
                None
            }
            Err((code, at, what)) => {
                let what = format!("row {}: {what}", row.number);
                let issue = Issue::new(Severity::Error, code, request.shown, what).at_record(number);
                Some(issue.in_field(self.names[at].clone()))
            }
        };
        sink.record(&self.fields, record, trouble);
    }
}

fn content(request: &ReadRequest<'_>, what: String) -> ReadError {
    ReadError::Content { shown: request.shown.to_owned(), what }
}

type Opened = BufReader<File>;

/// A workbook, of the kind that its content says, whatever its ending is.
enum Book {
    Xlsx(Xlsx<Opened>),
    Xlsb(Xlsb<Opened>),
    Xls(Xls<Opened>),
    Ods(Ods<Opened>),
}

impl Book {
    /// Opens a workbook, after a look at how large it is unpacked: a small file can hold a huge one.
    fn open(request: &ReadRequest<'_>, path: &Path) -> Result<Book, ReadError> {
        let not_open = |source| ReadError::Open { shown: request.shown.to_owned(), path: path.to_owned(), source };
        let none = |what: String| content(request, format!("is no Excel workbook: {what}"));
        let file = || File::open(path).map(BufReader::new).map_err(not_open);
        let mut start = [0u8; 8];
        let count = file()?.read(&mut start).map_err(not_open)?;
        match start {
            [0xd0, 0xcf, 0x11, 0xe0, ..] => {
                let bytes = path.metadata().map_err(not_open)?.len();
                if bytes > MOST_MENDED {
                    return Err(content(request, format!("has {} MB; save the sheet as CSV", bytes >> 20)));
                }
                let book = Xls::new(file()?).map_err(|error| {
                    let text = error.to_string();
                    let is_locked = text.to_lowercase().contains("password") || text.to_lowercase().contains("encrypt");
                    match is_locked || is_encrypted(path) {
                        true => content(request, "is locked with a password; save it without one".to_owned()),
                        false => none(text),
                    }
                })?;
                return Ok(Book::Xls(book));
            }
            [b'P', b'K', ..] => {}
            _ if start[..count].trim_ascii_start().starts_with(b"<") => {
                let what = "it is a page of HTML or XML under the ending of a workbook, as web systems export; open it in Excel or LibreOffice \
                            and save it as .xlsx";
                return Err(none(what.to_owned()));
            }
            _ if count > 0
                && start[..count].iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r')) =>
            {
                let what =
                    "it is text, not a workbook; where it is a table with commas or tabs let its name end in .csv";
                return Err(none(what.to_owned()));
            }
            _ => return Err(none("it begins as no workbook does; it may be damaged".to_owned())),
        }
        let mut archive = zip::ZipArchive::new(file()?).map_err(|error| none(error.to_string()))?;
        let mut bytes = 0u64;
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(|error| none(error.to_string()))?;
            bytes = bytes.saturating_add(entry.size());
        }
        if bytes > MOST_BYTES {
            let what = format!("the workbook would unpack to {} MB; save the sheet as CSV", bytes >> 20);
            return Err(content(request, what));
        }
        let has = |name: &str| archive.index_for_name(name).is_some();
        if has("xl/workbook.bin") {
            return Xlsb::new(file()?).map(Book::Xlsb).map_err(|error| none(error.to_string()));
        }
        if has("content.xml") && !has("xl/workbook.xml") {
            return Ods::new(file()?).map(Book::Ods).map_err(|error| none(error.to_string()));
        }
        Xlsx::new(file()?).map(Book::Xlsx).map_err(|error| none(error.to_string()))
    }

    fn title(&self) -> &'static str {
        match self {
            Book::Ods(_) => "OpenDocument",
            _ => "Excel",
        }
    }

    /// The sheets in their order; charts are none.
    fn sheets(&mut self, request: &ReadRequest<'_>) -> Result<Vec<SheetInfo>, ReadError> {
        let all = match self {
            Book::Xlsx(book) => book.sheets_metadata().to_vec(),
            Book::Xlsb(book) => book.sheets_metadata().to_vec(),
            Book::Xls(book) => book.sheets_metadata().to_vec(),
            Book::Ods(book) => book.sheets_metadata().to_vec(),
        };
        let sheets: Vec<SheetInfo> = all
            .into_iter()
            .filter(|sheet| matches!(sheet.typ, SheetType::WorkSheet))
            .map(|sheet| SheetInfo {
                is_full: self.is_full(&sheet.name),
                is_shown: matches!(sheet.visible, SheetVisible::Visible),
                name: sheet.name,
            })
            .collect();
        if sheets.is_empty() { Err(content(request, "the workbook holds no sheet".to_owned())) } else { Ok(sheets) }
    }

    /// Whether any cell of a sheet holds something; one that can not be read may.
    fn is_full(&mut self, name: &str) -> bool {
        let is_something = |value: &DataRef<'_>| {
            let (value, trouble) = value_of(value);
            !value.is_null() || trouble.is_some()
        };
        match self {
            Book::Xlsx(book) => {
                let Ok(mut cells) = book.worksheet_cells_reader(name) else { return true };
                loop {
                    match cells.next_cell() {
                        Ok(None) => return false,
                        Ok(Some(cell)) if !is_something(cell.get_value()) => {}
                        _ => return true,
                    }
                }
            }
            Book::Xlsb(book) => {
                let Ok(mut cells) = book.worksheet_cells_reader(name) else { return true };
                loop {
                    match cells.next_cell() {
                        Ok(None) => return false,
                        Ok(Some(cell)) if !is_something(cell.get_value()) => {}
                        _ => return true,
                    }
                }
            }
            Book::Xls(book) => book.worksheet_range(name).map_or(true, |range| range.used_cells().next().is_some()),
            Book::Ods(book) => book.worksheet_range(name).map_or(true, |range| range.used_cells().next().is_some()),
        }
    }

    /// Merged cells of a sheet, as far as the reader of its format tells them.
    fn merged(&mut self, name: &str) -> Vec<Merged> {
        let found = match self {
            Book::Xlsx(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
            Book::Xls(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
            Book::Xlsb(_) | Book::Ods(_) => Vec::new(),
        };
        let merged = |one: calamine::Dimensions| Merged {
            rows: (u64::from(one.start.0) + 1, u64::from(one.end.0) + 1),
            columns: (one.start.1 as usize, one.end.1 as usize),
        };
        found.into_iter().map(merged).collect()
    }

    /// Hands over the rows of a sheet in their order.
    fn rows(&mut self, request: &ReadRequest<'_>, name: &str, to: &mut Sheet<'_, '_>) -> Result<(), ReadError> {
        let damaged = |what: String| content(request, format!("the workbook is damaged: {what}"));
        match self {
            Book::Xlsx(book) => {
                // formulas that are written oddly keep no values from being read
                let Err(first) = xlsx_rows(book, name, true, to)? else { return Ok(()) };
                let Err(second) = xlsx_rows(book, name, false, to)? else { return Ok(()) };
                // numbers with blanks around them, as R writes them, are numbers for every other program
                let folder = tempfile::tempdir().map_err(|error| damaged(error.to_string()))?;
                let path = folder.path().join("mended.xlsx");
                if !matches!(second, XlsxError::ParseFloat(_)) || !mended(request.path, &path).unwrap_or(false) {
                    return Err(damaged(if matches!(first, XlsxError::Xml(_)) { first } else { second }.to_string()));
                }
                let Book::Xlsx(mut book) = Book::open(request, &path)? else { return Err(damaged(second.to_string())) };
                xlsx_rows(&mut book, name, false, to)?.map_err(|error| damaged(error.to_string()))
            }
            Book::Xlsb(book) => {
                let mut cells = book.worksheet_cells_reader(name).map_err(|error| damaged(error.to_string()))?;
                let mut rows = Gathered::default();
                while let Some(cell) = cells.next_cell().map_err(|error| damaged(error.to_string()))? {
                    rows.cell(cell.get_position(), value_of(cell.get_value()), to)?;
                }
                rows.end(to)
            }
            Book::Xls(book) => {
                let range = book.worksheet_range(name).map_err(|error| damaged(error.to_string()))?;
                range_rows(&range, to)
            }
            Book::Ods(book) => {
                let range = book.worksheet_range(name).map_err(|error| damaged(error.to_string()))?;
                range_rows(&range, to)
            }
        }
    }
}

/// Whether an OLE file holds a workbook that is encrypted: its directory names the stream in UTF-16.
fn is_encrypted(path: &Path) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::read(path).is_ok_and(|bytes| memchr::memmem::find(&bytes, &name).is_some())
}

/// The rows of a sheet beyond the last that was taken; the inner error is that of the workbook.
fn xlsx_rows(
    book: &mut Xlsx<Opened>,
    name: &str,
    with_formulas: bool,
    to: &mut Sheet<'_, '_>,
) -> Result<Result<(), XlsxError>, ReadError> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        Err(error) => return Ok(Err(error)),
    };
    let mut rows = Gathered { from: to.last, ..Gathered::default() };
    loop {
        if with_formulas {
            match cells.next_cell_with_formula_metadata() {
                Ok(None) => break,
                Ok(Some(cell)) => {
                    let mut value = value_of(&cell.value);
                    if cell.formula.is_some() && cell.value == DataRef::Empty {
                        let what = "the formula has no value; open the workbook in Excel or LibreOffice and save it";
                        value.1 = Some(what.to_owned());
                    }
                    rows.cell(cell.pos, value, to)?;
                }
                Err(error) => return Ok(Err(error)),
            }
        } else {
            match cells.next_cell() {
                Ok(None) => break,
                Ok(Some(cell)) => rows.cell(cell.get_position(), value_of(cell.get_value()), to)?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }
    rows.end(to).map(Ok)
}

fn range_rows(range: &calamine::Range<Data>, to: &mut Sheet<'_, '_>) -> Result<(), ReadError> {
    let (first_row, first_column) = range.start().unwrap_or_default();
    let mut rows = Gathered::default();
    for (row, column, value) in range.used_cells() {
        rows.cell((first_row + row as u32, first_column + column as u32), data_value(value), to)?;
    }
    rows.end(to)
}

/// Puts cells together to rows.
#[derive(Default)]
struct Gathered {
    /// Rows up to this one were taken already.
    from: u64,
    row: Option<Row>,
    troubles: Troubles,
}

impl Gathered {
    fn cell(
        &mut self,
        (row, column): (u32, u32),
        (value, trouble): (Value, Option<String>),
        to: &mut Sheet<'_, '_>,
    ) -> Result<(), ReadError> {
        let (number, column) = (u64::from(row) + 1, column as usize);
        if number <= self.from || column >= MOST_COLUMNS {
            return Ok(());
        }
        if self.row.as_ref().is_none_or(|row| row.number != number) {
            self.end(to)?;
            self.row = Some(Row { number, cells: Vec::new() });
        }
        if let Some(row) = &mut self.row
            && !value.is_null()
        {
            row.cells.push((column, value));
        }
        self.troubles.extend(trouble.map(|what| (column, what)));
        Ok(())
    }

    fn end(&mut self, to: &mut Sheet<'_, '_>) -> Result<(), ReadError> {
        let troubles = std::mem::take(&mut self.troubles);
        self.row.take().map_or(Ok(()), |row| to.take(row, troubles))
    }
}

/// Copies a workbook with the blanks around the numbers of its sheets taken away; `false` where there is nothing to be mended, or too much.
fn mended(from: &Path, to: &Path) -> Result<bool, zip::result::ZipError> {
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(from)?))?;
    let mut copy = zip::ZipWriter::new(File::create(to)?);
    let mut is_mended = false;
    for at in 0..archive.len() {
        let entry = archive.by_index(at)?;
        let name = entry.name()?.into_owned();
        let is_sheet = name.starts_with("xl/worksheets/") && name.ends_with(".xml");
        if !is_sheet || entry.size() > MOST_MENDED {
            copy.raw_copy_file(entry)?;
            continue;
        }
        let mut xml = Vec::new();
        entry.take(MOST_MENDED).read_to_end(&mut xml)?;
        let trimmed = trimmed(&xml);
        is_mended |= trimmed.len() != xml.len();
        copy.start_file(name, zip::write::SimpleFileOptions::default())?;
        copy.write_all(&trimmed)?;
    }
    copy.finish()?;
    Ok(is_mended)
}

/// A sheet without blanks around the values of cells.
fn trimmed(xml: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = memchr::memchr(b'<', rest) {
        let Some(end) = memchr::memchr(b'>', &rest[at..]).map(|length| at + length) else { break };
        let tag = &rest[at + 1..end];
        let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default();
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        out.extend_from_slice(&rest[..=end]);
        rest = &rest[end + 1..];
        if local == b"v" && !tag.starts_with(b"/") && !tag.ends_with(b"/") {
            let length = memchr::memchr(b'<', rest).unwrap_or(rest.len());
            out.extend_from_slice(rest[..length].trim_ascii());
            rest = &rest[length..];
        }
    }
    out.extend_from_slice(rest);
    out
}

/// A cell's value, and what is wrong with it.
fn value_of(cell: &DataRef<'_>) -> (Value, Option<String>) {
    match cell {
        DataRef::Empty => (Value::Null, None),
        DataRef::Int(number) => (Value::Int(*number), None),
        DataRef::Float(number) => (number_value(*number), None),
        DataRef::Bool(flag) => (Value::Bool(*flag), None),
        DataRef::String(text) => (text_value(text), None),
        DataRef::SharedString(text) => (text_value(text), None),
        DataRef::DateTime(when) => (date(when), None),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (Value::from(text.as_str()), None),
        DataRef::Error(error) => error_value(error),
    }
}

fn data_value(cell: &Data) -> (Value, Option<String>) {
    match cell {
        Data::Empty => (Value::Null, None),
        Data::Int(number) => (Value::Int(*number), None),
        Data::Float(number) => (number_value(*number), None),
        Data::Bool(flag) => (Value::Bool(*flag), None),
        Data::String(text) => (text_value(text), None),
        Data::DateTime(when) => (date(when), None),
        Data::DateTimeIso(text) | Data::DurationIso(text) => (Value::from(text.as_str()), None),
        Data::Error(error) => error_value(error),
    }
}

fn error_value(error: &CellErrorType) -> (Value, Option<String>) {
    (Value::Null, Some(format!("the cell holds the error {error}")))
}

/// Excel knows no whole numbers of its own.
fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::Int(number as i64) } else { Value::from(number) }
}

fn text_value(text: &str) -> Value {
    if text.trim().is_empty() { Value::Null } else { Value::from(text) }
}

/// `2024-12-05`, `2024-12-05T08:30:00`, or `25:10:00` for a length of time.
fn date(when: &ExcelDateTime) -> Value {
    let days = when.as_f64();
    if when.is_duration() || (0.0..1.0).contains(&days) {
        let seconds = (days * 86_400.0).round() as i64;
        return Value::Text(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    let (year, month, day, hour, minute, second, _) = when.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    if days.fract() == 0.0 {
        Value::Text(date)
    } else {
        Value::Text(format!("{date}T{hour:02}:{minute:02}:{second:02}"))
    }
}
