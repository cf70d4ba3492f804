// The sound images of the repair campaign, and which block holds each of their entries.
#pragma once

#include <functional>
#include <set>

#include "damage/campaign/campaign_base.h"

namespace vde::test {

using BlockSet = std::set<uint64_t>;

// What an image holds, and where.
struct Holdings {
  Content content;  // sorted
  // By index, as in `content`: the blocks without which an entry is gone.
  std::vector<std::vector<uint64_t>> tag_blocks;
  std::vector<std::vector<uint64_t>> snapshot_blocks;
  std::vector<std::vector<uint64_t>> module_blocks;  // of the table, and those of the bytes

  // The entries all of whose blocks pass `test`.
  [[nodiscard]] Content where(const std::function<bool(uint64_t)>& test) const;
};

// `image` has nothing that waits in its journal.
[[nodiscard]] Holdings find_holdings(const std::shared_ptr<const FrozenImage>& image);

struct KnownImage {
  std::string name;
  std::shared_ptr<const FrozenImage> image;  // commits may wait in its journal
  CampaignBase base;                         // the image with nothing waiting
  Holdings now;
  std::optional<Holdings> before;  // where commits wait: without them
  BlockSet journaled;              // blocks that the journal holds a newer version of
  std::set<std::pair<std::string, std::string>> findings;  // codes and regions; no notes

  [[nodiscard]] std::unique_ptr<CowFile> open() const { return std::make_unique<CowFile>(image); }
  [[nodiscard]] bool is_journal(uint64_t block) const { return base.journal.contains(block); }
  // No copy is left of something that exists in both superblock groups.
  [[nodiscard]] bool lacks_foundation(const BlockSet& touched) const;
  // What is there after a repair if only these blocks were changed.
  [[nodiscard]] Content required(const BlockSet& touched) const;
  // What may be there.
  [[nodiscard]] Content allowed(const BlockSet& touched) const;
  // Of `lost`: what something in the image must still speak of, so that a repair can name it. A
  // commit whose record is damaged looks like one that a crash cut off, and zeros in the only block
  // of a table look like an empty table.
  [[nodiscard]] Content noticeable(const Content& lost, const BlockSet& touched,
                                   const CowFile& damaged) const;
  // Of `lost`: what was there before the commits that wait, if a record of them was changed.
  [[nodiscard]] Content settled(const Content& lost, const BlockSet& touched) const {
    return hits_waiting(touched) ? common(lost, before->content) : lost;
  }

 private:
  [[nodiscard]] bool hits_waiting(const BlockSet& touched) const;
  [[nodiscard]] bool seems_empty(BlockType table, const CowFile& damaged) const;
};

[[nodiscard]] size_t known_image_count();
// Built when it is first asked for.
[[nodiscard]] const KnownImage& known_image(size_t index);

}  // namespace vde::test
