//! English that agrees with its numbers: `1 pair`, `2 pairs`.

/// Nouns that counts stand before, more than one and one.
const NOUNS: [(&str, &str); 46] = [
    ("areas", "area"),
    ("calls", "call"),
    ("cases", "case"),
    ("cells", "cell"),
    ("changes", "change"),
    ("children", "child"),
    ("cities", "city"),
    ("classes", "class"),
    ("codes", "code"),
    ("counties", "county"),
    ("days", "day"),
    ("definitions", "definition"),
    ("departures", "departure"),
    ("districts", "district"),
    ("errors", "error"),
    ("facilities", "facility"),
    ("feeds", "feed"),
    ("hubs", "hub"),
    ("indicators", "indicator"),
    ("issues", "issue"),
    ("kinds", "kind"),
    ("layers", "layer"),
    ("lines", "line"),
    ("minutes", "minute"),
    ("neighbours", "neighbour"),
    ("notes", "note"),
    ("pairs", "pair"),
    ("parts", "part"),
    ("people", "person"),
    ("places", "place"),
    ("points", "point"),
    ("provinces", "province"),
    ("records", "record"),
    ("regions", "region"),
    ("rounds", "round"),
    ("rows", "row"),
    ("services", "service"),
    ("sources", "source"),
    ("stops", "stop"),
    ("streets", "street"),
    ("stretches", "stretch"),
    ("targets", "target"),
    ("townships", "township"),
    ("trips", "trip"),
    ("villages", "village"),
    ("warnings", "warning"),
];

/// Verbs of such a noun.
const VERBS: [(&str, &str); 11] = [
    ("are", "is"),
    ("choose", "chooses"),
    ("differ", "differs"),
    ("have", "has"),
    ("lie", "lies"),
    ("do", "does"),
    ("report", "reports"),
    ("rest", "rests"),
    ("stand", "stands"),
    ("want", "wants"),
    ("were", "was"),
];

/// Words behind a noun that its verb is looked for in.
const CLAUSE: usize = 6;

/// A sentence with `1 pairs are` and its like put right, wherever a count is put in; `1 of 1 pairs` stays.
pub fn agree(text: String) -> String {
    if !text.contains("1 ") {
        return text;
    }
    let mut told = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("1 ") {
        told.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        // 11, 0.1, 1 201 and 3/1 are no ones, and neither is the 1 of x1 or 2-1
        let before = told.chars().next_back();
        let is_one =
            before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | ',' | '/' | '-' | '−' | '\u{202f}')));
        let of = told.strip_suffix(" of ");
        let is_share = of.is_some_and(|front| front.ends_with(|c: char| c.is_ascii_digit()));
        let is_object = of.is_some() || told.ends_with(" in ") || told.ends_with(" with ");
        told.push_str("1 ");
        if !is_one || is_share {
            continue;
        }
        if let Some(more) = rest.strip_prefix("more ") {
            told.push_str("more ");
            rest = more;
        }
        let Some((noun, one)) = word(rest, &NOUNS) else { continue };
        told.push_str(one);
        rest = &rest[noun.len()..];
        for _ in 0..if is_object { 0 } else { CLAUSE } {
            let Some(behind) = rest.strip_prefix(' ') else { break };
            let end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
            // another noun has verbs of its own
            if end == 0 || word(behind, &NOUNS).is_some() {
                break;
            }
            told.push(' ');
            told.push_str(word(behind, &VERBS).map_or(&behind[..end], |(_, one)| one));
            rest = &behind[end..];
        }
    }
    told + rest
}

/// The word of a list that a text begins with.
fn word(text: &str, list: &[(&'static str, &'static str)]) -> Option<(&'static str, &'static str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    list.iter().find(|(many, _)| *many == &text[..end]).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_their_counts() {
        let cases = [
            ("1 pairs are joined only by two lines", "1 pair is joined only by two lines"),
            ("21 pairs are joined", "21 pairs are joined"),
            ("0.1 points", "0.1 points"),
            ("1 more people must come within 5 km", "1 more person must come within 5 km"),
            ("of 1 regions of level county", "of 1 region of level county"),
            ("1 of 12 facilities", "1 of 12 facilities"),
            ("11\u{202f}001 points", "11\u{202f}001 points"),
            ("gap of 1 points; 1 points lie outside", "gap of 1 point; 1 point lies outside"),
            ("at least 1 departures a day", "at least 1 departure a day"),
            ("1 of 1 facilities lie in regions", "1 of 1 facilities lie in regions"),
            ("; 1 points that are not judged want room too", "; 1 point that is not judged wants room too"),
            ("the facility of 1 points (11)", "the facility of 1 point (11)"),
            ("the lines of 1 regions are known", "the lines of 1 region are known"),
            ("1 records lie in regions that are not judged", "1 record lies in regions that are not judged"),
            ("1 linesmen", "1 linesmen"),
            ("", ""),
        ];
        for (text, want) in cases {
            assert_eq!(agree(text.to_owned()), want);
            assert_eq!(agree(want.to_owned()), want);
        }
    }
}
