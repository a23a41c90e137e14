//! Floor 5: from the text that a planner writes to a plan that can be run.

pub(crate) mod check;
pub mod error;
pub mod file;
pub mod inputs;
pub mod norms;
pub mod plan;
pub mod profile;
pub mod scenario;
pub mod scenario_file;
pub mod schema;
pub(crate) mod spans;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

use crate::config::error::ConfigError;
use crate::config::error::Finding;
use crate::config::file::ConfigFile;
use crate::config::plan::Plan;

/// The plan in the config file at `path`; paths in it are relative to its folder.
///
/// # Errors
/// [`ConfigError::Read`] when the file can not be read, [`ConfigError::Invalid`] when what it says can not be meant.
pub fn load(path: &Path) -> Result<Plan, ConfigError> {
    parse(&text_of(path)?, &path.display().to_string(), folder(path))
}

/// The text of the file at `path`.
pub(crate) fn text_of(path: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.display().to_string(), source };
    std::fs::read_to_string(path).map_err(failed)
}

/// The folder that the file at `path` is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The plan in `text`; `name` is what messages call the text, `base_dir` is what its paths are relative to.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong, as far as one thing does not hide another.
pub fn parse(text: &str, name: &str, base_dir: &Path) -> Result<Plan, ConfigError> {
    // an editor's byte order mark is no part of the text
    let text: Arc<str> = text.strip_prefix('\u{FEFF}').unwrap_or(text).into();
    let file: ConfigFile = read(&text).map_err(|findings| error::invalid(name, &text, findings))?;
    plan::resolve(&file, &text, name, base_dir)
}

/// The plan of a config that was put together in memory, checked like one that was written.
///
/// # Errors
/// As [`parse`]; the places shown are in the text that the config would have.
pub fn from_memory(file: &ConfigFile, name: &str, base_dir: &Path) -> Result<Plan, ConfigError> {
    match toml::to_string(file) {
        Ok(text) => parse(&text, name, base_dir),
        Err(reason) => {
            let finding = Finding { what: reason.to_string(), label: String::new(), help: None, span: None };
            Err(error::invalid(name, &Arc::from(""), vec![finding]))
        }
    }
}

/// The text as types; all unknown keys at once, and the first of the other misfits.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Finding>> {
    let mut root = DeTable::parse(text).map_err(|error| {
        vec![Finding {
            what: format!("not valid TOML: {}", error.message()),
            label: "here".to_owned(),
            help: None,
            span: error.span(),
        }]
    })?;
    let mut findings: Vec<Finding> = Vec::new();
    loop {
        let error = match T::deserialize(toml::de::Deserializer::from(root.clone())) {
            Ok(file) if findings.is_empty() => return Ok(file),
            Ok(_) => return Err(findings),
            Err(error) => error,
        };
        let span = error.span();
        findings.push(error::from_serde(error.message(), span.clone()));
        // with the key that was meant, or without the key, the next thing that is wrong comes to light
        let meant = error::meant_key(error.message());
        let mended = match (meant, span) {
            (Some(meant), Some(span)) => mend(root.get_mut(), span.start, meant.as_deref()),
            _ => false,
        };
        if !mended {
            return Err(findings);
        }
    }
}

/// Gives the key that starts at `start`, in the table or below it, the name that was meant, or takes it out.
fn mend(table: &mut DeTable<'_>, start: usize, meant: Option<&str>) -> bool {
    let found = table.keys().find(|key| key.span().start == start).cloned();
    if let Some(key) = found {
        let Some(value) = table.remove(key.get_ref().as_ref()) else { return false };
        if let Some(meant) = meant.filter(|meant| !table.contains_key(*meant)) {
            table.insert(Spanned::new(key.span(), Cow::Owned(meant.to_owned())), value);
        }
        return true;
    }
    table.iter_mut().any(|(_, value)| mend_below(value, start, meant))
}

fn mend_below(value: &mut Spanned<DeValue<'_>>, start: usize, meant: Option<&str>) -> bool {
    match value.get_mut() {
        DeValue::Table(table) => mend(table, start, meant),
        DeValue::Array(list) => list.iter_mut().any(|item| mend_below(item, start, meant)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use miette::GraphicalReportHandler;
    use miette::GraphicalTheme;

    use super::*;
    use crate::base::units::Lang;
    use crate::base::units::Limit;
    use crate::base::units::Metres;
    use crate::config::file::Codes;
    use crate::config::plan::KindPlan;
    use crate::config::plan::OutputFormat;
    use crate::indicators::target::Bound;
    use crate::indicators::target::Quantity;
    use crate::metrics::Measure;
    use crate::model::region::Level;

    const WHOLE: &str = r#"
title = { en = "Jiangsu", zh = "江苏省" }
lang = "zh"
[study]
plane = "EPSG:4549"
max-loss = "5 %"
regions = [
    { path = "counties.geojson", level = "county", code = "adcode", name = "name", parents = { city = { code = "city_adcode", name = "city" }, province = { name = "province" } } },
    { path = "townships.csv", level = "township", parent = "county_adcode", geometry = "none" },
]
evaluate = { county = { starts-with = "32" } }
facilities = [
    { path = "clinics.csv", kind = "clinic", id = "id", x = "lon", y = "lat", datum = "gcj-02", capacity = "doctors" },
    { path = "seats.csv", kind = "township-seat", x = "lon", y = "lat", datum = "wgs-84" },
]
demand = [
    { name = "residents", path = "residents.csv", x = "lon", y = "lat", datum = "wgs-84", people = "people" },
    { name = "townships", path = "townships.csv", id = "code", groups = { villages = "villages" }, locate = { path = "seats.csv", key = "code", x = "lon", y = "lat" } },
]
services = { path = "bus.csv", complete-for = ["32"], columns = { route = "line" } }
[[indicator]]
id = "bus-reach"
title = { en = "Joined by bus", zh = "公交通达" }
cites = "苏政发〔2024〕102号, item 19"
measure.neighbour-reach = { level = "county", min-border = "500 m" }
over = ["county", "city"]
target = { at-least = "90 %", by = 2029-12-31 }
[[indicator]]
id = "clinic-5-km"
measure.covered-share = { kind = "clinic", within = "5 km", demand = "residents" }
[[output]]
path = "../out/jiangsu.gpkg"
[[output]]
path = "../out/pairs.csv"
layer = "pairs"
"#;

    fn parse_here(text: &str) -> Result<Plan, ConfigError> {
        parse(text, "study.toml", Path::new("configs"))
    }

    /// The config with one stretch of its text replaced, and what is wrong then: (line, underlined, what, help).
    fn broken(from: &str, to: &str) -> Vec<(usize, String, String, String)> {
        assert_eq!(WHOLE.matches(from).count(), 1, "{from}");
        let text = WHOLE.replacen(from, to, 1);
        let error = parse_here(&text).expect_err(to);
        let problems = error.problems().iter().map(|problem| {
            let line = problem.position().map_or(0, |(line, _)| line);
            let underlined = problem.underlined().unwrap_or("").to_owned();
            (line, underlined, problem.what.clone(), problem.help.clone().unwrap_or_default())
        });
        problems.collect()
    }

    #[test]
    fn a_whole_config_becomes_a_plan() {
        let plan = parse_here(WHOLE).unwrap();
        assert_eq!((plan.lang, plan.title.zh.as_str()), (Some(Lang::Zh), "江苏省"));
        assert_eq!(plan.study.max_loss.0, 0.05);
        let [counties, townships] = &plan.study.regions[..] else { panic!("two sources") };
        assert_eq!(
            (counties.code.as_str(), counties.source.path.to_str()),
            ("adcode", Some("configs/counties.geojson"))
        );
        assert_eq!(counties.parents[&Level::Province].name.as_deref(), Some("province"));
        assert_eq!(townships.parents[&Level::County].code.as_deref(), Some("county_adcode"));
        assert!(matches!(&plan.study.evaluate[&Level::County], Codes::StartsWith(one) if one.0 == ["32"]));
        assert_eq!(plan.study.facilities[0].kind, KindPlan::All("clinic".into()));
        assert_eq!(plan.study.demand[0].weights(), ["people", "count"]);
        assert_eq!(plan.study.demand[1].weights(), ["villages", "count"]);
        let services = plan.study.services.as_ref().unwrap();
        assert_eq!((services.columns.route(), services.columns.stop()), ("line", "stop"));
        let [bus, clinic] = &plan.indicators[..] else { panic!("two indicators") };
        let target = bus.target.as_ref().unwrap();
        assert_eq!(target.by.map(|day| day.to_string()).as_deref(), Some("2029-12-31"));
        assert!(matches!(target.bound, Bound::AtLeast(Quantity::Share(share)) if share.0 == 0.9));
        assert!(
            matches!(&clinic.measure, Measure::CoveredShare(covered) if covered.within == Limit::Length(Metres(5000.0)))
        );
        assert_eq!(clinic.title.en, "Share within reach of a facility");
        assert_eq!(
            plan.outputs.iter().map(|one| one.format).collect::<Vec<_>>(),
            [OutputFormat::GeoPackage, OutputFormat::Layer]
        );
    }

    #[test]
    fn a_config_put_together_in_memory_is_the_same_plan() {
        let file: ConfigFile = toml::from_str(WHOLE).unwrap();
        let plan = from_memory(&file, "study.toml", Path::new("configs")).unwrap();
        let written = parse_here(WHOLE).unwrap();
        assert_eq!((plan.study, plan.indicators, plan.outputs), (written.study, written.indicators, written.outputs));
    }

    #[test]
    fn every_misfit_underlines_its_word_and_says_what_to_write() {
        // (replace, with) -> (underlined, in the message, in the help)
        let cases = [
            (("capacity =", "capacty ="), ("capacty", "unknown key \"capacty\"", "did you mean \"capacity\"")),
            (("plane =", "plain ="), ("plain", "unknown key", "did you mean \"plane\"")),
            (("min-border =", "min-boarder ="), ("min-boarder", "unknown key", "did you mean \"min-border\"")),
            (("\"500 m\"", "\"500\""), ("\"500\"", "no unit", "")),
            (("\"500 m\"", "500"), ("500", "no unit", "")),
            (("\"500 m\"", "true"), ("true", "not a number with a unit", "500 m")),
            (("\"5 km\"", "\"5 miles\""), ("\"5 miles\"", "unknown unit \"miles\"", "")),
            (("\"90 %\"", "90"), ("90", "no unit", "")),
            (("\"90 %\"", "\"90 km\""), ("\"90 km\"", "gives a share", "write a share")),
            (("2029-12-31", "\"2029-12-31\""), ("\"2029-12-31\"", "not a date", "without quotes")),
            (("2029-12-31", "2029-12-31T10:00:00"), ("by", "is not a day", "the date only")),
            (("at-least = \"90 %\", ", ""), ("target", "no bound", "at-least")),
            (("level = \"township\"", "level = \"town\""), ("\"town\"", "unknown word \"town\"", "township")),
            (("level = \"township\", ", ""), ("{ path = \"townships.csv\"", "\"level\" is missing", "")),
            (("covered-share", "covered-shares"), ("covered-shares", "unknown word", "did you mean \"covered-share\"")),
            (("lang = \"zh\"", "lang = 5"), ("5", "wanted string or table", "")),
            (("zh = \"江苏省\"", "cn = \"江苏省\""), ("{ en", "not a text", "zh = ")),
            (("id = \"bus-reach\"", "id = \"Bus reach\""), ("\"Bus reach\"", "can not be an id", "hyphens")),
            (("id = \"clinic-5-km\"", "id = \"bus-reach\""), ("\"bus-reach\"", "stands twice", "indicator 1")),
            (
                ("covered-share = { kind = \"clinic\"", "covered-share = { kind = \"clinc\""),
                ("\"clinc\"", "no facilities of kind \"clinc\"", "did you mean \"clinic\""),
            ),
            (
                ("demand = \"residents\" }", "demand = \"resident\" }"),
                ("\"resident\"", "no demand layer", "did you mean \"residents\""),
            ),
            (
                ("demand = \"residents\" }", "weight = \"count\" }"),
                ("covered-share", "which demand layer", "townships"),
            ),
            (
                ("demand = \"residents\" }", "demand = \"townships\" }"),
                ("covered-share", "no people", "one of: villages, count"),
            ),
            (
                ("demand = \"residents\" }", "demand = \"townships\", weight = \"village\" }"),
                ("\"village\"", "no weight \"village\"", "did you mean \"villages\""),
            ),
            (
                ("evaluate = { county", "evaluate = { city"),
                ("city", "no source has regions of level city", "county, township"),
            ),
            (("jiangsu.gpkg", "jiangsu.kml"), ("\"../out/jiangsu.kml\"", "nothing can write \".kml\"", ".gpkg")),
            (("jiangsu.gpkg", "jiangsu.shp"), ("\"../out/jiangsu.shp\"", "which layer", "add layer")),
            (("jiangsu.gpkg", "pairs.csv"), ("\"../out/pairs.csv\"", "is output 1 already", "another path")),
            (
                ("../out/jiangsu.gpkg", "../out/x/../../configs/bus.csv"),
                ("\"../out/x/../../configs/bus.csv\"", "is the input \"bus.csv\"", "another path"),
            ),
            (
                ("pairs.csv\"\nlayer = \"pairs\"", "pairs.geojson\""),
                ("\"../out/pairs.geojson\"", "which layer", "layer ="),
            ),
            (
                ("jiangsu.gpkg\"", "jiangsu.gpkg\"\nlayer = \"pairs\""),
                ("\"pairs\"", "layer is not used", "leave layer out"),
            ),
            (
                ("datum = \"gcj-02\"", "datum = \"gcj02\""),
                ("\"gcj02\"", "unknown word \"gcj02\"", "did you mean \"gcj-02\""),
            ),
            (("datum = \"gcj-02\"", "datum = \"gcj-02\", crs = \"EPSG:4326\""), ("datum", "exclude each other", "")),
            (("y = \"lat\", datum = \"gcj-02\"", "datum = \"gcj-02\""), ("x", "x without y", "add y")),
            (("kind = \"township-seat\", ", ""), ("\"seats.csv\"", "is not said", "kind-field")),
            (("\"500 m\" }", "\"500 m\", definition = \"centre\" }"), ("\"centre\"", "marks a centre", "")),
            (("\"500 m\" }", "\"500 m\", definition = \"declared\" }"), ("\"declared\"", "ledger", "declared-pairs")),
            (
                ("services = { path = \"bus.csv\", complete-for = [\"32\"], columns = { route = \"line\" } }", ""),
                ("neighbour-reach", "no services", "services = "),
            ),
            (("path = \"bus.csv\"", "path = \"bus.docx\""), ("\"bus.docx\"", "no format", "csv")),
            (("parents = { city", "x = \"lon\", parents = { city"), ("x", "x is not used: GeoJSON", "leave x out")),
            (("path = \"bus.csv\"", "path = \"bus.csv\", layer = \"a\""), ("layer", "is one layer", "leave layer out")),
            (("max-loss = \"5 %\"", "max-loss = \"105 %\""), ("\"105 %\"", "more than all", "100 %")),
            (("geometry = \"none\"", "geometry = \"none\", repair = true"), ("repair", "not used", "leave repair out")),
            (("groups = { villages", "groups = { count"), ("count", "can not be called \"count\"", "of itself")),
            (("city = { code", "village = { code"), ("village", "not above level county", "")),
        ];
        for ((from, to), (underlined, what, help)) in cases {
            let problems = broken(from, to);
            let (_, at, message, advice) = problems
                .iter()
                .find(|(_, at, message, _)| at.starts_with(underlined) && message.contains(what))
                .or(problems.first())
                .expect("an error has a problem");
            let fits = at.starts_with(underlined) && message.contains(what) && advice.contains(help);
            assert!(fits, "{to}:\n  wanted {underlined:?} {what:?} {help:?}\n  got {problems:?}");
        }
    }

    #[test]
    fn several_problems_are_shown_together_in_the_order_of_the_text() {
        let text = WHOLE.replace("lang =", "tongue =").replace("capacity =", "size =").replace("within =", "withn =");
        let error = parse_here(&text).unwrap_err();
        let underlined: Vec<&str> = error.problems().iter().filter_map(|problem| problem.underlined()).collect();
        assert_eq!(underlined, ["tongue", "size", "withn"], "{error:?}");
        let text = WHOLE.replace("kind = \"clinic\", w", "kind = \"clinik\", w").replace("\"90 %\"", "\"9 km\"");
        let error = parse_here(&text).unwrap_err();
        let underlined: Vec<&str> = error.problems().iter().filter_map(|problem| problem.underlined()).collect();
        assert_eq!(underlined, ["\"9 km\"", "\"clinik\""], "{error:?}");
    }

    #[test]
    fn broken_toml_is_shown_with_line_and_column() {
        let problems = broken("lang = \"zh\"", "lang = \"zh");
        let (line, _, what, _) = &problems[0];
        assert_eq!(*line, 3, "{problems:?}");
        assert!(what.contains("not valid TOML"), "{what}");
        assert!(broken("lang = \"zh\"", "title = \"again\"")[0].2.contains("duplicate key"));
    }

    #[test]
    fn a_diagnostic_underlines_the_word_in_the_text() {
        let error = parse_here(&WHOLE.replace("capacity =", "capacty =")).unwrap_err();
        let mut shown = String::new();
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(120);
        handler.render_report(&mut shown, &error).unwrap();
        assert!(shown.contains("study.toml:13:") && shown.contains("did you mean \"capacity\"?"), "{shown}");
        let line = shown.lines().find(|line| line.contains("┬")).unwrap_or_default();
        assert_eq!(line.matches(['─', '┬']).count(), "capacty".len(), "{shown}");
    }

    #[test]
    fn a_missing_config_is_named() {
        let error = load(Path::new("no/such/study.toml")).unwrap_err();
        assert!(error.to_string().contains("no/such/study.toml"), "{error}");
    }
}
