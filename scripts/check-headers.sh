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
run g++ cc c++11 c++14 c++17 c++20
run clang c c99 c11 c17
run clang++ cc c++11 c++14 c++17 c++20
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

# With no C++ library in sight: neither libc++ nor another is needed.
if command -v clang++ >/dev/null 2>&1; then
  plain=("${warnings[@]}")
  warnings+=(-nostdinc++)
  printf '#include <opentok.h>\nint something;\n' >"$scratch/bare.cc"
  check clang++ c++11 "$scratch/bare.cc" "without the headers of a C++ library"
  check clang++ c++20 "$scratch/bare.cc" "without the headers of a C++ library"
  warnings=("${plain[@]}")
fi

# The C++ wrapper: alone, twice and behind the C headers, with exceptions and RTTI and without.
printf '#include <otc.hpp>\n' >"$scratch/wrapper1.cc"
printf '#include <otc.hpp>\n#include <otc.hpp>\n#include <opentok.h>\n' >"$scratch/wrapper2.cc"
printf '#include <opentok.h>\n#include <otc.hpp>\notc::session made;\n' >"$scratch/wrapper3.cc"
plain=("${warnings[@]}")
# Debian's other mingw has no std::mutex.
for compiler in g++ clang++ x86_64-w64-mingw32-g++-posix; do
  if ! command -v "$compiler" >/dev/null 2>&1; then
    echo "$compiler: not installed, otc.hpp was not compiled with it"
    continue
  fi
  for standard in c++17 c++20; do
    for n in 1 2 3; do
      warnings=("${plain[@]}")
      check "$compiler" "$standard" "$scratch/wrapper$n.cc" "otc.hpp, $n"
      warnings+=(-fno-exceptions -fno-rtti)
      check "$compiler" "$standard" "$scratch/wrapper$n.cc" "otc.hpp without exceptions, $n"
      if [ "$compiler" = clang++ ]; then
        # Microsoft's language; its library is not here, so that this one is used.
        warnings=("${plain[@]}" -fms-extensions -fdelayed-template-parsing -Wno-language-extension-token)
        check "$compiler" "$standard" "$scratch/wrapper$n.cc" "otc.hpp as for MSVC, $n"
      fi
    done
  done
done
warnings=("${plain[@]}")

# A program's own header of a generic name beside it must not be taken for ours, and comes when the program asks for it.
mkdir "$scratch/own"
for name in config base session stream error connection; do
  echo "#error the header of the program was included" >"$scratch/own/$name.h"
done
printf '#ifndef CONFIG_H\n#define CONFIG_H\n#define OF_THE_PROGRAM 1\n#endif\n' >"$scratch/own/config.h"
for order in 1 2; do
  {
    if [ "$order" = 1 ]; then echo '#include "config.h"'; fi
    echo '#include <opentok.h>'
    if [ "$order" = 2 ]; then echo '#include "config.h"'; fi
    echo 'extern otc_session *of_the_program[OF_THE_PROGRAM];'
  } >"$scratch/own/program$order.c"
  cp "$scratch/own/program$order.c" "$scratch/own/program$order.cc"
done
warnings+=("-I$scratch/own")
for order in 1 2; do
  for compiler in gcc clang x86_64-w64-mingw32-gcc; do
    if command -v "$compiler" >/dev/null 2>&1; then
      check "$compiler" c99 "$scratch/own/program$order.c" "a program with a config.h of its own"
    fi
  done
  check g++ c++11 "$scratch/own/program$order.cc" "a program with a config.h of its own"
done

if [ "$checks" -eq 0 ]; then
  echo "no compiler is installed" >&2
  exit 1
fi
echo "headers: ${#headers[@]} files, $checks checks, $failures failed (seed $seed)"
[ "$failures" -eq 0 ]
