#!/usr/bin/env bash
# Builds and runs a stranger's CMake project that has this one inside: as a folder, and fetched with git.
#
#   scripts/check-embedding.sh [PROFILE]      cargo's; default: quick
set -euo pipefail
cd "$(dirname "$0")/.."

title=check-embedding
# shellcheck source=scripts/install-lib.sh
. scripts/install-lib.sh
profile="${1:-quick}"
target="${CARGO_TARGET_DIR:-$PWD/target}"

# embed NAME OPTION...: OTC_INSTALL only lets cargo build the same programs as other checks, so that what it built serves here.
embed() {
  local name="$1" build="$scratch/$1"
  shift
  quietly cmake -S "$project/embedded" -B "$build" -DCMAKE_BUILD_TYPE=Release -DOTC_CARGO_PROFILE="$profile" \
    -DOTC_CARGO_TARGET_DIR="$target" -DOTC_INSTALL=ON "$@"
  quietly cmake --build "$build"
  for target_name in otc_tests chat; do
    [ -z "$(find "$build" -name "$target_name" -type f -print -quit)" ] || fail "$name: built $target_name, which nobody asked for"
  done
  [ -n "$relay" ] || start_relay "$target/$profile/otc-relay"
  # As CMake links them: with the path of the build directory inside.
  run "" "$build/hello" "$name, otc::otc"
  run "" "$build/hello_static" "$name, otc::static"
}

embed add_subdirectory -DSOURCE="$PWD"
if revision="$(git rev-parse HEAD 2>/dev/null)"; then
  embed FetchContent -DREPOSITORY="file://$PWD" -DREVISION="$revision"
else
  say "this is no git repository: FetchContent is skipped"
fi
