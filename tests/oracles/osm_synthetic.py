#!/usr/bin/env python3
"""A made-up town in OpenStreetMap's format, with everything that goes wrong in real ones, written by PyOsmium (osmium 4.3.2).

    python3 tests/oracles/osm_synthetic.py tests/oracles/formats/town_synthetic.osm.pbf

The town stands on a grid of hundredths of a degree around 120° E 32° N: node 100 * x + y stands at (120 + x / 100, 32 + y / 100).
"""
import os
import sys

import osmium
from osmium.osm.mutable import Node, Relation, Way

path = sys.argv[1]
if os.path.exists(path):
    os.remove(path)
header = osmium.io.Header()
header.set("generator", "tests/oracles/osm_synthetic.py (synthetic)")
# not compressed, so that damage in a test reaches what is inside
out = osmium.SimpleWriter(osmium.io.File(path, "pbf,pbf_compression=none"), header=header)

TAGS = {
    101: {"amenity": "school", "name": "第一小学"},
    102: {"amenity": "shelter", "shelter_type": "public_transport"},
    103: {"amenity": "shelter", "name": "应急避难所"},
    104: {"highway": "bus_stop", "name": "东门"},
    105: {"amenity": "kindergarten;school", "name": "Both"},
    201: {"highway": "bus_stop", "name": "A"},
    203: {"highway": "bus_stop", "name": "B"},
    205: {"highway": "bus_stop", "name": "C"},
}
for x in range(0, 21):
    for y in range(0, 21):
        number = 100 * x + y
        if number:  # ids start at 1
            out.add_node(Node(id=number, location=(120 + x / 100, 32 + y / 100), tags=TAGS.get(number, {})))


def square(x, y, side):
    return [100 * x + y, 100 * (x + side) + y, 100 * (x + side) + y + side, 100 * x + y + side, 100 * x + y]


town = square(1, 1, 8)
ways = [
    # the town's border in two ways, one of them against the other's sense
    (1, town[:3], {}),
    (2, town[2:][::-1], {}),
    (3, square(3, 3, 4), {}),  # a hole
    (4, square(4, 4, 1), {}),  # an island in it
    (5, square(12, 12, 2), {}),  # an exclave
    (6, square(9, 1, 8)[:3], {}),  # never closed
    (7, square(2, 2, 1), {"building": "house", "building:levels": "2"}),
    (8, square(6, 1, 1), {"building": "yes"}),
    (9, square(1, 6, 1), {"building": "no"}),
    (10, square(1, 7, 1), {"amenity": "school", "name": "Second"}),
    (11, square(15, 15, 3), {}),
    (12, square(16, 16, 1), {}),
    (13, square(18, 1, 1)[:4], {"building": "shed"}),  # not closed
    (14, [1801, 9999999], {"leisure": "track"}),  # a node is not in the file
]
for number, nodes, tags in ways:
    out.add_way(Way(id=number, nodes=nodes, tags=tags))


def relation(number, members, **tags):
    tags = {key.replace("__", ":"): value for key, value in tags.items()}
    out.add_relation(Relation(id=number, members=members, tags=tags))


boundary = dict(type="boundary", boundary="administrative", admin_level="8")
relation(1, [("w", 5, "outer"), ("w", 2, "outer"), ("w", 3, "inner"), ("w", 1, "outer"), ("w", 4, "outer"), ("w", 1, "outer")],
         name="合成镇", population="1234", **boundary)
relation(2, [("w", 6, "outer")], name="Open", **boundary)
relation(3, [("w", 6, "outer"), ("w", 77, "outer")], name="Cut", **boundary)
relation(4, [("w", 11, "outer"), ("w", 12, "inner")], type="multipolygon", leisure="park", name="Park")
relation(5, [("w", 1, "outer")], type="multilinestring", boundary="administrative", admin_level="8", name="a line")
v2 = dict(type="route", route="bus", ref="1", network="N", public_transport__version="2")
relation(10, [("w", 1, ""), ("n", 201, "stop"), ("n", 202, "platform"), ("n", 203, "stop"), ("n", 205, "stop")], **v2)
relation(11, [("n", 205, "stop"), ("n", 203, "stop"), ("n", 201, "stop"), ("n", 88888888, "stop")], interval="00:30", **v2)
relation(12, [("n", 201, "forward_stop"), ("n", 203, "backward_stop"), ("n", 205, "stop")], type="route", route="trolleybus", ref="2",
         valid_to="2014-12-13")
relation(13, [("w", 1, "")], type="route", route="bus", ref="3")
relation(14, [("n", 201, "stop"), ("n", 205, "stop")], type="route", route="hiking", ref="4")
out.close()
