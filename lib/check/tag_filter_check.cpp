#include "check/tag_filter_check.h"

#include <algorithm>

#include "base/checked.h"
#include "format/tag_filter.h"

namespace vde {
namespace {

constexpr size_t kHashesAtOnce = size_t{1} << 20;

}  // namespace

TagFilterCheck::TagFilterCheck(const BlockIo& io, BlockRange region, const TagExtension& extension)
    : io_(io), region_(region), lines_per_block_(tag_lines_per_block(io.block_size())) {
  if (extension.filter_lines == 0) return;
  start_ = extension.filter_start;
  blocks_ = divide_up(extension.filter_lines, lines_per_block_);
  makes_sense_ = start_ > kTagRoot && start_ + blocks_ <= region.count();
  if (makes_sense_) lines_ = extension.filter_lines;
}

Result<void> TagFilterCheck::add(uint64_t hash) {
  if (lines_ == 0) return {};
  batch_.push_back(hash);
  return batch_.size() < kHashesAtOnce ? Result<void>{} : finish();
}

Result<void> TagFilterCheck::finish() {
  const auto line_of = [&](uint64_t hash) { return tag_line_of(hash, lines_); };
  std::sort(batch_.begin(), batch_.end(),
            [&](uint64_t a, uint64_t b) { return line_of(a) < line_of(b); });
  BlockBuffer buffer = io_.make_buffer();
  for (size_t i = 0; i < batch_.size();) {
    const uint64_t number = start_ + line_of(batch_[i]) / lines_per_block_;
    const auto found = io_.read(region_.begin + number, buffer);
    if (found && found->state() == BlockState::kUnwritten) unwritten_.insert(number);
    const auto block = found ? found->check(tags::kTagIndex) : tl::make_unexpected(found.error());
    for (; i < batch_.size(); ++i) {
      const uint64_t line = line_of(batch_[i]);
      if (start_ + line / lines_per_block_ != number) break;
      if (!block) continue;
      const Bytes bits =
          block->payload().subspan(tag_line_offset(line % lines_per_block_), kTagLineSize);
      if (!tag_line_may_contain(bits, batch_[i])) ++denials_[number];
    }
  }
  batch_.clear();
  return {};
}

}  // namespace vde
