# -V and --version are understood everywhere; --color without a word is refused.
source "$(dirname "$0")/../lib/case.sh"
version=$(V --version)
for command in '' format 'tag find' 'snapshot list' 'module register' explain; do
  for option in -V --version; do
    [ "$(V $command $option)" = "$version" ] || wrong "$command $option"
  done
done
V format i --size 4M -q || exit 77
for value in nan NaN -1 '' inf; do
  V --lock-wait "$value" info i > /dev/null 2>&1
  [ $? = 16 ] || wrong "--lock-wait '$value'"
done
for color in '' red; do
  V --color "$color" info i > /dev/null 2>&1
  [ $? = 16 ] || wrong "--color '$color'"
done
exit 0
