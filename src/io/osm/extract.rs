//! An .osm.pbf file as blocks of elements, scanned as often as the references between them ask for.

use std::fs::File;
use std::io::BufReader;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use osmpbf::Blob;
use osmpbf::BlobDecode;
use osmpbf::BlobReader;
use osmpbf::BlobType;
use osmpbf::PrimitiveBlock;
use osmpbf::RelMemberType;
use rayon::prelude::*;

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

    fn of(block: &PrimitiveBlock) -> Kinds {
        let mut kinds = Kinds::default();
        for group in block.groups() {
            kinds.nodes |= group.nodes().next().is_some() || group.dense_nodes().next().is_some();
            kinds.ways |= group.ways().next().is_some();
            kinds.relations |= group.relations().next().is_some();
        }
        kinds
    }

    fn meets(self, other: Kinds) -> bool {
        (self.nodes && other.nodes) || (self.ways && other.ways) || (self.relations && other.relations)
    }
}

/// Tags in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// From indices into the block's strings; texts that are no UTF-8 get the replacement character.
    pub(super) fn of(block: &PrimitiveBlock, indices: impl Iterator<Item = (usize, usize)>) -> Tags {
        let strings = block.raw_stringtable();
        let text = |at: usize| strings.get(at).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Tags(indices.filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect())
    }

    /// Whether one of them fits.
    pub(super) fn any(&self, fits: impl Fn(&str, &str) -> bool) -> bool {
        self.0.iter().any(|(key, value)| fits(key, value))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }
}

/// Whether one of the tags fits, without copying any.
pub(super) fn any_tag(
    block: &PrimitiveBlock,
    mut indices: impl Iterator<Item = (usize, usize)>,
    fits: &dyn Fn(&[u8], &[u8]) -> bool,
) -> bool {
    let strings = block.raw_stringtable();
    indices.any(|(key, value)| match (strings.get(key), strings.get(value)) {
        (Some(key), Some(value)) => fits(key, value),
        _ => false,
    })
}

/// Indices of tags as the crate hands them over, for [`Tags::of`] and [`any_tag`].
pub(super) fn pairs(raw: impl Iterator<Item = (u32, u32)>) -> impl Iterator<Item = (usize, usize)> {
    raw.map(|(key, value)| (key as usize, value as usize))
}

/// The same for dense nodes, whose indices are signed.
pub(super) fn signed_pairs(raw: impl Iterator<Item = (i32, i32)>) -> impl Iterator<Item = (usize, usize)> {
    let at = |index: i32| usize::try_from(index).unwrap_or(usize::MAX);
    raw.map(move |(key, value)| (at(key), at(value)))
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
    fn of(block: &PrimitiveBlock, relation: &osmpbf::Relation<'_>) -> Relation {
        let strings = block.raw_stringtable();
        let role = |sid: i32| usize::try_from(sid).ok().and_then(|at| strings.get(at));
        Relation {
            id: relation.id(),
            tags: Tags::of(block, pairs(relation.raw_tags())),
            members: relation
                .members()
                .map(|member| Member {
                    kind: match member.member_type {
                        RelMemberType::Node => Kind::Node,
                        RelMemberType::Way => Kind::Way,
                        RelMemberType::Relation => Kind::Relation,
                    },
                    id: member.member_id,
                    role: role(member.role_sid).map(|r| String::from_utf8_lossy(r).into_owned()).unwrap_or_default(),
                })
                .collect(),
        }
    }

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
}

impl<'r> Extract<'r> {
    pub(super) fn new(request: &'r ReadRequest<'r>) -> Extract<'r> {
        Extract { request, blobs: Vec::new() }
    }

    /// Decodes every block that holds one of the `wanted` kinds, in parallel, and hands over what `each` makes of them in the order
    /// of the file.
    /// # Errors
    /// [`ReadError::Open`]; [`ReadError::Content`] for a file that is no extract, breaks off, or holds the history of its elements.
    pub(super) fn scan<T: Send>(
        &mut self,
        wanted: Kinds,
        each: impl Fn(&PrimitiveBlock) -> T + Sync,
        mut take: impl FnMut(T),
    ) -> Result<(), ReadError> {
        let request = self.request;
        let content = |what: String| ReadError::Content { shown: request.shown.to_owned(), what };
        let not_open =
            |source| ReadError::Open { shown: request.shown.to_owned(), path: request.path.to_owned(), source };
        let file = File::open(request.path).map_err(not_open)?;
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
                    0 => content(format!("is no OpenStreetMap extract (.osm.pbf): {error}")),
                    _ => content(format!("breaks off or is damaged at block {nth}: {error}")),
                })?;
                if nth == 0 && blob.get_type() != BlobType::OsmHeader {
                    return Err(content("is no OpenStreetMap extract (.osm.pbf): it has no header".to_owned()));
                }
                if is_first_scan || self.blobs.get(nth).is_some_and(|kinds| kinds.meets(wanted)) {
                    batch.push(blob);
                }
                nth += 1;
            }
            let before = nth - batch.len();
            let made: Vec<Result<(Kinds, Option<T>), String>> =
                batch.par_iter().map(|blob| decode(blob, wanted, &each)).collect();
            for (at, made) in made.into_iter().enumerate() {
                let (kinds, made) =
                    made.map_err(|what| content(format!("is damaged at or near block {}: {what}", before + at)))?;
                if is_first_scan {
                    self.blobs.push(kinds);
                }
                made.into_iter().for_each(&mut take);
            }
        }
        match nth {
            0 => Err(content("is empty: no OpenStreetMap extract (.osm.pbf)".to_owned())),
            _ => Ok(()),
        }
    }

    /// All relations whose tags fit, in the order of the file.
    /// # Errors
    /// As [`scan`](Extract::scan).
    pub(super) fn relations(&mut self, fits: impl Fn(&Tags) -> bool + Sync) -> Result<Vec<Relation>, ReadError> {
        let mut found = Vec::new();
        let each = |block: &PrimitiveBlock| relations_in(block, &fits);
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
            let each = |block: &PrimitiveBlock| ways_in(block, &|way| wanted.binary_search(&way.id()).is_ok());
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
            let each = |block: &PrimitiveBlock| {
                let mut found: Vec<(usize, [f64; 2])> = Vec::new();
                let mut look = |id: i64, nano: [i64; 2]| {
                    if let (Ok(position), Some(place)) = (ids.binary_search(&id), degrees(nano)) {
                        found.push((position, place));
                    }
                };
                for group in block.groups() {
                    group.dense_nodes().for_each(|node| look(node.id(), [node.nano_lon(), node.nano_lat()]));
                    group.nodes().for_each(|node| look(node.id(), [node.nano_lon(), node.nano_lat()]));
                }
                found
            };
            self.scan(Kinds::NODES, each, |found: Vec<(usize, [f64; 2])>| {
                for (position, place) in found {
                    at[position] = Some(place);
                }
            })?;
        }
        Ok(Coordinates { ids, at })
    }
}

/// One blob: what it holds, and what `each` makes of it when that is wanted.
fn decode<T>(
    blob: &Blob,
    wanted: Kinds,
    each: &(impl Fn(&PrimitiveBlock) -> T + Sync),
) -> Result<(Kinds, Option<T>), String> {
    // the reader adds up differences from the file unchecked: in a damaged one they may overflow
    let outcome = catch_unwind(AssertUnwindSafe(|| match blob.decode() {
        Ok(BlobDecode::OsmData(block)) => {
            let kinds = Kinds::of(&block);
            Ok((kinds, kinds.meets(wanted).then(|| each(&block))))
        }
        Ok(BlobDecode::OsmHeader(header)) => {
            for feature in header.required_features() {
                match feature.as_str() {
                    "OsmSchema-V0.6" | "DenseNodes" => {}
                    "HistoricalInformation" => {
                        return Err("holds every version of its elements; take an extract of one day".to_owned());
                    }
                    other => return Err(format!("needs the feature \"{other}\", which is not known")),
                }
            }
            Ok((Kinds::default(), None))
        }
        Ok(BlobDecode::Unknown(_)) => Ok((Kinds::default(), None)),
        Err(error) => Err(error.to_string()),
    }));
    outcome.unwrap_or_else(|_| Err("numbers that lead nowhere".to_owned()))
}

/// Degrees of a place in 10^-9 degrees; `None` where there is no such place.
pub(super) fn degrees([lon, lat]: [i64; 2]) -> Option<[f64; 2]> {
    let is_on_earth = lon.unsigned_abs() <= 180_000_000_000 && lat.unsigned_abs() <= 90_000_000_000;
    is_on_earth.then(|| [lon as f64 / 1e9, lat as f64 / 1e9])
}

/// The relations of a block whose tags fit.
pub(super) fn relations_in(block: &PrimitiveBlock, fits: &dyn Fn(&Tags) -> bool) -> Vec<Relation> {
    let all = block.groups().flat_map(|group| group.relations());
    all.filter(|relation| fits(&Tags::of(block, pairs(relation.raw_tags()))))
        .map(|relation| Relation::of(block, &relation))
        .collect()
}

/// The ways of a block that fit.
pub(super) fn ways_in(block: &PrimitiveBlock, fits: &dyn Fn(&osmpbf::Way<'_>) -> bool) -> Vec<Way> {
    let all = block.groups().flat_map(|group| group.ways());
    all.filter(|way| fits(way))
        .map(|way| Way { id: way.id(), tags: Tags::of(block, pairs(way.raw_tags())), nodes: way.refs().collect() })
        .collect()
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
