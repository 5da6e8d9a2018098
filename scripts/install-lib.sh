# For scripts that check what is installed: a relay to meet at, and the programs of strangers. To be sourced.
#
# `scratch` is a new folder that goes away at the end; `title` is what messages begin with.
#
# shellcheck shell=bash
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
  echo "$title: $*" >&2
  exit 1
}

say() { echo "$title: $*"; }

# quietly COMMAND...: shows what it printed only if it fails.
quietly() {
  "$@" >"$scratch/printed" 2>&1 || {
    cat "$scratch/printed" >&2
    fail "this failed: $*"
  }
}

# must_have ROOT FILE...
must_have() {
  local root="$1" file
  shift
  for file in "$@"; do [ -e "$root/$file" ] || [ -L "$root/$file" ] || fail "$file is missing in $root"; done
}

# start_relay PROGRAM: and tells the environment where to meet.
start_relay() {
  local program="$1" key=stranger line
  export OTC_API_SECRET=secret-for-this-run-only
  stop_relay
  rm -f "$scratch/announcement"
  mkfifo "$scratch/announcement"
  "$program" serve --listen 127.0.0.1:0 --api-key "$key" >"$scratch/announcement" 2>"$scratch/relay.log" &
  relay=$!
  exec 3<"$scratch/announcement"
  IFS= read -r -t 60 line <&3 || fail "the relay did not start: $(cat "$scratch/relay.log")"
  export OTC_API_URL="${line##* }" OTC_API_KEY="$key"
  OTC_SESSION_ID="$("$program" session --api-key "$key")"
  OTC_TOKEN="$("$program" token --api-key "$key" --session "$OTC_SESSION_ID")"
  export OTC_SESSION_ID OTC_TOKEN
}

stop_relay() {
  [ -n "$relay" ] || return 0
  kill "$relay" 2>/dev/null || true
  wait "$relay" 2>/dev/null || true
  relay=""
}

# run LIBRARIES PROGRAM WHAT: with only the libraries of that folder to be found beside the system's.
run() {
  LD_LIBRARY_PATH="$1" timeout 120 "$2" >"$scratch/printed" 2>&1 || {
    cat "$scratch/printed" >&2
    fail "$3 failed"
  }
  say "$3 runs"
}

# strangers NAME PREFIX LIBDIR [PKG_CONFIG_ARGUMENTS]: a CMake project, a Makefile with pkg-config and static links, built and
# run with what is below PREFIX, in a new folder NAME.
strangers() {
  local name="$1" prefix="$2" libdir="$3" out="$scratch/$1" package program
  mkdir "$out"
  # No other place may help out.
  quietly cmake -S "$project/cmake" -B "$out/cmake" -DCMAKE_FIND_ROOT_PATH="$prefix" -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY \
    -DCMAKE_PREFIX_PATH=/
  quietly cmake --build "$out/cmake"
  run "$prefix/$libdir" "$out/cmake/hello" "$name: CMake, otc::otc"
  run "$prefix/$libdir" "$out/cmake/hello_static" "$name: CMake, otc::static"
  if [ -e "$out/cmake/hello_cpp" ]; then run "$prefix/$libdir" "$out/cmake/hello_cpp" "$name: CMake, C++"; fi
  for package in libotc libopentok; do
    mkdir "$out/$package"
    PKG_CONFIG_LIBDIR="$prefix/$libdir/pkgconfig" quietly make -s -C "$project/make" OUT="$out/$package" PACKAGE="$package"
    run "$prefix/$libdir" "$out/$package/hello" "$name: pkg-config $package"
    run "$prefix/$libdir" "$out/$package/hello_static" "$name: pkg-config --static $package"
  done
  for program in "$out"/*/hello_static; do
    if readelf -d "$program" | grep -q 'NEEDED.*libotc'; then fail "$program needs the shared library"; fi
  done
  readelf -d "$out/cmake/hello" | grep -q 'NEEDED.*\[libotc\.so\.[0-9]*\]' || fail "$name: a program does not ask for the soname"
}
