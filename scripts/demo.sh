#!/usr/bin/env bash
# The demonstration: two C programs talk over a relay, the link of each is cut in the middle of a numbered stream, and every
# number is accounted for. Ends by itself; exit code 0 only when every number arrived exactly once and in order.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh demo

# ---- Build: the release library, the relay and the link breaker, and the two programs, linked to the shared library. --------
target="${CARGO_TARGET_DIR:-target}"
work="$target/demo"
release="$target/release"
echo "demo: building the release library and the relay (a minute or two on a fresh checkout)"
cargo build --release --locked -p otc -p otc-relay -p otc-testkit
mkdir -p "$work"
soname="$(objdump -p "$release/libotc.so" 2>/dev/null | awk '$1 == "SONAME" { print $2 }')"
soname="${soname:-libotc.so}"
cp "$release/libotc.so" "$work/$soname"
[ "$soname" = libotc.so ] || ln -sf "$soname" "$work/libotc.so"
for program in demo_sender demo_receiver; do
  cc -std=c11 -O2 -Wall -Wextra -Iinclude -pthread "c_examples/$program.c" -o "$work/$program" \
    -L"$work" -lotc -Wl,-rpath,'$ORIGIN'
done

# ---- Processes. Whatever happens, none is left behind: each background job is a process group of its own. --------------------
set -m
run="$(mktemp -d)"
finish() {
  local status=$? job
  trap - EXIT INT TERM
  exec 2>/dev/null
  for job in $(jobs -pr); do kill -- "-$job" || true; done
  wait
  rm -rf "$run"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Everything that happens is a line in one pipe: who, a tab, what.
mkfifo "$run/timeline"
exec 3<>"$run/timeline"
tell() { printf '%s\t%s\n' "$1" "$2" >&3; }

# Starts a program in the background; its lines go to the timeline under its name, and `gone` follows with its exit code.
play() {
  local name="$1"
  shift
  (
    set +e
    "$@" 2>&1 </dev/null | while IFS= read -r line; do tell "$name" "$line"; done
    tell gone "$name ${PIPESTATUS[0]}"
  ) &
}

# Reads the one line with which a server says where it listens.
announced() {
  local line=""
  IFS= read -r -t 30 line <&"$1" || { echo "demo: $2 did not start" >&2; exit 1; }
  printf '%s' "${line##* }"
}

# The relay, on a free port of the loopback.
key=demo
secret=demo-secret-for-this-run-only
coproc RELAY { exec "$release/otc-relay" serve --listen 127.0.0.1:0 --api-key "$key" --api-secret "$secret" 2>"$run/relay.log"; }
relay_out="${RELAY[0]}"
relay_url="$(announced "$relay_out" otc-relay)"
relay_address="${relay_url#http://}"

# One link breaker for each program: it stands between the program and the relay.
mkfifo "$run/receiver.orders" "$run/receiver.answers" "$run/sender.orders" "$run/sender.answers"
break_with() {
  "$release/otc-fault-proxy" --target "$relay_address" <"$run/$1.orders" >"$run/$1.answers" 2>>"$run/proxy.log" &
}
break_with receiver
break_with sender
exec 4>"$run/receiver.orders" 5<"$run/receiver.answers" 6>"$run/sender.orders" 7<"$run/sender.answers"
receiver_address="$(announced 5 otc-fault-proxy)"
sender_address="$(announced 7 otc-fault-proxy)"

session="$("$release/otc-relay" session --api-key "$key")"
token_for() { "$release/otc-relay" token --api-key "$key" --api-secret "$secret" --session "$session" --data "$1"; }
receiver_token="$(token_for receiver)"
sender_token="$(token_for sender)"

# ---- The play ------------------------------------------------------------------------------------------------------------------
began="${EPOCHREALTIME/./}"
say() {
  local now="${EPOCHREALTIME/./}" ms
  ms=$(((now - began) / 1000))
  printf '%3d.%03d s  %-9s %s\n' $((ms / 1000)) $((ms % 1000)) "$1" "$2"
}

# order FD_IN FD_OUT COMMAND: one order to a link breaker, and its answer.
order() {
  local answer=""
  printf '%s\n' "$3" >&"$1"
  IFS= read -r -t 10 answer <&"$2" || answer="no answer"
  printf '%s' "$answer"
}

# Resets the program's TCP connection, and lets no new one through for a while.
outage=0.8
cut_link() {
  local name="$1" in="$2" out="$3"
  order "$in" "$out" refuse >/dev/null
  order "$in" "$out" "cut rst" >/dev/null
  cut_count=$((cut_count + 1))
  say network "CUT: the TCP connection of $name is reset, new ones are refused for $outage s"
  (
    sleep "$outage"
    tell mend "$name"
  ) &
}

echo
echo "otc-relay on $relay_url; $(basename "$(readlink -f "$work/$soname")"), $(du -h "$release/libotc.so" | cut -f1)"
echo
play receiver env OTC_API_URL="http://$receiver_address" OTC_API_KEY="$key" OTC_SESSION_ID="$session" \
  OTC_TOKEN="$receiver_token" "$work/demo_receiver"
play sender env OTC_API_URL="http://$sender_address" OTC_API_KEY="$key" OTC_SESSION_ID="$session" \
  OTC_TOKEN="$sender_token" "$work/demo_sender"

declare -A code=()
cut_count=0
lost=0
back=0
while [ "${#code[@]}" -lt 2 ]; do
  if ! IFS=$'\t' read -r -t 90 who what <&3; then
    echo "demo: nothing happened for 90 s" >&2
    break
  fi
  case "$who" in
    gone)
      code[${what% *}]="${what#* }"
      continue
      ;;
    mend)
      if [ "$what" = receiver ]; then order 4 5 accept >/dev/null; else order 6 7 accept >/dev/null; fi
      say network "$what may connect again"
      continue
      ;;
  esac
  say "$who" "$what"
  case "$who: $what" in
    *"LOST ITS LINK"*) lost=$((lost + 1)) ;;
    *"IS BACK"*) back=$((back + 1)) ;;
    "receiver: <- number 300") cut_link receiver 4 5 ;;
    "sender: -> number 700") cut_link sender 6 7 ;;
  esac
done

# ---- The verdict ---------------------------------------------------------------------------------------------------------------
echo
echo "receiver ended with ${code[receiver]:-nothing}, sender with ${code[sender]:-nothing};" \
  "$cut_count links cut, $lost losses noticed, $back times back"
if [ "${code[receiver]:-1}" = 0 ] && [ "${code[sender]:-1}" = 0 ] && [ "$cut_count" = 2 ] && [ "$lost" = 2 ] && [ "$back" = 2 ]; then
  echo "VERDICT: every number arrived exactly once and in order, at both programs, although both links were cut."
else
  echo "VERDICT: FAILED. The relay's last words:"
  tail -n 20 "$run/relay.log" || true
  exit 1
fi
