# A writer that replaces a damaged superblock group says so, keeps the old bytes, and refuses if it
# cannot keep them.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
printf X | dd of=i bs=1 seek=24700 conv=notrunc status=none
cp i damaged
V tag set i 1 k=v 2> said || wrong "status $?"
[[ $(wc -l < said) = 1 ]] && grep -q 'warning: i: .*blocks 4 to 7 was damaged' said ||
  wrong "said: $(cat said)"
[[ -s i.undo ]] || wrong "no undo file"
V verify i > /dev/null || wrong "still damaged"
V tag set i 2 k=v 2>&1 | grep . && wrong "a second warning"

# A refused change leaves the damage as it is.
cp damaged j
printf '\0asm\1\0\0\0\0\364\377\177\1n' > m.wasm
truncate -s 2097152 m.wasm
V module register j m.wasm > /dev/null 2>&1 && wrong "a module larger than the volume"
cmp -s j damaged && [[ ! -e j.undo ]] || wrong "the image was changed all the same"

# IMAGE.undo would have a name that is too long.
long=$(printf 'n%.0s' {1..252})
cp damaged "$long" || exit 77
V label "$long" new 2> /dev/null
[[ $? = 8 ]] || wrong "changed without an undo file"
cmp -s "$long" damaged || wrong "refused, but changed"
exit 0
