# `--value=` finds the tags with an empty value, `--to=` nothing after the empty key, `--inode=` is refused.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 k=v empty || exit 77
[ "$(V tag find i --value=)" = "$(printf '1\tempty\t')" ] || wrong "--value= finds $(V tag find i --value=)"
V tag find i --to= > /dev/null 2>&1
[ $? = 1 ] || wrong "--to= finds a key"
for option in --inode --limit; do
  V tag find i $option= > /dev/null 2>&1
  [ $? = 16 ] || wrong "$option= is taken for absent"
done
[ "$(V tag find i --value '{}' --count)" = 0 ] || wrong "the value {} is taken for an empty one"
exit 0
