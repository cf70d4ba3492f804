# After a resize to the end of a region in the middle of the data area, verify notes no overlap.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 16M > /dev/null || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
V -q module register i m.wasm || exit 77
# More tags than the index has space for: it moves behind the module.
seq 1 40000 | sed 's/.*/&\tkey&\tvalue/' | V -q tag import i || exit 77
read -r start count < <(V info i | awk '$2 == "TAGI" { print $4, $5 }')
end=$((start + count))
V -q resize i --size $((end * 4096)) || exit 77
! V verify i | grep RMAP-006 || wrong "a resize leaves a note"
V -q resize i --size 16M || exit 77
! V verify i | grep RMAP || wrong "growing again leaves a note"
V -q verify i || wrong "verify"
