//! An extract (.osm.pbf, or .osm in XML) as blocks of elements, scanned as often as the references between them ask for.

use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::io::Seek;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use osmpbf::Blob;
use osmpbf::BlobDecode;
use osmpbf::BlobError;
use osmpbf::BlobReader;
use osmpbf::BlobType;
use osmpbf::ErrorKind;
use rayon::prelude::*;

use crate::io::osm::block::Block;
use crate::io::osm::text;
use crate::io::read::ReadError;
use crate::io::read::ReadRequest;

/// Blobs that are decoded at a time; the format allows a blob 32 MB, programs write some 64 KB.
const BATCH: usize = 16;

/// What kinds of elements a block holds, or a scan looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds {
    pub nodes: bool,
    pub ways: bool,
    pub relations: bool,
}

impl Kinds {
    pub(super) const NODES: Kinds = Kinds { nodes: true, ways: false, relations: false };
    pub(super) const WAYS: Kinds = Kinds { nodes: false, ways: true, relations: false };
    pub(super) const RELATIONS: Kinds = Kinds { nodes: false, ways: false, relations: true };
    pub(super) const ALL: Kinds = Kinds { nodes: true, ways: true, relations: true };

    fn meets(self, other: Kinds) -> bool {
        (self.nodes && other.nodes) || (self.ways && other.ways) || (self.relations && other.relations)
    }
}

/// Tags in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// Keys and values, in their order.
    pub(super) fn from_pairs(pairs: Vec<(String, String)>) -> Tags {
        Tags(pairs)
    }

    /// Whether one of them fits.
    pub(super) fn any(&self, fits: impl Fn(&str, &str) -> bool) -> bool {
        self.0.iter().any(|(key, value)| fits(key, value))
    }

    /// Keys and values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }
}

/// What a member of a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Node,
    Way,
    Relation,
}

impl Kind {
    /// The id as OpenStreetMap writes it in addresses: `way/123`.
    pub(super) fn id(self, id: i64) -> String {
        let word = match self {
            Kind::Node => "node",
            Kind::Way => "way",
            Kind::Relation => "relation",
        };
        format!("{word}/{id}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub kind: Kind,
    pub id: i64,
    pub role: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub id: i64,
    pub tags: Tags,
    pub members: Vec<Member>,
}

impl Relation {
    /// The ids of its members of a kind, in their order.
    pub(super) fn ids(&self, kind: Kind) -> impl Iterator<Item = i64> {
        self.members.iter().filter(move |member| member.kind == kind).map(|member| member.id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub id: i64,
    pub tags: Tags,
    /// Ids of its nodes.
    pub nodes: Vec<i64>,
}

/// A file that is scanned several times: relations name ways, and ways name nodes, and the file holds them the other way round.
pub(super) struct Extract<'r> {
    request: &'r ReadRequest<'r>,
    /// What each blob holds, known after the first scan: later ones decode only what they look for.
    blobs: Vec<Kinds>,
    /// Ways may give the places of their nodes, and plain nodes be left out (LocationsOnWays; Overpass' `out geom`).
    has_places_on_ways: bool,
}

/// What a file is written in, told by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Packed,
    Text,
}

fn written(file: &mut File) -> io::Result<Result<Written, &'static str>> {
    let mut head = Vec::new();
    file.by_ref().take(64).read_to_end(&mut head)?;
    file.rewind()?;
    let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head).trim_ascii_start();
    Ok(match &head[..] {
        [0x1f, 0x8b, ..] => Err("is packed with gzip; give it the ending .gz, or unpack it"),
        [b'B', b'Z', b'h', ..] => Err("is packed with bzip2; unpack it first: bunzip2"),
        [0xff, 0xe0, _, b'o', b'5', ..] => Err("is in the format o5m; write it anew: osmium cat -o extract.osm.pbf"),
        _ if text.starts_with(b"<") => Ok(Written::Text),
        _ => Ok(Written::Packed),
    })
}

impl<'r> Extract<'r> {
    pub(super) fn new(request: &'r ReadRequest<'r>) -> Extract<'r> {
        Extract { request, blobs: Vec::new(), has_places_on_ways: false }
    }

    fn content(&self, what: impl Into<String>) -> ReadError {
        ReadError::Content { shown: self.request.shown.to_owned(), what: what.into() }
    }

    /// Decodes every block that holds one of the `wanted` kinds, in parallel, and hands over what `each` makes of them in the order
    /// of the file.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for a file that is no extract, breaks off, or holds the history of its elements.
    pub(super) fn scan<T: Send>(
        &mut self,
        wanted: Kinds,
        each: impl Fn(&Block<'_>) -> T + Sync,
        mut take: impl FnMut(T),
    ) -> Result<(), ReadError> {
        let request = self.request;
        let not_open =
            |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
        let mut file = File::open(request.path).map_err(not_open)?;
        match written(&mut file).map_err(not_open)? {
            Err(what) => Err(self.content(what)),
            Ok(Written::Packed) => self.scan_packed(file, wanted, &each, &mut take),
            Ok(Written::Text) => {
                let mut has_places = false;
                let outcome = text::read(file, &mut |elements| {
                    has_places |= !elements.places.is_empty();
                    let block = Block::Text(elements);
                    if block.kinds().meets(wanted) {
                        take(each(&block));
                    }
                });
                self.has_places_on_ways |= has_places;
                outcome.map_err(|what| self.content(what))
            }
        }
    }

    fn scan_packed<T: Send>(
        &mut self,
        file: File,
        wanted: Kinds,
        each: &(impl Fn(&Block<'_>) -> T + Sync),
        take: &mut impl FnMut(T),
    ) -> Result<(), ReadError> {
        let mut reader = BlobReader::new(BufReader::with_capacity(1 << 18, file));
        let is_first_scan = self.blobs.is_empty();
        let mut batch: Vec<Blob> = Vec::with_capacity(BATCH);
        let (mut nth, mut is_over) = (0usize, false);
        while !is_over {
            batch.clear();
            while batch.len() < BATCH {
                let Some(blob) = reader.next() else {
                    is_over = true;
                    break;
                };
                let blob = blob.map_err(|error| match nth {
                    0 => self.content(format!("is no OpenStreetMap extract (.osm.pbf): {error}")),
                    _ => self.content(format!("breaks off or is damaged at block {nth}: {error}")),
                })?;
                if nth == 0 && blob.get_type() != BlobType::OsmHeader {
                    return Err(self.content("is no OpenStreetMap extract (.osm.pbf): it has no header"));
                }
                if is_first_scan || self.blobs.get(nth).is_some_and(|kinds| kinds.meets(wanted)) {
                    batch.push(blob);
                }
                nth += 1;
            }
            let before = nth - batch.len();
            let made: Vec<Result<Decoded<T>, String>> =
                batch.par_iter().map(|blob| decode(blob, wanted, each)).collect();
            for (at, made) in made.into_iter().enumerate() {
                let decoded = made.map_err(|what| match what.as_str() {
                    PACKED_OTHERWISE => self.content(what),
                    _ => self.content(format!("is damaged at or near block {}: {what}", before + at)),
                })?;
                self.has_places_on_ways |= decoded.has_places_on_ways;
                if is_first_scan {
                    self.blobs.push(decoded.kinds);
                }
                decoded.made.into_iter().for_each(&mut *take);
            }
        }
        match nth {
            0 => Err(self.content("is empty: no OpenStreetMap extract (.osm.pbf)")),
            _ => Ok(()),
        }
    }

    /// All relations whose tags fit, in the order of the file.
    /// # Errors
    /// As [`scan`](Extract::scan).
    pub(super) fn relations(&mut self, fits: impl Fn(&Tags) -> bool + Sync) -> Result<Vec<Relation>, ReadError> {
        let mut found = Vec::new();
        let each = |block: &Block<'_>| block.relations(&fits);
        self.scan(Kinds::RELATIONS, each, |some: Vec<Relation>| found.extend(some))?;
        Ok(found)
    }

    /// The ways with these ids that the file holds, by id.
    /// # Errors
    /// As [`scan`](Extract::scan).
    pub(super) fn ways(&mut self, ids: impl Iterator<Item = i64>) -> Result<Ways, ReadError> {
        let mut wanted: Vec<i64> = ids.collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut ways = Vec::new();
        if !wanted.is_empty() {
            let each = |block: &Block<'_>| block.ways(&|id, _| wanted.binary_search(&id).is_ok());
            self.scan(Kinds::WAYS, each, |some: Vec<Way>| ways.extend(some))?;
        }
        ways.sort_by_key(|way: &Way| way.id);
        ways.dedup_by_key(|way| way.id);
        Ok(Ways(ways))
    }

    /// The places of these nodes, as far as the file holds them.
    /// # Errors
    /// As [`scan`](Extract::scan).
    pub(super) fn coordinates(&mut self, ids: impl Iterator<Item = i64>) -> Result<Coordinates, ReadError> {
        let mut ids: Vec<i64> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let mut at = vec![None; ids.len()];
        if !ids.is_empty() {
            let mut put = |found: Vec<(usize, [f64; 2])>| {
                for (position, place) in found {
                    at[position] = Some(place);
                }
            };
            let each = |block: &Block<'_>| {
                let mut found: Vec<(usize, [f64; 2])> = Vec::new();
                block.each_node(|id, place, _| {
                    found.extend(ids.binary_search(&id).ok().map(|position| (position, place)))
                });
                found
            };
            self.scan(Kinds::NODES, each, &mut put)?;
            if self.has_places_on_ways {
                let each = |block: &Block<'_>| {
                    let mut found: Vec<(usize, [f64; 2])> = Vec::new();
                    block.each_place_on_ways(|id, place| {
                        found.extend(ids.binary_search(&id).ok().map(|position| (position, place)));
                    });
                    found
                };
                self.scan(Kinds::WAYS, each, &mut put)?;
            }
        }
        Ok(Coordinates { ids, at })
    }
}

/// What is said of a blob that is packed with LZ4, Zstandard, LZMA or bzip2: the format allows them, few programs write them.
const PACKED_OTHERWISE: &str =
    "is packed with LZ4, Zstandard or another method than zlib; write it anew: osmium cat -f pbf,pbf_compression=zlib";

/// One blob: what it holds, and what `each` makes of it when that is wanted.
struct Decoded<T> {
    kinds: Kinds,
    made: Option<T>,
    has_places_on_ways: bool,
}

impl<T> Decoded<T> {
    fn nothing() -> Decoded<T> {
        Decoded { kinds: Kinds::default(), made: None, has_places_on_ways: false }
    }
}

fn decode<T>(blob: &Blob, wanted: Kinds, each: &(impl Fn(&Block<'_>) -> T + Sync)) -> Result<Decoded<T>, String> {
    // the reader adds up differences from the file unchecked: in a damaged one they may overflow
    let outcome = catch_unwind(AssertUnwindSafe(|| match blob.decode() {
        Ok(BlobDecode::OsmData(block)) => {
            let block = Block::Packed(&block);
            let kinds = block.kinds();
            Ok(Decoded { kinds, made: kinds.meets(wanted).then(|| each(&block)), has_places_on_ways: false })
        }
        Ok(BlobDecode::OsmHeader(header)) => {
            let mut decoded = Decoded::nothing();
            for feature in header.required_features() {
                match feature.as_str() {
                    "OsmSchema-V0.6" | "DenseNodes" => {}
                    "LocationsOnWays" => decoded.has_places_on_ways = true,
                    "HistoricalInformation" => {
                        return Err("holds every version of its elements; take an extract of one day".to_owned());
                    }
                    other => return Err(format!("needs the feature \"{other}\", which is not known")),
                }
            }
            decoded.has_places_on_ways |= header.optional_features().iter().any(|feature| feature == "LocationsOnWays");
            Ok(decoded)
        }
        Ok(BlobDecode::Unknown(_)) => Ok(Decoded::nothing()),
        Err(error) => Err(match error.kind() {
            ErrorKind::Blob(BlobError::Empty) => PACKED_OTHERWISE.to_owned(),
            _ => error.to_string(),
        }),
    }));
    outcome.unwrap_or_else(|_| Err("numbers that lead nowhere".to_owned()))
}

/// Degrees of a place in 10^-9 degrees; `None` where there is no such place.
pub(super) fn degrees([lon, lat]: [i64; 2]) -> Option<[f64; 2]> {
    let is_on_earth = lon.unsigned_abs() <= 180_000_000_000 && lat.unsigned_abs() <= 90_000_000_000;
    is_on_earth.then(|| [lon as f64 / 1e9, lat as f64 / 1e9])
}

/// Ways by id.
pub(super) struct Ways(Vec<Way>);

impl Ways {
    pub(super) fn get(&self, id: i64) -> Option<&Way> {
        self.0.binary_search_by_key(&id, |way| way.id).ok().map(|at| &self.0[at])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Way> {
        self.0.iter()
    }
}

/// Places of nodes, degrees of WGS 84.
pub(super) struct Coordinates {
    ids: Vec<i64>,
    at: Vec<Option<[f64; 2]>>,
}

impl Coordinates {
    /// `None` for nodes that the file does not hold.
    pub(super) fn get(&self, id: i64) -> Option<[f64; 2]> {
        self.ids.binary_search(&id).ok().and_then(|at| self.at[at])
    }

    /// Moves nodes that lie at the very place of another, above or below it, so that they can be told apart by their place: the k-th of them
    /// by id goes k × 3 nanodegrees east, a third of a millimetre. How many were moved.
    pub(super) fn set_apart(&mut self) -> usize {
        let mut order: Vec<(u64, u64, usize)> = self
            .at
            .iter()
            .enumerate()
            .filter_map(|(at, place)| place.map(|[x, y]| (x.to_bits(), y.to_bits(), at)))
            .collect();
        order.sort_unstable();
        let (mut moved, mut nth) = (0, 0.0);
        for pair in order.windows(2) {
            let is_same = (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1);
            nth = if is_same { nth + 1.0 } else { 0.0 };
            if is_same && let Some([x, _]) = &mut self.at[pair[1].2] {
                *x += nth * 3e-9;
                moved += 1;
            }
        }
        moved
    }
}

#[cfg(test)]
impl Coordinates {
    /// Places of nodes in the order of their ids.
    pub(super) fn for_test(places: Vec<(i64, [f64; 2])>) -> Coordinates {
        let (ids, at) = places.into_iter().map(|(id, at)| (id, Some(at))).unzip();
        Coordinates { ids, at }
    }
}

#[cfg(test)]
impl Tags {
    /// Tags as given.
    pub(super) fn for_test(tags: &[(&str, &str)]) -> Tags {
        Tags(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }
}
