# Two zero bytes are a custom section without a name, which is malformed.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
{ printf "$module_start$export_start$empty_code"; head -c 100 /dev/zero; } > m.wasm
V module register i m.wasm > /dev/null 2> err
status=$?
[ $status = 8 ] || wrong "status $status: $(cat err)"
