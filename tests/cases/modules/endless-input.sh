# Input that is not WebAssembly is refused when it begins, however long it is.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
timeout 10 "$VDETOOL" module register i /dev/zero 2> err
[ $? = 8 ] || wrong "/dev/zero: $(cat err)"
grep -q '^vdetool: /dev/zero: not WebAssembly' err || wrong "$(cat err)"
yes | timeout 10 "$VDETOOL" module register i - 2> err
[ $? = 8 ] || wrong "a pipe: $(cat err)"
exit 0
