#!/usr/bin/env bash
# The C tests and the examples that they start under valgrind's memcheck: no invalid access, no use of what was never written,
# no memory definitely lost. The relay and the fault proxy run without it.
#
#   scripts/valgrind.sh [TEST...]     all tests by default
set -euo pipefail
cd "$(dirname "$0")/.."

build=target/cmake
jobs="$(nproc 2>/dev/null || echo 2)"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Debug >/dev/null
cmake --build "$build" --parallel "$jobs"

# What cannot be judged there: memory that a tool multiplies, a bad access made on purpose, a child that closes the descriptors the
# tool writes to, and forked children, in which what only the stacks of the other threads pointed to counts as lost.
skip='^(a_thousand_cycles_keep_memory_and_descriptors_flat|closed_standard_descriptors_do_no_harm|a_fork_of_the_host_disturbs_nothing|a_fault_inside_a_callback_reaches_the_crash_handler_of_the_host)$'
program="$PWD/$build/tests/c/otc_tests"
if [ "$#" -gt 0 ]; then
  names=("$@")
else
  mapfile -t names < <("$program" --list | grep -Ev "$skip")
  echo "left out: $("$program" --list | grep -E "$skip" | tr '\n' ' ')"
fi

profile="$PWD/target/debug"
export OTC_RELAY="$profile/otc-relay" OTC_FAULT_PROXY="$profile/otc-fault-proxy"
export OTC_FORWARD_PROXY="$profile/otc-forward-proxy"
export OTC_EXAMPLES="$PWD/$build/c_examples" OTC_EXAMPLES_SUFFIX=""
export OTC_TEST_SLOW=10
logs="$PWD/target/valgrind"
rm -rf "$logs"
mkdir -p "$logs"
export logs program

one() {
  local name="$1" command=("$program" "$1")
  if [ "$name" = random_calls ]; then command=("$abuse" 1 5000); fi
  if valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    --suppressions=tests/c/valgrind.supp --num-callers=30 --fair-sched=yes --max-threads=2000 \
    --trace-children=yes '--trace-children-skip=*/otc-relay,*/otc-fault-proxy,*/otc-forward-proxy' \
    --log-file="$logs/$name.%p.log" "${command[@]}" >"$logs/$name.out" 2>&1; then
    # A child's error does not always reach its parent's exit code. What valgrind does not know of terminals is no error.
    if ! cat "$logs/$name".*.log | grep -Eqv 'Warning: noted but unhandled ioctl|spurious value errors|README_MISSING'; then
      echo "ok $name"
      return
    fi
  fi
  echo "FAILED $name, see $logs/$name.*"
  head -n 60 "$logs/$name".out "$logs/$name".*.log
  return 1
}
export -f one

# The random calls, a fixed sequence of them, as one more test.
abuse="$PWD/$build/tests/c/otc_abuse"
export abuse OTC_RELAY_LOG=error
if [ "$#" -eq 0 ]; then names+=(random_calls); fi

status=0
printf '%s\n' "${names[@]}" | xargs -P "$jobs" -I{} bash -c 'one "$1"' _ {} || status=1
passed="$(find "$logs" -name '*.out' | wc -l)"
echo "valgrind: $passed tests run, $([ "$status" = 0 ] && echo 'all clean' || echo 'FAILURES above')"
exit "$status"
