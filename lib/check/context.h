// What the passes of a verification share.
#pragma once

#include <functional>
#include <optional>

#include "check/finding_code.h"
#include "image/committed_view.h"

namespace vde {

// A region slot whose place was checked: it lies within the file, and its blocks may be read.
struct PlacedRegion {
  size_t slot = 0;
  Tag tag;
  BlockRange blocks;  // clipped to what the file has
  bool is_data_area = false;
};

// Makes findings and counts them. Calls never overlap: the passes that read on several threads put
// theirs in order first.
class Reporter {
 public:
  explicit Reporter(const std::function<void(const Finding&)>& sink) : sink_(sink) {}

  void add(FindingCode code, std::optional<uint64_t> block, std::string region, std::string message,
           std::vector<std::string> affects = {}) {
    pass_on({&kind_of(code), block, std::move(region), std::move(message), std::move(affects)});
  }
  void pass_on(const Finding& finding);
  [[nodiscard]] VerifySummary& summary() { return summary_; }

 private:
  const std::function<void(const Finding&)>& sink_;
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

// One pass. An error ends the verification; damage is never one.
using Pass = Result<void> (*)(VerifyContext&);

Result<void> check_geometry(VerifyContext& context);
Result<void> check_superblocks(VerifyContext& context);
Result<void> check_regions(VerifyContext& context);
Result<void> check_journal(VerifyContext& context);
Result<void> check_inode_layout(VerifyContext& context);
Result<void> check_blocks(VerifyContext& context);
Result<void> check_tags(VerifyContext& context);
Result<void> check_bitmap(VerifyContext& context);

}  // namespace vde
