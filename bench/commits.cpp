// bench_commits FOLDER sqlite|lmdb ROUNDS COMMITS: measures durable commits per second of the
// library and of another store, on files in FOLDER. They alternate, so that a slow period of the
// machine affects both. Prints both medians: the library's, then the other's. If something fails,
// prints the reason and exits with 8.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <vector>

#include "commit_store.h"

namespace {

uint64_t parse_count(const char* text) {
  uint64_t count = 0;
  std::from_chars(text, text + std::strlen(text), count);
  return count;
}

// Commits per second over one round, including deferred work.
double rate(CommitStore& store, uint64_t first, uint64_t commits) {
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t i = 0; i < commits; ++i) store.commit(first + i);
  store.settle();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(commits) / elapsed.count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_commits: %s\n", why.c_str());
  std::exit(8);
}

namespace {

int main_of(int argc, char** argv) {
  const uint64_t rounds = argc == 5 ? parse_count(argv[3]) : 0;
  const uint64_t commits = argc == 5 ? parse_count(argv[4]) : 0;
  if (rounds == 0 || commits == 0) {
    std::fprintf(stderr, "usage: bench_commits FOLDER sqlite|lmdb ROUNDS COMMITS\n");
    return 16;
  }
  const bool is_sqlite = std::strcmp(argv[2], "sqlite") == 0;
  const auto ours = make_vde_store(argv[1]);
  const auto peer = is_sqlite ? make_sqlite_store(argv[1]) : make_lmdb_store(argv[1]);
  std::vector<double> our_rates;
  std::vector<double> peer_rates;
  for (uint64_t round = 0; round <= rounds; ++round) {
    const double our_rate = rate(*ours, round * commits, commits);
    const double peer_rate = rate(*peer, round * commits, commits);
    // The first round is a warm-up.
    if (round == 0) continue;
    our_rates.push_back(our_rate);
    peer_rates.push_back(peer_rate);
  }
  std::printf("%.1f %.1f\n", median(our_rates), median(peer_rates));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_of(argc, argv);
  } catch (const std::exception& failure) {
    give_up(failure.what());
  }
}
