#include "format/preamble.h"

#include <algorithm>

#include "format/hash.h"

namespace vde {
namespace {

constexpr size_t kChecksumOffset = 56;
constexpr uint64_t kAlignment = 4096;

}  // namespace

bool has_preamble(Bytes head) {
  constexpr std::array<uint8_t, 4> kMark{'-', 'B', 'O', 'O'};
  return head.size() >= kPreambleHeaderLayout.size() &&
         std::ranges::equal(head.subspan(4, kMark.size()), kMark);
}

uint64_t preamble_checksum(Bytes head) {
  return load_le<uint64_t>(sha256(head.first(kChecksumOffset)), 0);
}

bool is_possible(const PreambleHeader& header) {
  return header.total_size >= kPreambleHeaderLayout.size() &&
         header.volume_offset >= header.total_size && header.volume_offset % kAlignment == 0 &&
         header.volume_offset <= static_cast<uint64_t>(INT64_MAX);
}

}  // namespace vde
