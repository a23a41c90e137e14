//! How much belongs to each region: people, facilities, capacity, each by the region that its record names or that it lies in.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de;

use crate::base::idx::RegionIdx;
use crate::base::units::Weight;
use crate::metrics::MetricError;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::facility::Facility;
use crate::model::region::Level;
use crate::model::region::RegionTree;
use crate::model::study::Study;

/// One kind of facility, or several: `"clinic"` or `["clinic", "hospital"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(pub Vec<String>);

impl Kinds {
    /// The kinds, in the order of the config.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// In a sentence.
    pub(crate) fn told(&self) -> String {
        self.iter().map(|kind| format!("\"{kind}\"")).collect::<Vec<_>>().join(", ")
    }

    /// # Errors
    /// [`MetricError::Parameter`] when there is none, or one stands twice.
    pub(crate) fn check(&self) -> Result<(), MetricError> {
        let wrong = |what: String| Err(MetricError::Parameter { key: "kind", what });
        if self.0.is_empty() {
            return wrong("names no kind of facility".to_owned());
        }
        let mut seen = BTreeSet::new();
        match self.iter().find(|kind| !seen.insert(*kind)) {
            Some(twice) => wrong(format!("names \"{twice}\" twice")),
            None => Ok(()),
        }
    }

    /// The facilities of these kinds, in file order.
    /// # Errors
    /// [`MetricError::Missing`] for a kind of which no facility was read.
    pub(crate) fn facilities<'a>(&self, study: &'a Study) -> Result<Vec<&'a Facility>, MetricError> {
        let read: BTreeSet<&str> = study.facilities.iter().map(|facility| facility.kind.as_str()).collect();
        match self.iter().find(|kind| !read.contains(kind)) {
            Some(missing) => Err(MetricError::Missing {
                what: format!("no facility of kind \"{missing}\" was read"),
                instead: format!("kinds in the study: {}", read.into_iter().collect::<Vec<_>>().join(", ")),
            }),
            None => Ok(study.facilities.iter().filter(|it| self.iter().any(|kind| kind == it.kind)).collect()),
        }
    }
}

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [only] => only.serialize(to),
            several => several.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Kinds {
    // by hand, because an untagged enum would lose the place of an error inside
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Kinds, D::Error> {
        struct Reader;
        impl<'de> de::Visitor<'de> for Reader {
            type Value = Kinds;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a kind of facility, or a list of kinds")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Kinds, E> {
                Ok(Kinds(vec![text.to_owned()]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Kinds, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(list)).map(Kinds)
            }
        }
        from.deserialize_any(Reader)
    }
}

impl JsonSchema for Kinds {
    fn schema_name() -> Cow<'static, str> {
        "Kinds".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}

/// How many things there are, and how much they amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    pub count: u64,
    /// Of those whose amount is known.
    pub sum: Weight,
    /// How many have an amount that is not known.
    pub without: u64,
}

impl Tally {
    fn add(&mut self, amount: Option<Weight>) {
        self.count += 1;
        match amount {
            Some(amount) => self.sum += amount,
            None => self.without += 1,
        }
    }

    fn and(self, other: Tally) -> Tally {
        Tally { count: self.count + other.count, sum: self.sum + other.sum, without: self.without + other.without }
    }
}

/// Where a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// In a region that is judged.
    Judged(RegionIdx),
    /// In a region that is context.
    Context(RegionIdx),
    /// Outside every region.
    Outside,
    /// Nobody knows in which region.
    Unknown,
}

impl Whereabouts {
    /// Of a thing with its region, as far as that is known, and whether its place is.
    pub fn of(study: &Study, home: Option<RegionIdx>, has_place: bool) -> Whereabouts {
        match home {
            Some(home) if study.regions.get(home).judged => Whereabouts::Judged(home),
            Some(home) => Whereabouts::Context(home),
            // where there are outlines, a place in none of them is elsewhere
            None if has_place && study.regions.iter().any(|(_, region)| region.shape.is_some()) => Whereabouts::Outside,
            None => Whereabouts::Unknown,
        }
    }
}

/// The tallies of all regions.
pub(crate) struct Belonging<'a> {
    tree: &'a RegionTree,
    /// By region: what is in it or in a region below.
    inside: Vec<Tally>,
    /// By region: of that, what is not known to be in any region below.
    own: Vec<Tally>,
    /// All that is in judged regions.
    pub judged: Tally,
    pub outside: Tally,
    /// What may be anywhere.
    pub unknown: Tally,
}

impl<'a> Belonging<'a> {
    /// Of things with their regions, whether their places are known, and how much each of them is.
    pub fn new(
        study: &'a Study,
        things: impl Iterator<Item = (Option<RegionIdx>, bool, Option<Weight>)>,
    ) -> Belonging<'a> {
        let tree = &study.regions;
        let empty = vec![Tally::default(); tree.len()];
        let [judged, outside, unknown] = [Tally::default(); 3];
        let mut belonging = Belonging { tree, inside: empty.clone(), own: empty, judged, outside, unknown };
        let has_outlines = tree.iter().any(|(_, region)| region.shape.is_some());
        for (home, has_place, amount) in things {
            let Some(home) = home else {
                let is_elsewhere = has_place && has_outlines;
                let tally = if is_elsewhere { &mut belonging.outside } else { &mut belonging.unknown };
                tally.add(amount);
                continue;
            };
            belonging.own[home.at()].add(amount);
            if tree.get(home).judged {
                belonging.judged.add(amount);
            }
        }
        // regions above may have lower indices than those below, so every region walks up
        for (idx, _) in tree.iter() {
            let own = belonging.own[idx.at()];
            let mut here = Some(idx);
            while let Some(at) = here {
                belonging.inside[at.at()] = belonging.inside[at.at()].and(own);
                here = tree.get(at).parent;
            }
        }
        belonging
    }

    /// Of the points of a demand layer, weighed by a group.
    pub fn of_demand(study: &'a Study, layer: &DemandLayer, group: &WeightGroup) -> Belonging<'a> {
        let points = (0..layer.len()).map(|at| (layer.home[at], layer.at[at].is_some(), Some(group.weights[at])));
        Belonging::new(study, points)
    }

    /// What is in a region for certain.
    pub fn of(&self, region: RegionIdx) -> Tally {
        self.inside[region.at()]
    }

    /// What may be in a region beside that: of it only a region above is known, or nothing.
    pub fn perhaps(&self, region: RegionIdx) -> Tally {
        let mut perhaps = self.unknown;
        let mut here = self.tree.get(region).parent;
        while let Some(at) = here {
            perhaps = perhaps.and(self.own[at.at()]);
            here = self.tree.get(at).parent;
        }
        perhaps
    }
}

/// The regions that are the whole judged area, the largest first: each holds all that is judged and, of what was read, nothing else. The
/// province of a study of a whole province; of a study of one city that city, and its province where no other county of it was read.
pub(crate) fn whole_areas(study: &Study) -> Vec<RegionIdx> {
    let tree = &study.regions;
    let single = |level: Level| {
        let mut judged = tree.at_level(level).into_iter().filter(|region| tree.get(*region).judged);
        judged.next().filter(|_| judged.next().is_none()).map(|only| (level, only))
    };
    let is_whole = |(level, only): &(Level, RegionIdx)| {
        // a larger region holds it; of the others all that is judged lies inside, and all that lies inside is judged
        tree.iter()
            .all(|(idx, region)| region.level <= *level || (tree.ancestor(idx, *level) == Some(*only)) == region.judged)
    };
    tree.levels().into_iter().filter_map(single).filter(is_whole).map(|(_, only)| only).collect()
}

/// The judged regions of the levels asked for (county, city and province when none is), smallest level first and then by code.
pub(crate) fn judged_regions(study: &Study, over: &[Level]) -> Vec<(Level, RegionIdx)> {
    let levels: BTreeSet<Level> = if over.is_empty() {
        study.regions.usual_levels().into_iter().collect()
    } else {
        over.iter().copied().collect()
    };
    let mut regions = Vec::new();
    for level in levels.into_iter().rev() {
        let mut of_level = study.regions.at_level(level);
        of_level.retain(|idx| study.regions.get(*idx).judged);
        of_level.sort_by(|x, y| study.regions.get(*x).code.cmp(&study.regions.get(*y).code));
        regions.extend(of_level.into_iter().map(|idx| (level, idx)));
    }
    regions
}

/// Whether a file is said to hold every facility of a region; without any claim it is taken to, which the notes say.
pub(crate) fn is_complete(study: &Study, region: RegionIdx, complete_for: Option<&[String]>) -> bool {
    let code = &study.regions.get(region).code;
    // a claim for one county says nothing of the city around it
    complete_for.is_none_or(|prefixes| prefixes.iter().any(|prefix| code.starts_with(prefix.as_str())))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::region::RegionDraft;
    use crate::model::region::RegionTreeBuilder;

    #[test]
    fn what_is_known_of_a_city_only_may_be_in_each_of_its_counties() {
        let mut builder = RegionTreeBuilder::default();
        for (code, level) in [("3201", Level::City), ("a", Level::County), ("b", Level::County)] {
            let ancestors = match level {
                Level::County => BTreeMap::from([(Level::City, ("3201".to_owned(), String::new()))]),
                _ => BTreeMap::new(),
            };
            let draft = RegionDraft {
                code: code.into(),
                name: code.into(),
                level,
                shape: None,
                ancestors,
                district: Some(false),
            };
            builder.add(draft).unwrap();
        }
        let tree = builder.freeze(&|_, _| Some(true));
        let find = |level, code| tree.find(level, code).unwrap();
        let (city, a, b) = (find(Level::City, "3201"), find(Level::County, "a"), find(Level::County, "b"));
        let mut belonging = Belonging {
            tree: &tree,
            inside: vec![Tally::default(); tree.len()],
            own: vec![Tally::default(); tree.len()],
            judged: Tally::default(),
            outside: Tally::default(),
            unknown: Tally { count: 1, sum: Weight::whole(7), without: 0 },
        };
        belonging.own[city.at()] = Tally { count: 1, sum: Weight::whole(5), without: 0 };
        belonging.own[a.at()] = Tally { count: 2, sum: Weight::whole(3), without: 1 };
        // 7 may be anywhere, 5 in either county; what is in a can not be in b
        assert_eq!(belonging.perhaps(a).sum, Weight::whole(12));
        assert_eq!(belonging.perhaps(b).sum, Weight::whole(12));
        assert_eq!(belonging.perhaps(city).sum, Weight::whole(7));
        assert_eq!(belonging.perhaps(b).without, 0);
    }
}
