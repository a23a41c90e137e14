//! Agencies and routes.

use std::collections::HashMap;

use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;

/// Letters of a short name that fit on a vehicle.
const SHORT_NAME: usize = 12;

pub(super) fn check(feed: &RawFeed, notices: &mut Notices) {
    agencies(feed, notices);
    let file = "routes.txt";
    let mut names: HashMap<(Option<u32>, u32, &str, &str), u64> = HashMap::new();
    for route in &feed.routes {
        let (short, long) = (route.short_name.as_str(), route.long_name.as_str());
        let mut tell = |rule: Rule, field: &str, value: &str, what: Option<String>| {
            notices.add(rule, file, |notice| {
                let mut notice = notice.at_row(route.row).at(field, value);
                if let Some(what) = what {
                    notice.what = what;
                }
                notice
            });
        };
        if short.is_empty() && long.is_empty() {
            let what = format!("route {} has neither name; its id is shown", route.id);
            tell(Rule::RouteBothShortAndLongNameMissing, "route_id", &route.id, Some(what));
            continue;
        }
        if short.chars().count() > SHORT_NAME {
            tell(Rule::RouteShortNameTooLong, "route_short_name", short, None);
        }
        if repeats(long, short) {
            tell(Rule::RouteLongNameContainsShortName, "route_long_name", long, None);
        }
        if !route.description.is_empty() && (route.description == short || route.description == long) {
            tell(Rule::SameNameAndDescriptionForRoute, "route_desc", &route.description, None);
        }
        let agency = route.agency.and_then(|at| feed.agencies.get(at as usize));
        if !route.url.is_empty() && agency.is_some_and(|agency| agency.url == route.url) {
            tell(Rule::SameRouteAndAgencyUrl, "route_url", &route.url, None);
        }
        let first = *names.entry((route.agency, route.kind, short, long)).or_insert(route.row);
        if first != route.row {
            let what = format!("routes in rows {first} and {} have the same names, agency and type", route.row);
            tell(Rule::DuplicateRouteName, "route_id", &route.id, Some(what));
        }
    }
}

fn agencies(feed: &RawFeed, notices: &mut Notices) {
    let file = "agency.txt";
    let zone = feed.zone();
    for agency in &feed.agencies {
        if let Some(other) = agency.zone.as_deref().filter(|other| Some(*other) != zone) {
            notices.add(Rule::InconsistentAgencyTimezone, file, |notice| {
                let mut notice = notice.at_row(agency.row).at("agency_timezone", other);
                notice.what = format!("the first agency is in {}; that counts", zone.unwrap_or_default());
                notice
            });
        }
        if agency.id.is_empty() && feed.agencies.len() > 1 {
            notices.add(Rule::MissingRequiredField, file, |notice| {
                let mut notice = notice.at_row(agency.row).at("agency_id", "");
                (notice.value, notice.what) = (None, "there are several agencies: each needs its agency_id".to_owned());
                notice
            });
        }
    }
}

/// Whether a long name starts with the short one, as a word.
fn repeats(long: &str, short: &str) -> bool {
    let (long, short) = (long.to_lowercase(), short.to_lowercase());
    !short.is_empty()
        && long
            .strip_prefix(short.as_str())
            .is_some_and(|rest| rest.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '-' | '(' | '（')))
}
