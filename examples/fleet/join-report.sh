#!/usr/bin/env bash
# join-report.sh FOLDER: joins FOLDER/results/N.jsonl, what `vdetool verify --json` printed about the
# image in line N of FOLDER/list, into FOLDER/report.json. FOLDER/results/N.jsonl.err, if it is there,
# says why there is no result. Prints the totals; status as verify-fleet.sh.
set -euo pipefail
cd "$1"
shopt -s nullglob
results=(results/*.jsonl)

# Lines that a machine could not finish are skipped.
jq -n -R 'inputs | {number: (input_filename | capture("/(?<n>[0-9]+)[.]").n | tonumber)} + fromjson?' \
  "${results[@]:-/dev/null}" >lines.new
for file in results/*.jsonl.err; do
  jq -n -R --arg file "$file" '{number: ($file | capture("/(?<n>[0-9]+)[.]").n | tonumber),
    type: "words", words: ([inputs] | last // "")}' "$file"
done >>lines.new

jq -n --rawfile list list --slurpfile lines lines.new '
  ($list | rtrimstr("\n") | split("\n")) as $images |
  # As vdetool shows it: without the user and password of a URI.
  def name: $images[.number - 1] | sub("^(?<scheme>nbds?([+]unix)?://)[^/?#]*@"; .scheme);
  ($lines | map(select(.type == "summary"))) as $summaries |
  ($lines | map(select(.type == "finding"))) as $findings |
  ($lines | map(select(.type == "words")) | map({key: "\(.number)", value: .words}) | from_entries)
    as $words |
  ($summaries | map({key: "\(.number)", value: .}) | from_entries) as $found |
  [range(1; $images | length + 1) | {number: ., summary: $found["\(.)"]}] as $all |
  ($all | map(select(.summary == null or .summary.status >= 8))) as $unreachable |
  {
    images: ($images | length),
    clean: ($summaries | map(select(.status == 0)) | length),
    damaged: ($summaries | map(select(.status % 8 == 4)
      | {image: name, errors, warnings, status})),
    findings: ($findings | group_by(.code) | map({key: .[0].code, value: {
        findings: length, images: (map(.number) | unique | length)}}) | from_entries),
    unreachable: ($unreachable | map({image: name, reason: (.summary.error //
      (if ($words["\(.number)"] // "") == "" then "no result" else $words["\(.number)"] end))})),
    errors: ($summaries | map(.errors) | add // 0),
    warnings: ($summaries | map(.warnings) | add // 0)
  }' >report.new
rm lines.new
mv report.new report.json

jq -r '"\(.images) images: \(.clean) clean, \(.damaged | length) damaged, " +
  "\(.unreachable | length) not verified"' report.json
exit "$(jq '(if .damaged != [] then 4 else 0 end) + (if .unreachable != [] then 8 else 0 end)' report.json)"
