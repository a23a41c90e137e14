//! How many people facilities must expect when people choose by size and nearness, and how many of them find room.

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
use crate::base::units::trim_zeros;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::cost_table::CostTable;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::accessibility_report::curve_told;
use crate::metrics::assignment;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::covered_share::unknown_reason;
use crate::metrics::decay::Curve;
use crate::metrics::decay::Decay;
use crate::metrics::expected_layers;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::huff::Choices;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach_layers;
use crate::model::region::Level;

/// What draws people to a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attraction {
    /// Its capacity: twice the beds draw twice as many.
    #[default]
    Capacity,
    /// Each as much as any other.
    Count,
}

/// `measure.expected-load`: share of demand that finds room where it may be expected to go, by size and nearness.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExpectedLoad {
    /// Kind of facility that people choose between; its capacity is the field that the study names.
    pub kind: String,
    /// What draws people to a facility.
    #[serde(default)]
    pub attraction: Attraction,
    /// The exponent of the attraction: 1 draws by size, less by less than size.
    #[serde(default = "one")]
    pub exponent: f64,
    /// How much a facility draws at a cost.
    #[serde(default)]
    pub decay: Decay,
    /// The largest length or time that anybody goes, itself included; left out with steps, whose last one it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Limit>,
    /// How much of the capacity one unit of demand takes up: 0.002 where there are two beds for a thousand people.
    #[serde(default = "one")]
    pub per_person: f64,
    /// How distance is measured.
    #[serde(default)]
    pub by: By,
    /// Which way one travels.
    #[serde(default)]
    pub direction: Direction,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has `people`.
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

/// What becomes of one point's people; millionths. What is left over finds no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    pub served: i64,
    /// Hangs on capacities that are not known.
    pub perhaps: i64,
    /// Has nowhere to go within the limit.
    pub far: i64,
    pub left: i64,
}

/// One way of choosing with all that comes of it.
pub(crate) struct Chosen {
    pub code: &'static str,
    pub label: Text,
    pub choices: Choices,
    /// People that are known to go to each facility, and those who may.
    pub least: Vec<i64>,
    pub most: Vec<i64>,
    /// By demand point of the layer.
    pub fates: Vec<Fate>,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: ExpectedLoad,
    pub limit: Limit,
    pub reach: Reach<'a>,
    /// All facilities within the limit of every point with a place, judged or not.
    pub costs: CostTable,
    /// Room by facility in millionths of a person; `None` where the capacity is not known.
    pub room: Vec<Option<i64>>,
    /// People within the limit, by facility; millionths.
    pub near: Vec<i64>,
    /// By size and nearness, and to the nearest.
    pub chosen: [Chosen; 2],
}

pub(crate) fn weight(millionths: i64) -> Weight {
    Weight::from_micros(i128::from(millionths))
}

impl ExpectedLoad {
    fn question(&self, limit: Limit) -> Question<'_> {
        Question {
            kind: &self.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by,
            unit: limit.into(),
            direction: self.direction,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        let (limit, curve) = (self.decay.limit(self.within)?, self.decay.curve(self.within)?);
        is_looked_for(networks.study, self.by, limit, "within")?;
        let (reach, costs) = Reach::with_all_within(networks, &self.question(limit), limit.value())?;
        let known = |capacity: Option<f64>| capacity.filter(|capacity| capacity.is_finite() && *capacity >= 0.0);
        let capacity: Vec<Option<f64>> = reach.facilities.iter().map(|facility| known(facility.capacity)).collect();
        if self.attraction == Attraction::Capacity && capacity.iter().all(Option::is_none) {
            return Err(MetricError::Missing {
                what: format!("no facility of kind \"{}\" has a capacity", self.kind),
                instead: "name its field with capacity = \"…\" where the facilities are read, or write attraction = \"count\""
                    .to_owned(),
            });
        }
        let total: Weight = reach.group.weights.iter().copied().sum();
        let total = i64::try_from(total.micros()).map_err(|_| MetricError::Parameter {
            key: "weight",
            what: format!("{total} is more than can be counted in millionths; check the unit of the weights"),
        })?;
        // at most the total each, and so within range
        let people: Vec<i64> = reach.group.weights.iter().map(|weight| weight.micros() as i64).collect();
        let room: Vec<Option<i64>> =
            capacity.iter().map(|capacity| assignment::room_for(*capacity, self.per_person, total)).collect();
        let near = assignment::near(&costs, &people, room.len());
        let chosen = [self.by_size(&costs, &people, &capacity, &room, &curve), to_the_nearest(&costs, &people, &room)];
        Ok(Answer { params: self.clone(), limit, reach, costs, room, near, chosen })
    }

    fn by_size(
        &self,
        costs: &CostTable,
        people: &[i64],
        capacity: &[Option<f64>],
        room: &[Option<i64>],
        curve: &Curve,
    ) -> Chosen {
        let attraction: Vec<Option<f64>> = capacity
            .iter()
            .map(|capacity| match self.attraction {
                Attraction::Capacity => capacity.map(|capacity| capacity.powf(self.exponent)),
                Attraction::Count => Some(1.0),
            })
            .collect();
        let pulls = |(to, cost): (u32, f64)| (curve.weight(cost) > 0.0).then_some(to as usize);
        // whose choice hangs on a size that is not known
        let hangs: Vec<bool> =
            (0..costs.origins()).map(|at| costs.row(at).filter_map(pulls).any(|to| attraction[to].is_none())).collect();
        let known: Vec<f64> = attraction.iter().map(|attraction| attraction.unwrap_or(0.0)).collect();
        let choices = Choices::huff(costs, people, &known, curve);
        let least = choices.loads(room.len(), |at| !hangs[at]);
        let mut most = least.clone();
        for at in (0..costs.origins()).filter(|at| hangs[*at]) {
            costs.row(at).filter_map(pulls).for_each(|to| most[to] += people[at]);
        }
        let label = Text::new("by size and nearness (Huff)", "按规模与距离选择（Huff模型）");
        Chosen::new("huff", label, choices, &hangs, people, room, (least, most))
    }
}

fn to_the_nearest(costs: &CostTable, people: &[i64], room: &[Option<i64>]) -> Chosen {
    let choices = Choices::nearest(costs, people);
    let loads = choices.loads(room.len(), |_| true);
    let hangs = vec![false; people.len()];
    let label = Text::new("everybody to the nearest", "均就近前往");
    Chosen::new("nearest", label, choices, &hangs, people, room, (loads.clone(), loads))
}

impl Chosen {
    fn new(
        code: &'static str,
        label: Text,
        choices: Choices,
        hangs: &[bool],
        people: &[i64],
        room: &[Option<i64>],
        (least, most): (Vec<i64>, Vec<i64>),
    ) -> Chosen {
        let found = choices.finding_room(hangs, room, &most);
        let fate = |(at, people): (usize, &i64)| {
            if hangs[at] {
                return Fate { perhaps: *people, ..Fate::default() };
            }
            let mut fate = Fate { far: *people, ..Fate::default() };
            for (place, going) in choices.places(at) {
                let (served, perhaps) = found[place];
                fate.far -= going;
                fate.served += served;
                fate.perhaps += perhaps;
                fate.left += going - served - perhaps;
            }
            fate
        };
        let fates = people.iter().enumerate().map(fate).collect();
        Chosen { code, label, choices, least, most, fates }
    }
}

/// Sums over some judged points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub served: Weight,
    pub far: Weight,
    pub no_room: Weight,
    pub perhaps: Weight,
    pub no_services: Weight,
    pub no_place: Weight,
    pub off_streets: Weight,
}

impl Sums {
    pub fn unknown(&self) -> Weight {
        self.perhaps + self.no_services + self.no_place + self.off_streets
    }
}

impl Answer<'_> {
    /// What becomes of a judged point's people: `None` where it can not be measured from.
    pub fn fate(&self, chosen: &Chosen, at: usize) -> Option<Fate> {
        match self.reach.reached(at) {
            Reached::At(..) | Reached::NoFacility | Reached::AtMost(_) => Some(chosen.fates[at]),
            Reached::NoPlace | Reached::OffStreets => None,
        }
    }

    /// Whether nothing is known of the services around a point, which may bring its people elsewhere.
    pub fn is_silent(&self, at: usize) -> bool {
        matches!(self.reach.reached(at), Reached::AtMost(_))
    }

    /// What became of a judged point's people, part by part.
    fn parts(&self, chosen: &Chosen, at: usize) -> Vec<(&'static str, Weight)> {
        match self.fate(chosen, at) {
            Some(_) if self.is_silent(at) => vec![("no-service-data", self.reach.weight(at))],
            Some(fate) => vec![
                ("finds-room", weight(fate.served)),
                ("too-far", weight(fate.far)),
                ("no-room", weight(fate.left)),
                ("capacity-unknown", weight(fate.perhaps)),
            ],
            None => vec![(reach_layers::state_unmeasured(self.reach.reached(at)), self.reach.weight(at))],
        }
    }

    pub fn sums(&self, chosen: &Chosen, points: &[usize]) -> Sums {
        let mut sums = Sums::default();
        for at in points {
            match self.fate(chosen, *at) {
                Some(_) if self.is_silent(*at) => sums.no_services += self.reach.weight(*at),
                Some(fate) => {
                    sums.served += weight(fate.served);
                    sums.far += weight(fate.far);
                    sums.no_room += weight(fate.left);
                    sums.perhaps += weight(fate.perhaps);
                }
                None if self.reach.off_streets.contains_key(at) => sums.off_streets += self.reach.weight(*at),
                None => sums.no_place += self.reach.weight(*at),
            }
        }
        sums
    }

    fn figure(&self, chosen: &Chosen, points: &[usize]) -> Figure {
        let sums = self.sums(chosen, points);
        let known = sums.served + sums.far + sums.no_room;
        Figure::share(sums.served.to_f64(), known.to_f64(), sums.unknown().to_f64())
    }

    fn ledger(&self) -> WeightLedger {
        let sums = self.sums(&self.chosen[0], &self.reach.judged);
        let parts = vec![
            ("finds-room", sums.served),
            ("too-far", sums.far),
            ("no-room", sums.no_room),
            ("capacity-unknown", sums.perhaps),
        ];
        let unknown = [sums.no_services, sums.off_streets, sums.no_place];
        ledger(&self.reach, &self.reach.judged, parts, unknown)
    }

    /// Mean expected way of a point's people; `None` where nobody goes anywhere.
    pub fn mean_way(&self, chosen: &Chosen, at: usize) -> Option<f64> {
        let (mut people, mut sum) = (0i64, 0.0);
        for (to, going) in chosen.choices.row(at) {
            people += going;
            sum += going as f64 * self.costs.cost(at, to).unwrap_or(0.0);
        }
        (people > 0).then(|| sum / people as f64)
    }

    /// Who turns away how many, most first.
    pub fn overfull(&self) -> Vec<(usize, i64)> {
        let over = |(at, room): (usize, &Option<i64>)| Some((at, self.chosen[0].least[at] - (*room)?));
        let mut over: Vec<(usize, i64)> =
            self.room.iter().enumerate().filter_map(over).filter(|(_, over)| *over > 0).collect();
        over.sort_by(|x, y| y.1.cmp(&x.1).then(x.0.cmp(&y.0)));
        over
    }

    fn variants(&self) -> Vec<Variant> {
        let variant = |chosen: &Chosen| Variant {
            code: chosen.code.to_owned(),
            label: chosen.label.clone(),
            figure: self.figure(chosen, &self.reach.judged),
            others: Vec::new(),
            informative_only: false,
        };
        self.chosen.iter().map(variant).collect()
    }

    /// Where people go and are turned away, beside their mean way under each choice.
    fn told(&self) -> Text {
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        for chosen in &self.chosen {
            let (mut people, mut sum) = (0.0, 0.0);
            for at in &self.reach.judged {
                if let Some(mean) = self.mean_way(chosen, *at) {
                    let going = self.reach.weight(*at).to_f64();
                    (people, sum) = (people + going, sum + mean * going);
                }
            }
            let (mean_en, mean_zh) = match people > 0.0 {
                true => reach_layers::told(self.reach.unit, sum / people),
                false => ("none".to_owned(), "无".to_owned()),
            };
            let sums = self.sums(chosen, &self.reach.judged);
            let (far, full) = (thousands(sums.far.to_f64()), thousands(sums.no_room.to_f64()));
            en.push(format!("{}: mean way {mean_en}, {full} find no room, {far} have nowhere to go", chosen.label.en));
            zh.push(format!("{}：平均路程{mean_zh}，无余位 {full}，过远 {far}", chosen.label.zh));
        }
        Text::new(en.join("; "), zh.join("；"))
    }

    fn caveat(&self) -> Text {
        let (mut text, params) = (self.reach.caveat(), &self.params);
        let (decay_en, decay_zh) = curve_told(&params.decay);
        let exponent = trim_zeros(params.exponent, 3);
        let (by_en, by_zh) = match params.attraction {
            Attraction::Capacity => (format!("capacity to the power {exponent}"), format!("容量的{exponent}次幂")),
            Attraction::Count => ("each facility alike".to_owned(), "各设施同等吸引".to_owned()),
        };
        let per = trim_zeros(params.per_person, 6);
        text.en += &format!(
            "; expected choice after Huff (1963) within {}: {by_en}, {decay_en}; each taking {per} of the capacity",
            self.limit
        );
        text.zh +=
            &format!("；{}以内按Huff（1963）模型选择：{by_zh}，{decay_zh}；每单位需求占用容量 {per}", self.limit);
        let others = self.reach.layer.len() - self.reach.judged.len();
        if others > 0 {
            text.en += &format!("; {others} points that are not judged choose too");
            text.zh += &format!("；另有{others}个不参与评价的点同样参与选择");
        }
        if !self.reach.without_services.is_empty() {
            text.en += "; who lives where no service is known chooses among what known lines and walks reach, and is not judged";
            text.zh += "；公交服务无数据者仅按已知线路与步行参与选择，不予评价";
        }
        text
    }

    fn issues(&self) -> Vec<Issue> {
        let unknown = self.reach.facilities.iter().zip(&self.room).filter(|(_, room)| room.is_none());
        let draws = match self.params.attraction {
            Attraction::Capacity => "how many it draws away from others is not known, nor whether they find room",
            Attraction::Count => "whether those who go there find room is not known",
        };
        unknown
            .map(|(facility, _)| {
                let what = format!("{}: its capacity is not known; {draws}", facility.name);
                Issue::new(Severity::Warning, "facility-without-capacity", &facility.kind, what).with_id(&facility.id)
            })
            .collect()
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let more = context.missing(headline)?.more(&Noun::of_group(&self.reach.group.name));
        let sums = self.sums(&self.chosen[0], &self.reach.judged);
        let far = thousands(sums.far.to_f64());
        let mut text = Text::new(
            format!("{} must find room where they go; {far} have nowhere to go within {}", more.en, self.limit),
            format!("还需使 {}在所去设施获得位置；{far} 在{}以内无处可去", more.zh, self.limit),
        );
        let name = |at: usize| self.reach.facilities[at].name.as_str();
        let named: Vec<String> = self
            .overfull()
            .into_iter()
            .take(3)
            .map(|(at, over)| format!("{} ({})", name(at), thousands(weight(over).to_f64())))
            .collect();
        if !named.is_empty() {
            text.en += &format!("; most are turned away at {}", named.join(", "));
            text.zh += &format!("；超出容量最多：{}", named.join("、"));
        }
        Some(text)
    }
}

impl Metric for ExpectedLoad {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let own = &answer.chosen[0];
        let ledger = answer.ledger();
        let mut headline = answer.figure(own, &answer.reach.judged);
        let sums = answer.sums(own, &answer.reach.judged);
        if sums.perhaps > Weight::ZERO {
            let unknown = answer.room.iter().filter(|room| room.is_none()).count();
            let (weight, all) = (thousands(sums.perhaps.to_f64()), answer.room.len());
            headline = headline.because(Text::new(
                format!(
                    "whether {weight} find room hangs on {unknown} of {all} facilities whose capacity is not known"
                ),
                format!("{all}处设施中有{unknown}处容量未知，{weight} 单位需求能否获得位置未知"),
            ));
        } else if headline.unknown > 0.0 {
            headline = headline.because(unknown_reason(&answer.reach, &ledger, None));
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
        output.notes.push(answer.told());
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        output.issues = answer.issues();
        reach_layers::tell_gaps(&answer.reach, context, Some(answer.limit.value()), &headline, &mut output);
        output.evidence = expected_layers::evidence(&answer, &by_region);
        output.outcomes =
            reach_layers::outcomes_by_part(answer.reach.layer, answer.reach.group, &answer.reach.judged, |at| {
                answer.parts(own, at)
            });
        output.tables = expected_layers::tables(&answer, context, &regions);
        output.variants = answer.variants();
        output.fragile_among_variants = true;
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        let limit = self.decay.limit(self.within)?;
        self.decay.curve(self.within)?;
        for (key, number, what) in [
            ("per-person", self.per_person, "how much of the capacity one person takes up"),
            ("exponent", self.exponent, "1 draws people by size, less by less than size"),
        ] {
            if !(number.is_finite() && number > 0.0) {
                return Err(MetricError::Parameter { key, what: format!("must be more than 0: {what}") });
            }
        }
        if self.attraction == Attraction::Count && self.exponent != 1.0 {
            let what = "each facility draws as much as any other; leave exponent out".to_owned();
            return Err(MetricError::Parameter { key: "exponent", what });
        }
        needs_speed(self.by, limit.into(), if self.within.is_some() { "within" } else { "decay" })
    }

    fn kinds(&self) -> Vec<&str> {
        vec![&self.kind]
    }

    fn limit(&self) -> Option<f64> {
        self.decay.limit(self.within).ok().map(Limit::value)
    }

    fn by(&self) -> Vec<By> {
        vec![self.by]
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
