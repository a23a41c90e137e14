//! How a project is divided, and where its data comes from: what a package says beside its tables.

use crate::base::units::Text;

/// The parts of a project. Without any, layers are grouped by their styles, and one theme shows what is visible.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contents {
    /// One an indicator, the most important first: the project opens with the first that can be drawn.
    pub chapters: Vec<Chapter>,
    /// Groups of tables that are no chapter's own, below the chapters.
    pub shelves: Vec<Shelf>,
    pub lineage: Lineage,
}

/// One indicator's part of a project: a group of layers, a map theme and its printed maps.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chapter {
    pub id: String,
    pub title: Text,
    /// Figure, verdict and target in one line, under the title of the printed maps.
    pub verdict: Text,
    /// Names of its tables, those that say most first. A table is the first chapter's that names it.
    pub tables: Vec<String>,
    /// Names of tables of others that its map shows too.
    pub beside: Vec<String>,
    /// Its figure rests on made-up data.
    pub synthetic: bool,
    /// How it was measured, for the metadata of its layers: the metric with its methods page, and the parameters.
    pub method: Text,
    /// For catalogues.
    pub keywords: Vec<String>,
}

/// A group of tables that are no indicator's own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shelf {
    pub title: Text,
    pub tables: Vec<String>,
}

/// What the data was made of, and by what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage {
    /// What was done, step by step, e.g. the program's version, the config and its hash.
    pub steps: Vec<String>,
    pub sources: Vec<Origin>,
    /// Under which condition maps of it may be published.
    pub publication: Text,
}

/// One file that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// As the config names it.
    pub name: String,
    /// Empty where neither the config nor the format says it.
    pub licence: String,
    /// Whom to credit; empty where nobody says.
    pub credit: String,
    /// Of what time the data is, as the config says it; empty where it does not.
    pub date: String,
    pub synthetic: bool,
    /// Hexadecimal.
    pub sha256: String,
}

impl Origin {
    /// Name, licence, credit and date in one line.
    pub(super) fn line(&self) -> String {
        let mut parts = vec![self.name.clone()];
        if self.synthetic {
            parts.push("合成数据 synthetic".to_owned());
        }
        parts.push(match self.licence.is_empty() {
            true => "许可未注明 licence not stated".to_owned(),
            false => format!("许可 licence: {}", self.licence),
        });
        for (what, text) in [("署名 credit", &self.credit), ("时间 date", &self.date), ("SHA-256", &self.sha256)] {
            if !text.is_empty() {
                parts.push(format!("{what}: {text}"));
            }
        }
        parts.join("; ")
    }
}
