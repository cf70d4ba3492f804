#!/usr/bin/env bash
# faults_test.sh VDETOOL: changes through servers that fail, by nbdkit's filters and a disk of our own
# (faulty.c). Each change succeeds, or fails and leaves the state before it or after it. The image is
# judged in its file, where nothing fails.
here=$(cd "$(dirname "$0")" && pwd)
source "$here/common.sh"
rounds=$((8 * ${VDE_TEST_EFFORT:-1}))

# judge NAME STATUS BEFORE AFTER: the file after a change that ended with this status.
judge() {
  local tags
  vdetool verify image.dwvd >verified 2>&1 || complain "$1: verify: $(cat verified)"
  tags=$(vdetool tag list image.dwvd)
  case $tags in
    "$4") ;;
    "$3") if [ "$2" -eq 0 ]; then complain "$1: an acknowledged commit is lost"; fi ;;
    *) complain "$1: the tags are neither those before nor those after the change" ;;
  esac
}

# change NAME ROUND: one change through the server at $uri, judged. Counts `succeeded` and `failed`.
change() {
  local before after status=0
  before=$(vdetool tag list image.dwvd)
  cp image.dwvd after.dwvd
  vdetool tag set after.dwvd "$2" "key$2=value $2" "other=$2" >/dev/null
  after=$(vdetool tag list after.dwvd)
  vdetool tag set "$uri" "$2" "key$2=value $2" "other=$2" --sole-writer >out 2>err || status=$?
  case $status in
    0) succeeded=$((succeeded + 1)) ;;
    4 | 8) failed=$((failed + 1)) ;;
    *) complain "$1: status $status: $(cat err)" ;;
  esac
  judge "$1" "$status" "$before" "$after"
}

begin() {
  succeeded=0 failed=0
  vdetool format image.dwvd --force --size 4M >/dev/null
  vdetool tag set image.dwvd 1 first=tag
}

report() { echo "$1: $succeeded changes made, $failed refused or failed"; }

# through NAME WANTED ARGUMENTS...: changes through one server. WANTED: `all` must succeed, `some` must
# fail and some succeed, or `none` may succeed.
through() {
  local name=$1 wanted=$2 round
  shift 2
  begin
  serve server "$@"
  for round in $(seq $((100 + rounds))); do
    change "$name" "$round"
    # Faults that come by chance are awaited.
    if [ "$round" -lt "$rounds" ]; then continue; fi
    if [ "$wanted" != some ] || [ $((failed * succeeded)) -gt 0 ]; then break; fi
  done
  stop "$server"
  report "$name"
  case $wanted in
    all) if [ "$failed" -ne 0 ]; then complain "$name: $failed changes failed"; fi ;;
    some) if [ "$failed" -eq 0 ] || [ "$succeeded" -eq 0 ]; then complain "$name: tests nothing"; fi ;;
    none) if [ "$succeeded" -ne 0 ]; then complain "$name: $succeeded changes succeeded"; fi ;;
  esac
}

through error-pread some --filter=error file image.dwvd error-pread-rate=40%
through error-pwrite some --filter=error file image.dwvd error-pwrite-rate=10%
through error-nospace some --filter=error file image.dwvd error-pwrite=ENOSPC error-pwrite-rate=10%
through error-extents all --filter=error file image.dwvd error-extents-rate=50%
through delay all --filter=delay file image.dwvd rdelay=5ms wdelay=5ms
through blocksize all --filter=blocksize file image.dwvd minblock=4K maxdata=8K
through fua-emulated all --filter=fua file image.dwvd fuamode=emulate
through no-fua all --filter=fua file image.dwvd

# The changes are in the server and not in the file, so they are judged through it.
begin
serve cow --filter=cow file image.dwvd
cp image.dwvd below.dwvd
for round in $(seq "$rounds"); do
  expect 0 vdetool tag set "$uri" "$round" "key$round=value" --sole-writer
done
expect 0 vdetool verify "$uri"
[ "$(vdetool tag list "$uri" | wc -l)" -eq $((rounds + 1)) ] || complain "cow: changes are missing"
stop "$server"
cmp image.dwvd below.dwvd || complain "cow: the file below was changed"
echo "cow: $rounds changes made"

# That a server ends while the image is read says nothing about the image: nothing is damaged or lost.
photos local.dwvd
for words in 'verify URI --json' 'verify URI' 'rescue URI --list' 'copy URI copy.dwvd --metadata' \
  'copy URI copy.dwvd' 'verify URI --repair --dry-run' 'tag list URI' 'info URI' 'map URI'; do
  serve ending eval get_size="stat -c %s '$folder/local.dwvd'" \
    pread="if [ \$4 -ge 262144 ]; then kill -9 \$PPID; fi
           dd if='$folder/local.dwvd' skip=\$4 count=\$3 iflag=count_bytes,skip_bytes status=none"
  expect 8 vdetool ${words/URI/$uri}
  says "the connection to the NBD server is lost"
  if grep -q 'BLCK-006\|damaged:\|: lost:' out; then complain "$words: $(head -3 out)"; fi
  if [ -e copy.dwvd ]; then complain "$words: left a copy"; fi
done
echo "a server that ends while the image is read: an error"

# A disk of our own.
command -v cc >/dev/null && [ -e /usr/include/nbdkit-plugin.h ] ||
  { echo "without faulty.c: no compiler or no nbdkit-plugin.h" && finish; }
cc -O1 -fPIC -shared -o faulty.so "$here/faulty.c" || complain "faulty.c does not compile"
faulty=$folder/faulty.so

through flush-fails none "$faulty" file=image.dwvd flush=error fua=none
says "the NBD server says: Input/output error"
says "the state on disk is unknown; run 'vdetool verify IMAGE'"

# A flipped bit in a read is found, or hits nothing that matters: the answer is right or an error. A
# change that was made of what was read is judged as all others.
begin
vdetool tag list image.dwvd >expected
right=0 refused=0
for round in $(seq "$((3 * rounds))"); do
  serve corrupt "$faulty" file=image.dwvd corrupt=3 seed="$round"
  status=0
  vdetool tag list "$uri" >out 2>err || status=$?
  case $status in
    0) right=$((right + 1)) && { cmp -s expected out || complain "corrupt $round: a wrong answer"; } ;;
    4 | 8) refused=$((refused + 1)) ;;
    *) complain "corrupt $round: status $status: $(cat err)" ;;
  esac
  stop "$server"
done
echo "corrupted reads: $right right answers, $refused errors"
begin
for round in $(seq "$rounds"); do
  serve corrupt "$faulty" file=image.dwvd corrupt=4 seed="$round"
  change corrupted-change "$round"
  stop "$server"
done
report "changes with corrupted reads"

# The server ends in a write or a flush of a commit. Whatever was not durable is partly lost.
for kind in die die_flush; do
  for fua in native none; do
    begin
    for round in $(seq "$rounds"); do
      parameters=("$kind=$((1 + round % 9))" "seed=$round")
      if [ "$fua" = none ]; then parameters+=(fua=none); fi
      serve dying "$faulty" file=image.dwvd "${parameters[@]}"
      change "$kind-$fua-$round" "$round"
      stop "$server"
    done
    report "a server that ends ($kind, FUA $fua)"
    if [ "$failed" -eq 0 ]; then complain "$kind-$fua tests nothing"; fi
  done
done
finish
