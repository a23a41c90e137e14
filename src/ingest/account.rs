//! The account of one source while it is read: every record used or dropped, every oddity an issue.

use std::collections::BTreeMap;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::Ledger;
use crate::base::units::Share;
use crate::base::units::Weight;
use crate::config::error::nearest_match;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::written;
use crate::model::dropped::Dropped;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::table::Field;
use crate::table::Record;
use crate::table::Value;
use crate::table::half_width;

/// Ledger and issues of one source.
pub(crate) struct Account {
    pub ledger: Ledger,
    pub issues: Vec<Issue>,
    /// Records that are not meant: the config asks for others.
    pub passed_over: u64,
    /// What was left out and may weigh on a figure, in file order.
    pub lost: Vec<Dropped>,
    /// What to say of a table without columns of coordinates, where that is why its records have no place.
    pub no_columns: Option<String>,
    declared_synthetic: bool,
    /// Whether an indicator measures anything of the source.
    is_measured: bool,
}

/// What became of one weight of a source, as far as it is known.
pub(crate) struct WeightLoss<'n> {
    pub group: &'n str,
    pub kept: Weight,
    pub dropped: Weight,
    /// Dropped records whose weight is not known.
    pub without: u64,
}

impl Account {
    pub(crate) fn new(source: &Source, records: impl Into<String>) -> Account {
        let file_name = source.path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let declared_synthetic = source.synthetic == Some(true) || file_name.contains("synthetic");
        let mut ledger = Ledger::new(source_name(source), records);
        ledger.synthetic = declared_synthetic;
        Account {
            ledger,
            issues: Vec::new(),
            passed_over: 0,
            lost: Vec::new(),
            no_columns: None,
            declared_synthetic,
            is_measured: source.is_measured,
        }
    }

    /// An issue of this source, not yet counted.
    pub(crate) fn issue(&self, severity: Severity, code: &'static str, what: impl Into<String>) -> Issue {
        Issue::new(severity, code, self.ledger.source.clone(), what)
    }

    /// One more record, used.
    pub(crate) fn used(&mut self) {
        self.ledger.count_used();
    }

    /// One more record, left out.
    pub(crate) fn dropped(&mut self, code: &'static str, record: u64, what: impl Into<String>) -> &mut Issue {
        self.ledger.count_dropped(code);
        self.push(Severity::Error, code, Some(record), what)
    }

    /// A record that was counted as used turns out to be of no use.
    pub(crate) fn taken_back(&mut self, code: &'static str, record: u64, what: impl Into<String>) -> &mut Issue {
        self.ledger.take_back(code);
        self.push(Severity::Error, code, Some(record), what)
    }

    /// Remembers a record that was left out, for what it may have weighed.
    pub(crate) fn lose(&mut self, record: u64, reason: &'static str, home: Home, what: Lost) {
        let (source, record) = (self.ledger.source.clone(), Some(record));
        self.lost.push(Dropped { what, source, record, count: 1, reason, home });
    }

    /// Remembers all records that were left out, but for these reasons, as one loss of which nothing else is known.
    pub(crate) fn lose_all(&mut self, no_loss: &[&str], what: Lost) {
        let mut reasons = self.ledger.dropped.iter().filter(|(reason, count)| **count > 0 && !no_loss.contains(reason));
        let Some((first, _)) = reasons.next() else { return };
        let count = self.ledger.total_dropped() - self.left_out(no_loss);
        let is_meant = |issue: &&Issue| issue.severity == Severity::Error && !no_loss.contains(&issue.code);
        let record = self.issues.iter().find(is_meant).and_then(|issue| issue.record);
        let (source, reason) = (self.ledger.source.clone(), *first);
        self.lost.push(Dropped { what, source, record, count, reason, home: Home::Unknown });
    }

    /// Records that are rightly left out, for these reasons.
    fn left_out(&self, no_loss: &[&str]) -> u64 {
        no_loss.iter().filter_map(|reason| self.ledger.dropped.get(reason)).sum()
    }

    /// Something doubtful about a record that is used.
    pub(crate) fn warned(&mut self, code: &'static str, record: u64, what: impl Into<String>) -> &mut Issue {
        self.push(Severity::Warning, code, Some(record), what)
    }

    /// Something worth knowing about the whole source, or about one record.
    pub(crate) fn noted(&mut self, code: &'static str, record: Option<u64>, what: impl Into<String>) -> &mut Issue {
        self.push(Severity::Note, code, record, what)
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        record: Option<u64>,
        what: impl Into<String>,
    ) -> &mut Issue {
        let mut issue = self.issue(severity, code, what);
        issue.record = record;
        self.issues.push(issue);
        let last = self.issues.len() - 1;
        &mut self.issues[last]
    }

    /// Whether the record is made up: by the word of the config, the file's name, or its own `synthetic` column.
    pub(crate) fn synthetic(&mut self, record: &Record, column: Option<usize>) -> bool {
        let says_so = column.and_then(|at| record.value(at).as_bool()) == Some(true);
        self.ledger.synthetic |= says_so;
        self.declared_synthetic || says_so
    }

    /// Whether the source lost no more than it may.
    /// # Errors
    /// [`IngestError::Empty`] for a source without records, [`IngestError::NoneMeant`] when none of them is meant,
    /// [`IngestError::TooMuchLost`].
    pub(crate) fn close(&mut self, max_loss: Share) -> Result<(), IngestError> {
        self.close_but(max_loss, &[])
    }

    /// The same for a source of which some records are rightly left out, for these reasons: they are no loss.
    /// # Errors
    /// As [`close`](Account::close).
    pub(crate) fn close_but(&mut self, max_loss: Share, no_loss: &[&str]) -> Result<(), IngestError> {
        let left_out = self.left_out(no_loss);
        let (read, dropped) = (self.ledger.read, self.ledger.total_dropped() - left_out);
        if self.passed_over > 0 {
            let what = format!(
                "{} of {} records are not what the config asks for (where, kinds, bbox) and were passed over",
                self.passed_over,
                self.passed_over + read
            );
            self.noted("passed-over", None, what);
            if read == 0 {
                return Err(IngestError::NoneMeant {
                    path: self.ledger.source.clone(),
                    records: self.ledger.records.clone(),
                    passed_over: std::mem::take(&mut self.passed_over),
                });
            }
            self.passed_over = 0;
        }
        if read == 0 {
            return Err(IngestError::Empty { path: self.ledger.source.clone(), records: self.ledger.records.clone() });
        }
        let meant = read - left_out;
        if dropped as f64 > max_loss.0 * meant as f64 {
            if !self.is_measured {
                self.tell_much_lost(dropped, meant, max_loss);
                return Ok(());
            }
            let first = self.issues.iter().find(|issue| issue.severity == Severity::Error);
            return Err(IngestError::TooMuchLost {
                path: self.ledger.source.clone(),
                dropped,
                read: meant,
                max_loss,
                reasons: self
                    .ledger
                    .dropped
                    .iter()
                    .filter(|(code, _)| !no_loss.contains(code))
                    .map(|(code, count)| format!("{code} {count}"))
                    .collect::<Vec<_>>(),
                first: match self.no_columns.as_ref().filter(|_| self.ledger.dropped.contains_key("no-geometry")) {
                    Some(what) => what.clone(),
                    None => first.map(Issue::to_string).unwrap_or_default(),
                },
            });
        }
        Ok(())
    }

    /// Whether an indicator measures anything of the source.
    pub(crate) fn is_measured(&self) -> bool {
        self.is_measured
    }

    /// Tells that a source of which nothing is measured lost more records than it may.
    pub(crate) fn tell_much_lost(&mut self, dropped: u64, meant: u64, max_loss: Share) {
        let what = format!(
            "{dropped} of {meant} records were lost, more than max-loss = \"{max_loss}\"; no indicator measures anything of them, so \
             that the run goes on"
        );
        let issue = self.issue(Severity::Warning, "much-lost", what);
        self.issues.push(issue);
    }

    /// Whether the source lost no more of its weight than it may, as far as that is known; what is not known is an issue.
    /// # Errors
    /// [`IngestError::TooMuchWeightLost`].
    pub(crate) fn close_weight(&mut self, max_loss: Share, loss: &WeightLoss<'_>) -> Result<(), IngestError> {
        let WeightLoss { group, kept, dropped, without } = *loss;
        if without > 0 {
            let records = if without == 1 { "record was" } else { "records were" };
            let what = format!(
                "{without} {records} left out whose weight \"{group}\" is not known: how much of it was lost is not known either, and figures \
                 that rest on it have no certain bounds"
            );
            let issue = self.issue(Severity::Warning, "weight-unknown", what);
            self.issues.push(issue);
        }
        let all = kept + dropped;
        if dropped.to_f64() <= max_loss.0 * all.to_f64() {
            return Ok(());
        }
        if !self.is_measured {
            let what = format!(
                "{dropped} of {all} ({group}) were lost, more than max-loss = \"{max_loss}\"; no indicator measures anything of it, so \
                 that the run goes on"
            );
            let issue = self.issue(Severity::Warning, "much-lost", what);
            self.issues.push(issue);
            return Ok(());
        }
        let first = self.issues.iter().find(|issue| issue.severity == Severity::Error);
        Err(IngestError::TooMuchWeightLost {
            path: self.ledger.source.clone(),
            lost: format!("{dropped} of {all} ({group})"),
            max_loss,
            first: first.map(Issue::to_string).unwrap_or_default(),
        })
    }
}

/// What messages call a source: its path as the config has it, and the layer where one is named.
pub(crate) fn source_name(source: &Source) -> String {
    match &source.layer {
        Some(layer) => format!("{} ({layer})", source.shown),
        None => source.shown.clone(),
    }
}

/// Fields of an open source, by name.
pub(crate) struct Columns<'f> {
    source: String,
    fields: &'f [Field],
    positions: BTreeMap<&'f str, usize>,
}

impl<'f> Columns<'f> {
    pub(crate) fn new(source: &Source, fields: &'f [Field]) -> Columns<'f> {
        let mut positions = BTreeMap::new();
        for (at, field) in fields.iter().enumerate() {
            positions.entry(field.name.as_str()).or_insert(at);
        }
        Columns { source: source_name(source), fields, positions }
    }

    /// All names, in file order.
    pub(crate) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.clone()).collect()
    }

    /// The field called `name`, if there is one.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// The field called `name`, which holds `what`.
    /// # Errors
    /// [`IngestError::MissingField`] with the nearest name and the list.
    pub(crate) fn need(&self, name: &str, what: &'static str) -> Result<usize, IngestError> {
        self.find(name).ok_or_else(|| {
            let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
            IngestError::MissingField {
                path: self.source.clone(),
                field: name.to_owned(),
                what,
                near: nearest_match(name, names.iter().copied()).map(str::to_owned),
                fields: names.join(", "),
            }
        })
    }

    /// The field that the config names, if it names one.
    /// # Errors
    /// As [`need`](Columns::need).
    pub(crate) fn given(&self, name: &Option<String>, what: &'static str) -> Result<Option<usize>, IngestError> {
        name.as_deref().map(|name| self.need(name, what)).transpose()
    }
}

/// The value as a key: a code or an id, full-width digits made plain; `None` for what can not be one.
pub(crate) fn key(record: &Record, at: usize) -> Option<String> {
    record.value(at).as_key().map(|text| half_width(&text).trim().to_owned()).filter(|text| !text.is_empty())
}

/// The value as a name, as it is written; `None` for none.
pub(crate) fn name(record: &Record, at: usize) -> Option<String> {
    record.value(at).as_key()
}

/// What is in a number field.
pub(crate) enum Number {
    Missing,
    Wrong(String),
    Is(f64),
}

/// An amount as people write it: `12,345`, `1 234`, `1.2万` as well as `12345`. How such numbers are read is told once a field.
#[derive(Default)]
pub(crate) struct Amounts {
    /// The first one that is no plain number, with its record, and how many there are.
    first: Option<(u64, String, f64)>,
    count: u64,
    /// Records of `12,345`, which a table with decimal commas would mean otherwise.
    with_comma: Vec<u64>,
    /// A number with a decimal comma for certain.
    decimal_comma: Option<String>,
}

impl Amounts {
    /// The value of a record as an amount that is finite.
    pub(crate) fn read(&mut self, record: &Record, at: usize) -> Number {
        match number(record, at) {
            Number::Wrong(text) => match written::amount(&text) {
                Some(value) => {
                    if written::may_be_decimal_comma(&text) {
                        self.with_comma.push(record.number);
                    }
                    self.first.get_or_insert((record.number, text, value));
                    self.count += 1;
                    Number::Is(value)
                }
                None => {
                    if self.decimal_comma.is_none() && written::is_decimal_comma(&text) {
                        self.decimal_comma = Some(text.clone());
                    }
                    Number::Wrong(text)
                }
            },
            plain => plain,
        }
    }

    /// Records whose number may mean two things after all, and the number of the same field that says so.
    pub(crate) fn doubtful(&self) -> Option<(&[u64], &str)> {
        let decimal = self.decimal_comma.as_deref()?;
        Some((self.with_comma.as_slice(), decimal)).filter(|(records, _)| !records.is_empty())
    }

    /// Says how numbers of the field were read that are not plain.
    pub(crate) fn tell(&self, field: &str, account: &mut Account) {
        let Some((record, text, value)) = &self.first else { return };
        if self.doubtful().is_some() {
            return;
        }
        let numbers = if self.count == 1 { "number is" } else { "numbers are" };
        let what = format!("{} {numbers} written for people; \"{text}\" is read as {value}", self.count);
        account.warned("written-number", *record, what).field = Some(field.to_owned());
    }
}

/// The value as a number that is finite.
pub(crate) fn number(record: &Record, at: usize) -> Number {
    let value = record.value(at);
    match value {
        Value::Null => Number::Missing,
        Value::Text(text) if text.trim().is_empty() => Number::Missing,
        _ => match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Number::Is(number),
            None => Number::Wrong(value.to_string()),
        },
    }
}
