//! Share of demand with a place in a facility within a limit, where room is limited.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostTable;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::assignment;
use crate::metrics::assignment::Plan;
use crate::metrics::clearance;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::covered_share::unknown_reason;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::losses::Groups;
use crate::metrics::losses::Loss;
use crate::metrics::losses::Pair;
use crate::metrics::missing::capacity_for;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach_layers;
use crate::metrics::served_layers;
use crate::metrics::transport;
use crate::metrics::transport::Price;
use crate::model::region::Level;

/// By which rule people get a place where there are fewer places than people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// As many as possible, and these with the least way altogether: what a plan could reach.
    #[default]
    Optimal,
    /// Whoever is nearest goes in first.
    NearestFirst,
    /// Facilities one after the other, each filled from the nearest people outwards, as AccessMod does.
    InOrder,
}

impl Rule {
    const ALL: [Rule; 3] = [Rule::Optimal, Rule::NearestFirst, Rule::InOrder];

    fn code(self) -> &'static str {
        match self {
            Rule::Optimal => "optimal",
            Rule::NearestFirst => "nearest-first",
            Rule::InOrder => "in-order",
        }
    }

    fn label(self) -> Text {
        match self {
            Rule::Optimal => Text::new("best possible assignment", "最优分配"),
            Rule::NearestFirst => Text::new("the nearest go in first", "就近优先"),
            Rule::InOrder => Text::new("facility by facility, as AccessMod", "逐设施分配（AccessMod规则）"),
        }
    }
}

/// Which facility is filled first under the rule `in-order`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// That with the most room.
    #[default]
    LargestFirst,
    SmallestFirst,
    /// That with the most people within the limit.
    MostPeopleFirst,
    FewestPeopleFirst,
    /// That which comes first in its file.
    File,
}

/// `measure.served-share`: share of demand that gets a place in a facility within a distance, the distance itself included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServedShare {
    /// Kind of facility that is to take people in; its capacity is the field that the study names.
    pub kind: String,
    /// The distance or the time; at exactly this a facility can still be used.
    pub within: Limit,
    /// How much of the capacity one unit of demand takes up: 2 where the capacity is in m² and a person needs 2 m².
    #[serde(default = "one")]
    pub per_person: f64,
    /// The rule of the headline; the others stand beside it.
    #[serde(default)]
    pub rule: Rule,
    /// Which facility is filled first under `in-order`.
    #[serde(default)]
    pub order: Order,
    /// Width of the rings in which facilities are filled under `in-order`; left out: a minute, or each distance by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<Limit>,
    /// Whether to find out what the loss of each facility, and of the worst two, would do.
    #[serde(default)]
    pub losses: bool,
    /// How many people a minute get through one street into a facility: an assumption of the study, for a lower bound of the time until each
    /// facility has taken its people in. Along streets only; left out, none is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<f64>,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whose facilities count.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
}

fn one() -> f64 {
    1.0
}

/// What becomes of one demand point under a rule; millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    pub served: i64,
    /// Would have a place if the facilities whose room is not known had enough.
    pub perhaps: i64,
    pub left: i64,
}

/// A plan for the rooms that are known, and what more those could do that are not.
pub(crate) struct Ruled {
    pub rule: Rule,
    pub plan: Plan,
    /// By demand point of the layer; nothing for points that can not be measured from.
    pub fates: Vec<Fate>,
    pub price: Option<Vec<Price>>,
}

/// The question with its answer under every rule.
pub(crate) struct Answer<'a> {
    pub params: ServedShare,
    pub reach: Reach<'a>,
    /// All facilities within the limit of every demand point with a place, of those also that are not judged: they want room too.
    pub costs: CostTable,
    /// Room by facility in millionths of a person; `None` where the capacity is not known.
    pub room: Vec<Option<i64>>,
    /// People within the limit, by facility; millionths.
    pub near: Vec<i64>,
    /// The headline's rule first.
    pub ruled: Vec<Ruled>,
    /// By facility, and the worst two; `None` where it was not asked.
    pub losses: Option<(Vec<Loss>, Option<Pair>)>,
    /// By how many ways one comes to each facility, and how many people a minute get through one; `None` where it was not asked.
    pub doors: Option<(Vec<Option<u32>>, f64)>,
}

fn weight(millionths: i64) -> Weight {
    Weight::from_micros(i128::from(millionths))
}

impl ServedShare {
    fn question(&self) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: self.within.into(),
            direction: self.direction,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    fn ring(&self) -> f64 {
        match (self.ring, self.within) {
            (Some(ring), _) => ring.value(),
            (None, Limit::Time(_)) => 60.0,
            (None, Limit::Length(_)) => 0.0,
        }
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        let (study, question) = (networks.study, self.question());
        is_looked_for(study, self.by, self.within, "within")?;
        let (reach, costs) = Reach::with_all_within(networks, &question, self.within.value())?;
        let total: Weight = reach.group.weights.iter().copied().sum();
        let total = i64::try_from(total.micros()).map_err(|_| MetricError::Parameter {
            key: "weight",
            what: format!("{total} is more than can be assigned one by one; check the unit of the weights"),
        })?;
        // at most the total each, and so within range
        let people: Vec<i64> = reach.group.weights.iter().map(|weight| weight.micros() as i64).collect();
        let room: Vec<Option<i64>> = reach
            .facilities
            .iter()
            .map(|facility| assignment::room_for(facility.capacity, self.per_person, total))
            .collect();
        let near = assignment::near(&costs, &people, room.len());
        let rules = std::iter::once(self.rule).chain(Rule::ALL.into_iter().filter(|rule| *rule != self.rule));
        let ruled = rules.map(|rule| self.ruled(rule, &costs, &people, &room, &near, total)).collect();
        let losses = self.losses.then(|| {
            let known: Vec<i64> = room.iter().map(|room| room.unwrap_or(0)).collect();
            let groups = Groups::new(&costs, &people, &known);
            let single = groups.single();
            let pair = groups.pair(&single);
            (single, pair)
        });
        let network = study.streets.iter().find(|network| Some(network.mode) == self.by.mode());
        let doors = self.flow.zip(network).map(|(flow, network)| (clearance::arms(network, &reach.facilities), flow));
        Ok(Answer { params: self.clone(), reach, costs, room, near, ruled, losses, doors })
    }

    fn ruled(
        &self,
        rule: Rule,
        costs: &CostTable,
        people: &[i64],
        room: &[Option<i64>],
        near: &[i64],
        total: i64,
    ) -> Ruled {
        let plan = |room: &[i64]| match rule {
            Rule::Optimal => {
                let optimum = transport::optimal(costs, people, room);
                (optimum.plan, Some(optimum.price))
            }
            Rule::NearestFirst => (assignment::nearest_first(costs, people, room), None),
            Rule::InOrder => (assignment::in_order(costs, people, room, &self.in_order(room, near), self.ring()), None),
        };
        let known: Vec<i64> = room.iter().map(|room| room.unwrap_or(0)).collect();
        let (least, price) = plan(&known);
        let served = least.served(people.len());
        let most = if room.iter().any(Option::is_none) {
            let ample: Vec<i64> = room.iter().map(|room| room.unwrap_or(total)).collect();
            plan(&ample).0.served(people.len())
        } else {
            served.clone()
        };
        let fates = (people.iter().zip(served).zip(most))
            .map(|((people, served), most)| {
                let perhaps = (most - served).max(0);
                Fate { served, perhaps, left: people - served - perhaps }
            })
            .collect();
        Ruled { rule, plan: least, fates, price }
    }

    fn in_order(&self, room: &[i64], near: &[i64]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..room.len() as u32).collect();
        // stable: ties in the order of the file
        match self.order {
            Order::LargestFirst => order.sort_by_key(|at| std::cmp::Reverse(room[*at as usize])),
            Order::SmallestFirst => order.sort_by_key(|at| room[*at as usize]),
            Order::MostPeopleFirst => order.sort_by_key(|at| std::cmp::Reverse(near[*at as usize])),
            Order::FewestPeopleFirst => order.sort_by_key(|at| near[*at as usize]),
            Order::File => {}
        }
        order
    }
}

/// Sums over some judged points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub served: Weight,
    pub too_far: Weight,
    pub no_room: Weight,
    /// Hangs on rooms that are not known.
    pub perhaps: Weight,
    /// Nothing is known of the services that might bring them farther.
    pub no_services: Weight,
    pub no_place: Weight,
    pub off_streets: Weight,
}

impl Answer<'_> {
    /// What becomes of a judged point: `None` where it can not be measured from.
    pub(crate) fn fate(&self, ruled: &Ruled, at: usize) -> Option<Fate> {
        match self.reach.reached(at) {
            Reached::At(..) | Reached::NoFacility => Some(ruled.fates[at]),
            Reached::AtMost(_) => {
                let fate = ruled.fates[at];
                Some(Fate { perhaps: fate.perhaps + fate.left, left: 0, ..fate })
            }
            Reached::NoPlace | Reached::OffStreets => None,
        }
    }

    /// Whether nothing is known of the services around a point.
    pub(crate) fn is_silent(&self, at: usize) -> bool {
        matches!(self.reach.reached(at), Reached::AtMost(_))
    }

    /// Whether there is a facility within the limit of a point.
    pub(crate) fn is_near(&self, at: usize) -> bool {
        !self.costs.columns(at).0.is_empty()
    }

    /// What became of a judged point's people, part by part.
    fn parts(&self, ruled: &Ruled, at: usize) -> Vec<(&'static str, Weight)> {
        match self.fate(ruled, at) {
            Some(fate) => vec![
                ("served", weight(fate.served)),
                (if self.is_near(at) { "no-room" } else { "too-far" }, weight(fate.left)),
                (if self.is_silent(at) { "no-service-data" } else { "room-unknown" }, weight(fate.perhaps)),
            ],
            None => vec![(reach_layers::state_unmeasured(self.reach.reached(at)), self.reach.weight(at))],
        }
    }

    pub(crate) fn sums(&self, ruled: &Ruled, points: &[usize]) -> Sums {
        let mut sums = Sums::default();
        for at in points {
            match self.fate(ruled, *at) {
                Some(fate) => {
                    sums.served += weight(fate.served);
                    let unknown = if self.is_silent(*at) { &mut sums.no_services } else { &mut sums.perhaps };
                    *unknown += weight(fate.perhaps);
                    *(if self.is_near(*at) { &mut sums.no_room } else { &mut sums.too_far }) += weight(fate.left);
                }
                None if self.reach.off_streets.contains_key(at) => sums.off_streets += self.reach.weight(*at),
                None => sums.no_place += self.reach.weight(*at),
            }
        }
        sums
    }

    fn figure(&self, ruled: &Ruled, points: &[usize]) -> Figure {
        let sums = self.sums(ruled, points);
        let known = sums.served + sums.too_far + sums.no_room;
        let unknown = sums.perhaps + sums.no_services + sums.no_place + sums.off_streets;
        let figure = Figure::share(sums.served.to_f64(), known.to_f64(), unknown.to_f64());
        // where no room is known, those can be told only who are left out: their share is no finding
        let is_blind = sums.perhaps > Weight::ZERO && self.room.iter().all(Option::is_none);
        if is_blind { Figure { value: None, ..figure } } else { figure }
    }

    fn ledger(&self, ruled: &Ruled) -> WeightLedger {
        let sums = self.sums(ruled, &self.reach.judged);
        let parts = vec![
            ("served", sums.served),
            ("too-far", sums.too_far),
            ("no-room", sums.no_room),
            ("room-unknown", sums.perhaps),
        ];
        let unknown = [sums.no_services, sums.off_streets, sums.no_place];
        ledger(&self.reach, &self.reach.judged, parts, unknown)
    }

    /// The share that would be served if every facility had room for all: what the limit alone allows.
    fn with_room_for_all(&self) -> Figure {
        let (mut near, mut far, mut unknown) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for at in &self.reach.judged {
            match self.reach.reached(*at) {
                Reached::NoPlace | Reached::OffStreets => unknown += self.reach.weight(*at),
                Reached::AtMost(_) if !self.is_near(*at) => unknown += self.reach.weight(*at),
                _ if self.is_near(*at) => near += self.reach.weight(*at),
                _ => far += self.reach.weight(*at),
            }
        }
        Figure::share(near.to_f64(), (near + far).to_f64(), unknown.to_f64())
    }

    /// Mean cost of those served, over all points.
    fn mean(&self, ruled: &Ruled) -> Option<f64> {
        let (people, sum) = ruled.plan.sums(&self.costs);
        (people > 0.0).then(|| sum / people)
    }

    fn variants(&self) -> Vec<Variant> {
        let mut variants: Vec<Variant> = self
            .ruled
            .iter()
            .map(|ruled| Variant {
                code: ruled.rule.code().to_owned(),
                label: ruled.rule.label(),
                figure: self.figure(ruled, &self.reach.judged),
                others: Vec::new(),
                informative_only: false,
            })
            .collect();
        variants.push(Variant {
            code: "room-for-all".to_owned(),
            label: Text::new("room for all, the limit alone", "不计容量，仅计距离"),
            figure: self.with_room_for_all(),
            others: Vec::new(),
            informative_only: true,
        });
        variants
    }

    /// Who is left out and why, beside the mean cost of those who are not: a mean that falls because more are left out is no gain.
    fn gap(&self) -> Text {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for ruled in &self.ruled {
            let sums = self.sums(ruled, &self.reach.judged);
            let mean = self.mean(ruled).map(|mean| reach_layers::told(self.reach.unit, mean));
            let (mean_en, mean_zh) = match mean {
                Some((en, zh)) => (format!("mean of those served {en}"), format!("获服务者平均{zh}")),
                None => ("nobody served".to_owned(), "无人获得服务".to_owned()),
            };
            let (far, full) = (thousands(sums.too_far.to_f64()), thousands(sums.no_room.to_f64()));
            let label = ruled.rule.label();
            en.push(format!("{}: {far} too far, {full} without room, {mean_en}", label.en));
            zh.push(format!("{}：过远 {far}，无余位 {full}，{mean_zh}", label.zh));
        }
        Text::new(format!("left out by rule: {}", en.join("; ")), format!("各规则未获服务：{}", zh.join("；")))
    }

    /// The worst that the loss of one facility and of two does to the best plan.
    fn worst_losses(&self) -> Option<Text> {
        let (single, pair) = self.losses.as_ref()?;
        let worst = single.iter().min_by(|a, b| b.out.cmp(&a.out).then(a.facility.cmp(&b.facility)))?;
        let name = |at: u32| self.reach.facilities[at as usize].name.as_str();
        let people = |out: i64| thousands(weight(out).to_f64());
        let needed = single.iter().filter(|loss| loss.out > 0).count();
        let all = single.len();
        let nobody = || {
            Text::new(
                format!("the loss of any one of {all} facilities leaves nobody more out by the best plan"),
                format!("{all}处设施中失去任一处，最优方案下未获服务者均不增加"),
            )
        };
        let one = |worst: &Loss| {
            Text::new(
                format!(
                    "without {}, {} more are left out by the best plan, the worst that one facility can do; {needed} of {all} can not be spared",
                    name(worst.facility),
                    people(worst.out)
                ),
                format!(
                    "若失去{}，最优方案下未获服务者增加 {}，为单个设施之最；{all}处设施中有{needed}处不可或缺",
                    name(worst.facility),
                    people(worst.out)
                ),
            )
        };
        let mut text = if worst.out == 0 { nobody() } else { one(worst) };
        if let Some(pair) = pair.as_ref().filter(|pair| pair.out > 0) {
            let [a, b] = pair.facilities;
            let (en, zh) = if pair.is_proven { ("", "") } else { (", of those tried", "（已试组合中）") };
            text.en += &format!("; the worst two are {} and {}: {}{en}", name(a), name(b), people(pair.out));
            text.zh += &format!("；最不利的两处为{}与{}：{}{zh}", name(a), name(b), people(pair.out));
        }
        Some(text)
    }

    /// The facility that takes longest at least to take its people in.
    fn slowest(&self) -> Option<Text> {
        let (_, flow) = self.doors.as_ref()?;
        let times = served_layers::least_times(self);
        let slowest = (times.iter().enumerate()).filter_map(|(at, time)| Some((at, (*time)?)));
        let (at, seconds) = slowest.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        let (name, flow) = (&self.reach.facilities[at].name, crate::base::units::trim_zeros(*flow, 3));
        let minutes = crate::base::units::trim_zeros(seconds / 60.0, 1);
        Some(Text::new(
            format!(
                "if {flow} people a minute get through a street, as the study assumes, {name} takes at least {minutes} min to take its people                  in, the longest of all; a lower bound, not the time of an evacuation"
            ),
            format!(
                "按研究假定每条道路每分钟通过 {flow} 人，{name}接收全部人员至少需 {minutes} 分钟，为各设施最长；此为下界，并非疏散时间"
            ),
        ))
    }

    fn caveat(&self) -> Text {
        let mut text = self.reach.caveat();
        let params = &self.params;
        let per = crate::base::units::trim_zeros(params.per_person, 3);
        text.en += &format!("; within {}, each taking {per} of the capacity", params.within);
        text.zh += &format!("；{} 以内，每单位需求占用容量 {per}", params.within);
        let others = self.reach.layer.len() - self.reach.judged.len();
        if others > 0 {
            text.en += &format!("; {others} points that are not judged want room too");
            text.zh += &format!("；另有{others}个不参与评价的点同样占用容量");
        }
        if !self.reach.without_services.is_empty() {
            text.en += "; places that people might take whose services are not known are counted as free for others";
            text.zh += "；公交服务无数据者可能占用的位置视为可供他人使用";
        }
        if params.rule == Rule::Optimal && self.sums(&self.ruled[0], &self.reach.judged).no_room > Weight::ZERO {
            text.en +=
                "; how many are left without room is certain, who they are is one of several equally good answers";
            text.zh += "；无余位的总量确定，具体分布在等优方案中并不唯一";
        }
        text
    }

    /// Facilities whose room is not known: they are neither empty nor full.
    fn issues(&self) -> Vec<Issue> {
        let unknown = self.reach.facilities.iter().zip(&self.room).filter(|(_, room)| room.is_none());
        unknown
            .map(|(facility, _)| {
                let what = format!(
                    "{}: its capacity is not known; who can only be served there counts as unknown",
                    facility.name
                );
                Issue::new(Severity::Warning, "facility-without-capacity", &facility.kind, what).with_id(&facility.id)
            })
            .collect()
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let missing = context.missing(headline)?;
        let more = missing.more(&Noun::of_group(&self.reach.group.name));
        let capacity = thousands(capacity_for(missing.whole(), self.params.per_person));
        // what would be missing if every facility had room for all
        let all = self.with_room_for_all();
        let all = Figure::share(all.part? + all.unknown, all.whole? + all.unknown, 0.0);
        if let Some(beyond) = context.missing(&all) {
            let all = beyond.shown();
            return Some(Text::new(
                format!(
                    "{} must get a place ({capacity} of capacity); {all} of them live beyond {} of every facility, so that new sites are needed",
                    more.en, self.params.within
                ),
                format!(
                    "还需为 {}提供位置（容量 {capacity}）；其中 {all} 位于所有设施 {} 之外，需新增选址",
                    more.zh, self.params.within
                ),
            ));
        }
        let price = self.ruled.iter().find_map(|ruled| ruled.price.as_ref())?;
        let mut wanted: Vec<(usize, f64)> =
            price.iter().enumerate().filter(|(_, price)| price.serves).map(|(at, price)| (at, price.saves)).collect();
        wanted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let named: Vec<&str> = wanted.iter().take(3).map(|(at, _)| self.reach.facilities[*at].name.as_str()).collect();
        Some(Text::new(
            format!(
                "{} must get a place ({capacity} of capacity); a further place helps most at {}",
                more.en,
                named.join(", ")
            ),
            format!("还需为 {}提供位置（容量 {capacity}）；新增位置效益最大处：{}", more.zh, named.join("、")),
        ))
    }
}

impl Metric for ServedShare {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let own = &answer.ruled[0];
        let ledger = answer.ledger(own);
        let mut headline = answer.figure(own, &answer.reach.judged);
        let sums = answer.sums(own, &answer.reach.judged);
        if sums.perhaps > Weight::ZERO {
            let unknown = answer.room.iter().filter(|room| room.is_none()).count();
            let (weight, all) = (thousands(sums.perhaps.to_f64()), answer.room.len());
            headline = headline.because(Text::new(
                format!(
                    "whether {weight} get a place hangs on {unknown} of {all} facilities whose capacity is not known"
                ),
                format!("{all}处设施中有{unknown}处容量未知，{weight} 单位需求能否获得位置未知"),
            ));
        } else if headline.unknown > 0.0 {
            headline = headline.because(unknown_reason(&answer.reach, &ledger, Some(self.within.value())));
        }
        let by_region = answer.reach.by_region(context.over);
        let homes = answer.reach.homes();
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| {
                RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| {
                    answer.figure(own, points)
                })
            })
            .collect();
        let mut output = Output { synthetic: answer.reach.synthetic, ..Output::default() };
        output.notes.push(answer.caveat());
        output.notes.push(answer.gap());
        output.notes.extend(reach_layers::most_left_out(context.study, &regions));
        output.notes.extend(answer.worst_losses());
        output.notes.extend(answer.slowest());
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        output.issues = answer.issues();
        reach_layers::tell_gaps(&answer.reach, context, Some(self.within.value()), &headline, &mut output);
        output.evidence = served_layers::evidence(&answer, &by_region);
        output.outcomes =
            reach_layers::outcomes_by_part(answer.reach.layer, answer.reach.group, &answer.reach.judged, |at| {
                answer.parts(own, at)
            });
        output.tables = served_layers::tables(&answer, context, &regions);
        output.variants = answer.variants();
        output.fragile_among_variants = true;
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        needs_speed(self.by, self.within.into(), "within")?;
        if !(self.per_person.is_finite() && self.per_person > 0.0) {
            let what = "must be more than 0: how much of the capacity one person takes up".to_owned();
            return Err(MetricError::Parameter { key: "per-person", what });
        }
        if let Some(flow) = self.flow {
            if !(flow.is_finite() && flow > 0.0) {
                let what = "must be more than 0: how many people a minute get through one street".to_owned();
                return Err(MetricError::Parameter { key: "flow", what });
            }
            if self.by.mode().is_none() || self.by == By::Transit {
                let what = "people come by streets; write by = \"walk\", \"bicycle\" or \"drive\", or leave flow out"
                    .to_owned();
                return Err(MetricError::Parameter { key: "flow", what });
            }
        }
        if let Some(ring) = self.ring
            && CostUnit::from(ring) != CostUnit::from(self.within)
        {
            let what =
                format!("is of another kind than within = \"{}\"; write both as lengths or both as times", self.within);
            return Err(MetricError::Parameter { key: "ring", what });
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn limit(&self) -> Option<f64> {
        Some(self.within.value())
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
