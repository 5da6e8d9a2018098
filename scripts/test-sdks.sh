#!/usr/bin/env bash
# Unmodified server SDKs of the vendor, pointed at the relay; native C programs use the tokens that they make and get the
# signals that they send. One line a check, and one that counts them.
#
#   scripts/test-sdks.sh [WORD...]     only checks whose line holds every WORD
#
# The SDKs come from the npm registry and from PyPI into target/scratch, into an environment of their own.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh sdks
# shellcheck source=scripts/programs.sh
source scripts/programs.sh
packages="$(scripts/fetch-npm.sh tests/sdks)"

python="$PWD/target/scratch/python"
if ! cmp -s tests/sdks/requirements.txt "$python/fetched.txt"; then
  rm -rf "$python"
  python3 -m venv "$python"
  "$python/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement tests/sdks/requirements.txt >&2
  "$python/bin/pip" check >&2
  cp tests/sdks/requirements.txt "$python/fetched.txt"
fi

exec node tests/sdks/main.mjs "$packages" "$python/bin/python" "$@"
