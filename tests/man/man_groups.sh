#!/usr/bin/env bash
# man_groups.sh VDETOOL FOLDER: each page vdetool-GROUP.1 in the folder describes exactly the commands
# of its group, and all their options.
source "$(dirname "$0")/common.sh"
folder=$2

count=0
for page in "$folder"/vdetool-*.1; do
  count=$((count + 1))
  group=$(basename "$page" .1)
  group=${group#vdetool-}
  described=$(described_in "$page")
  verbs=$(commands_of "$group")
  for verb in $verbs ''; do
    # `module register` is described by its old name.
    name=${verb:+ $verb}
    case "$group $verb" in "module register") name=-register ;; esac
    if [ -z "$verb" ] && [ -n "$verbs" ]; then continue; fi
    grep -q "^\.It Cm $group$name Ar" "$page" || complain "$page: not described: $group$name"
    grep -q "^\.Cm $group$name$" "$page" || complain "$page: not in the SYNOPSIS: $group$name"
    # shellcheck disable=SC2086
    missing=$(comm -23 <(options_of $group $verb | grep -vx help) <(echo "$described"))
    [ -z "$missing" ] || complain "$page: options not described:" $missing
  done
  others=$(grep -E '^\.It Cm ' "$page" | grep -vE "^\.It Cm ($group[ -]|[a-z-]+$|not )" || true)
  [ -z "$others" ] || complain "$page: describes others: $others"
done
[ "$count" -ge 4 ] || complain "only $count pages"
exit $status
