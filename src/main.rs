//! The program; everything it does is in the library.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(feature = "bench"))]
fn main() {}

#[cfg(feature = "bench")]
fn main() -> std::process::ExitCode {
    use clap::Parser;

    #[derive(Parser)]
    #[command(version)]
    enum Command {
        /// Run a scene of the side-by-side benchmark
        Bench(tongda::cli::bench::Args),
    }

    let Command::Bench(args) = Command::parse();
    match tongda::cli::bench::run(&args) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::from(2)
        }
    }
}
