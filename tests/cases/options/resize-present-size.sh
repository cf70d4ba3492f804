# resize and label to what is there already say so with 0, and change nothing.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M --label here > /dev/null || exit 77
before=$(sha256sum < i)
V resize i --size 1M > out || wrong "resize: status $?"
grep -q 'already' out || wrong "$(cat out)"
V label i here > out || wrong "label: status $?"
grep -q 'already' out || wrong "$(cat out)"
[ "$(sha256sum < i)" = "$before" ] || wrong "the image was changed"
