#!/usr/bin/env bash
# requests_test.sh VDETOOL: how many requests a client waits for, one after the other. On a slow link
# that is what a command costs.
source "$(dirname "$0")/common.sh"

# in_sequence LOG: the reads that were sent when all earlier ones were answered.
in_sequence() {
  awk '/ Read id=/ { if (!waiting) count++; waiting++ }
       / \.\.\.Read id=/ { waiting-- }
       END { print count + 0 }' "$1"
}

vdetool format image.dwvd --size 128M --modules tags >/dev/null
seq 600000 | awk '{ printf "%d\tkey%08d\tvalue\n", $1, $1 }' | vdetool tag import image.dwvd >/dev/null
depth=$(vdetool tag stats image.dwvd --json | sed 's/.*"depth":\([0-9]*\).*/\1/')

# At most 4 to open the image, one for each level, and 2.
serve log --filter=log --filter=delay file image.dwvd logfile="$folder/log.txt" rdelay=2ms
for key in key00000001 key00300000 key00599999; do
  : >log.txt
  expect 0 vdetool tag get "$uri" $key
  reads=$(in_sequence log.txt)
  echo "tag get $key: $reads reads in sequence, depth $depth"
  [ "$reads" -le $((4 + depth + 2)) ] || complain "tag get $key: $reads reads in sequence"
  [ "$reads" -ge 3 ] || complain "the log shows too little: $(head -3 log.txt)"
done
stop "$server"

# Reads in order do not wait for each other.
serve verify --filter=log --filter=delay file image.dwvd logfile="$folder/verify.txt" rdelay=5ms
expect 0 vdetool verify "$uri"
all=$(grep -c ' Read id=' verify.txt)
reads=$(in_sequence verify.txt)
echo "verify: $reads of $all reads in sequence"
[ "$reads" -le $((20 + all / 2)) ] || complain "verify: $reads of $all reads in sequence"
# What was fetched in advance is used, and not fetched again.
bytes=$(stat -c '%b * %B' image.dwvd)
[ "$all" -le $((20 + (bytes) / (128 << 10))) ] || complain "verify: $all reads of $((bytes)) bytes"
finish
