//! Where anything is known of services. A region without a stop that is called at has no bus, or nobody has told of it: no data, unless the
//! data claims to be complete there.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::service_day::ServiceDay;
use crate::model::facility::Facility;
use crate::model::locate::RegionLocator;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::model::transit::Transit;

/// The level whose regions have data or have none, where nothing else is asked for.
pub(crate) const DATA_LEVEL: Level = Level::County;
/// Regions that a sentence names.
const NAMED: usize = 5;

/// Regions with and without data on services.
pub(crate) struct KnownServices<'a> {
    study: &'a Study,
    transit: &'a Transit,
    level: Level,
    /// Whether any stop is called at.
    any: bool,
    /// Regions of every level with a stop that is called at; `None` where no region has an outline and no stop can be placed.
    called: Option<BTreeSet<RegionIdx>>,
}

impl<'a> KnownServices<'a> {
    /// By the stops that are called at; `homes` are those of [`stop_homes`], `level` the level whose regions have data or have none.
    pub fn new(
        study: &'a Study,
        transit: &'a Transit,
        homes: &[Option<RegionIdx>],
        is_called: &[bool],
        level: Level,
    ) -> KnownServices<'a> {
        let has_outlines = study.regions.iter().any(|(_, region)| region.shape.is_some());
        let called = has_outlines.then(|| {
            let mut called = BTreeSet::new();
            for (home, _) in homes.iter().zip(is_called).filter(|(_, is_called)| **is_called) {
                let mut here = *home;
                while let Some(region) = here {
                    called.insert(region);
                    here = study.regions.get(region).parent;
                }
            }
            called
        });
        KnownServices { study, transit, level, any: is_called.contains(&true), called }
    }

    /// For who rides: by the modes that one rides, and by the feeds that have service on the day of travel. Of a feed that has run out nothing
    /// is known.
    pub fn to_ride(study: &'a Study, transit: &'a Transit) -> KnownServices<'a> {
        let travel = &transit.travel;
        let day = ServiceDay::new(transit, travel.date.or(transit.date));
        let mut is_called = vec![false; transit.stops.len()];
        let known = transit.witnesses().filter(|one| travel.modes.contains(&one.mode) && day.knows(one));
        for stop in known.flat_map(|service| &service.patterns).flat_map(|pattern| &pattern.stops) {
            is_called[stop.at()] = true;
        }
        KnownServices::new(study, transit, &stop_homes(study, transit), &is_called, DATA_LEVEL)
    }

    /// The region of the level that holds one, or the region itself where it is larger.
    pub fn unit(&self, home: RegionIdx) -> RegionIdx {
        self.study.regions.ancestor(home, self.level).unwrap_or(home)
    }

    /// Whether anything is known of the services around someone whose smallest region is `home`: a stop is called at in the region of the
    /// level that holds it, or the data claims to be complete there. Where regions have no outlines, all is one region.
    pub fn has_data(&self, home: Option<RegionIdx>) -> bool {
        let (Some(called), Some(home)) = (&self.called, home) else { return self.any };
        let unit = self.unit(home);
        let is_complete = |region: RegionIdx| self.transit.is_complete_for(&self.study.regions.get(region).code);
        called.contains(&unit) || is_complete(unit) || is_complete(home)
    }

    /// Whether nothing is known of a region of the level within a region, or of the one that holds it.
    pub fn lacks_data(&self, region: RegionIdx) -> bool {
        if self.study.regions.get(region).level >= self.level {
            return !self.has_data(Some(region));
        }
        let level = self.study.regions.get(region).level;
        let mut parts = self.study.regions.at_level(self.level);
        parts.retain(|part| self.study.regions.ancestor(*part, level) == Some(region));
        match parts.is_empty() {
            true => !self.has_data(Some(region)),
            false => parts.into_iter().any(|part| !self.has_data(Some(part))),
        }
    }

    /// How many facilities lie where no service is known, in a sentence; `None` without any.
    pub fn facilities_told(&self, facilities: &[&Facility]) -> Option<Text> {
        let (without, all) = (facilities.iter().filter(|one| !self.has_data(one.home)).count(), facilities.len());
        (without > 0).then(|| {
            Text::new(
                format!("{without} of {all} facilities lie in regions of which no service is known: only by lines from elsewhere, and on foot"),
                format!("{all}处设施中有{without}处所在区域没有已知公交服务：仅计其他区域的线路与步行"),
            )
        })
    }

    /// What is not known of some points without data, by region: home, weight, and whether the point is unknown for it.
    pub fn silence(&self, points: impl IntoIterator<Item = (Option<RegionIdx>, Weight, bool)>) -> Silence {
        let mut regions: BTreeMap<(&str, &str), [Weight; 2]> = BTreeMap::new();
        for (home, weight, is_unknown) in points {
            let named = home.map(|home| self.study.regions.get(self.unit(home)));
            let key = named.map_or(("", "?"), |region| (region.code.as_str(), region.name.as_str()));
            let [unknown, all] = regions.entry(key).or_default();
            *all += weight;
            if is_unknown {
                *unknown += weight;
            }
        }
        let owned = |((code, name), weights): ((&str, &str), _)| (code.to_owned(), name.to_owned(), weights);
        Silence { regions: regions.into_iter().map(owned).collect() }
    }
}

/// Regions of which no service is known, in the order of their codes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Silence {
    /// Code, name, and weight of the judged points that are unknown for it and of all of them.
    regions: Vec<(String, String, [Weight; 2])>,
}

impl Silence {
    fn named(&self) -> (String, String) {
        let named = |(code, name, _): &(String, String, _)| match code == name {
            true => name.clone(),
            false => format!("{name} ({code})"),
        };
        let first: Vec<String> = self.regions.iter().take(NAMED).map(named).collect();
        let (count, more) = (self.regions.len(), self.regions.len().saturating_sub(NAMED));
        match more {
            0 => (first.join(", "), first.join("、")),
            _ => (format!("{} and {more} more", first.join(", ")), format!("{}等{count}个", first.join("、"))),
        }
    }

    /// In a sentence; `unit` is what the weights are. `None` where something is known everywhere.
    pub fn told(&self, unit: &str) -> Option<Text> {
        if self.regions.is_empty() {
            return None;
        }
        let count = self.regions.len();
        let (unknown, all) = self
            .regions
            .iter()
            .fold((Weight::ZERO, Weight::ZERO), |(unknown, all), one| (unknown + one.2[0], all + one.2[1]));
        let (named_en, named_zh) = self.named();
        let zh_unit = if unit == "people" { "人" } else { unit };
        let mut text = Text::new(
            format!("no service is known in {count} regions: {named_en}; of {all} {unit} there {unknown} are no data"),
            format!("{count}个区域没有已知的公交服务：{named_zh}；其中{all}{zh_unit}有{unknown}{zh_unit}为无数据"),
        );
        if unknown < all {
            text.en += ", the others are within reach all the same, on foot or by the services of other regions";
            text.zh += "，其余步行或乘其他区域线路即可到达";
        }
        Some(text)
    }

    /// One issue a region; `source` is the indicator, `unit` what the weights are.
    pub fn issues(&self, source: &str, unit: &str) -> Vec<Issue> {
        let issue = |(code, name, [unknown, all]): &(String, String, [Weight; 2])| {
            let what = format!(
                "no service is known in {name}: {unknown} of {all} {unit} are no data by transit; give the lines of the region, or name it \
                 in complete-for where there are none"
            );
            Issue::new(Severity::Warning, "no-service-data", source, what).with_id(code)
        };
        self.regions.iter().map(issue).collect()
    }
}

/// The smallest region of each stop: the one that its file declares, or else the one that contains it.
pub(crate) fn stop_homes(study: &Study, transit: &Transit) -> Vec<Option<RegionIdx>> {
    let by_code = |code: &str| Level::ALL.into_iter().rev().find_map(|level| study.regions.find(level, code));
    let mut homes: Vec<Option<RegionIdx>> =
        transit.stops.iter().map(|stop| stop.declared_region.as_deref().and_then(by_code)).collect();
    for level in Level::ALL.into_iter().rev() {
        let mut regions = study.regions.at_level(level);
        regions.retain(|region| study.regions.get(*region).shape.is_some());
        let open: Vec<usize> = (0..homes.len()).filter(|at| homes[*at].is_none()).collect();
        if regions.is_empty() || open.is_empty() {
            continue;
        }
        let locator = RegionLocator::of_regions(regions.iter().map(|region| study.regions.get(*region)));
        let points: Vec<[f64; 2]> = open.iter().map(|at| transit.stops[*at].at.xy.array()).collect();
        for (at, found) in open.into_iter().zip(locator.locate_all(&points)) {
            homes[at] = found.map(|nth| regions[nth as usize]);
        }
    }
    homes
}
