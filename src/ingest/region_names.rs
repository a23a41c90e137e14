//! What a table calls a region: its code, its name, or its name behind that of its city.

use std::collections::BTreeMap;

use crate::base::idx::RegionIdx;
use crate::config::error::nearest_match;
use crate::model::region::Level;
use crate::model::region::RegionTree;
use crate::table::half_width;

/// Endings that people leave out of names of regions.
const ENDINGS: [&str; 12] = [
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "省",
    "市",
    "区",
    "县",
    "旗",
];

/// What a text means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meant {
    One(RegionIdx),
    /// The name of several.
    Several(Vec<RegionIdx>),
    /// Of none; with the code or name that is most like it.
    Nothing {
        near: Option<String>,
    },
}

/// The regions of a study by what they may be called.
pub(crate) struct RegionNames<'t> {
    tree: &'t RegionTree,
    by_name: BTreeMap<String, Vec<RegionIdx>>,
    by_short: BTreeMap<String, Vec<RegionIdx>>,
}

impl<'t> RegionNames<'t> {
    pub(crate) fn new(tree: &'t RegionTree) -> RegionNames<'t> {
        let (mut by_name, mut by_short) = (BTreeMap::new(), BTreeMap::new());
        for (idx, region) in tree.iter() {
            let name = plain(&region.own_name);
            let mut own: Vec<(String, bool)> = vec![(name.clone(), false), (short(&name).to_owned(), true)];
            // behind the names above it, each whole or without its ending
            let mut fronts = vec![String::new()];
            let mut here = region.parent;
            while let Some(above) = here {
                let above_name = plain(&tree.get(above).own_name);
                let forms = [above_name.clone(), short(&above_name).to_owned()];
                let more: Vec<String> =
                    fronts.iter().flat_map(|front| forms.iter().map(move |form| format!("{form}{front}"))).collect();
                own.extend(more.iter().map(|front| (format!("{front}{name}"), false)));
                own.extend(more.iter().map(|front| (format!("{front}{}", short(&name)), true)));
                fronts.extend(more);
                here = tree.get(above).parent;
            }
            own.sort();
            own.dedup();
            for (called, is_short) in own {
                let map: &mut BTreeMap<String, Vec<RegionIdx>> = if is_short { &mut by_short } else { &mut by_name };
                map.entry(called).or_default().push(idx);
            }
        }
        RegionNames { tree, by_name, by_short }
    }

    /// The region of a code or a name. Of regions on several levels that one text means the smallest is meant where the larger holds it.
    pub(crate) fn meant(&self, text: &str) -> Meant {
        let by_code = || Level::ALL.into_iter().rev().find_map(|level| self.tree.find(level, text.trim()));
        if let Some(idx) = by_code() {
            return Meant::One(idx);
        }
        let name = plain(text);
        for map in [&self.by_name, &self.by_short] {
            let Some(found) = map.get(&name) else { continue };
            let holds_another = |idx: RegionIdx| {
                found
                    .iter()
                    .any(|other| *other != idx && self.tree.ancestor(*other, self.tree.get(idx).level) == Some(idx))
            };
            let smallest: Vec<RegionIdx> = found.iter().copied().filter(|idx| !holds_another(*idx)).collect();
            return match smallest[..] {
                [one] => Meant::One(one),
                _ => Meant::Several(smallest),
            };
        }
        let regions = || self.tree.iter().map(|(_, region)| region);
        let near = match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => nearest_match(text, regions().map(|region| region.code.as_str())),
            false => nearest_match(text, regions().map(|region| region.own_name.as_str())),
        };
        Meant::Nothing { near: near.map(str::to_owned) }
    }

    /// Name and code, for messages.
    pub(crate) fn shown(&self, idx: RegionIdx) -> String {
        let region = self.tree.get(idx);
        match region.name == region.code {
            true => region.code.clone(),
            false => format!("{} ({})", region.name, region.code),
        }
    }
}

/// Without blanks and the signs that part a city from its county.
fn plain(text: &str) -> String {
    let parts = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '—' | '–' | '/' | '·' | ',' | '、' | '_');
    half_width(text).to_lowercase().chars().filter(parts).collect()
}

/// A name without its ending, where two characters or more are left.
fn short(name: &str) -> &str {
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|rest| rest.chars().count() > 1).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::region::RegionDraft;
    use crate::model::region::RegionTreeBuilder;

    #[test]
    fn regions_by_code_name_and_name_behind_the_city() {
        let mut builder = RegionTreeBuilder::default();
        for (code, name, city) in [
            ("320106", "鼓楼区", ("320100", "南京市")),
            ("320302", "鼓楼区", ("320300", "徐州市")),
            ("320381", "新沂市", ("320300", "徐州市")),
        ] {
            let mut ancestors = BTreeMap::new();
            ancestors.insert(Level::City, (city.0.to_owned(), city.1.to_owned()));
            ancestors.insert(Level::Province, ("320000".to_owned(), "江苏省".to_owned()));
            let draft = RegionDraft {
                code: code.into(),
                name: name.into(),
                level: Level::County,
                shape: None,
                ancestors,
                district: None,
            };
            builder.add(draft).unwrap();
        }
        let tree = builder.freeze(&|_, _| Some(true));
        let names = RegionNames::new(&tree);
        for (text, want) in [
            ("320381", "320381"),
            ("新沂市", "320381"),
            ("新沂", "320381"),
            ("徐州市鼓楼区", "320302"),
            ("徐州鼓楼区", "320302"),
            ("南京市-鼓楼区", "320106"),
            ("江苏省南京市鼓楼区", "320106"),
            ("徐州市", "320300"),
            ("鼓楼区", "320106 320302"),
            ("新沂巿", "near 新沂市"),
            ("320999", "none"),
            ("瑞士", "none"),
        ] {
            let got = match names.meant(text) {
                Meant::One(idx) => tree.get(idx).code.clone(),
                Meant::Several(all) => all.iter().map(|idx| tree.get(*idx).code.as_str()).collect::<Vec<_>>().join(" "),
                Meant::Nothing { near: Some(near) } => format!("near {near}"),
                Meant::Nothing { near: None } => "none".to_owned(),
            };
            assert_eq!(got, want, "{text}");
        }
    }
}
