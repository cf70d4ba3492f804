# dump --json lists the entries of a block as an array, not as entry_0, entry_1 and so on.
source "$(dirname "$0")/../lib/case.sh"
command -v jq > /dev/null || exit 77
samples=$cases/../vectors
gzip -dc "$samples/everything-1.dwvd.gz" > i || exit 77
V dump i --block 0-1700 --json > /dev/null 2>&1
V dump i --block 0-1699 --json > blocks || wrong "status $?"
jq -r 'keys[]' blocks | sort -u > names
grep -E '[0-9]$' names && wrong "numbered members"
[ "$(jq -s 'map(select(.owner.region == "SNAP").entries | length) | add' blocks)" = 25 ] || wrong "snapshots"
[ "$(jq -s 'map(select(.owner.region == "CODE").entries | length) | add' blocks)" = 9 ] || wrong "modules"
[ "$(jq -s 'map(select(.tag_leaf).entries | length) | add' blocks)" = 900 ] || wrong "tags"
[ "$(jq -s 'map(select(.tag_inner_node).entries[].child_block) | length' blocks)" = 20 ] || wrong "children"
exit 0
