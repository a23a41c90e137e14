"""Vector files of other projects' test folders, read by tongda and by GDAL: records, bounds, fields and vertices side by side.

Run by hand; nothing of the files is kept here. GDAL's programs must be on the PATH.

    python3 tests/corpus/compare.py target/release/tongda FOLDER...

Prints a line for each layer that differs or that only GDAL reads, and a summary. A layer counts where GDAL reads a record of it.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

ENDINGS = {".shp", ".gpkg", ".fgb", ".geojson", ".json", ".kml", ".topojson", ".dbf", ".csv", ".xlsx", ".xlsm", ".xls", ".ods"}
# What GDAL's driver adds to every placemark.
LIBKML = {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
# GDAL finds no places in their columns, and counts rows of blank cells as records.
WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}
TABLES = WORKBOOKS | {".csv"}
# Layers of these are made by each program in its own way: only whether they are read is compared.
OWN_LAYERS = {".osm", ".pbf"}


# All rows of a workbook as they stand: GDAL guesses headers in another way.
os.environ.update({f"OGR_{kind}_HEADERS": "DISABLE" for kind in ("XLSX", "XLS", "ODS")})


def run(*command, **more):
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, **more)
    except subprocess.TimeoutExpired:
        return 124, "", "takes more than a minute"
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def positions(coordinates, found):
    if coordinates and isinstance(coordinates[0], (int, float)):
        found.append(coordinates[:2])
    else:
        for inner in coordinates:
            positions(inner, found)


def of_geometry(geometry, found):
    if geometry.get("type") == "GeometryCollection":
        for inner in geometry["geometries"]:
            of_geometry(inner, found)
    else:
        positions(geometry.get("coordinates") or [], found)


def by_gdal(path):
    """Layers with records, vertices, bounds and fields, curves made straight."""
    ending = path.suffix.lower().replace(".geojson", ".json")
    code, out, _ = run("ogrinfo", "-ro", "-q", str(path))
    if code != 0:
        return None
    names = re.findall(r"^(?:\d+: |Layer: )(.+?)(?: \((?:title: .*?, )?[A-Za-z0-9 ,]+\))?$", out, re.M)
    layers = {}
    for name in names:
        code, out, _ = run(
            "ogr2ogr", "-f", "GeoJSONSeq", "/vsistdout/", str(path), name, "-nlt", "CONVERT_TO_LINEAR", "-dim", "XY",
            "-lco", "COORDINATE_PRECISION=15", "-a_srs", "EPSG:4326",
        )
        if code != 0:
            continue
        records, found, fields, rows = 0, [], set(), []
        for line in out.splitlines():
            feature = json.loads(line)
            values = (feature.get("properties") or {}).values()
            records += ending not in TABLES or any(value not in (None, "") for value in values)
            fields.update(feature.get("properties") or {})
            rows.append({" ".join(str(value).split()) for value in values})
            if feature.get("geometry"):
                if ending == ".json" and feature["geometry"]["type"] == "GeometryCollection" and not values:
                    records += len(feature["geometry"]["geometries"]) - 1  # a collection alone: each of it is a record
                of_geometry(feature["geometry"], found)
        if records:
            layers[name] = {"records": records, "vertices": len(found), "extent": bounds(found), "fields": fields, "rows": rows}
    return layers


def bounds(found):
    if not found:
        return None
    xs, ys = zip(*found)
    return [min(xs), min(ys), max(xs), max(ys)]


def by_tongda(program, path):
    code, out, error = run(program, "inspect", "--json", str(path), env={**os.environ, "LANG": "C"})
    try:
        found = json.loads(out)
    except json.JSONDecodeError:
        return None, (error.strip().splitlines() or [f"exit code {code}"])[0]
    layers = {}
    for one in found:
        if "error" in one:
            named = re.match(r'layer "(.*?)": ', one["error"])
            if named:
                layers[named[1]] = {"refused": one["error"]}
            continue
        layers[one.get("layer") or path.stem] = {
            "records": one["records"],
            "vertices": one["geometry"]["vertices"],
            "extent": (one.get("crs") or {}).get("extent") or one.get("extent"),
            "fields": {field["name"] for field in one["fields"]},
            "problems": sorted((one.get("problems") or {}).get("counts") or {}),
        }
    if not layers:
        return None, (error.strip().splitlines() or [f"exit code {code}"])[0]
    return layers, error.strip()


def together(layers):
    """Folders of a KML file, which GDAL shows as layers."""
    layers = list(layers)
    boxes = [layer["extent"] for layer in layers if layer["extent"]]
    corners = [corner for box in boxes for corner in (box[:2], box[2:])]
    return {
        "records": sum(layer["records"] for layer in layers),
        "vertices": sum(layer["vertices"] for layer in layers),
        "extent": bounds(corners),
        "fields": {"name" if field == "Name" else field for layer in layers for field in layer["fields"]} - LIBKML,
    }


def header_differs(one, want):
    """One row with these names, and all others are records; or an issue tells of the rows that are none."""
    differs = [] if one["records"] + 1 == want["records"] or {"skipped-rows", "merged-cells"} & set(one["problems"]) else ["records"]
    named = not one["fields"] or any(one["fields"] <= row for row in want["rows"])
    return differs if named else [*differs, "fields"]


def records_of(layers):
    return ", ".join(f"{name} {layer['records']}" for name, layer in layers.items())


def near(one, other):
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= 1e-6 * max(1.0, abs(a)) for a, b in zip(one, other))


def main():
    program, folders = sys.argv[1], sys.argv[2:]
    total = same = told = 0
    refused = []
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            ending = path.suffix.lower()
            if not path.is_file() or ending not in ENDINGS | OWN_LAYERS or (ending == ".dbf" and path.with_suffix(".shp").exists()):
                continue
            wanted = by_gdal(path)
            if not wanted:
                continue
            if ending == ".kml":
                wanted = {path.stem: together(wanted.values())}
            got, error = by_tongda(program, path)
            if ending in OWN_LAYERS:
                total, same = total + 1, same + (got is not None)
                if got is None:
                    refused.append((path, "whole", error))
                else:
                    print(f"read     {path}: GDAL {records_of(wanted)}; tongda {records_of(got)}"[:600])
                continue
            for name, want in wanted.items():
                total += 1
                if got is None:
                    refused.append((path, name, error))
                    continue
                if "refused" in got.get(name, {}):
                    refused.append((path, name, got[name]["refused"]))
                    continue
                one = got.get(name) or (next(iter(got.values())) if len(got) == len(wanted) == 1 else None)
                if one is None:
                    refused.append((path, name, f"the layer is not there: {', '.join(got)}"))
                    continue
                compared = ("records", "vertices", "extent") if want["vertices"] or ending not in TABLES else ("records",)
                differs = [what for what in compared if what != "extent" and one[what] != want[what]]
                differs += [] if "extent" not in compared or near(one["extent"], want["extent"]) else ["extent"]
                if ending in WORKBOOKS:
                    differs = header_differs(one, want)
                else:
                    differs += [] if want["fields"] <= one["fields"] else ["fields"]
                if not differs:
                    same += 1
                else:
                    told += bool(one["problems"])
                    pairs = ", ".join(f"{what} {one[what]} for {want[what]}" for what in differs)
                    print(f"differs  {path} [{name}]: {pairs}; told: {', '.join(one['problems']) or 'nothing'}"[:600])
    for path, name, error in refused:
        print(f"refused  {path} [{name}]: {error}"[:400])
    print(f"{total} layers that GDAL reads with a record: {same} the same, {total - same - len(refused)} differ ({told} with an issue), {len(refused)} refused")


if __name__ == "__main__":
    main()
