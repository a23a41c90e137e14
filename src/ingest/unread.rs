//! Words in the fields of streets that are not applied as they are written, with how often and where first.

use std::collections::BTreeMap;

use crate::ingest::account::Account;

/// So many words of a field are told one by one, the most frequent first.
const MOST: usize = 20;

/// Why a word is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// Nobody knows it.
    Unknown,
    /// A number that nobody can mean.
    Doubtful,
    /// Several numbers, of which the lowest holds.
    Several,
    /// It holds at certain times, or for certain vehicles.
    Timed,
}

/// A word, how often it stands there, and the first record that has it.
type Said<'u> = (&'u str, u64, &'u str);

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Unread(BTreeMap<(Why, String, String), (u64, Option<String>)>);

impl Unread {
    /// Counts a word of a field on a record called `id`.
    pub(crate) fn add(&mut self, why: Why, field: &str, said: &str, id: Option<String>) {
        let (count, _) = self.0.entry((why, field.to_owned(), said.to_owned())).or_insert((0, id));
        *count += 1;
    }

    /// Another reading of the same records: a word that both met is one.
    pub(crate) fn merge(&mut self, other: &Unread) {
        for (word, (count, first)) in &other.0 {
            let own = self.0.entry(word.clone()).or_insert((0, first.clone()));
            own.0 = own.0.max(*count);
        }
    }

    /// What `found` has and this has not, which is then known here.
    pub(crate) fn others(&mut self, found: &Unread) -> Unread {
        let others = found.0.iter().filter(|(word, _)| !self.0.contains_key(*word));
        let others = Unread(others.map(|(word, count)| (word.clone(), count.clone())).collect());
        self.merge(found);
        others
    }

    /// Notes a line each; words beyond the most frequent of a field are counted in one more.
    pub(crate) fn note(&self, records: &str, account: &mut Account) {
        let mut by_field: BTreeMap<(Why, &str), Vec<Said<'_>>> = BTreeMap::new();
        for ((why, field, said), (count, first)) in &self.0 {
            let first = first.as_deref().unwrap_or_default();
            by_field.entry((*why, field)).or_default().push((said, *count, first));
        }
        for ((why, field), mut words) in by_field {
            words.sort_by_key(|(said, count, _)| (std::cmp::Reverse(*count), *said));
            let code = match why {
                Why::Unknown => "unknown-word",
                Why::Doubtful => "doubtful-speed",
                Why::Several => "several-speeds",
                Why::Timed => "condition-not-applied",
            };
            for (said, count, first) in words.iter().take(MOST) {
                let said: String = said.chars().take(80).collect();
                let what = match why {
                    Why::Unknown => {
                        format!("{field} = \"{said}\" says nothing that is known, {count} times; it is taken for empty")
                    }
                    Why::Doubtful => {
                        format!("{field} = \"{said}\" is not believed, {count} times; it is taken for empty")
                    }
                    Why::Several => {
                        format!("{field} = \"{said}\" says several speeds, {count} times; the lowest holds")
                    }
                    Why::Timed => format!("{field} is not applied; {count} {records} have it"),
                };
                let where_first = if first.is_empty() { String::new() } else { format!("; the first is {first}") };
                account.noted(code, None, format!("{what}{where_first}"));
            }
            if let Some(rest) = words.get(MOST..).filter(|rest| !rest.is_empty()) {
                let times: u64 = rest.iter().map(|(_, count, _)| count).sum();
                let what = format!("{field}: {} more words like the {MOST} before, {times} times", rest.len());
                account.noted(code, None, what);
            }
        }
    }
}
