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

ENDINGS = {".shp", ".gpkg", ".fgb", ".geojson", ".kml", ".topojson", ".dbf"}


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
        records, found, fields = 0, [], set()
        for line in out.splitlines():
            feature = json.loads(line)
            records += 1
            fields.update(feature.get("properties") or {})
            if feature.get("geometry"):
                of_geometry(feature["geometry"], found)
        if records:
            layers[name] = {"records": records, "vertices": len(found), "extent": bounds(found), "fields": fields}
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
        layers[one.get("layer") or path.stem] = {
            "records": one["records"],
            "vertices": one["geometry"]["vertices"],
            "extent": (one.get("crs") or {}).get("extent") or one.get("extent"),
            "fields": {field["name"] for field in one["fields"]},
            "problems": sorted((one.get("problems") or {}).get("counts") or {}),
        }
    return layers, error.strip()


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
            if path.suffix.lower() not in ENDINGS or (path.suffix.lower() == ".dbf" and path.with_suffix(".shp").exists()):
                continue
            wanted = by_gdal(path)
            if not wanted:
                continue
            got, error = by_tongda(program, path)
            for name, want in wanted.items():
                total += 1
                if got is None:
                    refused.append((path, name, error))
                    continue
                one = got.get(name) or (next(iter(got.values())) if len(got) == 1 else None)
                if one is None:
                    refused.append((path, name, f"the layer is not there: {', '.join(got)}"))
                    continue
                differs = [what for what in ("records", "vertices") if one[what] != want[what]]
                differs += [] if near(one["extent"], want["extent"]) else ["extent"]
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
