#!/usr/bin/env bash
# basics_test.sh VDETOOL: an image on an NBD server reads and changes as the same image in a file, and
# what cannot be done is refused with a reason.
source "$(dirname "$0")/common.sh"

photos local.dwvd
cp local.dwvd remote.dwvd
serve plain file remote.dwvd
remote=$uri

# Readers.
for words in 'info' 'info --json' 'tag list' 'tag get IMAGE name000042' 'tag find IMAGE --count' \
  'tag keys' 'tag stats' 'snapshot list' 'module list' 'dump IMAGE --block 0' 'label' 'map' \
  'verify' 'verify IMAGE --scope metadata' 'verify IMAGE --json' 'rescue IMAGE --list' 'log'; do
  case $words in *IMAGE*) ;; *) words="$words IMAGE" ;; esac
  vdetool ${words//IMAGE/local.dwvd} >expected 2>expected.err
  status=$?
  expect "$status" vdetool ${words//IMAGE/$remote}
  sed "s|$remote|local.dwvd|g" out >shown
  cmp -s expected shown || complain "vdetool $words: $(diff expected shown | head -5)"
done

# A copy, and tags compared across the link.
expect 0 vdetool copy "$remote" copy.dwvd
cmp local.dwvd copy.dwvd || complain "the copy differs"
expect 0 vdetool tag diff "$remote" local.dwvd
expect 0 vdetool verify local.dwvd "$remote" --jobs 2

# An export has no locks, so only a sole writer may change it.
expect 8 vdetool tag set "$remote" 1 key=value
says "an NBD export has no locks"
says "--sole-writer"
expect 8 vdetool verify "$remote" --repair
says "--sole-writer"
cmp local.dwvd remote.dwvd || complain "a refused change left a trace"
for image in "$remote" local.dwvd; do
  expect 0 vdetool tag set "$image" 1 key=value --sole-writer
  expect 0 vdetool label "$image" 'a label' --sole-writer
  expect 0 vdetool tag remove "$image" 7 --all --sole-writer
  expect 0 vdetool snapshot create "$image" --label tuesday --id 5f0c2c7e-96a4-4d2e-8f5e-0b4f6f3a2b11 \
    --sole-writer
done
cmp local.dwvd remote.dwvd || complain "the changes differ"
expect 0 vdetool verify remote.dwvd

# What needs a file.
expect 8 vdetool format "$remote" --size 16M --force
says "an image cannot be created on an NBD server"
expect 8 vdetool resize "$remote" --size 32M --sole-writer
says "a volume cannot be resized on an NBD server"
expect 8 vdetool copy local.dwvd "$remote" --force --sole-writer
says "a copy cannot be made on an NBD server"

# A repair needs a place for its undo file, as on a device.
printf X | dd of=remote.dwvd bs=1 seek=152 conv=notrunc status=none
expect 4 vdetool verify "$remote"
expect 20 vdetool verify "$remote" --repair --sole-writer
says "use --undo FILE or --no-undo"
cp remote.dwvd damaged.dwvd
expect 1 vdetool verify "$remote" --repair --sole-writer --undo remote.undo
# The output names the command that reverts it, which works as it is.
revert=$(sed -n 's/.*: to revert: //p' out)
[ "$revert" = "vdetool undo $remote remote.undo --sole-writer" ] || complain "to revert: '$revert'"
expect 0 vdetool verify remote.dwvd
expect 0 $revert --no-undo
cmp damaged.dwvd remote.dwvd || complain "the undo did not restore the image"

# Errors in the server's words, and names without users.
expect 8 vdetool info "nbd+unix:///?socket=$folder/nobody"
says "cannot connect to the NBD server: connect: No such file or directory"
serve eval eval open='echo "EPERM no such bucket" >&2; exit 1' get_size='echo 1M' pread='exit 1'
expect 8 vdetool info "$uri"
says "cannot connect to the NBD server"
expect 8 vdetool info "nbd://alice:secret@127.0.0.1:1/x"
says "nbd://127.0.0.1:1/x: cannot connect"
if grep -q secret err; then complain "the message has the password"; fi
expect 8 vdetool info "nbd://alice:secret@127.0.0.1:1/x" --json
if grep -q 'secret\|alice' err; then complain "the JSON has the user"; fi
expect 8 vdetool info nbd:localhost:10809
says "cannot connect to the NBD server"

# One of two users of an export must not pass for the other.
expect 16 vdetool tag diff "nbd://alice:secret@127.0.0.1:1/x" "nbd://127.0.0.1:1/x"
says "names an NBD export that another argument names for another user"

# A file with such a name is a file.
cp local.dwvd nbd:file
expect 0 vdetool info ./nbd:file

# A server without block status, one with large blocks, one that takes little at a time.
serve noextents --filter=noextents file local.dwvd
expect 0 vdetool verify "$uri"
serve large --filter=blocksize-policy file local.dwvd blocksize-minimum=64K blocksize-preferred=64K \
  blocksize-maximum=64K blocksize-error-policy=error
expect 0 vdetool verify "$uri"
expect 8 vdetool tag set "$uri" 1 key=value --sole-writer
says "the NBD server writes blocks of 65536 bytes"
for block in 512 1024 4096; do
  vdetool format small.dwvd --force --size 2M --block-size 512 >/dev/null
  cp small.dwvd expected.dwvd
  serve "blocks$block" --filter=blocksize-policy file small.dwvd blocksize-minimum=$block \
    blocksize-preferred=4096 blocksize-maximum=8192 blocksize-error-policy=error
  for inode in 1 2 3; do
    expect 0 vdetool tag set "$uri" $inode key=value --sole-writer
    expect 0 vdetool tag set expected.dwvd $inode key=value
  done
  expect 0 vdetool verify "$uri"
  cmp small.dwvd expected.dwvd || complain "changes in blocks of $block bytes differ"
done

# Writes must become durable.
serve readonly -r file local.dwvd
expect 8 vdetool tag set "$uri" 1 key=value --sole-writer
says "the NBD export is read-only"
serve forgetful eval get_size="stat -c %s '$folder/local.dwvd'" \
  pread="dd if='$folder/local.dwvd' skip=\$4 count=\$3 iflag=count_bytes,skip_bytes status=none" \
  pwrite="dd of='$folder/local.dwvd' seek=\$4 oflag=seek_bytes conv=notrunc status=none"
expect 0 vdetool info "$uri"
expect 8 vdetool tag set "$uri" 1 key=value --sole-writer
says "the NBD server has neither flush nor FUA"
finish
