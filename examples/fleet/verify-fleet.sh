#!/usr/bin/env bash
# verify-fleet.sh LIST FOLDER [OPTIONS]: verifies the images and NBD URIs that LIST names, one per line,
# on many machines, and joins the results into FOLDER/report.json. A second run goes on where a run was
# stopped, and tries again what could not be verified. OPTIONS go to GNU parallel, for example:
#   --sshloginfile machines --jobs 4 --timeout 3600
# Every machine needs vdetool, and sees a file under the same name. Prints the report's totals; status
# as with vdetool verify: 0 clean, 4 damage, 8 some images could not be verified, 12 both.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 2 ]; then
  sed -n '2,7s/^# //p' "$0" >&2
  exit 16
fi
list=$1 folder=$2
shift 2

# Jobs are numbered by their lines, so the list stays as it is until the run is complete.
mkdir -p "$folder/results"
grep -v -e '^[[:space:]]*$' -e '^#' "$list" >"$folder/list.new"
if [ -e "$folder/list" ] && ! cmp -s "$folder/list" "$folder/list.new"; then
  echo "verify-fleet.sh: $folder belongs to another list; use an empty folder" >&2
  exit 8
fi
mv "$folder/list.new" "$folder/list"

# What was not verified is done again. parallel skips what is in its log, as a stopped job is and one
# whose machine could not be reached, and what has a file of results.
if [ -e "$folder/joblog" ]; then
  shopt -s nullglob
  for file in "$folder"/results/*.jsonl; do
    # Status 8 and more: an error, e.g. a server that does not answer, or interrupted.
    if grep -Eq '"type":"summary".*"status":[0-7][,}]' "$file"; then
      basename "$file" .jsonl
    else
      rm -f "$file" "$file.err" "$file.seq"
    fi
  done | awk 'NR == FNR { done[$1] = 1; next } FNR == 1 || $1 in done' - "$folder/joblog" \
    >"$folder/joblog.new"
  mv "$folder/joblog.new" "$folder/joblog"
fi

# The status of parallel is the number of images that are not clean, which the report states better; 255
# is an error of its own.
status=0
parallel --will-cite --arg-file "$folder/list" --joblog "$folder/joblog" --resume \
  --results "$folder/results/{#}.jsonl" "$@" vdetool verify --json {} >/dev/null 2>"$folder/errors" ||
  status=$?
if [ "$status" -eq 255 ]; then
  cat "$folder/errors" >&2
  exit 8
fi
exec "$here/join-report.sh" "$folder"
