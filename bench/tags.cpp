// bench_tags ROW FOLDER COUNT ROUNDS: compares tags in an image with another store, on files in
// FOLDER. They alternate, so that a slow period of the machine affects both. Prints two medians,
// the library's and the other store's.
//   load-sorted, load-shuffled  entries per second into an empty store, durable; LMDB
//   hit, miss                   seconds per lookup, warm; LMDB
//   scan, iterate               entries per second of 1,000 prefixes, and of all; LMDB. Both files
//                               are opened in every round, so every block is verified each time
//   scan-open, iterate-open     the same with files that stay open
//   insert                      durable inserts per second, one at a time; SQLite
//   size                        bytes; LMDB
// Rows without another store: `prepare` creates the files that hit, miss, the scans,
// iterations and size read, `prepare-sqlite`
// those of SQLite, which `check-sqlite` checks by PRAGMA integrity_check; `lines` prints the tags
// in shuffled order for `vdetool tag import`. If something fails, prints the reason and exits with
// 8.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>

#include "tag_store.h"

namespace {

using Opener = std::unique_ptr<TagStore> (*)(const std::string&, uint64_t);

struct Run {
  std::string row;
  std::string folder;
  uint64_t count = 0;
  uint64_t rounds = 0;
};

uint64_t parse_count(const char* text) {
  uint64_t count = 0;
  std::from_chars(text, text + std::strlen(text), count);
  return count;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// Runs both alternately, the first round as a warm-up if `warm`, and prints the medians.
void compare(uint64_t rounds, bool warm, const std::function<double()>& ours,
             const std::function<double()>& peer) {
  std::vector<double> our_numbers;
  std::vector<double> peer_numbers;
  for (uint64_t round = warm ? 0 : 1; round <= rounds; ++round) {
    const double our_number = ours();
    const double peer_number = peer();
    if (round == 0) continue;
    our_numbers.push_back(our_number);
    peer_numbers.push_back(peer_number);
  }
  std::printf("%.9g %.9g\n", median(our_numbers), median(peer_numbers));
}

double load_rate(Opener open, const Run& run, const std::vector<TagText>& tags, bool sorted) {
  for (const char* name : {"/image.dwvd", "/peer.lmdb", "/peer.lmdb-lock"})
    std::remove((run.folder + name).c_str());
  const auto store = open(run.folder, run.count);
  return static_cast<double>(run.count) / seconds_of([&] { store->load(tags, sorted); });
}

void compare_loads(const Run& run) {
  const bool sorted = run.row == "load-sorted";
  const auto tags = make_tags(run.count, !sorted);
  compare(
      run.rounds, false, [&] { return load_rate(open_vde_tags, run, tags, sorted); },
      [&] { return load_rate(open_lmdb_tags, run, tags, sorted); });
}

void compare_lookups(const Run& run) {
  const bool hit = run.row == "hit";
  auto probes = make_tags(run.count, true);
  probes.resize(std::min<size_t>(probes.size(), 1'000'000));
  const auto probe = [&](TagStore& store) {
    size_t found = 0;
    const double seconds = seconds_of([&] {
      for (const TagText& tag : probes)
        if (store.get(hit ? tag.key() : tag.missing_key())) ++found;
    });
    if (found != (hit ? probes.size() : 0)) give_up("a lookup returned the wrong answer");
    return seconds / static_cast<double>(probes.size());
  };
  const auto ours = open_vde_tags(run.folder, run.count);
  const auto peer = open_lmdb_tags(run.folder, run.count);
  for (TagStore* store : {ours.get(), peer.get()}) {
    store->open_for_reading();
    if (store->scan("") != run.count) give_up("entries are missing");
  }
  compare(
      run.rounds, true, [&] { return probe(*ours); }, [&] { return probe(*peer); });
}

void compare_scans(const Run& run) {
  const bool all = run.row.starts_with("iterate");
  const bool stays_open = run.row.ends_with("-open");
  // One tag of each sub to be scanned.
  auto order = make_tags(run.count / kNamesASub, true);
  order.resize(all ? 1 : std::min<size_t>(order.size(), 1000));
  for (TagText& tag : order) tag = TagText(uint64_t{tag.number} * kNamesASub);
  const uint64_t expected = all ? run.count : order.size() * kNamesASub;
  const auto scan = [&](Opener open, std::unique_ptr<TagStore>& store) {
    if (!stays_open) store.reset();
    uint64_t seen = 0;
    const double seconds = seconds_of([&] {
      if (store == nullptr) {
        store = open(run.folder, run.count);
        store->open_for_reading();
      }
      for (const TagText& tag : order) seen += store->scan(all ? "" : tag.prefix());
    });
    if (seen != expected) give_up("a scan did not find all entries");
    return static_cast<double>(expected) / seconds;
  };
  std::unique_ptr<TagStore> ours;
  std::unique_ptr<TagStore> peer;
  compare(
      run.rounds, true, [&] { return scan(open_vde_tags, ours); },
      [&] { return scan(open_lmdb_tags, peer); });
}

void compare_inserts(const Run& run) {
  constexpr size_t kInserts = 300;
  const auto ours = open_vde_tags(run.folder, run.count);
  const auto peer = open_sqlite_tags(run.folder, run.count);
  peer->load(make_tags(run.count, false), true);
  const auto tags = make_tags(run.count, true);
  const auto insert = [&](TagStore& store, size_t& at) {
    const double seconds = seconds_of([&] {
      for (size_t end = at + kInserts; at < end; ++at) {
        const TagText& tag = tags[at % tags.size()];
        store.insert(tag.missing_key(), tag.value(), at);
      }
      store.settle();
    });
    return static_cast<double>(kInserts) / seconds;
  };
  size_t our_place = 0;
  size_t peer_place = 0;
  compare(
      run.rounds, true, [&] { return insert(*ours, our_place); },
      [&] { return insert(*peer, peer_place); });
}

void prepare(const Run& run) {
  const auto tags = make_tags(run.count, false);
  for (const Opener open : {open_vde_tags, open_lmdb_tags})
    open(run.folder, run.count)->load(tags, true);
}

void prepare_sqlite(const Run& run) {
  open_sqlite_tags(run.folder, run.count)->load(make_tags(run.count, false), true);
}

void check_sqlite(const Run& run) {
  check_sqlite_tags(run.folder);
}

void compare_sizes(const Run& run) {
  const uint64_t ours = open_vde_tags(run.folder, run.count)->bytes();
  const uint64_t peer = open_lmdb_tags(run.folder, run.count)->bytes();
  std::printf("%.0f %.0f\n", static_cast<double>(ours), static_cast<double>(peer));
}

void print_lines(const Run& run) {
  for (const TagText& tag : make_tags(run.count, true)) {
    const unsigned n = tag.number;
    std::printf("%u\tcategory\\0sub%05u\\0name%08u\tvalu%08u\t%lld\n", n,
                n / static_cast<unsigned>(kNamesASub), n, n, static_cast<long long>(block_of(n)));
  }
}

struct Row {
  const char* name;
  void (*measure)(const Run&);
};
constexpr Row kRows[] = {
    {"load-sorted", compare_loads},
    {"load-shuffled", compare_loads},
    {"hit", compare_lookups},
    {"miss", compare_lookups},
    {"scan", compare_scans},
    {"iterate", compare_scans},
    {"scan-open", compare_scans},
    {"iterate-open", compare_scans},
    {"insert", compare_inserts},
    {"size", compare_sizes},
    {"prepare", prepare},
    {"lines", print_lines},
    {"prepare-sqlite", prepare_sqlite},
    {"check-sqlite", check_sqlite},
};

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_tags: %s\n", why.c_str());
  std::exit(8);
}

namespace {

int main_of(int argc, char** argv) {
  if (argc == 5) {
    const Run run{argv[1], argv[2], parse_count(argv[3]), parse_count(argv[4])};
    for (const Row& row : kRows) {
      if (run.row != row.name || run.count < kNamesASub || run.rounds == 0) continue;
      row.measure(run);
      return 0;
    }
  }
  std::fprintf(stderr, "usage: bench_tags ROW FOLDER COUNT ROUNDS\n");
  return 16;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_of(argc, argv);
  } catch (const std::exception& failure) {
    give_up(failure.what());
  }
}
