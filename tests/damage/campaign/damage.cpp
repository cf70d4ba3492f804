#include "damage/campaign/damage.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/checked.h"
#include "format/block.h"
#include "support/random_bytes.h"

namespace vde::test {
namespace {

using BlockBytes = std::vector<uint8_t>;
constexpr size_t kSectorSize = 512;  // bytes

class DamageMaker {
 public:
  DamageMaker(const KnownImage& known, CowFile& file, Random& random, const DamageOptions& options)
      : known_(known), file_(file), random_(random), parts_(known.base.parts) {
    if (options.data) add_data();
  }

  Damage flip_one_bit() {
    Damage damage{DamageKind::kFlips, {}, 0, {}};
    BlockBytes block;
    do {
      const BasePart& part = choose_part();
      damage.part = part.name;
      damage.block = part.blocks[random_.below(part.blocks.size())];
      block = at(damage.block);
    } while (UncheckedBlock(damage.block, block).state() != BlockState::kValid);
    flip_bit(damage, block, random_.below(uint64_t{payload_size(known_.base.block_size)} * 8));
    file_.put_block(damage.block, block);
    return damage;
  }

  Damage misplace() {
    Damage damage{random_.below(2) == 0 ? DamageKind::kSwap : DamageKind::kCopy, {}, 0, {}};
    damage.block = random_.below(kFirstRegionBlock);
    damage.part = known_.base.region_of(damage.block);
    uint64_t other = 0;
    while (other < kFirstRegionBlock) {
      const BasePart& part = choose_part();
      other = part.blocks[random_.below(part.blocks.size())];
    }
    BlockBytes block = at(damage.block);
    exchange(damage, block, other);
    file_.put_block(damage.block, block);
    return damage;
  }

  // A kind may not be possible at a place, or change nothing there.
  Damage make() {
    while (true)
      if (std::optional<Damage> damage = try_to_make()) return *damage;
  }

 private:
  std::optional<Damage> try_to_make() {
    constexpr uint64_t kKinds = 10;
    const uint64_t chosen = random_.below(kKinds);
    // Numbers can lie in many ways.
    if (chosen >= static_cast<uint64_t>(DamageKind::kLie)) return tell_lie(known_, file_, random_);
    const BasePart& part = choose_part();
    Damage damage{static_cast<DamageKind>(chosen),
                  part.name,
                  part.blocks[random_.below(part.blocks.size())],
                  {}};
    BlockBytes block = at(damage.block);
    const BlockBytes before = block;
    if (!change(damage, block) || block == before) return std::nullopt;
    file_.put_block(damage.block, block);
    return damage;
  }

  bool change(Damage& damage, BlockBytes& block) {
    switch (damage.kind) {
      case DamageKind::kZeros:
        std::ranges::fill(block, uint8_t{0});
        return true;
      case DamageKind::kNoise:
        fill_randomly(block, random_);
        return true;
      case DamageKind::kFlips:
        return flip(damage, block);
      case DamageKind::kSector:
        return lose_sector(damage, block);
      case DamageKind::kSwap:
      case DamageKind::kCopy:
        return take_other(damage, block);
      case DamageKind::kType:
        return change_type(damage, block);
      case DamageKind::kLie:
        break;
    }
    return false;
  }

  bool flip(Damage& damage, BlockBytes& block) {
    const uint64_t count = random_.below(2) == 0 ? 1 : 1 + random_.below(8);
    for (uint64_t i = 0; i < count; ++i) flip_bit(damage, block, random_.below(block.size() * 8));
    return true;
  }

  static void flip_bit(Damage& damage, BlockBytes& block, uint64_t bit) {
    ++damage.bits;
    block[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    damage.detail +=
        fmt::format("{}bit {} of byte {}", damage.detail.empty() ? "" : ", ", bit % 8, bit / 8);
  }

  bool lose_sector(Damage& damage, BlockBytes& block) {
    if (block.size() <= kSectorSize) return false;
    const uint64_t sector = random_.below(block.size() / kSectorSize);
    const MutableBytes bytes = MutableBytes(block).subspan(sector * kSectorSize, kSectorSize);
    const bool noise = random_.below(2) == 0;
    if (noise)
      fill_randomly(bytes, random_);
    else
      std::ranges::fill(bytes, uint8_t{0});
    damage.detail = fmt::format("sector {}, {}", sector, noise ? "noise" : "zeros");
    return true;
  }

  // Of the same region, more often than not.
  bool take_other(Damage& damage, BlockBytes& block) {
    const std::string region = known_.base.region_of(damage.block);
    const bool same = random_.below(4) != 0;
    std::vector<uint64_t> others;
    for (const BasePart& part : parts_)
      for (const uint64_t number : part.blocks)
        if (number != damage.block && (!same || known_.base.region_of(number) == region))
          others.push_back(number);
    if (others.empty()) return false;
    exchange(damage, block, others[random_.below(others.size())]);
    return true;
  }

  void exchange(Damage& damage, BlockBytes& block, uint64_t other) {
    const BlockBytes theirs = at(other);
    if (damage.kind == DamageKind::kSwap) file_.put_block(other, block);
    block = theirs;
    damage.detail =
        fmt::format("{} block {} ({})", damage.kind == DamageKind::kSwap ? "with" : "from", other,
                    known_.base.region_of(other));
  }

  bool change_type(Damage& damage, BlockBytes& block) {
    constexpr BlockType kTypes[] = {block_types::kSuperblock, block_types::kBitmap,
                                    block_types::kInodes,     block_types::kTagIndex,
                                    block_types::kData,       block_types::kCode,
                                    block_types::kSnapshots,  block_types::kMetadataWal};
    if (UncheckedBlock(damage.block, block).state() != BlockState::kValid) return false;
    Trailer trailer = UncheckedBlock(damage.block, block).unchecked_trailer();
    trailer.type = kTypes[random_.below(std::size(kTypes))];
    kTrailerLayout.encode(trailer, MutableBytes(block).last(kTrailerSize));
    damage.detail = to_string(trailer.type);
    return true;
  }

  const BasePart& choose_part() {
    const uint64_t all =
        std::accumulate(parts_.begin(), parts_.end(), uint64_t{0},
                        [](uint64_t sum, const BasePart& part) { return sum + part.weight; });
    uint64_t chosen = random_.below(all);
    for (const BasePart& part : parts_) {
      if (chosen < part.weight) return part;
      chosen -= part.weight;
    }
    return parts_.back();
  }

  void add_data() {
    BasePart data{"module bytes", 4, {}};
    for (const Module& module : known_.base.content.modules)
      if (const auto range = block_range(module.first_block, module.block_count))
        for (uint64_t n = range->begin; n < range->end; ++n) data.blocks.push_back(n);
    if (!data.blocks.empty()) parts_.push_back(std::move(data));
  }

  [[nodiscard]] BlockBytes at(uint64_t number) const {
    return file_.block(number, known_.base.block_size);
  }

  const KnownImage& known_;
  CowFile& file_;
  Random& random_;
  std::vector<BasePart> parts_;
};

std::string_view name_of(DamageKind kind) {
  constexpr std::array<std::string_view, 8> kNames = {
      "zeros", "noise", "flipped bits", "lost sector", "swapped", "copied", "other type", "lie"};
  return kNames.at(static_cast<size_t>(kind));
}

}  // namespace

std::string Damage::describe() const {
  return fmt::format("{} {}, block {}{}{}", name_of(kind), part, block, detail.empty() ? "" : ", ",
                     detail);
}

std::vector<Damage> put_damages(const KnownImage& known, CowFile& file, Random& random,
                                const DamageOptions& options) {
  constexpr uint64_t kMost = 6;
  DamageMaker maker(known, file, random, options);
  if (options.one_bit) return {maker.flip_one_bit()};
  std::vector<Damage> damages;
  for (uint64_t left = 1 + random.below(kMost); left > 0; --left) {
    const bool misplaces = options.misplaced && damages.empty();
    damages.push_back(misplaces ? maker.misplace() : maker.make());
    damages.back().after = file.clone();
  }
  return damages;
}

}  // namespace vde::test
