# In JSONL, numbers and booleans count as their text; other things are refused.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
printf '\357\273\277{"inode":1,"key":"a","value":1.50}\r\n\r\n{"inode":1,"key":7,"value":true}\r\n' > t
V -q tag import i t --input-format jsonl || wrong "status $?"
[ "$(V tag list i)" = "$(printf '1\t7\ttrue\n1\ta\t1.50')" ] || wrong "$(V tag list i)"
for value in null '[]' '{}' 01 .5 nan tru '"\ud800"' '"'; do
  printf '{"inode":2,"key":"b","value":%s}\n' "$value" > t
  V tag import i t --input-format jsonl 2> err
  [ $? = 8 ] || wrong "$value: $(cat err; V tag list i)"
done
exit 0
