#!/usr/bin/env bash
# examples/quickstart.sh: builds vdetool and demonstrates its main features on sample images: create,
# inspect, tag, snapshot, store modules, check, repair, undo. Works in a temporary folder and removes
# it afterwards.
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

# run COMMAND...: prints the command, then runs it.
run() {
  printf '\n$ %s\n' "$*"
  "$@"
}

# run_failing STATUS COMMAND...: as run, for a command that must exit with this status.
run_failing() {
  local expected=$1 status=0
  shift
  run "$@" || status=$?
  echo "(exit status $status)"
  [ "$status" -eq "$expected" ]
}

say() { printf '\n# %s\n' "$*"; }

say "Create an image of 64 MiB and inspect it."
run vdetool --version
run vdetool format demo.dwvd --size 64M --label demo
run vdetool info demo.dwvd

say "Tag two inodes, search the tags, and copy them to another image through a pipe."
run vdetool tag set demo.dwvd 42 'category\0photo' year=1998
run vdetool tag set demo.dwvd 43 'category\0video'
run vdetool tag find demo.dwvd --prefix 'category\0'
run vdetool tag get demo.dwvd year --json
run vdetool format copy.dwvd --size 64M
printf '\n$ vdetool tag export demo.dwvd | vdetool tag import copy.dwvd\n'
vdetool tag export demo.dwvd | vdetool tag import copy.dwvd
run_failing 1 vdetool tag get copy.dwvd nothing

say "Explain byte 152, and check the whole image."
run vdetool dump demo.dwvd --offset 152
run vdetool verify demo.dwvd

say "Create two snapshot records, the second with the first as its parent."
run vdetool snapshot create demo.dwvd --label monday --base
run vdetool snapshot create demo.dwvd --label tuesday --parent monday
run vdetool snapshot list demo.dwvd --tree
run vdetool verify demo.dwvd

say "Store a WebAssembly module, here the smallest one: 8 bytes. Its key is its hash."
printf '\0asm\1\0\0\0' > empty.wasm
run vdetool module register demo.dwvd empty.wasm --force
run vdetool module list demo.dwvd
run vdetool module verify demo.dwvd
run_failing 1 vdetool module register demo.dwvd empty.wasm --force

say "Damage the image: overwrite byte 152. verify reports it, explain says what it means."
run dd if=/dev/zero of=demo.dwvd bs=1 count=1 seek=152 conv=notrunc status=none
run_failing 4 vdetool verify demo.dwvd
run vdetool explain SUPB-001

say "The mirror group is intact: plan the repair, apply it, check again."
run_failing 4 vdetool verify demo.dwvd --repair --dry-run
sha256sum demo.dwvd > damaged.sha256
run_failing 1 vdetool verify demo.dwvd --repair
run vdetool verify demo.dwvd

say "Revert the repair, byte for byte. Then revert that, too."
run vdetool undo demo.dwvd demo.dwvd.undo
run sha256sum --check damaged.sha256
run vdetool undo demo.dwvd demo.dwvd.undo.1
run vdetool verify demo.dwvd

say "Repair a sample that the SDK damaged: it added a module online, and cannot read the result."
printf '\n$ gzip -dc tests/vectors/online-add-tags.dwvd.gz > broken.dwvd\n'
gzip -dc "$root/tests/vectors/online-add-tags.dwvd.gz" > broken.dwvd
run_failing 1 vdetool verify broken.dwvd --repair
run vdetool verify broken.dwvd

say "Check a sample that the SDK made, also with JSON output."
printf '\n$ gzip -dc tests/vectors/everything-1.dwvd.gz > sample.dwvd\n'
gzip -dc "$root/tests/vectors/everything-1.dwvd.gz" > sample.dwvd
run vdetool info sample.dwvd
run vdetool verify sample.dwvd
run vdetool verify sample.dwvd --json

say "Done. Next: vdetool --help, man man/vdetool.1, docs/FORMAT.md."
