# On a terminal, dump names bytes that are all zero instead of printing hundreds of digits; into a
# pipe it prints them.
source "$(dirname "$0")/../lib/case.sh"
command -v script > /dev/null || exit 77
V -q format i --size 1M || exit 77
script -qec "'$VDETOOL' dump i --block 2" /dev/null < /dev/null > terminal
grep -q 'all zero' terminal || wrong "no zeros are named"
grep -q 'namespace_authority' terminal || wrong "a field is missing"
! grep -q '0\{65\}' terminal || wrong "zeros in full"
V dump i --block 2 > pipe
grep -q '0\{512\}' pipe || wrong "other text in a pipe"
V dump i --block 2 --json | grep -q '0\{512\}' || wrong "other text in JSON"
