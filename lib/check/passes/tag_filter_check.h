// Holds keys against the larger Bloom filter of a tag index, in bounded memory: a filter of usual
// size is there as a whole; keys of a larger one are sorted by line, so that its blocks are read in
// order.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "format/tag/tag_extension.h"
#include "io/anonymous_memory.h"
#include "io/block_io.h"

namespace vde {

// Copies share the filter's bits, and each counts for itself: one a thread.
class TagFilterCheck {
 public:
  TagFilterCheck(const BlockIo& io, BlockRange region, const TagExtension& extension);

  // Whether there is no filter, or its blocks lie within the region.
  [[nodiscard]] bool makes_sense() const { return makes_sense_; }
  // Block `number` of the region is one of the filter's.
  [[nodiscard]] bool covers(uint64_t number) const {
    return lines_ > 0 && number >= start_ && number < start_ + blocks_;
  }

  // Reads the filter, if it is not too large to be held; before keys are added.
  void load();
  // A key's hash, to be held against the filter now or later.
  void add(uint64_t hash);
  void finish();

  // Keys that the filter denies, by the number of its block. Blocks that do not verify deny none:
  // readers do not believe them.
  [[nodiscard]] const std::map<uint64_t, uint64_t>& denials() const { return denials_; }
  // Blocks of the filter that were never written though keys belong into them.
  [[nodiscard]] const std::set<uint64_t>& unwritten() const { return unwritten_; }

 private:
  void look_up(uint64_t hash);
  void check_batch();

  BlockIo io_;
  BlockRange region_;
  uint64_t start_ = 0;
  uint32_t lines_ = 0;  // 0: no filter
  uint32_t lines_per_block_ = 1;
  uint64_t blocks_ = 0;
  bool makes_sense_ = true;
  std::shared_ptr<const AnonymousMemory> bits_;  // all lines, or null where they are too many
  std::array<uint64_t, 16> waiting_{};           // the last hashes, whose lines are on their way
  uint64_t added_ = 0;
  std::set<uint64_t> holes_;     // blocks of `bits_` that were never written
  std::vector<uint64_t> batch_;  // without `bits_`
  std::map<uint64_t, uint64_t> denials_;
  std::set<uint64_t> unwritten_;
};

}  // namespace vde
