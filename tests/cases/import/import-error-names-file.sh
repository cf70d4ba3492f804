# An error in a line of FILE names FILE.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf 'nonsense\n' > part-17.tsv
V tag import i part-17.tsv >/dev/null 2>err && exit 77
grep -q 'part-17.tsv' err || wrong "$(cat err)"
