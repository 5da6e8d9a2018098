# The part of check-install.sh about Debian packages: installs them with dpkg into an empty root. To be sourced.
#
# shellcheck shell=bash
root="$scratch/debian-root"
libdir="usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)"
library="$(dpkg-deb -f "$packages"/libotc[0-9]*.deb Package)"

# field PACKAGE FIELD
field() { dpkg-deb -f "$packages/$1"_*.deb "$2"; }
[ "$(field libotc-dev Depends | tr , '\n' | grep -c "$library (= ")" = 1 ] || fail "libotc-dev does not depend on its $library"
for package in "$library" libotc-dev otc-relay; do
  field "$package" Depends | grep -q 'libc6 (>= ' || fail "$package does not depend on the C library"
done
dpkg-deb -I "$packages/${library}"_*.deb shlibs | grep -qx "libotc ${major##*.} $library (>= .*)" || fail "no shlibs"
dpkg-deb -I "$packages/${library}"_*.deb triggers | grep -q ldconfig || fail "the library does not trigger ldconfig"
dpkg-deb -I "$packages"/otc-relay_*.deb conffiles | grep -qx /etc/otc-relay.toml || fail "the relay's settings are no conffile"

# An empty root with the list of packages of this machine, so that Depends is looked at. The scripts of the packages run
# here and work there, as dpkg has it for roots without a shell.
mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers} "$root"/{etc,usr}
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
: >"$root/etc/passwd"
: >"$root/etc/group"
with_dpkg() {
  local command=(dpkg --root="$root" --force-script-chrootless --force-not-root --log="$scratch/dpkg.log" "$@")
  if [ "$(id -u)" -ne 0 ]; then command=(fakeroot "${command[@]}"); fi
  quietly env DEBIAN_FRONTEND=noninteractive "${command[@]}"
}
with_dpkg --install "$packages"/*.deb
for package in "$library" libotc-dev otc-relay libotc-opentok; do
  dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Status}\n' "$package" | grep -qx 'install ok installed' ||
    fail "dpkg did not install $package"
done
must_have "$root/$libdir" "$major" "$version" libotc.so libotc.a libopentok.so pkgconfig/libotc.pc
must_have "$root/usr/share/doc" "$library/copyright" libotc-dev/copyright otc-relay/changelog.gz

# What the relay's package sets up: an account, settings that only it may read, a unit that starts with the machine.
group="$(sed -n 's/^otc-relay:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")"
grep -q '^otc-relay:' "$root/etc/passwd" || fail "the relay has no account"
[ "$(stat -c '%a %u:%g' "$root/etc/otc-relay.toml")" = "640 0:$group" ] ||
  fail "the relay's settings are $(stat -c '%a %u:%g' "$root/etc/otc-relay.toml"), not 640 0:$group"
must_have "$root/etc" systemd/system/multi-user.target.wants/otc-relay.service
if command -v systemd-analyze >/dev/null 2>&1; then
  # The one program of another package that the unit names.
  mkdir -p "$root/bin"
  install -m 755 /dev/null "$root/bin/kill"
  quietly systemd-analyze verify --man=no --recursive-errors=no --root="$root" otc-relay.service
fi
installed_check() { env -u OTC_API_KEY -u OTC_API_SECRET "$root/usr/bin/otc-relay" check --config "$1"; }
installed_check "$root/etc/otc-relay.toml" 2>"$scratch/said" && fail "settings without a project pass"
grep -q 'no project' "$scratch/said" || fail "the relay does not say what is missing: $(cat "$scratch/said")"
printf '[[project]]\napi_key = "100"\napi_secret = ["secret"]\n' | cat "$root/etc/otc-relay.toml" - >"$scratch/filled.toml"
installed_check "$scratch/filled.toml" >/dev/null || fail "settings with a project do not pass"
say "the packages are installed: $(cd "$packages" && echo *.deb)"

# What the dynamic linker of that root would find.
ldconfig -r "$root" 2>/dev/null || true
ldconfig -r "$root" -p | grep -q "$major " || fail "ldconfig does not find $major"
start_relay "$root/usr/bin/otc-relay"
strangers debian "$root" "$libdir"

# A package of a program that is linked to it depends on it.
mkdir -p "$scratch/source/debian"
printf 'Source: stranger\n\nPackage: stranger\nArchitecture: any\n' >"$scratch/source/debian/control"
(cd "$scratch/source" && dpkg-shlibdeps -O -L"$root/var/lib/dpkg/info/$library.shlibs" -l"$root/$libdir" --ignore-missing-info \
  "$scratch/debian/cmake/hello" 2>/dev/null) | grep -q "$library (>= " || fail "dpkg-shlibdeps does not find $library"

# Nothing stays behind.
with_dpkg --purge otc-relay libotc-dev libotc-opentok "$library"
[ -z "$(find "$root/usr" "$root/etc" -name '*otc*' -print -quit)" ] || fail "left behind: $(find "$root/usr" "$root/etc" -name '*otc*')"
# Slow, and the same for every profile but for the size of the files.
if [ "$profile" = release ] && command -v lintian >/dev/null 2>&1; then
  quietly lintian --no-cfg --allow-root --fail-on error "$packages"/*.deb
  say "lintian has no errors to tell"
fi
