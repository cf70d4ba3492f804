#!/usr/bin/env bash
# The job of examples/jobs/keep-last-seven.sh with `list` and `delete`.
set -o pipefail
mapfile -t old < <(vdetool snapshot list "$1" --json |
  jq -rs 'sort_by(.created) | .[:-7] | .[].id')
if [ ${#old[@]} -gt 0 ]; then
  vdetool snapshot delete "$1" "${old[@]}" >/dev/null
fi
