"""People of rasters by region, each cell by the share of its area in the region: zones.csv of tests/formats/rasters.rs.

    python tests/oracles/raster_zones.py      # needs GDAL's gdal_translate and gdalinfo, numpy, shapely 2, pyproj

Reads the files zone_*_synthetic.tif and zones_synthetic.geojson of tests/oracles/rasters/ (tests/oracles/rasters.py writes them). GEOS intersects
outlines and cells in the CRS of the raster, as exactextract does; a cell below a millionth of which lies in a region is none of it.
"""
import csv
import glob
import json
import os
import subprocess
import tempfile

import numpy as np
import pyproj
import shapely
from shapely.geometry import shape

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rasters")
NAMES = ["zone_strips", "zone_tiles", "zone_young", "zone_point", "zone_4549", "zone_rotated"]


def cells(path):
    """The numbers of a raster with NaN for no data, its six numbers of place and its CRS."""
    info = json.loads(subprocess.run(["gdalinfo", "-json", path], check=True, capture_output=True).stdout)
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "plain.bin")
        subprocess.run(["gdal_translate", "-q", "-of", "ENVI", "-ot", "Float64", path, plain], check=True)
        values = np.fromfile(plain, "<f8").reshape(info["size"][::-1])
    nodata = info["bands"][0].get("noDataValue")
    if nodata is not None:
        values = np.where(values == nodata, np.nan, values)
    return values, info["geoTransform"], pyproj.CRS.from_wkt(info["coordinateSystem"]["wkt"])


with open(os.path.join(HERE, "zones_synthetic.geojson")) as file:
    zones = {one["properties"]["code"]: shape(one["geometry"]) for one in json.load(file)["features"]}
rows = []
for name in NAMES:
    path = os.path.join(HERE, f"{name}_synthetic.tif")
    values, (x0, xc, xr, y0, yc, yr), crs = cells(path)
    way = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    for code, zone in zones.items():
        zone = shapely.segmentize(zone, 0.001)
        zone = shapely.transform(zone, lambda at: np.column_stack(way.transform(at[:, 0], at[:, 1])))
        # in columns and rows every cell is a square of 1
        turned = np.linalg.inv(np.array([[xc, xr], [yc, yr]]))
        zone = shapely.transform(zone, lambda at: (at - [x0, y0]) @ turned.T)
        shapely.prepare(zone)
        west, north, east, south = (int(np.floor(value)) for value in zone.bounds)
        count, total = 0, 0.0
        for row in range(max(north, 0), min(south + 1, values.shape[0])):
            for column in range(max(west, 0), min(east + 1, values.shape[1])):
                value = values[row, column]
                if not value > 0:
                    continue
                share = zone.intersection(shapely.box(column, row, column + 1, row + 1)).area
                if share > 1e-6:
                    count += 1
                    total += value * share
        rows.append({"file": os.path.basename(path), "code": code, "cells": count, "sum": total})
with open(os.path.join(HERE, "zones.csv"), "w", newline="") as out:
    table = csv.DictWriter(out, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
