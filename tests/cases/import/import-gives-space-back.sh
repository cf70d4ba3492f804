# An import that fails gives back the space that it took.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 64M > /dev/null && V label i first || exit 77
seq 300000 | awk '{ print $1 "\tkey" $1 "\tvalue" }' > t.tsv
V tag import i t.tsv > /dev/null || exit 77
V format j --size 8M > /dev/null || exit 77
before=$(du -k j | cut -f 1)
V tag import j t.tsv > /dev/null 2>&1 && exit 77
after=$(du -k j | cut -f 1)
[ $((after - before)) -lt 1024 ] || wrong "$before KiB before, $after KiB after"
V verify j > /dev/null || wrong "$(V verify j)"
