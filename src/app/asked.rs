//! Whom a question about a run means: names, codes and pairs as cards, reports and tables print them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::app::explain::ExplainError;
use crate::indicators::scorecard::EvidenceRow;
use crate::indicators::scorecard::Scorecard;
use crate::model::region::unqualified;

/// What stands between the two of a pair, the longest first; a dash may be part of an id, so every place is tried.
const BETWEEN: [&str; 22] = [
    "<->", "->", " to ", " and ", "→", "←", "↔", "⇄", "–", "—", "−", "‐", "-", "~", "～", "至", "到", "与", "和", "/",
    "、", " ",
];

/// Candidates that a message names.
const NAMED: usize = 12;

/// What a question means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// A region, a point or a facility by its code or id.
    One(String),
    /// Two of them by their codes or ids.
    Pair(String, String),
}

/// A region, point or facility that the run speaks of.
#[derive(Debug, Default)]
struct Known {
    names: BTreeSet<String>,
    /// Names of the regions that it is in, the next one up first.
    within: Vec<String>,
}

/// Everything that the run speaks of, by code or id.
pub(super) struct Index<'c> {
    card: &'c Scorecard,
    known: BTreeMap<String, Known>,
}

impl<'c> Index<'c> {
    pub(super) fn new(card: &'c Scorecard) -> Index<'c> {
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let rows = || card.indicators.iter();
        let names: BTreeMap<&str, &str> =
            rows().flat_map(|row| &row.regions).map(|region| (region.code.as_str(), region.name.as_str())).collect();
        let called = |code: &String| names.get(code.as_str()).map_or_else(|| code.clone(), |name| (*name).to_owned());
        for region in rows().flat_map(|row| &row.regions) {
            let one = known.entry(region.code.clone()).or_default();
            one.names.insert(region.name.clone());
            if one.within.is_empty() {
                one.within = region
                    .parents
                    .iter()
                    .filter_map(|code| names.get(code.as_str()))
                    .map(|name| (*name).to_owned())
                    .collect();
            }
        }
        for outcome in rows().flat_map(|row| &row.outcomes) {
            let one = known.entry(outcome.key.clone()).or_default();
            one.names.extend(outcome.name.clone());
            if let Some(region) = outcome.region.as_ref().filter(|_| one.within.is_empty()) {
                one.within = vec![called(region)];
            }
        }
        for evidence in rows().flat_map(|row| &row.evidence) {
            for (id, name) in parties(evidence) {
                known.entry(id.to_owned()).or_default().names.insert(name.to_owned());
            }
        }
        Index { card, known }
    }

    /// One line on a region, point or facility: name, code, and what it is in.
    pub(super) fn told(&self, id: &str) -> String {
        let known = self.known.get(id);
        let name = known.and_then(|it| it.names.iter().find(|name| name.as_str() != id));
        let within = known.map_or(String::new(), |it| it.within.iter().map(|name| format!(", {name}")).collect());
        match name {
            Some(name) => format!("{name} ({id}){within}"),
            None => format!("{id}{within}"),
        }
    }

    /// What a text means: one that the run speaks of, or a pair.
    /// # Errors
    /// [`ExplainError::Ambiguous`] for a name of several, [`ExplainError::UnknownPair`] for two of which no line says anything together,
    /// [`ExplainError::UnknownId`].
    pub(super) fn find(&self, text: &str) -> Result<Asked, ExplainError> {
        let text = plain(text);
        let mut several: Option<(String, Vec<String>)> = None;
        let mut strangers: Option<(String, String)> = None;
        for asked in readings(&text) {
            match &self.matching(&asked)[..] {
                [] => {}
                [only] => return Ok(Asked::One(only.clone())),
                many => several = several.or_else(|| Some((asked.clone(), many.to_vec()))),
            }
            for (left, right) in splits(&asked) {
                let (a, b) = (self.matching(left), self.matching(right));
                let pairs: Vec<(&String, &String)> = a
                    .iter()
                    .flat_map(|a| b.iter().map(move |b| (a, b)))
                    .filter(|(a, b)| self.evidence(a, b).next().is_some())
                    .collect();
                match (&pairs[..], &a[..], &b[..]) {
                    ([(a, b)], ..) => return Ok(Asked::Pair((*a).clone(), (*b).clone())),
                    (_, [], _) | (_, _, []) => {}
                    ([], [a], [b]) => strangers = strangers.or_else(|| Some((a.clone(), b.clone()))),
                    (_, [_], many) => several = several.or_else(|| Some((right.to_owned(), many.to_vec()))),
                    (_, many, _) => several = several.or_else(|| Some((left.to_owned(), many.to_vec()))),
                }
            }
        }
        if let Some((name, ids)) = several {
            let mut candidates: Vec<String> = ids.iter().take(NAMED).map(|id| self.told(id)).collect();
            candidates.extend((ids.len() > NAMED).then(|| format!("and {} more", ids.len() - NAMED)));
            return Err(ExplainError::Ambiguous { name, candidates: candidates.join("; ") });
        }
        if let Some((a, b)) = strangers {
            let mut others: Vec<String> = self
                .card
                .indicators
                .iter()
                .flat_map(|row| &row.evidence)
                .filter(|one| parties(one).len() == 2)
                .flat_map(|one| other_of(one, &a))
                .map(|id| self.told(id))
                .collect();
            others.sort();
            others.dedup();
            let others = if others.is_empty() { "none".to_owned() } else { others.join("; ") };
            return Err(ExplainError::UnknownPair { a: self.told(&a), b: self.told(&b), others });
        }
        let indicators: Vec<&str> = self.card.indicators.iter().map(|row| row.id.as_str()).collect();
        Err(ExplainError::UnknownId { id: text, indicators: indicators.join(", ") })
    }

    /// Lines about two together, of all indicators.
    fn evidence(&self, a: &str, b: &str) -> impl Iterator<Item = &'c EvidenceRow> {
        let rows = self.card.indicators.iter().flat_map(|row| &row.evidence);
        rows.filter(move |one| is_about_both(one, a, b))
    }

    /// Codes and ids that a text means: itself, or else those with the name that it is, in any of its forms.
    fn matching(&self, text: &str) -> Vec<String> {
        if self.known.contains_key(text) {
            return vec![text.to_owned()];
        }
        type Form<'f> = &'f dyn Fn(&str, &Known) -> bool;
        let forms: [Form<'_>; 3] = [
            &|_, known| known.names.iter().any(|name| plain(name) == text),
            &|_, known| known.names.iter().any(|name| unqualified(name).is_some_and(|(own, _)| plain(own) == text)),
            &|id, known| known.names.iter().any(|name| is_called(text, id, name, &known.within)),
        ];
        let found = forms.iter().map(|form| {
            let ids = self.known.iter().filter(|(id, known)| form(id, known)).map(|(id, _)| id.clone());
            ids.collect::<Vec<String>>()
        });
        // the name of one may be the bare name of others that are told apart: all of them are meant
        let mut found: Vec<Vec<String>> = found.collect();
        let bare = found.remove(1);
        let mut first = found.remove(0);
        first.extend(bare);
        first.sort();
        first.dedup();
        if first.is_empty() { found.remove(0) } else { first }
    }
}

/// Whether a text is a name with its code or with what it is in: `浦口区 (320111)`, `320111 浦口区`, `鼓楼区 (南京市)`, `南京市鼓楼区`.
fn is_called(text: &str, id: &str, name: &str, within: &[String]) -> bool {
    let own = unqualified(name).map_or(name, |(own, _)| own);
    let by = unqualified(name).map(|(_, by)| by.to_owned());
    let qualifiers: Vec<String> =
        within.iter().cloned().chain(by).chain([id.to_owned()]).map(|one| plain(&one)).collect();
    let bare =
        |text: &str| text.chars().filter(|c| !c.is_whitespace() && !"()（）,，".contains(*c)).collect::<String>();
    let text = bare(text);
    [name, own].into_iter().map(|name| bare(&plain(name))).any(|name| {
        let forms = |by: &String| [format!("{name}{}", bare(by)), format!("{}{name}", bare(by))];
        qualifiers.iter().flat_map(forms).any(|form| form == text)
            // with the code behind all of it
            || qualifiers.iter().flat_map(forms).any(|form| format!("{form}{id}") == text)
    })
}

/// Codes or ids with names of those that a line is about: two of a pair, or the one.
fn parties(evidence: &EvidenceRow) -> Vec<(&str, &str)> {
    let about: Vec<&str> = evidence.about.iter().map(String::as_str).collect();
    let is_key = |a: &str, b: &str| evidence.key == format!("{a}–{b}") || evidence.key == format!("{b}–{a}");
    match about[..] {
        // regions of a pair; a facility with a region
        [a, b, name_a, name_b] if is_key(a, b) => vec![(a, name_a), (b, name_b)],
        [a, name_a, _, b, name_b] if is_key(a, b) => vec![(a, name_a), (b, name_b)],
        [id, name, ..] if evidence.key == id => vec![(id, name)],
        _ => Vec::new(),
    }
}

/// Whether a line is about both.
pub(super) fn is_about_both(evidence: &EvidenceRow, a: &str, b: &str) -> bool {
    match parties(evidence)[..] {
        [(x, _), (y, _)] => (x, y) == (a, b) || (x, y) == (b, a),
        _ => false,
    }
}

/// The other of a pair that one is part of.
fn other_of<'e>(evidence: &'e EvidenceRow, id: &str) -> Option<&'e str> {
    match parties(evidence)[..] {
        [(x, _), (y, _)] if x == id => Some(y),
        [(x, _), (y, _)] if y == id => Some(x),
        _ => None,
    }
}

/// A text as it is compared: one blank for several, full-width digits and letters as plain ones, brackets alike.
fn plain(text: &str) -> String {
    let narrow = text.chars().map(|c| match c {
        '（' => '(',
        '）' => ')',
        '\u{3000}' | '\u{a0}' | '\u{202f}' => ' ',
        '！'..='～' if c.is_alphanumeric() => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    });
    narrow.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ").replace(" (", "(")
}

/// A text, and what stands of it before a colon, or before what is said in brackets at its end: lines are asked for as they are printed.
fn readings(text: &str) -> Vec<String> {
    let mut readings = vec![text.to_owned()];
    let mut add = |text: &str| {
        let text = text.trim().to_owned();
        if !text.is_empty() && !readings.contains(&text) {
            readings.push(text);
        }
    };
    for colon in [": ", ":", "："] {
        if let Some((front, _)) = text.split_once(colon) {
            add(front);
        }
    }
    if let Some((front, _)) = text.rsplit_once('(') {
        add(front);
    }
    if let Some((front, _)) = text.split_once([',', '，', ';', '；']) {
        add(front);
    }
    readings
}

/// The two halves of a text, at every place where it may be a pair.
fn splits(text: &str) -> Vec<(&str, &str)> {
    let mut splits = Vec::new();
    for between in BETWEEN {
        for (at, _) in text.match_indices(between) {
            let (left, right) = (text[..at].trim(), text[at + between.len()..].trim());
            if !left.is_empty() && !right.is_empty() {
                splits.push((left, right));
            }
        }
    }
    splits
}
