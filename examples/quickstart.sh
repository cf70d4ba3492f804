#!/usr/bin/env bash
# examples/quickstart.sh: builds vdetool and shows its main job: make an image, look into it, tag
# inodes, prove that it is whole. Works in a temporary folder that is gone afterwards.
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

say "Tag two inodes, search the tags, and move them through a pipe."
run vdetool tag set demo.dwvd 42 'category\0photo' year=1998
run vdetool tag set demo.dwvd 43 'category\0video'
run vdetool tag find demo.dwvd --prefix 'category\0'
run vdetool tag get demo.dwvd year --json
run vdetool format copy.dwvd --size 64M
printf '\n$ vdetool tag export demo.dwvd | vdetool tag import copy.dwvd\n'
vdetool tag export demo.dwvd | vdetool tag import copy.dwvd
run_failing 1 vdetool tag get copy.dwvd nothing

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

say "The other copy of the superblock holds what is needed: plan the repair, do it, look again."
run_failing 4 vdetool verify demo.dwvd --repair --dry-run
sha256sum demo.dwvd > damaged.sha256
run_failing 1 vdetool verify demo.dwvd --repair
run vdetool verify demo.dwvd

say "A repair can be taken back, to the last byte, and so can that."
run vdetool undo demo.dwvd demo.dwvd.undo
run sha256sum --check damaged.sha256
run vdetool undo demo.dwvd demo.dwvd.undo.1
run vdetool verify demo.dwvd

say "The existing SDK's online addition of a module leaves an image that its own readers reject."
printf '\n$ gzip -dc tests/vectors/online-add-tags.dwvd.gz > broken.dwvd\n'
gzip -dc "$root/tests/vectors/online-add-tags.dwvd.gz" > broken.dwvd
run_failing 1 vdetool verify broken.dwvd --repair
run vdetool verify broken.dwvd

say "An image from elsewhere, made by the format's existing writer; the verdict for programs too."
printf '\n$ gzip -dc tests/vectors/everything-1.dwvd.gz > sample.dwvd\n'
gzip -dc "$root/tests/vectors/everything-1.dwvd.gz" > sample.dwvd
run vdetool info sample.dwvd
run vdetool verify sample.dwvd
run vdetool verify sample.dwvd --json

say "That is the tour. Next: vdetool --help, or vdetool dump demo.dwvd to see every field."
