# A command that made its change and then cannot print says that the change was made.
source "$(dirname "$0")/../lib/case.sh"
[ -e /dev/full ] && V format i --size 1M > /dev/null || exit 77
check() {
  V "$@" > /dev/full 2> err
  status=$?
  [ $status = 8 ] || wrong "$*: status $status"
  grep -q "the change of 'i' was made" err || wrong "$*: $(cat err)"
}
check snapshot create i --label nightly
[ "$(V snapshot list i | wc -l)" = 1 ] || wrong "there is no snapshot"
check --json tag set i 1 k=v
check --json label i new
check resize i --size 2M
check format i --size 2M --force
V tag list i > /dev/full 2> err
grep -q 'was made' err && wrong "a list claims a change: $(cat err)"
exit 0
