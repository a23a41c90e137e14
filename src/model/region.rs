//! Administrative regions and their tree: province > city > county > township > village.

use std::collections::BTreeMap;
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

    /// Digits that a code of this level carries of itself (GB/T 2260 and the statistical codes built on it).
    fn digits(self) -> usize {
        match self {
            Level::Province => 2,
            Level::City => 4,
            Level::County => 6,
            Level::Township => 9,
            Level::Village => 12,
        }
    }

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

/// The code of the region of `level` that contains the region with `code`, by the prefix rule of GB/T 2260.
///
/// `320102` is in city `320100` and province `320000`; township `310104010` is in county `310104`. `None` for codes that
/// are not all digits or too short for their prefix.
pub fn prefix_code(code: &str, level: Level) -> Option<String> {
    let digits = level.digits();
    if code.len() <= digits || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // codes of province, city and county are padded to six digits, those of townships to nine
    let width = if digits <= 6 { 6 } else { digits };
    Some(format!("{:0<width$}", &code[..digits]))
}

/// Whether a six-digit county code is that of a city district (GB/T 2260-2007, 5.2: 01 to 20 are districts, 21 to 80
/// counties, 81 to 99 county-level cities); `None` for codes of another form.
pub fn is_district_code(code: &str) -> Option<bool> {
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    code[4..].parse::<u8>().ok().map(|last| (1..=20).contains(&last))
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
    /// The code itself where no name is known.
    pub name: String,
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
}

/// What is known of a region before the tree is frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionDraft {
    pub code: String,
    pub name: String,
    pub level: Level,
    pub shape: Option<Shape>,
    /// Declared ancestors, `(code, name)`; where a level is not named, the prefix rule serves.
    pub ancestors: BTreeMap<Level, (String, String)>,
    /// Declared; `None` reads it off the code.
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
        let mut ancestors_of: Vec<Vec<(Level, String, String)>> = Vec::new();
        for draft in self.drafts {
            let mut ancestors: Vec<(Level, String, String)> = Vec::new();
            for level in Level::ALL.into_iter().filter(|level| *level < draft.level) {
                if let Some((code, name)) = draft.ancestors.get(&level) {
                    ancestors.push((level, code.clone(), name.clone()));
                } else if let Some(code) = prefix_code(&draft.code, level) {
                    ancestors.push((level, code, String::new()));
                }
            }
            let district = draft.district.or_else(|| is_district_code(&draft.code)).unwrap_or(false);
            tree.by_code.insert((draft.level, draft.code.clone()), RegionIdx::new(tree.regions.len()));
            tree.regions.push(Region {
                code: draft.code,
                name: draft.name,
                level: draft.level,
                parent: None,
                shape: draft.shape,
                judged: false,
                district,
            });
            ancestors_of.push(ancestors);
        }
        let declared = tree.regions.len();
        // implied ancestors, the name from whoever knows it
        for (level, code, name) in ancestors_of.iter().flatten() {
            let key = (*level, code.clone());
            if let Some(idx) = tree.by_code.get(&key) {
                let region = &mut tree.regions[idx.at()];
                if region.name == region.code && !name.is_empty() {
                    region.name.clone_from(name);
                }
                continue;
            }
            tree.by_code.insert(key, RegionIdx::new(tree.regions.len()));
            tree.regions.push(Region {
                code: code.clone(),
                name: if name.is_empty() { code.clone() } else { name.clone() },
                level: *level,
                parent: None,
                shape: None,
                judged: false,
                district: false,
            });
        }
        // parents: the nearest declared ancestor; implied ancestors hang on by the chain of whoever implied them
        for (at, ancestors) in ancestors_of.iter().enumerate().take(declared) {
            let mut child = RegionIdx::new(at);
            for (level, code, _) in ancestors.iter().rev() {
                let parent = tree.by_code[&(*level, code.clone())];
                if parent != child && tree.regions[child.at()].parent.is_none() {
                    tree.regions[child.at()].parent = Some(parent);
                }
                child = parent;
            }
        }
        tree.judge(judged);
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
    fn codes_find_their_ancestors_by_prefix() {
        let cases = [
            ("320102", Level::City, Some("320100")),
            ("320102", Level::Province, Some("320000")),
            ("310104010", Level::County, Some("310104")),
            ("310104010001", Level::Township, Some("310104010")),
            ("32", Level::City, None),
            ("A", Level::Province, None),
        ];
        for (code, level, want) in cases {
            assert_eq!(prefix_code(code, level).as_deref(), want, "{code} {level}");
        }
    }

    #[test]
    fn districts_are_told_by_their_code() {
        assert_eq!(is_district_code("320102"), Some(true));
        assert_eq!(is_district_code("320281"), Some(false));
        assert_eq!(is_district_code("340124"), Some(false));
        assert_eq!(is_district_code("A"), None);
    }

    #[test]
    fn implied_ancestors_complete_the_tree_and_only_judged_branches_are_judged() {
        let mut builder = RegionTreeBuilder::default();
        let mut county = draft("320102", Level::County);
        county.ancestors.insert(Level::City, ("320100".into(), "南京市".into()));
        builder.add(county).unwrap();
        builder.add(draft("340103", Level::County)).unwrap();
        builder.add(draft("320102001", Level::Township)).unwrap();
        assert!(builder.add(draft("320102", Level::County)).is_err());
        let tree = builder.freeze(&|level, code| (level == Level::County).then(|| code.starts_with("32")));
        let city = tree.find(Level::City, "320100").unwrap();
        assert_eq!(tree.get(city).name, "南京市");
        let town = tree.find(Level::Township, "320102001").unwrap();
        assert_eq!(tree.ancestor(town, Level::City), Some(city));
        assert_eq!(tree.ancestor(city, Level::Township), None);
        let judged: Vec<&str> = tree.iter().filter(|(_, r)| r.judged).map(|(_, r)| r.code.as_str()).collect();
        assert_eq!(judged, ["320102", "320102001", "320000", "320100"]);
    }
}
