"""Files of tests/formats/parquet_forms.rs: forms of Parquet that other programs write.

    python tests/oracles/parquet_forms.py

Needs geopandas 1.2 and pyarrow 26. Writes tests/oracles/formats/: pq_KIND.parquet, one for each native encoding of GeoParquet 1.1;
pq_logical_*.parquet with the types GEOMETRY and GEOGRAPHY and no `geo` metadata; pq_values.parquet with moments of 96 bits, UUIDs, decimals, a
dictionary and a group; pq_checksum.parquet, whose pages have checksums. Made-up data.
"""
import decimal
import json
import os
import uuid
from datetime import datetime

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats")


def path(name):
    return os.path.join(HERE, f"pq_{name}.parquet")


SHAPES = {
    "linestring": ["LINESTRING (118 32, 119 33.5, 120 32)", None],
    "polygon": ["POLYGON ((118 32, 119 32, 119 33, 118 33, 118 32), (118.25 32.25, 118.25 32.5, 118.5 32.5, 118.25 32.25))", None],
    "multipoint": ["MULTIPOINT (118 32, 119 33)", None],
    "multilinestring": ["MULTILINESTRING ((118 32, 119 33), (120 32, 120 33, 121 33))", None],
    "multipolygon": ["MULTIPOLYGON (((118 32, 119 32, 119 33, 118 32)), ((120 32, 121 32, 121 33, 120 32), (120.5 32.125, 120.75 32.125, 120.75 32.25, 120.5 32.125)))", None],
}
for kind, wkts in SHAPES.items():
    frame = geopandas.GeoDataFrame({"code": ["01", "02"]}, geometry=geopandas.GeoSeries.from_wkt(wkts), crs=4490)
    frame.to_parquet(path(kind), geometry_encoding="geoarrow", schema_version="1.1.0", index=False)
# heights come along and are left out
high = geopandas.GeoDataFrame({"code": ["01"]}, geometry=geopandas.GeoSeries.from_wkt(["LINESTRING Z (118 32 5, 119 33 6)"]), crs=4490)
high.to_parquet(path("linestring_z"), geometry_encoding="geoarrow", schema_version="1.1.0", index=False)


class Wkb(pa.ExtensionType):
    """What pyarrow writes as GEOMETRY, or as GEOGRAPHY where the edges are spherical."""

    def __init__(self, metadata="{}"):
        self.metadata = metadata
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self):
        return self.metadata.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls(serialized.decode())


pa.register_extension_type(Wkb())
POINTS = [shapely.to_wkb(shapely.Point(118.5, 32.25)), None, shapely.to_wkb(shapely.Point())]
for name, metadata in {
    "logical": {},
    "logical_4490": {"crs": {"type": "GeographicCRS", "name": "CGCS2000", "id": {"authority": "EPSG", "code": 4490}}},
    "logical_srid": {"crs": "srid:4549", "crs_type": "srid"},
    "logical_sphere": {"edges": "spherical"},
}.items():
    shapes = pa.ExtensionArray.from_storage(Wkb(json.dumps(metadata)), pa.array(POINTS, pa.binary()))
    box = pa.array([{"xmin": 1.0, "ymin": 2.0, "xmax": 3.0, "ymax": 4.0}] * 3)
    table = pa.table({"code": pa.array(["01", "02", "03"]), "wkt": pa.array(["POINT (1 2)"] * 3), "place": shapes, "bbox": box})
    pq.write_table(table, path(name), store_schema=False)

ids = ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6", None, "00000000-0000-0000-0000-000000000001"]
ids = pa.array([one and uuid.UUID(one).bytes for one in ids], pa.binary(16))
moments = [datetime(9999, 12, 31), datetime(1600, 1, 1, 0, 0, 0, 250_000), None]
values = pa.table({
    "id": pa.ExtensionArray.from_storage(pa.uuid(), ids),
    "hash": pa.array([b"0123456789abcdef"] * 3, pa.binary(16)),
    "until": pa.array(moments, pa.timestamp("us")),
    "price": pa.array([decimal.Decimal("12.125"), None, decimal.Decimal("-0.001")], pa.decimal128(20, 3)),
    "whole": pa.array([decimal.Decimal("9007199254740993"), None, decimal.Decimal("99999999999999999999")], pa.decimal128(20, 0)),
    "kind": pa.array(["学校", "学校", None]).dictionary_encode(),
    "list": pa.array([[1], [], None]),
})
pq.write_table(values, path("values"), use_deprecated_int96_timestamps=True)
pq.write_table(pa.table({"a": pa.array(range(100))}), path("checksum"), write_page_checksum=True, compression="none", use_dictionary=False)

for name in sorted(os.listdir(HERE)):
    if name.startswith("pq_"):
        schema = pq.ParquetFile(os.path.join(HERE, name)).schema
        print(name, os.path.getsize(os.path.join(HERE, name)), str(schema).split("\n", 1)[1].replace("\n", " ")[:300])
