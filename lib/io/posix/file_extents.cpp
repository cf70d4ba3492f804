#include "io/posix/file_extents.h"

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <span>

namespace vde {
namespace {

constexpr uint32_t kExtents = 32;  // at once

// The kernel's structure, with the extents that follow it.
struct Answer {
  alignas(fiemap) std::array<uint8_t, sizeof(fiemap) + kExtents * sizeof(fiemap_extent)> bytes{};
};

// Compressed, shared and unwritten-back data may need new space, whatever else a flag says.
bool is_plain(const fiemap_extent& extent) {
  constexpr uint32_t kHarmless =
      FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_MERGED;
  return (extent.fe_flags & ~kHarmless) == 0;
}

// The first extents of `range`; none if the file system does not tell.
std::span<const fiemap_extent> first_extents(int fd, ByteRange range, Answer& answer) {
  auto* const query = reinterpret_cast<fiemap*>(answer.bytes.data());
  query->fm_start = range.begin;
  query->fm_length = range.length();
  query->fm_extent_count = kExtents;
  if (ioctl(fd, FS_IOC_FIEMAP, query) != 0) return {};
  return {query->fm_extents, std::min(query->fm_mapped_extents, kExtents)};
}

}  // namespace

bool has_space(int fd, ByteRange range) {
  while (!range.empty()) {
    Answer answer;
    const uint64_t begin = range.begin;
    for (const fiemap_extent& extent : first_extents(fd, range, answer)) {
      if (!is_plain(extent) || extent.fe_logical > range.begin) return false;
      range.begin =
          std::clamp<uint64_t>(extent.fe_logical + extent.fe_length, range.begin, range.end);
    }
    if (range.begin == begin) return false;
  }
  return true;
}

}  // namespace vde
