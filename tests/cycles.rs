//! A thousand sessions made, joined and deleted leave nothing behind: alone in its process, because it counts what
//! the process holds.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

#[path = "end_to_end/support.rs"]
#[allow(dead_code, reason = "this test needs less of it than the others")]
mod support;

use otc::runtime;
use support::{Client, TestRelay, session};

const WARM_UP: usize = 100;
const CYCLES: usize = 1_000;
/// What an allocator may keep without anything having leaked. A leak of as little as 1 KiB a cycle exceeds it.
const SLACK_KIB: u64 = 768;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("descriptors").count()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

fn cycle(relay: &TestRelay, session: &str, number: usize) {
    let client = Client::joined(&relay.url(), session, "");
    client.send("", "x").expect("connected");
    client.expect_signal();
    if number.is_multiple_of(2) {
        client.leave();
    }
}

#[test]
fn a_thousand_cycles_leave_memory_and_descriptors_flat() {
    let relay = TestRelay::start();
    // Keeps the library's life from ending with each cycle.
    runtime::init();
    let watcher = session();
    let witness = Client::joined(&relay.url(), &watcher, "");
    let session = session();
    (0..WARM_UP).for_each(|number| cycle(&relay, &session, number));
    let before = (descriptors(), resident_kib());
    (0..CYCLES).for_each(|number| cycle(&relay, &session, number));
    let after = (descriptors(), resident_kib());
    // A few sockets may be on their way out on either side.
    assert!(after.0 <= before.0 + 8, "descriptors: {} before, {} after", before.0, after.0);
    assert!(after.1 <= before.1 + SLACK_KIB, "resident KiB: {} before, {} after", before.1, after.1);
    drop(witness);
    runtime::destroy();
}
