#!/usr/bin/env bash
# Runs named steps one after the other, stops at the first that fails, and ends with a summary.
#
#   scripts/steps.sh NAME "Title" "command" ["Title" "command"]...
set -uo pipefail

name="$1"
shift
total=$(($# / 2))
number=0
done_lines=()
began=$SECONDS

while [ "$#" -gt 1 ]; do
  title="$1"
  command="$2"
  shift 2
  number=$((number + 1))
  printf '\n== %s %d/%d: %s ==\n' "$name" "$number" "$total" "$title"
  step_began=$SECONDS
  if ! bash -euo pipefail -c "$command" </dev/null; then
    printf '\n%s FAILED at step %d of %d, "%s".\nThe command was: %s\n' "$name" "$number" "$total" "$title" "$command" >&2
    exit 1
  fi
  done_lines+=("$(printf '  ok  %4d s  %s' $((SECONDS - step_began)) "$title")")
done

printf '\n== %s: all %d steps passed in %d s ==\n' "$name" "$total" $((SECONDS - began))
printf '%s\n' "${done_lines[@]}"
