# An error about the module's file names that file, not the image.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
V module register i absent.wasm > /dev/null 2> err && wrong "stored"
grep -q '^vdetool: absent.wasm: ' err || wrong "$(cat err)"
