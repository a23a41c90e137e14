//! Flexible trips (GTFS-Flex): they run on demand within an area and a span of time, and have no times at stops.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::io::gtfs::feed::RawCall;
use crate::io::gtfs::ids::Ids;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::read::Reading;
use crate::io::gtfs::rows::Rows;
use crate::io::gtfs::rows::text;
use crate::io::gtfs::schema;
use crate::io::read::ReadError;

/// Columns that only a flexible call fills (GTFS-Flex): where it is, and from when to when. The last two are of an earlier draft.
pub(super) const COLUMNS: [&str; 6] = [
    "location_id",
    "location_group_id",
    "start_pickup_drop_off_window",
    "end_pickup_drop_off_window",
    "start_pickup_dropoff_window",
    "end_pickup_dropoff_window",
];

/// The ids of the areas of a locations.geojson.
#[derive(Deserialize)]
struct Areas {
    features: Vec<Area>,
}

#[derive(Deserialize)]
struct Area {
    #[serde(default)]
    id: serde_json::Value,
    #[serde(rename = "geometry", default)]
    _geometry: IgnoredAny,
}

impl Reading<'_> {
    /// Ids that a stop_id may name and that are no stops: areas, and groups of stops, for flexible calls.
    pub(super) fn zones(&mut self) -> Result<HashSet<String>, ReadError> {
        let mut zones = HashSet::new();
        if let Some(bytes) = self.archive.bytes("locations.geojson")?
            && let Ok(areas) = serde_json::from_slice::<Areas>(&bytes)
        {
            zones.extend(areas.features.into_iter().filter_map(|area| match area.id {
                serde_json::Value::String(id) => Some(id),
                serde_json::Value::Number(id) => Some(id.to_string()),
                _ => None,
            }));
        }
        for (file, column) in
            [("location_groups.txt", "location_group_id"), ("areas.txt", "area_id"), ("stop_areas.txt", "area_id")]
        {
            let Some(bytes) = self.archive.bytes(file)? else { continue };
            let (text, _) = text(bytes);
            let mut rows = Rows::new(&text);
            let mut at = None;
            while rows.advance().is_some() {
                match at {
                    None => at = (0..rows.len()).find(|at| rows.field(*at) == column).map_or(Some(usize::MAX), Some),
                    Some(at) => {
                        zones.insert(rows.field(at).into_owned());
                    }
                }
            }
        }
        Ok(zones)
    }

    /// Takes out the trips with flexible calls of which fewer than two calls with times are left. Of the others these are used: there the
    /// vehicle is at its time, wherever it goes between.
    pub(super) fn lose_flexible(
        &mut self,
        flexible: &BTreeMap<u32, u64>,
        calls: &mut Vec<RawCall>,
        distances: &mut Vec<f64>,
        trips: &mut Ids,
    ) {
        if flexible.is_empty() {
            return;
        }
        let mut fixed: BTreeMap<u32, u64> = BTreeMap::new();
        for call in calls.iter().filter(|call| call.arrival().is_some() && flexible.contains_key(&call.trip)) {
            *fixed.entry(call.trip).or_default() += 1;
        }
        let lost: BTreeSet<u32> =
            flexible.keys().copied().filter(|trip| fixed.get(trip).copied().unwrap_or(0) < 2).collect();
        let rule = Rule::FlexibleTripNotUsed;
        let (trips_file, calls_file) = (schema::TRIPS.file, schema::STOP_TIMES.file);
        for trip in lost.iter().map(|at| &self.feed.trips[*at as usize]) {
            self.feed.notices.left_out(rule, trips_file, |notice| {
                let mut notice = notice.at_row(trip.row).at("trip_id", &trip.id);
                notice.what = format!(
                    "flexible trip, not used: {} runs where and when it is asked for (GTFS-Flex), not by a timetable",
                    trip.id
                );
                notice
            });
        }
        let of_others = || flexible.iter().filter(|(trip, _)| !lost.contains(trip));
        if let Some((first, _)) = of_others().next() {
            let (trip, count) = (&self.feed.trips[*first as usize], of_others().count());
            let rows: u64 = of_others().map(|(_, rows)| *rows).sum();
            self.feed.notices.left_out(rule, calls_file, |notice| {
                let mut notice = notice.at("trip_id", &trip.id);
                notice.what = format!(
                    "flexible calls, not used: {rows} of {count} trips (first: {}), which are used at their stops with times",
                    trip.id
                );
                notice
            });
        }
        // a call that is left alone in such a trip goes with it
        let before = calls.len();
        let is_kept: Vec<bool> = calls.iter().map(|call| !lost.contains(&call.trip)).collect();
        let mut kept = is_kept.iter();
        calls.retain(|_| kept.next().is_some_and(|is_kept| *is_kept));
        let mut kept = is_kept.iter();
        distances.retain(|_| kept.next().is_some_and(|is_kept| *is_kept));
        self.feed.drop_rows(calls_file, rule, (before - calls.len()) as u64);
        self.feed.drop_rows(trips_file, rule, lost.len() as u64);
        let mut moved = vec![None; self.feed.trips.len()];
        let mut next = 0;
        for (at, place) in moved.iter_mut().enumerate() {
            if !lost.contains(&(at as u32)) {
                *place = Some(next);
                next += 1;
            }
        }
        for call in calls.iter_mut() {
            call.trip = moved[call.trip as usize].unwrap_or(call.trip);
        }
        let mut at = 0;
        self.feed.trips.retain(|_| {
            at += 1;
            moved[at - 1].is_some()
        });
        trips.renumber(rule, |at| moved[at as usize]);
    }
}
