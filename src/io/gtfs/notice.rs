//! What is wrong with a feed, under the names of the canonical GTFS validator (<https://gtfs-validator.mobilitydata.org/rules.html>).

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::Serializer;

use crate::base::issue::Severity;

macro_rules! rules {
    ($($(#[$own:ident])? $name:ident $word:literal $severity:ident $about:literal;)+) => {
        /// One kind of trouble. Names and severities are those of the canonical validator (its INFO is a note here), but for the rules of
        /// which [`is_own`](Rule::is_own) is true.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(#[doc = $about] $name),+ }

        impl Rule {
            /// Every rule, by name within its severity.
            pub const ALL: &[Rule] = &[$(Rule::$name),+];

            /// As notices and issues call it.
            pub fn name(self) -> &'static str {
                match self { $(Rule::$name => $word),+ }
            }

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self { $(Rule::$name => Severity::$severity),+ }
            }

            /// One line on what is wrong.
            pub fn about(self) -> &'static str {
                match self { $(Rule::$name => $about),+ }
            }

            /// Whether the canonical validator has no such rule.
            pub fn is_own(self) -> bool {
                match self { $(Rule::$name => rules!(@own $($own)?)),+ }
            }
        }
    };
    (@own) => { false };
    (@own own) => { true };
}

rules! {
    BlockTripsWithOverlappingStopTimes "block_trips_with_overlapping_stop_times" Error "two trips of one vehicle (block) run at the same time on a day";
    CsvParsingFailed "csv_parsing_failed" Error "quotes that are not as they should be";
    DecreasingOrEqualStopTimeDistance "decreasing_or_equal_stop_time_distance" Error "shape_dist_traveled does not grow along a trip";
    DecreasingShapeDistance "decreasing_shape_distance" Error "shape_dist_traveled falls along a shape";
    DuplicateKey "duplicate_key" Error "a second row with the same key";
    DuplicatedColumn "duplicated_column" Error "two columns of one name";
    EmptyColumnName "empty_column_name" Error "a column without a name";
    EmptyFile "empty_file" Error "a file without a row";
    EqualShapeDistanceDiffCoordinates "equal_shape_distance_diff_coordinates" Error "two points of a shape at one shape_dist_traveled, more than 1.11 m apart";
    ForeignKeyViolation "foreign_key_violation" Error "an id that no row of the other file has";
    InconsistentAgencyTimezone "inconsistent_agency_timezone" Error "agencies of one feed in several time zones";
    InvalidColor "invalid_color" Error "no colour of six hexadecimal digits";
    InvalidDate "invalid_date" Error "no date as YYYYMMDD";
    InvalidFloat "invalid_float" Error "no number";
    InvalidInteger "invalid_integer" Error "no whole number";
    InvalidLanguageCode "invalid_language_code" Error "no language code";
    InvalidRowLength "invalid_row_length" Error "a row with more or fewer fields than the header";
    InvalidTime "invalid_time" Error "no time as HH:MM:SS";
    InvalidTimezone "invalid_timezone" Error "no time zone of the IANA list";
    InvalidUrl "invalid_url" Error "no address that starts with http:// or https://";
    LocationWithUnexpectedStopTime "location_with_unexpected_stop_time" Error "a station, entrance, node or boarding area that trips call at";
    LocationWithoutParentStation "location_without_parent_station" Error "an entrance, node or boarding area without parent_station";
    MissingCalendarAndCalendarDateFiles "missing_calendar_and_calendar_date_files" Error "neither calendar.txt nor calendar_dates.txt";
    MissingRequiredColumn "missing_required_column" Error "a column that must be there is not";
    MissingRequiredField "missing_required_field" Error "a value that must be there is not";
    MissingRequiredFile "missing_required_file" Error "a file that must be there is not";
    MissingTripEdge "missing_trip_edge" Error "the first or last stop of a trip has no time";
    NewLineInValue "new_line_in_value" Error "a line break within a value";
    NumberOutOfRange "number_out_of_range" Error "a number outside what its field may hold";
    OverlappingFrequency "overlapping_frequency" Error "two spans of headways of one trip overlap";
    PointNearOrigin "point_near_origin" Error "a place within 1 degree of 0, 0";
    PointNearPole "point_near_pole" Error "a place within 1 degree of a pole";
    RouteBothShortAndLongNameMissing "route_both_short_and_long_name_missing" Error "a route without any name";
    StartAndEndRangeEqual "start_and_end_range_equal" Error "a span that ends when it starts";
    StartAndEndRangeOutOfOrder "start_and_end_range_out_of_order" Error "a span that ends before it starts";
    StationWithParentStation "station_with_parent_station" Error "a station within another";
    StopTimeWithArrivalBeforePreviousDepartureTime "stop_time_with_arrival_before_previous_departure_time" Error "a trip that arrives before it left";
    StopTimeWithOnlyArrivalOrDepartureTime "stop_time_with_only_arrival_or_departure_time" Error "an arrival without a departure, or the other way round";
    StopWithoutLocation "stop_without_location" Error "a stop, station or entrance without coordinates";
    StopWithoutStopName "stop_without_stop_name" Error "a stop, station or entrance without a name";
    TranslationForeignKeyViolation "translation_foreign_key_violation" Error "a translation of a record that its table does not have";
    TranslationUnexpectedValue "translation_unexpected_value" Error "a translation with a value where there must be none";
    TripDistanceExceedsShapeDistance "trip_distance_exceeds_shape_distance" Error "a trip that goes beyond the end of its shape by 11.1 m or more";
    WrongParentLocationType "wrong_parent_location_type" Error "a parent_station that can not be one";
    #[own] WrongSeparator "wrong_separator" Error "fields that are not separated by commas";
    #[own] TripOfRowLeftOut "row_of_a_record_left_out" Warning "a row that belongs to a record that was left out";
    #[own] NoEncoding "not_utf_8" Warning "a file in another encoding than UTF-8";
    DuplicateRouteName "duplicate_route_name" Warning "two routes of one agency and type with the same names";
    #[own] DuplicateTrip "duplicate_trip" Warning "two trips of one route and direction that run on one day with the same stops at the same times";
    EmptyRow "empty_row" Warning "a line without content";
    EqualShapeDistanceSameCoordinates "equal_shape_distance_same_coordinates" Warning "two points of a shape at one place and one shape_dist_traveled";
    ExpiredCalendar "expired_calendar" Warning "a service that ended before the day given as today";
    FastTravelBetweenConsecutiveStops "fast_travel_between_consecutive_stops" Warning "from stop to stop faster than such a vehicle goes";
    FastTravelBetweenFarStops "fast_travel_between_far_stops" Warning "over 10 km and more faster than such a vehicle goes";
    FeedExpirationDate30Days "feed_expiration_date30_days" Warning "the feed ends within 30 days of the day given as today";
    LeadingOrTrailingWhitespaces "leading_or_trailing_whitespaces" Warning "blanks around a value";
    #[own] LongDwell "long_dwell" Warning "a vehicle that stands at a stop for more than 30 minutes, in the middle of a trip";
    MissingFeedInfoDate "missing_feed_info_date" Warning "one of feed_start_date and feed_end_date without the other";
    MissingRecommendedFile "missing_recommended_file" Warning "feed_info.txt is not there";
    #[own] RepeatedRow "repeated_row" Warning "a row that says the same as one before";
    RouteLongNameContainsShortName "route_long_name_contains_short_name" Warning "a long name that begins with the short name";
    RouteShortNameTooLong "route_short_name_too_long" Warning "a short name of more than 12 characters";
    SameNameAndDescriptionForRoute "same_name_and_description_for_route" Warning "a route's description that repeats its name";
    SameNameAndDescriptionForStop "same_name_and_description_for_stop" Warning "a stop's description that repeats its name";
    SameRouteAndAgencyUrl "same_route_and_agency_url" Warning "a route with the address of its agency";
    SameStopAndAgencyUrl "same_stop_and_agency_url" Warning "a stop with the address of an agency";
    ServiceHasNoActiveDayOfTheWeek "service_has_no_active_day_of_the_week" Warning "a service of calendar.txt without a day of the week";
    #[own] ServiceWithoutDates "service_without_dates" Warning "a service that runs on no date at all";
    StopTooFarFromShape "stop_too_far_from_shape" Warning "a stop more than 100 m from the shape of its trip, 400 m of rail";
    StopWithoutStopTime "stop_without_stop_time" Warning "a stop that no trip calls at";
    TranslationUnknownTableName "translation_unknown_table_name" Warning "a translation of a table that the feed does not have";
    TripCoverageNotActiveForNext7Days "trip_coverage_not_active_for_next7_days" Warning "most trips end within 7 days of the day given as today";
    UnexpectedEnumValue "unexpected_enum_value" Warning "a number that stands for nothing";
    UnusableTrip "unusable_trip" Warning "a trip with one stop";
    UnusedShape "unused_shape" Warning "a shape of no trip";
    UnusedTrip "unused_trip" Warning "a trip without stops";
    #[own] WrongColumnName "wrong_column_name" Warning "a column whose name is written otherwise than in GTFS";
    #[own] WrongFileName "wrong_file_name" Warning "a file whose name is written otherwise than in GTFS";
    #[own] ContinuousStoppingNotUsed "continuous_stopping_not_used" Note "vehicles that stop between stops too: they are boarded and left at stops only";
    #[own] FileNotUsed "file_not_used" Note "a file of GTFS that tongda has no use for";
    #[own] FlexibleTripNotUsed "flexible_trip_not_used" Note "a trip on demand, without times at stops (GTFS-Flex), which tongda has no use for";
    #[own] RouteTypeNotUsed "route_type_not_used" Note "a route of aircraft, taxis, hired vehicles or carriages, and what belongs to it";
    #[own] TranslationNotUsed "translation_not_used" Note "a translation of a field that tongda has no use for";
    UnknownColumn "unknown_column" Note "a column that GTFS does not have";
    UnknownFile "unknown_file" Note "a file that GTFS does not have";
    UnusedStation "unused_station" Note "a station without stops";
}

impl Rule {
    /// Whether a row that is left out for it is lost. Of those that say nothing new, or nothing that is measured, nothing is.
    pub fn is_loss(self) -> bool {
        !matches!(
            self,
            Rule::RepeatedRow | Rule::FlexibleTripNotUsed | Rule::RouteTypeNotUsed | Rule::TranslationNotUsed
        )
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    pub rule: Rule,
    pub file: &'static str,
    /// Row after the header, from 1; `None` when it concerns the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// Line of the file on which that row begins, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong, what to write instead.
    pub what: String,
    /// The row was not used because of it.
    pub left_out: bool,
}

impl Notice {
    /// The same notice at a row.
    pub(super) fn at_row(mut self, row: u64) -> Notice {
        self.row = Some(row);
        self
    }

    /// The same notice at a field and what it holds.
    pub(super) fn at(mut self, field: &str, value: &str) -> Notice {
        self.field = Some(field.to_owned());
        let most = value.char_indices().nth(60).map(|(at, _)| at);
        self.value = Some(most.map_or_else(|| value.to_owned(), |at| format!("{}…", &value[..at])));
        self
    }
}

/// How often a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    pub all: u64,
    /// Of these, rows that were not used.
    pub left_out: u64,
}

/// So many notices of one rule are kept; all are counted.
pub const MOST_KEPT: u64 = 100;

/// The notices of a feed.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Notices {
    /// By rule, errors first.
    pub counts: BTreeMap<Rule, Count>,
    /// The first of each rule, in the order in which they were found.
    pub first: Vec<Notice>,
}

impl Notices {
    /// One more; `make` is asked only while notices of this rule are kept.
    pub(super) fn add(&mut self, rule: Rule, file: &'static str, make: impl FnOnce(Notice) -> Notice) {
        self.push(rule, file, false, make);
    }

    /// One more for which a row is not used.
    pub(super) fn left_out(&mut self, rule: Rule, file: &'static str, make: impl FnOnce(Notice) -> Notice) {
        self.push(rule, file, true, make);
    }

    fn push(&mut self, rule: Rule, file: &'static str, left_out: bool, make: impl FnOnce(Notice) -> Notice) {
        let count = self.counts.entry(rule).or_default();
        count.all += 1;
        count.left_out += u64::from(left_out);
        if count.all <= MOST_KEPT {
            let what = rule.about().to_owned();
            let blank = Notice { rule, file, row: None, line: None, field: None, value: None, what, left_out };
            self.first.push(make(blank));
        }
    }

    /// Counts a row that was not used for what is told of its whole file.
    pub(super) fn row_left_out(&mut self, rule: Rule) {
        self.counts.entry(rule).or_default().left_out += 1;
    }

    /// How often a rule is broken.
    pub fn count(&self, rule: Rule) -> u64 {
        self.counts.get(&rule).map_or(0, |count| count.all)
    }
}
