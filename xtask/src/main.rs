//! Maintenance commands of this repository.
#![forbid(unsafe_code)]

use std::process::ExitCode;

mod headers;

const USAGE: &str = "usage: cargo run -p xtask -- headers [--check]
  headers          writes include/ from xtask/headers/ and the documentation of src/ffi/
  headers --check  writes nothing; fails and names what is not up to date";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["headers"] => headers::write(),
        ["headers", "--check"] => headers::check(),
        [] => Err(USAGE.to_owned()),
        other => Err(format!("unknown arguments \"{}\"\n{USAGE}", other.join(" "))),
    };
    match outcome {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
