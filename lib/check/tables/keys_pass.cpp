// Checks the encryption header: its counts and each key slot.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "format/region/encryption_header.h"

namespace vde {
namespace {

constexpr uint16_t kLastAlgorithm = 2;
constexpr uint16_t kLastKdf = 2;

class KeysJudge {
 public:
  KeysJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context), region_(region) {}

  void judge(Bytes first, Bytes second) {
    const EncryptionHeader header = kEncryptionHeaderLayout.decode(first);
    if (!all_zero(header.reserved))
      add(FindingCode::kReservedNotZero, 0, "reserved bytes of the encryption header are not zero");
    const auto table = decode_encryption(first, second);
    if (!table) {
      add(FindingCode::kKeysCountWrong, 0, table.error().message);
      return;
    }
    check_slots(*table);
    check_rotations(*table);
    check_rest(*table, first, second);
  }

 private:
  void add(FindingCode code, uint64_t block, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.blocks.begin + block, region_.type, std::move(message), {},
                        site);
  }

  void check_slots(const EncryptionTable& table) {
    const auto active = std::ranges::count(table.slots, uint8_t{kKeySlotActive}, &KeySlot::status);
    const uint8_t chosen = table.header.active_slot;
    const bool is_active =
        chosen < table.slots.size() && table.slots[chosen].status == kKeySlotActive;
    if (active != table.header.active_slots)
      add(FindingCode::kKeysSlots, 0,
          fmt::format("the header counts {} active slots, the table has {}",
                      table.header.active_slots, active));
    if (chosen != kNoKeySlot && !is_active)
      add(FindingCode::kKeysSlots, 0, fmt::format("slot {} is in use, but not active", chosen));
    const uint32_t first_slots = encryption_capacity(context_.io.block_size()).first_slots;
    for (size_t i = 0; i < table.slots.size(); ++i)
      if (table.slots[i] != KeySlot{}) check_slot(table.slots[i], i, i < first_slots ? 0 : 1);
  }

  void check_slot(const KeySlot& slot, size_t place, uint64_t block) {
    if (slot.index != place)
      add(FindingCode::kKeysSlots, block,
          fmt::format("the slot at place {} has the index {}", place, slot.index));
    if (slot.reserved != 0)
      add(FindingCode::kReservedNotZero, block,
          fmt::format("reserved bytes of key slot {} are not zero", place));
    const bool is_used = slot.status != kKeySlotEmpty;
    const bool known_algorithm = slot.algorithm <= kLastAlgorithm;
    if (slot.status > kKeySlotCompromised || (is_used && !known_algorithm) ||
        (is_used && slot.kdf > kLastKdf))
      add(FindingCode::kKeysUnknown, block,
          fmt::format("key slot {}: status {}, algorithm {}, key derivation {}", place, slot.status,
                      slot.algorithm, slot.kdf));
  }

  void check_rotations(const EncryptionTable& table) {
    const auto is_known = [&](uint8_t slot) {
      return slot == kNoKeySlot || slot < table.slots.size();
    };
    for (size_t i = 0; i < table.rotations.size(); ++i)
      if (!is_known(table.rotations[i].old_slot) || !is_known(table.rotations[i].new_slot))
        add(FindingCode::kKeysUnknown, 1,
            fmt::format("key rotation {}: from slot {} to slot {}", i, table.rotations[i].old_slot,
                        table.rotations[i].new_slot));
  }

  void check_rest(const EncryptionTable& table, Bytes first, Bytes second) {
    const EncryptionCapacity room = encryption_capacity(context_.io.block_size());
    const size_t slots =
        kEncryptionHeaderLayout.size() + size_t{room.first_slots} * kKeySlotLayout.size();
    const size_t rotations = size_t{room.second_slots} * kKeySlotLayout.size() +
                             table.rotations.size() * kKeyRotationLayout.size();
    if (!all_zero(first.subspan(slots)))
      add(FindingCode::kReservedNotZero, 0, "bytes after the key slots are not zero");
    if (!all_zero(second.subspan(rotations)))
      add(FindingCode::kReservedNotZero, 1, "bytes after the last key rotation are not zero");
  }

  VerifyContext& context_;
  const PlacedRegion& region_;
};

}  // namespace

Result<void> check_keys(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kEncryption);
  if (region == nullptr || region->blocks.count() < 2) return {};
  RegionBlocks blocks(context.io, *region);
  const auto first = blocks.payload(0);
  if (!first || all_zero(*first)) return {};
  const BlockBuffer head(first->begin(), first->end());
  const auto second = blocks.payload(1);
  if (second) KeysJudge(context, *region).judge(head, *second);
  return {};
}

}  // namespace vde
