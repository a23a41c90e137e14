#!/usr/bin/env python3
"""What two real feeds hold, counted with nothing but Python's csv module, for tests/timetables.rs:

    cd ../shared/data/porto-alegre && python3 …/tests/oracles/gtfs_counts.py
"""
import csv,io,zipfile,datetime,collections
for name,date in (("poa_eptc","20190513"),("poa_trensurb","20190513")):
    z=zipfile.ZipFile(f"{name}.zip")
    def t(f): return [{k.strip():v for k,v in r.items()} for r in csv.DictReader(io.TextIOWrapper(z.open(f),"utf-8-sig"))] if f in z.namelist() else []
    d=datetime.date(int(date[:4]),int(date[4:6]),int(date[6:]))
    day=["monday","tuesday","wednesday","thursday","friday","saturday","sunday"][d.weekday()]
    on={r["service_id"] for r in t("calendar.txt") if r[day]=="1" and r["start_date"]<=date<=r["end_date"]}
    for r in t("calendar_dates.txt"):
        if r["date"]==date: (on.add if r["exception_type"]=="1" else on.discard)(r["service_id"])
    trips=t("trips.txt"); st=collections.defaultdict(list)
    blank=0
    for r in t("stop_times.txt"):
        st[r["trip_id"]].append((int(r["stop_sequence"]),r["stop_id"],r["departure_time"])); blank+= r["arrival_time"]==""
    pats={(r["route_id"],r.get("direction_id",""),tuple(s for _,s,_ in sorted(st[r["trip_id"]]))) for r in trips}
    print(name,"routes",len({r["route_id"] for r in trips}),"stops",len(t("stops.txt")),"trips",len(trips),"calls",sum(map(len,st.values())),"blank",blank,"patterns",len(pats),"on the day",sum(r["service_id"] in on for r in trips), "first", min(min(st[r["trip_id"]])[2] for r in trips if r["service_id"] in on), "last",max(min(st[r["trip_id"]])[2] for r in trips if r["service_id"] in on), "zone", t("agency.txt")[0]["agency_timezone"])
