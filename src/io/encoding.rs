//! Text encodings: which one a file is in, and its text as UTF-8 while it is read.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::io;
use std::io::BufRead;
use std::io::Read;
use std::rc::Rc;

use encoding_rs::Decoder;
use encoding_rs::DecoderResult;
use encoding_rs::Encoding;
use encoding_rs::GB18030;
use encoding_rs::UTF_8;

/// Bytes that a file may be read in; a reader asks for at least as many at once.
const CHUNK: usize = 1 << 16;

/// A line longer than this is read in pieces.
const LONGEST_LINE: u64 = 16 << 20;

/// The encoding called `name`, e.g. `UTF-8`, `GB18030` or `GBK`.
/// # Errors
/// What to write instead, when there is none.
pub(crate) fn by_name(name: &str) -> Result<&'static Encoding, String> {
    Encoding::for_label(name.trim().as_bytes())
        .ok_or_else(|| format!("encoding \"{name}\" is not known; write UTF-8 or GB18030"))
}

/// What people call it: `GB18030`, not `gb18030`.
pub(crate) fn title(encoding: &'static Encoding) -> &'static str {
    if encoding == GB18030 { "GB18030" } else { encoding.name() }
}

/// What a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    pub encoding: &'static Encoding,
    /// Whether every byte is known to be.
    pub is_whole: bool,
}

/// The encoding of a text by its bytes: that of its byte order mark, UTF-16 without one where every other byte is nought, UTF-8 or GB18030
/// (which holds GBK and GB 2312), whichever more of it is; UTF-8 where neither is likely. Reads to the end.
pub(crate) fn detect(mut bytes: impl Read) -> io::Result<Detected> {
    let mut buffer = vec![0u8; CHUNK];
    let mut utf8 = Counted::new();
    let mut pairs = Pairs::default();
    let mut is_start = true;
    loop {
        let count = fill(&mut bytes, &mut buffer)?;
        let mut piece = &buffer[..count];
        if is_start {
            let marked = Encoding::for_bom(piece);
            if let Some(encoding) = marked.map(|(encoding, _)| encoding).filter(|encoding| *encoding != UTF_8) {
                return Ok(Detected { encoding, is_whole: true });
            }
            if let Some(encoding) = unmarked_utf_16(piece) {
                return Ok(Detected { encoding, is_whole: true });
            }
            piece = &piece[marked.map_or(0, |(_, length)| length)..];
        }
        is_start = false;
        utf8.take(piece, count == 0);
        pairs.take(piece);
        if count == 0 {
            break;
        }
    }
    let is_utf8 = utf8.malformed == 0 || utf8.wide >= utf8.malformed || !pairs.are_likely();
    let encoding = if is_utf8 { UTF_8 } else { GB18030 };
    Ok(Detected { encoding, is_whole: utf8.malformed == 0 })
}

/// UTF-16 by its noughts: plain letters, commas and line ends have one each, all on the same side.
fn unmarked_utf_16(start: &[u8]) -> Option<&'static Encoding> {
    let noughts = |side: usize| start.iter().skip(side).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (noughts(0), noughts(1));
    match (first, second) {
        (0, second) if second >= 4 && second * 10 >= start.len() / 2 => Some(encoding_rs::UTF_16LE),
        (first, 0) if first >= 4 && first * 10 >= start.len() / 2 => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// How much of a text is UTF-8.
struct Counted {
    decoder: Decoder,
    text: Vec<u8>,
    /// Characters beyond the second block of UTF-8, as Chinese ones are.
    wide: u64,
    malformed: u64,
}

impl Counted {
    fn new() -> Counted {
        let decoder = UTF_8.new_decoder_without_bom_handling();
        Counted { decoder, text: vec![0; CHUNK], wide: 0, malformed: 0 }
    }

    fn take(&mut self, mut bytes: &[u8], is_last: bool) {
        loop {
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, is_last);
            self.wide += self.text[..written].iter().filter(|byte| **byte >= 0xe0).count() as u64;
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.malformed += 1,
            }
        }
    }
}

/// Pairs of bytes beyond ASCII, as GB 2312 has them, and bytes that can only be parts of rarer characters, or of another encoding.
#[derive(Default)]
struct Pairs {
    common: u64,
    rare: u64,
    /// A first byte whose second has not come yet.
    first: Option<u8>,
}

impl Pairs {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.first.take(), *byte) {
                (None, byte) if byte < 0x80 => {}
                (None, byte) => self.first = Some(byte),
                (Some(first), second) if (0xa1..=0xf7).contains(&first) && second >= 0xa1 => self.common += 1,
                (Some(_), _) => self.rare += 1,
            }
        }
    }

    fn are_likely(&self) -> bool {
        self.common > 0 && self.common >= self.rare
    }
}

/// Whether a text is GB18030 without a fault, but for a last character that is cut off, and half of its characters or more are the common
/// ones of GB 2312. Western letters with accents stand alone, and are not taken for it.
pub(crate) fn looks_like_gb(text: &[u8]) -> bool {
    let mut pairs = Pairs::default();
    pairs.take(text);
    let (decoded, is_lossy) = GB18030.decode_without_bom_handling(text);
    let is_cut = || decoded.ends_with('\u{fffd}') && decoded.matches('\u{fffd}').count() == 1;
    pairs.are_likely() && (!is_lossy || is_cut())
}

/// Lines of a text that mostly is UTF-8 or GB18030, as UTF-8: a line that is the other one is read as that, and what is neither is marked.
pub(crate) struct Mended<R> {
    bytes: R,
    encoding: &'static Encoding,
    raw: Vec<u8>,
    text: Vec<u8>,
    text_at: usize,
    line: u64,
    odd: OddLines,
}

/// Lines that are not in the encoding of their text, and what was done; those that were read already, from the first on.
pub(crate) type OddLines = Rc<RefCell<VecDeque<(u64, String)>>>;

impl<R: BufRead> Mended<R> {
    pub(crate) fn new(bytes: R, encoding: &'static Encoding) -> (Mended<R>, OddLines) {
        let odd = OddLines::default();
        let (raw, text) = (Vec::new(), Vec::new());
        (Mended { bytes, encoding, raw, text, text_at: 0, line: 0, odd: Rc::clone(&odd) }, odd)
    }

    fn next_line(&mut self) -> io::Result<bool> {
        self.raw.clear();
        let at_most = &mut (&mut self.bytes).take(LONGEST_LINE);
        at_most.read_until(b'\n', &mut self.raw)?;
        if self.raw.is_empty() {
            return Ok(false);
        }
        self.line += 1;
        if self.line == 1 && self.raw.starts_with(b"\xef\xbb\xbf") {
            self.raw.drain(..3);
        }
        let (other, is_other) = if self.encoding == UTF_8 {
            (GB18030, looks_like_gb(&self.raw))
        } else {
            (UTF_8, std::str::from_utf8(&self.raw).is_ok())
        };
        let (text, is_lossy) = self.encoding.decode_without_bom_handling(&self.raw);
        let usual = title(self.encoding);
        let (text, what) = if !is_lossy {
            (text, None)
        } else if is_other {
            let what = format!("is not {usual}; read as {}", title(other));
            (other.decode_without_bom_handling(&self.raw).0, Some(what))
        } else {
            (text, Some(format!("is not {usual}; what could not be read is marked with �")))
        };
        self.text = text.into_owned().into_bytes();
        self.text_at = 0;
        if let Some(what) = what {
            self.odd.borrow_mut().push_back((self.line, what));
        }
        Ok(true)
    }
}

impl<R: BufRead> Read for Mended<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text.len() && !out.is_empty() {
            if !self.next_line()? {
                return Ok(0);
            }
        }
        let count = out.len().min(self.text.len() - self.text_at);
        out[..count].copy_from_slice(&self.text[self.text_at..self.text_at + count]);
        self.text_at += count;
        Ok(count)
    }
}

/// The text of some bytes that should be UTF-8, read as GB18030 where they are not, and what is wrong with them.
pub(crate) fn text(bytes: &[u8]) -> (String, Option<&'static str>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => {
            let (text, _, is_lossy) = GB18030.decode(bytes);
            let what = if is_lossy {
                "is neither UTF-8 nor GB18030; what could not be read is marked with �"
            } else {
                "is not UTF-8; read as GB18030"
            };
            (text.into_owned(), Some(what))
        }
    }
}

/// Reads until the buffer is full or there is no more: a short read must not hide a byte order mark.
fn fill(bytes: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match bytes.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Bytes that do not belong to the encoding of the text.
#[derive(Debug)]
pub(crate) struct Malformed {
    /// Line of the text, from 1.
    pub(crate) line: u64,
    encoding: &'static Encoding,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "there are bytes that are not {}; save the file as UTF-8, or say what it is: encoding = \"gbk\"",
            title(self.encoding)
        )
    }
}

impl Error for Malformed {}

/// A text as UTF-8 without its byte order mark.
///
/// Bytes that do not belong to the encoding end it with an error that holds [`Malformed`]: nothing is replaced.
pub(crate) struct Utf8<R> {
    bytes: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    /// What has been read, and the part of it that has not been decoded yet.
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    /// What has been decoded, and the part of it that has not been handed over yet.
    text: Vec<u8>,
    text_at: usize,
    text_end: usize,
    /// Line of the text that has been decoded.
    line: u64,
    is_read: bool,
    is_decoded: bool,
    is_malformed: bool,
}

impl<R: Read> Utf8<R> {
    pub(crate) fn new(bytes: R, encoding: &'static Encoding) -> Utf8<R> {
        Utf8 {
            bytes,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            raw_at: 0,
            raw_end: 0,
            text: vec![0; CHUNK],
            text_at: 0,
            text_end: 0,
            line: 1,
            is_read: false,
            is_decoded: false,
            is_malformed: false,
        }
    }

    /// Decodes the next piece, which may come out empty.
    fn decode(&mut self) -> io::Result<()> {
        if self.is_malformed {
            let what = Malformed { line: self.line, encoding: self.encoding };
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        if self.raw_at == self.raw_end && !self.is_read {
            (self.raw_at, self.raw_end) = (0, fill(&mut self.bytes, &mut self.raw)?);
            self.is_read = self.raw_end < self.raw.len();
        }
        let raw = &self.raw[self.raw_at..self.raw_end];
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.is_read);
        self.raw_at += read;
        (self.text_at, self.text_end) = (0, written);
        self.line += self.text[..written].iter().filter(|byte| **byte == b'\n').count() as u64;
        self.is_malformed = matches!(result, DecoderResult::Malformed(..));
        self.is_decoded = self.is_read && matches!(result, DecoderResult::InputEmpty);
        Ok(())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text_end && !self.is_decoded && !out.is_empty() {
            self.decode()?;
        }
        let count = out.len().min(self.text_end - self.text_at);
        out[..count].copy_from_slice(&self.text[self.text_at..self.text_at + count]);
        self.text_at += count;
        Ok(count)
    }
}

/// A text whose lines all end with a line feed, the last one too, whatever they ended with.
pub(crate) struct UnixLines<R> {
    text: R,
    /// The last byte that was read, to know a line feed after a carriage return.
    last: u8,
}

impl<R: Read> UnixLines<R> {
    pub(crate) fn new(text: R) -> UnixLines<R> {
        UnixLines { text, last: b'\n' }
    }
}

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.text.read(out)?;
            if count == 0 {
                let is_open = !matches!(self.last, b'\n' | b'\r') && !out.is_empty();
                if is_open {
                    (out[0], self.last) = (b'\n', b'\n');
                }
                return Ok(usize::from(is_open));
            }
            let mut kept = 0;
            for at in 0..count {
                let byte = out[at];
                if !(byte == b'\n' && self.last == b'\r') {
                    out[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.last = byte;
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_16LE;
    use std::io::BufReader;

    /// Hands bytes over one at a time.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(out.len()).min(1);
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn text(bytes: &[u8], encoding: &'static Encoding) -> io::Result<String> {
        let mut text = String::new();
        BufReader::new(Utf8::new(Dribble(bytes), encoding)).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn the_encoding_is_found_out() {
        let long = "玄武区,".repeat(50_000);
        let (gbk, ..) = GB18030.encode(&long);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("玄武".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let unmarked: Vec<u8> = "code,name\n1,玄武\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mixed = ["玄武,秦淮\n".as_bytes(), &GB18030.encode("鼓楼").0].concat();
        let gbk_and_a_byte = [&gbk[..], b"\n\xff\n"].concat();
        // a text that is cut within a character is UTF-8 but for that
        let cases: [(&[u8], &Encoding, bool); 11] = [
            (b"", UTF_8, true),
            (b"abc", UTF_8, true),
            (long.as_bytes(), UTF_8, true),
            (&gbk, GB18030, false),
            (&utf16, UTF_16LE, true),
            (&unmarked, encoding_rs::UTF_16BE, true),
            (&long.as_bytes()[..4], UTF_8, false),
            (&mixed, UTF_8, false),
            (&gbk_and_a_byte, GB18030, false),
            (b"1,Caf\xe9 Bar\n", UTF_8, false),
            (b"1,Andr\xe9s\n", UTF_8, false),
        ];
        for (bytes, encoding, is_whole) in cases {
            let want = Detected { encoding, is_whole };
            assert_eq!(detect(Dribble(bytes)).unwrap(), want, "{:?}", &bytes[..bytes.len().min(8)]);
        }
    }

    #[test]
    fn text_is_decoded_whole_and_without_its_mark() {
        let long = "㐀玄武区,x\n".repeat(30_000);
        let (gbk, ..) = GB18030.encode(&long);
        assert!(text(&gbk, GB18030).unwrap() == long);
        assert!(text(format!("\u{feff}{long}").as_bytes(), UTF_8).unwrap() == long);
        let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("玄武".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(text(&utf16, UTF_16LE).unwrap(), "玄武");
        assert_eq!(text(b"", UTF_8).unwrap(), "");
    }

    #[test]
    fn bytes_of_another_encoding_are_an_error_with_their_line() {
        for (bytes, encoding) in
            [(b"a\nb\nc\xff\xff\n" as &[u8], UTF_8), (b"a\nb\n\xff", GB18030), (b"\n\n\xd0", UTF_8)]
        {
            let error = text(bytes, encoding).unwrap_err();
            let what = error.get_ref().and_then(|what| what.downcast_ref::<Malformed>()).unwrap();
            assert_eq!(what.line, 3, "{bytes:?}");
        }
    }

    #[test]
    fn lines_end_with_a_line_feed() {
        for (text, want) in
            [("", ""), ("a", "a\n"), ("a\r\nb\r\n", "a\nb\n"), ("\r\r\n\nx", "\n\n\nx\n"), ("a\rb", "a\nb\n")]
        {
            for whole in [true, false] {
                let mut read = String::new();
                if whole {
                    UnixLines::new(text.as_bytes()).read_to_string(&mut read).unwrap();
                } else {
                    UnixLines::new(Dribble(text.as_bytes())).read_to_string(&mut read).unwrap();
                }
                assert_eq!(read, want, "{text:?}");
            }
        }
    }
}
