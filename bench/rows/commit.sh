# Durable commits per second in one process, each of which changes three blocks of 999, compared to
# transactions that change three pages in SQLite (WAL, synchronous = FULL) and three leaves in LMDB,
# in files of the same folder.

# commit_beside PEER GOAL
commit_beside() {
  local folder said
  folder=$(mktemp -d "$work/commit-XXXXXX")
  said=$(bench_commits "$folder" "$1" "$(runs 15 5)" "$(runs 300 100)")
  rm -rf "$folder"
  # shellcheck disable=SC2086 # two numbers
  set -- "$1" "$2" $said
  emit "commit-$1" "$3" "$4" "$1" 1/s more "$2"
}

row_commit_sqlite() { commit_beside sqlite 1.0; }
row_commit_lmdb() { commit_beside lmdb 2.0; }
