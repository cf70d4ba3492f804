// Checks keys against the line filter of a tag index, in bounded memory. A filter of ordinary size
// is kept in memory, and keys are collected by part of it. For a larger one, keys are collected and
// sorted by line, so that its blocks are read in order.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "format/tag/tag_extension.h"
#include "io/anonymous_memory.h"
#include "io/block_io.h"

namespace vde {

// Use one copy per thread: copies share the filter's bits, and each has its own counts.
class TagFilterCheck {
 public:
  TagFilterCheck(const BlockIo& io, BlockRange region, const TagExtension& extension);

  // False if there is a filter and its blocks do not lie within the region.
  [[nodiscard]] bool is_placed() const { return is_placed_; }
  // Whether block `number` of the region is part of the filter.
  [[nodiscard]] bool covers(uint64_t number) const {
    return lines_ > 0 && number >= start_ && number < start_ + blocks_;
  }

  // Reads the filter into memory unless it is too large. Call it before add().
  void load();
  // Checks the hash of a key, now or in finish().
  void add(uint64_t hash);
  void finish();

  // The number of keys that the filter misses, by block of the filter. Damaged blocks miss none,
  // because readers ignore them.
  [[nodiscard]] const std::map<uint64_t, uint64_t>& misses() const { return misses_; }
  // Blocks of the filter that were never written although keys belong to them.
  [[nodiscard]] const std::set<uint64_t>& unwritten() const { return unwritten_; }

 private:
  // Looks up all of `hashes` and removes them.
  void look_up(std::vector<uint64_t>& hashes);
  void check_batch();

  BlockIo io_;
  BlockRange region_;
  uint64_t start_ = 0;
  uint32_t lines_ = 0;  // 0: no filter
  uint32_t lines_per_block_ = 1;
  uint64_t blocks_ = 0;
  bool is_placed_ = true;
  std::shared_ptr<const AnonymousMemory> bits_;  // all lines, or null if there are too many
  // With `bits_`: hashes by part of the filter. Looking up one part at a time needs fewer address
  // translations, which take longer than the rest.
  std::vector<std::vector<uint64_t>> parts_;
  std::set<uint64_t> holes_;     // blocks of `bits_` that were never written
  std::vector<uint64_t> batch_;  // without `bits_`
  std::map<uint64_t, uint64_t> misses_;
  std::set<uint64_t> unwritten_;
};

}  // namespace vde
