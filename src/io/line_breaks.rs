//! Chinese and English text broken into lines, by an estimate of its width in units of the type size (em).

/// Width of a text in units of its size, estimated from above for Noto Sans: full for Chinese, 0.56 or 0.68 else.
pub(super) fn width_em(text: &str) -> f64 {
    text.chars()
        .map(|c| {
            if c >= '\u{2e80}' {
                1.0
            } else if c.is_ascii_uppercase() {
                0.68
            } else {
                0.56
            }
        })
        .sum()
}

/// `text` in lines of at most `em`, broken at spaces and between Chinese characters.
pub(super) fn broken(text: &str, em: f64) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in text.trim().chars() {
        let joins = pieces.last().and_then(|piece| piece.chars().last()).is_some_and(|last| {
            let free = |c: char| c >= '\u{2e80}';
            // A line does not start with a closing mark, and Latin words stay whole.
            "，。；：）」”、,.;:)%！？".contains(c)
                || "（「“(".contains(last)
                || !(last == ' ' || free(last) || free(c))
        });
        match pieces.last_mut() {
            Some(piece) if joins => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width_em(line) + width_em(piece.trim_end()) <= em => line.push_str(&piece),
            _ => lines.push(piece.trim_start().to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_chinese_characters_and_at_spaces() {
        assert_eq!(broken("毗邻县公交通达", 4.0), ["毗邻县公", "交通达"]);
        assert_eq!(broken("two words here", 6.0), ["two words", "here"]);
        assert_eq!(broken("达标（是）", 4.0), ["达标", "（是）"]);
        assert!(broken("  ", 4.0).is_empty());
    }
}
