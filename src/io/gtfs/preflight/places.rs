//! Stops and stations.

use std::collections::HashSet;

use crate::io::gtfs::calls::word;
use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;

pub(super) fn check(feed: &RawFeed, notices: &mut Notices) {
    let file = "stops.txt";
    let mut called = vec![false; feed.stops.len()];
    feed.calls.iter().for_each(|call| called[call.stop as usize] = true);
    let mut has_stops = vec![false; feed.stops.len()];
    for stop in &feed.stops {
        if let (Some(parent), Location::Stop) = (stop.parent, stop.location) {
            has_stops[parent as usize] = true;
        }
    }
    let urls: HashSet<&str> = feed.agencies.iter().map(|agency| agency.url.as_str()).collect();
    for (at, stop) in feed.stops.iter().enumerate() {
        let mut tell = |rule: Rule, field: &str, value: &str, what: Option<String>| {
            notices.add(rule, file, |notice| {
                let mut notice = notice.at_row(stop.row).at(field, value);
                if let Some(what) = what {
                    notice.what = format!("{}: {what}", stop.id);
                }
                notice
            });
        };
        let needs_parent = matches!(stop.location, Location::Entrance | Location::Node | Location::BoardingArea);
        if stop.location == Location::Station && !stop.parent_id.is_empty() {
            let what = "it is a station itself; leave parent_station empty".to_owned();
            tell(Rule::StationWithParentStation, "parent_station", &stop.parent_id, Some(what));
        } else if needs_parent && stop.parent_id.is_empty() {
            tell(Rule::LocationWithoutParentStation, "stop_id", &stop.id, None);
        } else if let Some(parent) = stop.parent.map(|parent| &feed.stops[parent as usize]) {
            let wanted = if stop.location == Location::BoardingArea { Location::Stop } else { Location::Station };
            if parent.location != wanted {
                let what = format!("its parent {} is no {}", parent.id, word(wanted));
                tell(Rule::WrongParentLocationType, "parent_station", &stop.parent_id, Some(what));
            }
        }
        if stop.location == Location::Station && !has_stops[at] {
            tell(Rule::UnusedStation, "stop_id", &stop.id, None);
        }
        if stop.location == Location::Stop && !called[at] {
            tell(Rule::StopWithoutStopTime, "stop_id", &stop.id, None);
        }
        if !stop.name.is_empty() && stop.name == stop.description {
            tell(Rule::SameNameAndDescriptionForStop, "stop_desc", &stop.description, None);
        }
        if !stop.url.is_empty() && urls.contains(stop.url.as_str()) {
            tell(Rule::SameStopAndAgencyUrl, "stop_url", &stop.url, None);
        }
    }
}
