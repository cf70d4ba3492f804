#include "vde/edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "image/committed_view.h"
#include "image/volume.h"
#include "io/zeros.h"
#include "journal/faults.h"
#include "region/placement.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde {
namespace {

Result<uint64_t> new_block_count(const Superblock& superblock, uint64_t size) {
  const auto block = static_cast<uint64_t>(superblock.block_size);
  if (size % block != 0 || size < kMinVolumeBlocks * block || size > kMaxVolumeBytes)
    return fail(ErrorCode::kUsage, fmt::format("a volume of {} bytes is not possible", size),
                fmt::format("give a multiple of {}, from {} to {}", block, kMinVolumeBlocks * block,
                            kMaxVolumeBytes / block * block));
  return size / block;
}

void set_total(Transaction& transaction, uint64_t total) {
  Superblock& superblock = transaction.superblock();
  const auto change = static_cast<int64_t>(total) - superblock.total_blocks;
  superblock.total_blocks += change;
  superblock.free_blocks += change;
  superblock.expected_file_size = superblock.total_blocks * superblock.block_size;
}

// What a resize to `new_bytes` would grow over or cut off must be zero: it is not the volume's, and
// only its owner knows what it is. On a device nothing is cut off.
Result<void> check_rest_is_zero(BlockFile& file, uint64_t old_bytes, uint64_t new_bytes) {
  VDE_TRY_ASSIGN(size, file.size());
  const ByteRange rest{old_bytes, file.is_device() ? std::min(size, new_bytes) : size};
  VDE_TRY_ASSIGN(found, first_not_zero(file, rest));
  if (!found) return {};
  return fail(
      ErrorCode::kExists,
      fmt::format("holds something after the volume, which ends at byte {}: byte {} is not zero",
                  old_bytes, *found),
      file.is_device() ? "save what lies there, and overwrite it with zeros"
                       : fmt::format("save what lies there ('tail -c +{}'), and cut it off "
                                     "('truncate -s {}')",
                                     old_bytes + 1, old_bytes));
}

// The bitmap gets room for the new blocks while the volume still has its old size: its new place
// comes out of the old part, whose bits exist.
Result<void> grow_bitmap(Transaction& transaction, Allocator& allocator, uint64_t total) {
  VDE_TRY_ASSIGN(slot, bitmap_slot(transaction.slots()));
  const auto block_size = static_cast<uint32_t>(transaction.superblock().block_size);
  const uint64_t needed = bitmap_blocks_for(total, block_size);
  if (needed <= static_cast<uint64_t>(transaction.slots()[slot].count)) return {};
  VDE_TRY(grow_region(transaction, allocator, slot, needed, SpareKind::kUnwritten));
  transaction.slots()[slot].used = static_cast<int64_t>(needed);
  return {};
}

Result<Transaction> begin_growth(Volume& volume, uint64_t total) {
  const int64_t old_total = volume.journal().superblock().total_blocks;
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY(grow_bitmap(transaction, volume.allocator(), total));
  VDE_TRY(volume.allocator().clear(transaction, {static_cast<uint64_t>(old_total), total}));
  if (const auto data_area = data_area_slot(transaction.slots())) {
    RegionSlot& data = transaction.slots()[*data_area];
    if (data.start + data.count == old_total) data.count += static_cast<int64_t>(total) - old_total;
  }
  set_total(transaction, total);
  return std::move(transaction);
}

// Nothing is written after a sync that failed, not even the old length.
Result<void> extend(BlockFile& file, uint64_t bytes) {
  if (file.is_device()) return {};
  VDE_TRY(file.resize(bytes));
  return sync_unless(JournalFault::kExtensionUnsynced, file);
}

Result<void> grow(Volume& volume, BlockFile& file, uint64_t total) {
  const auto block = static_cast<uint64_t>(volume.journal().superblock().block_size);
  VDE_TRY_ASSIGN(old_bytes, file.size());
  if (file.is_device() && old_bytes < total * block)
    return fail(ErrorCode::kNoSpace, fmt::format("the device has only {} bytes", old_bytes));
  // All that can be refused without the room is refused before the file becomes longer.
  VDE_TRY_ASSIGN(transaction, begin_growth(volume, total));
  VDE_TRY(extend(file, total * block));
  Result<void> grown = volume.commit(transaction);
  if (grown) return volume.close();
  // Where nothing was committed the file gets back the length that it had.
  if (!file.is_device() && !volume.journal().has_failed())
    static_cast<void>(file.resize(old_bytes));
  return grown;
}

Result<void> check_tail_is_free(Transaction& transaction, Allocator& allocator, BlockRange tail) {
  const auto data_area = data_area_slot(transaction.slots());
  for (size_t i = 0; i < transaction.slots().size(); ++i) {
    const RegionSlot& slot = transaction.slots()[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || data_area == i || !range || range->end <= tail.begin) continue;
    return fail_at(std::max(range->begin, tail.begin), ErrorCode::kNoSpace,
                   fmt::format("region {} reaches behind the new end", to_string(slot.tag)));
  }
  VDE_TRY_ASSIGN(unused, allocator.may_give_up(transaction, tail));
  if (!unused)
    return fail(
        ErrorCode::kNoSpace,
        fmt::format("blocks after the new end, {}, are in use, or hold what another program "
                    "may have written",
                    tail.begin - 1));
  return {};
}

// Before the commit of a smaller volume: a crash after it may leave these bytes in the file, and
// only zeros may be cut off later. They are free blocks.
Result<void> zero_blocks(Volume& volume, BlockRange blocks) {
  if (fault(JournalFault::kGivenUpKept)) return {};
  const BlockIo& io = volume.journal().io();
  for (ByteRange rest = io.bytes_of(blocks); !rest.empty();) {
    VDE_TRY_ASSIGN(data, io.file().next_data(rest));
    if (data.empty()) break;
    rest.begin = data.end;
    volume.journal().note_direct_write();
    VDE_TRY(io.file().zero(data));
  }
  return {};
}

Result<void> shrink(Volume& volume, BlockFile& file, uint64_t total) {
  VDE_TRY_ASSIGN(transaction, volume.begin());
  const auto old_total = static_cast<uint64_t>(transaction.superblock().total_blocks);
  VDE_TRY(check_tail_is_free(transaction, volume.allocator(), {total, old_total}));
  if (const auto data_area = data_area_slot(transaction.slots())) {
    RegionSlot& data = transaction.slots()[*data_area];
    if (data.start >= static_cast<int64_t>(total))
      return fail(ErrorCode::kNoSpace, "nothing would be left of the data area");
    data.count = std::min(data.count, static_cast<int64_t>(total) - data.start);
  }
  set_total(transaction, total);
  const auto bytes = total * static_cast<uint64_t>(volume.journal().superblock().block_size);
  VDE_TRY(zero_blocks(volume, {total, old_total}));
  if (fault(JournalFault::kTruncatedEarly)) VDE_TRY(file.resize(bytes));
  VDE_TRY(volume.commit(transaction));
  VDE_TRY(volume.close());
  if (file.is_device()) return {};
  VDE_TRY(file.resize(bytes));
  return sync_unless(JournalFault::kTruncationUnsynced, file);
}

Result<void> write_label(BlockFile& file, const Text<64>& label, const EditOptions& options) {
  VDE_TRY_ASSIGN(volume, Volume::open(file, options));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  transaction.superblock().label = label;
  VDE_TRY(volume->commit(transaction));
  return volume->close();
}

Result<void> change_size(BlockFile& file, uint64_t total, const EditOptions& options) {
  VDE_TRY_ASSIGN(volume, Volume::open(file, options));
  const auto old_total = static_cast<uint64_t>(volume->journal().superblock().total_blocks);
  return total > old_total ? grow(*volume, file, total) : shrink(*volume, file, total);
}

}  // namespace

Result<std::unique_ptr<BlockFile>> committed_view(BlockFile& file) {
  VDE_TRY_ASSIGN(survey, survey_image(file, false));
  VDE_TRY_ASSIGN(view, view_committed(file, survey));
  return std::unique_ptr<BlockFile>(std::move(view.file));
}

Result<std::string> read_label(BlockFile& file) {
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(survey, survey_to_use(*view));
  return std::string(survey.superblock.label.view());
}

Result<void> set_label(BlockFile& file, std::string_view label, const EditOptions& options) {
  Text<64> text;
  if (label.size() > text.bytes.size())
    return fail(ErrorCode::kUsage, fmt::format("the label is {} bytes long", label.size()),
                "64 is the most");
  if (!is_utf8(label) || label.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kUsage, "the label is not UTF-8 text");
  std::copy(label.begin(), label.end(), text.bytes.begin());
  return refused(write_label(file, text, options));
}

Result<Resized> resize_volume(BlockFile& file, uint64_t size, const EditOptions& options) {
  // What is refused here must leave no trace, and opening for writing may.
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(survey, survey_to_use(*view));
  VDE_TRY_ASSIGN(total, new_block_count(survey.superblock, size));
  const auto old_size = static_cast<uint64_t>(survey.superblock.total_blocks) * survey.block_size;
  if (size == old_size)
    return fail(ErrorCode::kNotFound, fmt::format("the volume has {} bytes already", size));
  VDE_TRY(check_rest_is_zero(*view, old_size, size));
  VDE_TRY(refused(change_size(file, total, options)));
  return Resized{old_size, size};
}

}  // namespace vde
