# A command that changes nothing leaves a superblock group with unexplained damage as it is; the
# first one that changes something puts it in order.
source "$(dirname "$0")/../lib/case.sh"
V format good --size 16M --label same > /dev/null || exit 77
V tag set good 1 key=value && id=$(V snapshot create good) || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
hash=$(V module register good m.wasm) || exit 77
cp good damaged
printf x | dd of=damaged bs=1 seek=$((5 * 4096 + 100)) conv=notrunc status=none

# unchanged STATUS COMMAND...: it ends with STATUS and writes nothing at all.
unchanged() {
  local status=$1
  shift
  cp damaged i
  V "$@" > out 2> err < /dev/null
  [ $? = "$status" ] || wrong "$*: not status $status: $(cat err)"
  cmp -s damaged i || wrong "$*: it wrote to the image"
  ! grep -q 'replaced by the other' err || wrong "$*: it says that it replaced a group"
  [ ! -e i.undo ] || wrong "$*: it made an undo file"
}

unchanged 0 label i same
unchanged 0 resize i --size 16M
unchanged 8 resize i --size 1M
unchanged 8 resize i --size 64T
unchanged 16 resize i --size 16777217
unchanged 1 tag remove i 1 other
unchanged 1 tag remove i 2 key
unchanged 1 tag remove i 2 --all
unchanged 1 snapshot delete i 00000000-0000-8000-8000-000000000000
unchanged 1 snapshot undelete i "$id"
unchanged 1 snapshot create i --parent none
unchanged 8 snapshot create i --id "$id"
unchanged 1 module remove i "$(echo "$hash" | tr 0-9a-f 1-9a-f0)"
unchanged 1 module register i m.wasm
unchanged 0 tag import i
# A custom section of 20 MiB: no space for it.
printf "$module_start$export_start$empty_code"'\0\x82\x80\x80\x0a\x01a' > big.wasm
head -c 20M /dev/zero >> big.wasm
unchanged 8 module register i big.wasm
grep -q 'free' err || wrong "another reason: $(cat err)"
unchanged 16 tag set i 1 key=other --block x

cp damaged i
V -q tag set i 1 key=other 2> err || wrong "$(cat err)"
grep -q 'replaced by the other' err && [ -s i.undo ] || wrong "a change does not say what it replaced"
V -q verify i || wrong "a change leaves the damage"

# A change that fails after that: undo restores every byte.
cp damaged i && rm i.undo
(ulimit -f 20000 && V resize i --size 64M 2> err) && exit 77
grep -q 'replaced by the other' err && ! cmp -s damaged i || wrong "$(cat err)"
V -q undo i i.undo --no-undo && cmp damaged i || wrong "undo left other bytes"
