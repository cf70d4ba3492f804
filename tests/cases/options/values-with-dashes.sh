# After `=`, and after the option itself, a value may begin with a dash.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q --label=--size || wrong "format"
[ "$(V label i)" = --size ] || wrong "$(V label i)"
V tag set i -7 -- -k=-v --k=--v || wrong "tag set"
[ "$(V tag find i --prefix=-k)" = $'-7\t-k\t-v' ] || wrong "--prefix=-k"
[ "$(V tag find i --value=--v)" = $'-7\t--k\t--v' ] || wrong "--value=--v"
[ "$(V tag find i --inode -7 --count)" = 2 ] || wrong "--inode -7"
[ "$(V tag find i --from=--k --to=-k --count)" = 2 ] || wrong "--from, --to"
V snapshot create i --label=--base -q > /dev/null && V snapshot show i -- --base > /dev/null || wrong "snapshot"
V snapshot show i -- --base | grep -q '^flags  *none' || wrong "$(V snapshot show i -- --base)"
exit 0
