//! stub
use crate::base::units::Lang;
use crate::io::datum::Datum;
use std::path::Path;
#[derive(Debug, Clone, serde::Serialize)]
pub struct Inspection {}
pub struct Options<'a> {
    pub against: Option<&'a Path>,
    pub crs: Option<&'a str>,
    pub datum: Option<Datum>,
    pub x: Option<&'a str>,
    pub y: Option<&'a str>,
    pub wkt: Option<&'a str>,
    pub encoding: Option<&'a str>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct InspectError;
pub fn inspect(_: &Path, _: &Options<'_>) -> Result<Inspection, InspectError> {
    Err(InspectError)
}
pub fn render(_: &Inspection, _: Lang) -> String {
    String::new()
}
