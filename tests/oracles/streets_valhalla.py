"""Times on foot, by bicycle and by car between random corners of streets, beside Valhalla on the same extract.

Pairs are drawn from the nodes of ordinary streets, so that neither program has a way to the street. Valhalla's penalties, which are no time, are
taken off as far as its options go; its speeds by car stay its own, so that the ratios have a level of their own, and what tells is their spread and
the pairs far from it.

    pip install osmium
    npm i --ignore-scripts @valhallajs/valhallajs        (its tiles are built by the program that it brings)
    python streets_valhalla.py TONGDA EXTRACT.osm.pbf NODE_MODULES [--pairs 300] [--seed 1] [--modes walk,bicycle,drive] [--folder WORK]

prints for each mode how many pairs both, one or none of them joins, the distribution of tongda's time over Valhalla's, and the ten pairs farthest from the
median, with their ends and both lengths. `tongda explain --why ID --study FOLDER/MODE.toml --path way.geojson` draws one of tongda's ways.
"""
import argparse, json, math, os, random, sqlite3, subprocess, tempfile

import osmium

ask = argparse.ArgumentParser()
ask.add_argument("tongda"), ask.add_argument("extract"), ask.add_argument("modules")
ask.add_argument("--pairs", type=int, default=300), ask.add_argument("--seed", type=int, default=1)
ask.add_argument("--modes", default="walk,bicycle,drive"), ask.add_argument("--folder")
ask.add_argument("--goals", type=int, default=30, help="so many ends, each with as many origins")
asked = ask.parse_args()
folder = os.path.abspath(asked.folder or tempfile.mkdtemp())
os.makedirs(folder, exist_ok=True)
npm = os.path.abspath(f"{asked.modules}/@valhallajs/valhallajs")
extract = os.path.abspath(asked.extract)

# corners of ordinary streets, and no others: no words about who may go there, no bridges
ORDINARY = {"residential", "unclassified", "tertiary", "secondary", "primary", "living_street"}
ODD = {"access", "foot", "bicycle", "vehicle", "motor_vehicle", "motorcar", "bridge", "tunnel", "layer", "oneway", "junction"}
corners = {}
for way in osmium.FileProcessor(extract).with_locations():
    if way.is_way() and way.tags.get("highway") in ORDINARY and not any(key in way.tags for key in ODD):
        corners.update((node.ref, (node.location.lon, node.location.lat)) for node in way.nodes if node.location.valid())
draw = random.Random(asked.seed)
spots = [corners[node] for node in draw.sample(sorted(corners), asked.pairs + asked.goals)]
goals, starts = spots[: asked.goals], spots[asked.goals :]
pairs = [(start, goals[at % asked.goals]) for at, start in enumerate(starts)]

# tongda: an indicator for each end, over all origins
xs, ys = zip(*corners.values())
edges = [min(xs) - 0.01, min(ys) - 0.01, max(xs) + 0.01, max(ys) + 0.01]
ring = [[edges[0], edges[1]], [edges[2], edges[1]], [edges[2], edges[3]], [edges[0], edges[3]], [edges[0], edges[1]]]
put = lambda name, text: open(f"{folder}/{name}", "w").write(text)
put("square.geojson", json.dumps({"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"code": "1"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}]}))
put("goals.csv", "id,kind,lon,lat\n" + "".join(f"g{at},g{at},{x!r},{y!r}\n" for at, (x, y) in enumerate(goals)))
put("starts.csv", "id,lon,lat\n" + "".join(f"p{at},{x!r},{y!r}\n" for at, (x, y) in enumerate(starts)))


def ours(by, cost):
    """Minutes or kilometres of every pair."""
    name = f"{by}_{cost}"
    indicators = "".join(
        f'[[indicator]]\nid = "g{at}"\nmeasure.nearest = {{ kind = "g{at}", by = "{by}", cost = "{cost}", direction = "to-facility", weight = "count" }}\n'
        for at in range(len(goals))
    )
    put(f"{name}.toml", f"""title = "{name}"
lang = "en"
[study]
regions = {{ path = "square.geojson", level = "county", code = "code" }}
facilities = {{ path = "goals.csv", kind-field = "kind", id = "id", x = "lon", y = "lat", datum = "wgs-84" }}
demand = {{ path = "starts.csv", id = "id", x = "lon", y = "lat", datum = "wgs-84" }}
[study.streets]
path = {json.dumps(extract)}
layer = "streets"
{indicators}
[[output]]
path = "{name}.gpkg"
""")
    subprocess.run([os.path.abspath(asked.tongda), "run", f"{name}.toml", "--out-dir", "."], cwd=folder, check=True, capture_output=True)
    found = sqlite3.connect(f"{folder}/{name}.gpkg")
    field, scale = ("time_s", 60) if cost == "time" else ("dist_m", 1000)
    table = [dict(found.execute(f"select point, {field} from g{at}_points")) for at in range(len(goals))]
    return [value and value / scale for value in (table[at % asked.goals][f"p{at}"] for at in range(len(starts)))]


FREE = {"gate_cost": 0, "gate_penalty": 0, "private_access_penalty": 0, "destination_only_penalty": 0, "service_penalty": 0, "service_factor": 1,
        "maneuver_penalty": 0, "country_crossing_cost": 0, "country_crossing_penalty": 0, "toll_booth_cost": 0, "toll_booth_penalty": 0, "use_living_streets": 1}
COSTING = {
    "walk": ("pedestrian", {**FREE, "walking_speed": 5, "shortest": True, "step_penalty": 0, "elevator_penalty": 0, "max_distance": 1e5}),
    "bicycle": ("bicycle", {**FREE, "bicycle_type": "City", "cycling_speed": 15, "use_roads": 1, "use_hills": 1, "avoid_bad_surfaces": 0}),
    "drive": ("auto", {**FREE, "use_tracks": 1, "use_highways": 1, "use_tolls": 1}),
}
JS = """
const fs=require('fs');const {Actor}=require(process.argv[2]);const q=JSON.parse(fs.readFileSync(process.argv[3]));
(async()=>{const actor=await Actor.fromConfigFile(process.argv[4]);const out=[];
for(const [a,b] of q.pairs){try{const place=([lon,lat])=>({lon,lat});
const r=await actor.route({locations:[place(a),place(b)],costing:q.costing,costing_options:{[q.costing]:q.options},directions_type:'none',units:'kilometers'});
out.push([r.trip.summary.time/60,r.trip.summary.length,r.trip.legs[0].shape])}catch(e){out.push(null)}}
fs.writeFileSync(process.argv[5],JSON.stringify(out))})();
"""


def theirs(by):
    """Minutes, kilometres and shape of every pair; none where there is no way."""
    costing, options = COSTING[by]
    put("ask.json", json.dumps({"pairs": pairs, "costing": costing, "options": options}))
    put("ask.js", JS)
    subprocess.run(["node", f"{folder}/ask.js", npm, f"{folder}/ask.json", f"{folder}/valhalla.json", f"{folder}/answer.json"], check=True, capture_output=True)
    return json.load(open(f"{folder}/answer.json"))


config = json.loads(subprocess.run(["python3", f"{npm}/valhalla_build_config", "--mjolnir-tile-dir", f"{folder}/tiles"], check=True, capture_output=True, text=True).stdout)
config["mjolnir"].pop("tile_extract", None)
put("valhalla.json", json.dumps(config))
subprocess.run([f"{npm}/linux/x64/valhalla_build_tiles", "-c", f"{folder}/valhalla.json", extract], check=True, capture_output=True, cwd=folder)

for by in asked.modes.split(","):
    minutes, km, other = ours(by, "time"), ours(by, "length"), theirs(by)
    both, alone = [], {"tongda": [], "Valhalla": []}
    for at, (own, their) in enumerate(zip(minutes, other)):
        if own is not None and their is not None:
            both.append((at, own / max(their[0], 1e-9)))
        elif own is not None or their is not None:
            alone["tongda" if own is not None else "Valhalla"].append(at)
    ratios = sorted(ratio for _, ratio in both)
    part = lambda share: ratios[min(int(share * len(ratios)), len(ratios) - 1)]
    near = [sum(abs(math.log(ratio / part(0.5))) <= math.log(1 + within) for ratio in ratios) for within in (0.01, 0.02, 0.05, 0.1, 0.2)]
    print(f"{by}: {len(pairs)} pairs, {len(both)} joined by both, {len(alone['tongda'])} by tongda alone, {len(alone['Valhalla'])} by Valhalla alone")
    print("  tongda / Valhalla: least {:.3f}, 1 % {:.3f}, 5 % {:.3f}, 25 % {:.3f}, median {:.3f}, 75 % {:.3f}, 95 % {:.3f}, 99 % {:.3f}, most {:.3f}".format(
        ratios[0], part(0.01), part(0.05), part(0.25), part(0.5), part(0.75), part(0.95), part(0.99), ratios[-1]))
    print("  within 1, 2, 5, 10, 20 % of the median:", ", ".join(str(count) for count in near))
    place = lambda spot: f"{spot[1]:.6f},{spot[0]:.6f}"
    for at, ratio in sorted(both, key=lambda one: -abs(math.log(one[1] / part(0.5))))[:10]:
        (start, goal), their = pairs[at], other[at]
        print(f"  {ratio / part(0.5):.3f} of the median: p{at} {place(start)} to g{at % asked.goals} {place(goal)}: "
              f"{minutes[at]:.2f} min beside {their[0]:.2f}; the shortest {km[at] or math.nan:.3f} km, Valhalla's {their[1]:.3f} km")
    for who, some in alone.items():
        for at in some[:10]:
            print(f"  {who} alone: p{at} {place(pairs[at][0])} to g{at % asked.goals} {place(pairs[at][1])}")
