#!/usr/bin/env python3
"""Travel times by public timetables: tongda against a plain search written from the GTFS reference and docs/timetables-engine.md alone.

    python3 tests/oracles/transit_twin.py TONGDA DATE FEED.zip [FEED.zip …] [--from 08:00] [--seed 1] [--origins 20] [--destinations 10] [--through]

Random places lie near random stops of the feeds. From each origin to each destination, leaving at three minutes from the one that is given, tongda measures a
time (`nearest`, one kind a destination, straight walks, `walk-detour = 1`), and so does a search that looks at every vehicle under way, call by call, once
for each number of rides. It knows no patterns, no lanes, and no order of vehicles. Every pair is compared to the second, and so is every pair that is not
reached; the script ends with 1 when any differs, and tells how many rides the ways have and how many stay in a vehicle.
Needs nothing but Python 3.9; walks are those of Vincenty's inverse formula on GRS 80.
"""
import argparse
import csv
import datetime
import io
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import zipfile
import zoneinfo
from collections import Counter, defaultdict

SPEED, MAX_WALK_S, CHANGE_S, TRANSFERS, LONGEST_S = 5 / 3.6, 1000 / (5 / 3.6), 60, 3, 7200
NEAR_M, LAYOVER_S = 200, 1800
MINUTES = (0, 7, 23)


def metres(a, b):
    """Vincenty (1975) on GRS 80; places are (longitude, latitude)."""
    if a == b:
        return 0.0
    major, flat = 6378137.0, 1 / 298.257222101
    minor = major * (1 - flat)
    u1, u2 = (math.atan((1 - flat) * math.tan(math.radians(place[1]))) for place in (a, b))
    wide = lam = math.radians(b[0] - a[0])
    for _ in range(200):
        s, c = math.sin(lam), math.cos(lam)
        sin_sigma = math.hypot(math.cos(u2) * s, math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * c)
        if sin_sigma == 0:
            return 0.0
        cos_sigma = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * c
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = math.cos(u1) * math.cos(u2) * s / sin_sigma
        cos2 = 1 - sin_alpha**2
        mid = cos_sigma - 2 * math.sin(u1) * math.sin(u2) / cos2 if cos2 else 0.0
        k = flat / 16 * cos2 * (4 + flat * (4 - 3 * cos2))
        before = lam
        lam = wide + (1 - k) * flat * sin_alpha * (sigma + k * sin_sigma * (mid + k * cos_sigma * (2 * mid * mid - 1)))
        if abs(lam - before) < 1e-13:
            break
    square = cos2 * (major**2 - minor**2) / minor**2
    big_a = 1 + square / 16384 * (4096 + square * (-768 + square * (320 - 175 * square)))
    big_b = square / 1024 * (256 + square * (-128 + square * (74 - 47 * square)))
    delta = big_b * sin_sigma * (mid + big_b / 4 * (cos_sigma * (2 * mid * mid - 1) - big_b / 6 * mid * (4 * sin_sigma**2 - 3) * (4 * mid * mid - 3)))
    return minor * big_a * (sigma - delta)


def plane(place, epsg):
    """Metres of a UTM zone: Krueger's series for the transverse Mercator on WGS 84."""
    lon, lat = (math.radians(degrees) for degrees in place)
    n = (1 / 298.257223563) / (2 - 1 / 298.257223563)
    radius = 6378137.0 / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    series = (n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16, 13 * n**2 / 48 - 3 * n**3 / 5, 61 * n**3 / 240)
    root = 2 * math.sqrt(n) / (1 + n)
    t = math.sinh(math.atanh(math.sin(lat)) - root * math.atanh(root * math.sin(lat)))
    wide = lon - math.radians((epsg % 100) * 6 - 183)
    xi, eta = math.atan2(t, math.cos(wide)), math.atanh(math.sin(wide) / math.sqrt(1 + t * t))
    x = eta + sum(a * math.cos(2 * (j + 1) * xi) * math.sinh(2 * (j + 1) * eta) for j, a in enumerate(series))
    y = xi + sum(a * math.sin(2 * (j + 1) * xi) * math.cosh(2 * (j + 1) * eta) for j, a in enumerate(series))
    return 0.9996 * radius * x, 0.9996 * radius * y


def half_up(number):
    return math.floor(number + 0.5)


def walk(a, b, longest=MAX_WALK_S):
    """Whole seconds, begun ones counted; None beyond the longest walk."""
    if abs(a[1] - b[1]) * 110000 > longest * SPEED * 1.01 + 1:
        return None
    seconds = metres(a, b) / SPEED
    return max(0, math.ceil(seconds - 1e-6)) if seconds <= longest + 1e-6 else None


def seconds(text):
    text = text.strip()
    if not text:
        return None
    hours, minutes, rest = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + rest


class Feeds:
    """Stops, and vehicles as lists of calls (stop, arrives, leaves, gets on, gets off), in seconds of the day's own clock."""

    def __init__(self, paths, day, longest_day_s, epsg):
        self.at, self.station, self.stops = {}, {}, []
        self.vehicles, self.headways, self.onward = [], [], defaultdict(list)
        self.transfers = {}
        self.counts = Counter()
        self.epsg = epsg
        home = None
        for number, path in enumerate(paths):
            archive = zipfile.ZipFile(path)

            def table(name):
                found = [one for one in archive.namelist() if one.split("/")[-1] == name]
                if not found:
                    return []
                rows = csv.DictReader(io.TextIOWrapper(archive.open(found[0]), "utf-8-sig", newline=""))
                return [{(key or "").strip(): (value or "").strip() for key, value in row.items() if isinstance(value, (str, type(None)))} for row in rows]

            zone = next((row["agency_timezone"] for row in table("agency.txt") if row.get("agency_timezone")), "UTC")
            home = home or zone
            key = lambda stop: (number, stop)
            stops = table("stops.txt")
            if not self.epsg:
                lons, lats = ([float(row[name]) for row in stops if row.get(name)] for name in ("stop_lon", "stop_lat"))
                self.epsg = (32700 if sum(lats) < 0 else 32600) + math.floor((min(lons) + max(lons)) / 12 + 31)
            epsg = self.epsg
            for row in stops:
                if row.get("location_type", "") in ("", "0", "1"):
                    self.at[key(row["stop_id"])] = (float(row["stop_lon"]), float(row["stop_lat"]))
                    if row.get("parent_station"):
                        self.station[key(row["stop_id"])] = key(row["parent_station"])
            days = self.days(table)
            trips = {row["trip_id"]: row for row in table("trips.txt")}
            calls = defaultdict(list)
            for row in table("stop_times.txt"):
                calls[row["trip_id"]].append(row)
            for row in table("transfers.txt"):
                assert not any(row.get(column) for column in ("from_trip_id", "from_route_id", "to_trip_id", "to_route_id"))
                self.transfers[key(row["from_stop_id"]), key(row["to_stop_id"])] = (row.get("transfer_type") or "0", row.get("min_transfer_time"))
            rows_of = defaultdict(list)
            for row in table("frequencies.txt"):
                rows_of[row["trip_id"]].append(row)
            blocks = defaultdict(list)
            for trip_id, trip in trips.items():
                rows = sorted(calls[trip_id], key=lambda row: int(row["stop_sequence"]))
                if len(rows) < 2:
                    continue
                own, times = [], []
                for row in rows:
                    arrives, leaves = seconds(row["arrival_time"]), seconds(row["departure_time"])
                    times.append(((leaves if arrives is None else arrives), (arrives if leaves is None else leaves)))
                self.work_out(times, rows, [self.at[key(row["stop_id"])] for row in rows], epsg)
                for row, (arrives, leaves) in zip(rows, times):
                    own.append((key(row["stop_id"]), arrives, leaves, row.get("pickup_type") != "1", row.get("drop_off_type") != "1"))
                if any(a[2] > b[1] for a, b in zip(own, own[1:])) or any(call[2] < call[1] for call in own):
                    self.counts["trips whose times fall, left out"] += 1
                    continue
                for shift_days in range(-(own[-1][1] + longest_day_s) // 86400 - 2, 3):
                    other = day + datetime.timedelta(days=shift_days)
                    if other not in days.get(trip["service_id"], ()):
                        continue
                    shift = self.start(other, zone) - self.start(day, home)
                    moved = [(stop, a + shift, b + shift, on, off) for stop, a, b, on, off in own]
                    if rows_of[trip_id]:
                        zero = own[0][2]
                        for row in rows_of[trip_id]:
                            begin, end, step = seconds(row["start_time"]), seconds(row["end_time"]), int(row["headway_secs"])
                            starts = list(range(begin, end, step))
                            if row.get("exact_times") == "1":
                                for start in starts:
                                    self.vehicles.append([(stop, a + start - zero + shift, b + start - zero + shift, on, off) for stop, a, b, on, off in own])
                            else:
                                counted = [(stop, max(0, a - zero), max(0, b - zero), on, off) for stop, a, b, on, off in own]
                                self.headways.append((starts[0] + shift, starts[-1] + shift, -(-step // 2), counted))
                        continue
                    if trip.get("block_id"):
                        blocks[trip["block_id"]].append((moved[0][2], moved[-1][1], len(self.vehicles)))
                    self.vehicles.append(moved)
            for block in blocks.values():
                block.sort()
                for (_, ends, one), (starts, _, other) in zip(block, block[1:]):
                    last, first = self.vehicles[one][-1][0], self.vehicles[other][0][0]
                    same = self.station.get(last, last) == self.station.get(first, first)
                    if 0 <= starts - ends <= LAYOVER_S and (same or metres(self.at[last], self.at[first]) <= NEAR_M):
                        self.onward[one].append(other)
        self.stops = list(self.at)
        self.changes = {}
        self.members = defaultdict(list)
        for stop, parent in self.station.items():
            self.members[parent].append(stop)
        # near stops are looked for in cells of 0.02 degrees of latitude
        self.cells = defaultdict(list)
        for stop, place in self.at.items():
            self.cells[self.cell(place)].append(stop)

    def work_out(self, times, rows, places, epsg):
        """Missing times between two that are there: by shape_dist_traveled, else by the straight lines of the plane."""
        known = [at for at, (arrives, _) in enumerate(times) if arrives is not None]
        for a, b in zip(known, known[1:]):
            if b == a + 1:
                continue
            self.counts["calls whose time was worked out"] += b - a - 1
            along = [row.get("shape_dist_traveled") for row in rows[a : b + 1]]
            if all(along):
                along = [float(one) - float(along[0]) for one in along]
            if not all(isinstance(one, float) for one in along) or along[-1] <= 0 or any(x > y for x, y in zip(along, along[1:])):
                flat = [plane(place, epsg) for place in places[a : b + 1]]
                along = [0.0]
                for one, other in zip(flat, flat[1:]):
                    along.append(along[-1] + math.dist(one, other))
            for at in range(a + 1, b):
                share = along[at - a] / along[-1] if along[-1] > 0 else (at - a) / (b - a)
                time = times[a][1] + half_up((times[b][0] - times[a][1]) * share)
                times[at] = (time, time)

    def cell(self, place):
        return (math.floor(place[0] * 50), math.floor(place[1] * 50))

    def near(self, place):
        x, y = self.cell(place)
        for stop in (stop for dx in (-1, 0, 1) for dy in (-1, 0, 1) for stop in self.cells.get((x + dx, y + dy), ())):
            took = walk(place, self.at[stop])
            if took is not None:
                yield stop, took

    @staticmethod
    def start(day, zone):
        noon = datetime.datetime(day.year, day.month, day.day, 12, tzinfo=zoneinfo.ZoneInfo(zone))
        return int(noon.timestamp()) - 43200

    @staticmethod
    def days(table):
        date = lambda text: datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        week = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        days = defaultdict(set)
        for row in table("calendar.txt"):
            at, end = date(row["start_date"]), date(row["end_date"])
            while at <= end:
                if row[week[at.weekday()]] == "1":
                    days[row["service_id"]].add(at)
                at += datetime.timedelta(days=1)
        for row in table("calendar_dates.txt"):
            (days[row["service_id"]].add if row["exception_type"] == "1" else days[row["service_id"]].discard)(date(row["date"]))
        return days

    def change(self, stop):
        """Stops at which one can get on again, with the seconds from getting off."""
        if stop not in self.changes:
            found = {other: took + CHANGE_S for other, took in self.near(self.at[stop])}
            found[stop] = CHANGE_S
            for (a, b), (kind, least) in self.transfers.items():
                if a == stop and kind == "3":
                    found.pop(b, None)
                elif a == stop and kind == "2" and least:
                    found[b] = int(least)
                elif a == stop and kind == "1":
                    found[b] = 0
            self.changes[stop] = list(found.items())
        return self.changes[stop]

    def search(self, origin, destinations, leaves):
        """Seconds to each destination, with rides and stays of the way; None where none is within the longest time."""
        latest = leaves + LONGEST_S
        best, ends = [], defaultdict(list)
        for nth, place in enumerate(destinations):
            took = walk(origin, place, LONGEST_S)
            best.append(None if took is None else (took, 0, 0))
            for stop, took in self.near(place):
                ends[stop].append((nth, took))
        under_way = [at for at, calls in enumerate(self.vehicles) if calls[-1][1] >= leaves and calls[0][2] <= latest]
        ready = {stop: leaves + took for stop, took in self.near(origin)}
        before = {}
        for rides in range(1, TRANSFERS + 2):
            found = {}

            def gets_off(stop, time, stays):
                if time <= latest and time < found.get(stop, (math.inf,))[0]:
                    found[stop] = (time, stays)

            for at in under_way:
                is_on = False
                for stop, arrives, gone, on, off in self.vehicles[at]:
                    if is_on and off:
                        gets_off(stop, arrives, 0)
                    is_on = is_on or (on and ready.get(stop, math.inf) <= gone)
                seen, onward = set(), [(other, 1) for other in self.onward.get(at, ())] if is_on else []
                # who got on at the last stop of all did not get on
                if onward and not any(on and ready.get(stop, math.inf) <= gone for stop, _, gone, on, _ in self.vehicles[at][:-1]):
                    onward = []
                while onward:
                    other, stays = onward.pop()
                    if other not in seen:
                        seen.add(other)
                        for stop, arrives, _, _, off in self.vehicles[other][1:]:
                            if off:
                                gets_off(stop, arrives, stays)
                        onward += [(more, stays + 1) for more in self.onward.get(other, ())]
            for first, last, wait, calls in self.headways:
                start = math.inf
                for stop, after, gone, on, off in calls:
                    if off:
                        gets_off(stop, start + after, 0)
                    comes = ready.get(stop, math.inf) - gone
                    if on and comes <= last:
                        start = min(start, first if comes <= first else min(last, comes + wait))
            ready = {}
            for stop, (time, stays) in found.items():
                for end, took in ends.get(stop, ()):
                    if best[end] is None or time + took - leaves < best[end][0]:
                        best[end] = (time + took - leaves, rides, stays)
                # who was there as soon with fewer rides has done all that is to follow
                if time < before.get(stop, math.inf):
                    before[stop] = time
                    for other, took in self.change(stop):
                        ready[other] = min(ready.get(other, math.inf), time + took)
        return [one if one is not None and one[0] <= LONGEST_S else None for one in best]


CONFIG = """title = "twin"
[study]
max-loss = "100 %"
regions = {{ path = "box.geojson", level = "county", code = "code" }}
demand = {{ path = "origins.csv", id = "id", people = "people", x = "lon", y = "lat", datum = "wgs-84" }}
plane = "EPSG:{epsg}"
[study.transit]
gtfs = [{feeds}]
date = {date}
complete-for = [""]
[study.travel]
from = "{start}"
window = "1 min"
walk-detour = 1.0
modes = ["bus", "coach", "metro", "rail", "tram", "ferry", "cable"]
"""
INDICATOR = """[[study.facilities]]
path = "{kind}.destination.csv"
kind = "{kind}"
id = "id"
x = "lon"
y = "lat"
datum = "wgs-84"
[[indicator]]
id = "{kind}"
title = "{kind}"
measure.nearest = {{ kind = "{kind}", by = "transit", cost = "time" }}
[[output]]
path = "{kind}.csv"
layer = "{kind}_points"
"""


def measured(tongda, feeds, date, start, origins, destinations, epsg):
    """tongda's seconds, origin by origin."""
    with tempfile.TemporaryDirectory() as there:
        there = pathlib.Path(there)
        xs, ys = zip(*origins, *destinations)
        box = [[min(xs) - 0.1, min(ys) - 0.1], [max(xs) + 0.1, min(ys) - 0.1], [max(xs) + 0.1, max(ys) + 0.1], [min(xs) - 0.1, max(ys) + 0.1]]
        feature = {"type": "Feature", "properties": {"code": "1"}, "geometry": {"type": "Polygon", "coordinates": [[*box, box[0]]]}}
        (there / "box.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        rows = ["id,people,lon,lat", *(f"o{nth},1,{x!r},{y!r}" for nth, (x, y) in enumerate(origins))]
        (there / "origins.csv").write_text("\n".join(rows) + "\n")
        for nth, (x, y) in enumerate(destinations):
            (there / f"k{nth}.destination.csv").write_text(f"id,lon,lat\nd{nth},{x!r},{y!r}\n")
        config = CONFIG.format(feeds=", ".join(json.dumps(os.path.abspath(feed)) for feed in feeds), date=date, start=start, epsg=epsg)
        (there / "study.toml").write_text(config + "".join(INDICATOR.format(kind=f"k{nth}") for nth in range(len(destinations))))
        done = subprocess.run([tongda, "run", str(there / "study.toml"), "--quiet"], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"tongda fails: {done.stdout}{done.stderr}")
        found = [[None] * len(destinations) for _ in origins]
        for nth in range(len(destinations)):
            with open(there / f"k{nth}.csv", encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    found[int(row["point"][1:])][nth] = float(row["time_s"]) if row["time_s"] else None
        return found


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("tongda")
    ask.add_argument("date", type=datetime.date.fromisoformat)
    ask.add_argument("feeds", nargs="+")
    ask.add_argument("--from", dest="start", default="08:00")
    ask.add_argument("--epsg", type=int, help="UTM zone in whose plane missing times are worked out")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--origins", type=int, default=20)
    ask.add_argument("--destinations", type=int, default=10)
    ask.add_argument("--through", action="store_true", help="origins along vehicles that go on as other trips, destinations along those")
    args = ask.parse_args()
    begin = seconds(args.start + ":00")
    feeds = Feeds(args.feeds, args.date, begin + 86400, args.epsg)
    lot = random.Random(args.seed)
    called = sorted({call[0] for calls in feeds.vehicles for call in calls} | {call[0] for run in feeds.headways for call in run[3]})

    def place(stops):
        lon, lat = feeds.at[lot.choice(stops)]
        return (round(lon + lot.uniform(-0.004, 0.004), 6), round(lat + lot.uniform(-0.004, 0.004), 6))

    from_stops = to_stops = called
    if args.through:
        links = [(one, other) for one, others in feeds.onward.items() for other in others if begin <= feeds.vehicles[other][0][2] <= begin + 3600]
        from_stops, to_stops = (sorted({call[0] for link in links for call in feeds.vehicles[link[end]]}) for end in (0, 1))
    origins, destinations = [place(from_stops) for _ in range(args.origins)], [place(to_stops) for _ in range(args.destinations)]
    wrong, same, rides, stays = 0, 0, Counter(), 0
    for later in MINUTES:
        start = f"{(begin + 60 * later) // 3600:02}:{(begin + 60 * later) // 60 % 60:02}"
        found = measured(os.path.abspath(args.tongda), args.feeds, args.date, start, origins, destinations, feeds.epsg)
        for nth, origin in enumerate(origins):
            for to, own in enumerate(feeds.search(origin, destinations, begin + 60 * later)):
                if (own and own[0]) != found[nth][to]:
                    wrong += 1
                    if wrong <= 10:
                        print(f"{start} o{nth} {origin} to d{to} {destinations[to]}: tongda {found[nth][to]}, here {own}")
                else:
                    same += 1
                rides["not reached" if own is None else own[1]] += 1
                stays += bool(own and own[2])
    names = ", ".join(os.path.basename(feed) for feed in args.feeds)
    told = ", ".join(f"{count} {'not reached' if ride == 'not reached' else f'with {ride} rides'}" for ride, count in sorted(rides.items(), key=str))
    for what, count in feeds.counts.items():
        print(f"{count} {what}")
    print(f"{names} on {args.date} from {args.start}, seed {args.seed}: {same} of {same + wrong} times the same; {told}; {stays} stay in a vehicle; "
          f"{len(feeds.vehicles)} vehicles, {len(feeds.headways)} headways, {sum(map(len, feeds.onward.values()))} go on")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
