#!/usr/bin/env bash
# The GTK chat, on a screen in memory: two windows join a session, talk, lose their link and get it back, and are closed. What the
# windows show is read from screenshots; what is typed goes through the X server like a person's typing.
#
#   scripts/test-gui.sh [PICTURE]     also writes a picture of both windows for the README
set -euo pipefail
cd "$(dirname "$0")/.."
picture="${1:-}"

scripts/setup.sh gui
. scripts/programs.sh
cmake --build target/cmake --target gtk_chat >/dev/null
chat="$PWD/target/cmake/c_examples/gtk_chat"

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

checks=0
ok() {
  checks=$((checks + 1))
  echo "ok $checks - $1"
}
fail() {
  echo "not ok - $1" >&2
  if [ -n "${DISPLAY:-}" ]; then
    mkdir -p target/gui
    cp "$run"/*.png target/gui/
    import -window root target/gui/failed.png && echo "the screen is in target/gui/failed.png" >&2
  fi
  tail -n 5 "$run"/*.log >&2
  exit 1
}

# A screen of its own, at a number that the server picks.
mkfifo "$run/display"
Xvfb -displayfd 3 -screen 0 1170x470x24 -wr -nolisten tcp 3>"$run/display" 2>"$run/xvfb.log" &
IFS= read -r -t 30 number <"$run/display" || fail "Xvfb did not start"
export DISPLAY=":$number"
# No desktop, no services: the toolkit alone, always the same theme and font.
export GDK_BACKEND=x11 GTK_THEME=Adwaita NO_AT_BRIDGE=1 GSETTINGS_BACKEND=memory GTK_CSD=1 LC_ALL=C.UTF-8 TZ=UTC

# The relay, and before it a proxy that breaks the link of one window.
key=gui
secret=a-secret-for-this-run-only
coproc RELAY { exec "$OTC_RELAY" serve --listen 127.0.0.1:0 --api-key "$key" --api-secret "$secret" 2>"$run/relay.log"; }
IFS= read -r -t 30 line <&"${RELAY[0]}" || fail "the relay did not start"
relay="${line##* }"
mkfifo "$run/orders" "$run/answers"
"$OTC_FAULT_PROXY" --target "${relay#http://}" <"$run/orders" >"$run/answers" 2>"$run/proxy.log" &
exec 4>"$run/orders" 5<"$run/answers"
IFS= read -r -t 30 line <&5 || fail "the proxy did not start"
proxy="http://${line##* }"
order() {
  local answer
  printf '%s\n' "$1" >&4
  IFS= read -r -t 10 answer <&5 || fail "the proxy does not answer"
}

session="$("$OTC_RELAY" session --api-key "$key")"
# start_chat NAME URL: a window in which NAME joins.
start_chat() {
  OTC_API_URL="$2" OTC_API_KEY="$key" OTC_SESSION_ID="$session" \
    OTC_TOKEN="$("$OTC_RELAY" token --api-key "$key" --api-secret "$secret" --session "$session" --data "name=$1")" \
    "$chat" >"$run/$1.log" 2>&1 &
}
window_of() { timeout 30 xdotool search --sync --all --onlyvisible --pid "$1" --class gtk_chat | head -n 1; }

# read_window WINDOW: the text in a picture of the window. The state, white on a colour at the top left, is read on its own.
read_window() {
  import -window "$1" "$run/window.png"
  convert "$run/window.png" -colorspace Gray -resize 300% "$run/large.png"
  convert "$run/large.png" -crop 750x90+36+36 +repage -level 70%,100% -negate -bordercolor white -border 30 "$run/state.png"
  tesseract "$run/state.png" - --psm 7 2>/dev/null
  tesseract "$run/large.png" - --psm 11 2>/dev/null
}
# shows WINDOW TEXT: waits until the window shows the text, half a minute at most.
shows() {
  local until=$((SECONDS + 30)) text=''
  while [ "$SECONDS" -lt "$until" ]; do
    text="$(read_window "$1")"
    case "$(tr -s ' \n' '  ' <<<"$text")" in *"$2"*) return 0 ;; esac
  done
  echo "read from the window:" >&2
  echo "$text" >&2
  return 1
}
# colour_shown WINDOW COLOUR: how many pixels have exactly this colour.
colour_shown() {
  import -window "$1" "$run/window.png"
  convert "$run/window.png" -depth 8 txt:- | grep -c "$2" || true
}
type_into() {
  xdotool windowfocus --sync "$1"
  xdotool type --delay 5 "$2"
  xdotool key Return
}

start_chat ada "$relay"
ada_pid=$!
ada="$(window_of "$ada_pid")"
[ -n "$ada" ] || fail "no window came"
start_chat grace "$proxy"
grace_pid=$!
grace="$(window_of "$grace_pid")"
[ -n "$grace" ] || fail "no second window came"
xdotool windowmove --sync "$ada" 10 10
xdotool windowmove --sync "$grace" 590 10

shows "$ada" "Connected" || fail "the first window does not say that it is connected"
shows "$grace" "Connected" || fail "the second window does not say that it is connected"
ok "both windows join and say so"
shows "$ada" "ada (you)" || fail "the list of people lacks oneself"
shows "$ada" "grace is here" || fail "the other one's coming is not told"
ok "the windows list who is here"

type_into "$ada" "Are we exactly once?"
shows "$grace" "Are we exactly once?" || fail "the message did not arrive"
shows "$ada" "Are we exactly once?" || fail "the message did not come back"
type_into "$grace" "And in order."
shows "$ada" "And in order" || fail "the answer did not arrive"
ok "what one types the other reads"

[ "$(colour_shown "$grace" '#1B7A3D')" -gt 200 ] || fail "connected is not green"
order refuse
order "cut rst"
shows "$grace" "Reconnecting" || fail "the lost link is not told"
[ "$(colour_shown "$grace" '#A8480F')" -gt 200 ] || fail "reconnecting is not orange"
type_into "$ada" "Nobody has to hang up."
type_into "$grace" "Nothing is lost on the way."
shows "$grace" "1 to send" || fail "the message that waits is not counted"
ok "a lost link is told, and what is typed meanwhile waits"
order accept
shows "$grace" "Connected" || fail "the link did not come back"
shows "$grace" "Nobody has to hang up" || fail "a message was missed"
shows "$ada" "Nothing is lost on the way" || fail "the message that waited did not arrive"
[ "$(read_window "$ada" | grep -c 'Nothing is lost')" -eq 1 ] || fail "the message came twice"
ok "the link comes back, and everything arrives once"

if [ -n "$picture" ]; then
  import -window root -strip +repage -colors 128 "$picture"
  echo "wrote $picture"
fi

# The button in the window's corner.
eval "$(xdotool getwindowgeometry --shell "$grace")"
xdotool mousemove --window "$grace" $((WIDTH - 27)) 27 click 1
wait "$grace_pid" || fail "closing the window ended the program with code $?"
shows "$ada" "grace has left" || fail "the leaving is not told"
ok "closing a window leaves the session"
kill -TERM "$ada_pid"
wait "$ada_pid" || fail "SIGTERM ended the program with code $?"
ok "SIGTERM leaves the session"

if grep -E 'CRITICAL|WARNING' "$run"/ada.log "$run"/grace.log; then fail "the toolkit complained"; fi
ok "the toolkit had nothing to complain about"

echo "test-gui: $checks checks passed"
