//! Reported values: a table with a row for each indicator, region and day.

use jiff::civil::Date;

use crate::base::issue::Issue;
use crate::base::progress::Progress;
use crate::config::plan::Source;
use crate::ingest::IngestError;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::account::name;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::homes::Homes;
use crate::model::dropped::Home;
use crate::model::dropped::Lost;
use crate::model::reported::Reported;
use crate::table::Record;

struct Values<'h> {
    homes: &'h Homes<'h>,
    fields: [usize; 3],
    region: Option<usize>,
    source: Option<usize>,
    synthetic: Option<usize>,
    found: Vec<Reported>,
}

impl Collect for Values<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        let either = |en: &str, zh: &str, what: &'static str| match columns.find(en).or_else(|| columns.find(zh)) {
            Some(at) => Ok(at),
            None => columns.need(en, what),
        };
        self.fields = [
            either("indicator", "指标", "what the value is of")?,
            either("date", "日期", "the day of the value")?,
            either("value", "数值", "the value with its unit")?,
        ];
        self.region = columns.find("region").or_else(|| columns.find("区域代码"));
        self.source = columns.find("source").or_else(|| columns.find("来源"));
        self.synthetic = columns.find("synthetic");
        Ok(())
    }

    fn take(&mut self, record: Record, _: Option<Issue>, account: &mut Account) {
        let synthetic = account.synthetic(&record, self.synthetic);
        let at = record.number;
        let [series, date, value] = self.fields;
        let value = name(&record, value).unwrap_or_default();
        let code = self.region.and_then(|field| key(&record, field));
        let day_text = key(&record, date).unwrap_or_default();
        let (series, day) = (key(&record, series), last_day(&day_text));
        // a row that says a value may be the newest of what it is of, whatever else is wrong with it
        let (homes, is_said) = (self.homes, !value.is_empty());
        let (own_series, own_code) = (series.clone(), code.clone());
        let lose = |account: &mut Account, reason| {
            if !is_said {
                return;
            }
            let is_whole = own_code.is_none();
            let region =
                own_code.map(|code| homes.today(code, at, None, account)).and_then(|code| homes.by_code(&code));
            let home = region.map_or(Home::Unknown, Home::In);
            account.lose(at, reason, home, Lost::Reported { series: own_series, day, is_whole });
        };
        let Some(series) = series else {
            account.dropped("no-indicator", at, "the row does not say which indicator it is of");
            lose(account, "no-indicator");
            return;
        };
        let Some(day) = day else {
            let what = format!("\"{day_text}\" is no day; write 2025, 2025-06 or 2025-06-30");
            let issue = account.dropped("no-day", at, what);
            (issue.id, issue.field) = (Some(series), Some("date".to_owned()));
            lose(account, "no-day");
            return;
        };
        if value.is_empty() {
            // a report without a value says nothing, and nothing is not zero
            let issue = account.dropped("no-value", at, "no value: the row is left out, it is not a zero");
            (issue.id, issue.field) = (Some(series), Some("value".to_owned()));
            return;
        }
        let region = match code {
            None => None,
            Some(code) => {
                let code = self.homes.today(code, at, None, account);
                let Some(region) = self.homes.by_code(&code) else {
                    let issue = account.dropped(
                        "unknown-region",
                        at,
                        format!("no region of the study has the code \"{code}\""),
                    );
                    (issue.id, issue.field) = (Some(series), Some("region".to_owned()));
                    lose(account, "unknown-region");
                    return;
                };
                Some(region)
            }
        };
        account.used();
        let source = self.source.and_then(|field| name(&record, field)).unwrap_or_default();
        let file = account.ledger.source.clone();
        self.found.push(Reported { series, region, day, day_text, value, source, record: at, file, synthetic });
    }
}

/// The last day of a year, of a month, or the day itself.
fn last_day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|digit| digit.is_ascii_digit())).then(|| text.parse::<i16>().ok())?
    };
    let year = number(parts.first()?, 4)?;
    match parts[1..] {
        [] => Date::new(year, 12, 31).ok(),
        [month] => Some(Date::new(year, number(month, 2)? as i8, 1).ok()?.last_of_month()),
        [month, day] => Date::new(year, number(month, 2)? as i8, number(day, 2)? as i8).ok(),
        _ => None,
    }
}

/// The values of a source in file order. A file without any is fine; a row that can not be used is listed, however many.
pub(crate) fn read(
    source: &Source,
    homes: &Homes<'_>,
    progress: &dyn Progress,
) -> Result<(Vec<Reported>, Account), IngestError> {
    let mut account = Account::new(source, "reported values");
    let mut collector =
        Values { homes, fields: [0; 3], region: None, source: None, synthetic: None, found: Vec::new() };
    door::read(source, &mut collector, &mut account, progress)?;
    Ok((collector.found, account))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_year_and_a_month_speak_of_their_last_day() {
        assert_eq!(last_day("2025"), Some(date(2025, 12, 31)));
        assert_eq!(last_day("2024-02"), Some(date(2024, 2, 29)));
        assert_eq!(last_day("2025-06-30"), Some(date(2025, 6, 30)));
        for text in ["", "25", "2025-13", "2025-02-30", "2025-6", "30.6.2025", "2025-06-30-1", "２０２５x"] {
            assert_eq!(last_day(text), None, "{text}");
        }
    }
}
