"""Files of tests/formats/formats.rs, written by GDAL: the same three records in every format.

    python3 tests/oracles/formats.py      # needs GDAL's Python bindings

Writes tests/oracles/formats/: places.gpkg (layers areas, stops; table notes), areas_gbk.shp, areas_utf8.shp, areas_bare.shp (GBK, but no
.cpg, no mark in the header and no .prj), list.xlsx, areas.kml, areas.fgb (with an index, so in the order of the index), shapes.fgb (without one,
every type of geometry and of column; GDAL 3.6 leaves features without a geometry out of both). Made-up data.
"""
import os
from osgeo import gdal, ogr, osr

gdal.UseExceptions()
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")
AREAS = [
    # code, name, people, share, opened, checked, geometry
    ("000101", "玄武区", 12_345_678_901, 0.25, (2024, 12, 5), True,
     "MULTIPOLYGON (((118 32,119 32,119 33,118 33,118 32),(118.2 32.2,118.2 32.4,118.4 32.4,118.4 32.2,118.2 32.2)),((120 32,120.5 32,120.5 32.5,120 32)))"),
    ("000102", "鼓楼区（㙍）", None, 1e-7, None, False, "MULTIPOLYGON (((119 32,120 32,120 33,119 33,119 32)))"),
    ("000103", None, 0, None, (1999, 1, 31), None, None),
]


def crs(code):
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(code)
    reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return reference


def fields(layer, names, checked):
    for name, kind, width, precision in [(names[0], ogr.OFTString, 6, 0), (names[1], ogr.OFTString, 30, 0), (names[2], ogr.OFTInteger64, 0, 0),
                                         (names[3], ogr.OFTReal, 0, 0), (names[4], ogr.OFTDate, 0, 0)]:
        field = ogr.FieldDefn(name, kind)
        field.SetWidth(width)
        field.SetPrecision(precision)
        layer.CreateField(field)
    if checked:
        field = ogr.FieldDefn(names[5], ogr.OFTInteger)
        field.SetSubType(ogr.OFSTBoolean)
        layer.CreateField(field)


def fill(layer, with_geometry=True, plain=False):
    for code, name, people, share, opened, checked, wkt in AREAS:
        feature = ogr.Feature(layer.GetLayerDefn())
        if name is not None and plain:
            name = name.replace("（㙍）", "")
        for at, value in enumerate((code, name, people, share, opened, checked)):
            if at >= layer.GetLayerDefn().GetFieldCount():
                continue
            if value is None:
                feature.SetFieldNull(at)
            elif isinstance(value, tuple):
                feature.SetField(at, *value, 0, 0, 0, 0)
            else:
                feature.SetField(at, int(value) if isinstance(value, bool) else value)
        if with_geometry and wkt:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        layer.CreateFeature(feature)


def fresh(driver, name):
    path = os.path.join(HERE, name)
    if os.path.exists(path):
        ogr.GetDriverByName(driver).DeleteDataSource(path)
    return ogr.GetDriverByName(driver).CreateDataSource(path)


NAMES = ["code", "名称", "people", "share", "opened", "checked"]
data = fresh("GPKG", "places.gpkg")
layer = data.CreateLayer("areas", crs(4490), ogr.wkbMultiPolygon)
fields(layer, NAMES, True)
fill(layer)
layer = data.CreateLayer("stops", crs(4549), ogr.wkbPoint25D)
layer.CreateField(ogr.FieldDefn("stop", ogr.OFTString))
for stop, wkt in [("a", "POINT Z (500000 3550000 12)"), ("b", "POINT Z (501000.5 3551000.25 -3)"), ("c", "POINT EMPTY")]:
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetField(0, stop)
    feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    layer.CreateFeature(feature)
layer = data.CreateLayer("notes", None, ogr.wkbNone)
for name, kind in [("note", ogr.OFTString), ("picture", ogr.OFTBinary)]:
    layer.CreateField(ogr.FieldDefn(name, kind))
feature = ogr.Feature(layer.GetLayerDefn())
feature.SetField(0, "内部")
feature.SetFieldBinaryFromHexString(1, "00ff")
layer.CreateFeature(feature)
data = None

for name, encoding, code in [("areas_gbk", "GBK", 4490), ("areas_utf8", "UTF-8", 4490), ("areas_bare", "GBK", None)]:
    data = fresh("ESRI Shapefile", name + ".shp")
    layer = data.CreateLayer(name, crs(code) if code else None, ogr.wkbPolygon, ["ENCODING=" + encoding])
    fields(layer, NAMES, False)
    # GBK has no 㙍
    fill(layer, plain=encoding == "GBK")
    data = None
bare = os.path.join(HERE, "areas_bare")
os.remove(bare + ".cpg")
with open(bare + ".dbf", "r+b") as file:
    file.seek(29)
    file.write(b"\0")

data = fresh("XLSX", "list.xlsx")
layer = data.CreateLayer("卫生院", None, ogr.wkbNone)
for name, kind in [("编号", ogr.OFTString), ("名称", ogr.OFTString), ("经度", ogr.OFTReal), ("纬度", ogr.OFTReal), ("床位", ogr.OFTInteger), ("开办", ogr.OFTDate)]:
    layer.CreateField(ogr.FieldDefn(name, kind))
for row in [("0012", "白下卫生院", 118.8, 32.05, 40, (2001, 3, 4)), ("0013", "无位置", None, None, None, None), ("0014", "浦口", 118.6, 32.1, 7, None)]:
    feature = ogr.Feature(layer.GetLayerDefn())
    for at, value in enumerate(row):
        if isinstance(value, tuple):
            feature.SetField(at, *value, 0, 0, 0, 0)
        elif value is not None:
            feature.SetField(at, value)
    layer.CreateFeature(feature)
layer = data.CreateLayer("second", None, ogr.wkbNone)
layer.CreateField(ogr.FieldDefn("only", ogr.OFTInteger))
feature = ogr.Feature(layer.GetLayerDefn())
feature.SetField(0, 7)
layer.CreateFeature(feature)
data = None

data = fresh("KML", "areas.kml")
layer = data.CreateLayer("areas", crs(4326), ogr.wkbUnknown)
for name in ("Name", "code", "称呼"):
    layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
for code, name, _, _, _, _, wkt in AREAS:
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetField("code", code)
    if name is not None:
        feature.SetField("Name", name)
        feature.SetField("称呼", name + " <&>")
    if wkt:
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
    layer.CreateFeature(feature)
data = None

data = fresh("FlatGeobuf", "areas.fgb")
layer = data.CreateLayer("areas", crs(4490), ogr.wkbMultiPolygon)
fields(layer, NAMES, True)
fill(layer)
data = None

data = fresh("FlatGeobuf", "shapes.fgb")
layer = data.CreateLayer("shapes", crs(4549), ogr.wkbUnknown, ["SPATIAL_INDEX=NO"])
for name, kind, sub in [("whole", ogr.OFTInteger, None), ("short", ogr.OFTInteger, ogr.OFSTInt16), ("single", ogr.OFTReal, ogr.OFSTFloat32),
                        ("when", ogr.OFTDateTime, None), ("more", ogr.OFTString, ogr.OFSTJSON), ("picture", ogr.OFTBinary, None)]:
    field = ogr.FieldDefn(name, kind)
    if sub is not None:
        field.SetSubType(sub)
    layer.CreateField(field)
for wkt in ["POINT Z (500000 3550000 12)", "LINESTRING (0 0,1 1,2 0)", "POLYGON ((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))",
            "MULTIPOINT M ((1 2 9),(3 4 9))", "MULTILINESTRING ((0 0,1 1),(5 5,6 6,7 5))",
            "MULTIPOLYGON (((0 0,1 0,1 1,0 0)),((5 5,9 5,9 9,5 9,5 5),(6 6,6 7,7 7,7 6,6 6)))",
            "GEOMETRYCOLLECTION (POINT (1 2),LINESTRING (0 0,1 1))", "CIRCULARSTRING (0 0,1 1,2 0)", None]:
    feature = ogr.Feature(layer.GetLayerDefn())
    if wkt:
        feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
        feature.SetField("whole", 7)
        feature.SetField("short", -7)
        feature.SetField("single", 0.5)
        feature.SetField("when", 2024, 12, 5, 8, 30, 0, 100)
        feature.SetField("more", '{"a": [1]}')
        feature.SetFieldBinaryFromHexString(5, "00ff")
    layer.CreateFeature(feature)
data = None
