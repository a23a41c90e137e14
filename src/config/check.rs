//! Whether what a config says fits together: all findings at once, each at its word.

mod spread;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use jiff::civil::Date;
use toml::value::Datetime;

use crate::base::clock::ServiceTime;
use crate::base::noun::Noun;
use crate::config::error::Finding;
use crate::config::error::suggestion;
use crate::config::file::ConfigFile;
use crate::config::file::DemandFile;
use crate::config::file::FacilitiesFile;
use crate::config::file::GeometryUse;
use crate::config::file::HeightsFile;
use crate::config::file::IndicatorFile;
use crate::config::file::NeedsFile;
use crate::config::file::OneOrMany;
use crate::config::file::OutputFile;
use crate::config::file::Reading;
use crate::config::file::RegionsFile;
use crate::config::file::SurfaceFile;
use crate::config::file::TargetFile;
use crate::config::file::TransitFile;
use crate::config::file::TravelFile;
use crate::config::inputs;
use crate::config::plan::OutputFormat;
use crate::config::plan::Plan;
use crate::config::plan::Weighed;
use crate::config::plan::demand_name;
use crate::config::plan::districts_name;
use crate::config::plan::level_above;
use crate::config::plan::located;
use crate::config::plan::service_date;
use crate::config::profile::ProfileFile;
use crate::config::spans::Spans;
use crate::config::spans::Step;
use crate::config::spans::way;
use crate::impedance::By;
use crate::impedance::times::LONGEST_S;
use crate::indicators::target::Bound;
use crate::indicators::target::HoldsFor;
use crate::indicators::target::Target;
use crate::io::geotiff::is_raster;
use crate::io::raster_file::other_raster;
use crate::io::read::DRIVERS;
use crate::io::read::companions;
use crate::io::read::driver;
use crate::io::read::is_address;
use crate::io::read::is_extract;
use crate::io::read::told;
use crate::metrics::Measure;
use crate::metrics::MetricError;
use crate::metrics::belonging::Kinds;
use crate::metrics::figure::FigureUnit;
use crate::metrics::neighbour_reach::Definition;
use crate::metrics::overlay_share::Of;
use crate::metrics::reach::Whose;
use crate::metrics::reported::EveryYear;
use crate::metrics::reported::ReportedValue;
use crate::model::region::Level;
use crate::model::study::Study;
use crate::table::rule::Rule;

/// Collects findings and finds their places.
struct Findings<'s, 't> {
    spans: &'s Spans<'t>,
    /// What paths are relative to.
    base_dir: &'s Path,
    list: Vec<Finding>,
}

impl Findings<'_, '_> {
    /// Whether a path of the config is a raster; of an archive that is there, what it holds says so.
    fn is_raster(&self, path: &str) -> bool {
        is_raster(&located(self.base_dir, path))
    }

    /// A finding at a value.
    fn at(&mut self, way: &[Step], what: impl Into<String>, label: &str, help: impl Into<String>) {
        let span = self.spans.value(way);
        self.push(span, what.into(), label, help.into());
    }

    /// A finding at a key.
    fn at_key(&mut self, way: &[Step], what: impl Into<String>, label: &str, help: impl Into<String>) {
        let span = self.spans.key(way);
        self.push(span, what.into(), label, help.into());
    }

    fn push(&mut self, span: Option<std::ops::Range<usize>>, what: String, label: &str, help: String) {
        let help = Some(help).filter(|help| !help.is_empty());
        self.list.push(Finding { what, label: label.to_owned(), help, span });
    }
}

fn below(way: &[Step], key: impl Into<Step>) -> Vec<Step> {
    let mut way = way.to_vec();
    way.push(key.into());
    way
}

/// What a metric asks of the study, as far as a config can tell.
#[derive(Default)]
pub(crate) struct Wants<'m> {
    unit: FigureUnit,
    /// Whether it weighs demand points, and by what.
    pub demand: Option<Option<&'m str>>,
    /// The key that names a kind of facility, and the kind.
    pub kinds: Vec<(&'static str, &'m str)>,
    /// The key that names a level, the level, and whether the level needs outlines.
    pub levels: Vec<(&'static str, Level, bool)>,
}

impl Wants<'_> {
    /// Of one that looks at no place.
    fn unit(unit: FigureUnit) -> Self {
        Wants { unit, ..Wants::default() }
    }
}

/// The unit of the figure of a measure.
pub(crate) fn unit(measure: &Measure) -> FigureUnit {
    wants(measure).unit
}

/// The layers of records that a measure reads, and the fields that it asks of each.
pub(crate) fn record_layers(measure: &Measure) -> Vec<(&str, Vec<String>)> {
    match measure {
        Measure::OverlayShare(overlay) => overlay.layers().into_iter().map(|(_, name)| (name, Vec::new())).collect(),
        Measure::AttributeShare(share) => vec![(&share.records, share.fields())],
        _ => Vec::new(),
    }
}

/// Whether a measure looks at stops.
pub(crate) fn asks_stops(measure: &Measure) -> bool {
    match measure {
        Measure::StopCoverage(_) | Measure::HubReach(_) | Measure::DirectToSeat(_) => true,
        Measure::OverlayShare(overlay) => !overlay.inside.stops.is_empty(),
        _ => false,
    }
}

pub(crate) fn wants(measure: &Measure) -> Wants<'_> {
    let whose_level = |whose: Whose, level: Level| match whose {
        Whose::Any => Vec::new(),
        Whose::SameRegion | Whose::OtherRegion => vec![("whose-level", level, false)],
    };
    match measure {
        Measure::NeighbourReach(reach) => Wants {
            unit: FigureUnit::Share,
            demand: None,
            kinds: reach.centre_kind.as_deref().map(|kind| ("centre-kind", kind)).into_iter().collect(),
            levels: vec![("level", reach.level, true)],
        },
        Measure::Nearest(nearest) => Wants {
            unit: FigureUnit::from(nearest.cost.unit()),
            demand: Some(nearest.weight.as_deref()),
            kinds: vec![("kind", &nearest.kind)],
            levels: whose_level(nearest.whose, nearest.whose_level),
        },
        Measure::CoveredShare(covered) => Wants {
            unit: FigureUnit::Share,
            demand: Some(covered.weight.as_deref()),
            kinds: vec![("kind", &covered.kind)],
            levels: whose_level(covered.whose, covered.whose_level),
        },
        Measure::StopCoverage(stops) => Wants {
            unit: FigureUnit::Share,
            demand: stops.asks_demand().then_some(stops.weight.as_deref()),
            kinds: Vec::new(),
            levels: stops.level.map(|level| ("level", level, !stops.asks_demand())).into_iter().collect(),
        },
        Measure::ServedShare(served) => Wants {
            unit: FigureUnit::Share,
            demand: Some(served.weight.as_deref()),
            kinds: vec![("kind", &served.kind)],
            levels: whose_level(served.whose, served.whose_level),
        },
        Measure::ExpectedLoad(expected) => Wants {
            unit: FigureUnit::Share,
            demand: Some(expected.weight.as_deref()),
            kinds: vec![("kind", &expected.kind)],
            levels: whose_level(expected.whose, expected.whose_level),
        },
        Measure::Accessibility(access) => Wants {
            unit: access.unit(),
            demand: Some(access.weight.as_deref()),
            kinds: vec![("kind", &access.kind)],
            levels: whose_level(access.whose, access.whose_level),
        },
        Measure::Equity(equity) => Wants {
            unit: FigureUnit::Share,
            demand: Some(equity.weight.as_deref()),
            kinds: vec![("kind", &equity.kind)],
            levels: whose_level(equity.whose, equity.whose_level),
        },
        Measure::SupplyRatio(ratio) => Wants {
            unit: ratio.unit(),
            demand: Some(ratio.weight.as_deref()),
            kinds: ratio.kind.iter().map(|kind| ("kind", kind)).collect(),
            levels: Vec::new(),
        },
        Measure::Presence(presence) => Wants {
            unit: FigureUnit::Share,
            demand: presence.weight.as_deref().map(Some),
            kinds: presence.kind.iter().map(|kind| ("kind", kind)).collect(),
            levels: vec![("level", presence.level, false)],
        },
        Measure::FacilityCount(count) => Wants {
            unit: FigureUnit::Amount,
            demand: None,
            kinds: count.kind.iter().map(|kind| ("kind", kind)).collect(),
            levels: Vec::new(),
        },
        Measure::Districts(districts) => Wants {
            unit: FigureUnit::Share,
            demand: Some(districts.weight.as_deref()),
            kinds: vec![("kind", &districts.kind)],
            levels: Vec::new(),
        },
        Measure::Referral(referral) => Wants {
            unit: FigureUnit::Share,
            demand: Some(referral.weight.as_deref()),
            kinds: referral.chain.iter().map(|step| ("chain", step.kind.as_str())).collect(),
            levels: whose_level(referral.whose, referral.whose_level),
        },
        Measure::Reported(reported) => Wants::unit(reported.unit),
        Measure::Milestone(milestone) => {
            Wants { levels: milestone.level.iter().map(|level| ("level", *level, false)).collect(), ..Wants::default() }
        }
        Measure::Unmeasured(unmeasured) => Wants::unit(unmeasured.unit),
        Measure::LivingCircle(circle) => Wants {
            unit: FigureUnit::Share,
            demand: Some(circle.weight.as_deref()),
            kinds: circle.kinds.iter().flat_map(|wanted| wanted.kind.iter().map(|kind| ("kinds", kind))).collect(),
            levels: whose_level(circle.whose, circle.whose_level)
                .into_iter()
                .chain(circle.level.map(|level| ("level", level, false)))
                .collect(),
        },
        Measure::OverlayShare(overlay) => Wants {
            unit: overlay.unit(),
            demand: (overlay.of == Of::Demand).then_some(overlay.weight.as_deref()),
            kinds: (overlay.kind.iter().flat_map(Kinds::iter).map(|kind| ("kind", kind)))
                .chain(overlay.inside.kind.iter().flat_map(Kinds::iter).map(|kind| ("inside", kind)))
                .collect(),
            levels: Vec::new(),
        },
        Measure::HubReach(hubs) => Wants {
            unit: FigureUnit::Share,
            demand: None,
            kinds: hubs.kind.iter().map(|kind| ("kind", kind)).collect(),
            levels: vec![("level", hubs.level, true)],
        },
        Measure::AttributeShare(_) => {
            Wants { unit: FigureUnit::Share, demand: None, kinds: Vec::new(), levels: Vec::new() }
        }
        Measure::DirectToSeat(direct) => Wants {
            unit: FigureUnit::Share,
            demand: Some(direct.weight.as_deref()),
            kinds: vec![("seat", &direct.seat)],
            levels: vec![("level", direct.level, false)],
        },
        Measure::ReachableWithin(reachable) => Wants {
            unit: FigureUnit::Share,
            demand: Some(reachable.weight.as_deref()),
            kinds: std::iter::once(("centres", reachable.centres.as_str()))
                .chain(reachable.places.iter().map(|kind| ("places", kind.as_str())))
                .collect(),
            levels: Vec::new(),
        },
    }
}

/// Everything that can be seen without reading the data.
pub(crate) fn file(file: &ConfigFile, spans: &Spans<'_>, base_dir: &Path) -> Vec<Finding> {
    let mut findings = Findings { spans, base_dir, list: Vec::new() };
    study(file, &mut findings);
    if let Some(given) = file.as_of.as_ref().filter(|given| day(given).is_none()) {
        let what = format!("{given} is not a day");
        findings.at(&way!["as-of"], what, "here", "write the date only: 2026-06-30");
    }
    to_be_delivered(file, &mut findings);
    let known: Vec<&str> = file.input.iter().map(|input| input.id.as_str()).collect();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, indicator) in file.indicator.iter().enumerate() {
        let way = way!["indicator", at];
        let id = indicator.id.as_str();
        if let Some(NeedsFile::Inputs(ids)) = &indicator.needs {
            for (nth, id) in ids.iter().enumerate().filter(|(_, id)| !known.contains(&id.as_str())) {
                findings.at(
                    &below(&below(&way, "needs"), nth),
                    format!("no input has the id \"{id}\""),
                    "no such input",
                    suggestion(id, "inputs of this config", &known),
                );
            }
        }
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            findings.at(
                &below(&way, "id"),
                format!("\"{id}\" can not be an id"),
                "layers are named after it",
                "write lower-case letters, digits and hyphens, for example \"bus-reach\"",
            );
        }
        if let Some(first) = seen.insert(id, at) {
            findings.at(
                &below(&way, "id"),
                format!("the id \"{id}\" stands twice"),
                "the second one",
                format!("indicator {} has it already; give each indicator its own id", first + 1),
            );
        }
        measure(file, indicator, &way, &mut findings);
        spread::areal_check(indicator, &way, &mut findings);
        if let Some(given) = &indicator.target {
            judge(&indicator.measure, given, &below(&way, "target"), &mut findings);
        }
    }
    outputs(file, base_dir, &mut findings);
    findings.list
}

/// Inputs are read as they are written, whether their files are there or not; their columns are those that are read.
fn to_be_delivered(file: &ConfigFile, findings: &mut Findings<'_, '_>) {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for (at, input) in file.input.iter().enumerate() {
        let way = way!["input", at];
        if !ids.insert(&input.id) {
            let what = format!("two inputs have the id \"{}\"", input.id);
            findings.at(&below(&way, "id"), what, "the second one", "give each its own id = \"…\"");
        }
        let readings = inputs::readings(input);
        if readings.is_empty() {
            findings.at(
                &below(&way, "id"),
                "how it is to be read is not said",
                "read as what?",
                "add facilities, demand, records, reported or streets = { path = \"…\" }",
            );
        }
        for (key, nth, given) in readings {
            reading(&given, &below(&below(&way, key), nth), findings);
        }
        for (nth, one) in input.facilities.iter().enumerate() {
            kinds(one, &below(&below(&way, "facilities"), nth), findings);
        }
        let read = inputs::columns(input, file);
        let told: BTreeSet<String> = input.columns.iter().map(|one| one.name.clone()).collect();
        // a file with geometries of its own needs no column
        for name in read.difference(&told) {
            findings.at(
                &below(&way, "columns"),
                format!("the column \"{name}\" is read and not listed"),
                "one is missing",
                format!("add {{ name = \"{name}\", holds = {{ en = \"…\", zh = \"…\" }}, example = \"…\" }}"),
            );
        }
        for (nth, one) in input.columns.iter().enumerate().filter(|(_, one)| !read.contains(&one.name)) {
            findings.at(
                &below(&below(&way, "columns"), nth),
                format!("nothing reads the column \"{}\"", one.name),
                "not read",
                format!("columns that are read: {}", read.iter().cloned().collect::<Vec<_>>().join(", ")),
            );
        }
    }
}

/// Whether it is said what facilities are.
fn kinds(one: &FacilitiesFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    for (kind, lines) in &one.kinds {
        if let Err(what) = Rule::new(&lines.0) {
            findings.at(&below(&below(way, "kinds"), kind.as_str()), what, "no condition", "");
        }
    }
    if !one.kinds.is_empty() && (one.kind.is_some() || one.kind_field.is_some()) {
        findings.at_key(
            &below(way, "kinds"),
            "kinds excludes kind and kind-field",
            "the second way to say what they are",
            "leave one of the two out",
        );
    }
    match (&one.kind, &one.kind_field) {
        (Some(_), Some(_)) => findings.at_key(
            &below(way, "kind-field"),
            "kind and kind-field exclude each other",
            "the second way to say what they are",
            "leave one of the two out",
        ),
        (None, None) if one.kinds.is_empty() => findings.at(
            &below(way, "path"),
            "what these facilities are is not said",
            "facilities of which kind?",
            "write kind = \"clinic\", kind-field = \"…\" where a field says it, or kinds = { clinic = \"field = value\" }",
        ),
        _ => {}
    }
}

fn study(file: &ConfigFile, findings: &mut Findings<'_, '_>) {
    let study = &file.study;
    if study.max_loss.is_some_and(|share| share.0 > 1.0) {
        findings.at(&way!["study", "max-loss"], "more than all can not be lost", "above 100 %", "write 0 % to 100 %");
    }
    if study.regions.0.is_empty() {
        findings.at(&way!["study", "regions"], "no regions", "empty", "name at least one file of regions");
    }
    for (at, one) in study.regions.iter().enumerate() {
        let way = way!["study", "regions", at];
        reading(&one.reading(), &way, findings);
        regions(one, &way, findings);
    }
    if let Some(one) = &study.code_changes {
        let way = way!["study", "code-changes"];
        reading(&one.reading(), &way, findings);
        let keys = [
            ("x", one.x.is_some()),
            ("y", one.y.is_some()),
            ("wkt", one.wkt.is_some()),
            ("crs", one.crs.is_some()),
            ("datum", one.datum.is_some()),
        ];
        unused(&keys, "a table of codes has no places", &way, findings);
    }
    for level in study.evaluate.keys() {
        let levels: BTreeSet<Level> = study.regions.iter().map(|one| one.level).collect();
        if !levels.contains(level) {
            let listed: Vec<String> = levels.iter().map(Level::to_string).collect();
            findings.at_key(
                &way!["study", "evaluate", level.to_string().as_str()],
                format!("no source has regions of level {level}"),
                "nothing to judge",
                format!("levels with a source: {}", listed.join(", ")),
            );
        }
    }
    for (at, one) in study.facilities.iter().enumerate() {
        let way = way!["study", "facilities", at];
        reading(&one.reading(), &way, findings);
        kinds(one, &way, findings);
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (at, one) in study.records.iter().enumerate() {
        let way = way!["study", "records", at];
        reading(&one.reading(), &way, findings);
        if !names.insert(one.name.as_str()) {
            let what = format!("two layers of records are called \"{}\"", one.name);
            findings.at(&below(&way, "name"), what, "the second one", "give each its own name = \"…\"");
        }
    }
    for (at, one) in study.hazards.iter().enumerate() {
        reading(&one.reading(), &way!["study", "hazards", at], findings);
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (at, one) in study.districts.iter().enumerate() {
        let way = way!["study", "districts", at];
        reading(&one.reading(), &way, findings);
        if !names.insert(districts_name(one)) {
            findings.at(
                &below(&way, if one.name.is_some() { "name" } else { "path" }),
                format!("two kinds of districts are called \"{}\"", districts_name(one)),
                "the second one",
                "give each its own name = \"…\"",
            );
        }
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (at, one) in study.demand.iter().enumerate() {
        let way = way!["study", "demand", at];
        if findings.is_raster(&one.path) {
            raster(one, &way, findings);
        } else {
            reading(&one.reading(), &way, findings);
        }
        if !names.insert(demand_name(one)) {
            findings.at(
                &below(&way, if one.name.is_some() { "name" } else { "path" }),
                format!("two demand layers are called \"{}\"", demand_name(one)),
                "the second one",
                "give each its own name = \"…\"",
            );
        }
        demand(one, &way, findings);
        if !findings.is_raster(&one.path) {
            spread::demand(one, &way, findings);
        }
    }
    if let Some(services) = &study.services {
        let way = way!["study", "services"];
        reading(&services.reading(), &way, findings);
        if services.default_trips_per_day.is_some_and(|trips| !(trips > 0.0 && trips.is_finite())) {
            findings.at(
                &below(&way, "default-trips-per-day"),
                "no number of departures",
                "0 or less",
                "write how often such a line is taken to run a day, for example 10, or leave it out to drop such lines",
            );
        }
    }
    if let Some(transit) = &study.transit {
        self::transit(transit, &way!["study", "transit"], findings);
    }
    if let Some(streets) = &study.streets {
        let way = way!["study", "streets"];
        reading(&streets.reading(), &way, findings);
        if let Some(closures) = &streets.closures {
            reading(&closures.reading(), &below(&way, "closures"), findings);
        }
        if let Some(heights) = &streets.heights {
            self::heights(heights, &below(&way, "heights"), findings);
        }
        rule(streets.closed_where.as_ref(), &below(&way, "closed-where"), findings);
        if streets.join_within.is_some_and(|within| !(within.0 > 0.0 && within.0 <= 20.0)) {
            findings.at(
                &below(&way, "join-within"),
                "lines are joined within more than 0 m and up to 20 m",
                "how near?",
                "write for example join-within = \"0.5 m\", or leave it out",
            );
        }
        if streets.join_within.is_none() {
            unused(&[("level-field", streets.level_field.is_some())], "there is no join-within", &way, findings);
        }
        let is_extract = is_extract(Path::new(&streets.path));
        for (mode, profile) in [("walk", &streets.walk), ("bicycle", &streets.bicycle), ("drive", &streets.drive)] {
            if let Some(profile) = profile {
                self::profile(profile, &below(&way, mode), findings);
            }
            let is_asked = file
                .indicator
                .iter()
                .any(|one| one.measure.metric().by().into_iter().filter_map(By::mode).any(|own| own.id() == mode));
            let has_speed = profile.as_ref().is_some_and(|one| one.speed.is_some() || one.speed_field.is_some());
            if mode == "drive" && is_asked && !is_extract && !has_speed {
                findings.at(
                    &way,
                    "an indicator drives, and nothing says how fast",
                    "no speed for drive",
                    "write drive = { speed = \"40 km/h\" }, or drive = { speed-field = \"…\", oneway = \"…\" }",
                );
            }
        }
    }
    if let Some(one) = &study.surface {
        surface(one, study.streets.is_some(), findings);
    }
    if let Some(travel) = &study.travel {
        self::travel(travel, &way!["study", "travel"], findings);
    }
    if let Some(water) = &study.water {
        reading(&water.reading(), &way!["study", "water"], findings);
    }
}

/// A raster of one thing: `what` it is, in the plural.
fn only_cells(one: &Reading, what: &str, way: &[Step], findings: &mut Findings<'_, '_>) {
    whose_coordinates(one, way, findings);
    let keys = [
        ("x", one.x.is_some()),
        ("y", one.y.is_some()),
        ("wkt", one.wkt.is_some()),
        ("encoding", one.encoding.is_some()),
        ("where", one.filter.is_some()),
        ("bbox", one.bbox.is_some()),
    ];
    unused(&keys, "a raster has cells, not records", way, findings);
    if !findings.is_raster(&one.path) {
        let what = format!("{what} are read from GeoTIFF");
        let help = "write the path of a .tif; other rasters: gdal_translate IN OUT.tif";
        findings.at(&below(way, "path"), what, "no raster", help);
    }
}

fn heights(one: &HeightsFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    only_cells(&one.reading(), "heights", way, findings);
}

fn surface(one: &SurfaceFile, has_streets: bool, findings: &mut Findings<'_, '_>) {
    let way = way!["study", "surface"];
    match (one.uniform, &one.landcover) {
        (None, None) => findings.at(
            &way,
            "the surface has no speed",
            "how fast?",
            "write uniform = \"5 km/h\", or landcover = { path = \"….tif\", speeds = { \"10\" = \"3 km/h\" } }",
        ),
        (Some(_), Some(_)) => findings.at_key(
            &below(&way, "uniform"),
            "uniform and landcover exclude each other",
            "the second way to say how fast",
            "leave one of the two out",
        ),
        _ => {}
    }
    if let Some(classes) = &one.landcover {
        let way = below(&way, "landcover");
        only_cells(&classes.reading(), "classes of land cover", &way, findings);
        let way = below(&way, "speeds");
        if classes.speeds.is_empty() {
            findings.at(&way, "no class has a speed", "nobody could walk", "write for example { \"10\" = \"3 km/h\" }");
        }
        for class in classes.speeds.keys().filter(|class| class.parse::<i64>().is_err()) {
            findings.at_key(
                &below(&way, class.as_str()),
                format!("\"{class}\" is no class of a raster"),
                "a whole number is wanted",
                "write the number that stands in the cells, for example \"10\"",
            );
        }
    }
    let speeds = one.landcover.iter().flat_map(|classes| classes.speeds.values().copied());
    if one.uniform.into_iter().chain(speeds).any(|speed| !(speed.0 > 0.0 && speed.0 <= 1000.0)) {
        let help = "leave classes that nobody walks over out of speeds";
        findings.at(&way, "a speed of nothing, or above 1000 km/h", "how fast?", help);
    }
    if one.cell.is_some_and(|cell| cell.0 <= 0.0) {
        findings.at(&below(&way, "cell"), "a cell has a side", "0 or less", "write for example cell = \"100 m\"");
    }
    if one.neighbours.is_some_and(|count| count != 8 && count != 16) {
        let what = "a cell has 8 or 16 neighbours";
        findings.at(&below(&way, "neighbours"), what, "neither", "write neighbours = 16, or 8");
    }
    if one.streets && !has_streets {
        findings.at_key(
            &below(&way, "streets"),
            "there are no streets to lay over the surface",
            "which streets?",
            "add [study.streets] path = \"….osm.pbf\", layer = \"streets\", or leave streets out",
        );
    }
    if let Some(closures) = &one.closures {
        reading(&closures.reading(), &below(&way, "closures"), findings);
    }
    if let Some(one) = &one.heights {
        heights(one, &below(&way, "heights"), findings);
    }
}

fn travel(travel: &TravelFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    let mut times: Vec<(&str, &String)> = travel.from.iter().map(|text| ("from", text)).collect();
    times.extend(travel.line_hours.iter().flatten().map(|text| ("line-hours", text)));
    for (key, text) in times {
        if let Err(wrong) = text.parse::<ServiceTime>() {
            findings.at(&below(way, key), wrong.to_string(), "no time of day", "");
        }
    }
    let hours = travel.line_hours.as_ref().map(|hours| hours.each_ref().map(|text| text.parse::<ServiceTime>()));
    if let Some([Ok(first), Ok(last)]) = hours
        && first > last
    {
        findings.at(&below(way, "line-hours"), "the last departure is before the first", "which is first?", "");
    }
    let mut wants = |key: &str, is_wrong: bool, what: &str, help: &str| {
        if is_wrong {
            findings.at(&below(way, key), what, "does not fit", help);
        }
    };
    let is_window = |seconds: f64| (60.0..=86_400.0).contains(&seconds) && seconds % 60.0 == 0.0;
    wants(
        "window",
        travel.window.is_some_and(|window| !is_window(window.0)),
        "a window is whole minutes, from one to a day",
        "write for example window = \"1 h\"",
    );
    wants(
        "longest",
        travel.longest.is_some_and(|longest| !(longest.0 >= 1.0 && longest.0 <= f64::from(LONGEST_S))),
        "the longest time is more than nothing and at most 18 h",
        "write for example longest = \"2 h\"",
    );
    wants(
        "change",
        travel.change.is_some_and(|change| change.0 > 86_400.0),
        "a change takes at most a day",
        "write for example change = \"2 min\"",
    );
    wants(
        "percentile",
        travel.percentile.is_some_and(|rank| !(0.0..=100.0).contains(&rank)),
        "a percentile is from 0 to 100",
        "50 is the median",
    );
    for (key, detour) in [("walk-detour", travel.walk_detour), ("line-detour", travel.line_detour)] {
        wants(
            key,
            detour.is_some_and(|detour| !(1.0..=10.0).contains(&detour)),
            "no way is shorter than the straight line",
            "write a number from 1 to 10, for example 1.3",
        );
    }
    for (key, speed) in [("walk-speed", travel.walk_speed), ("line-speed", travel.line_speed)] {
        wants(
            key,
            speed.is_some_and(|speed| !(speed.0 > 0.0 && speed.0 <= 1000.0)),
            "a speed of nothing, or above 1000 km/h",
            "write for example \"5 km/h\"",
        );
    }
    wants(
        "modes",
        travel.modes.as_ref().is_some_and(Vec::is_empty),
        "no mode, so that nothing runs",
        "name one, or leave modes out",
    );
}

fn transit(transit: &TransitFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    if transit.gtfs.0.is_empty() {
        findings.at(&below(way, "gtfs"), "no feeds", "empty", "name at least one GTFS feed, e.g. gtfs = \"feed.zip\"");
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (at, feed) in transit.gtfs.iter().enumerate() {
        let way = below(&below(way, "gtfs"), at);
        if !seen.insert(feed) {
            findings.at(&way, "a feed that is named twice", "the second time", "its trips would count twice");
        }
        let ending = Path::new(feed).extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if ending.as_deref() == Some("txt") {
            let help = "name the ZIP archive or the folder that holds the tables";
            findings.at(&way, "a feed is more than one table", "one table", help);
        }
    }
    if transit.date.as_ref().is_some_and(|date| service_date(date).is_none()) {
        let help = "write a date without quotes and without a time, e.g. date = 2026-03-04";
        findings.at(&below(way, "date"), "the study's day is a date", "no plain date", help);
    }
    for (at, day) in transit.holidays.iter().enumerate().filter(|(_, day)| service_date(day).is_none()) {
        let help =
            format!("write dates without quotes and without a time, e.g. holidays = [2026-10-01] ({day} is none)");
        findings.at(&below(&below(way, "holidays"), at), "a holiday is a date", "no plain date", &help);
    }
}

/// Whether conditions are such.
fn rule(lines: Option<&OneOrMany<String>>, way: &[Step], findings: &mut Findings<'_, '_>) {
    if let Some(Err(what)) = lines.map(|lines| Rule::new(&lines.0)) {
        findings.at(way, what, "no condition", "write for example \"highway = primary|secondary\"");
    }
}

fn profile(profile: &ProfileFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    for (key, lines) in [
        ("where", &profile.filter),
        ("oneway-where", &profile.oneway_where),
        ("both-ways-where", &profile.both_ways_where),
        ("through-where", &profile.through_where),
        ("barred-where", &profile.barred_where),
    ] {
        rule(lines.as_ref(), &below(way, key), findings);
    }
    let lists = [("speeds", &profile.speeds), ("most", &profile.most)];
    for (key, list) in lists {
        for one in list.iter().flatten() {
            rule(Some(&one.filter), &below(way, key), findings);
        }
    }
    let speeds = lists.into_iter().flat_map(|(_, list)| list.iter().flatten().map(|one| one.speed));
    if profile.speed.into_iter().chain(speeds).any(|speed| !(speed.0 > 0.0 && speed.0 <= 1000.0)) {
        findings.at(
            way,
            "a speed of nothing, or above 1000 km/h",
            "how fast?",
            "leave streets that may not be used to where",
        );
    }
}

fn reading(reading: &Reading, way: &[Step], findings: &mut Findings<'_, '_>) {
    let known = driver(Path::new(&reading.path));
    match known.filter(|driver| driver.read.is_some()) {
        _ if findings.is_raster(&reading.path) => findings.at(
            &below(way, "path"),
            "a raster has cells, not records",
            "records are wanted here",
            "rasters are read as demand: demand = { path = \"population.tif\" }",
        ),
        None if known.is_some() => {
            let (name, about) = known.map_or(("", ""), |driver| (driver.name, driver.about));
            findings.at(&below(way, "path"), format!("{name} is not read here"), "which build?", about);
        }
        None if other_raster(&located(findings.base_dir, &reading.path)).is_some() => {
            let what = other_raster(&located(findings.base_dir, &reading.path)).unwrap_or_default();
            findings.at(&below(way, "path"), format!("\"{}\" {what}", reading.path), "no GeoTIFF", "");
        }
        None => {
            let endings: Vec<&str> = DRIVERS
                .iter()
                .filter(|driver| driver.read.is_some())
                .flat_map(|driver| driver.extensions)
                .copied()
                .collect();
            findings.at(
                &below(way, "path"),
                "no format that can be read has this ending",
                "which format?",
                format!("endings that can be read: {}", endings.join(", ")),
            );
        }
        Some(format) => {
            if format.layers.is_none() {
                let why = format!("a {} file is one layer", format.name);
                unused(&[("layer", reading.layer.is_some())], &why, way, findings);
            }
            if !format.takes.place {
                let keys = [("x", reading.x.is_some()), ("y", reading.y.is_some()), ("wkt", reading.wkt.is_some())];
                unused(&keys, &format!("{} has geometries of its own", format.name), way, findings);
            }
            if !format.takes.encoding {
                let why = format!("a {} file says itself how its text is encoded", format.name);
                unused(&[("encoding", reading.encoding.is_some())], &why, way, findings);
            }
        }
    }
    if let Some(lines) = &reading.filter
        && let Err(what) = Rule::new(&lines.0)
    {
        findings.at(&below(way, "where"), what, "no condition", "");
    }
    if let Some([west, south, east, north]) = reading.bbox
        && !(west <= east && south <= north && [west, south, east, north].iter().all(|value| value.is_finite()))
    {
        findings.at(
            &below(way, "bbox"),
            "no rectangle",
            "west, south, east, north",
            "write finite numbers, the smaller of each pair first; of a place across the antimeridian give two sources",
        );
    }
    for (given, missing, here) in [("x", "y", reading.y.is_none()), ("y", "x", reading.x.is_none())] {
        let alone = here && if given == "x" { reading.x.is_some() } else { reading.y.is_some() };
        if alone {
            findings.at_key(
                &below(way, given),
                format!("{given} without {missing}"),
                "half a place",
                format!("add {missing} = \"…\""),
            );
        }
    }
    if reading.wkt.is_some() && (reading.x.is_some() || reading.y.is_some()) {
        findings.at_key(
            &below(way, "wkt"),
            "wkt and x, y exclude each other",
            "the second way to say where it is",
            "leave one of the two out",
        );
    }
    whose_coordinates(reading, way, findings);
}

fn whose_coordinates(reading: &Reading, way: &[Step], findings: &mut Findings<'_, '_>) {
    if let (Some(crs), Some(datum)) = (&reading.crs, reading.datum) {
        findings.at_key(
            &below(way, "datum"),
            "crs and datum exclude each other",
            "the second way to say what the coordinates are",
            format!(
                "write crs = \"{crs}\" for plain coordinates, or datum = \"{}\" for degrees of that datum",
                datum.name()
            ),
        );
    }
}

/// A raster of counts: its cells have no columns, and its groups are rasters.
fn raster(one: &DemandFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    whose_coordinates(&one.reading(), way, findings);
    let keys = [
        ("x", one.x.is_some()),
        ("y", one.y.is_some()),
        ("wkt", one.wkt.is_some()),
        ("encoding", one.encoding.is_some()),
        ("where", one.filter.is_some()),
        ("bbox", one.bbox.is_some()),
        ("id", one.id.is_some()),
        ("label", one.label.is_some()),
        ("people", one.people.is_some()),
        ("region", one.region.is_some()),
        ("class", one.class.is_some()),
        ("locate", one.locate.is_some()),
        ("spread", one.spread.is_some()),
        ("cell", one.cell.is_some()),
    ];
    unused(&keys, "the cells of a raster are the points, and their values the people", way, findings);
    let base_dir = findings.base_dir;
    for (group, path) in one.groups.iter().filter(|(_, path)| !is_raster(&located(base_dir, path))) {
        findings.at(
            &below(&below(way, "groups"), group.as_str()),
            format!("\"{path}\" is no raster"),
            "another raster is wanted",
            "a group of a raster is a raster on the same grid: write the path of a .tif",
        );
    }
}

fn unused(keys: &[(&str, bool)], why: &str, way: &[Step], findings: &mut Findings<'_, '_>) {
    for (key, given) in keys {
        if *given {
            findings.at_key(
                &below(way, *key),
                format!("{key} is not used: {why}"),
                "nothing would use this",
                format!("leave {key} out"),
            );
        }
    }
}

fn regions(one: &RegionsFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    if one.geometry == GeometryUse::None {
        let keys = [
            ("x", one.x.is_some()),
            ("y", one.y.is_some()),
            ("wkt", one.wkt.is_some()),
            ("crs", one.crs.is_some()),
            ("datum", one.datum.is_some()),
            ("repair", one.repair),
        ];
        unused(&keys, "geometry = \"none\"", way, findings);
    } else {
        unused(
            &[("x", one.x.is_some()), ("y", one.y.is_some())],
            "a region needs an outline, a point is none",
            way,
            findings,
        );
    }
    let above = level_above(one.level);
    if one.parent.is_some() && above.is_none() {
        unused(&[("parent", true)], "nothing is above provinces", way, findings);
    }
    if one.parent.is_some() && above.and_then(|above| one.parents.get(&above)).is_some_and(|it| it.code.is_some()) {
        findings.at_key(
            &below(way, "parent"),
            "parent and parents name two fields for the level above",
            "the second one",
            "leave parent out",
        );
    }
    for level in one.parents.keys().filter(|level| **level >= one.level) {
        findings.at_key(
            &below(&below(way, "parents"), level.to_string().as_str()),
            format!("level {level} is not above level {}", one.level),
            "not a region above",
            "name levels above only: province, city, county, township",
        );
    }
}

fn demand(one: &DemandFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    let groups = below(way, "groups");
    for name in one.groups.keys() {
        let help = match name.as_str() {
            "count" => "every layer has it of itself: one a record; leave it out",
            "people" => "write people = \"field\" beside groups",
            _ => continue,
        };
        findings.at_key(
            &below(&groups, name.as_str()),
            format!("a group can not be called \"{name}\""),
            "a name with a meaning of its own",
            help,
        );
    }
    if let Some(locate) = &one.locate {
        reading(&locate.reading(), &below(way, "locate"), findings);
        let keys = [
            ("x", one.x.is_some()),
            ("y", one.y.is_some()),
            ("wkt", one.wkt.is_some()),
            ("crs", one.crs.is_some()),
            ("datum", one.datum.is_some()),
        ];
        unused(&keys, "locate says where the records are", way, findings);
        if one.id.is_none() {
            findings.at_key(
                &below(way, "locate"),
                "locate needs an id to look up",
                "looked up by what?",
                "add id = \"…\", the field whose value stands in the key field of the other file",
            );
        }
    }
}

fn measure(file: &ConfigFile, indicator: &IndicatorFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    let (study, measure) = (&file.study, &indicator.measure);
    let way = below(&below(way, "measure"), measure.info().id);
    if let Err(error) = measure.metric().check() {
        match error {
            MetricError::Parameter { key, what } => findings.at(&below(&way, key), what, "does not fit", ""),
            MetricError::Missing { what, instead } => findings.at_key(&way, what, "asked here", instead),
        }
    }
    if indicator.needs.is_some() {
        // what is missing makes it no data
        return;
    }
    if measure.metric().by().contains(&By::Transit) && study.services.is_none() && study.transit.is_none() {
        findings.at(
            &below(&way, "by"),
            "there is nothing to ride on",
            "needs a timetable or a route table",
            "add transit = { gtfs = \"….zip\" } or services = { path = \"….csv\" } to [study]",
        );
    }
    let wants = wants(measure);
    let by_rule = study.facilities.iter().flat_map(|one| one.kinds.keys().map(String::as_str));
    let declared: Vec<&str> = distinct(study.facilities.iter().filter_map(|one| one.kind.as_deref()).chain(by_rule));
    let only_data_knows = study.facilities.iter().any(|one| one.kind_field.is_some());
    for (key, kind) in &wants.kinds {
        if !declared.contains(kind) && !only_data_knows {
            findings.at(
                &below(&way, *key),
                format!("no facilities of kind \"{kind}\""),
                "no source has this kind",
                suggestion(kind, "kinds with a source", &declared),
            );
        }
    }
    if let Some(weight) = wants.demand {
        weigh(file, measure, weight, &way, findings);
    }
    if let Measure::NeighbourReach(reach) = measure {
        let declared_only = reach.definition == Definition::Declared;
        if declared_only && study.declared_pairs.is_none() {
            findings.at(
                &below(&way, "definition"),
                "definition \"declared\" needs the bureau's ledger of pairs",
                "declared where?",
                "add declared-pairs = \"….csv\" to [study]",
            );
        }
        if !declared_only && study.services.is_none() && study.transit.is_none() {
            let help = if study.declared_pairs.is_some() {
                "add services = { path = \"….csv\" } or transit = { gtfs = \"….zip\" } to [study], or write definition = \"declared\""
            } else {
                "add services = { path = \"….csv\" } or transit = { gtfs = \"….zip\" } to [study]"
            };
            findings.at_key(&way, "there are no services to look at", "needs bus lines", help);
        }
    }
    if let Measure::Districts(asked) = measure {
        let names: Vec<&str> = study.districts.iter().map(districts_name).collect();
        match (asked.districts.as_deref(), &names[..]) {
            (_, []) => findings.at_key(
                &way,
                "there are no districts to look at",
                "needs districts",
                "add districts = { path = \"…\", facility = \"field of the facility's id\" } to [study]",
            ),
            (Some(name), known) if !known.contains(&name) => findings.at(
                &below(&way, "districts"),
                format!("no districts are called \"{name}\""),
                "no such districts",
                suggestion(name, "districts of the study", known),
            ),
            (None, [_, _, ..]) => findings.at_key(
                &way,
                "which districts is not said",
                "whose districts?",
                format!("add districts = \"…\", one of: {}", names.join(", ")),
            ),
            _ => {}
        }
    }
    let layers = match measure {
        Measure::OverlayShare(overlay) => overlay.layers(),
        Measure::AttributeShare(share) => vec![("records", share.records.as_str())],
        _ => Vec::new(),
    };
    let known: Vec<&str> = study.records.iter().map(|one| one.name.as_str()).collect();
    for (key, name) in layers {
        if !known.contains(&name) {
            findings.at(
                &below(&way, key),
                format!("no records are called \"{name}\""),
                "no such records",
                match known.is_empty() {
                    true => format!("add to the config: [[study.records]] name = \"{name}\", path = \"…\""),
                    false => suggestion(name, "records of the study", &known),
                },
            );
        }
    }
    if asks_stops(measure) && study.services.is_none() && study.transit.is_none() {
        let help = "add services = { path = \"….csv\" } or transit = { gtfs = \"….zip\" } to [study]";
        findings.at_key(&way, "there are no stops to look at", "needs bus lines", help);
    }
}

/// Whom a measure weighs, where it weighs demand and the config says so without a doubt.
pub(crate) fn weighed(file: &ConfigFile, measure: &Measure) -> Option<Weighed> {
    let group = wants(measure).demand?.unwrap_or("people").to_owned();
    let layer = match (measure.metric().demand(), &file.study.demand.0[..]) {
        (Some(name), _) => name,
        (None, [only]) => demand_name(only),
        (None, _) => return None,
    };
    Some(Weighed { layer: layer.to_owned(), group })
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    words.collect::<BTreeSet<&str>>().into_iter().collect()
}

fn weigh(file: &ConfigFile, measure: &Measure, weight: Option<&str>, way: &[Step], findings: &mut Findings<'_, '_>) {
    let layers = &file.study.demand;
    let names: Vec<&str> = layers.iter().map(demand_name).collect();
    let layer = match (measure.metric().demand(), &layers.0[..]) {
        (_, []) => {
            findings.at_key(
                way,
                "there is no demand to reach anything",
                "needs demand points",
                "add demand = { path = \"…\", people = \"…\" } to [study]",
            );
            return;
        }
        (Some(name), _) => match layers.iter().find(|one| demand_name(one) == name) {
            Some(layer) => layer,
            None => {
                findings.at(
                    &below(way, "demand"),
                    format!("no demand layer is called \"{name}\""),
                    "no such layer",
                    suggestion(name, "demand layers", &names),
                );
                return;
            }
        },
        (None, [only]) => only,
        (None, _) => {
            findings.at_key(
                way,
                "which demand layer is not said",
                "whose distance?",
                format!("add demand = \"…\", one of: {}", names.join(", ")),
            );
            return;
        }
    };
    let has_people = layer.people.is_some() || findings.is_raster(&layer.path);
    let offered: Vec<&str> = has_people
        .then_some("people")
        .into_iter()
        .chain(layer.groups.keys().map(String::as_str))
        // the points of totals that are spread are pieces of regions: their number says nothing
        .chain(layer.spread.is_none().then_some("count"))
        .collect();
    match weight {
        None if !has_people => findings.at_key(
            way,
            format!("demand layer \"{}\" has no people; say what to weigh by", demand_name(layer)),
            "weighed by what?",
            format!("add weight = \"…\", one of: {}", offered.join(", ")),
        ),
        Some(name) if !offered.contains(&name) => findings.at(
            &below(way, "weight"),
            format!("demand layer \"{}\" has no weight \"{name}\"", demand_name(layer)),
            "no such weight",
            suggestion(name, "weights of this layer", &offered),
        ),
        _ => {}
    }
}

/// The target that a config means.
///
/// # Errors
/// What is wrong, what to write instead, and the key that it is about.
pub(crate) fn target(given: &TargetFile, measure: &Measure) -> Result<Target, (&'static str, String, &'static str)> {
    let bound = match (&given.at_least, &given.at_most) {
        (Some(least), None) => Bound::AtLeast(least.quantity),
        (None, Some(most)) => Bound::AtMost(most.quantity),
        (Some(_), Some(_)) => {
            let help = "leave one of the two out, or write two indicators";
            return Err(("at-most", "at-least and at-most exclude each other".to_owned(), help));
        }
        (None, None) => {
            let help = "write at-least = \"90 %\" or at-most = \"15 km\"";
            return Err(("", "the target has no bound".to_owned(), help));
        }
    };
    let by = match &given.by {
        None => None,
        Some(given) => match day(given) {
            Some(date) => Some(date),
            None => return Err(("by", format!("{given} is not a day"), "write the date only: 2029-12-31")),
        },
    };
    if given.by_is_assumed && by.is_none() {
        let help = "write by = 2029-12-31, or leave by-is-assumed out";
        return Err(("by-is-assumed", "no day is given that could be assumed".to_owned(), help));
    }
    if given.every.is_some() && !matches!(measure, Measure::Reported(_)) {
        let help = "leave every out, or measure.reported = { … } with a value for each year";
        return Err(("every", format!("{} has no values by year", measure.info().id), help));
    }
    match &given.from {
        Some(_) if given.every.is_none() => {
            let help = "add every = \"year\", or leave from out";
            return Err(("from", "from goes with every: it says which years are judged".to_owned(), help));
        }
        Some(from) if day(from).is_none() => {
            return Err(("from", format!("{from} is not a day"), "write the date only: 2024-12-05"));
        }
        _ => {}
    }
    let is_total = match measure {
        Measure::FacilityCount(_) => true,
        Measure::OverlayShare(_) | Measure::Reported(_) => unit(measure) == FigureUnit::Amount,
        _ => false,
    };
    let holds_for = match &given.judge_at.0[..] {
        [] if is_total => HoldsFor::Whole,
        [] => HoldsFor::Everything,
        levels => HoldsFor::Levels(levels.to_vec()),
    };
    let every_year = given.every.is_some();
    Ok(Target { bound, by, by_is_assumed: given.by_is_assumed, origin: given.origin, holds_for, every_year })
}

/// A measure that knows whether its target holds in every year.
pub(crate) fn with_years(measure: &Measure, target: Option<&TargetFile>) -> Measure {
    match (measure, target.filter(|target| target.every.is_some())) {
        (Measure::Reported(reported), Some(target)) => Measure::Reported(ReportedValue {
            every_year: Some(EveryYear {
                lowest_is_worst: target.at_least.is_some(),
                from: target.from.as_ref().and_then(day),
            }),
            ..reported.clone()
        }),
        _ => measure.clone(),
    }
}

/// The day of a date without a time.
pub(crate) fn day(given: &Datetime) -> Option<Date> {
    match (given.date, given.time) {
        (Some(date), None) => Date::new(i16::try_from(date.year).ok()?, date.month as i8, date.day as i8).ok(),
        _ => None,
    }
}

/// What an amount of a metric counts.
fn amount_of(measure: &Measure) -> Noun {
    match measure {
        Measure::OverlayShare(overlay) => overlay.noun(),
        Measure::FacilityCount(count) => count.noun(),
        Measure::Accessibility(access) => access.noun(),
        _ => Noun::units(),
    }
}

fn judge(measure: &Measure, given: &TargetFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    match target(given, measure) {
        Err(("", what, help)) => findings.at_key(way, what, "no bound", help),
        Err((key, what, help)) => findings.at_key(&below(way, key), what, "here", help),
        Ok(target) => {
            let unit = wants(measure).unit;
            let quantity = target.bound.quantity();
            let noun = amount_of(measure);
            let of = given.at_least.iter().chain(&given.at_most).find_map(|bound| bound.of.as_deref());
            let is_other = of.is_some_and(|of| !noun.is_called(of));
            if quantity.unit() != unit || is_other {
                let key = if matches!(target.bound, Bound::AtLeast(_)) { "at-least" } else { "at-most" };
                let (is, example) = match unit {
                    FigureUnit::Share => ("a share", "\"90 %\""),
                    FigureUnit::Metres => ("a length", "\"15 km\""),
                    FigureUnit::Seconds => ("a time", "\"15 min\""),
                    FigureUnit::Rate => ("supply per person", "\"2.5 per 1000\""),
                    FigureUnit::Amount => ("an amount", ""),
                };
                let (is, example) = match unit {
                    FigureUnit::Amount => {
                        let of = if noun == Noun::units() { "supply" } else { &noun.many };
                        let is = format!("an amount of {of}");
                        let own = if noun.is_measured() {
                            "\"30 km²\", \"30 km2\"".to_owned()
                        } else {
                            format!("\"30 {}\"", noun.many)
                        };
                        let units = if noun == Noun::units() { "" } else { ", \"30 units\"" };
                        (is, format!("{own}, \"30 {}\"{units}", noun.zh))
                    }
                    _ => (is.to_owned(), example.to_owned()),
                };
                let written = given.at_least.as_ref().or(given.at_most.as_ref()).map(ToString::to_string);
                findings.at(
                    &below(way, key),
                    format!(
                        "{} gives {is}, which can not be compared with {}",
                        measure.info().id,
                        written.unwrap_or_else(|| quantity.to_string())
                    ),
                    "another unit",
                    format!("write {is}, for example {example}"),
                );
            }
        }
    }
}

/// The format of an output by the ending of its path.
///
/// # Errors
/// The key that is wrong, what is wrong, and what to write instead.
pub(crate) fn output_format(output: &OutputFile) -> Result<OutputFormat, (&'static str, String, String)> {
    let ending = Path::new(&output.path).extension().and_then(|ending| ending.to_str()).unwrap_or("").to_lowercase();
    let no_layer = |format: OutputFormat, what: &str| match output.layer {
        None => Ok(format),
        Some(_) => Err(("layer", format!("layer is not used: {what}"), "leave layer out".to_owned())),
    };
    let writes_layers = |ending: &str| {
        DRIVERS.iter().any(|driver| driver.write.is_some() && driver.extensions.contains(&ending)) && ending != "gpkg"
    };
    let is_whole = ["xlsx", "gpkg"].contains(&ending.as_str()) && output.layer.is_none();
    if output.lang.is_some() && ending != "html" && !is_whole {
        let help =
            "leave lang out; a report, .html, a workbook, .xlsx without a layer, and the maps of a .gpkg have one"
                .to_owned();
        return Err(("lang", "lang is not used: layers and scorecards hold both languages".to_owned(), help));
    }
    let path = Path::new(&output.path);
    if is_address(path) {
        return match (driver(path), &output.layer) {
            (Some(driver), Some(_)) if driver.write.is_some() => Ok(OutputFormat::Layer),
            (Some(driver), None) if driver.write.is_some() => Err((
                "path",
                "which layer is to be written is not said".to_owned(),
                "add layer = \"…\"; a wrong name lists the layers there are".to_owned(),
            )),
            (Some(driver), _) => {
                Err(("path", format!("nothing can be written to {}", driver.name), driver.about.to_owned()))
            }
            (None, _) => Err(("path", "nothing is known that takes such an address".to_owned(), written_endings())),
        };
    }
    match ending.as_str() {
        "gpkg" => no_layer(OutputFormat::GeoPackage, "a GeoPackage holds all layers"),
        "json" => no_layer(OutputFormat::JsonScorecard, "a .json file is the scorecard; a layer goes to .geojson"),
        "html" => no_layer(OutputFormat::Report, "a report draws the layers of every indicator"),
        "csv" if output.layer.is_none() => Ok(OutputFormat::CsvScorecard),
        "xlsx" if output.layer.is_none() => Ok(OutputFormat::Workbook),
        "" => Err(("path", "a path without an ending".to_owned(), written_endings())),
        known if writes_layers(known) && output.layer.is_some() => Ok(OutputFormat::Layer),
        known if writes_layers(known) => Err((
            "path",
            "which layer this file is to hold is not said".to_owned(),
            "add layer = \"…\"; a wrong name lists the layers there are".to_owned(),
        )),
        other => Err(("path", format!("nothing can write \".{other}\""), written_endings())),
    }
}

/// What to write instead of an ending that nothing writes.
fn written_endings() -> String {
    let mut others: Vec<String> = DRIVERS
        .iter()
        .filter(|driver| driver.write.is_some())
        .filter_map(|driver| driver.extensions.first())
        .filter(|ending| **ending != "gpkg")
        .map(|ending| told(ending))
        .collect();
    others.push(".json (the scorecard)".to_owned());
    others.push(".html (the report)".to_owned());
    let last = others.pop().unwrap_or_default();
    format!("write .gpkg (layers and a QGIS project), {} or {last}", others.join(", "))
}

fn outputs(file: &ConfigFile, base_dir: &Path, findings: &mut Findings<'_, '_>) {
    let mut taken: BTreeMap<PathBuf, String> = BTreeMap::new();
    for input in inputs(file, base_dir).into_iter().filter(|input| !is_address(Path::new(input))) {
        let path = plain(&base_dir.join(&input));
        for path in companions(&path).into_iter().chain([path]) {
            taken.insert(path, format!("the input \"{input}\""));
        }
    }
    for (at, output) in file.output.iter().enumerate() {
        let way = way!["output", at];
        if let Err((key, what, help)) = output_format(output) {
            findings.at(&below(&way, key), what, "here", help);
        }
        let mut paths = match is_address(Path::new(&output.path)) {
            // a database holds many tables
            true => vec![PathBuf::from(format!("{} {}", output.path, output.layer.as_deref().unwrap_or_default()))],
            false => vec![plain(&base_dir.join(&output.path))],
        };
        if paths[0].extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gpkg")) {
            paths.push(paths[0].with_extension("qgz"));
        }
        paths.extend(companions(&paths[0]));
        for path in paths {
            let taken_by = taken.insert(path, format!("output {}", at + 1));
            if let Some(other) = taken_by {
                findings.at(
                    &below(&way, "path"),
                    format!("\"{}\" is {other} already", output.path),
                    "would be overwritten",
                    "write to another path",
                );
            }
        }
    }
}

fn inputs(file: &ConfigFile, base_dir: &Path) -> Vec<String> {
    let study = &file.study;
    let mut paths: Vec<String> = study.regions.iter().map(|one| one.path.clone()).collect();
    paths.extend(study.facilities.iter().map(|one| one.path.clone()));
    paths.extend(study.hazards.iter().map(|one| one.path.clone()));
    paths.extend(study.districts.iter().map(|one| one.path.clone()));
    paths.extend(study.records.iter().map(|one| one.path.clone()));
    for one in study.demand.iter() {
        paths.push(one.path.clone());
        paths.extend(one.locate.as_ref().map(|locate| locate.path.clone()));
        paths.extend(spread::weights(one).map(|weights| weights.path.clone()));
        if is_raster(&located(base_dir, &one.path)) {
            paths.extend(one.groups.values().cloned());
        }
    }
    for input in &file.input {
        paths.extend(inputs::readings(input).into_iter().map(|(_, _, reading)| reading.path));
    }
    paths.extend(file.norms.iter().cloned());
    paths.extend(study.code_changes.as_ref().map(|one| one.path.clone()));
    paths.extend(study.services.as_ref().map(|one| one.path.clone()));
    paths.extend(study.transit.iter().flat_map(|one| one.gtfs.iter().cloned()));
    paths.extend(study.streets.as_ref().map(|one| one.path.clone()));
    let closures = study.streets.as_ref().and_then(|one| one.closures.as_ref());
    paths.extend(closures.map(|one| one.path.clone()));
    let heights = study.streets.as_ref().and_then(|one| one.heights.as_ref());
    paths.extend(heights.map(|one| one.path.clone()));
    if let Some(surface) = &study.surface {
        paths.extend(surface.landcover.as_ref().map(|one| one.path.clone()));
        paths.extend(surface.closures.as_ref().map(|one| one.path.clone()));
        paths.extend(surface.heights.as_ref().map(|one| one.path.clone()));
    }
    paths.extend(study.water.as_ref().map(|one| one.path.clone()));
    paths.extend(study.pair_overrides.clone());
    paths.extend(study.declared_pairs.clone());
    paths.extend(study.reported.iter().map(|one| one.path.clone()));
    paths
}

/// The path without `.` and with `..` taken up, without asking the file system.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// What only the data can tell: kinds, levels and codes that are not there.
pub(crate) fn against_study(plan: &Plan, study: &Study, spans: &Spans<'_>) -> Vec<Finding> {
    let mut findings = Findings { spans, base_dir: Path::new(""), list: Vec::new() };
    let excluded = study.excluded.iter().map(|one| one.facility.kind.as_str());
    let kinds = distinct(study.facilities.iter().map(|facility| facility.kind.as_str()).chain(excluded));
    let levels = study.regions.levels();
    let listed: Vec<String> = levels.iter().map(Level::to_string).collect();
    for (level, codes) in &plan.study.evaluate {
        if !study.regions.iter().any(|(_, region)| region.level == *level && codes.holds(&region.code)) {
            findings.at(
                &way!["study", "evaluate", level.to_string().as_str()],
                format!("no region of level {level} has such a code"),
                "judges nothing",
                "look at the codes in the file of regions",
            );
        }
    }
    let services = plan.study.services.as_ref().map(|one| ("services", &one.complete_for));
    let transit = plan.study.transit.as_ref().map(|one| ("transit", &one.complete_for));
    for (key, complete_for) in services.into_iter().chain(transit) {
        for (at, prefix) in complete_for.iter().enumerate() {
            if !study.regions.iter().any(|(_, region)| region.code.starts_with(prefix.as_str())) {
                findings.at(
                    &way!["study", key, "complete-for", at],
                    format!("no region has a code that starts with \"{prefix}\""),
                    "claims nothing",
                    "write the first digits of codes in the file of regions",
                );
            }
        }
    }
    for (at, indicator) in plan.indicators.iter().enumerate().filter(|(_, indicator)| indicator.needs.is_none()) {
        let way = way!["indicator", at];
        for (nth, level) in indicator.over.iter().enumerate().filter(|(_, level)| !levels.contains(level)) {
            findings.at(
                &below(&below(&way, "over"), nth),
                format!("there are no regions of level {level}"),
                "no such regions",
                format!("levels of this study: {}", listed.join(", ")),
            );
        }
        for (nth, level) in indicator.areal_check.iter().enumerate().filter(|(_, level)| !levels.contains(level)) {
            findings.at(
                &below(&below(&way, "areal-check"), nth),
                format!("there are no regions of level {level}"),
                "no such regions",
                format!("levels of this study: {}", listed.join(", ")),
            );
        }
        let wants = wants(&indicator.measure);
        let way = below(&below(&way, "measure"), indicator.measure.info().id);
        // of a living circle a kind that nobody mapped is no data, and no reason to measure nothing
        let is_missing = |(key, kind): &(&str, &str)| *key != "kinds" && !kinds.contains(kind);
        for (key, kind) in wants.kinds.into_iter().filter(is_missing) {
            findings.at(
                &below(&way, key),
                format!("no facility of kind \"{kind}\" was read"),
                "no such facilities",
                suggestion(kind, "kinds that were read", &kinds),
            );
        }
        for (key, level, outlines) in wants.levels {
            let there = study.regions.iter().any(|(_, it)| it.level == level && (!outlines || it.shape.is_some()));
            if !there {
                let what = if outlines { "no regions with outlines" } else { "no regions" };
                findings.at(
                    &below(&way, key),
                    format!("there are {what} of level {level}"),
                    "no such regions",
                    format!("levels of this study: {}", listed.join(", ")),
                );
            }
        }
    }
    findings.list
}
