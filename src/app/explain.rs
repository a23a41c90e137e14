//! Why a figure is what it is: the method of a metric, and the chain behind a figure of a run.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::app::asked::Asked;
use crate::app::asked::Index;
use crate::app::asked::is_about_both;
use crate::base::units::Lang;
use crate::indicators::scorecard::EvidenceRow;
use crate::indicators::scorecard::Row;
use crate::indicators::scorecard::Scorecard;
use crate::metrics::METRICS;
use crate::metrics::MetricInfo;

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// No metric has this name.
    #[error("no metric is called \"{name}\"{nearest}; metrics: {known}")]
    UnknownMetric { name: String, nearest: String, known: String },
    /// The scorecard of a run can not be read.
    #[error("cannot read \"{}\": {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The file is not the scorecard of a run.
    #[error("\"{}\" is not the scorecard of a run: {source}; give the .json output of `tongda run`", path.display())]
    NotACard { path: PathBuf, source: serde_json::Error },
    /// No folder `out` with one scorecard in it.
    #[error("found {found} scorecards in \"{}\"; name one with --run FILE.json", folder.display())]
    WhichRun { folder: PathBuf, found: usize },
    /// The run says nothing of it.
    #[error(
        "the run says nothing of \"{id}\"; ids of its indicators: {indicators}; or give the code or name of a region or point"
    )]
    UnknownId { id: String, indicators: String },
    /// Several have the name.
    #[error("\"{name}\" is the name of several; give the code of one of them: {candidates}")]
    Ambiguous { name: String, candidates: String },
    /// No line of the run is about both.
    #[error("the run says nothing of {a} together with {b}; of {a} it has the pairs with: {others}")]
    UnknownPair { a: String, b: String, others: String },
}

/// What is known of a metric.
/// # Errors
/// [`ExplainError::UnknownMetric`] with the nearest name.
pub fn metric(name: &str) -> Result<&'static MetricInfo, ExplainError> {
    METRICS.iter().find(|info| info.id == name).ok_or_else(|| {
        let nearest = METRICS
            .iter()
            .map(|info| (strsim::damerau_levenshtein(info.id, name), info.id))
            .min()
            .filter(|(edits, _)| *edits <= 4)
            .map(|(_, id)| format!(" (did you mean \"{id}\"?)"))
            .unwrap_or_default();
        let known: Vec<&str> = METRICS.iter().map(|info| info.id).collect();
        ExplainError::UnknownMetric { name: name.to_owned(), nearest, known: known.join(", ") }
    })
}

/// The scorecard of a run.
/// # Errors
/// [`ExplainError::Read`], [`ExplainError::NotACard`].
pub fn card(path: &Path) -> Result<Scorecard, ExplainError> {
    let text = fs::read_to_string(path).map_err(|source| ExplainError::Read { path: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|source| ExplainError::NotACard { path: path.to_owned(), source })
}

/// The scorecard of the last run: the only one in a folder.
/// # Errors
/// [`ExplainError::WhichRun`] when there is none or more than one.
pub fn last_run(folder: &Path) -> Result<PathBuf, ExplainError> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
                .filter(|path| card(path).is_ok())
                .collect()
        })
        .unwrap_or_default();
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            Err(ExplainError::WhichRun { folder: folder.to_owned(), found: found.len() + usize::from(last.is_some()) })
        }
    }
}

/// The chain behind one figure: an indicator by its id, or every figure and every line of evidence of a region, a pair, a facility or a point, by
/// code or name as they are printed; the answer is the same for each way of asking.
/// # Errors
/// [`ExplainError::UnknownId`], [`ExplainError::Ambiguous`], [`ExplainError::UnknownPair`].
pub fn why(card: &Scorecard, id: &str, lang: Lang) -> Result<String, ExplainError> {
    if let Some(row) = card.indicators.iter().find(|row| row.id == id.trim()) {
        return Ok(indicator(card, row, lang));
    }
    let index = Index::new(card);
    let asked = index.find(id)?;
    let mut lines = vec![match &asked {
        Asked::One(id) => index.told(id),
        Asked::Pair(a, b) => {
            let (first, second) = if a <= b { (a, b) } else { (b, a) };
            format!("{} – {}", index.told(first), index.told(second))
        }
    }];
    for row in &card.indicators {
        let mut mine: Vec<String> = Vec::new();
        if let Asked::One(id) = &asked {
            mine.extend(row.regions.iter().filter(|region| region.code == *id).map(|region| {
                let text = Some(region.figure.in_lang(lang)).filter(|text| !text.is_empty()).unwrap_or("–");
                format!("  {} {} [{}]", region.name, text, region.verdict.title().in_lang(lang))
            }));
        }
        let is_meant = |evidence: &&EvidenceRow| match &asked {
            Asked::One(id) => evidence.key == *id || evidence.about.contains(id),
            Asked::Pair(a, b) => is_about_both(evidence, a, b),
        };
        let evidence = row.evidence.iter().filter(is_meant);
        mine.extend(evidence.map(|evidence| format!("    {}", evidence.text.in_lang(lang))));
        if let (Asked::One(id), true) = (&asked, mine.is_empty()) {
            // evidence is listed for so many points only: what became of the others stands in their outcomes
            let outcomes = row.outcomes.iter().filter(|outcome| outcome.key == *id);
            mine.extend(outcomes.map(|outcome| format!("    {}", outcome.state)));
        }
        if !mine.is_empty() {
            lines.push(row.title.in_lang(lang).to_owned());
            lines.append(&mut mine);
        }
    }
    Ok(lines.join("\n") + "\n")
}

fn indicator(card: &Scorecard, row: &Row, lang: Lang) -> String {
    let say = |en: &str, zh: &str| match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    };
    let mut lines = vec![row.title.in_lang(lang).to_owned()];
    let target = row
        .target
        .as_ref()
        .map_or(String::new(), |target| format!(", {} {}", say("target", "目标"), target.in_lang(lang)));
    lines.push(format!("  {}: {}{target}", say("verdict", "结论"), row.verdict.title().in_lang(lang)));
    if let (Some(part), Some(whole)) = (row.figure.part, row.figure.whole) {
        lines.push(format!("  {} = {part} / {whole}", row.figure.in_lang(lang)));
    } else if !row.figure.text.is_empty() {
        lines.push(format!("  {}", row.figure.in_lang(lang)));
    }
    if row.figure.unknown > 0.0 {
        lines.push(format!("  {}: {}", say("without data", "无数据"), row.figure.unknown));
    }
    lines.extend(row.reason.iter().map(|reason| format!("  {}", reason.in_lang(lang))));
    lines.extend(row.notes.iter().map(|note| format!("  {}", note.in_lang(lang))));
    if !row.cites.is_empty() {
        lines.push(format!("  {}: {}", say("source of the target", "目标出处"), row.cites));
    }
    lines.push(format!("  {}: tongda explain {}", say("method", "方法"), row.metric));
    lines.push(format!("  {}: {}", say("layers", "图层"), row.layers.join(", ")));
    lines.push(format!("  {}:", say("inputs", "输入")));
    lines.extend(
        card.provenance
            .iter()
            .map(|input| format!("    {}  {}", &input.sha256[..16.min(input.sha256.len())], input.path)),
    );
    let open: Vec<_> = row.evidence.iter().filter(|evidence| evidence.state != "connected").collect();
    if !open.is_empty() {
        lines.push(format!("  {} ({}):", say("what stands against it", "未达标及无数据项"), open.len()));
        lines.extend(open.iter().take(60).map(|evidence| format!("    {}", evidence.text.in_lang(lang))));
        if open.len() > 60 {
            lines.push(format!("    … +{}", open.len() - 60));
        }
    }
    lines.join("\n") + "\n"
}
