#include "support/files/cow_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace vde::test {
namespace {

// Calls visit(page, offset in it, bytes visited before, bytes).
template <class Visit>
void each_page_part(uint64_t offset, size_t size, Visit visit) {
  for (size_t done = 0; done < size;) {
    const auto at = static_cast<size_t>((offset + done) % kCowPage);
    const size_t count = std::min(kCowPage - at, size - done);
    visit((offset + done) / kCowPage, at, done, count);
    done += count;
  }
}

uint64_t pages_of(uint64_t bytes) {
  return (bytes + kCowPage - 1) / kCowPage;
}

}  // namespace

FrozenImage::FrozenImage(Bytes content) : size_(content.size()), pages_(pages_of(content.size())) {
  each_page_part(0, content.size(), [&](uint64_t index, size_t, size_t done, size_t count) {
    const Bytes part = content.subspan(done, count);
    if (std::all_of(part.begin(), part.end(), [](uint8_t byte) { return byte == 0; })) return;
    auto page = std::make_shared<CowPage>(CowPage{});
    std::copy(part.begin(), part.end(), page->begin());
    pages_[index] = std::move(page);
  });
}

std::unique_ptr<CowFile> CowFile::clone() const {
  auto copy = std::make_unique<CowFile>(base_);
  copy->size_ = size_;
  copy->own_ = own_;
  return copy;
}

std::shared_ptr<const FrozenImage> CowFile::freeze() const {
  auto frozen = std::make_shared<FrozenImage>(*base_);
  frozen->size_ = size_;
  frozen->pages_.resize(pages_of(size_));
  for (const auto& [index, page] : own_)
    if (index < frozen->pages_.size()) frozen->pages_[index] = page;
  return frozen;
}

const CowPage* CowFile::page(uint64_t index) const {
  const auto own = own_.find(index);
  return own == own_.end() ? base_->page(index) : own->second.get();
}

CowPage& CowFile::own_page(uint64_t index) {
  const auto [own, is_new] = own_.try_emplace(index);
  const CowPage* old = is_new ? base_->page(index) : own->second.get();
  if (own->second == nullptr || own->second.use_count() > 1)
    own->second = std::make_shared<CowPage>(old != nullptr ? *old : CowPage{});
  return *own->second;
}

void CowFile::copy_out(uint64_t offset, MutableBytes out) const {
  each_page_part(offset, out.size(), [&](uint64_t index, size_t at, size_t done, size_t count) {
    const CowPage* from = page(index);
    if (from == nullptr)
      std::fill_n(out.data() + done, count, uint8_t{0});
    else
      std::copy_n(from->data() + at, count, out.data() + done);
  });
}

std::vector<uint64_t> CowFile::differing_blocks(const CowFile& other, uint32_t block_size) const {
  std::set<uint64_t> blocks;
  const uint64_t end = std::min(size_, other.size_) / block_size;
  const auto add = [&](const auto& pages) {
    for (const auto& [index, page] : pages) {
      const uint64_t first = index * kCowPage / block_size;
      const uint64_t last = ((index + 1) * kCowPage - 1) / block_size;
      for (uint64_t number = first; number <= last && number < end; ++number) blocks.insert(number);
    }
  };
  add(own_);
  add(other.own_);
  std::vector<uint64_t> differing;
  for (const uint64_t number : blocks)
    if (block(number, block_size) != other.block(number, block_size)) differing.push_back(number);
  return differing;
}

std::vector<uint8_t> CowFile::block(uint64_t number, uint32_t block_size) const {
  std::vector<uint8_t> content(block_size);
  copy_out(number * block_size, content);
  return content;
}

void CowFile::put_block(uint64_t number, Bytes content) {
  static_cast<void>(write(number * content.size(), content));
}

void CowFile::save(const std::string& path) const {
  const auto source = clone();
  std::ofstream out(path, std::ios::binary);
  for (ByteRange data{0, 0}; data.end < size_;) {
    data = *source->next_data({data.end, size_});
    std::vector<uint8_t> bytes(data.length());
    copy_out(data.begin, bytes);
    out.seekp(static_cast<std::streamoff>(data.begin));
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  out.close();
  std::filesystem::resize_file(path, size_);
}

Result<void> CowFile::read(uint64_t offset, MutableBytes out) {
  if (offset > size_ || out.size() > size_ - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  copy_out(offset, out);
  return {};
}

Result<void> CowFile::write(uint64_t offset, Bytes bytes) {
  size_ = std::max<uint64_t>(size_, offset + bytes.size());
  each_page_part(offset, bytes.size(), [&](uint64_t index, size_t at, size_t done, size_t count) {
    std::copy_n(bytes.data() + done, count, own_page(index).data() + at);
  });
  return {};
}

Result<void> CowFile::resize(uint64_t bytes) {
  if (bytes < size_) VDE_TRY(zero({bytes, size_}));
  size_ = bytes;
  return {};
}

Result<void> CowFile::zero(ByteRange range) {
  constexpr std::array<uint8_t, kCowPage> kZeros{};
  const uint64_t end = std::min(range.end, size_);
  for (uint64_t at = range.begin; at < end;) {
    const uint64_t next = std::min(end, (at / kCowPage + 1) * kCowPage);
    const uint64_t index = at / kCowPage;
    if (page(index) != nullptr) {
      if (next - at == kCowPage)
        own_[index] = nullptr;
      else
        VDE_TRY(write(at, Bytes(kZeros).first(next - at)));
    }
    at = next;
  }
  return {};
}

Result<ByteRange> CowFile::next_data(ByteRange within) {
  const uint64_t end = std::min(within.end, size_);
  uint64_t index = within.begin / kCowPage;
  auto own = own_.lower_bound(index);
  // True if page `index` may have content; `own` advances with it.
  const auto holds = [&] {
    while (own != own_.end() && own->first < index) ++own;
    if (own != own_.end() && own->first == index) return own->second != nullptr;
    return base_->page(index) != nullptr;
  };
  while (index * kCowPage < end && !holds()) ++index;
  if (index * kCowPage >= end) return ByteRange{within.end, within.end};
  const uint64_t begin = std::max(within.begin, index * kCowPage);
  while (index * kCowPage < end && holds()) ++index;
  return ByteRange{begin, std::min(end, index * kCowPage)};
}

}  // namespace vde::test
