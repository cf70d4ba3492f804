#include "check/entries/table_change.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

class TableWriter {
 public:
  TableWriter(StructureRepair& repair, const PackedTable& table, const PlacedRegion& region,
              const TableChange& change)
      : repair_(repair), table_(table), region_(region), change_(change) {}

  Result<bool> write() {
    if (change_.found > INT32_MAX - max_padding()) return false;
    const bool has_gaps =
        std::ranges::any_of(change_.blocks, [&](uint64_t index) { return is_gap(index); });
    if (has_gaps && table_.make_padding == nullptr) {
      VDE_TRY_ASSIGN(done, close_gaps());
      if (done) return true;
    }
    VDE_TRY(fill_gaps());
    return true;
  }

 private:
  [[nodiscard]] uint64_t number(uint64_t index) const { return region_.blocks.begin + index; }
  [[nodiscard]] static size_t first_offset(uint64_t index) {
    return index == 0 ? kPackedTableHeaderLayout.size() : 0;
  }
  [[nodiscard]] size_t block_payload() const { return payload_size(repair_.io().block_size()); }

  // Where the kept entries of a block to replace end, in bytes.
  [[nodiscard]] size_t kept_end(uint64_t index) const {
    size_t end = first_offset(index);
    for (const BlockBuffer& record : change_.kept_in(index)) end += record.size();
    return end;
  }

  // Whether it has unused space, with entries after it, that the SDK takes for an entry.
  [[nodiscard]] bool is_gap(uint64_t index) const {
    return index < change_.last && block_payload() - kept_end(index) >= table_.shape.fixed_size;
  }

  // The maximum number of padding entries in the blocks to replace.
  [[nodiscard]] int64_t max_padding() const {
    const uint64_t per_block = block_payload() / table_.shape.fixed_size;
    return static_cast<int64_t>(change_.blocks.size() * per_block);
  }

  // Returns false if the step loses entries without consent.
  Result<bool> begin_step() {
    const bool taken = repair_.lossy_step(change_.what, change_.source, change_.loss);
    if (taken && change_.list) VDE_TRY(change_.list());
    return taken;
  }

  // Writers find the end of the table with this number. With 0, as from other programs, they read
  // the whole table.
  void set_used(uint64_t used) {
    int64_t& known = repair_.slots()[region_.slot].used;
    if (known > 0) known = static_cast<int64_t>(used);
  }

  // Replaces each damaged block; nothing else moves, so the size of the table does not matter.
  // Until the last commit the header still counts the lost entries, so that an interrupted repair
  // can be repeated.
  Result<void> fill_gaps() {
    VDE_TRY_ASSIGN(begun, begin_step());
    if (!begun) return {};
    int64_t found = change_.found;
    int64_t counted = std::min(change_.counted.value_or(found), INT32_MAX - max_padding());
    bool gaps = false;
    if (change_.blocks.front() != 0) VDE_TRY(set_table_count(repair_, region_, counted));
    for (const uint64_t index : change_.blocks) {
      VDE_TRY(repair_.make_room({number(index), number(0)}));
      VDE_TRY_ASSIGN(made, replace_block(index));
      counted += made;
      found += made;
      gaps |= table_.make_padding == nullptr && is_gap(index);
      VDE_TRY(set_table_count(repair_, region_, counted));
    }
    if (counted != found) VDE_TRY(set_table_count(repair_, region_, found));
    set_used(gaps ? 0 : change_.last + 1);
    return {};
  }

  // Returns the number of padding entries.
  Result<int32_t> replace_block(uint64_t index) {
    VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.type));
    size_t end = first_offset(index);
    for (const BlockBuffer& record : change_.kept_in(index)) {
      std::ranges::copy(record, payload.subspan(end).begin());
      end += record.size();
    }
    if (index >= change_.last || table_.make_padding == nullptr) return 0;
    return pad_block(table_, index, payload, end);
  }

  // The entries of a block that are kept.
  Result<std::vector<BlockBuffer>> entries_of(uint64_t index) {
    if (change_.replaces(index)) return change_.kept_in(index);
    std::vector<BlockBuffer> entries;
    VDE_TRY_ASSIGN(payload, repair_.read_intact(number(index), table_.type));
    if (!payload) return entries;
    PackedCursor cursor(table_.shape, *payload, index == 0);
    while (!cursor.at_end()) {
      VDE_TRY_ASSIGN(record, cursor.next());
      entries.emplace_back(record.begin(), record.end());
    }
    return entries;
  }

  // The content of the blocks from `first` on if the entries move up to fill the gaps. Nothing if
  // that leaves unused space that the SDK takes for an entry.
  Result<std::optional<std::vector<BlockBuffer>>> arrange(uint64_t first) {
    std::vector<BlockBuffer> blocks;
    if (first == 0) blocks.emplace_back(block_payload());
    size_t end = first_offset(first);
    const bool moves_blocks = first > 0 && change_.kept.empty();  // they stay as full as they were
    for (uint64_t index = first; index <= change_.last; ++index) {
      VDE_TRY_ASSIGN(entries, entries_of(index));
      bool starts = moves_blocks;
      for (const BlockBuffer& record : entries) {
        const size_t left = blocks.empty() ? 0 : block_payload() - end;
        if (starts || left < record.size()) {
          if (!moves_blocks && left >= table_.shape.fixed_size)
            return std::optional<std::vector<BlockBuffer>>();
          blocks.emplace_back(block_payload());
          end = 0;
          starts = false;
        }
        std::ranges::copy(record, blocks.back().begin() + static_cast<ptrdiff_t>(end));
        end += record.size();
      }
    }
    return std::optional(std::move(blocks));
  }

  // Closes all gaps in one commit. False if they do not fit into one, or if unused space would
  // remain.
  Result<bool> close_gaps() {
    const uint64_t first = change_.blocks.front();
    const uint64_t last = change_.last;
    if (last - first + 1 > repair_.max_in_commit()) return false;
    std::vector<uint64_t> changes = {number(0)};
    for (uint64_t index = first; index <= last; ++index) changes.push_back(number(index));
    for (const uint64_t index : change_.blocks)
      if (index > last) changes.push_back(number(index));
    VDE_TRY_ASSIGN(room, repair_.make_room(changes));
    if (!room) return false;
    VDE_TRY_ASSIGN(blocks, arrange(first));
    if (!blocks || blocks->size() > last - first + 1) return false;
    VDE_TRY_ASSIGN(begun, begin_step());
    if (!begun) return true;
    for (uint64_t index = first; index <= last; ++index) {
      VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.type));
      if (index - first < blocks->size())
        std::ranges::copy((*blocks)[index - first], payload.begin());
    }
    for (const uint64_t index : change_.blocks)
      if (index > last) VDE_TRY(repair_.replace(number(index), table_.type));
    VDE_TRY(set_table_count(repair_, region_, change_.found));
    set_used(first + blocks->size());
    return true;
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  PlacedRegion region_;
  const TableChange& change_;
};

}  // namespace

bool TableChange::replaces(uint64_t index) const {
  return std::ranges::binary_search(blocks, index);
}

const std::vector<BlockBuffer>& TableChange::kept_in(uint64_t index) const {
  static const std::vector<BlockBuffer> none;
  const auto entries = kept.find(index);
  return entries == kept.end() ? none : entries->second;
}

Result<void> change_table(StructureRepair& repair, const RepairedTable& repaired,
                          const PlacedRegion& region, const TableChange& change) {
  VDE_TRY_ASSIGN(written, TableWriter(repair, repaired.table, region, change).write());
  if (!written)
    repair.note(fmt::format("the {} has too many entries to be repaired", repaired.name));
  return {};
}

}  // namespace vde
