#include "commands/volume_options.h"

#include <fmt/format.h>

#include <charconv>

#include "vde/text.h"

namespace vde::cli {
namespace {

tl::unexpected<Error> invalid_offset(const std::string& text) {
  return fail(ErrorCode::kUsage, fmt::format("invalid byte offset '{}'", escape(text)),
              "use a number such as 4096, 0x1000 or 4K");
}

std::optional<uint64_t> parse_block_number(std::string_view text) {
  uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<uint64_t> parse_byte(const std::string& whole, std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data() + 2, end, number, 16);
    if (status != std::errc{} || stop != end) return invalid_offset(whole);
    return number;
  }
  const auto size = parse_size(text);
  if (!size) return invalid_offset(whole);
  return *size;
}

Result<uint64_t> parse_volume_offset(const std::optional<std::string>& option) {
  if (!option) return uint64_t{0};
  return parse_byte(*option, *option);
}

Result<std::optional<uint32_t>> parse_block_size(const std::optional<std::string>& option) {
  if (!option) return std::optional<uint32_t>();
  VDE_TRY_ASSIGN(size, parse_size(*option));
  if (size > UINT32_MAX)
    return fail(ErrorCode::kUsage,
                fmt::format("the block size '{}' is too large", escape(*option)));
  return std::optional(static_cast<uint32_t>(size));
}

Result<BlockRange> parse_blocks(const std::string& text) {
  const size_t dash = text.find('-');
  const auto first = parse_block_number(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_block_number(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last == UINT64_MAX)
    return fail(ErrorCode::kUsage,
                fmt::format("invalid block range '{}' (expected N or N-M)", escape(text)));
  return BlockRange{*first, *last + 1};
}

}  // namespace vde::cli
