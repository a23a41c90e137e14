//! Where in the text a key or a value stands, so that a check made later can still underline it.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;
use toml::de::DeValue;

/// One step from a table or a list to what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    At(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Step {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(at: usize) -> Step {
        Step::At(at)
    }
}

/// The way from the root of a config to a value: `way!["indicator", 2, "measure"]`.
macro_rules! way {
    ($($step:expr),* $(,)?) => { [$($crate::config::spans::Step::from($step)),*] };
}
pub(crate) use way;

/// The parsed text with the place of everything in it.
pub(crate) struct Spans<'t> {
    root: Option<Spanned<DeTable<'t>>>,
}

impl<'t> Spans<'t> {
    /// The places in `text`; without any when it is not TOML.
    pub(crate) fn of(text: &'t str) -> Spans<'t> {
        Spans { root: DeTable::parse(text).ok() }
    }

    /// The place of the value at the end of the way; of the last thing on the way that is there when it is not.
    pub(crate) fn value(&self, way: &[Step]) -> Option<Range<usize>> {
        self.walk(way).map(|(_, value)| value)
    }

    /// The place of the key of the value at the end of the way, with the same fallback.
    pub(crate) fn key(&self, way: &[Step]) -> Option<Range<usize>> {
        self.walk(way).map(|(key, _)| key)
    }

    fn walk(&self, way: &[Step]) -> Option<(Range<usize>, Range<usize>)> {
        let root = self.root.as_ref()?;
        let mut here: Option<&Spanned<DeValue<'t>>> = None;
        let mut found: Option<(Range<usize>, Range<usize>)> = None;
        for (depth, step) in way.iter().enumerate() {
            match step {
                Step::Key(name) => {
                    let table = match here {
                        None if depth == 0 => Some(root.get_ref()),
                        None => None,
                        Some(value) => value.get_ref().as_table(),
                    };
                    let Some((key, value)) = table.and_then(|table| table.get_key_value(name.as_str())) else { break };
                    found = Some((key.span(), value.span()));
                    here = Some(value);
                }
                // one table may stand where a list of one could
                Step::At(at) => {
                    let Some(list) = here.and_then(|value| value.get_ref().as_array()) else { continue };
                    let Some(value) = list.get(*at) else { break };
                    found = Some((value.span(), value.span()));
                    here = Some(value);
                }
            }
        }
        found
    }
}
