//! How many facilities there are, or how much they hold together.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use crate::base::idx::RegionIdx;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::base::units::four_digits;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::Metric;
use crate::metrics::MetricError;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::accessibility::Supply;
use crate::metrics::belonging::Belonging;
use crate::metrics::belonging::Kinds;
use crate::metrics::belonging::Tally;
use crate::metrics::belonging::Whereabouts;
use crate::metrics::belonging::is_complete;
use crate::metrics::belonging::judged_regions;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::model::study::Study;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;

/// `measure.facility-count`: how many facilities there are, or how much they hold together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FacilityCount {
    /// Kind of facility, or a list of kinds that are added up.
    pub kind: Kinds,
    /// What is added up; left out, each facility is 1.
    #[serde(default = "count")]
    pub supply: Supply,
    /// Code prefixes of the regions for which the files hold every such facility there is; elsewhere the figure is "at least". Left out, they are
    /// taken to hold all of them everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_for: Option<Vec<String>>,
}

fn count() -> Supply {
    Supply::Count
}

impl FacilityCount {
    /// What it counts.
    pub(crate) fn noun(&self) -> Noun {
        match self.supply {
            Supply::Count => Noun::facilities(),
            Supply::Capacity => Noun::units(),
        }
    }

    /// What there is for certain, and what may be there beside it.
    fn figure(&self, sure: Tally, perhaps: Tally, is_complete: bool) -> Figure {
        let (least, most) = (sure.sum.to_f64(), (sure.sum + perhaps.sum).to_f64());
        let without = sure.without + perhaps.without;
        let is_known = is_complete && without == 0;
        let figure = Figure {
            unit: FigureUnit::Amount,
            value: Some(least),
            part: Some(least),
            bounds: is_known.then_some((least, most)),
            least: Some(least).filter(|_| !is_known),
            ..Figure::default()
        }
        .counting(&self.noun());
        if figure.is_certain() {
            return figure;
        }
        figure.because(if without > 0 {
            Text::new(
                format!("the capacity of {without} facilities is not known, so that it is at least this"),
                format!("{without}处设施容量未知，数值为下限"),
            )
        } else if !is_complete {
            Text::new(
                "the file does not claim to hold every facility there, so that it is at least this",
                "设施数据未声明完整，数值为下限",
            )
        } else {
            Text::new("of some facilities no region, or only one above, is known", "部分设施所属区域未知或仅知上级")
        })
    }

    fn caveat(&self) -> Text {
        let kinds = self.kind.told();
        match self.supply {
            Supply::Count => {
                Text::new(format!("facilities of kind {kinds} in the file"), format!("数据中{kinds}的数量"))
            }
            Supply::Capacity => Text::new(
                format!("capacity of the facilities of kind {kinds} in the file, added up"),
                format!("数据中{kinds}的容量合计"),
            ),
        }
    }
}

impl Metric for FacilityCount {
    fn measure(&self, context: &Context<'_>) -> Result<Output, MetricError> {
        let study = context.study;
        let facilities = self.kind.facilities(study)?;
        let amounts: Vec<Option<Weight>> = facilities
            .iter()
            .map(|facility| match self.supply {
                Supply::Count => Some(Weight::ONE),
                Supply::Capacity => facility.capacity.and_then(Weight::from_f64),
            })
            .collect();
        let things = facilities.iter().zip(&amounts).map(|(facility, amount)| (facility.home, true, *amount));
        let given = Belonging::new(study, things);
        let is_complete = |region: RegionIdx| is_complete(study, region, self.complete_for.as_deref());
        let regions: Vec<RegionFigure> = judged_regions(study, context.over)
            .into_iter()
            .map(|(level, region)| RegionFigure {
                region,
                level,
                figure: self.figure(given.of(region), given.perhaps(region), is_complete(region)),
            })
            .collect();
        let is_whole = regions.iter().all(|found| is_complete(found.region));
        let headline = self.figure(given.judged, given.unknown, is_whole);
        let synthetic = facilities.iter().any(|facility| facility.synthetic);
        let mut notes = vec![self.caveat()];
        let (outside, all) = (given.outside.count, facilities.len());
        if outside > 0 {
            notes.push(Text::new(
                format!("{outside} of {all} lie outside all regions and are not counted"),
                format!("{all}处中有{outside}处位于所有区域之外，未计入"),
            ));
        }
        notes.push(Text::new(
            "what the file does not hold is not counted; whether a facility is built and open is for the file to say (where = \"…\")",
            "数据以外的设施未计入；是否建成投用以数据为准（可用 where 条件筛选）",
        ));
        let evidence = evidence(study, &regions);
        let mut table = Table {
            name: format!("{}_facilities", context.id.replace('-', "_")),
            title: Text::new(format!("{}: facilities", context.title.en), format!("{}：设施清单", context.title.zh)),
            description: self.caveat(),
            synthetic,
            crs: study.frame,
            geometry: GeometryKind::None,
            fields: vec![
                Field::new("facility", FieldKind::Text, "Facility", "设施编号"),
                Field::new("name", FieldKind::Text, "Name", "名称"),
                Field::new("kind", FieldKind::Text, "Kind", "类别"),
                Field::new("region", FieldKind::Text, "Region", "所属区域"),
                Field::new("amount", FieldKind::Real, "Counts as", "计入"),
                Field::new("counted", FieldKind::Bool, "Counted", "是否计入"),
            ],
            rows: Vec::new(),
            style: None,
        };
        for (facility, amount) in facilities.iter().zip(&amounts) {
            let is_counted = matches!(Whereabouts::of(study, facility.home, true), Whereabouts::Judged(_));
            table.rows.push(Row {
                geometry: None,
                values: vec![
                    facility.id.as_str().into(),
                    facility.name.as_str().into(),
                    facility.kind.as_str().into(),
                    facility.home.map(|home| study.regions.get(home).name.as_str()).into(),
                    amount.map(Weight::to_f64).into(),
                    (is_counted && amount.is_some()).into(),
                ],
            });
        }
        Ok(Output { headline, regions, notes, evidence, tables: vec![table], synthetic, ..Output::default() })
    }

    fn check(&self) -> Result<(), MetricError> {
        self.kind.check()
    }

    fn kinds(&self) -> Vec<&str> {
        self.kind.iter().collect()
    }
}

/// One line for each region of the smallest level.
fn evidence(study: &Study, regions: &[RegionFigure]) -> Vec<Evidence> {
    let smallest = regions.iter().map(|found| found.level).max();
    let line = |found: &RegionFigure| {
        let region = study.regions.get(found.region);
        let value = found.figure.value.unwrap_or(0.0);
        let least = if found.figure.is_certain() { "" } else { "≥ " };
        let text = format!("{} ({}): {least}{}", region.name, region.code, four_digits(value));
        Evidence {
            key: region.code.clone(),
            state: match (value > 0.0, found.figure.is_certain()) {
                (true, _) => "some",
                (false, true) => "none",
                (false, false) => "no-data",
            },
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(text.clone(), text),
        }
    };
    regions.iter().filter(|found| Some(found.level) == smallest).map(line).collect()
}
