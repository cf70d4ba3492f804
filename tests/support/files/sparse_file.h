// A file in memory that stores only written pages: for volumes larger than any machine.
#pragma once

#include <algorithm>
#include <array>
#include <map>

#include "vde/storage.h"

namespace vde::test {

class SparseFile : public BlockFile {
 public:
  Result<void> read(uint64_t offset, MutableBytes out) override {
    if (offset > size_ || out.size() > size_ - offset)
      return fail(ErrorCode::kIo, "read past the end of the file");
    each_part(offset, out.size(), [&](uint64_t page, size_t at, size_t done, size_t count) {
      const auto found = pages_.find(page);
      if (found == pages_.end())
        std::fill_n(out.data() + done, count, uint8_t{0});
      else
        std::copy_n(found->second.data() + at, count, out.data() + done);
    });
    return {};
  }
  Result<void> write(uint64_t offset, Bytes bytes) override {
    size_ = std::max(size_, offset + bytes.size());
    each_part(offset, bytes.size(), [&](uint64_t page, size_t at, size_t done, size_t count) {
      std::copy_n(bytes.data() + done, count, pages_[page].data() + at);
    });
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return size_; }
  Result<void> resize(uint64_t bytes) override {
    if (bytes < size_) VDE_TRY(zero({bytes, size_}));
    size_ = bytes;
    return {};
  }
  Result<void> allocate(ByteRange) override { return {}; }
  // Only whole pages are freed.
  Result<void> zero(ByteRange range) override {
    for (auto page = pages_.lower_bound(range.begin / kPage); page != pages_.end();) {
      const uint64_t begin = std::max(range.begin, page->first * kPage);
      const uint64_t end = std::min(range.end, (page->first + 1) * kPage);
      if (begin >= end) break;
      std::fill_n(page->second.data() + begin % kPage, end - begin, uint8_t{0});
      page = end - begin == kPage ? pages_.erase(page) : std::next(page);
    }
    return {};
  }
  Result<ByteRange> next_data(ByteRange within) override {
    const auto page = pages_.lower_bound(within.begin / kPage);
    const uint64_t begin = page == pages_.end() ? size_ : page->first * kPage;
    if (begin >= within.end) return ByteRange{within.end, within.end};
    return ByteRange{std::max(within.begin, begin), std::min(within.end, begin + kPage)};
  }
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }

  // The number of bytes stored.
  [[nodiscard]] uint64_t stored() const { return pages_.size() * kPage; }

 private:
  static constexpr size_t kPage = 4096;

  // Calls visit(page, offset in it, bytes visited before, bytes).
  template <class Visit>
  static void each_part(uint64_t offset, size_t size, Visit visit) {
    for (size_t done = 0; done < size;) {
      const auto at = static_cast<size_t>((offset + done) % kPage);
      const size_t count = std::min(kPage - at, size - done);
      visit((offset + done) / kPage, at, done, count);
      done += count;
    }
  }

  uint64_t size_ = 0;
  std::map<uint64_t, std::array<uint8_t, kPage>> pages_;
};

}  // namespace vde::test
