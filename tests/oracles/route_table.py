"""Oracle of tests/transit/route_table.rs: which of 20 counties of Jiangsu the lines of a route table join, counted by shapely.

    python tests/oracles/route_table.py FOLDER      # FOLDER holds counties_wgs84.geojson

Reads route_table.csv beside this file, a made-up table with the mistakes that such tables have, and writes route_table_pairs.csv: each
pair of neighbours with what is known of it. Every row is a stop of its own where it lies, nothing is put together by id or name, and
nothing but this file says what the words of the table mean.
"""
import csv, json, os, re, sys
import numpy as np, pyproj, shapely
from shapely.geometry import shape

HERE = os.path.dirname(os.path.abspath(__file__))
CODES = "320102 320104 320105 320106 320111 320113 320114 320115 320116 320117 320302 320303 320305 320311 320312 320321 320322 320324 320381 320382".split()
BOTH = {"", "双向", "往返", "来回", "上下行"}
ONE = {"去程", "上行", "下行"}
# labels of this table that name where a line goes, there and back
LABELS = {"秦淮→雨花台", "雨花台→秦淮"}
# what the region column calls its regions, where one is meant
NAMED = {"南京市鼓楼区": "320106", "新沂市": "320381", "320322": "320322"}

to_plane = pyproj.Transformer.from_crs(4326, 4549, always_xy=True).transform
features = json.load(open(os.path.join(sys.argv[1], "counties_wgs84.geojson")))["features"]
outline = {str(f["properties"]["adcode"]): shape(f["geometry"]) for f in features}
plane = {c: shapely.transform(outline[c], lambda q: np.column_stack(to_plane(q[:, 0], q[:, 1]))) for c in CODES}


def border(a, b, tolerance=50.0):
    half = lambda p, q: shapely.length(shapely.intersection(p.boundary, q.buffer(tolerance, quad_segs=64)))
    return (half(a, b) + half(b, a)) / 2 - 2 * tolerance


neighbours = {(a, b) for i, a in enumerate(CODES) for b in CODES[i + 1 :] if plane[a].distance(plane[b]) < 100 and border(plane[a], plane[b]) >= 500}
beside = {c: {c} | {x for p in neighbours if c in p for x in p} for c in CODES}


def trips(text):
    """Least departures a day; None where nobody knows."""
    text = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)
    if text == "停运":
        return 0
    found = re.findall(r"\d+", text)
    return min(map(int, found)) if found else None


def located(row):
    at = shapely.Point(float(row["经度"]), float(row["纬度"]))
    return next((c for c in CODES if outline[c].contains(at)), None)


rows = [r for r in csv.DictReader(open(os.path.join(HERE, "route_table.csv"), encoding="utf-8")) if r["站点"]]
known_at = {}  # name -> units of rows of that name with a place
for r in rows:
    try:
        r["unit"] = NAMED.get(r["所属县区"]) or located(r)
        r["placed"] = -90 <= float(r["纬度"]) <= 90
    except ValueError:
        r["unit"], r["placed"] = None, False
    if r["placed"]:
        known_at.setdefault(r["站点"], set()).add(r["unit"])

joined, doubted = set(), set()
for line in sorted({r["线路编号"] for r in rows}):
    own = [r for r in rows if r["线路编号"] == line]
    ways, sure, loose = {}, [], []
    for r in own:
        word = r["方向"]
        if not r["placed"]:
            # somewhere it is known to be by its name, or anywhere around the rest of the line
            loose.append(known_at.get(r["站点"]) or "around")
        elif not r["站序"].isdigit() or r["类型"] != "公交" or word not in BOTH | ONE | LABELS | {"环线"}:
            loose.append({r["unit"]})
        elif r["unit"] is None:
            loose.append("around")
        else:
            ways.setdefault(word, []).append((int(r["站序"]), r["unit"]))
            sure.append(r["unit"])
            if r["所属县区"] == "泉山县":
                loose.append("around")
    counts = [trips(r["日发班次"]) for r in own]
    count = next((c for c in counts if c is not None), None)
    there = set()
    for word, stops in ways.items():
        stops = [u for _, u in sorted(stops)]
        for i, a in enumerate(stops):
            for j, b in enumerate(stops):
                if a != b and (i < j or word in BOTH or word == "环线"):
                    there.add((a, b))
    for a, b in neighbours:
        if (a, b) in there and (b, a) in there:
            if count is None:
                doubted.add((a, b))
            elif count >= 1:
                joined.add((a, b))
    around = set().union(*(beside[u] for u in set(sure) | {u for l in loose if l != "around" for u in l if u}))
    spots = [({u}, False) for u in sure] + [(around if l == "around" else l, True) for l in loose]
    for i, (here, open_) in enumerate(spots):
        for j, (other, _) in enumerate(spots):
            if open_ and i != j:
                doubted |= {p for p in neighbours if p[0] in here and p[1] in other or p[1] in here and p[0] in other}

with_data = {r["unit"] for r in rows if r["placed"]}
with open(os.path.join(HERE, "route_table_pairs.csv"), "w", encoding="utf-8") as out:
    out.write(f"# python tests/oracles/route_table.py; shapely {shapely.__version__}, GEOS {'.'.join(map(str, shapely.geos_version))}\n")
    out.write("a,b,state\n")
    for a, b in sorted(neighbours):
        state = "connected" if (a, b) in joined else "no-data" if (a, b) in doubted or not {a, b} <= with_data else "unconnected"
        out.write(f"{a},{b},{state}\n")
