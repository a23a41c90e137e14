"""Oracle of tests/metrics/borders.rs: shared borders by GEOS, from the definition.

L = (length of a's boundary within the tolerance of b + length of b's boundary within the tolerance of a) / 2, with
"within the tolerance" = covered by buffer(tolerance), 256 segments a quarter turn.

    python tests/oracles/borders.py FOLDER      # FOLDER holds counties_wgs84.geojson and counties_tianditu.geojson

Writes borders_random.csv (star-shaped polygons with holes, WKT inside) and borders_jiangsu.csv beside this file.
"""
import json, os, sys
import numpy as np, pyproj, shapely
from shapely.geometry import shape

HERE = os.path.dirname(os.path.abspath(__file__))
MADE = f"python tests/oracles/borders.py; shapely {shapely.__version__}, GEOS {'.'.join(map(str, shapely.geos_version))}, PROJ {pyproj.proj_version_str}, numpy {np.__version__}"

def within(a, b, d):
    half = lambda p, q: shapely.length(shapely.intersection(p.boundary, q if d == 0 else q.buffer(d, quad_segs=256)))
    return (half(a, b) + half(b, a)) / 2

def star(r, x, y, size):
    n = r.randint(5, 40)
    turn = np.sort(r.uniform(0, 2 * np.pi, n))
    radius = r.uniform(0.4, 1.0, n) * size
    p = shapely.Polygon(np.round(np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)]), 2))
    if not p.is_valid or p.is_empty:
        return star(r, x, y, size)
    if r.random_sample() < 0.4:
        h = star(r, x, y, size * 0.25)
        if p.contains_properly(h):
            return shapely.Polygon(p.exterior, [h.exterior])
    return p

def random_cases(path):
    r = np.random.RandomState(20260304)
    with open(path, "w") as f:
        f.write(f"# {MADE}\n# tolerance m; distance m; L m; a; b\n")
        for k in range(90):
            o = [(0, 0), (600_000, 3_600_000), (40_600_000, 3_600_000)][k % 3]
            s = r.uniform(50, 500)
            a = star(r, o[0], o[1], s)
            gap = r.choice([0.0, 0.5, 1.0, 1.3, 2.0, 2.4])
            b = star(r, round(o[0] + gap * s, 1), round(o[1] + r.uniform(-1, 1) * s, 1), s * r.choice([0.2, 1.0]))
            d = float(r.choice([0.0, 1.0, 10.0, 50.0, 120.0]))
            f.write(f"{d};{shapely.distance(a, b):.9f};{within(a, b, d):.6f};{a.wkt};{b.wkt}\n")

def jiangsu(folder, path):
    with open(path, "w") as f:
        f.write(f"# {MADE}\n# in EPSG:4549; pairs of which one is in Jiangsu, within 50 m of each other\nfile,a,b,touch,exact_m,within_50_m\n")
        for name, crs in (("counties_wgs84", 4326), ("counties_tianditu", 4490)):
            t = pyproj.Transformer.from_crs(crs, 4549, always_xy=True).transform
            fs = json.load(open(os.path.join(folder, name + ".geojson")))["features"]
            code = [str(x["properties"]["adcode"]) for x in fs]
            g = [shapely.transform(shape(x["geometry"]), lambda q: np.column_stack(t(q[:, 0], q[:, 1]))) for x in fs]
            tree = shapely.STRtree(g)
            i, j = tree.query(g, predicate="dwithin", distance=50.0)
            pairs = sorted((*sorted((code[x], code[y])), *((x, y) if code[x] < code[y] else (y, x))) for x, y in zip(i, j) if x < y)
            for a, b, x, y in pairs:
                if a.startswith("32") or b.startswith("32"):
                    # between valid polygons without overlap the border is where the two boundaries coincide
                    e = within(g[x], g[y], 0)
                    f.write(f"{name},{a},{b},{int(shapely.intersects(g[x], g[y]))},{e:.3f},{within(g[x], g[y], 50):.3f}\n")

if __name__ == "__main__":
    random_cases(os.path.join(HERE, "borders_random.csv"))
    jiangsu(sys.argv[1], os.path.join(HERE, "borders_jiangsu.csv"))
