//! Streets, joined to a network for each mode that is asked for.

use std::cell::Cell;
use std::collections::BTreeMap;

use geo_types::Geometry;
use geo_types::LineString;
use geo_types::MultiPolygon;
use geo_types::Polygon;

use crate::base::issue::Issue;
use crate::base::issue::Severity;
use crate::base::progress::Progress;
use crate::base::units::KmPerHour;
use crate::base::units::Metres;
use crate::base::units::Share;
use crate::config::plan::Source;
use crate::config::plan::StreetSource;
use crate::config::profile::Profile;
use crate::config::profile::WALKING;
use crate::impedance::geodesic::geodesic_m;
use crate::ingest::IngestError;
use crate::ingest::access;
use crate::ingest::access::Access;
use crate::ingest::account::Account;
use crate::ingest::account::Columns;
use crate::ingest::account::key;
use crate::ingest::door;
use crate::ingest::door::Collect;
use crate::ingest::door::point_of;
use crate::ingest::ground::Ground;
use crate::ingest::ground::ToDegrees;
use crate::ingest::heights::Heights;
use crate::ingest::heights::tobler;
use crate::ingest::homes::Homes;
use crate::ingest::outline::geometry_name;
use crate::ingest::street_lines::lines;
use crate::ingest::street_lines::outlines_only;
use crate::ingest::unread::Unread;
use crate::ingest::water;
use crate::ingest::ways::Reader;
use crate::ingest::ways::Use;
use crate::io::osm;
use crate::model::areas::Crossed;
use crate::model::areas::Floor;
use crate::model::joining;
use crate::model::joining::Drawn;
use crate::model::joining::Joined;
use crate::model::place::LonLat;
use crate::model::place::Place;
use crate::model::streets::Hindrances;
use crate::model::streets::Mode;
use crate::model::streets::Slope;
use crate::model::streets::StreetNetwork;
use crate::model::turns::Turn;
use crate::table::Record;
use crate::table::rule::Rule;

/// A record of a street.
pub(super) struct Street {
    pub number: u64,
    pub id: Option<String>,
    /// Lines, or the rings of an area.
    parts: Vec<LineString<f64>>,
    /// How many rings each polygon of an area has, its outline first; empty for lines.
    pub rings: Vec<usize>,
    pub floor: Floor,
    /// How each mode uses it.
    pub uses: Vec<Option<Use>>,
    pub is_closed: bool,
    /// What the level field says; nothing is 0.
    level: Option<String>,
}

struct Collector<'s> {
    readers: Vec<Reader<'s>>,
    closed_where: Option<&'s Rule>,
    closed_fields: BTreeMap<String, usize>,
    synthetic: Option<usize>,
    is_synthetic: bool,
    id: Option<usize>,
    level_field: &'s Option<String>,
    level: Option<usize>,
    /// The fields of the extract that say on which floor a street is.
    floor: [Option<usize>; 2],
    streets: Vec<Street>,
}

impl Collect for Collector<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        self.synthetic = columns.find("synthetic");
        self.id = columns.find("osm_id");
        self.floor = ["layer", "level"].map(|field| columns.find(field));
        self.level = columns.given(self.level_field, "the level")?;
        for name in self.closed_where.iter().flat_map(|rule| rule.fields()) {
            self.closed_fields.insert(name.to_owned(), columns.need(name, "closed-where")?);
        }
        self.readers.iter_mut().try_for_each(|reader| reader.open(columns))
    }

    fn take(&mut self, mut record: Record, trouble: Option<Issue>, account: &mut Account) {
        let is_area = matches!(record.geometry, Some(Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
        let read = |reader: &mut Reader<'_>| reader.read(&record).filter(|_| !(is_area && reader.leaves_areas_out()));
        let uses: Vec<Option<Use>> = self.readers.iter_mut().map(read).collect();
        if uses.iter().all(Option::is_none) {
            account.passed_over += 1;
            return;
        }
        self.is_synthetic |= account.synthetic(&record, self.synthetic);
        let is_closed =
            self.closed_where.is_some_and(|rule| rule.fits(&record, &|name| self.closed_fields.get(name).copied()));
        let number = record.number;
        let id = self.id.and_then(|at| key(&record, at));
        let level = self.level.and_then(|at| key(&record, at)).filter(|level| level != "0");
        let [layer, levels] = self.floor.map(|at| at.and_then(|at| key(&record, at)).unwrap_or_default());
        let levels = levels.split(';').map(str::trim).filter(|level| !level.is_empty()).map(str::to_owned).collect();
        let floor = Floor { layer: if layer == "0" { String::new() } else { layer }, levels };
        let mut rings = Vec::new();
        let mut ringed = |area: Polygon<f64>| {
            let (outline, holes) = area.into_inner();
            rings.push(1 + holes.len());
            std::iter::once(outline).chain(holes)
        };
        let are_crossed = self.readers.iter().all(|reader| !reader.refuses_areas());
        let parts = match (record.geometry.take(), trouble) {
            (Some(Geometry::Polygon(area)), _) if are_crossed => ringed(area).collect(),
            (Some(Geometry::MultiPolygon(areas)), _) if are_crossed => areas.0.into_iter().flat_map(ringed).collect(),
            (Some(Geometry::LineString(line)), _) => vec![line],
            (Some(Geometry::Line(line)), _) => vec![LineString(vec![line.start, line.end])],
            (Some(Geometry::MultiLineString(lines)), _) => lines.0,
            (Some(other), _) => {
                let what = format!("{} where a line is wanted", geometry_name(&other));
                account.dropped("bad-geometry", number, what);
                return;
            }
            (None, Some(trouble)) => {
                account.dropped(trouble.code, number, trouble.what);
                return;
            }
            (None, None) => {
                account.dropped("no-geometry", number, "the record has no line");
                return;
            }
        };
        account.used();
        self.streets.push(Street { number, id, parts, rings, floor, uses, is_closed, level });
    }
}

/// Points with the fields that a rule asks for.
struct Points<'r> {
    wanted: Vec<&'r str>,
    positions: BTreeMap<String, usize>,
    take: &'r mut dyn FnMut(&Record, &BTreeMap<String, usize>) -> bool,
    raws: Vec<[f64; 2]>,
}

impl Collect for Points<'_> {
    fn open(&mut self, columns: &Columns<'_>) -> Result<(), IngestError> {
        for name in &self.wanted {
            self.positions.insert((*name).to_owned(), columns.need(name, "what bars streets")?);
        }
        Ok(())
    }

    fn take(&mut self, record: Record, trouble: Option<Issue>, account: &mut Account) {
        match point_of(&record, trouble) {
            Err((code, what)) => {
                account.dropped(code, record.number, what);
            }
            Ok(raw) if (self.take)(&record, &self.positions) => {
                account.used();
                self.raws.push(raw);
            }
            Ok(_) => account.passed_over += 1,
        }
    }
}

/// The points of a layer of an extract that `take` wants, and the account. A layer without any is none.
fn points(
    source: &Source,
    records: &str,
    wanted: Vec<&str>,
    take: &mut dyn FnMut(&Record, &BTreeMap<String, usize>) -> bool,
    ground: &Ground,
    progress: &dyn Progress,
) -> Result<(Vec<LonLat>, Account), IngestError> {
    let mut account = Account::new(source, records);
    let mut collector = Points { wanted, positions: BTreeMap::new(), take, raws: Vec::new() };
    let carried = door::read(source, &mut collector, &mut account, progress)?;
    let degrees = ToDegrees::new(source, &carried)?;
    // a place out of the plane can not be the corner of a street either
    let places = ground.places_of(&degrees, &collector.raws);
    let nowhere = LonLat { lon: f64::NAN, lat: f64::NAN };
    match account.close(Share(1.0)) {
        Ok(()) | Err(IngestError::Empty { .. } | IngestError::NoneMeant { .. }) => {}
        Err(other) => return Err(other),
    }
    Ok((places.into_iter().map(|place| place.map_or(nowhere, |place| place.lonlat)).collect(), account))
}

/// The networks of a source, in the order of the modes, and the accounts of all that was read for them.
pub(crate) fn read(
    source: &StreetSource,
    ground: &Ground,
    homes: &Homes<'_>,
    hazards: &[MultiPolygon<f64>],
    max_loss: Share,
    progress: &dyn Progress,
) -> Result<(Vec<StreetNetwork>, Vec<Account>), IngestError> {
    let mut account = Account::new(&source.source, "streets");
    let mut collector = Collector {
        readers: source.profiles.iter().map(Reader::new).collect(),
        closed_where: source.closed_where.as_ref(),
        closed_fields: BTreeMap::new(),
        synthetic: None,
        is_synthetic: false,
        id: None,
        level_field: &source.level_field,
        level: None,
        floor: [None; 2],
        streets: Vec::new(),
    };
    let carried = door::read(&source.source, &mut collector, &mut account, progress)?;
    let mut unread = Unread::default();
    collector.readers.iter().for_each(|reader| unread.merge(&reader.unread));
    unread.note("streets", &mut account);
    let synthetic = collector.is_synthetic;
    let mut made: Vec<(Street, Vec<Vec<Place>>)> = Vec::with_capacity(collector.streets.len());
    if account.ledger.used > 0 {
        let degrees = ToDegrees::new(&source.source, &carried)?;
        let starts = collector.streets.iter().filter_map(|street| street.parts.first()?.0.first());
        degrees.doubt(&starts.map(|at| [at.x, at.y]).collect::<Vec<_>>(), ground.extent.as_ref())?;
        for mut street in collector.streets {
            let parts: Option<Vec<Vec<Place>>> = std::mem::take(&mut street.parts)
                .iter()
                .map(|part| {
                    let raws: Vec<[f64; 2]> = part.0.iter().map(|at| [at.x, at.y]).collect();
                    ground.places_of(&degrees, &raws).into_iter().collect()
                })
                .collect();
            match parts {
                Some(parts) => made.push((street, parts)),
                None => {
                    let what = format!("a corner is outside the area of {}", degrees.name());
                    account.taken_back("outside-crs-area", street.number, what);
                }
            }
        }
    }
    account.close(max_loss)?;
    let joined = source.join_within.map(|within| (within, join(&mut made, within)));
    let mut accounts = Vec::new();
    let mut closures: Vec<MultiPolygon<f64>> = hazards.to_vec();
    if let Some(closed) = &source.closures {
        let (areas, account) = water::read(closed, "closures", ground, max_loss, progress)?;
        closures.extend(areas);
        accounts.push(account);
    }
    let ids: BTreeMap<&str, u32> = match source.turns {
        Some(_) => (0u32..).zip(&made).filter_map(|(at, (street, _))| Some((street.id.as_deref()?, at))).collect(),
        None => BTreeMap::new(),
    };
    let mut turns: Vec<Turn> = Vec::new();
    if let Some(layer) = &source.turns {
        let mut found: Vec<(u32, u32, bool)> = Vec::new();
        let fields = vec!["restriction", "vehicle", "from", "to", "except"];
        let mut take = |record: &Record, at: &BTreeMap<String, usize>| {
            let text = |name: &str| key(record, at[name]);
            let end = |name: &str| text(name).and_then(|id| ids.get(id.as_str()).copied());
            let is_car = |who: &str| matches!(who.trim(), "motorcar" | "motor_vehicle" | "vehicle");
            let excepted = text("except").is_some_and(|who| who.split(';').any(is_car))
                || text("vehicle").is_some_and(|who| !is_car(&who));
            let restriction = text("restriction").unwrap_or_default();
            let (no, only) = (restriction.starts_with("no_"), restriction.starts_with("only_"));
            match (end("from"), end("to")) {
                (Some(from), Some(to)) if (no || only) && !excepted => {
                    found.push((from, to, only));
                    true
                }
                _ => false,
            }
        };
        let (vias, account) = points(layer, "turn restrictions", fields, &mut take, ground, progress)?;
        turns = vias.into_iter().zip(found).map(|(via, (from, to, only))| Turn { via, from, to, only }).collect();
        accounts.push(account);
    }
    let heights = match &source.heights {
        Some(heights) => {
            let corners = made.iter().flat_map(|(_, parts)| parts.iter().flatten().map(|place| place.lonlat));
            let (heights, account) = Heights::read(heights, corners)?;
            accounts.push(account);
            Some(heights)
        }
        None => None,
    };
    let unknown = Cell::new(0u64);
    let height = |at: LonLat| {
        let metres = heights.as_ref().and_then(|heights| heights.at(at));
        unknown.set(unknown.get() + u64::from(metres.is_none()));
        metres
    };
    let mut networks = Vec::new();
    let (mut told, mut doubted) = (Unread::default(), BTreeMap::new());
    for (at, profile) in source.profiles.iter().enumerate() {
        let mut barriers = Vec::new();
        if let Some(layer) =
            source.barriers.as_ref().filter(|_| profile.barred_where.is_some() || profile.conventions.barriers)
        {
            let (found, account) = barred(layer, profile, &mut told, ground, progress)?;
            barriers = found;
            accounts.push(account);
        }
        let (lines, crossed) = lines(&made, at, &closures, &barriers, &mut doubted);
        outlines_only(&crossed, profile.mode, &made, &mut account);
        let turns = if profile.turns { &turns[..] } else { &[] };
        let is_sloped = profile.mode == Mode::Walk && heights.is_some();
        let slope = is_sloped.then_some(Slope { height: &height, factor: &tobler });
        let hindrances = Hindrances { barriers: &barriers, turns, slope };
        let mut network = StreetNetwork::new(profile.mode, off_speed(profile), &lines, &hindrances, geodesic_m);
        if is_sloped && unknown.get() > 0 {
            let what = format!("{} ends of street sides have no height; those sides are taken for flat", unknown.get());
            account.issues.push(account.issue(Severity::Warning, "no-height", what));
        }
        network.max_snap_m = source.max_snap.0;
        network.min_component_m = source.min_component.0;
        network.synthetic = account.ledger.synthetic || synthetic;
        account.issues.push(account.issue(Severity::Note, "street-network", summary(&network, joined, &crossed)));
        let beyond = beyond(&network, homes);
        if !beyond.is_empty() {
            let what = format!(
                "the streets end inside {} (their outlines reach beyond all streets): what is reached near there may be understated",
                beyond.join(", ")
            );
            account.issues.push(account.issue(Severity::Warning, "streets-end", what));
        }
        networks.push(network);
    }
    for (number, what) in doubted {
        let mut issue = account.issue(Severity::Warning, "doubtful-duration", what);
        issue.record = Some(number);
        account.issues.push(issue);
    }
    accounts.insert(0, account);
    Ok((networks, accounts))
}

/// Speed to the street and from it: that of walking, also for those who drive.
fn off_speed(profile: &Profile) -> KmPerHour {
    if profile.mode == Mode::Walk { profile.speed } else { WALKING }
}

/// Joins what was not drawn on shared corners.
fn join(streets: &mut [(Street, Vec<Vec<Place>>)], within: Metres) -> Joined {
    let mut levels: BTreeMap<Option<String>, u32> = BTreeMap::new();
    let mut lines: Vec<Drawn> = Vec::new();
    for (street, parts) in streets.iter_mut() {
        let count = levels.len() as u32;
        let level = *levels.entry(street.level.take()).or_insert(count);
        lines.extend(parts.iter_mut().map(|part| Drawn { corners: std::mem::take(part), level }));
    }
    let joined = joining::join(&mut lines, within.0);
    for (part, line) in streets.iter_mut().flat_map(|(_, parts)| parts).zip(lines) {
        *part = line.corners;
    }
    joined
}

/// The points that a mode can not pass, and the account. Words that are unknown are noted unless they are among those `told`.
fn barred(
    layer: &Source,
    profile: &Profile,
    told: &mut Unread,
    ground: &Ground,
    progress: &dyn Progress,
) -> Result<(Vec<LonLat>, Account), IngestError> {
    let records = format!("barriers ({})", profile.mode.id());
    if let Some(rule) = &profile.barred_where {
        // the rule is about barriers: other points have none
        let mut wanted = rule.fields();
        wanted.extend(["barrier"].into_iter().filter(|name| !rule.fields().contains(name)));
        let mut take = |record: &Record, at: &BTreeMap<String, usize>| {
            access::text(at.get("barrier").copied(), record).is_some()
                && rule.fits(record, &|name| at.get(name).copied())
        };
        return points(layer, &records, wanted, &mut take, ground, progress);
    }
    let (mut found, mut bound) = (Unread::default(), None::<Access>);
    let mut take = |record: &Record, at: &BTreeMap<String, usize>| {
        let access = bound.get_or_insert_with(|| Access::new(profile.mode, &|name| at.get(name).copied()));
        access.tell(record, |why, key, said| found.add(why, &key, said, None));
        access.is_barred(record)
    };
    let (places, mut account) = points(layer, &records, osm::BARRIER_TAGS.to_vec(), &mut take, ground, progress)?;
    told.others(&found).note("points of streets", &mut account);
    Ok((places, account))
}

/// What became of the lines, in one sentence.
fn summary(network: &StreetNetwork, joined: Option<(Metres, Joined)>, crossed: &Crossed) -> String {
    let total: f64 = network.components().iter().map(|one| one.length_m).sum();
    let islands: Vec<f64> = (0u32..)
        .zip(network.components())
        .filter(|(part, _)| network.is_island(*part))
        .map(|(_, one)| one.length_m)
        .collect();
    let mut text = format!(
        "{}: {} junctions, {} stretches, {:.1} km; {} parts that hang together, of which {} with {:.1} km are shorter than min-component = \
         {} or hold no street, and are not used",
        network.mode.id(),
        network.junctions(),
        network.edges().len(),
        total / 1000.0,
        network.components().len(),
        islands.len(),
        islands.iter().sum::<f64>() / 1000.0,
        Metres(network.min_component_m)
    );
    if let Some((within, Joined { corners, sides })) = joined {
        text += &format!(
            "; within {within} of a line's end, {corners} corners of lines were moved to another's and {sides} were put into a side"
        );
    }
    if crossed.areas > 0 {
        text += &format!("; {} lines lead straight over {} areas", crossed.lines, crossed.areas);
    }
    let closed: f64 = network.edges().iter().filter(|edge| edge.is_closed()).map(|edge| edge.drawn_m()).sum();
    if closed > 0.0 {
        text += &format!("; {:.1} km are closed", closed / 1000.0);
    }
    let pockets = network.pocket_m();
    if pockets > 0.0 {
        text += &format!("; {:.1} km are one-way pockets that can not be left, or not be entered", pockets / 1000.0);
    }
    let (minded, void) = network.restrictions();
    if minded + void > 0 {
        text += &format!(
            "; {minded} turn restrictions hold, {void} do not (their ways are closed to it or do not end where they meet)"
        );
    }
    text
}

/// Codes of judged regions whose outlines reach beyond the rectangle around all streets by more than a place may be off them.
fn beyond(network: &StreetNetwork, homes: &Homes<'_>) -> Vec<String> {
    let Some([west, south, east, north]) = network.extent() else { return Vec::new() };
    let off = network.max_snap_m;
    homes
        .judged_outlines()
        .filter(|(_, shape)| {
            shape
                .plane
                .iter()
                .flat_map(|part| part.exterior().coords())
                .any(|at| at.x < west - off || at.x > east + off || at.y < south - off || at.y > north + off)
        })
        .map(|(region, _)| region.code.clone())
        .collect()
}
