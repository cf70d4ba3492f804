// Changing a table of packed entries (table/packed_walk.h).
#pragma once

#include "region/allocator.h"
#include "region/packed_fill.h"
#include "table/packed_walk.h"

namespace vde {

// Changes one table within one transaction. Where the table ends is known from the slot's `used`
// blocks; where that is not so, as in images of others, the whole table is read once, and put right
// where the existing reader would stumble over it: blocks never written, left-over space. So all
// operations but walk() and find() touch a handful of blocks, however many entries there are.
//
// An error leaves a transaction that must not be committed.
class PackedEditor {
 public:
  // The table in slot `slot` of `transaction`; all arguments outlive the editor. kDamaged where the
  // table is not sound, or holds more entries than it counts.
  [[nodiscard]] static Result<PackedEditor> open(Transaction& transaction, Allocator& allocator,
                                                 size_t slot, const PackedTable& table);

  // The blocks of the table, as the transaction sees them.
  [[nodiscard]] BlockRange region() const;
  // Entries, padding included.
  [[nodiscard]] int32_t count() const { return count_; }

  // As the functions above, on what the transaction holds.
  [[nodiscard]] Result<void> walk(const PackedVisitor& visit);
  [[nodiscard]] Result<std::optional<PackedPlace>> find(Bytes key);
  // The bytes of the entry at a place that one of these functions returned.
  [[nodiscard]] Result<std::vector<uint8_t>> read(PackedPlace place);
  // The table's last entry; nothing where it is empty.
  [[nodiscard]] Result<std::optional<std::vector<uint8_t>>> last();

  enum class Room {
    kAtEnd,
    kAnywhere,  // in the place of a padding entry, if one is near the end
  };
  // Adds an entry; the region grows where it is full. Entries may change their places in a table
  // that is reordered. kNoSpace where volume or count are full.
  [[nodiscard]] Result<void> append(Bytes record, Room room = Room::kAtEnd);

  // Puts `record` in the place of one of the same size. Nothing else moves.
  [[nodiscard]] Result<void> replace(PackedPlace place, Bytes record);

  // Takes an entry out: the last one takes its place. Only for a table without padding; places
  // known before mean nothing afterwards.
  [[nodiscard]] Result<void> remove(PackedPlace place);

 private:
  PackedEditor(Transaction& transaction, Allocator& allocator, size_t slot,
               const PackedTable& table)
      : transaction_(&transaction), allocator_(&allocator), slot_(slot), table_(&table) {}

  using Records = std::vector<std::vector<uint8_t>>;
  struct Division {
    Records here;           // of one block
    Records there;          // all others
    bool is_tight = false;  // less than a fixed part is left over in the block
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
  [[nodiscard]] Result<void> seal_unwritten();

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
  [[nodiscard]] Result<void> grow();
  [[nodiscard]] Result<void> save();

  Transaction* transaction_;
  Allocator* allocator_;
  size_t slot_;
  const PackedTable* table_;
  int32_t count_ = 0;
  uint64_t tail_ = 0;  // the block of the region that the last entry is in
  uint32_t end_ = 0;   // bytes into its payload, behind that entry
};

}  // namespace vde
