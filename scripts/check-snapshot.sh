#!/usr/bin/env bash
# Compares the binary interface that the headers declare with the one that is committed as tests/abi/snapshot.abi: names,
# parameters, sizes, offsets, values. New functions pass; whatever changes or takes away something that exists fails.
#
#   scripts/check-snapshot.sh            compare, and show that planted changes are found
#   scripts/check-snapshot.sh --renew    write the snapshot anew, for a change that is meant
#
# A library that is defined by the headers alone, and does nothing, is what is measured: it has the types as a C compiler sees
# them. That the real library exports the same functions, and that the headers come from its sources, are tests of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

snapshot=tests/abi/snapshot.abi
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

if [ "$(uname -m)" != x86_64 ]; then
  echo "snapshot: it is of x86-64, this machine is $(uname -m): skipped"
  exit 0
fi
soname="libotc.so.$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\([0-9]*\)\..*/\1/p' Cargo.toml)"

# describe HEADERS OUTPUT [FILTER...]: what the headers of that folder declare; the filter changes the definitions.
describe() {
  local headers="$1" output="$2"
  shift 2
  {
    echo '#define OTC_X_NO_SIZED_CALLS'
    echo '#include <opentok.h>'
    cat "$headers"/opentok/*.h | awk '
      /^OTC_API/ { inside = 1; text = "" }
      inside { text = text $0 "\n" }
      inside && /;/ { inside = 0; sub(/^OTC_API/, "", text); sub(/;[^;]*$/, " { for (;;) {} }\n", text); printf "%s", text }'
  } | "${@:-cat}" >"$scratch/interface.c"
  cc -std=c11 -g -fPIC -shared -I"$headers" "-Wl,-soname,$soname" "$scratch/interface.c" -o "$scratch/interface.so"
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash --out-file "$output" "$scratch/interface.so"
  # Where it was compiled is nobody's concern.
  sed -i "s|path='$scratch/|path='|" "$output"
}

describe include "$scratch/now.abi"
functions="$(grep -c '<function-decl' "$scratch/now.abi")"
listed="$(wc -l <tests/abi/exports.txt)"
if [ "$functions" != "$listed" ]; then
  echo "snapshot: the headers define $functions functions, tests/abi/exports.txt lists $listed" >&2
  exit 1
fi

if [ "${1:-}" = --renew ]; then
  cp "$scratch/now.abi" "$snapshot"
  echo "snapshot: $snapshot is that of today, with $functions functions; look at its diff before you commit it"
  exit 0
fi

# compatible WITH: whether programs that were built with the snapshot go on working.
compatible() { abidiff --no-added-syms "$snapshot" "$1" >"$scratch/report" 2>&1; }

if ! compatible "$scratch/now.abi"; then
  cat "$scratch/report"
  echo "snapshot: the binary interface changed. Programs that exist would break; if that is meant, or an enum only grew: make abi-renew" >&2
  exit 1
fi
echo "snapshot: $functions functions and their types are as committed"

# Is an incompatible change really found? A function that is gone, another return type, a member in the middle of a struct that
# programs fill, another value of an enum; and one that is compatible.
cp -r include "$scratch/include"
plant() {
  local what="$1" file="$2" edit="$3" headers="$scratch/include/opentok"
  cp "$headers/$file" "$scratch/original"
  sed -i "$edit" "$headers/$file"
  if cmp -s "$headers/$file" "$scratch/original"; then
    echo "snapshot: $what could not be planted in $file" >&2
    exit 1
  fi
  describe "$scratch/include" "$scratch/planted.abi"
  cp "$scratch/original" "$headers/$file"
}
refused() {
  plant "$@"
  if compatible "$scratch/planted.abi"; then
    echo "snapshot: $1 was planted and not found" >&2
    exit 1
  fi
  echo "snapshot: found as it should be: $1"
}
refused "a function that is gone" connection.h 's/^OTC_API int64_t otc_connection_get_creation_time(.*;/extern int gone;/'
refused "another return type" connection.h 's/^OTC_API int64_t otc_conn/OTC_API int32_t otc_conn/'
refused "a member in the middle of the callbacks" session.h 's/^  void (\*on_disconnected)/  void (*on_planted)(void);\n&/'
refused "another value of an enum" session.h 's/OTC_SESSION_NOT_CONNECTED = 1010/OTC_SESSION_NOT_CONNECTED = 1009/'
plant "a new function" otc_x.h 's/^OTC_API const char \*otc_x_version.*/&\nOTC_API int otc_x_planted(void);/'
if ! compatible "$scratch/planted.abi"; then
  echo "snapshot: a new function was taken for a change" >&2
  exit 1
fi
echo "snapshot: passes as it should: a new function"
