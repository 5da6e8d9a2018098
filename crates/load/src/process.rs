//! What a process costs, as the kernel counts it.

use std::fs;
use std::io;
use std::time::Duration;

/// Memory of a process, in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// What is resident now.
    pub(crate) rss: u64,
    /// The most that ever was.
    pub(crate) peak: u64,
}

/// Memory of a process.
pub(crate) fn memory(pid: u32) -> io::Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim_start_matches(':').trim().trim_end_matches(" kB").parse().ok())
    };
    Ok(Memory { rss: field("VmRSS").unwrap_or(0), peak: field("VmHWM").unwrap_or(0) })
}

/// Processor time that a process has used, to the nanosecond.
pub(crate) fn cpu(pid: u32) -> io::Result<Duration> {
    let mut sum = 0;
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(text) = fs::read_to_string(entry?.path().join("schedstat")) else { continue };
        sum += text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(sum))
}
