#!/usr/bin/env bash
# static_test.sh VDETOOL STATIC: the static program needs no other file, and does what the usual one
# does, also where something is thrown and where threads work.
set -euo pipefail
vdetool=$1 static=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
complain() {
  echo "FAILED: $*"
  exit 1
}

! readelf --program-headers "$static" | grep -q INTERP || complain "it wants a program that loads it"
! readelf --dynamic "$static" | grep -q NEEDED || complain "it wants a library"
readelf --file-header "$static" | grep -q 'Type: *DYN' || complain "it cannot be loaded at any address"
readelf --program-headers "$static" | grep -q GNU_EH_FRAME || complain "exceptions are slow to find"

# both STATUS ARGUMENTS: both programs end with this status, and print the same.
both() {
  local status=$1 program
  shift
  for program in "$vdetool" "$static"; do
    "$program" "$@" >said 2>&1 && ended=0 || ended=$?
    [ "$ended" = "$status" ] || complain "$program $*: status $ended"
    mv said "said-by-$(basename "$program")"
  done
  diff said-by-vdetool said-by-vdetool-static || complain "both print something else: $*"
}
both 0 --version
both 0 tag find --help
both 16 verify --no-such-option
both 8 info no-such-file
"$static" format image --size 4M --uuid 00112233-4455-6677-8899-aabbccddeeff >/dev/null
"$static" tag set image 42 category=photo
both 0 tag get image category
both 0 verify --jobs 2 image
both 1 tag get image nothing

# libnbd cannot be loaded into it, and nothing may crash.
"$static" info nbd://localhost:1/x >said 2>&1 && ended=0 || ended=$?
[ "$ended" = 8 ] || complain "an NBD URI: status $ended"
grep -q 'a static program cannot load\|without libnbd' said || complain "an NBD URI: $(cat said)"
