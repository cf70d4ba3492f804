# A plan is read once, so it may come from a pipe.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 7 key=value -q || exit 77
printf wwwwwwww | dd of=i bs=1 seek=$((4096 + 200)) conv=notrunc status=none
V verify i --repair --plan plan.json -q > out 2>&1
[ $? = 4 ] || exit 77
V verify i --repair --apply <(cat plan.json) -q > out 2>&1
[ $? = 1 ] || wrong "--apply from a pipe: $(cat out)"
V verify i -q || wrong "it is not repaired"
exit 0
