#!/usr/bin/env bash
# Makes the reference of the C and C++ interface as HTML; a warning of Doxygen is an error. Looks at the manual pages too.
#
#   scripts/docs.sh [FOLDER]      default: build/docs
set -euo pipefail
cd "$(dirname "$0")/.."

output="${1:-build/docs}"
version="$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)"
mkdir -p "$output/man"
OTC_VERSION="$version" OTC_DOCS_OUTPUT="$output" doxygen docs/Doxyfile

# Doxygen leaves out what has no description: everything that is exported must have a place.
while IFS= read -r name; do
  if ! grep -rqs --include='*.html' "\">$name</a>" "$output/html"; then
    echo "docs: $name is not in the reference" >&2
    exit 1
  fi
done <tests/abi/exports.txt
echo "docs: $output/html/index.html, with all $(wc -l <tests/abi/exports.txt) functions"

for page in docs/man/*.in; do
  name="$(basename "$page" .in)"
  sed "s/@PROJECT_VERSION@/$version/" "$page" >"$output/man/$name"
  if command -v mandoc >/dev/null 2>&1; then mandoc -Tlint -Wwarning "$output/man/$name"; fi
  if command -v groff >/dev/null 2>&1; then
    complaints="$(groff -mandoc -Tutf8 -ww -z "$output/man/$name" 2>&1)"
    if [ -n "$complaints" ]; then
      echo "docs: $name: $complaints" >&2
      exit 1
    fi
  fi
  echo "docs: $output/man/$name"
done
