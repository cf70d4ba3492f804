#include "check/exact/wanted_blocks.h"

#include "base/piece.h"

namespace vde {

bool WantedBlocks::add(uint64_t checksum) {
  if (wanted_.size() >= kMaxWanted) return wanted_.contains(checksum);
  wanted_.try_emplace(checksum);
  marks_.set(checksum % kMarks);
  return true;
}

std::optional<FoundBlock> WantedBlocks::find(uint64_t checksum) const {
  const auto entry = wanted_.find(checksum);
  return entry == wanted_.end() ? std::nullopt : entry->second;
}

void WantedBlocks::judge(const UncheckedBlock& block, size_t file) {
  const uint64_t stored = block.unchecked_trailer().checksum;
  if (!marks_.test(stored % kMarks)) return;
  const auto entry = wanted_.find(stored);
  if (entry == wanted_.end() || entry->second || block.state() != BlockState::kValid) return;
  entry->second = FoundBlock{file, block.number()};
  ++found_;
}

Result<void> WantedBlocks::look_through(const BlockIo& io, size_t file, Activity& activity) {
  const uint64_t block_size = io.block_size();
  const uint64_t per_piece = std::max<uint64_t>(1, kPieceBytes / block_size);
  BlockBuffer buffer(per_piece * block_size);
  VDE_TRY_ASSIGN(end, io.blocks_in_file());
  for (uint64_t at = 0; at < end && is_looking();) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of({at, end})));
    if (data.empty()) break;
    at = data.begin / block_size;
    const BlockRange piece{at, std::min(at + per_piece, end)};
    const MutableBytes bytes = MutableBytes(buffer).first(piece.count() * block_size);
    const bool readable = io.file().read(piece.begin * block_size, bytes).has_value();
    for (uint64_t number = piece.begin; number < piece.end; ++number) {
      const MutableBytes block = bytes.subspan((number - piece.begin) * block_size, block_size);
      if (readable || io.read(number, block)) judge({number, block}, file);
    }
    activity.done += bytes.size();
    at = piece.end;
  }
  return {};
}

}  // namespace vde
