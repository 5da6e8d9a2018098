#!/usr/bin/env bash
# Fuzzes everything that reads what strangers write, one target after the other.
#
#   scripts/fuzz.sh              FUZZ_SECONDS seconds each (default 60); says how much coverage grew
#   scripts/fuzz.sh --until-dry  rounds of FUZZ_SECONDS each, until a whole round reaches no edge that is new
#   scripts/fuzz.sh --keep       adds the smallest inputs that reach the new edges to fuzz/corpus, after each round
#   scripts/fuzz.sh --check      only checks that the targets compile and that all inputs there are pass;
#                                needs neither cargo-fuzz nor a C++ compiler
#
# FUZZ_TARGETS="uri session_id" chooses targets. Inputs to start from are in fuzz/seeds/TARGET and, learnt by fuzzing, in
# fuzz/corpus/TARGET; words to put into them are in fuzz/dictionaries. What is found stays in fuzz/artifacts/TARGET, what
# is learnt in fuzz/work/TARGET. Exit status: 0 if nothing was found, 1 if something was, 2 for wrong use or missing
# tools, 130 when interrupted.
set -euo pipefail

cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
all=$(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
targets=${FUZZ_TARGETS:-$all}
keep=
until_dry=

fail() {
    echo "fuzz: $*" >&2
    exit 2
}

for argument; do
    case $argument in
    --check)
        # The main target directory has most of the dependencies already.
        common=(--quiet --locked --no-default-features --manifest-path fuzz/Cargo.toml
            --target-dir "${CARGO_TARGET_DIR:-target}")
        cargo check "${common[@]}" --bins
        exec cargo test "${common[@]}" --lib
        ;;
    --keep) keep=1 ;;
    --until-dry) until_dry=1 ;;
    *) fail "unknown argument '$argument'; allowed: --keep, --until-dry, --check" ;;
    esac
done

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

# Coverage (edges) and features in the last line of a log that has $1 in it; and the edges of that.
coverage() {
    sed -n "s/.*$1.*\(cov: [0-9]* ft: [0-9]*\).*/\1/p" "$2" | tail -n 1
}
edges() {
    echo "$1" | sed 's/cov: \([0-9]*\) .*/\1/'
}

count=$(echo $targets | wc -w)
number=0
found=
for target in $targets; do
    number=$((number + 1))
    learnt=fuzz/work/$target kept=fuzz/corpus/$target
    mkdir -p "$learnt" "$kept" "fuzz/artifacts/$target"
    log=fuzz/artifacts/$target.log
    # Whoever reads JSON has a dictionary, and the words of all JSON besides.
    words=()
    if [ -e "fuzz/dictionaries/$target" ]; then
        cat fuzz/dictionaries/json "fuzz/dictionaries/$target" >"fuzz/work/$target.words"
        words=("-dict=fuzz/work/$target.words")
    fi
    most=
    while :; do
        # A mutator of our own turns off that short inputs come first; -len_control turns it on again.
        printf 'fuzz: [%d/%d] %-16s %ss ' "$number" "$count" "$target" "$seconds"
        "$programs/$target" -artifact_prefix="fuzz/artifacts/$target/" "${words[@]}" \
            -max_total_time="$seconds" -max_len=65536 -len_control=100 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            "$learnt" "$kept" "fuzz/seeds/$target" >"$log" 2>&1 &
        running=$!
        if ! wait "$running"; then
            echo "FOUND, see $log and fuzz/artifacts/$target"
            tail -n 15 "$log" >&2
            found="$found $target"
            break
        fi
        running=
        before=$(coverage INITED "$log") after=$(coverage DONE "$log")
        echo "ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) inputs, $before -> $after"
        # Edges alone, not how often each was passed, and short inputs only: they are read again with every test.
        [ -z "$keep" ] || "$programs/$target" -merge=1 -use_counters=0 -max_len=1024 \
            "$kept" "fuzz/seeds/$target" "$learnt" >>"$log" 2>&1
        # Against all rounds and not the beginning of this one: a few edges are met or not by chance, in tables with
        # random hashes.
        most=${most:-$(edges "$before")}
        [ -n "$until_dry" ] && [ "$(edges "$after")" -gt "$most" ] || break
        most=$(edges "$after")
    done
    running=
done

[ -z "$found" ] || {
    echo "fuzz: found something in:$found" >&2
    exit 1
}
