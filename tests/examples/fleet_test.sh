#!/usr/bin/env bash
# fleet_test.sh VDETOOL PROJECT: examples/fleet over 300 small images, stopped half-way and resumed.
project=$(realpath "$2")
source "$(dirname "$0")/common.sh"
for program in parallel jq; do
  command -v $program >/dev/null || { echo "skipped: $program is not installed"; exit 77; }
done
fleet=$project/examples/fleet
export PARALLEL_HOME=$work/parallel
mkdir "$PARALLEL_HOME" images

# 294 images are clean, 3 damaged, 1 is not an image, 1 is missing, and 1 is on a server that is not there.
vdetool format images/1.dwvd --size 1M --journal-size 256K >/dev/null
for number in $(seq 2 298); do cp --reflink=auto --sparse=always images/1.dwvd images/$number.dwvd; done
for number in 10 150 290; do damage images/$number.dwvd; done
echo 'no image' >images/200.dwvd
{
  echo '# image'
  for number in $(seq 298); do echo "$work/images/$number.dwvd"; done
  echo "$work/images/missing.dwvd"
  echo "nbd+unix://alice:secret@/?socket=$work/nobody"
} >list

# A run in a process group of its own, so that it can be stopped as a whole.
run=("$fleet/verify-fleet.sh" list out --sshlogin : --jobs 4)
set -m
"${run[@]}" >first 2>&1 &
first=$!
set +m
for _ in $(seq 600); do
  if [ -e out/joblog ] && [ "$(wc -l <out/joblog)" -gt 100 ]; then break; fi
  sleep 0.05
done
kill -TERM -- -$first 2>/dev/null || complain "the first run ended before it could be stopped"
wait $first 2>/dev/null || true
done_before=$(tail -n +2 out/joblog | wc -l)
[ "$done_before" -ge 100 ] && [ "$done_before" -lt 300 ] ||
  complain "the first run was stopped after $done_before images"
[ ! -e out/report.json ] || complain "a run that was stopped has a report"
# Those that were stopped have no result yet.
note_finished() {
  grep -El '"type":"summary".*"status":[0-7][,}]' out/results/*.jsonl | sort >finished
  stat -c '%n %y' $(cat finished) >times
}
# were_kept: what was done before was not done again.
were_kept() {
  [ "$(tail -n +2 out/joblog | cut -f1 | sort -n | uniq -d | wc -l)" -eq 0 ] ||
    complain "images are in the log twice"
  stat -c '%n %y' $(cat finished) | cmp -s - times || complain "images were verified twice"
}
note_finished

status=0
"${run[@]}" >second 2>&1 || status=$?
[ $status -eq 12 ] || complain "status $status, not 12: $(cat second)"
[ "$(cat second)" = '300 images: 294 clean, 3 damaged, 3 not verified' ] || complain "totals: $(cat second)"
were_kept

if grep -q 'alice\|secret' out/report.json second; then complain "the report has a user"; fi
said() { jq -r "$1" out/report.json; }
[ "$(said '.damaged | map(.image | split("/")[-1]) | sort | join(" ")')" = '10.dwvd 150.dwvd 290.dwvd' ] ||
  complain "damaged: $(said .damaged)"
[ "$(said '.findings | to_entries | map(.value.images) | max')" = 3 ] || complain "findings: $(said .findings)"
[ "$(said '.unreachable | map(.reason != "" and .reason != "no result") | all')" = true ] ||
  complain "reasons: $(said .unreachable)"
[ "$(said '.unreachable | map(.image | split("/")[-1]) | sort | join(" ")')" = '200.dwvd missing.dwvd nobody' ] ||
  complain "unreachable: $(said .unreachable)"

# A third run tries only what could not be verified, of which one image is there now.
note_finished
[ "$(wc -l <finished)" -eq 297 ] || complain "$(wc -l <finished) images were verified, not 297"
cp --sparse=always images/1.dwvd images/missing.dwvd
status=0
"${run[@]}" >third 2>&1 || status=$?
[ $status -eq 12 ] && [ "$(cat third)" = '300 images: 295 clean, 3 damaged, 2 not verified' ] ||
  complain "the third run: status $status, $(cat third)"
were_kept
[ "$(said '.unreachable | map(.image | split("/")[-1]) | sort | join(" ")')" = '200.dwvd nobody' ] ||
  complain "unreachable after the third run: $(said .unreachable)"

# Another list is refused.
echo "$work/images/1.dwvd" >list
status=0
"${run[@]}" >fourth 2>&1 || status=$?
[ $status -eq 8 ] || complain "another list: status $status"
rm -r out
status=0
"${run[@]}" >fifth 2>&1 || status=$?
[ $status -eq 0 ] && [ "$(cat fifth)" = '1 images: 1 clean, 0 damaged, 0 not verified' ] ||
  complain "a clean fleet: status $status, $(cat fifth)"
finish 5
