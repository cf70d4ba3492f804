# If the entry point is not exported, the message names the functions that are.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
printf "$module_start"'\x07\x0d\x01\x09transform\0\0'"$empty_code" > m.wasm
V module register i m.wasm --entry run > /dev/null 2> err && wrong "stored"
grep -q "'transform'" err || wrong "$(cat err)"
V module register i m.wasm > /dev/null 2> err || wrong "$(cat err)"
