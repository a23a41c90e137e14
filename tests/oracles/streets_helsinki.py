#!/usr/bin/env python3
"""Distances on foot in central Helsinki, by PyOsmium, Shapely, pyproj and SciPy's Dijkstra: nothing of tongda is used.

    python3 tests/oracles/streets_helsinki.py ../shared/data/helsinki/Helsinki.osm.pbf > tests/oracles/streets_helsinki.csv

Written with osmium 4.3.2, shapely 2.2.0, pyproj 3.7.2 and SciPy's csgraph. Rows: kind (facility or home), lon, lat, metres to the nearest
facility; empty where the place is off the streets (farther than 250 m, or beside an island that has no street near) or has no way.
Places are a lattice. Every node of every way is a node of the graph, and every place is put into its side. Lengths are geodesic on
GRS 80; the nearest street is found in EPSG:32635. How squares are crossed, and who walks where: tests/oracles/walking.py.
Data: © OpenStreetMap contributors, ODbL 1.0.
"""
import sys

import numpy as np

import walking


def main():
    network = walking.Network(sys.argv[1], 32635)
    facilities = [(round(24.9331 + 0.0061 * x, 7), round(60.1627 + 0.0071 * y, 7)) for x in range(4) for y in range(2)]
    homes = [(round(24.9301 + 0.00113 * x, 7), round(60.1604 + 0.00091 * y, 7)) for x in range(22) for y in range(22)]
    metres, _ = network.metres(homes, facilities)
    print("kind,lon,lat,metres")
    for lon, lat in facilities:
        print(f"facility,{lon},{lat},")
    for (lon, lat), nearest in zip(homes, np.min(metres, axis=1)):
        print(f"home,{lon},{lat},{nearest:.3f}" if np.isfinite(nearest) else f"home,{lon},{lat},")


main()
