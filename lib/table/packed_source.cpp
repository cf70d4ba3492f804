#include "table/packed_source.h"

#include <algorithm>

namespace vde {
namespace {

constexpr uint64_t kFirstBytes = uint64_t{16} << 10;
constexpr uint64_t kMaxBytes = uint64_t{512} << 10;

}  // namespace

// Small tables are common, so each read is larger than the one before.
Result<UncheckedBlock> FileSource::block(uint64_t index) {
  const uint64_t block_size = io_.block_size();
  if (!held_.contains(index)) {
    const uint64_t least = std::max(kFirstBytes, block_size);
    const uint64_t bytes = std::clamp<uint64_t>(buffer_.size() * 4, least, kMaxBytes);
    held_ = {index, std::min(index + bytes / block_size, blocks())};
    buffer_.resize(held_.count() * block_size);
    const Result<void> read = io_.file().read((region_.begin + index) * block_size, buffer_);
    if (!read) {
      held_ = {};
      buffer_.resize(block_size);
      VDE_TRY(io_.read(region_.begin + index, buffer_));
      held_ = {index, index + 1};
    }
  }
  return UncheckedBlock(region_.begin + index,
                        Bytes(buffer_).subspan((index - held_.begin) * block_size, block_size));
}

Result<Bytes> FileSource::payload(uint64_t index) {
  VDE_TRY_ASSIGN(found, block(index));
  const Result<CheckedBlock> checked = found.check(type_);
  if (checked) return checked->payload();
  if (found.is_unwritten()) return found.unchecked_payload();
  return tl::make_unexpected(checked.error());
}

Result<bool> FileSource::is_unwritten(uint64_t index) {
  VDE_TRY_ASSIGN(found, block(index));
  return found.is_unwritten();
}

Result<uint64_t> FileSource::next_written(uint64_t index) {
  if (index >= blocks()) return blocks();
  if (written_.contains(index)) return index;
  VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of({region_.begin + index, region_.end})));
  if (data.empty()) return blocks();
  written_ = {std::max(index, data.begin / io_.block_size() - region_.begin),
              data.end / io_.block_size() - region_.begin};
  return written_.begin;
}

Result<Bytes> CommittedSource::payload(uint64_t index) {
  VDE_TRY_ASSIGN(block, journal_.read(region_.begin + index, buffer_));
  if (!block.is_unwritten()) VDE_TRY(block.check(type_));
  return block.unchecked_payload();
}

Result<bool> CommittedSource::is_unwritten(uint64_t index) {
  VDE_TRY_ASSIGN(block, journal_.read(region_.begin + index, buffer_));
  return block.is_unwritten();
}

Result<uint64_t> CommittedSource::next_written(uint64_t index) {
  if (index >= blocks()) return blocks();
  VDE_TRY_ASSIGN(next, journal_.next_written({region_.begin + index, region_.end}));
  return next - region_.begin;
}

BlockRange TransactionSource::region() const {
  return transaction_.regions().at(slot_).blocks;
}

Result<bool> TransactionSource::is_unwritten(uint64_t index) {
  return transaction_.is_unwritten(region().begin + index);
}

Result<Bytes> TransactionSource::payload(uint64_t index) {
  const Region region = transaction_.regions().at(slot_);
  return transaction_.read(region.blocks.begin + index, region.type);
}

}  // namespace vde
