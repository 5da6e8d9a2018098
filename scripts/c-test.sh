#!/usr/bin/env bash
# Builds the library, the relay, the examples and the C tests with CMake, and runs the tests.
#
#   scripts/c-test.sh [BUILD_DIR [ARGUMENTS_OF_CTEST...]]
#
# The debug build shares cargo's target directory with `cargo test`, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."

build="${1:-target/cmake}"
[ "$#" -gt 0 ] && shift
jobs="$(nproc 2>/dev/null || echo 2)"

cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug -DOTC_WARNINGS_AS_ERRORS=ON >"/dev/null"
cmake --build "$build" --parallel "$jobs"
ctest --test-dir "$build" --output-on-failure --parallel "$jobs" --no-tests=error "$@"
