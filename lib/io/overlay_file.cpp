#include "io/overlay_file.h"

#include <algorithm>

namespace vde {

Result<uint64_t> OverlayFile::size() {
  if (size_) return *size_;
  return below_.size();
}

// Bytes beyond the end of the file below, and bytes that were once cut off, read as zero.
Result<void> OverlayFile::read_below(uint64_t offset, MutableBytes out) {
  if (!size_) return below_.read(offset, out);
  if (offset > *size_ || out.size() > *size_ - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  const uint64_t there = offset < visible_ ? std::min<uint64_t>(visible_ - offset, out.size()) : 0;
  std::fill(out.begin() + static_cast<ptrdiff_t>(there), out.end(), uint8_t{0});
  return there == 0 ? Result<void>{} : below_.read(offset, out.first(there));
}

Result<void> OverlayFile::read(uint64_t offset, MutableBytes out) {
  VDE_TRY(read_below(offset, out));
  const uint64_t end = offset + out.size();
  // The part of `out` that the page at `page` covers, and its offset in the page.
  const auto part_of = [&](uint64_t page) {
    const uint64_t from = std::max(offset, page);
    const uint64_t to = std::min(end, page + page_size_);
    return std::pair(out.subspan(from - offset, to - from), from - page);
  };
  const uint64_t first = offset / page_size_ * page_size_;
  for (auto page = redirected_.lower_bound(first); page != redirected_.end() && page->first < end;
       ++page) {
    const auto [part, at] = part_of(page->first);
    if (page->second == kZeros)
      std::ranges::fill(part, uint8_t{0});
    else
      VDE_TRY(below_.read(page->second + at, part));
  }
  VDE_TRY(spilled_.read(offset, out));
  for (auto page = pages_.lower_bound(first); page != pages_.end() && page->first < end; ++page) {
    const auto [part, at] = part_of(page->first);
    std::copy_n(page->second.begin() + static_cast<ptrdiff_t>(at), part.size(), part.begin());
  }
  return {};
}

Result<void> OverlayFile::write(uint64_t offset, Bytes bytes) {
  for (size_t at = 0; at + page_size_ <= bytes.size(); at += page_size_) {
    const Bytes page = bytes.subspan(at, page_size_);
    pages_[offset + at].assign(page.begin(), page.end());
    if (pages_.size() * page_size_ > max_held_) VDE_TRY(spill());
  }
  return {};
}

// All pages at once in ascending order, so that sequential writes become one run.
Result<void> OverlayFile::spill() {
  for (const auto& [offset, page] : pages_) VDE_TRY(spilled_.put(offset, page));
  pages_.clear();
  return {};
}

std::vector<ByteRange> OverlayFile::written() const {
  std::vector<ByteRange> all = spilled_.runs();
  for (const auto& [offset, page] : pages_) all.push_back({offset, offset + page.size()});
  std::ranges::sort(all, {}, &ByteRange::begin);
  std::vector<ByteRange> merged;
  for (const ByteRange& range : all) {
    if (!merged.empty() && range.begin <= merged.back().end)
      merged.back().end = std::max(merged.back().end, range.end);
    else
      merged.push_back(range);
  }
  return merged;
}

Result<void> OverlayFile::resize(uint64_t bytes) {
  VDE_TRY_ASSIGN(below, below_.size());
  visible_ = std::min({visible_, below, bytes});
  size_ = bytes;
  pages_.erase(pages_.lower_bound(bytes), pages_.end());
  spilled_.forget_from(bytes);
  return {};
}

Result<void> OverlayFile::zero(ByteRange range) {
  const std::vector<uint8_t> zeros(page_size_);
  for (uint64_t at = range.begin; at < range.end; at += page_size_) VDE_TRY(write(at, zeros));
  return {};
}

std::optional<ByteRange> OverlayFile::first_changed(ByteRange within) const {
  const uint64_t first = within.begin / page_size_ * page_size_;
  const auto page = pages_.lower_bound(first);
  const auto redirected = redirected_.lower_bound(first);
  uint64_t found = within.end;
  if (page != pages_.end()) found = std::min(found, page->first);
  if (redirected != redirected_.end()) found = std::min(found, redirected->first);
  const auto spilled = spilled_.first_in(within);
  if (spilled && spilled->begin <= std::max(found, within.begin)) return spilled;
  if (found >= within.end) return std::nullopt;
  return ByteRange{std::max(within.begin, found), std::min(within.end, found + page_size_)};
}

Result<ByteRange> OverlayFile::next_data(ByteRange within) {
  ByteRange data{within.end, within.end};
  if (within.begin < visible_) {
    VDE_TRY_ASSIGN(found, below_.next_data({within.begin, std::min(within.end, visible_)}));
    data = found;
  }
  const auto changed = first_changed(within);
  return !changed || (!data.empty() && data.begin <= changed->begin) ? data : *changed;
}

std::unique_ptr<FileMapping> OverlayFile::map(ByteRange range) {
  return first_changed(range) ? nullptr : below_.map(range);
}

std::unique_ptr<FileMapping> OverlayFile::map_loaded(ByteRange range) {
  return first_changed(range) ? nullptr : below_.map_loaded(range);
}

std::unique_ptr<FileMapping> OverlayFile::cached(ByteRange range) {
  return range.end > visible_ || first_changed(range) ? nullptr : below_.cached(range);
}

bool OverlayFile::announce(ByteRange range) {
  return range.end > visible_ || first_changed(range) || below_.announce(range);
}

Result<void> OverlayFile::lock(LockMode mode, std::chrono::milliseconds wait) {
  return below_.lock(mode, wait);
}

}  // namespace vde
