//! Regions: outlines with code, name and the regions above them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use geo::Area;
use geo_types::MultiPolygon;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::base::units::Share;
use crate::config::file::CodeSystem;
use crate::config::file::GeometryUse;
use crate::config::plan::RegionSource;
use crate::config::plan::StudyPlan;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::changes::Changes;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::ground::Extent;
use crate::ingest::ground::Ground;
use crate::ingest::ground::Judged;
use crate::ingest::ground::ToDegrees;
use crate::ingest::outline;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::model::gb2260;
use crate::model::region::Level;
use crate::model::region::RegionDraft;
use crate::model::region::RegionTree;
use crate::model::region::RegionTreeBuilder;
use crate::model::region::Shape;
use crate::table::Record;

/// The regions of one source, in degrees.
pub(crate) struct Read {
    account: Account,
    /// What the coordinates of the outlines are; `None` without any.
    degrees: Option<ToDegrees>,
    drafts: Vec<Draft>,
    level: Level,
    left_out: Vec<LeftOut>,
    /// Levels above that the config names.
    asked: Vec<Level>,
    /// Whether its codes are those of GB/T 2260.
    is_gb: bool,
}

/// A region that was left out: its record, the reason, and its code where it has one.
type LeftOut = (u64, &'static str, Option<String>);

/// One region before it is projected; the draft's own shape is still empty.
struct Draft {
    record: u64,
    region: RegionDraft,
    /// In the coordinates of the file; `None` for regions without outlines.
    drawn: Option<MultiPolygon<f64>>,
    /// The same in degrees, when they are known.
    lonlat: Option<MultiPolygon<f64>>,
    /// Levels above that the config names and no field gives a code for: the name, where a field gives one.
    open: BTreeMap<Level, Option<String>>,
    /// Whether it is a district, where a field says so.
    district: Option<bool>,
}

struct Fields {
    code: usize,
    name: Option<usize>,
    /// Level, field of the code, field of the name.
    parents: Vec<(Level, Option<usize>, Option<usize>)>,
    district: Option<usize>,
    synthetic: Option<usize>,
}

struct Collector<'s> {
    source: &'s RegionSource,
    fields: Option<Fields>,
    drafts: Vec<Draft>,
    left_out: Vec<LeftOut>,
    seen: BTreeMap<String, u64>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let source = self.source;
        let mut parents = Vec::new();
        for (level, fields) in &source.parents {
            let code = columns.given(&fields.code, "the code of the region above")?;
            parents.push((*level, code, columns.given(&fields.name, "the name of the region above")?));
        }
        self.fields = Some(Fields {
            code: columns.need(&source.code, "the code")?,
            name: match &source.name {
                Some(field) => Some(columns.need(field, "the name")?),
                None => columns.find("name"),
            },
            parents,
            district: columns.given(&source.district, "whether it is a district")?,
            synthetic: columns.find("synthetic"),
        });
        Ok(())
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        let Some(fields) = &self.fields else { return };
        account.synthetic(&record, fields.synthetic);
        let number = record.number;
        let Some(code) = key(&record, fields.code) else {
            account.dropped("no-code", number, "the region has no code").field = Some(self.source.code.clone());
            self.left_out.push((number, "no-code", None));
            return;
        };
        if let Some(first) = self.seen.get(&code) {
            let what = format!("code \"{code}\" stands at record {first} already; the first record is used");
            account.dropped("duplicate-code", number, what).id = Some(code.clone());
            self.left_out.push((number, "duplicate-code", Some(code)));
            return;
        }
        let area = match (self.source.geometry, record.geometry.take()) {
            (GeometryUse::None, _) => None,
            (GeometryUse::Outline, None) => {
                let (reason, what) = no_outline(trouble);
                account.dropped(reason, number, what).id = Some(code.clone());
                self.left_out.push((number, reason, Some(code)));
                return;
            }
            (GeometryUse::Outline, Some(geometry)) => match sound_area(geometry, self.source.repair) {
                Ok(sound) => {
                    for (code_word, what) in sound.remarks {
                        account.warned(code_word, number, what).id = Some(code.clone());
                    }
                    Some(sound.area)
                }
                Err((reason, what)) => {
                    account.dropped(reason, number, what).id = Some(code.clone());
                    self.left_out.push((number, reason, Some(code)));
                    return;
                }
            },
        };
        self.seen.insert(code.clone(), number);
        let (mut ancestors, mut open) = (BTreeMap::new(), BTreeMap::new());
        for (level, code_field, name_field) in &fields.parents {
            let name = name_field.and_then(|at| name(&record, at));
            match code_field.and_then(|at| key(&record, at)) {
                Some(above) => drop(ancestors.insert(*level, (above, name.unwrap_or_default()))),
                None => drop(open.insert(*level, name)),
            }
        }
        let region = RegionDraft {
            name: fields.name.and_then(|at| name(&record, at)).unwrap_or_else(|| code.clone()),
            level: self.source.level,
            shape: None,
            ancestors,
            district: None,
            code,
        };
        let district = fields.district.and_then(|at| record.value(at).as_bool());
        account.used();
        self.drafts.push(Draft { record: number, region, drawn: area, lonlat: None, open, district });
    }
}

/// Of codes that are some of GB/T 2260, so many may be slips.
const SLIPS: f64 = 0.1;

/// Whether the codes of a source are those of GB/T 2260: the config says so, or their form does, and, where there are outlines, one of them lies
/// where its code says.
fn is_gb2260(source: &RegionSource, drafts: &[Draft]) -> bool {
    match source.code_system {
        Some(CodeSystem::GbT2260) => return true,
        Some(CodeSystem::Other) => return false,
        None => {}
    }
    let fits: Vec<&Draft> =
        drafts.iter().filter(|draft| gb2260::has_form(&draft.region.code, draft.region.level)).collect();
    let mut places = fits.iter().filter_map(|draft| Some((draft, first_corner(draft.lonlat.as_ref()?)?))).peekable();
    !fits.is_empty()
        && (drafts.len() - fits.len()) as f64 <= SLIPS * drafts.len() as f64
        && (places.peek().is_none() || places.any(|(draft, at)| gb2260::may_lie_at(&draft.region.code, at)))
}

/// Gives each region what follows from its code where the codes are those of GB/T 2260, and else the name of the region above for its code.
fn hang(source: &RegionSource, is_gb: bool, drafts: &mut [Draft], account: &mut Account) {
    for Draft { record, region, open, district, .. } in drafts {
        // a config that says so answers for codes of any form
        let follows = is_gb && (source.code_system.is_some() || gb2260::has_form(&region.code, region.level));
        region.district = district.or_else(|| follows.then(|| gb2260::is_district(&region.code)));
        let above = Level::ALL.into_iter().filter(|level| *level < region.level);
        let missing: Vec<Level> = above.filter(|level| !region.ancestors.contains_key(level)).collect();
        for level in missing {
            let by_prefix = follows.then(|| gb2260::above(&region.code, level)).flatten();
            let named = open.remove(&level);
            let has_field = source.parents.get(&level).is_some_and(|field| field.code.is_some());
            if has_field {
                let (instead, code) = match &by_prefix {
                    Some(_) => ("the prefix of its own code serves", &region.code),
                    None => ("its own code does not say it either: it counts in none", &region.code),
                };
                account.warned("no-parent-code", *record, format!("no code of the {level} above; {instead}")).id =
                    Some(code.clone());
            }
            match (by_prefix, named) {
                (Some(code), name) => {
                    region.ancestors.insert(level, (code, name.flatten().unwrap_or_default()));
                }
                // a field of names alone: the name is the code
                (None, Some(Some(name))) if !has_field => {
                    region.ancestors.insert(level, (name.clone(), name));
                }
                (None, Some(None)) if !has_field => {
                    let what = format!(
                        "nothing says which {level} it is in: its code is not one of GB/T 2260, and no field is named; write parents = \
                         {{ {level} = {{ code = \"FIELD\" }} }}"
                    );
                    account.warned("no-parent-code", *record, what).id = Some(region.code.clone());
                }
                (None, _) => {}
            }
        }
    }
}

/// Reads one source.
pub(crate) fn read(source: &RegionSource, max_loss: Share, progress: &dyn Progress) -> Result<Read, IngestError> {
    let mut account = Account::new(&source.source, format!("regions ({})", source.level));
    let mut collector =
        Collector { source, fields: None, drafts: Vec::new(), left_out: Vec::new(), seen: BTreeMap::new() };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let (mut drafts, mut left_out) = (collector.drafts, collector.left_out);
    let mut understood = None;
    if source.geometry == GeometryUse::Outline && account.ledger.used > 0 {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let corners: Vec<[f64; 2]> =
            drafts.iter().filter_map(|draft| draft.drawn.as_ref()).filter_map(first_corner).collect();
        degrees.doubt(&corners, None)?;
        drafts.retain_mut(|draft| {
            let Some(area) = &draft.drawn else { return true };
            match degrees.area(area) {
                Some(area) => {
                    if let Some(what) = outline::leap(&area) {
                        account.taken_back("crosses-antimeridian", draft.record, what).id =
                            Some(draft.region.code.clone());
                        left_out.push((draft.record, "crosses-antimeridian", Some(draft.region.code.clone())));
                        return false;
                    }
                    draft.lonlat = Some(area);
                    true
                }
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", draft.record, what).id = Some(draft.region.code.clone());
                    left_out.push((draft.record, "outside-crs-area", Some(draft.region.code.clone())));
                    false
                }
            }
        });
        understood = Some(degrees);
    }
    account.close(max_loss)?;
    let is_gb = is_gb2260(source, &drafts);
    hang(source, is_gb, &mut drafts, &mut account);
    let asked = source.parents.keys().copied().collect();
    Ok(Read { account, degrees: understood, drafts, level: source.level, left_out, asked, is_gb })
}

fn first_corner(area: &MultiPolygon<f64>) -> Option<[f64; 2]> {
    area.0.first().and_then(|part| part.exterior().0.first()).map(|at| [at.x, at.y])
}

/// The box around all outlines, in degrees.
pub(crate) fn extent(read: &[Read]) -> Option<Extent> {
    let areas = read.iter().flat_map(|one| &one.drafts).filter_map(|draft| draft.lonlat.as_ref());
    Extent::of(areas.flat_map(|area| &area.0).flat_map(|part| part.exterior().0.iter().map(|at| [at.x, at.y])))
}

/// The regions that are judged, where they lie; all of them where none is.
pub(crate) fn judged(read: &[Read], plan: &StudyPlan) -> Vec<Judged> {
    let is_judged = |region: &RegionDraft| {
        let code_of = |level: Level| match level == region.level {
            true => Some(region.code.clone()),
            false if level > region.level => None,
            false => region.ancestors.get(&level).map(|(code, _)| code.clone()),
        };
        plan.evaluate.is_empty()
            || plan.evaluate.iter().any(|(level, codes)| code_of(*level).is_some_and(|code| codes.holds(&code)))
    };
    let box_of = |draft: &Draft| {
        let area = draft.lonlat.as_ref()?;
        let corners = area.0.iter().flat_map(|part| part.exterior().0.iter().map(|at| [at.x, at.y]));
        Some(Judged { name: draft.region.name.clone(), extent: Extent::of(corners)? })
    };
    let drafts = || read.iter().flat_map(|one| &one.drafts);
    let judged: Vec<Judged> = drafts().filter(|draft| is_judged(&draft.region)).filter_map(box_of).collect();
    if judged.is_empty() { drafts().filter_map(box_of).collect() } else { judged }
}

/// The tree of all regions that were read, projected, and the accounts of their sources.
pub(crate) fn tree(
    read: Vec<Read>,
    ground: &Ground,
    plan: &StudyPlan,
    changes: &Changes,
) -> Result<(RegionTree, Vec<Account>), IngestError> {
    let mut builder = RegionTreeBuilder::default();
    let mut accounts = Vec::new();
    let known: BTreeSet<(Level, String)> =
        read.iter().flat_map(|one| &one.drafts).map(|it| (it.region.level, it.region.code.clone())).collect();
    builder.ask_for(plan.evaluate.keys().copied());
    let judged = |level: Level, code: &str| match plan.evaluate.get(&level) {
        Some(codes) => Some(codes.holds(code)),
        None => plan.evaluate.is_empty().then_some(true),
    };
    for Read { mut account, degrees, drafts, level, mut left_out, asked, is_gb } in read {
        builder.ask_for(asked);
        for Draft { record, mut region, drawn, lonlat, .. } in drafts {
            let code = region.code.clone();
            spell_as_known(&mut region, &known);
            follow_changes(&mut region, record, changes, &mut account);
            if let (Some(degrees), Some(drawn), Some(lonlat)) = (&degrees, drawn, lonlat) {
                let Some(plane) = ground.area(degrees, &drawn) else {
                    let what = format!("can not be projected to the study plane {}", ground.plane.name);
                    account.taken_back("outside-crs-area", record, what).id = Some(code.clone());
                    left_out.push((record, "outside-crs-area", Some(code)));
                    continue;
                };
                let area_m2 = ground.plane.area_m2(&plane);
                region.shape = Some(Shape { plane, lonlat, area_m2 });
            }
            if let Err(twice) = builder.add(region) {
                account.taken_back("duplicate-code", record, twice.to_string()).id = Some(code.clone());
                left_out.push((record, "duplicate-code", Some(code)));
            }
        }
        for (record, reason, code) in left_out {
            let code = code.map(|code| changes.apply(code, Some(record), None, &mut account));
            // as the tree does it, by the levels above where the config says nothing of its own; without a code nobody knows
            let says = |above: &Level| {
                let code = code.as_deref()?;
                let by_prefix = || gb2260::above(code, *above).filter(|_| is_gb);
                judged(*above, &if *above == level { code.to_owned() } else { by_prefix()? })
            };
            let is_judged = Level::ALL.iter().rev().filter(|above| **above <= level).find_map(says).unwrap_or(true);
            account.lose(record, reason, Home::Unknown, Lost::Region { level, is_judged });
        }
        account.close(plan.max_loss)?;
        accounts.push(account);
    }
    Ok((builder.freeze(&judged), accounts))
}

/// The codes of all regions that were read.
pub(crate) fn codes(read: &[Read]) -> BTreeSet<String> {
    read.iter().flat_map(|one| &one.drafts).map(|draft| draft.region.code.clone()).collect()
}

/// Writes the codes above as the sources of their levels do: `3201` or `320100000000` for `320100`.
fn spell_as_known(region: &mut RegionDraft, known: &BTreeSet<(Level, String)>) {
    for (level, (above, _)) in &mut region.ancestors {
        if gb2260::has_form(above, *level) && !known.contains(&(*level, above.clone())) {
            let spelt =
                gb2260::spellings(above, *level).into_iter().find(|code| known.contains(&(*level, code.clone())));
            *above = spelt.unwrap_or_else(|| std::mem::take(above));
        }
    }
}

/// Hangs a region under the regions of today where its record, or its own code, names those of yesterday.
fn follow_changes(region: &mut RegionDraft, record: u64, changes: &Changes, account: &mut Account) {
    for level in Level::ALL.into_iter().filter(|level| *level < region.level) {
        let Some((above, name)) = region.ancestors.get(&level).cloned() else { continue };
        let today = changes.apply(above.clone(), Some(record), Some(&region.code), account);
        if today != above {
            region.ancestors.insert(level, (today, name));
        }
    }
}

/// Why a record has no outline.
pub(crate) fn no_outline(trouble: Option<Issue>) -> (&'static str, String) {
    match trouble {
        Some(trouble) => (trouble.code, trouble.what),
        None => ("no-geometry", "the record has no outline".to_owned()),
    }
}

/// What is known of an outline that can be used.
pub(crate) struct Sound {
    pub area: MultiPolygon<f64>,
    pub remarks: Vec<(&'static str, String)>,
}

/// An outline that encloses a certain area, repaired when `repair` says so.
///
/// # Errors
/// The reason and what is wrong.
pub(crate) fn sound_area(geometry: geo_types::Geometry<f64>, repair: bool) -> Result<Sound, (&'static str, String)> {
    let outline::Promoted { area, rings_dropped } =
        outline::promote(geometry).map_err(|what| ("bad-geometry", what))?;
    let mut remarks = Vec::new();
    if rings_dropped > 0 {
        let what = format!("{rings_dropped} broken ring(s) of the outline left out");
        remarks.push(("bad-geometry", what));
    }
    let Some(flaw) = outline::flaw(&area) else { return Ok(Sound { area, remarks }) };
    if !repair {
        return Err(("self-intersection", format!("{flaw}; mend the file, or write repair = true")));
    }
    let before = area.unsigned_area();
    match outline::repaired(&area) {
        Some(mended) => {
            let change = if before > 0.0 { (mended.unsigned_area() / before - 1.0) * 100.0 } else { f64::NAN };
            let change = if change.is_finite() { format!("{change:+.3} %") } else { "from nothing".to_owned() };
            remarks.push(("self-intersection", format!("{flaw}; repaired, area {change}")));
            Ok(Sound { area: mended, remarks })
        }
        None => Err(("self-intersection", format!("{flaw}, and nothing is left after the repair"))),
    }
}
