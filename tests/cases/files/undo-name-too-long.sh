# A name that leaves no room for ".undo" is refused with what to do, before anything is written.
source "$(dirname "$0")/../lib/case.sh"
image=$(printf 'a%.0s' $(seq 252))
V format $image --size 4M -q && V tag set $image 7 key=value -q || exit 77
printf wwwwwwww | dd of=$image bs=1 seek=$((4096 + 200)) conv=notrunc status=none
sum=$(sha256sum < $image)
V verify $image --repair -q > /dev/null 2> err
[ $? = 20 ] || wrong "status $?: $(cat err)"
grep -q 'the name of the default undo file would be too long; use --undo FILE or --no-undo' err || wrong "$(cat err)"
[ "$sum" = "$(sha256sum < $image)" ] && [ "$(ls | wc -l)" = 2 ] || wrong "something was written: $(ls)"
V verify $image --repair --undo undo -q > /dev/null
[ $? = 1 ] && V undo $image undo --no-undo -q && [ "$sum" = "$(sha256sum < $image)" ] || wrong "with --undo"
exit 0
