# The message about a locked image names the process that holds it.
source "$(dirname "$0")/../lib/case.sh"
command -v python3 > /dev/null && V format i --size 1M > /dev/null || exit 77
mkfifo go ready
python3 -c "
import fcntl
image = open('i')
fcntl.flock(image, fcntl.LOCK_EX)
open('ready', 'w').close()
open('go').read()" &
holder=$!
cat ready
V info i > /dev/null 2> err
status=$?
grep -q " $holder " /proc/locks && shown=1
: > go
wait $holder
[ $status = 8 ] || wrong "status $status"
[ "$shown" = 1 ] || exit 77
grep -q "process $holder" err || wrong "$(cat err)"
