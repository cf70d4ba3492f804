// What the passes of a verification share.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "base/ranges.h"
#include "check/reporter.h"
#include "format/region/inode.h"
#include "image/committed_view.h"

namespace vde {

// A region slot whose place was checked: it lies within the file, and its blocks may be read.
struct PlacedRegion {
  size_t slot = 0;
  BlockType tag;
  BlockRange blocks;  // clipped to what the file has
  bool is_data_area = false;
};

// Who refers to blocks that lie in no region but the data area. Passes add what they read in their
// structures; the bitmap is held against it, by the last pass.
class References {
 public:
  void add(BlockRange blocks) {
    // Modules lie one behind the other, and an image may have a hundred thousand.
    if (!ranges_.empty() && ranges_.back().end == blocks.begin)
      ranges_.back().end = blocks.end;
    else
      ranges_.push_back(blocks);
  }
  // All that the regions with this tag refer to was added. Without that for each structure that may
  // refer to blocks, nothing can be said to be referred to by nobody.
  void know(BlockType tag) { known_.insert(tag.value); }
  [[nodiscard]] bool knows(BlockType tag) const { return known_.contains(tag.value); }

  // What was added, as disjoint ascending ranges below `end`, without what `except` has, which is
  // disjoint and ascending too.
  [[nodiscard]] std::vector<BlockRange> merged(uint64_t end,
                                               const std::vector<BlockRange>& except) const;

 private:
  std::vector<BlockRange> ranges_;
  std::set<uint32_t> known_;
};

// What the journal that was found on the disk asks for.
struct JournalLook {
  std::optional<CommittedView> view;  // the image with all commits; what the passes look at
  std::optional<Error> error;         // why there is none: the journal must not be touched
};

class TagsReached;

struct VerifyContext {
  BlockIo io;
  const Probe& probe;
  const VerifyOptions& options;
  Activity& activity;
  Reporter& report;
  const JournalLook& journal;

  // Filled by the region pass, in slot order.
  std::vector<PlacedRegion> regions;
  // Filled by the passes between the blocks' and the bitmap's.
  References references = {};
  // Set by the pass over the tag tree that reports nothing, where there is nothing to report: the
  // tree's nodes, all of which verify. Null otherwise.
  std::shared_ptr<TagsReached> sound_tags = {};

  // The first region with this tag, or null.
  [[nodiscard]] const PlacedRegion* find(BlockType tag) const;
  // The same, or null where it is encrypted or compressed.
  [[nodiscard]] const PlacedRegion* find_plain(BlockType tag) const;
};

// Why an inode layout cannot be, or an empty text. A module without a field is legal: the
// superblock's larger inode size tells of it.
[[nodiscard]] std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest);

// Whether a block of this generation is newer than the superblock, as far as that can be told.
[[nodiscard]] bool is_newer(const Probe& probe, uint32_t generation);

// One pass. An error ends the verification; damage is never one.
using Pass = Result<void> (*)(VerifyContext&);

Result<void> check_geometry(VerifyContext& context);
Result<void> check_superblocks(VerifyContext& context);
Result<void> check_regions(VerifyContext& context);
Result<void> check_journal(VerifyContext& context);
Result<void> check_inode_layout(VerifyContext& context);
Result<void> find_sound_tags(VerifyContext& context);
Result<void> check_blocks(VerifyContext& context);
Result<void> check_modules(VerifyContext& context);
Result<void> check_dictionaries(VerifyContext& context);
Result<void> check_snapshots(VerifyContext& context);
Result<void> check_tags(VerifyContext& context);
Result<void> check_bitmap(VerifyContext& context);

// How much of a pass can be done on an image that streams by (see verify_stream).
enum class OnStream {
  kNever,      // it reads here and there: named as not done
  kItself,     // the stream does the same block by block
  kNotNeeded,  // it reports nothing, and only saves other passes time
  kAtStart,    // on the fixed blocks, before anything else
  kAtEnd,      // on what was kept: the first block of each region, and the bitmap
};

struct NamedPass {
  std::string_view name;  // "tag tree", for people
  Pass run;
  OnStream on_stream = OnStream::kNever;
};

// All passes, in their order: later ones build on what earlier ones found out, regions before what
// lies in them, blocks before the bitmap, whose damaged blocks decide nothing.
[[nodiscard]] std::span<const NamedPass> passes();

// What of the image verified whole, for the summary: structures that no error or warning names, all
// of whose blocks the file has.
[[nodiscard]] std::vector<std::string> intact_structures(const VerifyContext& context);

}  // namespace vde
