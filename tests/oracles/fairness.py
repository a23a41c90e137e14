#!/usr/bin/env python3
"""A thousand random small towns: tongda's floating catchments, evenness and assignments against PySAL access, inequality, spopt and SciPy.

    cargo run --example fairness_cases > cases.json
    python3 tests/oracles/fairness.py cases.json

Needs access 1.1.10.post3 (BSD 3-Clause), inequality 1.1.2 (BSD 3-Clause), spopt 0.7.0 (BSD 3-Clause) with pulp, numpy, pandas and scipy:

- 2SFCA, E2SFCA, 3SFCA and Hansen's sum of every point of every town, by the ways there and by the ways back, which differ: access.
- M2SFCA (Delamater 2013), BFCA (Páez, Higgins and Vivona 2019), Huff's 2SFCA (Luo 2014), MH3SFCA (Jörg and others 2019) and spatial availability
  (Soukhov and others 2023): matrices of numpy after the papers. The R package accessibility computes BFCA by the same steps.
- RAAM: that its loads are an equilibrium is proven by a linear programme (HiGHS): the people can be sent so that these loads come about and
  nobody pays more than the least cost. The equilibrium is unique. Beside it PySAL access' heuristic, which moves people one by one.
- Gini and Theil of the way to the nearest facility: inequality, which knows no weights and so counts people one by one. Those beyond 20 minutes
  (Foster, Greer and Thorbecke 1984) and the concentration index (Kakwani and others 1997): numpy, as the R package accessibility has them.
- Assignment with limited room: the most who can be served and the least sum of ways for so many, two linear programmes (HiGHS); and whether
  everybody can be served at all, spopt's location set covering with capacities (CBC), all facilities open.

Many ways are exactly as long as a band or the limit allows, which is within, or a second longer.
"""
import json
import sys
import warnings

import numpy as np
import pandas as pd
import pulp
from access import fca, weights
from access.raam import raam
from inequality.gini import Gini
from inequality.theil import Theil
from scipy.optimize import linprog
from scipy.sparse import coo_matrix
from spopt.locate import LSCP

FOUND = {}


def compare(name, town, got, want, tolerance=1e-9):
    """Counts a pair of numbers; of those that differ the first ten are printed."""
    count, equal, largest = FOUND.get(name, (0, 0, 0.0))
    difference = abs(got - want) / max(abs(want), 1e-9) if want is not None and got is not None else float(got is not want)
    is_equal = difference <= tolerance
    if not is_equal and count - equal < 10:
        print(f"{name}, town {town}: tongda {got}, expected {want}")
    FOUND[name] = (count + 1, equal + is_equal, max(largest, difference))


def frames(towns, way):
    """All towns side by side: demand, supply and costs of PySAL access, which divides by nothing where nobody asks: such a supply is 0 here, and
    the 0/0 that it makes of it counts as nothing in its sums."""
    demand, supply, costs = [], [], []
    for at, town in enumerate(towns):
        people, ways = np.array(town["people"]), np.array(town[way]) / 60
        demand += [(f"{at}p{i}", int(count)) for i, count in enumerate(people)]
        asked = [people[ways[:, j] <= 30].sum() > 0 for j in range(ways.shape[1])]
        supply += [(f"{at}f{j}", units if asked[j] else 0.0) for j, units in enumerate(town["supply"])]
        costs += [(f"{at}p{i}", f"{at}f{j}", ways[i, j]) for i, j in np.ndindex(ways.shape)]
    frame = lambda rows, name: pd.DataFrame(rows, columns=["geoid", name]).set_index("geoid")
    return frame(demand, "demand"), frame(supply, "supply"), pd.DataFrame(costs, columns=["origin", "dest", "cost"])


def catchments(towns, bands, limit):
    step = weights.step_fn({end: weight for end, weight in bands})
    names = {"demand_index": True, "demand_name": "demand", "supply_index": True, "supply_name": "supply"}
    for way in ("there", "back"):
        demand, supply, costs = frames(towns, way)
        answers = {
            "2sfca": fca.two_stage_fca(demand, supply, costs.copy(), limit, **names),
            "e2sfca": fca.two_stage_fca(demand, supply, costs.copy(), limit, weight_fn=step, **names),
            "3sfca": fca.three_stage_fca(demand, supply, costs.copy(), limit, weight_fn=step, **names),
            "hansen": fca.weighted_catchment(supply, costs, limit, "dest", "origin", "cost", True, "supply", step),
        }
        # what nobody asks for is a supply all the same where nobody competes
        idle = {}
        for at, town in enumerate(towns):
            people, ways = np.array(town["people"]), np.array(town[way]) / 60
            for j in range(ways.shape[1]):
                if people[ways[:, j] <= 30].sum() == 0:
                    for i in range(len(people)):
                        idle[f"{at}p{i}"] = idle.get(f"{at}p{i}", 0) + step(ways[i, j]) * town["supply"][j]
        for method, answer in answers.items():
            answer = answer.to_dict()
            for at, town in enumerate(towns):
                for i, got in enumerate(town["floated"][way][method]):
                    place = f"{at}p{i}"
                    want = answer.get(place, 0.0) + (idle.get(place, 0) if method == "hansen" else 0)
                    compare(f"{method} by the ways {way}", at, got, want)


def matrices(towns, bands):
    def share(part, axis):
        whole = part.sum(axis=axis, keepdims=True)
        return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

    def ratio(supply, asked):
        return np.divide(supply, asked, out=np.zeros_like(supply), where=asked > 0)

    for at, town in enumerate(towns):
        people, supply = np.array(town["people"], float), np.array(town["supply"])
        for way in ("there", "back"):
            ways = np.array(town[way]) / 60
            w = np.select([ways <= end for end, _ in bands], [weight for _, weight in bands], 0.0)
            near, huff = share(w, 1), share(w * supply, 1)
            balanced = ratio(supply, people @ near)
            answers = {
                "m2sfca": w**2 @ ratio(supply, people @ w),
                "bfca": share(w, 0) @ balanced,
                "huff-2sfca": huff * w @ ratio(supply, people @ (huff * w)),
                "mh3sfca": huff * w @ ratio(supply, people @ huff),
                "availability": people * (w @ ratio(supply, people @ w)),
            }
            for method, wanted in answers.items():
                for got, want in zip(town["floated"][way][method], wanted):
                    compare(method, at, got, want)


def agents(towns, tau):
    heuristic = []
    for at, town in enumerate(towns):
        people, supply = np.array(town["people"], float), np.array(town["supply"])
        if people.sum() == 0:
            continue
        travel, load = np.array(town["there"]) / 60 / tau, np.array(town["raam"]["load"])
        rho = people.sum() / supply.sum()
        cost = load / (supply * rho) + travel
        least = cost.min(axis=1)
        for i, got in enumerate(town["raam"]["cost"]):
            compare("RAAM, cost by its loads", at, got, least[i])
        # send everybody so that the loads come about; what is paid above the least cost must be nothing
        n, m = cost.shape
        rows = np.concatenate([np.repeat(np.arange(n), m), n + np.tile(np.arange(m), n)])
        sums = coo_matrix((np.ones(2 * n * m), (rows, np.tile(np.arange(n * m), 2)))).tocsr()[: n + m - 1]
        target = np.concatenate([people, load])[: n + m - 1]
        sent = linprog((cost - least[:, None]).ravel() * 1e3, A_eq=sums / people.sum(), b_eq=target / people.sum())
        paid = sent.fun / 1e3 / (least @ people) if sent.status == 0 else None
        compare("RAAM, nobody gains by moving", at, 1.0 + paid if paid is not None else None, 1.0, 1e-7)
        compare("RAAM, all people go somewhere", at, load.sum(), people.sum())
        if at < 100 and m > 1:
            ids = [f"p{i}" for i in range(n)]
            demand = pd.DataFrame({"demand": (people * 1000).astype(int)}, index=ids)
            places = pd.DataFrame({"supply": supply}, index=[f"f{j}" for j in range(m)])
            costs = pd.DataFrame(
                [(ids[i], f"f{j}", town["there"][i][j] / 60) for i, j in np.ndindex(n, m)], columns=["origin", "dest", "cost"]
            )
            theirs = raam(demand, places, costs, tau=tau, max_cycles=300)
            heuristic += [abs(theirs[f"p{i}"] - least[i]) for i in range(n) if people[i] > 0]
    heuristic = np.array(heuristic)
    print(
        f"RAAM beside PySAL access' heuristic at {len(heuristic)} points: the middle one differs by {np.median(heuristic):.1e}, "
        f"nine of ten by less than {np.quantile(heuristic, 0.9):.1e}, the worst by {heuristic.max():.1e} of average crowding"
    )
    if np.median(heuristic) > 0.01:
        sys.exit("RAAM is not what PySAL access comes to")


def evenness(towns):
    for at, town in enumerate(towns):
        ways = np.repeat(np.array(town["there"]).min(axis=1), town["few"])
        compare("Gini", at, town["gini"], Gini(ways).g if len(ways) else None)
        beyond = np.maximum(ways / 1200 - 1, 0)
        for power in range(3):
            want = ((ways > 1200) * beyond**power).mean() if len(ways) else None
            compare(f"FGT {power}", at, town["fgt"] and town["fgt"][power], want)
        # everybody ranked one by one; all of a point rank alike, in the middle of their ranks
        few = np.array(town["few"], float)[::-1]
        middle = (np.cumsum(few) - few / 2) / few.sum() if few.sum() else few
        way = np.array(town["there"]).min(axis=1)[::-1]
        total = (few * way).sum()
        compare("concentration index", at, 1 + town["concentration"] if len(ways) else None, 2 * (few * way * middle).sum() / total if total else None)
        compare("Theil's T", at, None if town["theil"] is None else 1 + town["theil"], 1 + Theil(ways).T if len(ways) else None)


def assignments(towns, limit):
    for at, town in enumerate(towns):
        people, room, ways = np.array(town["people"]), np.array(town["room"]), np.array(town["there"])
        for name, most in (("within", limit * 60), ("any", np.inf)):
            i, j = np.nonzero(ways <= most)
            served, least = 0.0, 0.0
            if len(i):
                rows = np.concatenate([i, len(people) + j])
                takes = coo_matrix((np.ones(2 * len(i)), (rows, np.tile(np.arange(len(i)), 2))), (len(people) + len(room), len(i)))
                bounds = np.concatenate([people, room])
                served = round(-linprog(-np.ones(len(i)), A_ub=takes, b_ub=bounds).fun, 6)
                least = linprog(
                    ways[i, j], A_ub=takes, b_ub=bounds, A_eq=np.ones((1, len(i))), b_eq=[served]
                ).fun
            compare("most who are served", at, town["assigned"][name]["served"], served)
            compare("least sum of ways", at, town["assigned"][name]["sum"], least)
        clients = people > 0
        if clients.any():
            try:
                model = LSCP.from_cost_matrix(
                    ways[clients],
                    limit * 60,
                    predefined_facilities_arr=np.ones(len(room), dtype=int),
                    demand_quantity_arr=people[clients],
                    facility_capacity_arr=room,
                )
                model.problem.solve(pulp.PULP_CBC_CMD(msg=False))
                all_served = model.problem.status == pulp.LpStatusOptimal
            except ValueError:
                # "Demand greater than capacity"
                all_served = False
            got = town["assigned"]["within"]["served"] >= people.sum()
            compare("whether all can be served (spopt)", at, float(got), float(all_served))


def main(path):
    warnings.filterwarnings("ignore")
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    towns = cases["towns"]
    differ = sum(town["floated"]["there"]["e2sfca"] != town["floated"]["back"]["e2sfca"] for town in towns)
    at_a_limit = sum(way in (600, 1200, 1800) for town in towns for row in town["there"] + town["back"] for way in row)
    print(f"{len(towns)} towns, seed {cases['seed']}; in {differ} the way back has other values; {at_a_limit} ways end exactly at a limit")
    catchments(towns, cases["bands"], cases["limit"])
    matrices(towns, cases["bands"])
    agents(towns, cases["tau"])
    evenness(towns)
    assignments(towns, cases["limit"])
    for name, (count, equal, largest) in FOUND.items():
        print(f"{name}: {equal} of {count} equal, largest difference {largest:.1e} of the value")
    missed = sum(count - equal for count, equal, _ in FOUND.values())
    if missed or differ < len(towns) / 2 or len(FOUND) != 25:
        sys.exit(f"{missed} numbers differ, {len(FOUND)} kinds compared")


if __name__ == "__main__":
    main(sys.argv[1])
