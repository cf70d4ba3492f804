// A snapshot table or code cache of which blocks do not verify: the entries of the others are kept,
// each as it is and in their order.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"

namespace vde {
namespace {

class TableRepairer {
 public:
  TableRepairer(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region)
      : repair_(repair),
        table_(repaired.table),
        region_(region),
        lost_(repaired.table, repair.total_blocks()),
        proof_(repair, repaired) {}

  Result<void> repair_all() {
    VDE_TRY(read_table());
    if (bad_.empty()) return {};
    if (const std::string doubt = find_doubt(); !doubt.empty()) {
      repair_.note(fmt::format("blocks of the {} table that do not verify are left: {}",
                               to_string(table_.tag), doubt));
      return {};
    }
    const bool in_front = bad_.front() < last_;
    if (in_front && table_.make_padding == nullptr) {
      VDE_TRY_ASSIGN(done, close_gaps());
      if (done) return {};
    }
    return fill_gaps();
  }

 private:
  [[nodiscard]] uint64_t number(uint64_t index) const { return region_.blocks.begin + index; }
  [[nodiscard]] static size_t first_offset(uint64_t index) {
    return index == 0 ? kPackedTableHeaderLayout.size() : 0;
  }

  Result<void> read_table() {
    bool zero_head = false;
    bool unwritten_head = false;
    bool written = false;  // a later block was
    for (uint64_t index = 0; index < region_.blocks.count(); ++index) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(block, repair_.read(number(index)));
      if (index == 0) unwritten_head = block.is_unwritten();
      written |= index > 0 && !block.is_unwritten();
      VDE_TRY_ASSIGN(payload, repair_.read_whole(number(index), table_.tag));
      if (!payload) {
        VDE_TRY(lose(index));
        continue;
      }
      if (index == 0) {
        const int32_t counted = kPackedTableHeaderLayout.decode(*payload).count;
        zero_head = all_zero(*payload);
        if (counted >= 0 && !zero_head) counted_ = counted;
      }
      read_block(index, *payload);
    }
    // That is how an empty table begins: only what lies after it shows that the count is lost.
    if (!zero_head) return {};
    if (found_ == 0 && !(unwritten_head && written)) {
      counted_ = 0;
      return {};
    }
    bad_.insert(bad_.begin(), 0);
    lost_.add_head(number(0));
    return {};
  }

  Result<void> lose(uint64_t index) {
    bad_.push_back(index);
    lost_.add(number(index), found_);
    VDE_TRY_ASSIGN(block, repair_.read(number(index)));
    lost_.name(block, index == 0);
    return {};
  }

  void read_block(uint64_t index, Bytes payload) {
    PackedCursor cursor(table_.shape, payload, index == 0);
    const bool empty = cursor.at_end();
    while (!cursor.at_end()) {
      const Result<Bytes> record = cursor.next();
      if (!record) {
        broken_ = number(index);
        return;
      }
      if (!counted_) proof_.add(*record);
      ++found_;
    }
    if (!empty) last_ = index;
    if (index == 0) return;
    // Without a count the first empty block is the end.
    ended_ |= empty;
    beyond_end_ |= ended_ && !all_zero(payload);
  }

  // Why the table cannot be repaired, or an empty text.
  std::string find_doubt() {
    if (broken_) return fmt::format("an entry in block {} makes no sense", *broken_);
    if (counted_ && found_ > *counted_)
      return fmt::format("the others hold {} entries, and the header counts {}", found_, *counted_);
    if (!counted_ && beyond_end_)
      return "the count is lost, and there are entries behind the first empty block";
    if (!counted_ && !proof_.holds())
      return "the count is lost, and entries share a key or name blocks outside of the volume";
    if (found_ > INT32_MAX - most_padding()) return "there are too many entries";
    return {};
  }

  // Entries that all blocks to be made again have room for.
  [[nodiscard]] int64_t most_padding() const {
    const uint64_t a_block = payload_size(repair_.io().block_size()) / table_.shape.fixed_size;
    return static_cast<int64_t>(bad_.size() * a_block);
  }

  void begin_step() {
    if (counted_ == found_)
      return repair_.step(
          fmt::format("{} of the {} table become empty", lost_.where(), to_string(table_.tag)),
          fmt::format("the header's count: the others hold all {} entries", found_));
    std::string loses = fmt::format("what {} held: {}{}", lost_.where(),
                                    lost_.which(counted_, found_), lost_.seeming());
    const std::string what =
        found_ == 0 ? fmt::format("the {} table becomes an empty one", to_string(table_.tag))
                    : fmt::format("the {} table keeps the {} entries of its blocks that verify",
                                  to_string(table_.tag), found_);
    repair_.step(what,
                 counted_
                     ? fmt::format("those blocks; the header counts {}", *counted_)
                     : "those blocks; the count is lost with the first one, and " + used_says(),
                 std::move(loses));
  }

  // How far the slot's used blocks bear out that no other entries are missing.
  [[nodiscard]] std::string used_says() {
    const int64_t used = repair_.slots()[region_.slot].used;
    if (used <= 0) return "nothing else tells how many there were";
    const auto tail = static_cast<uint64_t>(used) - 1;
    const bool is_bad = std::ranges::find(bad_, tail) != bad_.end();
    if (tail == last_ || (tail > last_ && is_bad))
      return fmt::format("the slot agrees that blocks up to {} were used", number(tail));
    return fmt::format("the slot says that blocks up to {} were used, which others contradict",
                       number(tail));
  }

  Result<void> set_count(int64_t count) {
    VDE_TRY_ASSIGN(payload, repair_.edit(number(0), table_.tag));
    PackedTableHeader header = kPackedTableHeaderLayout.decode(payload);
    header.count = static_cast<int32_t>(count);
    kPackedTableHeaderLayout.encode(header, payload);
    return {};
  }

  // Where a writer looks for the end; 0 has it read the whole table, as that of others does.
  void set_used(uint64_t used) {
    int64_t& known = repair_.slots()[region_.slot].used;
    if (known > 0) known = static_cast<int64_t>(used);
  }

  // Each block by itself: nothing else moves, however large the table is. With each commit the
  // header counts what was lost and all that is there, so that a repair can be broken off.
  Result<void> fill_gaps() {
    begin_step();
    int64_t counted = std::min(counted_.value_or(found_), INT32_MAX - most_padding());
    bool gaps = false;
    if (bad_.front() != 0) VDE_TRY(set_count(counted));
    for (const uint64_t index : bad_) {
      VDE_TRY(repair_.make_room(2));
      VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.tag));
      if (index < last_ && table_.make_padding != nullptr) {
        const int32_t made = pad_block(table_, index, payload, first_offset(index));
        counted += made;
        found_ += made;
      }
      gaps |= index < last_ && table_.make_padding == nullptr;
      VDE_TRY(set_count(counted));
    }
    if (counted != found_) VDE_TRY(set_count(found_));
    set_used(gaps ? 0 : last_ + 1);
    return {};
  }

  // What blocks from `first` on hold when entries move up into the place of those that are lost;
  // nothing where that leaves space in which the existing reader sees an entry.
  Result<std::optional<std::vector<BlockBuffer>>> arrange(uint64_t first) {
    std::vector<BlockBuffer> blocks;
    const size_t size = payload_size(repair_.io().block_size());
    if (first == 0) blocks.emplace_back(size);
    size_t end = first_offset(first);
    for (uint64_t index = first + 1; index <= last_; ++index) {
      VDE_TRY_ASSIGN(payload, repair_.read_whole(number(index), table_.tag));
      if (!payload) continue;
      if (first > 0) {  // whole blocks, as full as they were
        if (!PackedCursor(table_.shape, *payload, false).at_end())
          blocks.emplace_back(payload->begin(), payload->end());
        continue;
      }
      PackedCursor cursor(table_.shape, *payload, false);
      while (!cursor.at_end()) {
        VDE_TRY_ASSIGN(record, cursor.next());
        if (size - end < record.size()) {
          if (size - end >= table_.shape.fixed_size)
            return std::optional<std::vector<BlockBuffer>>();
          blocks.emplace_back(size);
          end = 0;
        }
        std::ranges::copy(record, blocks.back().begin() + static_cast<ptrdiff_t>(end));
        end += record.size();
      }
    }
    return std::optional(std::move(blocks));
  }

  // All at once: false where one commit has no room for it, or space would be left over.
  Result<bool> close_gaps() {
    const uint64_t first = bad_.front();
    const auto after = static_cast<uint64_t>(
        std::ranges::count_if(bad_, [&](uint64_t index) { return index > last_; }));
    const uint64_t changes = last_ - first + 1 + after + 1;
    if (changes > repair_.most_in_commit()) return false;
    VDE_TRY_ASSIGN(blocks, arrange(first));
    if (!blocks) return false;
    VDE_TRY(repair_.make_room(changes));
    begin_step();
    for (uint64_t index = first; index <= last_; ++index) {
      VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.tag));
      if (index - first < blocks->size())
        std::ranges::copy((*blocks)[index - first], payload.begin());
    }
    for (const uint64_t index : bad_)
      if (index > last_) VDE_TRY(repair_.replace(number(index), table_.tag));
    VDE_TRY(set_count(found_));
    set_used(first + blocks->size());
    return true;
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  PlacedRegion region_;
  std::vector<uint64_t> bad_;       // indices of blocks to be made again, ascending
  std::optional<int64_t> counted_;  // entries, by the header
  int64_t found_ = 0;               // entries in blocks that verify
  uint64_t last_ = 0;               // the last block that has any
  std::optional<uint64_t> broken_;  // a block with one that makes no sense
  bool ended_ = false;              // a block without entries was seen
  bool beyond_end_ = false;         // and something after it
  LostEntries lost_;
  EntryProof proof_;
};

Result<void> repair_blocks(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.tag);
  if (!region) return {};
  return TableRepairer(repair, repaired, *region).repair_all();
}

}  // namespace

Result<void> repair_snapshot_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_snapshots());
}

Result<void> repair_module_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_modules());
}

}  // namespace vde
