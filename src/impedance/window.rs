//! Whether anything runs in the window that is asked about.

use crate::base::clock::ServiceTime;
use crate::base::idx::CalendarIdx;
use crate::base::units::Text;
use crate::impedance::headways;
use crate::impedance::timetable::Runs;
use crate::impedance::transit::TransitNetwork;
use crate::model::travel::Clock;

impl TransitNetwork<'_> {
    /// The first and the last departure from a first stop on the study's own day, by the modes that count; `None` where nothing runs.
    pub fn hours(&self) -> Option<(ServiceTime, ServiceTime)> {
        let (transit, travel) = (self.transit, &self.travel);
        let day = travel.date.or(transit.date);
        let runs_on = |calendar: CalendarIdx| {
            let own = transit.calendars.get(calendar.at());
            own.zip(day).is_some_and(|(own, day)| own.runs_on(day))
        };
        let mut hours: Option<(ServiceTime, ServiceTime)> = None;
        let mut add = |first: ServiceTime, last: ServiceTime| {
            hours = Some(hours.map_or((first, last), |known| (known.0.min(first), known.1.max(last))));
        };
        for service in transit.services.iter().filter(|service| travel.modes.contains(&service.mode)) {
            for pattern in &service.patterns {
                for call in
                    pattern.trips.iter().filter(|trip| runs_on(trip.calendar)).filter_map(|one| one.calls.first())
                {
                    add(call.leaves, call.leaves);
                }
                let (runs, _) = headways::of(pattern, &transit.stops, travel);
                for run in runs.iter().filter(|run| run.frequency.calendar.is_none_or(runs_on)) {
                    add(run.frequency.first, run.frequency.last);
                }
            }
        }
        hours
    }

    /// Whether any vehicle leaves a stop within the window and so many seconds after it; of who has to be there by its minutes, whether any is
    /// under way before.
    fn is_served(&self, more_s: i32) -> bool {
        let (from, minutes) = (self.travel.from.0 as i32, self.minutes() as i32);
        let until = from.saturating_add(minutes.saturating_mul(60));
        let (low, high) = match self.travel.clock {
            Clock::DepartAt => (from, until.saturating_add(more_s)),
            // times are negated
            Clock::ArriveBy => (-until, (self.longest_s() as i32).saturating_sub(from)),
        };
        let timetable = &self.timetable;
        timetable.lanes.iter().any(|lane| {
            (0..lane.len.saturating_sub(1)).any(|position| {
                let departures = timetable.departures(lane, position);
                match lane.runs {
                    Runs::Trips(_) => {
                        let next = departures.partition_point(|time| *time < low);
                        departures.get(next).is_some_and(|time| *time < high)
                    }
                    Runs::Headway { first, last, .. } => {
                        let after = departures.first().copied().unwrap_or(0);
                        first.saturating_add(after) < high && last.saturating_add(after) >= low
                    }
                }
            })
        })
    }

    /// What must be said of a window before the first departure of the day, after everything has run, or in a gap of the timetable longer than
    /// the longest way looked for. `None` for other windows, and where nothing runs all day.
    pub fn unserved(&self) -> Option<Text> {
        let travel = &self.travel;
        let (first, last) = self.hours()?;
        let minutes = self.minutes() as u32;
        let until = ServiceTime(travel.from.0.saturating_add(60 * minutes));
        let is_between = travel.from <= last && first < until;
        let wait_s = if is_between { self.longest_s() as i32 } else { 0 };
        if self.is_served(wait_s) {
            return None;
        }
        let end = ServiceTime(until.0.saturating_sub(60));
        let day = travel.date.or(self.transit.date);
        let (day_en, day_zh) = day.map_or_else(Default::default, |day| (format!(" on {day}"), format!("{day}")));
        let from = travel.from;
        Some(Text::new(
            format!(
                "nothing runs{day_en} between {from} and {end}, the window of [study.travel]: the first departure of that day is at {first}, the last \
                 at {last}; people mostly walk; write from = a time at which vehicles run, another date under [study.transit], or more modes"
            ),
            format!(
                "{day_zh} {from}至{end}（[study.travel]的时段）无车运行：当日首班{first}，末班{last}；此时只能步行；请将from改为有车运行的时刻，或在\
                 [study.transit]中换日期，或增加modes"
            ),
        ))
    }
}
