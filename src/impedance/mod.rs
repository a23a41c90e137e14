//! Floor 2: how far it is. Every way of measuring gives the same [`CostTable`](cost_table::CostTable).

pub mod by_stops;
pub mod by_transit;
#[cfg(feature = "bench")]
pub(crate) mod chains;
mod changes;
pub mod cost_table;
pub(crate) mod dijkstra;
mod few;
pub mod geodesic;
pub(crate) mod headways;
pub mod index;
pub mod journeys;
pub(crate) mod nodes;
pub(crate) mod raptor;
pub mod segments;
pub(crate) mod stays;
pub mod straight;
pub mod street;
pub mod stretches;
pub mod surface;
pub mod times;
pub mod timetable;
pub mod transit;
pub mod walks;
mod window;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::impedance::cost_table::CostUnit;
use crate::impedance::geodesic::Geodesic;
use crate::impedance::segments::OffStreet;
use crate::impedance::segments::Snap;
use crate::impedance::straight::StraightLine;
use crate::impedance::street::Route;
use crate::impedance::street::Streets;
use crate::impedance::stretches::Stretch;
use crate::impedance::surface::OverSurface;
use crate::model::place::Place;
use crate::model::streets::Mode;
use crate::model::study::Plane;
use crate::model::study::Study;

/// A way of measuring from origins to destinations.
pub trait Impedance: Sync {
    /// The unit of every cost.
    fn unit(&self) -> CostUnit;

    /// What a result measured so must say of itself, beside [`By::caveat`].
    fn told(&self) -> Option<Text> {
        None
    }

    /// The destinations, made ready for many origins.
    fn prepare<'p>(&'p self, plane: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p>;
}

/// Destinations made ready; asked once an origin.
pub trait Prepared: Sync + Send {
    /// The destinations that `want` asks for, cheapest first, ties by index; only those that `admits` lets pass.
    ///
    /// A destination at exactly the limit is within it. Costs are finite and not negative.
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)>;

    /// The same, and how the times to the destination that is `nth` in the row, from 1, are spread over a window; `None` where there is but one
    /// cost, or no such destination.
    fn row_with_spread(
        &self,
        origin: &Place,
        want: Want,
        admits: &dyn Fn(u32) -> bool,
        _nth: usize,
    ) -> (Vec<(u32, f64)>, Option<Spread>) {
        (self.row(origin, want, admits), None)
    }

    /// Where a place meets the streets; `None` where there are none to meet.
    /// # Errors
    /// [`OffStreet`]: why it can not be measured from at all.
    fn snapped(&self, _: &Place) -> Result<Option<Snap>, OffStreet> {
        Ok(None)
    }

    /// The nearest destination of a place that is at most so many metres from its street, the limit included; of any place where there are no
    /// streets to measure along.
    fn nearest_beside(&self, origin: &Place, _most_m: f64) -> Option<(u32, f64)> {
        self.row(origin, Want::Nearest, &|_| true).first().copied()
    }

    /// The cost between each place and one destination, where it is within the limit, the limit included. `at` are places with where they
    /// meet the streets, as [`Prepared::snapped`] tells it.
    fn costs_of(&self, destination: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Option<f64>> {
        let only = |other: u32| other == destination;
        at.iter().map(|(place, _)| self.row(place, Want::Within(limit), &only).first().map(|(_, cost)| *cost)).collect()
    }

    /// Those of the first `destinations` that are within the limit of each place, the limit included; by index. `at` as for
    /// [`Prepared::costs_of`].
    fn within(&self, destinations: u32, limit: f64, at: &[(Place, Option<Snap>)]) -> Vec<Vec<u32>> {
        let mut within = vec![Vec::new(); at.len()];
        for destination in 0..destinations {
            for (within, cost) in within.iter_mut().zip(self.costs_of(destination, limit, at)) {
                within.extend(cost.map(|_| destination));
            }
        }
        within
    }

    /// The cheapest way between an origin and a destination, which stands at `to`, as it is travelled; `None` when there is none, and where
    /// ways are not told apart from their length.
    fn route(&self, _origin: &Place, _destination: u32, _to: &Place) -> Option<Route> {
        None
    }

    /// Every stretch of street within the last of `breaks` (rising), cut where its nearest destination changes and where its cost passes
    /// a break; none where there are no streets to measure along.
    fn stretches(&self, _breaks: &[f64]) -> Vec<Stretch> {
        Vec::new()
    }
}

/// How the times to a destination are spread over the minutes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Seconds at [`Spread::RANKS`]; `None` where a minute without a way has the rank.
    pub seconds: [Option<u32>; 3],
    /// How many different journeys by vehicle there are; a line at a headway counts once a minute.
    pub journeys: usize,
}

impl Spread {
    /// Percentiles.
    pub const RANKS: [f64; 3] = [10.0, 50.0, 90.0];
}

/// Which destinations a row holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Want {
    /// The nearest one, however far.
    Nearest,
    /// So many of the nearest, however far.
    First(usize),
    /// All within the limit, the limit included.
    Within(f64),
}

macro_rules! impedances {
    ($($(#[$doc:meta])* $variant:ident),+ $(,)?) => {
        /// How distance is measured, as a config names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum By {
            $($(#[$doc])* $variant),+
        }

        impl By {
            /// All ways of measuring.
            pub const ALL: &'static [By] = &[$(By::$variant),+];
        }
    };
}

impedances! {
    #[default]
    /// Along the ellipsoid, over hills and rivers: the distance that a map ruler gives. Metres.
    Geodesic,
    /// In the study plane; differs from geodesic by the plane's scale (printed with every run). Metres.
    StraightLine,
    /// On foot along the streets of the study, and straight to and from them.
    Walk,
    /// By bicycle along the streets of the study, and on foot straight to and from them.
    Bicycle,
    /// By car along the streets of the study, and on foot straight to and from them.
    Drive,
    /// On foot over the cells of the study's cost surface: where streets are few, or none.
    Surface,
    /// By timetable or headway, and on foot to the stops, as `study.travel` says. Time only.
    Transit,
}

/// Which way one travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From where people are to the facility.
    #[default]
    ToFacility,
    /// From the facility to where people are: an ambulance.
    FromFacility,
}

impl By {
    /// Who goes along streets; `None` where none are asked. To a stop one walks.
    pub fn mode(self) -> Option<Mode> {
        match self {
            By::Geodesic | By::StraightLine | By::Surface => None,
            By::Walk | By::Transit => Some(Mode::Walk),
            By::Bicycle => Some(Mode::Bicycle),
            By::Drive => Some(Mode::Drive),
        }
    }

    /// Whether it goes straight, over everything that is in the way, and at no speed.
    pub fn is_flown(self) -> bool {
        matches!(self, By::Geodesic | By::StraightLine)
    }

    /// The engine behind the name; `None` for one that needs streets or a surface where the study has none, for seconds where nothing has a
    /// speed, and for transit, which needs more than streets: [`ByTransit`](by_transit::ByTransit).
    pub fn engine(self, unit: CostUnit, direction: Direction, study: &Study) -> Option<Box<dyn Impedance + '_>> {
        match (self.mode(), unit) {
            _ if self == By::Transit => None,
            (Some(mode), _) => {
                let network = study.streets.iter().find(|network| network.mode == mode)?;
                Some(Box::new(Streets { network, unit, direction }))
            }
            (None, _) if self == By::Surface => {
                let surface = study.surface.as_ref()?;
                Some(Box::new(OverSurface { surface, unit, direction }))
            }
            (None, CostUnit::Seconds) => None,
            (None, CostUnit::Metres) if self == By::StraightLine => Some(Box::new(StraightLine)),
            (None, CostUnit::Metres) => Some(Box::new(Geodesic)),
        }
    }

    /// What a result measured so must say of itself.
    pub fn caveat(self) -> (&'static str, &'static str) {
        match self {
            By::Geodesic => ("as the crow flies, along the ellipsoid", "椭球面直线距离"),
            By::StraightLine => ("as the crow flies, in the study plane", "平面直线距离"),
            By::Walk => ("on foot along the streets, and straight to and from them", "沿道路步行（含至道路的直线段）"),
            By::Bicycle => (
                "by bicycle along the streets, and on foot straight to and from them",
                "沿道路骑行（含步行至道路的直线段）",
            ),
            By::Transit => ("by timetable and on foot", "乘公共交通并步行"),
            By::Drive => (
                "by car along the streets without traffic, and on foot straight to and from them",
                "沿道路驾车（不计拥堵，含步行至道路的直线段）",
            ),
            By::Surface => ("on foot over the cells of a cost surface", "沿成本面网格步行"),
        }
    }
}
