# An empty argument where a file is named is refused; an unset variable must not read standard input.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
check() { # ARGUMENT...
  V "$@" > out 2> err < /dev/null
  [ $? = 16 ] || wrong "$*: $(cat err)"
  grep -qE '^vdetool: (IMAGE|FILE) must be a file name; ' err || wrong "$*: $(cat err)"
}
for words in info dump verify label 'tag list' 'tag stats' 'snapshot list' 'module list'; do check $words ''; done
check tag import i ''
check tag export i ''
check module register i ''
check undo i ''
check undo '' i
check format '' --size 4M
check resize '' --size 4M
V explain '' 2> err
[ $? = 1 ] || wrong "explain '': $(cat err)"
exit 0
