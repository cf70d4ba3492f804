# dump --tree draws the tag tree, one line per node, with what is wrong with a node in its line.
source "$(dirname "$0")/../lib/case.sh"
samples=$cases/../vectors
gzip -dc "$samples/tags-1000.dwvd.gz" > i || exit 77
export LC_ALL=C.UTF-8
V dump i --tree > tree || wrong "status $?"
[ "$(wc -l < tree)" = 32 ] || wrong "$(wc -l < tree) lines"
[ "$(head -1 tree)" = 'block 1100: inner node, 31 children, separators key000032 to key000960' ] || wrong "$(head -1 tree)"
[ "$(sed -n 2p tree)" = '├── block 1101: leaf, 32 tags, keys key000000 to key000031' ] || wrong "$(sed -n 2p tree)"
[ "$(tail -1 tree)" = '└── block 1131: leaf, 40 tags, keys key000960 to key000999' ] || wrong "$(tail -1 tree)"
[ "$(LC_ALL=C V dump i --tree | tail -1 | cut -c1-4)" = '`-- ' ] || wrong 'box characters without UTF-8'
printf x | dd of=i bs=1 seek=$((1102 * 4096 + 9)) conv=notrunc status=none
V dump i --tree > tree
grep -q '^├── block 1102 (bad checksum)' tree || wrong "$(sed -n 3p tree)"
V format none --size 4M --modules none -q && V dump none --tree 2> err
[ $? = 1 ] && [ "$(wc -l < err)" = 1 ] || wrong "without an index: $(cat err)"
V dump i --tree --regions 2> /dev/null
[ $? = 16 ] || wrong "--tree --regions"
exit 0
