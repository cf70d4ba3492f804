#!/usr/bin/env bash
# completion_test.sh VDETOOL SHELL: what the shell offers with the script of `vdetool completion`,
# compared with --help and with what the program accepts.
set -euo pipefail
export LC_ALL=C.UTF-8
vdetool=$(realpath "$1") shell=$2
here=$(realpath "$(dirname "$0")")
command -v "$shell" >/dev/null || exit 77
status=0

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder XDG_CONFIG_HOME=$folder/config XDG_DATA_HOME=$folder/data
mkdir "$folder/work"
cd "$folder/work"
touch 'file one.dwvd'
"$vdetool" completion "$shell" >"$folder/script"

complain() {
  echo "$*"
  status=1
}

# Reading --help.
commands_of() { "$vdetool" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'; }
options_of() {
  "$vdetool" "$@" --help | sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z-]+).*/\1 \2/p' | tr ', ' '\n\n' | sed '/^$/d'
}
globals=$(options_of)

# What to ask, and the answers: the words in any order. $2: exactly these, or at least these.
lines=() kinds=() answers=()
expect() {
  lines+=("$1") kinds+=("$2") answers+=("$(sort -u <<<"$3")")
}

expect_command() {
  local verbs verb
  verbs=$(commands_of "$@")
  expect "vdetool $* -" exactly "$(options_of "$@")"$'\n'"$globals"
  if [ -n "$verbs" ]; then
    expect "vdetool $* " exactly "$verbs"
    expect "vdetool help $* " exactly "$verbs"
    for verb in $verbs; do expect_command "$@" "$verb"; done
  fi
}

# The words that the program names when it refuses another one.
expect_words() {
  local words
  words=$("$vdetool" "$@" nonsense 2>&1 | sed -n 's/.* must be \(.*\);.*/\1/p' | sed 's/, \| or /\n/g') || true
  [ -n "$words" ] || complain "no words for: $*"
  expect "vdetool $* " exactly "$words"
  # The same as one word, after "=".
  expect "vdetool $*=" exactly "$words"
}

commands=$(commands_of)
expect 'vdetool ' exactly "$commands"$'\nhelp'
expect 'vdetool -' exactly "$globals"
expect 'vdetool help ' exactly "$commands"
for command in $commands; do expect_command "$command"; done
expect 'vdetool sna' exactly snapshot
# Options before the command, and their values.
expect 'vdetool --lock-wait 3 --json tag ' exactly "$(commands_of tag)"
expect 'vdetool --color=never tag ' exactly "$(commands_of tag)"
# An option that was given need not be offered again.
expect 'vdetool verify --jobs 2 -' some "$(options_of verify | grep -vx -e --jobs)"$'\n'"$globals"
expect 'vdetool verify tag -' exactly "$(options_of verify)"$'\n'"$globals"
for option in format scope fail-on min-severity color; do expect_words verify a "--$option"; done
expect_words tag import a --input-format
expect_words module register a b --abi
expect 'vdetool verify --min-severity w' exactly warning
expect 'vdetool explain ' exactly "$("$vdetool" explain | cut -d ' ' -f 1)"
expect 'vdetool completion ' exactly $'bash\nfish\nzsh'
expect 'vdetool dump a --region ' some $'TAGI\nSNAP\nCODE\nDATA'
expect 'vdetool format a --profile ' exactly $'analytics\nedge-iot\nenterprise\nmax-security\nminimal\nstandard'
# Files, also where an option names one.
for words in verify 'verify --plan' 'verify --baseline' 'tag import' 'undo a' 'verify --'; do
  expect "vdetool $words fi" exactly 'file one.dwvd'
done

printf '%s\n' "${lines[@]}" >"$folder/lines"
"$shell" "$here/ask.$shell" "$folder/script" "$folder/lines" >"$folder/answers" 2>"$folder/errors" </dev/null ||
  complain "$shell failed"
[ ! -s "$folder/errors" ] || complain "$(cat "$folder/errors")"

# The answers: for each line "? LINE", then the words.
for index in "${!lines[@]}"; do
  line=${lines[index]}
  got=$(awk -v line="? $line" 'substr($0, 1, 2) == "? " { ours = $0 == line; next } ours' \
    "$folder/answers" | sort -u)
  if [ "${kinds[index]}" = exactly ]; then
    different=$(diff <(echo "${answers[index]}") <(echo "$got") | grep '^[<>]') || true
  else
    different=$(comm -23 <(echo "${answers[index]}") <(echo "$got"))
  fi
  [ -z "$different" ] || complain "'$line':" $different
done

# Texts with quotes and backslashes arrive as they are.
if [ "$shell" = fish ]; then
  described=$(fish -c 'source $argv[1]; complete -C "vdetool log --act"' "$folder/script")
  [ "$described" = $'--actor\tonly entries whose actor\'s id starts with TEXT' ] ||
    complain "the description is $described"
fi
"$vdetool" completion tcsh >/dev/null 2>&1 && complain 'there is no script for tcsh'
echo "${#lines[@]} lines"
exit $status
