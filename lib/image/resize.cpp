#include <fmt/format.h>

#include <algorithm>

#include "format/sector.h"
#include "image/image_state.h"
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
    return fail(ErrorCode::kUsage, fmt::format("invalid volume size {}", size),
                fmt::format("use a multiple of {} from {} to {}", block, kMinVolumeBlocks * block,
                            kMaxVolumeBytes / block * block));
  return size / block;
}

Result<void> set_total(Transaction& transaction, uint64_t total) {
  VDE_TRY(transaction.regions().resize_volume(total));
  Superblock& superblock = transaction.superblock();
  const auto change = static_cast<int64_t>(total) - superblock.total_blocks;
  superblock.total_blocks += change;
  superblock.free_blocks += change;
  superblock.expected_file_size = superblock.total_blocks * superblock.block_size;
  return {};
}

// The bytes that a resize to `new_bytes` would grow over or cut off must be zero: they do not
// belong to the volume, and only their owner knows what they are. On a device nothing is cut off.
Result<void> check_rest_is_zero(BlockFile& file, uint64_t old_bytes, uint64_t new_bytes) {
  VDE_TRY_ASSIGN(size, file.size());
  const ByteRange rest{old_bytes, file.is_device() ? std::min(size, new_bytes) : size};
  VDE_TRY_ASSIGN(found, first_not_zero(file, rest));
  if (!found) return {};
  return fail(
      ErrorCode::kExists,
      fmt::format("contains data after the volume, which ends at byte {}: byte {} is not zero",
                  old_bytes, *found),
      file.is_device() ? "save that data and overwrite it with zeros"
                       : fmt::format("save that data ('tail -c +{}') and cut it off "
                                     "('truncate -s {}')",
                                     old_bytes + 1, old_bytes));
}

// The bitmap gets space for the new blocks while the volume still has its old size: its new place
// is in the old part, whose bits exist.
Result<void> grow_bitmap(Transaction& transaction, Allocator& allocator, uint64_t total) {
  VDE_TRY_ASSIGN(bitmap, bitmap_region(transaction.regions()));
  const auto block_size = static_cast<uint32_t>(transaction.superblock().block_size);
  const uint64_t needed = bitmap_blocks_for(total, block_size);
  if (needed <= bitmap.blocks.count()) return {};
  VDE_TRY(grow_region(transaction, allocator, bitmap.slot, needed, SpareKind::kUnwritten));
  transaction.regions().set_used(bitmap.slot, needed);
  return {};
}

Result<Transaction> begin_growth(Volume& volume, uint64_t total) {
  const int64_t old_total = volume.journal().superblock().total_blocks;
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY(grow_bitmap(transaction, volume.allocator(), total));
  VDE_TRY(volume.allocator().clear(transaction, {static_cast<uint64_t>(old_total), total}));
  VDE_TRY(set_total(transaction, total));
  return std::move(transaction);
}

// After a failed sync nothing is written, not even the old length.
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
  // Everything that can be refused without the space is refused before the file is extended.
  VDE_TRY_ASSIGN(transaction, begin_growth(volume, total));
  VDE_TRY(extend(file, total * block));
  Result<void> grown = volume.commit(transaction);
  if (grown) return volume.close();
  // If nothing was committed, the file gets its old length back.
  if (!file.is_device() && !volume.journal().has_failed())
    static_cast<void>(file.resize(old_bytes));
  return grown;
}

Result<void> check_tail_is_free(Transaction& transaction, Allocator& allocator, BlockRange tail) {
  if (const auto region = transaction.regions().first_reaching(tail.begin)) {
    const uint64_t needed = transaction.regions().metadata().back().end *
                            static_cast<uint64_t>(transaction.superblock().block_size);
    return fail_at(std::max(region->blocks.begin, tail.begin), ErrorCode::kNoSpace,
                   fmt::format("cannot shrink: region {} extends past block {}",
                               to_string(region->type), tail.begin - 1),
                   fmt::format("the regions need at least {} bytes", needed));
  }
  VDE_TRY_ASSIGN(unused, allocator.may_give_up(transaction, tail));
  if (!unused)
    return fail(
        ErrorCode::kNoSpace,
        fmt::format("cannot shrink: blocks past block {} are in use, or may hold data of another "
                    "program",
                    tail.begin - 1));
  return {};
}

// Done before the commit of a smaller volume: a crash after it may leave these bytes in the file,
// and only zeros may be cut off later. They are free blocks.
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

// Blocks that share a sector with the last ones of the smaller volume are zeroed by a commit of
// their own: writing them directly might destroy that sector. Usually they are zero.
Result<void> zero_shared(Volume& volume, BlockRange blocks, BlockRange tail) {
  VDE_TRY_ASSIGN(written, volume.journal().first_content(blocks));
  if (!written) return {};
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY(check_tail_is_free(transaction, volume.allocator(), tail));
  VDE_TRY(transaction.wipe_direct(blocks));
  VDE_TRY(volume.commit(transaction));
  return volume.journal().checkpoint();
}

Result<void> shrink(Volume& volume, BlockFile& file, uint64_t total) {
  const auto old_total = static_cast<uint64_t>(volume.journal().superblock().total_blocks);
  const uint64_t per_sector = blocks_per_sector(volume.journal().io().block_size());
  const uint64_t first_whole = std::min(old_total, next_sector(total, per_sector));
  VDE_TRY(zero_shared(volume, {total, first_whole}, {total, old_total}));
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY(check_tail_is_free(transaction, volume.allocator(), {total, old_total}));
  VDE_TRY(set_total(transaction, total));
  const auto bytes = total * static_cast<uint64_t>(volume.journal().superblock().block_size);
  VDE_TRY(zero_blocks(volume, {first_whole, old_total}));
  if (fault(JournalFault::kTruncatedEarly)) VDE_TRY(file.resize(bytes));
  VDE_TRY(volume.commit(transaction));
  VDE_TRY(volume.close());
  if (file.is_device()) return {};
  VDE_TRY(file.resize(bytes));
  return sync_unless(JournalFault::kTruncationUnsynced, file);
}

Result<void> change_size(ImageState& image, uint64_t total) {
  VDE_TRY(image.open_volume());
  // Live after-images may lie in the part that is to be cut off.
  VDE_TRY(image.checkpoint());
  Volume& volume = *image.volume;
  const auto old_total = static_cast<uint64_t>(volume.journal().superblock().total_blocks);
  return total > old_total ? grow(volume, volume.file(), total)
                           : shrink(volume, volume.file(), total);
}

}  // namespace

Result<Resized> resize_image(ImageState& image, uint64_t bytes) {
  // A refusal must not change the image, and recovering a journal would change it.
  const auto held = image.committed();
  const CommittedImage& committed = *held;
  VDE_TRY_ASSIGN(total, new_block_count(committed.superblock, bytes));
  const uint64_t old_bytes = committed.regions.blocks() * committed.io.block_size();
  if (bytes == old_bytes)
    return fail(ErrorCode::kUnchanged,
                fmt::format("the volume is already {}", describe_size(bytes)));
  VDE_TRY(check_rest_is_zero(committed.io.file(), old_bytes, bytes));
  Result<void> done = change_size(image, total);
  if (image.volume && image.volume->journal().superblock().checkpoint_sequence !=
                          committed.superblock.checkpoint_sequence)
    ++image.version;
  if (image.volume) image.refresh();
  VDE_TRY(refused(std::move(done)));
  return Resized{old_bytes, bytes};
}

}  // namespace vde
