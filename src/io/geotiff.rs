//! GeoTIFF and Cloud Optimized GeoTIFF: a band of numbers on a grid, read window by window.
//!
//! The crate `tiff` reads the header, `tiff_chunk` the tiles; this file says which of them, and bounds them: nothing is read whose
//! size does not fit the file, and cells that are not stored are told from cells that are zero.

use std::fs::File;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::path::Path;

use tempfile::TempDir;
use tiff::TiffError;
use tiff::decoder::ChunkType;
use tiff::decoder::Decoder;
use tiff::decoder::Limits;
use tiff::tags::ByteOrder;
use tiff::tags::CompressionMethod;
use tiff::tags::PhotometricInterpretation;
use tiff::tags::PlanarConfiguration;
use tiff::tags::Tag;

use crate::io::geokeys::GeoTags;
use crate::io::geokeys::Grid;
use crate::io::raster_file;
use crate::io::read::DeclaredCrs;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;
use crate::io::tiff_chunk::Form;
use crate::io::tiff_chunk::Packing;
use crate::io::tiff_chunk::Sample;
use crate::io::tiff_chunk::unpack;

/// Bytes of one tile or strip once it is decoded: more is refused, so that a header can not ask for more memory.
const MOST_CHUNK_BYTES: u64 = 512 << 20;
/// Images of one file that are looked at for masks.
const MOST_IMAGES: usize = 64;

const GDAL_METADATA: Tag = Tag::Unknown(42_112);

pub use crate::io::raster_file::is_raster;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First column, and the one after the last.
    pub columns: (u32, u32),
    /// First row, and the one after the last.
    pub rows: (u32, u32),
}

impl Window {
    /// Number of cells.
    pub fn cells(&self) -> u64 {
        u64::from(self.columns.1.saturating_sub(self.columns.0)) * u64::from(self.rows.1.saturating_sub(self.rows.0))
    }
}

/// The value that stands for no data in a band.
#[derive(Debug, Clone, Copy)]
pub struct NoData {
    /// As the cells are handed over, scaled.
    value: Option<f64>,
    is_f32: bool,
}

impl NoData {
    /// Whether this value is the one.
    pub fn is(self, value: f64) -> bool {
        match self.value {
            None => false,
            Some(nodata) if nodata.is_nan() => value.is_nan(),
            // -3.4e38 as a text is not the number that a float32 holds
            Some(nodata) if self.is_f32 => value as f32 == nodata as f32,
            Some(nodata) => value == nodata,
        }
    }
}

/// What a raster hands over of a window.
#[derive(Debug)]
pub enum Piece<'p> {
    /// Cells of one row, from a column on.
    Cells { column: u32, row: u32, values: &'p [f64] },
    /// So many cells that the file leaves out: no data, or 0 where it has no value for that.
    Absent { cells: u64 },
    /// All cells above this row have been handed over.
    Above { row: u32 },
}

/// A raster that was opened: what its header says.
pub struct GeoTiff {
    pub grid: Grid,
    pub crs: DeclaredCrs,
    /// What the file says of a CRS that it does not name by a code.
    pub crs_citation: Option<String>,
    /// Tiepoints speak of the middle of cells (PixelIsPoint), not of their corners.
    pub is_point: bool,
    /// Type of the numbers, e.g. `float32`.
    pub sample: &'static str,
    /// E.g. `deflate`.
    pub compression: &'static str,
    /// 1 none, 2 differences, 3 differences of floating-point bytes.
    pub predictor: u16,
    /// Columns and rows of a tile, or of a strip of whole rows.
    pub chunk: (u32, u32),
    pub is_tiled: bool,
    /// Bands of the file, and which one is read, from 1.
    pub bands: u16,
    pub band: u16,
    /// The value that stands for no data, as it stands in the file.
    pub nodata: Option<f64>,
    /// By what the numbers in the file are multiplied, and what is added then, where the file says so; they are handed over so.
    pub scale: Option<[f64; 2]>,
    /// Colours for the numbers, which are not used: a `palette`, or that the bands are those of a picture (`RGB`).
    pub colours: Option<&'static str>,
    /// Smaller copies of the raster in the file, which are not used.
    pub overviews: usize,
    form: Form,
    packing: Packing,
    shown: String,
    bytes: u64,
    file: BufReader<File>,
    offsets: Vec<u64>,
    byte_counts: Vec<u64>,
    /// Of a raster out of an archive: goes when this goes.
    _unpacked: Option<TempDir>,
}

impl GeoTiff {
    /// Opens a raster and reads its header, also out of a ZIP archive or behind gzip or Zstandard. `layer` of the request is the number of
    /// the band; of an archive with several rasters the name of one, with `#2` behind it for its second band.
    ///
    /// Numbers are those in the file, multiplied and moved where its metadata says so (GDAL's scale and offset). A colour table changes nothing.
    /// # Errors
    /// [`ReadError`] for what is no TIFF, for what has no place or no single band, and for what is packed in a way that is not
    /// understood; the message says what to convert.
    pub fn open(request: &ReadRequest<'_>) -> Result<GeoTiff, ReadError> {
        let found = raster_file::opened(request)?;
        let request = &ReadRequest { path: &found.path, shown: &found.shown, layer: found.band.as_deref(), ..*request };
        let shown = request.shown.to_owned();
        let refuse = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
        let broken = |error: TiffError| refuse(broken(&error));
        let open = || File::open(request.path);
        let unopened =
            |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
        let file = open().map_err(unopened)?;
        let bytes = file.metadata().map_err(unopened)?.len();
        if let Some(what) = raster_file::no_tiff(request.path) {
            return Err(refuse(what));
        }
        if bytes < 8 {
            return Err(refuse("has no header of a TIFF".to_owned()));
        }
        let mut decoder = Decoder::new(BufReader::new(file)).map_err(broken)?.with_limits(Limits::default());
        let (columns, rows) = decoder.dimensions().map_err(broken)?;

        let number = |decoder: &mut Decoder<_>, tag| decoder.find_tag_unsigned::<u16>(tag).ok().flatten();
        let packing = packing(number(&mut decoder, Tag::Compression).unwrap_or(1)).map_err(refuse)?;
        let predictor = number(&mut decoder, Tag::Predictor).unwrap_or(1);
        let photometric = number(&mut decoder, Tag::PhotometricInterpretation);
        let bands = number(&mut decoder, Tag::SamplesPerPixel).unwrap_or(1);
        let colours = colours(photometric, bands, request.layer.is_some()).map_err(refuse)?;
        let band = chosen_band(request.layer, bands).map_err(refuse)?;
        if number(&mut decoder, Tag::FillOrder).is_some_and(|order| order != 1) {
            return Err(refuse(
                "its bits stand in reverse order; rewrite it: gdal_translate in.tif out.tif".to_owned(),
            ));
        }
        let planar = number(&mut decoder, Tag::PlanarConfiguration);
        let are_apart = planar == Some(PlanarConfiguration::Planar.to_u16());
        let sample = sample(&mut decoder).map_err(refuse)?;
        // without packing, libtiff ignores the predictor too
        let predictor = if packing == Packing::None || packing == Packing::PackBits { 1 } else { predictor };
        let is_predicted_rightly = match predictor {
            1 => true,
            2 => !matches!(sample, Sample::Bits(_)),
            3 => sample.is_float(),
            _ => false,
        };
        if !is_predicted_rightly {
            return Err(refuse(format!(
                "its numbers are predicted in a way that is not understood (predictor {predictor})"
            )));
        }
        let form = Form {
            sample,
            big_endian: decoder.byte_order() == ByteOrder::BigEndian,
            predictor,
            bands: if are_apart { 1 } else { usize::from(bands) },
        };
        let chunk = decoder.chunk_dimensions();
        let is_tiled = decoder.get_chunk_type() == ChunkType::Tile;
        let chunk = if is_tiled { chunk } else { (columns, chunk.1.min(rows)) };
        let row_bytes = sample.row_bytes((chunk.0 as usize).saturating_mul(form.bands));
        let chunk_bytes = u128::from(chunk.1) * row_bytes as u128;
        if chunk_bytes > u128::from(MOST_CHUNK_BYTES) {
            return Err(refuse(format!(
                "a {} of {} × {} cells is more than is decoded at once; rewrite it in tiles: gdal_translate -co TILED=YES -co \
                 COMPRESS=DEFLATE",
                if is_tiled { "tile" } else { "strip" },
                chunk.0,
                chunk.1
            )));
        }
        let vector = |decoder: &mut Decoder<_>, tag| decoder.find_tag_unsigned_vec::<u64>(tag);
        let tags =
            if is_tiled { (Tag::TileOffsets, Tag::TileByteCounts) } else { (Tag::StripOffsets, Tag::StripByteCounts) };
        let offsets = vector(&mut decoder, tags.0).map_err(broken)?.unwrap_or_default();
        let byte_counts = vector(&mut decoder, tags.1).map_err(broken)?.unwrap_or_default();
        let planes = if are_apart { u64::from(bands) } else { 1 };
        let wanted = u128::from(columns.div_ceil(chunk.0)) * u128::from(rows.div_ceil(chunk.1)) * u128::from(planes);
        if offsets.len() as u128 != wanted || byte_counts.len() as u128 != wanted {
            return Err(refuse(format!(
                "promises {wanted} tiles or strips and lists {}; the file is broken",
                offsets.len().min(byte_counts.len())
            )));
        }
        let floats = |decoder: &mut Decoder<_>, tag| {
            let value = decoder.find_tag(tag).ok().flatten();
            value.and_then(|value| value.into_f64_vec().ok()).unwrap_or_default()
        };
        let tags = GeoTags {
            pixel_scale: floats(&mut decoder, Tag::ModelPixelScaleTag),
            tie_points: floats(&mut decoder, Tag::ModelTiepointTag),
            transformation: floats(&mut decoder, Tag::ModelTransformationTag),
            keys: decoder.find_tag_unsigned_vec::<u16>(Tag::GeoKeyDirectoryTag).ok().flatten().unwrap_or_default(),
            texts: text(&mut decoder, Tag::GeoAsciiParamsTag).unwrap_or_default(),
        };
        let grid = tags.grid(columns, rows).map_err(refuse)?;
        let [width, height] = grid.cell_size();
        // the cells stay the same ones only where their size is said
        let masked = format!(
            "write it into the band: gdalwarp -ot Float64 -dstnodata -9999 -tr {width} {height} in.tif out.tif"
        );
        let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).ok().flatten().unwrap_or_default();
        if let Some(alpha) = alpha(&extra, bands).filter(|alpha| *alpha != band) {
            return Err(refuse(format!(
                "its band {alpha} is an alpha channel, which says which cells are valid and is not read; {masked}, then gdal_translate -b \
                 {band} out.tif last.tif"
            )));
        }
        let (crs, crs_citation) = tags.crs();
        let nodata = match text(&mut decoder, Tag::GdalNodata).filter(|text| !plain(text).is_empty()) {
            None => None,
            Some(text) => Some(number_of(&text).ok_or_else(|| {
                refuse(format!(
                    "says that \"{}\" stands for no data, which is not a number; write one: gdal_edit.py -a_nodata -9999",
                    plain(&text)
                ))
            })?),
        };
        let scale = text(&mut decoder, GDAL_METADATA).and_then(|metadata| scaled(&metadata, band));
        let is_sparse = || byte_counts.contains(&0);
        if scale.is_some_and(|[scale, offset]| {
            !(scale.is_normal() && offset.is_finite()) || offset != 0.0 && nodata.is_none() && is_sparse()
        }) {
            return Err(refuse(
                "its numbers are to be scaled in a way that can not be meant, or says nothing of the tiles that are left out; write them \
                 out: gdal_translate -unscale -ot Float64"
                    .to_owned(),
            ));
        }
        let overviews = overviews(open().map_err(unopened)?, request.path, &masked).map_err(refuse)?;
        Ok(GeoTiff {
            grid,
            crs,
            crs_citation,
            is_point: tags.is_point(),
            sample: sample.name(),
            compression: match packing {
                Packing::None => "none",
                Packing::Deflate => "deflate",
                Packing::Lzw => "LZW",
                Packing::PackBits => "PackBits",
            },
            predictor,
            chunk,
            is_tiled,
            bands,
            band,
            nodata,
            scale,
            colours,
            overviews,
            form,
            packing,
            shown,
            bytes,
            file: BufReader::new(open().map_err(unopened)?),
            offsets,
            byte_counts,
            _unpacked: found.folder,
        })
    }

    /// The window of all cells.
    pub fn whole(&self) -> Window {
        Window { columns: (0, self.grid.columns), rows: (0, self.grid.rows) }
    }

    /// Tells the value that stands for no data.
    pub fn no_data(&self) -> NoData {
        let is_f32 = self.form.sample == Sample::F32;
        match (self.nodata, self.scale) {
            // by the same steps as the cells: what is equal in the file stays equal
            (Some(value), Some([scale, offset])) => {
                let value = if is_f32 { f64::from(value as f32) } else { value };
                NoData { value: Some(value * scale + offset), is_f32: false }
            }
            (value, _) => NoData { value, is_f32 },
        }
    }

    /// Hands over every cell of a window, tile by tile or strip by strip; only those that meet the window are decoded. Memory is
    /// bounded by one of them.
    /// # Errors
    /// [`ReadError::Content`] where the file breaks off or can not be decoded, with the cells that it is about.
    pub fn read(&mut self, window: Window, take: &mut dyn FnMut(Piece<'_>)) -> Result<(), ReadError> {
        if window.cells() == 0 {
            return Ok(());
        }
        let across = self.grid.columns.div_ceil(self.chunk.0) as usize;
        // bands that lie apart have their own tiles, one band after the other; else each cell has them all
        let down = self.grid.rows.div_ceil(self.chunk.1) as usize;
        let (plane, band) =
            if self.form.bands == 1 { (usize::from(self.band) - 1, 0) } else { (0, usize::from(self.band) - 1) };
        let row_bytes = self.form.sample.row_bytes(self.chunk.0 as usize * self.form.bands);
        let chunk_columns = window.columns.0 / self.chunk.0..(window.columns.1 - 1) / self.chunk.0 + 1;
        let chunk_rows = window.rows.0 / self.chunk.1..(window.rows.1 - 1) / self.chunk.1 + 1;
        // many tiles that all point at the same bytes would let a small file ask for any time
        let mut stored: u64 = 0;
        let mut values: Vec<f64> = Vec::new();
        for chunk_row in chunk_rows {
            let rows = (chunk_row * self.chunk.1, (chunk_row + 1).saturating_mul(self.chunk.1).min(self.grid.rows));
            let (first_row, end_row) = (rows.0.max(window.rows.0), rows.1.min(window.rows.1));
            for chunk_column in chunk_columns.clone() {
                let columns = (
                    chunk_column * self.chunk.0,
                    (chunk_column + 1).saturating_mul(self.chunk.0).min(self.grid.columns),
                );
                let (first, end) = (columns.0.max(window.columns.0), columns.1.min(window.columns.1));
                let at = (plane * down + chunk_row as usize) * across + chunk_column as usize;
                let (offset, length) = (self.offsets[at], self.byte_counts[at]);
                if length == 0 {
                    let cells = u64::from(end - first) * u64::from(end_row - first_row);
                    take(Piece::Absent { cells });
                    continue;
                }
                stored = stored.saturating_add(length);
                let place = format!("the cells from column {}, row {} on", columns.0, rows.0);
                if offset.checked_add(length).is_none_or(|end| end > self.bytes) {
                    let what = format!("breaks off: {place} should lie beyond its {} bytes", self.bytes);
                    return Err(ReadError::Content { shown: self.shown.clone(), what });
                }
                if stored > self.bytes {
                    let what = format!("is broken: {place} share their bytes with others");
                    return Err(ReadError::Content { shown: self.shown.clone(), what });
                }
                // a tile is stored whole, a strip only as far as the raster goes
                let stored_rows = if self.is_tiled { self.chunk.1 } else { rows.1 - rows.0 };
                let mut bytes = Vec::new();
                let read = self
                    .file
                    .seek(SeekFrom::Start(offset))
                    .and_then(|_| Read::by_ref(&mut self.file).take(length).read_to_end(&mut bytes));
                let unpacked = read
                    .map_err(|error| error.to_string())
                    .and_then(|_| unpack(&bytes, self.packing, row_bytes * stored_rows as usize));
                let mut unpacked = unpacked.map_err(|what| ReadError::Content {
                    shown: self.shown.clone(),
                    what: format!("is broken: {place} can not be read: {what}"),
                })?;
                for row in first_row..end_row {
                    let start = (row - rows.0) as usize * row_bytes;
                    self.form.row(&mut unpacked[start..start + row_bytes], band, &mut values);
                    if let Some([scale, offset]) = self.scale {
                        values.iter_mut().for_each(|value| *value = *value * scale + offset);
                    }
                    let own = (first - columns.0) as usize..(end - columns.0) as usize;
                    take(Piece::Cells { column: first, row, values: &values[own] });
                }
            }
            take(Piece::Above { row: end_row });
        }
        Ok(())
    }
}

/// What is wrong with a file, in our words where the crate's would not help.
fn broken(error: &TiffError) -> String {
    match error {
        TiffError::FormatError(tiff::TiffFormatError::TiffSignatureNotFound) => "is no TIFF".to_owned(),
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "breaks off, or promises more than there is".to_owned()
        }
        TiffError::LimitsExceeded | TiffError::IntSizeError => {
            "promises more than can be meant; the file is broken".to_owned()
        }
        other => format!("is broken, or of a kind that is not understood ({other})"),
    }
}

fn packing(number: u16) -> Result<Packing, String> {
    let name = match CompressionMethod::from_u16_exhaustive(number) {
        CompressionMethod::None => return Ok(Packing::None),
        CompressionMethod::LZW => return Ok(Packing::Lzw),
        CompressionMethod::Deflate | CompressionMethod::OldDeflate => return Ok(Packing::Deflate),
        CompressionMethod::PackBits => return Ok(Packing::PackBits),
        CompressionMethod::ModernJPEG | CompressionMethod::JPEG => "JPEG".to_owned(),
        CompressionMethod::ZSTD => "Zstandard".to_owned(),
        CompressionMethod::WebP => "WebP".to_owned(),
        _ if number == 34_887 => "LERC".to_owned(),
        _ => format!("method {number}"),
    };
    Err(format!("is compressed with {name}, which is not read; convert it: gdal_translate -co COMPRESS=DEFLATE"))
}

/// What the file says of colours, which are not used; a mistake for pictures of which no band is asked for.
fn colours(photometric: Option<u16>, bands: u16, is_band_asked: bool) -> Result<Option<&'static str>, String> {
    let kind = photometric.and_then(PhotometricInterpretation::from_u16);
    match kind {
        None if photometric.is_none() => Ok(None),
        Some(PhotometricInterpretation::BlackIsZero | PhotometricInterpretation::WhiteIsZero) => Ok(None),
        // GRASS and GDAL write numbers with colours to show them in: the numbers are the data
        Some(PhotometricInterpretation::RGBPalette) => Ok(Some("palette")),
        // so does GDAL with any three bands of bytes
        Some(PhotometricInterpretation::RGB) if is_band_asked => Ok(Some("RGB")),
        Some(PhotometricInterpretation::RGB) => Err(format!(
            "holds {bands} bands as the colours of a picture; if they are numbers all the same, say which: layer = \"1\""
        )),
        _ => Err("holds a picture, not bands of numbers (its photometric interpretation is neither \"black is zero\" nor a palette)".to_owned()),
    }
}

/// The band that says how opaque a cell is, from 1, by TIFF's tag 338.
fn alpha(extra: &[u16], bands: u16) -> Option<u16> {
    let first = usize::from(bands).checked_sub(extra.len())?;
    let at = extra.iter().position(|kind| matches!(kind, 1 | 2))?;
    u16::try_from(first + at + 1).ok()
}

fn chosen_band(layer: Option<&str>, bands: u16) -> Result<u16, String> {
    match layer.map(|text| (text, text.trim().parse::<u16>())) {
        None if bands == 1 => Ok(1),
        None => Err(format!("holds {bands} bands; say which: layer = \"1\" to layer = \"{bands}\"")),
        Some((_, Ok(band))) if (1..=bands).contains(&band) => Ok(band),
        Some((text, _)) => Err(format!("has no band \"{text}\"; its bands are 1 to {bands}")),
    }
}

fn sample(decoder: &mut Decoder<BufReader<File>>) -> Result<Sample, String> {
    let first = |decoder: &mut Decoder<_>, tag| {
        let all = decoder.find_tag_unsigned_vec::<u16>(tag).ok().flatten();
        all.and_then(|all| all.first().copied()).unwrap_or(1)
    };
    let (form, bits) = (first(decoder, Tag::SampleFormat), first(decoder, Tag::BitsPerSample));
    Sample::new(form, bits).ok_or_else(|| {
        let form = match form {
            1 => "uint",
            2 => "int",
            3 => "float",
            5 | 6 => "complex",
            _ => "of an unknown form, ",
        };
        format!("holds numbers of type {form}{bits}, which is not read; convert it: gdal_translate -ot Float64")
    })
}

fn text(decoder: &mut Decoder<BufReader<File>>, tag: Tag) -> Option<String> {
    decoder.find_tag(tag).ok().flatten().and_then(|value| value.into_string().ok())
}

/// A text of a tag without what fills it up.
fn plain(text: &str) -> &str {
    text.trim_matches(|c: char| c == '\0' || c.is_whitespace())
}

/// A number as GDAL writes it; `nan` and infinities too, and NaN as the programs of Windows write it.
fn number_of(text: &str) -> Option<f64> {
    let text = plain(text);
    let is_nan =
        ["1.#QNAN", "1.#IND", "1.#SNAN"].iter().any(|nan| text.trim_start_matches('-').eq_ignore_ascii_case(nan));
    if is_nan { Some(f64::NAN) } else { text.parse().ok() }
}

/// By what GDAL's metadata says that numbers of a band are to be multiplied, and what is added; `None` when they stand as they are.
fn scaled(metadata: &str, band: u16) -> Option<[f64; 2]> {
    let item = |role: &str| {
        metadata.split("<Item ").skip(1).find_map(|item| {
            let (head, rest) = item.split_once('>')?;
            let is_ours =
                head.contains(&format!("role=\"{role}\"")) && head.contains(&format!("sample=\"{}\"", band - 1));
            is_ours.then(|| rest.split('<').next().and_then(|text| text.trim().parse::<f64>().ok())).flatten()
        })
    };
    let (scale, offset) = (item("scale").unwrap_or(1.0), item("offset").unwrap_or(0.0));
    (scale != 1.0 || offset != 0.0).then_some([scale, offset])
}

/// The number of smaller copies in a file.
/// # Errors
/// What to do where a mask says which cells are valid, for their numbers would be taken as they stand.
fn overviews(file: File, path: &Path, advice: &str) -> Result<usize, String> {
    const REDUCED: u32 = 1;
    const MASK: u32 = 4;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".msk");
    if Path::new(&beside).exists() {
        return Err(format!("a mask beside it says which cells are valid, which is not read; {advice}"));
    }
    let mut count = 0;
    let Ok(mut decoder) = Decoder::new(BufReader::new(file)) else { return Ok(0) };
    for _ in 0..MOST_IMAGES {
        // what follows is not used: damage there is none of ours
        if !decoder.more_images() || decoder.next_image().is_err() {
            break;
        }
        let kind = decoder.find_tag_unsigned::<u32>(Tag::NewSubfileType).ok().flatten().unwrap_or(0);
        if kind & MASK != 0 {
            return Err(format!("a mask in it says which cells are valid, which is not read; {advice}"));
        }
        count += usize::from(kind & REDUCED != 0);
    }
    Ok(count)
}
