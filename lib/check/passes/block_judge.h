// Checks single blocks: trailer, type, generation, and whether an empty first block of a region is
// followed by content.
#pragma once

#include <atomic>
#include <vector>

#include "check/context.h"

namespace vde {

// Created when the regions are placed. Shared by all threads, which change it only through atomics.
class BlockJudge {
 public:
  explicit BlockJudge(VerifyContext& context)
      : context_(context), watches_(context.regions.size()) {}

  // Checks the first block of region `index` of the context for being empty. Call it before judge()
  // of any block of the region.
  void check_head(size_t index, const UncheckedBlock& block);
  // The same for all regions of the context. A block that cannot be read is reported by others.
  void check_heads();
  // False for regions whose blocks are checked elsewhere or as data.
  [[nodiscard]] static bool has_head(const PlacedRegion& region);
  // Whether `block` is judged as one of `region`, which contains it: the groups and the directory
  // are checked elsewhere, and of journals only the header is defined.
  [[nodiscard]] static bool judges(const PlacedRegion& region, uint64_t block);

  // True if judge() finds nothing about the block. `region` is one of the context's, or
  // data_region(). The bytes may change meanwhile: the trailer is read once, the payload only
  // hashed.
  [[nodiscard]] bool is_sound(const UncheckedBlock& block, const PlacedRegion& region) const;
  // Adds the problems of `block` to `findings`.
  void judge(const UncheckedBlock& block, const PlacedRegion& region,
             std::vector<NewFinding>& findings);

  // Reports empty first blocks. Call it after all blocks: only then is it known whether the rest of
  // the region is empty too.
  void report_empty_heads();

 private:
  // The state of one region.
  struct Watch {
    bool head_unwritten = false;  // the first block was never written, which is allowed
    bool head_is_empty = false;   // the first block is all zero or unwritten: nothing may follow
    // The first later block that has content. After an unwritten first block, the first later block
    // that was written at all: tools that create a region write its first block first.
    std::atomic<uint64_t> content{UINT64_MAX};
  };

  void report_unwritten(size_t index, FindingCode code);
  [[nodiscard]] bool is_newer_than_volume(const Trailer& trailer, const PlacedRegion& region) const;
  [[nodiscard]] size_t index_of(const PlacedRegion& region) const;
  void note_content(const UncheckedBlock& block, const PlacedRegion& region);

  VerifyContext& context_;
  std::vector<Watch> watches_;
};

}  // namespace vde
