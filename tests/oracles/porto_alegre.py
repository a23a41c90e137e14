#!/usr/bin/env python3
"""Minutes on foot from Porto Alegre's hexagons to the nearest school and clinic, and who finds room there: tongda against Shapely, pyproj
and SciPy's Dijkstra and linear programmes.

    python3 tests/oracles/porto_alegre.py target/release/tongda ../shared/data/porto-alegre

Needs numpy, scipy, shapely and pyproj. tongda writes its network (layer `streets_walk`) and its times (layers of points); the network is read
back, every hexagon is put onto the nearest line by Shapely, and SciPy's Dijkstra finds the times anew, on the graph with every hexagon as
a node of its own. Where they differ by more than a thousandth of a second, or on who has no way at all, this fails. With the same times, people are
given room by the best plan and by the nearest first (as many as PER_PERSON says for each school and clinic of the hexagons, a number made up for
this test), share them in floating catchments (Luo and Qi 2009), and have their ways compared (Gini). The data is not ours to
give away: poa_osm.pbf (© OpenStreetMap contributors, ODbL 1.0) and poa_hexgrid.csv, both of r5r (MIT).
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import shapely
from pyproj import Geod, Transformer
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

import room

OFF_SPEED, MAX_SNAP, MIN_PART_KM, TOLERANCE = 5 / 3.6, 250, 1, 1e-3
KINDS = {"school": "schools", "clinic": "healthcare"}
PER_PERSON = {"school": 0.0005, "clinic": 0.0002}
LIMIT, STEPS = 900, ((300, 1), (600, 0.68), (900, 0.22))
GEOD, TO_PLANE = Geod(ellps="GRS80"), Transformer.from_crs(4326, 32722, always_xy=True)

CONFIG = """
title = "Porto Alegre"
[[study.regions]]
path = "box.geojson"
level = "county"
[study.streets]
path = "DATA/poa_osm.pbf"
layer = "streets"
show = true
[[study.demand]]
path = "DATA/poa_hexgrid.csv"
name = "hexagons"
id = "id"
x = "lon"
y = "lat"
datum = "wgs-84"
people = "population"
[[output]]
path = "streets.geojson"
layer = "streets_walk"
"""
FACILITIES = """
[[study.facilities]]
path = "DATA/poa_hexgrid.csv"
id = "id"
x = "lon"
y = "lat"
datum = "wgs-84"
kind = "KIND"
where = "FIELD = * & FIELD != 0"
capacity = "FIELD"
[[indicator]]
id = "KIND"
measure.nearest = { kind = "KIND", by = "walk", cost = "time", weight = "people" }
[[indicator]]
id = "KIND-room"
measure.served-share = { kind = "KIND", within = "15 min", by = "walk", weight = "people", per-person = PER }
[[indicator]]
id = "KIND-shared"
measure.accessibility = { kind = "KIND", by = "walk", weight = "people", at-least = 0.5, decay = { steps = [["5 min", 1], ["10 min", 0.68], ["15 min", 0.22]] } }
[[indicator]]
id = "KIND-even"
measure.equity = { kind = "KIND", by = "walk", cost = "time", weight = "people" }
[[output]]
path = "KIND.csv"
layer = "KIND_points"
[[output]]
path = "card.json"
"""
BOX = {"type": "Feature", "properties": {"code": "1", "name": "Porto Alegre"},
       "geometry": {"type": "Polygon", "coordinates": [[[-51.4, -30.4], [-50.9, -30.4], [-50.9, -29.8], [-51.4, -29.8], [-51.4, -30.4]]]}}


def run(tongda, data, folder):
    parts = [FACILITIES.replace("KIND", kind).replace("FIELD", field).replace("PER", str(PER_PERSON[kind])) for kind, field in KINDS.items()]
    # one scorecard for both
    parts[0] = parts[0].replace('[[output]]\npath = "card.json"\n', "")
    (folder / "p.toml").write_text((CONFIG + "".join(parts)).replace("DATA", str(data)))
    (folder / "box.geojson").write_text(json.dumps(BOX))
    subprocess.run([tongda, "run", folder / "p.toml"], check=True, stdout=subprocess.DEVNULL)
    streets = json.loads((folder / "streets.geojson").read_text())["features"]
    tables = {}
    for kind in KINDS:
        with open(folder / f"{kind}.csv", encoding="utf-8-sig") as file:
            tables[kind] = {row["point"]: row for row in csv.DictReader(file)}
    card = {one["id"]: one for one in json.loads((folder / "card.json").read_text())["indicators"]}
    return streets, tables, card


def rooms(kind, card, seconds, people, supply):
    """Whether the figures with room are the same: `seconds` by hexagon and facility, infinite where there is no way."""
    failed = 0

    def same(what, ours, theirs, tolerance):
        nonlocal failed
        wrong = abs(ours - theirs) > tolerance
        failed += wrong
        print(f"{'FAIL' if wrong else 'ok  '}  {kind}, {what}: tongda {ours:.6f}, here {theirs:.6f}")

    near = seconds <= LIMIT
    i, j = np.nonzero(near)
    by_cost = seconds[near]
    space = np.floor(supply / PER_PERSON[kind] * 1e6) / 1e6
    found = {
        "optimal": room.best(i, j, by_cost, people, space)[0],
        "nearest-first": room.nearest_first(i, j, by_cost, people, space)[0],
        "room-for-all": people[near.any(axis=1)].sum(),
    }
    for one in card[f"{kind}-room"]["variants"]:
        if one["code"] in found:
            same(one["code"], one["figure"]["part"], found[one["code"]], 1e-3)
    weight = np.select([seconds <= limit for limit, _ in STEPS], [share for _, share in STEPS], 0.0)
    asked = people @ weight
    access = weight @ np.divide(supply, asked, out=np.zeros(len(supply)), where=asked > 0)
    same("one for 2000 people within reach", card[f"{kind}-shared"]["figure"]["part"], people[access * 1000 >= 0.5].sum(), 1e-3)
    nearest = seconds.min(axis=1)
    has = np.isfinite(nearest)
    by = np.argsort(nearest[has])
    who, way = people[has][by], nearest[has][by]
    share = np.concatenate([[0], np.cumsum(who) / who.sum()])
    held = np.concatenate([[0], np.cumsum(who * way) / (who * way).sum()])
    # times of both differ by less than a millisecond
    same("Gini of the ways", card[f"{kind}-even"]["figure"]["value"], 1 - ((held[1:] + held[:-1]) * np.diff(share)).sum(), 1e-6)
    return failed


def main():
    tongda, data = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        streets, tables, card = run(tongda, data, pathlib.Path(folder))
    with open(data / "poa_hexgrid.csv", encoding="utf-8") as file:
        hexagons = list(csv.DictReader(file))
    edges, lines, plane = [], [], []
    for street in streets:
        facts, shape = street["properties"], street["geometry"]
        corners = np.array(shape["coordinates"][0] if shape["type"] == "MultiLineString" else shape["coordinates"])
        edges.append(facts)
        lines.append(corners)
        plane.append(shapely.linestrings(np.column_stack(TO_PLANE.transform(corners[:, 0], corners[:, 1]))))
    usable = np.array([at for at, edge in enumerate(edges) if edge["state"] not in ("through", "closed")])
    tree = shapely.STRtree([plane[at] for at in usable])
    # parts of the network that are platforms, squares and lifts alone are islands, however long
    with_street = {edge["component"] for edge in edges if edge["kind"] in ("street", "bridge") and edge["state"] != "closed"}

    def snapped(lon, lat):
        here = shapely.Point(TO_PLANE.transform(lon, lat))
        near = tree.query(here, predicate="dwithin", distance=MAX_SNAP + 5)
        most = MAX_SNAP
        for at in usable[near[np.argsort(shapely.distance(tree.geometries[near], here), kind="stable")]]:
            # the side of the line that is nearest, and where on it
            corners, along = lines[at], 0.0
            flat = shapely.get_coordinates(plane[at])
            best = None
            for (a, b), (p, q) in zip(zip(flat, flat[1:]), zip(corners, corners[1:])):
                span = np.dot(b - a, b - a)
                share = float(np.clip(np.dot([here.x - a[0], here.y - a[1]], b - a) / span, 0, 1)) if span else 0.0
                gap = np.hypot(*(a + share * (b - a) - [here.x, here.y]))
                length = GEOD.inv(*p, *q)[2]
                if best is None or gap < best[0]:
                    best = gap, along + share * length, p + share * (q - p)
                along += length
            off = GEOD.inv(lon, lat, *best[2])[2]
            # corners that are no nodes, where a way runs over the outline of a square, are written to a centimetre
            assert abs(along - edges[at]["length_m"]) < 0.02, (along, edges[at])
            if off > most:
                return None
            has_street = edges[at]["component"] in with_street
            if has_street and edges[at]["component_km"] >= MIN_PART_KM:
                return int(at), min(best[1], edges[at]["length_m"]), off
            # an island is passed over: one with streets when another street is no more than 50 m farther
            most = min(most, off + 50.0) if has_street else most
        return None

    snaps = [snapped(float(row["lon"]), float(row["lat"])) for row in hexagons]
    first = 1 + max(max(edge["from_node"], edge["to_node"]) for edge in edges)
    weight, on_edge = {}, {}

    def link(u, v, seconds):
        # a link of nothing would be no link
        weight[u, v] = min(weight.get((u, v), np.inf), max(seconds, 1e-9))

    for place, snap in enumerate(snaps):
        if snap:
            on_edge.setdefault(snap[0], []).append((snap[1], first + place))
    for at, edge in enumerate(edges):
        # escalators go one way
        there, back = ((edge[way] / edge["length_m"] if edge["length_m"] else 0.0) if edge[way] is not None else None for way in ("seconds", "seconds_back"))
        chain = [(0.0, edge["from_node"]), *sorted(on_edge.get(at, [])), (edge["length_m"], edge["to_node"])]
        for (along, u), (next_along, v) in zip(chain, chain[1:]):
            if there is not None:
                link(u, v, (next_along - along) * there)
            if back is not None:
                link(v, u, (next_along - along) * back)
    pairs, size = np.array(list(weight)), first + len(hexagons)
    graph = csr_matrix((np.array(list(weight.values())), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    failed = 0
    for kind, field in KINDS.items():
        sources = [place for place, row in enumerate(hexagons) if float(row[field] or 0) > 0 and snaps[place]]
        # to the facility: from there against the direction of travel
        seconds = dijkstra(graph.T.tocsr(), indices=[first + place for place in sources])
        seconds += np.array([[snaps[place][2] / OFF_SPEED] for place in sources])
        nearest = seconds.min(axis=0)
        compared = without = 0
        worst = (0.0, "")
        for place, row in enumerate(hexagons):
            snap = snaps[place]
            wanted = nearest[first + place] + snap[2] / OFF_SPEED if snap else np.inf
            said = tables[kind][row["id"]]["time_s"]
            if not said or not np.isfinite(wanted):
                without += 1
                if said or np.isfinite(wanted):
                    failed += 1
                    print(f"{kind} {row['id']}: tongda says {said or 'no way'}, SciPy {wanted}", file=sys.stderr)
                continue
            compared += 1
            worst = max(worst, (abs(float(said) - wanted), row["id"]))
        failed += worst[0] > TOLERANCE
        print(f"{kind}: {len(sources)} facilities, {compared} of {len(hexagons)} hexagons compared, {without} off the streets or without a way, "
              f"largest difference {worst[0]:.6f} s ({worst[1]})")
        off = np.array([snap[2] / OFF_SPEED if snap else np.inf for snap in snaps])
        between = seconds[:, first:first + len(hexagons)].T + off[:, None]
        people = np.array([float(row["population"] or 0) for row in hexagons])
        supply = np.array([float(hexagons[place][field]) for place in sources])
        failed += rooms(kind, card, between, people, supply)
    sys.exit(1 if failed else 0)


main()
