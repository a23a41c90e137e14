//! What a number counts, in words: `1 person`, `5 people`, `5 人`.

use serde::Deserialize;
use serde::Serialize;

use crate::base::units::Text;

const KM2: &str = "km²";

/// A thing that is counted, with its plural; in Chinese with its measure word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noun {
    pub one: String,
    pub many: String,
    pub zh: String,
}

/// What a group of weights of a demand layer counts: its plural in English, and the word behind a number in Chinese.
pub fn plural_of_group(name: &str) -> (&str, &str) {
    match name {
        "people" => ("people", "人"),
        "count" => ("points", "个点"),
        other => (other, other),
    }
}

impl Noun {
    /// One and several in English, and the word behind a number in Chinese.
    pub fn new(one: &str, many: &str, zh: &str) -> Noun {
        Noun { one: one.to_owned(), many: many.to_owned(), zh: zh.to_owned() }
    }

    /// A name of the user's own, which is written as it is in both languages.
    pub fn named(name: &str) -> Noun {
        Noun::new(name, name, name)
    }

    /// What a group of weights of a demand layer counts: people, points, or what the group is called.
    pub fn of_group(name: &str) -> Noun {
        let (many, zh) = plural_of_group(name);
        let one = match name {
            "people" => "person",
            "count" => "point",
            other => other,
        };
        Noun::new(one, many, zh)
    }

    /// People.
    pub fn people() -> Noun {
        Noun::new("person", "people", "人")
    }

    /// Regions.
    pub fn regions() -> Noun {
        Noun::new("region", "regions", "个区域")
    }

    /// Square kilometres.
    pub fn km2() -> Noun {
        Noun::new(KM2, KM2, "平方公里")
    }

    /// Facilities.
    pub fn facilities() -> Noun {
        Noun::new("facility", "facilities", "处设施")
    }

    /// Supply that nobody has named the unit of.
    pub fn units() -> Noun {
        Noun::new("unit", "units", "个单位")
    }

    /// The English word behind a number as it is shown.
    pub fn behind(&self, shown: &str) -> &str {
        if shown == "1" { &self.one } else { &self.many }
    }

    /// A number as it is shown, with the word.
    pub fn told(&self, shown: &str) -> Text {
        Text::new(format!("{shown} {}", self.behind(shown)), format!("{shown} {}", self.zh))
    }

    /// So many more, with the word: `1 more person`, `0.44 km² more`; the same number with its word in Chinese.
    pub fn more(&self, shown: &str) -> Text {
        let en = match self.is_measured() {
            true => format!("{shown} {} more", self.many),
            false => format!("{shown} more {}", self.behind(shown)),
        };
        Text::new(en, format!("{shown} {}", self.zh))
    }

    /// Whether it is measured and not counted: half of one is one too.
    pub fn is_measured(&self) -> bool {
        self.one == KM2
    }

    /// Whether a text names it, in either number and language; `km2` is km² too.
    pub fn is_called(&self, text: &str) -> bool {
        let is_km2 = self.is_measured() && text == "km2";
        let is_bare = self.one == "unit" && text == "个";
        is_km2 || is_bare || [&self.one, &self.many, &self.zh].iter().any(|word| word.as_str() == text)
    }
}
