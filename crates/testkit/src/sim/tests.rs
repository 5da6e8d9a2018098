//! The simulation itself, and a sample of seeds.

use super::*;

#[test]
fn same_seed_is_the_same_run() {
    let keep = Keep { trace: false, digest: true };
    for seed in 0..20 {
        let plan = Plan::from_seed(seed);
        let (first, second) = (run(&plan, keep), run(&plan, keep));
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.happenings, second.happenings, "seed {seed}");
    }
}
