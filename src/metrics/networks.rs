//! What several metrics of one study measure over, made when it is first asked for and once only.

use std::sync::OnceLock;

use crate::base::units::Text;
use crate::impedance::By;
use crate::impedance::Direction;
use crate::impedance::by_transit::ByTransit;
use crate::impedance::transit::TransitNetwork;
use crate::impedance::walks::Walker;
use crate::metrics::MetricError;
use crate::model::study::Study;

/// The networks of a study that take long to make. The study does not change meanwhile.
pub struct Networks<'a> {
    pub study: &'a Study,
    transit: OnceLock<Result<TransitNetwork<'a>, MetricError>>,
}

impl<'a> Networks<'a> {
    /// Of a study; nothing is made yet.
    pub fn new(study: &'a Study) -> Networks<'a> {
        Networks { study, transit: OnceLock::new() }
    }

    /// The timetable of the study's day with the walks of its streets, or straight ones.
    /// # Errors
    /// [`MetricError::Missing`] without a timetable or route table, and when nothing of it runs on the day.
    pub fn transit(&self) -> Result<&TransitNetwork<'a>, MetricError> {
        self.transit.get_or_init(|| transit(self.study)).as_ref().map_err(Clone::clone)
    }

    /// What must be known first of the ways by transit that were measured: nothing where none were.
    pub fn warnings(&self) -> Vec<Text> {
        let network = self.transit.get().and_then(|made| made.as_ref().ok());
        network.and_then(TransitNetwork::unserved).into_iter().collect()
    }

    /// Transit as a way of measuring.
    /// # Errors
    /// As [`Networks::transit`].
    pub fn by_transit(&self, direction: Direction) -> Result<ByTransit<'_>, MetricError> {
        Ok(ByTransit { network: self.transit()?, direction })
    }
}

fn transit(study: &Study) -> Result<TransitNetwork<'_>, MetricError> {
    let transit = study.transit.as_ref().ok_or_else(|| MetricError::Missing {
        what: "the study has no timetable and no route table".to_owned(),
        instead: "give one under [study], or measure by = \"walk\"".to_owned(),
    })?;
    let travel = &transit.travel;
    let walker = match study.streets.iter().find(|network| Some(network.mode) == By::Transit.mode()) {
        Some(network) => Walker::Streets(network),
        None => Walker::Straight { plane: &study.plane, speed: travel.walk_speed, detour: travel.walk_detour },
    };
    let network = TransitNetwork::new(transit, travel, walker);
    let basis = network.basis();
    // a window without service is told; a day without any is no timetable
    if basis.trips + basis.headways + basis.spread + basis.assumed == 0 && network.hours().is_none() {
        let day = travel.date.or(transit.date).map_or("any day".to_owned(), |day| day.to_string());
        return Err(MetricError::Missing {
            what: format!("nothing runs on {day} by the modes of [study.travel]"),
            instead: "choose another day in [study.transit] or other modes in [study.travel]".to_owned(),
        });
    }
    Ok(network)
}
