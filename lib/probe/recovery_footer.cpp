#include "probe/recovery_footer.h"

#include "format/block_type.h"
#include "format/superblock.h"

namespace vde {

std::optional<BlockBuffer> read_recovery_footer(const BlockIo& io) {
  const auto size = io.file().size();
  const auto blocks = io.blocks_in_file();
  if (!size || !blocks || *blocks <= kFirstRegionBlock) return std::nullopt;
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read(*blocks - 1, buffer);
  if (!block || !block->check(block_types::kSuperblock)) return std::nullopt;
  const Superblock superblock = kSuperblockLayout.decode(block->unchecked_payload());
  const bool fits = check_identity(superblock).has_value() &&
                    superblock.block_size == static_cast<int64_t>(io.block_size()) &&
                    superblock.expected_file_size == static_cast<int64_t>(*size);
  return fits ? std::optional(std::move(buffer)) : std::nullopt;
}

}  // namespace vde
