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

/// Longest run of Chinese characters that stays together: names of regions are not torn apart.
const NAME: usize = 8;

/// Pieces between which a line may break: after a space, after a Chinese mark, and within a long run of Chinese characters where
/// no closing mark follows.
fn words(text: &str) -> Vec<&str> {
    let is_wide = |c: char| unicode_width::UnicodeWidthChar::width(c) == Some(2);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut run_ends = 0;
    let mut is_long = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let next = text[end..].chars().next();
        let is_letter = is_wide(c) && c.is_alphanumeric();
        if is_letter && at >= run_ends {
            let run = || text[at..].chars().take_while(|c| is_wide(*c) && c.is_alphanumeric());
            run_ends = at + run().map(char::len_utf8).sum::<usize>();
            is_long = run().count() > NAME;
        }
        let closing = next.is_some_and(|next| "，。、；：）！？％%".contains(next));
        let within = is_letter && (is_long || next.is_some_and(|next| is_wide(next) && !next.is_alphanumeric()));
        let mark = is_wide(c) && !c.is_alphanumeric() && !"（“《".contains(c);
        if c == ' ' || ((within || mark) && !closing) {
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
        let wrapped = wrap("洪泽区 45.5 %, 盱眙县 69.9 %, 沭阳县 73 %, 宝应县 74.6 %", 36, "");
        assert_eq!(wrapped, "洪泽区 45.5 %, 盱眙县 69.9 %, 沭阳县\n73 %, 宝应县 74.6 %\n", "names stay whole");
        let wrapped = wrap("one two three four five six seven eight nine ten eleven twelve", 30, "");
        assert!(wrapped.lines().all(|line| width(line) <= 30) && wrapped.lines().count() > 1, "{wrapped}");
    }
}
