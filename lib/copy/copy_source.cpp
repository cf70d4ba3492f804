#include "copy/copy_source.h"

#include <algorithm>

#include "check/finding_code.h"
#include "check/passes.h"
#include "check/verification.h"

namespace vde {

bool is_block_damage(const Finding& finding) {
  const FindingKind* kind = finding.kind;
  if (kind->severity != Severity::kError) return false;
  const auto is = [&](FindingCode code) {
    return kind == &finding_kinds()[static_cast<size_t>(code)];
  };
  return kind->code.starts_with("BLCK") || is(FindingCode::kGroupBlockDamaged) ||
         is(FindingCode::kDirectoryDamaged) || is(FindingCode::kDirectoryChecksumWrong) ||
         is(FindingCode::kFileShorter);
}

CopySource::CopySource(BlockFile& file, Activity& activity)
    : activity_(activity), search_(0, activity), shown_(&file) {
  options_.scope = VerifyScope::kMetadata;
  options_.search_seconds = 0;
  sink_ = [this](const Finding& finding) {
    if (is_block_damage(finding)) damage_.push_back(finding);
  };
}

Result<std::unique_ptr<CopySource>> CopySource::open(BlockFile& file, Activity& activity) {
  std::unique_ptr<CopySource> source(new CopySource(file, activity));
  VDE_TRY(source->examine(file));
  return source;
}

Result<void> CopySource::examine(BlockFile& file) {
  VDE_TRY_ASSIGN(on_disk, probe_to_judge(file));
  VDE_TRY(check_features(on_disk));
  journal_ = read_journal(file, on_disk);
  // Without commits the copy has exactly the bytes of the file, unless a crash tore the header.
  if (commits() == 0 && journal_.view && !journal_.view->plan.torn_header) journal_.view.reset();
  if (journal_.view) shown_ = journal_.view->file.get();
  VDE_TRY_ASSIGN(probe, probe_to_judge(*shown_));
  probe_ = std::move(probe);
  VDE_TRY_ASSIGN(size, shown_->size());
  size_ = shown_->is_device() ? probe_->usable_blocks() * probe_->block_size : size;
  reporter_.emplace(sink_, nullptr, probe_->block_size);
  context_.emplace(VerifyContext{BlockIo(*shown_, probe_->block_size),
                                 *probe_,
                                 options_,
                                 activity_,
                                 *reporter_,
                                 journal_,
                                 search_,
                                 {}});
  for (const Pass pass : {check_geometry, check_superblocks, check_regions})
    VDE_TRY(pass(*context_));
  return {};
}

std::vector<Stretch> region_stretches(const std::vector<PlacedRegion>& regions) {
  std::vector<uint64_t> bounds;
  for (const PlacedRegion& region : regions) {
    if (region.is_data_area) continue;
    bounds.push_back(region.blocks.begin);
    bounds.push_back(region.blocks.end);
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  std::vector<Stretch> stretches;
  for (size_t i = 1; i < bounds.size(); ++i) {
    Stretch stretch{{bounds[i - 1], bounds[i]}, {}};
    for (size_t k = 0; k < regions.size(); ++k)
      if (!regions[k].is_data_area && regions[k].blocks.contains(stretch.blocks.begin))
        stretch.regions.push_back(k);
    if (!stretch.regions.empty()) stretches.push_back(std::move(stretch));
  }
  return stretches;
}

}  // namespace vde
