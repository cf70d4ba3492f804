// Builds the campaign's images through the library, in generations, so that older versions of
// blocks exist.
#pragma once

#include <optional>

#include "damage/campaign/campaign_base.h"
#include "support/one_change.h"
#include "support/random.h"

namespace vde::test {

// A failure of any step is the campaign's own mistake, and ends it.
class ImageMaker {
 public:
  // A new image, or a sample of tests/vectors with blocks of 4096 bytes.
  ImageMaker(uint32_t block_size, uint64_t blocks, std::string_view features);
  explicit ImageMaker(const std::string& sample);

  // What the image is now is an older copy from here on.
  ImageMaker& keep();

  // Tags are numbered: `count` of them from `first` on, in no order of their keys.
  ImageMaker& set_tags(int first, int count);
  ImageMaker& remove_tags(int first, int count);
  ImageMaker& import_tags(int first, int count);
  // Commits that wait in the journal, of `count` tags and a snapshot each; what the image was
  // before each of them is an older copy. Nothing may be made after it.
  ImageMaker& leave_waiting(int first, int count, int commits);

  // Most of them in chains, every fifth deleted.
  ImageMaker& add_snapshots(int count);

  // `size` bytes and a few more each.
  ImageMaker& add_modules(int count, size_t size);
  // By its place among those that add_modules() made and that are left.
  ImageMaker& remove_module(size_t index);

  // Takes blocks that stay unwritten, so that what comes next lies beyond them; gives all back.
  ImageMaker& take(uint64_t count);
  ImageMaker& give_back();
  // Later bitmap blocks without a bit become holes, as a new image has them.
  ImageMaker& punch_bitmap();
  // Blocks of another program: allocated, with content, and nothing refers to them.
  ImageMaker& add_foreign(uint64_t count);

  [[nodiscard]] CampaignBase make(std::string name);

 private:
  EditOptions edit();
  template <class Action>
  void with_volume(Action action);

  CowFile file_;
  uint32_t block_size_;
  std::vector<std::shared_ptr<const FrozenImage>> older_;
  Random random_{1};
  int64_t edits_ = 0;
  int snapshots_ = 0;
  size_t modules_ = 0;
  std::optional<Guid> last_;
  std::vector<Guid> ids_;
  std::vector<BlockRange> taken_;
};

}  // namespace vde::test
