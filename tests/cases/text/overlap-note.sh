# If verify notes a region over the data area, explain must not promise that writes change that.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M > /dev/null || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
V -q module register i m.wasm && printf '1\tk\tv\n' | V -q tag import i || exit 77
V snapshot create i > /dev/null && V label i x > /dev/null && V tag set i 2 k=w || exit 77
V verify i | grep -q RMAP-006 || exit 0
V explain RMAP-006 | grep -q 'next write' && wrong "$(V verify i | head -1)"
exit 0
