"""Overlaps, gaps, islands and exclaves of the boundary files of Jiangsu by GEOS: boundaries.csv beside this file, for tests/formats/boundaries.rs.

    python3 tests/oracles/boundaries.py      # shapely 2.2 (GEOS), geopandas, pyproj; versions are printed and stand in the CSV

The same definitions as in src/metrics/topology.rs and boundary_audit.rs, by other means: pairwise intersections, the holes of the union, distances
between parts. Plane EPSG:4549. Mean width is twice the area by the perimeter; below 1 cm it is rounding.
"""
import csv
import json
import os
import geopandas
import numpy as np
import pyproj
import shapely

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "geodata", "jiangsu")
ROUNDING, BESIDE, WIDTH, LENGTHS = 0.01, 0.05, 25.0, 20.0


def width(piece):
    return 2 * piece.area / piece.length if piece.length else 0.0


def polygons(shape):
    return [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]


def looks_like_sliver(piece):
    mean = width(piece)
    return mean < WIDTH and piece.length / 2 >= LENGTHS * mean


def drawn_twice():
    """Twenty-five squares whose common sides were drawn twice, up to some 15 m apart: slivers, gaps and overlaps by the dozen. Made up."""
    random = np.random.default_rng(20)
    features = []
    for row in range(5):
        for column in range(5):
            west, south, steps = 119.0 + 0.1 * column, 32.0 + 0.1 * row, np.linspace(0, 0.1, 6)[:-1]
            ring = ([(west + at, south) for at in steps] + [(west + 0.1, south + at) for at in steps]
                    + [(west + 0.1 - at, south + 0.1) for at in steps] + [(west, south + 0.1 - at) for at in steps])
            ring = [[round(x + random.uniform(-1.5e-4, 1.5e-4), 7), round(y + random.uniform(-1.5e-4, 1.5e-4), 7)] for x, y in ring]
            features.append(dict(type="Feature", properties=dict(code=f"{row}{column}", name=f"方格{row}{column}"),
                                 geometry=dict(type="Polygon", coordinates=[ring + ring[:1]])))
    with open(os.path.join(HERE, "drawn_twice_synthetic.geojson"), "w") as out:
        lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
        out.write('{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n")


def look(name):
    frame = geopandas.read_file(os.path.join(HERE if name.startswith("drawn") else DATA, name)).to_crs("EPSG:4549")
    areas = list(frame.geometry)
    tree = shapely.STRtree(areas)
    overlaps, pieces = [], []
    for a, b in sorted({(min(pair), max(pair)) for pair in tree.query(areas, predicate="intersects").T.tolist() if pair[0] != pair[1]}):
        kept = [piece for piece in polygons(shapely.intersection(areas[a], areas[b])) if width(piece) >= ROUNDING]
        if kept:
            overlaps.append(sum(piece.area for piece in kept))
            pieces += kept
    gaps = []
    for part in polygons(shapely.union_all(areas)):
        gaps += [hole for hole in (shapely.Polygon(ring) for ring in part.interiors) if width(hole) >= ROUNDING]
    slivers = [piece for piece in pieces + gaps if looks_like_sliver(piece)]
    parts = [(own, part) for own, area in enumerate(areas) for part in polygons(area)]
    part_tree = shapely.STRtree([part for _, part in parts])
    islands, exclaves = [], []
    largest = {}
    for at, (own, part) in enumerate(parts):
        if own not in largest or part.area > parts[largest[own]][1].area:
            largest[own] = at
    for at, (own, part) in enumerate(parts):
        touches = any(parts[other][0] != own for other in part_tree.query(part, predicate="dwithin", distance=BESIDE))
        if not touches:
            islands.append(part)
        elif at != largest[own]:
            exclaves.append(part)
    row = dict(file=name, areas=len(areas))
    for what, found in (("overlaps", overlaps), ("gaps", [gap.area for gap in gaps]), ("slivers", [piece.area for piece in slivers]),
                        ("islands", [part.area for part in islands]), ("exclaves", [part.area for part in exclaves])):
        row[what], row[f"{what}_m2"] = len(found), round(sum(found), 1)
    row["versions"] = f"shapely {shapely.__version__} GEOS {shapely.geos_version_string} pyproj {pyproj.__version__} PROJ {pyproj.proj_version_str}"
    return row


drawn_twice()
rows = [look(name) for name in ("counties_wgs84.geojson", "counties_tianditu.geojson", "drawn_twice_synthetic.geojson")]
with open(os.path.join(HERE, "boundaries.csv"), "w", newline="") as out:
    table = csv.DictWriter(out, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
for row in rows:
    print(row)
