#!/usr/bin/env bash
# Every header compiles without a warning: alone, twice, and in random orders, in each standard of C and C++, with every
# compiler that is installed.
#
#   scripts/check-headers.sh [SEED]
#
# The seed decides the random orders; a failure prints it.
set -uo pipefail
cd "$(dirname "$0")/.."

seed="${1:-$RANDOM}"
RANDOM="$seed"
orders=5
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

warnings=(-Wall -Wextra -Wpedantic -Wundef -Wshadow -Werror -fsyntax-only -Iinclude)
c_warnings=(-Wstrict-prototypes -Wmissing-prototypes)
mapfile -t headers < <(cd include && find . -name '*.h' | sed 's|^\./||' | sort)
checks=0
failures=0

# check COMPILER STANDARD FILE WHAT: compiles one file and prints a line if that fails.
check() {
  local compiler="$1" standard="$2" file="$3" what="$4" extra=()
  case "$file" in *.c) extra=("${c_warnings[@]}") ;; esac
  checks=$((checks + 1))
  if ! "$compiler" -std="$standard" "${warnings[@]}" "${extra[@]}" "$file" 2>"$scratch/errors"; then
    failures=$((failures + 1))
    echo "FAILED $compiler -std=$standard, $what: $(grep -m1 -E 'error|warning' "$scratch/errors")"
  fi
}

# The same sources for C and C++: each header alone and twice, and all of them in random orders.
sources=()
titles=()
add() {
  local title="$1"
  shift
  local file="$scratch/${#sources[@]}"
  printf '#include "%s"\n' "$@" >"$file.c"
  # A translation unit must not be empty.
  echo 'extern int something;' >>"$file.c"
  cp "$file.c" "$file.cc"
  sources+=("$file")
  titles+=("$title")
}

for header in "${headers[@]}"; do
  add "$header alone" "$header"
  add "$header twice" "$header" "$header"
done
# Puts the headers into a random order in `order`. Not in a subshell: that would have a random sequence of its own.
shuffle() {
  local i j swap
  order=("${headers[@]}")
  for ((i = ${#order[@]} - 1; i > 0; i--)); do
    j=$((RANDOM % (i + 1)))
    swap="${order[i]}"
    order[i]="${order[j]}"
    order[j]="$swap"
  done
}
for ((n = 1; n <= orders; n++)); do
  shuffle
  add "order $n of seed $seed" "${order[@]}"
done

run() {
  local compiler="$1" extension="$2" standard i
  shift 2
  if ! command -v "$compiler" >/dev/null 2>&1; then
    echo "$compiler: not installed, skipped"
    return
  fi
  for standard in "$@"; do
    for i in "${!sources[@]}"; do
      check "$compiler" "$standard" "${sources[i]}.$extension" "${titles[i]}"
    done
  done
}

run gcc c c99 c11 c17
run g++ cc c++11 c++17 c++20
run clang c c99 c11 c17
run clang++ cc c++11 c++17 c++20
run x86_64-w64-mingw32-gcc c c99 c17
run x86_64-w64-mingw32-g++ cc c++11 c++20

# As Microsoft's compiler would see them. There is no C library for it here: what the headers take from one is made up.
if command -v clang >/dev/null 2>&1; then
  mkdir "$scratch/library"
  : >"$scratch/library/stdlib.h"
  plain=("${warnings[@]}")
  warnings+=(--target=x86_64-pc-windows-msvc -ffreestanding "-isystem$scratch/library")
  for i in "${!sources[@]}"; do
    check clang c11 "${sources[i]}.c" "${titles[i]}, as for MSVC"
    check clang++ c++17 "${sources[i]}.cc" "${titles[i]}, as for MSVC"
  done
  warnings=("${plain[@]}")
fi

# A program's own header of a generic name beside it must not be taken for ours.
mkdir "$scratch/own"
echo '#error the header of the program was included' >"$scratch/own/config.h"
cp "$scratch/own/config.h" "$scratch/own/base.h"
echo '#include <opentok.h>' >"$scratch/own/program.c"
warnings+=("-I$scratch/own")
check gcc c99 "$scratch/own/program.c" "a program with a config.h of its own"

if [ "$checks" -eq 0 ]; then
  echo "no compiler is installed" >&2
  exit 1
fi
echo "headers: ${#headers[@]} files, $checks checks, $failures failed (seed $seed)"
[ "$failures" -eq 0 ]
