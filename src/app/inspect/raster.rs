//! What is in a raster: its grid, its CRS, how it is packed, and how many cells hold what.

use std::fs;
use std::path::Path;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::app::inspect::InspectError;
use crate::app::inspect::Options;
use crate::app::inspect::SaidBy;
use crate::base::units::Lang;
use crate::base::units::thousands;
use crate::io::geotiff::GeoTiff;
use crate::io::geotiff::Piece;
use crate::io::raster_file;
use crate::io::read::ReadRequest;
use crate::io::reproject::Crs;

/// What is in a raster.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RasterInspection {
    /// As it was named.
    pub path: String,
    pub driver: &'static str,
    pub bytes: u64,
    pub columns: u32,
    pub rows: u32,
    pub bands: u16,
    /// The band that was looked at, from 1.
    pub band: u16,
    pub crs_said_by: SaidBy,
    /// As it is written, e.g. `EPSG:4490`.
    pub crs: Option<String>,
    /// Its own name; or what the file says of a CRS that it does not name by a code.
    pub crs_name: Option<String>,
    /// Least x, least y, greatest x, greatest y, of the outer edges of the cells.
    pub extent: [f64; 4],
    /// Width and height of a cell, in the unit of the CRS.
    pub cell: [f64; 2],
    /// Rows do not run straight east.
    pub is_rotated: bool,
    /// The file places the middles of its cells, not their corners.
    pub is_point: bool,
    /// Type of the numbers, e.g. `float32`.
    pub sample: &'static str,
    pub compression: &'static str,
    pub predictor: u16,
    pub is_tiled: bool,
    /// Columns and rows of a tile or strip.
    pub chunk: [u32; 2],
    pub overviews: usize,
    /// By what the numbers in the file are multiplied, and what is added then; all numbers here are as they come out of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<[f64; 2]>,
    /// Colours in the file, which are not used: `palette` or `RGB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colours: Option<&'static str>,
    /// The value that stands for no data, as it stands in the file, as a text because it may be NaN.
    pub nodata: Option<String>,
    pub cells: CellCounts,
    /// Of the cells above 0.
    pub sum: f64,
    /// Least and greatest finite number that is not no data.
    pub range: Option<[f64; 2]>,
}

/// Cells by what they hold; they add up to `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CellCounts {
    pub all: u64,
    /// Above 0.
    pub data: u64,
    pub zero: u64,
    pub no_data: u64,
    pub negative: u64,
    /// NaN and infinities.
    pub no_number: u64,
}

/// Looks at every band of a raster, or at the one that the options name.
/// # Errors
/// As [`inspect`].
pub fn inspect_all(path: &Path, options: &Options<'_>) -> Result<Vec<RasterInspection>, InspectError> {
    let shown = path.display().to_string();
    let rasters = match options.layer {
        Some(_) => Vec::new(),
        None => raster_file::rasters(&ReadRequest::new(path, &shown))?,
    };
    let mut all = Vec::new();
    // of several in an archive each by its name
    let several = rasters.into_iter().map(|name| format!("{name}#"));
    for name in
        Some(several.collect::<Vec<_>>()).filter(|several| several.len() > 1).unwrap_or_else(|| vec![String::new()])
    {
        let band = |band: u16| format!("{name}{band}");
        let first = inspect(path, &Options { layer: options.layer.or(Some(&band(1))), ..*options })?;
        let further = if options.layer.is_none() { 2..first.bands + 1 } else { 0..0 };
        all.push(first);
        for at in further {
            all.push(inspect(path, &Options { layer: Some(&band(at)), ..*options })?);
        }
    }
    Ok(all)
}

/// Looks at every cell of a band; memory is bounded by one tile or strip.
/// # Errors
/// [`InspectError::Read`] when it can not be read. A CRS that nobody knows is no error here.
pub fn inspect(path: &Path, options: &Options<'_>) -> Result<RasterInspection, InspectError> {
    let shown = path.display().to_string();
    let mut raster = GeoTiff::open(&ReadRequest { layer: options.layer, ..ReadRequest::new(path, &shown) })?;
    let (mut cells, mut sum, mut range) = (CellCounts::default(), 0.0, None::<[f64; 2]>);
    let (no_data, is_declared) = (raster.no_data(), raster.nodata.is_some());
    let whole = raster.whole();
    raster.read(whole, &mut |piece| match piece {
        Piece::Cells { values, .. } => {
            cells.all += values.len() as u64;
            for value in values {
                let value = *value;
                if no_data.is(value) {
                    cells.no_data += 1;
                    continue;
                }
                if !value.is_finite() {
                    cells.no_number += 1;
                    continue;
                }
                let [least, most] = range.unwrap_or([value; 2]);
                range = Some([least.min(value), most.max(value)]);
                if value > 0.0 {
                    cells.data += 1;
                    sum += value;
                } else if value < 0.0 {
                    cells.negative += 1;
                } else {
                    cells.zero += 1;
                }
            }
        }
        Piece::Absent { cells: absent } => {
            cells.all += absent;
            *(if is_declared { &mut cells.no_data } else { &mut cells.zero }) += absent;
        }
        Piece::Above { .. } => {}
    })?;
    let (said_by, crs) = match (options.crs, raster.crs.text()) {
        (Some(asked), _) => (SaidBy::Option, Some(asked.to_owned())),
        (None, Some(said)) => (SaidBy::File, Some(said.to_owned())),
        (None, None) => (SaidBy::Nobody, None),
    };
    let known = crs.as_deref().and_then(|text| Crs::new(text).ok());
    Ok(RasterInspection {
        driver: "GeoTIFF",
        bytes: fs::metadata(path).map(|file| file.len()).unwrap_or(0),
        columns: raster.grid.columns,
        rows: raster.grid.rows,
        bands: raster.bands,
        band: raster.band,
        crs_said_by: said_by,
        crs_name: known.map(|crs| crs.name().to_owned()).or(raster.crs_citation.clone()),
        crs,
        extent: raster.grid.extent(),
        cell: raster.grid.cell_size(),
        is_rotated: raster.grid.is_rotated(),
        is_point: raster.is_point,
        sample: raster.sample,
        compression: raster.compression,
        predictor: raster.predictor,
        is_tiled: raster.is_tiled,
        chunk: [raster.chunk.0, raster.chunk.1],
        overviews: raster.overviews,
        scale: raster.scale,
        colours: raster.colours,
        nodata: raster.nodata.map(|value| value.to_string()),
        cells,
        sum,
        range,
        path: shown,
    })
}

/// The inspection as text, ending with a line feed.
pub fn render(found: &RasterInspection, lang: Lang) -> String {
    let say = |en: &str, zh: &str| match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    };
    let mut lines = vec![format!(
        "{}  {}, {:.1} kB, {} × {} {}",
        found.path,
        found.driver,
        found.bytes as f64 / 1e3,
        found.columns,
        found.rows,
        say("cells", "个格网单元")
    )];
    let mut entry = |name: String, text: String| {
        lines.push(format!("  {name}{}{text}", " ".repeat(12usize.saturating_sub(name.width()))));
    };
    let by = match found.crs_said_by {
        SaidBy::Option => say("as asked for", "按指定"),
        SaidBy::File => say("named by the file", "文件自述"),
        SaidBy::Format | SaidBy::Nobody => say("not said by a code", "未写明代码"),
    };
    // a definition of some lines is known by its name
    let crs = match (&found.crs, &found.crs_name) {
        (Some(text), Some(name)) if text.contains('[') => format!("{name}, {by}"),
        (Some(text), Some(name)) => format!("{name} ({text}), {by}"),
        (Some(text), None) => format!("{text}, {by}"),
        (None, Some(name)) => format!("{by}; \"{name}\""),
        (None, None) => by,
    };
    entry(say("CRS", "坐标系"), crs);
    let [west, south, east, north] = found.extent;
    entry(say("extent", "范围"), format!("x {west} … {east}, y {south} … {north}"));
    let mut cell = format!("{} × {}", found.cell[0], found.cell[1]);
    if found.is_rotated {
        cell.push_str(&say(", rotated", "，有旋转"));
    }
    if found.is_point {
        cell.push_str(&say(", placed by their middles (PixelIsPoint)", "，按中心定位（PixelIsPoint）"));
    }
    entry(say("cells of", "单元大小"), cell);
    let bands = if found.bands > 1 {
        format!(", {} {} / {}", say("band", "波段"), found.band, found.bands)
    } else {
        String::new()
    };
    let scale = found.scale.map(|[scale, offset]| {
        say(
            &format!(", times {scale} plus {offset}, as the file says"),
            &format!("，按文件所述乘以 {scale} 再加 {offset}"),
        )
    });
    entry(say("numbers", "数值"), format!("{}{bands}{}", found.sample, scale.unwrap_or_default()));
    match found.colours {
        Some("palette") => entry(
            say("colours", "颜色"),
            say("a colour table, which changes nothing: the numbers are the data", "带色表，仅供显示，数值即数据"),
        ),
        Some(_) => {
            entry(say("colours", "颜色"), say("the bands of a picture: red, green and blue", "图像的红、绿、蓝波段"))
        }
        None => {}
    }
    let (predictor, overviews) = (found.predictor, found.overviews);
    entry(
        say("packing", "存储"),
        format!(
            "{} {} × {}, {}{}{}",
            if found.is_tiled { say("tiles", "分块") } else { say("strips", "分条") },
            found.chunk[0],
            found.chunk[1],
            found.compression,
            if predictor > 1 { format!(", {} {predictor}", say("predictor", "预测器")) } else { String::new() },
            if overviews > 0 { format!(", {overviews} {}", say("overviews", "级金字塔")) } else { String::new() },
        ),
    );
    entry(say("no data", "无数据值"), found.nodata.clone().unwrap_or_else(|| say("no value stands for it", "未定义")));
    let cells = &found.cells;
    let count = |count: u64| thousands(count as f64);
    entry(
        say("counts", "计数"),
        format!(
            "{} {}, {} {}, {} {}, {} {}, {} {}",
            count(cells.data),
            say("above 0", "个大于 0"),
            count(cells.zero),
            say("of 0", "个为 0"),
            count(cells.no_data),
            say("no data", "个无数据"),
            count(cells.negative),
            say("below 0", "个小于 0"),
            count(cells.no_number),
            say("no numbers", "个非数值")
        ),
    );
    let range = found.range.map(|[least, most]| format!(", {least} … {most}")).unwrap_or_default();
    entry(say("sum", "合计"), format!("{}{range}", found.sum));
    lines.join("\n") + "\n"
}
