# info exits with 4 if what it shows comes from bytes that do not verify.
source "$(dirname "$0")/../lib/case.sh"
V format whole --size 4M -q && V tag set whole 7 key=value -q || exit 77
V snapshot create whole --label a -q > /dev/null && V snapshot delete whole a -q || exit 77
spoil() { printf x | dd of=i bs=1 seek=$(($1 * 4096 + 90)) conv=notrunc status=none; }
check() { # STATUS BLOCK...
  cp whole i
  for block in "${@:2}"; do spoil $block; done
  V info i > out 2> err
  [ $? = $1 ] || wrong "blocks ${*:2}: not $1: $(cat out err)"
  [ -s out ] || wrong "nothing is shown"
  [ $1 = 0 ] || [ "$(cat err)" = "vdetool: i: some of this comes from bytes that do not verify; run 'vdetool verify i'" ] ||
    wrong "$(cat err)"
}
check 0
check 0 0
check 0 4
check 4 0 4
check 4 79
check 4 111
grep -q '^counts .*snapshots unreadable' out || wrong "$(cat out)"
truncate -s 100K i
V info i > /dev/null 2>&1
[ $? = 4 ] || wrong "cut short"
grep -q '^counts .*snapshots 1 (1 deleted)' <(V info whole) || wrong "$(V info whole)"
exit 0
