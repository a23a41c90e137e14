"""Which neighbouring zones of Porto Alegre a bus or train joins, found without tongda: H3 cells, the csv module, sets.

Zones are the H3 cells of resolution 7 above the hexagons of poa_hexgrid.csv; neighbours are cells next to each other (h3.grid_ring). A line joins two
zones when on 2019-05-13 at least f of its trips call at a stop in the first before one in the second, and as many the other way. Departures that forbid boarding or
alighting do not occur in these feeds (checked below).

    pip install h3
    python porto_pairs.py TONGDA FOLDER_WITH_FEEDS

runs `tongda run` on the same zones and feeds, compares pair by pair for f = 1 and f = 20, and ends with 1 when any differs.
"""
import csv, datetime, io, json, os, subprocess, sys, tempfile, zipfile
from collections import defaultdict

import h3

tongda, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
day = datetime.date(2019, 5, 13)
zones = sorted({h3.cell_to_parent(row["id"], 7) for row in csv.DictReader(open(f"{folder}/poa_hexgrid.csv"))})


def table(archive, name):
    if name not in archive.namelist():
        return []
    return list(csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8-sig")))


trips_between = defaultdict(lambda: defaultdict(int))
for feed in ["poa_eptc.zip", "poa_trensurb.zip"]:
    archive = zipfile.ZipFile(f"{folder}/{feed}")
    stops = {row["stop_id"]: h3.latlng_to_cell(float(row["stop_lat"]), float(row["stop_lon"]), 7) for row in table(archive, "stops.txt")}
    date = lambda text: datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    weekday = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][day.weekday()]
    running = {row["service_id"] for row in table(archive, "calendar.txt") if row[weekday] == "1" and date(row["start_date"]) <= day <= date(row["end_date"])}
    for row in table(archive, "calendar_dates.txt"):
        if date(row["date"]) == day:
            (running.add if row["exception_type"] == "1" else running.discard)(row["service_id"])
    assert not table(archive, "frequencies.txt")
    trips = {row["trip_id"]: row["route_id"] for row in table(archive, "trips.txt") if row["service_id"] in running}
    calls = defaultdict(list)
    for row in table(archive, "stop_times.txt"):
        assert row.get("pickup_type") in (None, "", "0") and row.get("drop_off_type") in (None, "", "0")
        if row["trip_id"] in trips:
            calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"]))
    for trip, route in trips.items():
        first, last = {}, {}
        for at, (_, stop) in enumerate(sorted(calls[trip])):
            first.setdefault(stops[stop], at)
            last[stops[stop]] = at
        for a in first:
            for b in last:
                if a != b and first[a] < last[b]:
                    trips_between[feed, route][a, b] += 1

known = set(zones)
pairs = {(a, b) for a in zones for b in h3.grid_ring(a, 1) if a < b and b in known}
best = {
    (a, b): max((min(joins.get((a, b), 0), joins.get((b, a), 0)) for joins in trips_between.values()), default=0)
    for a, b in pairs
}

CONFIG = """title = "Porto Alegre"
[study]
[[study.regions]]
path = "zones.geojson"
level = "county"
code = "code"
[study.transit]
gtfs = [{feeds}]
date = 2019-05-13
complete-for = [""]
[[indicator]]
id = "reach"
measure.neighbour-reach = {{ min-border = "500 m", tolerance = "5 m", min-trips-per-day = {trips}, modes = ["bus", "rail"], scope = "all" }}
[[output]]
path = "pairs.csv"
layer = "reach_pairs"
"""
ring = lambda cell: [[lon, lat] for lat, lon in (*h3.cell_to_boundary(cell), h3.cell_to_boundary(cell)[0])]
features = [
    {"type": "Feature", "properties": {"code": cell}, "geometry": {"type": "Polygon", "coordinates": [ring(cell)]}} for cell in zones
]
wrong = 0
for least in (1, 20):
    with tempfile.TemporaryDirectory() as there:
        json.dump({"type": "FeatureCollection", "features": features}, open(f"{there}/zones.geojson", "w"))
        feeds = ", ".join(json.dumps(f"{folder}/{feed}") for feed in ["poa_eptc.zip", "poa_trensurb.zip"])
        open(f"{there}/study.toml", "w").write(CONFIG.format(feeds=feeds, trips=least))
        subprocess.run([tongda, "run", f"{there}/study.toml", "--quiet"], check=True)
        with open(f"{there}/pairs.csv", encoding="utf-8-sig") as file:
            found = {tuple(sorted((row["code_a"], row["code_b"]))): row for row in csv.DictReader(file)}
    if set(found) != pairs:
        sys.exit(f"other pairs: {sorted(set(found) ^ pairs)[:5]}")
    for pair, row in sorted(found.items()):
        joined = row["status"] == "connected"
        if joined != (best[pair] >= least):
            wrong += 1
            print(f"{pair}, f = {least}: tongda says {row['status']}, {best[pair]} trips were counted")
    joined = sum(row["status"] == "connected" for row in found.values())
    print(f"f = {least}: {joined} of {len(pairs)} pairs of {len(zones)} zones joined, all the same" if not wrong else "")
sys.exit(1 if wrong else 0)
