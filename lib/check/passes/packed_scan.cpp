#include "check/passes/packed_scan.h"

#include <fmt/format.h>

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
        source_(context.io, region.blocks, table.type),
        scan_{.lost = {table, context.probe.usable_blocks()}} {}

  Result<PackedScan> run() {
    const auto head = source_.payload(0);
    if (head)
      read_header(*head);
    else
      lose(0);
    for (uint64_t index = head ? 0 : 1; wants_more() && index < source_.blocks(); ++index) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, source_.next_written(index));
      ended_ = written != index;
      index = written;
      if (wants_more() && index < source_.blocks()) read_block(index);
    }
    if (head) VDE_TRY(check_rest());
    return std::move(scan_);
  }

 private:
  void read_header(Bytes head) {
    const PackedTableHeader header = kPackedTableHeaderLayout.decode(head);
    scan_.has_header = true;
    const auto first = context_.io.read(region_.begin, buffer_);
    scan_.head_written = first && !first->is_unwritten();
    scan_.counted = header.count;
    scan_.reserved_set = !all_zero(header.reserved);
    counts_ = header.count >= 0 && !all_zero(head);
    if (header.count == 0) tail_end_ = kPackedTableHeaderLayout.size();
    max_entries_ = header.count;
  }

  // Whether the table continues. Without a header, a block without entries ends it.
  [[nodiscard]] bool wants_more() const {
    return scan_.has_header ? scan_.found < max_entries_ : !ended_;
  }

  void lose(uint64_t index) {
    scan_.complete = false;
    tail_end_.reset();
    scan_.lost.add(region_.begin + index, scan_.found);
    if (const auto block = context_.io.read(region_.begin + index, buffer_))
      scan_.lost.name(*block, index == 0);
  }

  void read_block(uint64_t index) {
    const auto payload = source_.payload(index);
    if (!payload) return lose(index);
    note_left_over();
    PackedCursor cursor(table_.shape, *payload, index == 0);
    ended_ = cursor.at_end();
    while (scan_.found < max_entries_ && !cursor.at_end()) {
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

  // The block read last is not the last one of the table: counts it if much space is unused.
  void note_left_over() {
    const size_t payload = payload_size(context_.io.block_size());
    if (!tail_end_ || payload - *tail_end_ < table_.shape.fixed_size) return;
    if (scan_.left_over++ == 0) scan_.first_left_over = region_.begin + tail_;
  }

  // Checks the bytes after the last entry.
  Result<void> check_rest() {
    if (!scan_.complete || scan_.found < scan_.counted) return {};
    if (counts_) check_last_block();
    uint64_t index = tail_ + 1;
    while (index < source_.blocks()) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, source_.next_written(index));
      note_unwritten(index, written);
      index = written;
      if (index < source_.blocks()) check_spare(index++);
    }
    return {};
  }

  void check_last_block() {
    const auto payload = source_.payload(tail_);
    if (!payload || payload->size() - *tail_end_ < table_.shape.fixed_size) return;
    if (!all_zero(payload->subspan(*tail_end_, table_.shape.key_size)))
      scan_.past_end = region_.begin + tail_;
  }

  void check_spare(uint64_t index) {
    const auto block = context_.io.read(region_.begin + index, buffer_);
    if (!block) return;
    if (block->is_unwritten()) note_unwritten(index, index + 1);
    if (counts_ && !scan_.past_end && block->state() == BlockState::kValid &&
        !all_zero(block->unchecked_payload()))
      scan_.past_end = region_.begin + index;
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
  int64_t max_entries_ = INT64_MAX;  // according to the header
  bool ended_ = false;               // the block read last had no entries
  bool counts_ = false;              // the header is not zero; zeros before content are BLCK-009
  uint64_t tail_ = 0;                // the block of the region read last
  std::optional<size_t> tail_end_;   // where its entries end, in bytes; empty if unknown
};

}  // namespace

Result<PackedScan> scan_packed(VerifyContext& context, const PlacedRegion& region,
                               const PackedTable& table, const PackedVisitor& visit) {
  return PackedScanner(context, region, table, visit).run();
}

std::string describe_lost(const PackedScan& scan) {
  if (!scan.lost.any() || (scan.has_header && scan.counted <= scan.found)) return {};
  const bool exact = scan.has_header && scan.broken.empty();
  const std::optional<int64_t> counted =
      exact ? std::optional<int64_t>(scan.counted) : std::nullopt;
  return fmt::format("{}: {}{}", scan.lost.where(), scan.lost.which(counted, scan.found),
                     scan.lost.unverified());
}

}  // namespace vde
