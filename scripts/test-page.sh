#!/usr/bin/env bash
# The relay's own page, in headless Chromium, with native C programs in the sessions that it shows: one line a check, and one
# that counts them.
#
#   scripts/test-page.sh [WORD...]     only checks whose line holds every WORD
#
# OTC_CHROMIUM names another Chromium than /usr/bin/chromium. OTC_SHOTS names a folder for pictures of the page:
#   OTC_SHOTS=/tmp OTC_SHOTS_MINUTES=3 scripts/test-page.sh pictures
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh browser
# shellcheck source=scripts/programs.sh
source scripts/programs.sh
packages="$(scripts/fetch-npm.sh tests/browser)"
exec node tests/page/main.mjs "$packages" "$@"
