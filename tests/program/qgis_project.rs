//! The QGIS project of a package, read as XML: groups, themes, printed maps and metadata belong together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use geo_types::Point;
use geo_types::Rect;
use geo_types::polygon;
use quick_xml::Reader;
use quick_xml::events::Event;
use rusqlite::Connection;
use tongda::base::units::Lang;
use tongda::base::units::Text;
use tongda::io::gpkg;
use tongda::io::gpkg::Package;
use tongda::io::qgis_contents::Chapter;
use tongda::io::qgis_contents::Contents;
use tongda::io::qgis_contents::Lineage;
use tongda::io::qgis_contents::Origin;
use tongda::io::qgis_contents::Shelf;
use tongda::io::qgis_project;
use tongda::io::qgis_project::Project;
use tongda::io::qgis_project::ProjectCrs;
use tongda::table::Field;
use tongda::table::FieldKind;
use tongda::table::GeometryKind;
use tongda::table::OutputCrs;
use tongda::table::Row;
use tongda::table::Table;
use tongda::table::style::Class;
use tongda::table::style::Group;
use tongda::table::style::Shape;
use tongda::table::style::Style;
use tongda::table::style::Symbol;

// ------------------------------------------------------------------------------------------------------ XML

/// An element of a document.
#[derive(Debug, Default, Clone)]
struct Node {
    tag: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Node>,
    text: String,
}

impl Node {
    fn all<'a>(&'a self, tag: &str) -> Vec<&'a Node> {
        let own = self.children.iter().filter(|child| child.tag == tag);
        own.chain(self.children.iter().flat_map(|child| child.all(tag))).collect()
    }

    fn one<'a>(&'a self, tag: &str) -> &'a Node {
        self.all(tag).first().copied().unwrap_or_else(|| panic!("no <{tag}> in <{}>", self.tag))
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("<{}> has no {name}", self.tag))
    }

    fn texts<'a>(&'a self, tag: &str) -> Vec<&'a str> {
        self.all(tag).iter().map(|node| node.text.as_str()).collect()
    }
}

fn parsed(xml: &str) -> Node {
    let mut reader = Reader::from_str(xml);
    let mut open = vec![Node::default()];
    let start = |element: &quick_xml::events::BytesStart<'_>| Node {
        tag: element.name().as_ref().to_owned(),
        attributes: element
            .attributes()
            .map(|attribute| attribute.unwrap())
            .map(|attribute| {
                (attribute.key.as_ref().to_owned(), quick_xml::escape::unescape(&attribute.value).unwrap().into_owned())
            })
            .collect(),
        ..Node::default()
    };
    let close = |open: &mut Vec<Node>| {
        let node = open.pop().unwrap();
        open.last_mut().unwrap().children.push(node);
    };
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => open.push(start(&element)),
            Event::Empty(element) => {
                open.push(start(&element));
                close(&mut open);
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => {
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::GeneralRef(entity) => {
                let text = quick_xml::escape::unescape(&format!("&{};", &*entity)).unwrap().into_owned();
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(open.len(), 1, "an element is not closed");
    open.remove(0)
}

// ---------------------------------------------------------------------------------------------------- scene

fn table(name: &str, title: (&str, &str), geometry: GeometryKind, rows: usize, classes: usize, group: Group) -> Table {
    let row = |n: usize| {
        let (x, y) = (120.0 + (n % 30) as f64 * 0.01, 32.0 + (n / 30) as f64 * 0.01);
        Row {
            geometry: match geometry {
                GeometryKind::Point => Some(Point::new(x, y).into()),
                GeometryKind::MultiPolygon => Some(
                    polygon![(x: x, y: y), (x: x + 0.01, y: y), (x: x + 0.01, y: y + 0.02), (x: x, y: y + 0.02)].into(),
                ),
                _ => None,
            },
            values: vec![format!("{}", n % classes.max(1)).into()],
        }
    };
    let symbol = |geometry| match geometry {
        GeometryKind::Point => {
            Symbol::Marker { shape: Shape::Circle, color: "#c51b7d", size_mm: 1.8, outline: "#4d4d4d" }
        }
        _ => Symbol::Fill { color: "#9ecae1", outline: "#ffffff", outline_mm: 0.3 },
    };
    let class = |n: usize| {
        let label = Text::new(format!("class number {n}"), format!("第 {n} 类"));
        Class::equals("class", &format!("{n}"), label, symbol(geometry))
    };
    Table {
        name: name.to_owned(),
        title: Text::new(title.0, title.1),
        description: Text::new("For a test", "供测试"),
        synthetic: false,
        crs: OutputCrs::Cgcs2000,
        geometry,
        fields: vec![Field::new("class", FieldKind::Text, "Class", "类")],
        rows: (0..rows).map(row).collect(),
        style: (geometry != GeometryKind::None).then(|| Style {
            classes: (0..classes).map(class).collect(),
            label: None,
            opacity: 1.0,
            visible: group == Group::Context,
            group,
        }),
    }
}

fn chapter(id: &str, title: (&str, &str), tables: &[&str]) -> Chapter {
    Chapter {
        id: id.to_owned(),
        title: Text::new(title.0, title.1),
        verdict: Text::new("61.8 % · missed", "61.8 % · 未达标"),
        tables: tables.iter().map(|name| (*name).to_owned()).collect(),
        method: Text::new("Method: served-share", "方法：served-share"),
        keywords: vec!["served-share".to_owned(), "served-share".to_owned()],
        ..Chapter::default()
    }
}

/// Two indicators, facilities, a scorecard and outlines.
fn scene() -> (Vec<Table>, Contents) {
    let (polygons, points, none) = (GeometryKind::MultiPolygon, GeometryKind::Point, GeometryKind::None);
    let tables = vec![
        table("scorecard", ("Scorecard", "评分表"), none, 1, 0, Group::Results),
        table("seats_regions", ("Seats: by region", "学位：分区结果"), polygons, 4, 6, Group::Results),
        table("seats_points", ("Seats: points", "学位：各点"), points, 600, 3, Group::Evidence),
        table("seats_left_out", ("Seats: left out", "学位：未获服务"), none, 2, 0, Group::Evidence),
        table("beds_regions", ("Beds: by region", "床位：分区结果"), polygons, 4, 6, Group::Results),
        table("beds_points", ("Beds: points", "床位：各点"), points, 601, 3, Group::Evidence),
        table("facilities_clinic", ("Clinics", "诊所"), points, 20, 2, Group::Evidence),
        table("facilities_school", ("Schools", "学校"), points, 201, 2, Group::Evidence),
        table("outlines", ("Regions", "行政区"), polygons, 4, 2, Group::Context),
    ];
    let mut seats = chapter("seats", ("Seats", "学位"), &["seats_regions", "seats_points", "seats_left_out"]);
    seats.beside = vec!["facilities_school".to_owned()];
    let mut beds = chapter("beds", ("Beds", "床位"), &["beds_regions", "beds_points"]);
    beds.beside = vec!["facilities_clinic".to_owned()];
    beds.synthetic = true;
    let shelf = |en: &str, zh: &str, names: &[&str]| Shelf {
        title: Text::new(en, zh),
        tables: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let contents = Contents {
        chapters: vec![seats, beds],
        shelves: vec![
            shelf("Facilities", "设施", &["facilities_clinic", "facilities_school"]),
            shelf("Scorecard", "评分表", &["scorecard"]),
            shelf("Base map", "底图", &["outlines"]),
        ],
        lineage: Lineage {
            steps: vec!["program: tongda 0.1.0".to_owned()],
            sources: vec![Origin {
                name: "a & b.csv".to_owned(),
                licence: "CC BY 4.0".to_owned(),
                credit: "© <GeoNames>".to_owned(),
                date: "2023-06-30".to_owned(),
                synthetic: false,
                sha256: "00ff".to_owned(),
            }],
            publication: Text::new("not for publication", "不得公开出版"),
        },
    };
    (tables, contents)
}

fn crs() -> ProjectCrs {
    ProjectCrs {
        epsg: Some(4549),
        name: "CGCS2000 / 3-degree Gauss-Kruger CM 120E".to_owned(),
        wkt1: "PROJCS[\"CGCS2000 / 3-degree Gauss-Kruger CM 120E\"]".to_owned(),
        extent: Rect::new((500_000.0, 3_540_000.0), (530_000.0, 3_560_000.0)),
    }
}

fn project_xml(tables: &[Table], contents: &Contents, langs: &[Lang]) -> Node {
    let (title, note) = (Text::new("A study", "一项研究"), Text::new("Data: a.csv", "数据：a.csv"));
    let crs = crs();
    parsed(&qgis_project::xml(&Project {
        title: &title,
        summary: &note,
        note: &note,
        tables,
        crs: &crs,
        data_file: "a.gpkg".to_owned(),
        langs,
        contents,
    }))
}

fn both() -> [Lang; 2] {
    [Lang::Zh, Lang::En]
}

/// The tables of layer ids.
fn table_of(id: &str) -> String {
    // an id is the table's name and 37 characters of a UUID
    id[..id.len() - 37].to_owned()
}

fn shown_by(theme: &Node) -> Vec<String> {
    theme.all("layer").iter().map(|layer| table_of(layer.get("id"))).collect()
}

// ---------------------------------------------------------------------------------------------------- tests

#[test]
fn every_layer_is_in_one_group_and_only_the_first_indicator_is_shown() {
    let (tables, contents) = scene();
    let xml = project_xml(&tables, &contents, &both());
    let root = xml.one("qgis").children.iter().find(|child| child.tag == "layer-tree-group").unwrap();
    let groups: Vec<&Node> = root.children.iter().filter(|child| child.tag == "layer-tree-group").collect();
    let seen: Vec<(&str, &str, Vec<String>)> = groups
        .iter()
        .map(|group| {
            let members = group.all("layer-tree-layer");
            let shown = members.iter().filter(|layer| layer.get("checked") == "Qt::Checked");
            (group.get("name"), group.get("checked"), shown.map(|layer| table_of(layer.get("id"))).collect())
        })
        .collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<String>>();
    // the second group is ready for whoever ticks it; 601 points and 201 schools are too many for a map
    assert_eq!(
        seen,
        [
            ("学位 Seats", "Qt::Checked", names(&["seats_points", "seats_regions"])),
            ("床位 Beds（合成数据 synthetic）", "Qt::Unchecked", names(&["beds_regions"])),
            ("设施 Facilities", "Qt::Unchecked", names(&[])),
            ("评分表 Scorecard", "Qt::Unchecked", names(&[])),
            ("底图 Base map", "Qt::Checked", names(&["outlines"])),
        ]
    );
    let listed = root.all("layer-tree-layer").len();
    assert_eq!((listed, xml.all("maplayer").len()), (tables.len(), tables.len()));
    // the group says the indicator, its layers need not
    let titles: Vec<&str> = groups[0].all("layer-tree-layer").iter().map(|layer| layer.get("name")).collect();
    assert_eq!(titles, ["各点 Points", "分区结果 By region", "未获服务 Left out"]);
}

#[test]
fn a_theme_shows_one_fill_few_points_and_the_outlines() {
    let (tables, contents) = scene();
    let xml = project_xml(&tables, &contents, &both());
    let themes = xml.all("visibility-preset");
    let names: Vec<&str> = themes.iter().map(|theme| theme.get("name")).collect();
    assert_eq!(names, ["1 学位 Seats", "2 床位 Beds"]);
    assert_eq!(shown_by(themes[0]), ["seats_regions", "seats_points", "outlines"]);
    assert_eq!(shown_by(themes[1]), ["beds_regions", "facilities_clinic", "outlines"]);
    let ids: Vec<&str> = xml.all("maplayer").iter().map(|layer| layer.one("id").text.as_str()).collect();
    for theme in &themes {
        assert!(theme.all("layer").iter().all(|layer| ids.contains(&layer.get("id"))));
    }
    let groups: Vec<&str> = themes[1].all("checked-group-node").iter().map(|node| node.get("id")).collect();
    assert_eq!(groups, ["床位 Beds（合成数据 synthetic）", "设施 Facilities", "底图 Base map"]);
    // QGIS calls the only style of a layer otherwise in Chinese: themes and layers must agree whatever the language
    for layer in xml.all("maplayer") {
        assert_eq!(layer.one("map-layer-style-manager").get("current"), "default");
    }
    assert!(themes.iter().flat_map(|theme| theme.all("layer")).all(|layer| layer.get("style") == "default"));
}

#[test]
fn every_theme_is_printed_on_two_sheets_in_every_language() {
    let (tables, contents) = scene();
    for (langs, count) in [(&both()[..], 8), (&[Lang::En][..], 4)] {
        let xml = project_xml(&tables, &contents, langs);
        let layouts = xml.all("Layout");
        assert_eq!(layouts.len(), count);
        let mut names: Vec<&str> = layouts.iter().map(|layout| layout.get("name")).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
        let mut ids: Vec<&str> = xml.all("LayoutItem").iter().map(|item| item.get("uuid")).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "two items have one id");
        for layout in layouts {
            let item = |id: &str| layout.all("LayoutItem").into_iter().find(|item| item.get("id") == id);
            let size = if layout.get("name").contains("A3") { "420,297,mm" } else { "297,210,mm" };
            assert_eq!(item("page").unwrap().get("size"), size);
            let map = item("map").unwrap();
            assert_eq!(map.get("followPreset"), "true");
            let theme =
                xml.all("visibility-preset").into_iter().find(|theme| theme.get("name") == map.get("followPresetName"));
            // the legend explains what the theme shows, in its order, and nothing else
            let legend = item("legend").unwrap();
            let explained: Vec<String> =
                legend.all("layer-tree-layer").iter().map(|layer| table_of(layer.get("id"))).collect();
            assert_eq!(explained, shown_by(theme.unwrap()));
            let map_id = map.get("uuid");
            assert_eq!(legend.get("map_uuid"), map_id);
            assert!(["north", "scale"].iter().all(|id| item(id).unwrap().get("mapUuid") == map_id));
            let is_beds = map.get("followPresetName").contains("Beds");
            let said = item("synthetic").map(|label| label.get("labelText").to_owned());
            assert_eq!(said.is_some(), is_beds, "{}", layout.get("name"));
            let title = item("title").unwrap().get("labelText");
            let in_chinese = ["学位", "床位"].contains(&title);
            assert!(in_chinese || ["Seats", "Beds"].contains(&title), "{title}");
            let verdict = if in_chinese { "61.8 % · 未达标" } else { "61.8 % · missed" };
            assert_eq!(item("verdict").unwrap().get("labelText"), verdict);
            let labels: Vec<&str> = legend
                .all("Option")
                .into_iter()
                .filter(|option| option.attributes.get("name").is_some_and(|name| name == "legend/label-0"))
                .map(|option| option.get("value"))
                // each with the number of rows that it draws
                .map(|label| {
                    label.strip_suffix(']').and_then(|label| label.rsplit_once(" [")).map_or(label, |(label, _)| label)
                })
                .collect();
            let first = if in_chinese { "第 0 类" } else { "class number 0" };
            assert_eq!(labels, [first; 3], "{}", layout.get("name"));
        }
    }
}

#[test]
fn indicators_of_one_title_are_told_apart() {
    let (tables, mut contents) = scene();
    contents.chapters[1].title = contents.chapters[0].title.clone();
    let xml = project_xml(&tables, &contents, &both());
    let unique = |mut names: Vec<String>| {
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "{names:?}");
    };
    let root = xml.one("layer-tree-group");
    unique(root.all("layer-tree-group").iter().map(|group| group.get("name").to_owned()).collect());
    unique(xml.all("visibility-preset").iter().map(|theme| theme.get("name").to_owned()).collect());
    unique(xml.all("Layout").iter().map(|layout| layout.get("name").to_owned()).collect());
}

#[test]
fn a_legend_with_more_classes_than_a_page_holds_says_how_many_it_shows() {
    let (mut tables, contents) = scene();
    tables[1] = table(
        "seats_regions",
        ("Seats: by region", "学位：分区结果"),
        GeometryKind::MultiPolygon,
        90,
        90,
        Group::Results,
    );
    let xml = project_xml(&tables, &contents, &[Lang::En]);
    let first = xml.all("Layout")[0];
    let entry =
        first.all("layer-tree-layer").into_iter().find(|layer| table_of(layer.get("id")) == "seats_regions").unwrap();
    let options: BTreeMap<&str, &str> = entry
        .all("Option")
        .iter()
        .filter(|option| option.attributes.contains_key("name"))
        .map(|option| (option.get("name"), option.get("value")))
        .collect();
    let kept: Vec<usize> = options["legend/node-order"].split(',').map(|at| at.parse().unwrap()).collect();
    assert_eq!(kept, (0..kept.len()).collect::<Vec<_>>());
    // a class in 5.6 point takes 0.7 x (1.6 + 4.0) = 3.92 mm, and a page of 210 mm has some 140 mm for the legend
    assert!((20..36).contains(&kept.len()), "{}", kept.len());
    let title = options["legend/title-label"].replace('\u{2028}', " ");
    assert_eq!(title, format!("By region (the first {} of 90 classes)", kept.len()));
    assert!(!options.contains_key(&*format!("legend/label-{}", kept.len())));
}

#[test]
fn without_chapters_one_theme_shows_what_is_visible() {
    let (tables, _) = scene();
    let xml = project_xml(&tables, &Contents::default(), &[Lang::Zh]);
    let themes = xml.all("visibility-preset");
    assert_eq!(themes.len(), 1);
    assert_eq!((themes[0].get("name"), shown_by(themes[0])), ("一项研究 A study", vec!["outlines".to_owned()]));
    assert_eq!(xml.all("Layout").len(), 2);
    let nothing_to_draw = project_xml(&tables[..1], &Contents::default(), &[Lang::Zh]);
    assert!(nothing_to_draw.all("Layout").is_empty());
}

#[test]
fn layers_say_where_they_come_from_in_the_project_and_in_the_package() {
    let (tables, contents) = scene();
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.gpkg");
    let (title, note) = (Text::new("A study", "一项研究"), Text::new("Data", "数据"));
    let package = |path: &Path| {
        let package = Package {
            title: &title,
            summary: &note,
            note: &note,
            tables: &tables,
            project: Some(&crs()),
            provenance_json: "{}",
            langs: &both(),
            contents: &contents,
        };
        gpkg::write_with_project(path, &package).unwrap();
    };
    package(&path);
    let db = Connection::open(&path).unwrap();
    let stored: String = db
        .query_row(
            "SELECT m.metadata FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id \
             WHERE r.reference_scope = 'table' AND r.table_name = 'seats_regions' AND m.md_standard_uri = 'http://mrcc.com/qgis.dtd'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let xml = project_xml(&tables, &contents, &both());
    let in_project =
        xml.all("maplayer").into_iter().find(|layer| layer.one("id").text.starts_with("seats_regions_")).unwrap();
    for metadata in [parsed(&stored).one("qgis"), in_project.one("resourceMetadata")] {
        assert_eq!(metadata.one("identifier").text, "seats_regions");
        assert_eq!(metadata.one("title").text, "学位：分区结果 Seats: by region");
        let about = &metadata.one("abstract").text;
        assert!(about.contains("61.8 % · missed") && about.contains("Method: served-share"), "{about}");
        assert_eq!(metadata.texts("keyword"), ["planningCadastre", "served-share"]);
        let history = metadata.texts("history");
        assert_eq!(history[0], "program: tongda 0.1.0");
        assert!(
            ["a & b.csv", "CC BY 4.0", "© <GeoNames>", "2023-06-30", "00ff"]
                .iter()
                .all(|part| history[1].contains(part)),
            "{history:?}"
        );
        assert_eq!(metadata.texts("license"), ["CC BY 4.0 (a & b.csv)"]);
        assert_eq!(metadata.texts("rights"), ["© <GeoNames>"]);
        assert_eq!(metadata.texts("constraints"), ["不得公开出版 not for publication"]);
        // four rectangles of 0.01 by 0.02 degrees side by side from 120° E, 32° N
        let extent = metadata.one("spatial");
        let side = |name: &str| extent.get(name).parse::<f64>().unwrap();
        let sides = [side("minx") - 120.0, side("miny") - 32.0, side("maxx") - 120.04, side("maxy") - 32.02];
        assert!(sides.iter().all(|off| off.abs() < 1e-9), "{sides:?}");
        assert_eq!(extent.get("crs"), "EPSG:4490");
    }
    let project = xml.one("projectMetadata");
    assert_eq!(project.texts("history").len(), 2);
    // the same run gives the same bytes
    let again = home.path().join("again/a.gpkg");
    package(&again);
    assert!(fs::read(&path).unwrap() == fs::read(&again).unwrap());
}

#[test]
fn an_origin_without_a_licence_says_so() {
    let (tables, mut contents) = scene();
    contents.lineage.sources[0] = Origin { name: "a.csv".to_owned(), synthetic: true, ..Origin::default() };
    let xml = project_xml(&tables, &contents, &both());
    let metadata = xml.all("resourceMetadata")[1];
    assert!(metadata.all("license").is_empty() && metadata.all("rights").is_empty());
    let history = metadata.texts("history");
    assert_eq!(history[1], "来源 source: a.csv; 合成数据 synthetic; 许可未注明 licence not stated");
}
