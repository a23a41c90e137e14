//! Which columns make a route table, by the words that stand above them.

use crate::app::init::quoted;
use crate::table::half_width;

/// Keys of `columns` with the headers that mean them, the likelier first; the first of each is the usual name. In lower case, without blanks
/// and without what stands in brackets.
const COLUMNS: [(&str, &[&str]); 12] = [
    (
        "route",
        &[
            "route",
            "route_id",
            "line",
            "line_id",
            "线路编号",
            "线路编码",
            "线路代码",
            "线路号",
            "线路id",
            "路线编号",
            "线路序号",
            "线别",
        ],
    ),
    ("route-name", &["route_name", "line_name", "线路名称", "线路名", "路线名称", "线路", "路线"]),
    ("mode", &["mode", "类型", "线路类型", "公交类型", "线路类别", "类别", "运营类型", "方式", "线路性质"]),
    ("direction", &["direction", "方向", "行驶方向", "运行方向", "线路方向", "上下行"]),
    (
        "sequence",
        &[
            "sequence",
            "seq",
            "stop_sequence",
            "站序",
            "站点序号",
            "站点顺序",
            "站点次序",
            "站次",
            "停靠顺序",
            "顺序",
            "序号",
        ],
    ),
    (
        "stop",
        &["stop", "stop_id", "站点编号", "站点编码", "站点代码", "站点id", "站编号", "站牌编号", "站台编号", "站点号"],
    ),
    ("stop-name", &["stop_name", "站点名称", "站点", "站名", "站点名", "停靠站点", "停靠站", "车站", "车站名称"]),
    (
        "trips-per-day",
        &[
            "trips_per_day",
            "trips",
            "日发班次",
            "班次",
            "日班次",
            "每日班次",
            "日均班次",
            "班次数",
            "发班次数",
            "日发车班次",
            "发车班次",
            "日发车次数",
        ],
    ),
    ("first", &["first", "首班", "首班时间", "首班车", "首班车时间", "首班发车时间", "首发时间"]),
    ("last", &["last", "末班", "末班时间", "末班车", "末班车时间", "末班发车时间", "末发时间"]),
    ("headway-min", &["headway_min", "headway", "发车间隔", "发班间隔", "间隔", "间隔时间", "班次间隔"]),
    (
        "region",
        &[
            "region",
            "所属县区",
            "所属区县",
            "所属县市区",
            "所属县",
            "所在县区",
            "所在区县",
            "县区",
            "区县",
            "县市区",
            "所属区域",
            "所属行政区",
            "行政区划",
            "行政区划代码",
            "行政区",
            "区划代码",
            "县区代码",
            "区县代码",
        ],
    ),
];

/// The keys of `columns` for a table with these fields, those with their usual names left out; `None` where it is no route table.
///
/// Where nothing is an id of the line or of the stop, its name is.
pub(super) fn columns(fields: &[&str]) -> Option<Vec<String>> {
    let plain: Vec<String> = fields.iter().map(|field| header(field)).collect();
    let find = |key: &str| {
        let (_, words) = COLUMNS.iter().find(|(other, _)| *other == key)?;
        words.iter().find_map(|word| plain.iter().position(|field| field == word))
    };
    let (route, route_name) = (find("route"), find("route-name"));
    let (stop, stop_name) = (find("stop"), find("stop-name"));
    find("sequence")?;
    let mut keys = Vec::new();
    for (key, words) in COLUMNS {
        let at = match key {
            "route" => Some(route.or(route_name)?),
            "route-name" => route_name.filter(|_| route.is_some()),
            "stop" => Some(stop.or(stop_name)?),
            "stop-name" => stop_name.filter(|_| stop.is_some()),
            _ => find(key),
        };
        if let Some(field) = at.map(|at| fields[at]).filter(|field| *field != words[0]) {
            keys.push(format!("{key} = {}", quoted(field)));
        }
    }
    Some(keys)
}

/// A header without blanks, and without its unit in brackets.
fn header(text: &str) -> String {
    let plain: String = half_width(text).to_lowercase().chars().filter(|c| !c.is_whitespace() && *c != '、').collect();
    match plain.split_once('(') {
        // 所属县(市、区) is one word
        Some((front, rest)) if rest.starts_with("市区)") => format!("{front}市区"),
        Some((front, _)) if !front.is_empty() => front.to_owned(),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_tables_by_their_headers() {
        let cases: [(&[&str], Option<&str>); 6] = [
            (&["route", "sequence", "stop", "lon", "lat", "trips_per_day"], Some("")),
            (
                &[
                    "线路编号",
                    "线路名称",
                    "类型",
                    "方向",
                    "站序",
                    "站点",
                    "经度",
                    "纬度",
                    "日发班次",
                    "首班",
                    "末班",
                    "所属县区",
                ],
                Some(
                    "route = \"线路编号\" route-name = \"线路名称\" mode = \"类型\" direction = \"方向\" sequence = \"站序\" stop = \"站点\" \
                     trips-per-day = \"日发班次\" first = \"首班\" last = \"末班\" region = \"所属县区\"",
                ),
            ),
            (
                &["线路名称", "站点编号", "站点名称", "站序", "经度", "纬度", "发车间隔（分钟）", "所属县（市、区）"],
                Some(
                    "route = \"线路名称\" sequence = \"站序\" stop = \"站点编号\" stop-name = \"站点名称\" headway-min = \"发车间隔（分钟）\" \
                     region = \"所属县（市、区）\"",
                ),
            ),
            (&["名称", "类型", "经度", "纬度"], None),
            (&["线路编号", "站点", "经度", "纬度"], None),
            (&["序号", "名称", "经度", "纬度"], None),
        ];
        for (fields, want) in cases {
            assert_eq!(columns(fields).map(|keys| keys.join(" ")).as_deref(), want, "{fields:?}");
        }
    }
}
