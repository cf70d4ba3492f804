# --json as the value of an option or after -- is text.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 -- --json || wrong "tag set"
[ "$(V tag find i --prefix --json)" = $'1\t--json\t' ] || wrong "$(V tag find i --prefix --json)"
V label i -- --json > out && [ ! -s out ] || wrong "$(cat out)"
[ "$(V label i)" = --json ] || wrong "$(V label i)"
V label nothing -- --json 2> err
[ "$(cat err)" = 'vdetool: nothing: cannot open: No such file or directory' ] || wrong "$(cat err)"
exit 0
