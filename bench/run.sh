#!/usr/bin/env bash
# bench/run.sh [--quick] [--json] [--list] [ROW...]: compares vdetool with other programs and goals.
# Builds what it needs, prints a table, or with --json one object per row. A ratio above 1 means that
# vdetool is better. A missed goal is a number, not a failure: the status is 0; it is 1 only
# if a row could not be measured. A row is a function row_NAME in a file of bench/rows.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)
for rows in "$root"/bench/rows/*.sh; do
  # shellcheck source=/dev/null
  source "$rows"
done

quick=no json=no wanted=()
all=$(declare -F | sed -n 's/^declare -f row_//p' | tr _ -)
for argument in "$@"; do
  case $argument in
    --quick) quick=yes ;;
    --json) json=yes ;;
    --list) echo "$all" && exit 0 ;;
    --help | -h) sed -n '2,5s/^# //p' "$0" && exit 0 ;;
    -*) echo "bench/run.sh: unknown option '$argument'" >&2 && exit 16 ;;
    *)
      if ! grep -qxF -- "$argument" <<<"$all"; then
        echo "bench/run.sh: unknown row '$argument'; choose from:" $all >&2
        exit 16
      fi
      wanted+=("$argument")
      ;;
  esac
done
if [ ${#wanted[@]} -eq 0 ]; then mapfile -t wanted <<<"$all"; fi

# Rows call these by name.
build=$root/build/release
PATH=$build/tools/vdetool:$build/bench:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say WORDS: prints progress to stderr; stdout is for rows only.
say() { echo "$*" >&2; }

# runs MANY FEW: prints the number of measurements, FEW with --quick.
runs() { if [ "$quick" = yes ]; then echo "$2"; else echo "$1"; fi; }

# measure ARGUMENTS: runs bench_timing and keeps its output; seconds N and peak_kib N then print the
# median time and the peak memory of its Nth command, from 0.
measured=()
measure() {
  local said
  said=$(bench_timing "$@")
  mapfile -t measured <<<"$said"
}
seconds() { awk '{ print $1 }' <<<"${measured[$1]}"; }
peak_kib() { awk '{ print $4 }' <<<"${measured[$1]}"; }

# memory_folder: creates a folder, in memory if possible, and prints its path.
memory_folder() {
  mktemp -d -p "$(if [ -w /dev/shm ]; then echo /dev/shm; else echo "$work"; fi)"
}

# calculate EXPRESSION: prints its value, with fractions.
calculate() { awk "BEGIN { printf \"%.6g\", $1 }"; }

# emit NAME OURS PEER PEER_NAME UNIT BETTER GOAL: prints a row. BETTER is `more` or `less`: whether
# a larger or a smaller number is better.
emit() {
  local ratio
  if [ "$6" = more ]; then ratio=$(calculate "$2 / $3"); else ratio=$(calculate "$3 / $2"); fi
  if [ "$json" = yes ]; then
    printf '{"name":"%s","ours":%s,"peer":%s,"peer_name":"%s","unit":"%s","ratio":%s,"goal":%s}\n' \
      "$1" "$2" "$3" "$4" "$5" "$ratio" "$7"
  else
    printf '%-18s %12.6g %12.6g  %-12s %-5s %8.3f %6s  %s\n' "$1" "$2" "$3" "$4" "$5" "$ratio" "$7" \
      "$(awk "BEGIN { print ($ratio >= $7 ? \"met\" : \"missed\") }")"
  fi
}

{
  "$root/scripts/packages.sh" build tests bench
  cd "$root"
  cmake --preset release -DVDE_BENCH=ON
  cmake --build --preset release -j "$(nproc)" --target benchmarks
} >&2

if [ "$json" = no ]; then
  printf '%-18s %12s %12s  %-12s %-5s %8s %6s\n' row ours peer "peer is" unit ratio goal
fi
status=0
for row in "${wanted[@]}"; do
  # A separate shell for each row: `set -e` would be off in a function called by `if`.
  set +e
  (set -e && "row_${row//-/_}")
  [ $? -eq 0 ] || { say "$row: could not be measured" && status=1; }
  set -e
done
exit $status
