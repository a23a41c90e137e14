#!/usr/bin/env python3
"""People of Porto Alegre by the departures of the bus stops around their hexagon, for tests/transit/stop_coverage.rs:

    python3 tests/oracles/stops_porto_alegre.py ../shared/data/porto-alegre

Needs pandas, numpy and pyproj. A departure is a row of stop_times of a trip that runs on 2019-05-13, but the last of its trip, where pickup_type
is not 1. Distances are those of pyproj's Geod on GRS 80. The data is not ours to give away: poa_eptc.zip and poa_hexgrid.csv, both of
r5r (MIT).
"""
import sys
import zipfile

import numpy as np
import pandas as pd
import pyproj

folder, DAY = sys.argv[1], 20190513
feed = zipfile.ZipFile(f"{folder}/poa_eptc.zip")


def table(name):
    frame = pd.read_csv(feed.open(name), encoding="utf-8-sig", dtype=str)
    frame.columns = frame.columns.str.strip()
    return frame


calendar = table("calendar.txt")
runs = calendar[
    (calendar.monday == "1") & (calendar.start_date.astype(int) <= DAY) & (calendar.end_date.astype(int) >= DAY)
]
on = set(runs.service_id)
if "calendar_dates.txt" in feed.namelist():
    for row in table("calendar_dates.txt").itertuples():
        if int(row.date) == DAY:
            (on.add if row.exception_type == "1" else on.discard)(row.service_id)
trips = table("trips.txt")
calls = table("stop_times.txt")
calls = calls[calls.trip_id.isin(set(trips[trips.service_id.isin(on)].trip_id))].copy()
calls["stop_sequence"] = calls.stop_sequence.astype(int)
calls = calls[calls.stop_sequence < calls.groupby("trip_id").stop_sequence.transform("max")]
if "pickup_type" in calls:
    calls = calls[calls.pickup_type.fillna("0") != "1"]
departures = calls.groupby("stop_id").size()
stops = table("stops.txt").set_index("stop_id")
assert "parent_station" not in stops or stops.parent_station.isna().all(), "stations would join their platforms"
stops = stops.loc[departures.index]
hexagons = pd.read_csv(f"{folder}/poa_hexgrid.csv")
lon, lat = stops.stop_lon.astype(float).values, stops.stop_lat.astype(float).values
geod = pyproj.Geod(ellps="GRS80")
metres = np.stack([
    geod.inv(np.full(len(lon), row.lon), np.full(len(lat), row.lat), lon, lat)[2] for row in hexagons.itertuples()
])
people = hexagons.population.values
print("pandas", pd.__version__, "numpy", np.__version__, "pyproj", pyproj.__version__, "Python", sys.version.split()[0])
print("hexagons", len(hexagons), "people", people.sum(), "stops that are left", len(departures), "departures", departures.sum())
for limit in (300, 500):
    near = metres <= limit
    best = np.where(near, departures.values, 0).max(axis=1)
    print(limit, "m, at least 12:", people[best >= 12].sum())
    bounds = [0, 1, 4, 12, 36, 72, 10**9]
    print("   by class", [int(people[(best >= a) & (best < b)].sum()) for a, b in zip(bounds, bounds[1:])])
