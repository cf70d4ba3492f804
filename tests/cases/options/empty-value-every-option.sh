# `--option=` never takes the next argument as its value, in any option of any command; a flag takes none.
source "$(dirname "$0")/../lib/case.sh"

# The names in the first column of a help text, from the line that begins with $1 to the next empty line.
names() { awk -v title="$1" '$0 ~ "^" title { on = 1; next } /^$/ { on = 0 } on && /^  [a-z-]/ { print $1 }'; }
commands=$(V --help | names Commands)
[ "$(wc -w <<< "$commands")" -ge 10 ] || wrong "commands: $commands"

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
  tried=$((tried + 1))
}

tried=0
try_options() { # COMMAND, and the words whose help lists the options
  while read -r option value; do
    case $option in --help | --version | '') ;; *) try_option "$1" "$option" "$value" ;; esac
  done < <(V ${2-$1} --help | sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+) ?([A-Z][^ ]*)?( .*)?$/\2 \3/p')
}
try_options info ''
for command in $commands; do
  try_options $command
  for verb in $(V $command --help | names Commands); do
    try_options "$command $verb"
  done
done
[ $tried -ge 60 ] || wrong "only $tried options were tried"
exit 0
