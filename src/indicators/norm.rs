//! A planning norm that an indicator rests on: a number with its document and clause, and whether anybody has checked it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;
use crate::indicators::target::Quantity;

/// Where the number of a norm is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// Read in a copy of the document or in another source that quotes it.
    Seen,
    /// From memory.
    #[default]
    Memory,
    /// A default of this program, without any document behind it.
    OwnDefault,
}

/// One norm.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    pub id: String,
    pub title: Text,
    /// `None` where the number is for the user to find.
    pub value: Option<Quantity>,
    pub document: String,
    pub clause: String,
    pub known: Known,
    /// The user has held the number against the document.
    pub checked: bool,
    pub note: Option<Text>,
}

/// A norm as a scorecard shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormRow {
    pub id: String,
    pub title: Text,
    /// E.g. `500 m`.
    pub value: String,
    pub document: String,
    pub clause: String,
    pub checked: bool,
    pub known: Known,
    /// All of it in a sentence, with what is still to be checked.
    pub says: Text,
}

impl Norm {
    /// As a scorecard shows it.
    pub fn row(&self) -> NormRow {
        let value = self.value.map(|value| value.to_string()).unwrap_or_default();
        let source = match (self.document.as_str(), self.clause.as_str()) {
            (document, "") => document.to_owned(),
            (document, clause) => format!("{document}, {clause}"),
        };
        let (en, zh) = match (self.checked, self.known) {
            (true, _) => ("", ""),
            (false, Known::Seen) => (
                "; the number was read in another source that quotes it: check it against the document",
                "；数值据二手来源，请与原文核对",
            ),
            (false, Known::Memory) => (
                "; NOT CHECKED: the number is from memory and must be checked against the document",
                "；未核对：数值凭记忆填写，须与原文核对",
            ),
            (false, Known::OwnDefault) => (
                "; no norm stands behind this number: it is a default of this program",
                "；该数值为程序默认值，无规范依据",
            ),
        };
        let mut says = Text::new(
            format!("norm: {}, {value}; {source}{en}", self.title.en),
            format!("规范：{}，{value}；{source}{zh}", self.title.zh),
        );
        if let Some(note) = &self.note {
            says.en += &format!("; {}", note.en);
            says.zh += &format!("；{}", note.zh);
        }
        NormRow {
            id: self.id.clone(),
            title: self.title.clone(),
            value,
            document: self.document.clone(),
            clause: self.clause.clone(),
            checked: self.checked,
            known: self.known,
            says,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_norm_says_what_is_still_to_be_checked_until_it_is() {
        let norm = |known, checked| Norm {
            id: "school".into(),
            title: Text::new("primary school", "小学"),
            value: "500 m".parse().ok(),
            document: "GB 50180-2018".into(),
            clause: "appendix C".into(),
            known,
            checked,
            note: None,
        };
        let says = |known, checked| norm(known, checked).row().says;
        assert_eq!(says(Known::Memory, true).en, "norm: primary school, 500 m; GB 50180-2018, appendix C");
        assert!(says(Known::Memory, false).en.contains("NOT CHECKED: the number is from memory"));
        assert!(says(Known::Memory, false).zh.contains("未核对"));
        assert!(says(Known::Seen, false).en.contains("check it against the document"));
        assert!(says(Known::OwnDefault, false).en.contains("no norm stands behind"));
    }
}
