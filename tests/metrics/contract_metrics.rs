//! What every metric must keep, whatever it measures.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use crate::support::scene::Scene;
use crate::support::scene::rectangle;
use tongda::base::progress::Silent;
use tongda::base::units::KmPerHour;
use tongda::base::units::Limit;
use tongda::base::units::Metres;
use tongda::base::units::Seconds;
use tongda::base::units::Share;
use tongda::base::units::Text;
use tongda::base::units::Weight;
use tongda::impedance::By;
use tongda::impedance::Direction;
use tongda::metrics::Context;
use tongda::metrics::METRICS;
use tongda::metrics::Measure;
use tongda::metrics::MetricError;
use tongda::metrics::Output;
use tongda::metrics::accessibility::Accessibility;
use tongda::metrics::accessibility::Supply;
use tongda::metrics::attribute_share::AttributeShare;
use tongda::metrics::belonging::Kinds;
use tongda::metrics::covered_share::CoveredShare;
use tongda::metrics::decay::Decay;
use tongda::metrics::direct_to_seat;
use tongda::metrics::direct_to_seat::DirectToSeat;
use tongda::metrics::districts::Districts;
use tongda::metrics::equity::Equity;
use tongda::metrics::expected_load::Attraction;
use tongda::metrics::expected_load::ExpectedLoad;
use tongda::metrics::facility_count::FacilityCount;
use tongda::metrics::figure::FigureUnit;
use tongda::metrics::floating_catchment::Method;
use tongda::metrics::hub_reach;
use tongda::metrics::hub_reach::HubReach;
use tongda::metrics::living_circle;
use tongda::metrics::living_circle::LivingCircle;
use tongda::metrics::milestone::Milestone;
use tongda::metrics::nearest::Cost;
use tongda::metrics::nearest::Nearest;
use tongda::metrics::nearest::Statistic;
use tongda::metrics::neighbour_reach::NeighbourReach;
use tongda::metrics::neighbour_reach::Scope;
use tongda::metrics::overlay_share;
use tongda::metrics::overlay_share::Inside;
use tongda::metrics::overlay_share::OverlayShare;
use tongda::metrics::presence::Presence;
use tongda::metrics::reach::Whose;
use tongda::metrics::reachable_within::ReachableWithin;
use tongda::metrics::referral::Referral;
use tongda::metrics::referral::Step;
use tongda::metrics::reported::ReportedValue;
use tongda::metrics::served_share::Order;
use tongda::metrics::served_share::Rule;
use tongda::metrics::served_share::ServedShare;
use tongda::metrics::stop_coverage::Judge;
use tongda::metrics::stop_coverage::StopCoverage;
use tongda::metrics::supply_ratio::SupplyRatio;
use tongda::metrics::unmeasured::Unmeasured;
use tongda::model::district::District;
use tongda::model::district::DistrictLayer;
use tongda::model::place::PlaneXy;
use tongda::model::records::Entry;
use tongda::model::records::Form;
use tongda::model::records::RecordLayer;
use tongda::model::region::Level;
use tongda::model::reported::Reported;
use tongda::model::study::Study;
use tongda::model::surface::Cells;
use tongda::model::surface::Ground;
use tongda::model::surface::Neighbours;
use tongda::model::surface::SurfaceDraft;
use tongda::model::transit::Mode;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::Value;

/// Two counties with a border, a bus across, a clinic in one, and people at 1000 m, 2000 m and at an unknown place.
fn study() -> Study {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .line("L1", Mode::Bus, 5.0, &[(5_000.0, 5_000.0), (15_000.0, 5_000.0)])
        .facility("k1", "clinic", 5_000.0, 5_000.0)
        .people(&[("p1", 6_000.0, 5_000.0, 10), ("p2", 5_000.0, 7_000.0, 20), ("p3", 0.0, 0.0, 30)])
        .build();
    study.demand[0].at[2] = None;
    study.demand[0].home = vec![study.regions.find(Level::County, "A"); 3];
    let county = study.regions.find(Level::County, "A");
    let values = [("rate", None, "80 %"), ("rate", county, "90 %"), ("step", county, "yes")];
    let reported = values.iter().zip(1..).map(|((series, region, value), record)| Reported {
        series: (*series).to_owned(),
        region: *region,
        day: jiff::civil::date(2025, 12, 31),
        day_text: "2025".into(),
        value: (*value).to_owned(),
        source: "bureau".into(),
        record,
        file: "reported.csv".into(),
        synthetic: false,
    });
    study.reported = Some(reported.collect());
    study.districts.push(DistrictLayer {
        name: "wards".into(),
        districts: vec![District {
            record: 1,
            name: "ward".into(),
            facility: Some("k1".into()),
            plane: rectangle(0.0, 0.0, 10_000.0, 10_000.0),
            lonlat: rectangle(0.0, 0.0, 0.1, 0.1),
        }],
        synthetic: false,
    });
    // three plots of 10, 20 and 30 ha: built, not built, not known
    let plot = |record: u64, built: Option<&str>, place| Entry {
        record,
        id: record.to_string(),
        name: record.to_string(),
        home: study.regions.find(Level::County, "A"),
        form: place,
        values: vec![built.map(str::to_owned), Some((record * 10).to_string())],
    };
    let records = vec![
        plot(1, Some("yes"), Some(Form::Point(crate::support::scene::place(1.0, 1.0)))),
        plot(2, Some("no"), None),
        plot(3, None, None),
    ];
    study.records.push(RecordLayer {
        name: "plots".into(),
        fields: vec!["built".into(), "ha".into()],
        records,
        synthetic: false,
    });
    // cells of 100 m over both, at a metre a second
    let cells = Cells { low: PlaneXy { x: 0.0, y: 0.0 }, side_m: 100.0, columns: 200, rows: 100 };
    let draft = SurfaceDraft::new(cells, Ground::Open(KmPerHour(3.6)));
    study.surface = Some(draft.freeze(Neighbours::Sixteen, None, None, Text::new("cells", "网格")));
    study
}

fn covered(within: f64) -> CoveredShare {
    CoveredShare {
        kind: "clinic".into(),
        within: Limit::Length(Metres(within)),
        at_least_facilities: NonZeroU32::MIN,
        by: By::StraightLine,
        direction: Direction::ToFacility,
        demand: None,
        weight: None,
        whose: Whose::Any,
        whose_level: Level::County,
        catchments: None,
    }
}

fn over_cells(within_s: f64) -> CoveredShare {
    CoveredShare { by: By::Surface, within: Limit::Time(Seconds(within_s)), ..covered(0.0) }
}

fn nearest(statistic: Statistic) -> Nearest {
    Nearest {
        kind: "clinic".into(),
        statistic,
        by: By::StraightLine,
        direction: Direction::ToFacility,
        cost: Cost::Length,
        nth: NonZeroU32::MIN,
        demand: None,
        weight: None,
        whose: Whose::Any,
        whose_level: Level::County,
        catchments: None,
    }
}

fn stops(within: f64) -> StopCoverage {
    StopCoverage { within: Some(Limit::Length(Metres(within))), by: By::StraightLine, ..StopCoverage::default() }
}

fn access(method: Method, at_least: Option<f64>) -> Accessibility {
    Accessibility {
        kind: "clinic".into(),
        supply: Supply::Count,
        method,
        decay: Decay::Binary,
        within: Some(Limit::Length(Metres(1000.0))),
        by: By::StraightLine,
        direction: Direction::ToFacility,
        demand: None,
        weight: None,
        whose: Whose::Any,
        whose_level: Level::County,
        per: None,
        tau: None,
        gap: None,
        at_least,
        at_most: None,
    }
}

/// A clinic within 1000 m, and one or a school within 2000 m.
fn circle(figure: living_circle::Statistic, kinds: [&str; 2], by: By) -> LivingCircle {
    let is_regions = figure == living_circle::Statistic::Regions;
    LivingCircle {
        kinds: [1000.0, 2000.0]
            .into_iter()
            .zip([vec!["clinic"], kinds.into()])
            .map(|(within, kinds)| living_circle::Wanted {
                kind: Kinds(kinds.into_iter().map(str::to_owned).collect()),
                within: Limit::Length(Metres(within)),
                by: None,
            })
            .collect(),
        figure,
        level: is_regions.then_some(Level::County),
        at_least: is_regions.then_some(Share(0.5)),
        by,
        direction: Direction::ToFacility,
        demand: None,
        weight: None,
        whose: Whose::Any,
        whose_level: Level::County,
    }
}

/// Within 1000 m of the clinic.
fn overlay(of: overlay_share::Of, figure: overlay_share::Statistic) -> OverlayShare {
    OverlayShare {
        inside: Inside { kind: Some(Kinds(vec!["clinic".into()])), radius: Some(Metres(1000.0)), ..Inside::default() },
        of,
        figure,
        zones: None,
        kind: (of == overlay_share::Of::Facilities).then(|| Kinds(vec!["clinic".into()])),
        demand: None,
        weight: None,
    }
}

fn to_seat(judge: direct_to_seat::Judge) -> DirectToSeat {
    DirectToSeat {
        seat: "clinic".into(),
        level: Level::County,
        within: Limit::Length(Metres(2000.0)),
        seat_within: Limit::Length(Metres(500.0)),
        judge,
        min_trips_per_day: 1.0,
        modes: vec![Mode::Bus],
        by: By::StraightLine,
        demand: None,
        weight: None,
    }
}

fn built(weight: bool) -> AttributeShare {
    AttributeShare {
        records: "plots".into(),
        of: None,
        yes: weight.then(|| "built = yes".into()),
        weight: weight.then(|| "ha".into()),
        done: (!weight).then(|| "ha".into()),
        needed: (!weight).then(|| "ha".into()),
        no_data: Vec::new(),
    }
}

fn all() -> Vec<Measure> {
    vec![
        Measure::AttributeShare(built(true)),
        Measure::AttributeShare(built(false)),
        Measure::DirectToSeat(to_seat(direct_to_seat::Judge::Points)),
        Measure::DirectToSeat(to_seat(direct_to_seat::Judge::Regions)),
        Measure::HubReach(HubReach {
            kind: Kinds(vec!["clinic".into()]),
            within: Metres(30_000.0),
            stop_within: Metres(500.0),
            judge: hub_reach::Judge::Pairs,
            level: Level::County,
            scope: Scope::All,
            min_trips_per_day: 1.0,
            modes: vec![Mode::Bus],
            min_border: Metres(500.0),
            tolerance: Metres(50.0),
        }),
        Measure::OverlayShare(overlay(overlay_share::Of::Area, overlay_share::Statistic::Share)),
        Measure::OverlayShare(overlay(overlay_share::Of::Demand, overlay_share::Statistic::Share)),
        Measure::OverlayShare(overlay(overlay_share::Of::Demand, overlay_share::Statistic::Amount)),
        Measure::LivingCircle(circle(living_circle::Statistic::All, ["clinic", "school"], By::StraightLine)),
        Measure::LivingCircle(circle(living_circle::Statistic::Mean, ["clinic", "school"], By::Surface)),
        Measure::LivingCircle(circle(living_circle::Statistic::Mean, ["school", "nursery"], By::StraightLine)),
        Measure::LivingCircle(circle(living_circle::Statistic::Regions, ["clinic", "school"], By::Geodesic)),
        Measure::NeighbourReach(NeighbourReach::default()),
        Measure::CoveredShare(covered(1000.0)),
        Measure::Nearest(nearest(Statistic::Mean)),
        Measure::CoveredShare(over_cells(1000.0)),
        Measure::Nearest(Nearest { by: By::Surface, cost: Cost::Time, ..nearest(Statistic::Max) }),
        Measure::StopCoverage(stops(1000.0)),
        Measure::StopCoverage(StopCoverage {
            judge: Judge::Regions,
            level: Some(Level::County),
            ..StopCoverage::default()
        }),
        Measure::Accessibility(access(Method::Enhanced, None)),
        Measure::Accessibility(access(Method::Huff, Some(50.0))),
        Measure::Accessibility(Accessibility { by: By::Surface, ..access(Method::Hansen, None) }),
        Measure::Accessibility(access(Method::Availability, None)),
        Measure::Accessibility(Accessibility { at_most: Some(20.0), ..access(Method::Inverted, None) }),
        Measure::Accessibility(Accessibility {
            tau: Some(Limit::Length(Metres(1000.0))),
            at_most: Some(1.5),
            ..access(Method::Agents, None)
        }),
        Measure::ReachableWithin(ReachableWithin {
            centres: "clinic".into(),
            within: Limit::Length(Metres(1000.0)),
            by: vec![By::StraightLine, By::Geodesic, By::Surface],
            direction: Direction::ToFacility,
            at_least: NonZeroU32::MIN,
            demand: None,
            weight: None,
            places: vec!["clinic".into()],
        }),
        Measure::Equity(Equity {
            kind: "clinic".into(),
            statistic: tongda::metrics::equity::Statistic::Gini,
            by: By::StraightLine,
            direction: Direction::ToFacility,
            cost: Cost::Length,
            limit: Some(Limit::Length(Metres(1000.0))),
            demand: None,
            weight: None,
            rank: Some("count".into()),
            whose: Whose::Any,
            whose_level: Level::County,
        }),
        Measure::SupplyRatio(SupplyRatio {
            kind: Kinds(vec!["clinic".into()]),
            supply: Supply::Count,
            per_person: None,
            demand: None,
            weight: None,
            complete_for: None,
        }),
        Measure::Presence(Presence {
            kind: Kinds(vec!["clinic".into()]),
            level: Level::County,
            at_least: NonZeroU32::MIN,
            weight: None,
            demand: None,
            complete_for: None,
        }),
        Measure::FacilityCount(FacilityCount {
            kind: Kinds(vec!["clinic".into()]),
            supply: Supply::Count,
            complete_for: None,
        }),
        Measure::ExpectedLoad(ExpectedLoad {
            kind: "clinic".into(),
            attraction: Attraction::Count,
            exponent: 1.0,
            decay: Decay::Binary,
            within: Some(Limit::Length(Metres(1000.0))),
            per_person: 1.0,
            by: By::StraightLine,
            direction: Direction::ToFacility,
            demand: None,
            weight: None,
            whose: Whose::Any,
            whose_level: Level::County,
        }),
        Measure::Districts(Districts {
            kind: "clinic".into(),
            within: Limit::Length(Metres(1000.0)),
            districts: None,
            by: By::StraightLine,
            direction: Direction::ToFacility,
            demand: None,
            weight: None,
        }),
        Measure::Referral(Referral {
            chain: [1000.0, 10_000.0]
                .map(|within| Step { kind: "clinic".into(), within: Limit::Length(Metres(within)), by: None })
                .into(),
            by: By::StraightLine,
            demand: None,
            weight: None,
            whose: Whose::Any,
            whose_level: Level::County,
        }),
        Measure::Reported(ReportedValue { unit: FigureUnit::Share, series: Some("rate".into()), every_year: None }),
        Measure::Milestone(Milestone { level: Some(Level::County), regions: Vec::new(), series: Some("step".into()) }),
        Measure::Unmeasured(Unmeasured { unit: FigureUnit::Share }),
        Measure::ServedShare(ServedShare {
            kind: "clinic".into(),
            within: Limit::Length(Metres(1000.0)),
            per_person: 1.0,
            rule: Rule::NearestFirst,
            order: Order::File,
            ring: None,
            losses: true,
            flow: None,
            by: By::StraightLine,
            direction: Direction::ToFacility,
            demand: None,
            weight: None,
            whose: Whose::Any,
            whose_level: Level::County,
        }),
    ]
}

fn measure(study: &Study, what: &Measure) -> Result<Output, MetricError> {
    what.metric().measure(&Context {
        study,
        progress: &Silent,
        id: "some-id",
        title: &Text::new("some", "某"),
        over: &[],
        target_share: Some(Share(0.9)),
    })
}

#[test]
fn every_metric_is_under_contract() {
    let mine: BTreeSet<&str> = all().iter().map(|measure| measure.info().id).collect();
    let known: BTreeSet<&str> = METRICS.iter().map(|info| info.id).collect();
    assert_eq!(mine, known);
    for info in METRICS {
        assert!(info.methods.starts_with("# ") && info.methods.len() > 1000, "{}: a methods page is wanted", info.id);
    }
}

#[test]
fn weights_add_up_to_the_last_millionth() {
    let study = study();
    for what in all() {
        let output = measure(&study, &what).unwrap();
        for ledger in &output.weights {
            assert!(ledger.balances(), "{}: {ledger:?}", what.info().id);
            // 60 people, the two counties, or their square metres
            let total = match ledger.unit.as_str() {
                "regions" => 2,
                "m²" => 200_000_000,
                "pairs" => 1,
                _ => 60,
            };
            assert_eq!(ledger.total, Weight::whole(total), "{}", what.info().id);
        }
    }
}

#[test]
fn tables_are_sound() {
    let study = study();
    for what in all() {
        let output = measure(&study, &what).unwrap();
        let names: BTreeSet<&str> = output.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names.len(), output.tables.len(), "names of layers are unique");
        for table in &output.tables {
            assert!(table.name.starts_with("some_id_") && !table.rows.is_empty(), "{}", table.name);
            assert_eq!(table.style.is_some(), table.geometry != GeometryKind::None, "{}", table.name);
            let fields: BTreeSet<&str> = table.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(fields.len(), table.fields.len(), "{}: fields are unique", table.name);
            for row in &table.rows {
                assert_eq!(row.values.len(), table.fields.len(), "{}", table.name);
                assert_eq!(row.geometry.is_some(), table.geometry != GeometryKind::None, "{}", table.name);
                for (value, field) in row.values.iter().zip(&table.fields) {
                    let fits = match (value, field.kind) {
                        (Value::Null, _) => true,
                        (Value::Text(text), FieldKind::Text) => {
                            field.choices.is_empty() || field.choices.iter().any(|(choice, _)| choice == text)
                        }
                        (Value::Int(_), FieldKind::Int | FieldKind::Real) => true,
                        (Value::Real(number), FieldKind::Real) => number.is_finite(),
                        (Value::Bool(_), FieldKind::Bool) => true,
                        _ => false,
                    };
                    assert!(fits, "{}.{}: {value:?} is no {:?}", table.name, field.name, field.kind);
                }
            }
        }
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let study = study();
    for what in all() {
        let (one, two) = (measure(&study, &what).unwrap(), measure(&study, &what).unwrap());
        assert_eq!(format!("{one:?}"), format!("{two:?}"), "{}", what.info().id);
    }
}

#[test]
fn within_includes_the_limit_to_the_millimetre() {
    // p1 is 1000 m from the clinic, p2 2000 m; p3's place is not known and counts in neither part nor whole
    let study = study();
    let cases = [(999.999, 0.0), (1000.0, 10.0), (1000.001, 10.0), (1999.999, 10.0), (2000.0, 30.0), (2000.001, 30.0)];
    for (within, part) in cases {
        // one clinic for the 10 or 30 people in reach: more than 33 per 1000 have all of them
        let shared = Accessibility {
            within: Some(Limit::Length(Metres(within))),
            ..access(Method::TwoStep, Some(1000.0 / 30.0))
        };
        let figure = measure(&study, &Measure::Accessibility(shared)).unwrap().headline;
        assert_eq!((figure.part, figure.whole, figure.unknown), (Some(part), Some(30.0), 30.0), "{within}");
        // the bus stops where the clinic is
        for what in [Measure::CoveredShare(covered(within)), Measure::StopCoverage(stops(within))] {
            let figure = measure(&study, &what).unwrap().headline;
            assert_eq!((figure.part, figure.whole, figure.unknown), (Some(part), Some(30.0), 30.0), "{what:?}");
        }
    }
}

#[test]
fn within_includes_the_limit_over_a_surface_too() {
    // all three are at the south-west corner of their cell, 50 √2 m from its middle, which is walked at both ends; ten cells east to p1, twenty
    // north to p2, a metre a second
    let study = study();
    let legs = 100.0 * 2.0_f64.sqrt();
    for (within, part) in [(999.999, 0.0), (1000.001, 10.0), (1999.999, 10.0), (2000.001, 30.0)] {
        let output = measure(&study, &Measure::CoveredShare(over_cells(within + legs))).unwrap();
        assert_eq!(
            (output.headline.part, output.headline.whole, output.headline.unknown),
            (Some(part), Some(30.0), 30.0)
        );
    }
    // in the middles of cells to the last bit: the next cell is 100 s away
    let mut study = study;
    study.facilities[0].at.xy = PlaneXy { x: 5_050.0, y: 5_050.0 };
    if let Some(place) = &mut study.demand[0].at[0] {
        place.xy = PlaneXy { x: 5_150.0, y: 5_050.0 };
    }
    for (within, part) in [(99.999, 0.0), (100.0, 10.0)] {
        let output = measure(&study, &Measure::CoveredShare(over_cells(within))).unwrap();
        assert_eq!(output.headline.part, Some(part), "{within}");
    }
}

#[test]
fn distances_are_weighed_by_people_and_leave_the_unknown_out() {
    let study = study();
    // (10 · 1000 m + 20 · 2000 m) / 30
    let mean = measure(&study, &Measure::Nearest(nearest(Statistic::Mean))).unwrap();
    assert_eq!(mean.headline.value, Some(50_000.0 / 30.0));
    assert_eq!(mean.headline.unknown, 30.0);
    // half of 30 people is 15: reached at p2
    let median = measure(&study, &Measure::Nearest(nearest(Statistic::Median))).unwrap();
    assert_eq!(median.headline.value, Some(2000.0));
    let counted = Nearest { weight: Some("count".into()), ..nearest(Statistic::Mean) };
    assert_eq!(measure(&study, &Measure::Nearest(counted)).unwrap().headline.value, Some(1500.0));
}

#[test]
fn points_outside_every_outline_are_not_judged_and_are_told() {
    let mut study = study();
    // p2, 20 people, lies in no region; p3, whose place is not known, may lie anywhere
    study.demand[0].home[1] = None;
    study.demand[0].home[2] = None;
    let output = measure(&study, &Measure::CoveredShare(covered(2000.0))).unwrap();
    assert_eq!((output.headline.part, output.headline.whole, output.headline.unknown), (Some(10.0), Some(10.0), 30.0));
    let told = output.notes.iter().any(|note| note.en.contains("1 of 3 points (20) lie outside all regions"));
    assert!(told, "{:?}", output.notes);
}

#[test]
fn only_facilities_of_another_region_count_when_asked() {
    let mut study = Scene::default()
        .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
        .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
        .facility("near", "clinic", 9_000.0, 5_000.0)
        .facility("across", "clinic", 12_000.0, 5_000.0)
        .people(&[("p", 8_000.0, 5_000.0, 10)])
        .build();
    let (a, b) = (study.regions.find(Level::County, "A"), study.regions.find(Level::County, "B"));
    study.facilities[0].home = a;
    study.facilities[1].home = b;
    study.demand[0].home[0] = a;
    let distance = |whose| {
        let what = Nearest { whose, ..nearest(Statistic::Max) };
        measure(&study, &Measure::Nearest(what)).unwrap().headline.value
    };
    assert_eq!(distance(Whose::Any), Some(1000.0));
    assert_eq!(distance(Whose::SameRegion), Some(1000.0));
    assert_eq!(distance(Whose::OtherRegion), Some(4000.0));
}

#[test]
fn a_region_without_any_service_is_no_data_and_not_zero() {
    // C has no stop at all: its pair is unknown, unless the table claims to be complete there
    let scene = || {
        Scene::default()
            .county("A", rectangle(0.0, 0.0, 10_000.0, 10_000.0), "c", "P", false)
            .county("B", rectangle(10_000.0, 0.0, 20_000.0, 10_000.0), "c", "P", false)
            .county("C", rectangle(20_000.0, 0.0, 30_000.0, 10_000.0), "c", "P", false)
            .line("L1", Mode::Bus, 5.0, &[(5_000.0, 5_000.0), (15_000.0, 5_000.0)])
            .build()
    };
    let figure = |study: &Study| measure(study, &Measure::NeighbourReach(NeighbourReach::default())).unwrap().headline;
    let unknown = figure(&scene());
    assert_eq!((unknown.part, unknown.whole, unknown.unknown), (Some(1.0), Some(1.0), 1.0));
    assert_eq!(unknown.bounds, Some((0.5, 1.0)));
    let mut complete = scene();
    complete.transit.as_mut().unwrap().complete_for = vec!["C".into()];
    let known = figure(&complete);
    assert_eq!((known.part, known.whole, known.unknown), (Some(1.0), Some(2.0), 0.0));
}

#[test]
fn a_bus_one_way_is_no_connection() {
    let mut study = study();
    study.transit.as_mut().unwrap().services[0].patterns[0].both_ways = false;
    let output = measure(&study, &Measure::NeighbourReach(NeighbourReach::default())).unwrap();
    assert_eq!(output.headline.part, Some(0.0));
    assert!(output.evidence[0].text.en.contains("from A to B only"), "{:?}", output.evidence);
}

#[test]
fn what_is_missing_is_said_with_what_there_is() {
    let study = study();
    let unknown = CoveredShare { kind: "shelter".into(), ..covered(1000.0) };
    let message = measure(&study, &Measure::CoveredShare(unknown)).unwrap_err().to_string();
    assert!(message.contains("shelter") && message.contains("clinic"), "{message}");
    let weight = CoveredShare { weight: Some("villages".into()), ..covered(1000.0) };
    let message = measure(&study, &Measure::CoveredShare(weight)).unwrap_err().to_string();
    assert!(message.contains("villages") && message.contains("count, people"), "{message}");
    let wide = NeighbourReach { tolerance: Metres(125.0), ..NeighbourReach::default() };
    let message = measure(&study, &Measure::NeighbourReach(wide)).unwrap_err().to_string();
    assert!(message.contains("four times"), "{message}");
}
