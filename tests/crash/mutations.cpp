// Shows that the crash explorer sees what is wrong: each sync of the journal in turn is left out,
// and each of its rules in turn is broken, in a build of the library made for that. The explorer
// must see every one of these mutations. Exit status 1: it did not.
#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <string>
#include <vector>

#include "crash/explorer.h"
#include "crash/old_epochs.h"
#include "journal/faults.h"

namespace vde {
JournalFault active_fault = JournalFault::kNone;
}

namespace vde::test {
namespace {

struct Mutation {
  JournalFault fault;
  std::string_view broken;
  std::string_view workload;  // the one that is made for it; empty where crashes alone show nothing
  // Why nothing needs the step, where that is so: then nothing must be seen.
  std::string_view harmless = {};
  // Looks at what no crash shows by itself; empty if all is well.
  std::string (*look)() = nullptr;
};

constexpr Mutation kMutations[] = {
    {JournalFault::kRecordUnsynced, "the record is not synced", "labels"},
    {JournalFault::kDirectUnsynced, "direct writes are not synced before their record", "direct"},
    {JournalFault::kSpillUnsynced, "images outside of the journal are not synced", "spill"},
    {JournalFault::kHomeUnsynced, "checkpoint: no sync before the mirror", "labels"},
    {JournalFault::kMirrorUnsynced, "checkpoint: no sync before the header", "labels"},
    {JournalFault::kHeaderUnsynced, "checkpoint: no sync after the header", "wrap"},
    {JournalFault::kRecoveryHomeUnsynced, "recovery: no sync before the mirror", "killed"},
    {JournalFault::kRecoveryMirrorUnsynced, "recovery: no sync before the header", "killed"},
    {JournalFault::kRecoveryHeaderUnsynced, "recovery: no sync after the header", "killed"},
    {JournalFault::kAdoptionUnsynced, "the first mark is not synced", "foreign"},
    {JournalFault::kHealingUnsynced, "the healed group is not synced", "lagging"},
    {JournalFault::kExtensionUnsynced, "the longer file is not synced", "resize"},
    {JournalFault::kTruncationUnsynced, "the cut file is not synced", "resize",
     "a longer file of zeros is a note; the sync only makes the room's return durable"},
    {JournalFault::kHomeBeforeRecord, "home blocks are written before the record is synced",
     "reuse"},
    {JournalFault::kMirrorWithPrimary, "checkpoint writes the mirror with the primary", "labels"},
    {JournalFault::kRecoveryMirrorWithPrimary, "recovery writes the mirror with the primary",
     "killed"},
    {JournalFault::kOnlyGroupRewritten, "recovery rewrites the only whole group", "labels"},
    {JournalFault::kReusedBeforeClean, "the journal is reused before the clean mark", "wrap"},
    {JournalFault::kEpochKept, "checkpoint keeps the epoch", "wrap"},
    {JournalFault::kRecoveryEpochKept, "recovery keeps the epoch", "killed"},
    {JournalFault::kUnfinishedIgnored, "an unfinished record does not raise the epoch", "retry"},
    {JournalFault::kEndMarkKept, "the end mark outlives its epoch", {}, {}, look_at_outlived_mark},
    {JournalFault::kStaleBelieved,
     "a torn header lets any record count",
     {},
     {},
     look_at_emptied_journal},
    {JournalFault::kFreedReused, "freed blocks are used again at once", "reuse"},
    {JournalFault::kPlacesReused, "places of images are used again at once", "spill"},
    {JournalFault::kOwnBlocksSpare, "images go where the transaction itself wrote", "spill"},
    {JournalFault::kTruncatedEarly, "the file is cut before the commit", "resize"},
    {JournalFault::kGivenUpKept, "what a shrunk volume gives up is not zeroed", "resize"},
};

// From a quick look to a long one: what is broken badly is seen soon.
struct Effort {
  uint64_t aftermath_every;
  size_t states;
  size_t aftermath_states;
};
constexpr Effort kRounds[] = {{200, 1000, 200}, {20, 2000, 500}, {1, 20000, 20000}};
// Of what must not be seen, as much as crash_explorer looks at of what is whole.
constexpr Effort kHarmless = {150, 8000, 200};

std::optional<Violation> look(const Workload& workload, const Effort& effort) {
  ExplorerLimits limits;
  limits.states_a_recording = effort.states;
  limits.aftermath_states = effort.aftermath_states;
  limits.enumeration.samples = 100;
  limits.aftermath_every = effort.aftermath_every;
  for (const uint32_t block_size : {512u, 4096u}) {
    if (!workload.plays_at(block_size)) continue;
    Explorer explorer(limits, 1);
    if (auto violation = explorer.play(workload, block_size)) return violation;
  }
  return std::nullopt;
}

std::optional<Violation> find_violation(const Mutation& mutation) {
  if (mutation.look != nullptr) {
    const std::string seen = mutation.look();
    if (seen.empty()) return std::nullopt;
    return Violation{"old epochs", 0, "all is written", "as it is", seen};
  }
  const std::span<const Effort> rounds =
      mutation.harmless.empty() ? std::span(kRounds) : std::span(&kHarmless, 1);
  for (const Effort& effort : rounds)
    for (const Workload& workload : workloads())
      if (workload.name == mutation.workload)
        if (auto violation = look(workload, effort)) return violation;
  return std::nullopt;
}

bool is_as_expected(const Mutation& mutation) {
  active_fault = mutation.fault;
  const auto violation = find_violation(mutation);
  active_fault = JournalFault::kNone;
  if (!mutation.harmless.empty()) {
    fmt::print("{}\n    {}: {}\n", mutation.broken, violation ? "SEEN, though" : "harmless",
               mutation.harmless);
    return !violation;
  }
  if (!violation) {
    fmt::print("{}\n    NOT SEEN\n", mutation.broken);
    return false;
  }
  fmt::print("{}\n    {}, moment {} ({}): {}\n", mutation.broken, violation->workload,
             violation->moment, violation->event, violation->problem);
  return true;
}

// Nothing is broken: nothing must be seen.
bool is_quiet() {
  for (const std::string& seen : {look_at_outlived_mark(), look_at_emptied_journal()})
    if (!seen.empty()) {
      fmt::print("seen, though nothing is broken: {}\n", seen);
      return false;
    }
  return true;
}

int run(std::string_view only) {
  size_t missed = is_quiet() ? 0 : 1;
  size_t tried = 0;
  for (const Mutation& mutation : kMutations) {
    if (!only.empty() && mutation.broken.find(only) == std::string_view::npos) continue;
    ++tried;
    if (!is_as_expected(mutation)) ++missed;
    std::fflush(stdout);
  }
  fmt::print("{} of {} as expected\n", tried - missed, tried);
  return missed == 0 && tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace vde::test

// An argument tries only what has it in its name.
int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  return vde::test::run(argc > 1 ? argv[1] : "");
}
