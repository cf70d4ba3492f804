# Verifying: speed and memory on an image with every block written.

# full_image: creates the image once and prints its path.
full_image() {
  local image=$work/full.dwvd
  if [ ! -e "$image" ]; then
    say "creating an image with every block written"
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

# tags_to_verify: creates an image with ten million tags and a table with the same rows; prints the folder.
tags_to_verify() {
  local folder=$work/verify-tags count
  count=$(runs 10000000 1000000)
  if [ ! -e "$folder" ]; then
    say "loading $count tags, and as many rows"
    mkdir "$folder.new"
    bench_tags prepare "$folder.new" "$count" 1
    rm "$folder.new"/peer.lmdb*
    bench_tags prepare-sqlite "$folder.new" "$count" 1
    mv "$folder.new" "$folder"
  fi
  echo "$folder"
}

# A full verification, compared to the integrity check of SQLite.
row_verify_tags() {
  local folder
  folder=$(tags_to_verify)
  measure --runs "$(runs 5 3)" -- vdetool verify "$folder/image.dwvd" -- \
    bench_tags check-sqlite "$folder" 1000 1
  emit verify-tags "$(seconds 0)" "$(seconds 1)" integrity s less 5
}

row_verify_jobs() {
  local folder
  folder=$(tags_to_verify)
  measure --runs "$(runs 5 3)" -- vdetool verify --jobs 2 "$folder/image.dwvd" -- \
    vdetool verify --jobs 1 "$folder/image.dwvd"
  emit verify-jobs "$(seconds 0)" "$(seconds 1)" one-job s less 1.7
}
