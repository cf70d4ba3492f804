# format --force keeps the extended attributes of the file that it replaces.
source "$(dirname "$0")/../lib/case.sh"
command -v setfattr getfattr > /dev/null || exit 77
V format i --size 1M > /dev/null && setfattr -n user.note -v keep i 2> /dev/null || exit 77
V format i --size 1M --force > /dev/null || wrong "format --force failed"
[ "$(getfattr --only-values -n user.note i 2> /dev/null)" = keep ] || wrong "user.note is lost"
