// Options about blocks and bytes of a volume: the block size, where the volume starts, and which
// blocks are meant.
#pragma once

#include <optional>
#include <string>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde::cli {

inline constexpr const char* kVolumeOffsetHelp =
    "where the volume starts in the file (4096, 0x1000, 4K; default: 0)";

// `text` as a byte's number: decimal, hexadecimal (0x..), or a size such as 4K. `whole` is the
// argument that an error names. kUsage.
[[nodiscard]] Result<uint64_t> parse_byte(const std::string& whole, std::string_view text);
// 0 if the option is absent.
[[nodiscard]] Result<uint64_t> parse_volume_offset(const std::optional<std::string>& option);
// Any size below 4 GiB; the library knows the valid ones.
[[nodiscard]] Result<std::optional<uint32_t>> parse_block_size(
    const std::optional<std::string>& option);

// "N" or "N-M", both ends included. kUsage.
[[nodiscard]] Result<BlockRange> parse_blocks(const std::string& text);

}  // namespace vde::cli
