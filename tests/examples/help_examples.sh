#!/usr/bin/env bash
# help_examples.sh VDETOOL: runs both examples of every command's --help, each with the same files.
samples=$(realpath "$(dirname "$0")/../vectors2")
source "$(dirname "$0")/common.sh"

module() { printf '\0asm\1\0\0\0'; }
# exporting NAME: a module whose one function, NAME, does nothing.
exporting() {
  module
  printf '\1\4\1\x60\0\0\3\2\1\0\7'
  printf "\\x$(printf %02x $((${#1} + 4)))\\1\\x$(printf %02x ${#1})%s\\0\\0" "$1"
  printf '\12\4\1\2\0\13'
}

mkdir files
(
  cd files
  vdetool format photos.dwvd --size 64M
  vdetool format copy.dwvd --size 64M
  vdetool tag set photos.dwvd 42 'category\0photo' year=1998
  vdetool tag set photos.dwvd 43 title=Pier 'category\0photo'
  vdetool tag set photos.dwvd 44 geo=54.6
  printf '44\tyear\t2001\n' >tags.tsv
  exporting _start >thumbnail.wasm
  exporting main >filter.wasm
  module | vdetool module register photos.dwvd - --force
  { module && printf '\0\2\1x'; } | vdetool module register photos.dwvd - --force
  vdetool snapshot create photos.dwvd --label sunday --id 4a1b0c52-1d3e-4f60-8a7b-9c0d1e2f3a4b
  vdetool snapshot delete photos.dwvd sunday
  vdetool snapshot create photos.dwvd --label monday
  vdetool snapshot create photos.dwvd --label tuesday --parent monday
  cp --sparse=always photos.dwvd yesterday.dwvd
  gunzip -c "$samples/cmvt-audit.dwvd.gz" >vault.dwvd
  vdetool format damaged.dwvd --size 1M
  damage damaged.dwvd
  vdetool format repaired.dwvd --size 1M
  damage repaired.dwvd
  vdetool verify repaired.dwvd --repair || [ $? -eq 1 ]
) >/dev/null 2>&1 || complain "the files for the examples could not be made"

commands_of() { vdetool "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }
examples_of() { vdetool "$@" --help | sed -n '/^Examples:/,/^$/s/^  //p'; }

count=0
run_examples() {
  local line of_command=0
  while read -r line; do
    of_command=$((of_command + 1))
    rm -rf run && cp -r --sparse=always files run
    if [[ $line == 'vdetool format'* ]]; then rm -f run/photos.dwvd; fi
    try 0 "cd run && $line"
  done < <(examples_of "$@")
  [ $of_command -eq 2 ] || complain "$of_command examples: $*"
  count=$((count + of_command))
}

run_examples
for command in $(commands_of); do
  run_examples "$command"
  for verb in $(commands_of "$command"); do run_examples "$command" "$verb"; done
done
finish $count
