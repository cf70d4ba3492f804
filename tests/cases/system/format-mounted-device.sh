# format refuses a mounted device, also with --force, and says where it is mounted.
source "$(dirname "$0")/../lib/case.sh"
[ "$(id -u)" = 0 ] && command -v losetup mkfs.ext4 > /dev/null || exit 77
truncate -s 64M disk && mkfs.ext4 -q -F disk || exit 77
device=$(losetup -f --show disk 2> /dev/null) || exit 77
trap 'umount "$folder/a b" 2> /dev/null; losetup -d "$device"; rm -rf "$folder"' EXIT
mkdir 'a b' && mount "$device" 'a b' 2> /dev/null || exit 77
seq 200000 > 'a b/data' && sync && before=$(sha256sum < 'a b/data')
V format "$device" --size 32M --force > /dev/null 2> err
status=$?
umount 'a b'
[ $status = 8 ] || wrong "status $status"
grep -q "mounted at '$folder/a b'" err || wrong "$(cat err)"
mount "$device" 'a b' && [ "$(sha256sum < 'a b/data')" = "$before" ] || wrong "the data is damaged"
umount 'a b'
V format "$device" --size 32M --force > /dev/null || wrong "an unmounted device is refused"
