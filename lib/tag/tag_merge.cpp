#include "tag/tag_merge.h"

#include <algorithm>

namespace vde {

bool TagMerge::Source::comes_before(const Source& other) const {
  const int order = compare_tag_records(record(), other.record());
  return order != 0 ? order < 0 : age < other.age;
}

// Ensures that the buffer holds a complete record, or nothing at the end of the run.
Result<void> TagMerge::Source::fill() {
  const uint64_t left_in_file = file->size() - offset;
  if (filled - at >= kMaxTagRecord || left_in_file == 0) return {};
  std::copy(buffer.begin() + static_cast<ptrdiff_t>(at),
            buffer.begin() + static_cast<ptrdiff_t>(filled), buffer.begin());
  filled -= at;
  at = 0;
  const size_t count =
      static_cast<size_t>(std::min<uint64_t>(buffer.size() - filled, left_in_file));
  VDE_TRY(file->read(offset, MutableBytes(buffer).subspan(filled, count)));
  filled += count;
  offset += count;
  return {};
}

Result<TagMerge> TagMerge::open(const std::vector<const ScratchFile*>& runs, size_t buffer) {
  TagMerge merge;
  for (const ScratchFile* run : runs) {
    Source source{run, merge.sources_.size(), std::vector<uint8_t>(buffer)};
    VDE_TRY(source.fill());
    if (!source.is_empty()) merge.sources_.push_back(std::move(source));
  }
  for (size_t i = merge.sources_.size(); i > 0; --i) merge.sift_down(i - 1);
  return merge;
}

void TagMerge::sift_down(size_t at) {
  while (true) {
    size_t smallest = at;
    for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sources_.size(); ++child)
      if (sources_[child].comes_before(sources_[smallest])) smallest = child;
    if (smallest == at) return;
    std::swap(sources_[at], sources_[smallest]);
    at = smallest;
  }
}

Result<const uint8_t*> TagMerge::next() {
  if (first_was_taken_) {
    Source& source = sources_.front();
    source.at += tag_record_size(source.record());
    VDE_TRY(source.fill());
    if (source.is_empty()) {
      std::swap(source, sources_.back());
      sources_.pop_back();
    }
    sift_down(0);
  }
  first_was_taken_ = !sources_.empty();
  return first_was_taken_ ? sources_.front().record() : nullptr;
}

}  // namespace vde
