//! Columns of text that line up, Chinese characters being two columns wide.

use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` filled up with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` filled up with spaces on its left to `columns`.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Rows under a header, columns as wide as their widest cell; the last one is not filled up.
pub fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut all: Vec<Vec<String>> = vec![header.iter().map(|cell| (*cell).to_owned()).collect()];
    all.extend(rows);
    let columns = header.len();
    let widths: Vec<usize> = (0..columns)
        .map(|at| all.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in all {
        let cells: Vec<String> = row.iter().enumerate().map(|(at, cell)| pad(cell, widths[at])).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// `text` broken into lines of at most `columns`, at spaces or between Chinese characters; each line behind `indent`.
pub fn wrap(text: &str, columns: usize, indent: &str) -> String {
    let room = columns.saturating_sub(width(indent)).max(20);
    let (mut lines, mut line): (Vec<String>, String) = (Vec::new(), String::new());
    for word in words(text) {
        if width(&line) + width(word.trim_end()) > room && !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
            line = word.trim_start().to_owned();
        } else {
            line.push_str(word);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines.iter().map(|line| format!("{indent}{line}\n")).collect()
}

/// Pieces between which a line may break: after a space, and after a wide character that no closing mark follows.
fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        let wide = unicode_width::UnicodeWidthChar::width(c) == Some(2);
        let closing = chars.peek().is_some_and(|(_, next)| "，。、；：）！？％%".contains(*next));
        let opening = "（“《".contains(c);
        if c == ' ' || (wide && !closing && !opening) {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_counts_two_columns() {
        assert_eq!(width("县county"), 8);
        assert_eq!(pad("县", 4), "县  ");
        assert_eq!(pad_left("9 %", 5), "  9 %");
    }

    #[test]
    fn lines_break_at_spaces_and_between_chinese_characters() {
        let wrapped = wrap("还需新增三对通达，最易实现：海安与东台、姜堰与海安、东台与兴化", 30, "  ");
        assert!(wrapped.lines().all(|line| width(line) <= 30), "{wrapped}");
        assert!(wrapped.lines().all(|line| !line.trim().starts_with('，')), "{wrapped}");
        let wrapped = wrap("one two three four five six seven eight nine ten eleven twelve", 30, "");
        assert!(wrapped.lines().all(|line| width(line) <= 30) && wrapped.lines().count() > 1, "{wrapped}");
    }
}
