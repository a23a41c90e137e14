//! Which regions are served: townships with a served stop in them, or with a demand point that has one within reach.

use std::collections::BTreeMap;

use geo_types::Geometry;

use crate::base::idx::RegionIdx;
use crate::base::ledger::WeightLedger;
use crate::base::noun::Noun;
use crate::base::units::Text;
use crate::base::units::Weight;
use crate::metrics::Context;
use crate::metrics::Evidence;
use crate::metrics::MetricError;
use crate::metrics::Outcome;
use crate::metrics::Output;
use crate::metrics::RegionFigure;
use crate::metrics::figure::Figure;
use crate::metrics::figure::FigureUnit;
use crate::metrics::homes::Homes;
use crate::metrics::layer;
use crate::metrics::stop_coverage::Empty;
use crate::metrics::stop_coverage::ServedWhen;
use crate::metrics::stop_coverage::StopCoverage;
use crate::metrics::stop_people::People;
use crate::metrics::stop_people::Standing;
use crate::metrics::stop_people::variants;
use crate::metrics::stop_survey::Best;
use crate::metrics::stop_survey::StopSurvey;
use crate::model::region::Level;
use crate::model::region::Region;
use crate::table::Field;
use crate::table::FieldKind;
use crate::table::GeometryKind;
use crate::table::Row;
use crate::table::Table;
use crate::table::style::Class;
use crate::table::style::palette;

/// What is known of one region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Served,
    Unserved,
    NoData,
    /// It has no demand point that could be reached.
    Nothing,
}

const STATES: [(&str, &str, &str); 4] = [
    ("served", "served", "已通达"),
    ("unserved", "not served", "未通达"),
    ("no-service-data", "no data on services", "公交服务无数据"),
    ("nothing-to-serve", "nothing to serve", "无服务对象"),
];

/// One judged region of the level.
struct Place {
    region: RegionIdx,
    /// The most departures of a stop in it, or within reach of one of its points.
    best: Best,
    /// The stop that has them.
    stop: Option<u32>,
    /// Demand points in it, where those are asked.
    points: Vec<usize>,
}

/// The judged regions of a level with the stops that serve them.
pub(crate) struct Regions<'a> {
    params: &'a StopCoverage,
    survey: &'a StopSurvey<'a>,
    people: Option<&'a People<'a>>,
    homes: Option<Homes<'a>>,
    level: Level,
    places: Vec<Place>,
}

impl<'a> Regions<'a> {
    /// # Errors
    /// [`MetricError::Parameter`] without a level.
    pub fn new(
        params: &'a StopCoverage,
        survey: &'a StopSurvey<'a>,
        people: Option<&'a People<'a>>,
    ) -> Result<Regions<'a>, MetricError> {
        let Some(level) = params.level else {
            return Err(MetricError::Parameter { key: "level", what: "is needed with judge = \"regions\"".to_owned() });
        };
        let tree = &survey.study.regions;
        let mut places: BTreeMap<RegionIdx, Place> = BTreeMap::new();
        for region in tree.at_level(level).into_iter().filter(|region| tree.get(*region).judged) {
            places.insert(region, Place { region, best: Best::default(), stop: None, points: Vec::new() });
        }
        let of = |home: Option<RegionIdx>| home.and_then(|home| tree.ancestor(home, level));
        match people {
            None => {
                for (stop, at) in (0u32..).zip(&survey.places) {
                    if let Some(place) = of(at.home).and_then(|region| places.get_mut(&region)) {
                        place.best.or(survey.tally(stop), stop, 0.0);
                        place.stop = place.best.place.map(|(stop, _)| stop);
                    }
                }
            }
            Some(people) => {
                for at in &people.reach.judged {
                    if let Some(place) = of(people.reach.layer.home[*at]).and_then(|region| places.get_mut(&region)) {
                        place.points.push(*at);
                        place.best.or_best(&people.best[*at]);
                        place.stop = place.best.place.map(|(stop, _)| stop);
                    }
                }
            }
        }
        let homes = people.map(|people| people.reach.homes());
        Ok(Regions { params, survey, people, homes, level, places: places.into_values().collect() })
    }

    fn service(&self, place: &Place, least: Weight) -> Service {
        if let Some(people) = self.people {
            let standings = || place.points.iter().map(|at| people.standing(*at, least));
            return match () {
                () if place.points.is_empty()
                    && self.homes.as_ref().is_some_and(|homes| homes.may_hold(place.region)) =>
                {
                    Service::NoData
                }
                () if place.points.is_empty() => Service::Nothing,
                () if standings().any(|standing| standing == Standing::Covered) => Service::Served,
                () if standings().all(|standing| standing == Standing::Uncovered) => Service::Unserved,
                () => Service::NoData,
            };
        }
        let has_stop = place.best.place.is_some();
        if has_stop && place.best.counted >= least {
            Service::Served
        } else if has_stop && place.best.possible >= least || self.survey.lacks_data(place.region) {
            Service::NoData
        } else {
            Service::Unserved
        }
    }

    /// Number of regions by service: served, unserved, no data, nothing to serve.
    fn counts(&self, places: &[&Place], least: Weight) -> [Weight; 4] {
        let mut counts = [Weight::ZERO; 4];
        places.iter().for_each(|place| counts[self.service(place, least) as usize] += Weight::ONE);
        counts
    }

    fn figure(&self, places: &[&Place], least: Weight) -> Figure {
        let [mut served, unserved, no_data, nothing] = self.counts(places, least);
        if self.params.empty == Empty::Full {
            served += nothing;
        }
        if served + unserved == Weight::ZERO && no_data > Weight::ZERO {
            let figure = Figure::no_data(FigureUnit::Share, "nothing is known of its services", "公交服务无数据");
            return Figure { unknown: no_data.to_f64(), whole: Some(0.0), part: Some(0.0), ..figure };
        }
        let mut figure = self.params.share(served, served + unserved, no_data);
        let known = |place: &&&Place| matches!(self.service(place, least), Service::Served | Service::Unserved);
        if let (Some(value), Some(whole)) = (figure.value, figure.whole.filter(|whole| *whole > 0.0)) {
            for reaches in [(|best| best.sure) as fn(&Best) -> Weight, |best| best.most] {
                let is_served = |place: &&&Place| place.best.place.is_some() && reaches(&place.best) >= least;
                let filled = if self.params.empty == Empty::Full { nothing.to_f64() } else { 0.0 };
                let share = (places.iter().filter(known).filter(is_served).count() as f64 + filled) / whole;
                if share != value {
                    figure = figure.or_maybe(share);
                }
            }
        }
        figure
    }

    /// The places below each judged region of the levels wanted, smallest level first and then by code.
    fn by_region(&self, over: &[Level]) -> Vec<(Level, RegionIdx, Vec<&Place>)> {
        let tree = &self.survey.study.regions;
        let mut levels = match over.is_empty() {
            true => [&[self.level][..], &tree.usual_levels()].concat(),
            false => over.to_vec(),
        };
        levels.retain(|level| *level <= self.level);
        levels.sort_unstable();
        levels.dedup();
        let mut found = Vec::new();
        for level in levels.into_iter().rev() {
            let mut regions = tree.at_level(level);
            regions.retain(|region| tree.get(*region).judged);
            regions.sort_by(|x, y| tree.get(*x).code.cmp(&tree.get(*y).code));
            let mut below: BTreeMap<RegionIdx, Vec<&Place>> = BTreeMap::new();
            for place in &self.places {
                if let Some(region) = tree.ancestor(place.region, level) {
                    below.entry(region).or_default().push(place);
                }
            }
            for region in regions {
                found.push((level, region, below.remove(&region).unwrap_or_default()));
            }
        }
        found
    }

    /// The whole answer for regions.
    pub fn output(&self, context: &Context<'_>) -> Output {
        let least = self.params.least();
        let all: Vec<&Place> = self.places.iter().collect();
        let mut headline = self.figure(&all, least);
        let unknown = headline.unknown;
        if unknown > 0.0 {
            headline = headline.because(Text::new(
                format!("nothing is known of the services of {unknown} of {} regions", all.len()),
                format!("{}个区域中有{unknown}个的公交服务无数据", all.len()),
            ));
        }
        let figure = |(level, region, places): (Level, RegionIdx, Vec<&Place>)| RegionFigure {
            region,
            level,
            figure: self.figure(&places, least),
        };
        let mut output = Output {
            synthetic: self.survey.is_synthetic() || self.people.is_some_and(|people| people.reach.synthetic),
            ..Output::default()
        };
        if let Some(people) = self.people {
            output.notes.push(people.reach.caveat());
        }
        output.variants = variants(self.params, &|least| self.figure(&all, least));
        output.closing_the_gap = self.closing_the_gap(context, &headline);
        output.evidence = self.places.iter().map(|place| self.evidence(place)).collect();
        output.outcomes = self.places.iter().map(|place| self.outcome(place)).collect();
        output.units = self.units();
        output.tables.push(self.table(context, &output.units, output.synthetic));
        output.tables.retain(|table| !table.rows.is_empty());
        output.regions = self.by_region(context.over).into_iter().map(figure).collect();
        let [served, unserved, no_data, nothing] = self.counts(&all, least);
        output.weights.push(WeightLedger {
            unit: "regions".to_owned(),
            total: Weight::whole(all.len() as u64),
            parts: vec![
                ("served", served),
                ("unserved", unserved),
                ("without-service-data", no_data),
                ("nothing-to-serve", nothing),
            ],
        });
        output.headline = headline;
        output
    }

    fn region(&self, place: &Place) -> &Region {
        self.survey.study.regions.get(place.region)
    }

    /// How many regions more must be served, and those that lack the fewest departures.
    fn closing_the_gap(&self, context: &Context<'_>, headline: &Figure) -> Option<Text> {
        let more = context.missing(headline)?.more(&Noun::regions());
        let least = self.params.least();
        let mut open: Vec<&Place> =
            self.places.iter().filter(|place| self.service(place, least) == Service::Unserved).collect();
        open.sort_by(|x, y| y.best.counted.cmp(&x.best.counted).then(x.region.cmp(&y.region)));
        let named: Vec<String> =
            open.iter().take(3).map(|place| format!("{} ({})", self.region(place).name, place.best.counted)).collect();
        let (mut en, mut zh) = (format!("{} must be served", more.en), format!("还需使 {}通达", more.zh));
        if !named.is_empty() {
            en.push_str(&format!("; those with the most departures so far: {}", named.join(", ")));
            zh.push_str(&format!("；现有班次最多的未通达区域：{}", named.join("、")));
        }
        Some(Text::new(en, zh))
    }

    fn outcome(&self, place: &Place) -> Outcome {
        let region = self.region(place);
        Outcome {
            key: region.code.clone(),
            name: Some(region.name.clone()).filter(|name| *name != region.code),
            state: STATES[self.service(place, self.params.least()) as usize].0,
            weight: Weight::ONE,
            parts: Vec::new(),
            cost: None,
            region: Some(place.region),
            class: None,
        }
    }

    fn evidence(&self, place: &Place) -> Evidence {
        let (region, least) = (self.region(place), self.params.least());
        let service = self.service(place, least);
        let (en, zh) = match place.stop.map(|stop| &self.survey.places[stop as usize]) {
            Some(stop) => (
                format!(
                    "the best stop is {} ({}) with {} departures, of {least} wanted",
                    stop.name, stop.id, place.best.counted
                ),
                format!("班次最多的站点为{}（{}），{}班，要求{least}班", stop.name, stop.id, place.best.counted),
            ),
            None if self.params.served_when == ServedWhen::PointWithin => {
                ("no stop that is left by a vehicle is within reach".to_owned(), "可达范围内没有发车的站点".to_owned())
            }
            None => ("no stop in it is left by a vehicle".to_owned(), "区域内没有发车的站点".to_owned()),
        };
        let (word_en, word_zh) = (STATES[service as usize].1, STATES[service as usize].2);
        Evidence {
            key: region.code.clone(),
            state: STATES[service as usize].0,
            about: vec![region.code.clone(), region.name.clone()],
            text: Text::new(
                format!("{} ({}): {word_en}; {en}", region.name, region.code),
                format!("{}（{}）：{word_zh}；{zh}", region.name, region.code),
            ),
        }
    }

    /// The regions of the level with their own figures.
    fn units(&self) -> Vec<RegionFigure> {
        let least = self.params.least();
        let own = |place: &Place| RegionFigure {
            region: place.region,
            level: self.level,
            figure: self.figure(&[place], least),
        };
        self.places.iter().map(own).collect()
    }

    fn table(&self, context: &Context<'_>, units: &[RegionFigure], synthetic: bool) -> Table {
        let least = self.params.least();
        let about = (self.survey.sources(), synthetic);
        let titles = ("regions with service", "区域通达情况");
        let mut table = layer::blank(context, "regions", titles, GeometryKind::MultiPolygon, about);
        table.fields = layer::region_fields();
        table.fields.extend([
            Field::new("state", FieldKind::Text, "State", "状态").with_choices(&STATES),
            Field::new("departures", FieldKind::Real, "Departures of the best stop", "站点最多班次"),
            Field::new("best_stop", FieldKind::Text, "Best stop", "班次最多的站点"),
        ]);
        for (place, found) in self.places.iter().zip(units) {
            let Some(shape) = &self.region(place).shape else { continue };
            let stop = place.stop.map(|stop| self.survey.places[stop as usize].name.as_str());
            let mut values = layer::region_values(self.survey.study, found, 1.0);
            values.extend([
                STATES[self.service(place, least) as usize].0.into(),
                place.best.place.map(|_| place.best.counted.to_f64()).into(),
                stop.into(),
            ]);
            table.rows.push(Row { geometry: Some(Geometry::MultiPolygon(shape.lonlat.clone())), values });
        }
        let class = |service: Service, color| {
            let (value, en, zh) = STATES[service as usize];
            Class::equals("state", value, Text::new(en, zh), layer::region_fill(color))
        };
        let classes = vec![
            class(Service::Served, palette::VERDICT[1]),
            class(Service::Unserved, palette::VERDICT[0]),
            class(Service::Nothing, "#f0f0f0"),
        ];
        table.style = Some(layer::region_style(classes, None));
        table
    }
}
