//! The names of stops and routes in the language of the study.

use std::collections::HashMap;

use crate::base::units::Lang;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::Translated;
use crate::io::gtfs::feed::TranslatedField;

/// What became of the translations of a feed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Renamed {
    pub stops: u64,
    pub routes: u64,
    /// Rows of translations in another language, or for which a better one is there.
    pub not_wanted: u64,
}

/// Puts the names in `lang` in place of those that the feed has of its own, where it has such.
///
/// A translation of a record goes before one of a value. Of several codes of one tongue the bare one goes first, and of Chinese that of
/// simplified characters before that of traditional ones; then the first row.
pub(super) fn rename(feed: &mut RawFeed, lang: Lang) -> Renamed {
    let mut renamed = Renamed::default();
    let mut best: HashMap<(TranslatedField, Translated), (u8, usize)> = HashMap::new();
    for (at, translation) in feed.translations.iter().enumerate() {
        let Some(rank) = rank(&translation.language, lang) else { continue };
        let known = best.entry((translation.field, translation.of.clone())).or_insert((rank, at));
        if rank < known.0 {
            *known = (rank, at);
        }
    }
    renamed.not_wanted = (feed.translations.len() - best.len()) as u64;
    let named =
        |field: TranslatedField, of: Translated| best.get(&(field, of)).map(|(_, at)| &feed.translations[*at].text);
    let find = |field: TranslatedField, at: usize, own: &str| {
        let by_value = || if own.is_empty() { None } else { named(field, Translated::Value(own.to_owned())) };
        named(field, Translated::Record(at as u32)).or_else(by_value).filter(|text| !text.is_empty()).cloned()
    };
    let stop = |at: usize| find(TranslatedField::StopName, at, &feed.stops[at].name);
    let stops: Vec<Option<String>> = (0..feed.stops.len()).map(stop).collect();
    let short = |at: usize| find(TranslatedField::RouteShortName, at, &feed.routes[at].short_name);
    let long = |at: usize| find(TranslatedField::RouteLongName, at, &feed.routes[at].long_name);
    let routes: Vec<[Option<String>; 2]> = (0..feed.routes.len()).map(|at| [short(at), long(at)]).collect();
    for (stop, name) in feed.stops.iter_mut().zip(stops) {
        if let Some(name) = name {
            stop.name = name;
            renamed.stops += 1;
        }
    }
    for (route, [short, long]) in feed.routes.iter_mut().zip(routes) {
        renamed.routes += u64::from(short.is_some() || long.is_some());
        route.short_name = short.unwrap_or_else(|| std::mem::take(&mut route.short_name));
        route.long_name = long.unwrap_or_else(|| std::mem::take(&mut route.long_name));
    }
    renamed
}

/// How well a language code is the wanted tongue, the least being the best; `None` for another one.
fn rank(code: &str, lang: Lang) -> Option<u8> {
    let code = code.to_lowercase().replace('_', "-");
    let (tongue, rest) = code.split_once('-').unwrap_or((&code, ""));
    let has = |part: &str| rest.split('-').any(|one| one == part);
    match lang {
        Lang::En => (tongue == "en").then_some(u8::from(!rest.is_empty())),
        Lang::Zh if tongue != "zh" => None,
        Lang::Zh if has("hant") || has("tw") || has("hk") || has("mo") => Some(3),
        Lang::Zh if rest.is_empty() => Some(0),
        Lang::Zh if has("hans") || has("cn") || has("sg") => Some(1),
        Lang::Zh => Some(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_tongue_have_an_order() {
        let ranks = |lang: Lang, codes: [&str; 4]| codes.map(|code| rank(code, lang));
        assert_eq!(ranks(Lang::Zh, ["zh", "zh-CN", "zh-Hans", "zh_TW"]), [Some(0), Some(1), Some(1), Some(3)]);
        assert_eq!(ranks(Lang::Zh, ["ZH", "zh-Hant-HK", "en", "zho"]), [Some(0), Some(3), None, None]);
        assert_eq!(ranks(Lang::En, ["en", "en-GB", "zh", "eng"]), [Some(0), Some(1), None, None]);
    }
}
