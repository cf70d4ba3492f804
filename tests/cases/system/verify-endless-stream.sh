# verify - stops at the volume's end, or after 512 KiB without a superblock.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
mkfifo f
for start in i /dev/null; do
  (exec 3> f; cat $start >&3; exec cat /dev/zero >&3) 2> /dev/null & writer=$!
  timeout 20 "$VDETOOL" verify - < f > out 2> err
  status=$?
  kill $writer 2> /dev/null
  [ $status != 124 ] || wrong "it reads on after $start"
  [ $start = i ] && { [ $status = 0 ] || wrong "status $status: $(cat out err)"; }
  [ $start = i ] || [ $status = 8 ] || wrong "status $status: $(cat out err)"
done
exit 0
