#!/usr/bin/env bash
# Does what the README tells a reader to do: builds its C and C++ programs, starts relays as it says, runs the program, makes a
# session and a token. The library and the relay are the debug ones that the C tests have just built.
set -euo pipefail
cd "$(dirname "$0")/.."

libraries="$PWD/target/cmake/lib"
PATH="$PWD/target/debug:$PATH"
scratch="$(mktemp -d)"
relays=()
trap 'for relay in "${relays[@]:-}"; do [ -n "$relay" ] && kill "$relay" 2>/dev/null && wait "$relay" 2>/dev/null; done; rm -rf "$scratch"; true' EXIT

fail() {
  printf 'README: %s\n' "$1" >&2
  [ -n "${2:-}" ] && cat "$2" >&2
  exit 1
}

# Every make target that it names exists.
for target in $(grep -ohE '(^|`)make [a-z][a-z-]*' README.md CONTRIBUTING.md | sed 's/.*make //' | sort -u); do
  grep -q "^$target:" Makefile || fail "there is no target '$target' in the Makefile"
done

# Every page that it links to exists.
for page in $(grep -oE '\]\((docs/[a-z./-]+)\)' README.md | tr -d '()]'); do
  [ -f "$page" ] || fail "there is no $page"
done

# The program.
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$scratch/hello.c"
cc -Wall -Wextra -Werror -Iinclude "$scratch/hello.c" -L"$libraries" -lotc "-Wl,-rpath,$libraries" -o "$scratch/hello"

awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$scratch/hello.cpp"
if command -v c++ >/dev/null 2>&1; then
  c++ -std=c++17 -Wall -Wextra -Werror -Iinclude "$scratch/hello.cpp" -L"$libraries" -lotc "-Wl,-rpath,$libraries" -o "$scratch/hellopp"
fi

# `otc-relay dev` prints what to paste; the first block is pasted.
mkfifo "$scratch/dev"
otc-relay dev --listen 127.0.0.1:0 >"$scratch/dev" 2>"$scratch/relay.log" &
relays+=("$!")
exports=''
while IFS= read -r -t 20 line; do
  case "$line" in export\ *) exports="$line"; break ;; esac
done <"$scratch/dev"
[ -n "$exports" ] || fail "otc-relay dev printed no line to paste" "$scratch/relay.log"
(eval "$exports"; timeout 30 "$scratch/hello") >"$scratch/out" 2>&1 || fail "the program failed" "$scratch/out"
grep -qx 'connected' "$scratch/out" || fail "the program did not connect" "$scratch/out"
grep -q ': \[greeting\] hello, everyone$' "$scratch/out" || fail "the greeting did not come back" "$scratch/out"

if [ -x "$scratch/hellopp" ]; then
  (eval "$exports"; timeout 30 "$scratch/hellopp") >"$scratch/out" 2>&1 || fail "the C++ program failed" "$scratch/out"
  grep -q ': hello, everyone$' "$scratch/out" || fail "the C++ program's greeting did not come back" "$scratch/out"
fi

# A relay with a key and a secret of one's own.
mkfifo "$scratch/serve"
otc-relay serve --listen 127.0.0.1:0 --api-key my-project --api-secret my-secret >"$scratch/serve" 2>"$scratch/relay.log" &
relays+=("$!")
IFS= read -r -t 20 line <"$scratch/serve" || fail "otc-relay serve printed nothing" "$scratch/relay.log"
url="${line#otc-relay listening on }"
session="$(otc-relay session --api-key my-project)"
token="$(otc-relay token --api-key my-project --api-secret my-secret --session "$session" --data 'name=ada')"
OTC_API_URL="$url" OTC_API_KEY=my-project OTC_SESSION_ID="$session" OTC_TOKEN="$token" \
  timeout 30 "$scratch/hello" >"$scratch/out" 2>&1 || fail "the program failed at a relay of one's own" "$scratch/out"
grep -qx 'connected' "$scratch/out" || fail "the program did not connect to a relay of one's own" "$scratch/out"

echo "README: the program, the relay and the commands do what it says"
