#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "image/readable_slot.h"
#include "image/snapshot_place.h"
#include "region/snapshot_table.h"

namespace vde {
namespace {

struct IdHash {
  size_t operator()(const Guid& id) const {
    return load_le<uint64_t>(id.bytes, 0) ^ load_le<uint64_t>(id.bytes, 8);
  }
};

using EntryVisitor = std::function<bool(const SnapshotEntry&)>;

class TableReader : public SnapshotReader {
 public:
  TableReader(const BlockIo& io, BlockRange region)
      : source_(io, region, tags::kSnapshots), region_(region) {}

  Result<void> list(const SnapshotVisitor& visit) override {
    return each([&](const SnapshotEntry& entry) { return visit(public_form(entry)); });
  }

  Result<std::optional<Snapshot>> get(const Guid& id) override {
    VDE_TRY_ASSIGN(entry, entry_of(id));
    return entry ? std::optional(public_form(*entry)) : std::nullopt;
  }

  Result<Snapshot> find(SnapshotRef ref) override {
    if (const auto id = parse_guid(ref)) {
      VDE_TRY_ASSIGN(entry, entry_of(*id));
      if (entry) return public_form(*entry);
    }
    SnapshotSearch search(ref);
    VDE_TRY(each([&](const SnapshotEntry& entry) {
      search.look_at(entry);
      return true;
    }));
    VDE_TRY_ASSIGN(found, search.result());
    return public_form(found);
  }

  Result<void> chain(const Guid& id, const SnapshotVisitor& visit) override {
    VDE_TRY(load());
    std::vector<bool> seen(entries_.size());
    for (Guid at = id; !at.is_zero();) {
      const auto found = index_.find(at);
      if (found == index_.end())
        return broken(at == id
                          ? fmt::format("there is no snapshot {}", to_string(at))
                          : fmt::format("the chain ends at {}, which is missing", to_string(at)));
      if (seen[found->second])
        return broken(fmt::format("the chain comes back to {}", to_string(at)));
      seen[found->second] = true;
      if (!visit(public_form(entries_[found->second]))) return {};
      at = entries_[found->second].parent;
    }
    return {};
  }

  Result<void> children(const Guid& id, const SnapshotVisitor& visit) override {
    return each([&](const SnapshotEntry& entry) {
      return entry.parent != id || visit(public_form(entry));
    });
  }

  Result<void> load() override {
    if (loaded_) return {};
    VDE_TRY(each([&](const SnapshotEntry& entry) {
      index_.emplace(entry.id, entries_.size());
      entries_.push_back(entry);
      return true;
    }));
    loaded_ = true;
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> broken(std::string what) const {
    return fail_at(region_.begin, ErrorCode::kDamaged, std::move(what), kRunVerify);
  }

  Result<void> each(const EntryVisitor& visit) {
    if (loaded_) {
      for (const SnapshotEntry& entry : entries_)
        if (!visit(entry)) break;
      return {};
    }
    return walk_packed(source_, snapshot_table(), [&](const PackedRecord& record) {
      const SnapshotEntry entry = snapshot_of(record.bytes);
      return is_padding(entry) || visit(entry);
    });
  }

  Result<std::optional<SnapshotEntry>> entry_of(const Guid& id) {
    std::optional<SnapshotEntry> found;
    if (loaded_) {
      const auto at = index_.find(id);
      if (at != index_.end()) found = entries_[at->second];
      return found;
    }
    VDE_TRY(walk_packed(source_, snapshot_table(), [&](const PackedRecord& record) {
      if (!std::equal(id.bytes.begin(), id.bytes.end(), record.bytes.begin())) return true;
      const SnapshotEntry entry = snapshot_of(record.bytes);
      if (!is_padding(entry)) found = entry;
      return !found;
    }));
    return found;
  }

  FileSource source_;
  BlockRange region_;
  bool loaded_ = false;
  std::vector<SnapshotEntry> entries_;
  std::unordered_map<Guid, size_t, IdHash> index_;  // the first entry of each id
};

}  // namespace

Snapshot public_form(const SnapshotEntry& entry) {
  return {entry.id,
          entry.parent,
          entry.created,
          entry.inode_table_start,
          entry.inode_table_blocks,
          entry.data_blocks,
          entry.flags,
          entry.label};
}

Result<size_t> snapshot_slot(const std::vector<RegionSlot>& slots) {
  return find_readable_slot(slots,
                            {tags::kSnapshots, "the snapshot table",
                             "the image has no snapshot table: the module 'snapshot' is missing",
                             "make an image with 'vdetool format --modules snapshot'"});
}

std::vector<std::string> snapshot_flag_names(uint16_t flags) {
  std::vector<std::string> names;
  for (unsigned bit = 0; bit < 16; ++bit) {
    const unsigned flag = 1u << bit;
    if ((flags & flag) == 0) continue;
    if (flag == kSnapshotReadOnly)
      names.emplace_back("read-only");
    else if (flag == kSnapshotDeleted)
      names.emplace_back("deleted");
    else if (flag == kSnapshotBase)
      names.emplace_back("base");
    else
      names.push_back(fmt::format("bit {}", bit));
  }
  return names;
}

Result<std::unique_ptr<SnapshotReader>> SnapshotReader::open(BlockFile& file) {
  VDE_TRY_ASSIGN(survey, survey_to_use(file));
  VDE_TRY_ASSIGN(slot, snapshot_slot(survey.slots));
  const auto region = block_range(survey.slots[slot].start, survey.slots[slot].count);
  if (!region || region->empty() || region->end > survey.usable_blocks())
    return fail(ErrorCode::kDamaged, "the snapshot table lies outside the volume", kRunVerify);
  return std::unique_ptr<SnapshotReader>(
      std::make_unique<TableReader>(BlockIo(file, survey.block_size), *region));
}

}  // namespace vde
