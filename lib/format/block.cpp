#include "format/block.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace vde {
namespace {

std::string describe_fault(BlockState state) {
  switch (state) {
    case BlockState::kUnwritten:
      return "the block was never written";
    case BlockState::kNoTrailer:
      return "the block has no trailer";
    default:
      return "the block has a bad checksum";
  }
}

}  // namespace

uint64_t checksum(Bytes bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

std::string_view to_string(BlockState state) {
  switch (state) {
    case BlockState::kValid:
      return "ok";
    case BlockState::kUnwritten:
      return "unwritten";
    case BlockState::kNoTrailer:
      return "no trailer";
    case BlockState::kBadChecksum:
      return "bad checksum";
  }
  return "unknown";
}

Trailer UncheckedBlock::unchecked_trailer() const {
  return kTrailerLayout.decode(bytes_.last(kTrailerSize));
}

BlockState UncheckedBlock::state() const {
  const Bytes trailer = bytes_.last(kTrailerSize);
  if (load_le<uint64_t>(trailer, 8) == checksum(unchecked_payload())) return BlockState::kValid;
  if (!all_zero(trailer)) return BlockState::kBadChecksum;
  return all_zero(unchecked_payload()) ? BlockState::kUnwritten : BlockState::kNoTrailer;
}

Result<CheckedBlock> UncheckedBlock::check(BlockType expected) const {
  VDE_TRY_ASSIGN(block, check_any());
  if (block.trailer().type != expected)
    return fail_at(number_, ErrorCode::kDamaged,
                   fmt::format("the block has the type {} instead of {}",
                               to_string(block.trailer().type), to_string(expected)),
                   kRunVerify);
  return block;
}

Result<CheckedBlock> UncheckedBlock::check_any() const {
  VDE_TRY_ASSIGN(block, check_payload());
  if (!is_known(block.trailer().type))
    return fail_at(
        number_, ErrorCode::kDamaged,
        fmt::format("the block has the unknown type {}", to_string(block.trailer().type)),
        kRunVerify);
  return block;
}

Result<CheckedBlock> UncheckedBlock::check_payload() const {
  const BlockState found = state();
  if (found != BlockState::kValid)
    return fail_at(number_, ErrorCode::kDamaged, describe_fault(found), kRunVerify);
  return CheckedBlock(number_, unchecked_payload(), unchecked_trailer());
}

void write_trailer(MutableBytes block, BlockType type, uint32_t generation) {
  const MutableBytes payload = block.first(block.size() - kTrailerSize);
  kTrailerLayout.encode({type, generation, checksum(payload)}, block.last(kTrailerSize));
}

}  // namespace vde
