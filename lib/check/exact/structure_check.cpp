#include "check/exact/structure_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "check/exact/copied_blocks.h"
#include "check/exact/exact_rule.h"
#include "check/exact/search.h"
#include "check/passes.h"
#include "io/overlay_file.h"

namespace vde {
namespace {

// The others judge no region, or every block by itself.
bool judges_structures(Pass pass) {
  return pass != check_geometry && pass != check_superblocks && pass != check_journal &&
         pass != check_blocks;
}

bool is_about(const Finding& finding, const std::string& region) {
  // Wrong counts of the bitmap are found in the superblock.
  return finding.region == region || finding.kind->code.starts_with(region);
}

// Whether findings about the region say that the trailer is not the block's own. An older version
// rarely differs by so little as a byte.
bool is_replaced(const RestoredFacts& block) {
  return block.type != block_types::kData && !block.is_close;
}

// In the bitmap older versions do: a change is often one byte.
bool is_close_bitmap(const RestoredFacts& block) {
  return block.is_close && block.type == block_types::kBitmap;
}

// Whether a block of a table becomes empty.
bool is_emptied(const RestoredFacts& block) {
  return block.is_emptied && !block.is_close && has_unique_blocks(block.type);
}

// The regions of those blocks that `counts` accepts. With a block that stays damaged a region may
// have new findings whatever the others hold.
std::set<std::string> complete_regions(const RestoredImage& image,
                                       bool (*counts)(const RestoredFacts&)) {
  std::set<std::string> regions;
  for (const auto& [number, block] : image.blocks)
    if (counts(block)) regions.insert(to_string(block.type));
  for (const std::string& region : image.incomplete) regions.erase(region);
  return regions;
}

std::set<std::string> common(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::set<std::string> both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

// Runs the passes that judge structures over `file`, which has the probe of `image`.
Result<void> run_passes(BlockFile& file, const RestoredImage& image, Activity& activity,
                        const std::function<void(const Finding&)>& visit) {
  // Without a file the reporter does not ask what a repair would do.
  Reporter reporter(visit, nullptr, image.probe.block_size);
  const VerifyOptions options{VerifyScope::kMetadata, 1, 0};
  const JournalOnDisk no_journal;
  ExactSearch nothing(0, activity);
  VerifyContext context{BlockIo(file, image.probe.block_size),
                        image.probe,
                        options,
                        activity,
                        reporter,
                        no_journal,
                        nothing,
                        {}};
  for (const NamedPass& pass : passes())
    if (judges_structures(pass.run)) VDE_TRY(pass.run(context));
  return {};
}

// Which of `regions` have a finding in `file` that is not known.
Result<std::set<std::string>> find_contradicted(BlockFile& file, const RestoredImage& image,
                                                const std::set<std::string>& regions,
                                                Activity& activity) {
  std::set<std::string> contradicted;
  if (regions.empty()) return contradicted;
  VDE_TRY(run_passes(file, image, activity, [&](const Finding& finding) {
    if (finding.kind->severity == Severity::kNote ||
        image.known.contains({finding.kind->code, finding.region}))
      return;
    for (const std::string& region : regions)
      if (is_about(finding, region)) contradicted.insert(region);
  }));
  return contradicted;
}

// What is known already, and what the steps before this one brought about: slots that they wrote
// may be wrong.
Result<std::set<FindingName>> known_by_now(const RestoredImage& image, Activity& activity) {
  std::set<FindingName> known = image.known;
  VDE_TRY(run_passes(image.damaged, image, activity, [&](const Finding& finding) {
    if (finding.kind->severity != Severity::kNote)
      known.emplace(finding.kind->code, finding.region);
  }));
  return known;
}

// What blocks hold instead of what would be restored.
enum class Content {
  kOwn,  // what they hold now
  kAny,  // what no structure accepts
};

// Which of `regions` have a new finding if the blocks that `counts` accepts hold something else.
Result<std::set<std::string>> find_contradicted_with(Content content, const RestoredImage& image,
                                                     bool (*counts)(const RestoredFacts&),
                                                     const std::set<std::string>& regions,
                                                     Activity& activity) {
  constexpr uint8_t kGarbage = 0xA5;
  OverlayFile view(image.restored, image.probe.block_size);
  if (regions.empty()) return regions;
  const BlockIo io(image.damaged, image.probe.block_size);
  BlockBuffer buffer = io.make_buffer();
  for (const auto& [number, facts] : image.blocks) {
    if (!counts(facts)) continue;
    VDE_TRY_ASSIGN(block, io.read(number, buffer));
    const Trailer trailer = block.unchecked_trailer();
    if (content == Content::kAny) std::ranges::fill(buffer, kGarbage);
    write_trailer(buffer, trailer.type, trailer.generation);
    VDE_TRY(view.write(number * buffer.size(), buffer));
  }
  return find_contradicted(view, image, regions, activity);
}

}  // namespace

std::set<FindingName> names_of(const std::vector<Finding>& findings) {
  std::set<FindingName> names;
  for (const Finding& finding : findings)
    if (finding.kind->severity != Severity::kNote)
      names.emplace(finding.kind->code, finding.region);
  return names;
}

Result<StructureVerdict> StructureVerdict::judge(const RestoredImage& before, Activity& activity) {
  StructureVerdict verdict;
  if (is_switched_off(ExactRule::kStructure)) return verdict;
  const auto replaced = complete_regions(before, is_replaced);
  const auto close = complete_regions(before, is_close_bitmap);
  auto restored = replaced;
  restored.insert(close.begin(), close.end());
  VDE_TRY_ASSIGN(suspected, find_contradicted(before.restored, before, restored, activity));
  std::set<FindingName> known_names = before.known;
  if (!suspected.empty()) {
    VDE_TRY_ASSIGN(by_now, known_by_now(before, activity));
    known_names = std::move(by_now);
  }
  const RestoredImage image{before.damaged, before.restored,   before.probe,
                            before.blocks,  before.incomplete, known_names};
  VDE_TRY_ASSIGN(contradicted, find_contradicted(image.restored, image, suspected, activity));
  verdict.contradicted_ = common(contradicted, replaced);
  auto lying = common(contradicted, close);
  // Counts that were wrong before contradict the bitmap either way.
  VDE_TRY_ASSIGN(known,
                 find_contradicted_with(Content::kOwn, image, is_close_bitmap, lying, activity));
  for (const std::string& region : known) lying.erase(region);
  verdict.lying_ = std::move(lying);
  // Blocks past the end of a table hold anything without a finding: then it does not matter.
  VDE_TRY_ASSIGN(full, find_contradicted_with(Content::kAny, image, is_emptied,
                                              complete_regions(image, is_emptied), activity));
  VDE_TRY_ASSIGN(wrong, find_contradicted_with(Content::kOwn, image, is_emptied, full, activity));
  for (const std::string& region : wrong) full.erase(region);
  verdict.full_ = std::move(full);
  return verdict;
}

std::string StructureVerdict::fault(const RestoredFacts& block) const {
  const std::string region = to_string(block.type);
  if ((is_replaced(block) && contradicted_.contains(region)) ||
      (is_close_bitmap(block) && lying_.contains(region)))
    return fmt::format("what its trailer names contradicts the rest of {}", region);
  if (is_emptied(block) && full_.contains(region))
    return fmt::format("its trailer is that of an empty block, but its content fits the rest of {}",
                       region);
  return {};
}

}  // namespace vde
