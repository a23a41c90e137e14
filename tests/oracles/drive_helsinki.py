#!/usr/bin/env python3
"""Driving times in central Helsinki, by PyOsmium, Shapely, pyproj and SciPy's Dijkstra: nothing of tongda is used.

    python3 tests/oracles/drive_helsinki.py ../shared/data/helsinki/Helsinki.osm.pbf > tests/oracles/drive_helsinki.csv

Written with osmium 4.3.2, shapely 2.2.0, pyproj 3.7.2 and SciPy's csgraph. Rows: kind (facility or home), lon, lat, seconds to the nearest
facility, seconds from the one that is nearest so; empty where the place is off the streets or has no way. Places are those of
streets_helsinki.py. Who may drive where is from the OpenStreetMap wiki (Key:access) and the lists of OSRM's profiles/car.lua and of GraphHopper. The graph is one of directed sides, so that restricted turns are missing links; one turns round only where a street
does not simply go on. What may be driven, how fast and which way is said anew here. Data: © OpenStreetMap contributors, ODbL 1.0.
"""
import re
import sys

import numpy as np
import osmium
import shapely
from pyproj import Geod, Transformer
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

SPEED = {
    "motorway": 90, "motorway_link": 75, "trunk": 85, "trunk_link": 70, "primary": 65, "primary_link": 60, "secondary": 55,
    "secondary_link": 50, "tertiary": 40, "tertiary_link": 30, "unclassified": 25, "residential": 25, "living_street": 10, "service": 15,
    "road": 10,
}
MOST = {
    **dict.fromkeys(["paving_stones"], 60),
    **dict.fromkeys("metal compacted sett bricks cement grass_paver".split(), 45),
    **dict.fromkeys("cobblestone wood stone rocky gravel fine_gravel unpaved ground dirt grass pebblestone".split(), 30),
    "clay": 20, "sand": 15, "earth": 15, "mud": 15,
}
PASSED = set("cattle_grid border_control toll_booth sally_port gate lift_gate swing_gate sliding_gate no entrance height_restrictor arch kerb".split())
KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
LET_IN = set("yes designated permissive destination customers permit residents hov".split())
KEPT_OUT = set("no private agricultural forestry emergency psv taxi share_taxi minibus bus foot emergency_vehicle restricted military official service".split())
BY_KEY = {"track", "pedestrian", "footway", "path", "cycleway", "bridleway", "busway"}
GEOD, TO_PLANE = Geod(ellps="GRS80"), Transformer.from_crs(4326, 32635, always_xy=True)
WALKING = 5 / 3.6


def values(tags, key):
    return {part.strip() for part in tags.get(key, "").split(";")} - {""}


def says(tags, side=None):
    """The first key that says anything, from the most special, and whether it lets cars in; a delivery is no more than half a yes."""
    for key in KEYS:
        for name in ([f"{key}:{side}"] if side else []) + [key]:
            words = values(tags, name)
            if words & LET_IN:
                return key, 1
            if "delivery" in words:
                return key, 0.5
            if words & KEPT_OUT:
                return key, 0
    return None, None


def driven(tags, side):
    key, answer = says(tags, side)
    kind = tags.get("highway")
    if kind is None or kind in BY_KEY:
        return answer == 1 and (key != "access" or kind == "track")
    return kind in SPEED and answer != 0 and (tags.get("service") != "emergency_access" or (answer == 1 and key != "access"))


def limit_of(tags, side, usual):
    for name in (f"maxspeed:{side}", "maxspeed"):
        limit = re.fullmatch(r"(\d+(?:\.\d+)?)(?:\s*(km/h|mph))?", tags.get(name, "").strip())
        if limit and 1 <= float(limit[1]) * (1.609344 if limit[2] == "mph" else 1) <= 200:
            return float(limit[1]) * (1.609344 if limit[2] == "mph" else 1) * 0.8
    return usual


def way_of(tags):
    """Kilometres an hour along and against, and whether nobody gets on or off; None for what is not driven."""
    ferry = tags.get("route") == "ferry" and "highway" not in tags
    if tags.get("area") == "yes" or not (ferry or "highway" in tags):
        return None
    usual = 5 if ferry else SPEED.get(tags["highway"], 10)
    most = min([1e9] + [MOST[surface] for surface in values(tags, "surface") if surface in MOST])
    ways = [min(most, limit_of(tags, side, usual)) if driven(tags, side) else 0 for side in ("forward", "backward")]
    oneway = next((tags[key].lower() for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway") if key in tags), "")
    if oneway == "reversible":
        return None
    one = values(tags, "junction") & {"roundabout", "circular"} or tags.get("highway") in {"motorway", "motorway_link"}
    against = {"yes": 1, "true": 1, "1": 1, "-1": 0, "reverse": 0, "no": None, "false": None, "0": None, "alternating": None}.get(oneway, 1 if one else None)
    if against is not None and not any(values(tags, f"{key}:{('forward', 'backward')[against]}") & LET_IN for key in KEYS[:2]):
        ways[against] = 0
    if ways == [0, 0]:
        return None
    tunnel, bridge = tags.get("tunnel", "no"), tags.get("bridge", "no")
    level = tunnel in {"no", "building_passage", "covered", "arcade", "avalanche_protector"} and bridge in {"no", "boardwalk"}
    return ways[0], ways[1], ferry or not level or tags.get("highway") in {"motorway", "motorway_link"}


def keeps_out(tags):
    answer = says(tags)[1]
    if answer is not None:
        return answer == 0
    return "barrier" in tags and not values(tags, "barrier") & PASSED and tags.get("bollard") != "rising"


class Streets(osmium.SimpleHandler):
    def __init__(self):
        super().__init__()
        self.nodes, self.ways, self.barriers, self.turns = {}, [], set(), []

    def node(self, node):
        self.nodes[node.id] = (node.location.lon, node.location.lat)
        if keeps_out({tag.k: tag.v for tag in node.tags}):
            self.barriers.add(node.id)

    def way(self, way):
        use = way_of({tag.k: tag.v for tag in way.tags})
        if use:
            self.ways.append((way.id, [node.ref for node in way.nodes], use))

    def relation(self, relation):
        tags = {tag.k: tag.v for tag in relation.tags}
        kinds = ("restriction", "restriction:vehicle", "restriction:motor_vehicle", "restriction:motorcar")
        what = next((tags[kind] for kind in kinds if kind in tags), "")
        if tags.get("type") != "restriction" or not re.match("no_|only_", what):
            return
        if any(key in tags for key in ("hour_on", "hour_off", "day_on", "day_off")):
            return
        if values(tags, "except") & {"motorcar", "motor_vehicle", "vehicle"}:
            return
        of = lambda role, kind: [member.ref for member in relation.members if member.role == role and member.type == kind]
        if len(of("via", "n")) == 1:
            self.turns += [(of("via", "n")[0], a, b, what.startswith("only_")) for a in of("from", "w") for b in of("to", "w")]


def main():
    streets = Streets()
    streets.apply_file(sys.argv[1])
    number, sides, uses, way_ids, copies = {}, [], [], [], 0
    for way_id, way, use in streets.ways:
        for a, b in zip(way, way[1:]):
            if a not in streets.nodes or b not in streets.nodes or a == b:
                continue
            ends = []
            for node in (a, b):
                copies += node in streets.barriers
                ends.append(number.setdefault((node, copies if node in streets.barriers else 0), len(number)))
            sides.append(ends)
            uses.append(use)
            way_ids.append(way_id)
    degrees, sides = np.array([streets.nodes[node] for node, _ in number]), np.array(sides)
    plane = np.column_stack(TO_PLANE.transform(degrees[:, 0], degrees[:, 1]))
    ends = degrees[sides[:, 0]], degrees[sides[:, 1]]
    length = GEOD.inv(ends[0][:, 0], ends[0][:, 1], ends[1][:, 0], ends[1][:, 1])[2]
    links = coo_matrix((np.ones(len(sides)), (sides[:, 0], sides[:, 1])), shape=(len(number),) * 2)
    part = connected_components(links, directed=False)[1]
    metres_of_part = np.bincount(part[sides[:, 0]], weights=length)
    on_land = np.flatnonzero([not use[2] for use in uses])
    tree = shapely.STRtree(shapely.linestrings(np.stack([plane[sides[on_land, 0]], plane[sides[on_land, 1]]], axis=1)))

    def snapped(lon, lat):
        here = np.array(TO_PLANE.transform(lon, lat))
        point = shapely.Point(here)
        near = tree.query(point, predicate="dwithin", distance=255)
        most = 250
        for at in near[np.argsort(shapely.distance(tree.geometries[near], point), kind="stable")]:
            side = int(on_land[at])
            a, b = plane[sides[side, 0]], plane[sides[side, 1]]
            share = float(np.clip(np.dot(here - a, b - a) / np.dot(b - a, b - a), 0, 1))
            foot = ends[0][side] + share * (ends[1][side] - ends[0][side])
            off = GEOD.inv(lon, lat, foot[0], foot[1])[2]
            if off > most:
                return None
            if metres_of_part[part[sides[side, 0]]] >= 1000:
                return side, share, off / WALKING
            # an island of streets is passed over when another street is no more than 50 m farther
            most = min(most, off + 50)
        return None

    # half sides: 2 × side along it, 2 × side + 1 against it; each stands for having come to its head
    seconds = np.array([[metres / (speed / 3.6) if speed else np.inf for speed in use[:2]] for metres, use in zip(length, uses)]).ravel()
    tail = np.stack([sides[:, 0], sides[:, 1]], axis=1).ravel()
    head = np.stack([sides[:, 1], sides[:, 0]], axis=1).ravel()
    out, touching = {}, {}
    for half in range(2 * len(sides)):
        touching.setdefault(int(tail[half]), []).append(half)
        if np.isfinite(seconds[half]):
            out.setdefault(int(tail[half]), []).append(half)
    arriving = {}
    for half in range(2 * len(sides)):
        if np.isfinite(seconds[half]):
            arriving.setdefault(int(head[half]), []).append(half)
    # a restriction leads from one side to one other; where a way does not end at the node, nobody knows which is meant
    rules = {}
    for via, a, b, only in streets.turns:
        node = number.get((via, 0))
        came = [half for half in arriving.get(node, []) if way_ids[half // 2] == a]
        goes = [half for half in out.get(node, []) if way_ids[half // 2] == b]
        if a == b and not only:
            for half in came:
                if half ^ 1 in goes:
                    rules.setdefault(half, []).append((half ^ 1, only))
        elif len(came) == 1 and len(goes) == 1:
            rules.setdefault(came[0], []).append((goes[0], only))

    def onward(half):
        here = out.get(int(head[half]), [])
        only = {other for other, is_only in rules.get(half, []) if is_only}
        no = {other for other, is_only in rules.get(half, []) if not is_only}
        # nobody turns round but at a dead end
        is_end = all(other == half ^ 1 for other in here)
        for other in here:
            if other in no or (only and other not in only):
                continue
            if other == half ^ 1 and not is_end and other not in only:
                continue
            yield other

    rows, columns, costs = [], [], []
    for half in range(2 * len(sides)):
        if np.isfinite(seconds[half]):
            for next_half in onward(half):
                rows.append(half), columns.append(next_half), costs.append(max(seconds[next_half], 1e-12))
    graph = csr_matrix((costs, (rows, columns)), shape=(2 * len(sides),) * 2)
    facilities = [(round(24.9331 + 0.0061 * x, 7), round(60.1627 + 0.0071 * y, 7)) for x in range(4) for y in range(2)]
    homes = [(round(24.9301 + 0.00113 * x, 7), round(60.1604 + 0.00091 * y, 7)) for x in range(22) for y in range(22)]
    snaps = [snapped(*place) for place in facilities + homes]

    def node_of(snap):
        return int(sides[snap[0], int(snap[1])]) if snap[1] in (0.0, 1.0) else None

    def times(starts, goals):
        """Seconds from each start to each goal."""
        table = np.full((len(starts), len(goals)), np.inf)
        for row, start in enumerate(starts):
            if start is None:
                continue
            side, share, off = start
            best = np.full(2 * len(sides), np.inf)
            # at a node one is on all sides there
            node = node_of(start)
            for half in out.get(node, []) if node is not None else []:
                best = np.minimum(best, dijkstra(graph, indices=half) + seconds[half])
            for half, rest in ((2 * side, 1 - share), (2 * side + 1, share)):
                if np.isfinite(seconds[half]):
                    best = np.minimum(best, dijkstra(graph, indices=half) + rest * seconds[half])
            for column, goal in enumerate(goals):
                if goal is None:
                    continue
                to, there, off_too = goal
                found = np.inf
                for half, piece in ((2 * to, there), (2 * to + 1, 1 - there)):
                    if np.isfinite(seconds[half]):
                        # from every half side that goes on into this one
                        before = into[half]
                        if before:
                            found = min(found, best[before].min() + piece * seconds[half])
                if node_of(goal) is not None:
                    found = min(found, np.min(best[head == node_of(goal)], initial=np.inf), 0 if node_of(goal) == node else np.inf)
                if to == side:
                    half = 2 * to + (there < share)
                    found = min(found, 0 if there == share else abs(there - share) * seconds[half])
                table[row, column] = off + found + off_too
        return table

    into = {half: [] for half in range(2 * len(sides))}
    for a, b in zip(rows, columns):
        into[b].append(a)
    here, there = snaps[: len(facilities)], snaps[len(facilities) :]
    outward, back = times(there, here).min(axis=1), times(here, there).min(axis=0)
    print("kind,lon,lat,to_s,from_s")
    for lon, lat in facilities:
        print(f"facility,{lon},{lat},,")
    for (lon, lat), to, back in zip(homes, outward, back):
        text = lambda value: f"{value:.3f}" if np.isfinite(value) else ""
        print(f"home,{lon},{lat},{text(to)},{text(back)}")


main()
