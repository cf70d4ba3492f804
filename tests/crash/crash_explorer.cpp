// Explores what crashes leave of images, and says how much it looked at. Exit status 1: a state
// that broke a promise.
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "crash/explorer.h"
#include "crash/workloads.h"

namespace vde::test {
namespace {

struct Options {
  bool long_run = false;
  bool list = false;
  uint64_t seed = 1;
  std::string workload;
  uint32_t block_size = 0;
  uint64_t at_least = 0;
  double effort = 1;
};

size_t scaled(size_t value, double effort) {
  return std::max<size_t>(1, static_cast<size_t>(static_cast<double>(value) * effort));
}

ExplorerLimits limits_of(const Options& options) {
  const double effort = options.effort * (options.long_run ? 6 : 1);
  ExplorerLimits limits;
  limits.enumeration.samples = scaled(200, effort);
  limits.states_a_moment = options.long_run ? SIZE_MAX : scaled(2000, effort);
  limits.aftermath_every = scaled(150, 1 / effort);
  limits.aftermath_states_a_moment = scaled(40, options.long_run ? 3 : effort);
  limits.reader_every = options.long_run ? 1 : 4;
  limits.depth = options.long_run ? 2 : 1;
  return limits;
}

bool wanted(const Options& options, const Workload& workload, uint32_t block_size) {
  if (!options.workload.empty() && options.workload != workload.name) return false;
  if (!workload.plays_at(block_size)) return false;
  return options.block_size == 0 || options.block_size == block_size;
}

int run(const Options& options) {
  Explorer explorer(limits_of(options), options.seed);
  const auto started = std::chrono::steady_clock::now();
  for (const Workload& workload : workloads())
    for (const uint32_t block_size : {512u, 4096u}) {
      if (!wanted(options, workload, block_size)) continue;
      const ExplorerCounts before = explorer.counts();
      const auto violation = explorer.play(workload, block_size);
      if (violation) {
        fmt::print("VIOLATION\n  {}\nseed {}\n", to_string(*violation), options.seed);
        return 1;
      }
      const ExplorerCounts after = explorer.counts();
      fmt::print("{:24} {:6} moments {:8} states {:5} next sessions\n",
                 fmt::format("{}/{}", workload.name, block_size), after.moments - before.moments,
                 after.states - before.states, after.aftermaths - before.aftermaths);
      std::fflush(stdout);
    }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  const ExplorerCounts& counts = explorer.counts();
  fmt::print("total: {} moments, {} distinct states, {} next sessions, seed {}, {:.1f} s\n",
             counts.moments, counts.states, counts.aftermaths, options.seed, taken.count());
  if (counts.states >= options.at_least) return 0;
  fmt::print("too few: at least {} distinct states were asked for\n", options.at_least);
  return 1;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Explores what crashes leave of images");
  app.add_flag("--long", options.long_run, "look at several times as much");
  app.add_flag("--list", options.list, "name the workloads");
  app.add_option("--seed", options.seed, "of everything that is random");
  app.add_option("--workload", options.workload, "this one alone");
  app.add_option("--block-size", options.block_size, "512 or 4096 alone");
  app.add_option("--at-least", options.at_least, "fail where fewer distinct states were seen");
  app.add_option("--effort", options.effort, "a factor on all limits; 0.1 for slow builds");
  CLI11_PARSE(app, argc, argv);
  if (!options.list) return run(options);
  for (const Workload& workload : workloads())
    fmt::print("{:16} {}\n", workload.name, workload.about);
  return 0;
}

}  // namespace
}  // namespace vde::test

int main(int argc, char** argv) {
  // Each state allocates and frees the same few buffers: the heap keeps them.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  return vde::test::main_of(argc, argv);
}
