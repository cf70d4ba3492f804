#include "inspect/block_users.h"

#include "base/checked.h"
#include "inspect/valid_entries.h"
#include "vde/text.h"

namespace vde {
namespace {

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
  uint64_t number = 0;
  uint64_t within = 0;
  Json users = Json::array();

  [[nodiscard]] BlockPart part(int64_t first) const {
    return {number - static_cast<uint64_t>(first), within, payload_size(io.block_size())};
  }
};

void find_modules(Search& search) {
  each_module(search.probe, search.io, [&search](const ModuleEntry& entry) {
    if (!contains(entry.first_block, entry.block_count, search.number)) return;
    Json user{{"kind", "module"}, {"id", to_string(entry.id)}, {"hash", to_hex(entry.hash)}};
    put_text(user, "entry_point", entry.entry_point);
    search.part(entry.first_block).describe(user, entry.size);
    search.users.push_back(std::move(user));
  });
}

void find_dictionaries(Search& search) {
  each_dictionary(search.probe, search.io, [&search](const Dictionary& entry) {
    if (!contains(entry.first_block, entry.block_count, search.number)) return;
    Json user{{"kind", "dictionary"}, {"id", entry.id}, {"hash", to_hex(entry.hash)}};
    search.part(entry.first_block).describe(user, entry.size);
    search.users.push_back(std::move(user));
  });
}

void find_snapshots(Search& search) {
  each_snapshot(search.probe, search.io, [&search](const SnapshotEntry& entry) {
    if (!contains(entry.inode_table_start, entry.inode_table_blocks, search.number)) return;
    Json user{{"kind", "snapshot"}, {"id", to_string(entry.id)}};
    put_text(user, "label", entry.label);
    search.users.push_back(std::move(user));
  });
}

}  // namespace

Json users_of(const Probe& probe, const BlockIo& io, uint64_t number, uint64_t within) {
  Search search{probe, io, number, within, Json::array()};
  find_modules(search);
  find_dictionaries(search);
  find_snapshots(search);
  return std::move(search.users);
}

}  // namespace vde
