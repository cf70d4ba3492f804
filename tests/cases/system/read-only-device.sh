# A change of an image on a read-only device is refused as that, before anything is written.
source "$(dirname "$0")/../lib/case.sh"
[ "$(id -u)" = 0 ] && command -v losetup > /dev/null || exit 77
V format disk --size 16M > /dev/null || exit 77
device=$(losetup -r -f --show disk 2> /dev/null) || exit 77
trap 'losetup -d "$device"; rm -rf "$folder"' EXIT
V tag set "$device" 1 k=v 2> err
status=$?
[ $status = 8 ] || wrong "status $status"
grep -q 'the device is read-only' err || wrong "$(cat err)"
V format "$device" --size 8M --force 2> err && wrong "format succeeded"
grep -q 'the device is read-only' err || wrong "$(cat err)"
V info "$device" > /dev/null || wrong "it cannot be read"
