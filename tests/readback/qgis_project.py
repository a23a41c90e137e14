#!/usr/bin/env python3
"""Opens the QGIS project that tongda wrote in QGIS itself, and looks at groups, themes, printed maps and metadata.

    /usr/bin/python3 tests/readback/qgis_project.py RESULT.gpkg [--out FOLDER] [--pdf]

RESULT.json, the scorecard of the same run, must lie beside it: each of its indicators that has layers is a group, and each that can be drawn
a theme. Every layout is exported as a picture (and as PDF), and must hold its legend, draw something, and follow a theme that exists.
A line a finding; the exit code is 1 when one is wrong, 3 without PyQGIS.
"""
import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import zipfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
try:
    from qgis.core import (QgsApplication, QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemLegend, QgsLayoutItemMap,
                           QgsLayoutItemPage, QgsLayoutItemPicture, QgsLayoutItemScaleBar, QgsLayoutSize, QgsProject, QgsUnitTypes,
                           QgsVectorLayer)
    from qgis.PyQt.QtGui import QFontMetricsF
except ImportError:
    print("PyQGIS is missing: use the system's python3 with python3-qgis")
    sys.exit(3)

PAGES = {"A4": (297, 210), "A3": (420, 297)}
found = []


def check(fine, what):
    if not fine:
        found.append(what)
        print("WRONG", what)


def both(text):
    """A title as a project shows it: both languages, once where they are the same."""
    zh, en = text["zh"].strip(), text["en"].strip()
    return en if zh == en or not zh else zh if not en else f"{zh} {en}"


def same_project(package):
    """The project beside the package is the one inside, byte for byte."""
    with open(os.path.splitext(package)[0] + ".qgz", "rb") as file:
        beside = file.read()
    inside = sqlite3.connect(package).execute("SELECT content FROM qgis_projects").fetchone()[0]
    check(bytes.fromhex(inside) == beside, "the .qgz is not the project of the package")


def groups(project, card):
    root = project.layerTreeRoot()
    names = [group.name() for group in root.children()]
    check(len(set(names)) == len(names), f"two groups have one name: {names}")
    drawn = {name for row in card["indicators"] for name in row["layers"]}
    tables = {layer.source().split("layername=")[1]: layer for layer in project.mapLayers().values()}
    wanted = [both(row["title"]) for row in card["indicators"] if any(name in tables for name in row["layers"])]
    got = [name.replace("（合成数据 synthetic）", "") for name in names[:len(wanted)]]
    check(got == wanted, f"groups are {got}, indicators {wanted}")
    for row in card["indicators"]:
        for name in row["layers"]:
            if name in tables:
                node = root.findLayer(tables[name].id())
                check(node.parent().name().startswith(both(row["title"])), f"{name} is in the group {node.parent().name()}")
    for name, layer in tables.items():
        check(root.findLayer(layer.id()) is not None, f"{name} is in no group")
        check(name in drawn or root.findLayer(layer.id()).parent().name() not in wanted, f"{name} is no indicator's")
    check(names[-1] == "底图 Base map", f"the lowest group is {names[-1]}")
    open_at_first = [group.name() for group in root.children() if group.isVisible() and any(
        node.isVisible() for node in group.findLayers())]
    shown = [group for group in open_at_first if group in names[:len(wanted)]]
    check(len(shown) == 1, f"groups of indicators that are shown at first: {shown}")
    visible = [layer.name() for layer in root.checkedLayers()]
    check(2 <= len(visible) <= 8, f"{len(visible)} layers are shown at first")
    return wanted


def themes(project, card):
    collection = project.mapThemeCollection()
    names = sorted(collection.mapThemes())
    titles = {both(row["title"]): row for row in card["indicators"]}
    order = {name: at for at, name in enumerate(layer.id() for layer in project.layerTreeRoot().layerOrder())}
    for name in names:
        number, title = name.split(" ", 1)
        row = titles.get(title)
        check(row is not None, f"theme {name} is no indicator's")
        layers = collection.mapThemeVisibleLayers(name)
        tables = [layer.source().split("layername=")[1] for layer in layers]
        check(row and any(table in row["layers"] for table in tables), f"theme {name} shows nothing of its own: {tables}")
        check(row and card["indicators"].index(row) + 1 == int(number), f"theme {name} has another number")
        # points over lines over areas, and the outlines below everything
        check([order[layer.id()] for layer in layers] == sorted(order[layer.id()] for layer in layers), f"theme {name}: order")
        kinds = [layer.geometryType() for layer in layers]
        check(kinds == sorted(kinds), f"theme {name} draws {kinds}")
        check("outlines" not in tables or tables[-1] == "outlines", f"theme {name}: outlines are over {tables}")
        for layer in layers:
            style = collection.mapThemeState(name)
            current = [record for record in style.layerRecords() if record.layer() == layer]
            check(current and current[0].currentStyle in layer.styleManager().styles(), f"theme {name}: style of {layer.name()}")
    return names


def bounds(item):
    rect = item.mapRectToScene(item.rect())
    return rect.left(), rect.top(), rect.right(), rect.bottom()


def layout(project, one, out, pdf):
    name = one.name()
    page = one.pageCollection().page(0).pageSize()
    paper = next((paper for paper in PAGES if f" {paper}" in f" {name.replace('，', ' ')}"), None)
    check(paper is not None and (page.width(), page.height()) == PAGES[paper], f"{name}: {page.width()} x {page.height()}")
    # first, because a legend takes its size when it is drawn
    exporter = QgsLayoutExporter(one)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 100
    safe = "".join(c if c.isalnum() else "_" for c in name)
    picture = os.path.join(out, safe + ".png")
    check(exporter.exportToImage(picture, settings) == QgsLayoutExporter.Success and os.path.getsize(picture) > 20_000, f"{name}: no picture")
    if pdf:
        path = os.path.join(out, safe + ".pdf")
        check(exporter.exportToPdf(path, QgsLayoutExporter.PdfExportSettings()) == QgsLayoutExporter.Success, f"{name}: no PDF")
    maps = [item for item in one.items() if isinstance(item, QgsLayoutItemMap)]
    check(len(maps) == 1, f"{name}: {len(maps)} maps")
    theme = maps[0].followVisibilityPresetName()
    check(maps[0].followVisibilityPreset() and project.mapThemeCollection().hasMapTheme(theme), f"{name} follows \"{theme}\"")
    parts = {}
    for item in one.items():
        for kind in (QgsLayoutItemLegend, QgsLayoutItemScaleBar, QgsLayoutItemPicture):
            if isinstance(item, kind):
                parts[kind] = item
        if isinstance(item, QgsLayoutItemLabel):
            parts[item.id()] = item
    for wanted in (QgsLayoutItemLegend, QgsLayoutItemScaleBar, QgsLayoutItemPicture, "title", "verdict", "note"):
        check(wanted in parts, f"{name} has no {wanted}")
    legend = parts[QgsLayoutItemLegend]
    check(legend.rect().height() > 15, f"{name}: the legend is {legend.rect().height()} mm high")
    # the legend explains what the theme shows, and nothing else
    explained = {node.layerId() for node in legend.model().rootGroup().findLayers()}
    shown = {layer.id() for layer in project.mapThemeCollection().mapThemeVisibleLayers(theme)}
    check(explained == shown, f"{name}: the legend explains {explained ^ shown} otherwise")
    # nothing lies over another thing or over the edge
    boxes = [(item.id(), bounds(item)) for item in parts.values() if item.id() != "north"] + [("map", bounds(maps[0]))]
    for at, (one_id, a) in enumerate(boxes):
        check(a[0] >= 0 and a[1] >= 0 and a[2] <= page.width() + 0.01 and a[3] <= page.height() + 0.01, f"{name}: {one_id} runs off: {a}")
        for other_id, b in boxes[at + 1:]:
            over = min(a[2], b[2]) - max(a[0], b[0]) > 0.3 and min(a[3], b[3]) - max(a[1], b[1]) > 0.3
            check(not over, f"{name}: {one_id} {a} lies over {other_id} {b}")
    # texts fit into their boxes; the width of a line is measured with the font that is there
    for key in ("title", "verdict", "synthetic", "note"):
        if key not in parts:
            continue
        label = parts[key]
        lines = label.text().split("\n")
        for line in lines:
            font = label.font()
            font.setPixelSize(100)
            wide = QFontMetricsF(font).horizontalAdvance(line) / 100.0 * label.font().pointSizeF() * 25.4 / 72.0
            check(wide <= label.rect().width() + 0.5, f"{name}: {key} is {wide:.1f} mm wide: {line}")
    synthetic = any(layer.name().endswith("（合成数据 synthetic）")
                    for layer in project.mapThemeCollection().mapThemeVisibleLayers(theme))
    check(not synthetic or "synthetic" in parts, f"{name} does not say that its data is synthetic")


def metadata(project, package, card):
    about = project.metadata()
    history = "\n".join(about.history())
    check(card["generator"] in history, "the project does not say by what it was made")
    for source in card["provenance"]:
        check(source["sha256"] in history or "/" in source["path"] and source["path"].endswith(".txt"), f"the project's history lacks {source['path']}")
    for layer in project.mapLayers().values():
        table = layer.source().split("layername=")[1]
        alone = QgsVectorLayer(f"{package}|layername={table}", table, "ogr").metadata()
        for where, told in (("project", layer.metadata()), ("package", alone)):
            check(told.identifier() == table and told.title() and told.history(), f"{table}: metadata of the {where}")
            check(card["generator"] in "\n".join(told.history()), f"{table}: lineage in the {where}")
            check(len(told.constraints()) == 1, f"{table}: constraints in the {where}")
            if layer.isSpatial():
                check(told.crs().authid() == layer.crs().authid(), f"{table}: CRS in the {where}")
                extents = told.extent().spatialExtents()
                check(len(extents) == 1, f"{table}: {len(extents)} extents in the {where}")
                if not extents:
                    continue
                box, real = extents[0].bounds, layer.extent()
                sides = (box.xMinimum() - real.xMinimum(), box.yMinimum() - real.yMinimum(), box.xMaximum() - real.xMaximum(),
                         box.yMaximum() - real.yMaximum())
                check(max(map(abs, sides)) < 1e-6, f"{table}: extent in the {where}: {sides}")
        for row in card["indicators"]:
            if table in row["layers"]:
                check(f"tongda explain {row['metric']}" in layer.metadata().abstract(), f"{table} does not name its method")
                check(row["metric"] in layer.metadata().keywords().get("tongda", []), f"{table} has no keywords")
    rows = sqlite3.connect(package).execute(
        "SELECT count(*) FROM gpkg_metadata m JOIN gpkg_metadata_reference r ON r.md_file_id = m.id "
        "WHERE r.reference_scope = 'table' AND m.md_standard_uri = 'http://mrcc.com/qgis.dtd'").fetchone()[0]
    check(rows == len(project.mapLayers()), f"{rows} records of metadata for {len(project.mapLayers())} layers")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("package")
    parser.add_argument("--out")
    parser.add_argument("--pdf", action="store_true", help="export every layout as PDF too")
    asked = parser.parse_args()
    out = asked.out or tempfile.mkdtemp(prefix="qgis_project_")
    os.makedirs(out, exist_ok=True)
    with open(os.path.splitext(asked.package)[0] + ".json", encoding="utf-8") as file:
        card = json.load(file)
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = tempfile.mkdtemp(prefix="qgis_profile_")
    application = QgsApplication([], False)
    application.initQgis()
    # QGIS may write beside a file that it reads
    folder = tempfile.mkdtemp(prefix="qgis_copy_")
    for ending in (".gpkg", ".qgz"):
        shutil.copy(os.path.splitext(asked.package)[0] + ending, folder)
    package = os.path.join(folder, os.path.basename(asked.package))
    same_project(package)
    project = QgsProject.instance()
    check(project.read(f"geopackage:{package}?projectName=tongda"), "QGIS can not read the project")
    for layer in project.mapLayers().values():
        check(layer.isValid(), f"{layer.name()} is not valid")
    wanted = groups(project, card)
    names = themes(project, card)
    layouts = sorted(project.layoutManager().printLayouts(), key=lambda one: one.name())
    followed = {}
    for one in layouts:
        for item in one.items():
            if isinstance(item, QgsLayoutItemMap):
                followed.setdefault(item.followVisibilityPresetName(), []).append(one.name())
    check(sorted(followed) == names, f"themes {names}, followed {sorted(followed)}")
    counts = {len(ones) for ones in followed.values()}
    # A4 and A3, in one language or in two
    check(counts in ({2}, {4}), f"layouts a theme: {counts}")
    for one in layouts:
        layout(project, one, out, asked.pdf)
    metadata(project, package, card)
    print(f"{asked.package}: {len(project.mapLayers())} layers, {len(wanted)} indicators, {len(names)} themes, {len(layouts)} layouts, "
          f"{len(found)} wrong; pictures in {out}")
    project.clear()
    application.exitQgis()
    shutil.rmtree(folder)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
