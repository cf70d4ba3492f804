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

# The goal: 90 % of the speed of the faster of two programs that only read, or map, and hash.
# verify_full NAME FILE
verify_full() {
  local bytes peer way=plain-read
  bytes=$(stat -c %s "$2")
  measure --runs "$(runs 15 7)" -- vdetool verify "$2" -- bench_plain_hash read "$2" -- \
    bench_plain_hash map "$2"
  peer=$(seconds 1)
  if [ "$(calculate "$(seconds 2) < $peer")" = 1 ]; then peer=$(seconds 2) way=plain-map; fi
  emit "$1" "$(calculate "$bytes / 1e9 / $(seconds 0)")" "$(calculate "$bytes / 1e9 / $peer")" \
    "$way" GB/s more 0.9
}

# The page cache holds a file in large pieces or in small ones, depending on how it was written.
# copied SIZE: copies the image with writes of SIZE and prints the path.
copied() {
  local copy=$work/full-$1.dwvd
  dd if="$(full_image)" of="$copy" bs="$1" status=none
  echo "$copy"
}
row_verify_full() { verify_full verify-full "$(copied 16M)"; }
row_verify_full_4K() { verify_full verify-full-4K "$(copied 4K)"; }

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
  emit verify-tags "$(seconds 0)" "$(seconds 1)" integrity s less 7
}

row_verify_jobs() {
  local folder
  folder=$(tags_to_verify)
  measure --runs "$(runs 5 3)" -- vdetool verify --jobs 2 "$folder/image.dwvd" -- \
    vdetool verify --jobs 1 "$folder/image.dwvd"
  emit verify-jobs "$(seconds 0)" "$(seconds 1)" one-job s less 1.7
}
