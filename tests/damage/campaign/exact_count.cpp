#include "damage/campaign/exact_count.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde::test {
namespace {

// Another damage hit its block, too.
bool is_hit_twice(const std::vector<Damage>& damages, const Damage& damage) {
  const std::string swapped = fmt::format("with block {} ", damage.block);
  return std::ranges::count(damages, damage.block, &Damage::block) > 1 ||
         std::ranges::any_of(damages, [&](const Damage& other) {
           return other.kind == DamageKind::kSwap && other.detail.starts_with(swapped);
         });
}

std::optional<ExactKind> exact_kind_of(const Damage& damage) {
  // Nothing reads old records of the journal, and commits that wait are judged by their targets.
  if (damage.part == "MWAL" || damage.part == "MWAL last") return std::nullopt;
  if (damage.kind == DamageKind::kSector) return ExactKind::kSector;
  if (damage.kind != DamageKind::kFlips) return std::nullopt;
  return damage.bits == 1 ? ExactKind::kBit : ExactKind::kBits;
}

bool is_exact(const RepairedImage& image, uint64_t number) {
  const auto restores = [&](const RepairStep& step) {
    return step.what.starts_with("restore ") && step.what.find(" exactly") != std::string::npos &&
           std::ranges::any_of(step.blocks,
                               [&](const BlockRange& range) { return range.contains(number); });
  };
  return std::ranges::any_of(image.plan.steps, restores) ||
         image.repaired.block(number, image.block_size) ==
             image.sound.block(number, image.block_size);
}

}  // namespace

ExactCounts count_exact(const std::vector<Damage>& damages, const RepairedImage& image) {
  ExactCounts counts{};
  for (const Damage& damage : damages) {
    const auto kind = exact_kind_of(damage);
    if (!kind || is_hit_twice(damages, damage)) continue;
    const std::vector<uint8_t> block = image.damaged.block(damage.block, image.block_size);
    if (UncheckedBlock(damage.block, block).state() != BlockState::kBadChecksum) continue;
    ExactCount& count = counts.at(static_cast<size_t>(*kind));
    ++count.damaged;
    if (is_exact(image, damage.block)) ++count.exact;
  }
  return counts;
}

std::string describe(const ExactCounts& counts) {
  constexpr std::array<const char*, kExactKinds> kNames = {"flipped bits", "blocks with several",
                                                           "sectors"};
  std::string text;
  for (size_t i = 0; i < kExactKinds; ++i)
    text += fmt::format("{}{} of {} {}", i == 0 ? "" : ", ", counts[i].exact, counts[i].damaged,
                        kNames[i]);
  return text;
}

}  // namespace vde::test
