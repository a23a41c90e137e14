#!/usr/bin/env python3
"""What one OpenStreetMap extract of Liechtenstein holds, taken out by PyOsmium, Shapely and pyproj: nothing of tongda is used.

    python3 tests/oracles/osm_liechtenstein.py ../shared/data/liechtenstein/liechtenstein-latest.osm.pbf > tests/oracles/osm_liechtenstein.csv

Written with osmium 4.3.2, shapely 2.2.0 and pyproj 3.7.2 (pip install osmium shapely pyproj). Rows: what, key, value. Areas and distances
are geodesic on WGS 84 (pyproj.Geod); lengths of borders are measured in EPSG:32632, as the study does. Regions come from libosmium's own
multipolygon assembler, not from rings joined by this script. Data: © OpenStreetMap contributors, ODbL 1.0.
"""
import csv
import itertools
import sys

import osmium
from pyproj import Geod, Transformer
from shapely import transform, wkb
from shapely.geometry import Point

GEOD = Geod(ellps="WGS84")
TO_PLANE = Transformer.from_crs(4326, 32632, always_xy=True).transform
HOMES = set("yes house residential apartments detached semidetached_house semi terrace bungalow dormitory farm hut cabin static_caravan".split())
NO_SHELTER = set("public_transport weather_shelter picnic_shelter sun_shelter gazebo field_shelter lean_to rock_shelter".split())

factory = osmium.geom.WKBFactory()


class Areas(osmium.SimpleHandler):
    """Everything that libosmium makes an area of, and nodes and relations as they are."""

    def __init__(self):
        super().__init__()
        self.regions, self.buildings, self.points, self.stops, self.routes = {}, {}, {}, {}, []

    def facility(self, key, tags, lon, lat):
        if tags.get("amenity") == "school":
            self.points.setdefault("school", {})[key] = (lon, lat)
        if tags.get("emergency") == "assembly_point" or (
            tags.get("amenity") == "shelter" and tags.get("shelter_type") not in NO_SHELTER
        ):
            self.points.setdefault("shelter", {})[key] = (lon, lat)
        if tags.get("highway") == "bus_stop":
            self.points.setdefault("bus_stop", {})[key] = (lon, lat)

    def node(self, node):
        self.stops[node.id] = (node.location.lon, node.location.lat)
        self.facility(f"node/{node.id}", node.tags, node.location.lon, node.location.lat)

    def area(self, area):
        tags = area.tags
        key = f"{'way' if area.from_way() else 'relation'}/{area.orig_id()}"
        is_region = tags.get("boundary") == "administrative" and tags.get("admin_level") == "8" and not area.from_way()
        is_building = tags.get("building", "no") in HOMES
        is_place = "amenity" in tags or "emergency" in tags
        if not (is_region or is_building or is_place):
            return
        shape = wkb.loads(factory.create_multipolygon(area), hex=True)
        if is_region:
            self.regions[area.orig_id()] = (tags["name"], shape)
        if is_building:
            try:
                levels = float(tags.get("building:levels", "1"))
            except ValueError:
                levels = 1.0
            ground = sum(abs(GEOD.geometry_area_perimeter(part)[0]) for part in shape.geoms)
            self.buildings[key] = (shape.centroid, ground * (levels if levels > 0 else 1.0))
        if is_place:
            self.facility(key, tags, shape.centroid.x, shape.centroid.y)

    def relation(self, relation):
        tags = dict(relation.tags)
        if tags.get("type") == "route" and tags.get("route") == "bus":
            self.routes.append((relation.id, tags, [(m.type, m.ref, m.role) for m in relation.members]))


def sequences(tags, members, stops):
    """Places called at, for each direction, from the extract's own roles."""
    nodes = [(ref, role) for kind, ref, role in members if kind == "n" and ref in stops]
    if tags.get("public_transport:version") == "2":
        # a platform stands beside its stop here; where the stop is missing the platform says as much
        return [[stops[ref] for ref, _ in nodes]]
    there = [stops[ref] for ref, role in nodes if not role.startswith("backward")]
    back = [stops[ref] for ref, role in nodes if not role.startswith("forward")]
    if len(there) > 1 and len(back) > 1:
        # the way back is listed along the way there when its stops pass by in the same order: count the steps that do
        near = [min(range(len(there)), key=lambda n: GEOD.inv(*there[n], *at)[2]) for at in back]
        ups = sum(b > a for a, b in zip(near, near[1:]))
        downs = sum(b < a for a, b in zip(near, near[1:]))
        if ups > downs:
            back.reverse()
    return [there, back]


def main():
    handler = Areas()
    handler.apply_file(sys.argv[1], locations=True)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["what", "key", "value"])
    regions = handler.regions
    plane = {key: transform(shape, TO_PLANE, interleaved=False) for key, (_, shape) in regions.items()}
    for key in sorted(regions):
        name, shape = regions[key]
        area = sum(abs(GEOD.geometry_area_perimeter(part)[0]) for part in shape.geoms)
        out.writerow(["region", key, name])
        out.writerow(["parts", key, len(shape.geoms)])
        out.writerow(["area_km2", key, f"{area / 1e6:.4f}"])

    def home(at):
        return next((key for key in sorted(regions) if regions[key][1].covers(Point(at))), None)

    joined = {}
    for _, tags, members in handler.routes:
        for calls in sequences(tags, members, handler.stops):
            homes = [home(at) for at in calls]
            for i, a in enumerate(homes):
                for b in homes[i + 1 :]:
                    if a and b and a != b:
                        joined.setdefault((a, b), set()).add(tags.get("ref"))
    for a, b in itertools.combinations(sorted(regions), 2):
        length = plane[a].boundary.intersection(plane[b].boundary).length
        if length > 0:
            out.writerow(["border_m", f"{a}-{b}", f"{length:.1f}"])
        if length >= 500:
            # a line that runs there and back
            lines = joined.get((a, b), set()) & joined.get((b, a), set())
            out.writerow(["joined", f"{a}-{b}", "yes" if lines else "no"])

    for kind in sorted(handler.points):
        out.writerow(["count", kind, len(handler.points[kind])])
    out.writerow(["count", "home", len(handler.buildings)])
    total = sum(area for _, area in handler.buildings.values())
    out.writerow(["floor_area_m2", "all", f"{total:.1f}"])
    nearest = {}
    for kind in ("school", "shelter", "bus_stop"):
        places = list(handler.points[kind].values())
        for key, (at, _) in handler.buildings.items():
            lons, lats = [at.x] * len(places), [at.y] * len(places)
            nearest[kind, key] = min(GEOD.inv(lons, lats, [p[0] for p in places], [p[1] for p in places])[2])
    inside = {key for key, (at, _) in handler.buildings.items() if home((at.x, at.y))}

    def weigh(keys):
        return sum(handler.buildings[key][1] for key in keys)

    out.writerow(["floor_area_m2", "in regions", f"{weigh(inside):.1f}"])
    for kind, limit in (("school", 1000), ("bus_stop", 500)):
        near = [key for key in inside if nearest[kind, key] <= limit]
        out.writerow(["share", f"{kind} within {limit} m", f"{weigh(near) / weigh(inside):.6f}"])
    mean = sum(nearest["shelter", key] * handler.buildings[key][1] for key in inside) / weigh(inside)
    out.writerow(["mean_m", "shelter", f"{mean:.3f}"])


main()
