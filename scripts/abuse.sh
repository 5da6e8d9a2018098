#!/usr/bin/env bash
# Random calls of the C interface, from several threads and from inside callbacks, with a relay whose links are cut.
#
#   CALLS=10000000 SEED=7 THREADS=4 scripts/abuse.sh
#
# By default 1,000,000 calls of a seed that is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

build=target/cmake
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug >/dev/null
cmake --build "$build" --parallel "$(nproc 2>/dev/null || echo 2)" --target otc_abuse >/dev/null
export OTC_RELAY="$PWD/target/debug/otc-relay" OTC_FAULT_PROXY="$PWD/target/debug/otc-fault-proxy" OTC_RELAY_LOG=error
exec "$build/tests/c/otc_abuse" "${SEED:-$(date +%s)}" "${CALLS:-1000000}" "${THREADS:-4}"
