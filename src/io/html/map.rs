//! Maps of a report: one outline a region, drawn once and used by every map, in tenths of a pixel.
//!
//! The projection is equirectangular, true along the middle parallel: good enough to look at, and nothing is measured in it.

use std::collections::BTreeMap;

use geo::Area;
use geo::BoundingRect;
use geo::InteriorPoint;
use geo_types::Coord;
use geo_types::Geometry;
use geo_types::MultiPolygon;
use geo_types::Rect;
use unicode_width::UnicodeWidthStr;

use crate::base::units::Lang;
use crate::io::html::arcs;
use crate::io::html::arcs::Dot;
use crate::io::html::arcs::Frame;
use crate::io::html::draw;
use crate::io::xml::escape;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::class_of;

/// Largest width and height of a map, tenths of a pixel.
const LARGEST: [f64; 2] = [9600.0, 9600.0];
/// Corners that stand for less than this are left away: a triangle of two pixels.
const LEAST_AREA: f64 = 200.0;
/// More points than this make a blot, not a map.
const MOST_POINTS: usize = 600;
const MOST_LINES: usize = 3000;
/// Height of a line of a label.
const LINE: i32 = 95;

/// One region's outline.
struct Outline {
    data: String,
    is_judged: bool,
    code: String,
    /// Rectangle that it fills, and where its name goes.
    extent: [Dot; 2],
    middle: Dot,
}

/// The outlines of a study and the frame that they are drawn in.
pub(super) struct Atlas {
    frame: Frame,
    size: Dot,
    outlines: Vec<Outline>,
    /// Position of each outline by its code; of several with one code, the first.
    by_code: BTreeMap<String, usize>,
}

/// A map with what stands below it.
pub(super) struct Map {
    pub svg: String,
    pub legend: String,
}

impl Atlas {
    /// The atlas of the layer of outlines; `None` without a judged one.
    pub(super) fn new(outlines: &Table) -> Option<Atlas> {
        let [code, role] = ["code", "role"].map(|field| outlines.field(field));
        let text = |row: &Row, at: Option<usize>| at.and_then(|at| row.values.get(at)?.as_key()).unwrap_or_default();
        let shapes: Vec<(&MultiPolygon<f64>, String, bool)> = outlines
            .rows
            .iter()
            .filter_map(|row| match &row.geometry {
                Some(Geometry::MultiPolygon(shape)) => Some((shape, text(row, code), text(row, role) == "judged")),
                _ => None,
            })
            .collect();
        let around = shapes
            .iter()
            .filter(|(_, _, is_judged)| *is_judged)
            .filter_map(|(shape, ..)| shape.bounding_rect())
            .reduce(|a, b| {
                let (low, high) = (a.min(), b.min());
                let (top, far) = (a.max(), b.max());
                Rect::new(
                    Coord { x: low.x.min(high.x), y: low.y.min(high.y) },
                    Coord { x: top.x.max(far.x), y: top.y.max(far.y) },
                )
            })?;
        let (frame, size) = framed(around)?;
        let only: Vec<&MultiPolygon<f64>> = shapes.iter().map(|(shape, ..)| *shape).collect();
        let rings = arcs::rings(&only, &frame, LEAST_AREA);
        let outlines: Vec<Outline> = shapes
            .into_iter()
            .zip(rings)
            .map(|((shape, code, is_judged), rings)| {
                // a name goes onto the largest part
                let largest = shape.iter().max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()));
                let middle = largest.and_then(InteriorPoint::interior_point).map(|point| frame.dot(point.0));
                let extent = largest.and_then(BoundingRect::bounding_rect).map(|rect| {
                    let (a, b) = (frame.dot(rect.min()), frame.dot(rect.max()));
                    [[a[0], b[1]], [b[0], a[1]]]
                });
                Outline {
                    data: arcs::path_data(&rings),
                    is_judged,
                    code,
                    extent: extent.unwrap_or_default(),
                    middle: middle.unwrap_or_default(),
                }
            })
            .collect();
        let by_code = outlines.iter().enumerate().rev().map(|(at, outline)| (outline.code.clone(), at)).collect();
        Some(Atlas { frame, size, outlines, by_code })
    }

    /// What all maps share: the outlines, and the hatching of "no data" and of "undecided".
    pub(super) fn shared(&self) -> String {
        let mut out = String::from("<svg width=\"0\" height=\"0\" class=\"shared\" aria-hidden=\"true\"><defs>");
        out.push_str(
            "<pattern id=\"no-data\" width=\"50\" height=\"50\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
             <rect width=\"50\" height=\"50\" fill=\"#f0f0f0\"/><rect width=\"14\" height=\"50\" fill=\"#8c8c8c\"/></pattern>\
             <pattern id=\"undecided\" width=\"80\" height=\"80\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
             <rect width=\"80\" height=\"80\" fill=\"#fff\"/><rect width=\"10\" height=\"80\" fill=\"#8c8c8c\"/></pattern>",
        );
        for (at, outline) in self.outlines.iter().enumerate() {
            out.push_str(&format!("<path id=\"r{at}\" d=\"{}\"/>", outline.data));
        }
        out.push_str("</defs></svg>\n");
        out
    }

    /// The map of an indicator's layers; `None` where none of them can be drawn at this size.
    pub(super) fn map(&self, layers: &[&Table], title: &str, lang: Lang) -> Option<Map> {
        let drawn: Vec<(&Table, &Style)> = layers
            .iter()
            .filter(|table| match table.geometry {
                GeometryKind::None => false,
                GeometryKind::Point => table.rows.len() <= MOST_POINTS,
                GeometryKind::MultiLineString => table.rows.len() <= MOST_LINES,
                GeometryKind::MultiPolygon => self.regions(table).is_some(),
            })
            .filter_map(|table| Some((*table, table.style.as_ref()?)))
            .collect();
        // areas first, then lines, then points; only the first layer of areas, for they hide each other
        let areas = drawn.iter().find(|(table, _)| table.geometry == GeometryKind::MultiPolygon);
        let lines = drawn.iter().filter(|(table, style)| {
            table.geometry == GeometryKind::MultiLineString && (style.visible || areas.is_none())
        });
        let points = drawn
            .iter()
            .filter(|(table, style)| table.geometry == GeometryKind::Point && (style.visible || areas.is_none()));
        let ordered: Vec<(&Table, &Style)> = areas.into_iter().chain(lines).chain(points).copied().collect();
        if ordered.is_empty() {
            return None;
        }
        let mut body = String::new();
        for (at, outline) in self.outlines.iter().enumerate() {
            let paint = if outline.is_judged { "#fafafa" } else { "#ececec" };
            body.push_str(&format!("<use href=\"#r{at}\" fill=\"{paint}\" stroke=\"#bdbdbd\" stroke-width=\"6\"/>"));
        }
        let mut legend = String::new();
        let mut labels = String::new();
        for (table, style) in ordered {
            let counts = match table.geometry {
                GeometryKind::MultiPolygon => self.draw_areas(table, style, lang, &mut body, &mut labels),
                GeometryKind::MultiLineString => self.draw_lines(table, style, lang, &mut body),
                _ => self.draw_points(table, style, lang, &mut body),
            };
            legend.push_str(&legend_of(table, style, &counts, lang));
        }
        let [width, height] = self.size;
        let svg = format!(
            "<svg class=\"map\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\" style=\"max-width:{}px\">{body}{labels}</svg>",
            escape(title),
            width / 10
        );
        Some(Map { svg, legend })
    }

    /// Positions of a layer's rows among the outlines, by code; `None` for a layer of other areas.
    fn regions(&self, table: &Table) -> Option<Vec<Option<usize>>> {
        let code = table.field("code")?;
        let found: Vec<Option<usize>> =
            table.rows.iter().map(|row| self.by_code.get(&row.values.get(code)?.as_key()?).copied()).collect();
        found.iter().any(Option::is_some).then_some(found)
    }

    fn draw_areas(
        &self,
        table: &Table,
        style: &Style,
        lang: Lang,
        body: &mut String,
        labels: &mut String,
    ) -> Vec<usize> {
        let mut counts = vec![0; style.classes.len()];
        let mut names: Vec<(i64, usize, Vec<String>)> = Vec::new();
        for (row, region) in table.rows.iter().zip(self.regions(table).unwrap_or_default()) {
            let (Some(at), Some(class)) = (region, class_of(table, &style.classes, row)) else { continue };
            counts[class] += 1;
            let symbol = draw::area(&style.classes[class].symbol);
            body.push_str(&format!(
                "<use class=\"f\" href=\"#r{at}\" {symbol}>{}</use>",
                draw::told(&said(table, row, lang))
            ));
            if let Some(label) = &style.label {
                let text = |field: &str| table.field(field).and_then(|at| row.values.get(at)?.as_key());
                let lines: Vec<String> =
                    [text(&label.field), label.second_line.as_deref().and_then(text)].into_iter().flatten().collect();
                let [a, b] = self.outlines[at].extent;
                names.push((i64::from(b[0] - a[0]) * i64::from(b[1] - a[1]), at, lines));
            }
        }
        // large regions first; a name that does not fit, or would lie on another, is left to the pointer
        names.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut taken: Vec<[Dot; 2]> = Vec::new();
        for (_, at, lines) in names {
            self.name(at, &lines, &mut taken, labels);
        }
        counts
    }

    fn name(&self, at: usize, lines: &[String], taken: &mut Vec<[Dot; 2]>, labels: &mut String) {
        let Outline { extent, middle: [x, y], .. } = &self.outlines[at];
        // first both lines, then the name alone
        for count in (1..=lines.len()).rev() {
            let lines = &lines[..count];
            let half = lines.iter().map(|line| line.width() as i32 * 46).max().unwrap_or(0) / 2;
            let high = count as i32 * LINE / 2;
            let own = [[x - half - 10, y - high], [x + half + 10, y + high]];
            let fits =
                2 * half <= (extent[1][0] - extent[0][0]) * 6 / 5 && 2 * high <= (extent[1][1] - extent[0][1]) * 6 / 5;
            let is_free =
                taken.iter().all(|[a, b]| b[0] < own[0][0] || own[1][0] < a[0] || b[1] < own[0][1] || own[1][1] < a[1]);
            let is_inside =
                own[0].iter().all(|low| *low >= 0) && own[1][0] <= self.size[0] && own[1][1] <= self.size[1];
            if fits && is_free && is_inside {
                for (nth, line) in lines.iter().enumerate() {
                    let base = y - high + nth as i32 * LINE + LINE * 3 / 4;
                    labels.push_str(&format!("<text x=\"{x}\" y=\"{base}\">{}</text>", escape(line)));
                }
                taken.push(own);
                return;
            }
        }
    }

    fn draw_lines(&self, table: &Table, style: &Style, lang: Lang, body: &mut String) -> Vec<usize> {
        let mut counts = vec![0; style.classes.len()];
        for (class, row) in by_rank(table, style) {
            let Some(Geometry::MultiLineString(lines)) = &row.geometry else { continue };
            counts[class] += 1;
            let symbol = &style.classes[class].symbol;
            let trim = match symbol {
                Symbol::Line { trim_percent, .. } => f64::from(*trim_percent) / 100.0,
                _ => 0.0,
            };
            let mut data = String::new();
            for line in lines {
                let mut corners: Vec<Coord<f64>> = line.0.clone();
                if let [a, b] = corners[..] {
                    let between = |share: f64| Coord { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
                    corners = vec![between(trim), between(1.0 - trim)];
                }
                let mut dots: Vec<Dot> = corners.iter().map(|corner| self.frame.dot(*corner)).collect();
                dots.dedup();
                for (at, [x, y]) in dots.iter().enumerate() {
                    data.push_str(&format!("{}{x} {y}", if at == 0 { "M" } else { "L" }));
                }
            }
            body.push_str(&draw::line(symbol, &data, &said(table, row, lang)));
        }
        counts
    }

    fn draw_points(&self, table: &Table, style: &Style, lang: Lang, body: &mut String) -> Vec<usize> {
        let mut counts = vec![0; style.classes.len()];
        for (class, row) in by_rank(table, style) {
            let Some(Geometry::Point(point)) = &row.geometry else { continue };
            counts[class] += 1;
            let [x, y] = self.frame.dot(point.0);
            body.push_str(&draw::marker(&style.classes[class].symbol, x, y, &said(table, row, lang)));
        }
        counts
    }
}

/// The rows that are drawn with their classes, what is to lie above last; within a rank in the order of the table.
fn by_rank<'t>(table: &'t Table, style: &Style) -> Vec<(usize, &'t Row)> {
    let with_class = |row: &'t Row| Some((class_of(table, &style.classes, row)?, row));
    let mut rows: Vec<(usize, &Row)> = table.rows.iter().filter_map(with_class).collect();
    rows.sort_by_key(|(class, _)| style.classes[*class].rank);
    rows
}

/// The frame and the size of a map around a rectangle of degrees, with a margin of a twenty-fifth.
fn framed(around: Rect<f64>) -> Option<(Frame, Dot)> {
    let (low, high) = (around.min(), around.max());
    let flat = ((low.y + high.y) / 2.0).to_radians().cos().max(0.05);
    let (wide, tall) = ((high.x - low.x) * flat * 1.08, (high.y - low.y) * 1.08);
    let scale = (LARGEST[0] / wide).min(LARGEST[1] / tall);
    if !scale.is_finite() || scale <= 0.0 {
        return None;
    }
    let frame = Frame {
        west: low.x - (high.x - low.x) * 0.04,
        north: high.y + (high.y - low.y) * 0.04,
        scale: [scale * flat, scale],
    };
    Some((frame, [(wide * scale).round() as i32, (tall * scale).round() as i32]))
}

/// What a pointer reads of a row: its name and its label, or its first few fields.
fn said(table: &Table, row: &Row, lang: Lang) -> String {
    let value = |field: &str| table.field(field).and_then(|at| row.values.get(at)?.as_key());
    let ends = [value("name_a"), value("name_b")];
    if let [Some(a), Some(b)] = ends {
        let why = value(if lang == Lang::Zh { "reason_zh" } else { "reason_en" });
        return format!("{a} – {b}{}", why.map_or(String::new(), |why| format!(": {why}")));
    }
    let name = value("name").or_else(|| value("point")).unwrap_or_default();
    value("label").map_or(name.clone(), |figure| format!("{name}: {figure}"))
}

fn legend_of(table: &Table, style: &Style, counts: &[usize], lang: Lang) -> String {
    let mut out = format!("<div class=\"legend\"><b>{}</b><ul>", escape(table.title.in_lang(lang)));
    for (class, count) in style.classes.iter().zip(counts) {
        if *count == 0 {
            continue;
        }
        out.push_str(&format!(
            "<li>{}{} <span class=\"n\">{count}</span></li>",
            draw::swatch(&class.symbol),
            escape(class.label.in_lang(lang))
        ));
    }
    out.push_str("</ul></div>\n");
    out
}
