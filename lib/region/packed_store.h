// Packed entries over many blocks: what the snapshot table (SNAP) and the code cache (CODE) have in
// common. format/packed_table.h says how entries lie in a block.
//
// The existing reader takes whatever follows a block's last entry for another one where there is
// room for its fixed part, except behind the table's very last entry. So what is left over in a
// block has to be smaller than that: a table that can have padding entries gets them, in another
// one the entries are put in an order that does it, where there is one.
#pragma once

#include <functional>
#include <optional>

#include "format/packed_table.h"
#include "region/allocator.h"
#include "region/packed_fill.h"
#include "region/packed_source.h"

namespace vde {

// What makes one packed table different from another.
struct PackedTable {
  Tag tag;
  PackedShape shape;
  // Makes an entry that means nothing and takes up all of `room`, which is zeros; null where
  // entries are reordered instead. What lies `before` it in block `index` of the region makes its
  // key one of its own.
  void (*make_padding)(Bytes before, uint64_t index, MutableBytes room) = nullptr;
  bool (*is_padding)(Bytes record) = nullptr;  // null where make_padding is
};

// Where an entry lies.
struct PackedPlace {
  uint64_t block = 0;   // of the region, from 0
  uint32_t offset = 0;  // bytes into the payload

  bool operator==(const PackedPlace&) const = default;
};

struct PackedRecord {
  PackedPlace place;
  Bytes bytes;  // the whole entry, text included; valid during the call
};

// Gets the entries one by one, padding entries too; false = no more of them.
using PackedVisitor = std::function<bool(const PackedRecord&)>;
// Hands out the entries of one table, wherever it is read.
using PackedWalk = std::function<Result<void>(const PackedVisitor&)>;

// For a table whose first block is zero: kDamaged unless that may be an empty one. It is none where
// a later block has content, nor where the first block was never written and a later one was,
// whatever it holds: whoever makes a table starts with its first block. `noun` is what an entry is
// called. All that read or change a table ask this before they take zeros for "empty".
[[nodiscard]] Result<void> refuse_unwritten_head(PackedSource& source, std::string_view noun);

// Hands out the entries of a table in its order, as many as its header counts. Reads each block
// once and keeps none. kDamaged where a block does not verify, an entry makes no sense, there are
// fewer entries than counted, or more (which only a walk to the end sees), or the first block is
// lost (see refuse_unwritten_head).
[[nodiscard]] Result<void> walk_packed(PackedSource& source, const PackedTable& table,
                                       const PackedVisitor& visit);

// The place of the first entry whose key is `key` (shape.key_size bytes); reads up to it.
[[nodiscard]] Result<std::optional<PackedPlace>> find_packed(PackedSource& source,
                                                             const PackedTable& table, Bytes key);

// Fills the `payload` of block `index` from byte `end` on with padding entries, wherever one could
// be, each as large as entries may be; then with zeros. Returns their number. Only for tables that
// have such entries.
[[nodiscard]] int32_t pad_block(const PackedTable& table, uint64_t index, MutableBytes payload,
                                size_t end);

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
