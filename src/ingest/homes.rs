//! Which region something is in: by the code that its record gives, or by its place.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use geo::InteriorPoint;
use rayon::prelude::*;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::fixed;
use crate::ingest::account::Account;
use crate::ingest::changes::Changes;
use crate::ingest::statistics;
use crate::ingest::statistics::How;
use crate::model::dropped::Home;
use crate::model::locate::RegionLocator;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::region::Region;
use crate::model::region::RegionTree;
use crate::model::region::Shape;

/// A record that names a region but lies farther than this outside of it is doubtful.
pub(crate) const FAR_OUTSIDE_M: f64 = 1000.0;

/// Two outlines of one level that run over each other by less than this are two drawings of one border, metres.
const TWO_DRAWINGS_M: f64 = 50.0;

/// Locators of all levels that have outlines, the smallest regions first.
pub(crate) struct Homes<'t> {
    tree: &'t RegionTree,
    changes: &'t Changes,
    levels: Vec<Outlined>,
    /// Digits that codes of regions have.
    widths: BTreeSet<usize>,
}

/// Codes of a source that are written otherwise than those of the regions: the first of each kind, its record, and how many.
#[derive(Default)]
pub(crate) struct CodesRead(BTreeMap<How, (String, u64, u64)>);

impl CodesRead {
    /// Tells once a kind.
    pub(crate) fn tell(self, account: &mut Account) {
        for (_, (first, record, count)) in self.0 {
            let codes = if count == 1 { "code is" } else { "codes are" };
            let what = format!("{count} {codes} written otherwise than those of the regions, and read: {first}");
            account.warned("code-read", record, what);
        }
    }
}

/// The regions of one level that have outlines.
struct Outlined {
    level: Level,
    regions: Vec<RegionIdx>,
    locator: RegionLocator,
    /// Pairs that lie over each other, by their places in `regions`.
    overlaps: BTreeMap<(u32, u32), Overlap>,
}

/// What is known of two regions of one level that lie over each other.
struct Overlap {
    /// A corner of one lies so far within the other, metres.
    depth_m: f64,
    /// Places in both.
    places: AtomicU64,
}

impl Outlined {
    fn new(tree: &RegionTree, level: Level) -> Option<Outlined> {
        let mut regions = tree.at_level(level);
        regions.retain(|idx| tree.get(*idx).shape.is_some());
        let locator = RegionLocator::of_regions(regions.iter().map(|idx| tree.get(*idx)));
        let overlaps = overlaps(tree, &regions, &locator);
        (!regions.is_empty()).then_some(Outlined { level, regions, locator, overlaps })
    }

    /// Counts the places that lie in two regions.
    fn count(&self, points: &[[f64; 2]], found: &[Option<u32>]) {
        for ((a, b), overlap) in &self.overlaps {
            let both = |(at, found): (&[f64; 2], &Option<u32>)| {
                found.is_some() && self.locator.is_inside(*a, *at) && self.locator.is_inside(*b, *at)
            };
            let places = points.par_iter().zip(found).filter(|(at, found)| both((at, found))).count();
            overlap.places.fetch_add(places as u64, Ordering::Relaxed);
        }
    }
}

/// Pairs of regions of which one has a corner of its own, or a place in its middle, within the other.
fn overlaps(tree: &RegionTree, regions: &[RegionIdx], locator: &RegionLocator) -> BTreeMap<(u32, u32), Overlap> {
    fn corners(region: &Region) -> impl Iterator<Item = [f64; 2]> {
        let parts = region.shape.iter().flat_map(|shape| &shape.plane);
        let rings = parts.flat_map(|part| std::iter::once(part.exterior()).chain(part.interiors()));
        rings.flat_map(|ring| ring.coords()).map(|at| [at.x, at.y])
    }
    let bits = |at: [f64; 2]| at.map(f64::to_bits);
    // corners that neighbours share, as most of a sound file do, lie on the border of both: they need not be looked at
    let mut owners: HashMap<[u64; 2], Option<usize>> = HashMap::new();
    for (own, region) in regions.iter().enumerate() {
        for at in corners(tree.get(*region)) {
            let owner = owners.entry(bits(at)).or_insert(Some(own));
            *owner = owner.filter(|owner| *owner == own);
        }
    }
    let within = |own: usize| -> Vec<((u32, u32), f64)> {
        let region = tree.get(regions[own]);
        let mut found: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        let is_own = |at: &[f64; 2]| owners.get(&bits(*at)).is_some_and(Option::is_some);
        let middle = region.shape.as_ref().and_then(|shape| shape.plane.interior_point()).map(|at| [at.x(), at.y()]);
        for at in corners(region).filter(is_own).chain(middle) {
            for other in locator.within_distance(at, 0.0).into_iter().filter(|other| *other as usize != own) {
                if locator.is_inside(other, at) {
                    let depth = locator.distance_to_border(at, other).unwrap_or(0.0);
                    let deepest = found.entry((other.min(own as u32), other.max(own as u32))).or_default();
                    *deepest = deepest.max(depth);
                }
            }
        }
        found.into_iter().collect()
    };
    let found: Vec<Vec<((u32, u32), f64)>> = (0..regions.len()).into_par_iter().map(within).collect();
    let mut overlaps: BTreeMap<(u32, u32), Overlap> = BTreeMap::new();
    for (pair, depth_m) in found.into_iter().flatten() {
        let overlap = overlaps.entry(pair).or_insert(Overlap { depth_m: 0.0, places: AtomicU64::new(0) });
        overlap.depth_m = overlap.depth_m.max(depth_m);
    }
    overlaps
}

impl<'t> Homes<'t> {
    pub(crate) fn new(tree: &'t RegionTree, changes: &'t Changes) -> Homes<'t> {
        let levels = Level::ALL.into_iter().rev().filter_map(|level| Outlined::new(tree, level)).collect();
        let codes = tree.iter().map(|(_, region)| &region.code);
        let digits = codes.filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        Homes { tree, changes, levels, widths: digits.map(String::len).collect() }
    }

    /// The code of a region that a code stands for that no region has: written as spreadsheets do, with other zeros, or, of the codes of GB/T 2260,
    /// that of a place within a region with an outline. Codes that the table of changes speaks of stay as they are.
    pub(crate) fn read_code(&self, code: &str, record: u64, read: &mut CodesRead) -> Option<(String, How)> {
        if self.by_code(code).is_some() || self.changes.tell_of(code) {
            return None;
        }
        let is_meant = |(code, how): &(String, How)| {
            let found = self.by_code(code);
            found.is_some_and(|idx| *how != How::Within || self.tree.get(idx).shape.is_some())
        };
        let (found, how) = statistics::readings(code, &self.widths).into_iter().find(is_meant)?;
        let first = || (format!("\"{code}\" is \"{found}\", {}", how.told()), record, 0);
        read.0.entry(how).or_insert_with(first).2 += 1;
        Some((found, how))
    }

    /// The regions of each level that has outlines with their locator, the smallest first.
    pub(crate) fn outlined(&self) -> impl Iterator<Item = (&[RegionIdx], &RegionLocator)> {
        self.levels.iter().map(|outlined| (&outlined.regions[..], &outlined.locator))
    }

    /// All regions.
    pub(crate) fn tree(&self) -> &'t RegionTree {
        self.tree
    }

    /// The judged regions of the smallest level that has outlines, in order.
    pub(crate) fn judged_outlines(&self) -> impl Iterator<Item = (&Region, &Shape)> {
        let smallest = self.levels.first().map_or(&[][..], |outlined| &outlined.regions);
        let regions = smallest.iter().map(|idx| self.tree.get(*idx)).filter(|region| region.judged);
        regions.filter_map(|region| Some((region, region.shape.as_ref()?)))
    }

    /// The code of today for a code of a record, as the table of code changes has it.
    pub(crate) fn today(&self, code: String, record: u64, id: Option<&str>, account: &mut Account) -> String {
        self.changes.apply(code, Some(record), id, account)
    }

    /// The region with a code, of the smallest level that has it.
    pub(crate) fn by_code(&self, code: &str) -> Option<RegionIdx> {
        Level::ALL.into_iter().rev().find_map(|level| self.tree.find(level, code))
    }

    /// The smallest region that holds each place, its border included; of equal ones the one whose code comes first.
    pub(crate) fn by_place(&self, places: &[Option<Place>]) -> Vec<Option<RegionIdx>> {
        let mut homes: Vec<Option<RegionIdx>> = vec![None; places.len()];
        for outlined in &self.levels {
            let open: Vec<usize> =
                (0..places.len()).filter(|at| homes[*at].is_none() && places[*at].is_some()).collect();
            let points: Vec<[f64; 2]> = open.iter().filter_map(|at| places[*at]).map(|it| it.xy.array()).collect();
            let found = outlined.locator.locate_all(&points);
            outlined.count(&points, &found);
            for (at, found) in open.into_iter().zip(found) {
                homes[at] = found.map(|nth| outlined.regions[nth as usize]);
            }
        }
        homes
    }

    /// The region that a record was in that was left out: by its code where a region has it, else by its place.
    pub(crate) fn of_dropped(
        &self,
        code: Option<String>,
        place: Option<Place>,
        by_place: Option<RegionIdx>,
        record: u64,
        account: &mut Account,
    ) -> Home {
        let code =
            code.map(|code| self.read_code(&code, record, &mut CodesRead::default()).map_or(code, |(code, _)| code));
        let coded = code.map(|code| self.today(code, record, None, account)).and_then(|code| self.by_code(&code));
        match coded.or(by_place) {
            Some(home) => Home::In(home),
            // where there are outlines, a place in none of them is elsewhere
            None if place.is_some() && !self.levels.is_empty() => Home::Elsewhere,
            None => Home::Unknown,
        }
    }

    /// The smallest regions with outlines within a distance of a place, included.
    pub(crate) fn within(&self, place: &Place, metres: f64) -> Vec<RegionIdx> {
        let Some(Outlined { regions, locator, .. }) = self.levels.first() else { return Vec::new() };
        locator.within_distance(place.xy.array(), metres).into_iter().map(|nth| regions[nth as usize]).collect()
    }

    /// Metres from a place to the region `home`, or to the nearest region above it with an outline; `None` within it or
    /// when there is no outline.
    pub(crate) fn outside_by(&self, home: RegionIdx, place: &Place) -> Option<f64> {
        let mut here = Some(home);
        while let Some(idx) = here {
            let region = self.tree.get(idx);
            if region.shape.is_some() {
                let Outlined { regions, locator, .. } = self.levels.iter().find(|it| it.level == region.level)?;
                let nth = regions.binary_search(&idx).ok()? as u32;
                let at = place.xy.array();
                return if locator.holds(nth, at) { None } else { locator.distance_to_border(at, nth) };
            }
            here = region.parent;
        }
        None
    }

    /// The home of each record, by its code where it gives one that exists, else by its place. Codes that no region has,
    /// places far outside the region that the record names, and places outside all regions become issues.
    pub(crate) fn find(&self, records: &[Located<'_>], account: &mut Account) -> Vec<Option<RegionIdx>> {
        let places: Vec<Option<Place>> = records.iter().map(|record| record.at).collect();
        let by_place = self.by_place(&places);
        let mut homes = Vec::with_capacity(records.len());
        let mut read = CodesRead::default();
        for (record, by_place) in records.iter().zip(by_place) {
            let code = record.code.map(|code| {
                self.read_code(code, record.number, &mut read).map_or_else(|| code.to_owned(), |(code, _)| code)
            });
            let meant = code.map(|code| self.today(code, record.number, Some(record.id), account));
            let coded = meant.as_deref().and_then(|code| self.by_code(code));
            if let (Some(code), None) = (record.code, coded) {
                let what = format!("no region has the code \"{code}\"; the place decides");
                account.warned("unknown-region", record.number, what).id = Some(record.id.to_owned());
            }
            if let (Some(home), Some(at)) = (coded, &record.at)
                && let Some(metres) = self.outside_by(home, at).filter(|metres| *metres > FAR_OUTSIDE_M)
            {
                let region = self.tree.get(home);
                let what = format!(
                    "lies {} km outside {} ({}), which its code names; the code decides",
                    fixed(metres / 1000.0, 1),
                    region.name,
                    region.code
                );
                account.warned("region-differs", record.number, what).id = Some(record.id.to_owned());
            }
            if coded.is_none() && by_place.is_none() && record.at.is_some() {
                let what = "lies outside all regions of the study";
                account.noted("outside-regions", Some(record.number), what).id = Some(record.id.to_owned());
            }
            homes.push(coded.or(by_place));
        }
        read.tell(account);
        homes
    }
}

impl Homes<'_> {
    /// What to say of regions of one level that lie over each other: of every pair with places in both, and of those that are more than
    /// two drawings of one border. `source` is what the regions were read from.
    pub(crate) fn overlap_issues(&self, source: &dyn Fn(Level) -> String) -> Vec<Issue> {
        let mut issues = Vec::new();
        for Outlined { level, regions, overlaps, .. } in &self.levels {
            for ((a, b), overlap) in overlaps {
                let places = overlap.places.load(Ordering::Relaxed);
                if places == 0 && overlap.depth_m < TWO_DRAWINGS_M {
                    continue;
                }
                let [a, b] = [*a, *b].map(|at| self.tree.get(regions[at as usize]));
                let counted = match places {
                    0 => "no place that was read lies in both".to_owned(),
                    1 => "1 place lies in both and belongs to the smaller one".to_owned(),
                    _ => format!("{places} places lie in both and belong to the smaller one"),
                };
                let what = format!(
                    "{} ({}) and {} ({}) lie over each other: {counted}; cut the one out of the other, or leave one out",
                    a.name, a.code, b.name, b.code
                );
                issues.push(Issue::new(Severity::Warning, "regions-overlap", source(*level), what).with_id(&a.code));
            }
        }
        issues
    }
}

/// A record whose home is sought.
pub(crate) struct Located<'r> {
    pub number: u64,
    pub id: &'r str,
    pub code: Option<&'r str>,
    pub at: Option<Place>,
}
