# ask.zsh SCRIPT LINES: what zsh offers at the end of each line. Completion works only in a shell
# with a terminal, so one is started for it.
zmodload zsh/zpty
script=$1 lines=$2
answers=$(mktemp)
setup=$(mktemp)
cat >$setup <<END
PS1= PS2= RPS1=
autoload -Uz compinit
compinit -u -D
source ${(q)script}
zstyle ':completion:*' list-prompt ''
LISTMAX=10000

# Notes the matches that would be added.
compadd() {
  # A match that is only looked up is not offered.
  if [[ \${@[1,(i)(-|--)]} == *'-'[OAD]' '* ]]; then
    builtin compadd "\$@"
    return
  fi
  local -a matches
  builtin compadd -O matches "\$@"
  print -rl -- \${(Q)matches} >>${(q)answers}
  builtin compadd "\$@"
}
zle -C note-matches list-choices note-matches
note-matches() { _main_complete }
ask-all() {
  local line
  while IFS= read -r line; do
    print -r -- "? \$line" >>${(q)answers}
    BUFFER=\$line CURSOR=\${#line}
    zle note-matches
  done <${(q)lines}
  print '? end' >>${(q)answers}
  BUFFER=
}
zle -N ask-all
bindkey '^X' ask-all
END
zpty -b shell "stty columns 200 rows 5000 2>/dev/null; exec zsh -f -i"
zpty -w shell "source ${(q)setup}"
sleep 0.5
zpty -w -n shell $'\C-X'
for ((tries = 0; tries < 600; ++tries)); do
  zpty -r -t shell ignored >/dev/null 2>&1
  [[ $(tail -n 1 $answers) == '? end' ]] && break
  sleep 0.1
done
zpty -d shell
# An empty line stands for no match.
grep -v '^$' $answers
[[ $(tail -n 1 $answers) == '? end' ]] || print -u2 'no answer'
rm -f $answers $setup
exit 0
