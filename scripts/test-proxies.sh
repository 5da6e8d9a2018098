#!/usr/bin/env bash
# A C program joins and talks through proxies that others wrote: tinyproxy (HTTP CONNECT) and microsocks (SOCKS 5), both with a
# password, named by the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh proxies
. scripts/programs.sh
scratch="$(mktemp -d)"
children=()
trap 'for child in "${children[@]:-}"; do [ -n "$child" ] && kill "$child" 2>/dev/null; done; wait 2>/dev/null || true; rm -rf "$scratch"' EXIT

fail() {
  echo "proxies: $1" >&2
  cat "$scratch"/*.out "$scratch"/*.log >&2 || true
  exit 1
}

# An address of this machine that is not loopback: loopback goes past the environment's proxies.
address="$(hostname -I | tr ' ' '\n' | grep -m1 -E '^[0-9.]+$')" || fail "this machine has no IPv4 address but loopback"

mkfifo "$scratch/announced"
"$OTC_RELAY" dev --listen "$address:0" --set plain_http=true >"$scratch/announced" 2>"$scratch/relay.log" &
children+=("$!")
exports=''
while IFS= read -r -t 20 line; do
  case "$line" in export\ *) exports="$line"; break ;; esac
done <"$scratch/announced"
[ -n "$exports" ] || fail "otc-relay dev printed no line to paste"
eval "$exports"

# free_port: a port that nobody listens on now.
free_port() {
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    if ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port" && return; fi
  done
  return 1
}

# await PORT: waits until somebody listens there.
await() {
  local n
  for ((n = 0; n < 200; n++)); do
    if (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    sleep 0.1
  done
  fail "nothing listens on port $1"
}

http="$(free_port)"
printf 'Port %s\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nBasicAuth ada lovelace\nLogLevel Connect\n' "$http" >"$scratch/tinyproxy.conf"
tinyproxy -d -c "$scratch/tinyproxy.conf" >"$scratch/tinyproxy.log" 2>&1 &
children+=("$!")
socks="$(free_port)"
microsocks -i 127.0.0.1 -p "$socks" -u ada -P lovelace >"$scratch/microsocks.log" 2>&1 &
children+=("$!")
await "$http"
await "$socks"

# peer NAME VARIABLE URL WANTED: what otc_peer prints through that proxy has a line with WANTED.
peer() {
  mkfifo "$scratch/$1.in"
  env "$2=$3" "$OTC_PEER" <"$scratch/$1.in" >"$scratch/$1.out" 2>&1 &
  local child=$!
  exec 3>"$scratch/$1.in"
  local n
  for ((n = 0; n < 300; n++)); do
    if grep -qE '"event":"(connected|error)"' "$scratch/$1.out"; then break; fi
    sleep 0.1
  done
  # In a shell of its own: a peer that has ended already takes down whoever writes to it.
  (echo '{"cmd":"signal","type":"t","data":"through"}' >&3) 2>/dev/null || true
  for ((n = 0; n < 300; n++)); do
    if grep -qF "$4" "$scratch/$1.out"; then break; fi
    sleep 0.1
  done
  (echo '{"cmd":"quit"}' >&3) 2>/dev/null || true
  exec 3>&-
  wait "$child" || true
  grep -qF "$4" "$scratch/$1.out" || fail "$1: no \"$4\""
  echo "proxies: $1: $(grep -m1 -F "$4" "$scratch/$1.out")"
}

peer tinyproxy http_proxy "http://ada:lovelace@127.0.0.1:$http" '"data":"through"'
peer tinyproxy-refuses http_proxy "http://ada:wrong@127.0.0.1:$http" 'it refuses this user name and password'
peer microsocks all_proxy "socks5h://ada:lovelace@127.0.0.1:$socks" '"data":"through"'
peer microsocks-refuses all_proxy "socks5://ada:wrong@127.0.0.1:$socks" 'it refuses this user name and password'
peer not-socks all_proxy "socks5://127.0.0.1:$http" 'it does not speak SOCKS5'
if grep -q 'CONNECT' "$scratch/tinyproxy.log"; then echo "proxies: $(grep -c 'CONNECT' "$scratch/tinyproxy.log") lines of tinyproxy tell of CONNECT"; fi
echo "proxies: done"
