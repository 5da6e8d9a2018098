#!/usr/bin/env bash
# Packs what is shipped: a tarball of everything and, where Debian's tools are, the .deb packages.
#
#   scripts/package.sh [--profile PROFILE] [FOLDER]      default: the release profile, to target/packages
#
# The tarball unpacks anywhere. The .debs have the directories that Debian wants, which is why they are configured apart; cargo
# builds once for both.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=release
if [ "${1:-}" = --profile ]; then
  profile="$2"
  shift 2
fi
folder="${1:-target/packages}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
jobs="$(nproc 2>/dev/null || echo 2)"

# pack NAME GENERATOR OPTION...
pack() {
  local build="target/package-$1" generator="$2"
  shift 2
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DOTC_CARGO_PROFILE="$profile" -DOTC_BUILD_TESTS=OFF \
    -DOTC_BUILD_EXAMPLES=OFF "$@" >/dev/null
  cmake --build "$build" --parallel "$jobs"
  (cd "$build" && cpack -G "$generator" -B "$folder" >cpack.log) || {
    cat "$build/cpack.log" >&2
    exit 1
  }
  rm -rf "$folder/_CPack_Packages"
}

rm -f "$folder"/*.deb "$folder"/*.tar.gz
# An earlier run's directories stay in the cache of CMake unless they are given.
pack tarball TGZ -DCMAKE_INSTALL_PREFIX=/usr/local -DCMAKE_INSTALL_LIBDIR=lib
if command -v dpkg-shlibdeps >/dev/null 2>&1; then
  pack debian DEB -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR="lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)"
else
  echo "package: dpkg-shlibdeps (dpkg-dev) is not installed: no .deb packages"
fi
for package in "$folder"/*; do echo "package: $package, $(wc -c <"$package") bytes"; done
