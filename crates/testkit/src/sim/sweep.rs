//! Many seeds on all cores.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Coverage, Keep, Outcome, Plan};
use crate::checker::Tally;

/// How many seeds pass between two reports of progress.
pub const CHUNK: u64 = 50;

/// What many runs came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// What was judged.
    pub tally: Tally,
    /// What happened how often.
    pub coverage: Coverage,
    /// The seeds that failed, with the names of what is wrong.
    pub failed: BTreeMap<u64, Vec<String>>,
}

impl Summary {
    /// For each thing that is wrong, the seeds that show it.
    pub fn by_failure(&self) -> BTreeMap<&str, Vec<u64>> {
        let mut names: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (seed, failures) in &self.failed {
            for name in failures {
                names.entry(name).or_default().push(*seed);
            }
        }
        names
    }
}

/// Puts these seeds to `run` on all cores: all of them, or until one has failed. `progress` is told from time to time
/// how many are done.
pub fn sweep(
    seeds: Range<u64>,
    to_the_end: bool,
    run: impl Fn(&Plan, Keep) -> Outcome + Sync,
    progress: impl Fn(u64) + Sync,
) -> Summary {
    let count = seeds.end.saturating_sub(seeds.start);
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let result: Mutex<Summary> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= count {
                break;
            }
            for seed in seeds.start + from..seeds.start + (from + CHUNK).min(count) {
                let outcome = run(&Plan::from_seed(seed), Keep::default());
                let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                result.tally.add(&outcome.verdict.tally);
                result.coverage.add(&outcome.coverage);
                if !outcome.is_clean() {
                    result.failed.insert(seed, outcome.failures());
                    if !to_the_end {
                        stop.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            }
            progress((done.fetch_add(CHUNK, Ordering::Relaxed) + CHUNK).min(count));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    result.into_inner().unwrap_or_else(PoisonError::into_inner)
}
