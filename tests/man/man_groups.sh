#!/usr/bin/env bash
# man_groups.sh VDETOOL FOLDER: each page vdetool-GROUP.1 in the folder describes exactly the commands
# of its group, and all their options.
set -euo pipefail
export LC_ALL=C
vdetool=$1 folder=$2
status=0

complain() {
  echo "$*"
  status=1
}

options_of() { "$vdetool" "$@" --help | sed -nE 's/^ +(-[a-zA-Z], )?--([a-z-]+).*/\2/p' | grep -vx help | sort -u; }
verbs_of() { "$vdetool" "$1" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }

count=0
for page in "$folder"/vdetool-*.1; do
  count=$((count + 1))
  group=$(basename "$page" .1)
  group=${group#vdetool-}
  described=$(sed '1,/^\.Sh DESCRIPTION/d' "$page" | grep '^\.It ' | grep -oE 'Fl Fl [a-z-]+' | cut -d' ' -f3 | sort -u)
  verbs=$(verbs_of "$group")
  for verb in $verbs ''; do
    # `module register` is described by its old name.
    name=${verb:+ $verb}
    case "$group $verb" in "module register") name=-register ;; esac
    if [ -z "$verb" ] && [ -n "$verbs" ]; then continue; fi
    grep -q "^\.It Cm $group$name Ar" "$page" || complain "$page: not described: $group$name"
    grep -q "^\.Cm $group$name$" "$page" || complain "$page: not in the SYNOPSIS: $group$name"
    # shellcheck disable=SC2086
    missing=$(comm -23 <(options_of $group $verb) <(echo "$described"))
    [ -z "$missing" ] || complain "$page: options not described:" $missing
  done
  others=$(grep -E '^\.It Cm ' "$page" | grep -vE "^\.It Cm ($group[ -]|[a-z-]+$|not )" || true)
  [ -z "$others" ] || complain "$page: describes others: $others"
done
[ "$count" -ge 4 ] || complain "only $count pages"
exit $status
