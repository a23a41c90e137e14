//! What `accessibility` says in sentences: how it was measured, where the supply went, what is not known, and who has too little.

use std::collections::BTreeSet;

use crate::base::idx::RegionIdx;
use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::four_digits;
use crate::base::units::thousands;
use crate::base::units::trim_zeros;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::accessibility::Accessibility;
use crate::metrics::accessibility::Answer;
use crate::metrics::accessibility::Standing;
use crate::metrics::accessibility::Supply;
use crate::metrics::decay::Decay;
use crate::metrics::figure::Figure;
use crate::metrics::floating_catchment::Method;
use crate::metrics::reach::Ground;
use crate::metrics::reach::ground;
use crate::metrics::reach_layers::MOST_CELL_LINES;
use crate::metrics::reach_layers::off_street;
use crate::metrics::reach_layers::past_islands_of;
use crate::model::region::Level;

/// A method as papers call it.
pub(crate) fn method_name(method: Method) -> &'static str {
    match method {
        Method::TwoStep => "2SFCA (Luo and Wang 2003)",
        Method::Enhanced => "E2SFCA (Luo and Qi 2009)",
        Method::ThreeStep => "3SFCA (Wan et al. 2012)",
        Method::Modified => "M2SFCA (Delamater 2013)",
        Method::Balanced => "BFCA (Páez et al. 2019)",
        Method::Huff => "Huff-2SFCA (Luo 2014)",
        Method::ModifiedHuff => "MH3SFCA (Jörg et al. 2019)",
        Method::Cumulative => "cumulative opportunities",
        Method::Hansen => "Hansen (1959)",
        Method::Availability => "spatial availability (Soukhov et al. 2023)",
        Method::Inverted => "i2SFCA (Wang 2018)",
        Method::Agents => "RAAM (Saxon and Snow 2020)",
    }
}

/// What of the way counts.
fn decay_told(params: &Accessibility) -> (String, String) {
    if let Some(tau) = params.tau {
        let (en, zh) = ("of travel weigh as much as average crowding", "出行时间或距离等价于平均拥挤程度");
        return (format!("{tau} {en}"), format!("{tau}{zh}"));
    }
    curve_told(&params.decay)
}

/// A decay in words.
pub(crate) fn curve_told(decay: &Decay) -> (String, String) {
    match decay {
        Decay::Binary => ("no decay".to_owned(), "无衰减".to_owned()),
        Decay::Steps(steps) => {
            let bands: Vec<String> = steps.iter().map(|(end, weight)| format!("≤ {end}: {weight}")).collect();
            (format!("weights {}", bands.join(", ")), format!("分段权重 {}", bands.join("，")))
        }
        Decay::Gaussian => ("Gaussian decay".to_owned(), "高斯衰减".to_owned()),
        Decay::Epanechnikov => ("Epanechnikov's kernel".to_owned(), "Epanechnikov核".to_owned()),
        Decay::Exponential(scale) => (format!("falling to 1/e with every {scale}"), format!("每{scale}衰减至1/e")),
        Decay::InversePower(power) => (
            format!("falling with the power {} of the cost from {}", power.exponent, power.from),
            format!("自{}起按成本的{}次幂衰减", power.from, power.exponent),
        ),
    }
}

/// A value for people: `6.352 per 1000 people`, `136.1 people per unit of supply`, or `30` of supply.
pub(crate) fn shown(answer: &Answer<'_>, value: f64) -> (String, String) {
    let number = four_digits(value * answer.params.scale());
    let (who_en, who_zh) = answer.who();
    match answer.params.method {
        Method::Inverted => {
            return (format!("{number} {who_en} per unit of supply"), format!("每单位供给 {number}{who_zh}"));
        }
        Method::Agents => {
            return (
                format!("a cost of {number}, average crowding being 1"),
                format!("综合成本 {number}（平均拥挤为1）"),
            );
        }
        method if !method.is_rate() => return (number.clone(), number),
        _ => {}
    }
    let per = trim_zeros(answer.params.scale(), 6);
    (format!("{number} per {per} {who_en}"), format!("每{per}{who_zh} {number}"))
}

/// How it was measured.
pub(crate) fn caveat(answer: &Answer<'_>) -> Text {
    let params = &answer.params;
    let (by_en, by_zh) = params.by.caveat();
    let supply = match params.supply {
        Supply::Capacity => ("capacity", "容量"),
        Supply::Count => ("number", "数量"),
    };
    let (decay_en, decay_zh) = decay_told(params);
    let direction = match (params.by.is_flown(), params.direction) {
        (false, Direction::FromFacility) => (" from the facility", "（自设施出发）"),
        _ => ("", ""),
    };
    let (layer, group) = (&answer.parties.layer.name, &answer.parties.group.name);
    let mut text = Text::new(
        format!(
            "{} of the {} of \"{}\" within {}{}, {decay_en}; {by_en}; weighed by {group} of \"{layer}\"",
            method_name(params.method),
            supply.0,
            params.kind,
            answer.limit,
            direction.0,
        ),
        format!(
            "{}：“{}”的{}，{}以内{}，{decay_zh}；{by_zh}；按“{layer}”的{}加权",
            method_name(params.method),
            params.kind,
            supply.1,
            answer.limit,
            direction.1,
            if group == "people" { "人口" } else { group },
        ),
    );
    if let Some(told) = &answer.told {
        text.en += &format!("; {}", told.en);
        text.zh += &format!("；{}", told.zh);
    }
    if !answer.closed.is_empty() {
        let closed = answer.closed.len();
        text.en += &format!("; {closed} points lie along closed streets or in closed cells and reach nothing");
        text.zh += &format!("；{closed}个点位于封闭路段或网格，视为不可达");
    }
    if !answer.without_services.is_empty() {
        let silent = answer.without_services.len();
        text.en += &format!(
            "; {silent} points lie where no service is known: not judged, and competing only where known lines and walks take them"
        );
        text.zh += &format!("；{silent}个点所在区域公交服务无数据：不予评价，仅按已知线路与步行参与竞争");
    }
    text
}

/// Sentences for the reader.
pub(crate) fn notes(answer: &Answer<'_>) -> Vec<Text> {
    let mut notes = vec![caveat(answer)];
    if answer.params.method.is_crowding() {
        notes.push(crowding(answer));
        notes.extend(equilibrium(answer));
    } else if answer.params.method.competes() {
        notes.push(given(answer));
    }
    if answer.params.method.competes() {
        notes.push(competing(answer));
    }
    notes.extend(edge(answer));
    notes
}

/// Where the supply goes: Σ A P against Σ S.
fn given(answer: &Answer<'_>) -> Text {
    let facilities = &answer.floated.facilities;
    let sum = |which: &dyn Fn(usize) -> bool| -> f64 {
        (0..facilities.len()).filter(|at| which(*at)).filter_map(|at| answer.supply[at]).sum()
    };
    let all = sum(&|_| true);
    let asked = sum(&|at| facilities[at].ratio.is_some());
    let idle = sum(&|at| facilities[at].is_known && facilities[at].is_idle());
    let (mut received, mut to_others) = (0.0, 0.0);
    let points = &answer.floated.points;
    let is_amount = answer.params.method == Method::Availability;
    let gets = |at: usize| points[at].value * if is_amount { 1.0 } else { answer.weight(at).to_f64() };
    (0..points.len()).for_each(|at| received += gets(at));
    answer.others.iter().for_each(|at| to_others += gets(*at));
    let unknown = answer.supply.iter().filter(|supply| supply.is_none()).count();
    let number = |value: f64| trim_zeros(value, 3);
    let mut text = Text::new(
        format!("of a known supply of {}, {} is within somebody's reach", number(all), number(asked)),
        format!("已知供给 {} 中，{} 有人可达", number(all), number(asked)),
    );
    if answer.params.method.conserves() || is_amount {
        let holds = (received - asked).abs() <= 1e-6 * asked.max(1e-12);
        let (en, zh) = if holds { (" and all of it is given", "，并全部分配") } else { ("", "") };
        let sum = if is_amount { "Σ V" } else { "Σ A·P" };
        text.en += &format!("{en} ({sum} = {})", number(received));
        text.zh += &format!("{zh}（{sum} = {}）", number(received));
    } else if answer.params.method != Method::Balanced {
        text.en += &format!("; {} of it is given (Σ A·P), less for distance, as the method means it", number(received));
        text.zh += &format!("；实际分配 {}（Σ A·P），其余按方法因距离损失", number(received));
    }
    if to_others > 0.0 && answer.params.method != Method::Balanced {
        text.en += &format!("; {} goes to points that are not judged", number(to_others));
        text.zh += &format!("；其中 {} 归不参与评价的点", number(to_others));
    }
    if idle > 0.0 {
        text.en += &format!("; {} serves nobody, for nobody is within the limit", number(idle));
        text.zh += &format!("；{} 因限值内无人而无人使用", number(idle));
    }
    if unknown > 0 {
        text.en += &format!("; the supply of {unknown} of {} facilities is not known", facilities.len());
        text.zh += &format!("；{}处设施中有 {unknown} 处供给未知", facilities.len());
    }
    text
}

/// How crowded facilities are, and for whom: the mean over the people, and the most crowded facility.
fn crowding(answer: &Answer<'_>) -> Text {
    let (mut people, mut units, mut sum) = (0.0, 0.0, 0.0);
    let mut worst: Option<(f64, usize)> = None;
    for (at, facility) in answer.floated.facilities.iter().enumerate() {
        let (Some(ratio), Some(supply)) = (facility.ratio, answer.supply[at]) else { continue };
        let load = ratio * supply;
        if load <= 0.0 {
            continue;
        }
        (people, units, sum) = (people + load, units + supply, sum + load * ratio);
        if worst.is_none_or(|(most, _)| ratio > most) {
            worst = Some((ratio, at));
        }
    }
    let (who_en, who_zh) = answer.who();
    let Some((most, at)) = worst else {
        return Text::new(
            "no facility of which it is known how crowded it is has anybody",
            "无已知拥挤程度且有人使用的设施",
        );
    };
    let name = &answer.parties.facilities[at].name;
    let (mean, all) = (four_digits(sum / people), four_digits(people / units));
    let (people, most) = (thousands(people), four_digits(most));
    Text::new(
        format!(
            "{people} {who_en} go to facilities of which it is known how crowded they are: {all} per unit of supply over all, but {mean} where the \
             average one of them goes; most at {name}, {most}"
        ),
        format!(
            "{people}{who_zh}使用拥挤程度已知的设施：总体每单位供给 {all}，按使用者平均为 {mean}；最拥挤为{name}，{most}"
        ),
    )
}

/// How near to an equilibrium the search came.
fn equilibrium(answer: &Answer<'_>) -> Option<Text> {
    let settled = answer.settled.as_ref()?;
    let (rounds, left) = (settled.gaps.len(), settled.gaps.last().copied().unwrap_or(0.0));
    let (gain, wanted, average) = (settled.most_gain, answer.params.gap(), four_digits(settled.average));
    let (en, zh) = match settled.converged {
        true => ("an equilibrium", "已收敛"),
        false => ("NO equilibrium yet", "尚未收敛"),
    };
    Some(Text::new(
        format!(
            "{en} after {rounds} round{}: by going elsewhere people could still gain {left:.1e} of their cost together (asked for: {wanted:.1e}), and \
             nobody more than {gain:.1e}; average crowding is {average} {} per unit of supply",
            plural(rounds),
            answer.who().0
        ),
        format!(
            "{rounds}轮后{zh}：改变选择合计仍可节省成本的 {left:.1e}（要求 {wanted:.1e}），个人至多 {gain:.1e}；平均拥挤为每单位供给 {average}{}",
            answer.who().1
        ),
    ))
}

/// Who competes, and who should but can not.
fn competing(answer: &Answer<'_>) -> Text {
    let weight = |points: &mut dyn Iterator<Item = usize>| points.map(|at| answer.weight(at)).sum::<Weight>();
    let layer = answer.parties.layer;
    let others = weight(&mut answer.others.iter().copied());
    let lost: Vec<usize> =
        (0..layer.len()).filter(|at| layer.at[*at].is_none() || answer.off_streets.contains_key(at)).collect();
    let (who_en, who_zh) = answer.who();
    let mut text = match answer.others.len() {
        0 => Text::new(
            "only the judged points compete: the demand layer holds no others; where people across the edge share the facilities, \
             values near it are too high",
            "仅参与评价的点参与竞争：需求图层中没有其他点；若界外人口共用设施，边缘数值偏高",
        ),
        count => Text::new(
            format!("beyond the judged area {count} point{} ({others} {who_en}) compete as well", plural(count)),
            format!("评价范围之外的 {count} 个点（{others}{who_zh}）同样参与竞争"),
        ),
    };
    if !lost.is_empty() {
        let (count, lost) = (lost.len(), weight(&mut lost.iter().copied()));
        text.en += &format!(
            "; {count} point{} without a place or off the network ({lost} {who_en}) can not compete: the values of others may be too high",
            plural(count)
        );
        text.zh += &format!("；{count} 个位置未知或不在网络上的点（{lost}{who_zh}）无法参与竞争，其他点的数值可能偏高");
    }
    text
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Judged points nearer to the end of the streets than the limit: who and what lies beyond is not known.
fn edge(answer: &Answer<'_>) -> Option<Text> {
    let params = &answer.params;
    if params.by == By::Transit {
        return None;
    }
    let Ground { extent: [west, south, east, north], top_speed } = ground(answer.study, params.by)?;
    let is_near = |at: &usize| {
        let Some(place) = answer.parties.layer.at[*at] else { return false };
        let (x, y) = (place.xy.x, place.xy.y);
        let end_m = (x - west).min(east - x).min(y - south).min(north - y).max(0.0);
        let end = match CostUnit::from(answer.limit) {
            CostUnit::Metres => end_m,
            CostUnit::Seconds => top_speed.seconds(end_m),
        };
        end <= answer.limit.value()
    };
    let near: Vec<usize> = answer.judged.iter().copied().filter(is_near).collect();
    if near.is_empty() {
        return None;
    }
    let weight: Weight = near.iter().map(|at| answer.weight(*at)).sum();
    let homes: BTreeSet<(&str, &str)> = near
        .iter()
        .filter_map(|at| answer.parties.layer.home[*at])
        .map(|home| answer.study.regions.get(home))
        .map(|region| (region.code.as_str(), region.name.as_str()))
        .collect();
    let named: Vec<&str> = homes.iter().take(5).map(|(_, name)| *name).collect();
    let more = homes.len().saturating_sub(5);
    let (more_en, more_zh) =
        if more > 0 { (format!(" and {more} more"), "等".to_owned()) } else { Default::default() };
    Some(Text::new(
        format!(
            "what one travels on ends within {} of {} judged points ({weight}): facilities and people beyond are not seen, and values may be \
             too low or too high; in {}{more_en}",
            answer.limit,
            near.len(),
            named.join(", ")
        ),
        format!(
            "{} 个评价点（{weight}）距网络边缘不足{}：其外的设施与人口未计入，数值可能偏低或偏高；涉及{}{more_zh}",
            near.len(),
            answer.limit,
            named.join("、")
        ),
    ))
}

/// Why the figure does not speak for all.
pub(crate) fn unknown_reason(answer: &Answer<'_>, ledger: &WeightLedger) -> Text {
    let part = |names: &[&str]| {
        ledger.parts.iter().filter(|(name, _)| names.contains(name)).map(|(_, weight)| *weight).sum::<Weight>()
    };
    let reasons = [
        (part(&["supply-unknown"]), "can reach a facility whose supply is not known", "可达供给未知的设施"),
        (part(&["off-streets", "off-surface"]), "are off the network", "不在网络上"),
        (part(&["without-service-data"]), "live where no service is known", "所在区域公交服务无数据"),
        (part(&["without-place"]), "have no known place", "位置未知"),
    ];
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    for (weight, in_english, in_chinese) in reasons.into_iter().filter(|(weight, ..)| *weight > Weight::ZERO) {
        en.push(format!("{weight} {in_english}"));
        zh.push(format!("{weight} {in_chinese}"));
    }
    Text::new(
        format!("of {} {}, {}", ledger.total, answer.who().0, en.join(", ")),
        format!("{}{}中，{}", ledger.total, answer.who().1, zh.join("，")),
    )
}

/// Facilities that give nothing, or nobody knows what.
pub(crate) fn issues(answer: &Answer<'_>, context: &Context<'_>) -> Vec<Issue> {
    let mut issues = Vec::new();
    if answer.settled.as_ref().is_some_and(|settled| !settled.converged) {
        let what = format!(
            "people had not settled after as many rounds as are tried (indicator {}): the costs may be off by what they could still gain; write a \
             larger gap, or a larger tau",
            context.id
        );
        issues.push(Issue::new(Severity::Warning, "raam-not-settled", &answer.params.kind, what));
    }
    let weights = &answer.parties.group.weights;
    let weight: f64 = answer.moved_points.iter().map(|at| weights[*at].to_f64()).sum();
    let weighed = (weight, answer.parties.group.name.as_str());
    let layer = answer.parties.layer;
    issues.extend(past_islands_of(layer, &answer.moved_points, weighed, answer.moved_facilities, context.id));
    let scale = |code: &'static str, at: usize, what: String| {
        let facility = answer.parties.facilities[at];
        Issue::new(Severity::Warning, code, &facility.kind, format!("{}: {what}", facility.name)).with_id(&facility.id)
    };
    let is_surface = answer.params.by == By::Surface;
    for (at, facility) in answer.floated.facilities.iter().enumerate() {
        if let Some(why) = answer.off_facilities.get(&at) {
            let code = if is_surface { "facility-off-surface" } else { "facility-off-streets" };
            issues.push(scale(code, at, off_street(why).0));
        } else if answer.supply[at].is_none() {
            let what = format!(
                "its capacity is not known, which is not zero: of {} {} within {} only what others give them is known",
                facility.people,
                answer.who().0,
                answer.limit
            );
            issues.push(scale("facility-without-capacity", at, what));
        } else if answer.params.method.competes() && facility.is_idle() {
            let supply = answer.supply[at].map(|supply| trim_zeros(supply, 3)).unwrap_or_default();
            let what = match facility.people > Weight::ZERO {
                true => format!("nobody asks for its supply of {supply} (indicator {}); it has no ratio", context.id),
                false => format!("nobody lives within {}; its supply of {supply} has no ratio", answer.limit),
            };
            issues.push(scale("facility-without-demand", at, what));
        }
    }
    issues
}

/// Points below the level or without an answer; without a level the hundred with the least. Of cells, those with the most weight.
pub(crate) fn evidence(answer: &Answer<'_>) -> Vec<Evidence> {
    let has_level = answer.params.has_level();
    let mut points: Vec<usize> = answer
        .judged
        .iter()
        .copied()
        .filter(|at| !has_level || answer.part(*at).is_none_or(|part| part < 1.0))
        .collect();
    // the worst first, and before them who has no value
    let is_crowding = answer.params.method.is_crowding();
    let least = |at: usize| answer.value(at).map_or(f64::MIN, |value| if is_crowding { -value } else { value });
    points.sort_by(|x, y| least(*x).total_cmp(&least(*y)).then(x.cmp(y)));
    if !has_level {
        points.truncate(100);
    }
    if answer.parties.layer.is_grid() && points.len() > MOST_CELL_LINES {
        points.sort_by(|x, y| answer.weight(*y).cmp(&answer.weight(*x)).then(x.cmp(y)));
        points.truncate(MOST_CELL_LINES);
    }
    points.into_iter().map(|at| line(answer, at)).collect()
}

fn line(answer: &Answer<'_>, at: usize) -> Evidence {
    let layer = answer.parties.layer;
    let (id, name) = (layer.id(at).into_owned(), layer.point_name(at).into_owned());
    let mut about = vec![id.clone(), name.clone()];
    about.extend(layer.home[at].map(|home| answer.study.regions.get(home).code.clone()));
    let below = match answer.params.method.is_crowding() {
        true => "above",
        false if answer.params.has_level() => "below",
        false => "low",
    };
    let (state, en, zh) = match answer.standing(at) {
        Standing::Known(_) if answer.closed.contains(&at) => {
            (below, "its street or cell is closed".to_owned(), "所在道路或网格封闭".to_owned())
        }
        Standing::Known(value) if value <= 0.0 => {
            let limit = answer.limit;
            (below, format!("no supply within {limit}"), format!("{limit}以内没有供给"))
        }
        Standing::Nowhere => {
            let limit = answer.limit;
            ("nowhere", format!("no facility with supply within {limit}"), format!("{limit}以内没有可用设施"))
        }
        Standing::Known(value) if answer.params.method == Method::Inverted => {
            let ((en, zh), part) = (shown(answer, value), answer.part(at).unwrap_or(0.0) * 100.0);
            let (en, zh) = (format!("its people meet {en}"), format!("平均{zh}"));
            (
                below,
                format!("{en}, {part:.0} % of them no more than the level"),
                format!("{zh}，其中{part:.0}%不超过限值"),
            )
        }
        Standing::Known(value) => {
            let (en, zh) = shown(answer, value);
            (below, en, zh)
        }
        Standing::AtLeast(value) => {
            let (en, zh) = shown(answer, value);
            let why = ("at least", "and a facility whose supply is not known");
            ("supply-unknown", format!("{} {en}, {}", why.0, why.1), format!("至少{zh}，另可达供给未知的设施"))
        }
        Standing::OffStreets => {
            let (en, zh) = answer.off_streets.get(&at).map(off_street).unwrap_or_default();
            (if answer.params.by == By::Surface { "off-surface" } else { "off-streets" }, en, zh)
        }
        Standing::NoServices => (
            "no-service-data",
            "nothing is known of the services around it".to_owned(),
            "周边公交服务无数据".to_owned(),
        ),
        Standing::NoPlace => ("no-place", "its place is not known".to_owned(), "位置未知".to_owned()),
    };
    let text = Text::new(format!("{name} ({id}): {en}"), format!("{name}（{id}）：{zh}"));
    Evidence { key: id, state, about, text }
}

/// How many more must be at the level for the target, and where most of those below it are.
pub(crate) fn closing_the_gap(
    answer: &Answer<'_>,
    context: &Context<'_>,
    headline: &Figure,
    by_region: &[(Level, RegionIdx, Vec<usize>)],
) -> Option<Text> {
    let level = answer.params.at_most.or(answer.params.at_least)? / answer.params.scale();
    let more = context.missing(headline)?.more(&Noun::of_group(&answer.parties.group.name));
    let smallest = by_region.first()?.0;
    let below = |at: &&usize| answer.part(**at).is_some_and(|part| part < 1.0);
    let mut regions: Vec<(Weight, RegionIdx)> = by_region
        .iter()
        .filter(|(level, ..)| *level == smallest)
        .map(|(_, region, points)| (points.iter().filter(below).map(|at| answer.weight(*at)).sum(), *region))
        .filter(|(weight, _)| *weight > Weight::ZERO)
        .collect();
    regions.sort_by(|x, y| y.0.cmp(&x.0).then(x.1.cmp(&y.1)));
    let named: Vec<String> = regions
        .iter()
        .take(3)
        .map(|(weight, region)| format!("{} ({})", answer.study.regions.get(*region).name, thousands(weight.to_f64())))
        .collect();
    let (en, zh) = shown(answer, level);
    let mut text = match answer.params.method.is_crowding() {
        true => Text::new(format!("{} must meet {en}, or less", more.en), format!("还需使 {}降至{zh}以下", more.zh)),
        false => Text::new(format!("{} must have {en} or more", more.en), format!("还需使 {}达到{zh}以上", more.zh)),
    };
    if !named.is_empty() {
        let side = if answer.params.method.is_crowding() { "above" } else { "below" };
        text.en += &format!("; most of those {side} are in {}", named.join(", "));
        text.zh += &format!("；未达标者主要位于{}", named.join("、"));
    }
    Some(text)
}
