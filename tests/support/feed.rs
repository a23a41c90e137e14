//! A small sound GTFS feed as text, to be changed in one place.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::io::Write;
use std::path::Path;

/// The tables of a made-up feed: two lines east of Nanjing, Monday to Friday in March 2026, and a holiday.
///
/// Line 1 goes A, B, C at 08:00 and 09:00 on weekdays; line 2 goes C, B every 20 minutes from 06:00 until 10:00. B is a platform of station S.
/// One degree of longitude is 94.2 km here: 0.01° from stop to stop are 0.94 km, ten minutes by these timetables.
pub const SOUND: &[(&str, &str)] = &[
    (
        "agency.txt",
        "agency_id,agency_name,agency_url,agency_timezone,agency_lang\nX,测试 synthetic,https://example.org,Asia/Shanghai,zh\n",
    ),
    (
        "stops.txt",
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n\
         A,甲站,32.5,118.90,0,\nB,乙站,32.5,118.91,0,S\nC,丙站,32.5,118.92,,\nS,乙站综合体,32.5,118.9101,1,\n",
    ),
    (
        "routes.txt",
        "route_id,agency_id,route_short_name,route_long_name,route_type,route_color\n\
         1,X,1路,甲站–丙站,3,00AA7F\n2,X,2路,丙站–乙站,700,\n",
    ),
    (
        "calendar.txt",
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n\
         WD,1,1,1,1,1,0,0,20260302,20260331\n",
    ),
    ("calendar_dates.txt", "service_id,date,exception_type\nWD,20260305,2\nHOL,20260305,1\n"),
    (
        "trips.txt",
        "route_id,service_id,trip_id,direction_id,shape_id,block_id\n\
         1,WD,t1,0,sh,\n1,WD,t2,0,sh,\n2,WD,f,1,,\n2,HOL,h,1,,\n",
    ),
    (
        "stop_times.txt",
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n\
         t1,08:00:00,08:00:00,A,1,0,1\nt1,08:10:00,08:11:00,B,2,,\nt1,08:20:00,08:20:00,C,5,1,0\n\
         t2,09:00:00,09:00:00,A,1,0,1\nt2,09:10:00,09:10:00,B,2,,\nt2,09:20:00,09:20:00,C,3,1,0\n\
         f,00:00:00,00:00:00,C,1,,\nf,00:10:00,00:10:00,B,2,,\n\
         h,10:00:00,10:00:00,C,1,,\nh,10:10:00,10:10:00,B,2,,\n",
    ),
    ("frequencies.txt", "trip_id,start_time,end_time,headway_secs,exact_times\nf,06:00:00,10:00:00,1200,0\n"),
    (
        "shapes.txt",
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence,shape_dist_traveled\n\
         sh,32.5,118.90,1,0\nsh,32.5003,118.91,2,940\nsh,32.5,118.92,3,1880\n",
    ),
    ("transfers.txt", "from_stop_id,to_stop_id,transfer_type,min_transfer_time\nB,B,2,60\nC,S,2,120\n"),
    (
        "feed_info.txt",
        "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date,feed_version\n\
         测试,https://example.org,zh,20260302,20260331,1\n",
    ),
];

/// A feed to be changed.
#[derive(Debug, Clone)]
pub struct FeedText(pub BTreeMap<String, Vec<u8>>);

impl FeedText {
    pub fn sound() -> FeedText {
        FeedText(SOUND.iter().map(|(file, text)| (file.to_string(), text.as_bytes().to_vec())).collect())
    }

    /// A folder that holds no feed.
    pub fn default_only_readme() -> FeedText {
        FeedText(BTreeMap::from([("README.md".to_owned(), b"no feed".to_vec())]))
    }

    /// The same with a text in place of another, which must be there.
    pub fn with(mut self, file: &str, from: &str, to: &str) -> FeedText {
        let text = String::from_utf8(self.0[file].clone()).unwrap();
        assert!(text.contains(from), "{file} does not hold {from:?}");
        self.0.insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
        self
    }

    /// The same with rows at the end of a file.
    pub fn and(mut self, file: &str, rows: &str) -> FeedText {
        self.0.entry(file.to_owned()).or_default().extend(rows.as_bytes());
        self
    }

    /// The same with a whole file.
    pub fn file(mut self, file: &str, content: impl AsRef<[u8]>) -> FeedText {
        self.0.insert(file.to_owned(), content.as_ref().to_vec());
        self
    }

    pub fn without(mut self, file: &str) -> FeedText {
        self.0.remove(file);
        self
    }

    /// Writes the tables into a folder.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (file, text) in &self.0 {
            fs::write(folder.join(file), text).unwrap();
        }
    }

    /// The same with the name of a file changed.
    pub fn renamed(mut self, from: &str, to: &str) -> FeedText {
        let text = self.0.remove(from).unwrap();
        self.0.insert(to.to_owned(), text);
        self
    }

    /// The same with every table changed.
    pub fn each(mut self, change: impl Fn(&str) -> String) -> FeedText {
        for text in self.0.values_mut() {
            *text = change(std::str::from_utf8(text).unwrap()).into_bytes();
        }
        self
    }

    /// Writes an archive; `inner` is a folder within it, or empty.
    pub fn zip(&self, path: &Path, inner: &str) {
        fs::write(path, archive(&self.entries(inner))).unwrap();
    }

    /// The tables as entries of an archive, behind `inner`.
    pub fn entries(&self, inner: &str) -> Vec<(String, Vec<u8>)> {
        self.0.iter().map(|(file, text)| (format!("{inner}{file}"), text.clone())).collect()
    }
}

/// A ZIP archive of these entries.
pub fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
