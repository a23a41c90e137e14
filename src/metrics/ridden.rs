//! A way by transit, leg by leg, for `explain`: the journey behind the time that a metric judges by.

use crate::base::clock::ServiceTime;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::journeys::Leg;
use crate::model::place::Place;
use crate::model::transit::Pattern;
use crate::model::travel::Clock;
use crate::model::travel::Travel;

/// A way by transit as it is travelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridden {
    pub steps: Vec<Step>,
    /// Which of the times over the window it is.
    pub of: Text,
    /// Corners on foot, and the stops that are called at on the way.
    pub line: Vec<Place>,
}

/// A part of it; all parts together take as long as the way. Times are seconds of the day's own clock.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// To a stop, or to the end of the way; metres where they can be told.
    Walk { seconds: u32, metres: Option<f64>, to: String, is_stop: bool },
    /// For a vehicle.
    Wait { seconds: u32, at: String },
    /// By a vehicle; at a headway its times are not known, but follow from the wait that is counted.
    Ride { line: String, headway: Option<Headway>, leaves: i32, arrives: i32, stops: usize, to: String },
    /// The walk to another stop, where there is one, with the least time that a change takes.
    Change { seconds: u32, metres: Option<f64>, to: String, is_same: bool },
    /// In the vehicle, which goes on as another line, or as the same on its next trip.
    Stay { seconds: u32, line: String, at: String },
    /// Before one has to be there.
    Early { seconds: u32 },
}

/// What is known of vehicles without times: seconds from one to the next, where there is more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headway(pub Option<u32>);

impl Step {
    /// What it takes.
    pub fn seconds(&self) -> u32 {
        match self {
            Step::Walk { seconds, .. } | Step::Wait { seconds, .. } | Step::Change { seconds, .. } => *seconds,
            Step::Early { seconds } | Step::Stay { seconds, .. } => *seconds,
            Step::Ride { leaves, arrives, .. } => arrives.saturating_sub(*leaves).max(0) as u32,
        }
    }

    /// In a sentence.
    pub fn told(&self) -> Text {
        let minutes = CostUnit::Seconds.shown(f64::from(self.seconds()));
        let length = |metres: &Option<f64>| metres.map(|metres| format!(" {}", CostUnit::Metres.shown(metres.round())));
        match self {
            Step::Walk { metres, to, is_stop, .. } => {
                let length = length(metres).unwrap_or_default();
                let (stop_en, stop_zh) = if *is_stop { ("stop ", "站点") } else { ("", "") };
                Text::new(
                    format!("walk{length} ({minutes}) to {stop_en}{to}"),
                    format!("步行{length}（{minutes}）至{stop_zh}{to}"),
                )
            }
            Step::Wait { at, .. } => Text::new(format!("wait {minutes} at {at}"), format!("在{at}候车 {minutes}")),
            Step::Ride { line, headway, leaves, arrives, stops, to } => {
                // what follows from a wait that is only assumed has no seconds
                let shown = |time: i32| if headway.is_some() { clock(time - time.rem_euclid(60)) } else { clock(time) };
                let (from, until) = (shown(*leaves), shown(*arrives));
                let (stops_en, about_en, about_zh) =
                    (if *stops == 1 { "stop" } else { "stops" }, ["", "about "], ["", "约"]);
                let about = usize::from(headway.is_some());
                let (every_en, every_zh) = match headway {
                    Some(Headway(Some(seconds))) => {
                        let every = CostUnit::Seconds.shown(f64::from(*seconds));
                        (
                            format!(" every {every} (wait up to {every}),"),
                            format!("（每 {every} 一班，候车至多 {every}）"),
                        )
                    }
                    Some(Headway(None)) | None => Default::default(),
                };
                Text::new(
                    format!(
                        "line {line}{every_en} {}{from} → {until} ({minutes}), {stops} {stops_en}, to {to}",
                        about_en[about]
                    ),
                    format!("乘{line}{every_zh}，{}{from} → {until}（{minutes}），{stops}站，至{to}", about_zh[about]),
                )
            }
            Step::Change { to, is_same: true, .. } => {
                Text::new(format!("change at {to} ({minutes})"), format!("在{to}换乘（{minutes}）"))
            }
            Step::Change { metres, to, .. } => {
                let length = length(metres).unwrap_or_default();
                Text::new(
                    format!("change: walk{length} to stop {to} ({minutes})"),
                    format!("换乘：步行{length}至站点{to}（{minutes}）"),
                )
            }
            Step::Stay { line, at, .. } => Text::new(
                format!("stay in the vehicle at {at}, which goes on as line {line} ({minutes})"),
                format!("在{at}不下车，车辆改作{line}继续运行（{minutes}）"),
            ),
            Step::Early { .. } => Text::new(format!("there {minutes} early"), format!("提前 {minutes} 到达")),
        }
    }
}

/// A time of the day with its seconds; before the day and after it the hours of the neighbouring days.
fn clock(seconds: i32) -> String {
    ServiceTime(seconds.rem_euclid(86_400) as u32).exact()
}

/// The journey of the first minute of the window whose time is the cost, between a point and one of the facilities; `end` is what the
/// end of the way is called. `None` where no minute has the cost.
pub(crate) fn ridden(
    engine: &ByTransit<'_>,
    point: &Place,
    facilities: &[Place],
    (facility, cost): (u32, f64),
    ends: (&Place, &Place, &str),
) -> Option<Ridden> {
    let found = engine.journey_of(point, facilities, facility, cost as u32)?;
    let network = engine.network;
    let (transit, walker) = (network.transit(), network.walker());
    let (begins, is_to, end) = ends;
    let (mut steps, mut line) = (Vec::new(), vec![*begins]);
    let mut now = found.journey.leaves;
    let stop_at = |stop: StopIdx| (transit.stop(stop).at, transit.stop(stop).name.clone());
    let legs = &found.journey.legs;
    for (nth, leg) in legs.iter().enumerate() {
        let here = line.last().copied().unwrap_or(*begins);
        match leg {
            Leg::Walk { seconds } => {
                let stop = legs[nth + 1..].iter().find_map(|next| match next {
                    Leg::Ride { from, .. } => Some(*from),
                    _ => None,
                });
                let (to, name) = stop.map_or((*is_to, end.to_owned()), stop_at);
                let way = walker.way(&here, &to);
                // who stands at the stop already does not walk
                if *seconds > 0 || legs.len() == 1 {
                    let metres = way.as_ref().map(|(metres, _)| *metres);
                    steps.push(Step::Walk { seconds: *seconds, metres, to: name, is_stop: stop.is_some() });
                }
                line.extend(way.map_or(vec![to], |(_, places)| places));
                line.push(to);
                now = now.saturating_add_unsigned(*seconds);
            }
            Leg::Change { from, to, seconds } => {
                let (at, name) = stop_at(*to);
                let way = (from != to).then(|| network.change_way(*from, *to));
                steps.push(Step::Change {
                    seconds: *seconds,
                    metres: way.as_ref().map(|(metres, _)| *metres),
                    to: name,
                    is_same: from == to,
                });
                line.extend(way.map_or(vec![at], |(_, places)| places));
                line.push(at);
                now = now.saturating_add_unsigned(*seconds);
            }
            Leg::Stay { to, seconds, .. } => {
                let (at, name) = stop_at(*to);
                let next = legs[nth + 1..].iter().find_map(|next| match next {
                    Leg::Ride { service, .. } => Some(&transit.services[service.at()]),
                    _ => None,
                });
                let line_name = next.map(|one| if one.name.is_empty() { &one.id } else { &one.name });
                steps.push(Step::Stay { seconds: *seconds, line: line_name.cloned().unwrap_or_default(), at: name });
                line.push(at);
                now = now.saturating_add_unsigned(*seconds);
            }
            Leg::Ride { service, pattern, trip, from, to, leaves, arrives } => {
                if *leaves > now {
                    steps.push(Step::Wait { seconds: leaves.abs_diff(now), at: stop_at(*from).1 });
                }
                let one = &transit.services[service.at()];
                let ridden = stops_ridden(&one.patterns[*pattern as usize], *trip, (*from, *to), arrives - leaves);
                line.extend(ridden.iter().map(|stop| stop_at(*stop).0));
                steps.push(Step::Ride {
                    line: if one.name.is_empty() { one.id.clone() } else { one.name.clone() },
                    headway: trip.is_none().then(|| Headway(network.headway_s(*service, *pattern, *from, *leaves))),
                    leaves: *leaves,
                    arrives: *arrives,
                    stops: ridden.len().saturating_sub(1),
                    to: stop_at(*to).1,
                });
                now = *arrives;
            }
        }
    }
    if found.journey.arrives > now {
        steps.push(Step::Early { seconds: found.journey.arrives.abs_diff(now) });
    }
    line.dedup();
    if line.len() < 2 {
        line.push(*is_to);
    }
    Some(Ridden { steps, of: of(network.travel(), network.minutes(), found.minute), line })
}

/// Stops from where one gets on to where one gets off, both included: those between which the vehicle takes so long, else the fewest.
fn stops_ridden(pattern: &Pattern, trip: Option<u32>, (from, to): (StopIdx, StopIdx), takes_s: i32) -> Vec<StopIdx> {
    let mut orders = vec![pattern.stops.clone()];
    if pattern.both_ways {
        orders.push(pattern.stops.iter().rev().copied().collect());
    }
    let calls = trip.and_then(|trip| pattern.trips.get(trip as usize)).map(|trip| &trip.calls);
    let is_exact = |on: usize, off: usize| {
        let times = calls.and_then(|calls| Some((calls.get(on)?.leaves.0, calls.get(off)?.arrives.0)));
        times.is_some_and(|(leaves, arrives)| i64::from(arrives) - i64::from(leaves) == i64::from(takes_s))
    };
    let mut best: Option<((bool, usize), Vec<StopIdx>)> = None;
    for (nth, order) in orders.iter().enumerate() {
        let at = |stop: StopIdx| (0..order.len()).filter(move |at| order[*at] == stop);
        for on in at(from) {
            for off in at(to).filter(|off| *off > on) {
                let rank = (nth > 0 || !is_exact(on, off), off - on);
                if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                    best = Some((rank, order[on..=off].to_vec()));
                }
            }
        }
    }
    best.map_or(vec![from, to], |(_, stops)| stops)
}

/// Which of the times over the window a journey stands for.
fn of(travel: &Travel, minutes: usize, minute: usize) -> Text {
    let at = |minute: usize| ServiceTime(travel.from.0.saturating_add(60 * minute as u32)).to_string();
    let (first, last, mine) = (at(0), at(minutes.saturating_sub(1)), at(minute));
    let (rank_en, rank_zh) = match travel.percentile {
        50.0 => ("the median".to_owned(), "中位数".to_owned()),
        other => (format!("percentile {}", trim_zeros(other, 2)), format!("第{}百分位", trim_zeros(other, 2))),
    };
    let (ways_en, mine_en, ways_zh, mine_zh) = match travel.clock {
        Clock::DepartAt => ("leaving every minute", "leaving at", "逐分钟出发", "出发"),
        Clock::ArriveBy => ("being there by every minute", "being there by", "逐分钟到达", "前到达"),
    };
    Text::new(
        format!(
            "{rank_en} of {minutes} times, {ways_en} from {first} to {last}; told is the journey {mine_en} {mine}, the first that takes as long"
        ),
        format!("{first}至{last}{ways_zh}的{minutes}个时间的{rank_zh}；所列为用时相同的首个行程（{mine}{mine_zh}）"),
    )
}
