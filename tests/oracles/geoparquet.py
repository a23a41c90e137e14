"""Files of tests/formats/geoparquet.rs: GeoParquet and Parquet as geopandas and Arrow write them.

    python tests/oracles/geoparquet.py

Needs geopandas 1.2 and pyarrow 26. Writes tests/oracles/formats/: gp_geopandas.parquet (1.1, WKB with covering rectangles),
gp_points.parquet (points in their own encoding), gp_lines.parquet (lines in theirs), gp_bare.parquet (1.0 without a crs member),
gp_types.parquet (every type of column, no geometry). Made-up data.
"""
import datetime
import decimal
import json
import os

import geopandas
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")


def path(name):
    return os.path.join(HERE, name)


areas = geopandas.GeoDataFrame(
    {
        "code": ["000101", "000102", "000103"],
        "名称": ["玄武区", "鼓楼区（㙍）", None],
        "people": pandas.array([12_345_678_901, None, 0], dtype="Int64"),
        "share": [0.25, 1e-7, None],
        "opened": [datetime.date(2024, 12, 5), None, datetime.date(1999, 1, 31)],
        "checked": [True, False, None],
        "second": geopandas.GeoSeries.from_wkt(["POINT (1 2)", None, None], crs=4490),
    },
    geometry=geopandas.GeoSeries.from_wkt([
        "MULTIPOLYGON (((118 32,119 32,119 33,118 33,118 32),(118.2 32.2,118.2 32.4,118.4 32.4,118.4 32.2,118.2 32.2)),((120 32,120.5 32,120.5 32.5,120 32)))",
        "POLYGON ((119 32,120 32,120 33,119 33,119 32))",
        None,
    ], crs=4490),
    crs=4490,
)
areas.to_parquet(path("gp_geopandas.parquet"), write_covering_bbox=True, schema_version="1.1.0", compression="zstd", index=False)

stops = geopandas.GeoDataFrame({"stop": ["a", "b", "c"]}, geometry=geopandas.GeoSeries.from_wkt(["POINT (500000 3550000)", "POINT (501000.5 3551000.25)", None]), crs=4549)
stops.to_parquet(path("gp_points.parquet"), geometry_encoding="geoarrow", schema_version="1.1.0", index=False)
lines = geopandas.GeoDataFrame({"a": [1]}, geometry=geopandas.GeoSeries.from_wkt(["LINESTRING (0 0, 1 1)"]), crs=4326)
lines.to_parquet(path("gp_lines.parquet"), geometry_encoding="geoarrow", schema_version="1.1.0", index=False)

# no crs member: longitude and latitude by the standard; snappy, a dictionary, a row group for each row
wkb = [shapely.Point(118.8, 32.05).wkb, b"\x01\x02\x00\x00\x00\xff\xff\xff\xff", None]
table = pa.table({"kind": pa.array(["a", "b", "a"]).dictionary_encode(), "g": pa.array(wkb, pa.binary())})
geo = {"version": "1.0.0", "primary_column": "g", "columns": {"g": {"encoding": "WKB", "geometry_types": []}}}
pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path("gp_bare.parquet"), compression="snappy", row_group_size=1)

utc = datetime.timezone.utc
when = datetime.datetime(2024, 12, 5, 8, 30, 0, 123400)
columns = {
    "int8": pa.array([-8, None], pa.int8()),
    "uint8": pa.array([200, None], pa.uint8()),
    "uint32": pa.array([4_000_000_000, None], pa.uint32()),
    "uint64": pa.array([18_000_000_000_000_000_000, None], pa.uint64()),
    "float16": pa.array([0.5, None], pa.float16()),
    "float32": pa.array([0.25, float("nan")], pa.float32()),
    "date32": pa.array([datetime.date(2024, 12, 5), None], pa.date32()),
    "date64": pa.array([datetime.date(2024, 12, 5), None], pa.date64()),
    "second": pa.array([when.replace(microsecond=0), None], pa.timestamp("s")),
    "micro": pa.array([when, None], pa.timestamp("us")),
    "zoned": pa.array([when.replace(tzinfo=utc), None], pa.timestamp("ns", tz="Asia/Shanghai")),
    "time": pa.array([datetime.time(8, 30), None], pa.time64("us")),
    "decimal": pa.array([decimal.Decimal("12345678901234567890.25"), None], pa.decimal128(30, 2)),
    "whole": pa.array([decimal.Decimal("42"), None], pa.decimal128(10, 0)),
    "large": pa.array(["大", None], pa.large_string()),
    "category": pa.array(["x", None]).dictionary_encode(),
    "bytes": pa.array([b"\x00\xff", None], pa.binary()),
    "list": pa.array([[1, 2], None], pa.list_(pa.int64())),
    "group": pa.array([{"a": 1}, None], pa.struct([("a", pa.int64())])),
    "nothing": pa.array([None, None], pa.null()),
    "lon": pa.array([118.8, None], pa.float64()),
    "lat": pa.array([32.05, None], pa.float64()),
}
pq.write_table(pa.table(columns), path("gp_types.parquet"), compression="brotli")
