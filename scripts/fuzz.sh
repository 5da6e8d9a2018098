#!/usr/bin/env bash
# Fuzzes everything that reads what strangers write, one target after the other.
#
#   scripts/fuzz.sh            FUZZ_SECONDS seconds each (default 60); says how much coverage grew
#   scripts/fuzz.sh --keep     the same, then adds the smallest inputs that cover what is new to fuzz/corpus
#   scripts/fuzz.sh --check    only checks that the targets compile and that all inputs there are pass;
#                              needs neither cargo-fuzz nor a C++ compiler
#
# FUZZ_TARGETS="uri session_id" chooses targets. Inputs to start from are in fuzz/seeds/TARGET and, learnt by fuzzing, in
# fuzz/corpus/TARGET; what is found stays in fuzz/artifacts/TARGET, what is learnt in fuzz/work/TARGET. Exit status: 0 if
# nothing was found, 1 if something was, 2 for wrong use or missing tools, 130 when interrupted.
set -euo pipefail

cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
all=$(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
targets=${FUZZ_TARGETS:-$all}
keep=

fail() {
    echo "fuzz: $*" >&2
    exit 2
}

case ${1:-} in
--check)
    # The main target directory has most of the dependencies already.
    common=(--quiet --locked --no-default-features --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}")
    cargo check "${common[@]}" --bins
    exec cargo test "${common[@]}" --lib
    ;;
--keep) keep=1 ;;
'') ;;
*) fail "unknown argument '$1'; allowed: --keep, --check" ;;
esac

case $seconds in
'' | *[!0-9]* | 0) fail "FUZZ_SECONDS is '$seconds'; a number of seconds above 0 is allowed" ;;
esac
for target in $targets; do
    case " $(echo $all) " in
    *" $target "*) ;;
    *) fail "FUZZ_TARGETS names '$target'; allowed: $(echo $all)" ;;
    esac
done

command -v c++ >/dev/null 2>&1 || fail "no C++ compiler (c++), which the fuzzer is built with"
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzz: cargo-fuzz is missing; installing it with cargo install (some minutes, once)" >&2
    cargo install --locked --quiet cargo-fuzz || fail "cargo-fuzz could not be installed"
fi

# Coverage needs switches of the compiler that are not stable; this lets the stable compiler take them. No sanitizer:
# nothing here is unsafe, and without one ten times as many inputs are tried.
export RUSTC_BOOTSTRAP=1
echo "fuzz: building" >&2
cargo fuzz build --sanitizer none >&2 || fail "the targets do not build"

# The programs are started directly, so that an interrupt reaches them and leaves nothing behind.
programs=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
running=
trap 'trap - INT TERM; [ -z "$running" ] || kill "$running" 2>/dev/null; echo " interrupted" >&2; exit 130' INT TERM

# Coverage (edges) and features at the beginning or the end of a log.
coverage() {
    sed -n 's/.*\(cov: [0-9]* ft: [0-9]*\).*/\1/p' "$2" | "$1" -n 1
}

count=$(echo $targets | wc -w)
number=0
found=
for target in $targets; do
    number=$((number + 1))
    learnt=fuzz/work/$target kept=fuzz/corpus/$target
    mkdir -p "$learnt" "$kept" "fuzz/artifacts/$target"
    log=fuzz/artifacts/$target.log
    printf 'fuzz: [%d/%d] %-16s %ss ' "$number" "$count" "$target" "$seconds"
    "$programs/$target" -artifact_prefix="fuzz/artifacts/$target/" -max_total_time="$seconds" -max_len=65536 \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        "$learnt" "$kept" "fuzz/seeds/$target" >"$log" 2>&1 &
    running=$!
    if wait "$running"; then
        echo "ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) inputs," \
            "$(coverage head "$log") -> $(coverage tail "$log")"
        # Short inputs only: they are read again with every test.
        [ -z "$keep" ] || "$programs/$target" -merge=1 -max_len=1024 "$kept" "fuzz/seeds/$target" "$learnt" >>"$log" 2>&1
    else
        echo "FOUND, see $log and fuzz/artifacts/$target"
        tail -n 15 "$log" >&2
        found="$found $target"
    fi
    running=
done

[ -z "$found" ] || {
    echo "fuzz: found something in:$found" >&2
    exit 1
}
