#include "damage/campaign/campaign_fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "format/block.h"

namespace vde::test {
namespace {

using BlockBytes = std::vector<uint8_t>;

bool has_valid_trailer(const BlockBytes& block) {
  return UncheckedBlock(0, block).state() == BlockState::kValid;
}

bool has_payload(const BlockBytes& block) {
  return !all_zero(Bytes(block).first(block.size() - kTrailerSize));
}

Trailer trailer_of(const BlockBytes& block) {
  return kTrailerLayout.decode(Bytes(block).last(kTrailerSize));
}

class FaultMaker {
 public:
  FaultMaker(const CampaignBase& base, CowFile& file, Random& random)
      : base_(base), file_(file), random_(random) {}

  Fault make() {
    // A part may have no older version, or nothing to swap with.
    while (true) {
      const BasePart& part = choose_part();
      Fault fault;
      fault.part = part.name;
      fault.block = part.blocks[random_.below(part.blocks.size())];
      fault.kind = choose_kind();
      if (fault.kind == FaultKind::kNone || try_to_put(fault)) return fault;
    }
  }

 private:
  const BasePart& choose_part() {
    const uint64_t all =
        std::accumulate(base_.parts.begin(), base_.parts.end(), uint64_t{0},
                        [](uint64_t sum, const BasePart& part) { return sum + part.weight; });
    uint64_t chosen = random_.below(all);
    for (const BasePart& part : base_.parts) {
      if (chosen < part.weight) return part;
      chosen -= part.weight;
    }
    return base_.parts.back();
  }

  FaultKind choose_kind() {
    constexpr uint64_t kSoundEvery = 25;
    if (random_.below(kSoundEvery) == 0) return FaultKind::kNone;
    constexpr FaultKind kKinds[] = {FaultKind::kZeros,   FaultKind::kValidZeros,
                                    FaultKind::kStale,   FaultKind::kStale,
                                    FaultKind::kSwapped, FaultKind::kOtherType};
    return kKinds[random_.below(std::size(kKinds))];
  }

  bool try_to_put(Fault& fault) {
    BlockBytes block = at(fault.block);
    switch (fault.kind) {
      case FaultKind::kZeros:
        return has_payload(block) && put(fault.block, BlockBytes(block.size()));
      case FaultKind::kValidZeros:
        return has_payload(block) && put_valid_zeros(fault.block, block);
      case FaultKind::kStale:
        return put_stale(fault, block);
      case FaultKind::kSwapped:
        return swap(fault, block);
      case FaultKind::kOtherType:
        return has_valid_trailer(block) && put_other_type(fault.block, std::move(block));
      case FaultKind::kNone:
        break;
    }
    return false;
  }

  bool put_valid_zeros(uint64_t number, const BlockBytes& old) {
    BlockBytes zeros(old.size());
    write_trailer(zeros, trailer_of(old).type, trailer_of(old).generation);
    return put(number, zeros);
  }

  bool put_stale(Fault& fault, const BlockBytes& now) {
    std::vector<size_t> copies;
    std::vector<BlockBytes> blocks;
    for (size_t i = 0; i < base_.older.size(); ++i) {
      const CowFile old(base_.older[i]);
      blocks.push_back(old.block(fault.block, base_.block_size));
      if (blocks[i] != now && has_valid_trailer(blocks[i]) &&
          trailer_of(blocks[i]).type == trailer_of(now).type)
        copies.push_back(i);
    }
    if (copies.empty()) return false;
    fault.older = copies[random_.below(copies.size())];
    return put(fault.block, blocks[fault.older]);
  }

  bool swap(Fault& fault, const BlockBytes& mine) {
    const std::string region = base_.region_of(fault.block);
    std::vector<uint64_t> others;
    for (const BasePart& part : base_.parts)
      for (const uint64_t number : part.blocks)
        if (base_.region_of(number) == region) others.push_back(number);
    fault.other = others[random_.below(others.size())];
    const BlockBytes theirs = at(fault.other);
    // Two bitmap blocks without bits say the same, written or not.
    const bool differ = mine != theirs && (has_payload(mine) || has_payload(theirs));
    // A block of the bitmap that was never written is as good as one with a valid trailer.
    const auto is_valid = [&](const BlockBytes& block) {
      return has_valid_trailer(block) || (region == "BMAP" && !has_payload(block));
    };
    if (!differ || !is_valid(mine) || !is_valid(theirs)) return false;
    return put(fault.block, theirs) && put(fault.other, mine);
  }

  bool put_other_type(uint64_t number, BlockBytes block) {
    constexpr BlockType kTypes[] = {block_types::kBitmap,   block_types::kInodes,
                                    block_types::kTagIndex, block_types::kData,
                                    block_types::kCode,     block_types::kSnapshots};
    const BlockType type = kTypes[random_.below(std::size(kTypes))];
    if (type == trailer_of(block).type) return false;
    write_trailer(block, type, trailer_of(block).generation);
    return put(number, block);
  }

  [[nodiscard]] BlockBytes at(uint64_t number) const {
    return file_.block(number, base_.block_size);
  }
  bool put(uint64_t number, const BlockBytes& block) {
    file_.put_block(number, block);
    return true;
  }

  const CampaignBase& base_;
  CowFile& file_;
  Random& random_;
};

}  // namespace

std::string_view fault_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::kNone:
      return "none";
    case FaultKind::kZeros:
      return "zeros";
    case FaultKind::kValidZeros:
      return "valid zeros";
    case FaultKind::kStale:
      return "stale";
    case FaultKind::kSwapped:
      return "swapped";
    case FaultKind::kOtherType:
      return "other type";
  }
  return {};
}

std::string Fault::describe() const {
  if (kind == FaultKind::kNone) return "no fault";
  std::string text = fmt::format("{} {}, block {}", fault_name(kind), part, block);
  if (kind == FaultKind::kStale) text += fmt::format(", as in copy {}", older);
  if (kind == FaultKind::kSwapped) text += fmt::format(", with block {}", other);
  return text;
}

Fault put_fault(const CampaignBase& base, CowFile& file, Random& random) {
  return FaultMaker(base, file, random).make();
}

}  // namespace vde::test
