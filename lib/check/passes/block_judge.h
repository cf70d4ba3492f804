// Judges blocks by themselves: trailer, tag, generation, and what the first block of a region says
// of the others.
#pragma once

#include <atomic>
#include <vector>

#include "check/context.h"

namespace vde {

// Made when the regions are placed. Shared by all threads that judge, changed by none of them but
// through atomics.
class BlockJudge {
 public:
  explicit BlockJudge(VerifyContext& context)
      : context_(context), watches_(context.regions.size()) {}

  // Looks at the first block of region `index` of the context, which may be empty in ways that no
  // other block may. Comes before judge() of any block of the region.
  void check_head(size_t index, const UncheckedBlock& block);
  // Blocks of such regions are judged elsewhere or as data: they have no head.
  [[nodiscard]] static bool has_head(const PlacedRegion& region);

  // Adds to `findings` what is wrong with `block`. `region` is one of the context's, or stands for
  // the data area.
  void judge(const UncheckedBlock& block, const PlacedRegion& region,
             std::vector<NewFinding>& findings);

  // Whether a region without a head is empty is known only when all of it was seen.
  void report_empty_heads();

 private:
  // What must be known of a region besides its slot.
  struct Watch {
    bool head_unwritten = false;  // the first block was never written, and may be so
    bool head_is_empty = false;  // the first block is sealed zeros or unwritten: nothing may follow
    // The first later block that holds something; after one that was never written, the first that
    // was written at all: whoever makes a region starts with its first block.
    std::atomic<uint64_t> content{UINT64_MAX};
  };

  void report_unwritten(size_t index, FindingCode code);
  void note_content(const UncheckedBlock& block, const PlacedRegion& region);

  VerifyContext& context_;
  std::vector<Watch> watches_;
};

}  // namespace vde
