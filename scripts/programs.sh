# For scripts that start them: builds relay, link breaker and otc_peer, and says where they are. To be sourced.
#
#   OTC_RELAY, OTC_FAULT_PROXY, OTC_FORWARD_PROXY, OTC_PEER    paths of the programs
#
# shellcheck shell=bash
# The debug build shares everything with `scripts/c-test.sh` and `cargo test`.
cmake -S . -B target/cmake -DCMAKE_BUILD_TYPE=Debug >/dev/null
cmake --build target/cmake --parallel "$(nproc 2>/dev/null || echo 2)" --target otc_peer >/dev/null
profile="${CARGO_TARGET_DIR:-$PWD/target}/debug"
export OTC_FORWARD_PROXY="$profile/otc-forward-proxy"
export OTC_RELAY="$profile/otc-relay" OTC_FAULT_PROXY="$profile/otc-fault-proxy"
export OTC_PEER="$PWD/target/cmake/c_examples/otc_peer"
