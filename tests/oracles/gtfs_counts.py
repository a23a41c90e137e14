#!/usr/bin/env python3
"""What the two feeds of Porto Alegre hold, counted with nothing but Python's csv module, for tests/transit/timetables.rs.

    python3 tests/oracles/gtfs_counts.py ../shared/data/porto-alegre
"""

import collections
import csv
import datetime
import io
import math
import sys
import zipfile

DATE = "20190513"
# of a degree at Porto Alegre
METRES_NORTH = math.radians(1) * 6_371_008.8
METRES_EAST = METRES_NORTH * math.cos(math.radians(-30.05))
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


def metres(at, a, b):
    """From a place to a stretch of line, on a plane that touches the earth at the place."""
    flat = lambda point: (
        math.radians(point[0] - at[0]) * math.cos(math.radians(at[1])) * 6_371_008.8,
        math.radians(point[1] - at[1]) * 6_371_008.8,
    )
    (ax, ay), (bx, by) = flat(a), flat(b)
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = max(0.0, min(1.0, -(ax * dx + ay * dy) / length)) if length else 0.0
    return math.hypot(ax + share * dx, ay + share * dy)


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
    # the shape of each pattern is that of most of its trips, of the earliest in trips.txt of several
    points = collections.defaultdict(list)
    for row in table(archive, "shapes.txt"):
        at = (float(row["shape_pt_lon"]), float(row["shape_pt_lat"]))
        points[row["shape_id"]].append((int(row["shape_pt_sequence"]), at))
    where = {row["stop_id"]: (float(row["stop_lon"]), float(row["stop_lat"])) for row in table(archive, "stops.txt")}
    rail = {row["route_id"] for row in table(archive, "routes.txt") if row["route_type"] in ("1", "2")}
    votes = collections.defaultdict(collections.Counter)
    for row in trips:
        stops = tuple(stop for _, stop, _ in sorted(calls[row["trip_id"]]))
        # a Counter lists equal counts in the order in which they were first met
        votes[row["route_id"], row.get("direction_id", ""), stops][row["shape_id"]] += 1
    followed, far, disordered = set(), 0, 0
    for (route, _, stops), shapes in votes.items():
        shape = shapes.most_common(1)[0][0]
        if len(points[shape]) < 2:
            continue
        followed.add(shape)
        line = [at for _, at in sorted(points[shape])]
        most = 400 if route in rail else 100
        far += sum(min(metres(where[stop], a, b) for a, b in zip(line, line[1:])) > most for stop in stops)
        # the most stops that can be placed, in their order, on places of the shape that never go back, tried every 10 m
        flat = [(x * METRES_EAST, y * METRES_NORTH) for x, y in line]
        places = []
        for (ax, ay), (bx, by) in zip(flat, flat[1:]):
            count = max(1, math.ceil(math.hypot(bx - ax, by - ay) / 10))
            places += [(ax + (bx - ax) * nth / count, ay + (by - ay) * nth / count) for nth in range(count)]
        places.append(flat[-1])
        placed = [0] * len(places)
        for stop in stops:
            x, y = where[stop][0] * METRES_EAST, where[stop][1] * METRES_NORTH
            best = 0
            for at, (px, py) in enumerate(places):
                best = max(best, placed[at])
                if (px - x) ** 2 + (py - y) ** 2 <= most**2:
                    placed[at] = best + 1
        disordered += len(stops) - max(placed)
    print(
        f"{name}: {len(followed)} shapes followed, {sum(len(points[shape]) for shape in followed)} points,"
        f" {far} calls of {len(votes)} patterns farther from them than 100 m (rail 400 m), {disordered} too far or out of order"
    )
    running = services(archive)
    departures = [min(calls[row["trip_id"]])[2] for row in trips if row["service_id"] in running]
    print(
        f"{name}: {len({row['route_id'] for row in trips})} routes with trips, {len(table(archive, 'stops.txt'))} stops,"
        f" {len(trips)} trips, {sum(map(len, calls.values()))} calls, {blank} without a time, {len(patterns)} patterns;"
        f" on {DATE} {len(departures)} trips from {min(departures)} to {max(departures)}"
    )
