// writer_campaign: damages images in one block each and lets writers change them. Exit status 1: a
// writer built on the damage. Each seed is one image, fault and writer; `--seed N` shows one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "damage/campaign/campaign_judge.h"
#include "damage/campaign/campaign_main.h"
#include "support/effort.h"

namespace vde::test {
namespace {

constexpr uint64_t kSeeds = 1000;
constexpr uint64_t kLongSeeds = 50'000;

struct Options {
  uint64_t seeds = scaled(kSeeds);
  uint64_t from = 1;
  std::optional<uint64_t> seed;
  bool long_run = false;
  bool verbose = false;
  std::string save;
  unsigned jobs = 1;
};

std::string describe(uint64_t seed, const SeedResult& result) {
  return fmt::format("seed {}: {}: {}: {}", seed, result.base, result.fault,
                     fmt::join(result.operations, "; "));
}

struct Counts {
  uint64_t seeds = 0;
  std::map<SeedEnd, uint64_t> ends;
  uint64_t sound = 0;
  uint64_t older = 0;
  uint64_t wrote_free = 0;
  uint64_t violated = 0;  // seeds
  std::map<std::string_view, uint64_t> violations;

  void add(const SeedResult& result) {
    ++seeds;
    ++ends[result.end];
    if (result.sound) ++sound;
    if (result.older) ++older;
    if (result.wrote_free) ++wrote_free;
    if (!result.violations.empty()) ++violated;
    for (const Violation& violation : result.violations)
      ++violations[violation_name(violation.kind)];
  }

  [[nodiscard]] std::string text() const {
    const auto count = [&](SeedEnd end) {
      const auto found = ends.find(end);
      return found == ends.end() ? uint64_t{0} : found->second;
    };
    std::string kinds;
    for (const auto& [name, number] : violations)
      kinds += fmt::format("{}{} {}", kinds.empty() ? " (" : ", ", number, name);
    return fmt::format(
        "{} seeds: {} refused, {} succeeded, {} nothing to do; {} undamaged, {} older images that "
        "nothing can tell, {} refusals after writes to free blocks; {} seeds with violations{}{}",
        seeds, count(SeedEnd::kRefused), count(SeedEnd::kSucceeded), count(SeedEnd::kNothingToDo),
        sound, older, wrote_free, violated, kinds, kinds.empty() ? "" : ")");
  }
};

class Campaign {
 public:
  explicit Campaign(const Options& options) : options_(options), next_(options.from) {}

  int run() {
    const auto started = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    fmt::print("writer_campaign: {}, {:.1f} s\n", counts_.text(), taken.count());
    return counts_.violated == 0 ? 0 : 1;
  }

 private:
  void work() {
    for (uint64_t seed = next_++; seed < options_.from + options_.seeds; seed = next_++)
      note(seed, play_seed(seed, options_.verbose, options_.save));
  }

  void note(uint64_t seed, const SeedResult& result) {
    const std::lock_guard lock(mutex_);
    counts_.add(result);
    if (options_.verbose) fmt::print("{}\n", describe(seed, result));
    for (const std::string& detail : result.details) fmt::print("  {}\n", detail);
    for (const Violation& violation : result.violations)
      fmt::print("VIOLATION {}: {}: {}\n", violation_name(violation.kind), describe(seed, result),
                 violation.what);
    std::fflush(stdout);
  }

  const Options& options_;
  std::atomic<uint64_t> next_;
  std::mutex mutex_;
  Counts counts_;
};

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Damages images and lets writers change them");
  app.add_option("--seeds", options.seeds, "how many; 1000 by default, times VDE_TEST_EFFORT");
  app.add_option("--from", options.from, "the first of them");
  app.add_option("--seed", options.seed, "play this one alone, and show all of it");
  app.add_flag("--long", options.long_run, "50000 seeds");
  app.add_flag("--verbose", options.verbose, "show all of every seed");
  app.add_option("--save", options.save, "write a seed's images to files of this name")
      ->needs("--seed");
  app.add_option("--jobs", options.jobs, "threads; what is found does not depend on them");
  CLI11_PARSE(app, argc, argv);
  if (options.long_run) options.seeds = kLongSeeds;
  if (options.seed) {
    options.from = *options.seed;
    options.seeds = 1;
    options.verbose = true;
  }
  return Campaign(options).run();
}

}  // namespace
}  // namespace vde::test

int main(int argc, char** argv) {
  return vde::test::campaign_main("writer_campaign", vde::test::main_of, argc, argv);
}
