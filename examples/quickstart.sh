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

run vdetool --version
run vdetool format demo.dwvd --size 64M --label demo
run vdetool info demo.dwvd
run vdetool dump demo.dwvd --block 0
run vdetool verify demo.dwvd

# An image of another origin: one that the format's existing writer made.
sample=$root/tests/vectors/everything-1.dwvd.gz
printf '\n$ gzip -dc tests/vectors/everything-1.dwvd.gz > sample.dwvd\n'
gzip -dc "$sample" > sample.dwvd
run vdetool info sample.dwvd
run vdetool verify sample.dwvd
run vdetool verify sample.dwvd --json

cat <<'END'

Shown: a 64 MiB image was made (format), described (info), its superblock decoded field by field
(dump) and every block of it found whole (verify, exit status 0). Then the same for an image that
another writer made, the last time as JSON for programs. Next: vdetool --help.
END
