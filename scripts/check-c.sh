#!/usr/bin/env bash
# Every C and C++ source of ours compiles without a warning, with gcc and, where it is installed, with clang.
set -euo pipefail
cd "$(dirname "$0")/.."

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings
  -Wundef -Wformat=2 -Werror)
sources=()
for source in c_examples/*.c tests/c/*.c; do
  case "$source" in */windows.c) continue ;; esac # for Windows alone: scripts/windows.sh compiles it
  sources+=("$source")
done
cpp_warnings=(-Wall -Wextra -Wpedantic -Wshadow -Werror)
mapfile -t cpp_sources < <(printf '%s\n' c_examples/*.cpp tests/c/*.cpp tests/cpp/*.cpp | grep -v no_exceptions)
plain_sources=(tests/cpp/no_exceptions.cpp)

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

for compiler in g++ clang++; do
  if ! command -v "$compiler" >/dev/null 2>&1; then
    echo "$compiler: not installed, skipped"
    continue
  fi
  for standard in c++17 c++20; do
    "$compiler" -std="$standard" "${cpp_warnings[@]}" -Iinclude -Itests/c -fsyntax-only "${cpp_sources[@]}"
    "$compiler" -std="$standard" -fno-exceptions -fno-rtti "${cpp_warnings[@]}" -Iinclude -Itests/c -fsyntax-only "${plain_sources[@]}"
    echo "$compiler -std=$standard: ${#cpp_sources[@]} files without a warning"
  done
done
