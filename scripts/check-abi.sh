#!/usr/bin/env bash
# Compares what a shared library exports with tests/abi/exports.txt, and looks at its soname and flags.
#
#   scripts/check-abi.sh [LIBRARY...]
#
# Without arguments: the library of the debug build and, where they exist, those that CMake built; and the tests of
# tests/abi, which measure structs, enums and declarations with the compilers that are installed.
set -euo pipefail
cd "$(dirname "$0")/.."

# check LIBRARY: one line; on a difference also what differs.
check() {
  local library="$1" difference count major
  major="$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\([0-9]*\)\..*/\1/p' Cargo.toml)"
  if ! difference="$(diff <(LC_ALL=C sort tests/abi/exports.txt) \
    <(nm -D --defined-only --format=posix "$library" | cut -d' ' -f1 | LC_ALL=C sort))"; then
    echo "FAILED $library: exports differ from tests/abi/exports.txt (< listed, > exported):" >&2
    grep '^[<>]' <<<"$difference" >&2
    return 1
  fi
  if ! readelf -dW "$library" | grep -q "soname: \[libotc.so.$major\]"; then
    echo "FAILED $library: its soname is not libotc.so.$major" >&2
    return 1
  fi
  if ! readelf -dW "$library" | grep -q NODELETE; then
    echo "FAILED $library: it is not marked to stay loaded (-z nodelete)" >&2
    return 1
  fi
  count="$(wc -l <tests/abi/exports.txt)"
  echo "$library: $count names exported, as listed; soname libotc.so.$major"
}

if [ "$#" -gt 0 ]; then
  for library in "$@"; do check "$library"; done
  exit 0
fi

cargo build --locked --quiet --lib
check "${CARGO_TARGET_DIR:-target}/debug/libotc.so"
for library in build/lib/libotc.so target/cmake/lib/libotc.so; do
  if [ -e "$library" ]; then check "$library"; fi
done
cargo test --locked --quiet --test abi
