//! Two runs side by side on a terminal.

use crate::app::compare::Comparison;
use crate::base::units::Lang;
use crate::cli::text;

/// Evidence lines shown for one indicator.
const SHOWN: usize = 40;

/// The comparison, indicator by indicator; evidence that differs is listed.
pub fn render(comparison: &Comparison, lang: Lang) -> String {
    let say = |en: &'static str, zh: &'static str| match lang {
        Lang::En => en,
        Lang::Zh => zh,
    };
    let mut page = format!("A: {}\nB: {}\n\n", comparison.before.in_lang(lang), comparison.after.in_lang(lang));
    for change in &comparison.indicators {
        let (before, after) = &change.figure;
        let shown = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
        page.push_str(&format!(
            "{}\n  A {} [{}]  B {} [{}]\n",
            change.title.in_lang(lang),
            shown(before),
            change.verdict.0.title().in_lang(lang),
            shown(after),
            change.verdict.1.title().in_lang(lang),
        ));
        if change.evidence.is_empty() {
            continue;
        }
        page.push_str(&format!("  {} ({}):\n", say("what differs", "差异"), change.evidence.len()));
        let rows = change.evidence.iter().take(SHOWN).map(|evidence| {
            let state = |state: &Option<String>| state.clone().unwrap_or_else(|| "–".to_owned());
            vec![
                format!("    {}", evidence.key),
                state(&evidence.before),
                state(&evidence.after),
                evidence.text.in_lang(lang).to_owned(),
            ]
        });
        let header = [say("    key", "    键"), "A", "B", ""];
        page.push_str(&text::table(&header, rows.collect()));
        if change.evidence.len() > SHOWN {
            page.push_str(&format!("    … +{}\n", change.evidence.len() - SHOWN));
        }
    }
    for (ids, title) in
        [(&comparison.only_before, say("only in A", "仅 A 有")), (&comparison.only_after, say("only in B", "仅 B 有"))]
    {
        if !ids.is_empty() {
            page.push_str(&format!("{title}: {}\n", ids.join(", ")));
        }
    }
    page
}
