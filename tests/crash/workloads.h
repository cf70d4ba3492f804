// The workloads of the explorer. Each aims at a part of the journal's rules
// (lib/journal/journal.h); together they must reveal every broken rule.
#pragma once

#include <span>
#include <string_view>

#include "crash/stage.h"

namespace vde::test {

struct Workload {
  std::string_view name;
  std::string_view about;
  uint64_t blocks;                                          // of the volume
  void (*prepare)(MemoryFile& image, uint32_t block_size);  // changes the new image; may be null
  void (*play)(Stage& stage);

  // Larger volumes with larger blocks would be too many bytes to copy in a test.
  [[nodiscard]] bool plays_at(uint32_t block_size) const { return blocks * block_size <= 4u << 20; }
};

[[nodiscard]] std::span<const Workload> workloads();

// Runs `workload` on an image of this block size. Throws MustFailure if it cannot continue: with an
// intact journal that is a violation, too.
[[nodiscard]] Recording record(const Workload& workload, uint32_t block_size);

// Modules of one to many blocks, registered and removed, and a table that grows for more.
void play_modules(Stage& stage);
// Several modules per commit.
void play_module_folders(Stage& stage);
// Snapshots one by one, many at once, and a table that has to move for one more.
void play_snapshots(Stage& stage);
// Snapshots pruned, and their entries purged from a table of several blocks.
void play_pruned(Stage& stage);
// Everything at once, in an order derived from the seed.
void play_random(Stage& stage, uint64_t seed);

}  // namespace vde::test
