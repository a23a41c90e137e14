//! What is wrong with a config, shown in its own text with the very word underlined.

use std::ops::Range;
use std::sync::Arc;

use miette::Diagnostic;
use miette::NamedSource;
use miette::SourceSpan;

/// Why a config can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is missing, not readable or not UTF-8.
    #[error("cannot read the config \"{path}\": {source}")]
    Read { path: String, source: std::io::Error },
    /// The text says something that can not be meant; all problems that could be told apart, in the order of the text.
    #[error("{}", headline(name, problems))]
    Invalid { name: String, problems: Vec<Problem> },
}

fn headline(name: &str, problems: &[Problem]) -> String {
    match problems {
        [one] => format!("{name}: {one}"),
        many => format!("{name}: {} problems", many.len()),
    }
}

impl Diagnostic for ConfigError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        match self {
            ConfigError::Read { .. } => Some(Box::new("name an existing config file, UTF-8 text in the TOML format")),
            ConfigError::Invalid { .. } => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self {
            ConfigError::Read { .. } => None,
            ConfigError::Invalid { problems, .. } => {
                Some(Box::new(problems.iter().map(|problem| problem as &dyn Diagnostic)))
            }
        }
    }
}

impl ConfigError {
    /// The problems of an invalid config; empty for one that could not be read.
    pub fn problems(&self) -> &[Problem] {
        match self {
            ConfigError::Read { .. } => &[],
            ConfigError::Invalid { problems, .. } => problems,
        }
    }
}

/// One thing that is wrong, with the place in the text.
#[derive(Debug, Clone, thiserror::Error, Diagnostic)]
#[error("{what}")]
pub struct Problem {
    /// What is wrong; lower case, no full stop.
    pub what: String,
    #[source_code]
    text: NamedSource<Arc<str>>,
    #[label("{label}")]
    span: Option<SourceSpan>,
    label: String,
    /// What to write instead.
    #[help]
    pub help: Option<String>,
}

impl Problem {
    /// The words that are underlined; `None` where the problem has no place of its own.
    pub fn underlined(&self) -> Option<&str> {
        let span = self.span?;
        self.text.inner().get(span.offset()..span.offset() + span.len())
    }

    /// Line and column of the place, counted from 1, columns in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.text.inner().get(..self.span?.offset())?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }

    fn offset(&self) -> usize {
        self.span.map_or(usize::MAX, |span| span.offset())
    }
}

/// A problem before it is joined with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub what: String,
    pub label: String,
    pub help: Option<String>,
    pub span: Option<Range<usize>>,
}

/// All findings in one text as an error; the order is that of the text.
pub(crate) fn invalid(name: &str, text: &Arc<str>, findings: Vec<Finding>) -> ConfigError {
    let mut problems: Vec<Problem> = findings
        .into_iter()
        .map(|finding| Problem {
            what: finding.what,
            text: NamedSource::new(name, Arc::clone(text)),
            span: finding.span.map(SourceSpan::from),
            label: finding.label,
            help: finding.help,
        })
        .collect();
    problems.sort_by_key(Problem::offset);
    ConfigError::Invalid { name: name.to_owned(), problems }
}

/// The candidate that `word` is most likely a slip of; `None` when none is close. Ties go to the earlier one.
pub fn nearest_match<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let word = plain(word);
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&word, &plain(candidate));
        if likeness >= 0.75 && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `did you mean "a"? there are: a, b, c`, as far as it applies.
pub(crate) fn suggestion(word: &str, kind: &str, candidates: &[&str]) -> String {
    let list = candidates.join(", ");
    match nearest_match(word, candidates.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"? {kind}: {list}"),
        None if candidates.is_empty() => format!("{kind}: none"),
        None => format!("{kind}: {list}"),
    }
}

/// serde's words for a misfit in ours.
pub(crate) fn from_serde(message: &str, span: Option<Range<usize>>) -> Finding {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let mut finding = Finding { what: message.to_owned(), label: "here".to_owned(), help: None, span };
    match quoted[..] {
        [unknown, ref known @ ..] if message.starts_with("unknown field") => {
            finding.what = format!("unknown key \"{unknown}\"");
            finding.label = "nothing would use this".to_owned();
            finding.help = Some(suggestion(unknown, "known keys here", known));
        }
        [unknown, ref known @ ..] if message.starts_with("unknown variant") => {
            finding.what = format!("unknown word \"{unknown}\"");
            finding.label = "not one of the words that can stand here".to_owned();
            finding.help = Some(suggestion(unknown, "known words here", known));
        }
        [missing] if message.starts_with("missing field") => {
            finding.what = format!("the key \"{missing}\" is missing");
            finding.label = format!("needs {missing} = …");
        }
        _ if message.contains("untagged enum TextForm") => {
            finding.what = "not a text".to_owned();
            finding.help = Some("write \"…\" or { en = \"…\", zh = \"…\" }".to_owned());
        }
        _ if message.contains("untagged enum QuantityText") => {
            finding.what = "not a number with a unit".to_owned();
            finding.help = Some("write it in quotes with its unit, for example \"500 m\" or \"90 %\"".to_owned());
        }
        _ if message.contains("TOML datetime") => {
            finding.what = "not a date".to_owned();
            finding.help = Some("write the date without quotes: 2029-12-31".to_owned());
        }
        _ if message.starts_with("wanted exactly 1 element") => {
            finding.what = "exactly one is wanted here".to_owned();
            finding.help = Some("write one metric (or one way to name codes), not none and not several".to_owned());
        }
        _ => {}
    }
    finding
}

/// Of serde's complaint about an unknown key, the key that was probably meant; `None` for other complaints.
pub(crate) fn meant_key(message: &str) -> Option<Option<String>> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown field"))?;
    Some(nearest_match(unknown, quoted).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let kinds = ["clinic", "primary-school", "shelter"];
        assert_eq!(nearest_match("clinc", kinds), Some("clinic"));
        assert_eq!(nearest_match("primary_school", kinds), Some("primary-school"));
        assert_eq!(nearest_match("airport", kinds), None);
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let text: Arc<str> = "a = 1\ntitle = \"江苏\" x".into();
        let at = text.find(" x").unwrap() + 1;
        let finding = Finding { what: "w".into(), label: "l".into(), help: None, span: Some(at..at + 1) };
        let error = invalid("t.toml", &text, vec![finding]);
        assert_eq!((error.problems()[0].position(), error.problems()[0].underlined()), (Some((2, 14)), Some("x")));
    }
}
