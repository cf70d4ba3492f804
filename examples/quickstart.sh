#!/usr/bin/env bash
# examples/quickstart.sh: builds vdetool and shows its main job: make an image, look into it, prove
# that it is whole. Works in a temporary folder that is gone afterwards.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

scripts/packages.sh build tests
cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)" --target vdetool
PATH=$root/build/release/tools/vdetool:$PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# run COMMAND...: prints the command as one would type it, then runs it.
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

# run_failing STATUS COMMAND...: the same for a command that is expected to end with this status.
run_failing() {
  local expected=$1 status=0
  shift
  run "$@" || status=$?
  echo "(exit status $status)"
  [ "$status" -eq "$expected" ]
}

say() { printf '\n# %s\n' "$*"; }

say "Make an image of 64 MiB and look at it."
run vdetool --version
run vdetool format demo.dwvd --size 64M --label demo
run vdetool info demo.dwvd

say "What is byte 152, and is the whole image sound?"
run vdetool dump demo.dwvd --offset 152
run vdetool verify demo.dwvd

say "Mark what the image is now, and again: snapshots make chains."
run vdetool snapshot create demo.dwvd --label monday --base
run vdetool snapshot create demo.dwvd --label tuesday --parent monday
run vdetool snapshot list demo.dwvd --tree
run vdetool verify demo.dwvd

say "Store a WebAssembly module: eight bytes are one, if a small one. It is found by its hash."
printf '\0asm\1\0\0\0' > empty.wasm
run vdetool module register demo.dwvd empty.wasm --force
run vdetool module list demo.dwvd
run vdetool module verify demo.dwvd
run_failing 1 vdetool module register demo.dwvd empty.wasm --force

say "Overwrite that byte behind the image's back: verify notices, says where, and knows more."
run dd if=/dev/zero of=demo.dwvd bs=1 count=1 seek=152 conv=notrunc status=none
run_failing 4 vdetool verify demo.dwvd
run vdetool explain SUPB-001

say "An image from elsewhere, made by the format's existing writer; the verdict for programs too."
printf '\n$ gzip -dc tests/vectors/everything-1.dwvd.gz > sample.dwvd\n'
gzip -dc "$root/tests/vectors/everything-1.dwvd.gz" > sample.dwvd
run vdetool info sample.dwvd
run vdetool verify sample.dwvd
run vdetool verify sample.dwvd --json

say "That is the tour. Next: vdetool --help, or vdetool dump demo.dwvd to see every field."
