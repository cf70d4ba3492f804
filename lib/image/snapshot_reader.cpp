#include <fmt/format.h>

#include "image/image_state.h"
#include "image/region_words.h"
#include "image/snapshot_list.h"

namespace vde {

struct SnapshotReader::State {
  Shown shown;
  SnapshotList list;
};

SnapshotReader::SnapshotReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
SnapshotReader::SnapshotReader(SnapshotReader&&) noexcept = default;
SnapshotReader& SnapshotReader::operator=(SnapshotReader&&) noexcept = default;
SnapshotReader::~SnapshotReader() = default;

Result<SnapshotReader> Image::snapshots() const {
  const auto committed = state_->committed();
  VDE_TRY_ASSIGN(region, committed->regions.open_region(kSnapshotWords));
  const BlockIo io = committed->io;
  const BlockRange blocks = region.blocks;
  const PackedWalk walk = [io, blocks](const PackedVisitor& visit) {
    FileSource source(io, blocks, block_types::kSnapshots);
    return walk_packed(source, snapshot_table(), visit);
  };
  return SnapshotReader(std::make_unique<SnapshotReader::State>(
      SnapshotReader::State{{state_.get(), committed}, SnapshotList(walk, blocks.begin)}));
}

Result<void> SnapshotReader::list(const SnapshotVisitor& visit) {
  return state_->shown.read([&] {
    return state_->list.each([&](const SnapshotEntry& entry) { return visit(public_form(entry)); });
  });
}

Result<std::optional<Snapshot>> SnapshotReader::get(const Guid& id) {
  VDE_TRY_ASSIGN(entry, state_->shown.read([&] { return state_->list.get(id); }));
  return entry ? std::optional(public_form(*entry)) : std::nullopt;
}

Result<Snapshot> SnapshotReader::find(SnapshotRef ref) {
  return state_->shown.read([&] { return state_->list.find(ref); });
}

Result<void> SnapshotReader::chain(const Guid& id, const SnapshotVisitor& visit) {
  return state_->shown.read([&] { return state_->list.chain(id, visit); });
}

Result<void> SnapshotReader::children(const Guid& id, const SnapshotVisitor& visit) {
  const auto visit_child = [&](const SnapshotEntry& entry) {
    return entry.parent != id || visit(public_form(entry));
  };
  return state_->shown.read([&] { return state_->list.each(visit_child); });
}

Result<void> SnapshotReader::load() {
  return state_->shown.read([&] { return state_->list.load(); });
}

Result<std::vector<RetentionChoice>> SnapshotReader::choose(const RetentionRules& rules) {
  VDE_TRY_ASSIGN(choices, state_->shown.read([&] { return state_->list.choose(rules); }));
  VDE_TRY(refuse_keeping_none(choices));
  return std::move(choices);
}

Result<std::vector<Snapshot>> SnapshotReader::purgeable() {
  return state_->shown.read([&] { return state_->list.purgeable(); });
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

}  // namespace vde
