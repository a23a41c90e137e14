//! The layers of `neighbour-reach`: regions by rate, pairs by status, doubtful stops, contacts that make no neighbours, and
//! how ledger and lines differ.

use geo::InteriorPoint;
use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;
use geo_types::Point;

use crate::base::clock::ServiceTime;
use crate::base::units::Text;
use crate::base::units::percent_floor;
use crate::base::units::trim_zeros;
use crate::metrics::Context;
use crate::metrics::RegionFigure;
use crate::metrics::adjacency::Standing;
use crate::metrics::adjacency::Unit;
use crate::metrics::figure::Figure;
use crate::metrics::layer;
use crate::metrics::neighbour_borders;
use crate::metrics::neighbour_evidence::PairReport;
use crate::metrics::neighbour_evidence::Way;
use crate::metrics::neighbour_evidence::en_list;
use crate::metrics::neighbour_evidence::zh_list;
use crate::metrics::neighbour_reach::Scope;
use crate::metrics::neighbour_survey::Answer;
use crate::metrics::neighbour_survey::Survey;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Shape;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;

/// All layers, those without a row left out.
pub fn tables(
    survey: &Survey<'_>,
    reports: &[PairReport<'_>],
    regions: &[RegionFigure],
    context: &Context<'_>,
    synthetic: bool,
) -> Vec<Table> {
    let make = |suffix: &str, en: &str, zh: &str| {
        layer::blank(context, suffix, (en, zh), GeometryKind::None, (Text::default(), synthetic))
    };
    let mut tables = vec![
        region_table(survey, reports, regions, context, make("regions", "share of neighbours reached", "各县通达率")),
        pair_table(survey, reports, make("pairs", "neighbouring pairs", "毗邻县对")),
        neighbour_borders::table(survey, reports, make("borders", "shared borders", "共有边界")),
        stop_table(survey, make("doubtful_stops", "stops near a border or outside", "边界附近或区域外站点")),
        contact_table(survey, make("contacts", "contacts that make no neighbours", "相接但不计为毗邻的县对")),
        ledger_table(survey, reports, make("ledger_differences", "ledger against lines", "台账与线路差异")),
    ];
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// `93.3 %`, cut after one decimal, or nothing.
pub fn rate_label(figure: &Figure) -> Option<String> {
    let (part, whole) = (figure.part?, figure.whole?);
    figure.value?;
    let cut = percent_floor((part * 1e6).round() as i128, (whole * 1e6).round() as i128)?;
    Some(format!("{cut} %"))
}

fn region_table(
    survey: &Survey<'_>,
    reports: &[PairReport<'_>],
    regions: &[RegionFigure],
    context: &Context<'_>,
    mut table: Table,
) -> Table {
    table.description =
        Text::new("Share of each region's neighbours that a direct bus reaches.", "各县直达公交通达的毗邻县占比。");
    table.geometry = GeometryKind::MultiPolygon;
    table.fields = layer::region_fields();
    table.fields.extend([
        Field::new("neighbours", FieldKind::Int, "Neighbours", "毗邻县数"),
        Field::new("connected", FieldKind::Int, "Reached", "已通达数"),
        Field::new("no_data", FieldKind::Int, "Without data", "无数据数"),
        Field::new("not_reached", FieldKind::Text, "Not reached", "未通达的毗邻县"),
    ]);
    let own: Vec<RegionFigure> = regions.iter().filter(|one| one.level == survey.params.level).cloned().collect();
    table.rows = layer::region_rows(survey.study, &own, 1.0, &|found| {
        let missing: Vec<&str> = reports
            .iter()
            .filter(|report| report.answer == Answer::NotConnected)
            .filter(|report| survey.in_scope(report.pair, survey.params.scope))
            .filter_map(|report| {
                let holds = |unit: usize| survey.units[unit].members.contains(&found.region);
                if holds(report.pair.a) {
                    Some(survey.units[report.pair.b].name.as_str())
                } else if holds(report.pair.b) {
                    Some(survey.units[report.pair.a].name.as_str())
                } else {
                    None
                }
            })
            .collect();
        let count = |number: Option<f64>| Value::Int(number.unwrap_or(0.0) as i64);
        vec![
            count(found.figure.whole.map(|whole| whole + found.figure.unknown)),
            count(found.figure.part),
            count(Some(found.figure.unknown)),
            if missing.is_empty() { Value::Null } else { missing.join("、").into() },
        ]
    });
    let target = context.target_share.map(|target| target.0);
    let style = layer::region_style(layer::rate_classes("value", target), Some("label"));
    table.style = Some(Style { visible: true, ..style });
    table
}

/// A point inside the unit's first region, in degrees, where its pair lines end.
fn anchor(survey: &Survey<'_>, unit: &Unit) -> Option<Point<f64>> {
    let shape = survey.study.regions.get(*unit.members.first()?).shape.as_ref()?;
    shape.lonlat.interior_point()
}

/// The pairs that the headline counts, or looks at to judge regions: no others are drawn.
pub fn counted<'r, 'p>(
    survey: &'r Survey<'_>,
    reports: &'r [PairReport<'p>],
) -> impl Iterator<Item = &'r PairReport<'p>> {
    reports.iter().filter(|report| survey.in_scope(report.pair, survey.params.scope))
}

/// The classes of pairs: what is missing above what is not known, and both above what is there.
pub fn pair_classes(field: &str, symbols: [Symbol; 3]) -> Vec<Class> {
    let [missing, there, unknown] = symbols;
    vec![
        Class::equals(field, "unconnected", Text::new("not connected", "未通达"), missing).above(2),
        Class::equals(field, "connected", Text::new("connected", "已通达"), there),
        Class::equals(field, "no_data", Text::new("no data", "无数据"), unknown).above(1),
    ]
}

/// Whether a pair is connected, in one word.
pub fn status_word(report: &PairReport<'_>) -> &'static str {
    match report.answer {
        Answer::Connected => "connected",
        Answer::NotConnected => "unconnected",
        Answer::NoData => "no_data",
    }
}

/// Whether a pair lies within one province, in one word.
pub fn scope_word(report: &PairReport<'_>) -> &'static str {
    if report.within_province { "within" } else { "across" }
}

/// The words of [`scope_word`].
pub const SCOPES: &[(&str, &str, &str)] =
    &[("within", "within the province", "省内"), ("across", "across provinces", "省际")];

/// The words of [`status_word`].
pub const STATES: &[(&str, &str, &str)] = &[
    ("connected", "connected", "已通达"),
    ("unconnected", "not connected", "未通达"),
    ("no_data", "no data", "无数据"),
];

/// The fields that name the two regions of a pair.
pub fn pair_fields() -> Vec<Field> {
    vec![
        Field::new("code_a", FieldKind::Text, "Code A", "甲方代码"),
        Field::new("name_a", FieldKind::Text, "Region A", "甲方"),
        Field::new("code_b", FieldKind::Text, "Code B", "乙方代码"),
        Field::new("name_b", FieldKind::Text, "Region B", "乙方"),
    ]
}

fn pair_table(survey: &Survey<'_>, reports: &[PairReport<'_>], mut table: Table) -> Table {
    table.description = Text::new(
        "Each neighbouring pair with the lines that join it, or the reason why none does.",
        "逐对列出毗邻县、连接线路及未通达原因。",
    );
    table.geometry = GeometryKind::MultiLineString;
    table.fields = pair_fields();
    table.fields.extend([
        Field::new("scope", FieldKind::Text, "Scope", "范围").with_choices(SCOPES),
        Field::new("status", FieldKind::Text, "Status", "通达状态").with_choices(STATES),
        Field::new("reason", FieldKind::Text, "Reason (code)", "原因代码"),
        Field::new("reason_zh", FieldKind::Text, "Reason (Chinese)", "说明"),
        Field::new("reason_en", FieldKind::Text, "Reason (English)", "说明（英文）"),
        Field::new("lines", FieldKind::Int, "Lines", "线路数"),
        Field::new("line_names", FieldKind::Text, "Names of lines", "线路名称"),
        Field::new("trips_there", FieldKind::Real, "Trips a day A to B", "日班次（甲→乙）"),
        Field::new("trips_back", FieldKind::Real, "Trips a day B to A", "日班次（乙→甲）"),
        Field::new("trips_label", FieldKind::Text, "Trips a day (text)", "日班次（文字）"),
        Field::new("first_there", FieldKind::Text, "First A to B", "首班（甲→乙）"),
        Field::new("last_there", FieldKind::Text, "Last A to B", "末班（甲→乙）"),
        Field::new("first_back", FieldKind::Text, "First B to A", "首班（乙→甲）"),
        Field::new("last_back", FieldKind::Text, "Last B to A", "末班（乙→甲）"),
        Field::new("min_there", FieldKind::Real, "Minutes A to B", "最短用时（甲→乙，分）"),
        Field::new("min_back", FieldKind::Real, "Minutes B to A", "最短用时（乙→甲，分）"),
        Field::new("changes", FieldKind::Int, "Changes", "换乘次数"),
        Field::new("journeys_zh", FieldKind::Text, "Journeys (Chinese)", "逐条线路"),
        Field::new("journeys_en", FieldKind::Text, "Journeys (English)", "逐条线路（英文）"),
        Field::new("miss_zh", FieldKind::Text, "Nearest miss (Chinese)", "最接近的差距"),
        Field::new("miss_en", FieldKind::Text, "Nearest miss (English)", "最接近的差距（英文）"),
        Field::new("source", FieldKind::Text, "Rests on", "数据来源"),
        Field::new("day", FieldKind::Text, "Day", "日期"),
        Field::new("shared_km", FieldKind::Real, "Shared border, km", "共有边界（公里）"),
        Field::new("land_km", FieldKind::Real, "of it on land, km", "其中陆上（公里）"),
        Field::new("by_hand", FieldKind::Text, "Added by hand, why", "人工增加理由"),
        Field::new("sensitive", FieldKind::Text, "Hangs on", "敏感参数"),
        Field::new("via_exclave", FieldKind::Bool, "Only through an exclave", "仅经飞地相接"),
        Field::new("stop_a", FieldKind::Text, "Closest stop in A", "甲方最近站点"),
        Field::new("stop_b", FieldKind::Text, "Closest stop in B", "乙方最近站点"),
        Field::new("gap_m", FieldKind::Real, "Between them, m", "两站间距（米）"),
        Field::new("declared", FieldKind::Bool, "In the bureau's ledger", "台账列为通达"),
    ]);
    for report in counted(survey, reports) {
        let (a, b) = (&survey.units[report.pair.a], &survey.units[report.pair.b]);
        let (Some(from), Some(to)) = (anchor(survey, a), anchor(survey, b)) else { continue };
        let Some(row) = pair_row(survey, report, a, b) else { continue };
        table.rows.push(Row {
            geometry: Some(Geometry::MultiLineString(MultiLineString(vec![LineString(vec![from.0, to.0])]))),
            values: row,
        });
    }
    let line = |color, width_mm, dash, casing| Symbol::Line { color, width_mm, dash, casing, trim_percent: 20 };
    table.style = Some(Style {
        classes: pair_classes(
            "status",
            [
                line(palette::PAIRS[0], 1.0, Some("2.2;1.2"), true),
                line(palette::PAIRS[1], 0.35, None, false),
                line(palette::PAIRS[2], 0.5, Some("0.5;1.3"), false),
            ],
        ),
        label: Some(Label {
            field: "trips_label".into(),
            second_line: None,
            size_pt: 6.0,
            bold: false,
            below_scale: Some(500_000),
        }),
        opacity: 1.0,
        visible: true,
        group: Group::Results,
    });
    table
}

fn pair_row(survey: &Survey<'_>, report: &PairReport<'_>, a: &Unit, b: &Unit) -> Option<Vec<Value>> {
    let km = |metres: f64| (metres.round() / 1000.0).into();
    let names: Vec<String> = match &survey.network {
        Some(network) => report.joins.iter().map(|join| network.service(join.service).name.clone()).collect(),
        None => Vec::new(),
    };
    let stop = |pick: fn(&crate::metrics::connection::Walk) -> crate::base::idx::StopIdx| -> Value {
        match (&survey.network, &report.gap) {
            (Some(network), Some(gap)) => network.stop(pick(gap)).name.as_str().into(),
            _ => Value::Null,
        }
    };
    let by_hand = match &report.pair.standing {
        Standing::Added(reason) => Some(reason.as_str()),
        _ => None,
    };
    let trips = |way: &Way| -> Value {
        if report.answer == Answer::NoData && report.joins.is_empty() { Value::Null } else { way.trips.into() }
    };
    let clock = |time: Option<ServiceTime>| -> Value { time.map(|time| time.to_string()).into() };
    let minutes =
        |way: &Way| -> Value { way.quickest_s.map(|seconds| (f64::from(seconds) / 6.0).round() / 10.0).into() };
    Some(vec![
        a.code.as_str().into(),
        a.name.as_str().into(),
        b.code.as_str().into(),
        b.name.as_str().into(),
        scope_word(report).into(),
        status_word(report).into(),
        report.reason.into(),
        report.text.zh.as_str().into(),
        report.text.en.as_str().into(),
        Value::Int(report.joins.len() as i64),
        if names.is_empty() { Value::Null } else { names.join("、").into() },
        trips(&report.there),
        trips(&report.back),
        (report.there.trips > 0.0 && report.back.trips > 0.0)
            .then(|| format!("{} / {}", trim_zeros(report.there.trips, 1), trim_zeros(report.back.trips, 1)))
            .into(),
        clock(report.there.first),
        clock(report.there.last),
        clock(report.back.first),
        clock(report.back.last),
        minutes(&report.there),
        minutes(&report.back),
        Value::Int(i64::from(report.changes)),
        if report.lines.is_empty() { Value::Null } else { zh_list(&report.lines).into() },
        if report.lines.is_empty() { Value::Null } else { en_list(&report.lines).into() },
        report.miss.as_ref().map(|miss| miss.zh.as_str()).into(),
        report.miss.as_ref().map(|miss| miss.en.as_str()).into(),
        report.source.as_str().into(),
        report.day.as_ref().map(|day| day.to_string()).into(),
        km(report.pair.shared_m),
        report.pair.land_m.map(|land| land.round() / 1000.0).into(),
        by_hand.into(),
        if report.pair.sensitive.is_empty() { Value::Null } else { report.pair.sensitive.join(", ").into() },
        report.pair.via_exclave.into(),
        stop(|gap| gap.from),
        stop(|gap| gap.to),
        report.gap.map(|gap| gap.metres.round()).into(),
        report.declared.into(),
    ])
}

fn stop_table(survey: &Survey<'_>, mut table: Table) -> Table {
    table.description = Text::new(
        "Stops whose region is doubtful: within the tolerance of a border, or outside all regions.",
        "所属区域存疑的站点：位于边界容差范围内，或位于所有区域之外。",
    );
    table.geometry = GeometryKind::Point;
    table.fields = vec![
        Field::new("stop", FieldKind::Text, "Stop", "站点编号"),
        Field::new("name", FieldKind::Text, "Name", "站名"),
        Field::new("trouble", FieldKind::Text, "Trouble", "问题").with_choices(&[
            ("outside", "outside all regions", "区域外"),
            ("near_border", "near a border", "边界附近"),
        ]),
        Field::new("counted_in", FieldKind::Text, "Counted in", "计入"),
        Field::new("might_be_in", FieldKind::Text, "Might be in", "亦可能属于"),
        Field::new("to_border_m", FieldKind::Real, "To the border, m", "距边界（米）"),
    ];
    if let (Some(network), Some(transit)) = (&survey.network, &survey.study.transit) {
        for (place, stop) in network.places().iter().zip(&transit.stops) {
            if place.unit.is_some() && place.near.is_empty() {
                continue;
            }
            let near: Vec<&str> = place.near.iter().map(|unit| survey.units[*unit].name.as_str()).collect();
            table.rows.push(Row {
                geometry: Some(Geometry::Point(stop.at.lonlat.point())),
                values: vec![
                    stop.id.as_str().into(),
                    stop.name.as_str().into(),
                    if place.unit.is_none() { "outside" } else { "near_border" }.into(),
                    place.unit.map(|unit| survey.units[unit].name.as_str()).into(),
                    if near.is_empty() { Value::Null } else { near.join("、").into() },
                    place.unit.map(|_| (place.depth_m * 10.0).round() / 10.0).into(),
                ],
            });
        }
    }
    let marker = |shape, color| Symbol::Marker { shape, color, size_mm: 2.4, outline: "#1a1a1a" };
    table.style = Some(Style {
        classes: vec![
            Class::equals(
                "trouble",
                "outside",
                Text::new("outside all regions", "区域外"),
                marker(Shape::XMark, "#000000"),
            ),
            Class::otherwise(Text::new("near a border", "边界附近"), marker(Shape::Diamond, "#fee08b")),
        ],
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Issues,
    });
    table
}

fn contact_table(survey: &Survey<'_>, mut table: Table) -> Table {
    table.fields = pair_fields();
    table.fields.extend([
        Field::new("shared_m", FieldKind::Real, "Shared border, m", "共有边界（米）"),
        Field::new("why", FieldKind::Text, "Why not neighbours", "不计原因").with_choices(&[
            ("short", "less border than the rule wants", "共有边界过短"),
            ("apart", "farther apart than the tolerance", "间距超过容差"),
            ("water", "the border lies in water", "边界位于水域"),
            ("by_hand", "removed by hand", "人工剔除"),
        ]),
        Field::new("reason", FieldKind::Text, "Reason given", "理由"),
        Field::new("sensitive", FieldKind::Text, "Hangs on", "敏感参数"),
    ]);
    let scoped = |pair: &&crate::metrics::adjacency::Pair| survey.in_scope(pair, Scope::All);
    for pair in survey.adjacency.pairs.iter().filter(|pair| !pair.standing.counts()).filter(scoped) {
        let (a, b) = (&survey.units[pair.a], &survey.units[pair.b]);
        let (why, reason) = match &pair.standing {
            Standing::Removed(reason) => ("by_hand", Some(reason.as_str())),
            Standing::WaterOnly => ("water", None),
            _ if pair.within_m > 0.0 => ("short", None),
            _ => ("apart", None),
        };
        table.rows.push(Row {
            geometry: None,
            values: vec![
                a.code.as_str().into(),
                a.name.as_str().into(),
                b.code.as_str().into(),
                b.name.as_str().into(),
                pair.shared_m.round().into(),
                why.into(),
                reason.into(),
                if pair.sensitive.is_empty() { Value::Null } else { pair.sensitive.join(", ").into() },
            ],
        });
    }
    table
}

fn ledger_table(survey: &Survey<'_>, reports: &[PairReport<'_>], mut table: Table) -> Table {
    table.fields = pair_fields();
    table.fields.extend([
        Field::new("difference", FieldKind::Text, "Difference", "差异").with_choices(&[
            ("ledger_only", "in the ledger, but no line in the data", "台账有、线路数据无"),
            ("lines_only", "joined by a line, but not in the ledger", "线路数据有、台账无"),
            ("not_neighbours", "in the ledger, but not neighbours", "台账有、但不毗邻"),
            ("unknown_code", "the ledger names an unknown code", "台账代码无法识别"),
        ]),
        Field::new("what", FieldKind::Text, "What the lines say", "线路数据说明"),
    ]);
    let Some(declared) = &survey.study.declared else { return table };
    let mut push = |a: &str, name_a: Option<&str>, b: &str, name_b: Option<&str>, word: &str, what: Option<&str>| {
        table.rows.push(Row {
            geometry: None,
            values: vec![a.into(), name_a.into(), b.into(), name_b.into(), word.into(), what.into()],
        });
    };
    for report in reports.iter().filter(|report| survey.in_scope(report.pair, Scope::All)) {
        let word = match (report.declared, report.answer) {
            (Some(true), Answer::NotConnected | Answer::NoData) => "ledger_only",
            (Some(false), Answer::Connected) => "lines_only",
            _ => continue,
        };
        let (a, b) = (&survey.units[report.pair.a], &survey.units[report.pair.b]);
        push(&a.code, Some(&a.name), &b.code, Some(&b.name), word, Some(&report.text.zh));
    }
    for line in declared {
        let (a, b) = (survey.unit_with_code(&line.code_a), survey.unit_with_code(&line.code_b));
        let name = |unit: Option<usize>| unit.map(|unit| survey.units[unit].name.as_str());
        match (a, b) {
            (Some(x), Some(y)) => {
                let neighbours = survey.adjacency.neighbours().any(|p| (p.a, p.b) == (x.min(y), x.max(y)));
                if !neighbours && x != y {
                    push(&line.code_a, name(a), &line.code_b, name(b), "not_neighbours", Some(&line.line));
                }
            }
            _ => push(&line.code_a, name(a), &line.code_b, name(b), "unknown_code", Some(&line.line)),
        }
    }
    table
}
