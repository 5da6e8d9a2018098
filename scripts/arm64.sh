#!/usr/bin/env bash
# Builds the library, examples and tests for 64-bit Arm, and runs the C tests with qemu. The relay and the proxies, which the
# tests start as programs, are this machine's.
#
#   scripts/arm64.sh [ARGUMENTS_OF_CTEST...]
#
# Rust's standard library for Arm is built from source with Debian's second toolchain, because rustup's may not be at hand.
# PROFILE=release builds what would be shipped (fat LTO); the default, quick, is the same code less optimised.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh arm64
build=target/arm64
rustup toolchain list | grep -q '^debweb' || rustup toolchain link debweb /usr

echo "arm64: building (Rust's standard library too, some minutes on a fresh checkout)"
. scripts/programs.sh
RUSTC_BOOTSTRAP=1 cmake -S . -B "$build" -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/aarch64-linux-gnu.cmake -DCMAKE_BUILD_TYPE=Release \
  -DOTC_CARGO_PROFILE="${PROFILE:-quick}" -DOTC_CARGO_TOOLCHAIN=debweb -DOTC_CARGO_ARGUMENTS='-Zbuild-std=std,panic_unwind' \
  -DOTC_CARGO_TARGET_DIR="$PWD/target/arm64-cargo" -DOTC_WARNINGS_AS_ERRORS=ON -DOTC_INSTALL=OFF \
  -DOTC_TEST_PROGRAMS="$(dirname "$OTC_RELAY")" >/dev/null
RUSTC_BOOTSTRAP=1 cmake --build "$build" --parallel "$(nproc)"
file -L "$build/lib/libotc.so" | grep -o 'ARM aarch64'

# Everything takes several times as long in the emulator.
export OTC_TEST_SLOW="${OTC_TEST_SLOW:-5}"

# What the emulator shows through: a thread of its own, the signal masks of the machine, and that it cannot start programs by itself.
left_out='calls_before_init_fail_cleanly|destroy_joins_every_thread_and_init_works_again'
left_out+='|after_the_last_destroy_no_descriptor_and_no_thread_is_left|handlers_of_the_host_run_on_its_own_threads'
left_out+='|chat_in_a_terminal_keeps_what_is_being_typed|ctrl_d_leaves_the_chat_and_says_nothing_half_typed'
echo "arm64: running the C tests with qemu, but not those that see the emulator: ${left_out//|/, }"
ctest --test-dir "$build" --output-on-failure --no-tests=error --exclude-regex "$left_out" "$@"
