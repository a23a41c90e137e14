//! The ids of a table: what each leads to, and what a second row with one id is.

use std::collections::HashMap;

use crate::io::gtfs::notice::Notices;
use crate::io::gtfs::notice::Rule;
use crate::io::gtfs::table::Row;

/// Positions by id, or the rule for which the row of an id was left out.
#[derive(Default)]
pub(super) struct Ids(HashMap<String, Result<u32, Rule>>);

/// What an id leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    At(u32),
    LeftOut(Rule),
    Nothing,
}

impl Ids {
    pub(super) fn find(&self, id: &str) -> Found {
        match self.0.get(id) {
            Some(Ok(at)) => Found::At(*at),
            Some(Err(rule)) => Found::LeftOut(*rule),
            None => Found::Nothing,
        }
    }

    /// Notes the position of an id; `false` for one that is there already.
    pub(super) fn insert(&mut self, id: &str, at: usize) -> bool {
        if self.0.contains_key(id) {
            return false;
        }
        self.0.insert(id.to_owned(), Ok(at as u32));
        true
    }

    pub(super) fn lose(&mut self, ids: Vec<(String, Rule)>) {
        for (id, rule) in ids {
            self.0.entry(id).or_insert(Err(rule));
        }
    }

    /// Gives every id the position that `moved` has for its old one; where it has none, its row is left out for the rule.
    pub(super) fn renumber(&mut self, rule: Rule, moved: impl Fn(u32) -> Option<u32>) {
        for at in self.0.values_mut() {
            *at = at.and_then(|at| moved(at).ok_or(rule));
        }
    }

    /// The position of an id, or the rule for which its row is left out; that is told.
    pub(super) fn need(
        &self,
        row: &Row<'_, '_>,
        file: &'static str,
        (column, of): (&'static str, &'static str),
        notices: &mut Notices,
    ) -> Result<u32, Rule> {
        let id = row.text(column);
        let rule = match self.find(&id) {
            Found::At(at) => return Ok(at),
            // what belongs to a record that is of no use is of none either, and is told with it
            Found::LeftOut(rule) if !rule.is_loss() => return Err(rule),
            Found::LeftOut(_) => Rule::TripOfRowLeftOut,
            Found::Nothing => Rule::ForeignKeyViolation,
        };
        let why = match self.find(&id) {
            Found::LeftOut(why) if why != Rule::TripOfRowLeftOut => format!(" ({why})"),
            _ => String::new(),
        };
        notices.left_out(rule, file, |notice| {
            let mut notice = notice.at_row(row.number()).at(column, &id);
            notice.what = match rule {
                Rule::ForeignKeyViolation if of.contains(' ') => format!("{of} have no {column} \"{id}\""),
                Rule::ForeignKeyViolation => format!("{of} has no {column} \"{id}\""),
                _ => format!("the row of \"{id}\" in {of} was left out{why}"),
            };
            notice
        });
        Err(rule)
    }
}

/// Tells of a second row with one key.
pub(super) fn duplicate(row: &Row<'_, '_>, file: &'static str, key: &str, value: &str, notices: &mut Notices) -> Rule {
    notices.left_out(Rule::DuplicateKey, file, |notice| {
        let mut notice = notice.at_row(row.number()).at(key, value);
        let value = if value.is_empty() { "\"\"" } else { value };
        notice.what = format!("{key} {value} stands in a row before; the first counts");
        notice
    });
    Rule::DuplicateKey
}

/// Tells of a second row with one key: it says the same as the one before, or something else.
pub(super) fn second(
    row: &Row<'_, '_>,
    file: &'static str,
    key: &str,
    value: &str,
    is_same: bool,
    notices: &mut Notices,
) -> Rule {
    if !is_same {
        return duplicate(row, file, key, value, notices);
    }
    notices.left_out(Rule::RepeatedRow, file, |notice| {
        let mut notice = notice.at_row(row.number()).at(key, value);
        notice.what = format!("{key} {value} stands in a row before, which says the same");
        notice
    });
    Rule::RepeatedRow
}
