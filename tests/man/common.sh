# What the tests of the manual pages share. To be sourced: common.sh VDETOOL. They end with `exit $status`.
set -euo pipefail
export LC_ALL=C
vdetool=$1
status=0

complain() {
  echo "$*"
  status=1
}

# Reading --help. Options begin their line, with a short form before them or not.
options_of() { "$vdetool" "$@" --help | sed -nE 's/^ +(-[a-zA-Z], )?--([a-z-]+).*/\2/p' | sort -u; }
commands_of() { "$vdetool" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'; }

# Reading names of options from lines of a page, and those that the page PAGE describes.
option_names() { grep -oE 'Fl Fl [a-z-]+' | cut -d' ' -f3 | sort -u; }
described_in() { sed '1,/^\.Sh DESCRIPTION/d' "$1" | grep '^\.It ' | option_names; }
