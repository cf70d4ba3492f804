#!/usr/bin/env bash
# man_complete.sh VDETOOL PAGE: compares `--help` with the manual page. Each command has a part of the
# SYNOPSIS with exactly its options; each option is described below.
source "$(dirname "$0")/common.sh"
page=$2

# Reading the page: the part of the SYNOPSIS for a command, and the options described anywhere.
synopsis_of() {
  awk -v command=".Cm $*" '
    /^\.Sh/ { inside = $2 == "SYNOPSIS" }
    inside && /^\.Nm/ { ours = 0 }
    inside && $0 == command { ours = 1 }
    inside && ours' "$page"
}
described=$(described_in "$page")

check_described() {
  local option
  for option in $1; do
    grep -qxF -- "$option" <<<"$described" || complain "not described: --$option of '$2'"
  done
}

check_command() {
  local ours theirs verb verbs
  verbs=$(commands_of "$@")
  for verb in $verbs; do check_command "$@" "$verb"; done
  if [ -n "$verbs" ]; then return; fi
  if [ -z "$(synopsis_of "$@")" ]; then
    complain "not in the SYNOPSIS: $*"
    return
  fi
  ours=$(options_of "$@" | grep -vx help) || true
  theirs=$(synopsis_of "$@" | option_names) || true
  if [ "$ours" != "$theirs" ]; then
    complain "$*: --help and SYNOPSIS differ:" $(diff <(echo "$ours") <(echo "$theirs") | grep '^[<>]')
  fi
  check_described "$ours" "$*"
}

check_described "$(options_of)" vdetool
commands=$(commands_of)
[ -n "$commands" ] || complain "--help names no commands"
for command in $commands; do check_command "$command"; done
exit $status
