#include "check/exact/damaged_blocks.h"

#include <algorithm>

#include "check/exact/search.h"
#include "check/passes.h"

namespace vde {

std::vector<uint64_t> damaged_blocks_of(const std::vector<Finding>& findings) {
  std::vector<uint64_t> blocks;
  for (const Finding& finding : findings)
    if (finding.kind == &kind_of(FindingCode::kBlockBadChecksum) && finding.block)
      blocks.push_back(*finding.block);
  std::ranges::sort(blocks);
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

Result<std::vector<uint64_t>> find_damaged_blocks(BlockFile& file, const Probe& probe,
                                                  const VerifyOptions& options,
                                                  Activity& activity) {
  std::vector<Finding> findings;
  const std::function<void(const Finding&)> keep = [&](const Finding& finding) {
    findings.push_back(finding);
  };
  activity.total = activity.done + probe.file_size;
  // Without a file the reporter does not ask what a repair would do.
  Reporter reporter(keep, nullptr, probe.block_size);
  const JournalOnDisk no_journal;
  ExactSearch nothing(0, activity);
  VerifyContext context{
      BlockIo(file, probe.block_size), probe, options, activity, reporter, no_journal, nothing, {}};
  VDE_TRY(check_regions(context));
  VDE_TRY(check_blocks(context));
  return damaged_blocks_of(findings);
}

}  // namespace vde
