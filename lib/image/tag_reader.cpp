#include "image/tag_reader.h"

#include "image/region_words.h"

namespace vde {

TagReader::TagReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TagReader::TagReader(TagReader&&) noexcept = default;
TagReader& TagReader::operator=(TagReader&&) noexcept = default;
TagReader::~TagReader() = default;

Result<TagReader> Image::tags() const {
  const CommittedImage& committed = *state_->committed();
  VDE_TRY_ASSIGN(region, committed.regions.open_region(kTagWords));
  std::unique_ptr<FileMapping> mapping;
  if (state_->options.map) mapping = committed.io.file().map(committed.io.bytes_of(region.blocks));
  VDE_TRY_ASSIGN(search, TagSearch::open(committed.io, region.blocks, std::move(mapping)));
  return TagReader(std::make_unique<TagReader::State>(
      TagReader::State{{state_.get(), state_->committed()}, std::move(search)}));
}

uint64_t TagReader::entry_count() const {
  return state_->search->entry_count();
}

Result<uint64_t> TagReader::get(std::string_view key, std::optional<int64_t> inode,
                                const TagVisitor& visit) {
  return state_->shown.read([&] { return state_->search->get(key, inode, visit); });
}

Result<uint64_t> TagReader::find(const TagQuery& query, const TagVisitor& visit) {
  return state_->shown.read([&] { return state_->search->find(query, visit); });
}

Result<TagStats> TagReader::stats(Activity& activity) {
  return state_->shown.read([&] { return state_->search->stats(activity); });
}

}  // namespace vde
