#!/usr/bin/env bash
# Builds the library, the relay and what can run there of examples and tests for 64-bit Windows, and runs the C tests with wine:
# client, relay and link breaker are all Windows programs then.
#
#   scripts/windows.sh [ARGUMENTS_OF_CTEST...]
#
# Rust's standard library for Windows is built from source with Debian's second toolchain, because rustup's may not be at hand.
# PROFILE=release builds what would be shipped (fat LTO); the default, quick, is the same code less optimised.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh windows
build=target/windows
prefix="$PWD/$build/installed"
rustup toolchain list | grep -q '^debweb' || rustup toolchain link debweb /usr

echo "windows: building (Rust's standard library too, some minutes on a fresh checkout)"
export RUSTC_BOOTSTRAP=1
cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/x86_64-w64-mingw32.cmake -DCMAKE_BUILD_TYPE=Release \
  -DOTC_CARGO_PROFILE="${PROFILE:-quick}" -DOTC_CARGO_TOOLCHAIN=debweb -DOTC_CARGO_ARGUMENTS='-Zbuild-std=std,panic_unwind' \
  -DOTC_CARGO_TARGET_DIR="$PWD/target/windows-cargo" -DOTC_WARNINGS_AS_ERRORS=ON -DCMAKE_INSTALL_PREFIX="$prefix" >/dev/null
cmake --build "$build" --parallel "$(nproc)"

echo "windows: installing into an empty place"
rm -rf "$prefix"
cmake --install "$build" >/dev/null
for file in bin/otc.dll bin/otc-relay.exe lib/libotc.dll.a lib/libotc.a include/opentok.h include/otc.hpp; do
  [ -s "$prefix/$file" ] || { echo "windows: $file was not installed" >&2; exit 1; }
done
missing="$(comm -13 <(x86_64-w64-mingw32-objdump -p "$prefix/bin/otc.dll" | awk '/Ordinal\/Name Pointer/ { on = 1 } on' |
  grep -oE 'otc_[a-z0-9_]+' | sort -u) <(grep -oE '^otc_[a-z0-9_]+' tests/abi/exports.txt | sort -u))"
[ -z "$missing" ] || { echo "windows: otc.dll does not export: $missing" >&2; exit 1; }
echo "windows: otc.dll exports every function, and needs: $(x86_64-w64-mingw32-objdump -p "$prefix/bin/otc.dll" |
  awk '/DLL Name/ { print $3 }' | tr '\n' ' ')"

# A program of somebody else's, against what was installed.
cat >"$build/stranger.c" <<'C'
#include <opentok.h>
#include <stdio.h>
int main(void) {
  if (otc_init(NULL) != OTC_SUCCESS) return 1;
  puts("otc.dll works");
  return otc_destroy();
}
C
x86_64-w64-mingw32-gcc-posix -Wall -Wextra -Werror -I"$prefix/include" "$build/stranger.c" -L"$prefix/lib" -lotc -o "$prefix/bin/stranger.exe"

# What wine needs: its folder, the thread library of the compiler, and a function of Windows that older wines lack.
export WINEDEBUG=-all WINEPREFIX="$PWD/$build/wine"
cat >"$build/shim.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG count);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count) { return SystemFunction036(bytes, (ULONG)count); }
C
for folder in "$prefix/bin" "$build/tests/c" target/windows-cargo/x86_64-pc-windows-gnu/"${PROFILE:-quick}"; do
  x86_64-w64-mingw32-gcc -shared -o "$folder/bcryptprimitives.dll" "$build/shim.c" -ladvapi32
  for library in libwinpthread-1.dll libgcc_s_seh-1.dll libstdc++-6.dll; do
    cp -f "$(x86_64-w64-mingw32-g++-posix -print-file-name="$library")" "$folder/"
  done
done
cp -f "$build/lib/otc.dll" "$build/tests/c/"
wine "$prefix/bin/stranger.exe" </dev/null | tr -d '\r' | grep -x 'otc.dll works'

echo "windows: running the C tests with wine"
ctest --test-dir "$build" --output-on-failure --no-tests=error "$@"
