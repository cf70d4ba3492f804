#include "inspect/block_users.h"

#include <algorithm>

#include "base/checked.h"
#include "format/region/dictionary.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "vde/text.h"

namespace vde {
namespace {

// Calls `visit` with the payload and the index of each block of the first region of `type` that is
// valid.
template <class Visit>
void each_table_block(const Probe& probe, const BlockIo& io, BlockFile& file, BlockType type,
                      Visit visit) {
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || slot.type != type || !range) continue;
    BlockBuffer buffer = io.make_buffer();
    BlockRange left{range->begin, std::min(range->end, probe.blocks_in_file())};
    while (!left.empty()) {
      const auto data = file.next_data(io.bytes_of(left));
      if (!data || data->empty()) return;
      left.begin = data->begin / io.block_size();
      const uint64_t number = left.begin++;
      const auto block = io.read_checked(number, type, buffer);
      if (block) visit(block->payload(), number - range->begin);
    }
    return;
  }
}

// The number of entries that a block of a packed table holds at most.
int64_t most_entries(Bytes payload, uint64_t index) {
  return index == 0 ? int64_t{kPackedTableHeaderLayout.decode(payload).count} : INT64_MAX;
}

bool contains(int64_t first, int64_t count, uint64_t number) {
  const auto range = block_range(first, count);
  return range && range->contains(number);
}

// The place of a block in the bytes of its module or dictionary.
struct BlockPart {
  uint64_t index = 0;   // of the block
  uint64_t within = 0;  // of the byte in the block
  uint64_t payload = 0;

  void describe(Json& user, int32_t size) const {
    const uint64_t byte = index * payload + within;
    const bool is_own = within < payload && size > 0 && byte < static_cast<uint64_t>(size);
    user["byte"] = is_own ? Json(byte) : Json(nullptr);
    user["size"] = size;
  }
};

// The byte that is looked for, and what was found.
struct Search {
  const Probe& probe;
  const BlockIo& io;
  BlockFile& file;
  uint64_t number = 0;
  uint64_t within = 0;
  Json users = Json::array();

  [[nodiscard]] BlockPart part(int64_t first) const {
    return {number - static_cast<uint64_t>(first), within, payload_size(io.block_size())};
  }
};

void find_modules(Search& search) {
  const auto visit = [&search](Bytes payload, uint64_t index) {
    const auto entries = decode_module_block(payload, index == 0, most_entries(payload, index));
    if (!entries) return;
    for (const ModuleEntry& entry : *entries) {
      if (!contains(entry.first_block, entry.block_count, search.number)) continue;
      Json user{{"kind", "module"}, {"id", to_string(entry.id)}, {"hash", to_hex(entry.hash)}};
      put_text(user, "entry_point", entry.entry_point);
      search.part(entry.first_block).describe(user, entry.size);
      search.users.push_back(std::move(user));
    }
  };
  each_table_block(search.probe, search.io, search.file, block_types::kCode, visit);
}

void find_dictionaries(Search& search) {
  const auto visit = [&search](Bytes payload, uint64_t index) {
    const uint32_t room = dictionaries_in(payload.size(), index == 0);
    const int64_t count = std::clamp<int64_t>(most_entries(payload, index), 0, room);
    uint32_t at = index == 0 ? kPackedTableHeaderLayout.size() : 0;
    for (int64_t i = 0; i < count; ++i, at += kDictionaryLayout.size()) {
      const Dictionary entry = kDictionaryLayout.decode(payload.subspan(at));
      if (!contains(entry.first_block, entry.block_count, search.number)) continue;
      Json user{{"kind", "dictionary"}, {"id", entry.id}, {"hash", to_hex(entry.hash)}};
      search.part(entry.first_block).describe(user, entry.size);
      search.users.push_back(std::move(user));
    }
  };
  each_table_block(search.probe, search.io, search.file, block_types::kDictionaries, visit);
}

void find_snapshots(Search& search) {
  const auto visit = [&search](Bytes payload, uint64_t index) {
    const auto entries = decode_snapshot_block(payload, index == 0, most_entries(payload, index));
    if (!entries) return;
    for (const SnapshotEntry& entry : *entries) {
      if (!contains(entry.inode_table_start, entry.inode_table_blocks, search.number)) continue;
      Json user{{"kind", "snapshot"}, {"id", to_string(entry.id)}};
      put_text(user, "label", entry.label);
      search.users.push_back(std::move(user));
    }
  };
  each_table_block(search.probe, search.io, search.file, block_types::kSnapshots, visit);
}

}  // namespace

Json users_of(const Probe& probe, const BlockIo& io, BlockFile& file, uint64_t number,
              uint64_t within) {
  Search search{probe, io, file, number, within, Json::array()};
  find_modules(search);
  find_dictionaries(search);
  find_snapshots(search);
  return std::move(search.users);
}

}  // namespace vde
