#!/usr/bin/env bash
# magic_test.sh VDETOOL MAGIC: what file(1) says, with the installed magic file, of an image, of a
# preamble, of an undo file, and of files that only begin like one.
set -euo pipefail
vdetool=$1 magic=$2
command -v file >/dev/null || { echo "skipped: file is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# expect FILE TEXT: file(1) prints exactly this.
expect() {
  local said
  said=$(file --brief --magic-file "$magic" "$1")
  [ "$said" = "$2" ] || { echo "file says of $1: $said"; echo "expected: $2"; exit 1; }
}

# bytes HEX: the bytes, on standard output.
bytes() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; }

uuid=00112233-4455-6677-8899-aabbccddeeff
# It warns of lines that it does not understand, and that the file is not compiled.
file --checking-printout --magic-file "$magic" >/dev/null 2>checked
if grep Warning checked | grep -v 'using regular magic file'; then exit 1; fi

"$vdetool" format image --size 1M --label Photos --uuid $uuid >/dev/null
shown="DWVD volume image, version 2.0, blocks of 4096 bytes, 256 blocks"
expect image "$shown, UUID ${uuid^^}, label \"Photos\""
[ "$(file --brief --mime-type --magic-file "$magic" image)" = application/x-dwvd ]
"$vdetool" format plain --size 1M --block-size 512 --uuid $uuid >/dev/null
expect plain "DWVD volume image, version 2.0, blocks of 512 bytes, 2048 blocks, UUID ${uuid^^}"

printf X | dd of=image bs=1 seek=152 conv=notrunc status=none
"$vdetool" verify image --repair >/dev/null || [ $? = 1 ]
expect image.undo "vdetool undo file, for an image of 1048576 bytes, UUID ${uuid^^}"

# The header of a preamble: version 1, block 0 of the volume at byte 8192.
{ bytes 44575644 && printf -- -BOO && bytes 0100000040000000 && bytes 6000000000000000 &&
  bytes 0020000000000000; } >preamble
expect preamble "DWVD preamble, version 1, volume at byte 8192"

{ printf DWVD && bytes 0300; } >later
expect later "data"
echo "DWVD is a format" >text
expect text "ASCII text"
