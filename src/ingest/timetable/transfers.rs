//! Changes as a feed tells of them: rules between stops, for everyone or for certain routes and trips, and what vehicles go on as.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use crate::base::idx::ServiceIdx;
use crate::base::idx::StopIdx;
use crate::io::gtfs::feed::Location;
use crate::io::gtfs::feed::RawFeed;
use crate::io::gtfs::feed::RawTransfer;
use crate::model::transit::InSeat;
use crate::model::transit::NarrowTransfer;
use crate::model::transit::Service;
use crate::model::transit::Transfer;
use crate::model::transit::TripAt;
use crate::model::transit::Whose;

/// What transfers.txt and the blocks of trips.txt become.
#[derive(Default)]
pub(super) struct Changes {
    pub transfers: Vec<Transfer>,
    pub narrow: Vec<NarrowTransfer>,
    pub in_seat: Vec<InSeat>,
    /// Trips of one vehicle; blocks with fewer than two are none.
    pub blocks: Vec<Vec<TripAt>>,
    /// Rows between stops that are left out.
    pub without_stop: u64,
    /// Rows about routes on which nothing runs.
    pub idle: u64,
    /// Rows about trips that no single vehicle is known of, with the trip.
    pub not_used: Vec<(u64, String)>,
}

impl Changes {
    /// Transfers between stops; one of a station is one of each of its stops, unless the feed says more of the very pair. Trips at headways take
    /// no part in blocks and in rules for trips.
    pub(super) fn of(
        feed: &RawFeed,
        (idx, services): (&[Option<StopIdx>], &[Service]),
        named: &dyn Fn(&str) -> String,
    ) -> Changes {
        let mut changes = Changes::default();
        let trips = stand(feed, services, named);
        let of_route: HashMap<&str, ServiceIdx> =
            services.iter().enumerate().map(|(at, one)| (one.id.as_str(), ServiceIdx::new(at))).collect();
        let route = |at: u32| of_route.get(named(&feed.routes[at as usize].id).as_str()).copied();
        let mut of_block: BTreeMap<&str, Vec<TripAt>> = BTreeMap::new();
        for (at, trip) in (0u32..).zip(&feed.trips) {
            if let (Some(block), Some(stand)) = (&trip.block, trips.get(&at)) {
                of_block.entry(block).or_default().extend(stand);
            }
        }
        changes.blocks = of_block.into_values().filter(|block| block.len() > 1).collect();
        let members = members(feed);
        let ends = |stop: u32| match feed.stops[stop as usize].location {
            Location::Station => members.get(&stop).cloned().unwrap_or_default(),
            _ => vec![stop],
        };
        // pairs of stops, and how exactly the feed speaks of them: both ends by name go before one, and that before none
        let mut pairs: BTreeMap<(StopIdx, StopIdx), (u8, Transfer)> = BTreeMap::new();
        let mut narrow: Vec<(u8, NarrowTransfer)> = Vec::new();
        for row in &feed.transfers {
            let whose = match whose(row, &trips, &route) {
                Ok(whose) => whose,
                Err(Lost::Trip(trip)) => {
                    changes.not_used.push((row.row, feed.trips[trip as usize].id.clone()));
                    continue;
                }
                Err(Lost::Route) => {
                    changes.idle += 1;
                    continue;
                }
            };
            let pairs_of = || whose.0.iter().flat_map(|from| whose.1.iter().map(move |to| (*from, *to)));
            // which of several departures goes on as which is not known
            let trip = row.from_trip.or(row.to_trip).filter(|_| whose.0.len() > 1 || whose.1.len() > 1);
            if let (4, Some(trip)) = (row.kind, trip) {
                changes.not_used.push((row.row, feed.trips[trip as usize].id.clone()));
                continue;
            }
            if row.is_in_seat() {
                for pair in pairs_of() {
                    if let (Whose::Trip(from), Whose::Trip(to)) = pair {
                        changes.in_seat.push(InSeat { from, to, is_allowed: row.kind == 4 });
                    }
                }
                continue;
            }
            let (Some(from), Some(to)) = (row.from, row.to) else { continue };
            let (froms, tos) = (ends(from), ends(to));
            let exact = u8::from(froms == [from]) + u8::from(tos == [to]);
            let mut is_used = false;
            for (from, to) in froms.iter().flat_map(|from| tos.iter().map(move |to| (*from, *to))) {
                let (Some(from), Some(to)) = (idx[from as usize], idx[to as usize]) else { continue };
                is_used = true;
                // of a timed transfer (type 1) the vehicle waits
                let least_s = if row.kind == 1 { Some(0) } else { row.least_s };
                let transfer = Transfer { from, to, least_s, is_forbidden: row.kind == 3 };
                if row.is_narrow() {
                    narrow.extend(pairs_of().map(|(from, to)| (exact, NarrowTransfer { transfer, from, to })));
                    continue;
                }
                let known = pairs.entry((from, to)).or_insert((exact, transfer));
                if exact > known.0 {
                    *known = (exact, transfer);
                }
            }
            changes.without_stop += u64::from(!is_used);
        }
        narrow.sort_by_key(|(exact, _)| std::cmp::Reverse(*exact));
        changes.narrow = narrow.into_iter().map(|(_, rule)| rule).collect();
        changes.transfers = pairs.into_values().map(|(_, transfer)| transfer).collect();
        changes
    }
}

/// What a row names and no vehicle is known of.
enum Lost {
    Trip(u32),
    Route,
}

/// Whose changes a row is about: a trip goes before its route. A trip that runs at exact headways is as many trips as it has departures.
fn whose(
    row: &RawTransfer,
    trips: &HashMap<u32, Vec<TripAt>>,
    route: &dyn Fn(u32) -> Option<ServiceIdx>,
) -> Result<(Vec<Whose>, Vec<Whose>), Lost> {
    let one = |trip: Option<u32>, of: Option<u32>| match (trip, of) {
        (Some(trip), _) => match trips.get(&trip) {
            Some(stand) => Ok(stand.iter().copied().map(Whose::Trip).collect()),
            None => Err(Lost::Trip(trip)),
        },
        (None, Some(of)) => route(of).map(|service| vec![Whose::Service(service)]).ok_or(Lost::Route),
        (None, None) => Ok(vec![Whose::All]),
    };
    Ok((one(row.from_trip, row.from_route)?, one(row.to_trip, row.to_route)?))
}

/// Where the trips that have a block, or that a transfer names, stand among the services; those at headways stand nowhere.
fn stand(feed: &RawFeed, services: &[Service], named: &dyn Fn(&str) -> String) -> HashMap<u32, Vec<TripAt>> {
    let in_rules = feed.transfers.iter().flat_map(|row| [row.from_trip, row.to_trip]).flatten();
    let in_blocks = (0u32..).zip(&feed.trips).filter(|(_, trip)| trip.block.is_some()).map(|(at, _)| at);
    let wanted: HashMap<String, u32> =
        in_rules.chain(in_blocks).map(|at| (named(&feed.trips[at as usize].id), at)).collect();
    let mut found: HashMap<u32, Vec<TripAt>> = HashMap::with_capacity(wanted.len());
    if wanted.is_empty() {
        return found;
    }
    let exact: HashSet<u32> = feed.frequencies.iter().filter(|row| row.is_exact).map(|row| row.trip).collect();
    for (service, one) in services.iter().enumerate() {
        for (pattern, own) in (0u32..).zip(&one.patterns) {
            for (trip, own) in (0u32..).zip(&own.trips) {
                // the departures of a trip at exact headways have their times behind its id
                let of_exact = || {
                    let (id, _) = own.id.rsplit_once(' ')?;
                    wanted.get(id).filter(|at| exact.contains(at))
                };
                if let Some(at) = wanted.get(&own.id).or_else(of_exact) {
                    found.entry(*at).or_default().push(TripAt { service: ServiceIdx::new(service), pattern, trip });
                }
            }
        }
    }
    found
}

/// The stops of each station.
fn members(feed: &RawFeed) -> HashMap<u32, Vec<u32>> {
    let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
    if !feed.transfers.is_empty() {
        for (at, stop) in (0u32..).zip(&feed.stops) {
            if let Some(parent) = stop.parent.filter(|_| stop.location == Location::Stop) {
                members.entry(parent).or_default().push(at);
            }
        }
    }
    members
}
