//! `otc-load`: puts a relay under load and judges what it does.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod args;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    args::run()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("otc-load: it counts with what only Linux tells; other systems are not supported");
    std::process::ExitCode::from(2)
}
