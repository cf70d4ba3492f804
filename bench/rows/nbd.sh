# An image on an NBD server, over a Unix socket. The server is nbdkit, as another user would run it.

# with_server NAME ARGUMENTS... -- COMMAND...: runs the command while nbdkit serves with these arguments;
# the URI is in $uri.
with_server() {
  local socket=$work/$1.socket pid=$work/$1.pid arguments=() status=0
  shift
  while [ "$1" != -- ]; do arguments+=("$1") && shift; done
  shift
  rm -f "$socket" "$pid"
  nbdkit --unix "$socket" --pidfile "$pid" "${arguments[@]}"
  uri="nbd+unix:///?socket=$socket"
  "$@" || status=$?
  kill "$(cat "$pid")"
  return $status
}

# against_nbdcopy NAME RUNS GOAL NBDCOPY-OPTIONS...: the speed of verify compared to a program that only
# receives the same bytes. The server is started by the caller.
against_nbdcopy() {
  local bytes
  bytes=$(stat -c %s "$image")
  measure --runs "$2" --warmup 1 -- vdetool verify "$uri" -- nbdcopy "${@:4}" "$uri" null:
  emit "$1" "$(calculate "$bytes / 1e9 / $(seconds 0)")" \
    "$(calculate "$bytes / 1e9 / $(seconds 1)")" nbdcopy GB/s more "$3"
}

row_verify_nbd() {
  local image
  image=$(full_image)
  with_server verify-nbd file "$image" -- against_nbdcopy verify-nbd "$(runs 9 5)" 0.8
}

# With 20 ms of delay for each request, compared to one request at a time, each of 256 KiB.
row_verify_nbd_delay() {
  local image=$work/delayed.dwvd
  if [ ! -e "$image" ]; then
    vdetool format "$image.new" --size "$(runs 256M 64M)" >&2
    bench_fill_image "$image.new"
    mv "$image.new" "$image"
  fi
  with_server verify-delay --filter=delay file "$image" rdelay=20ms -- \
    against_nbdcopy verify-nbd-delay "$(runs 3 1)" 8 --connections=1 --requests=1
}

# reads_in_sequence LOG: how many READ requests a client waited for one after the other, from the log of
# nbdkit's log filter: one counts if it was sent after all earlier ones were answered.
reads_in_sequence() {
  awk '/ Read id=/ { if (!waiting) count++; waiting++ }
       / \.\.\.Read id=/ { waiting-- }
       END { print count + 0 }' "$1"
}

# One key of ten million tags over the same link. Ours: the requests in sequence, handshake not counted;
# the limit is 4 for opening the image, the depth of the tree, and 2.
row_get_nbd_delay() {
  local image depth log=$work/get.log
  image=$(tag_files "$(runs 10000000 1000000)")/image.dwvd
  depth=$(vdetool tag stats "$image" --json | sed 's/.*"depth":\([0-9]*\).*/\1/')
  get() { vdetool tag get "$uri" 'category\0sub00500\0name00500123' >&2; }
  with_server get-delay --filter=log --filter=delay file "$image" logfile="$log" rdelay=20ms -- get
  emit get-nbd-delay "$(reads_in_sequence "$log")" "$((4 + depth + 2))" limit reads less 1
}
