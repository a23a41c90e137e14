#!/usr/bin/env python3
"""300 random ways on foot, beside a graph in which everybody crosses squares from where they stand: tests/oracles/walking.py, free.

    python3 tests/oracles/squares.py TONGDA EXTRACT EPSG

Twenty places by fifteen, each within 60 m of a random node of a street, are measured by tongda and by the graph, which has no places along
the rings and no grid: whoever stands on a square, or beside one, is joined straight to all that can be seen from there. EPSG is the plane in
which the nearest street is found: 32635 for Helsinki, 32722 for Porto Alegre, as tongda chooses it. Says how the ratios lie, and the ten
largest differences; ends with 1 where a way is shorter than the graph's by more than a metre, or one finds a way and the other none.
Data: © OpenStreetMap contributors, ODbL 1.0.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import walking

CONFIG = """title = "pairs"
[[study.regions]]
path = "box.geojson"
level = "county"
[study.streets]
path = "{extract}"
layer = "streets"
[[study.facilities]]
path = "to.csv"
id = "id"
datum = "wgs-84"
[study.facilities.kinds]
{kinds}
[[study.demand]]
path = "from.csv"
name = "from"
id = "id"
datum = "wgs-84"
"""
INDICATOR = """[[indicator]]
id = "{id}"
measure.nearest = {{ kind = "{id}", by = "walk", weight = "count" }}
[[output]]
path = "{id}.csv"
layer = "{id}_points"
"""


def measured(tongda, extract, origins, destinations):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        ids = [f"f{at}" for at in range(len(destinations))]
        kinds = "\n".join(f'{id} = ["id = {id}"]' for id in ids)
        (folder / "p.toml").write_text(CONFIG.format(extract=extract, kinds=kinds) + "".join(INDICATOR.format(id=id) for id in ids))
        for name, places, letter in (("from.csv", origins, "h"), ("to.csv", destinations, "f")):
            (folder / name).write_text("id,lon,lat\n" + "".join(f"{letter}{at},{lon},{lat}\n" for at, (lon, lat) in enumerate(places)))
        (west, south), (east, north) = np.min(origins + destinations, axis=0) - 0.002, np.max(origins + destinations, axis=0) + 0.002
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        box = {"type": "Feature", "properties": {"code": "1"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        (folder / "box.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [box]}))
        subprocess.run([tongda, "run", folder / "p.toml"], check=True, stdout=subprocess.DEVNULL)
        metres = np.full((len(origins), len(destinations)), np.inf)
        for to, id in enumerate(ids):
            with open(folder / f"{id}.csv", encoding="utf-8-sig") as file:
                for row in csv.DictReader(file):
                    if row["dist_m"]:
                        metres[int(row["point"][1:]), to] = float(row["dist_m"])
        return metres


def main():
    tongda, extract, epsg = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
    network = walking.Network(str(extract), epsg, steps=False)
    lot = np.random.default_rng(2026)
    nodes = [node for line in network.lines if not line.through for node in line.nodes]

    def place():
        lon, lat = network.at[nodes[lot.integers(len(nodes))]]
        turn, far = lot.uniform(0, 2 * np.pi), lot.uniform(0, 60)
        return tuple(round(part, 7) for part in walking.GEOD.fwd(lon, lat, np.degrees(turn), far)[:2])

    origins, destinations = [place() for _ in range(15)], [place() for _ in range(20)]
    theirs, _ = network.metres(origins, destinations, free=True)
    ours = measured(tongda, extract, origins, destinations)
    both = np.isfinite(ours) & np.isfinite(theirs)
    only_one = int((np.isfinite(ours) != np.isfinite(theirs)).sum())
    ratio = ours[both] / theirs[both]
    print(f"{both.sum()} pairs with a way, {(~both).sum() - only_one} without, {only_one} by one program only")
    print("ratio of tongda's way to the graph's: " + ", ".join(f"{share:g} %: {np.quantile(ratio, share / 100):.4f}" for share in (0, 5, 25, 50, 75, 95, 100)))
    print(f"equal to a metre: {int((np.abs(ours - theirs)[both] <= 1).sum())}; longer on average by {np.mean((ours - theirs)[both]):.2f} m")
    order = np.argsort(-np.where(both, np.abs(np.where(both, ours, 0) - np.where(both, theirs, 0)), 0), axis=None)[:10]
    for at, to in zip(*np.unravel_index(order, ours.shape)):
        print(f"  {origins[at]} to {destinations[to]}: {ours[at, to]:.1f} m, {theirs[at, to]:.1f} m, {ours[at, to] - theirs[at, to]:+.1f} m")
    sys.exit(1 if only_one or (ours - theirs)[both].min() < -1 else 0)


main()
