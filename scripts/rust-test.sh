#!/usr/bin/env bash
# All Rust tests: with cargo-nextest where it is installed (quicker, one process a test), else with cargo test.
set -euo pipefail

if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --locked --no-fail-fast --no-tests=fail "$@"
else
  cargo test --workspace --locked --no-fail-fast --lib --bins --tests --examples "$@"
fi
# nextest does not run the examples in the documentation.
cargo test --workspace --locked --doc --quiet
