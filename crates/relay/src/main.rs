//! The relay as a program. What it does is in the library's `cli` module.
#![forbid(unsafe_code)]

/// A large session that ends leaves millions of free pieces, and among them a few that are in use. The system's
/// allocator keeps nearly all of that for ever, once for each thread; this one gives it back within ten seconds.
#[cfg(all(feature = "jemalloc", target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    otc_relay::cli::main()
}
