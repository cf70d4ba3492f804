// repair_campaign: damages images whose content is known, repairs them, and judges what came of it
// (repair_judge.h). Each seed is an image and its faults; `--seed N --explain` shows one. Exit
// status 1: more seeds are wrong than `--at-most` accepts.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "damage/campaign/campaign_main.h"
#include "damage/campaign/repair_judge.h"
#include "damage/campaign/seed_workers.h"
#include "support/effort.h"

namespace vde::test {
namespace {

constexpr uint64_t kSeeds = 500;
constexpr uint64_t kLongSeeds = 20'000;

struct Options {
  uint64_t seeds = scaled(kSeeds);
  uint64_t from = 1;
  uint64_t at_most = 0;
  std::optional<uint64_t> seed;
  bool long_run = false;
  bool verbose = false;
  unsigned jobs = 1;
  RepairSeedOptions wish;
};

std::string describe(uint64_t seed, const RepairSeed& result) {
  return fmt::format("seed {}: {}: {}", seed, result.image, fmt::join(result.damages, "; "));
}

// What a process returns of a seed. Bit `kind` with consent, bit `kind` + 8 without; then the
// counts of blocks that could be restored exactly, of three bits each.
using Kinds = uint32_t;
constexpr uint32_t kRunShift = 8;
constexpr uint32_t kExactShift = 14;
constexpr uint32_t kCountBits = 3;
constexpr Kinds kWrongMask = (1U << kExactShift) - 1;
static_assert(kExactShift + 2 * kCountBits * kExactKinds <= 32);

Kinds pack(const ExactCounts& counts) {
  Kinds packed = 0;
  uint32_t shift = kExactShift;
  for (const ExactCount& count : counts)
    for (const uint32_t number : {count.damaged, count.exact}) {
      packed |= number << shift;
      shift += kCountBits;
    }
  return packed;
}

void unpack(Kinds packed, ExactCounts& sums) {
  packed >>= kExactShift;
  for (ExactCount& sum : sums)
    for (uint32_t* number : {&sum.damaged, &sum.exact}) {
      *number += packed & ((1U << kCountBits) - 1);
      packed >>= kCountBits;
    }
}

Kinds play(uint64_t seed, const Options& options) {
  const RepairSeed result = play_repair_seed(seed, options.wish);
  Kinds kinds = pack(result.exact);
  for (const Wrong& wrong : result.wrong)
    kinds |= 1U << (static_cast<uint32_t>(wrong.kind) + (wrong.consent ? 0 : kRunShift));
  if (!options.verbose && !options.wish.explain) return kinds;
  std::string text;
  if (options.wish.explain || !result.wrong.empty()) text = describe(seed, result) + "\n";
  for (const std::string& detail : result.details) text += "  " + detail + "\n";
  if (!options.wish.explain)
    for (const Wrong& wrong : result.wrong)
      text += fmt::format("  WRONG {}, {} consent: {}\n", wrong_name(wrong.kind),
                          wrong.consent ? "with" : "without", wrong.what);
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  return kinds;
}

struct Counts {
  uint64_t seeds = 0;
  uint64_t right = 0;
  uint64_t wrong_with = 0;  // seeds, with consent
  uint64_t wrong_without = 0;
  std::array<uint64_t, kWrongKinds> kinds{};
  ExactCounts exact{};

  void add(Kinds found) {
    constexpr Kinds kRun = (1U << kRunShift) - 1;
    ++seeds;
    unpack(found, exact);
    found &= kWrongMask;
    if (found == 0) ++right;
    if ((found & kRun) != 0) ++wrong_with;
    if ((found >> kRunShift) != 0) ++wrong_without;
    for (size_t i = 0; i < kWrongKinds; ++i)
      if (((found | found >> kRunShift) >> i & 1) != 0) ++kinds[i];
  }

  [[nodiscard]] std::string text() const {
    std::string names;
    for (size_t i = 0; i < kWrongKinds; ++i)
      names += fmt::format("{}{} {}", i == 0 ? "" : ", ", wrong_name(static_cast<WrongKind>(i)),
                           kinds[i]);
    const std::string runs = consent_exists() ? fmt::format("wrong with consent {}, without {}",
                                                            wrong_with, wrong_without)
                                              : "without consent: not there yet";
    return fmt::format("{} seeds: {} right, kinds: {}; {}; exact: {}", seeds, right, names, runs,
                       test::describe(exact));
  }
};

int run(const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  Counts counts;
  if (options.seed) {
    counts.add(play(*options.seed, options));
  } else {
    for (size_t i = 0; i < known_image_count(); ++i) static_cast<void>(known_image(i));
    run_seeds(
        {options.from, options.from + options.seeds}, options.jobs,
        [&](uint64_t seed) { return play(seed, options); },
        [&](uint64_t seed, std::optional<uint32_t> kinds) {
          if (!kinds) fmt::print("seed {} ends its process\n", seed);
          counts.add(kinds.value_or(1U << static_cast<uint32_t>(WrongKind::kCrashed)));
        });
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  fmt::print("repair_campaign: {}, {:.1f} s\n", counts.text(), taken.count());
  const uint64_t bound = (options.at_most * counts.seeds + kSeeds - 1) / kSeeds;
  if (counts.seeds - counts.right <= bound) return 0;
  fmt::print("repair_campaign: more than {} seeds are wrong\n", bound);
  return 1;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Damages images, repairs them, and judges the repairs");
  app.add_option("--seeds", options.seeds, "how many; 500 by default, times VDE_TEST_EFFORT");
  app.add_option("--from", options.from, "the first of them");
  const auto* seed = app.add_option("--seed", options.seed, "play this one alone");
  app.add_flag("--long", options.long_run, "20000 seeds");
  app.add_option("--at-most", options.at_most,
                 "seeds of every 500 that may be wrong; 0 by default");
  app.add_flag("--verbose", options.verbose, "show each wrong seed");
  app.add_flag("--explain", options.wish.explain,
               "show the faults, the findings, the steps and what is wrong");
  app.add_option("--keep", options.wish.keep,
                 "write the damaged image to this file, and the undamaged and the repaired one "
                 "beside it")
      ->needs(const_cast<CLI::Option*>(seed));
  app.add_flag("--data", options.wish.damage.data, "hit the bytes of modules, too");
  app.add_flag("--one-bit", options.wish.damage.one_bit,
               "flip one bit of a valid block's payload: it must be restored exactly");
  app.add_flag("--misplaced", options.wish.damage.misplaced,
               "the first fault of each seed writes a block of another structure into a place of a "
               "superblock group or of the directory");
  app.add_flag("--rescue", options.wish.rescue,
               "judge rescues instead of repairs; consent then means: with blocks 0 to 9");
  app.add_option("--jobs", options.jobs, "processes; what is found does not depend on them");
  CLI11_PARSE(app, argc, argv);
  if (options.long_run) options.seeds = kLongSeeds;
  return run(options);
}

}  // namespace
}  // namespace vde::test

int main(int argc, char** argv) {
  return vde::test::campaign_main("repair_campaign", vde::test::main_of, argc, argv);
}
