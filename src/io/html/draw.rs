//! Symbols of a layer as SVG, in tenths of a pixel.

use crate::io::xml::escape;
use crate::table::style::Shape;
use crate::table::style::Symbol;

/// Tenths of a pixel in a millimetre, at 96 pixels an inch.
const MM: f64 = 37.8;

/// Presentation attributes of an area; of other symbols nothing.
pub(super) fn area(symbol: &Symbol) -> String {
    match symbol {
        Symbol::Fill { color, outline, outline_mm } => {
            format!("fill=\"{color}\" stroke=\"{outline}\" stroke-width=\"{:.0}\"", outline_mm * MM)
        }
        Symbol::NoDataFill { outline, outline_mm } => {
            format!("fill=\"url(#no-data)\" stroke=\"{outline}\" stroke-width=\"{:.0}\"", outline_mm * MM)
        }
        Symbol::UndecidedFill { outline, outline_mm } => {
            format!("fill=\"url(#undecided)\" stroke=\"{outline}\" stroke-width=\"{:.0}\"", outline_mm * MM)
        }
        Symbol::Outline { color, width_mm } => {
            format!("fill=\"none\" stroke=\"{color}\" stroke-width=\"{:.0}\"", width_mm * MM)
        }
        Symbol::Line { .. } | Symbol::Marker { .. } => String::new(),
    }
}

/// A line along `data`, with its casing.
pub(super) fn line(symbol: &Symbol, data: &str, title: &str) -> String {
    let Symbol::Line { color, width_mm, dash, casing, .. } = symbol else { return String::new() };
    let width = width_mm * MM;
    let mut out = String::new();
    if *casing {
        out.push_str(&format!(
            "<path d=\"{data}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"{:.0}\"/>",
            width + 24.0
        ));
    }
    let dash = dash.map_or(String::new(), |dash| {
        let parts: Vec<String> =
            dash.split(';').filter_map(|part| part.parse::<f64>().ok()).map(|mm| format!("{:.0}", mm * MM)).collect();
        format!(" stroke-dasharray=\"{}\"", parts.join(" "))
    });
    out.push_str(&format!(
        "<path class=\"f\" d=\"{data}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width:.0}\"{dash}>{}</path>",
        told(title)
    ));
    out
}

/// A marker around a dot.
pub(super) fn marker(symbol: &Symbol, x: i32, y: i32, title: &str) -> String {
    let Symbol::Marker { shape, color, size_mm, outline } = symbol else { return String::new() };
    let r = size_mm * MM / 2.0;
    let (x, y) = (f64::from(x), f64::from(y));
    let points = |corners: &[(f64, f64)]| {
        let moved: Vec<String> =
            corners.iter().map(|(dx, dy)| format!("{:.0},{:.0}", x + dx * r, y + dy * r)).collect();
        moved.join(" ")
    };
    let polygon = |corners: &[(f64, f64)]| {
        format!(
            "<polygon class=\"f\" points=\"{}\" fill=\"{color}\" stroke=\"{outline}\" stroke-width=\"5\">{}</polygon>",
            points(corners),
            told(title)
        )
    };
    match shape {
        Shape::Circle => format!(
            "<circle class=\"f\" cx=\"{x:.0}\" cy=\"{y:.0}\" r=\"{r:.0}\" fill=\"{color}\" stroke=\"{outline}\" stroke-width=\"5\">{}</circle>",
            told(title)
        ),
        Shape::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Shape::Triangle => polygon(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]),
        Shape::Diamond => polygon(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]),
        Shape::Star => {
            let corners: Vec<(f64, f64)> = (0..10)
                .map(|at| {
                    let (angle, far) = (f64::from(at) * 36f64.to_radians(), if at % 2 == 0 { 1.1 } else { 0.5 });
                    (angle.sin() * far, -angle.cos() * far)
                })
                .collect();
            polygon(&corners)
        }
        Shape::Cross => {
            let a = 0.33;
            polygon(&[
                (-a, -1.0),
                (a, -1.0),
                (a, -a),
                (1.0, -a),
                (1.0, a),
                (a, a),
                (a, 1.0),
                (-a, 1.0),
                (-a, a),
                (-1.0, a),
                (-1.0, -a),
                (-a, -a),
            ])
        }
        Shape::XMark => format!(
            "<path class=\"f\" d=\"M{:.0} {:.0}L{:.0} {:.0}M{:.0} {:.0}L{:.0} {:.0}\" stroke=\"{color}\" stroke-width=\"14\">{}</path>",
            x - r,
            y - r,
            x + r,
            y + r,
            x - r,
            y + r,
            x + r,
            y - r,
            told(title)
        ),
    }
}

/// What a pointer that rests on a feature reads.
pub(super) fn told(title: &str) -> String {
    if title.is_empty() { String::new() } else { format!("<title>{}</title>", escape(title)) }
}

/// A symbol by itself, for a legend: 22 by 14 pixels.
pub(super) fn swatch(symbol: &Symbol) -> String {
    let inner = match symbol {
        Symbol::Fill { .. } | Symbol::NoDataFill { .. } | Symbol::UndecidedFill { .. } | Symbol::Outline { .. } => {
            format!("<rect x=\"8\" y=\"8\" width=\"204\" height=\"124\" {}/>", area(symbol))
        }
        Symbol::Line { .. } => line(symbol, "M0 70L220 70", ""),
        Symbol::Marker { .. } => marker(symbol, 110, 70, ""),
    };
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 220 140\" width=\"22\" height=\"14\" aria-hidden=\"true\">{inner}</svg>"
    )
}
