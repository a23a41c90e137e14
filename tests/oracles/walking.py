"""Walking along the streets and over the squares of an OpenStreetMap extract, without tongda: PyOsmium, Shapely, pyproj, SciPy.

Who walks where is said anew here, after the OpenStreetMap wiki (Key:highway, Key:foot, Key:access, Tag:highway=pedestrian, Tag:railway=platform,
Relation:multipolygon) and the foot profiles of OSRM, Valhalla and GraphHopper: all walk on highway=platform, railway=platform and
public_transport=platform, on man_made=pier (OSRM, GraphHopper), on areas along their outline, and through lifts. A square is crossed as OpenTripPlanner does with areaVisibility:
between the nodes that see each other. What sees what is asked of Shapely: the square, a hair wider, covers the line.

`Network(file, epsg)` is the graph with the steps that docs/streets.md describes; `Network(file, epsg, steps=False)` has none, and
`free=True` in `metres` lets every place on a square, or beside one, walk off straight to all that it sees.
"""
import itertools
import math

import numpy as np
import osmium
import shapely
from pyproj import Geod, Transformer
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

STREETS = set(
    "footway path pedestrian steps living_street residential service unclassified road tertiary tertiary_link secondary secondary_link "
    "primary primary_link track bridleway platform corridor elevator".split()
)
BY_SIGN = {"trunk", "trunk_link", "cycleway"}
LET_IN, KEPT_OUT = {"yes", "designated", "permissive"}, {"no", "private", "use_sidepath"}
NOT_THERE = {"proposed", "planned", "construction", "razed", "abandoned", "no"}
GEOD = Geod(ellps="GRS80")
STEP, MOST_CORNERS, MOST_NODES = 25.0, 500, 200
MAX_SNAP, MIN_PART, PAST_ISLAND = 250.0, 1000.0, 50.0
HAIR = 1e-4


def is_platform(tags):
    if tags.get("man_made") == "pier" and "highway" not in tags:
        return True
    return "platform" in (tags.get("highway"), tags.get("railway"), tags.get("public_transport"))


def is_walked(tags):
    values = lambda key: {part.strip() for part in tags.get(key, "").split(";")}
    highway, foot = tags.get("highway"), values("foot")
    if highway in STREETS:
        return bool(foot & LET_IN) or not (foot & KEPT_OUT or values("access") & {"no", "private"})
    if not highway and is_platform(tags):
        return bool(foot & LET_IN) or not (foot | values("access")) & {"no", "private"}
    sidewalk = values("sidewalk") & {"both", "left", "right", "yes"}
    return highway in BY_SIGN and bool(foot & LET_IN or (sidewalk and not foot & KEPT_OUT))


def is_ferry(tags):
    closed = {"no", "private"}
    return tags.get("route") == "ferry" and "highway" not in tags and not {tags.get("foot"), tags.get("access")} & closed


def is_bridge(tags):
    return tags.get("bridge", "no") not in {"no", "boardwalk"}


def is_through(tags, is_area):
    """Whether nobody gets on or off on the way: ferries, bridges, tunnels, lifts, squares below the ground, platforms off it."""
    tunnel = tags.get("tunnel", "no") not in {"no", "building_passage", "covered", "arcade", "avalanche_protector"}
    layer = tags.get("layer", "0")
    is_off_ground = (layer != "0" and is_platform(tags)) or (is_area and layer in {"-1", "-2", "-3", "-4", "-5"})
    return is_ferry(tags) or tunnel or is_bridge(tags) or tags.get("highway") == "elevator" or is_off_ground


def kind(tags, is_area):
    if is_platform(tags):
        return "platform"
    if tags.get("highway") == "elevator":
        return "lift"
    return "bridge" if is_bridge(tags) else "outline" if is_area else "street"


def floor(tags):
    layer = tags.get("layer", "0")
    levels = {level.strip() for level in tags.get("level", "").split(";")} - {""}
    return "" if layer == "0" else layer, frozenset(levels or {"0"})


def meet(one, other):
    return one is not None and other is not None and one[0] == other[0] and bool(one[1] & other[1])


def keeps_out(tags):
    if "barrier" not in tags:
        return False
    if "foot" in tags:
        return tags["foot"] in {"no", "private"}
    if "access" in tags:
        return tags["access"] in {"no", "private"}
    return tags["barrier"] in {"wall", "fence", "hedge"}


class Extract(osmium.SimpleHandler):
    def __init__(self):
        super().__init__()
        self.nodes, self.barriers, self.ways, self.relations = {}, set(), {}, {}

    def node(self, node):
        self.nodes[node.id] = (node.location.lon, node.location.lat)
        if keeps_out({tag.k: tag.v for tag in node.tags}):
            self.barriers.add(node.id)

    def way(self, way):
        self.ways[way.id] = ([node.ref for node in way.nodes], {tag.k: tag.v for tag in way.tags})

    def relation(self, relation):
        tags = {tag.k: tag.v for tag in relation.tags}
        if tags.get("type") == "multipolygon":
            self.relations[relation.id] = ([(one.ref, one.role) for one in relation.members if one.type == "w"], tags)


def is_there(tags):
    return tags.get("highway", "no") not in NOT_THERE or is_ferry(tags) or is_platform(tags)


def is_area(nodes, tags):
    is_closed = len(nodes) >= 4 and nodes[0] == nodes[-1]
    return is_closed and (tags.get("area") == "yes" or (is_platform(tags) and tags.get("area") != "no"))


def closed_rings(ways):
    """Rings of ways that follow each other; `None` where some do not close."""
    rings, left = [], [list(way) for way in ways]
    while left:
        ring = left.pop()
        while ring[0] != ring[-1]:
            nth = next((at for at, way in enumerate(left) if ring[-1] in (way[0], way[-1])), None)
            if nth is None:
                return None
            way = left.pop(nth)
            ring += way[1:] if way[0] == ring[-1] else way[-2::-1]
        rings.append(ring)
    return rings


class Line:
    def __init__(self, nodes, tags, is_area=False):
        self.nodes, self.through, self.kind = list(nodes), is_through(tags, is_area), kind(tags, is_area)
        self.floor = None if self.through else floor(tags)
        self.level = is_bridge(tags) or tags.get("bridge") or tags.get("tunnel") or is_ferry(tags)


class Area(Line):
    def __init__(self, rings, tags):
        super().__init__([], tags, True)
        self.rings = [list(ring) for ring in rings]
        self.alike = self.through, self.kind, bool(self.level)


class Network:
    def __init__(self, file, epsg, steps=True):
        self.extract = Extract()
        self.extract.apply_file(file)
        self.to_plane = Transformer.from_crs(4326, epsg, always_xy=True)
        self.at = dict(self.extract.nodes)
        ids = list(self.at)
        places = np.array([self.at[node] for node in ids])
        plane = np.column_stack(self.to_plane.transform(places[:, 0], places[:, 1]))
        self.xy = {node: tuple(at) for node, at in zip(ids, plane.tolist())}
        self.made, self.steps = 0, steps
        self.read()
        self.meet()
        self.cross()
        self.join()

    # --- what is walked on

    def read(self):
        ways, has = self.extract.ways, self.extract.nodes
        says_nothing = {"type", "name", "source", "note", "created_by", "fixme", "FIXME", "description"}
        self.lines, self.areas, outlines = [], [], set()
        for members, tags in self.extract.relations.values():
            outer = [ref for ref, role in members if role in ("outer", "")]
            if not set(tags) - says_nothing and outer:
                found = [ways.get(ref, ([], {})) for ref in outer]
                if all(is_there(own) and (is_area(nodes, own) or own.get("highway") == "pedestrian" or is_platform(own)) for nodes, own in found):
                    tags = found[0][1]
            if not is_there(tags):
                continue
            outlines |= set(outer)
            nodes = {ref: ways[ref][0] for ref, _ in members if ref in ways and all(node in has for node in ways[ref][0])}
            rings = closed_rings(nodes.values()) if len(nodes) == len({ref for ref, _ in members}) else None
            if not is_walked(tags):
                continue
            if rings is None:
                self.lines += [Line(run, tags) for ref, _ in members if ref in ways for run in self.runs(ways[ref][0])]
                continue
            inner = {node for ref, role in members if role == "inner" for node in nodes[ref]}
            shells = [ring for ring in rings if not set(ring) <= inner]
            holes = [ring for ring in rings if set(ring) <= inner]
            for shell in shells:
                around = self.polygon([shell])
                mine = [hole for hole in holes if around.buffer(HAIR).covers(self.polygon([hole]))]
                self.areas.append(Area([shell, *mine], tags))
        for ref, (nodes, tags) in ways.items():
            if not (is_there(tags) and (is_walked(tags) or is_ferry(tags))):
                continue
            if is_area(nodes, tags):
                if ref in outlines:
                    continue
                if all(node in has for node in nodes):
                    self.areas.append(Area([nodes], tags))
                    continue
            self.lines += [Line(run, tags) for run in self.runs(nodes)]
        for area in self.areas:
            area.rings = [[node for node, _ in itertools.groupby(ring)] for ring in area.rings]

    def runs(self, nodes):
        runs = [list(run) for there, run in itertools.groupby(nodes, lambda node: node in self.extract.nodes) if there]
        return [run for run in runs if len(run) > 1]

    def polygon(self, rings):
        return shapely.Polygon([self.xy[node] for node in rings[0]], [[self.xy[node] for node in ring] for ring in rings[1:]])

    def put(self, a, b, share):
        """A new node on the way from one to another."""
        self.made -= 1
        between = lambda p, q: tuple(u + share * (v - u) for u, v in zip(p, q))
        self.at[self.made], self.xy[self.made] = between(self.at[a], self.at[b]), between(self.xy[a], self.xy[b])
        return self.made

    # --- lines that run over an outline without a node

    def meet(self):
        sides = [(area, ring, side) for area in self.areas for ring in area.rings for side in range(len(ring) - 1)]
        self.over_each_other = set()
        if not sides:
            return
        segment = lambda nodes, side: shapely.LineString([self.xy[nodes[side]], self.xy[nodes[side + 1]]])
        tree = shapely.STRtree([segment(ring, side) for _, ring, side in sides])
        order = {id(area): nth for nth, area in enumerate(self.areas)}
        cuts = {}
        polylines = [(line, line.nodes, None) for line in self.lines] + [(area, ring, order[id(area)]) for area in self.areas for ring in area.rings]
        for line, nodes, own in polylines:
            if line.floor is None:
                continue
            for side in range(len(nodes) - 1):
                here, made = segment(nodes, side), []
                for found in sorted(tree.query(here, predicate="intersects")):
                    area, ring, other = sides[found]
                    if not meet(line.floor, area.floor) or (own is not None and order[id(area)] <= own):
                        continue
                    point = here.intersection(segment(ring, other))
                    if point.geom_type != "Point":
                        continue
                    near = lambda node: math.dist(self.xy[node], (point.x, point.y)) <= 1e-3
                    ours = next((node for node in nodes[side:side + 2] if near(node)), None)
                    theirs = next((node for node in ring[other:other + 2] if near(node)), None)
                    if ours is not None and theirs is not None:
                        continue
                    share = here.project(point) / here.length
                    # of two areas that share the side it is one node
                    node = ours or theirs or next((node for node in made if near(node)), None) or self.put(nodes[side], nodes[side + 1], share)
                    made.append(node)
                    if own is not None and ours is None:
                        self.over_each_other.add((own, order[id(area)]))
                    if ours is None:
                        cuts.setdefault(id(nodes), (nodes, []))[1].append((side, here.project(point), node))
                    if theirs is None:
                        cuts.setdefault(id(ring), (ring, []))[1].append((other, segment(ring, other).project(point), node))
        for nodes, own in cuts.values():
            for side, _, node in sorted(own, reverse=True):
                nodes.insert(side + 1, node)

    # --- over squares

    def cross(self):
        barriers = self.extract.barriers
        owners = {}
        for nth, area in enumerate(self.areas):
            for node in {node for ring in area.rings for node in ring}:
                owners.setdefault(node, set()).add(nth)
        entries = {node for node, own in owners.items() if len(own) > 1}
        entries |= {node for line in self.lines for node in line.nodes if node in owners} - barriers
        polygons = [self.polygon(area.rings) for area in self.areas]
        tree = shapely.STRtree(polygons)
        inside = [set() for _ in self.areas]
        for line, nodes, own in [(line, line.nodes, None) for line in self.lines] + [
            (area, ring, nth) for nth, area in enumerate(self.areas) for ring in area.rings
        ]:
            for node in nodes if line.floor is not None else []:
                point = shapely.Point(self.xy[node])
                for nth in tree.query(point, predicate="within"):
                    if nth != own and node not in barriers and meet(line.floor, self.areas[nth].floor):
                        if polygons[nth].boundary.distance(point) > HAIR and node not in owners.get(nth, ()):
                            inside[nth].add(node)
        # a gate is passed within the square: its node of the outline is another than the way's
        for area in self.areas:
            for ring in area.rings:
                for at, node in enumerate(ring):
                    if node in barriers:
                        ring[at] = ("past", node)
                        self.at[ring[at]], self.xy[ring[at]] = self.at[node], self.xy[node]
        self.across, self.told, left = [], [], []
        for nth, area in enumerate(self.areas):
            is_whole = polygons[nth].is_valid or self.only_touches(polygons[nth])
            if sum(len(ring) - 1 for ring in area.rings) > MOST_CORNERS or not is_whole:
                self.told.append(nth)
            else:
                left.append(nth)
        above = {nth: nth for nth in left}

        def top(nth):
            while above[nth] != nth:
                nth = above[nth]
            return nth

        of = {}
        together = {(a, b) for a, b in self.over_each_other if a in above and b in above}
        for nth in left:
            for ring in self.areas[nth].rings:
                together |= {(nth, of.setdefault(frozenset(side), nth)) for side in zip(ring, ring[1:])}
        for one, two in together:
            if self.areas[one].alike == self.areas[two].alike:
                one, two = sorted((top(one), top(two)))
                above[two] = one
        groups = {}
        for nth in left:
            groups.setdefault(top(nth), []).append(nth)
        todo = []
        for group in groups.values():
            corners = sum(len(ring) - 1 for nth in group for ring in self.areas[nth].rings)
            todo += [group] if corners <= MOST_CORNERS else [[nth] for nth in group]
        self.domains = []
        while todo:
            group = todo.pop(0)
            more = self.over(group, entries, set().union(*(inside[nth] for nth in group)))
            todo = more + todo

    @staticmethod
    def only_touches(polygon):
        """Rings that run along each other, or touch, are no crossing."""
        rings = [polygon.exterior, *polygon.interiors]
        return all(ring.is_simple for ring in rings) and not any(a.crosses(b) for a, b in itertools.combinations(rings, 2))

    def over(self, group, entries, inside):
        turns, nodes = {}, {}
        for nth in group:
            for at, ring in enumerate(self.areas[nth].rings):
                flat = [self.xy[node] for node in ring]
                is_left = shapely.LinearRing(flat).is_ccw == (at == 0)
                for before, here, after in zip([ring[-2], *ring[:-2]], ring[:-1], ring[1:]):
                    (ax, ay), (bx, by), (cx, cy) = self.xy[before], self.xy[here], self.xy[after]
                    turn = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
                    if here in entries:
                        nodes[here] = "entry"
                    elif turn < -1e-9 if is_left else turn > 1e-9:
                        nodes[here] = "entry" if here in nodes else "turn"
                        turns[here] = before, after
        nodes.update({node: "entry" for node in inside if node not in nodes})
        if len(nodes) > MOST_NODES:
            if len(group) == 1:
                self.told.append(group[0])
                return []
            return [[nth] for nth in group]
        counts = {}
        for nth in group:
            for side in {frozenset(side) for ring in self.areas[nth].rings for side in zip(ring, ring[1:])}:
                counts[side] = counts.get(side, 0) + 1
        # the square of all: what two share is no border
        domain = shapely.union_all([shapely.make_valid(self.polygon(self.areas[nth].rings)) for nth in group])
        # nor is what lies in another
        for nth in group if len(group) > 1 else []:
            others = [self.polygon(self.areas[other].rings) for other in group if other != nth]
            for a, b in {side for ring in self.areas[nth].rings for side in zip(ring, ring[1:])}:
                middle = shapely.LineString([self.xy[a], self.xy[b]]).interpolate(0.5, normalized=True)
                if any(other.contains(middle) and other.boundary.distance(middle) > HAIR for other in others):
                    counts[frozenset((a, b))] = 2
        walls = [(a, b) for nth in group for ring in self.areas[nth].rings for a, b in zip(ring, ring[1:]) if counts[frozenset((a, b))] == 1]
        length = sum(math.dist(self.xy[a], self.xy[b]) for a, b in walls)
        width, step = 4 * domain.area / length, STEP
        while self.steps and width > step:
            found = self.divided(group, nodes, counts, step), self.grid(walls, step)
            if len(nodes) + sum(len(along) for *_, along in found[0]) + len(found[1]) <= MOST_NODES:
                nodes.update({node: "step" for node in self.settle(found)})
                break
            step *= 2
        names = list(nodes)
        wide = domain.buffer(HAIR, join_style="mitre")
        border = domain.boundary.buffer(HAIR)
        shapely.prepare(wide), shapely.prepare(border)
        pairs = []
        for a, b in itertools.combinations(names, 2):
            p, q = self.xy[a], self.xy[b]
            if nodes[a] == nodes[b] == "step" and math.dist(p, q) > 2.25 * step:
                continue
            if all(self.touches(one, other, turns) for one, other in ((a, b), (b, a)) if nodes[one] == "turn"):
                pairs.append((a, b))
        segments = shapely.linestrings([[self.xy[a], self.xy[b]] for a, b in pairs]) if pairs else np.array([])
        is_seen = shapely.covers(wide, segments) & ~shapely.covers(border, segments) if pairs else []
        area = self.areas[group[0]]
        for (a, b), seen in zip(pairs, is_seen):
            if seen and math.dist(self.xy[a], self.xy[b]) > HAIR:
                is_long = math.dist(self.xy[a], self.xy[b]) > 1.6 * step
                self.across.append((a, b, area.through or is_long))
        self.domains.append((domain, wide, border, [node for node in names if nodes[node] != "step"], area.through))
        return []

    def touches(self, one, other, turns):
        (x, y), (u, v) = self.xy[one], self.xy[other]
        far = max(math.dist((x, y), (u, v)), HAIR)
        a, b = (((u - x) * (self.xy[node][1] - y) - (v - y) * (self.xy[node][0] - x)) / far for node in turns[one])
        return (a >= -HAIR and b >= -HAIR) or (a <= HAIR and b <= HAIR)

    def divided(self, group, nodes, counts, step):
        """Where rings are divided between their nodes: the ring, its sides in order, and shares of the whole."""
        found = []
        for nth in group:
            for ring in self.areas[nth].rings:
                stops = [at for at, node in enumerate(ring[:-1]) if node in nodes] or [0]
                for a, b in zip(stops, [*stops[1:], stops[0] + len(ring) - 1]):
                    names = [ring[at % (len(ring) - 1)] for at in range(a, b + 1)]
                    if any(counts[frozenset(side)] > 1 for side in zip(names, names[1:])):
                        continue
                    if tuple(round(part * 1e9) for part in self.at[names[0]]) > tuple(round(part * 1e9) for part in self.at[names[-1]]):
                        names.reverse()
                    total = sum(math.dist(self.xy[p], self.xy[q]) for p, q in zip(names, names[1:]))
                    parts = math.ceil(total / step) if total > 0 else 0
                    found.append((ring, names, total, [total * part / parts for part in range(1, parts)]))
        return found

    def grid(self, walls, step):
        xy = np.array([[self.xy[a], self.xy[b]] for a, b in walls])
        sides = shapely.multilinestrings(shapely.linestrings(xy))
        found = []
        for row in range(math.ceil(xy[:, :, 1].min() / step), math.floor(xy[:, :, 1].max() / step) + 1):
            y = row * step
            cuts = sorted(
                (self.xy[a][0] + (y - self.xy[a][1]) / (self.xy[b][1] - self.xy[a][1]) * (self.xy[b][0] - self.xy[a][0]), a, b)
                for a, b in walls if (self.xy[a][1] > y) != (self.xy[b][1] > y)
            )
            for west, east in zip(cuts[::2], cuts[1::2]):
                for column in range(math.ceil(west[0] / step), math.ceil(east[0] / step)):
                    x = column * step
                    if sides.distance(shapely.Point(x, y)) >= step / 2:
                        found.append((x, y))
        return found

    def settle(self, found):
        along, inside = found
        for ring, names, total, shares in along:
            done = 0.0
            for a, b in zip(names, names[1:]):
                own = math.dist(self.xy[a], self.xy[b])
                for share in [share for share in shares if done < share <= done + own]:
                    node = self.put(a, b, (share - done) / own)
                    self.insert(ring, a, b, node, (share - done) / own)
                    yield node
                done += own
        for x, y in inside:
            self.made -= 1
            self.xy[self.made], self.at[self.made] = (x, y), self.to_plane.transform(x, y, direction="INVERSE")
            yield self.made

    def insert(self, ring, a, b, node, share):
        """Between the ends of a side that may have been divided already: next to its last part as one comes from `a`."""
        here = shapely.Point(self.xy[node])
        for at, (p, q) in enumerate(zip(ring, ring[1:])):
            if shapely.LineString([self.xy[a], self.xy[b]]).buffer(HAIR).covers(shapely.LineString([self.xy[p], self.xy[q]])):
                if shapely.LineString([self.xy[p], self.xy[q]]).distance(here) < HAIR:
                    ring.insert(at + 1, node)
                    return
        raise AssertionError("a side that is not there")

    # --- the graph

    def join(self):
        number, sides, through, kinds, copies = {}, [], [], [], 0
        barriers = self.extract.barriers
        drawn = [(line.nodes, line.through, line.kind) for line in self.lines]
        drawn += [(ring, area.through, area.kind) for area in self.areas for ring in area.rings]
        drawn += [((a, b), is_through, "across") for a, b, is_through in self.across]
        for nodes, is_through, what in drawn:
            for a, b in zip(nodes, nodes[1:]):
                if a == b:
                    continue
                ends = []
                for node in (a, b):
                    # on either side of a barrier the way ends by itself
                    copies += node in barriers
                    ends.append(number.setdefault((node, copies if node in barriers else 0), len(number)))
                sides.append(ends)
                through.append(is_through)
                kinds.append(what)
        self.number = number
        self.sides, self.through, self.kinds = np.array(sides), np.array(through), np.array(kinds)
        self.degrees = np.array([self.at[node] for node, _ in number])
        self.plane = np.array([self.xy[node] for node, _ in number])
        self.ends = self.degrees[self.sides[:, 0]], self.degrees[self.sides[:, 1]]
        self.length = GEOD.inv(self.ends[0][:, 0], self.ends[0][:, 1], self.ends[1][:, 0], self.ends[1][:, 1])[2]
        links = coo_matrix((np.ones(len(sides)), (self.sides[:, 0], self.sides[:, 1])), shape=(len(number),) * 2)
        self.part = connected_components(links, directed=False)[1]
        own = self.part[self.sides[:, 0]]
        self.metres_of_part = np.bincount(own, weights=np.where(self.kinds == "across", 0.0, self.length))
        # a part of platforms, squares and lifts alone is no part of the streets, however long
        self.has_street = np.bincount(own, weights=np.isin(self.kinds, ["street", "bridge"])) > 0
        self.is_main = self.has_street & (self.metres_of_part >= MIN_PART)
        self.open = np.flatnonzero(~self.through)
        self.tree = shapely.STRtree(
            shapely.linestrings(np.stack([self.plane[self.sides[self.open, 0]], self.plane[self.sides[self.open, 1]]], axis=1))
        )

    def snapped(self, lon, lat):
        """Side, how far along it, metres to it; `None` off the streets."""
        here = np.array(self.to_plane.transform(lon, lat))
        point = shapely.Point(here)
        near = self.tree.query(point, predicate="dwithin", distance=MAX_SNAP + 5)
        near = near[np.argsort(shapely.distance(self.tree.geometries[near], point), kind="stable")]
        most = MAX_SNAP
        for at in near:
            side = self.open[at]
            a, b = self.plane[self.sides[side, 0]], self.plane[self.sides[side, 1]]
            span = np.dot(b - a, b - a)
            share = float(np.clip(np.dot(here - a, b - a) / span, 0, 1)) if span else 0.0
            foot = self.ends[0][side] + share * (self.ends[1][side] - self.ends[0][side])
            off = GEOD.inv(lon, lat, foot[0], foot[1])[2]
            if off > most:
                return None
            part = self.part[self.sides[side, 0]]
            if self.is_main[part]:
                return int(side), share, off
            # past an island: of platforms, squares and lifts only as far as may be, else a little
            if self.has_street[part]:
                most = min(most, off + PAST_ISLAND)
        return None

    def metres(self, origins, destinations, free=False):
        """Metres from each origin to each destination, infinite where there is no way."""
        places = list(origins) + list(destinations)
        snaps = [self.snapped(*place) for place in places]
        first, weight = len(self.number), {}

        def link(u, v, metres):
            key = (min(u, v), max(u, v))
            # a link of nothing would be no link
            weight[key] = min(weight.get(key, np.inf), max(metres, 1e-9))

        for (u, v), metres in zip(self.sides, self.length):
            link(int(u), int(v), metres)
        on_side = {}
        for place, snap in enumerate(snaps):
            if snap:
                on_side.setdefault(snap[0], []).append((snap[1], first + place))
        for side, own in on_side.items():
            chain = [(0.0, int(self.sides[side, 0])), *sorted(own), (1.0, int(self.sides[side, 1]))]
            for (share, u), (next_share, v) in zip(chain, chain[1:]):
                link(u, v, (next_share - share) * self.length[side])
        own = len(places)
        off = np.array([snap[2] if snap else np.inf for snap in snaps])
        size = first + own
        if free:
            # a second node a place: where it stands, with the straight way to the first
            size += own
            feet = []
            for place, ((lon, lat), snap) in enumerate(zip(places, snaps)):
                if not snap:
                    continue
                link(first + place, first + own + place, snap[2])
                foot = self.ends[0][snap[0]] + snap[1] * (self.ends[1][snap[0]] - self.ends[0][snap[0]])
                feet.append((first + own + place, (lon, lat)))
                if self.kinds[snap[0]] in ("outline", "platform", "across"):
                    feet.append((first + place, tuple(foot)))
            for domain, wide, border, nodes, is_through in self.domains:
                if is_through:
                    continue
                seen = []
                for node, place in feet:
                    xy = self.to_plane.transform(*place)
                    if wide.covers(shapely.Point(xy)):
                        seen.append((node, place, xy))
                for nth, (node, place, xy) in enumerate(seen):
                    for other in nodes:
                        if wide.covers(shapely.LineString([xy, self.xy[other]])):
                            key = (other, 0)
                            if key in self.number:
                                link(node, self.number[key], GEOD.inv(*place, *self.at[other])[2])
                    for another, there, their in seen[:nth]:
                        if wide.covers(shapely.LineString([xy, their])):
                            link(node, another, GEOD.inv(*place, *there)[2])
            off[:] = 0.0
        pairs = np.array(list(weight))
        graph = csr_matrix((np.array(list(weight.values())), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
        base = first + (own if free else 0)
        many = len(origins)
        # from the fewer: the way there is the way back
        sources = np.arange(len(destinations)) + many
        found = dijkstra(graph, directed=False, indices=base + sources)
        metres = found[:, base:base + many].T + off[:many, None] + off[None, many:]
        is_off = np.array([snap is None for snap in snaps])
        metres[is_off[:many]] = np.inf
        metres[:, is_off[many:]] = np.inf
        return metres, snaps
