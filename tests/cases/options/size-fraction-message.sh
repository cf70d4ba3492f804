# The message for 1.1M says that it is not a whole number of bytes.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1.1M --dry-run >/dev/null 2>err && exit 77
grep -qiE 'whole' err || wrong "$(cat err)"
