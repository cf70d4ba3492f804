#!/usr/bin/env bash
# The job of examples/jobs/nightly-verify.sh with single calls of `verify`.
status=0
folder=$(mktemp -d)
find "$1" -name '*.dwvd' | sort >"$folder/images"
while IFS= read -r image; do
  verdict=0
  vdetool verify --json "$image" >"$folder/result" 2>"$folder/errors" || verdict=$?
  status=$((status | verdict))
  words=$(jq -r 'select(.type == "summary") | "\(.meaning)"' "$folder/result")
  printf '%s: %s\n' "$image" "$words"
done <"$folder/images"
rm -r "$folder"
exit $status
