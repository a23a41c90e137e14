//! How long a layer takes to be read into memory: `cargo run --release --example read_speed -- FILE [LAYER]`.
//!
//! Prints format, records, records with a geometry, and seconds; docs/performance.md has a table of them.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use tongda::io::read;
use tongda::io::read::ReadRequest;

// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(path) = words.next() else {
        eprintln!("name a file: cargo run --release --example read_speed -- FILE [LAYER]");
        return ExitCode::from(2);
    };
    let layer = words.next();
    let start = Instant::now();
    let request = ReadRequest { layer: layer.as_deref(), ..ReadRequest::new(Path::new(&path), &path) };
    match read::read_all(&request) {
        Ok((info, read)) => {
            let seconds = start.elapsed().as_secs_f64();
            let shapes = read.records.iter().filter(|record| record.geometry.is_some()).count();
            println!("{} {} {shapes} {seconds:.3}", info.driver, info.records);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
