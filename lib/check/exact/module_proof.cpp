#include "check/exact/module_proof.h"

#include <algorithm>
#include <set>

#include "check/exact/exact_rule.h"
#include "check/written_blocks.h"
#include "region/extent_choice.h"
#include "region/module_blocks.h"
#include "table/module_table.h"

namespace vde {
namespace {

struct NamedExtent {
  SizedExtent extent;
  Opaque<32> hash;
};

class ModuleProof {
 public:
  ModuleProof(BlockFile& file, const Probe& probe, const std::vector<uint64_t>& restored,
              Activity& activity)
      : io_(file, probe.block_size), probe_(probe), restored_(restored), activity_(activity) {}

  Result<std::vector<uint64_t>> find_wrong() {
    for (const PlacedRegion& region : place_regions(probe_))
      if (region.type == block_types::kCode && probe_.slots[region.slot].is_plain())
        VDE_TRY(read_table(region.blocks));
    VDE_TRY(judge());
    std::vector<uint64_t> blocks;
    std::ranges::set_difference(wrong_, right_, std::back_inserter(blocks));
    return blocks;
  }

 private:
  // Restored blocks of an extent.
  [[nodiscard]] std::span<const uint64_t> restored_in(BlockRange extent) const {
    const auto first = std::ranges::lower_bound(restored_, extent.begin);
    return {first, std::ranges::lower_bound(restored_, extent.end)};
  }

  // Keeps the modules that own a restored block.
  Result<void> read_table(BlockRange table) {
    return each_written_block(io_, table, activity_, [&](const UncheckedBlock& block) {
      if (block.check(block_types::kCode))
        add_entries(block.unchecked_payload(), block.number() == table.begin);
      return Result<void>{};
    });
  }

  void add_entries(Bytes payload, bool first) {
    const auto entries = decode_module_block(payload, first, INT32_MAX);
    if (!entries) return;
    for (const ModuleEntry& entry : *entries) {
      const auto extent = module_extent(entry, probe_.usable_blocks(), io_.block_size());
      if (extent && !restored_in(*extent).empty())
        modules_.push_back({{*extent, static_cast<uint64_t>(entry.size)}, entry.hash});
    }
  }

  Result<void> judge() {
    std::vector<SizedExtent> extents;
    for (const NamedExtent& module : modules_) extents.push_back(module.extent);
    const ExtentChoice choice(std::move(extents));
    std::vector<std::optional<Opaque<32>>> hashes;
    for (const SizedExtent& extent : choice.chosen()) {
      VDE_TRY_ASSIGN(hash, hash_of(extent));
      hashes.push_back(hash);
    }
    for (const NamedExtent& module : modules_) {
      const auto place = choice.find(module.extent);
      if (!place || !hashes[*place]) continue;
      auto& blocks = *hashes[*place] == module.hash ? right_ : wrong_;
      for (const uint64_t number : restored_in(module.extent.blocks)) blocks.insert(number);
    }
    return {};
  }

  // Nothing where a block of it does not verify.
  Result<std::optional<Opaque<32>>> hash_of(const SizedExtent& extent) {
    const auto nowhere = [](Bytes) -> Result<void> { return {}; };
    auto bytes = read_module(io_, extent.blocks.begin, extent.size, nowhere, activity_);
    if (bytes) return std::optional(bytes->hash);
    if (bytes.error().code == ErrorCode::kDamaged) return std::optional<Opaque<32>>();
    return propagate(bytes);
  }

  BlockIo io_;
  const Probe& probe_;
  const std::vector<uint64_t>& restored_;
  Activity& activity_;
  std::vector<NamedExtent> modules_;
  std::set<uint64_t> right_;  // restored blocks of modules that have their hash
  std::set<uint64_t> wrong_;
};

}  // namespace

Result<std::vector<uint64_t>> find_wrong_module_blocks(BlockFile& file, const Probe& probe,
                                                       const std::vector<uint64_t>& restored,
                                                       Activity& activity) {
  if (is_switched_off(ExactRule::kModuleHash)) return std::vector<uint64_t>{};
  return ModuleProof(file, probe, restored, activity).find_wrong();
}

}  // namespace vde
