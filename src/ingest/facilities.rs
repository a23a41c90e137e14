//! Facilities: points with a kind and, where known, a capacity.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::plan::FacilitySource;
use crate::config::plan::KindPlan;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Amounts;
use crate::ingest::account::Columns;
use crate::ingest::account::Number;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::door::point_of;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::hazards::Hazards;
use crate::ingest::homes::Homes;
use crate::ingest::homes::Located;
use crate::model::dropped::Lost;
use crate::model::facility::Excluded;
use crate::model::facility::Facility;
use crate::table::Record;

struct Fields {
    kind: Option<usize>,
    /// Positions of the fields of the rules.
    asked: BTreeMap<String, usize>,
    id: Option<usize>,
    name: Option<usize>,
    capacity: Option<usize>,
    region: Option<usize>,
    synthetic: Option<usize>,
}

struct Draft {
    record: u64,
    id: String,
    name: String,
    kind: String,
    raw: [f64; 2],
    region: Option<String>,
    capacity: Option<f64>,
    synthetic: bool,
}

struct Collector<'s> {
    source: &'s FacilitySource,
    fields: Option<Fields>,
    drafts: Vec<Draft>,
    /// Records that were left out: number, reason, code of the region, kinds as far as they are known.
    left_out: Vec<(u64, &'static str, Option<String>, Vec<String>)>,
    amounts: Amounts,
    seen: BTreeMap<(String, String), u64>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let source = self.source;
        self.fields = Some(Fields {
            kind: match &source.kind {
                KindPlan::All(_) | KindPlan::Rules(_) => None,
                KindPlan::Field(field) => Some(columns.need(field, "the kind")?),
            },
            asked: match &source.kind {
                KindPlan::Rules(rules) => {
                    let names = rules.iter().flat_map(|(_, rule)| rule.fields());
                    names
                        .map(|name| Ok((name.to_owned(), columns.need(name, "kinds")?)))
                        .collect::<Result<_, IngestError>>()?
                }
                KindPlan::All(_) | KindPlan::Field(_) => BTreeMap::new(),
            },
            id: columns.given(&source.id, "the id")?,
            name: columns.given(&source.name, "the name")?,
            capacity: columns.given(&source.capacity, "the capacity")?,
            region: columns.given(&source.region, "the code of the region")?,
            synthetic: columns.find("synthetic"),
        });
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        let Some(fields) = &self.fields else { return };
        let synthetic = account.synthetic(&record, fields.synthetic);
        let (source, at) = (self.source, record.number);
        let region = fields.region.and_then(|at| key(&record, at));
        let own_id = fields.id.and_then(|at| key(&record, at));
        let mut id = own_id.clone().unwrap_or_else(|| at.to_string());
        let kinds = match &source.kind {
            KindPlan::All(kind) => vec![kind.clone()],
            KindPlan::Rules(rules) => {
                let position = |name: &str| fields.asked.get(name).copied();
                let kinds =
                    rules.iter().filter(|(_, rule)| rule.fits(&record, &position)).map(|(kind, _)| kind.clone());
                kinds.collect()
            }
            KindPlan::Field(field) => match fields.kind.and_then(|at| key(&record, at)) {
                Some(kind) => vec![kind],
                None => {
                    let issue = account.dropped("unknown-kind", at, "what the facility is is not said");
                    issue.field = Some(field.clone());
                    issue.id = own_id;
                    self.left_out.push((at, "unknown-kind", region, Vec::new()));
                    return;
                }
            },
        };
        if kinds.is_empty() {
            account.passed_over += 1;
            return;
        }
        let raw = match point_of(&record, trouble) {
            Ok(raw) => raw,
            Err((reason, what)) => {
                account.dropped(reason, at, what).id = Some(id);
                self.left_out.push((at, reason, region, kinds));
                return;
            }
        };
        let capacity = match fields.capacity.map(|at| self.amounts.read(&record, at)) {
            None | Some(Number::Missing) => None,
            Some(Number::Is(capacity)) if capacity >= 0.0 => Some(capacity),
            Some(Number::Is(number)) => self.bad_capacity(account, at, &id, &number.to_string()),
            Some(Number::Wrong(text)) => self.bad_capacity(account, at, &id, &text),
        };
        if let Some(first) = kinds.iter().find_map(|kind| self.seen.get(&(kind.clone(), id.clone()))) {
            let what = format!("id \"{id}\" stands at record {first} already; this one is called \"{id}#{at}\"");
            account.warned("duplicate-id", at, what).id = Some(id.clone());
            id = format!("{id}#{at}");
        }
        account.used();
        let name = fields.name.and_then(|at| name(&record, at)).unwrap_or_else(|| id.clone());
        for kind in kinds {
            self.seen.entry((kind.clone(), id.clone())).or_insert(at);
            self.drafts.push(Draft {
                record: at,
                name: name.clone(),
                id: id.clone(),
                kind,
                raw,
                region: region.clone(),
                capacity,
                synthetic,
            });
        }
    }
}

impl Collector<'_> {
    fn bad_capacity(&self, account: &mut Account, record: u64, id: &str, text: &str) -> Option<f64> {
        let what = format!("capacity \"{text}\" is not a number of 0 or more; it is taken as unknown");
        let issue = account.warned("bad-number", record, what);
        issue.field.clone_from(&self.source.capacity);
        issue.id = Some(id.to_owned());
        None
    }
}

/// The facilities of a source that count, in file order, and those that lie in hazard areas; these are no loss that stops a run.
pub(crate) fn read(
    source: &FacilitySource,
    ground: &Ground,
    homes: &Homes<'_>,
    hazards: &Hazards<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<Facility>, Vec<Excluded>, Account), IngestError> {
    let records = match &source.kind {
        KindPlan::All(kind) => format!("facilities ({kind})"),
        KindPlan::Field(field) => format!("facilities (by {field})"),
        KindPlan::Rules(rules) => {
            let kinds: Vec<&str> = rules.iter().map(|(kind, _)| kind.as_str()).collect();
            format!("facilities ({})", kinds.join(", "))
        }
    };
    let mut account = Account::new(&source.source, records);
    let mut collector = Collector {
        source,
        fields: None,
        drafts: Vec::new(),
        left_out: Vec::new(),
        amounts: Amounts::default(),
        seen: BTreeMap::new(),
    };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    if let Some(field) = &source.capacity {
        collector.amounts.tell(field, &mut account);
    }
    let (drafts, mut left_out) = (collector.drafts, collector.left_out);
    let mut facilities = Vec::with_capacity(drafts.len());
    let mut records = Vec::with_capacity(drafts.len());
    let mut without_place = BTreeSet::new();
    if !drafts.is_empty() {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let raws: Vec<[f64; 2]> = drafts.iter().map(|draft| draft.raw).collect();
        degrees.doubt(&raws, ground.extent.as_ref())?;
        let places = ground.places_of(&degrees, &raws);
        let located: Vec<Located<'_>> = drafts
            .iter()
            .zip(&places)
            .map(|(draft, at)| Located { number: draft.record, id: &draft.id, code: draft.region.as_deref(), at: *at })
            .collect();
        let found = homes.find(&located, &mut account);
        for ((draft, at), home) in drafts.into_iter().zip(places).zip(found) {
            let Some(at) = at else {
                left_out.push((draft.record, "outside-crs-area", draft.region, vec![draft.kind]));
                // a record of several kinds is one record
                if !without_place.insert(draft.record) {
                    continue;
                }
                let what = format!("{} {} is outside the area of {}", draft.raw[0], draft.raw[1], degrees.name());
                account.taken_back("outside-crs-area", draft.record, what).id = Some(draft.id);
                continue;
            };
            let Draft { record, id, name, kind, capacity, synthetic, .. } = draft;
            records.push(record);
            facilities.push(Facility { id, name, kind, at, home, capacity, synthetic });
        }
    }
    for (record, reason, code, kinds) in left_out {
        let home = homes.of_dropped(code, None, None, record, &mut account);
        account.lose(record, reason, home, Lost::Facility { kinds });
    }
    account.close(max_loss)?;
    let (facilities, excluded) = hazards.exclude(facilities, &records, &mut account);
    Ok((facilities, excluded, account))
}
