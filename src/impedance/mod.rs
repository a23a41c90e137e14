//! Floor 2: how far it is. Every way of measuring gives the same [`CostTable`](cost_table::CostTable).

pub mod cost_table;
pub mod geodesic;
pub mod index;
pub mod straight;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::impedance::cost_table::CostUnit;
use crate::impedance::geodesic::Geodesic;
use crate::impedance::straight::StraightLine;
use crate::model::place::Place;
use crate::model::study::Plane;

/// A way of measuring from origins to destinations.
pub trait Impedance: Sync {
    /// The unit of every cost.
    fn unit(&self) -> CostUnit;

    /// The destinations, made ready for many origins.
    fn prepare(&self, plane: &Plane, destinations: &[Place]) -> Box<dyn Prepared>;
}

/// Destinations made ready; asked once an origin.
pub trait Prepared: Sync + Send {
    /// The destinations that `want` asks for, cheapest first, ties by index; only those that `admits` lets pass.
    ///
    /// A destination at exactly the limit is within it. Costs are finite and not negative.
    fn row(&self, origin: &Place, want: Want, admits: &dyn Fn(u32) -> bool) -> Vec<(u32, f64)>;
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
    ($($(#[$doc:meta])* $variant:ident = $engine:expr),+ $(,)?) => {
        /// How distance is measured, as a config names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum By {
            $($(#[$doc])* $variant),+
        }

        impl By {
            /// All ways of measuring.
            pub const ALL: &'static [By] = &[$(By::$variant),+];

            /// The engine behind the name.
            pub fn engine(self) -> Box<dyn Impedance> {
                match self { $(By::$variant => Box::new($engine)),+ }
            }
        }
    };
}

impedances! {
    #[default]
    /// Along the ellipsoid, over hills and rivers: the distance that a map ruler gives. Metres.
    Geodesic = Geodesic,
    /// In the study plane; differs from geodesic by the plane's scale (printed with every run). Metres.
    StraightLine = StraightLine,
}

impl By {
    /// What a result measured so must say of itself.
    pub fn caveat(self) -> (&'static str, &'static str) {
        match self {
            By::Geodesic => ("as the crow flies, along the ellipsoid", "椭球面直线距离"),
            By::StraightLine => ("as the crow flies, in the study plane", "平面直线距离"),
        }
    }
}
