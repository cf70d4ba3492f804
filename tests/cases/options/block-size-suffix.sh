# --block-size is read as other sizes are.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M --block-size 4K --dry-run >/dev/null 2>err && exit 0
grep -qE 'power of two|number of bytes|suffix' err || wrong "$(cat err)"
