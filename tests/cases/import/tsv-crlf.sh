# CRLF line ends put no carriage return into the values.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf '1\tcolour\tred\r\n2\tcolour\tblue\r\n' > t.tsv
V tag import i t.tsv >/dev/null 2>err; rc=$?
[ $rc != 0 ] && exit 0
[ "$(V --json tag find i --value red --count 2>/dev/null | sed 's/.*"count":\([0-9]*\).*/\1/')" = 1 ] || wrong "status $rc, and the value is: $(V tag list i | head -1)"
