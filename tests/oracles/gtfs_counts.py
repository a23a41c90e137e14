#!/usr/bin/env python3
"""What the two feeds of Porto Alegre hold, counted with nothing but Python's csv module, for tests/timetables.rs.

    python3 tests/oracles/gtfs_counts.py ../shared/data/porto-alegre
"""

import collections
import csv
import datetime
import io
import sys
import zipfile

DATE = "20190513"
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def table(archive, name):
    if name not in archive.namelist():
        return []
    text = io.TextIOWrapper(archive.open(name), "utf-8-sig")
    return [{key.strip(): value for key, value in row.items()} for row in csv.DictReader(text)]


def services(archive):
    weekday = DAYS[datetime.datetime.strptime(DATE, "%Y%m%d").weekday()]
    running = {
        row["service_id"]
        for row in table(archive, "calendar.txt")
        if row[weekday] == "1" and row["start_date"] <= DATE <= row["end_date"]
    }
    for row in table(archive, "calendar_dates.txt"):
        if row["date"] == DATE:
            change = running.add if row["exception_type"] == "1" else running.discard
            change(row["service_id"])
    return running


for name in ("poa_eptc", "poa_trensurb"):
    archive = zipfile.ZipFile(f"{sys.argv[1]}/{name}.zip")
    trips = table(archive, "trips.txt")
    calls = collections.defaultdict(list)
    blank = 0
    for row in table(archive, "stop_times.txt"):
        calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], row["departure_time"]))
        blank += row["arrival_time"] == ""
    patterns = {
        (row["route_id"], row.get("direction_id", ""), tuple(stop for _, stop, _ in sorted(calls[row["trip_id"]])))
        for row in trips
    }
    running = services(archive)
    departures = [min(calls[row["trip_id"]])[2] for row in trips if row["service_id"] in running]
    print(
        f"{name}: {len({row['route_id'] for row in trips})} routes with trips, {len(table(archive, 'stops.txt'))} stops,"
        f" {len(trips)} trips, {sum(map(len, calls.values()))} calls, {blank} without a time, {len(patterns)} patterns;"
        f" on {DATE} {len(departures)} trips from {min(departures)} to {max(departures)}"
    )
