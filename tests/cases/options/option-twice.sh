# An option that takes a value takes one: given twice it is refused, by name. --from, --keep-label and
# --key-file may repeat.
source "$(dirname "$0")/../lib/case.sh"
source "$cases/lib/options.sh"

try_twice() { # COMMAND OPTION VALUE-NAME
  local value error
  [ -n "$3" ] && [ $2 != --from ] && [ $2 != --keep-label ] && [ $2 != --key-file ] || return 0
  for value in 1 auto metadata error json tsv preview1 ALOG; do
    error=$(V $1 i i i $2 $value $2 $value 2>&1 > /dev/null < /dev/null)
    [ $? = 16 ] || wrong "$1 $2 $value twice: $error"
    [[ $error == "vdetool: $2 is given more than once;"* ]] && return
  done
  wrong "$1 $2: $error"
}
each_option try_twice
exit 0
