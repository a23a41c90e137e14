//! The legend of a printed map, in one language: entries, lines broken by an estimate of their width, sizes that fit.

use crate::base::units::Lang;
use crate::io::line_breaks::broken;
use crate::io::print_layout::Frame;
use crate::io::print_layout::MM_PER_PT;
use crate::io::print_layout::Sheet;
use crate::io::print_layout::em;
use crate::io::print_layout::font;
use crate::io::print_layout::item;
use crate::io::print_layout::told;
use crate::io::qgis_project::Layer;
use crate::io::qml;
use crate::io::xml::escape;
use crate::table::style::Class;
use crate::table::style::Symbol;

// Points and millimetres on A4, times a step of `STEPS` and the sheet's own scale.
const HEADING_PT: f64 = 12.0;
const TITLE_PT: f64 = 9.0;
const LABEL_PT: f64 = 8.0;
/// Above each class.
const CLASS_GAP: f64 = 1.6;
/// Above each layer.
const LAYER_GAP: f64 = 3.0;
/// The word "legend" and the space under it.
const HEADING: f64 = 10.0;
const SYMBOL: (f64, f64) = (7.0, 4.0);
/// From the left edge to a class's text.
const LABEL_INDENT: f64 = 13.0;
/// Sizes that are tried, the largest first; the smallest type is 5.6 points.
const STEPS: [f64; 4] = [1.0, 0.9, 0.8, 0.7];
/// In QGIS's own line breaking; no text of ours holds it.
const BREAK: char = '\u{2028}';

/// Whether all classes of these layers can be explained within a height in millimetres.
pub(super) fn fits(layers: &[&Layer], lang: Lang, sheet: &Sheet, room: f64) -> bool {
    STEPS.iter().any(|step| height(layers, lang, sheet, *step) <= room)
}

/// The legend as a layout item; where the smallest type does not help, classes at the end of a layer are left away, and its title says so.
pub(super) fn legend(
    key: &str,
    map: &str,
    layers: &[&Layer],
    lang: Lang,
    sheet: &Sheet,
    at: (f64, f64, f64),
) -> String {
    let (x, y, room) = at;
    let last = STEPS[STEPS.len() - 1];
    let step = STEPS.iter().copied().find(|step| height(layers, lang, sheet, *step) <= room).unwrap_or(last);
    let size = step * sheet.scale;
    let mut spent = HEADING * size;
    let mut entries = String::new();
    for (nth, layer) in layers.iter().enumerate() {
        let following: f64 =
            layers[nth + 1..].iter().map(|layer| layer_height(layer, lang, sheet, step, Some(1))).sum();
        let all = drawn(layer).len();
        let shown = (1..=all)
            .rev()
            .find(|shown| {
                let cut = (*shown < all).then_some(*shown);
                spent + layer_height(layer, lang, sheet, step, cut) + following <= room
            })
            .unwrap_or(1)
            .min(all);
        let cut = (shown < all).then_some(shown);
        spent += layer_height(layer, lang, sheet, step, cut);
        entries.push_str(&entry(layer, lang, sheet, step, cut));
    }
    let styles: String = [
        ("title", HEADING_PT, true, format!("marginBottom=\"{}\"", 2.0 * size)),
        ("group", 10.0, true, format!("marginTop=\"{}\"", LAYER_GAP * size)),
        ("subgroup", TITLE_PT, true, format!("marginTop=\"{}\"", LAYER_GAP * size)),
        ("symbol", LABEL_PT, false, format!("marginTop=\"{}\"", CLASS_GAP * size)),
        ("symbolLabel", LABEL_PT, false, format!("marginTop=\"{}\" marginLeft=\"2\"", CLASS_GAP * size)),
    ]
    .iter()
    .map(|(name, pt, bold, margins)| {
        let font = font(pt * size, *bold);
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
        "title=\"{heading}\" titleAlignment=\"1\" map_uuid=\"{map}\" columnCount=\"1\" splitLayer=\"0\" \
         equalColumnWidth=\"0\" resizeToContents=\"1\" symbolWidth=\"{}\" symbolHeight=\"{}\" lineSpacing=\"{}\" \
         boxSpace=\"1\" columnSpace=\"2\" legendFilterByAtlas=\"0\" wrapChar=\"{BREAK}\" symbolAlignment=\"1\" \
         fontColor=\"#222222\"",
        SYMBOL.0 * size,
        SYMBOL.1 * size,
        0.8 * size,
    );
    let body = format!("<styles>{styles}</styles><layer-tree-group>{entries}</layer-tree-group>");
    item("65642", key, Frame { x, y, w: sheet.side, h: HEADING * size, z: 3 }, &attributes, &body)
}

/// One layer with its classes, all or the first of them.
fn entry(layer: &Layer, lang: Lang, sheet: &Sheet, step: f64, cut: Option<usize>) -> String {
    let property = |key: &str, lines: &[String]| {
        let text = escape(&lines.join(&BREAK.to_string()));
        format!("<Option type=\"QString\" name=\"legend/{key}\" value=\"{text}\"/>")
    };
    let mut options = property("title-label", &lines_of_title(layer, lang, sheet, step, cut));
    let mut kept: Vec<String> = Vec::new();
    for entry in drawn(layer).into_iter().take(cut.unwrap_or(usize::MAX)) {
        options.push_str(&property(&format!("label-{}", entry.at), &lines_of_label(&entry, lang, sheet, step)));
        kept.push(entry.at.to_string());
    }
    if kept.len() < layer.classes {
        options.push_str(&property("node-order", &[kept.join(",")]));
    }
    layer.entry(true, &format!("<Option type=\"Map\">{options}</Option>"))
}

/// A class of a layer with the number of rows that it draws.
struct Entry {
    at: usize,
    class: Class,
    count: u64,
}

/// The classes that draw something; of a layer of which none does, all.
fn drawn(layer: &Layer) -> Vec<Entry> {
    let classes = qml::style_of(layer.table).classes;
    let is_empty = layer.counts.iter().all(|count| *count == 0);
    let counted = classes.into_iter().zip(&layer.counts).enumerate();
    let entries = counted.map(|(at, (class, count))| Entry { at, class, count: *count });
    entries.filter(|entry| is_empty || entry.count > 0).collect()
}

fn height(layers: &[&Layer], lang: Lang, sheet: &Sheet, step: f64) -> f64 {
    let layers: f64 = layers.iter().map(|layer| layer_height(layer, lang, sheet, step, None)).sum();
    HEADING * step * sheet.scale + layers
}

/// Millimetres a layer takes, as measured on pages that QGIS 3.22 made.
fn layer_height(layer: &Layer, lang: Lang, sheet: &Sheet, step: f64, cut: Option<usize>) -> f64 {
    let size = step * sheet.scale;
    let line = |pt: f64| pt * size * MM_PER_PT * 1.5;
    let head = LAYER_GAP * size + lines_of_title(layer, lang, sheet, step, cut).len() as f64 * line(TITLE_PT);
    let classes = drawn(layer).into_iter().take(cut.unwrap_or(usize::MAX)).map(|entry| {
        let lines = lines_of_label(&entry, lang, sheet, step).len().saturating_sub(1) as f64;
        let text = 2.4 * size + lines * line(LABEL_PT);
        CLASS_GAP * size + text.max(symbol_height(&entry.class.symbol, size))
    });
    head + classes.sum::<f64>()
}

/// A marker that is larger than the box for symbols makes the line higher.
fn symbol_height(symbol: &Symbol, size: f64) -> f64 {
    let least = SYMBOL.1 * size;
    match symbol {
        Symbol::Marker { size_mm, .. } => (size_mm + 0.4).max(least),
        _ => least,
    }
}

/// The layer's title, marked where the data is synthetic.
fn lines_of_title(layer: &Layer, lang: Lang, sheet: &Sheet, step: f64, cut: Option<usize>) -> Vec<String> {
    let mut title = told(&layer.heading, lang).to_owned();
    if layer.table.synthetic {
        title.push_str(match lang {
            Lang::En => " (synthetic)",
            Lang::Zh => "（合成数据）",
        });
    }
    if let Some(shown) = cut {
        title.push_str(&match lang {
            Lang::En => format!(" (the first {shown} of {} classes)", drawn(layer).len()),
            Lang::Zh => format!("（{} 类中的前 {shown} 类）", drawn(layer).len()),
        });
    }
    broken(&title, em(sheet.side - 4.0, TITLE_PT * step * sheet.scale))
}

fn lines_of_label(entry: &Entry, lang: Lang, sheet: &Sheet, step: f64) -> Vec<String> {
    let width = sheet.side - LABEL_INDENT * step * sheet.scale;
    broken(&qml::with_count(told(&entry.class.label, lang), entry.count), em(width, LABEL_PT * step * sheet.scale))
}
