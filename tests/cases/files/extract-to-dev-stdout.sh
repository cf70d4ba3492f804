# A module is extracted to standard output by another name, and to a pipe.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
hash=$(V module register i m.wasm) || exit 77
V module extract i "$hash" /dev/stdout 2> err | cmp - m.wasm || wrong "$(cat err)"
V module extract i "$hash" /dev/stdout > copy 2> err && cmp copy m.wasm || wrong "$(cat err)"
mkfifo pipe || exit 77
cmp pipe m.wasm & reader=$!
V module extract i "$hash" pipe 2> err || { kill $reader; wrong "$(cat err)"; }
wait $reader || wrong "other bytes came through the pipe"
