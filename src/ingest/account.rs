//! The account of one source while it is read: every record used or dropped, every oddity an issue.

use std::collections::BTreeMap;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::Ledger;
use crate::base::units::Share;
use crate::config::error::nearest_match;
use crate::config::plan::Source;
use crate::ingest::IngestError;
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
    declared_synthetic: bool,
}

impl Account {
    pub(crate) fn new(source: &Source, records: impl Into<String>) -> Account {
        let file_name = source.path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        let declared_synthetic = source.synthetic == Some(true) || file_name.contains("synthetic");
        let mut ledger = Ledger::new(source_name(source), records);
        ledger.synthetic = declared_synthetic;
        Account { ledger, issues: Vec::new(), passed_over: 0, declared_synthetic }
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
        let left_out: u64 = no_loss.iter().filter_map(|reason| self.ledger.dropped.get(reason)).sum();
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
                first: first.map(Issue::to_string).unwrap_or_default(),
            });
        }
        Ok(())
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
