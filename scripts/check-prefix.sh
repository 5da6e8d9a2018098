#!/usr/bin/env bash
# Builds the library with a prefix before its names, installs it beside the plain one, and runs programs that use it and a
# vendor's library, or the plain one, in one process: shared and static, whatever is linked or loaded first.
#
#   scripts/check-prefix.sh [PROFILE]      cargo's; default: quick
set -euo pipefail
cd "$(dirname "$0")/.."

title=check-prefix
# shellcheck source=scripts/install-lib.sh
. scripts/install-lib.sh
profile="${1:-quick}"
prefix="$scratch/prefix"
beside="$project/beside"

# build NAME OPTION...: configures, builds and installs; all with one call of cargo's, so that nothing is compiled twice.
build() {
  local name="$1" build="target/prefix-$1"
  shift
  quietly cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DOTC_CARGO_PROFILE="$profile" -DOTC_BUILD_TESTS=OFF \
    -DOTC_BUILD_EXAMPLES=OFF -DCMAKE_INSTALL_LIBDIR=lib "$@"
  quietly cmake --build "$build"
  quietly cmake --install "$build" --strip --prefix "$prefix"
  sort -o "$scratch/files-$name" "$build/install_manifest.txt"
}
build plain
build my -DOTC_SYMBOL_PREFIX=my_
both="$(comm -12 "$scratch/files-plain" "$scratch/files-my")"
[ -z "$both" ] || fail "both libraries install $both"

# Names: the same, with the prefix, and nothing else; nothing is asked of another library of the interface.
shared="$prefix/lib/$(readlink "$prefix/lib/libmy_otc.so")"
readelf -d "$shared" | grep -q 'soname: \[libmy_otc\.so\.[0-9]*\]' || fail "the soname is not that of the library with a prefix"
readelf -d "$shared" | grep -q NODELETE || fail "the library with a prefix is not marked to stay loaded"
names() { LC_ALL=C nm "$@" --format=posix | awk 'NF > 2 { print $1 }' | LC_ALL=C sort; }
sed 's/^/my_/' tests/abi/exports.txt | LC_ALL=C sort >"$scratch/expected"
names -D --defined-only "$shared" | diff "$scratch/expected" - || fail "the shared library exports other names"
names -g --defined-only "$prefix/lib/libmy_otc.a" | diff "$scratch/expected" - || fail "the static library shows other names"
if nm -D --undefined-only "$shared" | grep ' otc_'; then fail "the library with a prefix asks for plain names"; fi
say "$(wc -l <"$scratch/expected") names begin with my_, and no others are visible"

# Every macro and declaration of the headers, for C and C++, with the calls that tell the size of the callbacks.
for language in c c++; do
  cat >"$scratch/names.c" <<'SOURCE'
#include <opentok.h>
int main() {
  otc_session *(*plain)(const char *, const char *, const struct otc_session_callbacks *) = otc_session_new;
  if (plain("", "", 0) || otc_session_new("", "", 0) || otc_session_new_with_settings("", "", 0, 0)) return 1;
  return otc_init(0) + otc_destroy();
}
SOURCE
  cc -x "$language" -Wall -Wextra -Werror -I"$prefix/include/my_otc" -c "$scratch/names.c" -o "$scratch/names.o"
  nm -u "$scratch/names.o" | grep -o '[a-z_]*otc_.*' | sort >"$scratch/used"
  printf 'my_otc_%s\n' destroy init session_new x_session_new_sized x_session_new_with_settings_sized | diff - "$scratch/used" ||
    fail "a program calls other names ($language)"
done

# The vendor's library: made up, with all of the plain names.
{
  echo 'static int calls; int made_up_calls(void); int made_up_calls(void) { return calls; }'
  sed 's/.*/int &(void); int &(void) { return calls++, 4242; }/' tests/abi/exports.txt
} >"$scratch/vendor.c"
mkdir "$scratch/vendor"
cc -shared -fPIC -Wl,-soname,libopentok.so "$scratch/vendor.c" -o "$scratch/vendor/libopentok.so"

start_relay "$prefix/bin/otc-relay"
quietly cmake -S "$beside/cmake" -B "$scratch/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DVENDOR="$scratch/vendor/libopentok.so"
quietly cmake --build "$scratch/cmake"
libraries="$prefix/lib:$scratch/vendor"
for kind in shared static; do
  run "$libraries" "$scratch/cmake/beside_$kind" "beside the vendor's library, $kind, the vendor's first"
  LD_PRELOAD="$scratch/vendor/libopentok.so" run "$libraries" "$scratch/cmake/beside_$kind" "the same, the vendor's preloaded"
  run "$libraries" "$scratch/cmake/plain_$kind" "beside the library with plain names, $kind"
done

# With pkg-config, ours first.
cat "$beside/beside.c" >"$scratch/beside.c"
flags="$(PKG_CONFIG_PATH="$prefix/lib/pkgconfig" pkg-config --cflags --libs libmy_otc)"
# shellcheck disable=SC2086 # a list of flags
cc -Dmain=ours -c "$project/hello.c" $flags -o "$scratch/ours.o" 2>"$scratch/printed" || fail "$(cat "$scratch/printed")"
# shellcheck disable=SC2086
cc "$beside/beside.c" "$beside/vendor_side.c" "$scratch/ours.o" $flags -L"$scratch/vendor" -lopentok -o "$scratch/beside"
run "$libraries" "$scratch/beside" "beside the vendor's library, pkg-config, ours first"
if command -v c++ >/dev/null 2>&1; then
  # shellcheck disable=SC2086
  c++ -std=c++17 "$project/hello.cpp" $flags -o "$scratch/cpp"
  run "$prefix/lib" "$scratch/cpp" "the C++ wrapper"
fi
say "all is well"
