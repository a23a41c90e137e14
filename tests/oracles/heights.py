#!/usr/bin/env python3
"""Writes tests/oracles/heights/hill_synthetic.tif, a made-up hill, with GDAL.

    /usr/bin/python3 tests/oracles/heights.py

UTM zone 32N at the equator, cells of 50 m from 440,000 E, 2,500 N: 100 m high, and 10 % uphill eastward from 441,000 E on; in the last columns there is no height.
"""
import pathlib

import numpy as np
from osgeo import gdal, osr

path = pathlib.Path(__file__).parent / "heights" / "hill_synthetic.tif"
east = 440_000 + 50 * (np.arange(100) + 0.5)
row = 100 + 0.1 * np.maximum(0.0, east - 441_000)
row[90:] = -9999
raster = gdal.GetDriverByName("GTiff").Create(str(path), 100, 100, 1, gdal.GDT_Float32, ["COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64"])
raster.SetGeoTransform([440_000, 50, 0, 2_500, 0, -50])
crs = osr.SpatialReference()
crs.ImportFromEPSG(32632)
raster.SetProjection(crs.ExportToWkt())
raster.GetRasterBand(1).SetNoDataValue(-9999)
raster.GetRasterBand(1).WriteArray(np.tile(row.astype(np.float32), (100, 1)))
