#!/bin/sh
# Fuzzes every decoder, one after the other.
#
#   scripts/fuzz.sh            FUZZ_SECONDS seconds each (default 60)
#   scripts/fuzz.sh --check    only checks that the targets compile; needs neither cargo-fuzz nor a C++ compiler
#
# FUZZ_TARGETS="uri session_id" chooses targets. What is found stays in fuzz/artifacts/TARGET, what was learnt in
# fuzz/corpus/TARGET; the inputs to start from are in fuzz/seeds/TARGET. Exit status: 0 if nothing was found, 1 if
# something was, 2 for wrong use or missing tools, 130 when interrupted.
set -eu

cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-60}
all=$(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
targets=${FUZZ_TARGETS:-$all}

fail() {
    echo "fuzz: $*" >&2
    exit 2
}

case ${1:-} in
--check)
    # The main target directory has most of the dependencies already.
    exec cargo check --quiet --locked --no-default-features \
        --manifest-path fuzz/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}"
    ;;
'') ;;
*) fail "unknown argument '$1'; allowed: --check" ;;
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

# Sanitizers need switches of the compiler that are not stable; this lets the stable compiler take them.
export RUSTC_BOOTSTRAP=1

echo "fuzz: building" >&2
cargo fuzz build >&2 || fail "the targets do not build"

# The programs are started directly, so that an interrupt reaches them and leaves nothing behind.
programs=fuzz/target/$(rustc -vV | sed -n 's/^host: //p')/release
running=
trap 'trap - INT TERM; [ -z "$running" ] || kill "$running" 2>/dev/null; echo " interrupted" >&2; exit 130' INT TERM

count=$(echo $targets | wc -w)
number=0
found=
for target in $targets; do
    number=$((number + 1))
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    log=fuzz/artifacts/$target.log
    printf 'fuzz: [%d/%d] %-16s %ss ' "$number" "$count" "$target" "$seconds"
    "$programs/$target" -artifact_prefix="fuzz/artifacts/$target/" -max_total_time="$seconds" -max_len=65536 \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        "fuzz/corpus/$target" "fuzz/seeds/$target" >"$log" 2>&1 &
    running=$!
    if wait "$running"; then
        echo "ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1) inputs"
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
