"""Oracle of tests/metrics/overlay_share.rs: the share of overlapping zones within a distance of stops, lines and areas, by GEOS.

Circles with 2048 segments a quarter turn, so that a circle is off by less than a ten-millionth.

    python tests/oracles/overlay.py

Writes overlay.csv beside this file: radius m; area of the zones m2; area of them within the radius m2; zones; what lies around (WKT).
"""
import os
import numpy as np, shapely

HERE = os.path.dirname(os.path.abspath(__file__))

def star(r, x, y, size):
    n = r.randint(5, 30)
    turn = np.sort(r.uniform(0, 2 * np.pi, n))
    radius = r.uniform(0.4, 1.0, n) * size
    p = shapely.Polygon(np.round(np.column_stack([x + radius * np.cos(turn), y + radius * np.sin(turn)]), 2))
    return p if p.is_valid and not p.is_empty else star(r, x, y, size)

r = np.random.RandomState(20261126)
with open(os.path.join(HERE, "overlay.csv"), "w") as f:
    geos = ".".join(map(str, shapely.geos_version))
    f.write(f"# python tests/oracles/overlay.py; shapely {shapely.__version__}, GEOS {geos}, numpy {np.__version__}\n")
    f.write("# radius m; zones m2; zones within the radius m2; zones; around\n")
    for case in range(40):
        ox, oy = [(0, 0), (600_000, 3_600_000)][case % 2]
        at = lambda: (ox + r.uniform(0, 3000), oy + r.uniform(0, 3000))
        zones = shapely.MultiPolygon([star(r, *at(), r.uniform(200, 900)) for _ in range(r.randint(1, 6))])
        radius = round(r.uniform(50, 600), 1)
        stops = [shapely.Point(np.round(at(), 2)) for _ in range(r.randint(0, 25))]
        lines = [shapely.LineString(np.round([at() for _ in range(r.randint(2, 6))], 2)) for _ in range(r.randint(0, 3))]
        areas = [star(r, *at(), r.uniform(100, 500)) for _ in range(r.randint(0 if stops or lines else 1, 4))]
        around = stops + lines + areas
        union = shapely.union_all(list(zones.geoms))
        near = shapely.union_all([one.buffer(radius, quad_segs=2048) for one in around])
        both = shapely.area(shapely.intersection(union, near))
        wkt = lambda one: shapely.to_wkt(one, rounding_precision=2)
        f.write(f"{radius};{shapely.area(union):.3f};{both:.3f};{'|'.join(map(wkt, zones.geoms))};{'|'.join(map(wkt, around))}\n")
