// Hostile values in every field of every structure, with and without corrected checksums: showing
// and verifying such an image must end quickly, within bounded memory, and report every change that
// a checksum covers.
#include <doctest/doctest.h>

#include <ctime>

#include "damage/hostile/hostile_fields.h"
#include "support/allocation_watch.h"
#include "support/effort.h"
#include "support/verify_list.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kSeed = 20240611;
// The maximum CPU time for one image, in seconds.
constexpr double kLongest = kSlowness;

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// Everything is shown for every n-th image; odd, so that images with and without corrected
// checksums alternate.
constexpr size_t kWholeLooks = 17;

// Tests every field of one image with every variant.
class Siege {
 public:
  explicit Siege(uint32_t block_size) : image_({block_size, 256, kAllModules}) {
    fill_regions(image_);
    size_ = image_.bytes().size();
    written_ = image_.written_blocks();
  }

  void run() {
    spoil_each(image_, kSeed,
               [&](const Target& target, bool rehashed) { attack(target, rehashed); });
  }

  size_t images = 0;
  size_t reported = 0;  // by a finding of more than a note

 private:
  void attack(const Target& target, bool rehashed) {
    ++images;
    const double begin = processor_seconds();
    reset_largest_allocation();
    const bool complains = verified(image_.file()).complains();
    look(target, rehashed);
    const size_t most = largest_allocation();
    CHECK(most <= size_ + (size_t{1} << 20));
    CHECK(processor_seconds() - begin < kLongest);
    CHECK((complains || rehashed));
    reported += complains ? 1 : 0;
  }

  // Shows everything, as JSON and as text.
  void look(const Target& target, bool rehashed) {
    BlockFile& file = image_.file();
    const uint64_t offset =
        target.blocks.front() * image_.block_size() + target.offset + target.field.offset;
    if (const auto field = dump_offset(file, {{}, offset})) shown(offset_text(*field), *field);
    // The values shown do not depend on the checksum, and one structure hardly affects the others,
    // so everything is shown only for some of the images.
    const bool whole = images % kWholeLooks == 0;
    if (rehashed || whole) {
      if (const auto info = image_info(file)) shown(info_text(*info), *info);
      if (const auto regions = dump_regions(file)) shown(regions_text(*regions), *regions);
      const auto tree = dump_tag_tree(file, {}, Activity{}, [&](const Json& node) {
        shown(tag_node_text(node), node);
        return Result<void>();
      });
      CHECK((tree || tree.error().code != ErrorCode::kIo));
    }
    if (!whole) return dump(target.blocks.front(), target.blocks.front() + 1);
    for (size_t i = 0; i < written_.size();) {
      size_t end = i + 1;
      while (end < written_.size() && written_[end] == written_[end - 1] + 1) ++end;
      dump(written_[i], written_[end - 1] + 1);
      i = end;
    }
  }

  // The image may appear to have another block size. Then these are arbitrary blocks.
  void dump(uint64_t begin, uint64_t end) {
    BlockSelection selection;
    selection.kind = BlockSelection::Kind::kBlocks;
    selection.blocks = {begin, end};
    const auto result = dump_blocks(image_.file(), selection, Activity{}, [&](const Json& block) {
      shown(block_text(block), block);
      return Result<void>();
    });
    CHECK((result || result.error().code != ErrorCode::kIo));
  }

  // JSON that is not UTF-8 cannot be printed: dump() throws.
  static void shown(const std::string& text, const Json& json) {
    CHECK_FALSE(text.empty());
    CHECK_FALSE(json.dump().empty());
  }

  ImageBuilder image_;
  size_t size_;
  std::vector<uint64_t> written_;
};

}  // namespace

TEST_CASE(
    "hostile field values cause no crash or hang, and changes that checksums cover are reported") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    Siege siege(block_size);
    siege.run();
    MESSAGE(block_size, "-byte blocks, seed ", kSeed, ": ", siege.images, " images, ",
            siege.reported, " of them reported");
    CHECK(siege.images > scaled(2000, std::min(1.0, test_effort())));
  }
}
