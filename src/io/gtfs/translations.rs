//! translations.txt: the names of stops and routes in other languages.

use std::collections::HashSet;

use crate::io::gtfs::feed::RawTranslation;
use crate::io::gtfs::feed::Translated;
use crate::io::gtfs::feed::TranslatedField;
use crate::io::gtfs::ids::Found;
use crate::io::gtfs::ids::Ids;
use crate::io::gtfs::ids::duplicate;
use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::read::Reading;
use crate::io::gtfs::schema;
use crate::io::gtfs::table::Row;
use crate::io::read::ReadError;

const FILE: &str = schema::TRANSLATIONS.file;

impl Reading<'_> {
    /// Reads the translations, after all tables that they name. `names` are the files of the feed.
    pub(super) fn translations(&mut self, names: &[String]) -> Result<(), ReadError> {
        let (stops, routes) = (std::mem::take(&mut self.stops), std::mem::take(&mut self.routes));
        let trips = std::mem::take(&mut self.trips);
        let mut agencies = Ids::default();
        for (at, agency) in self.feed.agencies.iter().enumerate() {
            agencies.insert(&agency.id, at);
        }
        let calls: Vec<std::ops::Range<usize>> = self.feed.trips.iter().map(|trip| trip.calls.clone()).collect();
        let rows = std::mem::take(&mut self.feed.calls);
        let has_call = |trip: u32, sequence: &str| {
            let sequence = sequence.parse::<u32>().ok();
            rows[calls[trip as usize].clone()].iter().any(|call| Some(call.sequence) == sequence)
        };
        let (mut translations, mut seen) = (Vec::new(), HashSet::new());
        self.table(&schema::TRANSLATIONS, "", &mut |row: &Row<'_, '_>, notices: &mut Notices| {
            let (table, field, language) = (row.text("table_name"), row.text("field_name"), row.text("language"));
            let is_file = |name: &str| name.strip_suffix(".txt").is_some_and(|name| name == table);
            let is_known =
                schema::FILES.iter().map(|spec| spec.file).chain(schema::NOT_USED.iter().copied()).any(is_file);
            if !is_known || !names.iter().any(|name| is_file(name)) {
                return Some(left_out(row, Rule::TranslationUnknownTableName, "table_name", notices, |value| {
                    format!("the feed has no {value}.txt; write for example stops")
                }));
            }
            let (id, sub) = (row.text("record_id"), row.text("record_sub_id"));
            let value = row.text("field_value");
            let is_whole = table == "feed_info";
            let is_plain = ["agency", "stops", "routes", "trips"].contains(&&*table);
            let unexpected = [
                ("record_id", is_whole || !value.is_empty()),
                ("record_sub_id", is_whole || !value.is_empty() || is_plain),
                ("field_value", is_whole),
            ];
            let wrong = unexpected.into_iter().find(|(column, is_empty)| *is_empty && !row.text(column).is_empty());
            if let Some((column, _)) = wrong {
                let what = |_: &str| {
                    "must be empty here: a row names a record, or else a value, and of feed_info neither".to_owned()
                };
                return Some(left_out(row, Rule::TranslationUnexpectedValue, column, notices, what));
            }
            if !is_whole && id.is_empty() && value.is_empty() {
                let what =
                    |_: &str| "the row names neither a record nor a value; write record_id or field_value".to_owned();
                return Some(left_out(row, Rule::MissingRequiredField, "record_id", notices, what));
            }
            let ids = match &*table {
                "agency" => Some(&agencies),
                "stops" => Some(&stops),
                "routes" => Some(&routes),
                "trips" | "stop_times" => Some(&trips),
                _ => None,
            };
            let found = ids.filter(|_| !id.is_empty()).map(|ids| ids.find(&id));
            let is_missing = match found {
                Some(Found::Nothing) => true,
                Some(Found::At(trip)) => table == "stop_times" && !has_call(trip, &sub),
                _ => false,
            };
            if is_missing {
                return Some(left_out(row, Rule::TranslationForeignKeyViolation, "record_id", notices, |value| {
                    let sub = if sub.is_empty() { String::new() } else { format!(" with {sub}") };
                    format!("{table}.txt has no row of \"{value}\"{sub}")
                }));
            }
            if let Some(Found::LeftOut(_)) = found {
                let what = |value: &str| format!("the row of \"{value}\" in {table}.txt was left out");
                return Some(left_out(row, Rule::TripOfRowLeftOut, "record_id", notices, what));
            }
            let key = [&*table, &*field, &*language, &*id, &*sub, &*value].map(str::to_owned);
            if !seen.insert(key) {
                let named = if id.is_empty() { &value } else { &id };
                let key = "table_name, field_name, language, record_id, record_sub_id, field_value";
                return Some(duplicate(row, FILE, key, &format!("{table}, {field}, {language}, {named}"), notices));
            }
            let field = match (&*table, &*field) {
                ("stops", "stop_name") => TranslatedField::StopName,
                ("routes", "route_short_name") => TranslatedField::RouteShortName,
                ("routes", "route_long_name") => TranslatedField::RouteLongName,
                _ => {
                    notices.left_out(Rule::TranslationNotUsed, FILE, |notice| notice.at_row(row.number()));
                    return Some(Rule::TranslationNotUsed);
                }
            };
            let of = match found {
                Some(Found::At(at)) => Translated::Record(at),
                _ => Translated::Value(value.into_owned()),
            };
            let text = row.text("translation").into_owned();
            translations.push(RawTranslation { field, language: language.into_owned(), text, of, row: row.number() });
            None
        })?;
        (self.stops, self.routes, self.trips) = (stops, routes, trips);
        (self.feed.calls, self.feed.translations) = (rows, translations);
        Ok(())
    }
}

/// Tells of a row that can not be used, at a column.
fn left_out(
    row: &Row<'_, '_>,
    rule: Rule,
    column: &'static str,
    notices: &mut Notices,
    what: impl FnOnce(&str) -> String,
) -> Rule {
    notices.left_out(rule, FILE, |notice| {
        let value = row.text(column);
        let mut notice = notice.at_row(row.number()).at(column, &value);
        notice.what = what(&value);
        notice
    });
    rule
}
