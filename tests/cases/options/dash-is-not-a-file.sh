# "-" is standard input or output: what can be neither is refused, and no file of this name appears.
source "$(dirname "$0")/../lib/case.sh"
V -q format i --size 1M && cp i damaged && cp i copy || exit 77
printf x | dd of=damaged bs=1 seek=$((5 * 4096 + 100)) conv=notrunc status=none
V -q verify damaged --repair --undo u > out
[ $? = 1 ] && [ -s u ] && cp damaged repaired || exit 77

# refused COMMAND...: with 16, or 8 where the image itself is meant; nothing is made or changed.
refused() {
  V "$@" > out 2> err < /dev/null
  case $? in 8 | 16) ;; *) wrong "$*: $(cat err)" ;; esac
  [ ! -e ./- ] || wrong "$*: it made a file '-'"
}
refused format - --size 1M
grep -q "'./-'" err || wrong "no way to name such a file: $(cat err)"
refused format - --size 1M --dry-run
refused format - --size 1M --force
printf x | dd of=damaged bs=1 seek=$((5 * 4096 + 100)) conv=notrunc status=none
refused verify damaged --repair --undo -
refused undo repaired u --undo -
cmp -s repaired damaged && wrong "it was repaired without an undo file"
refused undo repaired -
refused label - x
refused resize - --size 2M
refused tag set - 1 key
refused snapshot create -
refused module list -
refused dump -
refused info -
V -q format ./- --size 1M && [ -s ./- ] || wrong "'./-' is not a file name"
cmp -s i copy || wrong "another image was changed"
