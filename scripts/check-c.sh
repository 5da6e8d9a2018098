#!/usr/bin/env bash
# Every C source of ours compiles without a warning, with gcc and, where it is installed, with clang, as C11 and as C17.
set -euo pipefail
cd "$(dirname "$0")/.."

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings
  -Wundef -Wformat=2 -Werror)
sources=(c_examples/*.c tests/c/*.c)

for compiler in gcc clang; do
  if ! command -v "$compiler" >/dev/null 2>&1; then
    echo "$compiler: not installed, skipped"
    continue
  fi
  for standard in c11 c17; do
    "$compiler" -std="$standard" "${warnings[@]}" -Iinclude -fsyntax-only "${sources[@]}"
    echo "$compiler -std=$standard: ${#sources[@]} files without a warning"
  done
done
