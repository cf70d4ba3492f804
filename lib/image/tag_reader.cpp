#include "base/checked.h"
#include "image/readable_slot.h"
#include "image/tag_region.h"
#include "region/tag_search.h"
#include "vde/tags.h"

namespace vde {
namespace {

class SearchReader : public TagReader {
 public:
  explicit SearchReader(std::unique_ptr<TagSearch> search) : search_(std::move(search)) {}

  [[nodiscard]] uint64_t entry_count() const override { return search_->entry_count(); }
  [[nodiscard]] Result<uint64_t> get(std::string_view key, std::optional<int64_t> inode,
                                     const TagVisitor& visit) override {
    return search_->get(key, inode, visit);
  }
  [[nodiscard]] Result<uint64_t> find(const TagQuery& query, const TagVisitor& visit) override {
    return search_->find(query, visit);
  }
  [[nodiscard]] Result<TagStats> stats(Activity& activity) override {
    return search_->stats(activity);
  }

 private:
  std::unique_ptr<TagSearch> search_;
};

}  // namespace

Result<size_t> find_tag_slot(const std::vector<RegionSlot>& slots) {
  return find_readable_slot(slots, {tags::kTagIndex, "the tag index", "the image has no tag index",
                                    "make one with 'vdetool format --modules tags'"});
}

Result<std::unique_ptr<TagReader>> TagReader::open(BlockFile& file, const TagReadOptions& options) {
  VDE_TRY_ASSIGN(survey, survey_to_use(file));
  if (!survey.superblock_verified())
    return fail(ErrorCode::kDamaged, "no superblock verifies", kRunVerify);
  VDE_TRY_ASSIGN(slot, find_tag_slot(survey.slots));
  const auto region = block_range(survey.slots[slot].start, survey.slots[slot].count);
  if (!region || region->end > survey.usable_blocks() || region->begin < kFirstRegionBlock)
    return fail(ErrorCode::kDamaged, "the tag index lies outside of the volume", kRunVerify);
  const BlockIo io(file, survey.block_size);
  std::unique_ptr<FileMapping> mapping;
  if (options.map) mapping = file.map(io.bytes_of(*region));
  VDE_TRY_ASSIGN(search, TagSearch::open(io, *region, std::move(mapping)));
  return std::unique_ptr<TagReader>(std::make_unique<SearchReader>(std::move(search)));
}

}  // namespace vde
