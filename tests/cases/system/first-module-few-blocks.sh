# The first module in another writer's region: few free blocks are enough, whatever the journal.
source "$(dirname "$0")/../lib/case.sh"
gzip -dc "$(dirname "$0")/../../vectors/custom-fresh.dwvd.gz" > i || exit 77
V -q resize i --size $((1300 * 4096)) || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
V -q module register i m.wasm || wrong "status $?"
V -q snapshot create i > /dev/null || wrong "status $?"
V verify i | grep -q clean || wrong "$(V verify i)"
exit 0
