# format refuses a device that another program holds exclusively, also with --force.
source "$(dirname "$0")/../lib/case.sh"
[ "$(id -u)" = 0 ] && command -v losetup python3 > /dev/null || exit 77
truncate -s 64M disk
device=$(losetup -f --show disk 2> /dev/null) || exit 77
trap 'losetup -d "$device"; rm -rf "$folder"' EXIT
mkfifo go ready
python3 -c "
import os
os.open('$device', os.O_RDONLY | os.O_EXCL)
open('ready', 'w').close()
open('go').read()" &
cat ready
V format "$device" --size 32M --force > /dev/null 2> err
status=$?
: > go
wait $!
[ $status = 8 ] || wrong "status $status"
grep -q 'in use' err || wrong "$(cat err)"
cmp -s -n 1048576 disk /dev/zero || wrong "the device was written"
