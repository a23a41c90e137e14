//! Demand layers: points with weights, their places in the same file or in another.

use std::collections::BTreeMap;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::base::units::Weight;
use crate::config::plan::DemandSource;
use crate::config::plan::LocateSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Amounts;
use crate::ingest::account::Columns;
use crate::ingest::account::Number;
use crate::ingest::account::WeightLoss;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::door::point_of;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::homes::CodesRead;
use crate::ingest::homes::Homes;
use crate::ingest::homes::Located;
use crate::ingest::spread;
use crate::ingest::spread::Around;
use crate::ingest::spread::Records;
use crate::ingest::statistics;
use crate::io::read::DeclaredCrs;
use crate::model::demand::Classes;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::dropped::Lost;
use crate::model::place::Place;
use crate::table::Record;

struct Fields {
    id: Option<usize>,
    label: Option<usize>,
    /// Group name, field name, field.
    weights: Vec<(String, String, usize)>,
    region: Option<usize>,
    class: Option<usize>,
    synthetic: Option<usize>,
}

struct Collector<'s> {
    source: &'s DemandSource,
    fields: Option<Fields>,
    numbers: Vec<u64>,
    ids: Vec<String>,
    names: Vec<String>,
    /// Coordinates of the file; `None` where the record has none, or another file gives them.
    raws: Vec<Option<[f64; 2]>>,
    regions: Vec<Option<String>>,
    classes: Vec<Option<String>>,
    /// Texts that say that a record is a total.
    words: Vec<Option<String>>,
    weights: Vec<Vec<Weight>>,
    /// How the numbers of each weight are written.
    amounts: Vec<Amounts>,
    /// Records that were left out.
    left_out: Vec<LeftOut>,
    synthetic: bool,
}

/// Finds where records lie that were left out.
type Places<'f> = &'f dyn Fn(&[LeftOut]) -> Result<Vec<Option<Place>>, IngestError>;

/// A record that was taken out.
struct Removed {
    id: String,
    code: Option<String>,
    raw: Option<[f64; 2]>,
    weights: Vec<Weight>,
}

/// What is known of a record that was left out.
struct LeftOut {
    record: u64,
    reason: &'static str,
    id: String,
    code: Option<String>,
    raw: Option<[f64; 2]>,
    /// By group, as far as they are known.
    weights: Vec<Option<Weight>>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let source = self.source;
        let mut weights = Vec::new();
        if let Some(people) = &source.people {
            weights.push(("people".to_owned(), people.clone(), columns.need(people, "the number of people")?));
        }
        for (group, field) in &source.groups {
            weights.push((group.clone(), field.clone(), columns.need(field, "a weight")?));
        }
        self.weights.resize(weights.len(), Vec::new());
        self.amounts.resize_with(weights.len(), Amounts::default);
        self.fields = Some(Fields {
            id: columns.given(&source.id, "the id")?,
            label: columns.given(&source.label, "the name")?,
            weights,
            region: columns.given(&source.region, "the code of the region")?,
            class: columns.given(&source.class, "the class")?,
            synthetic: columns.find("synthetic"),
        });
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        let Some(fields) = &self.fields else { return };
        self.synthetic |= account.synthetic(&record, fields.synthetic);
        let at = record.number;
        let own_id = fields.id.and_then(|at| key(&record, at));
        let id = own_id.unwrap_or_else(|| at.to_string());
        let (mut row, mut wrong) = (Vec::with_capacity(fields.weights.len()), None);
        for ((group, field, position), amounts) in fields.weights.iter().zip(&mut self.amounts) {
            let (reason, what) = match amounts.read(&record, *position) {
                Number::Is(value) => match Weight::from_f64(value) {
                    Some(weight) => {
                        row.push(Some(weight));
                        continue;
                    }
                    None if value < 0.0 => ("negative-weight", format!("{group} is {value}, below 0")),
                    None => ("bad-number", format!("{group} is {value}, which is out of range")),
                },
                Number::Missing => ("no-weight", format!("{group} is not given; write 0 where there is none")),
                Number::Wrong(text) => ("bad-number", format!("{group} is \"{text}\", which is not a number")),
            };
            row.push(None);
            wrong.get_or_insert((reason, what, field));
        }
        let is_elsewhere = self.source.locate.is_some() || self.source.spread.is_some();
        let point = if is_elsewhere { Ok(None) } else { point_of(&record, trouble).map(Some) };
        let code = fields.region.and_then(|at| key(&record, at));
        if let Some((reason, what, field)) = wrong {
            let issue = account.dropped(reason, at, what);
            issue.field = Some(field.clone());
            issue.id = Some(id.clone());
            self.left_out.push(LeftOut { record: at, reason, id, code, raw: point.ok().flatten(), weights: row });
            return;
        }
        let raw = match point {
            Ok(raw) => raw,
            Err(_) if statistics::says_total(&record).is_some() && code.is_none() => None,
            Err((_, what)) => {
                let what = format!("{what}; its weight stays, its place is not known");
                account.warned("no-location", at, what).id = Some(id.clone());
                None
            }
        };
        account.used();
        for (weights, weight) in self.weights.iter_mut().zip(row.into_iter().flatten()) {
            weights.push(weight);
        }
        self.numbers.push(at);
        self.names.push(fields.label.and_then(|at| name(&record, at)).unwrap_or_else(|| id.clone()));
        self.regions.push(code);
        self.classes.push(fields.class.and_then(|at| name(&record, at)));
        self.words.push(raw.is_none().then(|| statistics::says_total(&record)).flatten());
        self.raws.push(raw);
        self.ids.push(id);
    }
}

/// Keeps what is to be kept of a column.
fn kept<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    column.retain(|_| keep.next().copied().unwrap_or(true));
}

impl Collector<'_> {
    /// Takes back the records of numbers that may mean two things, as the rest of their field shows, and tells how others were read.
    fn settle_amounts(&mut self, account: &mut Account) {
        let fields = self.fields.iter().flat_map(|fields| &fields.weights);
        let mut doubtful: BTreeMap<u64, (usize, String)> = BTreeMap::new();
        for (nth, (amounts, (group, field, _))) in self.amounts.iter().zip(fields).enumerate() {
            amounts.tell(field, account);
            let Some((records, decimal)) = amounts.doubtful() else { continue };
            for record in records {
                let what = format!(
                    "{group} is written with a comma, which stands for a decimal point elsewhere in the field (\"{decimal}\"): it may \
                     mean two numbers; write them without commas"
                );
                doubtful.entry(*record).or_insert((nth, what));
            }
        }
        for (record, (nth, what)) in doubtful {
            // a record that was left out for another reason is in none of the columns
            let Ok(row) = self.numbers.binary_search(&record) else { continue };
            let Removed { id, code, raw, weights } = self.remove(row);
            let weights = weights.into_iter().enumerate();
            let weights = weights.map(|(group, weight)| (group != nth).then_some(weight)).collect();
            account.taken_back("bad-number", record, what).id = Some(id.clone());
            self.left_out.push(LeftOut { record, reason: "bad-number", id, code, raw, weights });
        }
        self.left_out.sort_by_key(|one| one.record);
    }

    /// Takes a record out of all columns.
    fn remove(&mut self, row: usize) -> Removed {
        self.numbers.remove(row);
        self.names.remove(row);
        self.classes.remove(row);
        self.words.remove(row);
        Removed {
            id: self.ids.remove(row),
            code: self.regions.remove(row),
            raw: self.raws.remove(row),
            weights: self.weights.iter_mut().map(|weights| weights.remove(row)).collect(),
        }
    }

    /// Leaves out records that are totals of others, each told with the check of its sum. They are no loss.
    /// # Errors
    /// As [`statistics::totals`].
    fn settle_totals(&mut self, homes: &Homes<'_>, account: &mut Account) -> Result<(), IngestError> {
        let mut read = CodesRead::default();
        let understood = |(code, number): (&Option<String>, &u64)| {
            let code = code.as_ref()?;
            Some(homes.read_code(code, *number, &mut read).map_or_else(|| code.clone(), |(code, _)| code))
        };
        // a place within a region stays what it is, so that those above it are known
        let understood: Vec<Option<String>> = self.regions.iter().zip(&self.numbers).map(understood).collect();
        let is_elsewhere = |id: &String| self.source.locate.is_some() && !statistics::is_total(id);
        let placed: Vec<bool> =
            self.raws.iter().zip(&self.ids).map(|(raw, id)| raw.is_some() || is_elsewhere(id)).collect();
        let rows = statistics::Rows {
            numbers: &self.numbers,
            written: &self.regions,
            codes: &understood,
            placed: &placed,
            words: &self.words,
            weights: self.weights.iter().map(Vec::as_slice).collect(),
            // codes of regions that each have one record
            has_codes: self.source.region.is_some() && self.source.spread.is_some(),
        };
        let totals = statistics::totals(&rows, homes, account)?;
        let mut keep = vec![true; self.numbers.len()];
        for total in totals {
            keep[total.at] = false;
            account.ledger.take_back(statistics::TOTAL_ROW);
            let id = self.regions[total.at].clone().unwrap_or_else(|| self.ids[total.at].clone());
            account.warned(statistics::TOTAL_ROW, self.numbers[total.at], total.what).id = Some(id);
        }
        if keep.contains(&false) {
            kept(&mut self.numbers, &keep);
            kept(&mut self.ids, &keep);
            kept(&mut self.names, &keep);
            kept(&mut self.raws, &keep);
            kept(&mut self.regions, &keep);
            kept(&mut self.classes, &keep);
            kept(&mut self.words, &keep);
            self.weights.iter_mut().for_each(|weights| kept(weights, &keep));
        }
        Ok(())
    }

    /// Remembers what was left out, with the region that it would be in; `located` are places by id where another file gives them.
    fn lose(&mut self, places: Places<'_>, homes: &Homes<'_>, account: &mut Account) -> Result<(), IngestError> {
        if self.left_out.is_empty() {
            return Ok(());
        }
        let found = places(&self.left_out)?;
        let by_place = homes.by_place(&found);
        let groups: Vec<&str> =
            self.fields.iter().flat_map(|fields| &fields.weights).map(|(name, ..)| name.as_str()).collect();
        for ((one, place), by_place) in self.left_out.drain(..).zip(found).zip(by_place) {
            let home = homes.of_dropped(one.code, place, by_place, one.record, account);
            let known =
                groups.iter().zip(&one.weights).filter_map(|(group, weight)| Some(((*group).to_owned(), (*weight)?)));
            let weights = known.chain([("count".to_owned(), Weight::ONE)]).collect();
            account.lose(one.record, one.reason, home, Lost::Demand { layer: self.source.name.clone(), weights });
        }
        Ok(())
    }

    /// The weights that were read, by group; none are left.
    fn groups(&mut self) -> Vec<WeightGroup> {
        let fields = self.fields.iter().flat_map(|fields| &fields.weights);
        let weights = std::mem::take(&mut self.weights);
        fields.zip(weights).map(|((name, ..), weights)| WeightGroup { name: name.clone(), weights }).collect()
    }
}

/// A demand layer with the accounts of its files.
pub(crate) fn read(
    source: &DemandSource,
    ground: &Ground,
    homes: &Homes<'_>,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(DemandLayer, Vec<Account>), IngestError> {
    let mut account = Account::new(&source.source, format!("demand ({})", source.name));
    let mut collector = Collector {
        source,
        fields: None,
        numbers: Vec::new(),
        ids: Vec::new(),
        names: Vec::new(),
        raws: Vec::new(),
        regions: Vec::new(),
        classes: Vec::new(),
        words: Vec::new(),
        weights: Vec::new(),
        amounts: Vec::new(),
        left_out: Vec::new(),
        synthetic: false,
    };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    collector.settle_amounts(&mut account);
    collector.settle_totals(homes, &mut account)?;
    if let Some(spread) = &source.spread {
        collector.lose(&|left_out| Ok(vec![None; left_out.len()]), homes, &mut account)?;
        let groups = collector.groups();
        let Collector { numbers, regions: codes, synthetic, .. } = collector;
        let around = Around { ground, homes, max_loss, progress };
        return spread::read(source, spread, Records { numbers, codes, groups, synthetic }, account, &around);
    }
    let mut places_account = None;
    let places: Vec<Option<Place>> = if let Some(locate) = &source.locate {
        let (by_key, located_account) = locations(locate, &source.name, ground, max_loss, progress)?;
        places_account = Some(located_account);
        let places: Vec<Option<Place>> = collector.ids.iter().map(|id| by_key.get(id).copied()).collect();
        for ((place, number), id) in places.iter().zip(&collector.numbers).zip(&collector.ids) {
            if place.is_none() {
                let what =
                    format!("{} does not locate it; its weight stays, its place is not known", locate.source.shown);
                account.warned("no-location", *number, what).id = Some(id.clone());
            }
        }
        collector.lose(
            &|left_out| Ok(left_out.iter().map(|one| by_key.get(&one.id).copied()).collect()),
            homes,
            &mut account,
        )?;
        places
    } else {
        let places = own_places(&collector, source, &carried, ground, &mut account)?;
        let found = |left_out: &[LeftOut]| {
            if left_out.iter().all(|one| one.raw.is_none()) {
                return Ok(vec![None; left_out.len()]);
            }
            let degrees = ToDegrees::new(&source.source, &carried)?;
            let raws: Vec<[f64; 2]> = left_out.iter().filter_map(|one| one.raw).collect();
            let mut found = ground.places(&degrees.points(&raws)).into_iter();
            Ok(left_out.iter().map(|one| one.raw.and_then(|_| found.next().flatten())).collect())
        };
        collector.lose(&found, homes, &mut account)?;
        places
    };
    let records: Vec<Located<'_>> = (0..places.len())
        .map(|at| Located {
            number: collector.numbers[at],
            id: &collector.ids[at],
            code: collector.regions[at].as_deref(),
            at: places[at],
        })
        .collect();
    let home = homes.find(&records, &mut account);
    account.close_but(max_loss, &[statistics::TOTAL_ROW])?;
    let groups = collector.groups();
    close_weights(&mut account, &groups, max_loss)?;
    let count = WeightGroup { name: "count".to_owned(), weights: vec![Weight::ONE; places.len()] };
    let mut groups = groups;
    groups.push(count);
    let synthetic = collector.synthetic || places_account.as_ref().is_some_and(|account| account.ledger.synthetic);
    let layer = DemandLayer {
        name: source.name.clone(),
        ids: collector.ids,
        names: collector.names,
        cells: Vec::new(),
        at: places,
        home,
        groups,
        classes: source.class.is_some().then(|| Classes::new(&collector.classes)),
        synthetic,
        spreading: None,
    };
    Ok((layer, std::iter::once(account).chain(places_account).collect()))
}

/// Whether no weight of a source lost more than it may.
/// # Errors
/// [`IngestError::TooMuchWeightLost`].
pub(crate) fn close_weights(account: &mut Account, groups: &[WeightGroup], max_loss: Share) -> Result<(), IngestError> {
    for WeightGroup { name, weights } in groups {
        let (mut dropped, mut without) = (Weight::ZERO, 0);
        for one in &account.lost {
            let Lost::Demand { weights, .. } = &one.what else { continue };
            match weights.get(name) {
                Some(weight) => dropped += *weight,
                None => without += one.count,
            }
        }
        let kept = weights.iter().copied().sum();
        account.close_weight(max_loss, &WeightLoss { group: name, kept, dropped, without })?;
    }
    Ok(())
}

fn own_places(
    collector: &Collector<'_>,
    source: &DemandSource,
    carried: &DeclaredCrs,
    ground: &Ground,
    account: &mut Account,
) -> Result<Vec<Option<Place>>, IngestError> {
    let raws: Vec<[f64; 2]> = collector.raws.iter().flatten().copied().collect();
    if raws.is_empty() {
        return Ok(vec![None; collector.raws.len()]);
    }
    let degrees = ToDegrees::new(&source.source, carried)?;
    degrees.doubt(&raws, ground.extent.as_ref())?;
    let mut found = ground.places_of(&degrees, &raws).into_iter();
    let mut places = Vec::with_capacity(collector.raws.len());
    for (at, raw) in collector.raws.iter().enumerate() {
        let place = raw.and_then(|_| found.next().flatten());
        if let (Some(raw), None) = (raw, place) {
            let what = format!(
                "{} {} is outside the area of {}; its weight stays, its place is not known",
                raw[0],
                raw[1],
                degrees.name()
            );
            account.warned("outside-crs-area", collector.numbers[at], what).id = Some(collector.ids[at].clone());
        }
        places.push(place);
    }
    Ok(places)
}

struct Locations<'s> {
    source: &'s LocateSource,
    key: usize,
    synthetic: Option<usize>,
    keys: BTreeMap<String, u64>,
    found: Vec<(u64, String, [f64; 2])>,
}

impl Collect for Locations<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.key = columns.need(&self.source.key, "the key")?;
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        account.synthetic(&record, self.synthetic);
        let Some(id) = key(&record, self.key) else {
            account.dropped("no-code", record.number, "the place has no key").field = Some(self.source.key.clone());
            return;
        };
        match (point_of(&record, trouble), self.keys.get(&id)) {
            (Err((reason, what)), _) => {
                account.dropped(reason, record.number, what).id = Some(id);
            }
            (Ok(_), Some(first)) => {
                let what = format!("\"{id}\" is located at record {first} already; the first place is used");
                account.dropped("duplicate-code", record.number, what).id = Some(id);
            }
            (Ok(raw), None) => {
                account.used();
                self.keys.insert(id.clone(), record.number);
                self.found.push((record.number, id, raw));
            }
        }
    }
}

/// Places by key.
fn locations(
    source: &LocateSource,
    layer: &str,
    ground: &Ground,
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(BTreeMap<String, Place>, Account), IngestError> {
    let mut account = Account::new(&source.source, format!("places of demand ({layer})"));
    let mut collector = Locations { source, key: 0, synthetic: None, keys: BTreeMap::new(), found: Vec::new() };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let mut by_key = BTreeMap::new();
    if !collector.found.is_empty() {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let raws: Vec<[f64; 2]> = collector.found.iter().map(|(_, _, raw)| *raw).collect();
        degrees.doubt(&raws, ground.extent.as_ref())?;
        for ((record, id, raw), place) in collector.found.into_iter().zip(ground.places_of(&degrees, &raws)) {
            match place {
                Some(place) => {
                    by_key.insert(id, place);
                }
                None => {
                    let what = format!("{} {} is outside the area of {}", raw[0], raw[1], degrees.name());
                    account.taken_back("outside-crs-area", record, what).id = Some(id);
                }
            }
        }
    }
    account.close(max_loss)?;
    Ok((by_key, account))
}
