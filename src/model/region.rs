//! Administrative regions and their tree: province > city > county > township > village.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use geo_types::MultiPolygon;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;

/// Administrative levels, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    Province,
    City,
    County,
    Township,
    Village,
}

impl Level {
    /// All levels, the largest first.
    pub const ALL: [Level; 5] = [Level::Province, Level::City, Level::County, Level::Township, Level::Village];

    /// What planners call it.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Level::Province => ("province", "省"),
            Level::City => ("city", "设区市"),
            Level::County => ("county", "县（市、区）"),
            Level::Township => ("township", "乡镇（街道）"),
            Level::Village => ("village", "村（社区）"),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.title().0)
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Level, String> {
        Level::ALL
            .into_iter()
            .find(|level| level.title().0 == text)
            .ok_or_else(|| format!("unknown level \"{text}\"; write province, city, county, township or village"))
    }
}

/// A name with what tells it apart, in brackets of its own script.
fn qualified(name: &str, by: &str) -> String {
    match name.is_ascii() {
        true => format!("{name} ({by})"),
        false => format!("{name}（{by}）"),
    }
}

/// A name without what tells it apart, where it carries that, and what that is.
pub fn unqualified(name: &str) -> Option<(&str, &str)> {
    let (own, by) = match name.strip_suffix('）') {
        Some(text) => text.rsplit_once('（')?,
        None => name.strip_suffix(')')?.rsplit_once('(')?,
    };
    Some((own.trim_end(), by))
}

/// The outline of a region in both frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Study plane, metres.
    pub plane: MultiPolygon<f64>,
    /// Degrees, as read (after undoing a declared datum), for output.
    pub lonlat: MultiPolygon<f64>,
    /// Area in the study plane, m².
    pub area_m2: f64,
}

/// One region.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// As text, zeros kept; unique within its level.
    pub code: String,
    /// What it is called wherever it is shown: its own name, with the region above, or else the code, in brackets where another region of its level
    /// has the same. The code itself where no name is known.
    pub name: String,
    /// The name as it was read.
    pub own_name: String,
    pub level: Level,
    pub parent: Option<RegionIdx>,
    /// `None` for regions known by code only, e.g. a city above its counties.
    pub shape: Option<Shape>,
    /// Whether the region is judged; others are context (neighbours, facilities across the border).
    pub judged: bool,
    /// A district of a city proper, which `unit-merge = "city-proper"` joins with the other districts of its city.
    pub district: bool,
}

/// All regions with their tree, frozen. Order: as added, implied ancestors last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegionTree {
    regions: Vec<Region>,
    by_code: BTreeMap<(Level, String), RegionIdx>,
    /// Levels that somebody asked for; figures of others are given where an indicator names them.
    asked: BTreeSet<Level>,
}

/// What is known of a region before the tree is frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionDraft {
    pub code: String,
    pub name: String,
    pub level: Level,
    pub shape: Option<Shape>,
    /// Regions above, `(code, name)`; an empty name leaves it to whoever knows it.
    pub ancestors: BTreeMap<Level, (String, String)>,
    /// Whether it is a district of a city proper; `None` where nothing says so.
    pub district: Option<bool>,
}

/// A code that stands twice at one level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("code \"{code}\" stands twice among the regions of level {level}; the first record is used")]
pub struct DuplicateCode {
    pub code: String,
    pub level: Level,
}

/// Collects regions and freezes them into a tree.
#[derive(Debug, Clone, Default)]
pub struct RegionTreeBuilder {
    drafts: Vec<RegionDraft>,
    seen: BTreeMap<(Level, String), usize>,
    asked: Option<BTreeSet<Level>>,
}

impl RegionTreeBuilder {
    /// One more region.
    /// # Errors
    /// [`DuplicateCode`] when the level has the code already; the new region is left out.
    pub fn add(&mut self, draft: RegionDraft) -> Result<(), DuplicateCode> {
        let key = (draft.level, draft.code.clone());
        if self.seen.contains_key(&key) {
            return Err(DuplicateCode { code: draft.code, level: draft.level });
        }
        self.seen.insert(key, self.drafts.len());
        self.drafts.push(draft);
        Ok(())
    }

    /// Says which levels the study asks for, beside those that it adds regions of; without it, all are.
    pub fn ask_for(&mut self, levels: impl IntoIterator<Item = Level>) {
        self.asked.get_or_insert_default().extend(levels);
    }

    /// Number of regions so far.
    pub fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// The tree: parents resolved, ancestors that no layer holds added without a shape.
    ///
    /// A region is judged when `judged` says so of it or of one of its ancestors that has a layer of its own; an ancestor
    /// is judged when one of its descendants is.
    pub fn freeze(self, judged: &dyn Fn(Level, &str) -> Option<bool>) -> RegionTree {
        let mut tree = RegionTree::default();
        let mut ancestors_of: Vec<BTreeMap<Level, (String, String)>> = Vec::new();
        let own: BTreeSet<Level> = self.drafts.iter().map(|draft| draft.level).collect();
        for draft in self.drafts {
            let above = draft.ancestors.into_iter().filter(|(level, _)| *level < draft.level);
            ancestors_of.push(above.collect());
            tree.by_code.insert((draft.level, draft.code.clone()), RegionIdx::new(tree.regions.len()));
            tree.regions.push(Region {
                code: draft.code,
                own_name: draft.name.clone(),
                name: draft.name,
                level: draft.level,
                parent: None,
                shape: draft.shape,
                judged: false,
                district: draft.district.unwrap_or(false),
            });
        }
        let declared = tree.regions.len();
        // what a county says of its city stands before what its townships say of it
        let mut order: Vec<usize> = (0..declared).collect();
        order.sort_by_key(|at| tree.regions[*at].level);
        for at in &order {
            let nearest = ancestors_of[*at].iter().rev().find_map(|(level, (code, _))| {
                tree.by_code.get(&(*level, code.clone())).map(|idx| (*level, ancestors_of[idx.at()].clone()))
            });
            if let Some((nearest, above)) = nearest {
                ancestors_of[*at].retain(|level, (code, _)| {
                    *level >= nearest || above.get(level).is_none_or(|(declared, _)| declared == code)
                });
            }
        }
        // implied ancestors, the name from whoever knows it
        for (level, (code, name)) in ancestors_of.iter().flatten() {
            let key = (*level, code.clone());
            if let Some(idx) = tree.by_code.get(&key) {
                let region = &mut tree.regions[idx.at()];
                if region.name == region.code && !name.is_empty() {
                    region.name.clone_from(name);
                    region.own_name.clone_from(name);
                }
                continue;
            }
            tree.by_code.insert(key, RegionIdx::new(tree.regions.len()));
            let name = if name.is_empty() { code } else { name };
            tree.regions.push(Region {
                code: code.clone(),
                name: name.clone(),
                own_name: name.clone(),
                level: *level,
                parent: None,
                shape: None,
                judged: false,
                district: false,
            });
        }
        // parents: the nearest declared ancestor; implied ancestors hang on by the chain of whoever implied them
        for at in order {
            let ancestors = &ancestors_of[at];
            let mut child = RegionIdx::new(at);
            for (level, (code, _)) in ancestors.iter().rev() {
                let parent = tree.by_code[&(*level, code.clone())];
                if parent != child && tree.regions[child.at()].parent.is_none() {
                    tree.regions[child.at()].parent = Some(parent);
                }
                child = parent;
            }
        }
        tree.judge(judged);
        tree.tell_apart();
        tree.asked = match self.asked {
            Some(asked) => asked.into_iter().chain(own).collect(),
            None => tree.levels().into_iter().collect(),
        };
        tree
    }
}

impl RegionTree {
    fn judge(&mut self, judged: &dyn Fn(Level, &str) -> Option<bool>) {
        let own: Vec<Option<bool>> = self.regions.iter().map(|r| judged(r.level, &r.code)).collect();
        for at in 0..self.regions.len() {
            let mut here = Some(RegionIdx::new(at));
            while let Some(idx) = here {
                if let Some(answer) = own[idx.at()] {
                    self.regions[at].judged = answer;
                    break;
                }
                here = self.regions[idx.at()].parent;
            }
        }
        for (at, own) in own.iter().enumerate() {
            if !self.regions[at].judged || own.is_none() {
                continue;
            }
            let mut here = self.regions[at].parent;
            while let Some(idx) = here {
                self.regions[idx.at()].judged = true;
                here = self.regions[idx.at()].parent;
            }
        }
    }

    /// Adds to names that regions of a level share what tells them apart: the name of the smallest region above that no other of them has, or
    /// else the code.
    fn tell_apart(&mut self) {
        let mut namesakes: BTreeMap<(Level, &str), Vec<RegionIdx>> = BTreeMap::new();
        for (idx, region) in self.iter() {
            namesakes.entry((region.level, &region.own_name)).or_default().push(idx);
        }
        let above = |idx: RegionIdx, level: Level| {
            let region = self.get(self.ancestor(idx, level)?);
            (region.own_name != region.code).then_some(region.own_name.as_str())
        };
        let mut names: Vec<(RegionIdx, String)> = Vec::new();
        for ((level, own), regions) in namesakes.into_iter().filter(|(_, regions)| regions.len() > 1) {
            for idx in &regions {
                let larger = Level::ALL.into_iter().rev().filter(|larger| *larger < level);
                let only =
                    |name: &&str, larger| regions.iter().filter(|it| above(**it, larger) == Some(*name)).count() == 1;
                let mut qualifiers = larger.filter_map(|larger| above(*idx, larger).filter(|name| only(name, larger)));
                let qualifier = qualifiers.next().unwrap_or(&self.get(*idx).code);
                names.push((*idx, qualified(own, qualifier)));
            }
        }
        for (idx, name) in names {
            self.regions[idx.at()].name = name;
        }
    }

    /// Whether the study asks for a level: it has a source of regions, a source names it above its own, or regions of it are judged by their code.
    pub fn is_asked(&self, level: Level) -> bool {
        self.asked.contains(&level)
    }

    /// The levels that figures are given for where an indicator names none: county, city and province, as far as the study asks for them.
    pub fn usual_levels(&self) -> Vec<Level> {
        [Level::County, Level::City, Level::Province].into_iter().filter(|level| self.is_asked(*level)).collect()
    }

    /// All regions, in the order of their indices.
    pub fn iter(&self) -> impl Iterator<Item = (RegionIdx, &Region)> {
        self.regions.iter().enumerate().map(|(at, region)| (RegionIdx::new(at), region))
    }

    /// Number of regions, implied ancestors included.
    pub fn len(&self) -> usize {
        self.regions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// The region at an index of this tree.
    pub fn get(&self, idx: RegionIdx) -> &Region {
        &self.regions[idx.at()]
    }

    /// The region of a level with a code.
    pub fn find(&self, level: Level, code: &str) -> Option<RegionIdx> {
        self.by_code.get(&(level, code.to_owned())).copied()
    }

    /// The regions of a level, in index order.
    pub fn at_level(&self, level: Level) -> Vec<RegionIdx> {
        self.iter().filter(|(_, region)| region.level == level).map(|(idx, _)| idx).collect()
    }

    /// The region itself or its ancestor at `level`; `None` when it is above that level or the chain ends before.
    pub fn ancestor(&self, idx: RegionIdx, level: Level) -> Option<RegionIdx> {
        let mut here = Some(idx);
        while let Some(idx) = here {
            let region = self.get(idx);
            if region.level == level {
                return Some(idx);
            }
            here = region.parent.filter(|_| region.level > level);
        }
        None
    }

    /// Levels that have at least one region, the largest first.
    pub fn levels(&self) -> Vec<Level> {
        Level::ALL.into_iter().filter(|level| self.regions.iter().any(|r| r.level == *level)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(code: &str, level: Level) -> RegionDraft {
        RegionDraft {
            code: code.into(),
            name: format!("n{code}"),
            level,
            shape: None,
            ancestors: BTreeMap::new(),
            district: None,
        }
    }

    #[test]
    fn implied_ancestors_complete_the_tree_and_only_judged_branches_are_judged() {
        let mut builder = RegionTreeBuilder::default();
        let mut county = draft("320102", Level::County);
        county.ancestors.insert(Level::City, ("320100".into(), "南京市".into()));
        county.ancestors.insert(Level::Province, ("320000".into(), String::new()));
        let mut town = draft("320102001", Level::Township);
        town.ancestors.insert(Level::County, ("320102".into(), String::new()));
        town.ancestors.insert(Level::City, ("320199".into(), String::new()));
        // what a county says of its city stands before what a town of it says, whoever comes first
        builder.add(town).unwrap();
        builder.add(county).unwrap();
        builder.add(draft("340103", Level::County)).unwrap();
        assert!(builder.add(draft("320102", Level::County)).is_err());
        let tree = builder.freeze(&|level, code| (level == Level::County).then(|| code.starts_with("32")));
        let city = tree.find(Level::City, "320100").unwrap();
        assert_eq!(tree.get(city).name, "南京市");
        let town = tree.find(Level::Township, "320102001").unwrap();
        assert_eq!(tree.ancestor(town, Level::City), Some(city));
        assert_eq!(tree.ancestor(city, Level::Township), None);
        let judged: Vec<&str> = tree.iter().filter(|(_, r)| r.judged).map(|(_, r)| r.code.as_str()).collect();
        assert_eq!(judged, ["320102001", "320102", "320000", "320100"]);
        assert_eq!(tree.find(Level::City, "320199"), None);
    }

    #[test]
    fn names_that_several_regions_of_a_level_have_are_told_apart() {
        let mut builder = RegionTreeBuilder::default();
        let regions = [
            // code, name, level, codes and names above, shown as
            ("320106", "鼓楼区", Level::County, &[(Level::City, "320100", "南京市")][..], "鼓楼区（南京市）"),
            ("320302", "鼓楼区", Level::County, &[(Level::City, "320300", "徐州市")], "鼓楼区（徐州市）"),
            ("350102", "鼓楼区", Level::County, &[], "鼓楼区（350102）"),
            ("320111", "浦口区", Level::County, &[(Level::City, "320100", "南京市")], "浦口区"),
            (
                "a",
                "Town",
                Level::Township,
                &[(Level::County, "320106", ""), (Level::City, "320100", "")],
                "Town (南京市)",
            ),
            (
                "b",
                "Town",
                Level::Township,
                &[(Level::County, "320302", ""), (Level::City, "320300", "")],
                "Town (徐州市)",
            ),
            ("c", "鼓楼区", Level::Township, &[], "鼓楼区"),
            ("d", "Twin", Level::Village, &[(Level::County, "320111", "")], "Twin (d)"),
            ("e", "Twin", Level::Village, &[(Level::County, "320111", "")], "Twin (e)"),
        ];
        for (code, name, level, above, _) in regions {
            let mut region = draft(code, level);
            region.name = name.to_owned();
            region.ancestors =
                above.iter().map(|(level, code, name)| (*level, ((*code).into(), (*name).into()))).collect();
            builder.add(region).unwrap();
        }
        let tree = builder.freeze(&|_, _| Some(true));
        for (code, name, level, _, shown) in regions {
            let region = tree.get(tree.find(level, code).unwrap());
            assert_eq!((region.name.as_str(), region.own_name.as_str()), (shown, name), "{code}");
        }
        assert_eq!(unqualified("鼓楼区（南京市）"), Some(("鼓楼区", "南京市")));
        assert_eq!(unqualified("Town (徐州市)"), Some(("Town", "徐州市")));
        assert_eq!(unqualified("Town"), None);
    }

    #[test]
    fn only_levels_that_are_asked_for_are_usual() {
        let mut builder = RegionTreeBuilder::default();
        let mut county = draft("320102", Level::County);
        county.ancestors.insert(Level::City, ("320100".into(), String::new()));
        county.ancestors.insert(Level::Province, ("320000".into(), String::new()));
        builder.add(county).unwrap();
        builder.ask_for([Level::Province]);
        let tree = builder.freeze(&|_, _| Some(true));
        assert_eq!(tree.usual_levels(), [Level::County, Level::Province]);
        assert!(tree.find(Level::City, "320100").is_some() && !tree.is_asked(Level::City));
    }
}
