//! The QGIS project around a GeoPackage: groups, layers, visibility, drawing order, and one printed map.

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
use crate::io::qml;
use crate::io::xml::escape;
use crate::io::xml::uuid;
use crate::table::GeometryKind;
use crate::table::Table;
use crate::table::style::Group;
use crate::table::style::Symbol;

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
    /// Lines under the legend of the printed map.
    pub note: &'a Text,
    /// Layers are drawn points over lines over outlines over fills, then by group, then in this order.
    pub tables: &'a [Table],
    pub crs: &'a ProjectCrs,
    /// Name of the GeoPackage, without a folder.
    pub data_file: String,
    /// The language of the printed map's headings.
    pub lang: Lang,
}

const GROUPS: [(Group, &str); 4] = [
    (Group::Results, "结果 Results"),
    (Group::Evidence, "依据 Evidence"),
    (Group::Issues, "问题 Issues"),
    (Group::Context, "背景 Context"),
];
/// The height of filled areas in the drawing order, 0 is the top.
const FILLS: u8 = 3;
const TABLES_GROUP: &str = "数据表 Tables";

/// The project as the XML of a `.qgs` file; layers are looked for in `./data_file`.
pub fn xml(project: &Project) -> String {
    let title = escape(&shown_title(project));
    let created = &gpkg::TIMESTAMP[..19];
    let crs = spatial_ref_sys(project.crs);
    let units = if project.crs.is_geographic() { "degrees" } else { "meters" };
    let (min, max) = (project.crs.view().min(), project.crs.view().max());
    let layers: Vec<Layer> =
        project.tables.iter().enumerate().map(|(at, table)| Layer::new(project, at, table)).collect();
    let map_layers: String = layers.iter().map(map_layer).collect();
    let order: String = drawing_order(&layers).iter().map(|layer| format!("<layer id=\"{}\"/>", layer.id)).collect();
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.22.16-Białowieża\" projectname=\"{title}\" saveDateTime=\"{created}\"><homePath path=\"\"/>\
         <title>{title}</title><projectCrs>{crs}</projectCrs>\n{tree}\n\
         <mapcanvas name=\"theMapCanvas\" annotationsVisible=\"1\"><units>{units}</units><extent><xmin>{x0}</xmin>\
         <ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax></extent><rotation>0</rotation>\
         <destinationsrs>{crs}</destinationsrs></mapcanvas>\n\
         <projectlayers>{map_layers}</projectlayers>\n<layerorder>{order}</layerorder>\n{PROPERTIES}\n\
         <projectMetadata><title>{title}</title><abstract>{summary}</abstract><author>tongda</author>\
         <creation>{created}</creation></projectMetadata>\n<Layouts>{layout}</Layouts>\n\
         <ProjectViewSettings UseProjectScales=\"0\"><Scales/><DefaultViewExtent xmin=\"{x0}\" ymin=\"{y0}\" \
         xmax=\"{x1}\" ymax=\"{y1}\">{crs}</DefaultViewExtent></ProjectViewSettings></qgis>\n",
        tree = layer_tree(&layers),
        summary = escape(&qml::bilingual(project.summary)),
        layout = print_layout::layout(project, &drawing_order(&layers)),
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
    let mark = if project.tables.iter().any(|table| table.synthetic) { "（合成数据 synthetic）" } else { "" };
    format!("{}{mark}", qml::bilingual(project.title))
}

/// One layer of the project.
pub(super) struct Layer<'a> {
    pub(super) table: &'a Table,
    /// Among the tables of the project.
    pub(super) position: usize,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) source: String,
    /// `None` for tables without geometry, which are in a group of their own.
    pub(super) group: Option<Group>,
    pub(super) visible: bool,
    height: u8,
}

impl<'a> Layer<'a> {
    fn new(project: &Project, position: usize, table: &'a Table) -> Layer<'a> {
        let style = qml::style_of(table);
        let outlines_only = style.classes.iter().all(|class| matches!(class.symbol, Symbol::Outline { .. }));
        Layer {
            table,
            position,
            // Ids of QGIS are a name, an underscore and a UUID without braces and with underscores.
            id: format!("{}_{}", table.name, uuid(&table.name).trim_matches(['{', '}']).replace('-', "_")),
            title: table.display_title(),
            source: format!("./{}|layername={}", project.data_file, table.name),
            group: (table.geometry != GeometryKind::None).then_some(style.group),
            visible: style.visible && table.geometry != GeometryKind::None,
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
            if self.visible { "Qt::Checked" } else { "Qt::Unchecked" },
            u8::from(expanded),
        )
    }
}

fn drawing_order<'a, 'b>(layers: &'b [Layer<'a>]) -> Vec<&'b Layer<'a>> {
    let mut order: Vec<&Layer> = layers.iter().collect();
    order.sort_by_key(|layer| (layer.height, layer.group));
    order
}

fn tree_order<'a, 'b>(layers: &'b [Layer<'a>]) -> Vec<(&'static str, Vec<&'b Layer<'a>>)> {
    let of_group = |group: Option<Group>| {
        let mut members: Vec<&Layer> = layers.iter().filter(|layer| layer.group == group).collect();
        members.sort_by_key(|layer| layer.height);
        members
    };
    let mut groups: Vec<_> = GROUPS.iter().map(|(group, title)| (*title, of_group(Some(*group)))).collect();
    groups.push((TABLES_GROUP, of_group(None)));
    groups.retain(|(_, members)| !members.is_empty());
    groups
}

fn layer_tree(layers: &[Layer]) -> String {
    let groups = tree_order(layers);
    let mut out = "<layer-tree-group><customproperties/>".to_owned();
    for (title, members) in &groups {
        let entries: String = members.iter().map(|layer| layer.entry(layer.visible, "")).collect();
        let _ = write!(
            out,
            "<layer-tree-group name=\"{title}\" checked=\"Qt::Checked\" expanded=\"1\"><customproperties/>{entries}\
             </layer-tree-group>"
        );
    }
    // QGIS draws in the order of the tree. Where that would put the fills of one group over the points of the next,
    // the project has an order of its own ("Control rendering order" in the Layer Order panel).
    let drawn: Vec<&str> = drawing_order(layers).iter().map(|layer| layer.id.as_str()).collect();
    let listed: Vec<&str> = groups.iter().flat_map(|(_, members)| members.iter().map(|l| l.id.as_str())).collect();
    if drawn != listed {
        let items: String = drawn.iter().map(|id| format!("<item>{id}</item>")).collect();
        let _ = write!(out, "<custom-order enabled=\"1\">{items}</custom-order>");
    }
    out + "</layer-tree-group>"
}

fn map_layer(layer: &Layer) -> String {
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
         <identifier>{name}</identifier><title>{title}</title><abstract>{about}</abstract></resourceMetadata>{body}\
         </maplayer>\n",
        labels = u8::from(qml::style_of(table).label.is_some()),
        id = layer.id,
        source = escape(&layer.source),
        title = escape(&layer.title),
        name = table.name,
        about = escape(&gpkg::description(table)),
        body = qml::body(table),
    )
}

fn spatial_ref_sys(crs: &ProjectCrs) -> String {
    spatial_ref_sys_of(crs.epsg, &crs.name, &crs.wkt1, crs.is_geographic())
}

fn spatial_ref_sys_of(epsg: Option<u32>, name: &str, wkt1: &str, geographic: bool) -> String {
    let code = epsg.map(|code| format!("<srid>{code}</srid><authid>EPSG:{code}</authid>")).unwrap_or_default();
    format!(
        "<spatialrefsys nativeFormat=\"Wkt\"><wkt>{}</wkt>{code}<description>{}</description>\
         <geographicflag>{geographic}</geographicflag></spatialrefsys>",
        escape(wkt1),
        escape(name),
    )
}
