// What the passes of a verification share.
#pragma once

#include <functional>
#include <optional>

#include "check/finding_code.h"
#include "format/inode.h"
#include "image/committed_view.h"

namespace vde {

// A region slot whose place was checked: it lies within the file, and its blocks may be read.
struct PlacedRegion {
  size_t slot = 0;
  Tag tag;
  BlockRange blocks;  // clipped to what the file has
  bool is_data_area = false;
};

// What a repair would find to build on, as far as that can be told from the metadata.
struct RepairFacts {
  bool group = false;          // a whole superblock group is there, or can be put together
  bool journal = false;        // the journal has a place of its own
  bool commit = false;         // changes can go through it
  bool bitmap = false;         // the bitmap has room for the volume, and a place of its own
  bool length = false;         // a file that is too short can be made longer
  bool tail = false;           // one that is too long can be cut
  bool geometry = false;       // the superblock's sizes can be told
  bool slots = false;          // slots follow from the format and from other slots
  bool inode_layout = false;   // the inode layout can be made anew
  bool empty_regions = false;  // unwritten regions can be made empty ones
};

// Tries out, in memory, what does not need the image's data. `file` is never written.
[[nodiscard]] RepairFacts find_repair_facts(BlockFile& file);

// Whether a repair that has these facts puts `finding` right.
[[nodiscard]] bool can_repair(const RepairFacts& facts, const Finding& finding);

// Makes findings and counts them. Calls never overlap: the passes that read on several threads put
// theirs in order first.
class Reporter {
 public:
  // `file` is the image as it lies on the disk: what --repair can do is told from it.
  Reporter(const std::function<void(const Finding&)>& sink, BlockFile& file)
      : sink_(sink), file_(file) {}

  void add(FindingCode code, std::optional<uint64_t> block, std::string region, std::string message,
           std::vector<std::string> affects = {}) {
    pass_on({&kind_of(code), block, std::move(region), std::move(message), std::move(affects)});
  }
  void pass_on(Finding finding);
  [[nodiscard]] VerifySummary& summary() { return summary_; }

 private:
  [[nodiscard]] bool is_fixable(const Finding& finding);

  const std::function<void(const Finding&)>& sink_;
  BlockFile& file_;
  std::optional<RepairFacts> facts_;  // looked for when they are first asked for
  VerifySummary summary_;
};

// What the journal that was found on the disk asks for.
struct JournalLook {
  std::optional<CommittedView> view;  // the image with all commits; what the passes look at
  std::optional<Error> error;         // why there is none: the journal must not be touched
};

struct VerifyContext {
  BlockIo io;
  const Survey& survey;
  const VerifyOptions& options;
  Activity& activity;
  Reporter& report;
  const JournalLook& journal;

  // Filled by the region pass, in slot order.
  std::vector<PlacedRegion> regions;

  // The first region with this tag, or null.
  [[nodiscard]] const PlacedRegion* find(Tag tag) const;
};

// Why an inode layout cannot be, or an empty text. A module without a field is legal: the
// superblock's larger inode size tells of it.
[[nodiscard]] std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest);

// One pass. An error ends the verification; damage is never one.
using Pass = Result<void> (*)(VerifyContext&);

Result<void> check_geometry(VerifyContext& context);
Result<void> check_superblocks(VerifyContext& context);
Result<void> check_regions(VerifyContext& context);
Result<void> check_journal(VerifyContext& context);
Result<void> check_inode_layout(VerifyContext& context);
Result<void> check_blocks(VerifyContext& context);
Result<void> check_bitmap(VerifyContext& context);

}  // namespace vde
