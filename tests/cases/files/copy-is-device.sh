# A second node of the device that is repaired is the image itself, not an older copy.
source "$(dirname "$0")/../lib/case.sh"
[ "$(id -u)" = 0 ] && command -v losetup > /dev/null || exit 77
V format disk --size 4M -q || exit 77
device=$(losetup -f --show disk 2> /dev/null) || exit 77
trap 'losetup -d "$device"; rm -rf "$folder"' EXIT
mknod node b $(stat -c '0x%t 0x%T' "$device") && V info node > /dev/null || exit 77
V verify "$device" --repair --no-undo --from node 2> err
[ $? = 16 ] || wrong "$(cat err)"
grep -q 'node: is the image itself' err || wrong "$(cat err)"
exit 0
