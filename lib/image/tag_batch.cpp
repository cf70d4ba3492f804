#include "image/tag_batch.h"

#include <fmt/format.h>

#include <bit>

#include "tag/tag_builder.h"
#include "tag/tag_rebuild.h"

namespace vde {

TagBatch::TagBatch(const TagBatchOptions& options) : state_(std::make_unique<State>(options)) {}
TagBatch::TagBatch(TagBatch&&) noexcept = default;
TagBatch& TagBatch::operator=(TagBatch&&) noexcept = default;
TagBatch::~TagBatch() = default;

Result<void> TagBatch::State::add_to_sort(const TagView& entry, uint64_t line) {
  entry_bytes += entry.key.size() + entry.value.size() + kTagEntryOverhead;
  return sort.add(entry, line);
}

// A tag that fits into small blocks fits into larger ones.
void TagBatch::State::note_misfits(const TagView& entry, uint64_t line) {
  for (size_t i = 0; i < kBlockSizes; ++i) {
    Result<void> fits = check_tag_entry(entry, kMinBlockSize << i);
    if (fits) return;
    if (misfits[i]) continue;
    fits.error().message = fmt::format("line {}: {}", line, fits.error().message);
    misfits[i] = std::move(fits.error());
  }
}

Result<void> TagBatch::State::check_fits(uint32_t block_size) const {
  const std::optional<Error>& misfit =
      misfits[static_cast<size_t>(std::countr_zero(block_size / kMinBlockSize))];
  return misfit ? Result<void>(tl::make_unexpected(*misfit)) : Result<void>();
}

Result<void> TagBatch::add(const TagView& entry, uint64_t line) {
  state_->note_misfits(entry, line);
  VDE_TRY(state_->check_fits(kMaxBlockSize));
  return state_->add_to_sort(entry, line);
}

}  // namespace vde
