//! The stops of a route table: where each lies, which region the table puts it into, and what is doubtful about either.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::ingest::account::Account;
use crate::ingest::homes::FAR_OUTSIDE_M;
use crate::ingest::homes::Homes;
use crate::ingest::region_names::Meant;
use crate::ingest::region_names::RegionNames;
use crate::ingest::same_stop::Spot;
use crate::ingest::services::first_of;
use crate::model::doubtful::StopDoubt;
use crate::model::place::Place;
use crate::model::transit::Stop;

/// In front of what a table calls a region and no region is called.
const UNKNOWN: char = '?';

/// Whether what [`StopPlaces::declare`] says is a code.
pub(crate) fn is_code(declared: &str) -> bool {
    !declared.starts_with(UNKNOWN)
}

/// The row that a stop is made from: the first of those that give its place.
pub(crate) struct Origin<'r> {
    pub record: u64,
    pub at: Place,
    pub name: Option<&'r str>,
}

/// The first row of each stop.
pub(crate) fn first_rows(spot_of: &[usize], spots: usize) -> Vec<usize> {
    let mut first = vec![usize::MAX; spots];
    for (row, spot) in spot_of.iter().enumerate() {
        first[*spot] = first[*spot].min(row);
    }
    first
}

pub(crate) struct StopPlaces<'h> {
    homes: &'h Homes<'h>,
    names: RegionNames<'h>,
    /// Ids beside the names: one id is meant to be one stop.
    has_ids: bool,
    /// Places are drawn, not typed.
    is_map: bool,
    /// What each text of the region column means.
    meant: BTreeMap<String, Meant>,
    /// Stops that lie where the table can not mean them, for a remark.
    doubted: Vec<(String, Text)>,
}

impl<'h> StopPlaces<'h> {
    pub(crate) fn new(homes: &'h Homes<'h>, has_ids: bool, is_map: bool) -> StopPlaces<'h> {
        let names = RegionNames::new(homes.tree());
        StopPlaces { homes, names, has_ids, is_map, meant: BTreeMap::new(), doubted: Vec::new() }
    }

    /// The code of the region that a text means; a text that means none, or several, comes back marked.
    pub(crate) fn declare(&mut self, text: &str, record: u64, stop: Option<&str>, account: &mut Account) -> String {
        let today = self.homes.today(text.to_owned(), record, stop, account);
        let meant = self.names.meant(&today);
        let said = match &meant {
            Meant::One(idx) => return self.homes.tree().get(*idx).code.clone(),
            Meant::Several(_) => None,
            Meant::Nothing { near } => Some(match near {
                Some(near) => format!("no region has the code or the name \"{text}\"; did you mean \"{near}\"?"),
                None => format!("no region has the code or the name \"{text}\""),
            }),
        };
        if let Some(what) = said {
            account.warned("unknown-region", record, what).id = stop.map(str::to_owned);
        }
        self.meant.insert(today.clone(), meant);
        format!("{UNKNOWN}{today}")
    }

    /// A stop for each spot; with `origins` in their order.
    pub(crate) fn make(&mut self, spots: &[Spot], origins: &[Origin<'_>], account: &mut Account) -> Vec<Stop> {
        let places: Vec<Option<Place>> = origins.iter().map(|origin| Some(origin.at)).collect();
        let located = self.homes.by_place(&places);
        let mut of_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (nth, spot) in spots.iter().enumerate() {
            of_key.entry(&spot.key).or_default().push(nth);
        }
        let keys: BTreeSet<&str> = of_key.keys().copied().collect();
        let mut stops = Vec::with_capacity(spots.len());
        for (nth, (spot, origin)) in spots.iter().zip(origins).enumerate() {
            // ids of stops stay apart
            let mut id = match spot.nth {
                0 => spot.key.clone(),
                more => format!("{} ({})", spot.key, more + 1),
            };
            while spot.nth > 0 && keys.contains(id.as_str()) {
                id.push('*');
            }
            let name = origin.name.map_or_else(|| spot.key.clone(), str::to_owned);
            let mut stop = Stop::new(id, name, origin.at);
            self.settle(&mut stop, spot, origin, located[nth], account);
            let beside = &of_key[spot.key.as_str()];
            if beside.len() > 1 && spot.nth > 0 {
                let what = match self.has_ids {
                    true => format!(
                        "the id \"{}\" stands at {} places, up to {} apart; each row is taken where it lies",
                        spot.key,
                        beside.len(),
                        shown_m(spot.apart_m)
                    ),
                    false => format!(
                        "the name \"{}\" stands at {} places, up to {} apart; each is a stop of its own",
                        spot.key,
                        beside.len(),
                        shown_m(spot.apart_m)
                    ),
                };
                account.warned("stop-moved", origin.record, what).id = Some(spot.key.clone());
            }
            if self.has_ids && beside.len() > 1 && stop.doubt.is_none() {
                let others: BTreeSet<RegionIdx> = beside
                    .iter()
                    .filter_map(|other| located[*other])
                    .filter(|home| located[nth] != Some(*home))
                    .collect();
                if !others.is_empty() {
                    let why = Text::new(
                        format!("its id stands at {} places", beside.len()),
                        format!("同一编号有 {} 处位置", beside.len()),
                    );
                    self.doubt(&mut stop, why, others, false);
                }
            }
            stops.push(stop);
        }
        stops
    }

    /// Holds what the table says of a stop's region against its place.
    fn settle(
        &mut self,
        stop: &mut Stop,
        spot: &Spot,
        origin: &Origin<'_>,
        located: Option<RegionIdx>,
        account: &mut Account,
    ) {
        let tree = self.homes.tree();
        let far = |home: RegionIdx| self.homes.outside_by(home, &origin.at).filter(|metres| *metres > FAR_OUTSIDE_M);
        let outside = Text::new("lies outside all regions", "位于所有区域之外");
        match spot.region.as_deref() {
            None if located.is_none() && !self.is_map => {
                let beside = self.homes.within(&origin.at, FAR_OUTSIDE_M).into_iter().collect();
                self.doubt(stop, outside, beside, false);
            }
            None => {}
            Some(code) if is_code(code) => {
                stop.declared_region = Some(code.to_owned());
                let Some(home) = self.homes.by_code(code) else { return };
                if let Some(metres) = far(home) {
                    let (name, away) = (self.names.shown(home), shown_m(metres));
                    let what =
                        format!("lies {away} outside {name}, which the table puts it into: it counts in neither");
                    account.warned("region-differs", origin.record, what).id = Some(stop.id.clone());
                    let region = &tree.get(home).name;
                    let why = Text::new(
                        format!("the table puts it into {region}, and it lies {away} outside"),
                        format!("表列属{region}，坐标却在其外 {away}"),
                    );
                    self.doubt(stop, why, located.into_iter().chain([home]).collect(), true);
                }
            }
            Some(marked) => {
                let text = marked.trim_start_matches(UNKNOWN);
                let several: &[RegionIdx] = match self.meant.get(text) {
                    Some(Meant::Several(all)) => all,
                    _ => &[],
                };
                let here: Vec<RegionIdx> = several.iter().copied().filter(|home| far(*home).is_none()).collect();
                if let [only] = here[..] {
                    stop.declared_region = Some(tree.get(only).code.clone());
                    return;
                }
                let likely: BTreeSet<RegionIdx> = several.iter().copied().collect();
                if !several.is_empty() {
                    let all: Vec<String> = several.iter().map(|home| self.names.shown(*home)).collect();
                    let what = format!(
                        "\"{text}\" is the name of {}; write the code, or the city in front of it",
                        all.join(" and of ")
                    );
                    account.warned("unknown-region", origin.record, what).id = Some(stop.id.clone());
                }
                // the table and the place agree that it lies elsewhere
                let is_typo = tree.iter().any(|(_, region)| {
                    [&region.code, &region.name].into_iter().any(|known| strsim::damerau_levenshtein(known, text) <= 1)
                });
                if located.is_some() || !several.is_empty() || is_typo {
                    let why = Text::new(
                        format!("no region is known as \"{text}\", where the table puts it"),
                        format!("表列所属“{text}”无法对应到区域"),
                    );
                    self.doubt(stop, why, likely, false);
                }
            }
        }
    }

    fn doubt(&mut self, stop: &mut Stop, why: Text, regions: BTreeSet<RegionIdx>, is_nowhere: bool) {
        self.doubted.push((stop.name.clone(), why.clone()));
        let codes = regions.into_iter().map(|home| self.homes.tree().get(home).code.clone()).collect();
        stop.doubt = Some(StopDoubt { why, regions: codes, is_nowhere });
    }

    /// What readers of a figure need to know of the stops.
    pub(crate) fn remarks(&self, spots: &[Spot]) -> Vec<Text> {
        let mut remarks = Vec::new();
        let split: Vec<(String, String)> = spots
            .iter()
            .filter(|spot| spot.nth == 1)
            .map(|spot| {
                let (places, apart) =
                    (spots.iter().filter(|other| other.key == spot.key).count(), shown_m(spot.apart_m));
                (
                    format!("{} ({places} places, up to {apart} apart)", spot.key),
                    format!("{}（{places} 处，最远相距 {apart}）", spot.key),
                )
            })
            .collect();
        if !split.is_empty() {
            let (en, zh): (Vec<String>, Vec<String>) = split.into_iter().unzip();
            let (en, zh) = (first_of(&en).0, first_of(&zh).1);
            remarks.push(match self.has_ids {
                true => Text::new(
                    format!("stop ids that stand at several places; each row is taken where it lies: {en}"),
                    format!("同一站点编号有多处位置，各按自身坐标计：{zh}"),
                ),
                false => Text::new(
                    format!("stops of one name in several places are stops of their own: {en}"),
                    format!("同名站点位置不同，按不同站点计：{zh}"),
                ),
            });
        }
        if !self.doubted.is_empty() {
            let en: Vec<String> = self.doubted.iter().map(|(name, why)| format!("{name} ({})", why.en)).collect();
            let zh: Vec<String> = self.doubted.iter().map(|(name, why)| format!("{name}（{}）", why.zh)).collect();
            remarks.push(Text::new(
                format!("doubtful stops; what they may join has no data: {}", first_of(&en).0),
                format!("位置存疑的站点，其可能连接的县对视为无数据：{}", first_of(&zh).1),
            ));
        }
        remarks
    }
}

fn shown_m(metres: f64) -> String {
    match metres < 1000.0 {
        true => format!("{} m", metres.ceil()),
        false => format!("{} km", trim_zeros((metres / 100.0).round() / 10.0, 1)),
    }
}
