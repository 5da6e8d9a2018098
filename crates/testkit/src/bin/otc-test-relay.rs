//! The relay, as the tests of this crate start it: the program `otc-relay` under another name, because cargo builds
//! the programs of another package only for those who ask for them.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    otc_relay::cli::main()
}
