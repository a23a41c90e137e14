#!/usr/bin/env python3
"""Writes tests/oracles/surface/landcover_synthetic.tif, made-up classes of land cover, with rasterio 1.4.4 (GDAL 3.10.3).

    python3 tests/oracles/landcover.py

UTM zone 32N at the equator, cells of 50 m from 440,000 E, 3,000 N, 80 columns and 60 rows: class 10 in the west, 50 from 441,000 E on; a wall of class 80 from
442,000 to 442,100 E with a gap between 1,000 and 1,100 N; no data (0) in the ten southern rows east of 443,000 E.
"""
import pathlib

import numpy as np
import rasterio
from rasterio import Affine

path = pathlib.Path(__file__).parent / "surface" / "landcover_synthetic.tif"
east = np.tile(440_000 + 50 * (np.arange(80) + 0.5), (60, 1))
north = np.tile((3_000 - 50 * (np.arange(60) + 0.5))[:, None], (1, 80))
classes = np.where(east < 441_000, 10, 50)
wall = (east > 442_000) & (east < 442_100) & ~((north > 1_000) & (north < 1_100))
classes[wall] = 80
classes[(north < 500) & (east > 443_000)] = 0
profile = dict(driver="GTiff", width=80, height=60, count=1, dtype="uint8", crs="EPSG:32632", nodata=0, compress="deflate", tiled=True, blockxsize=32, blockysize=32)
with rasterio.open(path, "w", transform=Affine(50, 0, 440_000, 0, -50, 3_000), **profile) as raster:
    raster.write(classes.astype(np.uint8), 1)
