#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "region/packed_editor.h"
#include "region/placement.h"

namespace vde {
namespace {

// At most this many unused blocks of another program's table get trailers: each costs a write. The
// SDK cannot read a table with more of them, before or after.
constexpr uint64_t kMaxZeroed = 65536;

std::vector<uint32_t> sizes_of(const std::vector<std::vector<uint8_t>>& records) {
  std::vector<uint32_t> sizes;
  sizes.reserve(records.size());
  for (const auto& record : records) sizes.push_back(static_cast<uint32_t>(record.size()));
  return sizes;
}

}  // namespace

BlockRange PackedEditor::region() const {
  return transaction_->regions().at(slot_).blocks;
}

uint32_t PackedEditor::capacity() const {
  return payload_size(transaction_->journal().io().block_size());
}

uint32_t PackedEditor::first_offset(uint64_t index) {
  return index == 0 ? kPackedTableHeaderLayout.size() : 0;
}

Result<Bytes> PackedEditor::payload(uint64_t index) {
  return transaction_->read(number(index), table_->type);
}

Result<MutableBytes> PackedEditor::edit(uint64_t index) {
  return transaction_->edit(number(index), table_->type);
}

Result<bool> PackedEditor::is_unwritten(uint64_t index) {
  return transaction_->is_unwritten(number(index));
}

Result<PackedEditor> PackedEditor::open(Transaction& transaction, Allocator& allocator, size_t slot,
                                        const PackedTable& table) {
  PackedEditor editor(transaction, allocator, slot, table);
  if (editor.region().empty())
    return fail(ErrorCode::kDamaged, fmt::format("the {} table has no blocks", table.shape.noun),
                kRunRepair);
  VDE_TRY_ASSIGN(head, editor.payload(0));
  editor.count_ = kPackedTableHeaderLayout.decode(head).count;
  if (all_zero(head)) {
    TransactionSource source(transaction, slot);
    VDE_TRY(refuse_unwritten_head(source, table.shape.noun));
  }
  VDE_TRY_ASSIGN(known, editor.find_end());
  if (!known) VDE_TRY(editor.adopt());
  return editor;
}

// Determines the end of the table from the slot's used blocks. They are only a hint: unless the
// place they name looks like an end, the whole table is read. The same applies if the first and
// last blocks are of different commits, because one of them may be the result of a lost write.
Result<bool> PackedEditor::find_end() {
  const int64_t used = transaction_->regions().at(slot_).used;
  if (count_ < 0 || used < 1 || static_cast<uint64_t>(used) > region().count()) return false;
  tail_ = static_cast<uint64_t>(used) - 1;
  VDE_TRY_ASSIGN(head_made, transaction_->committed_generation(number(0), table_->type));
  VDE_TRY_ASSIGN(tail_made, transaction_->committed_generation(number(tail_), table_->type));
  if (head_made != tail_made) return false;
  VDE_TRY_ASSIGN(tail, payload(tail_));
  PackedCursor cursor(table_->shape, tail, tail_ == 0);
  int32_t records = 0;
  for (; !cursor.at_end(); ++records)
    if (!cursor.next()) return false;
  end_ = static_cast<uint32_t>(cursor.offset());
  const auto others = static_cast<uint64_t>(std::max(0, count_ - records));
  const uint64_t max = tail_ * (capacity() / table_->shape.fixed_size);
  if (count_ < records || others < tail_ || others > max || (tail_ > 0 && records == 0))
    return false;
  if (tail_ + 1 == region().count()) return true;
  VDE_TRY_ASSIGN(next, payload(tail_ + 1));
  if (!all_zero(next)) return false;
  VDE_TRY_ASSIGN(unwritten, is_unwritten(region().count() - 1));
  return !unwritten;
}

// Reads the whole table, and changes it so that the SDK can read it.
Result<void> PackedEditor::adopt() {
  tail_ = 0;
  end_ = first_offset(0);
  VDE_TRY(walk([&](const PackedRecord& record) {
    tail_ = record.place.block;
    end_ = record.place.offset + static_cast<uint32_t>(record.bytes.size());
    return true;
  }));
  // Those after the last entry follow in commits of their own (lacking_trailers()).
  lacks_trailers_ = true;
  VDE_TRY(add_trailers(*transaction_, slot_, {0, tail_ + 1}, region().count()));
  for (uint64_t index = 0; index < tail_; ++index) {
    VDE_TRY_ASSIGN(block, payload(index));
    PackedCursor cursor(table_->shape, block, index == 0);
    while (!cursor.at_end()) VDE_TRY(cursor.next());
    if (cursor.left() < table_->shape.fixed_size) continue;
    if (table_->make_padding != nullptr) {
      VDE_TRY(pad(index, static_cast<uint32_t>(cursor.offset())));
      continue;
    }
    VDE_TRY_ASSIGN(records, records_of(index));
    VDE_TRY(refill(index, std::move(records)));
  }
  return save();
}

BlockRange PackedEditor::lacking_trailers() const {
  if (!lacks_trailers_) return {};
  return {tail_ + 1, std::min(region().count(), tail_ + kMaxZeroed)};
}

Result<void> PackedEditor::walk(const PackedVisitor& visit) {
  TransactionSource source(*transaction_, slot_);
  return walk_packed(source, *table_, visit);
}

Result<std::optional<PackedPlace>> PackedEditor::find(Bytes key) {
  TransactionSource source(*transaction_, slot_);
  return find_packed(source, *table_, key);
}

Result<std::vector<uint8_t>> PackedEditor::read(PackedPlace place) {
  VDE_TRY_ASSIGN(block, payload(place.block));
  VDE_TRY_ASSIGN(record, packed_record(table_->shape, block.subspan(place.offset)));
  return std::vector<uint8_t>(record.begin(), record.end());
}

Result<std::optional<std::vector<uint8_t>>> PackedEditor::last() {
  if (count_ == 0) return std::optional<std::vector<uint8_t>>{};
  VDE_TRY_ASSIGN(records, records_of(tail_));
  return std::optional(std::move(records.back()));
}

Result<PackedEditor::Records> PackedEditor::records_of(uint64_t index) {
  VDE_TRY_ASSIGN(block, payload(index));
  PackedCursor cursor(table_->shape, block, index == 0);
  Records records;
  while (!cursor.at_end() && (index != tail_ || cursor.offset() < end_)) {
    VDE_TRY_ASSIGN(record, cursor.next());
    records.emplace_back(record.begin(), record.end());
  }
  return records;
}

// The records must fit.
Result<void> PackedEditor::write_records(uint64_t index, const Records& records) {
  VDE_TRY_ASSIGN(block, edit(index));
  Writer writer(block.subspan(first_offset(index)));
  for (const auto& record : records) writer.copy(record);
  std::fill(writer.left().begin(), writer.left().end(), uint8_t{0});
  if (index == tail_) end_ = static_cast<uint32_t>(block.size() - writer.left().size());
  return {};
}

Result<void> PackedEditor::append(Bytes record, Room room) {
  if (count_ == INT32_MAX)
    return fail(ErrorCode::kNoSpace, fmt::format("the {} table is full", table_->shape.noun));
  if (room == Room::kAnywhere) {
    VDE_TRY_ASSIGN(taken, take_padding(record));
    if (taken) return {};
  }
  if (capacity() - end_ < record.size()) {
    const bool leaves_room = capacity() - end_ >= table_->shape.fixed_size;
    if (leaves_room && table_->make_padding == nullptr) {
      VDE_TRY(split_over_two(record));
      ++count_;
      return save();
    }
    if (leaves_room) VDE_TRY(pad(tail_, end_));
    VDE_TRY(advance_tail());
  }
  VDE_TRY_ASSIGN(block, edit(tail_));
  // Bytes that another program left after the end must not look like an entry.
  std::fill(block.begin() + end_, block.end(), uint8_t{0});
  std::copy(record.begin(), record.end(), block.begin() + end_);
  end_ += static_cast<uint32_t>(record.size());
  ++count_;
  return save();
}

// Padding is at the end of blocks; only the newest padding entry is considered.
Result<bool> PackedEditor::take_padding(Bytes record) {
  if (tail_ == 0 || table_->is_padding == nullptr) return false;
  VDE_TRY_ASSIGN(records, records_of(tail_ - 1));
  if (records.empty() || !table_->is_padding(records.back()) ||
      records.back().size() < record.size())
    return false;
  records.back().assign(record.begin(), record.end());
  VDE_TRY(write_records(tail_ - 1, records));
  return true;
}

Result<void> PackedEditor::pad(uint64_t index, uint32_t end) {
  VDE_TRY_ASSIGN(block, edit(index));
  const int32_t made = pad_block(*table_, index, block, end);
  if (made > INT32_MAX - count_)
    return fail(ErrorCode::kNoSpace, fmt::format("the {} table is full", table_->shape.noun));
  count_ += made;
  return {};
}

// Adds a block after the last one.
Result<void> PackedEditor::advance_tail() {
  const uint64_t count = region().count();
  if (tail_ + 1 == count)
    VDE_TRY(extend_region(*transaction_, *allocator_, slot_, {.needed = count + 1}));
  ++tail_;
  end_ = first_offset(tail_);
  VDE_TRY(transaction_->replace(number(tail_), table_->type));
  return {};
}

// Distributes the last block's entries and `record`, which does not fit there, over two blocks, so
// that the first is full.
Result<void> PackedEditor::split_over_two(Bytes record) {
  VDE_TRY_ASSIGN(records, records_of(tail_));
  records.emplace_back(record.begin(), record.end());
  const uint64_t full = tail_;
  VDE_TRY(advance_tail());
  return refill(full, std::move(records));
}

uint32_t PackedEditor::room_in(uint64_t index) const {
  return capacity() - first_offset(index);
}

// Divides `pool` into records for block `index` and the others.
PackedEditor::Division PackedEditor::divide(uint64_t index, Records pool, Fill fill) const {
  const uint32_t room = room_in(index);
  const std::vector<size_t> chosen =
      fill_block(sizes_of(pool), room, room - table_->shape.fixed_size + 1, fill);
  Division division;
  size_t next = 0;
  uint32_t sum = 0;
  for (size_t i = 0; i < pool.size(); ++i) {
    const bool is_chosen = next < chosen.size() && chosen[next] == i;
    if (is_chosen) sum += static_cast<uint32_t>(pool[i].size());
    if (is_chosen) ++next;
    (is_chosen ? division.here : division.there).push_back(std::move(pool[i]));
  }
  division.is_tight = room - sum < table_->shape.fixed_size;
  return division;
}

// Fills block `index`, which precedes the last one, from `records` and those of the last block; the
// others go to the last block. If no choice leaves little enough space, tries again with a third
// block.
Result<void> PackedEditor::refill(uint64_t index, Records records) {
  VDE_TRY_ASSIGN(last_records, records_of(tail_));
  // The last entry comes first, so it is the one that moves if the sizes allow.
  records.insert(records.end(), last_records.rbegin(), last_records.rend());
  Division division = divide(index, records, Fill::kFirst);
  if (!division.is_tight && !division.there.empty()) {
    VDE_TRY_ASSIGN(done, refill_two(index, std::move(records)));
    if (done) return {};
  }
  VDE_TRY(write_records(index, division.here));
  std::reverse(division.there.begin(), division.there.end());
  return write_tail(division.there);
}

// As refill(), with the entries of another block before the last one. Returns false, with nothing
// changed, if that does not help.
Result<bool> PackedEditor::refill_two(uint64_t index, Records pool) {
  if (tail_ < 2) return false;
  const uint64_t other = index + 1 == tail_ ? index - 1 : tail_ - 1;
  VDE_TRY_ASSIGN(more, records_of(other));
  pool.insert(pool.end(), more.begin(), more.end());
  const Division first = divide(index, std::move(pool), Fill::kMin);
  const Division second = divide(other, first.there, Fill::kFirst);
  const std::vector<uint32_t> left = sizes_of(second.there);
  if (!first.is_tight || !second.is_tight ||
      std::accumulate(left.begin(), left.end(), uint32_t{0}) > room_in(tail_))
    return false;
  VDE_TRY(write_records(index, first.here));
  VDE_TRY(write_records(other, second.here));
  VDE_TRY(write_tail(second.there));
  return true;
}

Result<void> PackedEditor::write_tail(const Records& records) {
  VDE_TRY(write_records(tail_, records));
  return records.empty() ? retreat_tail() : Result<void>{};
}

// The last block has no entries left; the previous one becomes the last.
Result<void> PackedEditor::retreat_tail() {
  while (tail_ > 0) {
    --tail_;
    VDE_TRY_ASSIGN(block, payload(tail_));
    PackedCursor cursor(table_->shape, block, tail_ == 0);
    while (!cursor.at_end()) VDE_TRY(cursor.next());
    end_ = static_cast<uint32_t>(cursor.offset());
    if (end_ > first_offset(tail_)) return {};
  }
  return {};
}

Result<void> PackedEditor::replace(PackedPlace place, Bytes record) {
  VDE_TRY_ASSIGN(block, edit(place.block));
  std::copy(record.begin(), record.end(), block.begin() + place.offset);
  return {};
}

Result<void> PackedEditor::remove(PackedPlace place) {
  VDE_TRY_ASSIGN(block, payload(place.block));
  PackedCursor cursor(table_->shape, block, place.block == 0);
  Records records;
  while (!cursor.at_end() && (place.block != tail_ || cursor.offset() < end_)) {
    const bool is_it = cursor.offset() == place.offset;
    VDE_TRY_ASSIGN(record, cursor.next());
    if (!is_it) records.emplace_back(record.begin(), record.end());
  }
  if (place.block == tail_) {
    // The last entry moves to the place of the removed one.
    VDE_TRY(write_tail(records));
  } else {
    VDE_TRY(refill(place.block, std::move(records)));
  }
  --count_;
  return save();
}

Result<void> PackedEditor::save() {
  transaction_->regions().set_used(slot_, tail_ + 1);
  VDE_TRY_ASSIGN(block, edit(0));
  PackedTableHeader header = kPackedTableHeaderLayout.decode(block);
  header.count = count_;
  kPackedTableHeaderLayout.encode(header, block);
  return {};
}

}  // namespace vde
