# What the tests of examples share. To be sourced: common.sh VDETOOL makes a temporary folder the
# current one and puts vdetool on the PATH.
set -euo pipefail
export LC_ALL=C.UTF-8
unset SOURCE_DATE_EPOCH

PATH=$(cd "$(dirname "$1")" && pwd):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failures=0

complain() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# try STATUSES COMMAND: runs a line of shell as a user would, and expects one of these statuses and
# no error message.
try() {
  local statuses=$1 command=$2 status=0
  bash -c "$command" >out 2>err || status=$?
  if [[ " $statuses " != *" $status "* ]]; then
    complain "status $status: $command"
    cat out err
  elif grep -q '^vdetool: ' err; then
    complain "an error, but status $status: $command"
    cat err
  fi
}

finish() {
  echo "$1 examples, $failures failures"
  # A test that finds no examples tests nothing.
  [ "$1" -gt 0 ] && [ "$failures" -eq 0 ]
}

# logical_lines: joins the lines of commands that go on after a backslash or a pipe sign.
logical_lines() {
  awk '{ line = line $0 }
       /\\$/ { sub(/\\$/, "", line); next }
       /\|$/ { next }
       { print line; line = "" }'
}

# damage IMAGE: changes the label of the primary superblock, whose checksum is then wrong.
damage() { printf X | dd of="$1" bs=1 seek=152 conv=notrunc status=none; }
