//! Floor 2: how far it is. Every way of measuring gives the same [`CostTable`](cost_table::CostTable).

pub mod cost_table;
pub mod geodesic;
pub mod index;
pub mod segments;
pub mod straight;
pub mod street;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::impedance::cost_table::CostUnit;
use crate::impedance::geodesic::Geodesic;
use crate::impedance::segments::OffStreet;
use crate::impedance::straight::StraightLine;
use crate::impedance::street::Walk;
use crate::model::place::Place;
use crate::model::streets::StreetNetwork;
use crate::model::study::Plane;

/// A way of measuring from origins to destinations.
pub trait Impedance: Sync {
    /// The unit of every cost.
    fn unit(&self) -> CostUnit;

    /// The destinations, made ready for many origins.
    fn prepare<'p>(&'p self, plane: &Plane, destinations: &[Place]) -> Box<dyn Prepared + 'p>;
}

/// Destinations made ready; asked once an origin.
pub trait Prepared: Sync + Send {
    /// The destinations that `want` asks for, cheapest first, ties by index; only those that `admits` lets pass.
    ///
    /// A destination at exactly the limit is within it. Costs are finite and not negative.
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)>;

    /// Why a place can not be measured from at all; `None` for one that can, and wherever every place can.
    fn off_street(&self, _: &Place) -> Option<OffStreet> {
        None
    }
}

/// Which destinations a row holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Want {
    /// The nearest one, however far.
    Nearest,
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
    /// On foot along the streets of the study, and straight to and from them. Metres.
    Walk,
}

impl By {
    /// The engine behind the name; `None` for one that needs streets where there are none.
    pub fn engine(self, streets: Option<&StreetNetwork>) -> Option<Box<dyn Impedance + '_>> {
        Some(match (self, streets) {
            (By::Geodesic, _) => Box::new(Geodesic),
            (By::StraightLine, _) => Box::new(StraightLine),
            (By::Walk, Some(network)) => Box::new(Walk { network }),
            (By::Walk, None) => return None,
        })
    }

    /// What a result measured so must say of itself.
    pub fn caveat(self) -> (&'static str, &'static str) {
        match self {
            By::Geodesic => ("as the crow flies, along the ellipsoid", "椭球面直线距离"),
            By::StraightLine => ("as the crow flies, in the study plane", "平面直线距离"),
            By::Walk => {
                ("on foot along the streets, and straight to and from them", "沿道路步行距离（含至道路的直线段）")
            }
        }
    }
}
