# `--option=` never takes the next argument as its value, in any option of any command; a flag takes none.
source "$(dirname "$0")/../lib/case.sh"
source "$cases/lib/options.sh"

try_option() { # COMMAND OPTION VALUE-NAME
  local error
  error=$(V $1 "$2=" --no-such-option 2>&1 > /dev/null)
  [ $? = 16 ] || wrong "$1 $2=: $error"
  if [ -z "$3" ]; then
    [[ $error == "vdetool: $2 takes no value"* ]] || wrong "$1 $2=: $error"
  elif [[ $error == "vdetool: $2 must be "* ]]; then
    for word in auto always text json tsv metadata error preview1; do
      error=$(V $1 "$2=" $word 2>&1 > /dev/null)
      [[ $error == "vdetool: $2 must be "* ]] || wrong "$1 $2= $word: $error"
    done
  elif [[ $error == "vdetool: $2"* ]]; then
    [[ $error != *no-such-option* ]] || wrong "$1 $2=: $error"
  else
    [[ $error == *"unknown option '--no-such-option'"* ]] || wrong "$1 $2=: $error"
  fi
}
each_option try_option
exit 0
