//! Where the features of a long document begin and end, found without parsing them, so that they can be parsed in parallel.
//!
//! Only brackets and quotes are looked at. What stands between them is judged by the parser, piece by piece: a document that is broken is
//! cut at some place, and the piece there does not parse.

use std::io;
use std::io::Read;
use std::ops::Range;

/// Bytes that are read at a time.
const CHUNK: usize = 4 << 20;

/// How far into a document its list of features has to begin for it to be split.
const SNIFF: usize = 1 << 20;

/// What kind of document stands at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A collection whose list of features begins at this byte, right after its bracket.
    Collection { features_at: usize },
    /// One document after the other.
    Sequence,
    /// Neither can be told from the beginning.
    Unclear,
}

/// The text that is at hand: a window that moves through the file.
pub(super) struct Window<R> {
    text: R,
    bytes: Vec<u8>,
    /// Line and column, from 1, of the first byte at hand.
    line: u64,
    column: u64,
    is_over: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(text: R) -> Window<R> {
        Window { text, bytes: Vec::new(), line: 1, column: 1, is_over: false }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether nothing follows what is at hand.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Reads on, behind what is at hand.
    pub(super) fn read_on(&mut self) -> io::Result<()> {
        let had = self.bytes.len();
        let more = (&mut self.text).take(CHUNK as u64).read_to_end(&mut self.bytes)?;
        debug_assert_eq!(had + more, self.bytes.len());
        self.is_over = more < CHUNK;
        Ok(())
    }

    /// Forgets the first bytes.
    pub(super) fn forget(&mut self, count: usize) {
        (self.line, self.column) = self.place(count);
        self.bytes.drain(..count);
    }

    /// Line and column, from 1, of a byte at hand.
    pub(super) fn place(&self, at: usize) -> (u64, u64) {
        let before = &self.bytes[..at];
        let lines = before.iter().filter(|byte| **byte == b'\n').count() as u64;
        match before.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => (self.line + lines, (at - last) as u64),
            None => (self.line, self.column + at as u64),
        }
    }

    /// Everything from the first byte at hand on.
    pub(super) fn rest(self) -> impl Read {
        io::Cursor::new(self.bytes).chain(self.text)
    }

    /// What stands at the beginning, read as far as it takes to tell.
    pub(super) fn shape(&mut self) -> io::Result<Shape> {
        while self.bytes.len() < SNIFF && !self.is_over {
            self.read_on()?;
        }
        Ok(shape(&self.bytes[..self.bytes.len().min(SNIFF)]))
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn shape(start: &[u8]) -> Shape {
    let mut cursor = Cursor::default();
    // where the last text at the depth of the members began, and whether it is a key
    let (mut key, mut is_value) = (0..0, false);
    let mut at = 0;
    while at < start.len() {
        let byte = start[at];
        if cursor.depth == 0 && !cursor.in_text && byte != b'{' && !is_space(byte) {
            return Shape::Unclear;
        }
        if cursor.depth == 1 && !cursor.in_text {
            match byte {
                b'"' => key = at..at,
                b':' => is_value = true,
                b',' => is_value = false,
                b'[' if is_value && &start[key.clone()] == b"\"features\"" => {
                    return Shape::Collection { features_at: at + 1 };
                }
                _ => {}
            }
        }
        let was_text = cursor.in_text;
        cursor.step(byte);
        if was_text && !cursor.in_text && cursor.depth == 1 && !is_value {
            key.end = at + 1;
        }
        at += 1;
        if cursor.depth == 0 && !cursor.in_text && byte == b'}' {
            return Shape::Sequence;
        }
    }
    Shape::Unclear
}

/// How deep in brackets a byte is, and whether it is in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cursor {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Cursor {
    fn step(&mut self, byte: u8) {
        if self.in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// The end of the value that begins at `from`: behind its last bracket or quote, or at the comma or bracket behind a number or a word.
/// `None` when the text ends before.
fn value_end(bytes: &[u8], from: usize) -> Option<usize> {
    match bytes.get(from)? {
        b'{' | b'[' => {
            let (mut depth, mut at) = (0usize, from);
            while at < bytes.len() {
                match bytes[at] {
                    b'"' => {
                        at = text_end(bytes, at + 1)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
            None
        }
        b'"' => text_end(bytes, from + 1),
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"') || is_space(*byte);
            bytes[from..].iter().position(ends).map(|length| from + length)
        }
    }
}

/// Behind the quote that ends a text whose inside begins at `at`.
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes[at] {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// How a list of values goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// More has to be read; everything before this byte is done with.
    More(usize),
    /// The list ends before this byte.
    End(usize),
    /// Something stands at this byte that can not.
    Wrong(usize),
}

/// Whether commas stand between values, and a bracket behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    Commas { is_first: bool },
    Nothing,
}

/// Collects the values that lie whole in `bytes`. `is_over`: nothing follows the bytes, so that what is cut there is a value too, a broken
/// one.
pub(super) fn values(bytes: &[u8], between: &mut Between, is_over: bool, found: &mut Vec<Range<usize>>) -> Next {
    let mut at = 0;
    let skip = |mut at: usize| {
        while bytes.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        at
    };
    loop {
        let done = at;
        at = skip(at);
        let mut is_first = false;
        if let Between::Commas { is_first: first } = between {
            match bytes.get(at) {
                None if is_over => return Next::Wrong(at),
                None => return Next::More(done),
                Some(b']') => return Next::End(at + 1),
                Some(b',') if !*first => at = skip(at + 1),
                Some(_) if !*first => return Next::Wrong(at),
                Some(_) => {}
            }
            is_first = *first;
        }
        match bytes.get(at) {
            None if *between == Between::Nothing && is_over => return Next::End(at),
            None if is_over => return Next::Wrong(at),
            None => return Next::More(done),
            // no value begins so
            Some(b',' | b']' | b'}' | b':') => return Next::Wrong(at),
            Some(_) => {}
        }
        match value_end(bytes, at) {
            Some(end) if end < bytes.len() || is_over => {
                found.push(at..end);
                at = end;
            }
            None if is_over => {
                found.push(at..bytes.len());
                return Next::Wrong(bytes.len());
            }
            _ => return Next::More(done),
        }
        if is_first {
            *between = Between::Commas { is_first: false };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_from_the_beginning() {
        let cases = [
            (r#"{"type":"FeatureCollection","features":[]}"#, Shape::Collection { features_at: 40 }),
            (r#" {"name":"\"features\":[","features" : [1]}"#, Shape::Collection { features_at: 40 }),
            (r#"{"a":{"features":[1]},"b":["features",[1]]} "#, Shape::Sequence),
            (r#"{"type":"Feature"}"#, Shape::Sequence),
            (r#"{"features":{"x":[1]}}"#, Shape::Sequence),
            (r#"{"type":"Feat"#, Shape::Unclear),
            ("[1]", Shape::Unclear),
            ("", Shape::Unclear),
        ];
        for (text, want) in cases {
            assert_eq!(shape(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn values_are_found_wherever_the_window_ends() {
        let text = r#"{"a":"}]\"\\"} , [1,[2]],3 ,null,"x,y" ] rest"#;
        let whole = [r#"{"a":"}]\"\\"}"#, "[1,[2]]", "3", "null", "\"x,y\""];
        for cut in 0..text.len() {
            let (mut between, mut found) = (Between::Commas { is_first: true }, Vec::new());
            let first = values(&text.as_bytes()[..cut], &mut between, false, &mut found);
            let mut got: Vec<&str> = found.iter().map(|range| &text[range.clone()]).collect();
            let from = match first {
                Next::More(from) => from,
                Next::End(end) => {
                    assert_eq!((&text[end..], &got[..]), (" rest", &whole[..]));
                    continue;
                }
                Next::Wrong(at) => panic!("{at} of {cut}"),
            };
            let mut rest = Vec::new();
            let next = values(&text.as_bytes()[from..], &mut between, true, &mut rest);
            got.extend(rest.iter().map(|range| &text[from + range.start..from + range.end]));
            assert_eq!((next, &got[..]), (Next::End(text.len() - 5 - from), &whole[..]), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_list_is_wrong_at_its_place() {
        for (text, want) in [("[", 1), ("1 2]", 2), ("1,,2]", 2), (",1]", 0), ("1,]", 2), ("1}", 1), ("{\"a\":1", 6)] {
            let (mut between, mut found) = (Between::Commas { is_first: true }, Vec::new());
            assert_eq!(values(text.as_bytes(), &mut between, true, &mut found), Next::Wrong(want), "{text}");
        }
        let (mut found, lines) = (Vec::new(), b"{\"a\":1}\n{} {}\n");
        assert_eq!(values(lines, &mut Between::Nothing, true, &mut found), Next::End(lines.len()));
        assert_eq!(found, [0..7, 8..10, 11..13]);
    }
}
