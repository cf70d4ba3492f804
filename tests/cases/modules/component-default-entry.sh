# A component of the WASI command world exports wasi:cli/run: it needs no --entry.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
# One section with one export: an instance named wasi:cli/run@0.2.3.
printf '\0asm\x0d\0\1\0\x0b\x18\x01\0\x12wasi:cli/run@0.2.3\x05\0\0' > c.wasm
V module register i c.wasm > /dev/null 2> err || wrong "$(cat err)"
V --json module list i | grep -q '"entry_point":"wasi:cli/run@0.2.3"' || wrong "$(V module list i)"
