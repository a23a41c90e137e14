#!/usr/bin/env python3
"""Reads back with GDAL what tongda wrote in every format, and compares it with the sources that it was made of.

    cargo run --example every_format -- FOLDER
    /usr/bin/python3 tests/readback/readback.py FOLDER

Compared are the number of records, the CRS, the sums of all coordinates, and code and Chinese name of every record. A line a file; the exit
code is 1 when one differs. A format that this GDAL does not know is skipped, and said so; `--parquet-only` reads the GeoParquet files with GeoPandas
instead, and nothing else.
"""
import csv
import json
import os
import sys

PARQUET_ONLY = "--parquet-only" in sys.argv
if not PARQUET_ONLY:
    from osgeo import gdal, ogr, osr

    gdal.UseExceptions()
    ogr.UseExceptions()
GEODATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../geodata/jiangsu")
# driver, prefix of the name, CRS that the format can not say (RFC 7946 knows WGS 84 only), way to the geometry
FORMATS = {
    "geojson": ("GeoJSON", "", "4326"),
    "json": ("GeoJSON", "", "4326"),
    "geojsonl": ("GeoJSONSeq", "GeoJSONSeq:", "4326"),
    "ndjson": ("GeoJSONSeq", "GeoJSONSeq:", "4326"),
    "geojsons": ("GeoJSONSeq", "GeoJSONSeq:", "4326"),
    "jsonl": ("GeoJSONSeq", "GeoJSONSeq:", "4326"),
    "csv": ("CSV", "CSV:", None),
    "tsv": ("CSV", "CSV:", None),
    "txt": ("CSV", "CSV:", None),
    "gpkg": ("GPKG", "", "own"),
    "shp": ("ESRI Shapefile", "", "own"),
    "dbf": ("ESRI Shapefile", "", None),
    "xlsx": ("XLSX", "", None),
    "fgb": ("FlatGeobuf", "", "own"),
    "parquet": ("Parquet", "", "own"),
    "geoparquet": ("Parquet", "", "own"),
    "postgresql": ("PostgreSQL", "PG:", "own"),
}


def coordinates(shape):
    """All positions of a geometry in GeoJSON's nesting."""
    if isinstance(shape[0], (int, float)):
        yield shape
    else:
        for part in shape:
            yield from coordinates(part)


def sums(positions):
    positions = list(positions)
    return [len(positions), sum(p[0] for p in positions), sum(p[1] for p in positions)]


def sources():
    with open(os.path.join(GEODATA, "counties_tianditu.geojson"), encoding="utf-8") as file:
        features = json.load(file)["features"]
    counties = {
        "names": sorted((f["properties"]["adcode"], f["properties"]["name"]) for f in features),
        "sums": sums(p for f in features for p in coordinates(f["geometry"]["coordinates"])),
        "epsg": "4490",
    }
    with open(os.path.join(GEODATA, "township_seats.csv"), encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    seats = {
        "names": sorted((row["code"], row["name"]) for row in rows),
        "sums": sums([float(row["lon"]), float(row["lat"])] for row in rows),
        "epsg": "4326",
    }
    return {"counties": counties, "seats": seats}


def shape_of(feature):
    """The geometry, from columns where the format has none."""
    geometry = feature.GetGeometryRef()
    if geometry is not None:
        return json.loads(geometry.ExportToJson())["coordinates"]
    names = [feature.GetFieldDefnRef(at).GetName() for at in range(feature.GetFieldCount())]
    if "wkt" in names:
        return json.loads(ogr.CreateGeometryFromWkt(feature.GetField("wkt")).ExportToJson())["coordinates"]
    return [float(feature.GetField("lon")), float(feature.GetField("lat"))]


def epsg(layer):
    reference = layer.GetSpatialRef()
    if reference is None:
        return None
    for code in ("4326", "4490"):
        wanted = osr.SpatialReference()
        wanted.ImportFromEPSG(int(code))
        options = ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES", "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS"]
        if reference.IsSame(wanted, options):
            return code
    return reference.GetName()


def compare_parquet(path, source):
    """A GeoParquet file as GeoPandas reads it."""
    import geopandas
    import pyproj
    import shapely

    frame = geopandas.read_parquet(path)
    wrong = []
    if sorted(zip(frame["code"], frame["名称"])) != source["names"]:
        wrong.append("codes or names differ")
    got, want = sums(shapely.get_coordinates(frame.geometry.values).tolist()), source["sums"]
    if got[0] != want[0] or any(abs(a - b) > 1e-6 for a, b in zip(got[1:], want[1:])):
        wrong.append(f"coordinates sum to {got}, {want} wanted")
    wanted = pyproj.CRS.from_epsg(int(source["epsg"]))
    if frame.crs is None or not frame.crs.equals(wanted, ignore_axis_order=True):
        wrong.append(f"CRS {frame.crs}, {source['epsg']} wanted")
    return len(frame), wrong


def compare(path, ending, source, layer_name):
    driver, prefix, own_crs = FORMATS[ending]
    options = ["HEADERS=FORCE", "FIELD_TYPES=STRING"] if driver == "XLSX" else []
    data = gdal.OpenEx(prefix + path, gdal.OF_VECTOR, allowed_drivers=[driver], open_options=options)
    layer = data.GetLayerByName(layer_name) if driver == "PostgreSQL" else data.GetLayer(0)
    wrong, names, positions = [], [], []
    for feature in layer:
        names.append((str(feature.GetField("code")), feature.GetField("名称")))
        positions.extend(coordinates(shape_of(feature)))
    if len(names) != len(source["names"]):
        wrong.append(f"{len(names)} records, {len(source['names'])} wanted")
    if sorted(names) != source["names"]:
        wrong.append(f"codes or names differ: {sorted(names)[:2]}…")
    got, want = sums(positions), source["sums"]
    # seven decimals, each off by half of the last at most
    if got[0] != want[0] or any(abs(a - b) > 0.5e-7 * want[0] + 1e-6 for a, b in zip(got[1:], want[1:])):
        wrong.append(f"coordinates sum to {got}, {want} wanted")
    crs = {"own": source["epsg"], None: None}.get(own_crs, own_crs)
    if epsg(layer) != crs:
        wrong.append(f"CRS {epsg(layer)}, {crs} wanted")
    return len(names), wrong


def main():
    folder, failed, read = sys.argv[1], 0, 0
    wanted = sources()
    with open(os.path.join(folder, "written.csv"), encoding="utf-8") as file:
        for row in csv.DictReader(file):
            is_address = "://" in row["path"]
            ending = row["path"].split("://")[0] if is_address else row["path"].rsplit(".", 1)[-1]
            shown = f"{ending}://… {row['layer']}" if is_address else row["path"]
            path = row["path"] if is_address else os.path.join(folder, row["path"])
            if PARQUET_ONLY and FORMATS.get(ending, ("",))[0] != "Parquet":
                continue
            if row["refused"]:
                print(f"refused  {shown}: {row['refused']}")
                continue
            if not PARQUET_ONLY and gdal.GetDriverByName(FORMATS[ending][0]) is None:
                print(f"skipped  {shown}: this GDAL has no driver {FORMATS[ending][0]}")
                continue
            source = wanted[row["layer"]]
            count, wrong = compare_parquet(path, source) if PARQUET_ONLY else compare(path, ending, source, row["layer"])
            read += 1
            failed += bool(wrong)
            print(f"{'DIFFERS' if wrong else 'equal':8} {shown}: {'; '.join(wrong) or f'{count} records'}")
    reader = "GeoPandas" if PARQUET_ONLY else f"GDAL {gdal.__version__}"
    print(f"{reader}: {read} files read, {failed} differ")
    sys.exit(1 if failed or read < (2 if PARQUET_ONLY else 20) else 0)


main()
