// Changes a table of packed entries (table/packed_walk.h).
#pragma once

#include "region/allocator.h"
#include "region/packed_fill.h"
#include "table/packed_walk.h"

namespace vde {

// Changes one table within one transaction. The end of the table is determined from the slot's
// `used` blocks. If they are wrong, as in images of other programs, the whole table is read once
// and fixed where the SDK could not read it: unwritten blocks, and too much unused space; unwritten
// blocks after the last entry are left to the caller (lacking_trailers()). So all operations except
// walk() and find() touch a few blocks, regardless of the number of entries.
//
// After an error the transaction must not be committed.
class PackedEditor {
 public:
  // Opens the table in slot `slot` of `transaction`; all arguments must outlive the editor.
  // kDamaged if the table is damaged, or holds more entries than it counts.
  [[nodiscard]] static Result<PackedEditor> open(Transaction& transaction, Allocator& allocator,
                                                 size_t slot, const PackedTable& table);

  // The blocks of the table, as the transaction sees them.
  [[nodiscard]] BlockRange region() const;
  [[nodiscard]] size_t slot() const { return slot_; }
  // Blocks after the last entry, counted from the region's first one, of which some may have no
  // trailer. To be given to add_trailers() once this transaction is committed; all in this one
  // could need more space than the journal has.
  [[nodiscard]] BlockRange lacking_trailers() const;
  // The number of entries, including padding.
  [[nodiscard]] int32_t count() const { return count_; }

  // As walk_packed() and find_packed(), on what the transaction sees.
  [[nodiscard]] Result<void> walk(const PackedVisitor& visit);
  [[nodiscard]] Result<std::optional<PackedPlace>> find(Bytes key);
  // The bytes of the entry at a position that one of these functions returned.
  [[nodiscard]] Result<std::vector<uint8_t>> read(PackedPlace place);
  // The table's last entry; nothing if it is empty.
  [[nodiscard]] Result<std::optional<std::vector<uint8_t>>> last();

  enum class Room {
    kAtEnd,
    kAnywhere,  // in place of a padding entry, if there is one near the end
  };
  // Adds an entry; the region grows if it is full. In a table without padding other entries may
  // move. kNoSpace if the volume or the entry count is at its limit.
  [[nodiscard]] Result<void> append(Bytes record, Room room = Room::kAtEnd);

  // Overwrites an entry by `record`, which must have the same size. Nothing else moves.
  [[nodiscard]] Result<void> replace(PackedPlace place, Bytes record);

  // Removes an entry; the last one moves to its place. Only for a table without padding. Positions
  // returned before become invalid.
  [[nodiscard]] Result<void> remove(PackedPlace place);

  // Rewrites the table with only those entries for which `is_kept` returns true, in their order,
  // without gaps. Blocks that it no longer needs become zero. Only for a table with padding.
  // Positions returned before become invalid.
  [[nodiscard]] Result<void> compact(const std::function<bool(Bytes record)>& is_kept);

 private:
  PackedEditor(Transaction& transaction, Allocator& allocator, size_t slot,
               const PackedTable& table)
      : transaction_(&transaction), allocator_(&allocator), slot_(slot), table_(&table) {}

  class Compaction;
  using Records = std::vector<std::vector<uint8_t>>;
  struct Division {
    Records here;           // of the block
    Records there;          // all others
    bool is_tight = false;  // less than a fixed part is left in the block
  };

  [[nodiscard]] uint64_t number(uint64_t index) const { return region().begin + index; }
  [[nodiscard]] uint32_t capacity() const;
  [[nodiscard]] uint32_t room_in(uint64_t index) const;
  [[nodiscard]] static uint32_t first_offset(uint64_t index);
  [[nodiscard]] Result<Bytes> payload(uint64_t index);
  [[nodiscard]] Result<MutableBytes> edit(uint64_t index);
  [[nodiscard]] Result<bool> is_unwritten(uint64_t index);

  [[nodiscard]] Result<bool> find_end();
  [[nodiscard]] Result<void> adopt();

  [[nodiscard]] Result<Records> records_of(uint64_t index);
  [[nodiscard]] Result<void> write_records(uint64_t index, const Records& records);
  [[nodiscard]] Result<void> pad(uint64_t index, uint32_t end);
  [[nodiscard]] Result<bool> take_padding(Bytes record);
  [[nodiscard]] Result<void> advance_tail();
  [[nodiscard]] Result<void> split_over_two(Bytes record);
  [[nodiscard]] Division divide(uint64_t index, Records pool, Fill fill) const;
  [[nodiscard]] Result<void> refill(uint64_t index, Records records);
  [[nodiscard]] Result<bool> refill_two(uint64_t index, Records pool);
  [[nodiscard]] Result<void> write_tail(const Records& records);
  [[nodiscard]] Result<void> retreat_tail();
  [[nodiscard]] Result<void> save();

  Transaction* transaction_;
  Allocator* allocator_;
  size_t slot_;
  const PackedTable* table_;
  int32_t count_ = 0;
  uint64_t tail_ = 0;  // index of the block with the last entry
  uint32_t end_ = 0;   // offset after that entry in its payload
  bool lacks_trailers_ = false;
};

}  // namespace vde
