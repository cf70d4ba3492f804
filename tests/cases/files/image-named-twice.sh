# The image is recognised where another file is meant, whatever the path looks like.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null && V tag set i 1 k=v && ln i j && ln -s i l || exit 77
before=$(sha256sum < i)
check() {
  "$@" > out 2> err
  status=$?
  [ $status = 16 ] || wrong "$*: status $status: $(cat err)"
  grep -q 'the image itself' err || wrong "$*: $(cat err)"
  [ "$(sha256sum < i)" = "$before" ] || wrong "$*: the image was changed"
}
for name in i ./i j l; do
  check V undo i $name
  check V undo i out --undo $name
  check V tag import i $name
  check V tag export i $name
  check V module register i $name
done
from_input() { V tag import i < i; }
check from_input
V tag list i >> i 2> err
[ $? = 16 ] && [ "$(sha256sum < i)" = "$before" ] || wrong "the list was appended to the image"
