// Lies: numbers that are wrong in blocks whose checksums fit.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "damage/campaign/damage.h"
#include "format/region/packed_table.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"

namespace vde::test {
namespace {

using BlockBytes = std::vector<uint8_t>;

class Liar {
 public:
  Liar(const KnownImage& known, CowFile& file, Random& random)
      : known_(known), file_(file), random_(random) {
    for (const RegionSlot& slot : known.base.slots)
      if (slot.type == block_types::kTagIndex && !slot.is_free())
        tags_ = block_range(slot.start, slot.count).value_or(BlockRange{});
  }

  std::optional<Damage> lie() {
    constexpr std::optional<Damage> (Liar::*kLies[])() = {&Liar::child, &Liar::chain, &Liar::count,
                                                          &Liar::slot};
    return (this->*kLies[random_.below(std::size(kLies))])();
  }

 private:
  std::optional<Damage> child() {
    const auto block = choose({"TAGI inner", "TAGI root"});
    if (!block) return std::nullopt;
    const auto node = decode_tag_node(payload());
    if (!node || node->leaf || node->children.empty()) return std::nullopt;
    TagNode changed = *node;
    const size_t i = random_.below(changed.children.size());
    changed.children[i] = any_node(node->children[i]);
    if (changed == *node || !encode_tag_node(changed, payload())) return std::nullopt;
    return put(
        fmt::format("child {} is {} instead of {}", i, changed.children[i], node->children[i]));
  }

  std::optional<Damage> chain() {
    const auto block = choose({"TAGI leaf"});
    if (!block || payload()[0] != kTagLeafType) return std::nullopt;
    const MutableBytes link = payload().last(kTagLinkSize);
    const auto old = load_le<int32_t>(link, 0);
    const int32_t next = any_node(old);
    store_le(link, 0, next);
    return put(fmt::format("next leaf is {} instead of {}", next, old));
  }

  std::optional<Damage> count() {
    const auto block =
        choose({"TAGI header", "TAGI root", "TAGI leaf", "TAGI inner", "SNAP first", "CODE first"});
    if (!block || !has_count()) return std::nullopt;
    if (damage_.part.starts_with("SNAP") || damage_.part.starts_with("CODE"))
      return change<int32_t>(kPackedTableHeaderLayout.fields()[0].offset, "count");
    if (damage_.part != "TAGI header") return change<uint16_t>(1, "count of the node");
    if (random_.below(3) == 0) return change<int16_t>(4, "depth");
    return change<int32_t>(0, "count");
  }

  // An earlier fault may have put a block with entries in the place of a header. To change a count
  // there would change an entry, with a right checksum.
  bool has_count() {
    const Bytes bytes = payload();
    if (damage_.part == "TAGI header") {
      const TagIndexHeader header = kTagIndexHeaderLayout.decode(bytes);
      return header.bloom_bits >= 0 && header.bloom_bits <= static_cast<int64_t>(bytes.size()) * 8;
    }
    if (!damage_.part.ends_with(" first")) return true;
    return all_zero(kPackedTableHeaderLayout.decode(bytes).reserved);
  }

  template <class Number>
  std::optional<Damage> change(size_t offset, std::string_view name) {
    const auto old = load_le<Number>(payload(), offset);
    constexpr Number kSteps[] = {1, 2, 3, 30};
    const Number step = kSteps[random_.below(std::size(kSteps))];
    const auto lie = static_cast<Number>(random_.below(2) == 0 ? old + step : old - step);
    store_le(payload(), offset, lie);
    return put(fmt::format("{} is {} instead of {}", name, lie, old));
  }

  // In one of the three copies of the slots; the directory's checksum follows. An earlier fault may
  // have put a block with entries there.
  std::optional<Damage> slot() {
    constexpr uint64_t kTables[] = {kPrimaryGroup + 1, kMirrorGroup + 1, kDirectoryStart};
    load("slots", kTables[random_.below(std::size(kTables))]);
    if (!is_valid()) return std::nullopt;
    std::vector<RegionSlot> slots = decode_slots(payload());
    std::vector<size_t> used;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i].is_free()) continue;
      if (!is_known(slots[i].type)) return std::nullopt;
      used.push_back(i);
    }
    if (used.empty()) return std::nullopt;
    const size_t index = used[random_.below(used.size())];
    RegionSlot& slot = slots[index];
    const RegionSlot old = slot;
    change_slot(slot, slots[used[random_.below(used.size())]]);
    if (slot == old) return std::nullopt;
    encode_slots(slots, payload());
    auto damage =
        put(fmt::format("slot {} is {} {} + {} instead of {} {} + {}", index, to_string(slot.type),
                        slot.start, slot.count, to_string(old.type), old.start, old.count));
    if (damage->block == kDirectoryStart) follow(slots);
    return damage;
  }

  void change_slot(RegionSlot& slot, const RegionSlot& other) {
    constexpr int64_t kSteps[] = {1, 2, 8, 100};
    const int64_t step = kSteps[random_.below(std::size(kSteps))];
    const int64_t difference = random_.below(2) == 0 ? step : -step;
    switch (random_.below(4)) {
      case 0:
        slot.start += difference;
        break;
      case 1:
        slot.count += difference;
        break;
      case 2:
        slot.start = other.start;
        break;
      default:
        slot.type = other.type;
        break;
    }
  }

  // The directory's second block, where it is whole.
  void follow(const std::vector<RegionSlot>& slots) {
    const uint64_t sum = checksum(payload());
    load("slots", kDirectoryStart + 1);
    if (!is_valid()) return;
    DirectoryHeader header = kDirectoryHeaderLayout.decode(payload());
    header.slots_checksum = sum;
    header.active_count = static_cast<uint16_t>(
        std::ranges::count_if(slots, [](const RegionSlot& slot) { return !slot.is_free(); }));
    kDirectoryHeaderLayout.encode(header, payload());
    put({});
  }

  // What an inner node or a leaf may name by mistake.
  int32_t any_node(int32_t old) {
    const auto any = static_cast<int32_t>(random_.below(tags_.count()));
    const auto count = static_cast<int32_t>(tags_.count());
    const int32_t kNodes[] = {any, any, 0, 1, old + 1, old - 1, count, count + 5, -1};
    return kNodes[random_.below(std::size(kNodes))];
  }

  // Takes a block of one of these parts that verifies; nothing where there is none.
  std::optional<uint64_t> choose(const std::vector<std::string_view>& names) {
    std::vector<const BasePart*> parts;
    for (const BasePart& part : known_.base.parts)
      if (std::ranges::find(names, part.name) != names.end()) parts.push_back(&part);
    if (parts.empty()) return std::nullopt;
    const BasePart& part = *parts[random_.below(parts.size())];
    load(part.name, part.blocks[random_.below(part.blocks.size())]);
    return is_valid() ? std::optional(damage_.block) : std::nullopt;
  }

  void load(const std::string& part, uint64_t number) {
    damage_ = {DamageKind::kLie, part, number, {}};
    block_ = file_.block(number, known_.base.block_size);
  }
  [[nodiscard]] bool is_valid() const {
    return UncheckedBlock(damage_.block, block_).state() == BlockState::kValid;
  }
  MutableBytes payload() { return MutableBytes(block_).first(block_.size() - kTrailerSize); }

  std::optional<Damage> put(std::string detail) {
    const Trailer trailer = UncheckedBlock(damage_.block, block_).unchecked_trailer();
    write_trailer(block_, trailer.type, trailer.generation);
    if (block_ == file_.block(damage_.block, known_.base.block_size)) return std::nullopt;
    file_.put_block(damage_.block, block_);
    damage_.detail = std::move(detail);
    return damage_;
  }

  const KnownImage& known_;
  CowFile& file_;
  Random& random_;
  BlockRange tags_;
  Damage damage_;
  BlockBytes block_;
};

}  // namespace

std::optional<Damage> tell_lie(const KnownImage& known, CowFile& file, Random& random) {
  return Liar(known, file, random).lie();
}

}  // namespace vde::test
