#!/usr/bin/env bash
# current_test.sh DESCRIBE DOCS: the committed files are those that the tables make.
set -euo pipefail
describe=$1
docs=$2

status=0
same() {
  if ! "$describe" "$1" | diff -u "$docs/$2" -; then
    echo "FAILED: docs/$2 is not current: $(basename "$describe") $1 > docs/$2"
    status=1
  fi
}
same kaitai descriptions/dwvd.ksy
same imhex descriptions/dwvd.hexpat
same findings FINDINGS.md
exit $status
