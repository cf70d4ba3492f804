# An empty file name is refused, with or without `=`: `--plan "$unset"` must not repair the image.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
check() { # OPTION ARGUMENT...
  error=$(V verify i --repair "${@:2}" 2>&1 > /dev/null)
  [ $? = 16 ] || wrong "${*:2}: not refused: $error"
  [ "$error" = "vdetool: $1 needs a file name" ] || wrong "${*:2}: $error"
}
for option in --plan --apply --undo --from; do
  check $option "$option="
  check $option $option ''
done
exit 0
