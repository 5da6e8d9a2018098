//! The relay as a program. What it does is in the library's `cli` module.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    otc_relay::cli::main()
}
