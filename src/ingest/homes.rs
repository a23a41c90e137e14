//! Which region something is in: by the code that its record gives, or by its place.

use crate::base::idx::RegionIdx;
use crate::ingest::account::Account;
use crate::ingest::changes::Changes;
use crate::model::locate::RegionLocator;
use crate::model::place::Place;
use crate::model::region::Level;
use crate::model::region::Region;
use crate::model::region::RegionTree;
use crate::model::region::Shape;

/// A record that names a region but lies farther than this outside of it is doubtful.
pub(crate) const FAR_OUTSIDE_M: f64 = 1000.0;

/// Locators of all levels that have outlines, the smallest regions first.
pub(crate) struct Homes<'t> {
    tree: &'t RegionTree,
    changes: &'t Changes,
    levels: Vec<(Level, Vec<RegionIdx>, RegionLocator)>,
}

impl<'t> Homes<'t> {
    pub(crate) fn new(tree: &'t RegionTree, changes: &'t Changes) -> Homes<'t> {
        let mut levels = Vec::new();
        for level in Level::ALL.into_iter().rev() {
            let with_shape: Vec<RegionIdx> =
                tree.at_level(level).into_iter().filter(|idx| tree.get(*idx).shape.is_some()).collect();
            if !with_shape.is_empty() {
                let shapes = with_shape.iter().filter_map(|idx| tree.get(*idx).shape.as_ref()).map(|it| &it.plane);
                let locator = RegionLocator::new(shapes);
                levels.push((level, with_shape, locator));
            }
        }
        Homes { tree, changes, levels }
    }

    /// All regions.
    pub(crate) fn tree(&self) -> &'t RegionTree {
        self.tree
    }

    /// The judged regions of the smallest level that has outlines, in order.
    pub(crate) fn judged_outlines(&self) -> impl Iterator<Item = (&Region, &Shape)> {
        let smallest = self.levels.first().map_or(&[][..], |(_, regions, _)| regions);
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

    /// The smallest region that holds each place; places on a border belong to the region with the lower index.
    pub(crate) fn by_place(&self, places: &[Option<Place>]) -> Vec<Option<RegionIdx>> {
        let mut homes: Vec<Option<RegionIdx>> = vec![None; places.len()];
        for (_, regions, locator) in &self.levels {
            let open: Vec<usize> =
                (0..places.len()).filter(|at| homes[*at].is_none() && places[*at].is_some()).collect();
            let points: Vec<[f64; 2]> = open.iter().filter_map(|at| places[*at]).map(|it| it.xy.array()).collect();
            for (at, found) in open.into_iter().zip(locator.locate_all(&points)) {
                homes[at] = found.map(|nth| regions[nth as usize]);
            }
        }
        homes
    }

    /// The smallest regions with outlines within a distance of a place, included.
    pub(crate) fn within(&self, place: &Place, metres: f64) -> Vec<RegionIdx> {
        let Some((_, regions, locator)) = self.levels.first() else { return Vec::new() };
        locator.within_distance(place.xy.array(), metres).into_iter().map(|nth| regions[nth as usize]).collect()
    }

    /// Metres from a place to the region `home`, or to the nearest region above it with an outline; `None` within it or
    /// when there is no outline.
    pub(crate) fn outside_by(&self, home: RegionIdx, place: &Place) -> Option<f64> {
        let mut here = Some(home);
        while let Some(idx) = here {
            let region = self.tree.get(idx);
            if region.shape.is_some() {
                let (_, regions, locator) = self.levels.iter().find(|(level, _, _)| *level == region.level)?;
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
        for (record, by_place) in records.iter().zip(by_place) {
            let meant = record.code.map(|code| self.today(code.to_owned(), record.number, Some(record.id), account));
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
                    "lies {:.1} km outside {} ({}), which its code names; the code decides",
                    metres / 1000.0,
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
        homes
    }
}

/// A record whose home is sought.
pub(crate) struct Located<'r> {
    pub number: u64,
    pub id: &'r str,
    pub code: Option<&'r str>,
    pub at: Option<Place>,
}
