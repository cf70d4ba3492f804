#include "format/block.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace vde {

uint64_t checksum(Bytes bytes) {
  return XXH64(bytes.data(), bytes.size(), 0);
}

std::string_view to_string(BlockState state) {
  switch (state) {
    case BlockState::kSealed:
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
  if (load_le<uint64_t>(trailer, 8) == checksum(unchecked_payload())) return BlockState::kSealed;
  if (!all_zero(trailer)) return BlockState::kBadChecksum;
  return all_zero(unchecked_payload()) ? BlockState::kUnwritten : BlockState::kNoTrailer;
}

Result<CheckedBlock> UncheckedBlock::check(BlockType expected) const {
  VDE_TRY_ASSIGN(block, check_any());
  if (block.trailer().tag != expected)
    return fail_at(number_, ErrorCode::kDamaged,
                   fmt::format("block is tagged {} where {} belongs",
                               to_string(block.trailer().tag), to_string(expected)),
                   kRunVerify);
  return block;
}

Result<CheckedBlock> UncheckedBlock::check_any() const {
  const BlockState found = state();
  if (found != BlockState::kSealed)
    return fail_at(number_, ErrorCode::kDamaged,
                   fmt::format("block does not verify: {}", to_string(found)), kRunVerify);
  const Trailer trailer = unchecked_trailer();
  if (!is_known(trailer.tag))
    return fail_at(number_, ErrorCode::kDamaged,
                   fmt::format("block has the unknown tag {}", to_string(trailer.tag)), kRunVerify);
  return CheckedBlock(number_, unchecked_payload(), trailer);
}

void seal(MutableBytes block, BlockType tag, uint32_t generation) {
  const MutableBytes payload = block.first(block.size() - kTrailerSize);
  kTrailerLayout.encode({tag, generation, checksum(payload)}, block.last(kTrailerSize));
}

}  // namespace vde
