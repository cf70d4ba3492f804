#!/usr/bin/env bash
# man_lint.sh MANDOC FOLDER ...: mandoc reports nothing about the pages in the folders. Status 77 if
# there is no mandoc.
set -euo pipefail
[ -x "$1" ] || { echo "skipped: no mandoc" && exit 77; }
mandoc=$1
shift
for folder; do
  "$mandoc" -T lint -W warning "$folder"/*.[1-9]
done
