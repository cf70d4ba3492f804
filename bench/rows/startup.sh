# Starting, compared to programs that do nothing. One loads the libraries that vdetool loads: the goal
# is at most twice its time. One is static: the goal is at most 0.4 ms more.

row_startup() {
  measure --runs "$(runs 301 101)" --warmup 5 -- vdetool --version -- bench_empty
  emit startup "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000")" empty-program ms less 0.5
}

row_start() {
  measure --runs "$(runs 301 101)" --warmup 5 -- vdetool --version -- bench_empty_static
  emit start "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000 + 0.4")" static+0.4 ms less 1
}
