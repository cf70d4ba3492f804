# ask.bash SCRIPT LINES: what bash offers at the end of each line.
loader=/usr/share/bash-completion/bash_completion
if [[ -e $loader ]]; then
  # The script is found where the manual page says.
  source "$loader"
  mkdir -p "$XDG_DATA_HOME/bash-completion/completions"
  cp "$1" "$XDG_DATA_HOME/bash-completion/completions/vdetool"
  _completion_loader vdetool
else
  source "$1"
fi
[[ $(complete -p vdetool) == *'-o default'* ]] || echo 'files are not completed' >&2

ask() {
  local line=$1 word
  # Words are split as readline splits them: at blanks, and "=" is a word.
  read -r -a COMP_WORDS <<<"${line//=/ = }"
  [[ $line == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#line}
  word=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  _vdetool vdetool "$word"
  # -o default: without an answer, bash completes files.
  if ((${#COMPREPLY[@]} == 0)); then
    compgen -f -- "$word"
  else
    printf '%s\n' "${COMPREPLY[@]}"
  fi
}

while IFS= read -r line; do
  echo "? $line"
  ask "$line"
done <"$2"
exit 0
