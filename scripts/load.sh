#!/usr/bin/env bash
# Builds a relay and the load generator alike, and runs the one against the other.
#
#   PROFILE=release scripts/load.sh [SCENARIO...] [OPTION...]     `otc-load --help` lists both
set -euo pipefail

profile="${PROFILE:-release}"
target="${CARGO_TARGET_DIR:-target}"
echo "load: building with profile $profile" >&2
# What is released gives memory back; to look at anything else that is not worth a minute of building.
features=()
[ "$profile" != release ] || features=(--features otc-relay/jemalloc)
"${CARGO:-cargo}" build --quiet --locked --profile "$profile" -p otc-relay -p otc-load "${features[@]}"
echo "load: profile $profile, $(nproc) cores, load average $(cut -d' ' -f1 /proc/loadavg)" >&2
exec "$target/$profile/otc-load" "$@"
