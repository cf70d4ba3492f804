# Over several images, JSON ends with a total; the same notes are told once; -q says why it fails.
source "$(dirname "$0")/../lib/case.sh"
samples=$cases/../vectors
gzip -dc "$samples/tags-addresses-outside.dwvd.gz" > a && cp a b && cp a c || exit 77
V verify a b c > out || wrong "status $?"
[ "$(grep -c 'note SNAP-011 block' out)" = 1 ] || wrong "$(cat out)"
grep -qx 'note SNAP-011: also in 2 other images' out || wrong "$(cat out)"
[ "$(grep -c 'warning TAGI-016' out)" = 6 ] || wrong "a warning is missing: $(cat out)"
[ "$(V verify a b c --json | grep -c '"severity":"note"')" = 6 ] || wrong "JSON leaves notes out"
V verify a nothing --json > out 2> /dev/null
[ $? = 8 ] || wrong "status $?"
tail -1 out | grep -q '"type":"total","status":8,.*"images":2,"clean":1,.*"failed":1' || wrong "$(tail -1 out)"
grep '"image":"nothing"' out | grep -q '"not_checked":\["everything"\],"error":"cannot open' || wrong "$(cat out)"
V verify -q --fail-on warning a > out
[ $? = 4 ] && [ "$(grep -c 'warning TAGI-016' out)" = 2 ] || wrong "-q hides why: $(cat out)"
V verify -q a > out && [ ! -s out ] || wrong "-q prints: $(cat out)"
exit 0
