#!/usr/bin/env bash
# Unmodified browser clients of the vendor, in headless Chromium, and native C programs meet on the relay: one line a check,
# and one that counts them.
#
#   scripts/test-browser.sh [WORD...]     only checks whose line holds every WORD
#
# The clients come from the npm registry into target/scratch; OTC_CHROMIUM names another Chromium than /usr/bin/chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh browser
# shellcheck source=scripts/programs.sh
source scripts/programs.sh
packages="$(scripts/fetch-npm.sh tests/browser)"
exec node tests/browser/main.mjs "$packages" "$@"
