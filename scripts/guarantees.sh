#!/usr/bin/env bash
# scripts/guarantees.sh LOG: puts what the tests printed, in a log of `ctest` (LastTest.log), into
# docs/GUARANTEES.md. scripts/guarantees.sh --check: every block there belongs to a test, and has lines
# that this test prints.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
page=$here/docs/GUARANTEES.md

# marks: the tests and patterns of the page, with a tab between them.
marks() { sed -nE 's/^<!-- test ([a-z_]+): (.*) -->$/\1\t\2/p' "$page"; }

# printed LOG TEST PATTERN: the lines of the test that match, without places in the source.
printed() {
  awk -v name="$2" '$2 == "Testing:" { ours = $3 == name } ours' "$1" | grep -E "$3" |
    grep -vE '^Command:|TEST CASE' | sed -E 's/^.*MESSAGE: //; s/, [0-9.]+ s$//; s/^ +//' | sort -u
}

# shown TEST: the lines in the page's block of a test.
shown() {
  awk -v mark="<!-- test $1:" 'index($0, mark) == 1 { ours = 1; next }
    ours && /^```/ { fences++; if (fences == 2) exit; next }
    ours && fences == 1' "$page"
}

if [ "$1" = --check ]; then
  status=0
  while IFS=$'\t' read -r name pattern; do
    grep -rqE "(vde_test\(|add_test\(NAME )$name( |$)" --include=CMakeLists.txt "$here/tests" ||
      { echo "no test: $name" && status=1; }
    if [ -z "$(shown "$name")" ] || shown "$name" | grep -vqE "$pattern"; then
      echo "not what $name prints" && status=1
    fi
  done < <(marks)
  [ "$(marks | wc -l)" -gt 8 ] || { echo "promises are missing" && status=1; }
  exit $status
fi

log=$1
while IFS=$'\t' read -r name pattern; do
  lines=$(printed "$log" "$name" "$pattern") || true
  [ -n "$lines" ] || { echo "the log has nothing of $name" >&2 && exit 1; }
  awk -v mark="<!-- test $name:" -v lines="$lines" '
    index($0, mark) == 1 { ours = 1; print; next }
    ours && /^```/ { fences++; print; if (fences == 1) print lines; else ours = fences = 0; next }
    !(ours && fences == 1)' "$page" >"$page.new"
  mv "$page.new" "$page"
done < <(marks)
