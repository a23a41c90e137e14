//! The layers of `equity`: every statistic with what it says, the Lorenz curve, the spread in each region, and who is worst served.

use crate::base::idx::RegionIdx;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::RegionFigure;
use crate::metrics::equity::Known;
use crate::metrics::figure::Figure;
use crate::metrics::inequality::Spread;
use crate::metrics::inequality::concentration;
use crate::metrics::inequality::theil_l_of;
use crate::metrics::inequality::theil_t_of;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach_layers;
use crate::metrics::reach_layers::cost_field;
use crate::model::demand::WeightGroup;
use crate::model::region::Level;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::Value;

/// Points that the list of the worst served holds.
const WORST: usize = 20;

/// What is to be laid out.
pub(crate) struct Asked<'a, 's> {
    pub reach: &'a Reach<'s>,
    pub known: &'a Known,
    pub ranking: Option<&'s WeightGroup>,
    pub limit: Option<Limit>,
}

/// A region of a level, what is known of its points, and whether it has none.
type OfRegion = (Level, RegionIdx, Known, bool);

/// All layers, those without a row left out.
pub(crate) fn tables(asked: &Asked<'_, '_>, context: &Context<'_>, regions: &[OfRegion]) -> Vec<Table> {
    let reach = asked.reach;
    let make = |suffix: &str, en: &str, zh: &str| reach_layers::blank(reach, context, suffix, en, zh);
    // the map of the regions shows the mean: a region may be even and far off, or uneven and near
    let means: Vec<RegionFigure> = regions
        .iter()
        .map(|(level, region, known, _)| RegionFigure {
            region: *region,
            level: *level,
            figure: Figure::cost(
                reach.unit,
                known.spread(reach).map(|spread| spread.mean()),
                known.with_distance.to_f64(),
                known.without().to_f64(),
            ),
        })
        .collect();
    let mut tables = reach_layers::tables(reach, context, &means, None);
    let mean_of = make("regions", "mean by region", "分区平均值");
    if let Some(table) = tables.iter_mut().find(|table| table.name == mean_of.name) {
        table.title = mean_of.title;
    }
    tables.push(statistics_table(asked, regions, make("equity", "statistics", "统计量")));
    tables.push(lorenz_table(asked, make("lorenz", "Lorenz curve", "洛伦兹曲线")));
    tables.push(spread_table(asked, regions, make("spread", "spread by region", "分区分布")));
    tables.push(worst_table(asked, make("worst", "worst served", "服务最差的需求点")));
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// One statistic: its code, its value, how many are left out of it beside those without a distance, and what it says.
struct Line {
    code: String,
    value: Option<f64>,
    unit: &'static str,
    zeros: Weight,
    says: Text,
}

fn line(code: &str, value: Option<f64>, en: &str, zh: &str) -> Line {
    Line { code: code.to_owned(), value, unit: "", zeros: Weight::ZERO, says: Text::new(en, zh) }
}

fn statistics_table(asked: &Asked<'_, '_>, regions: &[OfRegion], mut table: Table) -> Table {
    table.fields = vec![
        Field::new("statistic", FieldKind::Text, "Statistic", "统计量"),
        Field::new("value", FieldKind::Real, "Value", "数值"),
        Field::new("unit", FieldKind::Text, "Unit", "单位"),
        Field::new("known", FieldKind::Real, "Weight with a distance", "有距离的权重"),
        Field::new("without", FieldKind::Real, "Weight without a distance, in none of it", "无距离的权重（未计入）"),
        Field::new("zeros", FieldKind::Real, "Weight at distance 0 that is left out", "距离为零且未计入的权重"),
        Field::new("says", FieldKind::Text, "What it says", "含义（英文）"),
        Field::new("says_zh", FieldKind::Text, "What it says, in Chinese", "含义"),
    ];
    let Some(spread) = asked.known.spread(asked.reach) else { return table };
    let mut lines = costs(asked, &spread);
    lines.extend(ratios(&spread));
    lines.extend(between_regions(asked, regions));
    lines.extend(by_rank(asked));
    lines.extend(beyond(asked, &spread));
    let (known, without) = (asked.known.with_distance.to_f64(), asked.known.without().to_f64());
    table.rows = lines
        .into_iter()
        .map(|line| Row {
            geometry: None,
            values: vec![
                line.code.into(),
                line.value.into(),
                line.unit.into(),
                known.into(),
                without.into(),
                line.zeros.to_f64().into(),
                line.says.en.into(),
                line.says.zh.into(),
            ],
        })
        .collect();
    table
}

/// What the costs are counted in.
fn unit(reach: &Reach<'_>) -> &'static str {
    match reach.unit {
        CostUnit::Metres => "m",
        CostUnit::Seconds => "s",
    }
}

fn costs(asked: &Asked<'_, '_>, spread: &Spread) -> Vec<Line> {
    let lines = vec![
        line("mean", Some(spread.mean()), "mean over all people", "按人平均"),
        line("p10", spread.quantile(10), "a tenth travel no more than this", "10 % 不超过此值"),
        line("p50", spread.quantile(50), "half travel no more than this", "半数不超过此值"),
        line("p90", spread.quantile(90), "nine tenths travel no more than this", "90 % 不超过此值"),
        line("max", spread.quantile(100), "nobody with a distance travels more", "最大值"),
    ];
    lines.into_iter().map(|line| Line { unit: unit(asked.reach), ..line }).collect()
}

fn ratios(spread: &Spread) -> Vec<Line> {
    let (t, l) = (spread.theil_t(), spread.theil_l());
    let zeros = t.map_or(Weight::ZERO, |found| found.zero_weight);
    vec![
        line(
            "gini",
            spread.gini(),
            "0: all travel as far; near 1: one travels all of it",
            "0为完全均等，接近1为完全集中",
        ),
        line(
            "hoover",
            spread.hoover(),
            "share of all distance that others would have to travel, for all to travel as far",
            "为使人人相同须转移的距离比例",
        ),
        line("cv", spread.variation(), "standard deviation over the mean", "变异系数：标准差与均值之比"),
        Line {
            zeros,
            ..line(
                "theil_t",
                t.map(|found| found.value),
                "0: all travel as far; looks at the long ways",
                "0为均等；侧重距离长者",
            )
        },
        Line {
            zeros,
            ..line(
                "theil_l",
                l.map(|found| found.value),
                "0: all travel as far; looks at the short ways",
                "0为均等；侧重距离短者",
            )
        },
        line(
            "palma",
            spread.palma(),
            "distance of the tenth with the longest ways over that of the two fifths with the shortest; 0.25: all travel as far",
            "最远10 %与最近40 %的距离总量之比；0.25为均等，越大越不利于最远者",
        ),
        line(
            "fifths",
            spread.fifths(),
            "distance of the fifth with the longest ways over that of the fifth with the shortest; 1: all travel as far",
            "最远20 %与最近20 %的距离总量之比；1为均等",
        ),
        line(
            "atkinson_0.5",
            spread.atkinson(0.5),
            "made for a good: for a distance it only tells how uneven the short ways are",
            "原为收益指标；用于距离时仅反映近者之间的不均",
        ),
        line(
            "atkinson_1",
            spread.atkinson(1.0),
            "the same, more so; 1 as soon as somebody has no way at all to go",
            "同上，程度更强；只要有人距离为零即为1",
        ),
    ]
}

/// Theil's measures within and between the regions of each level on which there are several.
fn between_regions(asked: &Asked<'_, '_>, regions: &[OfRegion]) -> Vec<Line> {
    let reach = asked.reach;
    let mut lines = Vec::new();
    for of_level in regions.chunk_by(|x, y| x.0 == y.0) {
        let Some((level, ..)) = of_level.first() else { continue };
        // points in no region of the level are a group of their own
        let mut is_elsewhere = vec![true; reach.layer.len()];
        let mut groups: Vec<Option<Spread>> = Vec::new();
        for (_, _, known, _) in of_level {
            known.costs.iter().for_each(|(at, _)| is_elsewhere[*at] = false);
            groups.push(known.spread(reach));
        }
        let elsewhere = asked.known.costs.iter().filter(|(at, _)| is_elsewhere[*at]);
        groups.push(Spread::new(elsewhere.map(|(at, cost)| (*cost, reach.weight(*at)))));
        if groups.iter().flatten().count() < 2 {
            continue;
        }
        let ((en, zh), level) = (level.title(), level.title().0);
        for (code, parts) in [("theil_t", theil_t_of(&groups)), ("theil_l", theil_l_of(&groups))] {
            let Some(parts) = parts else { continue };
            let within = (format!("part of {code} within regions: {en}"), format!("{code}中各区域（{zh}）内部的部分"));
            let between = (format!("part of {code} between regions: {en}"), format!("{code}中区域（{zh}）之间的部分"));
            lines.push(line(&format!("{code}_within_{level}"), Some(parts.within), &within.0, &within.1));
            lines.push(line(&format!("{code}_between_{level}"), Some(parts.between), &between.0, &between.1));
        }
    }
    lines
}

fn by_rank(asked: &Asked<'_, '_>) -> Option<Line> {
    let ranking = asked.ranking?;
    let ranked = |(at, cost): &(usize, f64)| (ranking.weights[*at].to_f64(), *cost, asked.reach.weight(*at));
    let (en, zh) = (
        format!("above 0: those who rank high by \"{}\" travel more; below: those who rank low", ranking.name),
        format!("大于0：“{}”高者距离更长；小于0：低者更长", ranking.name),
    );
    Some(line("concentration", concentration(asked.known.costs.iter().map(ranked)), &en, &zh))
}

fn beyond(asked: &Asked<'_, '_>, spread: &Spread) -> Vec<Line> {
    let Some((limit, found)) = asked.limit.and_then(|limit| Some((limit, spread.beyond(limit.value())?))) else {
        return Vec::new();
    };
    let say = |code: &str, value: Option<f64>, en: &str, zh: &str| {
        line(code, value, &format!("{en}; limit {limit}"), &format!("{zh}；限值 {limit}"))
    };
    let excess = say("excess", found.excess, "how far beyond those beyond are, on average", "超限者平均超出量");
    vec![
        say("beyond", Some(found.share), "share beyond the limit (FGT 0)", "超限人口比例"),
        say("gap", Some(found.gap), "mean excess over all, in limits (FGT 1)", "全体平均超出量（以限值为单位）"),
        say("severity", Some(found.severity), "the same, squared (FGT 2)", "平均超出量的平方"),
        Line { unit: unit(asked.reach), ..excess },
    ]
}

/// The curve at every twentieth of the weight.
fn lorenz_table(asked: &Asked<'_, '_>, mut table: Table) -> Table {
    table.fields = vec![
        Field::new(
            "people",
            FieldKind::Real,
            "Share of those with a distance, nearest first",
            "有距离人口累计比例（由近及远）",
        ),
        Field::new("held", FieldKind::Real, "Share of all distance", "距离累计比例"),
    ];
    let Some(spread) = asked.known.spread(asked.reach) else { return table };
    for percent in (0..=100).step_by(5).map(f64::from) {
        let Some(held) = spread.held(0.0, percent) else { continue };
        table.rows.push(Row { geometry: None, values: vec![(percent / 100.0).into(), held.into()] });
    }
    table
}

/// The same statistics at every level, side by side: what they say changes with the size of the regions.
fn spread_table(asked: &Asked<'_, '_>, regions: &[OfRegion], mut table: Table) -> Table {
    let reach = asked.reach;
    table.fields = vec![
        Field::new("code", FieldKind::Text, "Code", "代码"),
        Field::new("name", FieldKind::Text, "Region", "区域"),
        Field::new("level", FieldKind::Text, "Level", "层级"),
        Field::new("known", FieldKind::Real, "Weight with a distance", "有距离的权重"),
        Field::new("without", FieldKind::Real, "Weight without a distance", "无距离的权重"),
        Field::new("unit", FieldKind::Text, "Unit of mean and quantiles", "均值与分位数单位"),
        Field::new("mean", FieldKind::Real, "Mean", "均值"),
        Field::new("p10", FieldKind::Real, "10 % are within", "10 % 分位"),
        Field::new("p50", FieldKind::Real, "50 % are within", "中位数"),
        Field::new("p90", FieldKind::Real, "90 % are within", "90 % 分位"),
        Field::new("gini", FieldKind::Real, "Gini coefficient", "基尼系数"),
        Field::new("palma", FieldKind::Real, "Palma ratio", "帕尔马比值"),
        Field::new("theil_t", FieldKind::Real, "Theil's T", "泰尔指数T"),
    ];
    for (level, region, known, _) in regions {
        let (region, spread) = (reach.study.regions.get(*region), known.spread(reach));
        let spread = spread.as_ref();
        let quantile = |percent: u8| Value::from(spread.and_then(|spread| spread.quantile(percent)));
        table.rows.push(Row {
            geometry: None,
            values: vec![
                region.code.as_str().into(),
                region.name.as_str().into(),
                level.title().0.into(),
                known.with_distance.to_f64().into(),
                known.without().to_f64().into(),
                unit(reach).into(),
                spread.map(Spread::mean).into(),
                quantile(10),
                quantile(50),
                quantile(90),
                spread.and_then(Spread::gini).into(),
                spread.and_then(Spread::palma).into(),
                spread.and_then(Spread::theil_t).map(|found| found.value).into(),
            ],
        });
    }
    table
}

/// The points whose distance times weight is the largest, the largest first; ties go to the point that comes first in the layer.
fn worst_table(asked: &Asked<'_, '_>, mut table: Table) -> Table {
    let reach = asked.reach;
    let (cost_name, en, zh) = cost_field(reach.unit);
    table.fields = vec![
        Field::new("rank", FieldKind::Int, "Rank", "排名"),
        Field::new("point", FieldKind::Text, "Point", "需求点"),
        Field::new("name", FieldKind::Text, "Name", "名称"),
        Field::new("region", FieldKind::Text, "Region", "所属区域"),
        Field::new("facility", FieldKind::Text, "Nearest facility", "最近设施"),
        Field::new(cost_name, FieldKind::Real, en, zh),
        Field::new("weight", FieldKind::Real, "Weight", "权重"),
        Field::new("product", FieldKind::Real, "Distance times weight", "距离乘权重"),
        Field::new("share", FieldKind::Real, "Share of all distance", "占全部距离比例"),
    ];
    let product = |(at, cost): &(usize, f64)| cost * reach.weight(*at).to_f64();
    let sum: f64 = asked.known.costs.iter().map(product).sum();
    let mut worst: Vec<&(usize, f64)> = asked.known.costs.iter().filter(|point| product(point) > 0.0).collect();
    worst.sort_by(|x, y| product(y).total_cmp(&product(x)).then(x.0.cmp(&y.0)));
    worst.truncate(WORST);
    for (nth, point) in worst.into_iter().enumerate() {
        let at = point.0;
        let facility = match reach.reached(at) {
            Reached::At(facility, _) => Some(reach.facilities[facility as usize].name.as_str()),
            _ => None,
        };
        table.rows.push(Row {
            geometry: None,
            values: vec![
                (nth as u64 + 1).into(),
                reach.layer.id(at).as_ref().into(),
                reach.layer.point_name(at).as_ref().into(),
                reach.layer.home[at].map(|home| reach.study.regions.get(home).name.as_str()).into(),
                facility.into(),
                point.1.into(),
                reach.weight(at).to_f64().into(),
                product(point).into(),
                (product(point) / sum).into(),
            ],
        });
    }
    table
}
