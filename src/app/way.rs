//! How a point of a study gets to its facilities: told leg by leg, and drawn.

use std::path::Path;

use crate::app::run::RunError;
use crate::base::progress::Progress;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::config::plan::Plan;
use crate::ingest;
use crate::io::read::driver;
use crate::metrics::way;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::Group;
use crate::table::style::Label;
use crate::table::style::Style;
use crate::table::style::Symbol;

/// The ways of a point for every indicator that has some, in sentences; `path` is a file for the lines.
/// # Errors
/// What stops a run, [`RunError::NoSuchPoint`] when no indicator has such a point, [`RunError::NoWriter`] when lines can not be written as
/// that file.
pub fn explain(
    plan: &Plan,
    id: &str,
    path: Option<&Path>,
    lang: Lang,
    progress: &dyn Progress,
) -> Result<String, RunError> {
    let writer = match path {
        Some(path) => {
            let write = driver(path).and_then(|driver| driver.write);
            Some((path, write.ok_or_else(|| RunError::NoWriter { path: path.display().to_string() })?))
        }
        None => None,
    };
    let study = ingest::study(&plan.study, progress)?;
    plan.check_against(&study)?;
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for indicator in &plan.indicators {
        let metric = indicator.measure.metric();
        let Some(ways) = metric.ways(&study, id) else { continue };
        let ways = ways.map_err(|source| RunError::Metric { indicator: indicator.id.clone(), source })?;
        if !ways.is_empty() {
            lines.push(format!("{} ({})", indicator.title.in_lang(lang), indicator.id));
        }
        for way in &ways {
            lines.extend(way.told(metric.limit()).iter().map(|line| format!("  {}", line.in_lang(lang))));
            rows.extend(way.row(&indicator.id));
        }
    }
    if lines.is_empty() {
        return Err(RunError::NoSuchPoint { id: id.to_owned() });
    }
    if let Some((path, write)) = writer {
        let line = Symbol::Line { color: "#e31a1c", width_mm: 0.8, dash: None, casing: true, trim_percent: 0 };
        let table = Table {
            name: "ways".to_owned(),
            title: Text::new(format!("Ways of {id}"), format!("{id}的路径")),
            description: Text::new(
                "From the point straight to its street, along streets, and straight to the facility, as it is travelled; by transit on foot \
                 and from stop to stop.",
                "自需求点直线至道路，沿道路，再直线至设施；按行进方向；乘公共交通时为步行路径与逐站连线。",
            ),
            synthetic: study.synthetic,
            crs: study.frame,
            geometry: GeometryKind::MultiLineString,
            fields: way::fields(),
            rows,
            style: Some(Style {
                classes: vec![Class::otherwise(Text::new("way", "路径"), line)],
                label: Some(Label {
                    field: "facility_name".into(),
                    second_line: None,
                    size_pt: 7.0,
                    bold: false,
                    below_scale: None,
                }),
                opacity: 1.0,
                visible: true,
                group: Group::Results,
            }),
        };
        write(path, &table)?;
        lines.push(match lang {
            Lang::En => format!("written: {}", path.display()),
            Lang::Zh => format!("已写出：{}", path.display()),
        });
    }
    Ok(lines.join("\n") + "\n")
}
