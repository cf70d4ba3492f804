#include "table/snapshot_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ranges.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr size_t kMinPrefix = 4;      // characters
constexpr size_t kMaxCandidates = 8;  // named in an error

bool is_padding_record(Bytes record) {
  return is_padding(snapshot_of(record));
}

// An id that no other entry has: it is derived from all bytes before it, which include the other
// ids.
void make_padding(Bytes before, uint64_t index, MutableBytes room) {
  SnapshotEntry entry;
  entry.flags = kSnapshotDeleted;
  entry.label.assign(room.size() - kSnapshotEntryLayout.size(), '\0');
  std::array<uint8_t, 24> seed{};
  store_le(MutableBytes(seed), 0, checksum(before));
  store_le(MutableBytes(seed), 8, index);
  store_le(MutableBytes(seed), 16, uint64_t{before.size()});
  store_le(MutableBytes(entry.id.bytes), 0, checksum(seed));
  store_le(MutableBytes(entry.id.bytes), 8, checksum(entry.id.bytes));
  // as_version_8() never returns zero.
  entry.id = as_version_8(entry.id);
  encode(entry, room);
}

constexpr PackedTable kTable{block_types::kSnapshots, kSnapshotShape, make_padding,
                             is_padding_record};

// The digits of an id prefix; empty if `ref` is not one. Dashes must be at the places where ids
// have them.
std::string prefix_digits(std::string_view ref) {
  if (ref.size() < kMinPrefix) return {};
  const bool with_dashes = ref.find('-') != std::string_view::npos;
  std::string digits;
  for (size_t i = 0; i < ref.size(); ++i) {
    const bool dash_place = i == 8 || i == 13 || i == 18 || i == 23;
    if (with_dashes && dash_place) {
      if (ref[i] != '-') return {};
      continue;
    }
    const char c = ref[i] >= 'A' && ref[i] <= 'F' ? static_cast<char>(ref[i] - 'A' + 'a') : ref[i];
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return {};
    digits += c;
  }
  return digits.size() <= 2 * sizeof(Guid) ? digits : std::string{};
}

std::string digits_of(const Guid& id) {
  std::string text = to_string(id);
  std::erase(text, '-');
  return text;
}

}  // namespace

const PackedTable& snapshot_table() {
  return kTable;
}

bool is_padding(const SnapshotEntry& entry) {
  return entry.flags == kSnapshotDeleted && entry.parent.is_zero() && entry.created == Ticks{} &&
         entry.inode_table_start == 0 && entry.inode_table_blocks == 0 && entry.data_blocks == 0 &&
         std::all_of(entry.label.begin(), entry.label.end(), [](char c) { return c == '\0'; });
}

SnapshotEntry snapshot_of(Bytes record) {
  Result<Decoded<SnapshotEntry>> decoded = decode_snapshot_entry(record);
  return decoded ? std::move(decoded->entry) : SnapshotEntry{};
}

Result<SnapshotCounts> count_snapshots(PackedSource& source) {
  SnapshotCounts counts;
  VDE_TRY(walk_packed(source, kTable, [&](const PackedRecord& record) {
    const SnapshotEntry entry = snapshot_of(record.bytes);
    if (is_padding(entry)) return true;
    ++counts.all;
    if ((entry.flags & kSnapshotDeleted) != 0) ++counts.deleted;
    return true;
  }));
  return counts;
}

int64_t allocated_data_blocks(const Superblock& superblock, const RegionTable& regions) {
  const auto count = static_cast<int64_t>(count_blocks(regions.metadata()));
  return std::max<int64_t>(0, superblock.total_allocated_blocks - count);
}

void SnapshotSearch::Matches::add(const SnapshotEntry& entry) {
  ++count;
  if (first.size() < kMaxCandidates) first.push_back(entry);
}

SnapshotSearch::SnapshotSearch(std::string_view ref) : ref_(ref), prefix_(prefix_digits(ref)) {}

void SnapshotSearch::consider(const SnapshotEntry& entry) {
  if ((entry.flags & kSnapshotDeleted) != 0) return;
  // If several have the same time, the last one in the table.
  if (ref_ == "@latest" && (!latest_ || entry.created >= latest_->created)) latest_ = entry;
  if (entry.label == ref_ && !ref_.empty()) labels_.add(entry);
  if (!prefix_.empty() && digits_of(entry.id).starts_with(prefix_)) ids_.add(entry);
}

Result<SnapshotEntry> SnapshotSearch::result() const {
  if (latest_) return *latest_;
  if (labels_.count > 0) return only(labels_, "label");
  if (ids_.count > 0) return only(ids_, "prefix");
  if (ref_ == "@latest") return fail(ErrorCode::kNotFound, "there are no snapshots yet");
  return fail(ErrorCode::kNotFound, fmt::format("there is no snapshot '{}'", escape(ref_)),
              "run 'vdetool snapshot list IMAGE --all'; a deleted one needs its full id");
}

Result<SnapshotEntry> SnapshotSearch::only(const Matches& matches, std::string_view what) const {
  if (matches.count == 1) return matches.first.front();
  std::string ids;
  for (const SnapshotEntry& entry : matches.first)
    ids += fmt::format("{}{}", ids.empty() ? "" : ", ", to_string(entry.id));
  if (matches.count > matches.first.size()) ids += ", ..";
  return fail(
      ErrorCode::kUsage,
      fmt::format("{} '{}' matches {} snapshots: {}", what, escape(ref_), matches.count, ids),
      "use an id");
}

}  // namespace vde
