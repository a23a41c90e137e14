//! The layers of `nearest` and `covered-share`: demand points by distance, regions by share or by distance, and the demand
//! whose place is not known.

use geo_types::Geometry;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Metres;
use crate::base::units::Seconds;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::fixed;
use crate::base::units::four_digits;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::impedance::By;
use crate::impedance::Spread;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Outcome;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::figure::format_value;
use crate::metrics::halo;
use crate::metrics::layer;
use crate::metrics::neighbour_layers::rate_label;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::model::demand::DemandLayer;
use crate::model::demand::WeightGroup;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::excluding;
use crate::table::style::including;
use crate::table::style::palette;

/// Cells of a raster that the point layer holds: more make a map that no one can open, and say no more than the regions do.
pub(crate) const MOST_CELLS: usize = 100_000;
/// Cells of a raster that are listed one by one as evidence.
pub(crate) const MOST_CELL_LINES: usize = 1000;

/// A layer of an indicator without fields and rows yet, described by how distance was measured.
pub(crate) fn blank(reach: &Reach<'_>, context: &Context<'_>, suffix: &str, en: &str, zh: &str) -> Table {
    layer::blank(context, suffix, (en, zh), GeometryKind::None, (reach.caveat(), reach.synthetic))
}

/// To the millimetre or millisecond: finer than any input, and short in files.
pub(crate) fn short(cost: f64) -> f64 {
    (cost * 1000.0).round() / 1000.0
}

/// A unit in English and Chinese, and the ending of names of fields in it.
pub(crate) fn unit_words(unit: CostUnit) -> (&'static str, &'static str, &'static str) {
    match unit {
        CostUnit::Metres => ("m", "米", "m"),
        CostUnit::Seconds => ("s", "秒", "s"),
    }
}

/// Whole and split people of millionths.
pub(crate) fn people(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

/// All layers, those without a row left out. `within` is the limit of a covered share; `nearest` has none.
pub fn tables(reach: &Reach<'_>, context: &Context<'_>, regions: &[RegionFigure], within: Option<Limit>) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| blank(reach, context, suffix, en, zh);
    let target = context.target_share.map(|target| target.0);
    let breaks = breaks(reach, within);
    let mut tables = vec![
        region_table(reach, regions, target, &breaks, make("regions", "by region", "分区结果")),
        point_table(reach, within, &breaks, make("points", "points by distance", "需求点距离")),
        unplaced_table(reach, make("without_place", "demand without a place", "位置未知的需求")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// Three class limits, metres or seconds: half, one and two times the limit of a covered share, or the quartiles of what was found,
/// rounded up to two digits.
fn breaks(reach: &Reach<'_>, within: Option<Limit>) -> [f64; 3] {
    if let Some(limit) = within.map(Limit::value)
        && limit > 0.0
    {
        return [limit / 2.0, limit, limit * 2.0];
    }
    let mut costs: Vec<f64> =
        reach.judged.iter().filter_map(|at| reach.reached(*at).known(None)).map(|(_, cost)| cost).collect();
    costs.sort_by(f64::total_cmp);
    let at = |share: f64| costs.get(((costs.len() as f64 - 1.0) * share) as usize).copied().unwrap_or(0.0);
    let round = |cost: f64| match reach.unit {
        CostUnit::Metres => two_digits(cost),
        CostUnit::Seconds => (cost / 60.0).ceil().max(1.0) * 60.0,
    };
    let mut limits = [round(at(0.25)), round(at(0.5)), round(at(0.75))];
    // classes must not be empty by construction
    limits[1] = limits[1].max(round(limits[0] * 1.1));
    limits[2] = limits[2].max(round(limits[1] * 1.1));
    limits
}

fn two_digits(metres: f64) -> f64 {
    if metres <= 1.0 {
        return 1.0;
    }
    let step = 10f64.powf(metres.log10().floor() - 1.0);
    (metres / step).ceil() * step
}

fn distance_classes(unit: CostUnit, field: &str, limits: &[f64; 3], symbol: &dyn Fn(usize) -> Symbol) -> Vec<Class> {
    let [a, b, c] = *limits;
    let length = |cost: f64| match unit {
        CostUnit::Metres => Metres(cost).to_string(),
        CostUnit::Seconds => Seconds(cost).to_string(),
    };
    vec![
        Class::range(field, None, including(a), same(format!("≤ {}", length(a))), symbol(0)),
        Class::range(field, excluding(a), including(b), same(format!("{} – {}", length(a), length(b))), symbol(1)),
        Class::range(field, excluding(b), including(c), same(format!("{} – {}", length(b), length(c))), symbol(2)),
        Class::range(field, excluding(c), None, same(format!("> {}", length(c))), symbol(3)),
    ]
}

/// The field of the cost, with its titles.
pub(crate) fn cost_field(unit: CostUnit) -> (&'static str, &'static str, &'static str) {
    match unit {
        CostUnit::Metres => ("dist_m", "Distance, m", "距离（米）"),
        CostUnit::Seconds => ("time_s", "Time, s", "时间（秒）"),
    }
}

fn same(text: String) -> Text {
    Text::new(text.clone(), text)
}

pub(crate) fn region_table(
    reach: &Reach<'_>,
    regions: &[RegionFigure],
    target: Option<f64>,
    breaks: &[f64; 3],
    mut table: Table,
) -> Table {
    table.geometry = GeometryKind::MultiPolygon;
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("reached", FieldKind::Real, "Weight within reach", "覆盖量"),
        Field::new("known", FieldKind::Real, "Weight with data", "有数据总量"),
        Field::new("unknown", FieldKind::Real, "Weight without data", "无数据量"),
    ]);
    table.rows = layer::region_rows(reach.study, regions, 1.0, &layer::shares);
    let share = regions.first().is_none_or(|figure| figure.figure.unit == FigureUnit::Share);
    let classes = if share {
        layer::rate_classes("value", target)
    } else {
        // near is dark: much service
        distance_classes(reach.unit, "value", breaks, &|at| layer::region_fill(palette::SEQUENTIAL[4 - at]))
    };
    table.style = Some(layer::region_style(classes, Some("label")));
    table
}

pub(crate) fn figure_label(figure: &Figure) -> Option<String> {
    if let Some(least) = figure.least {
        let sure = Figure {
            value: figure.value.map(|_| least),
            least: None,
            part: Some(least),
            whole: Some(1.0),
            ..figure.clone()
        };
        return figure_label(&sure).map(|label| format!("≥ {label}"));
    }
    // a label has no room for two languages: an amount stands alone, but for a symbol
    let shown = || {
        figure.value.map(|value| match (figure.unit, &figure.counts) {
            (FigureUnit::Amount, Some(noun)) if noun.is_measured() => noun.told(&four_digits(value)).en,
            (FigureUnit::Amount, _) => four_digits(value),
            _ => format_value(value, figure.unit),
        })
    };
    match figure.unit {
        FigureUnit::Share => rate_label(figure).or_else(shown),
        _ => shown(),
    }
}

/// Up to three bounds of classes: the quartiles of what is above 0, cut to three digits.
pub(crate) fn quartiles(mut values: Vec<f64>) -> Vec<f64> {
    values.retain(|value| *value > 0.0);
    values.sort_by(f64::total_cmp);
    let at = |quarter: usize| values.get((values.len().saturating_sub(1)) * quarter / 4).copied();
    let cut = |value: f64| {
        let step = 10f64.powi(value.log10().floor() as i32 - 2);
        let cut = (value / step).floor() * step;
        format!("{cut:.12}").parse().unwrap_or(cut)
    };
    let mut bounds: Vec<f64> = (1..=3).filter_map(at).map(cut).filter(|bound| *bound > 0.0).collect();
    bounds.dedup();
    bounds
}

/// The points of the point layer: all of them; of a raster with more than [`MOST_CELLS`] cells, those out of reach first, and then
/// those with the most weight times distance, in the order of the raster.
pub(crate) fn drawn(reach: &Reach<'_>, within: Option<Limit>) -> Vec<usize> {
    let mut points = reach.judged.clone();
    if !reach.layer.is_grid() || points.len() <= MOST_CELLS {
        return points;
    }
    let rank = |at: usize| match reach.reached(at).known(within.map(Limit::value)) {
        Some((_, cost)) => {
            (within.is_some_and(|limit| !is_within(cost, limit.value())), cost * reach.weight(at).to_f64())
        }
        None => (true, f64::MAX),
    };
    let mut ranked: Vec<((bool, f64), usize)> = points.iter().map(|at| (rank(*at), *at)).collect();
    ranked.sort_by(|(x, x_at), (y, y_at)| y.0.cmp(&x.0).then(y.1.total_cmp(&x.1)).then(x_at.cmp(y_at)));
    points = ranked.into_iter().take(MOST_CELLS).map(|(_, at)| at).collect();
    points.sort_unstable();
    points
}

/// What is known of a point.
const STATES: [(&str, &str, &str); 7] = [
    ("covered", "within the limit", "在限值内"),
    ("uncovered", "beyond the limit", "超出限值"),
    ("measured", "measured", "已测得"),
    ("no-facility", "no facility can be reached", "无可达设施"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("off-streets", "off the streets", "不在路网上"),
    ("no-place", "place not known", "位置未知"),
];

fn state(reached: Reached, within: Option<Limit>) -> &'static str {
    let nth = match (reached, within, reached.known(within.map(Limit::value))) {
        (_, Some(limit), Some((_, cost))) if is_within(cost, limit.value()) => 0,
        (Reached::At(..), Some(_), _) => 1,
        (Reached::NoFacility, Some(_), _) => 1,
        (Reached::At(..), None, _) => 2,
        (Reached::NoFacility, None, _) => 3,
        (Reached::AtMost(_), ..) => 4,
        (Reached::OffStreets, ..) => 5,
        (Reached::NoPlace, ..) => 6,
    };
    STATES[nth].0
}

fn point_table(reach: &Reach<'_>, within: Option<Limit>, breaks: &[f64; 3], mut table: Table) -> Table {
    table.geometry = GeometryKind::Point;
    let (cost_name, cost_en, cost_zh) = cost_field(reach.unit);
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("facility", FieldKind::Text, "Nearest facility", "最近设施"),
        Field::new(cost_name, FieldKind::Real, cost_en, cost_zh),
        Field::new("covered", FieldKind::Bool, "Within the limit", "在限值内"),
        Field::new("state", FieldKind::Text, "State", "状态").with_choices(&STATES),
    ];
    let network = reach.study.streets.iter().find(|network| Some(network.mode) == reach.by.mode());
    if network.is_some() {
        table.fields.push(Field::new("street_m", FieldKind::Real, "Way to the street, m", "至道路距离（米）"));
        table.fields.push(Field::new("edge", FieldKind::Int, "Stretch of street", "路段编号"));
        table.fields.push(Field::new("component", FieldKind::Int, "Part of the network", "路网连通分量"));
    }
    if reach.by == By::Transit {
        table.fields.push(Field::new(
            "most_s",
            FieldKind::Real,
            "Time at most, by the services known, s",
            "时间上限（按已知服务，秒）",
        ));
        for rank in Spread::RANKS {
            table.fields.push(Field::new(
                &format!("p{rank:.0}_s"),
                FieldKind::Int,
                &format!("Percentile {rank:.0} of the window, s"),
                &format!("时段第{rank:.0}百分位（秒）"),
            ));
        }
        table.fields.push(Field::new("journeys", FieldKind::Int, "Journeys in the window", "时段内可选班次"));
    }
    let drawn = drawn(reach, within);
    if drawn.len() < reach.judged.len() {
        let weight = |points: &[usize]| points.iter().map(|at| reach.weight(*at)).sum::<Weight>();
        let (shown, all, part, whole) = (drawn.len(), reach.judged.len(), weight(&drawn), weight(&reach.judged));
        table.description.en.push_str(&format!(
            "; of {all} cells with {whole}, the {shown} that are out of reach or farthest and heaviest are drawn, with {part}"
        ));
        table.description.zh.push_str(&format!(
            "；共 {all} 个单元、合计 {whole}，仅绘制未覆盖或最远且权重最大的 {shown} 个，合计 {part}"
        ));
    }
    for at in &drawn {
        let Some(place) = reach.layer.at[*at] else { continue };
        let reached = reach.reached(*at);
        let (facility, cost) = match reached.known(within.map(Limit::value)) {
            Some((facility, cost)) => (Some(reach.facilities[facility as usize].name.as_str()), Some(cost)),
            None => (None, None),
        };
        let region = reach.layer.home[*at].map(|home| reach.study.regions.get(home).name.as_str());
        table.rows.push(Row {
            geometry: Some(Geometry::Point(place.lonlat.point())),
            values: vec![
                reach.layer.id(*at).as_ref().into(),
                reach.layer.point_name(*at).as_ref().into(),
                region.into(),
                reach.weight(*at).to_f64().into(),
                facility.into(),
                cost.map(short).into(),
                match (within, cost) {
                    (Some(limit), Some(cost)) => Value::Bool(is_within(cost, limit.value())),
                    (Some(_), None) if matches!(reached, Reached::OffStreets | Reached::AtMost(_)) => Value::Null,
                    (Some(_), None) => Value::Bool(false),
                    (None, _) => Value::Null,
                },
                state(reached, within).into(),
            ],
        });
        if let (Some(network), Some(row)) = (network, table.rows.last_mut()) {
            let snap = reach.snaps.get(at);
            row.values.push(snap.map(|snap| short(snap.off_m)).into());
            row.values.push(snap.map_or(Value::Null, |snap| Value::Int(i64::from(snap.edge))));
            row.values.push(snap.map_or(Value::Null, |snap| Value::Int(i64::from(network.component_of(snap.edge)))));
        }
        if let (By::Transit, Some(row)) = (reach.by, table.rows.last_mut()) {
            row.values.push(match reached {
                Reached::At(_, cost) | Reached::AtMost(Some((_, cost))) => Value::Real(cost),
                _ => Value::Null,
            });
            // of a point without services that are known they are no more than bounds
            let spread = reach.spreads.get(at).filter(|_| matches!(reached, Reached::At(..)));
            for nth in 0..Spread::RANKS.len() {
                let seconds = spread.and_then(|spread| spread.seconds[nth]);
                row.values.push(seconds.map_or(Value::Null, |seconds| Value::Int(i64::from(seconds))));
            }
            row.values.push(spread.map_or(Value::Null, |spread| Value::Int(spread.journeys as i64)));
        }
    }
    let marker = |at: usize| Symbol::Marker {
        shape: Shape::Circle,
        color: palette::DISTANCE[at],
        size_mm: [1.3, 1.5, 1.8, 1.9][at],
        outline: "#4d4d4d",
    };
    // those far off above those near, what is not known between
    let mut classes: Vec<Class> = distance_classes(reach.unit, cost_field(reach.unit).0, breaks, &marker)
        .into_iter()
        .zip([0, 0, 2, 2])
        .map(|(class, rank)| class.above(rank))
        .collect();
    let (triangle, circle, x) = (Shape::Triangle, Shape::Circle, Shape::XMark);
    let other = |shape, color, size_mm| Symbol::Marker { shape, color, size_mm, outline: "#4d4d4d" };
    let nowhere = if within.is_some() { STATES[1] } else { STATES[3] };
    classes.extend([
        Class::equals(
            "state",
            nowhere.0,
            Text::new(STATES[3].1, STATES[3].2),
            other(triangle, palette::DISTANCE[3], 2.2),
        )
        .above(2),
        Class::equals("state", STATES[4].0, Text::new(STATES[4].1, STATES[4].2), other(circle, "#d9d9d9", 1.8))
            .above(1),
        Class::equals("state", STATES[5].0, Text::new(STATES[5].1, STATES[5].2), other(x, "#000000", 2.4)).above(1),
    ]);
    table.style = Some(Style { classes, label: None, opacity: 1.0, visible: false, group: Group::Evidence });
    table
}

pub(crate) fn unplaced_table(reach: &Reach<'_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
    ];
    for at in reach.judged.iter().filter(|at| reach.layer.at[**at].is_none()) {
        let region = reach.layer.home[*at].map(|home| reach.study.regions.get(home).name.as_str());
        table.rows.push(Row {
            geometry: None,
            values: vec![
                reach.layer.id(*at).as_ref().into(),
                reach.layer.point_name(*at).as_ref().into(),
                region.into(),
                reach.weight(*at).to_f64().into(),
            ],
        });
    }
    table
}

/// A cost in a sentence, in English and Chinese.
pub(crate) fn told(unit: CostUnit, cost: f64) -> (String, String) {
    match unit {
        CostUnit::Metres => {
            let metres = fixed(cost, 0);
            (format!("{metres} m"), format!(" {metres} 米"))
        }
        CostUnit::Seconds => {
            let minutes = trim_zeros(cost / 60.0, 1);
            (format!("{minutes} min"), format!(" {minutes} 分钟"))
        }
    }
}

/// Why a place is not on the network, in English and Chinese.
pub(crate) fn off_street(why: &OffStreet) -> (String, String) {
    match why {
        OffStreet::Far => (
            "no street is near enough (max-snap); what is reached from there is not known".to_owned(),
            "附近没有道路（max-snap），可达性未知".to_owned(),
        ),
        OffStreet::Island { component_m, .. } => (
            format!(
                "its street is part of an island of {component_m:.0} m that meets no other street (min-component); what is reached from \
                 there is not known"
            ),
            format!("所在道路为总长{component_m:.0}米的孤立路段（min-component），可达性未知"),
        ),
        OffStreet::Closed { .. } => ("its street is closed".to_owned(), "所在道路封闭".to_owned()),
        OffStreet::OutsideCells => {
            ("it lies outside the cost surface (halo)".to_owned(), "位于成本面范围之外（halo）".to_owned())
        }
        OffStreet::BarredCell => (
            "nobody walks over its cell (water, or land cover without a speed); what is reached from there is not known".to_owned(),
            "所在网格不可通行（水域或未设速度的地类），可达性未知".to_owned(),
        ),
        OffStreet::UnknownCell => (
            "the land cover of its cell is not known, nor what is reached from there".to_owned(),
            "所在网格地类未知，可达性未知".to_owned(),
        ),
        OffStreet::ClosedCell => ("its cell is closed".to_owned(), "所在网格封闭".to_owned()),
    }
}

/// Facilities that nobody can reach, because they are off the streets.
pub(crate) fn off_facilities(reach: &Reach<'_>) -> Vec<Issue> {
    let issue = |(at, why): &(usize, OffStreet)| {
        let facility = reach.facilities[*at];
        let what = format!("{}: {}", facility.name, off_street(why).0);
        let code = if reach.by == By::Surface { "facility-off-surface" } else { "facility-off-streets" };
        Issue::new(Severity::Warning, code, &facility.kind, what).with_id(&facility.id)
    };
    reach.off_facilities.iter().map(issue).collect()
}

/// Points and facilities that are put onto another street because the nearest meets no other: how many.
fn past_islands(reach: &Reach<'_>, id: &str) -> Option<Issue> {
    let moved: Vec<usize> = reach.snaps.iter().filter(|(_, snap)| snap.is_past_island).map(|(at, _)| *at).collect();
    let weight: f64 = moved.iter().map(|at| reach.weight(*at).to_f64()).sum();
    past_islands_of(reach.layer, &moved, (weight, &reach.group.name), reach.moved_facilities, id)
}

/// The same of points of a layer, with their weight and what it is of.
pub(crate) fn past_islands_of(
    layer: &DemandLayer,
    moved: &[usize],
    (weight, weighed_by): (f64, &str),
    facilities: u64,
    id: &str,
) -> Option<Issue> {
    let first = moved.first().map(|at| format!(", the first {}", layer.id(*at))).unwrap_or_default();
    let what = format!(
        "{} points ({} {weighed_by}{first}) and {facilities} facilities lie beside a platform, square or street that meets no other; they are \
         measured from the next street",
        moved.len(),
        short(weight),
    );
    let are_any = !moved.is_empty() || facilities > 0;
    are_any.then(|| Issue::new(Severity::Note, "island-passed-over", id, what))
}

/// What a figure does not know, in notes and issues: facilities off the streets, regions without known services, and points near the end of
/// what one travels on.
pub(crate) fn tell_gaps(
    reach: &Reach<'_>,
    context: &Context<'_>,
    limit: Option<f64>,
    headline: &Figure,
    output: &mut Output,
) {
    output.issues.extend(off_facilities(reach));
    output.issues.extend(past_islands(reach, context.id));
    let silence = reach.silence(limit);
    output.notes.extend(silence.told(&reach.group.name));
    output.issues.extend(silence.issues(context.id, &reach.group.name));
    if let Some(halo) = halo::halo(reach, limit) {
        let whole = headline.whole.unwrap_or(0.0);
        output.notes.push(halo.told(whole));
        output.issues.push(halo.issue(context.id, whole));
    }
}

/// Regions that are named as having most people left out.
const NAMED: usize = 5;

/// The regions of the smallest level with most demand that is known to be left out, by its amount, ties in the order of the regions;
/// `None` where nothing is left out, or all is one region.
pub(crate) fn most_left_out(study: &Study, regions: &[RegionFigure]) -> Option<Text> {
    let level = regions.iter().map(|region| region.level).max()?;
    let mine: Vec<&RegionFigure> = regions.iter().filter(|region| region.level == level).collect();
    let left = |region: &RegionFigure| region.figure.whole.unwrap_or(0.0) - region.figure.part.unwrap_or(0.0);
    let mut worst: Vec<(f64, &RegionFigure)> =
        mine.iter().map(|region| (left(region), *region)).filter(|(left, _)| *left > 0.0).collect();
    if mine.len() < 2 || worst.is_empty() {
        return None;
    }
    worst.sort_by(|x, y| y.0.total_cmp(&x.0));
    let named: Vec<String> = worst
        .iter()
        .take(NAMED)
        .map(|(left, region)| format!("{} {}", study.regions.get(region.region).name, thousands(*left)))
        .collect();
    let (some, measured) = (worst.len(), mine.iter().filter(|region| region.figure.value.is_some()).count());
    let (en, zh) = level.title();
    let (named_en, named_zh) = (named.join(", "), named.join("、"));
    Some(Text::new(
        format!("left out by {en}: somebody in {some} of {measured}; most in {named_en}"),
        format!("按{zh}统计未覆盖：{measured} 个中 {some} 个有未覆盖需求；最多为 {named_zh}"),
    ))
}

/// What became of each judged point; of cells, and of more points than [`MOST_CELLS`], nothing.
pub(crate) fn outcomes(reach: &Reach<'_>, within: Option<Limit>) -> Vec<Outcome> {
    if reach.layer.is_grid() || reach.judged.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |at: &usize| {
        let reached = reach.reached(*at);
        let key = reach.layer.id(*at).into_owned();
        let name = Some(reach.layer.point_name(*at).into_owned()).filter(|name| *name != key);
        let cost = match reached {
            Reached::At(_, cost) => Some(short(cost)),
            _ => None,
        };
        let (state, weight, region) = (state(reached, within), reach.weight(*at), reach.layer.home[*at]);
        let class = reach.layer.class(*at).map(str::to_owned);
        Outcome { key, name, state, weight, parts: Vec::new(), cost, region, class }
    };
    reach.judged.iter().map(outcome).collect()
}

/// What became of each of some points of a layer, part by part; of cells, and of more points than [`MOST_CELLS`], nothing.
pub(crate) fn outcomes_by_part(
    layer: &DemandLayer,
    group: &WeightGroup,
    points: &[usize],
    parts: impl Fn(usize) -> Vec<(&'static str, Weight)>,
) -> Vec<Outcome> {
    if layer.is_grid() || points.len() > MOST_CELLS {
        return Vec::new();
    }
    let outcome = |at: &usize| {
        let mut parts = parts(*at);
        let largest = parts.iter().rev().max_by_key(|(_, weight)| *weight).map_or("unknown", |(state, _)| *state);
        parts.retain(|(_, weight)| *weight > Weight::ZERO);
        if parts.len() < 2 {
            parts.clear();
        }
        let key = layer.id(*at).into_owned();
        Outcome {
            name: Some(layer.point_name(*at).into_owned()).filter(|name| *name != key),
            key,
            state: largest,
            weight: group.weights[*at],
            parts,
            cost: None,
            region: layer.home[*at],
            class: layer.class(*at).map(str::to_owned),
        }
    };
    points.iter().map(outcome).collect()
}

/// The state of a point that can not be measured from.
pub(crate) fn state_unmeasured(reached: Reached) -> &'static str {
    if reached == Reached::OffStreets { "off-streets" } else { "no-place" }
}

/// One line for each demand point that is out of reach or without data; without a limit, for the hundred farthest. Of cells of a
/// raster, the [`MOST_CELL_LINES`] with the most weight, and a line for the others together.
pub fn evidence(reach: &Reach<'_>, within: Option<Limit>) -> Vec<Evidence> {
    let mut points: Vec<(usize, f64)> = reach
        .judged
        .iter()
        .map(|at| (*at, reach.reached(*at).known(within.map(Limit::value)).map_or(f64::MAX, |(_, cost)| cost)))
        .filter(|(_, cost)| within.is_none_or(|limit| !is_within(*cost, limit.value())))
        .collect();
    points.sort_by(|x, y| y.1.total_cmp(&x.1).then(x.0.cmp(&y.0)));
    points.truncate(if within.is_some() { usize::MAX } else { 100 });
    let mut others = None;
    if reach.layer.is_grid() && points.len() > MOST_CELL_LINES {
        points.sort_by(|x, y| reach.weight(y.0).cmp(&reach.weight(x.0)).then(x.0.cmp(&y.0)));
        let rest = points.split_off(MOST_CELL_LINES);
        let weight: Weight = rest.iter().map(|(at, _)| reach.weight(*at)).sum();
        others = Some(Evidence {
            key: "others".to_owned(),
            state: "uncovered",
            about: Vec::new(),
            text: Text::new(
                format!("{} further cells, together {weight}, each with less than those listed", rest.len()),
                format!("另有 {} 个单元，合计 {weight}，均小于上列各单元", rest.len()),
            ),
        });
    }
    points
        .iter()
        .map(|(at, _)| {
            let (id, name) = (reach.layer.id(*at).into_owned(), reach.layer.point_name(*at).into_owned());
            let home = reach.layer.home[*at].map(|home| reach.study.regions.get(home));
            let mut about = vec![id.clone(), name.clone()];
            about.extend(home.map(|region| region.code.clone()));
            let (state, text) = match reach.reached(*at) {
                Reached::At(facility, cost) => {
                    let facility = reach.facilities[facility as usize];
                    let (en, zh) = match within {
                        Some(limit) => (format!(", beyond {limit}"), format!("，超过 {limit}")),
                        None => (String::new(), String::new()),
                    };
                    let text = Text::new(
                        format!(
                            "{name} ({id}): {} to {} ({}){en}",
                            told(reach.unit, cost).0,
                            facility.name,
                            facility.id
                        ),
                        format!(
                            "{name}（{id}）：距{}（{}）{}{zh}",
                            facility.name,
                            facility.id,
                            told(reach.unit, cost).1
                        ),
                    );
                    (if within.is_some() { "uncovered" } else { "far" }, text)
                }
                Reached::NoPlace => (
                    "no-place",
                    Text::new(format!("{name} ({id}): its place is not known"), format!("{name}（{id}）：位置未知")),
                ),
                Reached::OffStreets => {
                    let (en, zh) = reach.off_streets.get(at).map(off_street).unwrap_or_default();
                    let text = Text::new(format!("{name} ({id}): {en}"), format!("{name}（{id}）：{zh}"));
                    (if reach.by == By::Surface { "off-surface" } else { "off-streets" }, text)
                }
                Reached::AtMost(found) => {
                    let (en, zh) = match found {
                        Some((facility, cost)) => {
                            let (facility, told) = (reach.facilities[facility as usize], told(reach.unit, cost));
                            (
                                format!("; by those known and on foot {} at most to {}", told.0, facility.name),
                                format!("；按已知线路与步行，距{}至多{}", facility.name, told.1),
                            )
                        }
                        None => ("; no way was found without them".to_owned(), "；除此之外未找到路径".to_owned()),
                    };
                    let text = Text::new(
                        format!("{name} ({id}): nothing is known of the services around it{en}"),
                        format!("{name}（{id}）：周边公交服务无数据{zh}"),
                    );
                    ("no-service-data", text)
                }
                Reached::NoFacility if reach.closed.contains(at) => {
                    let (en, zh) = if reach.by == By::Surface { ("cell", "网格") } else { ("street", "道路") };
                    let text = Text::new(
                        format!("{name} ({id}): its {en} is closed"),
                        format!("{name}（{id}）：所在{zh}封闭"),
                    );
                    ("closed", text)
                }
                Reached::NoFacility if reach.nth() > 1 => {
                    let text = Text::new(
                        format!("{name} ({id}): fewer than {} facilities count for it", reach.nth()),
                        format!("{name}（{id}）：可计入的设施不足 {} 处", reach.nth()),
                    );
                    ("no-facility", text)
                }
                Reached::NoFacility => (
                    "no-facility",
                    Text::new(
                        format!("{name} ({id}): no facility counts for it"),
                        format!("{name}（{id}）：没有可计入的设施"),
                    ),
                ),
            };
            Evidence { key: id, state, about, text }
        })
        .chain(others)
        .collect()
}
