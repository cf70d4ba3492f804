// Explores what crashes leave of images, and prints how much was explored. Exit status 1: a state
// broke a promise.
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <thread>

#include "crash/explorer.h"
#include "crash/workloads.h"

namespace vde::test {
namespace {

struct Options {
  bool long_run = false;
  bool deep = false;
  bool list = false;
  uint64_t seed = 1;
  std::string workload;
  uint32_t block_size = 0;
  uint64_t sector = 0;
  uint64_t at_least = 0;
  double effort = 1;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
};

size_t scaled(size_t value, double effort) {
  return std::max<size_t>(1, static_cast<size_t>(static_cast<double>(value) * effort));
}

ExplorerLimits limits_of(const Options& options, uint64_t sector_bytes) {
  // What differs on disks with large sectors are the states of few sectors.
  const double share = sector_bytes == kSectorBytes ? 1 : 0.2;
  const double effort = options.effort * (options.long_run ? 4 : 1) * share;
  ExplorerLimits limits;
  limits.enumeration.samples = scaled(200, effort);
  limits.states_a_recording = scaled(8000, effort);
  limits.aftermath_every = scaled(150, 1 / effort);
  limits.aftermath_states = scaled(200, options.deep ? 2 : 1);
  limits.reader_every = options.deep ? 1 : 4;
  limits.depth = options.deep ? 2 : 1;
  limits.sector_bytes = sector_bytes;
  return limits;
}

// Block sizes, and the sectors of the disks that they are tried on.
constexpr std::pair<uint32_t, uint64_t> kDisks[] = {
    {512, kSectorBytes}, {4096, kSectorBytes}, {512, kLargeSectorBytes}, {1024, kLargeSectorBytes}};

bool wanted(const Options& options, const Workload& workload, uint32_t block_size,
            uint64_t sector_bytes) {
  if (options.sector != 0 && options.sector != sector_bytes) return false;
  if (!options.workload.empty() && options.workload != workload.name) return false;
  if (!workload.plays_at(block_size)) return false;
  return options.block_size == 0 || options.block_size == block_size;
}

// One workload at one block size, explored separately, so that results do not depend on the order
// of threads.
struct Unit {
  const Workload* workload;
  uint32_t block_size;
  uint64_t sector_bytes;
  [[nodiscard]] std::string name() const {
    return fmt::format("{}/{}{}", workload->name, block_size,
                       sector_bytes == kSectorBytes ? "" : " (4K)");
  }
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {
    for (const auto& [block_size, sector_bytes] : kDisks)
      for (const Workload& workload : workloads())
        if (wanted(options, workload, block_size, sector_bytes))
          units_.push_back({&workload, block_size, sector_bytes});
  }

  int run() {
    const auto started = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    fmt::print("total: {} moments, {} distinct states, {} next sessions, seed {}, {:.1f} s\n",
               counts_.moments, seen_.size(), counts_.aftermaths, options_.seed, taken.count());
    if (violated_) return 1;
    if (seen_.size() >= options_.at_least) return 0;
    fmt::print("too few: at least {} distinct states are required\n", options_.at_least);
    return 1;
  }

 private:
  void work() {
    for (size_t i = next_++; i < units_.size() && !violated_; i = next_++) explore(units_[i]);
  }

  void explore(const Unit& unit) {
    Explorer explorer(limits_of(options_, unit.sector_bytes), options_.seed);
    const auto violation = explorer.play(*unit.workload, unit.block_size);
    const ExplorerCounts& counts = explorer.counts();
    const std::lock_guard lock(mutex_);
    counts_.moments += counts.moments;
    counts_.aftermaths += counts.aftermaths;
    seen_.insert(explorer.seen().begin(), explorer.seen().end());
    fmt::print("{:24} {:6} moments {:8} states {:5} next sessions\n", unit.name(), counts.moments,
               counts.states, counts.aftermaths);
    if (violation) {
      fmt::print("VIOLATION\n  {}\n", to_string(*violation));
      violated_ = true;
    }
    std::fflush(stdout);
  }

  const Options& options_;
  std::vector<Unit> units_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> violated_{false};
  std::mutex mutex_;  // for the following members
  ExplorerCounts counts_;
  std::unordered_set<uint64_t> seen_;
};

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Explores what crashes leave of images");
  app.add_flag("--long", options.long_run,
               "explore several times as much, a million states: minutes");
  app.add_flag("--deep", options.deep, "crash again in the session after a crash: hours");
  app.add_flag("--list", options.list, "list the workloads");
  app.add_option("--seed", options.seed, "random seed");
  app.add_option("--workload", options.workload, "only this workload");
  app.add_option("--block-size", options.block_size, "only 512, 1024 or 4096");
  app.add_option("--sector", options.sector, "only disks with sectors of 512 or 4096 bytes");
  app.add_option("--at-least", options.at_least, "fail if fewer distinct states were explored");
  app.add_option("--effort", options.effort, "factor for all limits, e.g. 0.1 for slow builds");
  app.add_option("--jobs", options.jobs, "number of threads; the result does not depend on it");
  CLI11_PARSE(app, argc, argv);
  if (!options.list) return Run(options).run();
  for (const Workload& workload : workloads())
    fmt::print("{:16} {}\n", workload.name, workload.about);
  return 0;
}

}  // namespace
}  // namespace vde::test

int main(int argc, char** argv) {
  // Each state allocates and frees the same few buffers; keep their memory.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  return vde::test::main_of(argc, argv);
}
