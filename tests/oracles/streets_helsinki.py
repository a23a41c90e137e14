#!/usr/bin/env python3
"""Distances on foot in central Helsinki, by PyOsmium, Shapely, pyproj and SciPy's Dijkstra: nothing of tongda is used.

    python3 tests/oracles/streets_helsinki.py ../shared/data/helsinki/Helsinki.osm.pbf > tests/oracles/streets_helsinki.csv

Written with osmium 4.3.2, shapely 2.2.0, pyproj 3.7.2 and SciPy's csgraph. Rows: kind (facility or home), lon, lat, metres to the nearest
facility; empty where the place is off the streets (farther than 250 m, or on a part of the network shorter than 1 km) or has no way.
Places are a lattice. Every node of every way is a node of the graph, and every place is put into its side. Lengths are geodesic on
GRS 80; the nearest street is found in EPSG:32635, ferries, tunnels and bridges left out. A barrier that keeps people out ends every way there. Which ways are walked is said anew here. Data: © OpenStreetMap contributors, ODbL 1.0.
"""
import sys

import numpy as np
import osmium
import shapely
from pyproj import Geod, Transformer
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

STREETS = set(
    "footway path pedestrian steps living_street residential service unclassified road tertiary tertiary_link secondary secondary_link "
    "primary primary_link track bridleway platform corridor".split()
)
BY_SIGN = {"trunk", "trunk_link", "cycleway"}
LET_IN, KEPT_OUT = {"yes", "designated", "permissive"}, {"no", "private", "use_sidepath"}
GEOD, TO_PLANE = Geod(ellps="GRS80"), Transformer.from_crs(4326, 32635, always_xy=True)


def is_walked(tags):
    values = lambda key: {part.strip() for part in tags.get(key, "").split(";")}
    highway, foot = tags.get("highway"), values("foot")
    if not highway or tags.get("area") == "yes":
        return False
    if highway in STREETS:
        return bool(foot & LET_IN) or not (foot & KEPT_OUT or values("access") & {"no", "private"})
    sidewalk = values("sidewalk") & {"both", "left", "right", "yes"}
    return highway in BY_SIGN and bool(foot & LET_IN or (sidewalk and not foot & KEPT_OUT))


def is_ferry(tags):
    closed = {"no", "private"}
    return tags.get("route") == "ferry" and "highway" not in tags and not {tags.get("foot"), tags.get("access")} & closed


def is_in_the_air_or_ground(tags):
    tunnel, bridge = tags.get("tunnel", "no"), tags.get("bridge", "no")
    return tunnel not in {"no", "building_passage", "covered", "arcade", "avalanche_protector"} or bridge not in {"no", "boardwalk"}


def keeps_out(tags):
    if "barrier" not in tags:
        return False
    if "foot" in tags:
        return tags["foot"] in {"no", "private"}
    if "access" in tags:
        return tags["access"] in {"no", "private"}
    return tags["barrier"] in {"wall", "fence", "hedge"}


class Streets(osmium.SimpleHandler):
    def __init__(self):
        super().__init__()
        self.nodes, self.ways, self.barriers = {}, [], set()

    def node(self, node):
        self.nodes[node.id] = (node.location.lon, node.location.lat)
        if keeps_out({tag.k: tag.v for tag in node.tags}):
            self.barriers.add(node.id)

    def way(self, way):
        tags = {tag.k: tag.v for tag in way.tags}
        if is_walked(tags) or is_ferry(tags):
            self.ways.append(([node.ref for node in way.nodes], is_ferry(tags) or is_in_the_air_or_ground(tags)))


def main():
    streets = Streets()
    streets.apply_file(sys.argv[1])
    number, sides, ferries, copies = {}, [], [], 0
    for way, on_water in streets.ways:
        for a, b in zip(way, way[1:]):
            if a not in streets.nodes or b not in streets.nodes or a == b:
                continue
            ends = []
            for node in (a, b):
                # on either side of a barrier the way ends by itself
                copies += node in streets.barriers
                ends.append(number.setdefault((node, copies if node in streets.barriers else 0), len(number)))
            sides.append(ends)
            ferries.append(on_water)
    degrees, sides = np.array([streets.nodes[node] for node, _ in number]), np.array(sides)
    plane = np.column_stack(TO_PLANE.transform(degrees[:, 0], degrees[:, 1]))
    ends = degrees[sides[:, 0]], degrees[sides[:, 1]]
    length = GEOD.inv(ends[0][:, 0], ends[0][:, 1], ends[1][:, 0], ends[1][:, 1])[2]
    links = coo_matrix((np.ones(len(sides)), (sides[:, 0], sides[:, 1])), shape=(len(number),) * 2)
    part = connected_components(links, directed=False)[1]
    metres_of_part = np.bincount(part[sides[:, 0]], weights=length)
    on_land = np.flatnonzero(~np.array(ferries))
    tree = shapely.STRtree(shapely.linestrings(np.stack([plane[sides[on_land, 0]], plane[sides[on_land, 1]]], axis=1)))

    def snapped(lon, lat):
        here = np.array(TO_PLANE.transform(lon, lat))
        side = on_land[tree.nearest(shapely.Point(here))]
        a, b = plane[sides[side, 0]], plane[sides[side, 1]]
        share = float(np.clip(np.dot(here - a, b - a) / np.dot(b - a, b - a), 0, 1))
        foot = ends[0][side] + share * (ends[1][side] - ends[0][side])
        off = GEOD.inv(lon, lat, foot[0], foot[1])[2]
        if off > 250 or metres_of_part[part[sides[side, 0]]] < 1000:
            return None
        return int(side), share, off

    facilities = [(round(24.9331 + 0.0061 * x, 7), round(60.1627 + 0.0071 * y, 7)) for x in range(4) for y in range(2)]
    homes = [(round(24.9301 + 0.00113 * x, 7), round(60.1604 + 0.00091 * y, 7)) for x in range(22) for y in range(22)]
    snaps = [snapped(*place) for place in facilities + homes]
    first, weight = len(number), {}

    def link(u, v, metres):
        key = (min(u, v), max(u, v))
        # a link of nothing would be no link
        weight[key] = min(weight.get(key, np.inf), max(metres, 1e-9))

    for (u, v), metres in zip(sides, length):
        link(int(u), int(v), metres)
    on_side = {}
    for place, snap in enumerate(snaps):
        if snap:
            on_side.setdefault(snap[0], []).append((snap[1], first + place))
    for side, places in on_side.items():
        chain = [(0.0, int(sides[side, 0])), *sorted(places), (1.0, int(sides[side, 1]))]
        for (share, u), (next_share, v) in zip(chain, chain[1:]):
            link(u, v, (next_share - share) * length[side])
    pairs = np.array(list(weight))
    size = first + len(snaps)
    graph = csr_matrix((np.array(list(weight.values())), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    sources = [place for place in range(len(facilities)) if snaps[place]]
    metres = dijkstra(graph, directed=False, indices=[first + place for place in sources])
    off = np.array([snaps[place][2] for place in sources])
    print("kind,lon,lat,metres")
    for lon, lat in facilities:
        print(f"facility,{lon},{lat},")
    for place, (lon, lat) in enumerate(homes, len(facilities)):
        nearest = np.min(metres[:, first + place] + off) + snaps[place][2] if snaps[place] else np.inf
        print(f"home,{lon},{lat},{nearest:.3f}" if np.isfinite(nearest) else f"home,{lon},{lat},")


main()
