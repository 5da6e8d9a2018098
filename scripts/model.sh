#!/usr/bin/env bash
# The scenarios of the model checker under many more schedules than in `make test`: 20,000 of each kind, or OTC_MODEL_RUNS, from a
# seed that is printed, or OTC_MODEL_SEED.
set -euo pipefail
cd "$(dirname "$0")/.."

export OTC_MODEL_RUNS="${OTC_MODEL_RUNS:-20000}" OTC_MODEL_SEED="${OTC_MODEL_SEED:-$(date +%s)}"
echo "model: OTC_MODEL_RUNS=$OTC_MODEL_RUNS OTC_MODEL_SEED=$OTC_MODEL_SEED"
cargo test --locked -p otc-model --test threads
