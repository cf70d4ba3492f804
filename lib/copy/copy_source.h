// The image that is copied, as of its last commit, and which of its blocks belong to what.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "check/context.h"
#include "check/exact/search.h"

namespace vde {

// Whether a finding says that a block is damaged: that its bytes are not what was written, or that
// it is missing. Others are about what valid blocks contain.
[[nodiscard]] bool is_block_damage(const Finding& finding);

class CopySource {
 public:
  // Probes `file`, and applies the commits that wait in its journal in a view. Examines the fixed
  // blocks and the region tables as `verify` does. Both must outlive the result. kNotAnImage,
  // kUnsupported, kIo.
  [[nodiscard]] static Result<std::unique_ptr<CopySource>> open(BlockFile& file,
                                                                Activity& activity);
  CopySource(const CopySource&) = delete;
  CopySource& operator=(const CopySource&) = delete;
  ~CopySource() = default;

  // The image with its commits applied, or the file itself if there are none.
  [[nodiscard]] BlockFile& file() const { return *shown_; }
  [[nodiscard]] const BlockIo& io() const { return context_->io; }
  [[nodiscard]] const Probe& probe() const { return *probe_; }
  [[nodiscard]] const std::vector<PlacedRegion>& regions() const { return context_->regions; }
  // For checks with the code of `verify`. Damage that they report is added to damage().
  [[nodiscard]] VerifyContext& context() { return *context_; }

  // Bytes of the file that belong to the image: all, or those of the volume on a device.
  [[nodiscard]] uint64_t size() const { return size_; }
  // The number of commits that waited in the journal.
  [[nodiscard]] uint64_t commits() const { return journal_.view ? journal_.view->plan.records : 0; }
  // Why the commits in the journal cannot be applied, if there is a reason.
  [[nodiscard]] const std::optional<Error>& journal_error() const { return journal_.error; }
  // Damage that was reported so far. There are a few hundred findings at most, because nobody
  // reports single blocks of regions here.
  [[nodiscard]] const std::vector<Finding>& damage() const { return damage_; }

 private:
  CopySource(BlockFile& file, Activity& activity);
  [[nodiscard]] Result<void> examine(BlockFile& file);

  Activity& activity_;
  VerifyOptions options_;
  ExactSearch search_;
  JournalOnDisk journal_;
  BlockFile* shown_;
  uint64_t size_ = 0;
  std::optional<Probe> probe_;
  std::vector<Finding> damage_;
  std::function<void(const Finding&)> sink_;
  std::optional<Reporter> reporter_;
  std::optional<VerifyContext> context_;
};

// Blocks in a row that belong to the same regions, of which more than one are an error of the
// table.
struct Stretch {
  BlockRange blocks;
  std::vector<size_t> regions;  // places in CopySource::regions(); never the data area
};

// All blocks of regions, in ascending disjoint stretches. There are at most twice as many as slots.
[[nodiscard]] std::vector<Stretch> region_stretches(const std::vector<PlacedRegion>& regions);

}  // namespace vde
