# A repair that cannot print its end says that the change was made.
source "$(dirname "$0")/../lib/case.sh"
[ -w /dev/full ] || exit 77
V format i --size 4M -q && V tag set i 7 key=value -q || exit 77
printf wwwwwwww | dd of=i bs=1 seek=$((4096 + 200)) conv=notrunc status=none
V verify i --repair > /dev/full 2> err
[ $? = 9 ] || wrong "status $?: $(cat err)"
grep -q "the change of 'i' was made" err || wrong "$(cat err)"
V verify i -q || wrong "it is not repaired"
exit 0
