//! What is to be mended in a layer of areas, written as a GeoPackage.

use std::path::Path;

use crate::app::inspect::InspectError;
use crate::app::inspect::Inspection;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::gpkg;
use crate::io::qgis_contents::Contents;

/// Writes the layers of the one inspection that has some, replacing what is at the path. Empty layers are written too: that there are
/// no gaps is worth knowing.
/// # Errors
/// [`InspectError::NoLayers`] when no inspected layer, or more than one, holds areas side by side; [`InspectError::Write`].
pub fn write(path: &Path, inspected: &[&Inspection], lang: Lang) -> Result<(), InspectError> {
    let with_layers: Vec<&&Inspection> = inspected.iter().filter(|one| one.sides.is_some()).collect();
    let (one, sides) = match (&with_layers[..], path.extension().and_then(|ending| ending.to_str())) {
        (_, ending) if ending != Some("gpkg") => {
            let what = format!(
                "\"{}\": layers are written to a GeoPackage; write a path that ends with .gpkg",
                path.display()
            );
            return Err(InspectError::NoLayers { what });
        }
        ([one], _) => match &one.sides {
            Some(sides) => (one, sides),
            None => return Ok(()),
        },
        ([], _) => {
            let what =
                "nothing to write: no layer holds two areas or more whose CRS is known; see \"areas\" on the page"
                    .to_owned();
            return Err(InspectError::NoLayers { what });
        }
        (several, _) => {
            let names: Vec<String> = several.iter().map(|one| one.layer.clone().unwrap_or(one.path.clone())).collect();
            let what =
                format!("several layers hold areas; inspect one file, with --layer one of: {}", names.join(", "));
            return Err(InspectError::NoLayers { what });
        }
    };
    let title = Text::new(format!("Boundaries: {}", one.path), format!("边界检查：{}", one.path));
    let summary = Text::new(
        format!("{} areas looked at; areas and lengths in {}.", sides.areas, sides.plane),
        format!("检查 {} 个面；面积与长度按 {} 量测。", sides.areas, sides.plane),
    );
    let package = gpkg::Package {
        title: &title,
        summary: &summary,
        note: &summary,
        tables: &sides.layers,
        project: None,
        provenance_json: "",
        langs: &[lang],
        contents: &Contents::default(),
    };
    Ok(gpkg::write(path, &package)?)
}
