// Holds keys against the larger Bloom filter of a tag index, in batches: sorted by line, they read
// its blocks in order, and memory stays bounded whatever its size.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "format/tag_extension.h"
#include "io/block_io.h"

namespace vde {

class TagFilterCheck {
 public:
  TagFilterCheck(const BlockIo& io, BlockRange region, const TagExtension& extension);

  // Whether there is no filter, or its blocks lie within the region.
  [[nodiscard]] bool makes_sense() const { return makes_sense_; }
  // Block `number` of the region is one of the filter's.
  [[nodiscard]] bool covers(uint64_t number) const {
    return lines_ > 0 && number >= start_ && number < start_ + blocks_;
  }

  // A key's hash, to be held against the filter now or later.
  [[nodiscard]] Result<void> add(uint64_t hash);
  [[nodiscard]] Result<void> finish();

  // Keys that the filter denies, by the number of its block. Blocks that do not verify deny none:
  // readers do not believe them.
  [[nodiscard]] const std::map<uint64_t, uint64_t>& denials() const { return denials_; }
  // Blocks of the filter that were never written though keys belong into them.
  [[nodiscard]] const std::set<uint64_t>& unwritten() const { return unwritten_; }

 private:
  BlockIo io_;
  BlockRange region_;
  uint64_t start_ = 0;
  uint32_t lines_ = 0;  // 0: no filter
  uint32_t lines_per_block_ = 1;
  uint64_t blocks_ = 0;
  bool makes_sense_ = true;
  std::vector<uint64_t> batch_;
  std::map<uint64_t, uint64_t> denials_;
  std::set<uint64_t> unwritten_;
};

}  // namespace vde
