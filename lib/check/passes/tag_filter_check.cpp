#include "check/passes/tag_filter_check.h"

#include <algorithm>

#include "base/checked.h"
#include "format/tag/tag_filter.h"
#include "io/block_window.h"

namespace vde {
namespace {

constexpr uint64_t kMaxLoaded = uint64_t{32} << 20;  // bytes
constexpr size_t kHashesAtOnce = size_t{1} << 20;
// A filter in memory has so many parts. A part is looked up as soon as it has so many hashes.
constexpr uint32_t kParts = 64;
constexpr size_t kHashesOfPart = 1024;

}  // namespace

TagFilterCheck::TagFilterCheck(const BlockIo& io, BlockRange region, const TagExtension& extension)
    : io_(io), region_(region), lines_per_block_(tag_lines_per_block(io.block_size())) {
  if (extension.filter_lines == 0) return;
  start_ = extension.filter_start;
  blocks_ = divide_up(extension.filter_lines, lines_per_block_);
  is_placed_ = start_ > kTagRoot && start_ + blocks_ <= region.count();
  if (is_placed_) lines_ = extension.filter_lines;
}

void TagFilterCheck::load() {
  if (lines_ == 0 || bits_ != nullptr || uint64_t{lines_} * kTagLineSize > kMaxLoaded) return;
  const auto memory = std::make_shared<AnonymousMemory>(size_t{lines_} * kTagLineSize);
  const MutableBytes bits = memory->bytes();
  BlockWindow window(io_, region_);
  const size_t step = size_t{lines_per_block_} * kTagLineSize;
  for (size_t at = 0, number = start_; at < bits.size(); at += step, ++number) {
    const auto block = window.read(region_.begin + number);
    if (block && block->is_unwritten()) holes_.insert(number);
    const auto checked =
        block ? block->check(block_types::kTagIndex) : tl::make_unexpected(block.error());
    const MutableBytes lines = bits.subspan(at, std::min(step, bits.size() - at));
    // A damaged block misses nothing.
    if (checked)
      std::copy_n(checked->payload().begin() + tag_line_offset(0), lines.size(), lines.begin());
    else
      std::fill(lines.begin(), lines.end(), uint8_t{0xFF});
  }
  bits_ = memory;
  parts_.resize(kParts);
}

void TagFilterCheck::add(uint64_t hash) {
  if (lines_ == 0) return;
  if (bits_ == nullptr) {
    batch_.push_back(hash);
    if (batch_.size() == kHashesAtOnce) check_batch();
    return;
  }
  // Parts are chosen as lines are, so a part has neighbouring lines.
  std::vector<uint64_t>& part = parts_[tag_line_of(hash, kParts)];
  part.push_back(hash);
  if (part.size() == kHashesOfPart) look_up(part);
}

// Prefetches each line some hashes before it is read.
void TagFilterCheck::look_up(std::vector<uint64_t>& hashes) {
  constexpr size_t kAhead = 32;
  const uint8_t* const bits = bits_->bytes().data();
  const bool has_holes = !holes_.empty();
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (i + kAhead < hashes.size())
      __builtin_prefetch(bits + tag_line_of(hashes[i + kAhead], lines_) * kTagLineSize);
    const uint64_t line = tag_line_of(hashes[i], lines_);
    const bool found = tag_line_may_contain({bits + line * kTagLineSize, kTagLineSize}, hashes[i]);
    if (found && !has_holes) continue;
    const uint64_t number = start_ + line / lines_per_block_;
    if (!found) ++misses_[number];
    if (holes_.contains(number)) unwritten_.insert(number);
  }
  hashes.clear();
}

void TagFilterCheck::finish() {
  if (bits_ == nullptr) return check_batch();
  for (std::vector<uint64_t>& part : parts_) look_up(part);
}

void TagFilterCheck::check_batch() {
  const auto line_of = [&](uint64_t hash) { return tag_line_of(hash, lines_); };
  std::sort(batch_.begin(), batch_.end(),
            [&](uint64_t a, uint64_t b) { return line_of(a) < line_of(b); });
  BlockBuffer buffer = io_.make_buffer();
  for (size_t i = 0; i < batch_.size();) {
    const uint64_t number = start_ + line_of(batch_[i]) / lines_per_block_;
    const auto found = io_.read(region_.begin + number, buffer);
    if (found && found->is_unwritten()) unwritten_.insert(number);
    const auto block =
        found ? found->check(block_types::kTagIndex) : tl::make_unexpected(found.error());
    for (; i < batch_.size(); ++i) {
      const uint64_t line = line_of(batch_[i]);
      if (start_ + line / lines_per_block_ != number) break;
      if (!block) continue;
      const Bytes bits =
          block->payload().subspan(tag_line_offset(line % lines_per_block_), kTagLineSize);
      if (!tag_line_may_contain(bits, batch_[i])) ++misses_[number];
    }
  }
  batch_.clear();
}

}  // namespace vde
