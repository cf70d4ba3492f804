#include "inspect/valid_entries.h"

#include <algorithm>

#include "base/checked.h"
#include "io/sparse/written_runs.h"

namespace vde {
namespace {

// Calls `visit` with the payload and the index of each block of the first region of `type` that is
// valid.
template <class Visit>
void each_table_block(const Probe& probe, const BlockIo& io, BlockType type, Visit visit) {
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || slot.type != type || !range) continue;
    BlockBuffer buffer = io.make_buffer();
    const BlockRange in_file{range->begin, std::min(range->end, probe.blocks_in_file())};
    // What cannot be read is not shown.
    static_cast<void>(each_written_run(io, in_file, [&](BlockRange run) -> Result<void> {
      for (; !run.empty(); ++run.begin) {
        const auto block = io.read_checked(run.begin, type, buffer);
        if (block) visit(block->payload(), run.begin - range->begin);
      }
      return {};
    }));
    return;
  }
}

// The number of entries that a block of a packed table holds at most.
int64_t most_entries(Bytes payload, uint64_t index) {
  return index == 0 ? int64_t{kPackedTableHeaderLayout.decode(payload).count} : INT64_MAX;
}

}  // namespace

void each_module(const Probe& probe, const BlockIo& io,
                 const std::function<void(const ModuleEntry&)>& visit) {
  each_table_block(probe, io, block_types::kCode, [&](Bytes payload, uint64_t index) {
    const auto entries = decode_module_block(payload, index == 0, most_entries(payload, index));
    if (!entries) return;
    for (const ModuleEntry& entry : *entries) visit(entry);
  });
}

void each_dictionary(const Probe& probe, const BlockIo& io,
                     const std::function<void(const Dictionary&)>& visit) {
  each_table_block(probe, io, block_types::kDictionaries, [&](Bytes payload, uint64_t index) {
    const uint32_t room = dictionaries_in(payload.size(), index == 0);
    const int64_t count = std::clamp<int64_t>(most_entries(payload, index), 0, room);
    for (const Dictionary& entry :
         decode_dictionaries(payload, index == 0, static_cast<uint32_t>(count)))
      visit(entry);
  });
}

void each_snapshot(const Probe& probe, const BlockIo& io,
                   const std::function<void(const SnapshotEntry&)>& visit) {
  each_table_block(probe, io, block_types::kSnapshots, [&](Bytes payload, uint64_t index) {
    const auto entries = decode_snapshot_block(payload, index == 0, most_entries(payload, index));
    if (!entries) return;
    for (const SnapshotEntry& entry : *entries) visit(entry);
  });
}

}  // namespace vde
