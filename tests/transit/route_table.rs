//! Route tables as bureaus send them, from the file to the figure: 20 counties of Jiangsu, and small scenes for each kind of mistake.
//!
//! The pairs that the lines of `tests/oracles/route_table.csv` join are counted by shapely (`tests/oracles/route_table.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tongda::app::init;
use tongda::base::progress::Silent;
use tongda::config;
use tongda::ingest;
use tongda::metrics::Output;
use tongda::model::study::Study;

use crate::support::scene::measure;

const CODES: &str = "320102|320104|320105|320106|320111|320113|320114|320115|320116|320117|320302|320303|320305|320311|320312|320321|\
                     320322|320324|320381|320382";
/// 38 pairs of neighbours; the lines join 33 of the 36 of which something is known.
const TABLE: &str = include_str!("route_table_20.csv");
const REACH: &str =
    "neighbour-reach = { level = \"county\", min-border = \"500 m\", tolerance = \"50 m\", min-trips-per-day = 1 }";

fn read(study: &str, files: &[(&str, &str)]) -> Result<Study, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let text = format!("title = \"t\"\n[study]\n{study}");
    let plan = config::parse(&text, "study.toml", folder.path()).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let study = ingest::study(&plan.study, &Silent).map_err(|error| error.to_string())?;
    assert!(study.ledgers.iter().all(|ledger| ledger.balances()));
    Ok(study)
}

/// The 20 counties with a route table whose columns have Chinese names.
fn counties(table: &str) -> Study {
    let regions = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/jiangsu/counties_wgs84.geojson");
    let id = if table.lines().next().unwrap_or_default().ends_with("站点编号") {
        "stop = \"站点编号\", stop-name = \"站点\""
    } else {
        "stop = \"站点\""
    };
    let text = format!(
        "max-loss = \"20 %\"\n\
         regions = {{ path = {regions:?}, level = \"county\", code = \"adcode\", name = \"name\", where = \"adcode = {CODES}\", parents = {{ city = {{ code = \"city_adcode\", name = \"city\" }} }} }}\n\
         services = {{ path = \"lines.csv\", crs = \"EPSG:4326\", columns = {{ route = \"线路编号\", route-name = \"线路名称\", mode = \"类型\", direction = \"方向\", sequence = \"站序\", {id}, trips-per-day = \"日发班次\", first = \"首班\", last = \"末班\", region = \"所属县区\" }} }}\n"
    );
    read(&text, &[("lines.csv", table)]).unwrap_or_else(|error| panic!("{error}"))
}

/// Connected, with data, without.
fn sums(output: &Output) -> (f64, f64, f64) {
    (output.headline.part.unwrap(), output.headline.whole.unwrap(), output.headline.unknown)
}

fn states(output: &Output) -> BTreeMap<String, &'static str> {
    output.evidence.iter().map(|line| (line.key.clone(), line.state)).collect()
}

/// The table with a column of ids: one name in two places has two.
fn with_ids(table: &str) -> String {
    let mut lines = table.lines();
    let mut text = format!("{},站点编号\n", lines.next().unwrap());
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        text.push_str(&format!("{line},{}@{}\n", cells[5], cells[6]));
    }
    text
}

#[test]
fn twenty_counties_with_every_usual_mistake_are_as_shapely_counts_them() {
    let output = measure(&counties(include_str!("../oracles/route_table.csv")), REACH).unwrap();
    let got = states(&output);
    let want: BTreeMap<String, &str> = include_str!("../oracles/route_table_pairs.csv")
        .lines()
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (format!("{}–{}", cells[0], cells[1]), cells[2])
        })
        .collect();
    assert_eq!(got.len(), 38);
    for (pair, state) in &want {
        let told = output.evidence.iter().find(|line| line.key == *pair).map(|line| &line.text.en);
        assert_eq!(got.get(pair), Some(state), "{pair}: {told:?}");
    }
    // no pair that is not known is told without the line that is to blame, or the region of which nothing is known
    for line in output.evidence.iter().filter(|line| line.state == "no-data") {
        assert!(
            line.text.en.contains("may join")
                || line.text.en.contains("not known")
                || line.text.en.contains("no service data"),
            "{}",
            line.text.en
        );
    }
    let notes = |word: &str| output.notes.iter().any(|note| note.en.contains(word));
    for word in [
        "鼓楼区客运站 (2 places, up to 28",
        "L001 = 12",
        "L003 8 to 10",
        "L009, L010",
        "L011",
        "界西 (lies outside all regions)",
        "L008 (record",
    ] {
        assert!(notes(word), "{word}: {:#?}", output.notes);
    }
}

#[test]
fn the_cases_of_the_bureaus_table() {
    let ids = with_ids(TABLE);
    let replaced = |from: &str, to: &str| ids.replacen(from, to, 1);
    let l001 = "L001,玄武区—秦淮区,公交,双向,1,玄武区客运站,118.830407,32.061726,12,";
    let l002 = |of: &str| {
        let blank = of.replace(
            "L002,玄武区—鼓楼区,公交,双向,1,玄武区客运站,118.830407,32.061726,12,",
            "L002,玄武区—鼓楼区,公交,双向,1,玄武区客运站,118.830407,32.061726,,",
        );
        blank.replace(
            "L002,玄武区—鼓楼区,公交,双向,2,鼓楼区客运站,118.751395,32.083526,12,",
            "L002,玄武区—鼓楼区,公交,双向,2,鼓楼区客运站,118.751395,32.083526,,",
        )
    };
    let at_border = "邳新界,118.080917,34.341969,12,06:30,18:00,";
    // (case, table, connected, with data, without)
    let cases = [
        ("mission-1: no ids, one name in two cities", TABLE.to_owned(), (33.0, 36.0, 2.0)),
        ("with ids", ids.clone(), (33.0, 36.0, 2.0)),
        ("mission-3: 往返", ids.replace(",双向,", ",往返,"), (33.0, 36.0, 2.0)),
        ("来回", TABLE.replace(",双向,", ",来回,"), (33.0, 36.0, 2.0)),
        ("both", TABLE.replace(",双向,", ",Both,"), (33.0, 36.0, 2.0)),
        ("mission-5: 12班/日", replaced(l001, &l001.replace(",12,", ",12班/日,")), (33.0, 36.0, 2.0)),
        ("mission-5: blank", l002(&ids), (32.0, 35.0, 3.0)),
        ("mission-7: the region by name", replaced(at_border, &format!("{at_border}新沂市")), (34.0, 36.0, 2.0)),
        ("mission-9: the region by code", replaced(at_border, &format!("{at_border}320381")), (34.0, 36.0, 2.0)),
    ];
    for (case, table, want) in cases {
        let output = measure(&counties(&table), REACH).unwrap();
        assert_eq!(sums(&output), want, "{case}");
        // whatever becomes of the stop at the border and of the pairs without data, the range of the true value holds it
        let (low, high) = output.headline.bounds.unwrap();
        assert!(low <= 33.0 / 38.0 && high >= 36.0 / 38.0, "{case}: {low} {high}");
    }
}

#[test]
fn the_order_of_the_rows_changes_no_figure() {
    for table in [TABLE, include_str!("../oracles/route_table.csv")] {
        let (header, rows) = table.split_once('\n').unwrap();
        let mut backwards: Vec<&str> = rows.lines().collect();
        backwards.reverse();
        let there = measure(&counties(table), REACH).unwrap();
        let back = measure(&counties(&format!("{header}\n{}\n", backwards.join("\n"))), REACH).unwrap();
        assert_eq!(states(&there), states(&back));
        assert_eq!(
            (there.headline.bounds, there.headline.uncertainty),
            (back.headline.bounds, back.headline.uncertainty)
        );
    }
}

/// Three counties in a row, 20 km wide, a line within each, and one more line.
fn row(lines: &str) -> Result<Study, String> {
    let county = |code: &str, name: &str, x: u32| {
        let (w, e) = (x, x + 20_000);
        format!("{code},{name},\"POLYGON(({w} 3500000,{e} 3500000,{e} 3520000,{w} 3520000,{w} 3500000))\"\n")
    };
    let counties = format!(
        "code,name,wkt\n{}{}{}",
        county("320101", "甲县", 500_000),
        county("320102", "乙县", 520_000),
        county("320103", "丙县", 540_000)
    );
    let mut table = "route,mode,direction,sequence,stop,x,y,trips_per_day,first,last,headway_min,region\n".to_owned();
    for (line, x) in [("W1", 501_000), ("W2", 521_000), ("W3", 541_000)] {
        for nth in 1..=2 {
            table.push_str(&format!("{line},bus,both,{nth},{line}.{nth},{},3501000,5,,,,\n", x + nth * 3000));
        }
    }
    let study = "plane = \"EPSG:32650\"\nmax-loss = \"80 %\"\n\
                 regions = { path = \"c.csv\", level = \"county\", code = \"code\", name = \"name\", wkt = \"wkt\", crs = \"EPSG:32650\" }\n\
                 services = { path = \"s.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n";
    read(study, &[("c.csv", &counties), ("s.csv", &format!("{table}{lines}"))])
}

/// What is known of the pairs 甲–乙 and 乙–丙.
fn told(lines: &str, more: &str) -> (&'static str, &'static str) {
    let output = measure(&row(lines).unwrap(), &format!("neighbour-reach = {{ scope = \"all\"{more} }}")).unwrap();
    let states = states(&output);
    (states["320101–320102"], states["320102–320103"])
}

const YES: &str = "connected";
const NO: &str = "unconnected";
const OPEN: &str = "no-data";

#[test]
fn directions_as_people_write_them_join_or_open_a_pair() {
    for (word, want) in [
        ("", YES),
        ("双向", YES),
        ("往返", YES),
        ("来回", YES),
        ("上下行", YES),
        ("two-way", YES),
        ("环线", YES),
        ("环行", YES),
        ("loop", YES),
        ("顺时针", YES),
        ("单向", NO),
        ("one-way", NO),
        ("去程", NO),
        ("0", NO),
        // never one way without a word
        ("不详", OPEN),
        ("甲县→乙县", OPEN),
        ("7", OPEN),
    ] {
        let lines = format!("L,bus,{word},1,甲站,510000,3510000,6,,,,\nL,bus,{word},2,乙站,530000,3510000,6,,,,\n");
        assert_eq!(told(&lines, ""), (want, NO), "{word}");
        let issues = row(&lines).unwrap().issues;
        let unknown: Vec<&str> =
            issues.iter().filter(|issue| issue.code == "unknown-direction").map(|issue| issue.what.as_str()).collect();
        assert_eq!(unknown.len(), if want == OPEN { 2 } else { 0 }, "{word}");
        assert!(unknown.iter().all(|what| what.contains(word) && what.contains("往返")), "{unknown:?}");
    }
    // two labels whose stops run opposite ways are two directions; two that run the same way are not
    let two = |back: [(&str, u32); 2]| {
        format!(
            "L,bus,甲→乙,1,甲站,510000,3510000,6,,,,\nL,bus,甲→乙,2,乙站,530000,3510000,6,,,,\n\
             L,bus,乙→甲,1,{},{},3510000,6,,,,\nL,bus,乙→甲,2,{},{},3510000,6,,,,\n",
            back[0].0, back[0].1, back[1].0, back[1].1
        )
    };
    assert_eq!(told(&two([("乙站", 530_000), ("甲站", 510_000)]), ""), (YES, NO));
    assert_eq!(told(&two([("甲站", 510_000), ("乙站", 530_000)]), ""), (OPEN, NO));
}

#[test]
fn a_loop_is_ridden_past_its_first_stop() {
    let lines = "L,bus,环线,1,甲站,510000,3510000,6,,,,\nL,bus,环线,2,乙站,530000,3510000,6,,,,\nL,bus,环线,3,丙站,550000,3510000,6,,,,\n";
    assert_eq!(told(lines, ", min-trips-per-day = 6"), (YES, YES));
    assert_eq!(told(lines, ", min-trips-per-day = 7"), (NO, NO));
    assert_eq!(told(&lines.replace("环线", "单向"), ""), (NO, NO));
}

#[test]
fn departures_as_people_write_them_are_read_or_leave_the_pair_open() {
    for (text, least, want) in [
        ("12班/日", 12, YES),
        ("12班/日", 13, NO),
        ("约12", 12, YES),
        ("１２趟", 12, YES),
        ("每日12班", 13, NO),
        ("8-10", 8, YES),
        ("8-10", 9, OPEN),
        ("8-10", 10, OPEN),
        ("8-10", 11, NO),
        ("不少于8班", 9, OPEN),
        ("", 1, OPEN),
        ("不定", 1, OPEN),
        ("每周3班", 1, OPEN),
        ("停运", 1, NO),
        ("0", 1, NO),
    ] {
        let lines =
            format!("L,bus,双向,1,甲站,510000,3510000,{text},,,,\nL,bus,双向,2,乙站,530000,3510000,{text},,,,\n");
        assert_eq!(told(&lines, &format!(", min-trips-per-day = {least}")), (want, NO), "{text} of {least}");
        let study = row(&lines).unwrap();
        assert_eq!(study.transit.unwrap().services.len(), 4, "{text}: the line is kept");
    }
    // from first, last and headway: 12 hours every 15 to 20 minutes are 37 to 49
    let lines =
        "L,bus,双向,1,甲站,510000,3510000,,6:00,18：00,15-20分,\nL,bus,双向,2,乙站,530000,3510000,,6点,18:00,,\n";
    for (least, want) in [(37, YES), (38, OPEN), (49, OPEN), (50, NO)] {
        assert_eq!(told(lines, &format!(", min-trips-per-day = {least}")), (want, NO), "{least}");
    }
}

#[test]
fn a_row_or_a_stop_that_can_not_be_used_leaves_open_what_it_may_join() {
    let sound = "L,bus,双向,1,甲站,510000,3510000,6,,,,\n";
    for (what, second, want) in [
        ("sound", "L,bus,双向,2,乙站,530000,3510000,6,,,,", (YES, NO)),
        ("no coordinates", "L,bus,双向,2,乙站,,,6,,,,", (OPEN, NO)),
        ("no coordinates, another region by name", "L,bus,双向,2,乙站,,,6,,,,乙县", (OPEN, NO)),
        ("no coordinates, its own region", "L,bus,双向,2,乙站,,,6,,,,甲县", (NO, NO)),
        ("outside the area of the plane", "L,bus,双向,2,乙站,3510000,530000000,6,,,,", (OPEN, NO)),
        ("outside all regions", "L,bus,双向,2,乙站,530000,3610000,6,,,,", (OPEN, NO)),
        ("no place in the line", "L,bus,双向,,乙站,530000,3510000,6,,,,", (OPEN, NO)),
        ("unknown mode", "L,摆渡,双向,2,乙站,530000,3510000,6,,,,", (OPEN, NO)),
        ("no stop", "L,bus,双向,2,,530000,3510000,6,,,,", (OPEN, NO)),
        ("no line", ",bus,双向,2,乙站,530000,3510000,6,,,,", (OPEN, OPEN)),
        ("only one stop", "L,bus,双向,2,甲站,510000,3510000,6,,,,", (OPEN, NO)),
        ("the table says 乙县, the place is 甲县", "L,bus,双向,2,乙站,505000,3510000,6,,,,乙县", (OPEN, NO)),
        ("the table says 甲县, the place is 乙县", "L,bus,双向,2,乙站,530000,3510000,6,,,,甲县", (OPEN, NO)),
        ("the table settles a stop at the border", "L,bus,双向,2,乙站,519900,3510000,6,,,,乙县", (YES, NO)),
        ("a region that is none", "L,bus,双向,2,乙站,505000,3510000,6,,,,乙村", (OPEN, NO)),
        ("a code that is none", "L,bus,双向,2,乙站,505000,3510000,6,,,,320199", (OPEN, NO)),
        ("a footnote", "合计,,,,,,,123,,,,", (OPEN, NO)),
    ] {
        let lines = format!("{sound}{second}\n");
        assert_eq!(told(&lines, ""), want, "{what}");
    }
    // a gap along a line may be beside the stops before and after it, not along the whole line
    let lines = format!("{sound}L,bus,双向,2,甲二,512000,3510000,6,,,,\nL,bus,双向,3,乙站,,,6,,,,\n");
    assert_eq!(told(&lines, ""), (OPEN, NO));
    // nothing is known of where it runs
    assert_eq!(told("L,bus,双向,1,子站,,,6,,,,\nL,bus,双向,2,丑站,,,6,,,,\n", ""), (OPEN, OPEN));
    // what another line joins is joined
    let other = "M,bus,双向,1,甲站,510000,3510000,6,,,,\nM,bus,双向,2,乙站,530000,3510000,6,,,,\n";
    assert_eq!(told(&format!("{sound}L,bus,双向,2,乙站,,,6,,,,\n{other}"), ""), (YES, NO));
    let output =
        measure(&row(&format!("{sound}L,bus,双向,2,乙站,,,6,,,,\n")).unwrap(), "neighbour-reach = { scope = \"all\" }")
            .unwrap();
    let line = output.evidence.iter().find(|line| line.state == OPEN).unwrap();
    assert!(line.text.en.contains("L may join them (record 8") && line.text.zh.contains("坐标缺失"), "{:?}", line.text);
}

#[test]
fn one_name_in_two_places_is_two_stops_and_a_contradicted_id_is_told() {
    // 人民医院 in two counties joins nothing by its name
    let lines = "L,bus,双向,1,甲站,510000,3510000,6,,,,\nL,bus,双向,2,人民医院,512000,3510000,6,,,,\n\
                 M,bus,双向,1,乙站,530000,3510000,6,,,,\nM,bus,双向,2,人民医院,532000,3510000,6,,,,\n";
    assert_eq!(told(lines, ""), (NO, NO));
    let transit = row(lines).unwrap().transit.unwrap();
    let ids: Vec<&str> =
        transit.stops.iter().map(|stop| stop.id.as_str()).filter(|id| id.starts_with("人民")).collect();
    assert_eq!(ids, ["人民医院", "人民医院 (2)"]);
    assert!(transit.remarks[0].zh.contains("人民医院（2 处，最远相距 20 km）"), "{:?}", transit.remarks);
}

#[test]
fn regions_by_name_settle_a_stop_and_what_is_no_region_is_told() {
    let lines = |region: &str| {
        format!("L,bus,双向,1,甲站,510000,3510000,6,,,,\nL,bus,双向,2,界站,519900,3510000,6,,,,{region}\n")
    };
    for (region, want, issue) in [
        ("", NO, None),
        ("乙县", YES, None),
        ("320102", YES, None),
        ("乙县城", OPEN, Some("did you mean \"乙县\"?")),
        ("320999", OPEN, Some("320999")),
    ] {
        assert_eq!(told(&lines(region), "").0, want, "{region}");
        let issues = row(&lines(region)).unwrap().issues;
        let found = issues.iter().find(|it| it.code == "unknown-region");
        assert_eq!(found.is_some(), issue.is_some(), "{region}");
        if let (Some(found), Some(word)) = (found, issue) {
            assert!(found.what.contains(word) && found.record == Some(8), "{found:?}");
        }
    }
}

#[test]
fn a_table_of_unknown_directions_is_refused_with_the_choices() {
    let table: String = (0..20)
        .map(|nth| {
            format!("L{nth},bus,奇怪,1,甲站,510000,3510000,6,,,,\nL{nth},bus,奇怪,2,乙站,530000,3510000,6,,,,\n")
        })
        .collect();
    let error = row(&table).unwrap_err();
    assert!(error.contains("unknown-direction 40") && error.contains("往返"), "{error}");
}

/// The worked case of a hub whose only stop lies in the county beside it, and a line that comes back to that stop.
#[test]
fn a_loop_back_to_its_own_stop_joins_nothing() {
    let counties = "code,name,wkt\n320101,甲县,\"POLYGON((500000 3500000,520000 3500000,520000 3520000,500000 3520000,500000 3500000))\"\n\
                    320102,乙县,\"POLYGON((520000 3500000,540000 3500000,540000 3520000,520000 3520000,520000 3500000))\"\n";
    let study = "plane = \"EPSG:32650\"\n\
                 regions = { path = \"c.csv\", level = \"county\", code = \"code\", name = \"name\", wkt = \"wkt\", crs = \"EPSG:32650\" }\n\
                 facilities = { path = \"f.csv\", id = \"id\", kind = \"rail\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n\
                 services = { path = \"s.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n";
    let header = "route,route_name,mode,direction,sequence,stop,stop_name,x,y,trips_per_day\n";
    for (rows, want) in [
        (
            "L1,环线,bus,both,1,S,站前,520100,3510000,12\nL1,环线,bus,both,2,T,甲县城,505000,3510000,12\nL1,环线,bus,both,3,S,站前,520100,3510000,12\n",
            0.0,
        ),
        ("L1,环线,bus,环线,1,S,站前,520100,3510000,12\nL1,环线,bus,环线,2,T,甲县城,505000,3510000,12\n", 0.0),
        ("L1,环线,bus,环线,1,S,站前,520100,3510000,12\nL1,环线,bus,环线,2,T,乙县城,525000,3510000,12\n", 1.0),
    ] {
        let witness = "W,W,bus,both,1,W1,W1,501000,3501000,5\nW,W,bus,both,2,W2,W2,503000,3501000,5\n";
        let files = [
            ("c.csv", counties),
            ("f.csv", "id,x,y\nH,519900,3510000\n"),
            ("s.csv", &format!("{header}{rows}{witness}")),
        ];
        let output =
            measure(&read(study, &files).unwrap(), "hub-reach = { kind = \"rail\", scope = \"all\" }").unwrap();
        assert_eq!(sums(&output), (want, 1.0, 0.0), "{rows}");
    }
    // a stop that border-walk counts on both sides joins them no more than that
    let lines = "L,bus,both,1,界站,520100,3510000,6,,,,\nL,bus,both,2,乙站,530000,3510000,6,,,,\nL,bus,both,3,界站,520100,3510000,6,,,,\n";
    assert_eq!(told(lines, ", border-walk = \"200 m\""), (YES, NO));
    let one_way = lines.replace("both", "单向").replace("530000", "519950");
    assert_eq!(told(&one_way, ", border-walk = \"200 m\""), (YES, NO));
}

#[test]
fn direct_to_seat_counts_departures_however_the_line_is_written() {
    let county = "code,name,wkt\n320101,甲县,\"POLYGON((500000 3500000,520000 3500000,520000 3520000,500000 3520000,500000 3500000))\"\n";
    let study = "plane = \"EPSG:32650\"\n\
                 regions = { path = \"c.csv\", level = \"county\", code = \"code\", name = \"name\", wkt = \"wkt\", crs = \"EPSG:32650\" }\n\
                 facilities = { path = \"f.csv\", id = \"id\", kind = \"seat\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n\
                 demand = { path = \"d.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\", people = \"people\" }\n\
                 services = { path = \"s.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n";
    // a village beside the seat, whose stop is that of the seat, and one 8 km away
    let demand = "id,x,y,people\na,510100,3510000,10\nb,518000,3510000,10\n";
    let stops = [("S", 510_000), ("V", 518_000), ("U", 502_000)];
    let line = |direction: &str, order: &[usize], trips: u32| -> String {
        let row = |(nth, at): (usize, &usize)| {
            let (name, x) = stops[*at];
            format!("L,{direction},{},{name},{x},3510000,{trips}\n", nth + 1)
        };
        order.iter().enumerate().map(row).collect()
    };
    for course in [vec![0, 1], vec![2, 0, 1]] {
        let back: Vec<usize> = course.iter().rev().copied().collect();
        let written = [
            line("双向", &course, 12),
            line("上行", &course, 12) + &line("下行", &back, 12),
            line("双向", &course, 6) + &line("往返", &course, 6),
            line("去程", &back, 12) + &line("回程", &course, 12),
        ];
        for (least, want) in [(1, 20.0), (12, 20.0), (13, 0.0), (24, 0.0)] {
            for rows in &written {
                let table = format!("route,direction,sequence,stop,x,y,trips_per_day\n{rows}");
                let files =
                    [("c.csv", county), ("f.csv", "id,x,y\ns,510000,3510000\n"), ("d.csv", demand), ("s.csv", &table)];
                let study = read(study, &files).unwrap();
                let metric =
                    format!("direct-to-seat = {{ seat = \"seat\", weight = \"people\", min-trips-per-day = {least} }}");
                let output = measure(&study, &metric).unwrap();
                assert_eq!(output.headline.part, Some(want), "{least} of\n{rows}");
            }
        }
    }
}

#[test]
fn a_stop_of_a_line_of_unknown_departures_is_not_one_without() {
    let county = "code,name,wkt\n320101,甲县,\"POLYGON((500000 3500000,520000 3500000,520000 3520000,500000 3520000,500000 3500000))\"\n";
    let study = "plane = \"EPSG:32650\"\n\
                 regions = { path = \"c.csv\", level = \"county\", code = \"code\", name = \"name\", wkt = \"wkt\", crs = \"EPSG:32650\" }\n\
                 demand = { path = \"d.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\", people = \"people\" }\n\
                 services = { path = \"s.csv\", x = \"x\", y = \"y\", crs = \"EPSG:32650\" }\n";
    for (trips, least, want) in [
        ("12", 12, (10.0, 10.0, 0.0)),
        ("12", 25, (0.0, 10.0, 0.0)),
        ("8-10", 8, (10.0, 10.0, 0.0)),
        ("8-10", 10, (0.0, 0.0, 10.0)),
        ("8-10", 11, (0.0, 10.0, 0.0)),
        ("不定", 1, (0.0, 0.0, 10.0)),
        ("停运", 1, (0.0, 10.0, 0.0)),
    ] {
        let table = format!(
            "route,direction,sequence,stop,x,y,trips_per_day\nL,双向,1,S,510000,3510000,{trips}\nL,双向,2,V,518000,3510000,{trips}\n"
        );
        let files = [("c.csv", county), ("d.csv", "id,x,y,people\na,510100,3510000,10\n"), ("s.csv", &table)];
        let metric =
            format!("stop-coverage = {{ within = \"500 m\", weight = \"people\", min-departures-per-day = {least} }}");
        let output = measure(&read(study, &files).unwrap(), &metric).unwrap();
        assert_eq!(sums(&output), want, "{trips} of {least}");
    }
}

#[test]
fn init_drafts_a_study_of_a_table_with_chinese_headers() {
    let folder = tempfile::tempdir().unwrap();
    let county = |code: &str, name: &str, west: f64| {
        let east = west + 0.2;
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\",\"name\":\"{name}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
             [[[{west},32.0],[{east},32.0],[{east},32.2],[{west},32.2],[{west},32.0]]]}}}}"
        )
    };
    let regions = [county("320101", "甲县", 118.0), county("320102", "乙县", 118.2)].join(",");
    let table = "线路编号,线路名称,类型,方向,站序,站点,经度,纬度,日发班次,首班,末班,所属县区\n\
                 1,一路,公交,往返,1,甲站,118.1,32.1,12班/日,6:30,18:00,甲县\n1,一路,公交,往返,2,乙站,118.3,32.1,12班/日,6:30,18:00,乙县\n";
    let paths = [folder.path().join("counties.geojson"), folder.path().join("线路.csv")];
    fs::write(&paths[0], format!("{{\"type\":\"FeatureCollection\",\"features\":[{regions}]}}")).unwrap();
    fs::write(&paths[1], table).unwrap();
    let draft = init::draft(&paths, &folder.path().join("study.toml")).unwrap();
    assert!(
        draft.text.contains("sequence = \"站序\"") && draft.text.contains("region = \"所属县区\""),
        "{}",
        draft.text
    );
    let plan = config::parse(&draft.text, "study.toml", folder.path())
        .unwrap_or_else(|error| panic!("{error:?}\n{}", draft.text));
    let study = ingest::study(&plan.study, &Silent).unwrap();
    let output = measure(&study, "neighbour-reach = { scope = \"all\" }").unwrap();
    assert_eq!(sums(&output), (1.0, 1.0, 0.0));
}
