# The tag index compared to LMDB (single inserts: SQLite): the same keys, one thread, files in the same
# folder, with one and ten million tags.

# tag_files COUNT: creates an image and LMDB's file with COUNT tags once, and prints their folder.
tag_files() {
  local folder=$work/tags-$1
  if [ ! -e "$folder" ]; then
    say "loading $1 tags"
    mkdir "$folder.new"
    bench_tags prepare "$folder.new" "$1" 1
    mv "$folder.new" "$folder"
  fi
  echo "$folder"
}

# tag_load NAME ROW COUNT ROUNDS GOAL
tag_load() {
  local folder said
  folder=$(mktemp -d "$work/load-XXXXXX")
  said=$(bench_tags "$2" "$folder" "$3" "$4")
  rm -rf "$folder"
  # shellcheck disable=SC2086 # two numbers
  set -- "$1" "$5" $said
  emit "$1" "$(calculate "$3 / 1e6")" "$(calculate "$4 / 1e6")" lmdb M/s more "$2"
}

# tag_read NAME ROW COUNT ROUNDS SCALE UNIT BETTER GOAL: numbers are multiplied by SCALE.
tag_read() {
  local folder said
  folder=$(tag_files "$3")
  said=$(bench_tags "$2" "$folder" "$3" "$4")
  # shellcheck disable=SC2086 # two numbers
  set -- "$1" "$5" "$6" "$7" "$8" $said
  emit "$1" "$(calculate "$6 * $2")" "$(calculate "$7 * $2")" lmdb "$3" "$4" "$5"
}

# not_quick FUNCTION ARGUMENTS: ten million tags take minutes.
not_quick() { if [ "$quick" = no ]; then "$@"; else say "skipped: ten million tags"; fi; }

row_tag_load_sorted() { tag_load tag-load-sorted load-sorted 1000000 "$(runs 7 3)" 1.5; }
row_tag_load_shuffled() { tag_load tag-load-shuffled load-shuffled 1000000 "$(runs 5 3)" 2.0; }
row_tag_load_sorted_10M() { not_quick tag_load tag-load-sorted-10M load-sorted 10000000 3 1.2; }
row_tag_load_shuffled_10M() {
  not_quick tag_load tag-load-shuffled-10M load-shuffled 10000000 1 2.0
}

row_tag_hit_1M() { tag_read tag-hit-1M hit 1000000 "$(runs 7 3)" 1e9 ns less 1.7; }
row_tag_hit_10M() { not_quick tag_read tag-hit-10M hit 10000000 5 1e9 ns less 1.5; }
row_tag_miss() { tag_read tag-miss miss 1000000 "$(runs 7 3)" 1e9 ns less 8.0; }
row_tag_miss_10M() { not_quick tag_read tag-miss-10M miss 10000000 5 1e9 ns less 8.0; }
row_tag_scan() { tag_read tag-scan scan 1000000 "$(runs 9 5)" 1e-6 M/s more 1.2; }
row_tag_scan_open() { tag_read tag-scan-open scan-open 1000000 "$(runs 9 5)" 1e-6 M/s more 1.2; }
row_tag_scan_10M() { not_quick tag_read tag-scan-10M scan 10000000 9 1e-6 M/s more 1.0; }
row_tag_scan_open_10M() {
  not_quick tag_read tag-scan-open-10M scan-open 10000000 9 1e-6 M/s more 1.0
}
row_tag_iterate() { tag_read tag-iterate iterate 1000000 "$(runs 9 5)" 1e-6 M/s more 1.0; }
row_tag_iterate_open() {
  tag_read tag-iterate-open iterate-open 1000000 "$(runs 9 5)" 1e-6 M/s more 1.1
}
row_tag_iterate_10M() { not_quick tag_read tag-iterate-10M iterate 10000000 5 1e-6 M/s more 1.0; }
row_tag_iterate_open_10M() {
  not_quick tag_read tag-iterate-open-10M iterate-open 10000000 5 1e-6 M/s more 1.1
}
row_tag_size() { tag_read tag-size size 1000000 1 1e-6 MB less 1.0; }
row_tag_size_10M() { not_quick tag_read tag-size-10M size 10000000 1 1e-6 MB less 1.0; }

# Durable inserts into an index of a million tags.
row_tag_insert() {
  local folder said
  folder=$(mktemp -d "$work/insert-XXXXXX")
  bench_tags prepare "$folder" 1000000 1
  said=$(bench_tags insert "$folder" 1000000 "$(runs 15 5)")
  rm -rf "$folder"
  # shellcheck disable=SC2086 # two numbers
  set -- $said
  emit tag-insert "$1" "$2" sqlite 1/s more 1.0
}

# A process that opens an index and gets one key, compared to a program that does nothing.
tag_start() {
  local folder
  folder=$(tag_files "$2")
  measure --runs "$(runs 101 51)" --warmup 5 -- \
    vdetool tag get "$folder/image.dwvd" 'category\0sub00500\0name00500123' -- bench_empty
  emit "$1" "$(calculate "($(seconds 0) - $(seconds 1)) * 1000")" 2 limit ms less 1.0
}
row_tag_start() { tag_start tag-start 1000000; }
row_tag_start_10M() { not_quick tag_start tag-start-10M 10000000; }

# The measured rate of false positives of the filter, at most 1 %.
tag_filter() {
  local folder
  folder=$(tag_files "$2")
  emit "$1" "$(vdetool tag stats "$folder/image.dwvd" --json |
    sed 's/.*"measured_false_positive_rate":\([^,}]*\).*/\1/')" 0.01 limit "" less 1.0
}
row_tag_filter() { tag_filter tag-filter 1000000; }
row_tag_filter_10M() { not_quick tag_filter tag-filter-10M 10000000; }

# A million shuffled lines from a pipe, compared to the library with the same entries in memory.
row_tag_import() {
  local folder said library
  folder=$(mktemp -d "$work/import-XXXXXX")
  bench_tags lines "$folder" 1000000 1 >"$folder/lines"
  said=$(bench_tags load-shuffled "$folder" 1000000 "$(runs 5 3)")
  library=${said% *}
  measure --runs "$(runs 5 3)" --remove "$folder/import.dwvd" -- sh -c \
    "vdetool format '$folder/import.dwvd' --size 512M --modules tags && cat '$folder/lines' |
     vdetool tag import '$folder/import.dwvd'"
  rm -rf "$folder"
  emit tag-import "$(calculate "1 / $(seconds 0)")" "$(calculate "$library / 1e6")" library M/s more 0.5
}
