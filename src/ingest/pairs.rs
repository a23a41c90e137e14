//! What planners and bureaus say of pairs of regions: overrides of geometry, and the ledger of declared pairs.

use std::collections::BTreeMap;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::Number;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::account::number;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::homes::Homes;
use crate::model::study::DeclaredPair;
use crate::model::study::PairOverride;
use crate::table::Record;

/// Both codes of a pair, when regions have them.
fn codes(record: &Record, fields: [usize; 2], homes: &Homes<'_>, account: &mut Account) -> Option<(String, String)> {
    let at = record.number;
    let (Some(a), Some(b)) = (key(record, fields[0]), key(record, fields[1])) else {
        account.dropped("no-code", at, "one of the two codes is missing");
        return None;
    };
    let (a, b) = (homes.today(a, at, None, account), homes.today(b, at, None, account));
    if a == b {
        account.dropped("same-region", at, "both codes are the same").id = Some(a);
        return None;
    }
    for code in [&a, &b] {
        if homes.by_code(code).is_none() {
            let what = format!("no region of the study has the code \"{code}\"");
            account.dropped("unknown-region", at, what).id = Some(format!("{a}-{b}"));
            return None;
        }
    }
    Some((a, b))
}

struct Overrides<'h> {
    homes: &'h Homes<'h>,
    fields: [usize; 4],
    synthetic: Option<usize>,
    seen: BTreeMap<(String, String), u64>,
    found: Vec<PairOverride>,
}

impl Collect for Overrides<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.fields = [
            columns.need("code_a", "a code of the pair")?,
            columns.need("code_b", "a code of the pair")?,
            columns.need("action", "include or exclude")?,
            columns.need("reason", "the reason")?,
        ];
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, record: Record, _: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let [a, b, action, reason] = self.fields;
        let Some((code_a, code_b)) = codes(&record, [a, b], self.homes, account) else { return };
        let id = format!("{code_a}-{code_b}");
        let word = key(&record, action).unwrap_or_default().to_lowercase();
        let neighbours = match word.as_str() {
            "include" | "纳入" => true,
            "exclude" | "排除" => false,
            _ => {
                let what = format!("action \"{word}\" is neither include nor exclude");
                let issue = account.dropped("unknown-action", record.number, what);
                issue.id = Some(id);
                issue.field = Some("action".to_owned());
                return;
            }
        };
        let pair = if code_a < code_b { (code_a.clone(), code_b.clone()) } else { (code_b.clone(), code_a.clone()) };
        if let Some(first) = self.seen.get(&pair) {
            let what = format!("the pair stands at record {first} already; the first record is used");
            account.dropped("duplicate-pair", record.number, what).id = Some(id);
            return;
        }
        self.seen.insert(pair, record.number);
        let reason = name(&record, reason).unwrap_or_default();
        if reason.is_empty() {
            let what = "overrides geometry without a reason; readers will ask for one";
            account.warned("no-reason", record.number, what).id = Some(id);
        }
        account.used();
        self.found.push(PairOverride { code_a, code_b, neighbours, reason });
    }
}

/// Overrides in file order. A file without any is fine; a record that can not be followed is listed, however many.
pub(crate) fn overrides(
    source: &Source,
    homes: &Homes<'_>,
    progress: &dyn Progress,
) -> Result<(Vec<PairOverride>, Account), IngestError> {
    let mut account = Account::new(source, "pair overrides");
    let mut collector = Overrides { homes, fields: [0; 4], synthetic: None, seen: BTreeMap::new(), found: Vec::new() };
    door::read(source, &mut collector, &mut account, progress)?;
    Ok((collector.found, account))
}

struct Declared<'h> {
    homes: &'h Homes<'h>,
    codes: [usize; 2],
    line: Option<usize>,
    closed: Option<usize>,
    trips: Option<usize>,
    synthetic: Option<usize>,
    found: Vec<DeclaredPair>,
}

impl Collect for Declared<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.codes = [columns.need("code_a", "a code of the pair")?, columns.need("code_b", "a code of the pair")?];
        self.line = columns.find("line");
        self.closed = columns.find("closed");
        self.trips = columns.find("trips_per_day");
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, record: Record, _: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let Some((code_a, code_b)) = codes(&record, self.codes, self.homes, account) else { return };
        let trips_per_day = match self.trips.map(|at| number(&record, at)) {
            None | Some(Number::Missing) => None,
            Some(Number::Is(trips)) if trips >= 0.0 => Some(trips),
            Some(Number::Is(trips)) => bad_trips(account, &record, &trips.to_string()),
            Some(Number::Wrong(text)) => bad_trips(account, &record, &text),
        };
        account.used();
        self.found.push(DeclaredPair {
            code_a,
            code_b,
            line: self.line.and_then(|at| name(&record, at)).unwrap_or_default(),
            closed: self.closed.and_then(|at| name(&record, at)),
            trips_per_day,
        });
    }
}

fn bad_trips(account: &mut Account, record: &Record, text: &str) -> Option<f64> {
    let what = format!("\"{text}\" is not a number of trips; it is taken as unknown");
    account.warned("bad-number", record.number, what).field = Some("trips_per_day".to_owned());
    None
}

/// The declared pairs in file order; several lines of one pair are several entries.
pub(crate) fn declared(
    source: &Source,
    homes: &Homes<'_>,
    progress: &dyn Progress,
) -> Result<(Vec<DeclaredPair>, Account), IngestError> {
    let mut account = Account::new(source, "declared pairs");
    let mut collector =
        Declared { homes, codes: [0; 2], line: None, closed: None, trips: None, synthetic: None, found: Vec::new() };
    door::read(source, &mut collector, &mut account, progress)?;
    Ok((collector.found, account))
}
