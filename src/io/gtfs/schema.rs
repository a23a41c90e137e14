//! What the files of a feed hold, column by column (GTFS Schedule Reference, gtfs.org/documentation/schedule/reference).

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    Url,
    Color,
    Time,
    Date,
    /// A whole number that is not below 0.
    Whole,
    /// A whole number above 0.
    Positive,
    /// A number that is not below 0.
    Length,
    Latitude,
    Longitude,
    Zone,
    Language,
    /// A whole number up to here that stands for something.
    Choice(u32),
}

/// What is to be said of a column or a value that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Optional,
    /// It must be there; the row can be used without.
    Required,
    /// It must be there, and a row without it, or with a wrong value, is left out.
    Essential,
    /// It may be missing, and a row with a wrong value is left out.
    Sound,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub need: Need,
}

/// A file.
#[derive(Debug)]
pub(super) struct Spec {
    pub file: &'static str,
    /// What its rows are, as ledgers say it.
    pub records: &'static str,
    pub is_required: bool,
    pub columns: &'static [Column],
}

macro_rules! specs {
    ($($name:ident $file:literal $records:literal $required:literal { $($column:ident $kind:ident$(($limit:literal))? $need:ident,)* })+) => {
        $(pub(super) const $name: Spec = Spec {
            file: $file,
            records: $records,
            is_required: $required,
            columns: &[$(Column { name: stringify!($column), kind: Kind::$kind$(($limit))?, need: Need::$need }),*],
        };)+

        /// Every file that is read.
        pub(super) const FILES: &[Spec] = &[$($name),+];
    };
}

specs! {
    AGENCY "agency.txt" "agencies" true {
        agency_id Text Optional, agency_name Text Required, agency_url Url Required, agency_timezone Zone Required,
        agency_lang Language Optional, agency_phone Text Optional, agency_fare_url Url Optional, agency_email Text Optional,
        cemv_support Choice(2) Optional,
    }
    STOPS "stops.txt" "stops" true {
        stop_id Text Essential, stop_code Text Optional, stop_name Text Optional, tts_stop_name Text Optional, stop_desc Text Optional,
        stop_lat Latitude Sound, stop_lon Longitude Sound, zone_id Text Optional, stop_url Url Optional,
        location_type Choice(4) Sound, parent_station Text Optional, stop_timezone Zone Optional,
        wheelchair_boarding Choice(2) Optional, level_id Text Optional, platform_code Text Optional, stop_access Choice(1) Optional,
    }
    ROUTES "routes.txt" "routes" true {
        route_id Text Essential, agency_id Text Optional, route_short_name Text Optional, route_long_name Text Optional,
        route_desc Text Optional, route_type Whole Essential, route_url Url Optional, route_color Color Optional,
        route_text_color Color Optional, route_sort_order Whole Optional, continuous_pickup Choice(3) Optional,
        continuous_drop_off Choice(3) Optional, network_id Text Optional, cemv_support Choice(2) Optional,
    }
    CALENDAR "calendar.txt" "services" false {
        service_id Text Essential, monday Choice(1) Essential, tuesday Choice(1) Essential, wednesday Choice(1) Essential,
        thursday Choice(1) Essential, friday Choice(1) Essential, saturday Choice(1) Essential, sunday Choice(1) Essential,
        start_date Date Essential, end_date Date Essential,
    }
    CALENDAR_DATES "calendar_dates.txt" "exceptions of services" false {
        service_id Text Essential, date Date Essential, exception_type Whole Essential,
    }
    SHAPES "shapes.txt" "points of shapes" false {
        shape_id Text Essential, shape_pt_lat Latitude Essential, shape_pt_lon Longitude Essential, shape_pt_sequence Whole Essential,
        shape_dist_traveled Length Optional,
    }
    TRIPS "trips.txt" "trips" true {
        route_id Text Essential, service_id Text Essential, trip_id Text Essential, trip_headsign Text Optional,
        trip_short_name Text Optional, direction_id Choice(1) Optional, block_id Text Optional, shape_id Text Optional,
        wheelchair_accessible Choice(2) Optional, bikes_allowed Choice(2) Optional, cars_allowed Choice(2) Optional,
    }
    STOP_TIMES "stop_times.txt" "calls at stops" true {
        trip_id Text Essential, arrival_time Time Optional, departure_time Time Optional, stop_id Text Optional,
        stop_sequence Whole Essential, pickup_type Choice(3) Optional, drop_off_type Choice(3) Optional,
        shape_dist_traveled Length Optional, timepoint Choice(1) Optional, stop_headsign Text Optional,
        continuous_pickup Choice(3) Optional, continuous_drop_off Choice(3) Optional, location_group_id Text Optional,
        location_id Text Optional, start_pickup_drop_off_window Time Optional, end_pickup_drop_off_window Time Optional,
        start_pickup_dropoff_window Text Optional, end_pickup_dropoff_window Text Optional,
        pickup_booking_rule_id Text Optional, drop_off_booking_rule_id Text Optional,
    }
    FREQUENCIES "frequencies.txt" "headways" false {
        trip_id Text Essential, start_time Time Essential, end_time Time Essential, headway_secs Positive Essential,
        exact_times Choice(1) Sound,
    }
    TRANSFERS "transfers.txt" "transfers" false {
        from_stop_id Text Optional, to_stop_id Text Optional, from_route_id Text Optional, to_route_id Text Optional,
        from_trip_id Text Optional, to_trip_id Text Optional, transfer_type Choice(5) Sound, min_transfer_time Whole Sound,
    }
    FEED_INFO "feed_info.txt" "lines on the feed" false {
        feed_publisher_name Text Required, feed_publisher_url Url Required, feed_lang Language Required, default_lang Language Optional,
        feed_start_date Date Optional, feed_end_date Date Optional, feed_version Text Optional, feed_contact_email Text Optional,
        feed_contact_url Url Optional,
    }
    TRANSLATIONS "translations.txt" "translations" false {
        table_name Text Essential, field_name Text Essential, language Language Essential, translation Text Essential,
        record_id Text Optional, record_sub_id Text Optional, field_value Text Optional,
    }
}

/// Further files of GTFS, which say nothing that is measured.
pub(super) const NOT_USED: &[&str] = &[
    "areas.txt",
    "attributions.txt",
    "booking_rules.txt",
    "fare_attributes.txt",
    "fare_leg_join_rules.txt",
    "fare_leg_rules.txt",
    "fare_media.txt",
    "fare_products.txt",
    "fare_rules.txt",
    "fare_transfer_rules.txt",
    "levels.txt",
    "location_group_stops.txt",
    "location_groups.txt",
    "locations.geojson",
    "networks.txt",
    "pathways.txt",
    "rider_categories.txt",
    "route_networks.txt",
    "stop_areas.txt",
    "timeframes.txt",
];
