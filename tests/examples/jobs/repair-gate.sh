#!/usr/bin/env bash
# The job of examples/jobs/repair-gate.sh with the plan in JSON.
lossy=$(vdetool verify "$1" --repair --dry-run --allow-loss --json |
  jq -s 'map(select(.type == "repair" and .loses != null)) | length')
if [ "$lossy" -ne 0 ]; then
  echo "$1: a repair would lose something" >&2
  exit 4
fi
status=0
vdetool verify "$1" --repair >/dev/null || status=$?
[ $status -le 1 ]
