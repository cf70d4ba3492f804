#!/usr/bin/env bash
# tests/modules/real_modules.sh FOLDER: registers the modules of packages.txt, without options and
# in one commit, and compares what is stored with what was registered.
. "$(dirname "$0")/common.sh"

names=$(bash "$here/fetch.sh" "$folder")
status=$?
[ $status = 0 ] || { echo "$names" | tail -2; exit $status; }
cd "$folder" || exit 1
mapfile -t files <<< "$names"
mapfile -t expected < <(grep -v '^#' "$here/packages.txt" | cut -d' ' -f3,4)

rm -f image copy
V format image --size 64M > /dev/null || wrong "no image"
V --json module register image "${files[@]}" > out 2> err || wrong "$(cat err)"
[ ! -s err ] || wrong "$(cat err)"
[ "$(wc -l < out)" = ${#files[@]} ] || wrong "$(wc -l < out) lines for ${#files[@]} files"

for i in "${!files[@]}"; do
  read -r hash entry <<< "${expected[$i]}"
  line=$(sed -n "$((i + 1))p" out)
  [ "$entry" = - ] && entry=
  for part in "\"hash\":\"$hash\"" "\"state\":\"stored\"" "\"entry_point\":\"$entry\""; do
    case $line in *"$part"*) ;; *) wrong "${files[$i]}: no $part in $line" ;; esac
  done
  case $line in
    *'"validation":"valid"'* | *'"validation":"not done"'*) ;;
    *) wrong "${files[$i]} is not called valid: $line" ;;
  esac
  V module extract image "$hash" | cmp - "${files[$i]}" || wrong "${files[$i]} came back changed"
done
V module verify image > /dev/null || wrong "module verify"
V verify image --fail-on warning > /dev/null || wrong "verify"
rm -f image out err
