#!/usr/bin/env bash
# Packs what is shipped, installs it to empty places, and builds and runs there what strangers would write: a CMake project, a
# Makefile with pkg-config, each linked shared and static, in C and in C++, against the relay that was installed with it.
#
#   scripts/check-install.sh [PROFILE]
#
# PROFILE is cargo's. By default it is `quick`: the same files as a release, less optimised, and built in a third of the time.
# `scripts/check-install.sh release` checks exactly what is shipped.
set -euo pipefail
cd "$(dirname "$0")/.."

title=check-install
# shellcheck source=scripts/install-lib.sh
. scripts/install-lib.sh
profile="${1:-quick}"
packages="$PWD/target/packages-$profile"

quietly scripts/package.sh --profile "$profile" "$packages"
say "packed: $(cd "$packages" && echo *)"

# ---- cmake --install -----------------------------------------------------------------------------------------------------

build="$PWD/target/package-tarball"
major="$(readlink "$build/lib/libotc.so")"
version="$(readlink "$build/lib/$major")"

# Each component alone, with DESTDIR.
for component in library development relay opentok; do
  DESTDIR="$scratch/$component" cmake --install "$build" --prefix /usr --component "$component" >/dev/null
done
must_have "$scratch/library/usr/lib" "$major" "$version"
must_have "$scratch/development/usr" include/opentok.h include/opentok/session.h include/otc.hpp lib/libotc.a \
  lib/cmake/otc/otc-config-version.cmake lib/pkgconfig/libopentok.pc bin/otc-compat share/man/man3/libotc.3.gz
must_have "$scratch/relay/usr" bin/otc-relay lib/systemd/system/otc-relay.service share/man/man1/otc-relay.1.gz
[ ! -e "$scratch/library/usr/include" ] || fail "the library component has headers"
[ -L "$scratch/development/usr/lib/libotc.so" ] || fail "the development component has no libotc.so link"
[ "$(readlink "$scratch/opentok/usr/lib/libopentok.so")" = "$major" ] || fail "libopentok.so is not a link to $major"

# All but the opt-in component, to a prefix that is moved afterwards.
cmake --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
[ ! -e "$scratch/moved/lib/libopentok.so" ] || fail "libopentok.so came without being asked for"
if grep -rIl --exclude-dir=doc -e "$scratch" -e "$PWD" "$scratch/moved"/{lib/cmake,lib/pkgconfig,include,share}; then
  fail "these files hold a path of the build machine"
fi
say "components and prefix are complete"
# Its manual page names every command.
for command in $("$scratch/moved/bin/otc-relay" --help | awk '/^Commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }'); do
  gunzip -c "$scratch/moved/share/man/man1/otc-relay.1.gz" | grep -q "^\.It Cm $command\$" || fail "otc-relay.1 does not name $command"
done
start_relay "$scratch/moved/bin/otc-relay"
strangers prefix "$scratch/moved" lib

# A program that was linked to the vendor's library starts with the opt-in link alone.
echo 'int otc_init(void *r) { return r != 0; } int otc_destroy(void) { return 0; }' >"$scratch/vendor.c"
echo 'int otc_init(void *); int otc_destroy(void); int main(void) { return otc_init(0) | otc_destroy(); }' >"$scratch/binary.c"
mkdir "$scratch/vendor" "$scratch/runtime"
cc -shared -fPIC -Wl,-soname,libopentok.so "$scratch/vendor.c" -o "$scratch/vendor/libopentok.so"
cc "$scratch/binary.c" -L"$scratch/vendor" -lopentok -o "$scratch/binary"
cp -P "$scratch/library/usr/lib/"* "$scratch/opentok/usr/lib/libopentok.so" "$scratch/runtime"
run "$scratch/runtime" "$scratch/binary" "a binary that asks for libopentok.so"

# ---- The tarball ---------------------------------------------------------------------------------------------------------

mkdir "$scratch/tarball-root"
tar -xzf "$packages"/libotc-*.tar.gz -C "$scratch/tarball-root" --strip-components=1
start_relay "$scratch/tarball-root/bin/otc-relay"
strangers tarball "$scratch/tarball-root" lib

# ---- The Debian packages -------------------------------------------------------------------------------------------------

if ! compgen -G "$packages/*.deb" >/dev/null; then
  say "no .deb packages were made here: their checks are skipped"
  exit 0
fi
# shellcheck source=scripts/check-deb.sh
. scripts/check-deb.sh
say "all is well"
