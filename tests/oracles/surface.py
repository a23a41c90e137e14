#!/usr/bin/env python3
"""Costs over a made-up raster by scikit-image: nothing of tongda is used.

    python3 tests/oracles/surface.py > tests/oracles/surface/costs_synthetic.csv

Written with Python 3.11.7, scikit-image 0.26.0, numpy 2.4.6. `graph.MCP_Geometric` with `fully_connected=True` has the definition that
src/model/surface.rs has for 8 neighbours: from middle to middle the distance times the mean of the two cells. It steps aslant between two
cells that nobody walks over; here those walls are made thick enough (2 by 2 blocks, at least two apart) that no such gap is there, and the script checks it.

Rows: row, column, pace (seconds a metre; empty where nobody walks), seconds to the nearest of three facilities with cells of 100 m; empty where none
is reached. Facilities are at the middles of the cells (row 5, column 7), (40, 60), (60, 3).
"""
import numpy as np
from skimage.graph import MCP_Geometric

ROWS, COLUMNS, SIDE = 64, 80, 100.0
FACILITIES = [(5, 7), (40, 60), (60, 3)]
rng = np.random.default_rng(20261125)
# km/h of five classes, as a pace
speeds = rng.choice([1.0, 2.0, 3.0, 4.0, 5.0], size=(ROWS, COLUMNS))
pace = 3.6 / speeds
free = {(r, c) for row, column in FACILITIES for r in range(row - 2, row + 3) for c in range(column - 2, column + 3)}
for row in range(0, ROWS - 1, 4):
    for column in range(0, COLUMNS - 1, 4):
        block = [(row + i, column + j) for i in range(2) for j in range(2)]
        if rng.random() < 0.6 and not free & set(block):
            for cell in block:
                pace[cell] = np.inf
# a room without a door
pace[50:58, 30] = pace[50:58, 38] = np.inf
pace[50, 30:39] = pace[57, 30:39] = np.inf
wall = np.isinf(pace)
# the steps aslant that touch two walls at their corner: these cells are filled
changed = True
while changed:
    slipped = wall[:-1, 1:] & wall[1:, :-1] & ~wall[:-1, :-1] & ~wall[1:, 1:]
    slipped_back = wall[:-1, :-1] & wall[1:, 1:] & ~wall[:-1, 1:] & ~wall[1:, :-1]
    changed = bool(slipped.any() or slipped_back.any())
    for r, c in zip(*np.nonzero(slipped)):
        wall[r, c] = True
    for r, c in zip(*np.nonzero(slipped_back)):
        wall[r, c + 1] = True
assert not any(wall[cell] for cell in FACILITIES)
# a negative cost is what MCP takes for impassable
costs = np.where(wall, -1.0, pace * SIDE)
found, _ = MCP_Geometric(costs, fully_connected=True).find_costs(FACILITIES)
print("row,column,pace_s_per_m,seconds")
for row in range(ROWS):
    for column in range(COLUMNS):
        if wall[row, column]:
            print(f"{row},{column},,")
        else:
            seconds = found[row, column]
            print(f"{row},{column},{float(pace[row, column])!r},{'' if np.isinf(seconds) else format(seconds, '.6f')}")
