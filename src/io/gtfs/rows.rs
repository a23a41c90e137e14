//! The rows of a table of a feed: fields between commas, as they stand in the text.

use std::borrow::Cow;

use encoding_rs::Encoding;
use encoding_rs::UTF_8;
use memchr::memchr;
use memchr::memchr2;

use crate::io::encoding;

/// What is wrong with the text of a file as a whole: the line of the first byte that is not UTF-8, and what was done.
pub(super) struct Misread {
    pub line: u64,
    pub what: &'static str,
}

/// The text of a file without its byte order mark; GB18030 where it is not UTF-8.
pub(super) fn text(bytes: Vec<u8>) -> (String, Option<Misread>) {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes)
        && encoding != UTF_8
    {
        let text = encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
        return (with_line_feeds(text), Some(Misread { line: 1, what: "is UTF-16; a feed is UTF-8" }));
    }
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            let marks = text.len() - text.trim_start_matches('\u{feff}').len();
            text.drain(..marks);
            (with_line_feeds(text), None)
        }
        Err(wrong) => {
            let sound = wrong.utf8_error().valid_up_to();
            let line = 1 + wrong.as_bytes()[..sound].iter().filter(|byte| **byte == b'\n').count() as u64;
            let (text, what) = encoding::text(wrong.as_bytes());
            (with_line_feeds(text), what.map(|what| Misread { line, what }))
        }
    }
}

/// A text without the blanks around it, those of other scripts and those without a width among them.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// Lines that end with carriage returns alone, as on old computers, end with line feeds.
fn with_line_feeds(text: String) -> String {
    let is_old = memchr(b'\n', text.as_bytes()).is_none() && memchr(b'\r', text.as_bytes()).is_some();
    if is_old { text.replace('\r', "\n") } else { text }
}

/// How a row turned out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Sound,
    /// Nothing between two line feeds, or nothing but commas.
    Empty,
    /// Its quotes are not as they should be.
    Broken(&'static str),
}

#[derive(Debug, Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
    /// Holds quotes that are written twice.
    is_doubled: bool,
}

/// The rows of a text, one after the other; the header is row 0.
pub(super) struct Rows<'t> {
    text: &'t str,
    at: usize,
    spans: Vec<Span>,
    /// Rows so far but for empty ones.
    count: u64,
    /// Where the row begins.
    start: usize,
    /// Line on which the row begins, from 1.
    pub line: u64,
    next_line: u64,
}

impl<'t> Rows<'t> {
    pub(super) fn new(text: &'t str) -> Rows<'t> {
        Rows { text, at: 0, spans: Vec::new(), count: 0, start: 0, line: 0, next_line: 1 }
    }

    /// Number of the row, the header being 0.
    pub(super) fn number(&self) -> u64 {
        self.count.saturating_sub(1)
    }

    /// Fields of the row.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// A field without the blanks around it; empty where the row is too short.
    pub(super) fn field(&self, at: usize) -> Cow<'t, str> {
        let raw = self.raw(at);
        match raw {
            Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
            Cow::Owned(text) => Cow::Owned(trimmed(&text).to_owned()),
        }
    }

    /// A field as it stands there.
    pub(super) fn raw(&self, at: usize) -> Cow<'t, str> {
        match self.spans.get(at) {
            None => Cow::Borrowed(""),
            Some(span) if span.is_doubled => Cow::Owned(self.text[span.from..span.to].replace("\"\"", "\"")),
            Some(span) => Cow::Borrowed(&self.text[span.from..span.to]),
        }
    }

    /// The row as it stands in the text, without the end of its line.
    pub(super) fn whole(&self) -> &'t str {
        self.text[self.start..self.at.min(self.text.len())].trim_end_matches(['\r', '\n'])
    }

    /// Goes to the next row; `None` after the last.
    pub(super) fn advance(&mut self) -> Option<Shape> {
        let bytes = self.text.as_bytes();
        if self.at >= bytes.len() {
            return None;
        }
        self.line = self.next_line;
        self.spans.clear();
        let start = self.at;
        self.start = start;
        let mut at = start;
        loop {
            let quoted = match bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count() {
                blanks if bytes.get(at + blanks) == Some(&b'"') => Some(at + blanks),
                _ => None,
            };
            let end = match quoted {
                Some(quote) => match self.quoted(quote) {
                    Ok(end) => end,
                    Err(what) => return Some(self.give_up(start, what)),
                },
                None => {
                    let end = memchr2(b',', b'\n', &bytes[at..]).map_or(bytes.len(), |ahead| at + ahead);
                    let is_last = bytes.get(end) != Some(&b',');
                    let to = if is_last && end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
                    self.spans.push(Span { from: at, to, is_doubled: false });
                    end
                }
            };
            at = end + 1;
            if bytes.get(end) != Some(&b',') {
                break;
            }
            if at >= bytes.len() {
                // a comma is the last byte: an empty field follows it
                self.spans.push(Span { from: bytes.len(), to: bytes.len(), is_doubled: false });
                break;
            }
        }
        self.at = at;
        self.next_line += 1;
        if self.spans.iter().all(|span| trimmed(&self.text[span.from..span.to]).is_empty()) {
            return Some(Shape::Empty);
        }
        self.count += 1;
        Some(Shape::Sound)
    }

    /// The field whose quote opens here; hands back where the comma or line feed after it is, or the end of the text.
    fn quoted(&mut self, quote: usize) -> Result<usize, &'static str> {
        let bytes = self.text.as_bytes();
        let (mut at, mut is_doubled) = (quote + 1, false);
        loop {
            let Some(ahead) = memchr(b'"', &bytes[at..]) else { return Err("a quote is opened and never closed") };
            at += ahead;
            if bytes.get(at + 1) == Some(&b'"') {
                is_doubled = true;
                at += 2;
                continue;
            }
            break;
        }
        let mut end = at + 1;
        while matches!(bytes.get(end), Some(b' ' | b'\t' | b'\r')) {
            end += 1;
        }
        if !matches!(bytes.get(end), None | Some(b',' | b'\n')) {
            return Err("text follows a closing quote; write quotes within a value twice");
        }
        self.next_line += bytes[quote..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.spans.push(Span { from: quote + 1, to: at, is_doubled });
        Ok(end)
    }

    /// The row ends with the line on which it began, so that one wrong quote does not swallow what follows.
    fn give_up(&mut self, start: usize, what: &'static str) -> Shape {
        let bytes = self.text.as_bytes();
        self.at = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |ahead| start + ahead + 1);
        self.next_line = self.line + 1;
        self.spans.clear();
        self.count += 1;
        Shape::Broken(what)
    }
}

/// On which line each row begins, as far as it differs from row + 1.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lines {
    /// From this row on, so many lines more.
    jumps: Vec<(u64, u64)>,
}

impl Lines {
    pub(super) fn note(&mut self, row: u64, line: u64) {
        let more = line.saturating_sub(row + 1);
        if self.jumps.last().map_or(0, |(_, more)| *more) != more {
            self.jumps.push((row, more));
        }
    }

    /// Line of a row, from 1.
    pub(super) fn of(&self, row: u64) -> u64 {
        let at = self.jumps.partition_point(|(from, _)| *from <= row);
        row + 1 + at.checked_sub(1).map_or(0, |at| self.jumps[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(Shape, u64, Vec<String>)> {
        let mut rows = Rows::new(text);
        let mut all = Vec::new();
        while let Some(shape) = rows.advance() {
            all.push((shape, rows.line, (0..rows.len()).map(|at| rows.raw(at).into_owned()).collect()));
        }
        all
    }

    #[test]
    fn fields_stand_between_commas_and_may_be_quoted() {
        let sound = |line, fields: &[&str]| (Shape::Sound, line, fields.iter().map(|one| one.to_string()).collect());
        assert_eq!(
            read("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n,\n\n 2 , \"3\" \n4,"),
            [
                sound(1, &["a", "b"]),
                sound(2, &["1", "x, \"y\"\nz"]),
                (Shape::Empty, 4, vec![String::new(), String::new()]),
                (Shape::Empty, 5, vec![String::new()]),
                sound(6, &[" 2 ", "3"]),
                sound(7, &["4", ""]),
            ]
        );
    }

    #[test]
    fn one_wrong_quote_spoils_one_line() {
        let shapes: Vec<(bool, u64)> =
            read("a,b\n1,\"x\n2,y\n3,\"z\"\n").into_iter().map(|row| (row.0 == Shape::Sound, row.1)).collect();
        assert_eq!(shapes, [(true, 1), (false, 2), (true, 3), (true, 4)]);
        assert!(matches!(read("\"a")[0].0, Shape::Broken(_)));
    }

    #[test]
    fn a_row_knows_its_line() {
        let mut lines = Lines::default();
        for (row, line) in [(1, 2), (2, 4), (3, 5), (4, 9)] {
            lines.note(row, line);
        }
        assert_eq!([1, 2, 3, 4, 5].map(|row| lines.of(row)), [2, 4, 5, 9, 10]);
    }

    #[test]
    fn a_text_that_is_not_utf8_is_read_as_gb18030_and_told() {
        let (bytes, ..) = encoding_rs::GB18030.encode("a\n公交");
        let (text, misread) = text(bytes.into_owned());
        assert_eq!((text.as_str(), misread.map(|one| one.line)), ("a\n公交", Some(2)));
        assert_eq!(super::text("\u{feff}a\rb".into()).0, "a\nb");
    }
}
