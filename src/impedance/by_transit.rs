//! Transit as one of the ways of measuring: a percentile of the travel times over the window is the cost.
//!
//! The search starts where the clock hangs. Leaving home for a facility at minutes, or coming home from one by minutes, that is each demand
//! point: one search a point, which finds all facilities. Being at a facility by minutes, or leaving it at minutes, that is the facility: one
//! search a facility, kept as times at stops, and each demand point then only looks at the stops that it walks to. The second is much faster
//! where there are many more points than facilities, and asks another question; neither is answered by the other.

use rayon::prelude::*;

use crate::base::clock::ServiceTime;
use crate::base::units::Text;
use crate::base::units::trim_zeros;
use crate::impedance::Direction;
use crate::impedance::Impedance;
use crate::impedance::Prepared;
use crate::impedance::Spread;
use crate::impedance::Want;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::times::Times;
use crate::impedance::transit::Ends;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Targets;
use crate::impedance::walks::Walker;
use crate::model::place::Place;
use crate::model::study::Plane;
use crate::model::travel::Clock;
use crate::model::travel::Wait;

/// By timetable, to the facility or from it. Seconds, whole ones.
pub struct ByTransit<'a> {
    pub network: &'a TransitNetwork<'a>,
    pub direction: Direction,
}

/// Where the clock hangs.
enum PreparedTransit<'p> {
    /// At the demand point: facilities are the ends.
    Points { network: &'p TransitNetwork<'p>, ends: Ends<'p> },
    /// At the facility: times from it to every stop, by facility, and walks between points and facilities, and points and stops.
    Facilities { network: &'p TransitNetwork<'p>, at_stops: Vec<Times>, stops: Targets<'p>, direct: Targets<'p> },
}

impl Impedance for ByTransit<'_> {
    fn unit(&self) -> CostUnit {
        CostUnit::Seconds
    }

    fn prepare<'p>(&'p self, _: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p> {
        let network = self.network;
        let is_at_point = (self.direction == Direction::ToFacility) == (network.travel.clock == Clock::DepartAt);
        if is_at_point {
            return Box::new(PreparedTransit::Points { network, ends: network.ends(destinations) });
        }
        Box::new(PreparedTransit::Facilities {
            at_stops: network.times_at_stops(destinations),
            stops: network.stops_seen(self.direction),
            direct: network.walker.targets(destinations, self.direction),
            network,
        })
    }

    fn told(&self) -> Option<Text> {
        Some(self.network.told())
    }
}

impl Prepared for PreparedTransit<'_> {
    /// One search of a place finds all destinations at once.
    fn within(&self, _: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Vec<u32>> {
        let row = |place: &Place| {
            let mut row: Vec<u32> = self
                .row(place, Want::Within(limit), &|_| true)
                .into_iter()
                .map(|(destination, _)| destination)
                .collect();
            row.sort_unstable();
            row
        };
        at.par_iter().map(|(place, _)| row(place)).collect()
    }

    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        self.row_of(&self.times(origin), want, admits)
    }

    fn row_with_spread(
        &self,
        origin: &Place,
        want: Want,
        admits: &dyn Fn(u32) -> bool,
        nth: usize,
    ) -> (Vec<(u32, f64)>, Option<Spread>) {
        let times = self.times(origin);
        let row = self.row_of(&times, want, admits);
        let spread = nth.checked_sub(1).and_then(|at| row.get(at)).map(|(end, _)| {
            let found = times.percentiles(*end as usize, &Spread::RANKS);
            let second = |at: usize| found.get(at).copied().flatten();
            Spread { seconds: [second(0), second(1), second(2)], journeys: times.departures(*end as usize) }
        });
        (row, spread)
    }

    fn snapped(&self, place: &Place) -> Result<Option<Snap>, OffStreet> {
        self.network().snapped(place)
    }
}

impl PreparedTransit<'_> {
    fn network(&self) -> &TransitNetwork<'_> {
        match self {
            PreparedTransit::Points { network, .. } | PreparedTransit::Facilities { network, .. } => network,
        }
    }

    /// Times between a place and all destinations, minute by minute.
    fn times(&self, origin: &Place) -> Times {
        match self {
            PreparedTransit::Points { network, ends } => network.times(origin, ends),
            PreparedTransit::Facilities { network, at_stops, stops, direct } => {
                let access = stops.within(origin, network.max_walk_s);
                let mut walk = vec![None; at_stops.len()];
                for (facility, seconds) in direct.within(origin, f64::from(network.longest_s())) {
                    walk[facility as usize] = Some(seconds);
                }
                Times::through_stops(at_stops, &walk, &access, network.longest_s())
            }
        }
    }

    fn row_of(&self, times: &Times, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)> {
        let percentile = self.network().travel.percentile;
        let mut row: Vec<(u32, f64)> = (0..times.len())
            .filter(|end| admits(*end as u32))
            .filter_map(|end| {
                let seconds = times.percentiles(end, &[percentile]).first().copied().flatten()?;
                Some((end as u32, f64::from(seconds)))
            })
            .collect();
        row.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        match want {
            Want::Nearest => row.truncate(1),
            Want::First(most) => row.truncate(most),
            Want::Within(limit) => row.retain(|(_, cost)| *cost <= limit),
        }
        row
    }
}

impl TransitNetwork<'_> {
    /// Places of the stops, by index.
    pub fn places(&self) -> Vec<Place> {
        self.transit.stops.iter().map(|stop| stop.at).collect()
    }

    /// Window, percentile and walking speed: for a title.
    pub fn told_shortly(&self) -> Text {
        let travel = &self.travel;
        let until = ServiceTime(travel.from.0.saturating_add(60 * (self.minutes() as u32 - 1)));
        let speed = match self.walker {
            Walker::Streets(network) => network.off_speed,
            Walker::Straight { speed, .. } => speed,
        };
        let (clock_en, clock_zh) = match travel.clock {
            Clock::DepartAt => ("leaving", "出发"),
            Clock::ArriveBy => ("being there by", "到达"),
        };
        let (from, rank) = (travel.from, trim_zeros(travel.percentile, 2));
        Text::new(
            format!("by transit, {clock_en} {from} to {until}, percentile {rank}, walking {speed}"),
            format!("公共交通，{from}至{until}{clock_zh}，第{rank}百分位，步行{speed}"),
        )
    }

    /// When, how far on foot, how often changed, and what it rests on: what must be said with every figure, for peers differ where they do not.
    pub fn told(&self) -> Text {
        let travel = &self.travel;
        let (from, minutes) = (travel.from, self.minutes());
        let until = ServiceTime(from.0.saturating_add(60 * (minutes as u32 - 1)));
        let day = travel.date.or(self.transit.date);
        let (day_en, day_zh) = day
            .map_or_else(|| ("on any day".to_owned(), "每日".to_owned()), |day| (format!("on {day}"), day.to_string()));
        let (clock_en, clock_zh) = match travel.clock {
            Clock::DepartAt => ("leaving", "出发"),
            Clock::ArriveBy => ("being there by", "到达"),
        };
        let rank = trim_zeros(travel.percentile, 2);
        let (walk_en, walk_zh) = match self.walker {
            Walker::Streets(network) => (
                format!("on foot along the streets, to them at {}", network.off_speed),
                format!("沿道路步行，至道路按{}", network.off_speed),
            ),
            Walker::Straight { speed, detour, .. } => (
                format!("on foot at {speed} over {} times the straight line", trim_zeros(detour, 2)),
                format!("按直线距离的{}倍、{speed}步行", trim_zeros(detour, 2)),
            ),
        };
        let minutes_of = |seconds: u32| format!("{} min", trim_zeros(f64::from(seconds) / 60.0, 1));
        let (most, changes) = (travel.max_walk, travel.transfers);
        let (change, longest) = (minutes_of(travel.change_s), minutes_of(self.longest_s()));
        let basis = self.basis();
        let wait = match travel.wait {
            Wait::Best => ("no wait", "不计候车"),
            Wait::Mean => ("half of it waited", "候车取一半"),
            Wait::Worst => ("all of it waited", "候车取全部"),
        };
        let (mut on_en, mut on_zh) = (vec![format!("{} trips", basis.trips)], vec![format!("{}个班次", basis.trips)]);
        for (count, en, zh) in [
            (basis.headways, "lines at a headway that is given", "条线路的已知间隔"),
            (basis.spread, "lines at a headway from their departures a day", "条线路由日班次推得的间隔"),
            (basis.assumed, "lines over hours that are assumed", "条线路的假定运营时段"),
        ] {
            if count > 0 {
                on_en.push(format!("{count} {en} ({})", wait.0));
                on_zh.push(format!("{count}{zh}（{}）", wait.1));
            }
        }
        let (mut en, mut zh) = (
            format!(
                "{day_en}, {clock_en} every minute from {from} to {until}, percentile {rank} of {minutes} times; {walk_en}, at most {most} to a \
                 stop, between stops and from one; up to {changes} changes of at least {change}; ways over {longest} are none; rests on {}",
                on_en.join(", "),
            ),
            format!(
                "{day_zh}，{from}至{until}逐分钟{clock_zh}，取{minutes}个时间的第{rank}百分位；{walk_zh}，至站、站间与离站各不超过{most}；换乘至多{changes}次，\
                 每次至少{change}；超过{longest}视为不可达；依据{}",
                on_zh.join("、"),
            ),
        );
        if basis.stays > 0 {
            en += &format!("; {} times a vehicle goes on as another trip, and one may stay in it", basis.stays);
            zh += &format!("；车辆接续运行下一班次{}次，可不下车", basis.stays);
        }
        if basis.without_times > 0 {
            en += &format!("; {} directions of lines are left out, nothing says when they run", basis.without_times);
            zh += &format!("；{}个线路方向无运营时间，未计入", basis.without_times);
        }
        if self.off_streets > 0 {
            let all = self.transit.stops.len();
            en += &format!("; nobody walks to {} of {all} stops, which are off the streets", self.off_streets);
            zh += &format!("；{all}个站点中有{}个不在路网上，无法步行到达", self.off_streets);
        }
        if self.past_islands > 0 {
            en += &format!(
                "; {} stops lie beside a platform or street that meets no other and are reached from the next street",
                self.past_islands
            );
            zh += &format!("；{}个站点旁的站台或道路不与其他道路相连，改由邻近道路到达", self.past_islands);
        }
        Text::new(en, zh)
    }
}
