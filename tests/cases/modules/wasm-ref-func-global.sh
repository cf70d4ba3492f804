# A global that refers to a function is valid in WebAssembly 2.0, and called so.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
globals='\x06\x06\x01\x70\0\xd2\0\x0b'
printf "$module_start$globals$export_start$empty_code" > m.wasm
V --json module register i m.wasm > out 2> err || wrong "$(cat err)"
grep -Eq '"validation":"(valid|not done)"' out || wrong "$(cat out)"
