// The sound images of the campaign: each built once, with what it holds and with older copies of
// itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "damage/campaign/campaign_content.h"
#include "format/region_content.h"
#include "support/files/cow_file.h"

namespace vde::test {

// Blocks of one kind that a fault may hit.
struct BasePart {
  std::string name;  // "TAGI leaf"
  uint64_t weight;   // how often it is hit, compared with others
  std::vector<uint64_t> blocks;
};

struct CampaignBase {
  std::string name;
  uint32_t block_size = 0;
  std::shared_ptr<const FrozenImage> image;
  std::vector<std::shared_ptr<const FrozenImage>> older;  // what it was before, oldest first
  Content content;
  Content ever;  // with all that the older copies hold
  std::string label;
  uint64_t blocks = 0;  // of the volume
  std::vector<RegionSlot> slots;
  BlockRange journal;
  std::vector<bool> free;         // by block: nobody's
  std::vector<uint64_t> foreign;  // allocated blocks with content that nothing known refers to
  std::vector<BasePart> parts;
  bool clean = false;  // verify finds nothing but notes

  [[nodiscard]] std::unique_ptr<CowFile> open() const { return std::make_unique<CowFile>(image); }
  // "TAGI", "group" (blocks 0 to 7), "directory" or "data".
  [[nodiscard]] std::string region_of(uint64_t block) const;
};

// Looks `image` over: what it holds, whose its blocks are.
[[nodiscard]] CampaignBase make_base(std::string name, std::shared_ptr<const FrozenImage> image,
                                     std::vector<std::shared_ptr<const FrozenImage>> older);

// All bases by name and how to build them.
[[nodiscard]] size_t base_count();
// Built when it is first asked for; from several threads, too.
[[nodiscard]] const CampaignBase& campaign_base(size_t index);

}  // namespace vde::test
