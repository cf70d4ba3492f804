#include "io/stream_file.h"

#include <algorithm>

namespace vde {
namespace {

tl::unexpected<Error> read_only() {
  return fail(ErrorCode::kUnsupported, "a stream cannot be written");
}

}  // namespace

bool StreamFile::keep(const UncheckedBlock& block) {
  const uint64_t number = block.number();
  if (block.is_unwritten()) {
    if (!zeros_.empty() && zeros_.back().end == number)
      zeros_.back().end = number + 1;
    else
      zeros_.push_back({number, number + 1});
    return true;
  }
  if (kept_bytes_ + block_size_ > limit_) return false;
  kept_bytes_ += block_size_;
  blocks_.emplace(number, BlockBuffer(block.bytes().begin(), block.bytes().end()));
  return true;
}

Result<void> StreamFile::read(uint64_t offset, MutableBytes out) {
  while (!out.empty()) {
    const uint64_t number = offset / block_size_;
    const uint64_t within = offset % block_size_;
    const size_t part = std::min<uint64_t>(out.size(), block_size_ - within);
    const auto found = blocks_.find(number);
    const bool zero = std::any_of(zeros_.begin(), zeros_.end(),
                                  [&](const BlockRange& run) { return run.contains(number); });
    if (found != blocks_.end())
      std::copy_n(found->second.begin() + static_cast<ptrdiff_t>(within), part, out.begin());
    else if (zero)
      std::fill_n(out.begin(), part, uint8_t{0});
    else
      return fail_at(number, ErrorCode::kIo, "the block of the stream was not stored");
    offset += part;
    out = out.subspan(part);
  }
  return {};
}

Result<void> StreamFile::write(uint64_t, Bytes) {
  return read_only();
}
Result<void> StreamFile::sync() {
  return read_only();
}
Result<void> StreamFile::resize(uint64_t) {
  return read_only();
}
Result<void> StreamFile::allocate(ByteRange) {
  return read_only();
}
Result<void> StreamFile::zero(ByteRange) {
  return read_only();
}

}  // namespace vde
