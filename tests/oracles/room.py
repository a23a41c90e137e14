#!/usr/bin/env python3
"""Who gets a seat, a place or a doctor in the made-up Jiangsu: tongda's scorecard against SciPy's linear programmes and plain loops.

    python3 tests/oracles/room.py out/jiangsu-room.json

Needs numpy, scipy and pyproj. From the demo's files alone, by distances of pyproj's Geod: the most that can be served and the least sum of
ways for so many (two linear programmes, HiGHS), the nearest first (all pairs sorted), AccessMod's order (a loop), floating catchments (Luo and
Qi 2009), the Gini coefficient (Lorenz sums), shelters by residents, second and long-term shelters, and clinics chosen by size and nearness
(Huff 1963). People and shares must be equal to a millionth, means to a metre as they are printed.
"""
import csv
import json
import pathlib
import re
import sys

import numpy as np
from pyproj import Geod
from scipy.optimize import linprog
from scipy.sparse import coo_matrix
from scipy.spatial import cKDTree

HERE = pathlib.Path(__file__).resolve().parents[2] / "geodata/jiangsu/synthetic"
GEOD = Geod(ellps="GRS80")


def rows(name):
    with open(HERE / name, encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def column(table, name):
    return np.array([float(row[name]) for row in table])


def pairs(points, places, limit):
    """Indices and metres of all pairs within the limit: near ones by a tree in rough metres, then by the geodesic."""
    lonlat = [np.column_stack([column(table, "lon"), column(table, "lat")]) for table in (points, places)]
    rough = [at * [111_320 * np.cos(np.radians(32)), 111_000] for at in lonlat]
    near = cKDTree(rough[0]).query_ball_tree(cKDTree(rough[1]), limit * 1.1)
    i = np.repeat(np.arange(len(near)), [len(row) for row in near])
    j = np.concatenate([np.array(sorted(row), dtype=int) for row in near])
    metres = GEOD.inv(*lonlat[0][i].T, *lonlat[1][j].T)[2]
    kept = metres <= limit
    return i[kept], j[kept], metres[kept]


def best(i, j, metres, people, room):
    """The most served, and the least mean way of so many."""
    n, m, count = len(people), len(room), len(i)
    at = np.arange(count)
    limits = coo_matrix((np.ones(2 * count), (np.concatenate([i, n + j]), np.concatenate([at, at]))), shape=(n + m, count)).tocsr()
    bound = np.concatenate([people, room])
    most = -linprog(-np.ones(count), A_ub=limits, b_ub=bound).fun
    least = linprog(metres, A_ub=limits, b_ub=bound, A_eq=np.ones((1, count)), b_eq=[round(most, 6) - 1e-6]).fun
    return most, least / most


def nearest_first(i, j, metres, people, room):
    left, free, served, way = people.copy(), room.copy(), 0.0, 0.0
    for at in np.lexsort((i, metres)):
        taken = min(left[i[at]], free[j[at]])
        left[i[at]] -= taken
        free[j[at]] -= taken
        served, way = served + taken, way + taken * metres[at]
    return served, way / served


def in_order(i, j, metres, people, room, order):
    left, served, way = people.copy(), 0.0, 0.0
    of = [[] for _ in room]
    for at in np.argsort(metres, kind="stable"):
        of[j[at]].append(at)
    for place in order:
        free = room[place]
        for at in of[place]:
            taken = min(left[i[at]], free)
            left[i[at]] -= taken
            free -= taken
            served, way = served + taken, way + taken * metres[at]
    return served, way / served


def main():
    card = {one["id"]: one for one in json.load(open(sys.argv[1], encoding="utf-8"))["indicators"]}
    residents, failed = rows("residents_synthetic.csv"), 0

    def same(what, ours, theirs, tolerance):
        nonlocal failed
        wrong = abs(ours - theirs) > tolerance
        failed += wrong
        print(f"{'FAIL' if wrong else 'ok  '}  {what}: tongda {ours:.6f}, here {theirs:.6f}")

    schools = [row for row in rows("schools_synthetic.csv") if row["kind"] == "primary_school"]
    shelters, clinics = rows("shelters_synthetic.csv"), rows("clinics_synthetic.csv")
    for name, places, capacity, limit, each, people, order in [
        ("school-seats", schools, "seats", 2500, 0.6, "children_6_15", "largest"),
        ("shelter-places", shelters, "area_m2", 2000, 2, "people", "largest"),
        ("doctors", clinics, "doctors", 5000, 0.001, "people", "most"),
    ]:
        people = column(residents, people)
        room = np.floor(column(places, capacity) / each * 1e6) / 1e6
        i, j, metres = pairs(residents, places, limit)
        near = np.zeros(len(room))
        np.add.at(near, j, people[i])
        by = room if order == "largest" else near
        found = {
            "optimal": best(i, j, metres, people, room),
            "nearest-first": nearest_first(i, j, metres, people, room),
            "in-order": in_order(i, j, metres, people, room, np.argsort(-by, kind="stable")),
            "room-for-all": (people[np.unique(i)].sum(), None),
        }
        texts = {one["code"]: one["label"]["en"] for one in card[name]["variants"]}
        told = " ".join(note["en"] for note in card[name].get("notes", []))
        for one in card[name]["variants"]:
            served, mean = found[one["code"]]
            same(f"{name}, {one['code']}", one["figure"]["part"], served, 1e-3)
            shown = re.search(re.escape(texts[one["code"]]) + r": [^;]*mean of those served (\d+) m", told)
            if mean is not None and shown:
                same(f"{name}, {one['code']}, mean way", float(shown[1]), mean, 0.51)
            elif mean is not None:
                same(f"{name}, {one['code']}, mean way is told", 0, 1, 0)

    people, supply = column(residents, "people"), column(clinics, "doctors")
    i, j, metres = pairs(residents, clinics, 10_000)
    weight = np.select([metres <= 2000, metres <= 5000], [1, 0.68], 0.22)
    asked = np.zeros(len(supply))
    np.add.at(asked, j, people[i] * weight)
    ratio = np.divide(supply, asked, out=np.zeros(len(supply)), where=asked > 0)
    access = np.zeros(len(people))
    np.add.at(access, i, ratio[j] * weight)
    same("doctors-per-1000", card["doctors-per-1000"]["figure"]["part"], people[access * 1000 >= 1 - 1e-9].sum(), 1e-3)

    i, j, metres = pairs(residents, shelters, 30_000)
    nearest = np.full(len(people), np.inf)
    np.minimum.at(nearest, i, metres)
    assert np.isfinite(nearest).all(), "a shelter farther than 30 km: look farther"
    by = np.argsort(nearest)
    share = np.concatenate([[0], np.cumsum(people[by]) / people.sum()])
    held = np.concatenate([[0], np.cumsum((people * nearest)[by]) / (people * nearest).sum()])
    same("shelter-fairness, Gini", card["shelter-fairness"]["figure"]["value"], 1 - ((held[1:] + held[:-1]) * np.diff(share)).sum(), 1e-9)
    # all residents of the file live in judged counties, and so do the shelters that count for them
    own = [row for row in shelters if row["county_adcode"].startswith("32")]
    same("shelter-room", card["shelter-room"]["figure"]["value"], column(own, "area_m2").sum() / 2 / people.sum(), 1e-9)
    within = np.bincount(i[metres <= 2000], minlength=len(people))
    same("second-shelter", card["second-shelter"]["figure"]["part"], people[within >= 2].sum(), 1e-3)
    is_long = np.array([row["level"] == "long_term" for row in shelters])
    near = np.unique(i[(metres <= 2500) & is_long[j]])
    same("long-term-shelter", card["long-term-shelter"]["figure"]["part"], people[near].sum(), 1e-3)
    counties = {row["county_adcode"] for row, long in zip(shelters, is_long) if long and row["county_adcode"].startswith("32")}
    same("long-term-in-county", card["long-term-in-county"]["figure"]["part"], len(counties), 0)

    i, j, metres = pairs(residents, clinics, 10_000)
    draw = supply[j] * (np.maximum(metres, 500) / 500) ** -2.0
    total = np.zeros(len(people))
    np.add.at(total, i, draw)
    goes = people[i] * draw / total[i]
    load = np.zeros(len(supply))
    np.add.at(load, j, goes)
    room = np.floor(supply / 0.001 * 1e6) / 1e6
    same("clinic-choice", card["clinic-choice"]["figure"]["part"], np.minimum(load, room).sum(), 1)
    if failed:
        sys.exit(f"{failed} figures differ")


if __name__ == "__main__":
    main()
