//! Those who need to be reached: residents of a place, villages of a township, or the places themselves.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::base::idx::DemandIdx;
use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::model::place::Place;

/// One layer of demand points, by columns: all of one length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DemandLayer {
    /// As the config calls it, e.g. `residents`.
    pub name: String,
    /// Ids and names; both are empty for a layer of cells.
    pub ids: Vec<String>,
    pub names: Vec<String>,
    /// Column and row of each point, counted from 0, of a layer that comes from a raster; else empty. The parts of a cell that borders cut
    /// follow one another.
    pub cells: Vec<[u32; 2]>,
    /// `None` for a record whose place is not known: it stays in every total and is never reached nor out of reach.
    pub at: Vec<Option<Place>>,
    /// The smallest region that the record is in, by code or by place.
    pub home: Vec<Option<RegionIdx>>,
    /// Weights by group; a layer always has the group `count`, one a record.
    pub groups: Vec<WeightGroup>,
    /// The class of each point, e.g. urban or rural; `None` for a layer whose file says none.
    pub classes: Option<Classes>,
    pub synthetic: bool,
    /// Of points that totals of regions were spread over; `None` for places that were read.
    pub spreading: Option<Spreading>,
}

/// How totals of regions became points.
#[derive(Debug, Clone, PartialEq)]
pub struct Spreading {
    /// How, and how far people may be off their points.
    pub told: Text,
    /// The same totals spread in other ways that can be meant.
    pub instead: Vec<Instead>,
}

/// What may stand in the place of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Instead {
    /// Short code for a definition matrix, e.g. `even-spread`.
    pub code: &'static str,
    pub label: Text,
    pub layer: DemandLayer,
}

/// Points told apart: urban and rural, old town and new.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Classes {
    /// In the order of their names.
    pub names: Vec<String>,
    /// By point: position of its class among the names; `None` where the record says none.
    pub of: Vec<Option<u32>>,
}

impl Classes {
    /// Of what each record says.
    pub fn new(words: &[Option<String>]) -> Classes {
        let names: BTreeSet<&String> = words.iter().flatten().collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let position = |word: &Option<String>| {
            word.as_ref().and_then(|word| names.binary_search(word).ok()).and_then(|at| u32::try_from(at).ok())
        };
        Classes { of: words.iter().map(position).collect(), names }
    }
}

/// One way of weighing the points of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightGroup {
    /// `count`, `people`, or the name that the config gives to a column, e.g. `villages`.
    pub name: String,
    pub weights: Vec<Weight>,
}

impl DemandLayer {
    /// The class of a point; `None` without classes, and for a point whose record says none.
    pub fn class(&self, at: usize) -> Option<&str> {
        let classes = self.classes.as_ref()?;
        Some(&classes.names[classes.of[at]? as usize])
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// The id of a point; a cell has its row and column, counted from 0: `r12c34`, and the parts of one that borders cut a number too:
    /// `r12c34-1`, `r12c34-2`.
    pub fn id(&self, at: usize) -> Cow<'_, str> {
        match (self.ids.get(at), self.cells.get(at)) {
            (Some(id), _) => Cow::Borrowed(id),
            (None, Some(cell @ [column, row])) => {
                let before = self.cells[..at].iter().rev().take_while(|other| *other == cell).count();
                let is_cut = before > 0 || self.cells.get(at + 1) == Some(cell);
                let part = if is_cut { format!("-{}", before + 1) } else { String::new() };
                Cow::Owned(format!("r{row}c{column}{part}"))
            }
            (None, None) => Cow::Borrowed(""),
        }
    }

    /// The name of a point; of a cell, its id.
    pub fn point_name(&self, at: usize) -> Cow<'_, str> {
        self.names.get(at).map_or_else(|| self.id(at), |name| Cow::Borrowed(name))
    }

    /// Whether the points are cells, of a raster or of regions that totals were spread over: too many to be listed one by one.
    pub fn is_grid(&self) -> bool {
        !self.cells.is_empty() || self.spreading.is_some()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
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
