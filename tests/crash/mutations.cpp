// Shows that the crash explorer detects faults: in a special build of the library, each sync of the
// journal is left out in turn, and each of its rules is broken in turn. The explorer must detect
// every one of these mutations. Exit status 1: it did not.
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
  std::string_view workload;  // the workload for it; empty if crashes alone show nothing
  // Why the step is not needed, if it is not: then nothing must be detected.
  std::string_view harmless = {};
  // Checks what no crash shows by itself; empty if nothing is wrong.
  std::string (*check)() = nullptr;
  uint64_t sector_bytes = kSectorBytes;
};

// A mutation that only disks with large sectors show.
constexpr Mutation large(JournalFault fault, std::string_view broken, std::string_view workload) {
  return {fault, broken, workload, {}, nullptr, kLargeSectorBytes};
}

constexpr Mutation kMutations[] = {
    {JournalFault::kRecordUnsynced, "the record is not synced", "labels"},
    {JournalFault::kDirectUnsynced, "direct writes are not synced before their record", "direct"},
    {JournalFault::kSpillUnsynced, "after-images outside of the journal are not synced", "spill"},
    {JournalFault::kHomeUnsynced, "checkpoint: no sync before the mirror", "labels"},
    {JournalFault::kMirrorUnsynced, "checkpoint: no sync before the header", "labels"},
    {JournalFault::kHeaderUnsynced, "checkpoint: no sync after the header", "wrap"},
    {JournalFault::kRecoveryHomeUnsynced, "recovery: no sync before the mirror", "killed"},
    {JournalFault::kRecoveryMirrorUnsynced, "recovery: no sync before the header", "killed"},
    {JournalFault::kRecoveryHeaderUnsynced, "recovery: no sync after the header", "killed"},
    {JournalFault::kAdoptionUnsynced, "the first mark is not synced", "foreign"},
    large(JournalFault::kHealingUnsynced, "the healed group is not synced", "lagging"),
    {JournalFault::kExtensionUnsynced, "the extended file is not synced", "resize"},
    {JournalFault::kTruncationUnsynced, "the truncated file is not synced", "resize",
     "zeros after the volume are only a note; the sync only makes the release of disk space "
     "durable"},
    {JournalFault::kHomeBeforeRecord, "blocks are written back before the record is synced",
     "reuse"},
    {JournalFault::kMirrorWithPrimary, "checkpoint writes the mirror with the primary", "labels"},
    {JournalFault::kRecoveryMirrorWithPrimary, "recovery writes the mirror with the primary",
     "killed"},
    {JournalFault::kOnlyGroupRewritten, "recovery rewrites the only intact group", "labels"},
    {JournalFault::kReusedBeforeClean, "the journal is reused before the clean mark", "wrap"},
    {JournalFault::kEpochKept, "checkpoint keeps the epoch", "wrap"},
    {JournalFault::kRecoveryEpochKept, "recovery keeps the epoch", "killed"},
    {JournalFault::kUnfinishedIgnored, "an unfinished record does not raise the epoch", "retry"},
    {JournalFault::kEndMarkKept, "the end mark outlives its epoch", {}, {}, check_outlived_mark},
    {JournalFault::kStaleAccepted,
     "with a torn header, records of any epoch count",
     {},
     {},
     check_emptied_journal},
    {JournalFault::kFreedReused, "freed blocks are reused immediately", "reuse"},
    {JournalFault::kPlacesReused, "places of after-images are reused immediately", "spill"},
    {JournalFault::kOwnBlocksSpare, "after-images go to blocks that the transaction itself wrote",
     "spill"},
    {JournalFault::kTruncatedEarly, "the file is truncated before the commit", "resize"},
    {JournalFault::kGivenUpKept, "blocks beyond the new end are not zeroed", "resize"},
    {JournalFault::kSealKept, "a seal is not renewed", "renewed"},
    {JournalFault::kChainKept, "a chain hash is not renewed", "chained"},
    {JournalFault::kRecoveryChainKept, "recovery forgets a chain hash", "chained"},
    large(JournalFault::kDirectoryUnsynced, "checkpoint: the directory is not synced", "reuse"),
    large(JournalFault::kRecoveryDirectoryUnsynced, "recovery: the directory is not synced",
          "killed"),
    large(JournalFault::kNeighboursLeft, "neighbours of targets are not in the record", "reuse"),
    large(JournalFault::kHolesLeft, "neighbours without content are not in the record", "tags"),
    large(JournalFault::kGroupCopyLeft, "the journal has no copy of the group", "labels"),
    large(JournalFault::kHealingCopyLeft, "healing makes no copy of the group", "lagging"),
    large(JournalFault::kRecordsTouch, "two records share a sector", "few"),
    large(JournalFault::kSectorsShared, "direct writes share sectors with used blocks", "reuse"),
};

// From a quick run to a long one: serious faults are detected soon.
struct Effort {
  uint64_t aftermath_every;
  size_t states;
  size_t aftermath_states;
};
constexpr Effort kRounds[] = {{200, 1000, 200}, {20, 2000, 500}, {1, 20000, 20000}};
// For mutations that must not be detected: as much as crash_explorer does.
constexpr Effort kHarmless = {150, 8000, 200};

std::optional<Violation> explore(const Workload& workload, const Effort& effort,
                                 uint64_t sector_bytes) {
  ExplorerLimits limits;
  limits.states_a_recording = effort.states;
  limits.aftermath_states = effort.aftermath_states;
  limits.enumeration.samples = 100;
  limits.aftermath_every = effort.aftermath_every;
  limits.sector_bytes = sector_bytes;
  const uint32_t larger = sector_bytes == kSectorBytes ? 4096 : 1024;
  for (const uint32_t block_size : {512u, larger}) {
    if (!workload.plays_at(block_size)) continue;
    Explorer explorer(limits, 1);
    if (auto violation = explorer.play(workload, block_size)) return violation;
  }
  return std::nullopt;
}

std::optional<Violation> find_violation(const Mutation& mutation) {
  if (mutation.check != nullptr) {
    const std::string seen = mutation.check();
    if (seen.empty()) return std::nullopt;
    return Violation{"old epochs", 0, "everything is written", "complete", seen};
  }
  const std::span<const Effort> rounds =
      mutation.harmless.empty() ? std::span(kRounds) : std::span(&kHarmless, 1);
  for (const Effort& effort : rounds)
    for (const Workload& workload : workloads())
      if (workload.name == mutation.workload)
        if (auto violation = explore(workload, effort, mutation.sector_bytes)) return violation;
  return std::nullopt;
}

bool is_as_expected(const Mutation& mutation) {
  active_fault = mutation.fault;
  const auto violation = find_violation(mutation);
  active_fault = JournalFault::kNone;
  if (!mutation.harmless.empty()) {
    fmt::print("{}\n    {}: {}\n", mutation.broken, violation ? "DETECTED, though" : "harmless",
               mutation.harmless);
    return !violation;
  }
  if (!violation) {
    fmt::print("{}\n    NOT DETECTED\n", mutation.broken);
    return false;
  }
  fmt::print("{}\n    {}, moment {} ({}): {}\n", mutation.broken, violation->workload,
             violation->moment, violation->event, violation->problem);
  return true;
}

// Without a mutation nothing must be detected.
bool is_quiet() {
  for (const std::string& seen : {check_outlived_mark(), check_emptied_journal()})
    if (!seen.empty()) {
      fmt::print("detected, though nothing is broken: {}\n", seen);
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

// With an argument, tries only the mutations whose names contain it.
int main(int argc, char** argv) {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  return vde::test::run(argc > 1 ? argv[1] : "");
}
