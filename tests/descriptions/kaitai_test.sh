#!/usr/bin/env bash
# kaitai_test.sh VDETOOL PROJECT: compiles the Kaitai Struct file, parses all samples with the result,
# and compares what it finds with what `vdetool dump` prints.
set -euo pipefail
vdetool=$1
project=$2
here=$(cd "$(dirname "$0")" && pwd)

skip() {
  echo "skipped: $1"
  exit 77
}

python=
for candidate in python3 /usr/bin/python3; do
  if "$candidate" -c 'import kaitaistruct' 2>/dev/null; then python=$candidate; fi
done
[ -n "$python" ] || skip "the Python package kaitaistruct is not installed"
command -v npm >/dev/null || skip "npm is not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# The version of the compiler is that of Debian's kaitaistruct.
timeout 120 npm install --silent --no-audit --no-fund kaitai-struct-compiler@0.10.0 yaml@2 \
  >npm.log 2>&1 || skip "the compiler cannot be had: $(tail -n 1 npm.log)"
NODE_PATH=$work/node_modules node "$here/compile.js" "$project/docs/descriptions/dwvd.ksy" "$work"
PYTHONPATH=$work "$python" "$here/kaitai_test.py" "$vdetool" \
  "$project"/tests/vectors/*.gz "$project"/tests/vectors2/*.gz
