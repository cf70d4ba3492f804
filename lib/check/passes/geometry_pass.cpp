// Checks the file size and the superblock's sizes.
#include <fmt/format.h>

#include "base/checked.h"
#include "check/origin/exported.h"
#include "check/passes.h"

namespace vde {

Result<void> check_geometry(VerifyContext& context) {
  const Probe& probe = context.probe;
  if (!probe.superblock_verified()) return {};
  const Superblock& superblock = probe.superblock;
  const uint64_t at = probe.superblock_block;
  const int64_t total = superblock.total_blocks;
  if (total < static_cast<int64_t>(kFirstRegionBlock) || total > static_cast<int64_t>(kMaxBlocks)) {
    context.report.add(FindingCode::kTotalBlocksImpossible, at, block_types::kSuperblock,
                       fmt::format("{} blocks", total));
    return {};
  }
  const uint64_t bytes = static_cast<uint64_t>(total) * probe.block_size;
  if (superblock.expected_file_size != static_cast<int64_t>(bytes))
    context.report.add(FindingCode::kFileSizeFieldWrong, at, block_types::kSuperblock,
                       fmt::format("expected file size {}, but {} blocks of {} bytes are {} bytes",
                                   superblock.expected_file_size, total, probe.block_size, bytes));
  const uint64_t end = bytes + (context.exported ? exported_surplus(probe) : 0);
  if (probe.file_size < end)
    context.report.add(FindingCode::kFileShorter, probe.blocks_in_file(), std::nullopt,
                       fmt::format("{} bytes of {}; blocks missing: {}", probe.file_size, end,
                                   end / probe.block_size - probe.blocks_in_file()));
  if (probe.file_size > end && !context.io.file().is_device())
    context.report.add(FindingCode::kFileLonger, std::nullopt, std::nullopt,
                       fmt::format("{} bytes, {} after the end of the volume", probe.file_size,
                                   probe.file_size - bytes));
  return {};
}

}  // namespace vde
