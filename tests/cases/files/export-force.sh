# tag export replaces a file that is not empty only with --force, and the image itself never.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 k=v || exit 77
echo old > out
V tag export i out 2> err
[ $? = 8 ] && [ "$(cat out)" = old ] || wrong "a file is replaced"
grep -q '^vdetool: out: ' err || wrong "$(cat err)"
V tag export i out --force && [ "$(cat out)" = "$(V tag list i)" ] || wrong "--force does not replace it"
: > empty
V tag export i empty || wrong "an empty file is refused"
ln i other
V tag export i other --force 2> err
[ $? = 16 ] && V info i > /dev/null || wrong "the image is replaced"
V tag export i none/out 2> err
grep -q '^vdetool: none/out: ' err || wrong "$(cat err)"
exit 0
