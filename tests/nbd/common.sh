# What the tests of NBD servers share. To be sourced: common.sh VDETOOL makes a temporary folder the
# current one, puts vdetool on the PATH, and ends the test with 77 where it cannot run.
set -uo pipefail
export LC_ALL=C.UTF-8
export SOURCE_DATE_EPOCH=1790000000
unset XDG_RUNTIME_DIR

PATH=$(cd "$(dirname "$1")" && pwd):$PATH
folder=$(mktemp -d)
cd "$folder" || exit 77
failures=0
servers=()

end() {
  local server
  for server in "${servers[@]}"; do
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
  done
  cd / && rm -rf "$folder"
}
trap end EXIT

skip() {
  echo "skipped: $*"
  exit 77
}

# needs PROGRAM...: skips the test where one is missing.
needs() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}
needs nbdkit
case $(vdetool info 'nbd+unix:///?socket=none' 2>&1) in
  *'without libnbd'* | *'cannot load'*) skip "vdetool has no libnbd" ;;
esac

complain() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

finish() {
  echo "$failures failures"
  [ "$failures" -eq 0 ]
  exit
}

# serve NAME ARGUMENTS...: starts nbdkit with these arguments on the socket NAME; sets `uri` and
# `server`.
serve() {
  local name=$1
  shift
  rm -f "$name" "$name.pid"
  nbdkit --foreground --unix "$folder/$name" --pidfile "$folder/$name.pid" "$@" 2>"$name.err" &
  server=$!
  servers+=("$server")
  uri="nbd+unix:///?socket=$folder/$name"
  await "$name.pid"
}

# await FILE: until the server has written it.
await() {
  local tries
  for tries in $(seq 200); do
    if [ -e "$1" ]; then return; fi
    sleep 0.02
  done
  complain "the server did not start: $(cat "${1%.pid}.err")"
}

# stop SERVER: ends it.
stop() {
  kill "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# expect STATUS COMMAND...: runs it, output in `out` and errors in `err`.
expect() {
  local wanted=$1 status=0
  shift
  "$@" >out 2>err || status=$?
  if [ "$status" -ne "$wanted" ]; then
    complain "status $status, not $wanted: $*"
    cat out err
    return 1
  fi
}

# says TEXT: the last errors contain it.
says() { grep -qF -- "$1" err || complain "no '$1' in: $(cat err)"; }

# photos IMAGE: a new image with some tags, a snapshot and commits that wait in the journal.
photos() {
  local inode
  rm -f "$1"
  vdetool format "$1" --size "${2:-16M}" --uuid 9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d >/dev/null
  for inode in $(seq 2000); do
    printf '%d\tname%06d\tvalue %d\n' "$inode" "$inode" "$inode"
  done | vdetool tag import "$1" >/dev/null
  vdetool snapshot create "$1" --label monday >/dev/null
}
