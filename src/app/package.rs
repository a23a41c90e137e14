//! What a run puts into a GeoPackage beside its layers: groups, themes and printed maps by indicator, and where all of it comes from.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

use geo::BoundingRect;
use geo_types::Rect;
use sha2::Digest;
use sha2::Sha256;

use crate::app::run::RunError;
use crate::app::run::as_written;
use crate::app::run::hex;
use crate::app::run::sources;
use crate::base::units::Lang;
use crate::base::units::Text;
use crate::config::plan::IndicatorPlan;
use crate::config::plan::Plan;
use crate::config::plan::Source;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::indicators::verdict::Firmness;
use crate::indicators::verdict::Verdict;
use crate::io::gpkg;
use crate::io::qgis_contents::Chapter;
use crate::io::qgis_contents::Contents;
use crate::io::qgis_contents::Lineage;
use crate::io::qgis_contents::Origin;
use crate::io::qgis_contents::Shelf;
use crate::io::qgis_project::ProjectCrs;
use crate::io::read::is_extract;
use crate::layers;
use crate::model::study::Study;
use crate::table::Table;
use crate::table::Value;

/// Files that a printed map names; all are in the metadata.
const MOST_NAMED: usize = 8;
/// Digits of a hash that tell two runs apart on paper.
const SHORT_HASH: usize = 12;

/// Writes the package of a run, and its project beside it; the path of the project.
pub(super) fn write(
    plan: &Plan,
    langs: &[Lang],
    path: &Path,
    study: &Study,
    card: &Scorecard,
    tables: &[Table],
) -> Result<Option<PathBuf>, RunError> {
    let project = extent(study).map(|extent| ProjectCrs {
        epsg: study.plane.epsg,
        name: study.plane.name.clone(),
        wkt1: study.plane.wkt1.clone(),
        extent,
    });
    let mut provenance = serde_json::json!({
        "generator": card.generator,
        "inputs": card.provenance,
        "config": as_written(plan).1,
    });
    if let Some(scenario) = &plan.scenario {
        provenance["scenario"] = serde_json::json!({ "patch": scenario.text.as_ref(), "changes": card.scenario });
    }
    let origins = origins(plan, card);
    let summary = Text::new(
        format!("{}. Measured in {}.", card.generator, study.plane.name),
        format!("{}；量测平面：{}。", card.generator, study.plane.name),
    );
    let contents = Contents {
        chapters: plan
            .indicators
            .iter()
            .zip(&card.indicators)
            .map(|(asked, row)| chapter(asked, row, tables))
            .collect(),
        shelves: layers::shelves(tables).into_iter().map(|(title, tables)| Shelf { title, tables }).collect(),
        lineage: Lineage { steps: steps(plan, card), sources: origins, publication: publication(plan) },
    };
    let package = gpkg::Package {
        title: &plan.title,
        summary: &summary,
        note: &note(card, &contents.lineage),
        tables,
        project: project.as_ref(),
        provenance_json: &provenance.to_string(),
        langs,
        contents: &contents,
    };
    Ok(gpkg::write_with_project(path, &package)?)
}

/// Of the judged regions, in the plane.
fn extent(study: &Study) -> Option<Rect<f64>> {
    let judged = study.regions.iter().filter(|(_, region)| region.judged);
    judged.filter_map(|(_, region)| region.shape.as_ref()?.plane.bounding_rect()).reduce(|a, b| {
        Rect::new(
            (a.min().x.min(b.min().x), a.min().y.min(b.min().y)),
            (a.max().x.max(b.max().x), a.max().y.max(b.max().y)),
        )
    })
}

fn chapter(asked: &IndicatorPlan, row: &Row, tables: &[Table]) -> Chapter {
    let info = asked.measure.info();
    let parameters = serde_json::to_string(&asked.measure).unwrap_or_default();
    let kinds = asked.measure.metric().kinds();
    let of_kind = |table: &&Table| {
        let kind = table.field("kind").and_then(|at| table.rows.first()?.values.get(at));
        table.name.starts_with("facilities_")
            && matches!(kind, Some(Value::Text(kind)) if kinds.contains(&kind.as_str()))
    };
    Chapter {
        id: row.id.clone(),
        title: row.title.clone(),
        verdict: Text::new(verdict(row, Lang::En), verdict(row, Lang::Zh)),
        tables: row.layers.clone(),
        beside: tables.iter().filter(of_kind).map(|table| table.name.clone()).collect(),
        synthetic: row.synthetic,
        method: Text::new(
            format!(
                "Method: {} ({}), see `tongda explain {}`. Parameters: {parameters}",
                info.title.0, info.id, info.id
            ),
            format!("方法：{}（{}），公式见 `tongda explain {}`。", info.title.1, info.id, info.id),
        ),
        keywords: vec![row.id.clone(), info.id.to_owned(), info.title.1.to_owned(), info.title.0.to_owned()],
    }
}

/// `61.8 % · missed · fragile · target ≥ 90 % by 2027`, with the reason where there is no verdict.
fn verdict(row: &Row, lang: Lang) -> String {
    let mut judged = row.verdict.title().in_lang(lang).to_owned();
    if let (Verdict::NoData | Verdict::NotApplicable, Some(reason)) = (row.verdict, &row.reason) {
        let colon = if lang == Lang::En { ": " } else { "：" };
        judged = format!("{judged}{colon}{}", reason.in_lang(lang));
    }
    let firm = match row.firmness {
        Firmness::Robust => Some(Text::new("robust", "稳健")),
        Firmness::Fragile => Some(Text::new("fragile", "脆弱")),
        Firmness::Untested => None,
    };
    let firm = firm.map(|word| word.in_lang(lang).to_owned());
    let target = row.target.as_ref().map(|target| match (&target.by, lang) {
        (Some(by), Lang::En) => format!("target {} by {by}", target.in_lang(lang)),
        (Some(by), Lang::Zh) => format!("目标 {}，期限 {by}", target.in_lang(lang)),
        (None, Lang::En) => format!("target {}", target.in_lang(lang)),
        (None, Lang::Zh) => format!("目标 {}", target.in_lang(lang)),
    });
    let figure = Some(row.figure.in_lang(lang).to_owned()).filter(|text| !text.is_empty());
    figure.into_iter().chain([judged]).chain(firm).chain(target).collect::<Vec<_>>().join(" · ")
}

/// Every file of data, once, with what the config says of it wherever it names it; the config and its norms are no data.
fn origins(plan: &Plan, card: &Scorecard) -> Vec<Origin> {
    let read: Vec<&Source> = sources(plan).into_iter().skip(plan.norms.len()).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let files: Vec<&str> = read.iter().map(|source| source.shown.as_str()).filter(|name| seen.insert(name)).collect();
    let origin = |name: &str| {
        let same: Vec<&Source> = read.iter().copied().filter(|source| source.shown == name).collect();
        let said = |says: fn(&Source) -> Option<&str>| same.iter().copied().find_map(says).map(str::to_owned);
        // a folder, a layer or a table of a server goes on behind the name
        let is_of = |path: &str| {
            path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '|', '?', ' ']))
        };
        let inputs = card.provenance.iter().filter(|input| is_of(&input.path));
        let hashes: Vec<&str> = inputs.map(|input| input.sha256.as_str()).collect();
        let is_osm = same.iter().any(|source| is_osm(source));
        let of_osm = |text: &str| if is_osm { text.to_owned() } else { String::new() };
        Origin {
            name: name.to_owned(),
            licence: said(|source| source.licence.as_deref()).unwrap_or_else(|| of_osm("ODbL 1.0")),
            credit: said(|source| source.credit.as_deref()).unwrap_or_else(|| of_osm("© OpenStreetMap contributors")),
            date: said(|source| source.dated.as_deref()).unwrap_or_default(),
            synthetic: same.iter().any(|source| source.synthetic == Some(true))
                || card.sources.iter().any(|ledger| ledger.synthetic && is_of(&ledger.source)),
            sha256: match hashes[..] {
                [one] => one.to_owned(),
                // of several tables in one folder: the hash of their hashes, in the order of their names
                [_, ..] => hex(&Sha256::digest(hashes.concat().as_bytes())),
                [] => String::new(),
            },
        }
    };
    files.into_iter().map(origin).collect()
}

fn is_osm(source: &Source) -> bool {
    is_extract(&source.path)
}

fn steps(plan: &Plan, card: &Scorecard) -> Vec<String> {
    let mut steps = vec![format!("程序 program: {}", card.generator)];
    if let Some(config) = card.provenance.first() {
        steps.push(format!("配置 config: {}; SHA-256: {}", config.path, config.sha256));
    }
    if let Some(patch) = card.provenance.get(1).filter(|_| plan.scenario.is_some()) {
        steps.push(format!("情景 scenario: {}; SHA-256: {}", patch.path, patch.sha256));
    }
    let is_norm = |path: &str| plan.norms.iter().any(|norms| norms.shown == path);
    for norms in card.provenance.iter().filter(|input| is_norm(&input.path)) {
        steps.push(format!("规范 norms: {}; SHA-256: {}", norms.path, norms.sha256));
    }
    steps.push(match card.plane.epsg {
        Some(code) => format!("量测平面 measured in: {} (EPSG:{code})", card.plane.name),
        None => format!("量测平面 measured in: {}", card.plane.name),
    });
    steps
}

/// Under which condition maps may be published, as the report says it.
fn publication(plan: &Plan) -> Text {
    match &plan.map_approval {
        Some(number) => Text::new(format!("Map approval number {number}."), format!("审图号：{number}。")),
        None => Text::new(
            "Boundaries as read, not official; without a map approval number (审图号) not for publication in China.",
            "边界依所读数据绘制，非官方边界；无审图号，不得公开出版。",
        ),
    }
}

/// The foot of the printed maps: approval, sources with licences, and what made them.
fn note(card: &Scorecard, lineage: &Lineage) -> Text {
    let named = |lang: Lang| {
        let one = |origin: &Origin| {
            let file = origin.name.rsplit(['/', '\\']).next().unwrap_or(&origin.name);
            let made_up = if lang == Lang::En { "synthetic" } else { "合成" };
            let mut said: Vec<&str> = Vec::new();
            said.extend(Some(made_up).filter(|_| origin.synthetic));
            said.extend([&origin.credit, &origin.licence, &origin.date].map(String::as_str));
            said.retain(|text| !text.is_empty());
            match (said.is_empty(), lang) {
                (true, _) => file.to_owned(),
                (false, Lang::En) => format!("{file} ({})", said.join(", ")),
                (false, Lang::Zh) => format!("{file}（{}）", said.join("，")),
            }
        };
        let mut all: Vec<String> = lineage.sources.iter().take(MOST_NAMED).map(one).collect();
        let more = lineage.sources.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            all.push(if lang == Lang::En { format!("{more} more") } else { format!("另有 {more} 个文件") });
        }
        all
    };
    let config = card.provenance.first();
    let (name, config_hash) = config.map_or(("", ""), |config| (&config.path, &config.sha256));
    let inputs: String = card.provenance.iter().skip(1).map(|input| input.sha256.as_str()).collect();
    let (config_hash, data) = (short(config_hash), hex(&Sha256::digest(inputs.as_bytes())));
    let (data, publication) = (short(&data), &lineage.publication);
    Text::new(
        format!(
            "{}\nData of the run: {}.\n{}; config {name}, SHA-256 {config_hash}…; data SHA-256 {data}…",
            publication.en,
            named(Lang::En).join("; "),
            card.generator
        ),
        format!(
            "{}\n所用数据：{}。\n{}；配置 {name}，SHA-256 {config_hash}…；数据 SHA-256 {data}…",
            publication.zh,
            named(Lang::Zh).join("；"),
            card.generator
        ),
    )
}

fn short(hash: &str) -> &str {
    hash.get(..SHORT_HASH).unwrap_or(hash)
}
