#include "probe/block_runs.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/piece.h"
#include "format/region_content.h"

namespace vde {
namespace {

// Calls `visit(offset, bytes)` for what is written of the first `size` bytes, until it returns
// false. Offsets are multiples of the largest block size, and so are the lengths, except at the
// end.
template <class Visit>
Result<void> each_written_piece(BlockFile& file, uint64_t size, Activity& activity, Visit visit) {
  static_assert(kPieceBytes % kMaxBlockSize == 0);
  BlockBuffer buffer(kPieceBytes);
  for (uint64_t at = 0; at < size;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, file.next_data({at, size}));
    if (data.empty()) break;
    at = data.begin / kMaxBlockSize * kMaxBlockSize;
    const MutableBytes piece =
        MutableBytes(buffer).first(std::min<uint64_t>(kPieceBytes, size - at));
    VDE_TRY(file.read(at, piece));
    if (!visit(at, Bytes(piece))) break;
    at += piece.size();
    activity.done += piece.size();
  }
  return {};
}

// Data is one run even if much of it is free.
bool is_data(BlockType type) {
  return type == block_types::kData;
}

void add_block(BlockRuns& found, uint64_t number, const Trailer& trailer) {
  ++found.valid;
  if (!found.runs.empty()) {
    BlockRun& last = found.runs.back();
    const bool is_near = number - last.blocks.end <= std::max(kMaxRunGap, last.blocks.count());
    if (last.type == trailer.type && (is_near || is_data(last.type))) {
      last.blocks.end = number + 1;
      ++last.valid;
      if (is_later_generation(trailer.generation, last.newest)) last.newest = trailer.generation;
      return;
    }
  }
  if (found.runs.size() < BlockRuns::kMaxRuns)
    found.runs.push_back({trailer.type, {number, number + 1}, 1, trailer.generation});
}

// Whether the block is worth a checksum: most others are excluded by their type.
bool has_known_type(const UncheckedBlock& block) {
  return is_known(block.unchecked_trailer().type);
}

}  // namespace

std::vector<BlockRun>::const_iterator first_run_from(const BlockRuns& found, uint64_t block) {
  return std::ranges::lower_bound(found.runs, block, {},
                                  [](const BlockRun& run) { return run.blocks.begin; });
}

uint64_t count_valid(const BlockRuns& found, BlockRange blocks,
                     const std::function<bool(BlockType)>& wanted) {
  uint64_t count = 0;
  for (auto run = first_run_from(found, blocks.begin);
       run != found.runs.end() && run->blocks.begin < blocks.end; ++run)
    if (!wanted || wanted(run->type)) count += run->valid;
  return count;
}

bool has_only_single_blocks(const BlockRuns& found, BlockRange blocks) {
  auto run = first_run_from(found, blocks.begin);
  if (run != found.runs.begin() && std::prev(run)->blocks.end > blocks.begin) --run;
  for (; run != found.runs.end() && run->blocks.begin < blocks.end; ++run)
    if (run->valid > 1) return false;
  return true;
}

uint32_t newest_generation(const BlockRuns& found) {
  uint32_t newest = 0;
  for (const BlockRun& run : found.runs)
    if (!is_data(run.type) && run.type != block_types::kRegionMap &&
        !counts_own_generations(run.type))
      newest = std::max(newest, run.newest);
  return newest;
}

Result<BlockRuns> find_block_runs(const BlockIo& io, uint64_t blocks, Activity& activity) {
  BlockRuns found;
  const uint64_t size = io.block_size();
  VDE_TRY(each_written_piece(io.file(), blocks * size, activity, [&](uint64_t at, Bytes piece) {
    for (uint64_t i = 0; i + size <= piece.size(); i += size) {
      const UncheckedBlock block((at + i) / size, piece.subspan(i, size));
      if (has_known_type(block) && block.state() == BlockState::kValid)
        add_block(found, block.number(), block.unchecked_trailer());
      else if (!block.is_unwritten())
        ++found.damaged;
    }
    return true;
  }));
  return found;
}

Result<std::optional<uint32_t>> find_block_size(BlockFile& file, uint64_t limit,
                                                Activity& activity) {
  constexpr size_t kSizes = std::bit_width(kMaxBlockSize / kMinBlockSize);
  constexpr uint64_t kEnough = uint64_t{1} << 20;  // bytes in valid blocks
  std::array<uint64_t, kSizes> bytes{};
  VDE_TRY_ASSIGN(file_size, file.size());
  uint64_t read = 0;
  const auto count = [&](uint64_t, Bytes piece) {
    for (size_t i = 0; i < kSizes; ++i) {
      const size_t size = kMinBlockSize << i;
      for (size_t at = 0; at + size <= piece.size(); at += size) {
        const UncheckedBlock block(0, piece.subspan(at, size));
        if (has_known_type(block) && block.state() == BlockState::kValid) bytes[i] += size;
      }
    }
    read += piece.size();
    return read < limit && *std::ranges::max_element(bytes) < kEnough;
  };
  VDE_TRY(each_written_piece(file, file_size, activity, count));
  const auto best = std::ranges::max_element(bytes);
  if (*best == 0) return std::optional<uint32_t>();
  return std::optional(kMinBlockSize << static_cast<uint32_t>(best - bytes.begin()));
}

}  // namespace vde
