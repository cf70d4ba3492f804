#!/usr/bin/env bash
# man_lint.sh MANDOC FOLDER: mandoc reports nothing about the pages in the folder. Status 77 if there
# is no mandoc.
set -euo pipefail
[ -x "$1" ] || { echo "skipped: no mandoc" && exit 77; }
"$1" -T lint -W warning "$2"/*.[1-9]
