# Since WebAssembly 3.0 a global may start from an earlier one of its own module.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
globals='\x06\x0b\x02\x7f\0\x41\x01\x0b\x7f\0\x23\0\x0b'
printf "$module_start$globals$export_start$empty_code" > m.wasm
V module register i m.wasm > /dev/null 2> err || wrong "$(cat err)"
