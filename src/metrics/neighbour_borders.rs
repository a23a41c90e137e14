//! The layer of shared borders: the line that two neighbours have in common, coloured by whether a bus joins them.

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiLineString;

use crate::base::units::Text;
use crate::metrics::adjacency;
use crate::metrics::neighbour_evidence::PairReport;
use crate::metrics::neighbour_layers::SCOPES;
use crate::metrics::neighbour_layers::STATES;
use crate::metrics::neighbour_layers::counted;
use crate::metrics::neighbour_layers::pair_classes;
use crate::metrics::neighbour_layers::pair_fields;
use crate::metrics::neighbour_layers::scope_word;
use crate::metrics::neighbour_layers::status_word;
use crate::metrics::neighbour_survey::Survey;
use crate::model::lattice::Lattice;
use crate::model::place::PlaneXy;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Group;
use crate::table::style::Style;
use crate::table::style::Symbol;
use crate::table::style::palette;

/// One row a neighbouring pair with a common border, as the outline of its first region runs; none without degrees for the plane.
pub fn table(survey: &Survey<'_>, reports: &[PairReport<'_>], mut table: Table) -> Table {
    table.description = Text::new(
        "The border that two neighbours share, within the tolerance, as the outline of region A runs.",
        "毗邻县对在容差内的共有边界，按甲方边界绘制。",
    );
    table.geometry = GeometryKind::MultiLineString;
    table.fields = pair_fields();
    table.fields.extend([
        Field::new("scope", FieldKind::Text, "Scope", "范围").with_choices(SCOPES),
        Field::new("status", FieldKind::Text, "Status", "通达状态").with_choices(STATES),
        Field::new("reason_zh", FieldKind::Text, "Reason (Chinese)", "说明"),
        Field::new("reason_en", FieldKind::Text, "Reason (English)", "说明（英文）"),
        Field::new("trips", FieldKind::Real, "Trips a day, weaker direction", "日班次（较少方向）"),
        Field::new("shared_km", FieldKind::Real, "Shared border, km", "共有边界（公里）"),
    ]);
    let Some(lattice) = &survey.study.lattice else { return table };
    let shown: Vec<&PairReport<'_>> = counted(survey, reports).collect();
    let keys: Vec<(usize, usize)> = shown.iter().map(|report| (report.pair.a, report.pair.b)).collect();
    let lines = adjacency::common_borders(survey.study, &survey.units, &keys, survey.params.tolerance);
    for (report, line) in shown.into_iter().zip(lines).filter(|(_, line)| !line.0.is_empty()) {
        let (a, b) = (&survey.units[report.pair.a], &survey.units[report.pair.b]);
        table.rows.push(Row {
            geometry: Some(Geometry::MultiLineString(in_degrees(&line, lattice))),
            values: vec![
                a.code.as_str().into(),
                a.name.as_str().into(),
                b.code.as_str().into(),
                b.name.as_str().into(),
                scope_word(report).into(),
                status_word(report).into(),
                report.text.zh.as_str().into(),
                report.text.en.as_str().into(),
                report.there.trips.min(report.back.trips).into(),
                (report.pair.shared_m.round() / 1000.0).into(),
            ],
        });
    }
    let line = |color, width_mm, dash| Symbol::Line { color, width_mm, dash, casing: true, trim_percent: 0 };
    table.style = Some(Style {
        classes: pair_classes(
            "status",
            [
                line(palette::PAIRS[0], 1.2, None),
                line(palette::PAIRS[1], 0.6, None),
                line(palette::PAIRS[2], 0.9, Some("1.2;1.2")),
            ],
        ),
        label: None,
        opacity: 1.0,
        visible: false,
        group: Group::Results,
    });
    table
}

fn in_degrees(lines: &MultiLineString<f64>, lattice: &Lattice) -> MultiLineString<f64> {
    let place = |at: &geo_types::Coord<f64>| lattice.place(PlaneXy { x: at.x, y: at.y }).lonlat.coord();
    MultiLineString(lines.iter().map(|line| line.coords().map(place).collect::<LineString<f64>>()).collect())
}
