# One tag by one process, compared to one row by key in the shell of SQLite: an index and a table with
# the same million entries. A set is durable: journal_mode = DELETE, synchronous = FULL.

# one_shot_files: creates both files once and prints their folder.
one_shot_files() {
  local folder=$work/one-shot
  if [ ! -e "$folder" ]; then
    say "loading 1000000 tags, and as many rows"
    mkdir "$folder.new"
    bench_tags prepare "$folder.new" 1000000 1
    rm "$folder.new"/peer.lmdb*
    bench_tags prepare-sqlite "$folder.new" 1000000 1
    sqlite3 "$folder.new/peer.sqlite" 'PRAGMA journal_mode = DELETE' >&2
    mv "$folder.new" "$folder"
  fi
  echo "$folder"
}

# The key of the tag 500123, as the literal of a blob.
one_shot_blob="CAST('category' || char(0) || 'sub00500' || char(0) || 'name00500123' AS BLOB)"

# one_shot NAME GOAL OURS PEER: the arguments of vdetool, and the statements for SQLite; @ is the folder.
one_shot() {
  local folder
  folder=$(one_shot_files)
  local ours=()
  read -ra ours <<<"${3//@/$folder}"
  measure --runs "$(runs 301 101)" --warmup 5 -- \
    vdetool "${ours[@]}" -- sqlite3 "$folder/peer.sqlite" "$4"
  emit "$1" "$(calculate "$(seconds 0) * 1000")" "$(calculate "$(seconds 1) * 1000")" \
    sqlite3 ms less "$2"
}

row_tag_get_once() {
  one_shot tag-get-once 1.3 'tag get @/image.dwvd category\0sub00500\0name00500123' \
    "SELECT inode, block, value FROM tag WHERE key = $one_shot_blob"
}

row_tag_set_once() {
  one_shot tag-set-once 1.0 'tag set @/image.dwvd 500123 category\0sub00500\0name00500123=valu00500123' \
    "PRAGMA synchronous = FULL;
     INSERT OR REPLACE INTO tag VALUES($one_shot_blob, 500123, 123, CAST('valu00500123' AS BLOB))"
}
