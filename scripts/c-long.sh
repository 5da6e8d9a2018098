#!/usr/bin/env bash
# The C tests whose literal durations `make test` shortens: a callback of half a minute with the default times, receivers that stand
# still for minutes under a flood.
set -euo pipefail
cd "$(dirname "$0")/.."

export OTC_TEST_LONG=1 OTC_TEST_LIMIT=300
exec scripts/c-test.sh target/cmake --timeout 900 -R '^shared\.(a_very_slow_callback|a_receiver_that_stands)'
