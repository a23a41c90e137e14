//! The printed map of a project: one A4 page in landscape with map, legend, scale bar, north arrow, title and note.
//!
//! Nothing may run off the page whatever the titles are: the legend's lines are broken here, by an estimate of their
//! width, and the map leaves out layers for which the legend has no room, so that all that is drawn is explained.

use geo_types::Rect;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::line_breaks::broken;
use crate::io::line_breaks::two_languages;
use crate::io::line_breaks::width_em;
use crate::io::qgis_project::Layer;
use crate::io::qgis_project::Project;
use crate::io::qml;
use crate::io::qml::FONT;
use crate::io::xml::escape;
use crate::io::xml::uuid;
use crate::table::style::Group;

// Millimetres on the page.
const PAGE: (f64, f64) = (297.0, 210.0);
const MARGIN: f64 = 10.0;
const SIDE: f64 = 70.0;
const TOP: f64 = 26.0;
const MAP: (f64, f64) = (PAGE.0 - 2.0 * MARGIN - SIDE - 4.0, PAGE.1 - TOP - MARGIN);
const SCALE_BAR_HEIGHT: f64 = 13.0;
/// For the legend and the note under it.
const LEGEND_AND_NOTE: f64 = MAP.1 - SCALE_BAR_HEIGHT - 4.0;
const NOTE_PT: f64 = 7.0;
const NOTE_LINE: f64 = NOTE_PT * MM_PER_PT * 1.5;
const NOTE_LINES: usize = 12;
const MM_PER_PT: f64 = 0.3528;

const NORTH_ARROW: &str = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0MCA2MCI+PHBhdGggZD0iTTIwIDIgTDM0IDUyIEwyMCA0MiBMNiA1MiBaIiBmaWxsPSIjMzMzIi8+PHBhdGggZD0iTTIwIDIgTDIwIDQyIEw2IDUyIFoiIGZpbGw9IiNmZmYiIHN0cm9rZT0iIzMzMyIgc3Ryb2tlLXdpZHRoPSIxLjUiLz48L3N2Zz4=";

/// The layout; `layers` in drawing order, the top one first.
pub(super) fn layout(project: &Project, layers: &[&Layer]) -> String {
    let name = match project.lang {
        Lang::En => "Map",
        Lang::Zh => "地图",
    };
    let mut note_lines = lines_of_note(project, 0);
    let mut chosen = chosen_for(layers, &note_lines);
    if chosen.left_out > 0 {
        chosen = chosen_for(layers, &lines_of_note(project, chosen.left_out));
        note_lines = lines_of_note(project, chosen.left_out);
    }
    let column = PAGE.0 - MARGIN - SIDE;
    let ground = fitted(project.crs.view());
    let items = [
        map(&chosen.drawn, ground),
        legend(&chosen.explained, project.lang, column),
        scale_bar(project, ground, column),
        north_arrow(),
        title(project),
        warning(project),
        note(&note_lines, column),
    ]
    .concat();
    let page = item("65638", "page", Frame { x: 0.0, y: 0.0, w: PAGE.0, h: PAGE.1, z: 0 }, "background=\"true\"", "");
    format!(
        "<Layout name=\"{name}\" units=\"mm\" printResolution=\"200\" worldFileMap=\"{map}\"><Snapper snapToGrid=\"0\" \
         snapToGuides=\"1\" snapToItems=\"1\" tolerance=\"5\"/><Grid resolution=\"10\" resUnits=\"mm\" offsetX=\"0\" \
         offsetY=\"0\" offsetUnits=\"mm\"/><PageCollection><symbol type=\"fill\" name=\"\" alpha=\"1\" \
         clip_to_extent=\"1\"><layer class=\"SimpleFill\" enabled=\"1\" pass=\"0\" locked=\"0\"><Option type=\"Map\">\
         <Option type=\"QString\" name=\"color\" value=\"255,255,255,255\"/><Option type=\"QString\" \
         name=\"outline_style\" value=\"no\"/><Option type=\"QString\" name=\"style\" value=\"solid\"/></Option></layer>\
         </symbol>{page}</PageCollection>{items}<customproperties/></Layout>",
        map = item_id("map"),
    )
}

/// Where an item stands on the page, and above which others.
struct Frame {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
    z: u8,
}

fn item_id(key: &str) -> String {
    uuid(&format!("layout/{key}"))
}

fn item(kind: &str, key: &str, at: Frame, attributes: &str, body: &str) -> String {
    let Frame { x, y, w, h, z } = at;
    let frame = attributes.contains("keepLayerSet");
    let id = item_id(key);
    let background = if attributes.contains("background=") || frame { "" } else { "background=\"false\"" };
    let frame = if frame { "frame=\"true\" background=\"true\"" } else { "frame=\"false\"" };
    format!(
        "<LayoutItem type=\"{kind}\" uuid=\"{id}\" templateUuid=\"{id}\" id=\"{key}\" position=\"{x},{y},mm\" \
         positionOnPage=\"{x},{y},mm\" size=\"{w},{h},mm\" zValue=\"{z}\" visibility=\"1\" opacity=\"1\" \
         referencePoint=\"0\" itemRotation=\"0\" blendMode=\"0\" {frame} {background} outlineWidthM=\"0.2,mm\" \
         frameJoinStyle=\"miter\" positionLock=\"false\" excludeFromExports=\"0\" groupUuid=\"\" {attributes}>\
         <FrameColor red=\"0\" green=\"0\" blue=\"0\" alpha=\"255\"/><BackgroundColor red=\"255\" green=\"255\" \
         blue=\"255\" alpha=\"255\"/><LayoutObject/>{body}</LayoutItem>"
    )
}

// ------------------------------------------------------------------------------------------------------ map

/// The extent with a margin, widened to the shape of the frame.
fn fitted(extent: Rect<f64>) -> Rect<f64> {
    let (mut w, mut h) = (extent.width() * 1.06, extent.height() * 1.06);
    if w / h > MAP.0 / MAP.1 {
        h = w * MAP.1 / MAP.0
    } else {
        w = h * MAP.0 / MAP.1
    }
    let (x, y) = (extent.center().x, extent.center().y);
    Rect::new((x - w / 2.0, y - h / 2.0), (x + w / 2.0, y + h / 2.0))
}

fn map(layers: &[&Layer], ground: Rect<f64>) -> String {
    let set: String = layers
        .iter()
        .map(|layer| {
            let (title, source) = (escape(&layer.title), escape(&layer.source));
            format!("<Layer name=\"{title}\" source=\"{source}\" provider=\"ogr\">{}</Layer>", layer.id)
        })
        .collect();
    let body = format!(
        "<Extent xmin=\"{}\" ymin=\"{}\" xmax=\"{}\" ymax=\"{}\"/><LayerSet>{set}</LayerSet>",
        ground.min().x,
        ground.min().y,
        ground.max().x,
        ground.max().y
    );
    let attributes = "keepLayerSet=\"true\" drawCanvasItems=\"false\" mapRotation=\"0\" followPreset=\"false\" \
                      followPresetName=\"\" mapFlags=\"0\" labelMargin=\"0,mm\"";
    item("65639", "map", Frame { x: MARGIN, y: TOP, w: MAP.0, h: MAP.1, z: 1 }, attributes, &body)
}

fn north_arrow() -> String {
    let attributes = format!(
        "mode=\"1\" file=\"base64:{NORTH_ARROW}\" resizeMode=\"0\" anchorPoint=\"4\" mapUuid=\"{}\"",
        item_id("map")
    );
    item("65640", "north", Frame { x: MARGIN + MAP.0 - 13.0, y: TOP + 3.0, w: 10.0, h: 15.0, z: 5 }, &attributes, "")
}

fn scale_bar(project: &Project, ground: Rect<f64>, column: f64) -> String {
    let width_m = if project.crs.is_geographic() {
        // Mean length of a degree of longitude at this latitude: enough to choose a round number.
        ground.width() * 111_320.0 * ground.center().y.to_radians().cos().max(0.01)
    } else {
        ground.width()
    };
    let segment_m = round_below((SIDE - 20.0) / 2.0 * width_m / MAP.0);
    let (unit, number) = if segment_m >= 1000.0 { ("km", segment_m / 1000.0) } else { ("m", segment_m) };
    let unit_type = if unit == "km" { "km" } else { "meters" };
    let attributes = format!(
        "mapUuid=\"{}\" style=\"Single Box\" unitType=\"{unit_type}\" unitLabel=\"{unit}\" \
         numMapUnitsPerScaleBarUnit=\"1\" numSegments=\"2\" numSegmentsLeft=\"0\" numUnitsPerSegment=\"{number}\" \
         segmentSizeMode=\"0\" height=\"2\" labelBarSpace=\"1\" boxContentSpace=\"1\" alignment=\"0\"",
        item_id("map")
    );
    let body = format!(
        "<text-style fontFamily=\"{FONT}\" fontSize=\"8\" fontSizeUnit=\"Point\" textColor=\"30,30,30,255\"/>\
         <fillColor red=\"40\" green=\"40\" blue=\"40\" alpha=\"255\"/><fillColor2 red=\"255\" green=\"255\" \
         blue=\"255\" alpha=\"255\"/><strokeColor red=\"40\" green=\"40\" blue=\"40\" alpha=\"255\"/>"
    );
    let y = PAGE.1 - MARGIN - SCALE_BAR_HEIGHT;
    item("65646", "scale", Frame { x: column, y, w: SIDE, h: SCALE_BAR_HEIGHT, z: 4 }, &attributes, &body)
}

/// The greatest of 1, 2 and 5 times a power of ten that is not above `value`.
fn round_below(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-3).log10().floor());
    [5.0, 2.0].iter().map(|step| step * power).find(|round| *round <= value).unwrap_or(power)
}

// --------------------------------------------------------------------------------------------------- legend

const TITLE_PT: f64 = 9.0;
const LABEL_PT: f64 = 8.0;
/// Above each class.
const CLASS_GAP: f64 = 2.0;
/// The word "legend" and the space under it.
const LEGEND_HEADING: f64 = 10.0;
/// Left for a class's text beside its symbol.
const LABEL_WIDTH: f64 = SIDE - 13.0;
/// In QGIS's own line breaking; no text of ours holds it.
const BREAK: char = '\u{2028}';

/// What the map draws and what the legend explains, both in drawing order.
struct Chosen<'a, 'b> {
    drawn: Vec<&'b Layer<'a>>,
    explained: Vec<&'b Layer<'a>>,
    /// How many visible layers of the project are not on the page.
    left_out: usize,
}

/// The visible layers for which the legend has room above the note, results first, then in the order of the tables;
/// outlines of the context are drawn in any case. Of filled results only the first: it would hide the others.
fn chosen_for<'a, 'b>(layers: &[&'b Layer<'a>], note: &[String]) -> Chosen<'a, 'b> {
    let mut room = LEGEND_AND_NOTE - note_height(note) - LEGEND_HEADING;
    let mut fitting: Vec<&str> = Vec::new();
    let mut by_group: Vec<&&Layer> = layers.iter().filter(|layer| layer.visible).collect();
    by_group.sort_by_key(|layer| (layer.group, layer.position));
    let mut filled = false;
    for layer in by_group {
        let fills = layer.group == Some(Group::Results) && layer.hides_below();
        let height = legend_height(layer);
        if height <= room && !(fills && filled) {
            filled |= fills;
            room -= height;
            fitting.push(&layer.id);
        }
    }
    let fits = |layer: &Layer| fitting.contains(&layer.id.as_str());
    let context = |layer: &Layer| layer.visible && layer.group == Some(Group::Context) && !layer.hides_below();
    let drawn: Vec<&Layer> = layers.iter().filter(|layer| fits(layer) || context(layer)).copied().collect();
    let visible = layers.iter().filter(|layer| layer.visible).count();
    Chosen {
        left_out: visible - drawn.len(),
        drawn,
        explained: layers.iter().filter(|layer| fits(layer)).copied().collect(),
    }
}

/// Millimetres a layer takes in the legend, as measured on pages that QGIS 3.22 made.
fn legend_height(layer: &Layer) -> f64 {
    let style = qml::style_of(layer.table);
    let head = 3.0 + lines_of_title(layer).len() as f64 * TITLE_PT * MM_PER_PT * 1.5;
    let classes = style.classes.iter().map(|class| {
        let further_lines = lines_of_label(&class.label).len().saturating_sub(1) as f64;
        CLASS_GAP + (2.4 + further_lines * LABEL_PT * MM_PER_PT * 1.5).max(4.0)
    });
    head + classes.sum::<f64>()
}

/// The layer's title, marked in each language where the data is synthetic.
fn lines_of_title(layer: &Layer) -> Vec<String> {
    let Text { en, zh } = &layer.table.title;
    let title = match (layer.table.synthetic, en == zh) {
        (false, _) => layer.table.title.clone(),
        (true, true) => Text::new(layer.title.clone(), layer.title.clone()),
        (true, false) => Text::new(format!("{en} (synthetic)"), format!("{zh}（合成数据）")),
    };
    two_languages(&title, em(SIDE - 4.0, TITLE_PT))
}

/// How often a text of this size is as wide as it is high within a width.
fn em(width_mm: f64, size_pt: f64) -> f64 {
    width_mm / (size_pt * MM_PER_PT)
}

fn lines_of_label(label: &Text) -> Vec<String> {
    two_languages(label, em(LABEL_WIDTH, LABEL_PT))
}

fn legend(layers: &[&Layer], lang: Lang, column: f64) -> String {
    let mut entries: Vec<&&Layer> = layers.iter().collect();
    entries.sort_by_key(|layer| (layer.group, layer.position));
    let entries: String = entries
        .iter()
        .map(|layer| {
            let property = |key: &str, lines: &[String]| {
                let text = escape(&lines.join(&BREAK.to_string()));
                format!("<Option type=\"QString\" name=\"legend/{key}\" value=\"{text}\"/>")
            };
            let mut options = property("title-label", &lines_of_title(layer));
            for (at, class) in qml::style_of(layer.table).classes.iter().enumerate() {
                options.push_str(&property(&format!("label-{at}"), &lines_of_label(&class.label)));
            }
            layer.entry(true, &format!("<Option type=\"Map\">{options}</Option>"))
        })
        .collect();
    let styles: String = [
        ("title", 12.0, true, "marginBottom=\"2\""),
        ("group", 10.0, true, "marginTop=\"3\""),
        ("subgroup", TITLE_PT, true, "marginTop=\"3\""),
        ("symbol", LABEL_PT, false, "marginTop=\"2\""),
        ("symbolLabel", LABEL_PT, false, "marginTop=\"2\" marginLeft=\"2\""),
    ]
    .iter()
    .map(|(name, size, bold, margins)| {
        let font = font(*size, *bold);
        format!(
            "<style name=\"{name}\" alignment=\"1\" {margins}><styleFont description=\"{font}\" style=\"\"/></style>"
        )
    })
    .collect();
    let heading = match lang {
        Lang::En => "Legend",
        Lang::Zh => "图例",
    };
    let attributes = format!(
        "title=\"{heading}\" titleAlignment=\"1\" map_uuid=\"{}\" columnCount=\"1\" splitLayer=\"0\" \
         equalColumnWidth=\"0\" resizeToContents=\"1\" symbolWidth=\"7\" symbolHeight=\"4\" lineSpacing=\"1\" \
         boxSpace=\"1\" columnSpace=\"2\" legendFilterByAtlas=\"0\" wrapChar=\"{BREAK}\" symbolAlignment=\"1\" \
         fontColor=\"#222222\"",
        item_id("map")
    );
    let body = format!("<styles>{styles}</styles><layer-tree-group>{entries}</layer-tree-group>");
    item("65642", "legend", Frame { x: column, y: TOP, w: SIDE, h: LEGEND_HEADING, z: 3 }, &attributes, &body)
}

// --------------------------------------------------------------------------------------------------- texts

fn title(project: &Project) -> String {
    let text = qml::bilingual(project.title);
    let width = PAGE.0 - 2.0 * MARGIN;
    let fits = |size: &f64| width_em(&text) * size * MM_PER_PT <= width;
    let size = [18.0, 16.0, 14.0, 12.0].into_iter().find(fits).unwrap_or(10.0);
    label("title", &text, Frame { x: MARGIN, y: 6.0, w: width, h: 11.0, z: 10 }, (size, true, "30,30,30"))
}

fn warning(project: &Project) -> String {
    if !project.tables.iter().any(|table| table.synthetic) {
        return String::new();
    }
    let text = "含合成数据，不代表实际情况  Contains synthetic data: not a finding about the real world";
    let at = Frame { x: MARGIN, y: 17.0, w: PAGE.0 - 2.0 * MARGIN, h: 7.0, z: 10 };
    label("synthetic", text, at, (10.0, true, "178,24,43"))
}

fn lines_of_note(project: &Project, left_out: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    if project.tables.iter().any(|table| table.synthetic) {
        lines.push("合成数据 synthetic data".to_owned());
    }
    lines.extend(project.note.in_lang(project.lang).lines().map(str::to_owned));
    lines.push(match project.crs.epsg {
        Some(code) => format!("CRS: {} (EPSG:{code})", project.crs.name),
        None => format!("CRS: {}", project.crs.name),
    });
    if left_out > 0 {
        lines.push(match project.lang {
            Lang::En => format!("Layers in the project only: {left_out}"),
            Lang::Zh => format!("另有 {left_out} 个图层只在工程中显示"),
        });
    }
    let mut lines: Vec<String> = lines.iter().flat_map(|line| broken(line, em(SIDE - 1.0, NOTE_PT))).collect();
    if lines.len() > NOTE_LINES {
        lines.truncate(NOTE_LINES - 1);
        lines.push("…".to_owned());
    }
    lines
}

fn note_height(lines: &[String]) -> f64 {
    (lines.len() as f64 + 0.5) * NOTE_LINE
}

fn note(lines: &[String], column: f64) -> String {
    let h = note_height(lines);
    let y = PAGE.1 - MARGIN - SCALE_BAR_HEIGHT - 2.0 - h;
    let at = Frame { x: column + 1.0, y, w: SIDE - 1.0, h, z: 10 };
    label("note", &lines.join("\n"), at, (NOTE_PT, false, "90,90,90"))
}

fn label(key: &str, text: &str, at: Frame, (size_pt, bold, color): (f64, bool, &str)) -> String {
    let parts: Vec<&str> = color.split(',').collect();
    let [red, green, blue] = parts[..] else { return String::new() };
    let attributes = format!(
        "labelText=\"{}\" htmlState=\"0\" halign=\"1\" valign=\"128\" marginX=\"0\" marginY=\"0\"",
        escape(text)
    );
    let body = format!(
        "<LabelFont description=\"{}\" style=\"\"/><FontColor red=\"{red}\" green=\"{green}\" blue=\"{blue}\" \
         alpha=\"255\"/>",
        font(size_pt, bold)
    );
    item("65641", key, at, &attributes, &body)
}

/// A font as Qt describes one in a string.
fn font(size_pt: f64, bold: bool) -> String {
    format!("{FONT},{size_pt},-1,5,{},0,0,0,0,0", if bold { 75 } else { 50 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_have_round_lengths() {
        for (value, round) in [(63_000.0, 50_000.0), (49.0, 20.0), (1000.0, 1000.0), (1.9, 1.0), (0.0, 0.001)] {
            assert!((round_below(value) - round).abs() < 1e-9, "{value}: {}", round_below(value));
        }
    }

    #[test]
    fn the_map_fills_its_frame_without_stretching() {
        let ground = fitted(Rect::new((0.0, 0.0), (1000.0, 10.0)));
        assert!((ground.width() / ground.height() - MAP.0 / MAP.1).abs() < 1e-9);
        assert!(ground.width() >= 1000.0 && ground.center() == (500.0, 5.0).into());
    }
}
