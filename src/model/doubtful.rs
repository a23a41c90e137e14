//! What is known of lines and stops that a file tells too little of: enough to say which regions they may join, not that they do.

use crate::base::idx::FeedIdx;
use crate::base::idx::StopIdx;
use crate::base::units::Text;
use crate::model::transit::Mode;

/// Why a stop may lie elsewhere than its coordinates say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopDoubt {
    /// For readers, without the stop's name: `lies outside all regions`.
    pub why: Text,
    /// Codes of the regions that it may lie in; empty where it may lie anywhere along its lines.
    pub regions: Vec<String>,
    /// The file contradicts itself: it lies in none of them for certain.
    pub is_nowhere: bool,
}

/// A line some of whose calls were left out, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubtfulLine {
    /// Its id in the file, which is that of a service where other calls of it could be used; `None` where the file names none.
    pub id: Option<String>,
    pub name: String,
    /// `None` where it is not known.
    pub mode: Option<Mode>,
    pub feed: FeedIdx,
    pub calls: Vec<LooseCall>,
}

/// A call that was left out of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseCall {
    /// For readers: `record 12: the coordinates are missing`.
    pub why: Text,
    pub place: LoosePlace,
}

/// What is known of where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoosePlace {
    /// At one of these stops.
    At(Vec<StopIdx>),
    /// In the region with this code.
    In(String),
    /// Somewhere around the stops before and after it along the line.
    Between(Option<StopIdx>, Option<StopIdx>),
}

impl DoubtfulLine {
    /// The same line with other indices.
    pub(crate) fn moved(self, feed: &dyn Fn(FeedIdx) -> FeedIdx, stop: &dyn Fn(StopIdx) -> StopIdx) -> DoubtfulLine {
        let place = |place: LoosePlace| match place {
            LoosePlace::At(stops) => LoosePlace::At(stops.into_iter().map(stop).collect()),
            LoosePlace::Between(before, after) => LoosePlace::Between(before.map(stop), after.map(stop)),
            LoosePlace::In(code) => LoosePlace::In(code),
        };
        let calls = self.calls.into_iter().map(|call| LooseCall { place: place(call.place), ..call }).collect();
        DoubtfulLine { feed: feed(self.feed), calls, ..self }
    }
}
