#include "format/region/encryption_header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cursor.h"

namespace vde {
namespace {

constexpr size_t kSlotSize = kKeySlotLayout.size();

EncryptionCapacity capacity_of_payload(size_t payload) {
  const size_t header = std::min<size_t>(payload, kEncryptionHeaderLayout.size());
  const size_t first = std::min<size_t>((payload - header) / kSlotSize, kMaxKeySlots);
  const size_t second = std::min<size_t>(payload / kSlotSize, kMaxKeySlots - first);
  const size_t rotations = (payload - second * kSlotSize) / kKeyRotationLayout.size();
  return {static_cast<uint32_t>(first), static_cast<uint32_t>(second),
          static_cast<uint32_t>(rotations)};
}

}  // namespace

EncryptionCapacity encryption_capacity(uint32_t block_size) {
  return capacity_of_payload(payload_size(block_size));
}

Result<EncryptionTable> decode_encryption(Bytes first, Bytes second) {
  if (first.size() < kEncryptionHeaderLayout.size() || first.size() != second.size())
    return fail(ErrorCode::kDamaged, "the blocks are too small for an encryption header");
  const EncryptionCapacity capacity = capacity_of_payload(first.size());
  EncryptionTable table;
  table.header = kEncryptionHeaderLayout.decode(first);
  if (table.header.rotation_events > capacity.rotations)
    return fail(ErrorCode::kDamaged,
                fmt::format("the encryption header claims {} key rotations, but its block holds {}",
                            table.header.rotation_events, capacity.rotations));
  const auto take_slots = [&](Bytes from, uint32_t count) {
    for (size_t i = 0; i < count; ++i)
      table.slots.push_back(
          kKeySlotLayout.decode(from.subspan(i * kKeySlotLayout.size(), kKeySlotLayout.size())));
  };
  take_slots(first.subspan(kEncryptionHeaderLayout.size()), capacity.first_slots);
  take_slots(second, capacity.second_slots);
  const Bytes events = second.subspan(size_t{capacity.second_slots} * kKeySlotLayout.size());
  for (size_t i = 0; i < table.header.rotation_events; ++i)
    table.rotations.push_back(kKeyRotationLayout.decode(
        events.subspan(i * kKeyRotationLayout.size(), kKeyRotationLayout.size())));
  return table;
}

Result<void> encode_encryption(const EncryptionTable& table, MutableBytes first,
                               MutableBytes second) {
  const EncryptionCapacity capacity = capacity_of_payload(std::min(first.size(), second.size()));
  const size_t slots = size_t{capacity.first_slots} + capacity.second_slots;
  if (table.slots.size() > slots || table.rotations.size() > capacity.rotations)
    return fail(ErrorCode::kNoSpace, fmt::format("{} key slots and {} key rotations do not fit",
                                                 table.slots.size(), table.rotations.size()));
  std::fill(first.begin(), first.end(), uint8_t{0});
  std::fill(second.begin(), second.end(), uint8_t{0});
  EncryptionHeader header = table.header;
  header.rotation_events = static_cast<uint16_t>(table.rotations.size());
  kEncryptionHeaderLayout.encode(header, first);
  for (size_t i = 0; i < table.slots.size(); ++i) {
    const bool in_first = i < capacity.first_slots;
    const size_t at = in_first ? kEncryptionHeaderLayout.size() + i * kKeySlotLayout.size()
                               : (i - capacity.first_slots) * kKeySlotLayout.size();
    kKeySlotLayout.encode(table.slots[i],
                          (in_first ? first : second).subspan(at, kKeySlotLayout.size()));
  }
  Writer writer(second.subspan(size_t{capacity.second_slots} * kKeySlotLayout.size()));
  for (const KeyRotation& rotation : table.rotations)
    kKeyRotationLayout.encode(rotation, writer.skip(kKeyRotationLayout.size()));
  return {};
}

}  // namespace vde
