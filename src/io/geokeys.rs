//! Where the cells of a GeoTIFF lie: its CRS and the way from cells to coordinates, by OGC 19-008r4 (GeoTIFF 1.1).

use crate::io::read::DeclaredCrs;

/// The value of a key that stands for "described, not coded".
const USER_DEFINED: u16 = 32_767;

/// What ArcGIS puts in front of a WKT that it hides in a citation.
const ESRI_WKT: &str = "ESRI PE String = ";

/// Rows and columns of cells, and where they lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub columns: u32,
    pub rows: u32,
    /// Corner of the first cell and the steps from there, in the file's coordinates: x = t0 + column·t1 + row·t2,
    /// y = t3 + column·t4 + row·t5.
    pub transform: [f64; 6],
}

impl Grid {
    /// The middle of a cell, in the file's coordinates.
    pub fn centre(&self, column: u32, row: u32) -> [f64; 2] {
        self.at(f64::from(column) + 0.5, f64::from(row) + 0.5)
    }

    /// A place that is so many columns and rows from the corner of the first cell.
    pub fn at(&self, column: f64, row: f64) -> [f64; 2] {
        let [x0, xc, xr, y0, yc, yr] = self.transform;
        [x0 + column * xc + row * xr, y0 + column * yc + row * yr]
    }

    /// Columns and rows from the corner of the first cell to a place, with fractions.
    pub fn cell_at(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [x0, xc, xr, y0, yc, yr] = self.transform;
        let (dx, dy, determinant) = (x - x0, y - y0, xc * yr - xr * yc);
        [(dx * yr - dy * xr) / determinant, (dy * xc - dx * yc) / determinant]
    }

    /// Length of a cell's two sides, in the unit of the CRS.
    pub fn cell_size(&self) -> [f64; 2] {
        let [_, xc, xr, _, yc, yr] = self.transform;
        [xc.hypot(yc), xr.hypot(yr)]
    }

    /// Whether rows do not run east or columns do not run south.
    pub fn is_rotated(&self) -> bool {
        self.transform[2] != 0.0 || self.transform[4] != 0.0
    }

    /// The box around all cells: least x, least y, greatest x, greatest y.
    pub fn extent(&self) -> [f64; 4] {
        let (columns, rows) = (f64::from(self.columns), f64::from(self.rows));
        let corners = [self.at(0.0, 0.0), self.at(columns, 0.0), self.at(0.0, rows), self.at(columns, rows)];
        corners.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |[west, south, east, north], [x, y]| {
            [west.min(*x), south.min(*y), east.max(*x), north.max(*y)]
        })
    }

    /// How another grid differs; `None` where the cells are the same ones, to a thousandth of a cell.
    pub fn difference(&self, other: &Grid) -> Option<String> {
        if (self.columns, self.rows) != (other.columns, other.rows) {
            return Some(format!("{} × {} cells, not {} × {}", other.columns, other.rows, self.columns, self.rows));
        }
        let (columns, rows) = (f64::from(self.columns), f64::from(self.rows));
        let corners = [(0.0, 0.0), (columns, 0.0), (0.0, rows), (columns, rows)];
        let apart = corners.iter().map(|(column, row)| {
            let [x, y] = self.cell_at(other.at(*column, *row));
            (x - column).abs().max((y - row).abs())
        });
        let apart = apart.fold(0.0, f64::max);
        (apart.is_nan() || apart > 1e-3).then(|| {
            let ([x, y], [own_x, own_y]) = (other.at(0.0, 0.0), self.at(0.0, 0.0));
            let ([w, h], [own_w, own_h]) = (other.cell_size(), self.cell_size());
            format!("cells of {w} by {h} from {x}, {y}, not of {own_w} by {own_h} from {own_x}, {own_y}")
        })
    }
}

/// The geographic tags of a GeoTIFF, as they stand in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct GeoTags {
    /// Tag 33550.
    pub pixel_scale: Vec<f64>,
    /// Tag 33922.
    pub tie_points: Vec<f64>,
    /// Tag 34264.
    pub transformation: Vec<f64>,
    /// Tag 34735.
    pub keys: Vec<u16>,
    /// Tag 34737.
    pub texts: String,
}

impl GeoTags {
    /// The number of a key that holds one.
    fn short(&self, key: u16) -> Option<u16> {
        self.entries().find(|entry| entry[0] == key && entry[1] == 0).map(|entry| entry[3])
    }

    /// The text of a key that holds one, without the bar at its end.
    fn text(&self, key: u16) -> Option<&str> {
        const TEXTS: u16 = 34_737;
        let entry = self.entries().find(|entry| entry[0] == key && entry[1] == TEXTS)?;
        let (start, length) = (usize::from(entry[3]), usize::from(entry[2]));
        let text = self.texts.get(start..start.checked_add(length)?)?;
        Some(text.trim_end_matches(['|', '\0']).trim()).filter(|text| !text.is_empty())
    }

    fn entries(&self) -> impl Iterator<Item = &[u16]> {
        let count = self.keys.get(3).map_or(0, |count| usize::from(*count));
        self.keys.get(4..).unwrap_or_default().chunks_exact(4).take(count)
    }

    /// Whether coordinates in the tags are those of the middles of cells.
    pub(super) fn is_point(&self) -> bool {
        const RASTER_TYPE: u16 = 1025;
        self.short(RASTER_TYPE) == Some(2)
    }

    /// The CRS that the keys name, and what they say of it where they name none that is known by a code.
    pub(super) fn crs(&self) -> (DeclaredCrs, Option<String>) {
        const MODEL_TYPE: u16 = 1024;
        const CITATION: u16 = 1026;
        const GEOGRAPHIC: u16 = 2048;
        const GEOGRAPHIC_CITATION: u16 = 2049;
        const PROJECTED: u16 = 3072;
        const PROJECTED_CITATION: u16 = 3073;
        let (coded, own_citation) = match self.short(MODEL_TYPE) {
            Some(1) => (self.short(PROJECTED), PROJECTED_CITATION),
            Some(2) => (self.short(GEOGRAPHIC), GEOGRAPHIC_CITATION),
            _ => (self.short(PROJECTED).or(self.short(GEOGRAPHIC)), PROJECTED_CITATION),
        };
        if let Some(code) = coded.filter(|code| *code != USER_DEFINED && *code != 0) {
            return (DeclaredCrs::Carried(format!("EPSG:{code}")), None);
        }
        let said =
            [own_citation, PROJECTED_CITATION, CITATION, GEOGRAPHIC_CITATION].iter().find_map(|key| self.text(*key));
        match said {
            Some(said) => match said.find(ESRI_WKT) {
                Some(at) => (DeclaredCrs::Carried(said[at + ESRI_WKT.len()..].trim().to_owned()), None),
                None => (DeclaredCrs::Unknown, Some(said.to_owned())),
            },
            None => (DeclaredCrs::Unknown, None),
        }
    }

    /// The grid of a raster of so many cells.
    /// # Errors
    /// What is missing or can not be meant.
    pub(super) fn grid(&self, columns: u32, rows: u32) -> Result<Grid, String> {
        let mut transform = match (&self.transformation[..], &self.pixel_scale[..], &self.tie_points[..]) {
            ([xc, xr, _, x0, yc, yr, _, y0, ..], ..) => [*x0, *xc, *xr, *y0, *yc, *yr],
            // one tie point; several would be control points of a warp
            (_, [width, height, ..], [column, row, _, x, y, _]) => {
                let (width, height) = (*width, -height.abs());
                [x - column * width, width, 0.0, y - row * height, 0.0, height]
            }
            (_, _, points) if points.len() > 6 => {
                return Err("its place is given by control points; warp it first, e.g. with gdalwarp".to_owned());
            }
            _ => {
                return Err("it does not say where its cells lie; write a georeference into it, e.g. with \
                            gdal_translate -a_ullr or gdal_edit.py"
                    .to_owned());
            }
        };
        if self.is_point() {
            // the tags speak of the middle of the first cell
            let [x0, xc, xr, y0, yc, yr] = transform;
            transform = [x0 - (xc + xr) / 2.0, xc, xr, y0 - (yc + yr) / 2.0, yc, yr];
        }
        let grid = Grid { columns, rows, transform };
        let [_, xc, xr, _, yc, yr] = transform;
        let determinant = xc * yr - xr * yc;
        let sound = |value: &f64| value.is_finite();
        if !transform.iter().all(sound) || !grid.extent().iter().all(sound) || !determinant.is_normal() {
            return Err("its cells have no size, or lie at no place; the georeference is broken".to_owned());
        }
        Ok(grid)
    }
}
