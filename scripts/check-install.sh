#!/usr/bin/env bash
# Installs a build to empty places, moves it, and builds and runs there what strangers would write: a CMake project, a Makefile
# with pkg-config, each linked shared and static, against the relay that was installed with it.
#
#   scripts/check-install.sh [BUILD_DIR]     default: the debug build that the C tests use
set -euo pipefail
cd "$(dirname "$0")/.."

build="${1:-target/cmake}"
if [ "$#" -eq 0 ]; then
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug >/dev/null
  cmake --build "$build" --parallel "$(nproc 2>/dev/null || echo 2)" >/dev/null
fi
build="$(cd "$build" && pwd)"
project="$PWD/tests/install"
scratch="$(mktemp -d)"
relay=""
finish() {
  local status=$?
  [ -z "$relay" ] || kill "$relay" 2>/dev/null || true
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT

fail() {
  echo "check-install: $*" >&2
  exit 1
}

# must_have ROOT FILE...
must_have() {
  local root="$1" file
  shift
  for file in "$@"; do [ -e "$root/$file" ] || fail "$file is missing"; done
}

libdir="$(sed -n 's/^CMAKE_INSTALL_LIBDIR:[A-Z]*=//p' "$build/CMakeCache.txt")"
major="$(readlink "$build/lib/libotc.so")"
version="$(readlink "$build/lib/$major")"

# Each component alone, with DESTDIR.
for component in library development relay opentok; do
  DESTDIR="$scratch/$component" cmake --install "$build" --prefix /usr --component "$component" >/dev/null
done
must_have "$scratch/library/usr/$libdir" "$major" "$version"
must_have "$scratch/development/usr" include/opentok.h include/opentok/session.h include/otc.hpp "$libdir/libotc.a" \
  "$libdir/cmake/otc/otc-config-version.cmake" "$libdir/pkgconfig/libopentok.pc" bin/otc-compat
must_have "$scratch/relay/usr" bin/otc-relay
[ ! -e "$scratch/library/usr/include" ] || fail "the library component has headers"
[ -L "$scratch/development/usr/$libdir/libotc.so" ] || fail "the development component has no libotc.so link"
[ "$(readlink "$scratch/opentok/usr/$libdir/libopentok.so")" = libotc.so ] || fail "libopentok.so is not a link to libotc.so"

# All but the opt-in component, to a prefix that is moved afterwards.
cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
prefix="$scratch/moved"
[ ! -e "$prefix/$libdir/libopentok.so" ] || fail "libopentok.so came without being asked for"
if grep -rIl --exclude-dir=doc -e "$scratch" -e "$build" -e "$PWD" "$prefix/$libdir/cmake" "$prefix/$libdir/pkgconfig" "$prefix/include"; then
  fail "these files hold a path of the build machine"
fi
echo "check-install: components and prefix are complete"

# The installed relay, and where the programs shall meet.
key=stranger
export OTC_API_SECRET=secret-for-this-run-only
mkfifo "$scratch/announcement"
"$prefix/bin/otc-relay" serve --listen 127.0.0.1:0 --api-key "$key" >"$scratch/announcement" 2>"$scratch/relay.log" &
relay=$!
exec 3<"$scratch/announcement"
IFS= read -r -t 60 line <&3 || fail "the relay did not start: $(cat "$scratch/relay.log")"
export OTC_API_URL="${line##* }" OTC_API_KEY="$key"
OTC_SESSION_ID="$("$prefix/bin/otc-relay" session --api-key "$key")"
OTC_TOKEN="$("$prefix/bin/otc-relay" token --api-key "$key" --session "$OTC_SESSION_ID")"
export OTC_SESSION_ID OTC_TOKEN

# run PROGRAM WHAT: with only the installed library to be found.
run() {
  LD_LIBRARY_PATH="$prefix/$libdir" timeout 120 "$1" >/dev/null || fail "$2 failed"
  echo "check-install: $2 runs"
}

cmake -S "$project/cmake" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$scratch/cmake" >/dev/null
run "$scratch/cmake/hello" "CMake, otc::otc"
run "$scratch/cmake/hello_static" "CMake, otc::static"
if [ -e "$scratch/cmake/hello_cpp" ]; then run "$scratch/cmake/hello_cpp" "CMake, C++"; fi

if command -v pkg-config >/dev/null 2>&1; then
  for package in libotc libopentok; do
    mkdir "$scratch/$package"
    PKG_CONFIG_PATH="$prefix/$libdir/pkgconfig" make -s -C "$project/make" OUT="$scratch/$package" PACKAGE="$package"
    run "$scratch/$package/hello" "pkg-config $package"
    run "$scratch/$package/hello_static" "pkg-config --static $package"
  done
else
  echo "check-install: pkg-config is not installed, skipped"
fi

for program in "$scratch"/*/hello_static; do
  if readelf -d "$program" | grep -q 'NEEDED.*libotc'; then fail "$program needs the shared library"; fi
done
readelf -d "$scratch/cmake/hello" | grep -q "NEEDED.*$major" || fail "a program does not ask for $major"
echo "check-install: all is well"
