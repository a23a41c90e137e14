//! What is wrong with the data, as values: collected, counted and shown, never thrown.

use std::fmt;

use serde::Serialize;

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing was changed or left out.
    Note,
    /// Used, but as something other than what was written, or doubtful.
    Warning,
    /// The record was left out.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One thing that is wrong with one record of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    pub severity: Severity,
    /// A short fixed word for this kind of trouble, e.g. `duplicate-code`; the ledger's reasons use the same words.
    pub code: &'static str,
    /// The file, or the file and layer, as the user named it.
    pub source: String,
    /// Number of the record in its source, counted from 1; `None` when it concerns the whole source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The record's own id or code, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and what to write instead; lower case, no full stop.
    pub what: String,
}

impl Issue {
    /// An issue of a whole source; add record, id and field with the builder methods.
    pub fn new(severity: Severity, code: &'static str, source: impl Into<String>, what: impl Into<String>) -> Issue {
        Issue { severity, code, source: source.into(), record: None, id: None, field: None, what: what.into() }
    }

    /// The same issue at a record, counted from 1.
    pub fn at_record(mut self, record: u64) -> Issue {
        self.record = Some(record);
        self
    }

    /// The same issue with the record's own id.
    pub fn with_id(mut self, id: impl Into<String>) -> Issue {
        self.id = Some(id.into());
        self
    }

    /// The same issue at a field.
    pub fn in_field(mut self, field: impl Into<String>) -> Issue {
        self.field = Some(field.into());
        self
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} [{}] {}", self.severity, self.code, self.source)?;
        if let Some(record) = self.record {
            write!(out, ", record {record}")?;
        }
        if let Some(id) = &self.id {
            write!(out, " ({id})")?;
        }
        if let Some(field) = &self.field {
            write!(out, ", field \"{field}\"")?;
        }
        write!(out, ": {}", self.what)
    }
}
