# A label that list prints is the one that create, show and delete read; an unknown escape is refused.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
for label in 'tab\there' 'C:\\new' '{}' '[a]' '\xe2\x80\xae'; do
  id=$(V snapshot create i --label "$label") || wrong "create refuses '$label'"
  printed=$(V snapshot show i "$id" | sed -n 's/^label  *//p')
  [ "$printed" = "$label" ] || wrong "'$label' is printed as '$printed'"
  V snapshot show i "$printed" | grep -q "$id" || wrong "show does not find '$printed'"
  V -q snapshot delete i "$printed" || wrong "delete does not find '$printed'"
done
V snapshot create i --label 'a\q' > /dev/null 2>&1
[ $? = 16 ] || wrong 'create takes an unknown escape'
V snapshot show i 'a\q' > /dev/null 2>&1
[ $? = 16 ] || wrong 'show takes an unknown escape'
exit 0
