//! Metadata of a project and of its layers in the form of QGIS, the same in the project and in `gpkg_metadata`.

use geo::BoundingRect;
use geo_types::Rect;

use crate::io::gpkg;
use crate::io::gpkg_schema;
use crate::io::qgis_contents::Chapter;
use crate::io::qgis_contents::Contents;
use crate::io::qgis_project::Project;
use crate::io::qgis_project::spatial_ref_sys_of;
use crate::io::qml;
use crate::io::sound;
use crate::io::xml::escape;
use crate::table::GeometryKind;
use crate::table::Table;

/// What stands inside a layer's `<resourceMetadata>`.
///
/// The extent is that of the rows, in the CRS of the table; a table without geometry has neither. Dates of sources are
/// told among the sources: they are as the config words them, and say nothing of a period.
pub(super) fn of_table(table: &Table, contents: &Contents) -> String {
    let chapter = contents.chapters.iter().find(|chapter| chapter.tables.contains(&table.name));
    let mut about = gpkg::description(table);
    for more in chapter.iter().flat_map(|chapter| [&chapter.verdict, &chapter.method]) {
        let more = qml::bilingual(more);
        if !more.is_empty() {
            about = format!("{}\n{more}", about.trim_end());
        }
    }
    let mut out = format!(
        "<identifier>{name}</identifier><parentidentifier></parentidentifier><language>zh</language><type>dataset</type>\
         <title>{title}</title><abstract>{about}</abstract>{keywords}<links/>{history}<fees></fees>{rights}\
         <encoding>UTF-8</encoding>",
        name = escape(&table.name),
        title = escape(&table.display_title()),
        about = escape(about.trim_end()),
        keywords = keywords(table, chapter),
        history = history(contents),
        rights = rights(contents),
    );
    if table.geometry != GeometryKind::None {
        let srs = gpkg_schema::srs(table.crs);
        out.push_str(&format!("<crs>{}</crs>", spatial_ref_sys_of(Some(srs.id), srs.name, srs.wkt1, true)));
        if let Some(around) = extent(table) {
            let (low, high) = (around.min(), around.max());
            out.push_str(&format!(
                "<extent><spatial dimensions=\"2\" crs=\"EPSG:{}\" minx=\"{}\" miny=\"{}\" maxx=\"{}\" maxy=\"{}\" \
                 minz=\"0\" maxz=\"0\"/></extent>",
                srs.id, low.x, low.y, high.x, high.y
            ));
        }
    }
    out
}

/// What stands inside a project's `<projectMetadata>`, but title and times.
pub(super) fn of_project(project: &Project) -> String {
    let words: Vec<String> = project.contents.chapters.iter().flat_map(|chapter| chapter.keywords.clone()).collect();
    format!(
        "<identifier>{}</identifier><type>project</type><abstract>{}</abstract>{}<links/>{}",
        escape(&project.data_file),
        escape(&qml::bilingual(project.summary)),
        vocabulary("tongda", &words),
        history(project.contents),
    )
}

fn extent(table: &Table) -> Option<Rect<f64>> {
    table.rows.iter().filter_map(|row| row.geometry.as_ref()?.bounding_rect()).reduce(sound::enclosing)
}

fn keywords(table: &Table, chapter: Option<&Chapter>) -> String {
    let mut words: Vec<String> = chapter.map(|chapter| chapter.keywords.clone()).unwrap_or_default();
    if table.synthetic {
        words.push("合成数据 synthetic".to_owned());
    }
    // ISO 19115 has this word for planning
    vocabulary("gmd:topicCategory", &["planningCadastre".to_owned()]) + &vocabulary("tongda", &words)
}

/// Keywords of one vocabulary, each once.
fn vocabulary(name: &str, words: &[String]) -> String {
    let mut told: Vec<&String> = Vec::new();
    for word in words {
        if !told.contains(&word) {
            told.push(word);
        }
    }
    if told.is_empty() {
        return String::new();
    }
    let words: String = told.iter().map(|word| format!("<keyword>{}</keyword>", escape(word))).collect();
    format!("<keywords vocabulary=\"{name}\">{words}</keywords>")
}

fn history(contents: &Contents) -> String {
    let lineage = &contents.lineage;
    let sources = lineage.sources.iter().map(|source| format!("来源 source: {}", source.line()));
    lineage.steps.iter().cloned().chain(sources).map(|line| format!("<history>{}</history>", escape(&line))).collect()
}

/// Constraints, credits and licences.
fn rights(contents: &Contents) -> String {
    let lineage = &contents.lineage;
    let mut out = String::new();
    let publication = qml::bilingual(&lineage.publication);
    if !publication.is_empty() {
        out.push_str(&format!("<constraints type=\"publication\">{}</constraints>", escape(&publication)));
    }
    // QGIS wants all rights before all licences
    let credits = lineage.sources.iter().filter(|source| !source.credit.is_empty());
    let licences = lineage.sources.iter().filter(|source| !source.licence.is_empty());
    let mut told: Vec<(&str, String)> = Vec::new();
    for one in credits
        .map(|source| ("rights", source.credit.clone()))
        .chain(licences.map(|source| ("license", format!("{} ({})", source.licence, source.name))))
    {
        if !told.contains(&one) {
            told.push(one);
        }
    }
    for (tag, text) in &told {
        out.push_str(&format!("<{tag}>{}</{tag}>", escape(text)));
    }
    out
}
