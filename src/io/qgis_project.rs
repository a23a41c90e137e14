//! The QGIS project around a GeoPackage: groups, layers, visibility, drawing order, themes, and printed maps.

use std::fmt::Write as _;
use std::io::Cursor;
use std::io::Write as _;

use geo_types::Rect;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use crate::base::units::Lang;
use crate::base::units::Text;
use crate::io::gpkg;
use crate::io::gpkg_schema;
use crate::io::print_layout;
use crate::io::qgis_contents::Contents;
use crate::io::qgis_metadata;
use crate::io::qgis_themes;
use crate::io::qgis_themes::Theme;
use crate::io::qml;
use crate::io::xml::escape;
use crate::io::xml::uuid;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::style::Group;
use crate::table::style::Symbol;
use crate::table::style::counts;

/// The CRS a project shows its layers in, and the part of the world it opens with.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectCrs {
    /// `None` for a CRS that has no EPSG code; QGIS then goes by `wkt1` alone.
    pub epsg: Option<u32>,
    pub name: String,
    /// WKT 1 as GDAL writes it. QGIS finds no CRS by the code alone.
    pub wkt1: String,
    /// In coordinates of this CRS, x east and y north: metres for a projected one, degrees for a geographic one.
    pub extent: Rect<f64>,
}

impl ProjectCrs {
    /// Whether coordinates are degrees.
    pub fn is_geographic(&self) -> bool {
        self.wkt1.trim_start().starts_with("GEOGCS")
    }

    /// The extent, at least a kilometre (or a hundredth of a degree) wide and high, so that one point can be shown.
    pub(super) fn view(&self) -> Rect<f64> {
        let least = if self.is_geographic() { 0.01 } else { 1000.0 };
        let (w, h) = (self.extent.width().max(least), self.extent.height().max(least));
        let (x, y) = (self.extent.center().x, self.extent.center().y);
        Rect::new((x - w / 2.0, y - h / 2.0), (x + w / 2.0, y + h / 2.0))
    }
}

/// A project over the layers of one GeoPackage in the same folder.
#[derive(Debug, Clone)]
pub struct Project<'a> {
    pub title: &'a Text,
    pub summary: &'a Text,
    /// Lines at the foot of the printed maps.
    pub note: &'a Text,
    /// Layers are drawn points over lines over outlines over fills, then by group, then in this order.
    pub tables: &'a [Table],
    pub crs: &'a ProjectCrs,
    /// Name of the GeoPackage, without a folder.
    pub data_file: String,
    /// The languages of the printed maps, each in one of them.
    pub langs: &'a [Lang],
    pub contents: &'a Contents,
}

/// Groups of tables that are in no chapter and on no shelf.
const GROUPS: [(Group, &str); 4] = [
    (Group::Results, "结果 Results"),
    (Group::Evidence, "依据 Evidence"),
    (Group::Issues, "问题 Issues"),
    (Group::Context, "背景 Context"),
];
/// The height of filled areas in the drawing order, 0 is the top.
const FILLS: u8 = 3;
const TABLES_GROUP: &str = "数据表 Tables";
pub(super) const SYNTHETIC: &str = "（合成数据 synthetic）";
/// A layer with more classes is folded in the layer panel.
const MOST_CLASSES_UNFOLDED: usize = 10;

/// The project as the XML of a `.qgs` file; layers are looked for in `./data_file`.
pub fn xml(project: &Project) -> String {
    let title = escape(&shown_title(project));
    let created = &gpkg::TIMESTAMP[..19];
    let crs = spatial_ref_sys(project.crs);
    let units = if project.crs.is_geographic() { "degrees" } else { "meters" };
    let (min, max) = (project.crs.view().min(), project.crs.view().max());
    let mut folders = folders(project);
    let mut layers = layers(project, &folders);
    let themes = qgis_themes::themes(project, &layers);
    open_with(themes.first(), &themes, &mut folders, &mut layers);
    let layers = layers;
    let map_layers: String = layers.iter().map(|layer| map_layer(project, layer)).collect();
    let drawn = drawing_order(&layers);
    let order: String = drawn.iter().map(|layer| format!("<layer id=\"{}\"/>", layer.id)).collect();
    let layouts: String = themes.iter().map(|theme| print_layout::layouts(project, &layers, theme)).collect();
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22.16-Białowieża\" projectname=\"{title}\" saveDateTime=\"{created}\"><homePath path=\"\"/>\
         <title>{title}</title><projectCrs>{crs}</projectCrs>\n{tree}\n\
         <mapcanvas name=\"theMapCanvas\" annotationsVisible=\"1\"><units>{units}</units><extent><xmin>{x0}</xmin>\
         <ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax></extent><rotation>0</rotation>\
         <destinationsrs>{crs}</destinationsrs></mapcanvas>\n\
         <projectlayers>{map_layers}</projectlayers>\n<layerorder>{order}</layerorder>\n{PROPERTIES}\n\
         <visibility-presets>{presets}</visibility-presets>\n\
         <projectMetadata>{metadata}<title>{title}</title><author>tongda</author>\
         <creation>{created}</creation></projectMetadata>\n<Layouts>{layouts}</Layouts>\n\
         <ProjectViewSettings UseProjectScales=\"0\"><Scales/><DefaultViewExtent xmin=\"{x0}\" ymin=\"{y0}\" \
         xmax=\"{x1}\" ymax=\"{y1}\">{crs}</DefaultViewExtent></ProjectViewSettings></qgis>\n",
        tree = layer_tree(&folders, &layers),
        presets = themes.iter().map(|theme| theme.preset(&folders, &layers)).collect::<String>(),
        metadata = qgis_metadata::of_project(project),
        x0 = min.x,
        y0 = min.y,
        x1 = max.x,
        y1 = max.y,
    )
}

/// Relative paths, a white canvas, and labels that may be left away where they do not fit. QGIS takes no project CRS
/// without `ProjectionsEnabled`.
const PROPERTIES: &str = "<properties><SpatialRefSys><ProjectionsEnabled type=\"int\">1</ProjectionsEnabled>\
    </SpatialRefSys><Paths><Absolute type=\"bool\">false</Absolute></Paths><Gui><CanvasColorRedPart type=\"int\">255\
    </CanvasColorRedPart><CanvasColorGreenPart type=\"int\">255</CanvasColorGreenPart><CanvasColorBluePart \
    type=\"int\">255</CanvasColorBluePart></Gui><Measure><Ellipsoid type=\"QString\">EPSG:7030</Ellipsoid></Measure>\
    <PAL><PlacementEngineVersion type=\"int\">1</PlacementEngineVersion><DrawUnplaced type=\"bool\">false</DrawUnplaced>\
    </PAL></properties>";

/// The project as a `.qgz` file, compressed; the same project gives the same bytes.
///
/// # Errors
/// The error of the compressor, which has no way to fail on memory that this code knows of.
pub fn qgz(project: &Project) -> Result<Vec<u8>, ZipError> {
    // Default options carry the fixed time stamp 1980-01-01 00:00.
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("project.qgs", SimpleFileOptions::DEFAULT)?;
    archive.write_all(xml(project).as_bytes())?;
    Ok(archive.finish()?.into_inner())
}

/// The title in both languages, marked where any table is synthetic.
fn shown_title(project: &Project) -> String {
    let mark = if project.tables.iter().any(|table| table.synthetic) { SYNTHETIC } else { "" };
    format!("{}{mark}", qml::bilingual(project.title))
}

/// A group of the layer tree, open and shown or not.
pub(super) struct Folder {
    pub(super) title: String,
    /// Positions of its tables, those that say most first.
    pub(super) members: Vec<usize>,
    checked: bool,
    expanded: bool,
}

/// The chapters, then the shelves, then what is left, by style; each with a layer, and each layer once.
fn folders(project: &Project) -> Vec<Folder> {
    let contents = project.contents;
    let chapters = contents.chapters.iter().map(|chapter| (&chapter.title, chapter.synthetic, &chapter.tables));
    let shelves = contents.shelves.iter().map(|shelf| (&shelf.title, false, &shelf.tables));
    let mut taken = vec![false; project.tables.len()];
    let mut out: Vec<Folder> = Vec::new();
    let mut add = |title: String, members: Vec<usize>| {
        if !members.is_empty() {
            // themes name groups by their titles
            let number = out.iter().filter(|folder| folder.title == title).count() + 1;
            let title = if number > 1 { format!("{title} ({number})") } else { title };
            out.push(Folder { title, members, checked: true, expanded: true });
        }
    };
    for (title, synthetic, names) in chapters.chain(shelves) {
        let mut members: Vec<usize> = Vec::new();
        for name in names {
            if let Some(at) = project.tables.iter().position(|table| table.name == *name)
                && !taken[at]
            {
                taken[at] = true;
                members.push(at);
            }
        }
        add(format!("{}{}", qml::bilingual(title), if synthetic { SYNTHETIC } else { "" }), members);
    }
    let groups = GROUPS.iter().map(|(group, title)| (Some(*group), *title));
    for (group, title) in groups.chain([(None, TABLES_GROUP)]) {
        let fits = |table: &Table| (table.geometry != GeometryKind::None).then(|| qml::style_of(table).group) == group;
        let left = project.tables.iter().enumerate().filter(|(at, table)| !taken[*at] && fits(table));
        add(title.to_owned(), left.map(|(at, _)| at).collect());
    }
    out
}

/// One layer of the project.
pub(super) struct Layer<'a> {
    pub(super) table: &'a Table,
    pub(super) id: String,
    /// Without the title of its group.
    pub(super) heading: Text,
    /// As the layer panel shows it.
    pub(super) title: String,
    pub(super) source: String,
    /// `None` for tables without geometry.
    pub(super) group: Option<Group>,
    /// Ticked in the layer tree; it is shown when its group is ticked too.
    pub(super) visible: bool,
    expanded: bool,
    pub(super) classes: usize,
    /// Rows that each class draws.
    pub(super) counts: Vec<u64>,
    height: u8,
}

impl<'a> Layer<'a> {
    fn new(project: &Project, table: &'a Table, heading: Text) -> Layer<'a> {
        let style = qml::style_of(table);
        let outlines_only = style.classes.iter().all(|class| matches!(class.symbol, Symbol::Outline { .. }));
        let mark = if table.synthetic { SYNTHETIC } else { "" };
        Layer {
            table,
            // Ids of QGIS are a name, an underscore and a UUID without braces and with underscores.
            id: format!("{}_{}", table.name, uuid(&table.name).trim_matches(['{', '}']).replace('-', "_")),
            title: format!("{}{mark}", qml::bilingual(&heading)),
            heading,
            source: format!("./{}|layername={}", project.data_file, table.name),
            group: (table.geometry != GeometryKind::None).then_some(style.group),
            visible: style.visible && table.geometry != GeometryKind::None,
            expanded: false,
            classes: style.classes.len(),
            counts: match table.geometry {
                GeometryKind::None => vec![0; style.classes.len()],
                _ => counts(table, &style.classes),
            },
            height: match table.geometry {
                GeometryKind::Point => 0,
                GeometryKind::MultiLineString => 1,
                GeometryKind::MultiPolygon if outlines_only => 2,
                GeometryKind::MultiPolygon => FILLS,
                GeometryKind::None => 4,
            },
        }
    }

    /// Whether it is drawn as areas with a fill.
    pub(super) fn hides_below(&self) -> bool {
        self.height == FILLS
    }

    /// The layer as an entry of a layer tree.
    pub(super) fn entry(&self, expanded: bool, properties: &str) -> String {
        format!(
            "<layer-tree-layer id=\"{}\" name=\"{}\" source=\"{}\" providerKey=\"ogr\" checked=\"{}\" expanded=\"{}\">\
             <customproperties>{properties}</customproperties></layer-tree-layer>",
            self.id,
            escape(&self.title),
            escape(&self.source),
            checked(self.visible),
            u8::from(expanded),
        )
    }
}

/// A layer a table; those of a chapter without its title, which its group has already.
fn layers<'a>(project: &Project<'a>, folders: &[Folder]) -> Vec<Layer<'a>> {
    let chapter_of =
        |at: usize| project.contents.chapters.iter().find(|one| one.tables.contains(&project.tables[at].name));
    let mut layers: Vec<Layer> = project
        .tables
        .iter()
        .enumerate()
        .map(|(at, table)| {
            let heading = match chapter_of(at) {
                Some(chapter) => without_prefix(&table.title, &chapter.title),
                None => table.title.clone(),
            };
            Layer::new(project, table, heading)
        })
        .collect();
    for folder in folders {
        // a name twice in one group could not be told apart
        let mut seen: Vec<String> = Vec::new();
        for at in &folder.members {
            let layer = &mut layers[*at];
            if seen.contains(&layer.title) {
                layer.title = format!("{} ({})", layer.title, layer.table.name);
            }
            seen.push(layer.title.clone());
        }
    }
    layers
}

/// `Clinics near: by region` as `By region` under a heading `Clinics near`.
fn without_prefix(title: &Text, heading: &Text) -> Text {
    let cut = |title: &str, heading: &str| {
        let rest = title.strip_prefix(heading)?.trim_start();
        let rest = rest.strip_prefix(['：', ':'])?.trim();
        let first = rest.chars().next()?;
        Some(first.to_uppercase().chain(rest.chars().skip(1)).collect::<String>())
    };
    match (cut(&title.en, &heading.en), cut(&title.zh, &heading.zh)) {
        (Some(en), Some(zh)) => Text { en, zh },
        _ => title.clone(),
    }
}

/// Ticks what the project opens with: the layers of each theme in their own groups, and the groups of the first one.
fn open_with(first: Option<&Theme>, themes: &[Theme], folders: &mut [Folder], layers: &mut [Layer]) {
    let Some(first) = first else { return };
    for layer in layers.iter_mut() {
        layer.visible = false;
    }
    for folder in folders.iter_mut() {
        // whoever ticks a group sees what its own theme shows of it
        let own = themes.iter().find(|theme| theme.layers.first().is_some_and(|at| folder.members.contains(at)));
        for at in &folder.members {
            layers[*at].visible = own.unwrap_or(first).layers.contains(at);
            layers[*at].expanded = first.layers.contains(at) && layers[*at].classes <= MOST_CLASSES_UNFOLDED;
        }
        folder.checked = folder.members.iter().any(|at| first.layers.contains(at));
        folder.expanded = folder.checked;
    }
}

fn checked(flag: bool) -> &'static str {
    if flag { "Qt::Checked" } else { "Qt::Unchecked" }
}

/// Points over lines over outlines over fills, then by group, then in the order of the tables.
pub(super) fn drawing_order<'a, 'b>(layers: &'b [Layer<'a>]) -> Vec<&'b Layer<'a>> {
    let mut order: Vec<&Layer> = layers.iter().collect();
    order.sort_by_key(|layer| (layer.height, layer.group));
    order
}

fn layer_tree(folders: &[Folder], layers: &[Layer]) -> String {
    let mut out = "<layer-tree-group><customproperties/>".to_owned();
    let mut listed: Vec<&str> = Vec::new();
    for folder in folders {
        let mut members: Vec<&Layer> = folder.members.iter().map(|at| &layers[*at]).collect();
        members.sort_by_key(|layer| layer.height);
        listed.extend(members.iter().map(|layer| layer.id.as_str()));
        let entries: String = members.iter().map(|layer| layer.entry(layer.expanded, "")).collect();
        let _ = write!(
            out,
            "<layer-tree-group name=\"{}\" checked=\"{}\" expanded=\"{}\"><customproperties/>{entries}</layer-tree-group>",
            escape(&folder.title),
            checked(folder.checked),
            u8::from(folder.expanded),
        );
    }
    // QGIS draws in the order of the tree. Where that would put the fills of one group over the points of the next,
    // the project has an order of its own ("Control rendering order" in the Layer Order panel).
    let drawn: Vec<&str> = drawing_order(layers).iter().map(|layer| layer.id.as_str()).collect();
    if drawn != listed {
        let items: String = drawn.iter().map(|id| format!("<item>{id}</item>")).collect();
        let _ = write!(out, "<custom-order enabled=\"1\">{items}</custom-order>");
    }
    out + "</layer-tree-group>"
}

/// What QGIS calls the only style of a layer; themes refer to it. In other languages than English its own name is another.
pub(super) const STYLE: &str = "default";

fn map_layer(project: &Project, layer: &Layer) -> String {
    let table = layer.table;
    let geometry = match table.geometry {
        GeometryKind::None => "No geometry",
        GeometryKind::Point => "Point",
        GeometryKind::MultiLineString => "Line",
        GeometryKind::MultiPolygon => "Polygon",
    };
    let srs = gpkg_schema::srs(table.crs);
    let crs = match table.geometry {
        GeometryKind::None => String::new(),
        _ => spatial_ref_sys_of(Some(srs.id), srs.name, srs.wkt1, true),
    };
    format!(
        "<maplayer type=\"vector\" geometry=\"{geometry}\" styleCategories=\"AllStyleCategories\" \
         hasScaleBasedVisibilityFlag=\"0\" labelsEnabled=\"{labels}\"><id>{id}</id><datasource>{source}</datasource>\
         <layername>{title}</layername><srs>{crs}</srs><provider encoding=\"UTF-8\">ogr</provider><resourceMetadata>\
         {metadata}</resourceMetadata><map-layer-style-manager current=\"{STYLE}\"><map-layer-style name=\"{STYLE}\"/>\
         </map-layer-style-manager>{body}</maplayer>\n",
        labels = u8::from(qml::style_of(table).label.is_some()),
        id = layer.id,
        source = escape(&layer.source),
        title = escape(&layer.title),
        metadata = qgis_metadata::of_table(table, project.contents),
        body = qml::body(table),
    )
}

fn spatial_ref_sys(crs: &ProjectCrs) -> String {
    spatial_ref_sys_of(crs.epsg, &crs.name, &crs.wkt1, crs.is_geographic())
}

pub(super) fn spatial_ref_sys_of(epsg: Option<u32>, name: &str, wkt1: &str, geographic: bool) -> String {
    let code = epsg.map(|code| format!("<srid>{code}</srid><authid>EPSG:{code}</authid>")).unwrap_or_default();
    format!(
        "<spatialrefsys nativeFormat=\"Wkt\"><wkt>{}</wkt>{code}<description>{}</description>\
         <geographicflag>{geographic}</geographicflag></spatialrefsys>",
        escape(wkt1),
        escape(name),
    )
}
