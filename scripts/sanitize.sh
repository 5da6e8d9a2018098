#!/usr/bin/env bash
# The tests under a sanitizer: the library and everything it is made of instrumented, the C programs as well.
#
#   scripts/sanitize.sh address [rust|c [TEST...]]    accesses to memory that is not there, and leaks; stable Rust
#   scripts/sanitize.sh thread [rust|c [TEST...]]     data races; a second Rust toolchain, because the standard library has to
#                                                     be built anew with instructions that tell what it does
#
# By default both halves and every test. SEED and CALLS are those of the random calls (1 and 30,000). Relay and fault proxy of the
# C tests are the plain ones. Sanitizers need switches of the compiler that are not stable; RUSTC_BOOTSTRAP lets it take them.
set -euo pipefail
cd "$(dirname "$0")/.."

kind="${1:-}"
half="${2:-all}"
[ "$#" -gt 1 ] && shift 2 || shift "$#"
target=x86_64-unknown-linux-gnu
toolchain=()
build_std=()

case "$kind" in
  address)
    compiler="${CC:-gcc}"
    cpp_compiler="${CXX:-g++}"
    flags="-Zsanitizer=address"
    # What is freed is kept for a while, to notice its use; not so much that tests of memory fail.
    export ASAN_OPTIONS="detect_leaks=1:quarantine_size_mb=4:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"
    ;;
  thread)
    compiler=clang-22
    cpp_compiler=clang++-22
    # Debian's own compiler, as a toolchain of rustup.
    cargo +debweb --version >/dev/null 2>&1 || rustup toolchain link debweb /usr
    toolchain=(+debweb)
    build_std=(-Zbuild-std=std,panic_unwind,test)
    flags="-Zsanitizer=thread -Zexternal-clangrt -Clinker=clang-22 -Clink-arg=-fsanitize=thread"
    # Suppressions are names, which it learns from this.
    symbolizer="$(command -v llvm-symbolizer-22)"
    export TSAN_OPTIONS="halt_on_error=1:report_thread_leaks=0:external_symbolizer_path=$symbolizer:suppressions=$PWD/tests/c/tsan.supp:${TSAN_OPTIONS:-}"
    ;;
  *)
    echo "usage: scripts/sanitize.sh address|thread [rust|c [TEST...]]" >&2
    exit 2
    ;;
esac

out="$PWD/target/${kind:0:1}san"
# instrumented COMMAND [ARGUMENTS]: a command of cargo.
instrumented() {
  local command="$1"
  shift
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_INCREMENTAL=0 \
    cargo "${toolchain[@]}" "$command" "${build_std[@]}" --locked --target "$target" --target-dir "$out" "$@"
}

# Left out there: programs in C, which need the sanitizer themselves and are the other half; how much memory is resident, which a
# sanitizer multiplies, as a test of its own and as a part of others.
rust_half() {
  export OTC_TEST_UNMEASURED=1
  local skip=(programs:: a_thousand_cycles_leave_memory) verdict=0
  # A relay ten times slower does not get through a flood in the times that these tests give it.
  [ "$kind" = address ] || skip+=(closing::who_reads_late hostile::floods_below hostile::answers_that_nobody_reads)
  [ "$#" -gt 0 ] || echo "left out: tests named ${skip[*]}"
  # Many more cases than needed to find a bad access would only take hours.
  export PROPTEST_CASES="${PROPTEST_CASES:-32}"
  if [ "$#" -gt 0 ]; then
    instrumented test --no-fail-fast --lib --tests -p otc -p otc-protocol -p otc-relay -- "$@" || verdict=1
  else
    instrumented test --no-fail-fast --lib --tests -p otc -p otc-protocol -p otc-relay -- "${skip[@]/#/--skip=}" || verdict=1
  fi
  echo "$kind sanitizer, Rust tests: $([ "$verdict" = 0 ] && echo 'all clean' || echo 'FAILURES above')"
  return "$verdict"
}

c_half() {
  cargo build --locked --quiet -p otc-relay -p otc-testkit -p otc-forward-proxy
  instrumented build -p otc --lib
  local warnings=(-std=c11 -g -O1 -Wall -Wextra -Iinclude "-fsanitize=$kind" -fno-omit-frame-pointer)
  local library=(-L"$out/$target/debug" "-Wl,-rpath,$out/$target/debug" -lotc -lpthread -lutil)
  local harness=(tests/c/{check,client,door,everything,process,proxy,relay,said}.c)
  mkdir -p "$out/c"
  "$compiler" "${warnings[@]}" -o "$out/c/otc_tests" tests/c/runner.c tests/c/test_*.c "${harness[@]}" "${library[@]}"
  "$compiler" "${warnings[@]}" -o "$out/c/otc_abuse" tests/c/abuse*.c "${harness[@]}" "${library[@]}"
  local example sources
  for example in chat echo otc_peer demo_sender demo_receiver; do
    mapfile -t sources < <(example_sources "$example")
    "$compiler" "${warnings[@]}" -o "$out/c/$example" "${sources[@]}" "${library[@]}"
  done
  local file objects=()
  for file in "${harness[@]}"; do
    objects+=("$out/c/$(basename "$file" .c).o")
    "$compiler" "${warnings[@]}" -c -o "${objects[-1]}" "$file"
  done
  "$cpp_compiler" -std=c++17 "${warnings[@]:1}" -Itests/c -o "$out/c/wrapper" tests/cpp/wrapper.cpp "${objects[@]}" "${library[@]}"
  "$cpp_compiler" -std=c++17 "${warnings[@]:1}" -o "$out/c/echo_cpp" c_examples/echo.cpp "${library[@]}"
  # The soname has a number; cargo makes only the plain name.
  ln -sf libotc.so "$out/$target/debug/libotc.so.0"

  export OTC_RELAY="$PWD/target/debug/otc-relay" OTC_FAULT_PROXY="$PWD/target/debug/otc-fault-proxy" OTC_RELAY_LOG=error
  export OTC_FORWARD_PROXY="$PWD/target/debug/otc-forward-proxy"
  export OTC_EXAMPLES="$out/c" OTC_EXAMPLES_SUFFIX="" OTC_TEST_SLOW=10
  local names=("$@")
  # Left out: how much memory is resident, which a sanitizer multiplies; how many threads there are, when it has one of its own.
  local skip='^a_thousand_cycles_keep_memory'
  [ "$kind" = address ] || skip+='|^destroy_joins_every_thread|^after_the_last_destroy_no_descriptor'
  if [ "$#" -eq 0 ]; then
    mapfile -t names < <("$out/c/otc_tests" --list | grep -Ev "$skip")
    echo "left out: $("$out/c/otc_tests" --list | grep -E "$skip" | tr '\n' ' ')"
  fi
  local failed=0 done=0 name
  for name in "${names[@]}"; do
    done=$((done + 1))
    if "$out/c/otc_tests" "$name" >"$out/c/$name.log" 2>&1; then
      echo "ok $name ($done of ${#names[@]})"
    else
      failed=$((failed + 1))
      echo "FAILED $name, see $out/c/$name.log"
      head -n 60 "$out/c/$name.log"
    fi
  done
  if [ "$#" -eq 0 ]; then
    "$out/c/wrapper" --all || failed=$((failed + 1))
    "$out/c/otc_abuse" "${SEED:-1}" "${CALLS:-30000}" || failed=$((failed + 1))
  fi
  echo "$kind sanitizer, C tests: ${#names[@]} run, $([ "$failed" = 0 ] && echo 'all clean' || echo "$failed FAILED")"
  [ "$failed" -eq 0 ]
}

# What an example is made of, as its CMake list says.
example_sources() {
  sed -n "s/^ *otc_add_program($1 \(.*\))$/\1/p" c_examples/CMakeLists.txt | tr ' ' '\n' | sed 's|^|c_examples/|'
}

case "$half" in
  all)
    verdict=0
    # As programs of their own: before `||` bash would overlook what fails inside of a function.
    scripts/sanitize.sh "$kind" rust || verdict=1
    scripts/sanitize.sh "$kind" c || verdict=1
    exit "$verdict"
    ;;
  rust) rust_half "$@" ;;
  c) c_half "$@" ;;
  *) echo "sanitize: unknown half '$half'; allowed: rust, c" >&2; exit 2 ;;
esac
