#include <fmt/format.h>

#include <algorithm>

#include "region/packed_editor.h"

namespace vde {

// Builds the blocks of a table from front to back. An entry never moves to a later place than it
// had, because all entries before it keep their order; so a block is read before it is rewritten.
class PackedEditor::Compaction {
 public:
  explicit Compaction(PackedEditor& editor) : editor_(editor), payload_(editor.capacity()) {}

  Result<void> start() {
    VDE_TRY_ASSIGN(head, editor_.payload(0));
    std::copy_n(head.begin(), end_, payload_.begin());
    return {};
  }

  Result<void> add(Bytes record) {
    if (payload_.size() - end_ < record.size()) {
      // The id of a padding entry depends on all bytes before it.
      if (index_ == 0) put_count();
      const int32_t made = pad_block(*editor_.table_, index_, payload_, end_);
      VDE_TRY(count_more(made));
      VDE_TRY(write(false));
      end_ = first_offset(++index_);
    }
    std::copy(record.begin(), record.end(), payload_.begin() + end_);
    end_ += static_cast<uint32_t>(record.size());
    return count_more(1);
  }

  // Writes the last block, and makes the table end there.
  Result<void> finish() {
    std::fill(payload_.begin() + end_, payload_.end(), uint8_t{0});
    VDE_TRY(write(true));
    for (uint64_t unused = index_ + 1; unused <= editor_.tail_; ++unused)
      VDE_TRY(editor_.transaction_->replace(editor_.number(unused), editor_.table_->type));
    editor_.tail_ = index_;
    editor_.end_ = end_;
    editor_.count_ = count_;
    return editor_.save();
  }

 private:
  Result<void> count_more(int32_t more) {
    if (more > INT32_MAX - count_)
      return fail(ErrorCode::kNoSpace,
                  fmt::format("the {} table is full", editor_.table_->shape.noun));
    count_ += more;
    return {};
  }

  void put_count() {
    PackedTableHeader header = kPackedTableHeaderLayout.decode(payload_);
    header.count = count_;
    kPackedTableHeaderLayout.encode(header, payload_);
  }

  // A block that stays as it is costs nothing, except the last one: a writer demands that it is of
  // the same commit as the first.
  Result<void> write(bool is_last) {
    VDE_TRY_ASSIGN(before, editor_.payload(index_));
    if (!is_last && std::equal(before.begin(), before.end(), payload_.begin())) return {};
    VDE_TRY_ASSIGN(block, editor_.edit(index_));
    std::copy(payload_.begin(), payload_.end(), block.begin());
    return {};
  }

  PackedEditor& editor_;
  std::vector<uint8_t> payload_;  // of block `index_`, filled up to `end_`
  uint64_t index_ = 0;
  uint32_t end_ = first_offset(0);
  int32_t count_ = 0;
};

Result<void> PackedEditor::compact(const std::function<bool(Bytes)>& is_kept) {
  Compaction compaction(*this);
  VDE_TRY(compaction.start());
  for (uint64_t index = 0; index <= tail_; ++index) {
    VDE_TRY_ASSIGN(records, records_of(index));
    for (const std::vector<uint8_t>& record : records)
      if (!table_->is_padding(record) && is_kept(record)) VDE_TRY(compaction.add(record));
  }
  return compaction.finish();
}

}  // namespace vde
