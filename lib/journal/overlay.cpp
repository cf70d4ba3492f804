#include "journal/overlay.h"

#include <algorithm>

namespace vde {

Result<void> OverlayFile::read(uint64_t offset, MutableBytes out) {
  VDE_TRY(below_.read(offset, out));
  const uint64_t end = offset + out.size();
  auto page = pages_.lower_bound(offset / page_size_ * page_size_);
  for (; page != pages_.end() && page->first < end; ++page) {
    const uint64_t from = std::max(offset, page->first);
    const uint64_t to = std::min(end, page->first + page_size_);
    std::copy_n(page->second.begin() + static_cast<ptrdiff_t>(from - page->first), to - from,
                out.begin() + static_cast<ptrdiff_t>(from - offset));
  }
  return {};
}

Result<void> OverlayFile::write(uint64_t offset, Bytes bytes) {
  for (size_t at = 0; at + page_size_ <= bytes.size(); at += page_size_) {
    const Bytes page = bytes.subspan(at, page_size_);
    pages_[offset + at].assign(page.begin(), page.end());
  }
  return {};
}

Result<void> OverlayFile::resize(uint64_t) {
  return fail(ErrorCode::kUnsupported, "a view of an image cannot be resized");
}

Result<void> OverlayFile::zero(ByteRange range) {
  const std::vector<uint8_t> zeros(page_size_);
  for (uint64_t at = range.begin; at < range.end; at += page_size_) VDE_TRY(write(at, zeros));
  return {};
}

Result<ByteRange> OverlayFile::next_data(ByteRange within) {
  VDE_TRY_ASSIGN(data, below_.next_data(within));
  const auto page = pages_.lower_bound(within.begin / page_size_ * page_size_);
  if (page == pages_.end() || page->first >= within.end) return data;
  if (!data.empty() && data.begin <= page->first) return data;
  return ByteRange{std::max(within.begin, page->first),
                   std::min(within.end, page->first + page_size_)};
}

Result<void> OverlayFile::lock(LockMode mode, std::chrono::milliseconds wait) {
  return below_.lock(mode, wait);
}

}  // namespace vde
