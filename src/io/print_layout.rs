//! The printed map of a project: one A4 page in landscape with map, legend, scale bar, north arrow, title and note.
//!
//! Nothing may run off the page whatever the titles are: the legend's lines are broken here, by an estimate of their
//! width, and the map leaves out layers for which the legend has no room, so that all that is drawn is explained.

use geo_types::Rect;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::qgis_project::Layer;
use crate::io::qgis_project::Project;
use crate::io::qml;
use crate::io::qml::FONT;
use crate::io::xml::escape;
use crate::io::xml::uuid;

// Millimetres on the page.
const PAGE: (f64, f64) = (297.0, 210.0);
const MARGIN: f64 = 10.0;
const SIDE: f64 = 70.0;
const TOP: f64 = 26.0;
const MAP: (f64, f64) = (PAGE.0 - 2.0 * MARGIN - SIDE - 4.0, PAGE.1 - TOP - MARGIN);
const NOTE_HEIGHT: f64 = 36.0;
const SCALE_BAR_HEIGHT: f64 = 13.0;
const LEGEND_HEIGHT: f64 = MAP.1 - NOTE_HEIGHT - SCALE_BAR_HEIGHT - 2.0;
const MM_PER_PT: f64 = 0.3528;

const NORTH_ARROW: &str = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0MCA2MCI+PHBhdGggZD0iTTIwIDIgTDM0IDUyIEwyMCA0MiBMNiA1MiBaIiBmaWxsPSIjMzMzIi8+PHBhdGggZD0iTTIwIDIgTDIwIDQyIEw2IDUyIFoiIGZpbGw9IiNmZmYiIHN0cm9rZT0iIzMzMyIgc3Ryb2tlLXdpZHRoPSIxLjUiLz48L3N2Zz4=";

/// The layout; `layers` in drawing order, the top one first.
pub(super) fn layout(project: &Project, layers: &[&Layer]) -> String {
    let name = match project.lang {
        Lang::En => "Map",
        Lang::Zh => "地图",
    };
    let explained = with_legend(layers);
    let column = PAGE.0 - MARGIN - SIDE;
    let ground = fitted(project.crs.extent, project.crs.is_geographic());
    let items = [
        map(&explained, ground),
        legend(&explained, project.lang, column),
        scale_bar(project, ground, column),
        north_arrow(),
        title(project),
        warning(project),
        note(project, column),
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

/// The extent with a margin, widened to the shape of the frame; a point gets a square of a kilometre around it.
fn fitted(extent: Rect<f64>, geographic: bool) -> Rect<f64> {
    let least = if geographic { 0.01 } else { 1000.0 };
    let (mut w, mut h) = (extent.width().max(least) * 1.06, extent.height().max(least) * 1.06);
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
/// Left for a class's text beside its symbol.
const LABEL_WIDTH: f64 = SIDE - 13.0;
/// In QGIS's own line breaking; no text of ours holds it.
const BREAK: char = '\u{2028}';

/// The visible layers the legend has room for, results first; outlines of the context are always drawn.
fn with_legend<'a, 'b>(layers: &[&'b Layer<'a>]) -> Vec<&'b Layer<'a>> {
    let mut room = LEGEND_HEIGHT - 10.0;
    let mut kept: Vec<&str> = Vec::new();
    let mut by_group: Vec<&&Layer> = layers.iter().filter(|layer| layer.visible).collect();
    by_group.sort_by_key(|layer| layer.group);
    for layer in by_group {
        let height = legend_height(layer);
        if height <= room {
            room -= height;
            kept.push(&layer.id);
        }
    }
    layers.iter().filter(|layer| kept.contains(&layer.id.as_str())).copied().collect()
}

fn legend_height(layer: &Layer) -> f64 {
    let style = qml::style_of(layer.table);
    let head = 4.0 + lines_of_title(layer).len() as f64 * TITLE_PT * MM_PER_PT * 1.5;
    let classes = style.classes.iter().map(|class| {
        let lines = lines_of_label(&class.label).len() as f64;
        1.6 + (lines * LABEL_PT * MM_PER_PT * 1.5).max(4.0)
    });
    head + classes.sum::<f64>()
}

fn lines_of_title(layer: &Layer) -> Vec<String> {
    let mark = if layer.table.synthetic { "（合成数据 synthetic）" } else { "" };
    let title = &layer.table.title;
    two_languages(&Text::new(format!("{}{mark}", title.en), format!("{}{mark}", title.zh)), SIDE - 4.0, TITLE_PT)
}

fn lines_of_label(label: &Text) -> Vec<String> {
    two_languages(label, LABEL_WIDTH, LABEL_PT)
}

/// Both languages in one line where they fit, else each from a line of its own.
fn two_languages(text: &Text, width_mm: f64, size_pt: f64) -> Vec<String> {
    let both = qml::bilingual(text);
    let em = width_mm / (size_pt * MM_PER_PT);
    if width_em(&both) <= em || text.zh.trim() == text.en.trim() {
        return broken(&both, em);
    }
    [&text.zh, &text.en].iter().flat_map(|one| broken(one, em)).collect()
}

fn legend(layers: &[&Layer], lang: Lang, column: f64) -> String {
    let mut entries: Vec<&&Layer> = layers.iter().collect();
    entries.sort_by_key(|layer| layer.group);
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
        ("symbol", LABEL_PT, false, "marginTop=\"1.6\""),
        ("symbolLabel", LABEL_PT, false, "marginTop=\"1.6\" marginLeft=\"2\""),
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
    item("65642", "legend", Frame { x: column, y: TOP, w: SIDE, h: LEGEND_HEIGHT, z: 3 }, &attributes, &body)
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

fn note(project: &Project, column: f64) -> String {
    const SIZE_PT: f64 = 7.0;
    let em = SIDE / (SIZE_PT * MM_PER_PT);
    let most = (NOTE_HEIGHT / (SIZE_PT * MM_PER_PT * 1.5)).floor() as usize;
    let mut lines: Vec<String> = Vec::new();
    if project.tables.iter().any(|table| table.synthetic) {
        lines.extend(broken("合成数据 synthetic data", em));
    }
    let crs = match project.crs.epsg {
        Some(code) => format!("CRS: {} (EPSG:{code})", project.crs.name),
        None => format!("CRS: {}", project.crs.name),
    };
    let note = project.note.in_lang(project.lang);
    lines.extend(note.lines().chain([crs.as_str()]).flat_map(|line| broken(line, em)));
    if lines.len() > most {
        lines.truncate(most.saturating_sub(1));
        lines.push("…".to_owned());
    }
    let y = PAGE.1 - MARGIN - SCALE_BAR_HEIGHT - NOTE_HEIGHT;
    let at = Frame { x: column, y, w: SIDE, h: NOTE_HEIGHT, z: 10 };
    label("note", &lines.join("\n"), at, (SIZE_PT, false, "90,90,90"))
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

/// Width of a text in units of its size, estimated from above for Noto Sans: full for Chinese, 0.58 else.
fn width_em(text: &str) -> f64 {
    text.chars()
        .map(|c| {
            if c >= '\u{2e80}' {
                1.0
            } else if c.is_ascii_uppercase() {
                0.68
            } else {
                0.56
            }
        })
        .sum()
}

/// `text` in lines of at most `em`, broken at spaces and between Chinese characters.
fn broken(text: &str, em: f64) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.trim().chars() {
        let joins = pieces.last().and_then(|piece| piece.chars().last()).is_some_and(|last| {
            let free = |c: char| c >= '\u{2e80}';
            // A line does not start with a closing mark, and Latin words stay whole.
            "，。；：）」”、,.;:)%！？".contains(c)
                || "（「“(".contains(last)
                || !(last == ' ' || free(last) || free(c))
        });
        match pieces.last_mut() {
            Some(piece) if joins => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width_em(line) + width_em(piece.trim_end()) <= em => line.push_str(&piece),
            _ => lines.push(piece.trim_start().to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
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
    fn lines_break_between_chinese_characters_and_at_spaces() {
        assert_eq!(broken("毗邻县公交通达", 4.0), ["毗邻县公", "交通达"]);
        assert_eq!(broken("two words here", 6.0), ["two words", "here"]);
        assert_eq!(broken("达标（是）", 4.0), ["达标", "（是）"]);
        assert!(broken("  ", 4.0).is_empty());
    }

    #[test]
    fn both_languages_share_a_line_only_where_they_fit() {
        let text = Text::new("met", "达标");
        assert_eq!(two_languages(&text, 60.0, 8.0), ["达标 met"]);
        assert_eq!(two_languages(&text, 8.0, 8.0), ["达标", "met"]);
    }

    #[test]
    fn the_map_fills_its_frame_without_stretching() {
        let ground = fitted(Rect::new((0.0, 0.0), (0.0, 0.0)), false);
        assert!((ground.width() / ground.height() - MAP.0 / MAP.1).abs() < 1e-9);
        assert!(ground.width() >= 1000.0 && ground.height() >= 1000.0);
    }
}
