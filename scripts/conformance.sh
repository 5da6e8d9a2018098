#!/usr/bin/env bash
# The Autobahn cases, all but those of compression (12.* and 13.*), against both ends of the project's WebSocket: the
# relay's framing as a server, the library's transport as a client. Prints how many cases passed and names the others;
# exit status 1 if there are any.
#
#   scripts/conformance.sh [server|client]     only one of them
#
# The suite is kosoku, from PyPI, in an environment of its own below target/scratch. Reports: target/conformance.
set -euo pipefail
cd "$(dirname "$0")/.."

suite_version=0.1.0
agent=libotc
roles=("$@")
[ "$#" -gt 0 ] || roles=(server client)
for role in "${roles[@]}"; do
  case "$role" in
    server | client) ;;
    *) echo "conformance: unknown role '$role'; allowed: server, client" >&2; exit 2 ;;
  esac
done

scripts/setup.sh conformance
place="$PWD/target/scratch/conformance"
if [ "$(cat "$place/fetched.txt" 2>/dev/null)" != "$suite_version" ]; then
  echo "conformance: fetching kosoku $suite_version into $place"
  rm -rf "$place"
  python3 -m venv "$place"
  "$place/bin/pip" install --quiet --disable-pip-version-check "kosoku==$suite_version"
  echo "$suite_version" >"$place/fetched.txt"
fi

# As for `make test`, whose dependencies these are.
echo "conformance: building both ends"
cargo build --quiet --locked -p otc-relay --example ws_echo
cargo build --quiet --locked -p otc --features conformance --example ws_cases
programs="${CARGO_TARGET_DIR:-target}/debug/examples"
reports="$PWD/target/conformance"

running=""
finish() {
  if [ -n "$running" ]; then
    kill "$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
  running=""
}
trap finish EXIT
trap 'exit 130' INT TERM

# wait_for FILE PATTERN: until a line of the program in the background says so.
wait_for() {
  for _ in $(seq 600); do
    if grep -q "$2" "$1"; then return; fi
    if ! kill -0 "$running" 2>/dev/null; then break; fi
    sleep 0.1
  done
  echo "conformance: a program did not start:" >&2
  cat "$1" >&2
  exit 1
}

server() {
  local log="$reports/server.log"
  "$programs/ws_echo" 127.0.0.1:0 >"$log" &
  running=$!
  wait_for "$log" '^echoing on'
  local url
  url="$(sed -n 's,^echoing on ws://,,p' "$log")"
  "$place/bin/kosoku" -m fuzzingclient "$url" -x '12.*' -x '13.*' -o "$reports/server" >>"$log"
  finish
}

client() {
  local log="$reports/client.log" url
  PYTHONUNBUFFERED=1 "$place/bin/kosoku" -m fuzzingserver 127.0.0.1:0 -x '12.*' -x '13.*' -o "$reports/client" >"$log" 2>&1 &
  running=$!
  wait_for "$log" '^fuzzingserver listening on'
  url="$(sed -n 's,^fuzzingserver listening on ,,p' "$log")"
  "$programs/ws_cases" "$url" "$agent"
  # It ends by itself once all cases were judged.
  wait "$running" || true
  running=""
}

# count ROLE: what the suite's report says. Cases that only inform, and closings without a verdict, are no failures.
count() {
  "$place/bin/python" - "$1" "$reports/$1/index.json" <<'PYTHON'
import collections, json, sys

role, path = sys.argv[1:]
cases = {name: case for agent in json.load(open(path)).values() for name, case in agent.items()}
kinds = collections.Counter(case["behavior"] for case in cases.values())
bad = [
    f"{name} ({case['behavior']}, closing {case['behaviorClose']})"
    for name, case in cases.items()
    if not {case["behavior"], case["behaviorClose"]} <= {"OK", "NON-STRICT", "INFORMATIONAL"}
]
what = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
print(f"conformance: {role}: {len(cases)} cases: {what}; {len(bad)} failed")
for line in bad:
    print(f"conformance: {role}: failed: {line}")
sys.exit(1 if bad or not cases else 0)
PYTHON
}

failed=0
mkdir -p "$reports"
for role in "${roles[@]}"; do
  rm -rf "${reports:?}/$role"
  echo "conformance: $role"
  "$role" || failed=1
  count "$role" || failed=1
done
exit "$failed"
