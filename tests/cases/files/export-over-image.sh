# tag export does not replace another image.
source "$(dirname "$0")/../lib/case.sh"
V format a --size 1M >/dev/null && V format b --size 1M --label precious >/dev/null && V tag set a 1 k=v || exit 77
h=$(sha256sum < b)
V tag export a b >/dev/null 2>err; rc=$?
[ "$(sha256sum < b)" = "$h" ] || wrong "status $rc: the image b is now $(stat -c %s b) bytes of text"
[ $rc != 0 ]
