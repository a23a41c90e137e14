//! Map themes of a project: for each indicator the layers that make a readable map, switched to with one click.

use crate::base::units::Text;
use crate::io::print_layout::A4;
use crate::io::print_layout::legend_room;
use crate::io::print_legend;
use crate::io::qgis_contents::Chapter;
use crate::io::qgis_project::Folder;
use crate::io::qgis_project::Layer;
use crate::io::qgis_project::Project;
use crate::io::qgis_project::STYLE;
use crate::io::qml;
use crate::io::xml::escape;
use crate::table::GeometryKind;
use crate::table::style::Group;

/// More points of an indicator make a blot on a map of a whole study, and are left to a closer look.
const MOST_POINTS: usize = 600;
/// The same of facilities, whose signs are larger.
const MOST_FACILITIES: usize = 200;

/// The visible layers of one theme.
pub(super) struct Theme<'a> {
    /// Unique in the project.
    pub(super) name: String,
    /// Positions of its layers, those that say most first, what lies below everything last.
    pub(super) layers: Vec<usize>,
    pub(super) title: &'a Text,
    /// Figure and verdict; empty for the theme of a project without chapters.
    pub(super) verdict: Option<&'a Text>,
    /// Stands before titles of maps, so that lists are in the order of the scorecard.
    pub(super) number: String,
    /// The figure or anything shown rests on made-up data.
    pub(super) synthetic: bool,
}

impl Theme<'_> {
    /// The theme as an entry of `<visibility-presets>`.
    pub(super) fn preset(&self, folders: &[Folder], layers: &[Layer]) -> String {
        let shown: String = self
            .layers
            .iter()
            .map(|at| format!("<layer id=\"{}\" visible=\"1\" expanded=\"1\" style=\"{STYLE}\"/>", layers[*at].id))
            .collect();
        let open = || folders.iter().filter(|folder| folder.members.iter().any(|at| self.layers.contains(at)));
        let nodes = |tag: &str| -> String {
            open().map(|folder| format!("<{tag} id=\"{}\"/>", escape(&folder.title))).collect()
        };
        format!(
            "<visibility-preset name=\"{}\" has-expanded-info=\"1\" has-checked-group-info=\"1\">{shown}\
             <checked-group-nodes>{}</checked-group-nodes><expanded-group-nodes>{}</expanded-group-nodes>\
             </visibility-preset>",
            escape(&self.name),
            nodes("checked-group-node"),
            nodes("expanded-group-node"),
        )
    }
}

/// A theme for each chapter that can be drawn; without chapters, one of the layers that are to be seen at first.
pub(super) fn themes<'a>(project: &Project<'a>, layers: &[Layer]) -> Vec<Theme<'a>> {
    let chapters = &project.contents.chapters;
    if chapters.is_empty() {
        let mut visible: Vec<usize> = (0..layers.len()).filter(|at| layers[*at].visible).collect();
        visible.sort_by_key(|at| layers[*at].group);
        let shown = fitting(project, layers, &one_fill(layers, &visible));
        if shown.is_empty() {
            return Vec::new();
        }
        let synthetic = project.tables.iter().any(|table| table.synthetic);
        let name = qml::bilingual(project.title);
        return vec![Theme {
            name,
            layers: shown,
            title: project.title,
            verdict: None,
            number: String::new(),
            synthetic,
        }];
    }
    let digits = chapters.len().to_string().len();
    chapters
        .iter()
        .enumerate()
        .filter_map(|(at, chapter)| {
            let shown = fitting(project, layers, &of_chapter(chapter, layers));
            let own = shown.iter().any(|at| chapter.tables.contains(&layers[*at].table.name));
            let number = format!("{:0digits$}", at + 1);
            own.then(|| Theme {
                name: format!("{number} {}", qml::bilingual(&chapter.title)),
                synthetic: chapter.synthetic || shown.iter().any(|at| layers[*at].table.synthetic),
                layers: shown,
                title: &chapter.title,
                verdict: Some(&chapter.verdict),
                number,
            })
        })
        .collect()
}

/// Of one indicator: its first fill, the lines among its results, its points where they are few, facilities that are few where no line
/// hides them, and the outlines.
///
/// Where it has no fill, its first lines, or else its first points however many.
fn of_chapter(chapter: &Chapter, layers: &[Layer]) -> Vec<usize> {
    let positions = |names: &[String]| -> Vec<usize> {
        names.iter().filter_map(|name| layers.iter().position(|layer| layer.table.name == *name)).collect()
    };
    let own = positions(&chapter.tables);
    let find = |fits: &dyn Fn(&Layer) -> bool| own.iter().copied().find(|at| fits(&layers[*at]));
    let is = |layer: &Layer, kind: GeometryKind| layer.table.geometry == kind;
    let is_result = |layer: &Layer| layer.group == Some(Group::Results);
    let fill = find(&|layer| layer.hides_below() && is_result(layer)).or_else(|| find(&|layer| layer.hides_below()));
    let mut shown: Vec<usize> = fill.into_iter().collect();
    let lines = |layer: &Layer| is(layer, GeometryKind::MultiLineString);
    shown
        .extend(own.iter().copied().filter(|at| lines(&layers[*at]) && is_result(&layers[*at]) && layers[*at].visible));
    if shown.is_empty() {
        shown.extend(find(&lines));
    }
    let points = |layer: &Layer| is(layer, GeometryKind::Point) && layer.group != Some(Group::Issues);
    let few = |layer: &Layer, most: usize| points(layer) && layer.table.rows.len() <= most;
    match shown.is_empty() {
        true => shown.extend(find(&points)),
        false => shown.extend(find(&|layer| few(layer, MOST_POINTS))),
    }
    if !shown.iter().any(|at| lines(&layers[*at])) {
        shown.extend(positions(&chapter.beside).into_iter().filter(|at| few(&layers[*at], MOST_FACILITIES)));
    }
    if shown.is_empty() {
        return shown;
    }
    let grounds = layers.iter().enumerate().filter(|(_, layer)| layer.visible && layer.group == Some(Group::Context));
    shown.extend(grounds.map(|(at, _)| at));
    shown.dedup();
    shown
}

/// Of filled results only the first: it would hide the others.
fn one_fill(layers: &[Layer], positions: &[usize]) -> Vec<usize> {
    let fills = |at: &usize| layers[*at].group == Some(Group::Results) && layers[*at].hides_below();
    let first = positions.iter().find(|at| fills(at)).copied();
    positions.iter().copied().filter(|at| !fills(at) || Some(*at) == first).collect()
}

/// Those for which the legend has room on the smaller page in every language, so that all that is drawn is explained.
/// The first and what lies below everything are always there.
fn fitting(project: &Project, layers: &[Layer], wanted: &[usize]) -> Vec<usize> {
    let context = |at: usize| layers[at].group == Some(Group::Context);
    let mut shown: Vec<usize> = Vec::new();
    for at in wanted {
        let with: Vec<usize> =
            wanted.iter().copied().filter(|one| shown.contains(one) || one == at || context(*one)).collect();
        let entries: Vec<&Layer> = with.iter().map(|at| &layers[*at]).collect();
        let fits =
            project.langs.iter().all(|lang| print_legend::fits(&entries, *lang, &A4, legend_room(project, *lang, &A4)));
        if fits || shown.is_empty() || context(*at) {
            shown.push(*at);
        }
    }
    shown
}
