//! Polygons as flat arrays, the form in which the geometric kernels read them.

use geo_types::MultiPolygon;

use crate::base::plane::Rect;

/// The rings of many regions, one after the other.
///
/// Region > part (a polygon) > ring (shell first, then holes) > vertices in metres. Rings are closed (the first vertex
/// stands again at the end) and carry no vertex twice in a row. A ring that encloses nothing (fewer than three
/// vertices) is left out; a region may be empty. Coordinates must be finite: a ring with NaN is never found anywhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Rings {
    coords: Vec<[f64; 2]>,
    /// First vertex of each ring, and the number of vertices.
    rings: Vec<u32>,
    /// First ring of each part, and the number of rings.
    parts: Vec<u32>,
    /// First part of each region, and the number of parts.
    regions: Vec<u32>,
}

impl Default for Rings {
    fn default() -> Rings {
        Rings { coords: Vec::new(), rings: vec![0], parts: vec![0], regions: vec![0] }
    }
}

impl Rings {
    /// The rings of `shapes`, one region a shape, in their order.
    pub fn of<'s>(shapes: impl IntoIterator<Item = &'s MultiPolygon<f64>>) -> Rings {
        let mut rings = Rings::default();
        for shape in shapes {
            for polygon in shape {
                for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                    rings.push_ring(ring.coords().map(|c| [c.x, c.y]));
                }
                rings.end_part();
            }
            rings.end_region();
        }
        rings
    }

    /// Adds a ring to the part at hand; it may come closed or open.
    pub fn push_ring(&mut self, vertices: impl IntoIterator<Item = [f64; 2]>) {
        let start = self.coords.len();
        for vertex in vertices {
            if self.coords.len() == start || self.coords[self.coords.len() - 1] != vertex {
                self.coords.push(vertex);
            }
        }
        if self.coords.len() - start > 1 && self.coords[start] != self.coords[self.coords.len() - 1] {
            self.coords.push(self.coords[start]);
        }
        if self.coords.len() - start < 4 {
            self.coords.truncate(start);
            return;
        }
        self.rings.push(self.coords.len() as u32);
    }

    /// Ends the part at hand; a part without rings is left out.
    pub fn end_part(&mut self) {
        let rings = (self.rings.len() - 1) as u32;
        if self.parts[self.parts.len() - 1] < rings {
            self.parts.push(rings);
        }
    }

    /// Ends the region at hand.
    pub fn end_region(&mut self) {
        self.end_part();
        self.regions.push((self.parts.len() - 1) as u32);
    }

    /// Makes room for `vertices` more, so that a large set is not copied while it grows.
    pub fn reserve(&mut self, vertices: usize) {
        self.coords.reserve_exact(vertices);
    }

    /// How many regions there are, empty ones included.
    pub fn region_count(&self) -> usize {
        self.regions.len() - 1
    }

    /// How many vertices all rings have together, closing ones included.
    pub fn vertex_count(&self) -> usize {
        self.coords.len()
    }

    /// Parts of ended regions; what is still being added does not count.
    pub(crate) fn part_count(&self) -> usize {
        self.regions[self.regions.len() - 1] as usize
    }

    /// Rings of ended regions.
    pub(crate) fn ring_count(&self) -> usize {
        self.parts[self.part_count()] as usize
    }

    pub(crate) fn coords(&self) -> &[[f64; 2]] {
        &self.coords
    }

    /// The vertices of a ring, by their positions in [`coords`](Rings::coords); the last one repeats the first.
    #[inline]
    pub(crate) fn ring(&self, ring: usize) -> std::ops::Range<usize> {
        self.rings[ring] as usize..self.rings[ring + 1] as usize
    }

    pub(crate) fn rings_of_part(&self, part: usize) -> std::ops::Range<usize> {
        self.parts[part] as usize..self.parts[part + 1] as usize
    }

    pub(crate) fn parts_of_region(&self, region: usize) -> std::ops::Range<usize> {
        self.regions[region] as usize..self.regions[region + 1] as usize
    }

    pub(crate) fn rings_of_region(&self, region: usize) -> std::ops::Range<usize> {
        let parts = self.parts_of_region(region);
        self.parts[parts.start] as usize..self.parts[parts.end] as usize
    }

    /// The vertices of all rings of a part.
    pub(crate) fn vertices_of_part(&self, part: usize) -> std::ops::Range<usize> {
        let rings = self.rings_of_part(part);
        self.rings[rings.start] as usize..self.rings[rings.end] as usize
    }

    /// The vertices of all rings of a region.
    pub(crate) fn vertices_of_region(&self, region: usize) -> std::ops::Range<usize> {
        let rings = self.rings_of_region(region);
        self.rings[rings.start] as usize..self.rings[rings.end] as usize
    }

    /// The box of a part, which is the box of its shell and of any hole that sticks out of it.
    pub(crate) fn part_rect(&self, part: usize) -> Rect {
        Rect::of(&self.coords[self.vertices_of_part(part)])
    }

    /// The region of every part.
    pub(crate) fn region_of_parts(&self) -> Vec<u32> {
        let mut of = Vec::with_capacity(self.part_count());
        for region in 0..self.region_count() {
            of.resize(self.regions[region + 1] as usize, region as u32);
        }
        of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_come_out_closed_without_repeats_and_without_degenerate_ones() {
        let mut rings = Rings::default();
        rings.push_ring([[0.0, 0.0], [0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [4.0, 4.0]]);
        rings.push_ring([[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]]);
        rings.push_ring([]);
        rings.end_region();
        rings.end_region();
        assert_eq!(rings.coords(), [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]]);
        assert_eq!((rings.region_count(), rings.part_count(), rings.ring_count()), (2, 1, 1));
        rings.push_ring([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]);
        rings.end_part();
        assert_eq!((rings.part_count(), rings.ring_count()), (1, 1), "a region counts once it is ended");
        assert_eq!(rings.parts_of_region(1), 1..1);
        assert!(rings.vertices_of_region(1).is_empty());
    }
}
