# Verifying: speed and memory on an image of which every block is written.

# full_image: makes the image once and names it.
full_image() {
  local image=$work/full.dwvd
  if [ ! -e "$image" ]; then
    say "making an image with every block written"
    vdetool format "$image.new" --size "$(runs 1G 256M)" >&2
    bench_fill_image "$image.new"
    vdetool verify "$image.new" >&2
    mv "$image.new" "$image"
  fi
  echo "$image"
}

# The goal: 90 % of the speed of a program that only reads and hashes.
row_verify_full() {
  local image bytes
  image=$(full_image)
  bytes=$(stat -c %s "$image")
  measure --runs "$(runs 9 5)" -- vdetool verify "$image" -- bench_plain_hash "$image"
  emit verify-full "$(calculate "$bytes / 1e9 / $(seconds 0)")" \
    "$(calculate "$bytes / 1e9 / $(seconds 1)")" plain-hash GB/s more 0.9
}

row_verify_memory() {
  local image
  image=$(full_image)
  measure --runs 3 --warmup 0 -- vdetool verify "$image"
  emit verify-memory "$(peak_kib 0)" 65536 limit KiB less 1
}
