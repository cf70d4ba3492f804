// An intact superblock group where neither is one: from the intact blocks of both, the region
// directory, the journal, and what the blocks of the volume say.
#pragma once

#include "check/repair/foundation_repair.h"

namespace vde {

struct GroupAssembly {
  std::vector<BlockBuffer> blocks;  // with trailers
  std::string sources;              // of each block
  Loss loss;
  // It is the group after the commits that wait in the journal. They are not applied yet, so only
  // the primary group may be written: the journal takes the mirror for a proof that they are.
  bool is_of_waiting_commits = false;
};

// The payload of block 2 or 3 of a group as it is in a new image: zeros, but for the format's
// fingerprint.
[[nodiscard]] BlockBuffer fresh_payload(uint64_t index, uint32_t block_size);

// Nothing, with a note, if there is no source for a block.
[[nodiscard]] Result<std::optional<GroupAssembly>> assemble_group(FoundationRepair& repair);

}  // namespace vde
