//! Whether totals of regions can be spread as the config says, and figures be compared with those of whole regions.

use crate::config::check::Findings;
use crate::config::check::below;
use crate::config::check::only_cells;
use crate::config::check::reading;
use crate::config::check::unused;
use crate::config::check::wants;
use crate::config::file::DemandFile;
use crate::config::file::IndicatorFile;
use crate::config::file::SpreadFile;
use crate::config::file::WeightsFile;
use crate::config::spans::Step;
use std::collections::BTreeSet;

/// The file by which a demand layer is spread, where it is.
pub(super) fn weights(one: &DemandFile) -> Option<&WeightsFile> {
    match &one.spread {
        Some(SpreadFile::Weights(weights)) => Some(weights),
        Some(SpreadFile::Even) | None => None,
    }
}

/// A demand layer of records.
pub(super) fn demand(one: &DemandFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    if one.cell.is_some_and(|cell| !(cell.0 > 0.0 && cell.0.is_finite())) {
        findings.at(&below(way, "cell"), "a cell has a side", "0 or less", "write for example cell = \"250 m\"");
    }
    if one.spread.is_none() {
        unused(&[("cell", one.cell.is_some())], "nothing is spread", way, findings);
        return;
    }
    let at = below(way, "spread");
    if one.region.is_none() {
        findings.at_key(
            &at,
            "which region each total is of is not said",
            "spread within which region?",
            "add region = \"…\", the field of the region's code",
        );
    }
    if one.people.is_none() && one.groups.is_empty() {
        findings.at_key(
            &at,
            "there are no totals to spread",
            "spread of what?",
            "add people = \"…\", the field of the number of people, or groups = { children = \"…\" }",
        );
    }
    let keys = [
        ("id", one.id.is_some()),
        ("label", one.label.is_some()),
        ("locate", one.locate.is_some()),
        ("x", one.x.is_some()),
        ("y", one.y.is_some()),
        ("wkt", one.wkt.is_some()),
        ("crs", one.crs.is_some()),
        ("datum", one.datum.is_some()),
    ];
    unused(&keys, "the totals of regions are spread, whatever the places of their records", way, findings);
    if let Some(weights) = weights(one) {
        self::file(weights, &at, findings);
    }
}

fn file(one: &WeightsFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    if findings.is_raster(&one.path) {
        only_cells(&one.reading(), "weights", way, findings);
        let keys = [("weight", one.weight.is_some()), ("amount", one.amount.is_some()), ("repair", one.repair)];
        unused(&keys, "the cells of a raster are the weights, or their classes have them", way, findings);
    } else {
        reading(&one.reading(), way, findings);
        unused(&[("classes", !one.classes.is_empty())], "only a raster has classes; name a .tif", way, findings);
        if one.weight.is_some() && one.amount.is_some() {
            findings.at_key(
                &below(way, "amount"),
                "weight and amount exclude each other",
                "the second way to say how many live there",
                "write weight for a density (of a square metre), amount for the whole of a record, e.g. its floor area",
            );
        }
    }
    let at = below(way, "classes");
    for (class, weight) in &one.classes {
        if class.parse::<i64>().is_err() {
            findings.at_key(
                &below(&at, class.as_str()),
                format!("\"{class}\" is no class of a raster"),
                "a whole number is wanted",
                "write the number that stands in the cells, for example \"50\"",
            );
        }
        if !(weight.is_finite() && (0.0..=1e18).contains(weight)) {
            findings.at(
                &below(&at, class.as_str()),
                format!("{weight} is no weight"),
                "below 0, or too large",
                "write how many live on a square metre of it, seen from other classes: 0 where nobody does",
            );
        }
    }
    if !one.classes.is_empty() && one.classes.values().all(|weight| *weight == 0.0) {
        findings.at(&at, "every class has the weight 0", "nobody could live anywhere", "give one class a weight");
    }
}

/// The levels at which an indicator is compared.
pub(super) fn areal_check(one: &IndicatorFile, way: &[Step], findings: &mut Findings<'_, '_>) {
    if wants(&one.measure).demand.is_none() {
        let why = format!("{} weighs no demand points", one.measure.info().id);
        unused(&[("areal-check", !one.areal_check.is_empty())], &why, way, findings);
    }
    let mut seen = BTreeSet::new();
    for (nth, level) in one.areal_check.iter().enumerate() {
        if !seen.insert(*level) {
            findings.at(
                &below(&below(way, "areal-check"), nth),
                format!("level {level} stands twice"),
                "the second one",
                "name each level once",
            );
        }
    }
}
