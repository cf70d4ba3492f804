# Starting: the goal is at most twice the time of a program that does nothing.

row_startup() {
  measure --runs "$(runs 301 101)" --warmup 5 -- vdetool --version -- bench_empty
  emit startup "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000")" empty-program ms less 0.5
}
