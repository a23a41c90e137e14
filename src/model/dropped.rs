//! Records that were left out, with what is still known of them. What such a record weighs, covers or holds is unknown, and never nothing.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::model::region::Level;

/// Records of one source that were left out, mostly one.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropped {
    pub what: Lost,
    /// The file as messages call it.
    pub source: String,
    /// The first record; `None` for the cells of a raster.
    pub record: Option<u64>,
    /// How many records they are.
    pub count: u64,
    /// The issue code of the reason.
    pub reason: &'static str,
    pub home: Home,
}

/// What it would have been.
#[derive(Debug, Clone, PartialEq)]
pub enum Lost {
    /// A demand point; a group that is not among the weights has one that is not known.
    Demand { layer: String, weights: BTreeMap<String, Weight> },
    /// A record that says where in their regions the people of a demand layer live.
    Spread { layer: String },
    /// A facility of one of these kinds; without any, of any kind.
    Facility { kinds: Vec<String> },
    /// A region; `is_judged` also where nobody knows.
    Region { level: Level, is_judged: bool },
    /// An area that may take facilities out.
    Hazard,
    /// A district of a layer.
    District { layer: String },
    /// A reported value; of any series where it says none, of the whole area where `is_whole`, and of any day where it says none.
    Reported { series: Option<String>, day: Option<Date>, is_whole: bool },
}

/// Where it would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// In this region, or in a region below it.
    In(RegionIdx),
    /// Outside all regions that were read.
    Elsewhere,
    /// Nobody knows.
    Unknown,
}

impl Dropped {
    /// Whether it is a region that would be judged.
    pub fn is_judged_region(&self) -> bool {
        matches!(self.what, Lost::Region { is_judged: true, .. })
    }

    /// Which record of which file, for a sentence.
    pub fn told(&self) -> Text {
        let source = &self.source;
        match (self.record, self.count) {
            (Some(record), 1) => {
                Text::new(format!("record {record} of {source}"), format!("{source} 第 {record} 条记录"))
            }
            (Some(record), count) => Text::new(
                format!("{count} records of {source} (the first is {record})"),
                format!("{source} 的 {count} 条记录（首条为第 {record} 条）"),
            ),
            (None, count) => Text::new(format!("{count} cells of {source}"), format!("{source} 的 {count} 个栅格单元")),
        }
    }
}
