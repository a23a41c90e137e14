//! Text inside XML: escaped, and free of what XML can not hold.

use std::fmt::Write;

use sha2::Digest;
use sha2::Sha256;

/// `text` for element content and for attribute values in double quotes.
///
/// Line feeds and tabs become character references, because attributes would turn them into spaces; control
/// characters, which XML 1.0 can not hold in any form, are left away.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => {}
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

/// An identifier in the form of a UUID that depends on `name` only, in braces as QGIS writes it.
///
/// The first 128 bits of SHA-256 under version 8 (custom) of RFC 9562, so that the same run gives the same bytes.
pub(super) fn uuid(name: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(name.as_bytes()).into();
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut out = String::from("{");
    for (at, byte) in bytes[..16].iter().enumerate() {
        if [4, 6, 8, 10].contains(&at) {
            out.push('-');
        }
        // Writing to a String can not fail.
        let _ = write!(out, "{byte:02x}");
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_reserves_is_escaped_and_chinese_is_not() {
        assert_eq!(escape("县 <90% & \"市\"\n'\u{1}"), "县 &lt;90% &amp; &quot;市&quot;&#10;&#39;");
    }

    #[test]
    fn identifiers_are_the_same_every_time_and_differ_by_name() {
        let first = uuid("layer/counties");
        assert_eq!(first, uuid("layer/counties"));
        assert_ne!(first, uuid("layer/county"));
        assert_eq!(first.len(), 38);
        assert_eq!(&first[15..16], "8");
    }
}
