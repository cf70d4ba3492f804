#include "check/passes/lost_entries.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

// The maximum number of blocks, and of entries, that are named.
constexpr size_t kMaxLostNamed = 16;

bool is_likely_snapshot(Bytes record, uint64_t total_blocks) {
  const SnapshotEntry entry = snapshot_of(record);
  const auto inodes = block_range(entry.inode_table_start, entry.inode_table_blocks);
  return inodes && inodes->end <= total_blocks && (entry.flags & ~kKnownSnapshotFlags) == 0 &&
         is_utf8(entry.label) && !entry.id.is_zero() && entry.created > Ticks{} &&
         !is_padding(entry);
}

bool is_likely_module(Bytes record, uint64_t total_blocks, uint32_t block_size) {
  const auto decoded = decode_module_entry(record);
  return decoded && module_extent(decoded->entry, total_blocks, block_size);
}

std::string name_of_snapshot(Bytes record) {
  const SnapshotEntry entry = snapshot_of(record);
  if (entry.label.empty()) return fmt::format("snapshot {}", to_string(entry.id));
  return fmt::format("snapshot {} '{}'", to_string(entry.id), escape(entry.label));
}

std::string name_of_module(Bytes record, uint64_t total_blocks, uint32_t block_size) {
  const auto decoded = decode_module_entry(record);
  const auto extent = module_extent(decoded->entry, total_blocks, block_size);
  const std::string hash = to_hex(decoded->entry.hash);
  if (extent->count() == 1) return fmt::format("module {} in block {}", hash, extent->begin);
  return fmt::format("module {} in blocks {} to {}", hash, extent->begin, extent->end - 1);
}

}  // namespace

bool is_likely_record(const PackedTable& table, Bytes record, uint64_t total_blocks,
                      uint32_t block_size) {
  return table.type == block_types::kCode ? is_likely_module(record, total_blocks, block_size)
                                          : is_likely_snapshot(record, total_blocks);
}

void each_likely_record(const PackedTable& table, const UncheckedBlock& block, bool first,
                        uint64_t total_blocks, const std::function<void(Bytes record)>& visit) {
  const Bytes payload = block.unchecked_payload();
  const auto block_size = static_cast<uint32_t>(payload.size() + kTrailerSize);
  PackedCursor cursor(table.shape, payload, first);
  while (!cursor.at_end()) {
    const Result<Bytes> record = cursor.next();
    if (!record) return;
    if (is_likely_record(table, *record, total_blocks, block_size)) visit(*record);
  }
}

void LostEntries::add(uint64_t number, int64_t before) {
  if (count_++ == 0) before_ = before;
  if (blocks_.size() < kMaxLostNamed) blocks_.push_back(number);
}

void LostEntries::add_head(uint64_t number) {
  ++count_;
  before_ = 0;
  blocks_.insert(blocks_.begin(), number);
}

void LostEntries::name(const UncheckedBlock& block, bool first,
                       const std::function<bool(Bytes record)>& is_kept) {
  const auto block_size = static_cast<uint32_t>(block.unchecked_payload().size() + kTrailerSize);
  each_likely_record(*table_, block, first, total_blocks_, [&](Bytes record) {
    if (is_kept(record) || readable_++ >= kMaxLostNamed) return;
    names_.push_back(table_->type == block_types::kCode
                         ? name_of_module(record, total_blocks_, block_size)
                         : name_of_snapshot(record));
  });
}

std::string list_blocks(std::span<const uint64_t> first, uint64_t count) {
  std::string text = count == 1 ? "block" : "blocks";
  for (size_t i = 0; i < first.size(); ++i)
    text += fmt::format("{} {}", i == 0 ? "" : ",", first[i]);
  if (count > first.size()) text += fmt::format(" and {} more", count - first.size());
  return text;
}

std::string LostEntries::which(std::optional<int64_t> counted, int64_t found) const {
  if (!counted)
    return found == 0
               ? std::string("an unknown number of entries")
               : fmt::format("an unknown number of entries; {} are readable elsewhere", found);
  const int64_t lost = *counted - found;
  if (count_ > 1)
    return fmt::format("{} of {} entries, the first of them entry {}", lost, *counted, before_);
  if (lost == 1) return fmt::format("entry {} of {}", before_, *counted);
  return fmt::format("entries {} to {} of {}", before_, before_ + lost - 1, *counted);
}

std::string LostEntries::unverified() const {
  std::string text;
  for (const std::string& name : names_)
    text += fmt::format("{} {}", text.empty() ? "; readable there (unverified):" : ",", name);
  if (readable_ > names_.size()) text += " and more";
  return text;
}

}  // namespace vde
