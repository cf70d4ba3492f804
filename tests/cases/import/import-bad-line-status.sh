# A malformed line in the input is an operational error (8), not a wrong command line (16).
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf '1\tk\tv\nnonsense\n' > t.tsv
V tag import i t.tsv >/dev/null 2>err; rc=$?
[ $rc = 8 ] || wrong "status $rc: $(cat err)"
