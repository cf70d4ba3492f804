# An empty UUID, profile, list or size is refused, not replaced by the default.
source "$(dirname "$0")/../lib/case.sh"
for option in --uuid --profile --modules --journal-size --block-size --size; do
  V format i --size 4M $option= > /dev/null 2> err
  [ $? = 16 ] || wrong "format $option=: $(cat err)"
  [ -e i ] && wrong "format $option= makes an image"
done
exit 0
