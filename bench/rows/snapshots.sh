# Snapshots: one of many is shown by a process of its own.

# snapshot_image: makes an image of 100,000 snapshots once and names it.
snapshot_image() {
  local image=$work/snapshots.dwvd
  if [ ! -e "$image" ]; then
    say "making an image of 100000 snapshots"
    vdetool format "$image.new" --size 64M >&2
    bench_fill_snapshots "$image.new" 100000
    mv "$image.new" "$image"
  fi
  echo "$image"
}

# The goal: within 20 ms of a program that does nothing.
row_snapshot_show() {
  local image id
  image=$(snapshot_image)
  id=$(vdetool snapshot show "$image" snapshot-99999 | awk '/^id/ { print $2 }')
  measure --runs "$(runs 101 31)" --warmup 3 -- vdetool snapshot show "$image" "$id" -- bench_empty
  emit snapshot-show "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000 + 20")" empty+20 ms less 1
}

# One more, durably: beside the same on an image that has none.
row_snapshot_create() {
  local image few=$work/few-snapshots.dwvd
  image=$(snapshot_image)
  vdetool format "$few" --size 64M >&2
  measure --runs "$(runs 31 11)" -- vdetool snapshot create "$image" -- \
    vdetool snapshot create "$few"
  emit snapshot-create "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000")" among-few ms less 0.8
}
