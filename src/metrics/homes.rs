//! Where things are known to belong, and so whether one more may belong to a region in which none was read.

use std::collections::BTreeSet;

use crate::base::idx::RegionIdx;
use crate::base::units::Text;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::model::demand::DemandLayer;
use crate::model::study::Study;

/// The regions of all that is measured; `None` among them where one is not known.
pub(crate) struct Homes<'a> {
    study: &'a Study,
    known: BTreeSet<Option<RegionIdx>>,
}

impl<'a> Homes<'a> {
    pub fn new(study: &'a Study, homes: impl Iterator<Item = Option<RegionIdx>>) -> Homes<'a> {
        Homes { study, known: homes.collect() }
    }

    /// Of the judged points of a demand layer.
    pub fn of_points(study: &'a Study, layer: &DemandLayer, judged: &[usize]) -> Homes<'a> {
        Homes::new(study, judged.iter().map(|at| layer.home[*at]))
    }

    /// Whether something may be in a region in which nothing is known to be: its region is not known, or only one above.
    pub fn may_hold(&self, region: RegionIdx) -> bool {
        let above =
            std::iter::successors(self.study.regions.get(region).parent, |one| self.study.regions.get(*one).parent);
        self.known.contains(&None) || above.into_iter().any(|one| self.known.contains(&Some(one)))
    }

    /// The figure of a region in which nothing was read: nothing to measure is not applicable, and what may be there is not known
    /// (decision 4).
    pub fn of_nothing(&self, region: RegionIdx, unit: FigureUnit) -> Figure {
        if self.may_hold(region) {
            return Figure::no_data(
                unit,
                "nothing that was read is known to be in it, but the region of some is not known",
                "未读到已知属于该区域的数据，但部分数据所属区域未知",
            );
        }
        Figure { unit, not_applicable: true, ..Figure::default() }
            .because(Text::new("nothing to measure in it was read", "未读到该区域内需评价的对象"))
    }
}
