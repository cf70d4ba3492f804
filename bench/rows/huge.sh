# A sparse image of 64 TiB: time and memory must depend on the written part, not on the size.
# On tmpfs, because few file systems on disk support a file of that size.

huge=$(mktemp -u /dev/shm/vdetool-bench-XXXXXX)

# on_tmpfs: true if /dev/shm exists, is tmpfs and supports a file of that size.
on_tmpfs() {
  [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] && truncate -s 64T "$huge" 2>/dev/null
}

# with_huge FUNCTION: runs it if there is such a place; removes the file afterwards.
with_huge() {
  trap 'rm -f "$huge"' EXIT
  if on_tmpfs; then
    rm -f "$huge"
    "$1"
  else
    say "skipped: /dev/shm is not a tmpfs that supports a file of 64 TiB"
  fi
}

format_huge() {
  measure --runs "$(runs 5 3)" --remove "$huge" -- vdetool format "$huge" --size 64T
  emit format-64T "$(seconds 0)" 1 limit s less 1
}

format_huge_memory() {
  measure --runs 1 --warmup 0 --remove "$huge" -- vdetool format "$huge" --size 64T
  emit format-64T-memory "$(peak_kib 0)" 65536 limit KiB less 1
}

verify_huge() {
  vdetool format "$huge" --size 64T >&2
  measure --runs "$(runs 5 3)" -- vdetool verify "$huge"
  emit verify-64T "$(seconds 0)" 1 limit s less 1
}

row_format_64T() { with_huge format_huge; }
row_format_64T_memory() { with_huge format_huge_memory; }
row_verify_64T() { with_huge verify_huge; }
