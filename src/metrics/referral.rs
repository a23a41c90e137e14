//! Share of people for whom every link of a chain of referrals (转诊链) is near enough: village clinic, township hospital, county hospital.

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::same::is_within;
use crate::base::units::Limit;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::thousands;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::metrics::Context;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::Variant;
use crate::metrics::covered_share::county;
use crate::metrics::covered_share::ledger;
use crate::metrics::covered_share::needs_speed;
use crate::metrics::covered_share::unknown_reason;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::networks::Networks;
use crate::metrics::reach::Parties;
use crate::metrics::reach::Question;
use crate::metrics::reach::Reach;
use crate::metrics::reach::Reached;
use crate::metrics::reach::Whose;
use crate::metrics::reach::engine;
use crate::metrics::reach::is_looked_for;
use crate::metrics::reach::is_made_up;
use crate::metrics::reach::known_services;
use crate::metrics::reach_layers;
use crate::metrics::referral_layers;
use crate::model::facility::Facility;
use crate::model::place::Place;
use crate::model::region::Level;

/// `measure.referral`: share of demand for whom every link of a chain is within its limit, the limits included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Referral {
    /// From the people to the nearest of the first kind, from there to the nearest of the second, and so on: 2 to 6 steps.
    pub chain: Vec<Step>,
    /// How distance is measured where a step does not say.
    #[serde(default)]
    pub by: By,
    /// The demand layer; may be left out when the study has one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<String>,
    /// What to weigh by: `people`, `count`, or another group of the demand layer. May be left out only when the layer has
    /// `people`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whose facilities count at every link: any, or those in the same or another region as where the link starts.
    #[serde(default)]
    pub whose: Whose,
    /// The level that `whose` speaks of.
    #[serde(default = "county")]
    pub whose_level: Level,
}

/// One link of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    /// Kind of facility at its end.
    pub kind: String,
    /// The distance or the time; at exactly this the link holds.
    pub within: Limit,
    /// How distance is measured; left out, as the chain says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
}

/// What is known of one link of one person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Link {
    /// The facility at its end, by its position among those of its kind, and the cost.
    To(u32, f64),
    /// There is no facility that counts, or no way to one.
    NoWay,
    /// Nobody knows: off the streets, without a place, or around which nothing is known of services and nothing is within the limit.
    Unknown,
    /// The chain ended before it.
    NotReached,
}

/// A person's chain as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    Held,
    Broken,
    Unknown,
}

/// One tier after the first: its facilities, and where one goes from each of the tier before.
pub(crate) struct Tier<'a> {
    pub facilities: Vec<&'a Facility>,
    /// By facility of the tier before.
    pub links: Vec<Link>,
}

/// The question with its answer.
pub(crate) struct Answer<'a> {
    pub params: Referral,
    /// From the people to the first tier.
    pub reach: Reach<'a>,
    /// The tiers after the first.
    pub tiers: Vec<Tier<'a>>,
    /// From the people straight to the last tier, as the last link is measured.
    pub direct: Reach<'a>,
}

fn two_or_more(steps: usize) -> Result<(), MetricError> {
    if (2..=MOST_STEPS).contains(&steps) {
        return Ok(());
    }
    let what = format!("{steps} steps; a chain has 2 to {MOST_STEPS}, and one step is covered-share");
    Err(MetricError::Parameter { key: "chain", what })
}

const MOST_STEPS: usize = 6;

impl Referral {
    fn by_of(&self, step: &Step) -> By {
        step.by.unwrap_or(self.by)
    }

    fn question<'q>(&'q self, step: &'q Step) -> Question<'q> {
        Question {
            kind: &step.kind,
            demand: self.demand.as_deref(),
            weight: self.weight.as_deref(),
            by: self.by_of(step),
            unit: step.within.into(),
            direction: Direction::ToFacility,
            nth: 1,
            whose: self.whose,
            whose_level: self.whose_level,
        }
    }

    /// The unit of all limits, where they have one.
    pub(crate) fn common_unit(&self) -> Option<CostUnit> {
        let first = CostUnit::from(self.chain.first()?.within);
        self.chain.iter().all(|step| CostUnit::from(step.within) == first).then_some(first)
    }

    fn answer<'a>(&self, networks: &Networks<'a>) -> Result<Answer<'a>, MetricError> {
        two_or_more(self.chain.len())?;
        let study = networks.study;
        for step in &self.chain {
            is_looked_for(study, self.by_of(step), step.within, "chain")?;
        }
        let (first, last) = (&self.chain[0], &self.chain[self.chain.len() - 1]);
        let reach = Reach::over(networks, &self.question(first))?;
        let mut tiers: Vec<Tier<'a>> = Vec::new();
        for step in &self.chain[1..] {
            let before = tiers.last().map_or(&reach.facilities, |tier| &tier.facilities);
            let tier = self.tier(networks, step, before)?;
            tiers.push(tier);
        }
        let direct = Reach::over(networks, &self.question(last))?;
        Ok(Answer { params: self.clone(), reach, tiers, direct })
    }

    /// Where one goes from each facility of the tier before.
    fn tier<'a>(&self, networks: &Networks<'a>, step: &Step, before: &[&'a Facility]) -> Result<Tier<'a>, MetricError> {
        let study = networks.study;
        let question = self.question(step);
        let facilities = Parties::new(study, &question)?.facilities;
        let region = |facility: &Facility| {
            facility.home.and_then(|home: RegionIdx| study.regions.ancestor(home, self.whose_level))
        };
        let ends: Vec<Option<RegionIdx>> = facilities.iter().map(|facility| region(facility)).collect();
        let engine = engine(networks, &question)?;
        let places: Vec<Place> = facilities.iter().map(|facility| facility.at).collect();
        let prepared = engine.prepare(&study.plane, &places);
        let known = known_services(study, question.by);
        let limit = step.within.value();
        let link = |from: &&Facility| {
            let own = region(from);
            let admits = |to: u32| self.whose.admits(own, ends[to as usize]);
            match prepared.snapped(&from.at) {
                Err(OffStreet::Closed { .. } | OffStreet::ClosedCell) => return Link::NoWay,
                Err(_) => return Link::Unknown,
                Ok(_) => {}
            }
            let found = prepared.row(&from.at, Want::Nearest, &admits).first().copied();
            let is_silent = known.as_ref().is_some_and(|known| !known.has_data(from.home));
            match found {
                // more services could only shorten the way
                Some((to, cost)) if !is_silent || is_within(cost, limit) => Link::To(to, cost),
                None if !is_silent => Link::NoWay,
                _ => Link::Unknown,
            }
        };
        let links = before.par_iter().map(link).collect();
        Ok(Tier { facilities, links })
    }
}

impl Answer<'_> {
    /// The links of a demand point, one a step.
    pub(crate) fn links(&self, at: usize) -> Vec<Link> {
        let limit = self.params.chain[0].within.value();
        let first = match self.reach.reached(at) {
            Reached::At(facility, cost) => Link::To(facility, cost),
            Reached::NoFacility => Link::NoWay,
            other => other.known(Some(limit)).map_or(Link::Unknown, |(facility, cost)| Link::To(facility, cost)),
        };
        let mut links = vec![first];
        for tier in &self.tiers {
            let next = match links.last() {
                Some(Link::To(facility, _)) => tier.links[*facility as usize],
                _ => Link::NotReached,
            };
            links.push(next);
        }
        links
    }

    /// Whether a link is within its limit; `None` where that is not known.
    pub(crate) fn holds(&self, step: usize, link: Link) -> Option<bool> {
        match link {
            Link::To(_, cost) => Some(is_within(cost, self.params.chain[step].within.value())),
            Link::NoWay => Some(false),
            Link::Unknown | Link::NotReached => None,
        }
    }

    pub(crate) fn whole(&self, links: &[Link]) -> Whole {
        let mut whole = Whole::Held;
        for (step, link) in links.iter().enumerate() {
            match self.holds(step, *link) {
                Some(true) => {}
                Some(false) => return Whole::Broken,
                None => whole = Whole::Unknown,
            }
        }
        whole
    }

    /// The link with the highest cost for its limit, the first of several; one without a way is the weakest of all. `None` where none is
    /// known.
    pub(crate) fn weakest(&self, links: &[Link]) -> Option<usize> {
        let strain = |(step, link): (usize, &Link)| match link {
            Link::To(_, cost) => Some((step, cost / self.params.chain[step].within.value())),
            Link::NoWay => Some((step, f64::INFINITY)),
            Link::Unknown | Link::NotReached => None,
        };
        let weakest =
            links.iter().enumerate().filter_map(strain).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        weakest.map(|(step, _)| step)
    }

    /// Cost of the whole chain, where every link has a way and all are in one unit.
    pub(crate) fn total(&self, links: &[Link]) -> Option<f64> {
        self.params.common_unit()?;
        let cost = |link: &Link| match link {
            Link::To(_, cost) => Some(*cost),
            _ => None,
        };
        links.iter().map(cost).sum()
    }

    /// Cost straight to the last tier, where it is known and in the unit of all.
    pub(crate) fn straight(&self, at: usize) -> Option<f64> {
        self.params.common_unit()?;
        match self.direct.reached(at) {
            Reached::At(_, cost) => Some(cost),
            _ => None,
        }
    }

    /// The facility at the end of a link.
    pub(crate) fn facility(&self, step: usize, at: u32) -> &Facility {
        match step.checked_sub(1) {
            None => self.reach.facilities[at as usize],
            Some(tier) => self.tiers[tier].facilities[at as usize],
        }
    }

    fn figure(&self, points: &[usize]) -> Figure {
        let [held, broken, unknown] = self.by_whole(points);
        Figure::share(held.to_f64(), (held + broken).to_f64(), unknown.to_f64())
    }

    /// Weight held, broken and unknown.
    fn by_whole(&self, points: &[usize]) -> [Weight; 3] {
        let mut sums = [Weight::ZERO; 3];
        for at in points {
            let nth = match self.whole(&self.links(*at)) {
                Whole::Held => 0,
                Whole::Broken => 1,
                Whole::Unknown => 2,
            };
            sums[nth] += self.reach.weight(*at);
        }
        sums
    }

    /// Weight for which a link holds, does not, and is not known (also where the chain ended before it).
    pub(crate) fn by_link(&self, step: usize) -> [Weight; 3] {
        let mut sums = [Weight::ZERO; 3];
        for at in &self.reach.judged {
            let nth = match self.holds(step, self.links(*at)[step]) {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            };
            sums[nth] += self.reach.weight(*at);
        }
        sums
    }

    /// The link that fails most people, with their weight; the first of several, `None` when none fails.
    pub(crate) fn weakest_of_all(&self) -> Option<(usize, Weight)> {
        let failing = (0..self.params.chain.len()).map(|step| (step, self.by_link(step)[1]));
        failing.filter(|(_, weight)| *weight > Weight::ZERO).max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    fn ledger(&self) -> WeightLedger {
        let (mut held, mut broken, mut link_unknown) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        let (mut no_services, mut off_streets, mut no_place) = (Weight::ZERO, Weight::ZERO, Weight::ZERO);
        for at in &self.reach.judged {
            let links = self.links(*at);
            let sum = match (self.whole(&links), links[0], self.reach.reached(*at)) {
                (Whole::Held, ..) => &mut held,
                (Whole::Broken, ..) => &mut broken,
                (Whole::Unknown, Link::Unknown, Reached::AtMost(_)) => &mut no_services,
                (Whole::Unknown, Link::Unknown, Reached::OffStreets) => &mut off_streets,
                (Whole::Unknown, Link::Unknown, _) => &mut no_place,
                (Whole::Unknown, ..) => &mut link_unknown,
            };
            *sum += self.reach.weight(*at);
        }
        let parts = vec![("held", held), ("broken", broken), ("later-link-unknown", link_unknown)];
        ledger(&self.reach, &self.reach.judged, parts, [no_services, off_streets, no_place])
    }

    fn variants(&self) -> Vec<Variant> {
        let chain = Variant {
            code: "chain".to_owned(),
            label: Text::new("every link within its limit", "各环节均在限值内"),
            figure: self.figure(&self.reach.judged),
            others: Vec::new(),
            informative_only: false,
        };
        let link = |(step, one): (usize, &Step)| {
            let [held, failed, unknown] = self.by_link(step);
            Variant {
                code: format!("link-{}", step + 1),
                label: Text::new(
                    format!("link {}: {} within {}", step + 1, one.kind, one.within),
                    format!("第{}环：{} {} 以内", step + 1, one.kind, one.within),
                ),
                figure: Figure::share(held.to_f64(), (held + failed).to_f64(), unknown.to_f64()),
                others: Vec::new(),
                informative_only: true,
            }
        };
        std::iter::once(chain).chain(self.params.chain.iter().enumerate().map(link)).collect()
    }

    /// The chain in words, and its weakest link.
    fn told(&self) -> Vec<Text> {
        let steps: Vec<String> = self
            .params
            .chain
            .iter()
            .map(|step| format!("{} within {} ({})", step.kind, step.within, self.params.by_of(step).caveat().0))
            .collect();
        let steps_zh: Vec<String> = self
            .params
            .chain
            .iter()
            .map(|step| format!("{} {} 以内（{}）", step.kind, step.within, self.params.by_of(step).caveat().1))
            .collect();
        let mut notes = vec![Text::new(
            format!("the chain: {}; each link starts where the one before ends", steps.join(", then ")),
            format!("转诊链：{}；每一环自上一环终点出发", steps_zh.join("，再到")),
        )];
        if let Some((step, weight)) = self.weakest_of_all() {
            let (kind, people) = (&self.params.chain[step].kind, thousands(weight.to_f64()));
            notes.push(Text::new(
                format!("the weakest link is the one to {kind}: it fails {people}"),
                format!("最弱一环为到{kind}：{people} 未达到"),
            ));
        }
        notes.extend(self.against_straight());
        notes
    }

    /// The chain against going straight to the last tier, on average over those of whom both are known.
    fn against_straight(&self) -> Option<Text> {
        let unit = self.params.common_unit()?;
        let (mut people, mut chain, mut straight) = (0.0, 0.0, 0.0);
        for at in &self.reach.judged {
            if let (Some(total), Some(direct)) = (self.total(&self.links(*at)), self.straight(*at)) {
                let weight = self.reach.weight(*at).to_f64();
                people += weight;
                chain += weight * total;
                straight += weight * direct;
            }
        }
        if people <= 0.0 {
            return None;
        }
        let (chain, straight) = (reach_layers::told(unit, chain / people), reach_layers::told(unit, straight / people));
        let last = &self.params.chain.last()?.kind;
        Some(Text::new(
            format!("the whole chain is {} on average, straight to the nearest {last} {}", chain.0, straight.0),
            format!("全链平均{}，直达最近{last}平均{}", chain.1, straight.1),
        ))
    }

    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let more = context.missing(headline)?.more(&Noun::of_group(&self.reach.group.name));
        let mut text =
            Text::new(format!("every link must hold for {}", more.en), format!("还需使 {}的各环节均达到", more.zh));
        if let Some((step, weight)) = self.weakest_of_all() {
            let (kind, people) = (&self.params.chain[step].kind, thousands(weight.to_f64()));
            text.en += &format!("; the link to {kind} fails most, {people}");
            text.zh += &format!("；到{kind}一环未达到者最多：{people}");
        }
        Some(text)
    }
}

impl Metric for Referral {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        self.measure_over(context, &Networks::new(context.study))
    }

    fn measure_over(&self, context: &Context<'_>, networks: &Networks<'_>) -> Result<Output, MetricError> {
        let answer = self.answer(networks)?;
        let ledger = answer.ledger();
        let limit = self.chain[0].within.value();
        let mut headline = answer.figure(&answer.reach.judged);
        let later = ledger.parts.iter().find(|(part, _)| *part == "later-link-unknown");
        if let Some((_, weight)) = later.filter(|(_, weight)| *weight > Weight::ZERO) {
            headline = headline.because(Text::new(
                format!("of {weight} (by weight) a link from a facility on is not known, or more of them can not be measured from"),
                format!("{weight}（按权重）自某设施起的环节未知，或另有无法测算者"),
            ));
        } else if headline.unknown > 0.0 {
            headline = headline.because(unknown_reason(&answer.reach, &ledger, Some(limit)));
        }
        let by_region = answer.reach.by_region(context.over);
        let homes = answer.reach.homes();
        let regions: Vec<RegionFigure> = by_region
            .iter()
            .map(|(level, region, points)| {
                RegionFigure::of(*level, *region, FigureUnit::Share, points, &homes, |points| answer.figure(points))
            })
            .collect();
        let later = answer.tiers.iter().flat_map(|tier| &tier.facilities);
        let synthetic = answer.reach.synthetic
            || later.into_iter().any(|facility| facility.synthetic)
            || self.by().into_iter().any(|by| is_made_up(context.study, by));
        let mut output = Output { synthetic, ..Output::default() };
        output.notes.push(answer.reach.caveat());
        output.notes.extend(answer.told());
        output.closing_the_gap = answer.closing_the_gap(context, &headline);
        reach_layers::tell_gaps(&answer.reach, context, Some(limit), &headline, &mut output);
        output.outcomes =
            reach_layers::outcomes_by_part(answer.reach.layer, answer.reach.group, &answer.reach.judged, |at| {
                let state = match (answer.reach.reached(at), answer.whole(&answer.links(at))) {
                    (reached @ (Reached::OffStreets | Reached::NoPlace), _) => reach_layers::state_unmeasured(reached),
                    (_, Whole::Held) => "held",
                    (_, Whole::Broken) => "broken",
                    (_, Whole::Unknown) => "unknown",
                };
                vec![(state, answer.reach.weight(at))]
            });
        output.issues.extend(referral_layers::issues(&answer));
        output.evidence = referral_layers::evidence(&answer);
        output.tables = referral_layers::tables(&answer, context, &regions);
        output.tables.iter_mut().for_each(|table| table.synthetic = synthetic);
        output.variants = answer.variants();
        output.headline = headline;
        output.regions = regions;
        output.weights.push(ledger);
        Ok(output)
    }

    fn check(&self) -> Result<(), MetricError> {
        two_or_more(self.chain.len())?;
        for step in &self.chain {
            needs_speed(self.by_of(step), step.within.into(), "chain")?;
            if step.within.value() <= 0.0 {
                let what = format!("the limit of the link to \"{}\" must be more than 0", step.kind);
                return Err(MetricError::Parameter { key: "chain", what });
            }
        }
        Ok(())
    }

    fn kinds(&self) -> Vec<&str> {
        self.chain.iter().map(|step| step.kind.as_str()).collect()
    }

    fn by(&self) -> Vec<By> {
        self.chain.iter().map(|step| self.by_of(step)).collect()
    }

    fn demand(&self) -> Option<&str> {
        self.demand.as_deref()
    }
}
