//! Changes of administrative codes (GB/T 2260): records that still carry an old code find the region of today.
//!
//! A table says which code became which. It serves records only; the regions of the study are what they are, and a code that a
//! region has is never changed.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::CodeChangesSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::model::gb2260;
use crate::model::region::Level;
use crate::table::Record;

/// Digits of the codes of counties and townships, whose descendants carry them in front.
const PREFIXES: [usize; 2] = [9, 6];

/// One line of the table.
struct Change {
    record: u64,
    new: String,
    /// Date and note as they stand in the table, for messages.
    remark: String,
}

/// What became of codes, and the codes that regions have.
#[derive(Default)]
pub(crate) struct Changes {
    by_old: BTreeMap<String, Vec<Change>>,
    known: BTreeSet<String>,
}

/// What is known of an old code.
enum Fate<'c> {
    Became(&'c str, &'c Change),
    /// It became several, and which of them holds the record is not known.
    Split(Vec<&'c str>),
}

impl Changes {
    /// The code that a record means: itself, unless no region has it and the table leads from it to a region. Every change is
    /// listed as `changed-code`, every code that was split as `split-code`; the latter stays as it is.
    pub(crate) fn apply(&self, code: String, record: Option<u64>, id: Option<&str>, account: &mut Account) -> String {
        if self.by_old.is_empty() || self.known.contains(&code) {
            return code;
        }
        let mut warn = |reason, what: String| {
            let issue = account.issue(Severity::Warning, reason, what);
            account.issues.push(Issue { record, id: id.map(str::to_owned), ..issue });
        };
        match self.fate(&code) {
            None => code,
            Some((Fate::Became(_, change), new)) => {
                let remark = &change.remark;
                let what = format!("code {code} became {new} (record {} of the code changes{remark})", change.record);
                warn("changed-code", what);
                new
            }
            Some((Fate::Split(news), _)) => {
                let what =
                    format!("code {code} was split into {}; which of them is meant is not known", news.join(" and "));
                warn("split-code", what);
                code
            }
        }
    }

    /// Whether the table says something of a code that no region has.
    pub(crate) fn tell_of(&self, code: &str) -> bool {
        !self.by_old.is_empty() && !self.known.contains(code) && self.fate(code).is_some()
    }

    /// The fate of a code, or of the county or township in front of it; with the whole code that it leads to.
    fn fate(&self, code: &str) -> Option<(Fate<'_>, String)> {
        match self.follow(code, &|new| self.known.contains(new)) {
            Some(Fate::Became(new, change)) => return Some((Fate::Became(new, change), new.to_owned())),
            Some(split) => return Some((split, code.to_owned())),
            None => {}
        }
        if !gb2260::has_form(code, Level::Village) && !gb2260::has_form(code, Level::Township) {
            return None;
        }
        PREFIXES.iter().filter(|digits| code.len() > **digits).find_map(|digits| {
            let (front, rest) = code.split_at(*digits);
            // what stands behind may have been numbered anew: only a code that a region has is taken
            match self.follow(front, &|new| self.known.contains(&format!("{new}{rest}")))? {
                Fate::Became(new, change) => Some((Fate::Became(new, change), format!("{new}{rest}"))),
                split => Some((split, code.to_owned())),
            }
        })
    }

    /// Along the table from a code to the first one that will do; `None` when the way ends before, or goes in a circle.
    fn follow(&self, code: &str, will_do: &dyn Fn(&str) -> bool) -> Option<Fate<'_>> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let (mut here, mut changes) = self.by_old.get_key_value(code)?;
        while seen.insert(here) {
            let [change] = &changes[..] else {
                return Some(Fate::Split(changes.iter().map(|change| change.new.as_str()).collect()));
            };
            if will_do(&change.new) {
                return Some(Fate::Became(&change.new, change));
            }
            (here, changes) = self.by_old.get_key_value(&change.new)?;
        }
        None
    }

    /// Whether a code leads back to itself.
    fn is_in_circle(&self, code: &str) -> bool {
        let mut here = code;
        for _ in 0..self.by_old.len() {
            match self.by_old.get(here).map(Vec::as_slice) {
                Some([change]) if change.new == code => return true,
                Some([change]) => here = &change.new,
                _ => return false,
            }
        }
        false
    }
}

struct Collector<'s> {
    source: &'s CodeChangesSource,
    fields: Option<[usize; 2]>,
    date: Option<usize>,
    note: Option<usize>,
    synthetic: Option<usize>,
    by_old: BTreeMap<String, Vec<Change>>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let fields = [columns.need(&self.source.old, "the old code")?, columns.need(&self.source.new, "the new code")?];
        self.fields = Some(fields);
        self.date = columns.find("date");
        self.note = columns.find("note");
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, record: Record, _: Option<Issue>, account: &mut Account) {
        let Some([old, new]) = self.fields else { return };
        account.synthetic(&record, self.synthetic);
        let (Some(old), Some(new)) = (key(&record, old), key(&record, new)) else {
            account.dropped("no-code", record.number, "the old or the new code is missing");
            return;
        };
        if old == new {
            account.dropped("no-change", record.number, "both codes are the same").id = Some(old);
            return;
        }
        let changes = self.by_old.entry(old.clone()).or_default();
        if let Some(first) = changes.iter().find(|change| change.new == new) {
            let what = format!("stands at record {} already", first.record);
            account.dropped("duplicate-change", record.number, what).id = Some(old);
            return;
        }
        account.used();
        let remarks = [self.date, self.note].into_iter().flatten().filter_map(|at| name(&record, at));
        let remark = remarks.map(|text| format!(", {text}")).collect();
        changes.push(Change { record: record.number, new, remark });
    }
}

/// The changes of a table, for regions with these codes; with the account of the table.
///
/// Codes that go in a circle are taken back; codes that became several, and codes that a region still has, are listed.
/// # Errors
/// [`IngestError::Read`], [`IngestError::MissingField`], and those of [`Account::close`].
pub(crate) fn read(
    source: &CodeChangesSource,
    known: BTreeSet<String>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Changes, Account), IngestError> {
    let mut account = Account::new(&source.source, "code changes");
    let mut collector =
        Collector { source, fields: None, date: None, note: None, synthetic: None, by_old: BTreeMap::new() };
    door::read(&source.source, &mut collector, &mut account, progress)?;
    let mut changes = Changes { by_old: collector.by_old, known };
    let circular: Vec<String> = changes.by_old.keys().filter(|old| changes.is_in_circle(old)).cloned().collect();
    for old in circular {
        for change in changes.by_old.remove(&old).unwrap_or_default() {
            let what =
                format!("{old} became {}, which leads back to {old}; the table must say the last code", change.new);
            account.taken_back("code-circle", change.record, what).id = Some(old.clone());
        }
    }
    for (old, news) in &changes.by_old {
        let Some(first) = news.first() else { continue };
        if changes.known.contains(old) {
            let what = format!("a region of the study has the code {old}; the table is not applied to it");
            account.noted("code-in-use", Some(first.record), what).id = Some(old.clone());
        }
        if news.len() > 1 {
            let listed: Vec<&str> = news.iter().map(|change| change.new.as_str()).collect();
            let what = format!("{old} became {}; records with the old code can not be assigned", listed.join(" and "));
            account.warned("split-code", first.record, what).id = Some(old.clone());
        }
    }
    account.close(max_loss)?;
    Ok((changes, account))
}
