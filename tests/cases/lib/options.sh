# Sourced after case.sh: each_option FUNCTION calls it with COMMAND OPTION VALUE-NAME for every option
# of every command that the help names, and counts them in `tried`.

# The names in the first column of a help text, from the line that begins with $1 to the next empty line.
names() { awk -v title="$1" '$0 ~ "^" title { on = 1; next } /^$/ { on = 0 } on && /^  [a-z-]/ { print $1 }'; }

tried=0
each_option_of() { # FUNCTION COMMAND, and the words whose help lists the options
  local option value
  while read -r option value; do
    case $option in --help | --version | '') continue ;; esac
    $1 "$2" "$option" "$value"
    tried=$((tried + 1))
  done < <(V ${3-$2} --help | sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+) ?([A-Z][^ ]*)?( .*)?$/\2 \3/p')
}

each_option() { # FUNCTION
  local command commands verb
  commands=$(V --help | names Commands)
  [ "$(wc -w <<< "$commands")" -ge 10 ] || wrong "commands: $commands"
  each_option_of $1 info ''
  for command in $commands; do
    each_option_of $1 $command
    for verb in $(V $command --help | names Commands); do
      each_option_of $1 "$command $verb"
    done
  done
  [ $tried -ge 60 ] || wrong "only $tried options were tried"
}
