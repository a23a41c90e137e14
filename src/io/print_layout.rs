//! The printed maps of a project: for each theme a page in landscape on A4 and on A3, in each language, with title, verdict, map, legend,
//! scale bar, north arrow, and at the foot what the map is made of.
//!
//! Nothing may run off the page whatever the titles are: lines are broken here, by an estimate of their width, type is made smaller where a
//! text is long, and themes leave out layers for which the legend has no room, so that all that is drawn is explained.

use geo_types::Rect;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::line_breaks::broken;
use crate::io::line_breaks::width_em;
use crate::io::print_legend::legend;
use crate::io::qgis_project::Layer;
use crate::io::qgis_project::Project;
use crate::io::qgis_themes::Theme;
use crate::io::qml::FONT;
use crate::io::xml::escape;
use crate::io::xml::uuid;

/// A size of paper, in millimetres, and how large type and signs are on it.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    width: f64,
    height: f64,
    /// Left and right.
    margin: f64,
    /// The column of the legend.
    pub(super) side: f64,
    pub(super) scale: f64,
}

pub(super) const A4: Sheet = Sheet { name: "A4", width: 297.0, height: 210.0, margin: 10.0, side: 70.0, scale: 1.0 };
const A3: Sheet = Sheet { name: "A3", width: 420.0, height: 297.0, margin: 12.0, side: 90.0, scale: 1.2 };
const SHEETS: [Sheet; 2] = [A4, A3];

pub(super) const MM_PER_PT: f64 = 0.3528;
/// Above the title and below the foot.
const EDGE: f64 = 5.0;
/// Between the map and what is around it.
const GAP: f64 = 3.0;
// Heights and type on A4.
const TITLE: f64 = 10.0;
const TITLE_PT: [f64; 5] = [18.0, 16.0, 14.0, 12.0, 10.0];
const VERDICT: f64 = 6.5;
const VERDICT_PT: [f64; 4] = [11.0, 10.0, 9.0, 8.0];
const WARNING: f64 = 6.0;
const WARNING_PT: [f64; 3] = [10.0, 9.0, 8.0];
const SCALE_BAR: f64 = 13.0;
const FOOT_PT: f64 = 6.5;
const FOOT_LINES: usize = 7;

const NORTH_ARROW: &str = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHZpZXdCb3g9IjAgMCA0MCA2MCI+PHBhdGggZD0iTTIwIDIgTDM0IDUyIEwyMCA0MiBMNiA1MiBaIiBmaWxsPSIjMzMzIi8+PHBhdGggZD0iTTIwIDIgTDIwIDQyIEw2IDUyIFoiIGZpbGw9IiNmZmYiIHN0cm9rZT0iIzMzMyIgc3Ryb2tlLXdpZHRoPSIxLjUiLz48L3N2Zz4=";

/// The layouts of a theme: every sheet in every language.
pub(super) fn layouts(project: &Project, layers: &[Layer], theme: &Theme) -> String {
    let pages =
        project.langs.iter().flat_map(|lang| SHEETS.iter().map(|sheet| Page { project, theme, lang: *lang, sheet }));
    pages.map(|page| page.layout(layers)).collect()
}

/// Millimetres that the legend may be high on any page of a project on this sheet.
pub(super) fn legend_room(project: &Project, lang: Lang, sheet: &Sheet) -> f64 {
    let top = top(sheet, true, true);
    map_height(sheet, top, foot_lines(project, lang, sheet).len()) - SCALE_BAR * sheet.scale - GAP
}

/// Where an item stands on the page, and above which others.
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
    pub(super) z: u8,
}

/// One layout.
struct Page<'p> {
    project: &'p Project<'p>,
    theme: &'p Theme<'p>,
    lang: Lang,
    sheet: &'p Sheet,
}

impl Page<'_> {
    /// `3 Residents near a clinic, A4`: unique by the number, and by the language in brackets where there are two.
    fn name(&self) -> String {
        let title = format!("{} {}", self.theme.number, told(self.theme.title, self.lang));
        let (between, lang) = match self.lang {
            Lang::En => (", ", "en"),
            Lang::Zh => ("，", "zh"),
        };
        let mark = if self.project.langs.len() > 1 { format!(" [{lang}]") } else { String::new() };
        format!("{}{between}{}{mark}", title.trim(), self.sheet.name)
    }

    /// The key of an item, unique in the project.
    fn key(&self, what: &str) -> String {
        format!("{}/{what}", self.name())
    }

    fn layout(&self, layers: &[Layer]) -> String {
        let (project, theme, sheet) = (self.project, self.theme, self.sheet);
        let foot = foot_lines(project, self.lang, sheet);
        let top = top(sheet, theme.verdict.is_some(), theme.synthetic);
        let map_at = Frame {
            x: sheet.margin,
            y: top,
            w: sheet.width - 2.0 * sheet.margin - sheet.side - GAP,
            h: map_height(sheet, top, foot.len()),
            z: 1,
        };
        let ground = fitted(project.crs.view(), map_at.w / map_at.h);
        let column = sheet.width - sheet.margin - sheet.side;
        let scale_y = map_at.y + map_at.h - SCALE_BAR * sheet.scale;
        let shown: Vec<&Layer> = theme.layers.iter().map(|at| &layers[*at]).collect();
        let map_id = item_id(&self.key("map"));
        let legend_at = (column, top, scale_y - GAP - top);
        let arrow = Frame { x: map_at.x + map_at.w - 13.0, y: top + 3.0, w: 10.0, h: 15.0, z: 5 };
        let bar = Frame { x: column, y: scale_y, w: sheet.side, h: SCALE_BAR * sheet.scale, z: 4 };
        let items = [
            legend(&self.key("legend"), &map_id, &shown, self.lang, sheet, legend_at),
            self.scale_bar(&map_id, ground, map_at.w, bar),
            self.north_arrow(&map_id, arrow),
            self.heads(),
            self.foot(&foot, map_at.y + map_at.h + GAP / 2.0),
            self.map(ground, map_at),
        ]
        .concat();
        let whole = Frame { x: 0.0, y: 0.0, w: sheet.width, h: sheet.height, z: 0 };
        let page = item("65638", &self.key("page"), whole, "background=\"true\"", "");
        format!(
            "<Layout name=\"{name}\" units=\"mm\" printResolution=\"200\" worldFileMap=\"{map_id}\"><Snapper snapToGrid=\"0\" \
             snapToGuides=\"1\" snapToItems=\"1\" tolerance=\"5\"/><Grid resolution=\"10\" resUnits=\"mm\" offsetX=\"0\" \
             offsetY=\"0\" offsetUnits=\"mm\"/><PageCollection><symbol type=\"fill\" name=\"\" alpha=\"1\" \
             clip_to_extent=\"1\"><layer class=\"SimpleFill\" enabled=\"1\" pass=\"0\" locked=\"0\"><Option type=\"Map\">\
             <Option type=\"QString\" name=\"color\" value=\"255,255,255,255\"/><Option type=\"QString\" \
             name=\"outline_style\" value=\"no\"/><Option type=\"QString\" name=\"style\" value=\"solid\"/></Option></layer>\
             </symbol>{page}</PageCollection>{items}<customproperties/></Layout>",
            name = escape(&self.name()),
        )
    }

    fn map(&self, ground: Rect<f64>, at: Frame) -> String {
        let body = format!(
            "<Extent xmin=\"{}\" ymin=\"{}\" xmax=\"{}\" ymax=\"{}\"/><LayerSet/>",
            ground.min().x,
            ground.min().y,
            ground.max().x,
            ground.max().y
        );
        let attributes = format!(
            "keepLayerSet=\"false\" drawCanvasItems=\"false\" mapRotation=\"0\" followPreset=\"true\" \
             followPresetName=\"{}\" mapFlags=\"0\" labelMargin=\"0,mm\"",
            escape(&self.theme.name)
        );
        item("65639", &self.key("map"), at, &attributes, &body)
    }

    fn north_arrow(&self, map_id: &str, at: Frame) -> String {
        let attributes =
            format!("mode=\"1\" file=\"base64:{NORTH_ARROW}\" resizeMode=\"0\" anchorPoint=\"4\" mapUuid=\"{map_id}\"");
        item("65640", &self.key("north"), at, &attributes, "")
    }

    fn scale_bar(&self, map_id: &str, ground: Rect<f64>, map_width: f64, at: Frame) -> String {
        let width_m = if self.project.crs.is_geographic() {
            // Mean length of a degree of longitude at this latitude: enough to choose a round number.
            ground.width() * 111_320.0 * ground.center().y.to_radians().cos().max(0.01)
        } else {
            ground.width()
        };
        let segment_m = round_below((at.w - 20.0 * self.sheet.scale) / 2.0 * width_m / map_width);
        let (unit, number) = if segment_m >= 1000.0 { ("km", segment_m / 1000.0) } else { ("m", segment_m) };
        let unit_type = if unit == "km" { "km" } else { "meters" };
        let attributes = format!(
            "mapUuid=\"{map_id}\" style=\"Single Box\" unitType=\"{unit_type}\" unitLabel=\"{unit}\" \
             numMapUnitsPerScaleBarUnit=\"1\" numSegments=\"2\" numSegmentsLeft=\"0\" numUnitsPerSegment=\"{number}\" \
             segmentSizeMode=\"0\" height=\"2\" labelBarSpace=\"1\" boxContentSpace=\"1\" alignment=\"0\""
        );
        let body = format!(
            "<text-style fontFamily=\"{FONT}\" fontSize=\"{}\" fontSizeUnit=\"Point\" textColor=\"30,30,30,255\"/>\
             <fillColor red=\"40\" green=\"40\" blue=\"40\" alpha=\"255\"/><fillColor2 red=\"255\" green=\"255\" \
             blue=\"255\" alpha=\"255\"/><strokeColor red=\"40\" green=\"40\" blue=\"40\" alpha=\"255\"/>",
            8.0 * self.sheet.scale
        );
        item("65646", &self.key("scale"), at, &attributes, &body)
    }

    /// Title, verdict and warning, one below the other.
    fn heads(&self) -> String {
        let warning = match self.lang {
            Lang::En => "Contains synthetic data: not a finding about the real world",
            Lang::Zh => "含合成数据，不代表实际情况",
        };
        let verdict = self.theme.verdict.map_or("", |verdict| told(verdict, self.lang));
        let mut out = self.line("title", told(self.theme.title, self.lang), EDGE, TITLE, &TITLE_PT, (true, "30,30,30"));
        let mut y = EDGE + TITLE * self.sheet.scale;
        if !verdict.is_empty() {
            out.push_str(&self.line("verdict", verdict, y, VERDICT, &VERDICT_PT, (false, "60,60,60")));
            y += VERDICT * self.sheet.scale;
        }
        if self.theme.synthetic {
            out.push_str(&self.line("synthetic", warning, y, WARNING, &WARNING_PT, (true, "178,24,43")));
        }
        out
    }

    /// A text across the page in the largest of some sizes in which it fits; cut where the smallest does not help.
    fn line(&self, key: &str, text: &str, y: f64, height: f64, sizes: &[f64], (bold, color): (bool, &str)) -> String {
        let width = self.sheet.width - 2.0 * self.sheet.margin;
        let em_of = |size: f64| em(width, size * self.sheet.scale);
        let fitting = sizes.iter().copied().find(|size| width_em(text) <= em_of(*size));
        let size = fitting.or(sizes.last().copied()).unwrap_or(FOOT_PT);
        let shown = match fitting {
            Some(_) => text.to_owned(),
            None => broken(text, em_of(size) - 1.0).first().map(|line| format!("{line}…")).unwrap_or_default(),
        };
        let at = Frame { x: self.sheet.margin, y, w: width, h: height * self.sheet.scale, z: 10 };
        label(&self.key(key), &shown, at, (size * self.sheet.scale, bold, color))
    }

    fn foot(&self, lines: &[String], y: f64) -> String {
        let h = foot_height(self.sheet, lines.len());
        let at = Frame { x: self.sheet.margin, y, w: self.sheet.width - 2.0 * self.sheet.margin, h, z: 10 };
        label(&self.key("note"), &lines.join("\n"), at, (FOOT_PT * self.sheet.scale, false, "90,90,90"))
    }
}

/// A text in a language; in the other one where it has none in this.
pub(super) fn told(text: &Text, lang: Lang) -> &str {
    let own = text.in_lang(lang).trim();
    let other = if lang == Lang::En { &text.zh } else { &text.en };
    if own.is_empty() { other.trim() } else { own }
}

/// Where the map begins.
fn top(sheet: &Sheet, has_verdict: bool, is_synthetic: bool) -> f64 {
    let verdict = if has_verdict { VERDICT } else { 0.0 };
    let warning = if is_synthetic { WARNING } else { 0.0 };
    EDGE + (TITLE + verdict + warning + 1.5) * sheet.scale
}

fn map_height(sheet: &Sheet, top: f64, foot_lines: usize) -> f64 {
    sheet.height - EDGE - foot_height(sheet, foot_lines) - GAP / 2.0 - top
}

fn foot_height(sheet: &Sheet, lines: usize) -> f64 {
    (lines as f64 + 0.3) * FOOT_PT * sheet.scale * MM_PER_PT * 1.5
}

fn foot_lines(project: &Project, lang: Lang, sheet: &Sheet) -> Vec<String> {
    let crs = match (project.crs.epsg, lang) {
        (Some(code), Lang::En) => format!("Map projection: {} (EPSG:{code})", project.crs.name),
        (Some(code), Lang::Zh) => format!("地图投影：{}（EPSG:{code}）", project.crs.name),
        (None, Lang::En) => format!("Map projection: {}", project.crs.name),
        (None, Lang::Zh) => format!("地图投影：{}", project.crs.name),
    };
    let width = em(sheet.width - 2.0 * sheet.margin - 1.0, FOOT_PT * sheet.scale);
    let note = told(project.note, lang).lines().map(str::to_owned);
    let mut lines: Vec<String> = note.chain([crs]).flat_map(|line| broken(&line, width)).collect();
    if lines.len() > FOOT_LINES {
        lines.truncate(FOOT_LINES - 1);
        lines.push("…".to_owned());
    }
    lines
}

/// How often a text of this size is as wide as it is high within a width.
pub(super) fn em(width_mm: f64, size_pt: f64) -> f64 {
    width_mm / (size_pt * MM_PER_PT)
}

/// The extent with a margin, widened to a ratio of width to height.
fn fitted(extent: Rect<f64>, ratio: f64) -> Rect<f64> {
    let (mut w, mut h) = (extent.width() * 1.06, extent.height() * 1.06);
    if w / h > ratio {
        h = w / ratio;
    } else {
        w = h * ratio;
    }
    let (x, y) = (extent.center().x, extent.center().y);
    Rect::new((x - w / 2.0, y - h / 2.0), (x + w / 2.0, y + h / 2.0))
}

/// The greatest of 1, 2 and 5 times a power of ten that is not above `value`.
fn round_below(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-3).log10().floor());
    [5.0, 2.0].iter().map(|step| step * power).find(|round| *round <= value).unwrap_or(power)
}

// ---------------------------------------------------------------------------------------------------- items

fn item_id(key: &str) -> String {
    uuid(&format!("layout/{key}"))
}

/// An item of a layout; `key` is unique in the project, and what follows its last slash is the item's name.
pub(super) fn item(kind: &str, key: &str, at: Frame, attributes: &str, body: &str) -> String {
    let Frame { x, y, w, h, z } = at;
    let frame = attributes.contains("keepLayerSet");
    let id = item_id(key);
    let name = key.rsplit('/').next().unwrap_or(key);
    let background = if attributes.contains("background=") || frame { "" } else { "background=\"false\"" };
    let frame = if frame { "frame=\"true\" background=\"true\"" } else { "frame=\"false\"" };
    format!(
        "<LayoutItem type=\"{kind}\" uuid=\"{id}\" templateUuid=\"{id}\" id=\"{name}\" position=\"{x},{y},mm\" \
         positionOnPage=\"{x},{y},mm\" size=\"{w},{h},mm\" zValue=\"{z}\" visibility=\"1\" opacity=\"1\" \
         referencePoint=\"0\" itemRotation=\"0\" blendMode=\"0\" {frame} {background} outlineWidthM=\"0.2,mm\" \
         frameJoinStyle=\"miter\" positionLock=\"false\" excludeFromExports=\"0\" groupUuid=\"\" {attributes}>\
         <FrameColor red=\"0\" green=\"0\" blue=\"0\" alpha=\"255\"/><BackgroundColor red=\"255\" green=\"255\" \
         blue=\"255\" alpha=\"255\"/><LayoutObject/>{body}</LayoutItem>"
    )
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
pub(super) fn font(size_pt: f64, bold: bool) -> String {
    format!("{FONT},{},-1,5,{},0,0,0,0,0", (size_pt * 10.0).round() / 10.0, if bold { 75 } else { 50 })
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
        let ground = fitted(Rect::new((0.0, 0.0), (1000.0, 10.0)), 1.3);
        assert!((ground.width() / ground.height() - 1.3).abs() < 1e-9);
        assert!(ground.width() >= 1000.0 && ground.center() == (500.0, 5.0).into());
    }
}
