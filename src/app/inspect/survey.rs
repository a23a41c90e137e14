//! One pass over a file: what its fields hold, where its geometries lie, what is wrong with them.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;

use geo::Centroid;
use geo::CoordsIter;
use geo_types::Geometry;
use geo_types::MultiPolygon;

use crate::app::inspect::FieldFinding;
use crate::app::inspect::GeometryFinding;
use crate::app::inspect::Kind;
use crate::app::inspect::Problems;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::ingest::outline;
use crate::io::read::Sink;
use crate::table::Field;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// Different values of a field that are told apart.
const MOST_DISTINCT: usize = 200_000;
/// Geometries that are compared with each other.
const MOST_GEOMETRIES: usize = 2_000_000;
/// Vertices and records that are looked at closely, evenly spread over the file.
const SAMPLE: usize = 4096;
/// Vertices of areas that are kept, to look for overlaps and gaps; a file with more is not looked at for them.
const MOST_OUTLINES: usize = 2_000_000;
/// Issues of one kind that are kept.
const KEPT: u64 = 10_000;
/// Characters of a sample value.
const SAMPLE_LENGTH: usize = 40;

const DUPLICATE_CODE: &str = "duplicate-code";
const NO_CODE: &str = "no-code";

/// Names of fields that hold a record's own code, in lower case, the surest first.
const CODE_NAMES: [&str; 14] = [
    "adcode",
    "code",
    "gb",
    "pac",
    "xzqdm",
    "区划代码",
    "行政区划代码",
    "行政代码",
    "代码",
    "编码",
    "编号",
    "id",
    "objectid",
    "osm_id",
];
const NAME_NAMES: [&str; 9] = ["name", "名称", "name_zh", "xzqmc", "全称", "地名", "站名", "title", "mc"];

/// Every so many of a row of things, at most twice as many as wanted, evenly spread whatever their number.
#[derive(Debug)]
pub(crate) struct Thinned<T> {
    kept: Vec<T>,
    every: u64,
    seen: u64,
    most: usize,
}

impl<T> Thinned<T> {
    pub(crate) fn new(most: usize) -> Thinned<T> {
        Thinned { kept: Vec::new(), every: 1, seen: 0, most }
    }

    pub(crate) fn push(&mut self, thing: impl FnOnce() -> T) {
        if self.seen.is_multiple_of(self.every) {
            self.kept.push(thing());
            if self.kept.len() >= 2 * self.most {
                let mut at = 0;
                self.kept.retain(|_| {
                    at += 1;
                    at % 2 == 1
                });
                self.every *= 2;
            }
        }
        self.seen += 1;
    }

    pub(crate) fn kept(&self) -> &[T] {
        &self.kept
    }
}

/// A record with a place, and what it says of codes.
#[derive(Debug)]
pub(crate) struct Located {
    /// The point, or the centroid, in the file's own numbers.
    pub at: [f64; 2],
    pub is_area: bool,
    pub is_point: bool,
    /// Values of the fields that look like codes by their name, by field.
    pub codes: Vec<(usize, String)>,
}

/// An area, as it was read.
pub(crate) struct Outline {
    pub record: u64,
    pub id: Option<String>,
    /// The name, by the usual names of its field.
    pub label: Option<String>,
    /// In the file's own numbers.
    pub area: MultiPolygon<f64>,
}

impl Outline {
    /// The code, or `#` and the number of the record.
    pub(crate) fn name(&self) -> String {
        self.id.clone().unwrap_or_else(|| format!("#{}", self.record))
    }
}

/// Collects what an inspection needs.
pub(crate) struct Survey {
    shown: String,
    names: Vec<String>,
    fields: Vec<FieldSurvey>,
    records: u64,
    kinds: BTreeMap<&'static str, u64>,
    without: u64,
    vertex_count: u64,
    pub(crate) extent: Option<[f64; 4]>,
    pub(crate) vertices: Thinned<[f64; 2]>,
    pub(crate) located: Thinned<Located>,
    geometries: HashMap<u64, u64>,
    /// Sound areas; `None` once there are too many.
    outlines: Option<Vec<Outline>>,
    outline_vertices: usize,
    is_synthetic: bool,
    counts: BTreeMap<&'static str, u64>,
    first: Vec<Issue>,
}

#[derive(Default)]
struct FieldSurvey {
    values: u64,
    flags: u64,
    whole: u64,
    reals: u64,
    has_leading_zero: bool,
    /// Digits of all whole numbers so far, when they have the same number of them.
    digits: Option<usize>,
    digits_differ: bool,
    range: Option<[f64; 2]>,
    /// First record by hash of the value.
    first: HashMap<u64, u64>,
    is_full: bool,
    repeats: u64,
    samples: Vec<String>,
}

impl Survey {
    pub(crate) fn new(shown: &str) -> Survey {
        Survey {
            shown: shown.to_owned(),
            names: Vec::new(),
            fields: Vec::new(),
            records: 0,
            kinds: BTreeMap::new(),
            without: 0,
            vertex_count: 0,
            extent: None,
            vertices: Thinned::new(SAMPLE),
            located: Thinned::new(SAMPLE),
            geometries: HashMap::new(),
            outlines: Some(Vec::new()),
            outline_vertices: 0,
            is_synthetic: shown.to_lowercase().contains("synthetic"),
            counts: BTreeMap::new(),
            first: Vec::new(),
        }
    }

    /// The file as it was named.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Whether the file says of itself that it is made up, by its name or in a column `synthetic`.
    pub(crate) fn is_synthetic(&self) -> bool {
        self.is_synthetic
    }

    pub(crate) fn geometry(&self) -> GeometryFinding {
        GeometryFinding {
            kinds: self.kinds.clone(),
            without: self.without,
            vertices: self.vertex_count,
            left_out: None,
        }
    }

    pub(crate) fn problems(&self) -> Problems {
        let mut problems = Problems { counts: self.counts.clone(), first: self.first.clone() };
        // where most values repeat, it is no code of the records but of what they belong to
        if self.named_code().is_some_and(|at| !self.fields[at].is_mostly_different()) {
            for code in [DUPLICATE_CODE, NO_CODE] {
                problems.counts.remove(code);
                problems.first.retain(|issue| issue.code != code);
            }
        }
        problems
    }

    pub(crate) fn field_findings(&self) -> Vec<FieldFinding> {
        let finding = |(name, field): (&String, &FieldSurvey)| FieldFinding {
            name: name.clone(),
            kind: field.kind(),
            declared: None,
            nulls: self.records - field.values,
            distinct: field.first.len() as u64,
            distinct_at_least: field.is_full,
            range: field.range.filter(|_| matches!(field.kind(), Kind::WholeNumber | Kind::Number)),
            samples: field.samples.clone(),
        };
        self.names.iter().zip(&self.fields).map(finding).collect()
    }

    /// The field of the records' own codes: by the usual names where most values are different, else the first of codes that
    /// are all different and never empty.
    pub(crate) fn code_field(&self) -> Option<String> {
        self.code_at().map(|at| self.names[at].clone())
    }

    fn code_at(&self) -> Option<usize> {
        let own = || {
            let is_own = |field: &FieldSurvey| {
                field.kind() == Kind::Code && field.repeats == 0 && !field.is_full && field.values == self.records
            };
            self.fields.iter().position(is_own)
        };
        self.named_code()
            .filter(|at| self.fields[*at].values > 0 && self.fields[*at].is_mostly_different())
            .or_else(own)
    }

    /// The field that has the usual name of a code, whatever it holds.
    fn named_code(&self) -> Option<usize> {
        CODE_NAMES.iter().find_map(|wanted| self.names.iter().position(|name| name.to_lowercase() == *wanted))
    }

    /// The field of the records' names: by the usual names, else the first text that is nearly always different and no code.
    pub(crate) fn name_field(&self) -> Option<String> {
        let code = self.code_at();
        let named =
            NAME_NAMES.iter().find_map(|wanted| self.names.iter().position(|name| name.to_lowercase() == *wanted));
        let at = named.or_else(|| {
            let own = |field: &FieldSurvey| field.kind() == Kind::Text && field.repeats * 10 < field.values;
            (0..self.fields.len()).find(|at| Some(*at) != code && own(&self.fields[*at]))
        })?;
        (self.fields[at].values > 0).then(|| self.names[at].clone())
    }

    /// Whether no record has a geometry, and none says why.
    pub(crate) fn is_without_places(&self) -> bool {
        self.records > 0 && self.without == self.records && !self.counts.keys().any(|code| code.ends_with("-geometry"))
    }

    pub(crate) fn note(&mut self, issue: Issue) {
        let count = self.counts.entry(issue.code).or_default();
        *count += 1;
        if *count <= KEPT {
            self.first.push(issue);
        }
    }

    fn trouble(&mut self, severity: Severity, code: &'static str, record: u64, id: Option<&str>, what: String) {
        let issue = Issue::new(severity, code, self.shown.clone(), what).at_record(record);
        self.note(match id {
            Some(id) => issue.with_id(id),
            None => issue,
        });
    }

    /// The sound areas, in file order; `None` when there were too many to be kept.
    pub(crate) fn outlines(&self) -> Option<&[Outline]> {
        self.outlines.as_deref()
    }

    fn keep(&mut self, outline: Outline) {
        self.outline_vertices += outline.area.coords_count();
        if self.outline_vertices > MOST_OUTLINES {
            self.outlines = None;
        } else if let Some(outlines) = &mut self.outlines {
            outlines.push(outline);
        }
    }

    fn look_at(
        &mut self,
        geometry: Geometry<f64>,
        record: u64,
        (id, label): (Option<&str>, Option<String>),
        codes: Vec<(usize, String)>,
    ) {
        *self.kinds.entry(kind_name(&geometry)).or_default() += 1;
        let mut hasher = DefaultHasher::new();
        for at in geometry.coords_iter() {
            self.vertex_count += 1;
            (at.x.to_bits(), at.y.to_bits()).hash(&mut hasher);
            let [west, south, east, north] = self.extent.unwrap_or([at.x, at.y, at.x, at.y]);
            self.extent = Some([west.min(at.x), south.min(at.y), east.max(at.x), north.max(at.y)]);
            self.vertices.push(|| [at.x, at.y]);
        }
        let hash = hasher.finish();
        let is_point = matches!(geometry, Geometry::Point(_));
        let is_area = matches!(geometry, Geometry::Polygon(_) | Geometry::MultiPolygon(_));
        match self.geometries.get(&hash) {
            Some(first) if is_point => {
                let what = format!("lies at the very place of record {first}");
                self.trouble(Severity::Note, "same-place", record, id, what);
            }
            Some(first) => {
                let what = format!("has the very geometry of record {first}");
                self.trouble(Severity::Warning, "duplicate-geometry", record, id, what);
            }
            None if self.geometries.len() < MOST_GEOMETRIES => {
                self.geometries.insert(hash, record);
            }
            None => {}
        }
        if let Some(at) = geometry.centroid() {
            self.located.push(|| Located { at: [at.x(), at.y()], is_area, is_point, codes });
        }
        if is_area {
            match outline::promote(geometry) {
                Err(what) => self.trouble(Severity::Error, "bad-geometry", record, id, what),
                Ok(promoted) => {
                    if promoted.rings_dropped > 0 {
                        let what = format!("{} ring(s) enclose nothing", promoted.rings_dropped);
                        self.trouble(Severity::Warning, "bad-geometry", record, id, what);
                    }
                    // numbers of a plane are not all as small as degrees
                    let are_degrees = promoted.area.coords_iter().all(|at| at.x.abs() <= 180.0 && at.y.abs() <= 90.0);
                    if let Some(what) = outline::leap(&promoted.area).filter(|_| are_degrees) {
                        self.trouble(Severity::Error, "crosses-antimeridian", record, id, what);
                        return;
                    }
                    match outline::flaw(&promoted.area) {
                        Some(flaw) => self.trouble(Severity::Error, "self-intersection", record, id, flaw.to_string()),
                        None => self.keep(Outline { record, id: id.map(str::to_owned), label, area: promoted.area }),
                    }
                }
            }
        }
    }
}

impl Sink for Survey {
    fn record(&mut self, fields: &[Field], record: Record, trouble: Option<Issue>) {
        self.records += 1;
        for field in &fields[self.names.len().min(fields.len())..] {
            self.names.push(field.name.clone());
            self.fields.push(FieldSurvey::default());
        }
        let own = self.named_code();
        let (mut id, mut codes, mut repeated) = (None, Vec::new(), None);
        for (at, value) in record.values.iter().enumerate().take(self.fields.len()) {
            let repeats = self.fields[at].look_at(value, record.number);
            let Some(key) = value.as_key() else { continue };
            if Some(at) == own {
                id = Some(key.clone());
                repeated = repeats;
            }
            let name = self.names[at].to_lowercase();
            if Some(at) == own || name.ends_with("code") || name.ends_with("代码") {
                codes.push((at, key));
            }
        }
        let at = |wanted: &str| self.names.iter().position(|name| name.to_lowercase() == wanted);
        let label = NAME_NAMES.iter().find_map(|wanted| at(wanted)).and_then(|at| record.value(at).as_key());
        self.is_synthetic |= at("synthetic").and_then(|at| record.value(at).as_bool()) == Some(true);
        if let (None, Some(at)) = (&id, own) {
            let what = format!("the {} is empty", self.names[at]);
            self.trouble(Severity::Error, NO_CODE, record.number, None, what);
        }
        if let (Some(first), Some(at)) = (repeated, own) {
            let what = format!("repeats the {} of record {first}", self.names[at]);
            self.trouble(Severity::Error, DUPLICATE_CODE, record.number, id.as_deref(), what);
        }
        if let Some(issue) = trouble {
            let issue = if issue.id.is_none() && id.is_some() { Issue { id: id.clone(), ..issue } } else { issue };
            self.note(issue);
        }
        match record.geometry {
            Some(geometry) => self.look_at(geometry, record.number, (id.as_deref(), label), codes),
            None => self.without += 1,
        }
    }

    fn issue(&mut self, issue: Issue) {
        self.note(issue);
    }
}

impl FieldSurvey {
    /// Takes a value in; the first record that had it, if one did.
    fn look_at(&mut self, value: &Value, record: u64) -> Option<u64> {
        if value.is_null() {
            return None;
        }
        self.values += 1;
        let text = value.to_string();
        let number = match value {
            Value::Bool(_) => {
                self.flags += 1;
                None
            }
            Value::Int(number) => {
                self.count_digits(&text);
                Some(*number as f64)
            }
            Value::Real(number) => {
                self.reals += 1;
                Some(*number)
            }
            Value::Text(text) => {
                let plain = half_width(text.trim());
                if !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.count_digits(&plain);
                    value.as_f64()
                } else if let Ok(whole) = plain.parse::<i64>() {
                    self.count_digits(&plain);
                    Some(whole as f64)
                } else if matches!(plain.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "是" | "否") {
                    self.flags += 1;
                    None
                } else {
                    let number = value.as_f64();
                    self.reals += u64::from(number.is_some());
                    number
                }
            }
            Value::Null => None,
        };
        if let Some(number) = number {
            let [least, most] = self.range.unwrap_or([number; 2]);
            self.range = Some([least.min(number), most.max(number)]);
        }
        let mut hasher = DefaultHasher::new();
        text.trim().hash(&mut hasher);
        let hash = hasher.finish();
        if let Some(first) = self.first.get(&hash) {
            self.repeats += 1;
            return Some(*first);
        }
        if self.samples.len() < 5 {
            let cut: String = text.chars().take(SAMPLE_LENGTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.samples.push(if text.chars().count() > SAMPLE_LENGTH { cut + "…" } else { cut });
        }
        if self.first.len() < MOST_DISTINCT {
            self.first.insert(hash, record);
        } else {
            self.is_full = true;
        }
        None
    }

    fn is_mostly_different(&self) -> bool {
        self.repeats * 2 <= self.values
    }

    fn count_digits(&mut self, digits: &str) {
        self.whole += 1;
        self.has_leading_zero |= digits.len() > 1 && digits.starts_with('0');
        match self.digits {
            None => self.digits = Some(digits.len()),
            Some(known) => self.digits_differ |= known != digits.len(),
        }
    }

    fn kind(&self) -> Kind {
        let is_all = |count: u64| count == self.values;
        // GB/T 2260: the first two digits are the province, 11 to 82
        let is_administrative = !self.digits_differ
            && matches!((self.digits, self.range), (Some(digits @ (6 | 9 | 12)), Some([least, most]))
                if least >= 11.0 * 10f64.powi(digits as i32 - 2) && most < 83.0 * 10f64.powi(digits as i32 - 2));
        match self.values {
            0 => Kind::Empty,
            _ if is_all(self.flags) => Kind::YesNo,
            _ if is_all(self.whole) && (self.has_leading_zero || is_administrative) => Kind::Code,
            _ if is_all(self.whole) => Kind::WholeNumber,
            _ if is_all(self.whole + self.reals) => Kind::Number,
            _ => Kind::Text,
        }
    }
}

fn kind_name(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}
