//! One class's symbol as QML: fills, hatching, lines with a casing, markers. Sizes are millimetres.

use crate::io::xml::escape;
use crate::table::style::Shape;
use crate::table::style::Symbol;

/// The symbol of the class at a position, with one or two layers.
pub(super) fn symbol(symbol: &Symbol, at: usize) -> String {
    match symbol {
        Symbol::Fill { color, outline, outline_mm } => {
            wrapped("fill", at, &layer("SimpleFill", &fill(&rgba(color, 255), "solid", outline, *outline_mm), ""))
        }
        Symbol::Outline { color, width_mm } => {
            wrapped("fill", at, &layer("SimpleFill", &fill("255,255,255,0", "no", color, *width_mm), ""))
        }
        Symbol::NoDataFill { outline, outline_mm } => {
            wrapped("fill", at, &hatched(at, "#f0f0f0", ["45", "1.6"], outline, *outline_mm))
        }
        Symbol::UndecidedFill { outline, outline_mm } => {
            wrapped("fill", at, &hatched(at, "#ffffff", ["135", "2.6"], outline, *outline_mm))
        }
        Symbol::Line { color, width_mm, dash, casing, trim_percent } => {
            let mut layers = String::new();
            if *casing {
                let under = line("255,255,255,215", width_mm + 0.7, None, *trim_percent);
                layers.push_str(&layer("SimpleLine", &under, ""));
            }
            layers.push_str(&layer("SimpleLine", &line(&rgba(color, 255), *width_mm, *dash, *trim_percent), ""));
            wrapped("line", at, &layers)
        }
        Symbol::Marker { shape, color, size_mm, outline } => {
            let (name, stroke) = match shape {
                Shape::Circle => ("circle", 0.15),
                Shape::Square => ("square", 0.15),
                Shape::Triangle => ("triangle", 0.15),
                Shape::Cross => ("cross_fill", 0.15),
                Shape::Diamond => ("diamond", 0.15),
                Shape::Star => ("star", 0.15),
                // Strokes only: the outline is all there is of it.
                Shape::XMark => ("cross2", 0.5),
            };
            let outline = if *shape == Shape::XMark { color } else { outline };
            let options = [
                ("name", name.to_owned()),
                ("color", rgba(color, 255)),
                ("size", size_mm.to_string()),
                mm("size_unit"),
                ("outline_color", rgba(outline, 255)),
                ("outline_style", "solid".to_owned()),
                ("outline_width", stroke.to_string()),
                mm("outline_width_unit"),
                ("scale_method", "diameter".to_owned()),
            ];
            wrapped("marker", at, &layer("SimpleMarker", &options, ""))
        }
    }
}

/// An area with hatching on a ground; the angle of the lines and how far apart they are.
fn hatched(at: usize, ground: &str, [angle, distance]: [&str; 2], outline: &str, outline_mm: f64) -> String {
    let line = [("line_color", rgba("#8c8c8c", 255)), ("line_width", "0.18".to_owned()), mm("line_width_unit")];
    let hatch = format!(
        "<symbol type=\"line\" name=\"@{at}@1\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">{}</symbol>",
        layer("SimpleLine", &line, "")
    );
    let pattern =
        [("angle", angle.to_owned()), ("distance", distance.to_owned()), mm("distance_unit"), line[0].clone()];
    let ground = layer("SimpleFill", &fill(&rgba(ground, 255), "solid", outline, outline_mm), "");
    ground + &layer("LinePatternFill", &pattern, &hatch)
}

fn wrapped(kind: &str, at: usize, layers: &str) -> String {
    format!("<symbol type=\"{kind}\" name=\"{at}\" alpha=\"1\" clip_to_extent=\"1\" force_rhr=\"0\">{layers}</symbol>")
}

fn layer(class: &str, options: &[(&str, String)], inner: &str) -> String {
    let options: String = options
        .iter()
        .map(|(name, value)| format!("<Option type=\"QString\" name=\"{name}\" value=\"{}\"/>", escape(value)))
        .collect();
    format!(
        "<layer class=\"{class}\" enabled=\"1\" locked=\"0\" pass=\"0\"><Option type=\"Map\">{options}</Option>\
         {inner}</layer>"
    )
}

fn mm(name: &'static str) -> (&'static str, String) {
    (name, "MM".to_owned())
}

fn fill(color: &str, style: &str, outline: &str, outline_mm: f64) -> Vec<(&'static str, String)> {
    vec![
        ("color", color.to_owned()),
        ("style", style.to_owned()),
        ("outline_color", rgba(outline, 255)),
        ("outline_style", if outline_mm > 0.0 { "solid" } else { "no" }.to_owned()),
        ("outline_width", outline_mm.to_string()),
        mm("outline_width_unit"),
        ("joinstyle", "round".to_owned()),
    ]
}

fn line(color: &str, width_mm: f64, dash: Option<&str>, trim_percent: u8) -> Vec<(&'static str, String)> {
    let mut options = vec![
        ("line_color", color.to_owned()),
        ("line_width", format!("{:.2}", width_mm)),
        mm("line_width_unit"),
        ("line_style", "solid".to_owned()),
        ("capstyle", if dash.is_some() { "flat" } else { "round" }.to_owned()),
        ("joinstyle", "round".to_owned()),
    ];
    if let Some(dash) = dash {
        options.extend([("use_custom_dash", "1".to_owned()), ("customdash", dash.to_owned()), mm("customdash_unit")]);
    }
    if trim_percent > 0 {
        // More than 49 at each end would leave nothing.
        let share = trim_percent.min(49).to_string();
        options.extend([
            ("trim_distance_start", share.clone()),
            ("trim_distance_start_unit", "Percentage".to_owned()),
            ("trim_distance_end", share),
            ("trim_distance_end_unit", "Percentage".to_owned()),
        ]);
    }
    options
}

/// `#rrggbb` as QGIS writes colours; a grey where the text is no colour.
fn rgba(hex: &str, alpha: u8) -> String {
    let part = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    match (part(1), part(3), part(5)) {
        (Some(red), Some(green), Some(blue)) if hex.starts_with('#') => format!("{red},{green},{blue},{alpha}"),
        _ => format!("127,127,127,{alpha}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_that_are_none_become_grey() {
        assert_eq!(rgba("#2c7bb6", 255), "44,123,182,255");
        for broken in ["", "2c7bb6", "#2c7", "#县县"] {
            assert_eq!(rgba(broken, 255), "127,127,127,255", "{broken}");
        }
    }
}
