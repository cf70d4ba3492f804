#!/usr/bin/env bash
# document_examples.sh VDETOOL FILE: runs the lines that begin with "$ " in the fenced blocks of a
# Markdown file, in their order and in one folder. What the document shows below a command is what
# the command prints; a line "..." stands for any lines. Numbers that differ with every run, UUIDs and
# times, are not compared.
document=$(realpath "$2")
source "$(dirname "$0")/common.sh"

# Of each block: "$" and a command, or ">" and a line of output; "" ends a block.
awk '/^```/ { fenced = !fenced; shell = 0; print ""; next }
     !fenced { next }
     /^\$ / { shell = 1; print; next }
     shell { print ">" $0 }' "$document" >script

# Blank lines at the end do not count.
mask() {
  sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' | sed -E 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/g
          s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g'
}

# check COMMAND: runs it and compares its output with the file `expected`.
check() {
  local status=0
  bash -c "$1" >actual 2>&1 || status=$?
  count=$((count + 1))
  if [ $status -ge 8 ]; then
    complain "status $status: $1"
    cat actual
    return
  fi
  mask <actual >masked
  # Each "..." may stand for any number of lines: what is around it must occur in this order.
  if ! awk 'NR == FNR { want[++n] = $0; next }
            { got[++m] = $0 }
            END {
              i = 1; j = 1
              while (i <= n) {
                if (want[i] == "...") {
                  if (i == n) exit 0
                  while (j <= m && got[j] != want[i + 1]) ++j
                  ++i
                } else if (j > m || got[j] != want[i]) exit 1
                else { ++i; ++j }
              }
              exit j <= m
            }' <(mask <expected) masked; then
    complain "other output: $1"
    diff --label document --label actual -u <(mask <expected) masked || true
  fi
}

count=0
command=''
: >expected
while IFS= read -r line; do
  case $line in
    '$ '* | '')
      if [ -n "$command" ]; then check "$command"; fi
      command=${line#'$ '}
      : >expected
      ;;
    '>'*) printf '%s\n' "${line#>}" >>expected ;;
  esac
done <script
# A document need not have examples.
echo "$count examples, $failures failures"
[ $failures -eq 0 ]
