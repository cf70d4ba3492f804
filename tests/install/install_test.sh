#!/usr/bin/env bash
# install_test.sh BUILD COMPILER FLAGS: what `cmake --install BUILD` puts where, and that programs
# outside the project, the example among them, build against it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1 compiler=$2 flags=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

cmake --install "$build" --prefix "$prefix" >"$work/installed"
library=$(dirname "$(find "$prefix" -name libvde.a)")
for file in "$prefix/bin/vdetool" "$prefix/include/vde/image.h" "$prefix/share/man/man1/vdetool.1" \
  "$prefix/share/man/man5/dwvd.5" "$prefix/share/vdetool/schemas/verify.json" "$library/cmake/vde/vdeConfig.cmake"; do
  [ -s "$file" ] || { echo "not installed: $file" && cat "$work/installed" && exit 1; }
done
# The public headers and nothing else.
(cd "$here/../../lib/include" && find . -type f | sort) >"$work/headers"
(cd "$prefix/include" && find . -type f | sort) | diff "$work/headers" -
"$prefix/bin/vdetool" --version

cmake -G Ninja -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags"
cmake --build "$work/consumer"
# The UUID is fixed because the byte that is damaged below is in it.
"$prefix/bin/vdetool" format "$work/image.dwvd" --size 1M --uuid 00112233-4455-6677-8899-aabbccddeeff
[ "$("$work/consumer/consumer" "$work/image.dwvd")" = "0 errors" ]

# The example does what it says, and vdetool sees it.
printed=$("$work/consumer/tag_and_snapshot" "$work/image.dwvd")
[[ $printed == $'inode 42: category = photo\nsnapshot '*': monday' ]]
[ "$("$prefix/bin/vdetool" tag get "$work/image.dwvd" category)" = $'42\tcategory\tphoto' ]
[[ $("$prefix/bin/vdetool" snapshot list "$work/image.dwvd") == *'  monday' ]]
[ "$("$work/consumer/consumer" "$work/image.dwvd")" = "0 errors" ]

printf 'X' | dd of="$work/image.dwvd" bs=1 seek=100 conv=notrunc status=none
[ "$("$work/consumer/consumer" "$work/image.dwvd")" = "1 errors" ]
