#!/usr/bin/env bash
# tests/modules/wasm_suite.sh FOLDER: what `module register` says of every module of the official
# test suite. It refuses what the suite calls malformed, and nothing else: not what is only invalid.
. "$(dirname "$0")/common.sh"
# Malformed before version 2.0 of the format, and well-formed since: a table index that is not 0.
now_valid=c18fd2afa03327a81dfc1f55dc2fcdd74a5a44a0f2c368c9923c46106a2c0097

command -v wast2json > /dev/null || { echo "skipped: wast2json is not installed"; exit 77; }
suite=$(bash "$here/fetch_suite.sh" "$folder")
status=$?
[ $status = 0 ] || { echo "$suite" | tail -1; exit $status; }
mkdir -p "$folder/modules" && cd "$folder/modules" || exit 1
rm -f ./*

# Scripts that this wast2json cannot read are left out: old spellings, and proposals that changed.
scripts=0
for script in "$suite"/*.wast; do
  name=$(basename "$script" .wast)
  if wast2json "$script" -o "$name.json" 2> /dev/null; then
    scripts=$((scripts + 1))
  else
    rm -f "$name".*
  fi
done

# files PATTERN: the binary modules of the commands that match.
files() {
  grep -hE "\"type\": \"($1)\"" ./*.json | grep -o '"filename": "[^"]*\.wasm"' | cut -d'"' -f4
}
mapfile -t valid < <(files 'module|assert_unlinkable|assert_uninstantiable')
mapfile -t invalid < <(files 'assert_invalid')
mapfile -t malformed < <(files 'assert_malformed')
echo "of $scripts scripts: ${#valid[@]} valid, ${#invalid[@]} invalid," \
  "${#malformed[@]} malformed modules"
[ ${#valid[@]} -gt 900 ] && [ ${#invalid[@]} -gt 1100 ] && [ ${#malformed[@]} -gt 600 ] ||
  wrong "modules are missing"

V format image --size 64M > /dev/null || wrong "no image"
V --json module register image "${valid[@]}" > out || wrong "a valid module is refused"
[ "$(wc -l < out)" = ${#valid[@]} ] || wrong "$(wc -l < out) lines for ${#valid[@]} valid modules"
# The validator is not ours: it decides about types alone.
grep '"state":"stored"' out | grep -v '"validation":"valid"' && wrong "not called valid"
V --json module register image "${invalid[@]}" > out 2> err || wrong "an invalid module is refused"
[ "$(wc -l < out)" = ${#invalid[@]} ] || wrong "$(wc -l < out) lines for ${#invalid[@]} invalid ones"

accepted=0
for file in "${malformed[@]}"; do
  V module register image "$file" --force > out 2> err
  [ $? = 8 ] && continue
  [ "$(sha256sum < "$file")" = "$now_valid  -" ] && continue
  echo "accepted: $file: $(grep -h "\"$file\"" ./*.json)"
  accepted=$((accepted + 1))
done
[ $accepted = 0 ] || wrong "$accepted malformed modules are accepted"
V verify image --fail-on warning > /dev/null || wrong "verify"
rm -rf "${suite%/test/spec}" ./*
