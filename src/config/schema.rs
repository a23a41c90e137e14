//! The JSON schema of a config, generated from the very types that read it.

use schemars::Schema;

use crate::config::file::ConfigFile;
use crate::config::scenario_file::ScenarioFile;

/// The JSON schema as text: pretty, the same on every call, with a line feed at its end.
pub fn json_schema() -> String {
    written(&schemars::schema_for!(ConfigFile))
}

/// The JSON schema of a patch over a study, likewise.
pub fn scenario_schema() -> String {
    written(&schemars::schema_for!(ScenarioFile))
}

fn written(schema: &Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is plain JSON with text keys");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Write the file afresh with `TONGDA_BLESS=1`.
    #[test]
    fn the_schema_file_is_the_one_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/schema.json");
        let want = json_schema();
        if std::env::var_os("TONGDA_BLESS").is_some() {
            std::fs::write(path, &want).unwrap();
        }
        let got = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            got == want,
            "configs/schema.json is out of date; run the tests with TONGDA_BLESS=1 and look at the diff"
        );
    }
}
