//! Totals of regions spread over the places in them where people live: dasymetric mapping (Wright 1936).
//!
//! The total of every region and group is kept to the millionth. A total that nothing can be spread over stays, without a place.

mod raster;
mod records;

use std::collections::BTreeMap;

use crate::base::apportion::apportion;
use crate::base::idx::RegionIdx;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::Metres;
use crate::base::units::Share;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::config::plan::DemandSource;
use crate::config::plan::SpreadBy;
use crate::config::plan::SpreadSource;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::source_name;
use crate::ingest::demand::close_weights;
use crate::ingest::ground::Ground;
use crate::ingest::homes::CodesRead;
use crate::ingest::homes::Homes;
use crate::ingest::spread::records::Fields;
use crate::ingest::statistics::How;
use crate::ingest::statistics::TOTAL_ROW;
use crate::model::cutting;
use crate::model::demand::DemandLayer;
use crate::model::demand::Instead;
use crate::model::demand::Spreading;
use crate::model::demand::WeightGroup;
use crate::model::dropped::Lost;
use crate::model::lattice::Lattice;
use crate::model::locate::RegionLocator;
use crate::model::place::Place;
use crate::model::place::PlaneXy;
use crate::model::region::Region;
use crate::model::region::RegionTree;
use crate::model::region::Shape;

/// Pieces that a layer is cut into at most: some 2 GB with the metrics that look at them.
const MOST_PIECES: f64 = 5e6;
/// Reasons for which weights are left out that are no fault of theirs.
const NO_LOSS: [&str; 4] = ["outside-regions", "no-total", "zero-weight", "no-data"];

/// Records of totals as they were read, by columns.
pub(crate) struct Records {
    pub numbers: Vec<u64>,
    /// Codes of regions as they are written.
    pub codes: Vec<Option<String>>,
    pub groups: Vec<WeightGroup>,
    pub synthetic: bool,
}

/// What reading needs beside the files.
pub(crate) struct Around<'a> {
    pub ground: &'a Ground,
    pub homes: &'a Homes<'a>,
    pub max_loss: Share,
    pub progress: &'a dyn Progress,
}

/// The total of one region, by group.
struct Total {
    number: u64,
    /// The code of today, or what stands for one.
    code: String,
    region: Option<RegionIdx>,
    weights: Vec<Weight>,
}

/// What a file of weights came to.
struct Weighed {
    /// By outline.
    sites: Vec<Vec<Site>>,
    /// Metres that a person is off the point at most, as far as the file says where people live.
    off_m: f64,
    account: Account,
}

/// A place in a region, and how many live there, seen from the other places of the region.
struct Site {
    at: Place,
    share: f64,
}

/// Outlines within which totals are spread, in the order of their regions: of the regions themselves, or, where one has none, of the
/// largest regions below it that have.
struct Outlines<'t> {
    shapes: Vec<&'t Shape>,
    /// Which total each is of.
    total: Vec<usize>,
    locator: RegionLocator,
    lattice: Lattice,
}

/// A demand layer with the accounts of its files: the totals, and what they are spread by.
///
/// Points come by total in the order of the file; within a region in the order of the weights. Their ids are the region's code and their
/// number in the region, from 1: `320102001#12`.
/// # Errors
/// [`IngestError::Implausible`] when totals of regions lie within each other, when no region with a total has an outline or a weight, and for
/// cells so small that there are more than 5 million; [`IngestError::TooMuchLost`], and as reading goes.
pub(crate) fn read(
    source: &DemandSource,
    spread: &SpreadSource,
    records: Records,
    mut account: Account,
    around: &Around<'_>,
) -> Result<(DemandLayer, Vec<Account>), IngestError> {
    let names: Vec<String> = records.groups.iter().map(|group| group.name.clone()).collect();
    let mut synthetic = records.synthetic;
    let totals = totals(records, source, around.homes, &mut account);
    account.close_but(around.max_loss, &[TOTAL_ROW])?;
    close_weights(&mut account, &sums(&totals, &names), around.max_loss)?;
    apart(&totals, around.homes.tree(), &account)?;
    let outlines = Outlines::new(&totals, around, &account)?;
    let even = evenly(&outlines, spread, &account)?;
    let mut weighed = match &spread.by {
        SpreadBy::Even => None,
        SpreadBy::Records { source, weight, amount, repair } => {
            let fields = Fields { weight: weight.as_ref(), amount: amount.as_ref(), repair: *repair };
            Some(records::read(source, &fields, spread.cell, &outlines, around)?)
        }
        SpreadBy::Raster { source, classes } => Some(raster::read(source, classes, spread.cell, &outlines, around)?),
    };
    if let Some(weighed) = &mut weighed {
        weighed.account.lose_all(&NO_LOSS, Lost::Spread { layer: source.name.clone() });
        synthetic |= weighed.account.ledger.synthetic;
        if weighed.sites.iter().all(Vec::is_empty) {
            let what = format!("no weight lies in a region with a total of {}", account.ledger.source);
            return Err(IngestError::Implausible { path: weighed.account.ledger.source.clone(), what });
        }
    }
    let even = by_total(even, &outlines, totals.len());
    let layer = |sites: &[Vec<Site>], told: Text| {
        let mut layer = layer(&totals, &names, sites, around.homes);
        layer.name = source.name.clone();
        layer.synthetic = synthetic;
        layer.spreading = Some(Spreading { told, instead: Vec::new() });
        layer
    };
    let evenly = layer(&even, told(&SpreadBy::Even, across(spread.cell)));
    let mut accounts = Vec::new();
    let layer = match weighed {
        None => evenly,
        Some(Weighed { sites, off_m, account }) => {
            accounts.push(account);
            let sites = by_total(sites, &outlines, totals.len());
            let label = Text::new("spread evenly over each region", "在各区域内均匀分布");
            let mut layer = layer(&sites, told(&spread.by, off_m));
            if let Some(spreading) = &mut layer.spreading {
                // nobody reads the names of points that are measured and not shown
                let evenly = DemandLayer { names: Vec::new(), ..evenly };
                spreading.instead.push(Instead { code: "even-spread", label, layer: evenly });
            }
            layer
        }
    };
    let has_outline = |total: usize| outlines.total.contains(&total);
    unplaced(&layer, &totals, &has_outline, spread, &mut account);
    settle(&layer, totals.len(), &mut account);
    accounts.insert(0, account);
    Ok((layer, accounts))
}

/// Totals by region, in the order in which regions come first. Two codes that have become one region are one total.
fn totals(records: Records, source: &DemandSource, homes: &Homes<'_>, account: &mut Account) -> Vec<Total> {
    let mut totals: Vec<Total> = Vec::new();
    let mut of_region: BTreeMap<RegionIdx, usize> = BTreeMap::new();
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut codes_read = CodesRead::default();
    for (at, (number, code)) in records.numbers.into_iter().zip(records.codes).enumerate() {
        let weights = records.groups.iter().map(|group| group.weights[at]);
        let Some(code) = code else {
            let what = "its region is not said; its people stay, their place is not known; write the region's code";
            account.warned("no-code", number, what);
            let code = format!("record {number}");
            totals.push(Total { number, code, region: None, weights: weights.collect() });
            continue;
        };
        let read = homes.read_code(&code, number, &mut codes_read);
        // several places within a region add up; the same region written in two ways does not
        let meant = read.as_ref().map_or(&code, |(code, _)| code).clone();
        let own = match &read {
            Some((_, how)) if *how != How::Within => meant.clone(),
            _ => code.clone(),
        };
        if let Some(first) = seen.get(&own) {
            let what = format!(
                "record {first} is the total of \"{code}\" already, and is used; write where = \"…\" so that each region has one record"
            );
            account.taken_back("duplicate-code", number, what).id = Some(code.clone());
            let home = homes.of_dropped(Some(code), None, None, number, account);
            let names = records.groups.iter().map(|group| group.name.clone());
            let weights = names.zip(weights).chain([("count".to_owned(), Weight::ONE)]).collect();
            account.lose(number, "duplicate-code", home, Lost::Demand { layer: source.name.clone(), weights });
            continue;
        }
        seen.insert(own, number);
        let today = homes.today(meant, number, Some(&code), account);
        let Some(region) = homes.by_code(&today) else {
            let what = format!(
                "no region has the code \"{today}\"; its people stay, their place is not known; write where = \"…\" to leave out what \
                 is not of the study"
            );
            account.warned("unknown-region", number, what).id = Some(code);
            totals.push(Total { number, code: today, region: None, weights: weights.collect() });
            continue;
        };
        match of_region.get(&region) {
            Some(nth) => totals[*nth].weights.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight),
            None => {
                of_region.insert(region, totals.len());
                totals.push(Total { number, code: today, region: Some(region), weights: weights.collect() });
            }
        }
    }
    codes_read.tell(account);
    totals
}

/// The sums of totals by group.
fn sums(totals: &[Total], names: &[String]) -> Vec<WeightGroup> {
    let group = |(nth, name): (usize, &String)| WeightGroup {
        name: name.clone(),
        weights: totals.iter().map(|total| total.weights[nth]).collect(),
    };
    names.iter().enumerate().map(group).collect()
}

/// Refuses totals of regions that lie within each other: their people would count twice.
fn apart(totals: &[Total], tree: &RegionTree, account: &Account) -> Result<(), IngestError> {
    let of_region: BTreeMap<RegionIdx, &Total> =
        totals.iter().filter_map(|total| Some((total.region?, total))).collect();
    for (region, total) in &of_region {
        let above = above(tree, *region).skip(1).find_map(|idx| of_region.get(&idx));
        if let Some(above) = above {
            let what = format!(
                "holds a total of \"{}\" (record {}) and one of \"{}\" within it (record {}), whose people would count twice; write \
                 where = \"…\" so that records of one level are left",
                above.code, above.number, total.code, total.number
            );
            return Err(IngestError::Implausible { path: account.ledger.source.clone(), what });
        }
    }
    Ok(())
}

/// A region and those above it.
fn above(tree: &RegionTree, region: RegionIdx) -> impl Iterator<Item = RegionIdx> {
    std::iter::successors(Some(region), |idx| tree.get(*idx).parent)
}

impl<'t> Outlines<'t> {
    fn new(totals: &[Total], around: &Around<'t>, account: &Account) -> Result<Outlines<'t>, IngestError> {
        let tree = around.homes.tree();
        let of_region: BTreeMap<RegionIdx, usize> =
            totals.iter().enumerate().filter_map(|(nth, total)| Some((total.region?, nth))).collect();
        // the nearest total at or above a region, with no outline in between
        let total_of = |(idx, region): (RegionIdx, &'t Region)| {
            let shape = region.shape.as_ref()?;
            for (nth, up) in above(tree, idx).enumerate() {
                if let Some(total) = of_region.get(&up) {
                    return Some((region, shape, *total));
                }
                if nth > 0 && tree.get(up).shape.is_some() {
                    return None;
                }
            }
            None
        };
        // a region with a total and an outline is cut itself, and not what lies below it
        let is_own = |total: usize, shape: &Shape| {
            let own = totals[total].region.and_then(|idx| tree.get(idx).shape.as_ref());
            own.is_none_or(|own| std::ptr::eq(own, shape))
        };
        let outlined = tree.iter().filter_map(total_of).filter(|(_, shape, total)| is_own(*total, shape));
        let (regions, (shapes, total)): (Vec<&Region>, (Vec<&Shape>, Vec<usize>)) =
            outlined.map(|(region, shape, total)| (region, (shape, total))).unzip();
        let lattice = around.ground.lattice();
        match lattice {
            Some(lattice) if !shapes.is_empty() => {
                let locator = RegionLocator::of_regions(regions);
                Ok(Outlines { shapes, total, locator, lattice })
            }
            _ => Err(IngestError::Implausible {
                path: account.ledger.source.clone(),
                what: {
                    let own = totals.first().map_or("", |total| &total.code);
                    let outlined = tree.iter().find(|(_, region)| region.shape.is_some());
                    let theirs = match outlined {
                        Some((_, region)) => {
                            format!("the regions have codes such as \"{}\" ({})", region.code, region.name)
                        }
                        None => "no region has an outline".to_owned(),
                    };
                    format!(
                        "has no total of a region with an outline, so that nothing can be spread: its codes are such as \"{own}\", {theirs}; look \
                         at the codes, or give regions with outlines"
                    )
                },
            }),
        }
    }

    /// A place of the plane with its degrees.
    fn place(&self, [x, y]: [f64; 2]) -> Place {
        self.lattice.place(PlaneXy { x, y })
    }
}

/// Pieces of the regions themselves, each as heavy as it is large; by outline.
fn evenly(outlines: &Outlines<'_>, spread: &SpreadSource, account: &Account) -> Result<Vec<Vec<Site>>, IngestError> {
    let area: f64 = outlines.shapes.iter().map(|shape| shape.area_m2).sum();
    refuse_too_many(area, spread.cell, &account.ledger.source)?;
    let sites = |shape: &&Shape| {
        let pieces = cutting::pieces(&shape.plane, spread.cell.0);
        pieces.iter().map(|piece| Site { at: outlines.place(piece.at), share: piece.area_m2 }).collect()
    };
    Ok(outlines.shapes.iter().map(sites).collect())
}

/// # Errors
/// [`IngestError::Implausible`] for more cells than can be held.
fn refuse_too_many(area_m2: f64, cell: Metres, path: &str) -> Result<(), IngestError> {
    let count = area_m2 / (cell.0 * cell.0);
    if count <= MOST_PIECES {
        return Ok(());
    }
    let enough = ((area_m2 / MOST_PIECES).sqrt() / 50.0).ceil() * 50.0;
    let what = format!(
        "cells of {cell} cut its regions into some {} pieces, more than {}; write cell = \"{}\" beside spread",
        thousands(count),
        thousands(MOST_PIECES),
        Metres(enough)
    );
    Err(IngestError::Implausible { path: path.to_owned(), what })
}

/// Sites by total instead of by outline.
fn by_total(sites: Vec<Vec<Site>>, outlines: &Outlines<'_>, count: usize) -> Vec<Vec<Site>> {
    let mut by_total: Vec<Vec<Site>> = std::iter::repeat_with(Vec::new).take(count).collect();
    for (sites, total) in sites.into_iter().zip(&outlines.total) {
        by_total[*total].extend(sites);
    }
    by_total
}

/// The points of a layer with their weights. Sites where nobody lives are left out, and keep their number.
fn layer(totals: &[Total], names: &[String], sites: &[Vec<Site>], homes: &Homes<'_>) -> DemandLayer {
    let tree = homes.tree();
    let mut layer = DemandLayer {
        groups: names.iter().map(|name| WeightGroup { name: name.clone(), weights: Vec::new() }).collect(),
        ..DemandLayer::default()
    };
    for (total, sites) in totals.iter().zip(sites) {
        let name = total.region.map_or(&total.code, |region| &tree.get(region).name);
        let shares: Vec<f64> = sites.iter().map(|site| site.share).collect();
        let parts: Option<Vec<Vec<Weight>>> =
            total.weights.iter().map(|weight| apportion(*weight, &shares)).collect::<Option<_>>();
        let is_empty = total.weights.iter().all(|weight| *weight == Weight::ZERO);
        let Some(parts) = parts.filter(|_| !is_empty) else {
            layer.ids.push(total.code.clone());
            layer.names.push(name.clone());
            layer.at.push(None);
            layer.home.push(total.region);
            layer.groups.iter_mut().zip(&total.weights).for_each(|(group, weight)| group.weights.push(*weight));
            continue;
        };
        for (nth, site) in
            sites.iter().enumerate().filter(|(nth, _)| parts.iter().any(|part| part[*nth] > Weight::ZERO))
        {
            layer.ids.push(format!("{}#{}", total.code, nth + 1));
            layer.names.push(format!("{name} #{}", nth + 1));
            layer.at.push(Some(site.at));
            layer.home.push(total.region);
            layer.groups.iter_mut().zip(&parts).for_each(|(group, part)| group.weights.push(part[nth]));
        }
    }
    // a smaller region around the point is its home as long as that lies in the region of the total
    let found = homes.by_place(&layer.at);
    for (home, found) in layer.home.iter_mut().zip(found) {
        if let (Some(own), Some(found)) = (*home, found)
            && above(tree, found).any(|idx| idx == own)
        {
            *home = Some(found);
        }
    }
    layer.groups.push(WeightGroup { name: "count".to_owned(), weights: vec![Weight::ONE; layer.at.len()] });
    layer
}

/// Tells of every total with people that could not be spread.
fn unplaced(
    layer: &DemandLayer,
    totals: &[Total],
    has_outline: &dyn Fn(usize) -> bool,
    spread: &SpreadSource,
    account: &mut Account,
) {
    let of_code: BTreeMap<&str, usize> = totals
        .iter()
        .enumerate()
        .filter(|(_, total)| total.region.is_some())
        .map(|(nth, total)| (total.code.as_str(), nth))
        .collect();
    for at in (0..layer.len()).filter(|at| layer.at[*at].is_none()) {
        let Some(nth) = of_code.get(&*layer.id(at)) else { continue };
        let people: Vec<String> = layer
            .groups
            .iter()
            .filter(|group| group.name != "count" && group.weights[at] > Weight::ZERO)
            .map(|group| format!("{} {}", group.name, group.weights[at]))
            .collect();
        if people.is_empty() {
            continue;
        }
        let (name, code, people) = (layer.point_name(at), &totals[*nth].code, people.join(", "));
        let (reason, what, instead) = match spread.source().filter(|_| has_outline(*nth)) {
            Some(source) => (
                "no-weight-in-region",
                format!("no weight of {} lies in {name} ({code})", source_name(source)),
                "add what is missing to the file, or write spread = \"even\"",
            ),
            None => (
                "no-outline",
                format!("neither {name} ({code}) nor a region below it has an outline"),
                "give it one under study.regions",
            ),
        };
        let what = format!("{what}; its people stay ({people}), their place is not known; {instead}");
        account.warned(reason, totals[*nth].number, what).id = Some(code.clone());
    }
}

/// How a layer is spread, for the reader of a figure.
fn told(by: &SpreadBy, off_m: f64) -> Text {
    let (en, zh) = match by {
        SpreadBy::Even => ("evenly over each region".to_owned(), "在区域内均匀分布".to_owned()),
        SpreadBy::Records { source, weight, amount, .. } => {
            let by = weight.as_ref().or(amount.as_ref()).map_or(String::new(), |field| format!("{field} of "));
            let zh = weight.as_ref().or(amount.as_ref()).map_or(String::new(), |field| format!("的{field}"));
            (format!("by {by}{}", source.shown), format!("按{}{zh}分配", source.shown))
        }
        SpreadBy::Raster { source, classes } if classes.is_empty() => {
            (format!("by the counts of {}", source.shown), format!("按{}的栅格数值分配", source.shown))
        }
        SpreadBy::Raster { source, .. } => {
            (format!("by the classes of {}", source.shown), format!("按{}的地类权重分配", source.shown))
        }
    };
    let (off_en, off_zh) = match Metres(off_m.ceil()) {
        Metres(0.0) => ("people stand at its points".to_owned(), "人位于其点位".to_owned()),
        off => (format!("people stand at most {off} off where it has them"), format!("人距代表点至多{off}")),
    };
    Text::new(format!("totals of regions are spread {en}; {off_en}"), format!("区域总数{zh}；{off_zh}"))
}

/// The longest way across a cell, metres.
fn across(cell: Metres) -> f64 {
    cell.0 * std::f64::consts::SQRT_2
}

/// A note with the sums.
fn settle(layer: &DemandLayer, totals: usize, account: &mut Account) {
    let placed: Vec<bool> = layer.at.iter().map(Option::is_some).collect();
    let sums: Vec<String> = layer
        .groups
        .iter()
        .filter(|group| group.name != "count")
        .map(|group| {
            let sum = |is: bool| -> Weight {
                group.weights.iter().zip(&placed).filter(|(_, placed)| **placed == is).map(|(weight, _)| *weight).sum()
            };
            format!("{}: {} on points, {} without a place", group.name, sum(true), sum(false))
        })
        .collect();
    let points = placed.iter().filter(|placed| **placed).count();
    let what = format!(
        "totals of {} regions became {} points ({}); each total is kept",
        thousands(totals as f64),
        thousands(points as f64),
        sums.join("; ")
    );
    let issue = account.issue(Severity::Note, "spread-sums", what);
    account.issues.push(issue);
}
