#!/usr/bin/env bash
# Fetches what a test needs from the npm registry into a scratch folder, which is never committed: exactly the versions and
# contents that the test's lock file names. Prints the folder. Does nothing when it was done before.
#
#   scripts/fetch-npm.sh tests/browser
set -euo pipefail
cd "$(dirname "$0")/.."

from="$1"
folder="$PWD/target/scratch/$(basename "$from")"
if ! cmp -s "$from/package-lock.json" "$folder/fetched.json"; then
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$from/package.json" "$from/package-lock.json" "$folder/"
  # Nothing that is fetched gets to run here by itself.
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp "$from/package-lock.json" "$folder/fetched.json"
fi
echo "$folder"
