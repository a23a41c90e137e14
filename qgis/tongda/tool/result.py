"""What a run wrote: the figures in its JSON, the layers in its GeoPackage."""

import json
import os
import shutil
import sqlite3


class Figure:
    """The figure and the verdict of one indicator, word for word as the program wrote them."""

    def __init__(self, indicator):
        figure = indicator.get('figure') or {}
        self.id = indicator['id']
        self.text = figure.get('text') or ''
        self.value = figure.get('value')
        self.part = figure.get('part')
        self.whole = figure.get('whole')
        self.unknown = figure.get('unknown')
        self.verdict = indicator['verdict']
        self.firmness = indicator.get('firmness') or ''
        self.reason = indicator.get('reason')
        self.layers = list(indicator.get('layers') or [])
        self.regions = indicator.get('regions') or []


def figures(path):
    """The figures of all indicators of a JSON scorecard, in its order."""
    with open(path, encoding='utf-8') as file:
        return [Figure(indicator) for indicator in json.load(file)['indicators']]


class Layer:
    """A table of a GeoPackage: name, title and whether it has a geometry."""

    def __init__(self, name, title, geometry):
        self.name = name
        self.title = title
        self.geometry = geometry

    @property
    def rank(self):
        """What is drawn on top has the higher rank: points over lines over areas, tables below all."""
        kind = (self.geometry or '').upper()
        return 3 if 'POINT' in kind else 2 if 'LINE' in kind else 1 if kind else 0


def layers(path):
    """The layers and tables of a GeoPackage in its own order, without those that are not the user's."""
    with _read_only(path) as base:
        rows = base.execute(
            "SELECT c.table_name, c.identifier, g.geometry_type_name FROM gpkg_contents c "
            "LEFT JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
            "WHERE c.data_type IN ('features', 'attributes') AND c.table_name <> 'layer_styles' ORDER BY c.rowid").fetchall()
    return [Layer(*row) for row in rows]


def verdicts(path):
    """How many indicators have which verdict, from the scorecard in a GeoPackage."""
    with _read_only(path) as base:
        return dict(base.execute("SELECT verdict, count(*) FROM scorecard WHERE level = 'all' GROUP BY verdict").fetchall())


def in_use(path):
    """Whether a program works on the GeoPackage at `path`, so that it must not be replaced."""
    return any(os.path.exists(path + end) and os.path.getsize(path + end) for end in ('-wal', '-journal'))


def put(made, wanted):
    """Moves a finished file to where it is wanted, whole or not at all, over what stands there."""
    folder = os.path.dirname(os.path.abspath(wanted))
    os.makedirs(folder, exist_ok=True)
    beside = os.path.join(folder, f'.{os.path.basename(wanted)}.{os.getpid()}.part')
    try:
        shutil.copyfile(made, beside)
        os.replace(beside, wanted)
    finally:
        if os.path.exists(beside):
            os.remove(beside)


class _read_only:
    """A GeoPackage opened for reading, and closed again."""

    def __init__(self, path):
        self.base = sqlite3.connect('file:' + path.replace('\\', '/').replace('%', '%25').replace('?', '%3f').replace('#', '%23') + '?mode=ro', uri=True)

    def __enter__(self):
        return self.base

    def __exit__(self, *_):
        self.base.close()
