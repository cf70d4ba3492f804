# Memory that runs out is one line and status 8, and the image is as it was.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 64M > /dev/null || exit 77
seq 500000 | awk '{ print $1 "\tkey" $1 "\tvalue" }' > t.tsv
before=$(sha256sum < i)
tried=0
for kilobytes in 300000 200000 100000 70000 50000 40000 30000 25000 20000; do
  (ulimit -v $kilobytes; ulimit -c 0; exec "$VDETOOL" tag import i t.tsv) > out 2> err
  status=$?
  [ $status = 0 ] && { V format i --size 64M --force > /dev/null; before=$(sha256sum < i); continue; }
  [ $status = 134 ] && wrong "it aborts with $kilobytes kB: $(cat err)"
  grep -q 'memory' err || continue  # the loader itself, or the sanitizers
  grep -q 'loading shared libraries' err && continue
  [ $status = 8 ] || wrong "status $status with $kilobytes kB: $(cat err)"
  [ "$(wc -l < err)" = 1 ] || wrong "$(cat err)"
  [ "$(sha256sum < i)" = "$before" ] || wrong "the image was changed with $kilobytes kB"
  tried=1
done
[ $tried = 1 ] || exit 77
