#include "check/packed_scan.h"

namespace vde {
namespace {

class PackedScanner {
 public:
  PackedScanner(VerifyContext& context, const PlacedRegion& region, const PackedTable& table,
                const PackedVisitor& visit)
      : context_(context),
        table_(table),
        visit_(visit),
        region_(region.blocks),
        source_(context.io, region.blocks, table.tag) {}

  Result<PackedScan> run() {
    const auto head = source_.payload(0);
    if (!head) return scan_;
    const PackedTableHeader header = kPackedTableHeaderLayout.decode(*head);
    scan_.has_header = true;
    const auto first = context_.io.read(region_.begin, buffer_);
    scan_.head_written = first && first->state() != BlockState::kUnwritten;
    scan_.counted = header.count;
    scan_.reserved_set = !all_zero(header.reserved);
    for (uint64_t index = 0; scan_.found < scan_.counted && index < source_.blocks(); ++index) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, source_.next_written(index));
      index = written;
      if (index < source_.blocks()) look_at(index);
    }
    VDE_TRY(look_behind());
    return scan_;
  }

 private:
  void look_at(uint64_t index) {
    const auto payload = source_.payload(index);
    if (!payload) {
      scan_.complete = false;
      tail_end_.reset();
      return;
    }
    note_left_over();
    PackedCursor cursor(table_.shape, *payload, index == 0);
    while (scan_.found < scan_.counted && !cursor.at_end()) {
      const PackedPlace place{index, static_cast<uint32_t>(cursor.offset())};
      Result<Bytes> record = cursor.next();
      if (!record) {
        record.error().block = region_.begin + index;
        scan_.broken.push_back(std::move(record.error()));
        scan_.complete = false;
        tail_end_.reset();
        return;
      }
      ++scan_.found;
      visit_({place, *record});
    }
    tail_ = index;
    tail_end_ = cursor.offset();
  }

  // The block looked at last is not the table's last one.
  void note_left_over() {
    const size_t payload = payload_size(context_.io.block_size());
    if (!tail_end_ || payload - *tail_end_ < table_.shape.fixed_size) return;
    if (scan_.left_over++ == 0) scan_.first_left_over = region_.begin + tail_;
  }

  // What lies behind the last entry.
  Result<void> look_behind() {
    if (!scan_.complete || scan_.found < scan_.counted) return {};
    if (scan_.counted == 0) tail_end_ = kPackedTableHeaderLayout.size();
    if (tail_end_) look_behind_last_entry();
    const uint64_t needed = scan_.counted > 0 ? tail_ + 1 : 1;
    uint64_t index = needed;
    while (index < source_.blocks()) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, source_.next_written(index));
      note_unwritten(index, written);
      index = written;
      if (index < source_.blocks()) look_at_spare(index++);
    }
    return {};
  }

  void look_behind_last_entry() {
    const auto payload = source_.payload(tail_);
    if (!payload || payload->size() - *tail_end_ < table_.shape.fixed_size) return;
    if (!all_zero(payload->subspan(*tail_end_, table_.shape.key_size)))
      scan_.behind_end = region_.begin + tail_;
  }

  void look_at_spare(uint64_t index) {
    const auto block = context_.io.read(region_.begin + index, buffer_);
    if (!block) return;
    if (block->state() == BlockState::kUnwritten) note_unwritten(index, index + 1);
    // A zero header above content is reported as that.
    if (scan_.counted > 0 && !scan_.behind_end && block->state() == BlockState::kSealed &&
        !all_zero(block->unchecked_payload()))
      scan_.behind_end = region_.begin + index;
  }

  void note_unwritten(uint64_t begin, uint64_t end) {
    if (begin >= end) return;
    if (scan_.unwritten == 0) scan_.first_unwritten = region_.begin + begin;
    scan_.unwritten += end - begin;
  }

  VerifyContext& context_;
  const PackedTable& table_;
  const PackedVisitor& visit_;
  BlockRange region_;
  FileSource source_;
  BlockBuffer buffer_ = context_.io.make_buffer();
  PackedScan scan_;
  uint64_t tail_ = 0;               // the block of the region looked at last
  std::optional<size_t> tail_end_;  // where its entries end, in bytes; nothing where not known
};

}  // namespace

Result<PackedScan> scan_packed(VerifyContext& context, const PlacedRegion& region,
                               const PackedTable& table, const PackedVisitor& visit) {
  return PackedScanner(context, region, table, visit).run();
}

}  // namespace vde
