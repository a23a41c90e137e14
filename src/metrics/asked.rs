//! Rows of costs as an engine gives them: the first are kept while they are few, the others asked for again.

use rayon::prelude::*;

use crate::impedance::Prepared;
use crate::impedance::Want;
use crate::impedance::cost_table::CostTable;
use crate::impedance::cost_table::CostUnit;
use crate::metrics::floating_catchment::Rows;
use crate::metrics::reach::Parties;
use crate::model::place::Place;

/// Pairs that are kept, at least, where there are as many: about 100 MB.
const MOST_PAIRS: usize = 8_000_000;
/// Origins of one kept table.
const AT_ONCE: usize = 8192;

/// All facilities within a limit of each origin, the limit included.
pub(crate) struct Asked<'a> {
    prepared: &'a dyn Prepared,
    origins: &'a [Option<Place>],
    parties: &'a Parties<'a>,
    limit: f64,
    kept: Vec<CostTable>,
}

impl<'a> Asked<'a> {
    /// Asks for as many rows as may be kept. An origin without a place has an empty row.
    pub fn new(
        prepared: &'a dyn Prepared,
        unit: CostUnit,
        origins: &'a [Option<Place>],
        parties: &'a Parties<'a>,
        limit: f64,
    ) -> Asked<'a> {
        Asked::keeping(MOST_PAIRS, prepared, unit, origins, parties, limit)
    }

    fn keeping(
        most: usize,
        prepared: &'a dyn Prepared,
        unit: CostUnit,
        origins: &'a [Option<Place>],
        parties: &'a Parties<'a>,
        limit: f64,
    ) -> Asked<'a> {
        let mut asked = Asked { prepared, origins, parties, limit, kept: Vec::new() };
        let mut pairs = 0;
        for start in (0..origins.len()).step_by(AT_ONCE) {
            let end = (start + AT_ONCE).min(origins.len());
            let rows: Vec<Vec<(u32, f64)>> = (start..end).into_par_iter().map(|at| asked.ask(at)).collect();
            pairs += rows.iter().map(Vec::len).sum::<usize>();
            asked.kept.push(CostTable::from_rows(unit, rows));
            if pairs > most {
                break;
            }
        }
        asked
    }

    fn ask(&self, at: usize) -> Vec<(u32, f64)> {
        match &self.origins[at] {
            Some(place) => self.prepared.row(place, Want::Within(self.limit), &|to| self.parties.admits(at, to)),
            None => Vec::new(),
        }
    }
}

impl Rows for Asked<'_> {
    fn origins(&self) -> usize {
        self.origins.len()
    }

    fn row(&self, origin: usize, row: &mut Vec<(u32, f64)>) {
        match self.kept.get(origin / AT_ONCE) {
            Some(table) => row.extend(table.row(origin % AT_ONCE)),
            None => row.append(&mut self.ask(origin)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impedance::Impedance;
    use crate::impedance::straight::StraightLine;
    use crate::model::place::LonLat;
    use crate::model::place::PlaneXy;
    use crate::model::study::Plane;

    #[test]
    fn rows_that_are_kept_and_rows_that_are_asked_again_are_the_same() {
        let place = |x: f64| Place { lonlat: LonLat { lon: 0.0, lat: 0.0 }, xy: PlaneXy { x, y: 0.0 } };
        let facilities: Vec<Place> = (0..50).map(|at| place(f64::from(at) * 400.0)).collect();
        let origins: Vec<Option<Place>> = (0..20_000).map(|at| (at % 7 != 3).then(|| place(f64::from(at)))).collect();
        let plane = Plane {
            name: "scene".into(),
            epsg: None,
            wkt1: String::new(),
            scale_min: 1.0,
            scale_max: 1.0,
            distortion: None,
            doubt: None,
        };
        let prepared = StraightLine.prepare(&plane, &facilities);
        let layer = crate::model::demand::DemandLayer::default();
        let group = crate::model::demand::WeightGroup { name: "people".into(), weights: Vec::new() };
        let parties = Parties::anybody(&layer, &group);
        let asked = |most| Asked::keeping(most, prepared.as_ref(), CostUnit::Metres, &origins, &parties, 1000.0);
        let (few, all) = (asked(0), asked(usize::MAX));
        assert_eq!((few.kept.len(), all.kept.len()), (1, 3));
        for (at, origin) in origins.iter().enumerate() {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            few.row(at, &mut one);
            all.row(at, &mut other);
            assert_eq!(one, other, "{at}");
            assert_eq!(one.is_empty(), origin.is_none(), "{at}");
        }
    }
}
