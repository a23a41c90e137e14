"""Rasters of tests/formats/rasters.rs, written by GDAL, with the sums that they hold.

    python3 tests/oracles/rasters.py      # needs GDAL's Python bindings and numpy; written with GDAL 3.6.2, numpy 1.24.2

Writes tests/oracles/rasters/: one small file for each way of packing, sums.csv (what numpy counts in the arrays that went in, and what
GDAL reads back) and the regions zones_synthetic.geojson; raster_zones.py computes zones.csv from them. Made-up data.
"""
import csv
import os
import numpy as np
from osgeo import gdal, osr

gdal.UseExceptions()
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rasters")
os.makedirs(HERE, exist_ok=True)
COLUMNS, ROWS = 67, 45  # no multiple of any tile or strip
TYPES = {"u8": gdal.GDT_Byte, "i8": gdal.GDT_Byte, "u16": gdal.GDT_UInt16, "i16": gdal.GDT_Int16, "u32": gdal.GDT_UInt32,
         "i32": gdal.GDT_Int32, "f32": gdal.GDT_Float32, "f64": gdal.GDT_Float64}


def people(seed, kind):
    """Counts, many of them 0, some no data, and a few that can not be meant."""
    random = np.random.default_rng(seed)
    cells = np.where(random.random((ROWS, COLUMNS)) < 0.4, 0.0, random.gamma(0.8, 30.0, (ROWS, COLUMNS)))
    if kind[0] != "f":
        cells = np.floor(np.minimum(cells, 120))
    nodata = {"u8": 255, "u16": 65535, "u32": 4294967295}.get(kind, -99 if kind == "i8" else -9999)
    cells[random.random((ROWS, COLUMNS)) < 0.15] = nodata
    if kind[0] in "if":
        cells[3, 5] = cells[40, 60] = -2
    if kind[0] == "f":
        cells[7, 7] = np.nan
        cells[8, 8] = np.inf
    return cells, nodata


def write(name, cells, nodata, options, kind="f32", epsg=4490, transform=(118.0, 0.03, 0.0, 33.2, 0.0, -0.03), bands=1):
    path = os.path.join(HERE, f"{name}_synthetic.tif")
    options = list(options) + (["PIXELTYPE=SIGNEDBYTE"] if kind == "i8" else [])
    file = gdal.GetDriverByName("GTiff").Create(path, cells.shape[1], cells.shape[0], bands, TYPES[kind], options)
    file.SetGeoTransform(transform)
    if epsg:
        crs = osr.SpatialReference()
        if isinstance(epsg, int):
            crs.ImportFromEPSG(epsg)
        else:
            crs.ImportFromProj4(epsg)
        file.SetProjection(crs.ExportToWkt())
    for band in range(1, bands + 1):
        if nodata is not None:
            file.GetRasterBand(band).SetNoDataValue(nodata)
        own = cells if band == 1 else np.where(np.isfinite(cells) & (cells != nodata), cells * band, cells)
        if kind == "i8":
            own = own.astype(np.int8).view(np.uint8)
        file.GetRasterBand(band).WriteArray(own)
    file = None
    return path


def read_back(path, kind):
    cells = gdal.Open(path).ReadAsArray()
    if kind == "i8":
        cells = cells.view(np.int8)
    return cells.astype(np.float64)


def counted(cells, nodata):
    is_nodata = np.zeros(cells.shape, bool) if nodata is None else (np.isnan(cells) if np.isnan(nodata) else cells == nodata)
    known = cells[~is_nodata]
    finite = known[np.isfinite(known)]
    return dict(cells=cells.size, no_data=int(is_nodata.sum()), zero=int((finite == 0).sum()), negative=int((finite < 0).sum()),
                no_number=int((~np.isfinite(known)).sum()), positive=int((finite > 0).sum()), sum=float(finite[finite > 0].sum()))


rows = []


def add(name, path, kind, cells, nodata):
    put_in = cells.astype({"f32": np.float32, "f64": np.float64}.get(kind, np.float64)).astype(np.float64)
    back = read_back(path, kind)
    if back.ndim == 3:
        back = back[0]
    wanted, found = counted(put_in, nodata), counted(back, nodata)
    assert wanted == found, (name, wanted, found)
    rows.append({"file": os.path.basename(path), "type": kind, **found})


TILED = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
PACKED = {"none": [], "deflate": ["COMPRESS=DEFLATE"], "lzw": ["COMPRESS=LZW"], "packbits": ["COMPRESS=PACKBITS"]}
seed = 0
# every type with every compression, tiles and strips by turns
for kind in TYPES:
    for at, (packing, options) in enumerate(PACKED.items()):
        seed += 1
        cells, nodata = people(seed, kind)
        layout = TILED if (seed + at) % 2 else ["BLOCKYSIZE=7"]
        name = f"{kind}_{packing}"
        add(name, write(name, cells, nodata, options + layout, kind), kind, cells, nodata)
for kind in ("u8", "i16", "u32", "f32", "f64"):
    for packing in ("deflate", "lzw"):
        for predictor in (2, 3):
            if predictor == 3 and kind[0] != "f":
                continue
            for layout_name, layout in (("tiles", TILED), ("strips", ["BLOCKYSIZE=7"])):
                seed += 1
                cells, nodata = people(seed, kind)
                name = f"{kind}_{packing}_p{predictor}_{layout_name}"
                options = PACKED[packing] + [f"PREDICTOR={predictor}"] + layout
                add(name, write(name, cells, nodata, options, kind), kind, cells, nodata)
for name, kind, options in (("big_endian", "f32", ["ENDIANNESS=BIG", "COMPRESS=DEFLATE", "PREDICTOR=2"] + TILED),
                            ("big_endian_i16", "i16", ["ENDIANNESS=BIG"]),
                            ("bigtiff", "f32", ["BIGTIFF=YES", "COMPRESS=DEFLATE"] + TILED),
                            ("bigtiff_big_endian", "u16", ["BIGTIFF=YES", "ENDIANNESS=BIG"]),
                            ("one_strip", "f32", [f"BLOCKYSIZE={ROWS}", "COMPRESS=DEFLATE"])):
    seed += 1
    cells, nodata = people(seed, kind)
    add(name, write(name, cells, nodata, options, kind), kind, cells, nodata)
# no value for no data; not a number for no data; the least float32 for no data, as some producers have it
for name, nodata in (("nodata_none", None), ("nodata_nan", float("nan")), ("nodata_least", float(np.finfo(np.float32).min))):
    seed += 1
    cells, was = people(seed, "f32")
    cells[cells == was] = 0.0 if nodata is None else nodata
    cells = cells.astype(np.float32).astype(np.float64)
    add(name, write(name, cells, nodata, ["COMPRESS=DEFLATE"], "f32"), "f32", cells, nodata)
# tiles that are not stored
seed += 1
cells, nodata = people(seed, "f32")
cells[16:48, :40] = nodata
path = os.path.join(HERE, "sparse_synthetic.tif")
file = gdal.GetDriverByName("GTiff").Create(path, COLUMNS, ROWS, 1, gdal.GDT_Float32, TILED + ["SPARSE_OK=TRUE"])
file.SetGeoTransform((118.0, 0.03, 0.0, 33.2, 0.0, -0.03))
crs = osr.SpatialReference()
crs.ImportFromEPSG(4490)
file.SetProjection(crs.ExportToWkt())
file.GetRasterBand(1).SetNoDataValue(nodata)
for y in range(0, ROWS, 16):
    for x in range(0, COLUMNS, 16):
        block = cells[y:y + 16, x:x + 16]
        if (block != nodata).any():
            file.GetRasterBand(1).WriteArray(block, x, y)
file = None
add("sparse", path, "f32", cells, nodata)
# three bands, pixel by pixel and band by band
cells, nodata = people(99, "f32")
for name, options in (("bands", ["INTERLEAVE=PIXEL", "COMPRESS=DEFLATE", "PREDICTOR=2", "PHOTOMETRIC=MINISBLACK"] + TILED),
                      ("bands_apart", ["INTERLEAVE=BAND", "PHOTOMETRIC=MINISBLACK"])):
    add(name, write(name, cells, nodata, options, "f32", bands=3), "f32", cells, nodata)
# a Cloud Optimized GeoTIFF with overviews
cells, nodata = people(100, "f32")
plain = write("cog_plain", cells, nodata, [], "f32")
path = os.path.join(HERE, "cog_synthetic.tif")
gdal.GetDriverByName("COG").CreateCopy(path, gdal.Open(plain), options=["BLOCKSIZE=128", "COMPRESS=DEFLATE", "OVERVIEWS=NONE"])
add("cog", path, "f32", cells, nodata)
file = gdal.Open(plain, gdal.GA_Update)
file.BuildOverviews("AVERAGE", [2, 4])
file = None
add("overviews", plain, "f32", cells, nodata)
os.rename(plain, os.path.join(HERE, "overviews_synthetic.tif"))
rows[-1]["file"] = "overviews_synthetic.tif"

# scaled as it is read
write("scaled", cells, nodata, [], "f32")
file = gdal.Open(os.path.join(HERE, "scaled_synthetic.tif"), gdal.GA_Update)
file.GetRasterBand(1).SetScale(0.1)
file = None
# what is refused
write("zstd", cells, nodata, ["COMPRESS=ZSTD"], "f32")
gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
path = write("masked", cells, None, [], "f32")
file = gdal.Open(path, gdal.GA_Update)
file.CreateMaskBand(gdal.GMF_PER_DATASET)
file.GetRasterBand(1).GetMaskBand().WriteArray(np.where(cells == nodata, 0, 255).astype(np.uint8))
file = None
write("user_crs", cells, nodata, [], "f32", "+proj=tmerc +lat_0=0 +lon_0=119.3 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m",
      (400_000.0, 3000.0, 0.0, 3_680_000.0, 0.0, -3000.0))
write("no_crs", cells, nodata, [], "f32", None)

with open(os.path.join(HERE, "sums.csv"), "w", newline="") as out:
    table = csv.DictWriter(out, rows[0], lineterminator="\n")
    table.writeheader()
    table.writerows(rows)

# --- zones: what lies in two regions -------------------------------------------------------------
ZONES = {
    "320101": [(118.31, 32.05), (119.02, 32.11), (119.13, 32.87), (118.43, 32.93)],
    "320102": [(119.02, 32.11), (119.77, 32.02), (119.71, 32.71), (119.13, 32.87)],
}


def dense(ring):
    """The ring with a corner every hundredth of its sides: regions are polygons of the study plane, where long sides bend."""
    return [(x0 + (x1 - x0) * k / 100, y0 + (y1 - y0) * k / 100) for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1]) for k in range(100)]


ZONES = {code: dense(ring) for code, ring in ZONES.items()}


ring_of = lambda ring: [list(at) for at in ring + ring[:1]]
with open(os.path.join(HERE, "zones_synthetic.geojson"), "w") as out:
    features = [f'{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring_of(ring)}]}}}}'
                for code, ring in ZONES.items()]
    out.write('{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n")

cells, nodata = people(200, "f32")
cells = np.where(np.isfinite(cells), cells, 0).astype(np.float32).astype(np.float64)
young = np.where((cells > 0), np.floor(cells * 0.2), cells)


def zone(name, cells, transform, epsg, options=(), point=False):
    if point:
        gdal.SetConfigOption("GTIFF_POINT_GEO_IGNORE", "NO")
    path = write(name, cells, nodata, options, "f32", epsg, transform)
    if point:
        file = gdal.Open(path, gdal.GA_Update)
        file.SetMetadataItem("AREA_OR_POINT", "Point")
        file = None
        assert gdal.Open(path).GetGeoTransform() == transform


DEGREES = (118.0, 0.03, 0.0, 33.2, 0.0, -0.03)
zone("zone_strips", cells, DEGREES, 4490)
zone("zone_tiles", cells, DEGREES, 4490, TILED + ["COMPRESS=DEFLATE", "PREDICTOR=3"])
zone("zone_young", young, DEGREES, 4490)
zone("zone_point", cells, DEGREES, 4490, point=True)
zone("zone_4549", cells, (300_000.0, 3000.0, 0.0, 3_680_000.0, 0.0, -3000.0), 4549)
# turned by 20 degrees
c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
zone("zone_rotated", cells, (300_000.0, 3000.0 * c, 3000.0 * s, 3_620_000.0, 3000.0 * s, -3000.0 * c), 4549, TILED)
# a much larger raster of which the zones are a small part
wide = np.zeros((1500, 2000), np.uint8)
wide[::10, ::10] = 7
write("wide", wide, 255, ["COMPRESS=DEFLATE", "TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256"], "u8", 4326, (100.0, 0.02, 0.0, 45.0, 0.0, -0.02))
