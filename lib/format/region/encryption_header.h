// The encryption header (ENCR), two blocks: a fixed part and as many of the 63 key slots as fit in
// block 0; the remaining slots and then the key rotations in block 1. Blocks under 4096 bytes have
// room for fewer slots.
#pragma once

#include <vector>

#include "format/block.h"

namespace vde {

inline constexpr uint32_t kMaxKeySlots = 63;
inline constexpr uint8_t kNoKeySlot = 0xFF;

struct EncryptionHeader {
  uint8_t active_slot = kNoKeySlot;
  uint8_t active_slots = 0;  // number of active slots
  uint16_t rotation_events = 0;
  Opaque<4> reserved{};

  bool operator==(const EncryptionHeader&) const = default;
};

inline constexpr Layout kEncryptionHeaderLayout(
    "encryption header", field(0, "active_slot", &EncryptionHeader::active_slot),
    field(1, "active_slots", &EncryptionHeader::active_slots),
    field(2, "rotation_events", &EncryptionHeader::rotation_events),
    field(4, "reserved", &EncryptionHeader::reserved));
static_assert(kEncryptionHeaderLayout.covers(8));

enum KeySlotStatus : uint8_t {
  kKeySlotEmpty = 0,
  kKeySlotActive = 1,
  kKeySlotRetired = 2,
  kKeySlotCompromised = 3,
};

struct KeySlot {
  uint8_t index = 0;
  uint8_t status = kKeySlotEmpty;
  uint16_t algorithm = 0;  // 1 AES-256-GCM, 2 ChaCha20-Poly1305
  Opaque<64> wrapped_key{};
  Opaque<32> salt{};
  uint32_t kdf_iterations = 0;
  uint16_t kdf = 0;  // 0 PBKDF2-SHA256, 1 Argon2id, 2 scrypt
  uint16_t reserved = 0;
  Ticks created;
  Ticks retired;

  bool operator==(const KeySlot&) const = default;
};

inline constexpr Layout kKeySlotLayout(
    "key slot", field(0, "index", &KeySlot::index), field(1, "status", &KeySlot::status),
    field(2, "algorithm", &KeySlot::algorithm), field(4, "wrapped_key", &KeySlot::wrapped_key),
    field(68, "salt", &KeySlot::salt), field(100, "kdf_iterations", &KeySlot::kdf_iterations),
    field(104, "kdf", &KeySlot::kdf), field(106, "reserved", &KeySlot::reserved),
    field(108, "created_ticks", &KeySlot::created), field(116, "retired_ticks", &KeySlot::retired));
static_assert(kKeySlotLayout.covers(124));

struct KeyRotation {
  Ticks time;
  uint8_t old_slot = kNoKeySlot;
  uint8_t new_slot = kNoKeySlot;
  uint16_t reason = 0;

  bool operator==(const KeyRotation&) const = default;
};

inline constexpr Layout kKeyRotationLayout("key rotation", field(0, "ticks", &KeyRotation::time),
                                           field(8, "old", &KeyRotation::old_slot),
                                           field(9, "new", &KeyRotation::new_slot),
                                           field(10, "reason", &KeyRotation::reason));
static_assert(kKeyRotationLayout.covers(12));

// The number of key slots in block 0 and block 1, and of rotations that fit after them.
struct EncryptionCapacity {
  uint32_t first_slots = 0;
  uint32_t second_slots = 0;
  uint32_t rotations = 0;
};
[[nodiscard]] EncryptionCapacity encryption_capacity(uint32_t block_size);

struct EncryptionTable {
  EncryptionHeader header;
  std::vector<KeySlot> slots;  // including empty ones, so that an index is a slot number
  std::vector<KeyRotation> rotations;

  bool operator==(const EncryptionTable&) const = default;
};

// Decodes both payloads, which have the same size. kDamaged if header.rotation_events exceeds what
// fits.
[[nodiscard]] Result<EncryptionTable> decode_encryption(Bytes first, Bytes second);

// Encodes both payloads and fills the rest with zeros. Missing slots become zero; the header's
// rotation count is taken from `rotations`. kNoSpace, with the payloads unchanged, if slots or
// rotations do not fit.
[[nodiscard]] Result<void> encode_encryption(const EncryptionTable& table, MutableBytes first,
                                             MutableBytes second);

}  // namespace vde
