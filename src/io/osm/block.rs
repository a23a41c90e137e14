//! The elements of a part of an extract, whatever the file is written in.

use osmpbf::PrimitiveBlock;
use osmpbf::RelMemberType;

use crate::io::osm::extract::Kind;
use crate::io::osm::extract::Kinds;
use crate::io::osm::extract::Member;
use crate::io::osm::extract::Relation;
use crate::io::osm::extract::Tags;
use crate::io::osm::extract::Way;
use crate::io::osm::extract::degrees;

/// A part of an extract.
pub(super) enum Block<'b> {
    /// Of an .osm.pbf file.
    Packed(&'b PrimitiveBlock),
    /// Of an .osm file (XML).
    Text(&'b Elements),
}

/// Elements with all that they say.
#[derive(Debug, Default)]
pub(super) struct Elements {
    pub nodes: Vec<(i64, Tags, [f64; 2])>,
    pub ways: Vec<Way>,
    pub relations: Vec<Relation>,
    /// Places of nodes that ways give, as Overpass writes them (`out geom`).
    pub places: Vec<(i64, [f64; 2])>,
}

impl Elements {
    pub(super) fn len(&self) -> usize {
        self.nodes.len() + self.ways.len() + self.relations.len()
    }
}

/// The tags of an element, not copied yet.
pub(super) enum RawTags<'b> {
    Packed(&'b [Vec<u8>], osmpbf::elements::RawTagIter<'b>),
    Dense(&'b [Vec<u8>], osmpbf::dense::DenseRawTagIter<'b>),
    Text(&'b Tags),
}

impl RawTags<'_> {
    fn indices(&self) -> impl Iterator<Item = (usize, usize)> {
        let at = |index: i32| usize::try_from(index).unwrap_or(usize::MAX);
        let (packed, dense) = match self {
            RawTags::Packed(_, pairs) => (Some(pairs.clone()), None),
            RawTags::Dense(_, pairs) => (None, Some(pairs.clone())),
            RawTags::Text(_) => (None, None),
        };
        let packed = packed.into_iter().flatten().map(|(key, value)| (key as usize, value as usize));
        packed.chain(dense.into_iter().flatten().map(move |(key, value)| (at(key), at(value))))
    }

    /// Whether one of them fits.
    pub(super) fn any(&self, fits: &dyn Fn(&[u8], &[u8]) -> bool) -> bool {
        let strings = match self {
            RawTags::Text(tags) => return tags.any(|key, value| fits(key.as_bytes(), value.as_bytes())),
            RawTags::Packed(strings, _) | RawTags::Dense(strings, _) => strings,
        };
        self.indices().any(|(key, value)| match (strings.get(key), strings.get(value)) {
            (Some(key), Some(value)) => fits(key, value),
            _ => false,
        })
    }

    /// A copy; texts that are no UTF-8 get the replacement character.
    pub(super) fn tags(&self) -> Tags {
        let strings = match self {
            RawTags::Text(tags) => return (*tags).clone(),
            RawTags::Packed(strings, _) | RawTags::Dense(strings, _) => strings,
        };
        let text = |at: usize| strings.get(at).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Tags::from_pairs(self.indices().filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect())
    }
}

impl<'b> Block<'b> {
    /// What kinds of elements it holds.
    pub(super) fn kinds(&self) -> Kinds {
        match self {
            Block::Packed(block) => {
                let mut kinds = Kinds::default();
                for group in block.groups() {
                    kinds.nodes |= group.nodes().next().is_some() || group.dense_nodes().next().is_some();
                    kinds.ways |= group.ways().next().is_some();
                    kinds.relations |= group.relations().next().is_some();
                }
                kinds
            }
            Block::Text(elements) => Kinds {
                nodes: !elements.nodes.is_empty(),
                ways: !elements.ways.is_empty(),
                relations: !elements.relations.is_empty(),
            },
        }
    }

    /// Shows every node that lies on the earth, in the order of the file: its id, its place in degrees, its tags.
    pub(super) fn each_node(&self, mut see: impl FnMut(i64, [f64; 2], RawTags<'b>)) {
        match self {
            Block::Packed(block) => {
                let strings = block.raw_stringtable();
                for group in block.groups() {
                    for node in group.dense_nodes() {
                        if let Some(at) = degrees([node.nano_lon(), node.nano_lat()]) {
                            see(node.id(), at, RawTags::Dense(strings, node.raw_tags()));
                        }
                    }
                    for node in group.nodes() {
                        if let Some(at) = degrees([node.nano_lon(), node.nano_lat()]) {
                            see(node.id(), at, RawTags::Packed(strings, node.raw_tags()));
                        }
                    }
                }
            }
            Block::Text(elements) => {
                elements.nodes.iter().for_each(|(id, tags, at)| see(*id, *at, RawTags::Text(tags)));
            }
        }
    }

    /// Shows the places of nodes that the ways themselves give: of files with LocationsOnWays, whose plain nodes are left out.
    pub(super) fn each_place_on_ways(&self, mut see: impl FnMut(i64, [f64; 2])) {
        match self {
            Block::Packed(block) => {
                for way in block.groups().flat_map(|group| group.ways()) {
                    for (node, at) in way.refs().zip(way.node_locations()) {
                        if let Some(at) = degrees([at.nano_lon(), at.nano_lat()]) {
                            see(node, at);
                        }
                    }
                }
            }
            Block::Text(elements) => elements.places.iter().for_each(|(node, at)| see(*node, *at)),
        }
    }

    /// The nodes one of whose tags fits, in the order of the file.
    pub(super) fn nodes(&self, fits: &dyn Fn(&[u8], &[u8]) -> bool) -> Vec<(i64, Tags, [f64; 2])> {
        let mut found = Vec::new();
        self.each_node(|id, at, tags| {
            if tags.any(fits) {
                found.push((id, tags.tags(), at));
            }
        });
        found
    }

    /// The ways whose id and tags fit, in the order of the file.
    pub(super) fn ways(&self, fits: &dyn Fn(i64, &RawTags<'_>) -> bool) -> Vec<Way> {
        match self {
            Block::Packed(block) => {
                let strings = block.raw_stringtable();
                let all = block.groups().flat_map(|group| group.ways());
                all.filter_map(|way| {
                    let tags = RawTags::Packed(strings, way.raw_tags());
                    let is_wanted = fits(way.id(), &tags);
                    is_wanted.then(|| Way { id: way.id(), tags: tags.tags(), nodes: way.refs().collect() })
                })
                .collect()
            }
            Block::Text(elements) => {
                elements.ways.iter().filter(|way| fits(way.id, &RawTags::Text(&way.tags))).cloned().collect()
            }
        }
    }

    /// The relations whose tags fit, in the order of the file.
    pub(super) fn relations(&self, fits: &dyn Fn(&Tags) -> bool) -> Vec<Relation> {
        match self {
            Block::Packed(block) => {
                let strings = block.raw_stringtable();
                let all = block.groups().flat_map(|group| group.relations());
                all.filter_map(|relation| {
                    let tags = RawTags::Packed(strings, relation.raw_tags()).tags();
                    fits(&tags).then(|| relation_of(&relation, tags, strings))
                })
                .collect()
            }
            Block::Text(elements) => {
                elements.relations.iter().filter(|relation| fits(&relation.tags)).cloned().collect()
            }
        }
    }
}

fn relation_of(relation: &osmpbf::Relation<'_>, tags: Tags, strings: &[Vec<u8>]) -> Relation {
    let role = |sid: i32| usize::try_from(sid).ok().and_then(|at| strings.get(at));
    let members = relation.members().map(|member| Member {
        kind: match member.member_type {
            RelMemberType::Node => Kind::Node,
            RelMemberType::Way => Kind::Way,
            RelMemberType::Relation => Kind::Relation,
        },
        id: member.member_id,
        role: role(member.role_sid).map(|r| String::from_utf8_lossy(r).into_owned()).unwrap_or_default(),
    });
    Relation { id: relation.id(), tags, members: members.collect() }
}
