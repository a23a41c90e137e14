//! Those who need to be reached: residents of a place, villages of a township, or the places themselves.

use crate::base::idx::DemandIdx;
use crate::base::idx::RegionIdx;
use crate::base::units::Weight;
use crate::model::place::Place;

/// One layer of demand points, by columns: all of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DemandLayer {
    /// As the config calls it, e.g. `residents`.
    pub name: String,
    pub ids: Vec<String>,
    pub names: Vec<String>,
    /// `None` for a record whose place is not known: it stays in every total and is never reached nor out of reach.
    pub at: Vec<Option<Place>>,
    /// The smallest region that the record is in, by code or by place.
    pub home: Vec<Option<RegionIdx>>,
    /// Weights by group; a layer always has the group `count`, one a record.
    pub groups: Vec<WeightGroup>,
    pub synthetic: bool,
}

/// One way of weighing the points of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightGroup {
    /// `count`, `people`, or the name that the config gives to a column, e.g. `villages`.
    pub name: String,
    pub weights: Vec<Weight>,
}

impl DemandLayer {
    /// Number of records.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The weights of a group.
    pub fn group(&self, name: &str) -> Option<&WeightGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// All indices, in order.
    pub fn indices(&self) -> impl Iterator<Item = DemandIdx> {
        (0..self.len()).map(DemandIdx::new)
    }
}
